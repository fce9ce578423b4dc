//! What stands beside an order's lines, and lines that are called off or came in part, on each product.

use procurify_cloudsuite::FlowKind;
use procurify_cloudsuite::purchase_order::{ChargeAccount, ChargesAsLines, DefaultOrderMapper};
use procurify_cloudsuite::reconcile::Period;
use rust_decimal::Decimal;
use sandbox::{Edit, M3, OData, SyteLine};
use sync_core::{Actor, Assurance};

use crate::bills::procurify;
use crate::erp::Erp;
use crate::world::{World, key, scenario};

#[tokio::test(flavor = "multi_thread")]
async fn freight_and_discounts_hold_an_order_until_they_have_an_account_and_are_lines_of_it_then() {
    costs_beside_the_lines::<M3>().await;
    costs_beside_the_lines::<SyteLine>().await;
    costs_beside_the_lines::<OData>().await;
}

async fn costs_beside_the_lines<E: Erp>() {
    let world: World<E> = World::of(scenario(4)).await;
    let (freight, discount) = (Decimal::new(1250, 2), Decimal::new(325, 2));
    for order in [10_001, 10_003] {
        assert!(world.procurify.edit(order, Edit::Freight { amount: freight }));
    }
    for order in [10_002, 10_003] {
        assert!(world.procurify.edit(order, Edit::Discount { amount: discount }));
    }
    let report = world.sync().await;
    assert_eq!(report.posted, [key(10_004)], "{:?}", report.concerns);
    for concern in &report.concerns {
        let discounted = concern.key != key(10_001);
        let setting = if discounted { "([charges] discount)" } else { "([charges] freight)" };
        assert!(concern.reason.contains(setting), "{}: {}", concern.key, concern.reason);
    }
    let account = world.erp.all_documents()[0].lines[0].account.clone();
    let charge = || ChargeAccount { account_code: account.clone(), department: None };
    let mapper = ChargesAsLines::new(DefaultOrderMapper::default()).freight(charge()).discount(charge());
    let connection = world.build(100, |connection| connection.mapper(mapper)).await;
    for concern in &report.concerns {
        connection.engine().replay(&concern.key, &Actor::new("jane"), Assurance::None).await.unwrap();
    }
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let documents = world.exactly_once(&world.keys());
    for (order, beside) in
        [(10_001, vec![freight]), (10_002, vec![-discount]), (10_003, vec![freight, -discount]), (10_004, vec![])]
    {
        let lines = &documents[&key(order)].lines;
        assert!(lines[3..].iter().all(|line| line.account == account), "{lines:?}");
        let amounts: Vec<Decimal> = lines[3..].iter().map(|line| line.quantity * line.price).collect();
        assert_eq!(amounts, beside, "{order}");
    }
    let comparison = connection.reconcile(FlowKind::PurchaseOrders, Period::default()).await.unwrap();
    assert!(comparison.is_clean() && comparison.source_total == comparison.target_total, "{comparison:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_called_off_or_came_in_part_is_ordered_as_it_was_approved() {
    called_off_or_come_in_part::<M3>().await;
    called_off_or_come_in_part::<SyteLine>().await;
    called_off_or_come_in_part::<OData>().await;
}

async fn called_off_or_come_in_part<E: Erp>() {
    let world: World<E> = World::of(scenario(6)).await;
    assert!(world.procurify.edit(10_001, Edit::Blanket { line: 1 }));
    assert!(world.procurify.edit(10_002, Edit::Receive { line: 2, quantity: Decimal::new(5, 1) }));
    let report = world.sync().await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let documents = world.exactly_once(&world.keys());
    let client = procurify(&world);
    for order in [10_001, 10_002] {
        let detail = client.purchase_orders().get(procurify_client::PoNumber(order)).await.unwrap();
        assert!(detail.has_blanket_order_items == Some(order == 10_001), "{detail:?}");
        let lines = &documents[&key(usize::try_from(order).unwrap())].lines;
        for (line, item) in lines.iter().zip(&detail.order_items) {
            assert_eq!(Some(line.quantity), item.quantity, "{order}");
        }
        assert_eq!(lines.len(), detail.order_items.len());
    }
    let connection = world.connect().await;
    let comparison = connection.reconcile(FlowKind::PurchaseOrders, Period::default()).await.unwrap();
    assert!(comparison.is_clean() && comparison.source_total == comparison.target_total, "{comparison:?}");
}
