//! A plan held against the sync that follows it, record by record, on each product.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use procurify_cloudsuite::bill::DefaultBillMapper;
use procurify_cloudsuite::codes::CodeTable;
use procurify_cloudsuite::purchase_order::{ApprovedOrder, DefaultOrderMapper, Mapped, OrderMapper};
use procurify_cloudsuite::{Connection, FlowKind};
use rust_decimal::Decimal;
use sandbox::{Account, BillBump, Bump, Bumped, Edit, Scenario, Supplier};
use serde_json::Value;
use sync_core::ledger::list_all;
use sync_core::{
    Actor, Assurance, Change, Event, Evidence, Frozen, Head, Planned, Query, RecordKey, References, Schedule, State,
    Step, TargetRef,
};

use crate::erp::{Erp, TEMPLATE};
use crate::world::{World, key, reference_both_ways, scenario};

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
    let steps = compare(&world.connect().await, What::Orders, "accepted").await;
    assert_eq!(steps.get("look up"), Some(&10), "{steps:?}");
}

/// First into an empty ERP; then with changes, a supplier come late, and a ledger that knows; then with that ledger
/// lost.
async fn as_planned<E: Erp>(world: &World<E>, add_supplier: impl Fn(&World<E>), time_passes: impl Fn(&World<E>)) {
    let connection = world.connect().await;
    let first = compare(&connection, What::Orders, "empty").await;
    assert!(first["post"] > 0 && first["hold"] > 0, "{first:?}");

    world.procurify.bump(Bump { create: 4, change: 12, cancel: 12 });
    add_supplier(world);
    let second = compare(&connection, What::Orders, "changed").await;
    assert!(second["post"] > 0 && second["skip"] > 0 && second["tell"] > 0 && second["hold"] > 0, "{second:?}");

    let third = compare(&connection, What::Orders, "unchanged").await;
    assert!(!third.contains_key("post") && !third.contains_key("tell"), "{third:?}");
    drop(connection);

    std::fs::remove_file(world.ledger()).unwrap();
    time_passes(world);
    world.procurify.bump(Bump { create: 3, change: 0, cancel: 0 });
    let connection = world.connect().await;
    let fourth = compare(&connection, What::Orders, "ledger lost").await;
    assert!(fourth["link"] > 0 && fourth["post"] >= 1, "{fourth:?}");
    drop(connection);

    for (amends, step) in [(false, "link and tell"), (true, "amend")] {
        std::fs::remove_file(world.ledger()).unwrap();
        time_passes(world);
        world.procurify.bump(Bump { create: 0, change: 6, cancel: 0 });
        let connection = if amends { world.connect_amending().await } else { world.connect().await };
        let steps = compare(&connection, What::Orders, "ledger lost, and orders changed").await;
        assert!(steps["link"] > 0 && steps[step] > 0 && !steps.contains_key("post"), "amends: {amends}: {steps:?}");
    }
}

/// Orders and bills that change, are cancelled, and may not be changed any more, where documents follow.
async fn changes_as_planned<E: Erp>() {
    let world = World::<E>::of(Scenario { bills: 30, ..scenario(30) }).await;
    let connection = world.connect_amending_with_lines().await;
    for flow in [What::Orders, What::Bills] {
        let steps = compare(&connection, flow, "empty").await;
        assert!(steps["post"] > 0, "{steps:?}");
    }
    let (orders, bills) = (world.exactly_once(&world.keys()), world.exactly_once(&world.bill_keys()));
    let orders_bumped = world.procurify.bump(Bump { create: 2, change: 8, cancel: 4 });
    let bills_bumped = world.procurify.bump_bills(BillBump { create: 2, change: 8, cancel: 4 });
    let id = |key: &RecordKey| key.id().parse::<u64>().unwrap();
    let left_alone = |bumped: &Bumped, key: &RecordKey| {
        ![&bumped.changed, &bumped.cancelled].iter().any(|ids| ids.contains(&id(key)))
    };
    let (deleted, order) = orders.iter().find(|(key, _)| left_alone(&orders_bumped, key)).unwrap();
    let (booked, invoice) = bills.iter().find(|(key, _)| left_alone(&bills_bumped, key)).unwrap();
    world.erp.delete(&order.number);
    world.erp.post_invoice(&invoice.number);
    assert!(world.procurify.edit(id(deleted), Edit::Quantity { line: 1, quantity: Decimal::ONE_HUNDRED }));
    assert!(world.procurify.edit_bill(id(booked), |edit| edit.freight = Decimal::TEN));
    for flow in [What::Orders, What::Bills] {
        let steps = compare(&connection, flow, "changed").await;
        assert!(steps["amend"] > 0 && steps["cancel"] > 0 && steps["tell"] > 0 && steps["post"] > 0, "{steps:?}");
    }
    for flow in [What::Orders, What::Bills] {
        let steps = compare(&connection, flow, "unchanged").await;
        assert!(steps.keys().all(|step| *step == "hold"), "{steps:?}");
    }
    for (flow, key) in [(What::Orders, deleted), (What::Bills, booked)] {
        connection.engine().replay(key, &Actor::new("jo"), Assurance::None).await.unwrap();
        let steps = compare(&connection, flow, "replayed").await;
        assert_eq!(steps.get("tell"), Some(&1), "it is refused again: {steps:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_changes_and_cancels_in_m3_what_was_planned() {
    changes_as_planned::<sandbox::M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_changes_and_cancels_in_syteline_what_was_planned() {
    changes_as_planned::<sandbox::SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_changes_and_cancels_in_odata_services_what_was_planned() {
    changes_as_planned::<sandbox::OData>().await;
}

/// Orders change and are cancelled in the pass that reads their bills first; between them bills whose orders are new.
async fn both_as_planned<E: Erp>() {
    for follows in [false, true] {
        let world = World::<E>::of(Scenario { bills: 40, ..scenario(30) }).await;
        let connection = if follows { world.connect_amending_with_lines().await } else { world.connect().await };
        connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        let [revised, added, cancelled, deleted] = [10_001, 10_002, 10_003, 10_004];
        for order in [revised, added, cancelled, deleted] {
            world.procurify.add_bill(order, |_| ()).unwrap();
        }
        assert!(world.procurify.edit(revised, Edit::Quantity { line: 1, quantity: Decimal::ONE_HUNDRED }));
        assert!(world.procurify.edit(added, Edit::AddLine));
        assert!(world.procurify.edit(cancelled, Edit::Cancel));
        world.erp.delete(&world.exactly_once(&world.keys())[&key(usize::try_from(deleted).unwrap())].number);
        assert!(world.procurify.edit(deleted, Edit::Quantity { line: 1, quantity: Decimal::ONE_HUNDRED }));
        world.procurify.bump_bills(BillBump { create: 4, change: 0, cancel: 0 });
        let steps = compare(&connection, What::Both, "changed together").await;
        assert!(steps["post"] > 30 && steps["tell"] > 0, "{steps:?}");
        assert_eq!(steps.contains_key("cancel") && steps.contains_key("amend"), follows, "{steps:?}");
        assert_eq!(steps.contains_key("hold"), follows, "bills of a cancelled order wait: {steps:?}");
    }
    let world = World::<E>::of(Scenario { bills: 20, ..scenario(20) }).await;
    let steps = compare(&world.connect().await, What::Both, "both new").await;
    assert!(steps["post"] > 30 && !steps.contains_key("hold"), "{steps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_and_bills_that_change_in_one_pass_go_into_m3_as_planned() {
    both_as_planned::<sandbox::M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_and_bills_that_change_in_one_pass_go_into_syteline_as_planned() {
    both_as_planned::<sandbox::SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_and_bills_that_change_in_one_pass_go_into_odata_services_as_planned() {
    both_as_planned::<sandbox::OData>().await;
}

/// Nothing is posted or changed for now.
struct Close;

impl Schedule for Close {
    fn next_run(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(after)
    }

    fn frozen(&self, at: DateTime<Utc>) -> Option<Frozen> {
        let until = DateTime::from_timestamp(4_000_000_000, 0)?;
        (at < until).then(|| Frozen { until, reason: "month-end close".to_owned() })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_freeze_a_sync_holds_and_postpones_what_was_planned() {
    let world = World::<sandbox::SyteLine>::of(Scenario { missing: 1, bills: 40, ..scenario(60) }).await;
    let connection = world.connect_amending().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    drop(connection);
    world.procurify.bump(Bump { create: 4, change: 8, cancel: 4 });
    world.procurify.bump_bills(BillBump { create: 2, change: 0, cancel: 0 });
    let connection = world.build_amending(|connection| connection.schedule(Arc::new(Close))).await;
    let steps = compare(&connection, What::Both, "frozen").await;
    assert!(steps["postpone"] > 30 && steps["hold"] > 0, "{steps:?}");
    assert!(steps.keys().all(|step| ["postpone", "hold", "skip"].contains(step)), "{steps:?}");
    compare(&connection, What::Both, "frozen still").await;
    drop(connection);
    let steps = compare(&world.connect_amending().await, What::Both, "thawed").await;
    assert!(steps["post"] > 20 && steps["amend"] > 0 && steps["cancel"] > 0, "{steps:?}");
}

/// What one system alone has, and names that differ.
async fn reference_data_as_planned<E: Erp>() {
    let world = World::<E>::of(Scenario { missing: 2, ..scenario(10) }).await;
    world.erp.put_supplier(&Supplier::new(TEMPLATE, "Template for new suppliers", "CAD"));
    world.erp.put_supplier(&Supplier::new("S77001", "Quill Stationers", "USD"));
    world.erp.put_account(&Account::new("70100", "Leases"));
    world.erp.put_supplier(&Supplier::new("S10001", "Another name altogether", "CAD"));
    let connection = world.build(100, |connection| connection.reference(reference_both_ways())).await;
    let steps = compare(&connection, What::ReferenceData, "one-sided").await;
    assert!(steps["post"] > 3, "{steps:?}");
    let steps = compare(&connection, What::ReferenceData, "unchanged").await;
    assert!(!steps.contains_key("post"), "{steps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reference_data_is_made_as_planned_on_each_product() {
    reference_data_as_planned::<sandbox::M3>().await;
    reference_data_as_planned::<sandbox::SyteLine>().await;
    reference_data_as_planned::<sandbox::OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_bills_of_one_invoice_one_is_planned_to_be_posted_on_each_product() {
    one_of_two_is_posted::<sandbox::M3>().await;
    one_of_two_is_posted::<sandbox::SyteLine>().await;
    one_of_two_is_posted::<sandbox::OData>().await;
}

async fn one_of_two_is_posted<E: Erp>() {
    let world = World::<E>::of(Scenario { bills: 20, ..scenario(10) }).await;
    let bills = world.procurify.approved_bills();
    // Two bills of one order, and so of one vendor.
    let twin = |id: &u64| bills.iter().find(|other| **other == id + 10);
    let (one, two) = bills.iter().find_map(|id| Some((*id, *twin(id)?))).unwrap();
    world.procurify.edit_bill(two, |edit| edit.invoice_number = Some(format!("inv-{one}")));
    assert!(world.sync().await.is_all_done());
    let steps = compare(&world.connect().await, What::Bills, "twice").await;
    assert_eq!((steps["post"], steps["unanswered"]), (bills.len() - 1, 1), "{steps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_and_bills_in_another_currency_than_their_vendors_are_planned_to_be_held() {
    let scenario = Scenario { vendors: 6, bills: 40, ..scenario(40) };
    let world = World::<sandbox::SyteLine>::of(scenario).await;
    let sells_in = |currency: &str| world.erp.add_supplier(&Supplier::new("S10001", "Supplier 0", currency));
    sells_in("EUR");
    let connection = world.connect().await;
    let steps = compare(&connection, What::Orders, "in euros").await;
    assert!(steps["hold"] > 0 && steps["post"] > 0, "{steps:?}");
    sells_in("CAD");
    let steps = compare(&connection, What::Orders, "mended").await;
    assert!(!steps.contains_key("hold"), "{steps:?}");
    sells_in("EUR");
    let steps = compare(&connection, What::Bills, "in euros").await;
    assert!(steps["hold"] > 0 && steps["post"] > 0, "{steps:?}");
}

/// Prices that M3 has no room for.
struct Fine;

impl OrderMapper for Fine {
    fn map(&self, order: &ApprovedOrder, references: &References) -> Mapped {
        let mut mapped = DefaultOrderMapper::default().map(order, references);
        if let Mapped::Draft { draft, .. } = &mut mapped {
            draft.lines[0].price = "0.123456789".parse().unwrap();
        }
        mapped
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_product_would_be_sent_is_planned_to_be_told() {
    let scenario = || Scenario { bills: 12, ..scenario(12) };
    let gst = || CodeTable::new((1..30).map(|rate| (format!("Sales tax {rate}%"), "GST")));
    let terms = || CodeTable::new([("Net 30", "N45")]);
    let m3 = World::<sandbox::M3>::of(scenario()).await;
    only_told(&m3.build(100, |connection| connection.mapper(Fine)).await, What::Orders).await;
    let m3 = World::<sandbox::M3>::of(scenario()).await;
    let taxed = || DefaultOrderMapper { tax_codes: gst(), ..DefaultOrderMapper::default() };
    only_told(&m3.build(100, |connection| connection.mapper(taxed())).await, What::Orders).await;
    let m3 = World::<sandbox::M3>::of(scenario()).await;
    assert!(m3.sync().await.is_all_done());
    let taxed = || DefaultBillMapper { tax_codes: gst(), ..DefaultBillMapper::default() };
    only_told(&m3.build(100, |connection| connection.bill_mapper(taxed())).await, What::Bills).await;
    let odata = World::<sandbox::OData>::of(scenario()).await;
    let agreed = || DefaultOrderMapper { payment_terms: terms(), ..DefaultOrderMapper::default() };
    only_told(&odata.build(100, |connection| connection.mapper(agreed())).await, What::Orders).await;
    let odata = World::<sandbox::OData>::of(scenario()).await;
    assert!(odata.sync().await.is_all_done());
    let agreed = || DefaultBillMapper { payment_terms: terms(), ..DefaultBillMapper::default() };
    only_told(&odata.build(100, |connection| connection.bill_mapper(agreed())).await, What::Bills).await;
}

async fn only_told(connection: &Connection, what: What) {
    let steps = compare(connection, what, "refused").await;
    assert!(steps["tell"] > 0 && !steps.contains_key("unanswered"), "{steps:?}");
}

fn name(step: &Step) -> &'static str {
    match step {
        Step::Post(_) => "post",
        Step::Link(_) => "link",
        Step::LinkAndTell { .. } => "link and tell",
        Step::Postpone(_) => "postpone",
        Step::Hold(_) => "hold",
        Step::Skip(_) => "skip",
        Step::LookUp => "look up",
        Step::Amend { .. } => "amend",
        Step::Unanswered(_) => "unanswered",
        Step::Cancel(_) => "cancel",
        Step::Tell(_) => "tell",
    }
}

/// What is planned and then moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Orders,
    Bills,
    /// Orders, then bills.
    Both,
    ReferenceData,
}

impl What {
    async fn plan(self, connection: &Connection) -> Vec<Planned> {
        match self {
            Self::Orders => connection.plan(FlowKind::PurchaseOrders).await.unwrap(),
            Self::Bills => connection.plan(FlowKind::Bills).await.unwrap(),
            Self::Both => {
                let (references, _) = connection.plan_reference_data().await.unwrap();
                connection.plan_on(&[FlowKind::PurchaseOrders, FlowKind::Bills], references).await.unwrap()
            }
            Self::ReferenceData => connection.plan_reference_data().await.unwrap().1,
        }
    }

    async fn sync(self, connection: &Connection) {
        match self {
            Self::Orders => drop(connection.sync(FlowKind::PurchaseOrders).await.unwrap()),
            Self::Bills => drop(connection.sync(FlowKind::Bills).await.unwrap()),
            Self::Both => {
                connection.sync(FlowKind::PurchaseOrders).await.unwrap();
                connection.sync(FlowKind::Bills).await.unwrap();
            }
            Self::ReferenceData => drop(connection.sync_reference_data().await.unwrap()),
        }
    }

    fn includes(self, key: &RecordKey) -> bool {
        let is_of = |flow: FlowKind| *key.kind() == flow.kind();
        match self {
            Self::Orders => is_of(FlowKind::PurchaseOrders),
            Self::Bills => is_of(FlowKind::Bills),
            Self::Both => is_of(FlowKind::PurchaseOrders) || is_of(FlowKind::Bills),
            Self::ReferenceData => !is_of(FlowKind::PurchaseOrders) && !is_of(FlowKind::Bills),
        }
    }
}

async fn histories(connection: &Connection, what: What) -> BTreeMap<RecordKey, (Head, Vec<Event>)> {
    let store = connection.engine().store();
    let all = Query { kind: None, ..Query::of(connection.engine().connection(), &FlowKind::Bills.kind()) };
    let mut histories = BTreeMap::new();
    for head in list_all(store.as_ref(), all).await.unwrap() {
        if what.includes(&head.key) {
            let history = store.history(&head.key).await.unwrap();
            histories.insert(head.key.clone(), (head, history));
        }
    }
    histories
}

/// Whether a document was sent as it was planned, but for the numbers of what was still to be posted then.
fn is_as(planned: &Value, sent: &Value) -> bool {
    match (planned, sent) {
        (Value::String(one), Value::String(_)) if *one == TargetRef::unposted().0 => true,
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_as(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| is_as(one, other)))
        }
        (one, other) => one == other,
    }
}

/// Plans, syncs, and holds each record's step against what happened to it. Answers how often each step was planned.
async fn compare(connection: &Connection, what: What, when: &str) -> BTreeMap<&'static str, usize> {
    let before = histories(connection, what).await;
    let plan = what.plan(connection).await;
    assert_eq!(histories(connection, what).await, before, "{when}: a plan wrote");
    what.sync(connection).await;
    let mut after = histories(connection, what).await;
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
                    .any(|change| matches!(change, Change::Intended { document: sent, .. } if is_as(&document, sent)));
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
            Step::LinkAndTell { target, reason } => {
                let linked = Change::Posted { target, evidence: Evidence::Existing };
                assert!(new.contains(&&linked) && new.contains(&&Change::Alerted { reason }), "{context}");
            }
            Step::Hold(missing) => {
                let change_waits = head.refusal().is_some_and(|refusal| refusal.missing == missing);
                assert!(head.state == State::Held { missing } || change_waits, "{context}");
            }
            Step::Skip(reason) => assert_eq!(head.state, State::Skipped { reason }, "{context}"),
            Step::Tell(reason) => assert!(new.contains(&&Change::Alerted { reason }), "{context}"),
            Step::Amend { target, document, differences } => {
                let amended = new.iter().any(|change| match change {
                    Change::Amending { document: sent, differences: made, .. } => {
                        sent.as_ref() == Some(&document) && *made == differences
                    }
                    _ => false,
                });
                assert!(amended && head.state == State::Posted { target }, "{context}");
            }
            Step::Cancel(target) => {
                let cancelled = |change: &&Change| matches!(change, Change::Amending { document: None, .. });
                assert!(new.iter().any(cancelled) && head.state == State::Cancelled { target }, "{context}");
            }
            Step::LookUp => {
                let looked = |change: &&Change| matches!(change, Change::LookedUp { .. } | Change::Posted { .. });
                assert!(
                    new.iter().any(looked) && !new.iter().any(|change| matches!(change, Change::Intended { .. })),
                    "{context}"
                );
            }
            Step::Unanswered(failure) => {
                let tried =
                    |change: &&Change| matches!(change, Change::RetryPlanned { failure: met, .. } if *met == failure);
                assert!(new.iter().any(tried), "{context}");
            }
            Step::Postpone(Frozen { until, reason }) => {
                let waits = match &head.state {
                    State::Postponed { until: end, reason: why }
                    | State::AmendPostponed { until: end, reason: why, .. } => *end == until && *why == reason,
                    _ => false,
                };
                assert!(waits && !new.iter().any(|change| matches!(change, Change::Intended { .. })), "{context}");
            }
        }
    }
    for (key, (_, history)) in after {
        let known = before.get(&key).map_or(0, |(_, history)| history.len());
        // A document that is found as its record is now needs no step.
        let unplanned = history[known..].iter().find(|event| {
            !matches!(event.change, Change::Reread { .. } | Change::Revised { .. } | Change::Amended { .. })
        });
        assert!(unplanned.is_none(), "{when}: {key} was in no plan, and happened: {unplanned:?}");
    }
    counts
}
