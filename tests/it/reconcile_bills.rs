//! Bills and invoices compared, on each product: what was deleted, typed in or changed by hand is found.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use procurify_cloudsuite::bill::InvoiceDraft;
use procurify_cloudsuite::reconcile::{Comparison, Period};
use procurify_cloudsuite::{Connection, FlowKind};
use rust_decimal::Decimal;
use sandbox::{Detail, M3, OData, Scenario, SyteLine, TypedInvoice, TypedLine};
use serde_json::{Value, json};
use sync_core::{RecordKey, StateName, Step};

use crate::erp::Erp;
use crate::world::{World, bill_key, connector, run, scenario};

fn with_bills(bills: usize) -> Scenario {
    Scenario { bills, ..scenario(bills) }
}

fn typed(supplier: &str, number: &str, date: NaiveDate, amounts: &[Decimal], external_ref: &str) -> TypedInvoice {
    let line = |amount: &Decimal| TypedLine { quantity: Decimal::ONE, price: *amount, account: "60100".to_owned() };
    TypedInvoice {
        supplier: supplier.to_owned(),
        number: number.to_owned(),
        currency: "CAD".to_owned(),
        date,
        external_ref: external_ref.to_owned(),
        lines: amounts.iter().map(line).collect(),
    }
}

fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y%m%d").unwrap()
}

/// What the ERP's invoices come to, by currency, as the sandbox itself adds it up.
fn totals(erp: &impl Erp) -> BTreeMap<String, Decimal> {
    let mut totals = BTreeMap::new();
    for document in erp.all_documents().into_iter().filter(|document| document.kind == "invoice") {
        *totals.entry(document.currency).or_insert(Decimal::ZERO) += document.total;
    }
    totals
}

async fn compared(connection: &Connection, period: Period) -> Comparison {
    connection.reconcile(FlowKind::Bills, period).await.unwrap()
}

fn missing(comparison: &Comparison) -> Vec<RecordKey> {
    comparison.missing.iter().map(|one| one.key.clone()).collect()
}

fn extra(comparison: &Comparison) -> Vec<&str> {
    comparison.extra.iter().map(|one| one.number.as_str()).collect()
}

async fn finds_what_differs<E: Erp>() {
    let world = World::<E>::of(with_bills(60)).await;
    let report = world.sync_bills().await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let bills = world.bill_keys();
    let connection = world.connect().await;
    let before = world.procurify.stats().total;
    let clean = compared(&connection, Period::default()).await;
    assert!(clean.is_clean(), "{clean:?}");
    assert_eq!(clean.matched, bills.len() as u64);
    assert_eq!(clean.source_total, clean.target_total);
    assert_eq!(clean.target_total, totals(&world.erp));
    let calls = world.procurify.stats().total - before;
    assert!(calls < 10, "{calls} calls for bills that are known as they are listed");

    let documents = world.exactly_once(&bills);
    let writes = |world: &World<E>| world.erp.seen().documents["invoice"];
    let held = writes(&world);
    let of = |place: usize| &documents[&bills[place]];
    // Deleted in the ERP; a line corrected there; a second one of the same number, under our reference and under none;
    // one that nobody approved.
    world.erp.delete_invoice(&of(0).number);
    let amount = of(1).lines[1].price + Decimal::ONE;
    world.erp.touch_invoice(&of(1).number, 2, amount);
    let (copied, again) = (of(2), of(3));
    let date = day(&copied.ordered);
    let number_of = |key: &RecordKey| format!("INV-{}", key.id());
    let total = [copied.total];
    let copy = typed(&copied.supplier, &number_of(&bills[2]), date, &total, &copied.external_ref);
    let twin = typed(&again.supplier, &number_of(&bills[3]), day(&again.ordered), &[again.total], "");
    let outside = typed(&copied.supplier, "NOBODY-1", date, &[Decimal::TEN], "");
    let mut by_hand = [copy, twin, outside].map(|invoice| world.erp.type_invoice(&invoice));
    by_hand.sort();
    let found = compared(&connection, Period::default()).await;
    assert_eq!(missing(&found), [bills[0].clone()]);
    assert_eq!(extra(&found), by_hand);
    let mine: Vec<(&str, &str)> = found
        .differing
        .iter()
        .filter(|one| one.key == bills[1])
        .map(|one| (one.field.as_str(), one.target.as_str()))
        .collect();
    let plain = |amount: Decimal| format!("{amount:.2}");
    let expected = [("total", plain(of(1).total + Decimal::ONE)), ("line 2 amount", plain(amount))];
    assert_eq!(mine, expected.each_ref().map(|(field, target)| (*field, target.as_str())));
    assert_eq!(found.differing.len(), 2, "{:?}", found.differing);
    assert_eq!(found.source_total, clean.source_total);
    assert_eq!(found.target_total, totals(&world.erp));
    assert_eq!(writes(&world), held + 2, "one deleted and three typed in, by us alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_deleted_changed_or_typed_in_by_hand_is_found_in_m3() {
    finds_what_differs::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_deleted_changed_or_typed_in_by_hand_is_found_in_syteline() {
    finds_what_differs::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_deleted_changed_or_typed_in_by_hand_is_found_in_odata_services() {
    finds_what_differs::<OData>().await;
}

/// A bill whose invoice people typed in themselves is linked, and compared by its head.
async fn compares_what_people_typed<E: Erp>() {
    let world = World::<E>::of(with_bills(20)).await;
    let connection = world.connect().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let drafts: Vec<(RecordKey, InvoiceDraft)> = connection
        .plan(FlowKind::Bills)
        .await
        .unwrap()
        .into_iter()
        .filter_map(|planned| match planned.step {
            Step::Post(document) => Some((planned.key, serde_json::from_value(document).unwrap())),
            _ => None,
        })
        .collect();
    let [(one, first), (other, second), ..] = &drafts[..] else { panic!("{} bills", drafts.len()) };
    let by_hand = |draft: &InvoiceDraft| TypedInvoice {
        currency: draft.currency.clone(),
        ..typed(&draft.supplier, &draft.number, draft.invoice_date, &[draft.total], "")
    };
    world.erp.type_invoice(&by_hand(first));
    let second_number = world.erp.type_invoice(&by_hand(second));
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let clean = compared(&connection, Period::default()).await;
    assert!(clean.is_clean(), "{clean:?}");
    assert_eq!(clean.matched, drafts.len() as u64);
    // One is corrected in the ERP later on.
    world.erp.touch_invoice(&second_number, 1, second.total + Decimal::ONE);
    let found = compared(&connection, Period::default()).await;
    let told: Vec<(&RecordKey, &str)> = found.differing.iter().map(|diff| (&diff.key, diff.field.as_str())).collect();
    assert_eq!(told, [(other, "total")], "{one} is as it was typed");
    assert!(found.missing.is_empty() && found.extra.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_people_typed_in_is_compared_with_its_bill_on_each_product() {
    compares_what_people_typed::<M3>().await;
    compares_what_people_typed::<SyteLine>().await;
    compares_what_people_typed::<OData>().await;
}

/// What finance posts is in the ledger only, or in both places, and is still this bill's, once.
async fn compares_what_was_posted<E: Erp>() {
    let world = World::<E>::of(with_bills(20)).await;
    world.sync_bills().await;
    let before = totals(&world.erp);
    for document in world.exactly_once(&world.bill_keys()).values().take(5) {
        world.erp.post_invoice(&document.number);
    }
    let comparison = compared(&world.connect().await, Period::default()).await;
    assert!(comparison.is_clean(), "{comparison:?}");
    assert_eq!(comparison.target_total, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_in_the_ledger_is_told_once_on_each_product() {
    compares_what_was_posted::<M3>().await;
    compares_what_was_posted::<SyteLine>().await;
    compares_what_was_posted::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_finance_booked_in_the_ledger_of_m3_is_extra_unless_a_bill_speaks_of_it() {
    let world = World::<M3>::of(with_bills(12)).await;
    world.sync_bills().await;
    let some = world.exactly_once(&world.bill_keys()).into_values().next().unwrap();
    let voucher = world.erp.book_invoice(&some.supplier, "LEDGER-1", &some.ordered, &some.currency, Decimal::TEN);
    let comparison = compared(&world.connect().await, Period::default()).await;
    assert_eq!(extra(&comparison), [format!("voucher {voucher} of {}", &some.ordered[..4])]);
    assert!(comparison.missing.is_empty() && comparison.differing.is_empty(), "{comparison:?}");
}

async fn keeps_to_the_period<E: Erp>() {
    let world = World::<E>::of(with_bills(50)).await;
    world.sync_bills().await;
    let documents = world.exactly_once(&world.bill_keys());
    let days: Vec<NaiveDate> = documents.values().map(|one| day(&one.ordered)).collect();
    let (first, last) = (*days.iter().min().unwrap(), *days.iter().max().unwrap());
    let (from, to) = (first + chrono::TimeDelta::days(1), last - chrono::TimeDelta::days(1));
    let inside = days.iter().filter(|day| **day >= from && **day <= to).count() as u64;
    let connection = world.connect().await;
    let comparison = compared(&connection, Period::between(from, to)).await;
    assert!(comparison.is_clean(), "{comparison:?}");
    assert_eq!(comparison.matched, inside);
    assert!(inside > 0 && inside < documents.len() as u64);
    // What happens outside the period is not told.
    let outside = documents.values().find(|one| day(&one.ordered) == first).unwrap();
    world.erp.delete_invoice(&outside.number);
    assert!(compared(&connection, Period::between(from, to)).await.is_clean());
    assert_eq!(compared(&connection, Period::between(first, last)).await.missing.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_of_a_period_are_compared_by_themselves_on_each_product() {
    keeps_to_the_period::<M3>().await;
    keeps_to_the_period::<SyteLine>().await;
    keeps_to_the_period::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_in_syteline_stands_for_no_invoice_that_was_deleted() {
    let world = World::<SyteLine>::of(with_bills(12)).await;
    world.sync_bills().await;
    let documents = world.exactly_once(&world.bill_keys());
    let (key, gone) = documents.first_key_value().unwrap();
    world.erp.delete_invoice(&gone.number);
    for document in documents.values() {
        world.erp.pay(&document.supplier, &format!("INV-{}", key.id()), day(&document.ordered), document.total);
    }
    let comparison = compared(&world.connect().await, Period::default()).await;
    assert_eq!(missing(&comparison), std::slice::from_ref(key), "{comparison:?}");
    assert!(comparison.differing.is_empty() && comparison.extra.is_empty(), "{comparison:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_is_held_is_missing_with_its_reason_and_one_that_is_not_moved_is_not() {
    let world = World::new(with_bills(40)).await;
    let held = world.procurify.approved_bills()[0];
    world.procurify.edit_bill(held, |edit| edit.off_by = Decimal::ONE);
    let report = world.sync_bills().await;
    assert_eq!(report.count(StateName::Held), 1);
    assert!(report.count(StateName::Skipped) > 2, "{:?}", report.counts);
    let comparison = compared(&world.connect().await, Period::default()).await;
    assert_eq!(missing(&comparison), [bill_key(held)]);
    let reason = comparison.missing[0].reason.as_ref().unwrap();
    assert!(reason.starts_with("held: ") && reason.contains("a difference of"), "{reason}");
    assert!(comparison.differing.is_empty() && comparison.extra.is_empty(), "{comparison:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_withdrawn_after_it_was_posted_is_told_with_the_invoice_that_is_still_there() {
    let world = World::<SyteLine>::of(with_bills(10)).await;
    world.sync_bills().await;
    let key = world.bill_keys().remove(0);
    let number = world.exactly_once(&world.bill_keys())[&key].number.clone();
    let id = key.id().parse().unwrap();
    world.procurify.edit_bill(id, |edit| edit.status = Some(5));
    let comparison = compared(&world.connect().await, Period::default()).await;
    let told: Vec<(&RecordKey, &str, String)> =
        comparison.differing.iter().map(|one| (&one.key, one.field.as_str(), one.target.clone())).collect();
    assert_eq!(told, [(&key, "status", format!("{number} is there"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_was_posted_and_deleted_in_procurify_is_told_whatever_the_ledger_says() {
    let world = World::<SyteLine>::of(with_bills(10)).await;
    world.sync_bills().await;
    let key = world.bill_keys().remove(0);
    let document = world.exactly_once(&world.bill_keys())[&key].clone();
    assert!(world.procurify.show_bill(key.id().parse().unwrap(), Detail::Gone));
    let dated = day(&document.ordered);
    for period in [Period::default(), Period::between(dated, dated)] {
        let found = compared(&world.connect().await, period).await;
        let told: Vec<_> =
            found.differing.iter().map(|one| (&one.key, one.field.as_str(), one.source.as_str())).collect();
        assert_eq!(told, [(&key, "status", "it is not in Procurify any more")], "{found:?}");
        assert_eq!(found.differing[0].target, format!("{} is there", document.number));
        assert!(found.missing.is_empty() && found.extra.is_empty(), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connector_compares_orders_and_bills_in_all_formats() {
    let world = World::<OData>::of(with_bills(20)).await;
    let config = world.configure("bills = true");
    let command = async |arguments: &[&str]| {
        let mut command = connector(&config);
        command.args(arguments);
        let output = run(command).await;
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(command(&["sync"]).await.0, Some(0));
    let (code, printed) = command(&["reconcile", "--json"]).await;
    let document: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &document["clean"]), (Some(0), &json!(true)), "{document}");
    let bills = &document["documents"]["bill"];
    assert_eq!(bills["matched"], json!(world.bill_keys().len()));
    assert_eq!(document["documents"]["purchase_order"]["matched"], json!(20));
    assert_eq!(bills["source_total"], bills["target_total"]);

    let gone = world.bill_keys().remove(0);
    world.erp.delete_invoice(&world.exactly_once(&world.bill_keys())[&gone].number);
    let (code, table) = command(&["reconcile", "--format", "csv"]).await;
    assert_eq!(code, Some(3));
    assert!(table.contains(&format!("bill,missing,{gone},INV-{},,", gone.id())), "{table}");
    assert!(table.contains("purchase_order,total,,,CAD,") && table.contains("bill,total,,,CAD,"), "{table}");
    let (_, text) = command(&["reconcile"]).await;
    assert!(text.contains("bill: ") && text.contains("1 missing, 0 extra, 0 differences"), "{text}");
    assert!(text.contains("purchase_order: 20 matched, 0 missing"), "{text}");
}
