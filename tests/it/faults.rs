//! One call in five fails, in every way the tenants know.

use std::cell::Cell;
use std::time::Duration;

use procurify_cloudsuite::{Event, FlowKind};
use sandbox::{FaultKind, Faults, Matcher, Procurify, ProcurifyConfig, Scenario};
use sync_core::StateName;

use crate::erp::Erp;
use crate::world::{World, scenario};

const ORDERS: usize = 500;
const BILLS: usize = 300;

pub fn one_in_five(seed: u64, kinds: Vec<FaultKind>) -> Faults {
    Faults {
        per_mille: 200,
        kinds,
        seed,
        pause: Duration::from_millis(2),
        hang: Duration::from_millis(1500),
        ..Faults::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_to_m3_failing_every_order_is_posted_exactly_once() {
    failing_one_in_five::<sandbox::M3>(FlowKind::PurchaseOrders).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_to_syteline_failing_every_order_is_posted_exactly_once() {
    failing_one_in_five::<sandbox::SyteLine>(FlowKind::PurchaseOrders).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_to_odata_failing_every_order_is_posted_exactly_once() {
    failing_one_in_five::<sandbox::OData>(FlowKind::PurchaseOrders).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_to_m3_failing_every_bill_is_posted_exactly_once() {
    failing_one_in_five::<sandbox::M3>(FlowKind::Bills).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_to_syteline_failing_every_bill_is_posted_exactly_once() {
    failing_one_in_five::<sandbox::SyteLine>(FlowKind::Bills).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_to_odata_failing_every_bill_is_posted_exactly_once() {
    failing_one_in_five::<sandbox::OData>(FlowKind::Bills).await;
}

async fn failing_one_in_five<E: Erp>(flow: FlowKind) {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(5);
    println!("seed {seed}");
    let bills = flow == FlowKind::Bills;
    let scenario = if bills { Scenario { bills: BILLS, ..scenario(BILLS) } } else { scenario(ORDERS) };
    let erp = E::start(&scenario, if bills { Faults::default() } else { one_in_five(seed, E::fault_kinds()) }).await;
    let faults = one_in_five(seed + 1, FaultKind::COMMON.to_vec());
    let world = World::around(scenario, |procurify| procurify.faults = faults, erp).await;
    if bills {
        while !world.connect().await.sync(FlowKind::PurchaseOrders).await.is_ok_and(|report| report.is_all_done()) {}
        world.erp.fail(one_in_five(seed, E::fault_kinds()));
    }
    let mut passes = 0;
    loop {
        passes += 1;
        assert!(passes <= 50, "no end in sight after 50 passes");
        let connection = world.connect_in_calls_of(E::SMALL_CALL.clamp(2, 10)).await;
        match connection.sync(flow).await {
            Ok(report) if report.is_all_done() => break,
            Ok(report) => println!("pass {passes}: {:?} {:?}", report.counts, report.concerns.first()),
            Err(error) => println!("pass {passes}: {error}"),
        }
    }
    let (erp, procurify) = (world.erp.seen().faults, world.procurify.stats().faults);
    println!("{passes} passes; at the ERP {erp:?}; at Procurify {procurify:?}");
    for kind in E::fault_kinds() {
        assert!(erp.contains_key(&format!("{kind:?}")), "{kind:?} never struck: this proves nothing of it");
    }
    let keys = if bills { world.bill_keys() } else { world.keys() };
    world.exactly_once(&keys);
    let report = world.connect().await.status(flow).await.unwrap();
    assert_eq!(report.count(StateName::Posted), keys.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_procurify_is_down_what_was_sent_is_settled_and_the_outage_is_told() {
    let mut world = World::new(scenario(5)).await;
    let finish = Matcher::operation("POST PPS370MI").containing("FinishEntry");
    world.erp.fault_next(finish, FaultKind::ResetAfter);
    let connection = world.connect().await;
    // Ends once the first step has sent the orders.
    let sent = Cell::new(false);
    let told = |event: Event<'_>| {
        if matches!(event, Event::Moved(moved) if !moved.is_empty()) {
            sent.set(true);
        }
    };
    let report = connection.sync_while(FlowKind::PurchaseOrders, told, || !sent.get()).await.unwrap();
    let open = report.count(StateName::InDoubt) + report.count(StateName::Accepted);
    assert!(open == 5 && report.count(StateName::InDoubt) > 0, "{:?}", report.counts);
    // Another tenant's server; this one's is gone.
    drop(std::mem::replace(&mut world.procurify, Procurify::start(ProcurifyConfig::default()).await.unwrap()));
    let error = connection.sync(FlowKind::PurchaseOrders).await.unwrap_err();
    let report = connection.status(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.count(StateName::Posted), 5, "{error}: {:?}", report.counts);
    world.exactly_once(&world.keys());
}
