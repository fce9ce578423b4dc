//! Orders that change while and after they are read.

use procurify_client::{Role, Status};
use procurify_cloudsuite::FlowKind;
use procurify_cloudsuite::purchase_order::SourceSettings;
use sandbox::Bump;
use sync_core::{RecordKey, StateName};

use crate::world::{World, key, m3_config, scenario};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_changed_or_cancelled_after_posting_is_told_and_not_posted_again() {
    let world = World::new(scenario(30)).await;
    world.sync().await;
    let bumped = world.procurify.bump(Bump { create: 2, change: 3, cancel: 1 });
    let report = world.sync().await;
    assert_eq!(report.posted.len(), 2, "the new ones");
    let concerned: Vec<RecordKey> = report.concerns.iter().map(|concern| concern.key.clone()).collect();
    for number in bumped.changed.iter().chain(&bumped.cancelled) {
        assert!(concerned.contains(&key(usize::try_from(*number).unwrap())), "{number} in {:?}", report.concerns);
    }
    assert_eq!(report.count(StateName::Posted), 32);
    let mut keys = world.keys();
    keys.extend(bumped.created.iter().map(|number| key(usize::try_from(*number).unwrap())));
    world.exactly_once(&keys);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_created_and_changed_between_pages_are_all_posted_once() {
    let scenario = scenario(300);
    let m3 = m3_config(&scenario);
    let world = World::with(scenario, |procurify| procurify.bump_every = 2, m3).await;
    let connection = world.connect().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let all = connection.procurify().purchase_orders();
    let all = all.list(Role::Purchased, Status::All).page_size(500);
    let listed: Vec<RecordKey> =
        all.all().await.unwrap().into_iter().map(|order| key(usize::try_from(order.procurify_po.0).unwrap())).collect();
    assert!(listed.len() > 300, "nothing was created while reading");
    let posted = usize::try_from(report.count(StateName::Posted)).unwrap();
    // What was created by the very last calls comes with the next pass.
    assert!(posted + 3 >= listed.len(), "{posted} of {} posted", listed.len());
    let mut copies: Vec<String> = world.erp.documents().into_iter().map(|document| document.external_ref).collect();
    let documents = copies.len();
    copies.sort();
    copies.dedup();
    assert_eq!(copies.len(), documents, "an order is in M3 twice");
    assert_eq!(documents, posted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_load_goes_on_at_the_page_where_it_stopped() {
    let world = World::new(scenario(250)).await;
    let source = SourceSettings { page_size: 50, orders_per_poll: 100, ..SourceSettings::default() };
    let kind = FlowKind::PurchaseOrders.kind();
    let first = world.connect_reading(source.clone()).await;
    let polled = first.engine().poll(&kind).await.unwrap();
    assert!(polled.more && polled.new >= 100 && polled.new < 200, "{polled:?}");
    let mut new = polled.new;
    drop(first);
    let second = world.connect_reading(source).await;
    let mut again = 0;
    loop {
        let polled = second.engine().poll(&kind).await.unwrap();
        new += polled.new;
        again += polled.unchanged;
        if !polled.more {
            break;
        }
    }
    assert_eq!(new, 250);
    // Pages overlap by a record or a few; what was read before is not read once more.
    assert!(again < 50, "{again} orders were read again");
}

#[tokio::test(flavor = "multi_thread")]
async fn older_orders_are_read_when_they_are_wanted_after_all() {
    let world = World::new(scenario(60)).await;
    let all = world.connect().await;
    let orders = all.procurify().purchase_orders().list(Role::Purchased, Status::All).page_size(500).all().await;
    drop(all);
    let mut days: Vec<_> = orders.unwrap().into_iter().filter_map(|order| Some(order.date?.date_naive())).collect();
    days.sort();
    let late = SourceSettings { page_size: 500, created_from: Some(days[30]), ..SourceSettings::default() };
    let expected = days.iter().filter(|day| **day >= days[30]).count();
    let connection = world.connect_reading(late).await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.posted.len(), expected);
    assert!(expected < 60);
    drop(connection);
    let report = world.sync().await;
    assert_eq!(report.count(StateName::Posted), 60, "the older ones never came");
    world.exactly_once(&world.keys());
}
