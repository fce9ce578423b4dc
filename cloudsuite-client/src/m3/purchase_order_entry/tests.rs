#![allow(clippy::unwrap_used)]

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::*;
use crate::CloudSuiteClient;
use crate::m3::{Company, ItemNumber, SupplierNumber};

fn m3() -> M3 {
    let file = br#"{"ti": "ACME_TST", "ci": "c", "cs": "s", "iu": "http://127.0.0.1:1", "pu": "http://127.0.0.1:1/as/",
        "ot": "token", "saak": "a", "sask": "b"}"#;
    let client = CloudSuiteClient::from_ionapi(file).unwrap();
    client.m3(Company(100)).division("AAA").facility("A01").warehouse("001")
}

fn program(m3: &M3) -> PurchaseOrderEntryProgram {
    m3.purchase_order_entry(BatchOrigin::new("PFY").unwrap())
}

/// A line as long as lines get: full texts, all that a mapper usually sets, an account and a cost centre.
fn long_line(n: i64) -> EntryLine {
    let item = ItemNumber::new("SERVICE").unwrap();
    let mut line = EntryLine::new(item, Decimal::new(125 + n, 1), Decimal::new(12_345 + n, 2));
    line.unit = Some("PCS".to_owned());
    line.name = Some("Hexagon bolt, galvanized, M8 x 40".to_owned());
    line.description = Some("Hexagon bolt, galvanized, M8 x 40, in boxes of 100 pieces, catalogue".to_owned());
    line.cost_center = Some("CC4711".to_owned());
    line.accounting[0] = Some("541000".to_owned());
    line.accounting[1] = Some("CC4711".to_owned());
    line
}

fn order(number: usize, lines: i64) -> PurchaseOrderEntry {
    let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    let supplier = SupplierNumber::new("S000123").unwrap();
    let mut order = PurchaseOrderEntry::new(format!("PFY{number:08}"), supplier, day, day);
    order.currency = Some("CAD".to_owned());
    order.lines = (0..lines).map(long_line).collect();
    order
}

fn written(order: &PurchaseOrderEntry) -> Result<Vec<String>, EntryError> {
    let scope = m3().scope().clone();
    let message = MessageNumber::new("77").unwrap();
    let json = |(_, transaction): (Place, Transaction)| serde_json::to_string(&transaction).unwrap();
    Ok(message::write(&scope, message.as_str(), 1, order)?.into_iter().map(json).collect())
}

#[test]
fn an_order_is_written_as_head_lines_and_accounting_strings() {
    let mut order = order(1, 1);
    order.buyer = Some("ANNA".to_owned());
    order.lines[0].price_quantity = Some(1_000);
    let [head, line, accounting] = &written(&order).unwrap()[..] else { panic!("three transactions") };
    assert_eq!(
        head,
        r#"{"transaction":"AddHead","record":{"MSGN":"77","HREF":"1","FACI":"A01","WHLO":"001","SUNO":"S000123","DWDT":"20261124","PUDT":"20261124","YRE1":"PFY00000001","CUCD":"CAD","BUYE":"ANNA"}}"#
    );
    assert_eq!(
        line,
        r#"{"transaction":"AddLine","record":{"MSGN":"77","HREF":"1","LREF":"1","ITNO":"SERVICE","ORQA":"12.5","PUPR":"123.45","PUCD":"1000","PITD":"Hexagon bolt, galvanized, M8 x","PITT":"Hexagon bolt, galvanized, M8 x 40, in boxes of 100 pieces, c","PUUN":"PCS","COCE":"CC4711"}}"#
    );
    assert_eq!(
        accounting,
        r#"{"transaction":"AddAccString","record":{"MSGN":"77","HREF":"1","LREF":"1","AIT1":"541000","AIT2":"CC4711"}}"#
    );
}

#[test]
fn a_line_without_accounting_needs_no_accounting_string() {
    let mut order = order(1, 2);
    order.lines[0].accounting = Default::default();
    order.lines[1].accounting = [const { None }; 7];
    order.lines[1].accounting[6] = Some("  ".to_owned());
    assert_eq!(written(&order).unwrap().len(), 3);
}

#[test]
fn an_order_that_cannot_be_right_is_refused_before_anything_is_sent() {
    type Spoil = fn(&mut PurchaseOrderEntry);
    let cases: [(Spoil, Option<usize>, &str); 8] = [
        (|order| order.reference = "PFY-1".to_owned(), None, "YRE1"),
        (|order| order.reference = String::new(), None, "YRE1"),
        (|order| order.currency = Some("CADX".to_owned()), None, "CUCD"),
        (|order| order.buyer = Some("?".to_owned()), None, "BUYE"),
        (|order| order.lines.clear(), None, "no lines"),
        (|order| order.lines[1].cost_center = Some("12345678901".to_owned()), Some(2), "COCE"),
        (|order| order.lines[1].accounting[2] = Some("12345678901".to_owned()), Some(2), "AIT3"),
        (|order| order.lines[0].unit = Some("PIECES".to_owned()), Some(1), "PUUN"),
    ];
    for (spoil, line, words) in cases {
        let mut order = order(1, 2);
        spoil(&mut order);
        let error = written(&order).unwrap_err();
        assert_eq!((error.outcome(), error.line()), (Outcome::NotProcessed, line), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_draft_survives_being_stored() {
    let order = order(1, 2);
    let stored = serde_json::to_value(&order).unwrap();
    assert_eq!(serde_json::from_value::<PurchaseOrderEntry>(stored).unwrap(), order);
}

#[test]
fn a_thousand_orders_of_ten_lines_need_at_most_250_calls_to_enter() {
    let orders: Vec<_> = (0..1_000).map(|number| order(number, 10)).collect();
    let entries: Vec<_> = orders
        .iter()
        .enumerate()
        .map(|(number, order)| (MessageNumber::new(format!("{:010}", 4_000_000 + number)).unwrap(), order))
        .collect();
    let bytes: usize = written(&orders[0]).unwrap().iter().map(|transaction| transaction.len() + 1).sum();
    let careful = program(&m3()).enter_calls(&entries);
    let bold = program(&m3().transactions_per_call(250).bytes_per_call(128 * 1024)).enter_calls(&entries);
    println!("an order of ten lines: {bytes} bytes; a thousand: {careful} calls at 100/32 KB, {bold} at 250/128 KB");
    assert!(bytes <= 4_096, "{bytes} bytes an order");
    assert!(careful <= 250, "{careful} calls");
    assert!(bold <= 100, "{bold} calls");
}

#[test]
fn the_first_failure_decides_since_later_ones_follow_from_it() {
    let fail = |outcome| Err(TransactionError::other(PROGRAM, "AddLine", ErrorKind::Other, outcome, "no"));
    let traced = |rows| Ok(tenant_http::Traced::new(rows, RequestIds::none()));
    let head = || traced(vec![MiRecord::from_iter([("PUNO", "2000001")])]);
    let places = |n: usize| (0..n).map(|line| Place { line: (line > 0).then_some(line) }).collect::<Vec<_>>();
    let judged = |results: Results| judge(&places(results.len()), results);

    assert_eq!(judged(vec![head(), traced(Vec::new())]).unwrap().as_str(), "2000001");
    let error = judged(vec![head(), fail(Outcome::NotProcessed), fail(Outcome::Rejected)]).unwrap_err();
    assert_eq!((error.outcome(), error.line()), (Outcome::NotProcessed, Some(1)));
    assert_eq!(error.order_number().unwrap().as_str(), "2000001");
    let error = judged(vec![head(), fail(Outcome::Rejected), fail(Outcome::Unknown)]).unwrap_err();
    assert_eq!((error.outcome(), error.line()), (Outcome::Rejected, Some(1)));
    assert_eq!(judged(vec![traced(Vec::new())]).unwrap_err().outcome(), Outcome::Unknown, "no number");
}
