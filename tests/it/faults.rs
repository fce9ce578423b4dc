//! One call in five fails, in every way the tenants know.

use std::time::Duration;

use procurify_cloudsuite::FlowKind;
use sandbox::{FaultKind, Faults};
use sync_core::StateName;

use crate::world::{World, m3_config, scenario};

const ORDERS: usize = 500;

fn every_kind() -> Vec<FaultKind> {
    let mut kinds = FaultKind::COMMON.to_vec();
    kinds.extend([FaultKind::PartialRecords, FaultKind::Hang]);
    kinds
}

fn one_in_five(seed: u64) -> Faults {
    Faults {
        per_mille: 200,
        kinds: every_kind(),
        seed,
        pause: Duration::from_millis(2),
        hang: Duration::from_millis(1500),
        ..Faults::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_failing_every_order_is_posted_exactly_once() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(5);
    println!("seed {seed}");
    let scenario = scenario(ORDERS);
    let m3 = sandbox::M3Config { faults: one_in_five(seed), ..m3_config(&scenario) };
    let world = World::with(scenario, |procurify| procurify.faults = one_in_five(seed + 1), m3).await;
    let mut passes = 0;
    loop {
        passes += 1;
        assert!(passes <= 50, "no end in sight after 50 passes");
        let connection = world.connect_in_calls_of(10).await;
        match connection.sync(FlowKind::PurchaseOrders).await {
            Ok(report) if report.is_all_done() => break,
            Ok(report) => println!("pass {passes}: {:?}", report.counts),
            Err(error) => println!("pass {passes}: {error}"),
        }
    }
    let (m3, procurify) = (world.erp.stats().faults, world.procurify.stats().faults);
    println!("{passes} passes; at M3 {m3:?}; at Procurify {procurify:?}");
    for kind in every_kind() {
        assert!(m3.contains_key(&format!("{kind:?}")), "{kind:?} never struck: this proves nothing of it");
    }
    world.exactly_once(&world.keys());
    let report = world.connect().await.status(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.count(StateName::Posted), ORDERS as u64);
}
