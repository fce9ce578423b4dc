//! How few calls it takes.

use std::time::Duration;

use cloudsuite_client::odata::BatchFormat;
use procurify_cloudsuite::FlowKind;
use procurify_cloudsuite::odata::ODataProduct;
use sandbox::{Bump, Faults, M3, Matcher, OData, ODataConfig, Scenario, SyteLine, SyteLineConfig};

use crate::erp::Erp;
use crate::faults::one_in_five;
use crate::world::{World, scenario};

fn of_ten_lines(orders: usize) -> Scenario {
    Scenario { orders, lines: 10, missing: 0, ..Scenario::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_orders_of_ten_lines_are_read_in_thirty_calls_and_written_in_four_tenths_of_a_call_each() {
    let world = World::new(of_ten_lines(1_000)).await;
    let connection = world.connect().await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done() && report.posted.len() == 1_000);
    let (procurify, m3) = (world.procurify.stats(), world.erp.stats());
    println!("Procurify {:?}\nM3 {:?}", procurify.requests, m3.requests);
    assert!(procurify.total <= 30, "{} calls to Procurify", procurify.total);
    assert!(m3.total <= 400, "{} calls to M3", m3.total);
    // What the clients count is what the tenants saw.
    assert_eq!(connection.procurify_requests(), procurify.total);
    assert_eq!(connection.cloudsuite_requests(), m3.total);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_without_changes_reads_little_and_writes_nothing() {
    let world = World::new(scenario(200)).await;
    world.sync().await;
    let (before, writes) = (world.procurify.stats().total, world.erp.stats().total);
    let report = world.sync().await;
    assert!(report.posted.is_empty() && report.is_all_done());
    let tokens_and_orders = world.procurify.stats().total - before;
    assert!(tokens_and_orders <= 2, "{tokens_and_orders} calls to Procurify");
    assert_eq!(world.erp.stats().total, writes, "a call to M3 without anything to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_ten_lines_are_written_into_syteline_in_four_tenths_of_a_call_each() {
    written_in_four_tenths::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_ten_lines_are_written_into_odata_in_four_tenths_of_a_call_each() {
    written_in_four_tenths::<OData>().await;
}

async fn written_in_four_tenths<E: Erp>() {
    let world = World::<E>::of(of_ten_lines(300)).await;
    assert!(world.sync().await.is_all_done());
    world.exactly_once(&world.keys());
    let seen = world.erp.seen();
    println!("{:?}", seen.requests);
    assert!(seen.total * 10 <= 300 * 4, "{} calls for 300 orders", seen.total);
}

/// Services that take batches as multipart only, with one call in five failing.
#[tokio::test(flavor = "multi_thread")]
async fn orders_are_written_in_multipart_batches_exactly_once_while_one_call_in_five_fails() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(5);
    println!("seed {seed}");
    let scenario = of_ten_lines(60);
    let faults = one_in_five(seed, <OData as Erp>::fault_kinds());
    let config =
        ODataConfig { scenario: scenario.clone(), json_batches: false, logins_per_minute: 0, ..Default::default() };
    let world = World::around(scenario, |_| (), OData::start(ODataConfig { faults, ..config }).await.unwrap()).await;
    let client = world.cloudsuite();
    let product = || {
        let odata = client.odata("100").batch_format(BatchFormat::Multipart).writes_per_batch(7);
        ODataProduct::new(odata)
    };
    let mut passes = 0;
    loop {
        passes += 1;
        assert!(passes <= 50, "no end in sight after 50 passes");
        let connection = world.build(7, |connection| connection.cloudsuite(product())).await;
        if connection.sync(FlowKind::PurchaseOrders).await.is_ok_and(|report| report.is_all_done()) {
            break;
        }
    }
    let stats = world.erp.seen();
    assert!(stats.requests["POST $batch"] > 1 && !stats.faults.is_empty(), "{stats:?}");
    let orders = world.exactly_once(&world.keys());
    assert!(orders.values().all(|order| order.lines.len() == 10));
}

/// A site that processes the first change of a call and says nothing of the others, written to in calls of so many.
async fn first_change_only(orders: usize, faults: Faults) -> World<SyteLine> {
    let scenario = of_ten_lines(orders);
    let config = SyteLineConfig { first_change_only: true, scenario: scenario.clone(), faults, ..Default::default() };
    let site = SyteLine::start(SyteLineConfig { logins_per_minute: 0, ..config }).await.unwrap();
    World::around(scenario, |_| (), site).await
}

fn whole_and_once(world: &World<SyteLine>) {
    let orders = world.exactly_once(&world.keys());
    assert!(orders.values().all(|order| order.lines.len() == 10), "an order lacks lines, or has too many");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_syteline_that_processes_the_first_change_only_takes_not_one_request_more_than_one_by_one() {
    let mut calls = Vec::new();
    for per_call in [1, 100] {
        let world = first_change_only(40, Faults::default()).await;
        let connection = world.connect_in_calls_of(per_call).await;
        let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        assert!(report.is_all_done(), "{:?}", report.counts);
        whole_and_once(&world);
        calls.push(world.erp.stats().total);
    }
    println!("one by one {}, in calls of 100 {}", calls[0], calls[1]);
    assert!(calls[0] >= 40 * 12, "an order of ten lines is inserted in eleven calls, and set to ordered by one");
    assert!(calls[1] <= calls[0], "{calls:?}");
}

/// The first answer of all, by which the site is found out, may be lost, cut short, or a failure as well.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_while_it_is_found_out_that_a_syteline_processes_the_first_change_only() {
    let kinds = <SyteLine as Erp>::fault_kinds();
    // A call that hangs is given up after a second.
    let none = || Faults { hang: Duration::from_millis(1500), ..Faults::default() };
    // With one order, it is its lines that are the first to be many.
    let cases = [("POST update/SLPos", 3), ("POST update/SLPoItems", 1)];
    for (kind, (operation, orders)) in kinds.iter().flat_map(|kind| cases.map(|case| (*kind, case))) {
        let world = first_change_only(orders, none()).await;
        world.erp.fault_next(Matcher::operation(operation), kind);
        let report = world.sync().await;
        assert!(report.is_all_done(), "{operation}, {kind:?}: {:?} {:?}", report.counts, report.concerns);
        whole_and_once(&world);
    }
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(5);
    println!("seed {seed}");
    let world = first_change_only(12, one_in_five(seed, kinds)).await;
    let mut passes = 0;
    while !world.connect().await.sync(FlowKind::PurchaseOrders).await.is_ok_and(|report| report.is_all_done()) {
        passes += 1;
        assert!(passes <= 50, "no end in sight after 50 passes");
    }
    assert!(!world.erp.stats().faults.is_empty(), "no call failed");
    whole_and_once(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_orders_are_not_worth_reading_thousands_of_budget_accounts() {
    let world = World::new(Scenario { accounts: 300, departments: 40, ..scenario(10) }).await;
    let connection = world.connect().await;
    let orders = FlowKind::PurchaseOrders;
    assert!(connection.sync(orders).await.unwrap().is_all_done());
    let calls = |what: &str| world.procurify.stats().requests.get(what).copied().unwrap_or(0);
    let accounts = "GET /api/v3/accounts/";
    assert_eq!(calls(accounts), 1, "of 24 pages: the first tells how many there are");
    assert_eq!(calls("GET /api/v2/purchase_orders/{id}/"), 10);
    let created = world.procurify.bump(Bump { create: 5, ..Bump::default() }).created;
    assert!(connection.sync(orders).await.unwrap().is_all_done());
    assert_eq!(calls(accounts), 1, "known by now");
    world.procurify.bump(Bump { create: 30, ..Bump::default() });
    assert!(connection.sync(orders).await.unwrap().is_all_done());
    assert_eq!(calls(accounts), 25, "for 30 orders the pages are fewer calls");
    let keys = (0..10 + created.len() + 30).map(|index| crate::world::key(10_001 + index));
    world.exactly_once(&keys.collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn reference_data_is_read_once_in_a_pass_of_several_flows() {
    let world = World::new(Scenario { missing: 1, bills: 20, ..scenario(40) }).await;
    let connection = world.connect().await;
    let vendors = || world.procurify.stats().requests["GET /api/v3/vendors/"];
    let mut before = 0;
    for pass in 0..2 {
        let began = connection.engine().time().now();
        for flow in [FlowKind::PurchaseOrders, FlowKind::Bills] {
            let report = connection.sync_in_pass(flow, began, |_| (), || true).await.unwrap();
            assert!(report.count(sync_core::StateName::Held) > 0, "held records are what it is read for");
        }
        assert_eq!(vendors() - before, 1, "pass {pass}");
        before = vendors();
    }
    connection.sync(FlowKind::Bills).await.unwrap();
    assert_eq!(vendors() - before, 1, "by itself each flow reads what is new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_looked_for_once_before_it_is_made() {
    assert_eq!(asked_for_bills::<M3>("POST APS200MI").await, 1);
    assert_eq!(asked_for_bills::<SyteLine>("GET load/SLAptrxps").await, 1);
    assert_eq!(asked_for_bills::<OData>("GET Invoices").await, 5, "four by number, and one by our reference");
}

/// How often the product is asked this while it is given some thirty bills.
async fn asked_for_bills<E: Erp>(what: &str) -> u64 {
    let world = World::<E>::of(Scenario { missing: 0, bills: 50, ..scenario(20) }).await;
    let connection = world.connect().await;
    assert!(connection.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done());
    let asked = || world.erp.seen().requests.get(what).copied().unwrap_or(0);
    let before = asked();
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done() && report.posted.len() > 20, "{report:?}");
    asked() - before
}
