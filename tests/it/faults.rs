//! One call in five fails, in every way the tenants know.

use std::time::Duration;

use procurify_cloudsuite::FlowKind;
use sandbox::{FaultKind, Faults};
use sync_core::StateName;

use crate::erp::Erp;
use crate::world::{World, scenario};

const ORDERS: usize = 500;

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
    failing_one_in_five::<sandbox::M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_to_syteline_failing_every_order_is_posted_exactly_once() {
    failing_one_in_five::<sandbox::SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_to_odata_failing_every_order_is_posted_exactly_once() {
    failing_one_in_five::<sandbox::OData>().await;
}

async fn failing_one_in_five<E: Erp>() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(5);
    println!("seed {seed}");
    let scenario = scenario(ORDERS);
    let erp = E::start(&scenario, one_in_five(seed, E::fault_kinds())).await;
    let faults = one_in_five(seed + 1, FaultKind::COMMON.to_vec());
    let world = World::around(scenario, |procurify| procurify.faults = faults, erp).await;
    let mut passes = 0;
    loop {
        passes += 1;
        assert!(passes <= 50, "no end in sight after 50 passes");
        let connection = world.connect_in_calls_of(E::SMALL_CALL.min(10)).await;
        match connection.sync(FlowKind::PurchaseOrders).await {
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
    world.exactly_once(&world.keys());
    let report = world.connect().await.status(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.count(StateName::Posted), ORDERS as u64);
}
