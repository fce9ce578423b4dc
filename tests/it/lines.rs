//! Lines from pages of order items, and what pages cannot show.

use procurify_client::ProcurifyClient;
use procurify_cloudsuite::FlowKind;
use procurify_cloudsuite::purchase_order::SourceSettings;
use procurify_cloudsuite::reconcile::Period;
use sandbox::{Bump, Detail, Edit};

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

/// Lines of pages, or of each order's detail.
fn reading(custom_fields: bool) -> SourceSettings {
    SourceSettings { page_size: 500, custom_fields, ..SourceSettings::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_be_read_is_held_while_the_others_are_posted_and_goes_on_once_it_can_be() {
    for custom_fields in [false, true] {
        for detail in [Detail::Refused, Detail::Garbled, Detail::Broken] {
            let world = World::new(scenario(12)).await;
            assert!(world.procurify.show_order(10_003, detail));
            let connection = world.connect_reading(reading(custom_fields)).await;
            for pass in 0..2 {
                let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
                assert_eq!(report.posted.len(), if pass == 0 { 11 } else { 0 }, "{detail:?}: {:?}", report.concerns);
                assert_eq!(report.concerns.len(), 1, "{detail:?}: {:?}", report.concerns);
                assert_eq!(report.concerns[0].key, key(10_003));
                assert!(report.concerns[0].reason.contains("its lines cannot be read"), "{:?}", report.concerns);
            }
            let comparison = connection.reconcile(FlowKind::PurchaseOrders, Period::default()).await.unwrap();
            assert_eq!((comparison.matched, comparison.missing.len()), (11, 1), "{detail:?}: {comparison:?}");
            assert!(!comparison.missing[0].total.is_zero(), "what it comes to is in the list");
            // Nothing of it moves in Procurify, so that no list shows it again.
            assert!(world.procurify.show_order(10_003, Detail::Shown));
            let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
            assert!(report.is_all_done() && report.posted == [key(10_003)], "{detail:?}: {report:?}");
            world.exactly_once(&world.keys());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_no_order_can_be_read_the_pass_fails_and_the_next_one_reads_them_all() {
    for custom_fields in [false, true] {
        let world = World::new(scenario(12)).await;
        let all = |detail| (10_001..=10_012).for_each(|order| assert!(world.procurify.show_order(order, detail)));
        all(Detail::Broken);
        let connection = world.connect_reading(reading(custom_fields)).await;
        let failed = connection.sync(FlowKind::PurchaseOrders).await.unwrap_err();
        assert!(format!("{failed:?}").contains("500"), "{failed:?}");
        all(Detail::Shown);
        let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        assert!(report.is_all_done(), "{:?}", report.concerns);
        world.exactly_once(&world.keys());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_posted_and_cannot_be_read_any_more_stays_as_it_is_known_until_it_can_be() {
    let world = World::new(scenario(12)).await;
    let connection = world.connect_amending().await;
    assert!(connection.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done());
    assert!(world.procurify.edit(10_003, Edit::Quantity { line: 1, quantity: 77.into() }));
    assert!(world.procurify.show_order(10_003, Detail::Refused));
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done() && report.amended.is_empty(), "{report:?}");
    assert!(world.procurify.show_order(10_003, Detail::Shown));
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.amended, [key(10_003)], "{:?}", report.concerns);
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
