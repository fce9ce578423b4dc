//! How few calls it takes.

use sandbox::Scenario;

use crate::world::World;

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
