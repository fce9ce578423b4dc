//! One call in five fails, in every way the tenants know.

use std::time::Duration;

use procurify_cloudsuite::FlowKind;
use sandbox::{FaultKind, Faults, Scenario};
use sync_core::StateName;

use crate::erp::Erp;
use crate::world::{World, scenario};

const ORDERS: usize = 500;
const BILLS: usize = 250;

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
        let connection = world.connect_in_calls_of(E::SMALL_CALL.min(10)).await;
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
