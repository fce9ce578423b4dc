//! Bills that wait because the ERP's gateway turned their invoices away: what becomes of them there meanwhile is seen.

use std::sync::Arc;
use std::time::Duration;

use procurify_cloudsuite::periods::PeriodSettings;
use procurify_cloudsuite::{Connection, FlowKind, Report};
use sandbox::{FaultKind, M3, OData, SyteLine};
use sync_core::{Backoff, StateName};

use super::by_hand::{APPROVED, WITHDRAWN, drafts, made_by_us, twins};
use super::refused::type_in;
use super::with_bills;
use crate::erp::Erp;
use crate::world::{World, bill_key};

/// More calls than a client makes of a pass before it gives up.
const TURNED_AWAY: usize = 20;

fn waiting(report: &Report) -> u64 {
    report.count(StateName::RetryAt) + report.count(StateName::CommitAt)
}

fn turn_away<E: Erp>(world: &World<E>) {
    for _ in 0..TURNED_AWAY {
        world.erp.fault_next_of(E::new_invoices(), FaultKind::TooManyRequests);
    }
}

/// One pass, while no invoice gets through the gateway; answers how many bills wait then.
async fn turned_away<E: Erp>(world: &World<E>) -> u64 {
    turn_away(world);
    let report = world.connect_waiting(Duration::ZERO).await.sync(FlowKind::Bills).await.unwrap();
    assert_eq!(report.count(StateName::Posted), 0, "{:?}", report.counts);
    waiting(&report)
}

async fn typed_in_while_it_waits<E: Erp>() {
    let world = World::<E>::of(with_bills(6, 6)).await;
    let drafts = drafts(&world).await;
    assert_eq!(turned_away(&world).await, drafts.len() as u64);
    let (key, draft) = &drafts[0];
    let typed = type_in(&world, draft);
    let connection = world.connect().await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let trail = connection.trail(key).await.unwrap().to_string();
    assert!(trail.contains(&format!("linked to {typed}, which was there already")), "{trail}");
    assert_eq!(made_by_us(&world), drafts.len() - 1, "one was doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_finance_types_in_while_its_bill_waits_is_linked_on_each_product() {
    typed_in_while_it_waits::<M3>().await;
    typed_in_while_it_waits::<SyteLine>().await;
    typed_in_while_it_waits::<OData>().await;
}

async fn of_two_bills_of_one_invoice<E: Erp>() {
    let world = World::<E>::of(with_bills(10, 20)).await;
    let (one, two) = twins(&world);
    world.procurify.edit_bill(two, |edit| edit.status = Some(WITHDRAWN));
    let drafts = drafts(&world).await;
    assert_eq!(turned_away(&world).await, drafts.len() as u64);
    world.procurify.edit_bill(two, |edit| {
        (edit.status, edit.invoice_number) = (Some(APPROVED), Some(format!("INV-{one}")));
    });
    let mut report = world.sync_bills().await;
    for _ in 0..20 {
        assert!(made_by_us(&world) <= drafts.len(), "one was doubled");
        if !report.concerns.is_empty() {
            break;
        }
        report = world.sync_bills().await;
    }
    assert_eq!(made_by_us(&world), drafts.len());
    let [concern] = report.concerns.as_slice() else { panic!("{:?}", report.concerns) };
    assert!([bill_key(one), bill_key(two)].contains(&concern.key));
    assert!(concern.reason.contains("duplicate"), "{}", concern.reason);
}

/// Both wait for the gateway, however often it fails; of which one is a duplicate nothing is known yet.
async fn both_of_one_invoice_wait<E: Erp>() {
    let world = World::<E>::of(with_bills(10, 20)).await;
    let (one, two) = twins(&world);
    world.procurify.edit_bill(two, |edit| edit.invoice_number = Some(format!("INV-{one}")));
    world.connect().await.sync(FlowKind::PurchaseOrders).await.unwrap();
    let mut impatient = Backoff::seeded(11);
    (impatient.base, impatient.max_attempts) = (Duration::from_secs(60), 1);
    let connection =
        world.build(100, |connection| connection.retry(Arc::new(impatient)).patience(Duration::ZERO)).await;
    turn_away(&world);
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert_eq!(waiting(&report), world.bill_keys().len() as u64, "one was given up: {:?}", report.counts);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_bills_of_one_invoice_none_is_given_up_while_the_gateway_fails_on_each_product() {
    both_of_one_invoice_wait::<M3>().await;
    both_of_one_invoice_wait::<SyteLine>().await;
    both_of_one_invoice_wait::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_waits_and_a_later_one_of_the_same_invoice_are_posted_once_on_each_product() {
    of_two_bills_of_one_invoice::<M3>().await;
    of_two_bills_of_one_invoice::<SyteLine>().await;
    of_two_bills_of_one_invoice::<OData>().await;
}

async fn with_periods<E: Erp>(world: &World<E>, wait: Duration) -> Connection {
    let periods = PeriodSettings { list: Some(E::periods()), ..PeriodSettings::default() };
    world.build(100, |connection| connection.fiscal_periods(periods).patience(wait)).await
}

/// Orders that were staged in the ERP, or bills, when their period was closed.
async fn in_a_period_that_is_closed_meanwhile<E: Erp>(flow: FlowKind) {
    let world = World::<E>::of(with_bills(6, 6)).await;
    if flow == FlowKind::Bills {
        with_periods(&world, Duration::from_secs(10)).await.sync(FlowKind::PurchaseOrders).await.unwrap();
    }
    for _ in 0..TURNED_AWAY {
        if flow == FlowKind::Bills {
            world.erp.fault_next_of(E::new_invoices(), FaultKind::TooManyRequests);
        } else {
            world.erp.fault_next_order(FaultKind::TooManyRequests);
        }
    }
    let connection = with_periods(&world, Duration::ZERO).await;
    let report = connection.sync(flow).await.unwrap();
    let waiting = waiting(&report);
    assert!(waiting > 0 && report.count(StateName::Posted) == 0, "{:?}", report.counts);
    drop(connection);
    let (first, last) = ("2000-01-01".parse().unwrap(), "2099-12-31".parse().unwrap());
    world.erp.close_period(first, last, true);
    let connection = with_periods(&world, Duration::from_secs(10)).await;
    connection.align_reference_data().await.unwrap();
    let report = connection.sync(flow).await.unwrap();
    assert_eq!(report.count(StateName::Held), waiting, "{:?} {:?}", report.counts, report.concerns);
    world.erp.close_period(first, last, false);
    connection.align_reference_data().await.unwrap();
    let report = connection.sync(flow).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&if flow == FlowKind::Bills { world.bill_keys() } else { world.keys() });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_when_its_period_is_closed_is_held_until_it_is_open_on_each_product() {
    for flow in [FlowKind::PurchaseOrders, FlowKind::Bills] {
        in_a_period_that_is_closed_meanwhile::<M3>(flow).await;
        in_a_period_that_is_closed_meanwhile::<SyteLine>(flow).await;
        in_a_period_that_is_closed_meanwhile::<OData>(flow).await;
    }
}
