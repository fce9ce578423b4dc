//! Lines from pages of order items, and what pages cannot show.

use procurify_client::ProcurifyClient;
use procurify_cloudsuite::FlowKind;
use procurify_cloudsuite::purchase_order::SourceSettings;
use sandbox::{Bump, Edit};

use crate::world::{World, key, scenario};

/// After a change only the changed line moves, so pages of changed lines no longer show whole orders.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_lines_do_not_add_up_is_read_by_its_detail() {
    let world = World::new(scenario(30)).await;
    let bumped = world.procurify.bump(Bump { change: 4, ..Bump::default() });
    world.sync().await;
    let client = ProcurifyClient::builder("acme")
        .base_url(world.procurify.base_url().parse().unwrap())
        .credentials("sandbox", "sandbox")
        .build()
        .unwrap();
    let documents = world.exactly_once(&world.keys());
    for number in bumped.changed {
        let number = i64::try_from(number).unwrap();
        let order = client.purchase_orders().get(procurify_client::PoNumber(number)).await.unwrap();
        let document = &documents[&key(usize::try_from(number).unwrap())];
        assert_eq!(document.lines.len(), order.order_items.len(), "{number}");
        assert_eq!(document.total, order.subtotal.unwrap(), "{number}");
    }
}

/// Transactions are moved on fresh reference data only (I8).
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_posted_before_the_reference_data_was_aligned() {
    let world = World::new(scenario(3)).await;
    let connection = world.connect().await;
    let kind = FlowKind::PurchaseOrders.kind();
    connection.engine().poll(&kind).await.unwrap();
    let refused = connection.engine().advance(10).await.unwrap_err();
    assert!(refused.to_string().contains("align it first"), "{refused}");
    assert!(world.erp.messages().is_empty(), "something was sent all the same");
    connection.align_reference_data().await.unwrap();
    connection.engine().advance(10).await.unwrap();
    assert_eq!(world.erp.messages().len(), 3);
}

/// Details show more than pages do, such as the names of taxes, for which nobody has asked here.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_read_from_pages_and_then_by_its_detail_has_not_changed() {
    let world = World::new(scenario(30)).await;
    let connection = world.connect_reading(SourceSettings { page_size: 50, ..SourceSettings::default() }).await;
    let details = || world.procurify.stats().requests.get("GET /api/v2/purchase_orders/{id}/").copied().unwrap_or(0);
    assert!(connection.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done());
    assert_eq!(details(), 0, "they were to be read from pages");
    for number in [10_002, 10_003, 10_004] {
        assert!(world.procurify.edit(number, Edit::Close));
    }
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(details(), 3, "they were to be read by their details");
    assert!(report.concerns.is_empty(), "{:?}", report.concerns);
}
