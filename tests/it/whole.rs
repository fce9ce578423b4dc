//! Calls refused as a whole: no document in them is refused for it, none is made twice, none is lost.

use std::time::Duration;

use cloudsuite_client::odata::BatchFormat;
use procurify_cloudsuite::FlowKind;
use procurify_cloudsuite::odata::ODataProduct;
use sandbox::{OData, ODataConfig, SyteLine, SyteLineConfig};
use sync_core::StateName;

use crate::world::{World, scenario};

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_are_too_large_are_sent_smaller_and_every_document_is_made_once() {
    let odata = ODataConfig { scenario: scenario(20), max_parts: 3, ..ODataConfig::default() };
    let world = World::around(scenario(20), |_| (), OData::start(odata).await.unwrap()).await;
    let report = world.sync().await;
    assert!(report.is_all_done(), "{:?}: {:?}", report.counts, report.concerns);
    world.exactly_once(&world.keys());

    let syteline = SyteLineConfig { scenario: scenario(20), max_body: 3_000, ..SyteLineConfig::default() };
    let world = World::around(scenario(20), |_| (), SyteLine::start(syteline).await.unwrap()).await;
    let report = world.sync().await;
    assert!(report.is_all_done(), "{:?}: {:?}", report.counts, report.concerns);
    world.exactly_once(&world.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_wait_for_a_lost_privilege_and_are_not_rejected_for_it() {
    for ido in ["SLPos", "SLPoItems"] {
        let world = World::<SyteLine>::of(scenario(12)).await;
        world.erp.deny(ido, true);
        let connection = world.connect_waiting(Duration::from_millis(300)).await;
        let denied = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        assert_eq!(
            (denied.count(StateName::Rejected), denied.count(StateName::Parked)),
            (0, 0),
            "{:?}",
            denied.concerns
        );
        assert!(denied.posted.is_empty());
        world.erp.deny(ido, false);
        for _ in 0..20 {
            if connection.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done() {
                break;
            }
        }
        world.exactly_once(&world.keys());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_batch_format_refuses_no_order_and_they_go_once_it_is_set_right() {
    let config = ODataConfig { scenario: scenario(10), json_batches: false, ..ODataConfig::default() };
    let world = World::around(scenario(10), |_| (), OData::start(config).await.unwrap()).await;
    let with = |format: BatchFormat| {
        let odata = world.cloudsuite().odata("100").batch_format(format);
        world.build(100, move |connection| {
            connection.cloudsuite(ODataProduct::new(odata)).patience(Duration::from_millis(300))
        })
    };
    let wrong = with(BatchFormat::Json).await.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!((wrong.count(StateName::Rejected), wrong.count(StateName::Parked)), (0, 0), "{:?}", wrong.concerns);
    assert!(world.erp.documents().is_empty());
    let right = with(BatchFormat::Multipart).await.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(right.count(StateName::Rejected) + right.count(StateName::Parked), 0);
    let again = with(BatchFormat::Multipart).await;
    for _ in 0..20 {
        if again.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done() {
            break;
        }
    }
    world.exactly_once(&world.keys());
}
