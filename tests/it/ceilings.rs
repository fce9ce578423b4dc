//! An M3 that gives no more than a hundred rows, whatever is asked for.

use std::time::Duration;

use procurify_cloudsuite::FlowKind;
use sandbox::{Edit, M3Config, Scenario};

use crate::world::{World, key, m3_config, scenario};

/// Lines are deleted one by one: with half of them out of sight, an order would seem cancelled that is not.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_lines_do_not_all_show_is_not_taken_for_cancelled() {
    for (lines, left) in [(100, 0), (150, 150)] {
        let scenario = Scenario { lines, ..scenario(2) };
        let world = World::with(scenario.clone(), |_| (), M3Config { ceiling: 100, ..m3_config(&scenario) }).await;
        let connection = world.build_amending(|connection| connection.patience(Duration::from_millis(500))).await;
        assert!(connection.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done());
        assert_eq!(world.exactly_once(&world.keys())[&key(10_002)].lines.len(), lines);
        assert!(world.procurify.edit(10_002, Edit::Cancel));
        let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        assert_eq!(report.is_all_done(), left == 0, "{:?} {:?}", report.counts, report.concerns);
        assert_eq!(world.exactly_once(&world.keys())[&key(10_002)].lines.len(), left);
    }
}
