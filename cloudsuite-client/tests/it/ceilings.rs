//! Lists that a hidden ceiling may have cut: read on where the list can be, whole by its head's sums, or an error.

use std::time::Duration;

use chrono::{NaiveDate, TimeZone, Utc};
use cloudsuite_client::m3::{
    ChangeTable, Company, Customer, InvoiceBatchNumber, InvoiceKey, M3, OrderNumber, SupplierNumber, SupplierWrite,
};
use cloudsuite_client::{CloudSuiteClient, ErrorKind, Ionapi, Outcome};
use futures_util::TryStreamExt;
use sandbox::{M3Config, Scenario, TypedInvoice, TypedLine, TypedOrder};
use serde_json::{Value, json};

use crate::support::{ok, on_get, on_transactions, tenant};

/// A company that gives no more than so many rows, whatever is asked for.
async fn company(ceiling: usize, exclude_start_key: bool) -> (sandbox::M3, M3) {
    let scenario = Scenario { orders: 1, ..Scenario::default() };
    let config = M3Config { scenario, ceiling, exclude_start_key, export_mi: true, ..M3Config::default() };
    let tenant = sandbox::M3::start(config).await.unwrap();
    let ionapi = Ionapi::parse(tenant.ionapi_json().as_bytes()).unwrap();
    let client = CloudSuiteClient::builder(ionapi).requests_per_minute(60_000).build().unwrap();
    (tenant, client.m3(Company(100)).division("AAA"))
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

fn lines(count: usize) -> Vec<TypedLine> {
    let line = |n: usize| TypedLine { quantity: (n + 1).into(), price: 10.into(), account: "60100".to_owned() };
    (0..count).map(line).collect()
}

#[tokio::test]
async fn an_orders_lines_are_all_or_an_error() {
    let (tenant, m3) = company(100, false).await;
    let typed = |count| {
        let (supplier, currency) = ("S10001".to_owned(), "CAD".to_owned());
        let order =
            TypedOrder { supplier, currency, date: day(1), external_ref: "PFY1".to_owned(), lines: lines(count) };
        OrderNumber::new(tenant.type_order(&order)).unwrap()
    };
    let numbers = [99, 100, 150].map(typed);
    let orders = m3.purchase_orders();
    let lists = orders.lines_of_many(&numbers).await;
    assert_eq!((lists[0].as_ref().unwrap().len(), lists[1].as_ref().unwrap().len()), (99, 100));
    let alone = orders.lines(&numbers[2]).await.unwrap_err();
    assert_eq!(orders.lines(&numbers[1]).await.unwrap().len(), 100);
    for error in [lists[2].as_ref().unwrap_err(), &alone] {
        assert_eq!(error.kind(), ErrorKind::Decode);
        let said = error.to_string();
        assert!(said.contains(numbers[2].as_str()) && said.contains("cut off"), "{said}");
    }
}

#[tokio::test]
async fn an_invoices_lines_are_read_on_from_where_a_list_ended() {
    for exclude_start_key in [false, true] {
        let (tenant, m3) = company(100, exclude_start_key).await;
        let (supplier, currency, number) = ("S10001".to_owned(), "CAD".to_owned(), "INV-1".to_owned());
        let external_ref = "PFYB1".to_owned();
        let invoice = TypedInvoice { supplier, number, currency, date: day(1), external_ref, lines: lines(250) };
        let number = InvoiceBatchNumber::new(tenant.type_invoice(&invoice)).unwrap();
        for read in
            [m3.invoices().lines(&number).await, m3.invoices().lines_of(std::slice::from_ref(&number)).await.remove(0)]
        {
            let numbers: Vec<i64> = read.unwrap().iter().map(|line| line.number).collect();
            assert_eq!(numbers, (1..=250).collect::<Vec<_>>(), "without the start: {exclude_start_key}");
        }
    }
}

#[tokio::test]
async fn an_invoice_whose_list_does_not_go_on_is_whole_by_its_head_or_an_error() {
    for (total, whole) in [("1000.00", true), ("1500.00", false), ("", false)] {
        let (server, m3) = tenant().await;
        let rows: Vec<Value> = (1..=100).map(|n| json!({"TRNO": n.to_string(), "NLAM": "10.00"})).collect();
        let list = json!({"records": rows});
        on_get(&server, ok(json!({"results": [list]}))).await;
        on_transactions(&server, move |name, _| match name {
            "GetHead" => json!({"records": [{"INBN": "7", "TLNA": total}]}),
            _ => list.clone(),
        })
        .await;
        let number = InvoiceBatchNumber::new("7").unwrap();
        let read = m3.invoices().lines_of(&[number]).await.remove(0);
        match read {
            Ok(lines) => assert!(whole && lines.len() == 100, "`{total}`"),
            Err(error) => assert!(!whole && error.kind() == ErrorKind::Decode, "`{total}`: {error}"),
        }
    }
}

#[tokio::test]
async fn a_search_for_one_document_that_finds_as_many_as_a_server_gives_is_an_error() {
    for (hits, whole) in [(99, true), (100, false), (1_000, false)] {
        let (server, m3) = tenant().await;
        on_transactions(&server, move |_, _| {
            let row = |n: usize| json!({"PUNO": n.to_string(), "INBN": n.to_string()});
            json!({"records": (1..=hits).map(row).collect::<Vec<Value>>()})
        })
        .await;
        let orders = m3.purchase_orders().search_by_reference(&["PFY1"]).await.remove(0);
        let (supplier, supplier_invoice) = (SupplierNumber::new("S1").unwrap(), "INV-1".to_owned());
        let invoices = m3.invoices().find(&[InvoiceKey { supplier, payee: None, supplier_invoice }]).await.remove(0);
        assert_eq!((orders.is_ok(), invoices.is_ok()), (whole, whole), "{hits}");
        let errors = [orders.err(), invoices.err()].into_iter().flatten();
        assert!(errors.into_iter().all(|error| error.kind() == ErrorKind::Decode));
    }
}

#[tokio::test]
async fn suppliers_and_customers_changed_since_a_day_are_told() {
    let (tenant, m3) = company(100, false).await;
    tenant.stop_clock_at(Utc.with_ymd_and_hms(2026, 11, 10, 12, 0, 0).unwrap());
    let change = SupplierWrite::change(&SupplierNumber::new("S10001").unwrap()).field("SUNM", "Oak & Co");
    assert!(m3.suppliers().write(&[change]).await[0].is_ok());
    tenant.advance(Duration::from_secs(86_400));
    assert!(tenant.rename_customer("C1002", "Birch & Co"));

    let customers = async |from| -> Vec<Customer> { m3.customers().changed_since(from).try_collect().await.unwrap() };
    let changed = customers(day(11)).await;
    assert_eq!((changed.len(), changed[0].name.as_deref()), (1, Some("Birch & Co")));
    assert_eq!(changed[0].changed, Some(day(11)));
    assert!(customers(day(12)).await.is_empty());
    assert_eq!(customers(NaiveDate::from_ymd_opt(2026, 1, 5).unwrap()).await.len(), 3);

    let unasked = m3.suppliers().changed_since(day(10)).await.unwrap_err();
    assert_eq!(unasked.outcome(), Outcome::NotProcessed);
    let m3 = m3.export_mi(true);
    let suppliers = async |from| m3.suppliers().changed_since(from).await.unwrap();
    let changed = suppliers(day(10)).await;
    assert_eq!(changed.iter().map(|one| one.name.as_deref()).collect::<Vec<_>>(), [Some("Oak & Co")]);
    assert_eq!(changed[0].currency.as_deref(), Some("CAD"), "with all fields");
    assert!(suppliers(day(11)).await.is_empty());
    let elsewhere = m3.suppliers().changes_in(ChangeTable::new("ZIDMAS", "IDSUNO", "IDLMDT"));
    let error = elsewhere.changed_since(day(10)).await.unwrap_err();
    assert!(error.to_string().contains("ZIDMAS"), "{error}");
}
