//! A SyteLine site that numbers orders itself: nothing but our reference keeps an order from being there twice.

use procurify_cloudsuite::syteline::{SyteLineOrderSettings, SyteLineProduct};
use procurify_cloudsuite::{Connection, FlowKind};
use rust_decimal::Decimal;
use sandbox::{Edit, FaultKind, Faults, Matcher, SyteLine, SyteLineConfig};
use sync_core::{ExternalRef, RecordKey};

use crate::erp::Erp;
use crate::faults::one_in_five;
use crate::world::{World, key, scenario};

pub async fn world(orders: usize, first_change_only: bool) -> World<SyteLine> {
    let config = SyteLineConfig {
        scenario: scenario(orders),
        logins_per_minute: 0,
        server_numbers: true,
        first_change_only,
        ..SyteLineConfig::default()
    };
    World::around(scenario(orders), |_| (), SyteLine::start(config).await.unwrap()).await
}

pub async fn connect(world: &World<SyteLine>) -> Connection {
    let orders = SyteLineOrderSettings { server_numbers: true, ..SyteLineOrderSettings::default() };
    let product = SyteLineProduct::new(world.cloudsuite().syteline("ACME_DALS").site("DALS")).orders(orders);
    world.build_amending(move |connection| connection.cloudsuite(product)).await
}

/// The numbers of the orders that count, in the order of the keys: one each, with all its lines.
fn ordered(world: &World<SyteLine>, keys: &[RecordKey]) -> Vec<String> {
    let orders = world.erp.rows("SLPos");
    let (lines, counting) = (world.erp.rows("SLPoItems"), orders.iter().filter(|order| order["Stat"] != "P"));
    let of = |key: &RecordKey| {
        let reference = ExternalRef::of(key);
        let mine: Vec<_> = counting.clone().filter(|order| order["VendOrder"] == reference.as_str()).collect();
        assert_eq!(mine.len(), 1, "{key} counts {} times", mine.len());
        let number = mine[0]["PoNum"].clone();
        assert_eq!(lines.iter().filter(|line| line["PoNum"] == number).count(), 3, "{key}");
        number
    };
    let numbers: Vec<String> = keys.iter().map(of).collect();
    assert_eq!(counting.clone().count(), keys.len(), "nothing else counts");
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_the_server_numbers_are_there_once_and_follow_their_changes() {
    for first_change_only in [false, true] {
        let world = world(15, first_change_only).await;
        let connection = connect(&world).await;
        let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        assert!(report.is_all_done(), "{:?}", report.concerns);
        let numbers = ordered(&world, &world.keys());
        world.exactly_once(&world.keys());
        world.procurify.edit(10_002, Edit::Quantity { line: 1, quantity: Decimal::ONE_HUNDRED });
        let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        assert_eq!(report.amended, [key(10_002)]);
        let changed = &world.exactly_once(&world.keys())[&key(10_002)];
        assert_eq!((&changed.number, changed.lines[0].quantity), (&numbers[1], Decimal::ONE_HUNDRED));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_number_was_never_answered_is_found_by_its_reference() {
    for kind in [FaultKind::ResetAfter, FaultKind::ServerErrorAfter, FaultKind::ResetBefore] {
        for ido in ["SLPos", "SLPoItems"] {
            let world = world(4, false).await;
            world.erp.fault_next(Matcher::operation(format!("POST update/{ido}")), kind);
            let connection = connect(&world).await;
            while !connection.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done() {}
            ordered(&world, &world.keys());
            world.exactly_once(&world.keys());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_failing_every_order_counts_once() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(9);
    println!("seed {seed}");
    let world = world(60, false).await;
    world.erp.fail(one_in_five(seed, SyteLine::fault_kinds()));
    let mut passes = 0;
    while !connect(&world).await.sync(FlowKind::PurchaseOrders).await.is_ok_and(|report| report.is_all_done()) {
        passes += 1;
        assert!(passes <= 50, "no end in sight after 50 passes");
    }
    world.erp.set_faults(Faults::default());
    ordered(&world, &world.keys());
}
