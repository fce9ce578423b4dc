use cloudsuite_client::m3::OrderNumber;
use cloudsuite_client::{ErrorKind, Outcome};
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
