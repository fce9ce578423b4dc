//! What an attempt left of an invoice is watched: nothing else is made of its bill while it is there.

use std::sync::Arc;
use std::time::Duration;

use procurify_cloudsuite::accounts::{Rule, Rules};
use procurify_cloudsuite::bill::DefaultBillMapper;
use procurify_cloudsuite::codes::CodeTable;
use procurify_cloudsuite::periods::{OnClosed, PeriodSettings};
use procurify_cloudsuite::{Connection, FlowKind};
use rust_decimal::Decimal;
use sandbox::{Document, Edit, FaultKind, M3, Matcher, Scenario, SyteLine};
use sync_core::{Actor, Assurance, ExternalRef, RecordKey, StateName, Step};

use crate::world::{World, bill_key, scenario};

fn with_bills(orders: usize) -> Scenario {
    Scenario { bills: orders, ..scenario(orders) }
}

fn invoices(world: &World<M3>) -> Vec<Document> {
    world.erp.documents().into_iter().filter(|document| document.kind == "invoice").collect()
}

fn id(key: &RecordKey) -> u64 {
    key.id().parse().unwrap()
}

async fn replay(connection: &Connection, key: &RecordKey) {
    connection.engine().replay(key, &Actor::new("jane"), Assurance::None).await.unwrap();
}

/// Bills whose vouchers are whole, which we do not know; answers the vouchers' numbers.
async fn unknown_vouchers(world: &World<SyteLine>, lost: Matcher) -> Vec<String> {
    world.connect().await.sync(FlowKind::PurchaseOrders).await.unwrap();
    world.erp.fault_next(lost, FaultKind::ResetAfter);
    let connection = world.build(100, |connection| connection.patience(Duration::ZERO)).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.count(StateName::InDoubt) > 0, "{:?}", report.counts);
    vouchers(world)
}

fn vouchers(world: &World<SyteLine>) -> Vec<String> {
    let invoices = world.erp.documents().into_iter().filter(|document| document.kind == "invoice");
    invoices.map(|document| document.number).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_that_finance_posts_before_we_know_that_it_was_made_is_linked_and_not_made_again() {
    let world = World::of(with_bills(6)).await;
    let numbers = unknown_vouchers(&world, Matcher::operation("POST update/SLAptrxds")).await;
    assert!(numbers.iter().all(|number| world.erp.post_voucher(number)), "{numbers:?}");
    let connection = world.connect().await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert_eq!(vouchers(&world), Vec::<String>::new(), "made again");
    assert!(report.is_all_done(), "{:?}", report.concerns);
    for key in world.bill_keys() {
        let trail = connection.trail(&key).await.unwrap().to_string();
        assert!(numbers.iter().any(|number| trail.contains(&format!("found as {number}"))), "{trail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_finance_completes_and_posts_before_we_know_of_it_is_linked_and_not_made_again() {
    let world = World::of(with_bills(6)).await;
    let numbers = unknown_vouchers(&world, Matcher::operation("POST update/SLAptrxs")).await;
    assert!(numbers.iter().all(|number| world.erp.post_voucher(number)), "{numbers:?}");
    let report = world.connect().await.sync(FlowKind::Bills).await.unwrap();
    assert_eq!(vouchers(&world), Vec::<String>::new(), "made again");
    assert!(report.is_all_done(), "{:?}", report.concerns);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_that_is_there_in_part_is_completed_though_its_order_has_changed_since() {
    let world = World::<SyteLine>::of(with_bills(6)).await;
    world.connect().await.sync(FlowKind::PurchaseOrders).await.unwrap();
    world.erp.fault_next(Matcher::operation("POST update/SLAptrxds"), FaultKind::ResetBefore);
    let connection = world.build(100, |connection| connection.patience(Duration::ZERO)).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.count(StateName::InDoubt) > 0, "{:?}", report.counts);
    drop(connection);
    let connection = world.connect().await;
    for order in 10_001..10_007 {
        assert!(world.procurify.edit(order, Edit::Quantity { line: 1, quantity: Decimal::from(71) }));
    }
    // They are only told of, so that the lines of the orders are not known any more.
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(!report.concerns.is_empty(), "{:?}", report.counts);
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&world.bill_keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_that_is_there_in_part_is_completed_though_its_bill_has_other_terms_since() {
    let world = World::<SyteLine>::of(with_bills(6)).await;
    let connect = async |terms: &str, patience: Duration| {
        let payment_terms = CodeTable::new([("Net 30", terms)]);
        let mapper = DefaultBillMapper { payment_terms, ..DefaultBillMapper::default() };
        world.build(100, |connection| connection.bill_mapper(mapper).patience(patience)).await
    };
    world.connect().await.sync(FlowKind::PurchaseOrders).await.unwrap();
    world.erp.fault_next(Matcher::operation("POST update/SLAptrxds"), FaultKind::ResetBefore);
    let report = connect("N30", Duration::ZERO).await.sync(FlowKind::Bills).await.unwrap();
    assert!(report.count(StateName::InDoubt) > 0, "{:?}", report.counts);
    let report = connect("N45", Duration::from_secs(10)).await.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&world.bill_keys());
}

/// Bills whose heads are in M3, and whose lines M3 refused, as their account had gone; it is back.
async fn refused_lines(world: &World<M3>) -> Vec<RecordKey> {
    refused_lines_of(world, world.connect().await).await
}

/// As [`refused_lines`], of this connection.
async fn refused_lines_of(world: &World<M3>, connection: Connection) -> Vec<RecordKey> {
    world.scenario.missing_suppliers().iter().for_each(|supplier| world.erp.add_supplier(supplier));
    world.scenario.missing_accounts().iter().for_each(|account| world.erp.add_account(account));
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    connection.align_reference_data().await.unwrap();
    for account in world.scenario.missing_accounts() {
        world.erp.remove_account(&account.code);
    }
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.count(StateName::Rejected) > 0, "{:?}", report.counts);
    world.scenario.missing_accounts().iter().for_each(|account| world.erp.add_account(account));
    report.concerns.into_iter().map(|concern| concern.key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_whose_number_is_corrected_while_its_head_is_in_doubt_gets_no_second_head() {
    let world = World::new(with_bills(6)).await;
    world.connect().await.sync(FlowKind::PurchaseOrders).await.unwrap();
    let lines = Matcher::operation("POST APS450MI").containing("AddLineRecode");
    world.erp.fault_next(lines, FaultKind::ResetBefore);
    let connection = world.build(100, |connection| connection.patience(Duration::from_millis(1))).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.count(StateName::InDoubt) > 0, "{:?}", report.counts);
    drop(connection);
    let id = world.procurify.approved_bills()[0];
    world.procurify.edit_bill(id, |edit| edit.invoice_number = Some("INV-CORRECTED".to_owned()));
    let connection = world.connect().await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    world.exactly_once(&world.bill_keys());
    assert_eq!((report.count(StateName::Parked), report.concerns.len()), (1, 1), "{:?}", report.concerns);
    let reason = &report.concerns[0].reason;
    assert!(reason.contains(&format!("left invoice INV-{id} ")) && reason.contains("now INV-CORRECTED"), "{reason}");
    // Made what it was again, it is completed by itself.
    world.procurify.edit_bill(id, |edit| edit.invoice_number = None);
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert!(world.exactly_once(&world.bill_keys())[&bill_key(id)].lines.iter().any(|line| !line.price.is_zero()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_whose_number_is_corrected_after_a_line_was_refused_gets_no_second_head_until_the_first_is_deleted() {
    let world = World::new(Scenario { missing: 1, ..with_bills(60) }).await;
    let keys = refused_lines(&world).await;
    let before = invoices(&world).len();
    for key in &keys {
        world.procurify.edit_bill(id(key), |edit| edit.invoice_number = Some(format!("FIX-{}", key.id())));
    }
    let connection = world.connect().await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert_eq!(invoices(&world).len(), before, "a second head was made");
    assert_eq!(report.count(StateName::Parked), keys.len() as u64, "{:?}", report.counts);
    for concern in &report.concerns {
        assert!(concern.reason.contains(&format!("left invoice INV-{} ", concern.key.id())), "{}", concern.reason);
        // Whatever is asked for, it is looked for first.
        connection.engine().replay(&concern.key, &Actor::new("jane"), Assurance::NotInTarget).await.unwrap();
    }
    connection.sync(FlowKind::Bills).await.unwrap();
    world.exactly_once(&world.bill_keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_is_there_in_part_is_completed_only_with_what_was_sent_the_first_time() {
    let world = World::new(Scenario { missing: 1, ..with_bills(60) }).await;
    let keys = refused_lines(&world).await;
    let before = invoices(&world);
    let other = world.scenario.missing_accounts()[0].code.clone();
    let accounts = Arc::new(Rules::new([Rule::new("all").account(other.clone())]));
    let mapper = DefaultBillMapper { accounts, ..DefaultBillMapper::default() };
    let connection = world.build(100, |connection| connection.bill_mapper(mapper)).await;
    for key in &keys {
        replay(&connection, key).await;
    }
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert_eq!(report.concerns.len(), keys.len(), "{:?}", report.concerns);
    for concern in &report.concerns {
        let reason = &concern.reason;
        assert!(reason.contains("has changed since") && reason.contains(&format!("on {other}")), "{reason}");
    }
    assert_eq!(invoices(&world), before, "something was written on other accounts than before");
    drop(connection);
    // On the accounts of the first attempt they are completed.
    let connection = world.connect().await;
    for key in &keys {
        replay(&connection, key).await;
    }
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&world.bill_keys());
}

/// Bills are booked on the first open day after this one.
async fn closed_until(world: &World<M3>, day: &str) -> Connection {
    let periods = PeriodSettings {
        closed_until: Some(day.parse().unwrap()),
        bills: OnClosed::Move,
        orders: OnClosed::Ignore,
        ..PeriodSettings::default()
    };
    world.build(100, |connection| connection.fiscal_periods(periods)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_bill_is_completed_though_the_period_into_which_it_was_moved_was_closed_since() {
    let world = World::new(Scenario { missing: 1, ..with_bills(60) }).await;
    let keys = refused_lines_of(&world, closed_until(&world, "2098-12-31").await).await;
    let connection = closed_until(&world, "2099-01-31").await;
    for key in &keys {
        replay(&connection, key).await;
    }
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&world.bill_keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_bill_that_is_cancelled_then_is_told_until_it_is_deleted() {
    let world = World::new(Scenario { missing: 1, ..with_bills(60) }).await;
    let keys = refused_lines(&world).await;
    for key in &keys {
        assert!(world.procurify.edit_bill(id(key), |edit| edit.status = Some(5)));
    }
    let connection = world.connect().await;
    let plan = connection.plan(FlowKind::Bills).await.unwrap();
    let told =
        plan.iter().filter(|planned| matches!(&planned.step, Step::Tell(why) if why.contains("delete it there")));
    assert_eq!(told.count(), keys.len(), "{plan:?}");
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert_eq!(report.concerns.len(), keys.len(), "{:?}", report.counts);
    for concern in &report.concerns {
        let left = format!("left invoice INV-{} ", concern.key.id());
        assert!(concern.reason.contains(&left) && concern.reason.contains("delete it there"), "{}", concern.reason);
    }
    let numbers: Vec<String> = invoices(&world)
        .into_iter()
        .filter(|one| keys.iter().any(|key| ExternalRef::of(key).as_str() == one.external_ref))
        .map(|one| one.number)
        .collect();
    assert_eq!(numbers.len(), keys.len());
    for number in &numbers {
        assert!(world.erp.delete_invoice(number));
    }
    for key in &keys {
        replay(&connection, key).await;
    }
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert!(!invoices(&world).iter().any(|one| numbers.contains(&one.number)), "made again");
}
