//! A plan held against the sync that follows it, record by record, on each product.

use std::collections::BTreeMap;
use std::time::Duration;

use procurify_cloudsuite::{Connection, FlowKind};
use sandbox::{Bump, Scenario};
use sync_core::ledger::list_all;
use sync_core::{Change, Event, Evidence, Head, Query, RecordKey, State, Step};

use crate::erp::Erp;
use crate::world::{World, scenario};

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_m3_does_what_was_planned() {
    let world = World::<sandbox::M3>::of(Scenario { missing: 1, ..scenario(60) }).await;
    let add = |world: &World| {
        world.scenario.missing_suppliers().iter().for_each(|supplier| world.erp.add_supplier(supplier));
    };
    as_planned(&world, add, |world| world.erp.advance(Duration::from_secs(60))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_syteline_does_what_was_planned() {
    let world = World::<sandbox::SyteLine>::of(Scenario { missing: 1, ..scenario(60) }).await;
    let add = |world: &World<sandbox::SyteLine>| {
        world.scenario.missing_suppliers().iter().for_each(|supplier| world.erp.add_supplier(supplier));
    };
    as_planned(&world, add, |_| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_odata_does_what_was_planned() {
    let world = World::<sandbox::OData>::of(Scenario { missing: 1, ..scenario(60) }).await;
    let add = |world: &World<sandbox::OData>| {
        world.scenario.missing_suppliers().iter().for_each(|supplier| world.erp.add_supplier(supplier));
    };
    as_planned(&world, add, |_| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_m3_has_accepted_is_planned_to_be_looked_up() {
    let world = World::new(scenario(10)).await;
    let hasty = world.connect_waiting(Duration::ZERO).await;
    hasty.engine().poll(&FlowKind::PurchaseOrders.kind()).await.unwrap();
    hasty.align_reference_data().await.unwrap();
    hasty.engine().advance(10).await.unwrap();
    drop(hasty);
    let steps = compare(&world.connect().await, "accepted").await;
    assert_eq!(steps.get("look up"), Some(&10), "{steps:?}");
}

/// First into an empty ERP; then with changes, a supplier come late, and a ledger that knows; then with that ledger
/// lost.
async fn as_planned<E: Erp>(world: &World<E>, add_supplier: impl Fn(&World<E>), time_passes: impl Fn(&World<E>)) {
    let connection = world.connect().await;
    let first = compare(&connection, "empty").await;
    assert!(first["post"] > 0 && first["hold"] > 0, "{first:?}");

    world.procurify.bump(Bump { create: 4, change: 12, cancel: 12 });
    add_supplier(world);
    let second = compare(&connection, "changed").await;
    assert!(second["post"] > 0 && second["skip"] > 0 && second["tell"] > 0 && second["hold"] > 0, "{second:?}");

    let third = compare(&connection, "unchanged").await;
    assert!(!third.contains_key("post") && !third.contains_key("tell"), "{third:?}");
    drop(connection);

    std::fs::remove_file(world.ledger()).unwrap();
    time_passes(world);
    world.procurify.bump(Bump { create: 3, change: 0, cancel: 0 });
    let connection = world.connect().await;
    let fourth = compare(&connection, "ledger lost").await;
    assert!(fourth["link"] > 0 && fourth["post"] >= 1, "{fourth:?}");
}

fn name(step: &Step) -> &'static str {
    match step {
        Step::Post(_) => "post",
        Step::Link(_) => "link",
        Step::Postpone(_) => "postpone",
        Step::Hold(_) => "hold",
        Step::Skip(_) => "skip",
        Step::LookUp => "look up",
        Step::Amend(..) => "amend",
        Step::Cancel(_) => "cancel",
        Step::Tell(_) => "tell",
    }
}

async fn histories(connection: &Connection) -> BTreeMap<RecordKey, (Head, Vec<Event>)> {
    let store = connection.engine().store();
    let all = Query::of(connection.engine().connection(), &FlowKind::PurchaseOrders.kind());
    let mut histories = BTreeMap::new();
    for head in list_all(store.as_ref(), all).await.unwrap() {
        let history = store.history(&head.key).await.unwrap();
        histories.insert(head.key.clone(), (head, history));
    }
    histories
}

/// Plans, syncs, and holds each record's step against what happened to it. Answers how often each step was planned.
async fn compare(connection: &Connection, when: &str) -> BTreeMap<&'static str, usize> {
    let before = histories(connection).await;
    let plan = connection.plan(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(histories(connection).await, before, "{when}: a plan wrote");
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let mut after = histories(connection).await;
    let mut counts = BTreeMap::new();
    for planned in plan {
        *counts.entry(name(&planned.step)).or_default() += 1;
        let key = planned.key;
        let (head, history) = after.remove(&key).unwrap_or_else(|| panic!("{when}: {key} was never read"));
        let known = before.get(&key).map_or(0, |(_, history)| history.len());
        let new: Vec<&Change> = history[known..].iter().map(|event| &event.change).collect();
        let context = format!("{when}: {key} was planned to {:?}, and happened: {new:?}", planned.step);
        match planned.step {
            Step::Post(document) => {
                let sent = new
                    .iter()
                    .any(|change| matches!(change, Change::Intended { document: sent, .. } if *sent == document));
                assert!(sent && matches!(head.state, State::Posted { .. }), "{context}");
                assert!(
                    !new.iter().any(|change| matches!(change, Change::Posted { evidence: Evidence::Existing, .. })),
                    "{context}"
                );
            }
            Step::Link(target) => {
                let linked = Change::Posted { target, evidence: Evidence::Existing };
                assert!(new.contains(&&linked), "{context}");
            }
            Step::Hold(missing) => assert_eq!(head.state, State::Held { missing }, "{context}"),
            Step::Skip(reason) => assert_eq!(head.state, State::Skipped { reason }, "{context}"),
            Step::Tell(reason) => assert!(new.contains(&&Change::Alerted { reason }), "{context}"),
            Step::Amend(..) | Step::Cancel(_) => {
                assert!(new.iter().any(|change| matches!(change, Change::Amending { .. })), "{context}");
            }
            Step::LookUp => {
                let looked = |change: &&Change| matches!(change, Change::LookedUp { .. } | Change::Posted { .. });
                assert!(
                    new.iter().any(looked) && !new.iter().any(|change| matches!(change, Change::Intended { .. })),
                    "{context}"
                );
            }
            Step::Postpone(_) => panic!("{context}"),
        }
    }
    for (key, (_, history)) in after {
        let known = before.get(&key).map_or(0, |(_, history)| history.len());
        let unplanned = history[known..].iter().find(|event| !matches!(event.change, Change::Reread { .. }));
        assert!(unplanned.is_none(), "{when}: {key} was in no plan, and happened: {unplanned:?}");
    }
    counts
}
