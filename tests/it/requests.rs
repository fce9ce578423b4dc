//! How few calls it takes.

use procurify_cloudsuite::FlowKind;
use sandbox::{Bump, Scenario};

use crate::world::{World, scenario};

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_orders_of_ten_lines_are_read_in_thirty_calls_and_written_in_four_tenths_of_a_call_each() {
    let world = World::new(Scenario { orders: 1_000, lines: 10, missing: 0, ..Scenario::default() }).await;
    let connection = world.connect().await;
    let report = connection.sync(procurify_cloudsuite::FlowKind::PurchaseOrders).await.unwrap();
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
    let world = World::new(crate::world::scenario(200)).await;
    world.sync().await;
    let (before, writes) = (world.procurify.stats().total, world.erp.stats().total);
    let report = world.sync().await;
    assert!(report.posted.is_empty() && report.is_all_done());
    let tokens_and_orders = world.procurify.stats().total - before;
    assert!(tokens_and_orders <= 2, "{tokens_and_orders} calls to Procurify");
    assert_eq!(world.erp.stats().total, writes, "a call to M3 without anything to do");
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
