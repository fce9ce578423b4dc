//! Fiscal periods that are closed in the ERP: what is dated in one waits, says so, and goes on once it is open.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use procurify_cloudsuite::bill::InvoiceDraft;
use procurify_cloudsuite::periods::{OnClosed, PeriodSettings};
use procurify_cloudsuite::purchase_order::OrderDraft;
use procurify_cloudsuite::{Connection, FlowKind, Report};
use sandbox::{M3, OData, Scenario, SyteLine};
use serde_json::Value;
use sync_core::{Change, RecordKey, StateName, Step};

use crate::erp::Erp;
use crate::world::{World, connector, run, scenario};

fn settings<E: Erp>() -> PeriodSettings {
    PeriodSettings { list: Some(E::periods()), ..PeriodSettings::default() }
}

async fn connect<E: Erp>(world: &World<E>, periods: PeriodSettings) -> Connection {
    world.build(100, |connection| connection.fiscal_periods(periods)).await
}

/// The documents that a pass would make, by key.
async fn planned(connection: &Connection, flow: FlowKind) -> BTreeMap<RecordKey, Value> {
    let plan = connection.plan(flow).await.unwrap().into_iter();
    plan.filter_map(|planned| match planned.step {
        Step::Post(document) => Some((planned.key, document)),
        _ => None,
    })
    .collect()
}

fn order_day(document: &Value) -> NaiveDate {
    serde_json::from_value::<OrderDraft>(document.clone()).unwrap().order_date
}

fn bill_day(document: &Value) -> NaiveDate {
    let bill = serde_json::from_value::<InvoiceDraft>(document.clone()).unwrap();
    bill.posting_date.unwrap_or(bill.invoice_date)
}

/// From the first of these days to the day before the last one.
fn all_but_the_last(days: &BTreeMap<RecordKey, NaiveDate>) -> (NaiveDate, NaiveDate) {
    (*days.values().min().unwrap(), days.values().max().unwrap().pred_opt().unwrap())
}

/// Those of these days that are within others.
fn within(days: &BTreeMap<RecordKey, NaiveDate>, (first, last): (NaiveDate, NaiveDate)) -> Vec<RecordKey> {
    days.iter().filter(|(_, day)| (first..=last).contains(*day)).map(|(key, _)| key.clone()).collect()
}

fn held(report: &Report) -> Vec<RecordKey> {
    let mut held: Vec<RecordKey> = report.concerns.iter().map(|concern| concern.key.clone()).collect();
    held.sort();
    held
}

async fn waits_for_an_open_period<E: Erp>() {
    let world = World::<E>::of(Scenario { bills: 40, ..scenario(40) }).await;
    let connection = connect(&world, settings::<E>()).await;
    let orders = planned(&connection, FlowKind::PurchaseOrders).await;
    let orders: BTreeMap<_, _> = orders.into_iter().map(|(key, order)| (key, order_day(&order))).collect();
    let closed = all_but_the_last(&orders);
    let late = within(&orders, closed);
    assert!(!late.is_empty() && late.len() < orders.len(), "{orders:?}");
    world.erp.close_period(closed.0, closed.1, true);

    let holding = connection.plan(FlowKind::PurchaseOrders).await.unwrap();
    let holding = holding.into_iter().filter(|one| matches!(one.step, Step::Hold(_))).map(|one| one.key);
    assert_eq!(holding.collect::<Vec<_>>(), late, "a plan says what a sync does");
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(held(&report), late, "{:?}", report.concerns);
    for concern in &report.concerns {
        let words = format!("fiscal period {} to {}: the order is of ", closed.0, closed.1);
        assert!(concern.reason.contains(&words), "{}", concern.reason);
        assert!(concern.reason.contains("is closed") && concern.reason.contains("have it opened in the ERP"));
    }
    let again = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(held(&again), late);
    let trail = connection.trail(&late[0]).await.unwrap();
    let count = |wanted: fn(&Change) -> bool| trail.events.iter().filter(|event| wanted(&event.change)).count();
    assert_eq!(count(|change| matches!(change, Change::Held { .. })), 1, "{trail}");
    assert_eq!(count(|change| matches!(change, Change::Alerted { .. })), 1, "{trail}");

    // What is there already is linked, whatever its period: the ledger alone is lost.
    world.erp.close_period(closed.0, closed.1, false);
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done(), "an open period lets them go: {:?}", report.concerns);
    let bills = planned(&connection, FlowKind::Bills).await;
    let days: BTreeMap<_, _> = bills.iter().map(|(key, bill)| (key.clone(), bill_day(bill))).collect();
    let closed = all_but_the_last(&days);
    let late = within(&days, closed);
    assert!(late.len() > 1 && late.len() < days.len(), "{days:?}");
    world.erp.close_period(closed.0, closed.1, true);
    // Finance had entered one of them by hand before the period was closed, and enters another while it waits.
    let draft = |key: &RecordKey| serde_json::from_value::<InvoiceDraft>(bills[key].clone()).unwrap();
    let enter = async |key: &RecordKey| {
        let draft = draft(key);
        world.erp.enter_invoice(&world.cloudsuite(), &draft, draft.total).await
    };
    let typed = enter(&late[0]).await;
    connection.align_reference_data().await.unwrap();
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert_eq!(held(&report), late[1..], "{:?}", report.concerns);
    assert!(report.concerns[0].reason.contains("the bill is to be booked on "), "{}", report.concerns[0].reason);
    let trail = connection.trail(&late[0]).await.unwrap().to_string();
    assert!(trail.contains(&format!("linked to {typed}, which was there already")), "{trail}");
    let later = enter(&late[1]).await;
    world.erp.close_period(closed.0, closed.1, false);
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let trail = connection.trail(&late[1]).await.unwrap().to_string();
    assert!(trail.contains(&format!("linked to {later}, which was there already")), "{trail}");
    let invoices = world.erp.all_documents().into_iter().filter(|document| document.kind == "invoice").count();
    assert_eq!(invoices, bills.len(), "one was doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dated_in_a_period_that_m3_has_closed_waits_until_it_is_open() {
    waits_for_an_open_period::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dated_in_a_period_that_syteline_has_closed_waits_until_it_is_open() {
    waits_for_an_open_period::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dated_in_a_period_that_odata_services_have_closed_waits_until_it_is_open() {
    waits_for_an_open_period::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_are_booked_on_the_first_open_day_where_the_settings_say_so() {
    let world = World::new(Scenario { bills: 40, ..scenario(40) }).await;
    let plain = world.connect().await;
    plain.sync(FlowKind::PurchaseOrders).await.unwrap();
    let bills = planned(&plain, FlowKind::Bills).await;
    drop(plain);
    let days: BTreeMap<_, _> = bills.into_iter().map(|(key, bill)| (key, bill_day(&bill))).collect();
    let until = all_but_the_last(&days).1;
    let open = until.checked_add_days(Days::new(1)).unwrap();
    let moved = PeriodSettings { closed_until: Some(until), bills: OnClosed::Move, ..PeriodSettings::default() };
    let connection = connect(&world, moved).await;
    let planned: BTreeMap<_, _> = planned(&connection, FlowKind::Bills).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let mut late = 0;
    for (key, day) in days {
        let trail = connection.trail(&key).await.unwrap().to_string();
        let words = format!("it is booked on {open}, the first open day, for {day} is closed");
        assert_eq!(trail.contains(&words), day <= until, "{trail}");
        assert_eq!(bill_day(&planned[&key]), if day <= until { open } else { day }, "{key}");
        late += usize::from(day <= until);
    }
    assert!(late > 0);
    drop(connection);
    let settings = PeriodSettings { orders: OnClosed::Move, ..PeriodSettings::default() };
    let refused = world.try_build(|connection| connection.fiscal_periods(settings)).await.map(drop).unwrap_err();
    assert!(refused.to_string().contains("orders keep their day"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_posted_follows_its_changes_though_its_period_was_closed_since() {
    let world = World::<SyteLine>::of(scenario(4)).await;
    let connection = world.connect_amending().await;
    assert!(connection.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done());
    drop(connection);
    world.procurify.edit(10_002, sandbox::Edit::Quantity { line: 1, quantity: 77.into() });
    let closed = PeriodSettings { closed_until: NaiveDate::from_ymd_opt(2099, 12, 31), ..PeriodSettings::default() };
    let connection =
        world.build(100, |connection| connection.on_revision(sync_core::Revisions::Amend).fiscal_periods(closed)).await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done() && report.amended.len() == 1, "{:?}", report.concerns);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connector_takes_closed_periods_from_its_file_and_says_what_it_cannot_take() {
    let world = World::<SyteLine>::of(scenario(6)).await;
    let sync = async |periods: &str| {
        let config = world.configure(&format!("[fiscal_periods]\n{periods}"));
        let mut command = connector(&config);
        command.args(["sync", "--json"]);
        let output = run(command).await;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    for (wrong, told) in [
        ("closed_until = \"September\"", "fiscal_periods.closed_until `September` is no day: write 2026-01-31"),
        ("orders = \"move\"", "orders keep their day"),
        ("bills = \"later\"", "line"),
        ("list = { name = \"SLPeriods\" }", "start"),
    ] {
        let (code, _, stderr) = sync(wrong).await;
        assert!(code == Some(1) && stderr.contains(told), "{wrong}: {stderr}");
    }
    let (code, report, stderr) = sync("closed_until = \"2099-12-31\"").await;
    let report: Value = serde_json::from_str(&report).unwrap_or_else(|_| panic!("{stderr}"));
    assert_eq!((code, &report["flows"]["purchase_order"]["held"]), (Some(3), &6.into()), "{report}");
    let list =
        r#"list = { name = "SLPeriods", start = "PerStart", end = "PerEnd", status = "Closed", closed = ["1"] }"#;
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    world.erp.set_period(day("2000-01-01"), day("2099-12-31"), true);
    assert_eq!(sync(list).await.0, Some(3), "closed by the site's own list");
    world.erp.set_period(day("2000-01-01"), day("2099-12-31"), false);
    assert_eq!(sync(list).await.0, Some(0), "open again");
    world.exactly_once(&world.keys());
    assert_eq!(world.connect().await.status(FlowKind::PurchaseOrders).await.unwrap().count(StateName::Held), 0);
}
