use std::time::Duration;

use chrono::{NaiveDate, TimeZone, Utc};
use cloudsuite_client::m3::{Company, M3, OrderNumber, OrderSearch};
use cloudsuite_client::{CloudSuiteClient, ErrorKind, Ionapi, Outcome};
use sandbox::{M3Config, Scenario, Touch, TypedLine, TypedOrder};
use serde_json::json;

use crate::support::{m3_requests, ok, on_get, on_transactions, tenant, transactions};

fn numbers(texts: &[&str]) -> Vec<OrderNumber> {
    texts.iter().map(|text| OrderNumber::new(text).unwrap()).collect()
}

#[tokio::test]
async fn heads_are_fetched_in_bulk_and_only_a_clear_no_is_absent() {
    let (server, m3) = tenant().await;
    on_transactions(&server, |_, record| {
        let nok = |code: &str| json!({"errorMessage": "x", "errorType": "ServerReturnedNOK", "errorCode": code, "errorField": "PUNO"});
        match record["PUNO"].as_str().unwrap() {
            "2000001" => json!({"records": [{"PUNO": "2000001", "SUNO": "S001", "YRE1": "PFY1", "CUCD": "CAD",
                "PUDT": "20261124", "NTAM": "1234,50", "TOQT": "  12.000"}]}),
            "2000002" => nok("WPU0103"),
            "2000003" => nok(""),
            _ => nok("PU20015"),
        }
    })
    .await;
    let heads = m3.purchase_orders().get_heads(&numbers(&["2000001", "2000002", "2000003", "2000004"])).await;
    let head = heads[0].as_ref().unwrap().as_ref().unwrap();
    assert_eq!((head.reference.as_deref(), head.currency.as_deref()), (Some("PFY1"), Some("CAD")));
    assert_eq!(head.net_value, Some("1234.50".parse().unwrap()));
    assert_eq!(head.total_quantity, Some("12".parse().unwrap()));
    assert!(heads[1].as_ref().unwrap().is_none());
    assert!(heads[2].as_ref().unwrap().is_none());
    assert_eq!(heads[3].as_ref().unwrap_err().outcome(), Outcome::Rejected, "a locked order is not absent");
}

#[tokio::test]
async fn lines_come_with_exact_quantities_and_prices() {
    let (server, m3) = tenant().await;
    let row = json!({"PNLI": "1", "PNLS": "0", "ITNO": "SERVICE", "ORQA": "2.000000", "PUPR": "0010,50", "PUCD": "1",
        "LNAM": "21.00", "DWDT": "20261201", "PITD": "Cleaning", "PUSL": "15", "PUST": "15"});
    on_get(&server, ok(json!({"results": [{"records": [row]}]}))).await;
    on_transactions(&server, |_, record| json!({"records": [{"PUNO": record["PUNO"], "PNLI": "3"}]})).await;
    let lines = m3.purchase_orders().lines(&numbers(&["2000001"])[0]).await.unwrap();
    assert_eq!(
        (lines[0].number, lines[0].quantity, lines[0].price),
        (1, Some("2".parse().unwrap()), Some("10.50".parse().unwrap()))
    );
    let many = m3.purchase_orders().lines_of_many(&numbers(&["2000001", "2000002"])).await;
    assert_eq!(many[1].as_ref().unwrap()[0].number, 3);
}

#[tokio::test]
async fn orders_are_found_by_reference_and_unfit_references_are_refused() {
    let (server, m3) = tenant().await;
    on_transactions(&server, |_, record| match record["SQRY"].as_str().unwrap() {
        "YRE1:PFY1" => json!({"records": [{"PUNO": "2000001"}, {"PUNO": "2000002"}]}),
        _ => json!({"records": []}),
    })
    .await;
    let found = m3.purchase_orders().search_by_reference(&["PFY1", "PFY-2", "PFY3"]).await;
    assert_eq!(found[0].as_ref().unwrap(), &numbers(&["2000001", "2000002"]));
    assert_eq!(found[1].as_ref().unwrap_err().outcome(), Outcome::NotProcessed);
    assert!(found[2].as_ref().unwrap().is_empty());
}

#[tokio::test]
async fn the_table_itself_is_asked_only_if_allowed() {
    let (server, m3) = tenant().await;
    on_transactions(&server, |_, record| {
        let query = record["QERY"].as_str().unwrap();
        assert_eq!((record["SEPC"].as_str(), record["HDRS"].as_str()), (Some(";"), Some("0")));
        if query == "IAPUNO, IASUNO, IAYRE1 from MPHEAD where IAYRE1 = 'PFY1'" {
            json!({"records": [{"REPL": "2000001;S001;PFY1"}]})
        } else {
            json!({"records": [{"REPL": "2000001;S001"}]})
        }
    })
    .await;
    let refused = m3.purchase_orders().export_by_reference(&["PFY1"]).await;
    assert_eq!(refused[0].as_ref().unwrap_err().outcome(), Outcome::NotProcessed);
    assert!(m3_requests(&server).await.is_empty());

    let found = m3.export_mi(true).purchase_orders().export_by_reference(&["PFY1", "PFY2", "it's"]).await;
    assert_eq!(found[0].as_ref().unwrap()[0].number.as_str(), "2000001");
    assert_eq!(found[1].as_ref().unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!(found[2].as_ref().unwrap_err().outcome(), Outcome::NotProcessed);
    assert_eq!(transactions(&m3_requests(&server).await[0]).len(), 2);
}

/// A simulated company, and M3 over it.
async fn company() -> (sandbox::M3, M3) {
    let config =
        M3Config { scenario: Scenario { orders: 1, ..Scenario::default() }, export_mi: true, ..M3Config::default() };
    let tenant = sandbox::M3::start(config).await.unwrap();
    let ionapi = Ionapi::parse(tenant.ionapi_json().as_bytes()).unwrap();
    let client = CloudSuiteClient::builder(ionapi).requests_per_minute(60_000).build().unwrap();
    (tenant, client.m3(Company(100)).division("AAA").export_mi(true))
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

fn typed(reference: &str) -> TypedOrder {
    let line = TypedLine { quantity: 1.into(), price: 10.into(), account: "60100".to_owned() };
    let (supplier, currency) = ("S10001".to_owned(), "CAD".to_owned());
    TypedOrder { supplier, currency, date: day(1), external_ref: reference.to_owned(), lines: vec![line] }
}

#[tokio::test]
async fn orders_changed_since_a_day_are_read_from_the_table_or_found_in_the_index() {
    let (tenant, m3) = company().await;
    tenant.stop_clock_at(Utc.with_ymd_and_hms(2026, 11, 10, 12, 0, 0).unwrap());
    let orders: Vec<String> = ["A", "B", "C"].iter().map(|reference| tenant.type_order(&typed(reference))).collect();
    tenant.advance(Duration::from_secs(5 * 86_400));
    assert!(tenant.touch(&orders[1], Touch { line: 1, quantity: Some(2.into()), ..Touch::default() }));
    tenant.advance(Duration::from_secs(86_400));

    let purchase_orders = m3.purchase_orders();
    let changed = async |from| {
        let heads = purchase_orders.changed_since(day(from)).await.unwrap();
        heads.iter().map(|head| head.reference.clone().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(changed(10).await, ["A", "B", "C"]);
    assert_eq!(changed(11).await, ["B"]);
    assert_eq!(changed(15).await, ["B"]);
    assert!(changed(16).await.is_empty());

    let search = OrderSearch::default().changed_between(day(15), day(15));
    let found = purchase_orders.search(&search).await.unwrap();
    assert_eq!(found.iter().map(|head| head.number.as_str()).collect::<Vec<_>>(), [orders[1].as_str()]);
    let unasked = m3.export_mi(false).purchase_orders().changed_since(day(10)).await.unwrap_err();
    assert_eq!(unasked.outcome(), Outcome::NotProcessed);
}

#[tokio::test]
async fn a_row_that_m3_has_cut_or_that_holds_the_separator_is_no_row() {
    let (tenant, m3) = company().await;
    tenant.type_order(&typed(&"R".repeat(36)));
    let wide = |columns| m3.export("MPHEAD", &vec!["IAYRE1"; columns]).rows();
    assert_eq!(wide(25).await.unwrap().len(), 1, "924 characters");
    for columns in [26, 27, 40] {
        let error = wide(columns).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(
            error.to_string().contains("row 1 of MPHEAD") && error.to_string().contains("fewer columns"),
            "{error}"
        );
    }

    tenant.type_order(&typed("nuts; bolts"));
    let columns = ["IAPUNO", "IAYRE1"];
    let error = m3.export("MPHEAD", &columns).rows().await.unwrap_err();
    assert!(error.to_string().contains("row 2") && error.to_string().contains("separator"), "{error}");
    let rows = m3.export("MPHEAD", &columns).separator('|').rows().await.unwrap();
    assert_eq!(rows[1].text("IAYRE1"), Some("nuts; bolts"));
}
