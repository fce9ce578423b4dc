//! Commits whose outcome is unclear: cut off, lost twice, waiting for a person, failing in M3's batch job.

use std::time::Duration;

use procurify_cloudsuite::m3::M3OrderSettings;
use procurify_cloudsuite::reference::Link;
use procurify_cloudsuite::{Connection, FlowKind};
use sandbox::{FaultKind, M3Config, Matcher, Scenario, TypedLine, TypedOrder};
use sync_core::{Assurance, Change, RecordKey, StateName};

use crate::erp::Erp;
use crate::world::{World, key, m3_config, scenario};

fn finish() -> Matcher {
    Matcher::operation("POST PPS370MI").containing("FinishEntry")
}

fn delete() -> Matcher {
    Matcher::operation("POST PPS370MI").containing("DeleteEntry")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_settled_and_not_sent_again() {
    for kind in [FaultKind::ResetAfter, FaultKind::ServerErrorAfter, FaultKind::GatewayTimeoutAfter, FaultKind::Hang] {
        let world = World::new(scenario(5)).await;
        world.erp.fault_next(finish(), kind);
        let connection = world.connect().await;
        let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        assert!(report.is_all_done(), "{kind:?}: {:?}", report.counts);
        world.exactly_once(&world.keys());
        let trail = connection.trail(&key(10_001)).await.unwrap();
        assert!(trail.events.iter().any(|event| matches!(event.change, Change::InDoubt { .. })), "{kind:?}: {trail}");
        assert!(!trail.events.iter().any(|event| matches!(event.change, Change::Voided)), "{kind:?}: {trail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_arrived_is_proven_void_and_made_anew() {
    for kind in [FaultKind::ResetBefore, FaultKind::ServerErrorBefore, FaultKind::BadGatewayHtml] {
        let world = World::new(scenario(5)).await;
        world.erp.fault_next(finish(), kind);
        let connection = world.connect().await;
        let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        assert!(report.is_all_done(), "{kind:?}: {:?}", report.counts);
        world.exactly_once(&world.keys());
        let trail = connection.trail(&key(10_001)).await.unwrap();
        assert!(trail.events.iter().any(|event| matches!(event.change, Change::Voided)), "{kind:?}: {trail}");
    }
}

/// The commit never arrived, the deletion that shows it did and its answer was lost: the message is
/// gone, and a second deletion is refused just as one of a finished message would be.
#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_whose_answer_is_lost_is_told_apart_from_a_finished_message() {
    let world = World::new(scenario(5)).await;
    world.erp.fault_next(finish(), FaultKind::ResetBefore);
    world.erp.fault_next(delete(), FaultKind::ResetAfter);
    let report = world.connect().await.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.counts);
    world.exactly_once(&world.keys());
}

/// A tenant whose batch job takes its time, and whose refusals may carry codes that say little.
fn slow(scenario: &sandbox::Scenario, error_codes: bool, general_codes: bool) -> M3Config {
    M3Config { batch_delay: Duration::from_secs(3600), error_codes, general_codes, ..m3_config(scenario) }
}

/// Carries what is due on until nothing is in doubt any more.
async fn until_settled(connection: &Connection) {
    let kind = FlowKind::PurchaseOrders.kind();
    connection.align_reference_data().await.unwrap();
    connection.engine().poll(&kind).await.unwrap();
    for _ in 0..1_000 {
        connection.engine().advance(100).await.unwrap();
        let counts = connection.status(FlowKind::PurchaseOrders).await.unwrap().counts;
        let open = [StateName::Discovered, StateName::Intent, StateName::Committing, StateName::InDoubt];
        if !open.iter().any(|state| counts.contains_key(state)) {
            return;
        }
        connection.engine().time().sleep(Duration::from_millis(5)).await;
    }
    panic!("still in doubt");
}

/// The commit was taken, the deletion that was to show it got no answer, and the order is not there yet: the code of
/// the second refusal shows that the message was finished.
#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_that_was_lost_after_the_commit_was_taken_creates_nothing_anew() {
    let scenario = scenario(5);
    let m3 = slow(&scenario, true, false);
    let world = World::with(scenario, |_| (), m3).await;
    world.erp.fault_next(finish(), FaultKind::ResetAfter);
    world.erp.fault_next(delete(), FaultKind::ResetAfter);
    let connection = world.connect().await;
    until_settled(&connection).await;
    let report = connection.status(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.count(StateName::Accepted), 5, "{:?}", report.counts);
    world.erp.advance(Duration::from_secs(3600));
    drop(connection);
    assert!(world.sync().await.is_all_done());
    world.exactly_once(&world.keys());
}

/// Where the tenant's refusals carry no code, or always the same, a lost settlement cannot be told apart: a person
/// decides, whichever way it was.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_apart_waits_for_a_person() {
    for (commit, error_codes, general_codes) in [
        (FaultKind::ResetBefore, false, false),
        (FaultKind::ResetAfter, false, false),
        (FaultKind::ResetBefore, true, true),
        (FaultKind::ResetAfter, true, true),
    ] {
        let scenario = scenario(2);
        let m3 = slow(&scenario, error_codes, general_codes);
        let world = World::with(scenario, |_| (), m3).await;
        world.erp.fault_next(finish(), commit);
        world.erp.fault_next(delete(), FaultKind::ResetAfter);
        let connection = world.connect().await;
        until_settled(&connection).await;
        let what = format!("{commit:?}, codes {error_codes}, general {general_codes}");
        let report = connection.status(FlowKind::PurchaseOrders).await.unwrap();
        assert_eq!(report.count(StateName::Parked), 2, "{what}: {:?}", report.counts);
        assert!(report.concerns[0].reason.contains("PPS370"), "{what}: {}", report.concerns[0].reason);
        // Without a word on what is there it is looked at again, and nothing is sent.
        replay(&connection, &world.keys(), Assurance::None).await;
        let report = connection.status(FlowKind::PurchaseOrders).await.unwrap();
        assert_eq!(report.count(StateName::Parked), 2, "{what}: {:?}", report.counts);
        // The person looks: a message that was finished will make its order, the others are sent again.
        let mut then = StateName::Parked;
        if commit == FaultKind::ResetBefore {
            replay(&connection, &world.keys(), Assurance::NotInTarget).await;
            then = StateName::Accepted;
        }
        let report = connection.status(FlowKind::PurchaseOrders).await.unwrap();
        assert_eq!(report.count(then), 2, "{what}: {:?}", report.counts);
        world.erp.advance(Duration::from_secs(3600));
        if commit == FaultKind::ResetAfter {
            replay(&connection, &world.keys(), Assurance::None).await;
            let report = connection.status(FlowKind::PurchaseOrders).await.unwrap();
            assert_eq!(report.count(StateName::Posted), 2, "{what}: {:?}", report.counts);
        }
        world.exactly_once(&world.keys());
    }
}

/// A person asks for a replay of each, and what follows is carried out.
async fn replay(connection: &Connection, keys: &[RecordKey], assurance: Assurance) {
    for key in keys {
        connection.engine().replay(key, &"jo".into(), assurance).await.unwrap();
    }
    until_settled(connection).await;
}

/// The supplier of an order of Procurify, as its vendor is matched.
async fn supplier_of(connection: &Connection, order: &str) -> String {
    let number = procurify_client::PoNumber(order.parse().unwrap());
    let vendor = connection.procurify().purchase_orders().get(number).await.unwrap().pref_vendor.unwrap();
    let known = connection.engine().references().snapshot(connection.engine().connection()).await.unwrap();
    known.get("vendor", &vendor.id.to_string()).unwrap().found.targets()[0].clone()
}

/// Finance types an order in that waits for a person, and says so: neither it nor its bills wait for ever.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_finance_has_typed_in_is_linked_and_its_bills_go_on() {
    let scenario = Scenario { bills: 6, ..scenario(6) };
    let m3 = M3Config { error_codes: false, ..m3_config(&scenario) };
    let world = World::with(scenario, |_| (), m3).await;
    world.erp.fault_next(finish(), FaultKind::ResetBefore);
    world.erp.fault_next(delete(), FaultKind::ResetAfter);
    let connection = world.connect().await;
    until_settled(&connection).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let waiting = world.bill_keys();
    assert_eq!(report.concerns.len(), waiting.len(), "{:?}", report.concerns);
    let mut links = Vec::new();
    for concern in &report.concerns {
        let command = concern.reason.split("`link purchase_order ").nth(1).unwrap();
        let order = command.split(' ').next().unwrap().to_owned();
        let number = world.erp.type_in(&TypedOrder {
            supplier: supplier_of(&connection, &order).await,
            currency: "CAD".to_owned(),
            date: "2026-09-01".parse().unwrap(),
            external_ref: String::new(),
            lines: vec![TypedLine { quantity: 1.into(), price: 10.into(), account: String::new() }],
        });
        links.push(Link { kind: "purchase_order".into(), source: order, target: number });
    }
    connection.link(&links, &"jo".into()).await.unwrap();
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&waiting);
    replay(&connection, &world.keys(), Assurance::NotInTarget).await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert_eq!(report.count(StateName::Skipped), links.len() as u64, "{:?}", report.counts);
    let orders = world.erp.documents().into_iter().filter(|document| document.kind == "purchase_order").count();
    assert_eq!(orders, world.keys().len(), "one was doubled");
}

/// The gateway answers a bare 400, whether or not M3 did its work: it proves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_bare_400_is_no_refusal() {
    for (matcher, kind) in [
        (finish(), FaultKind::BareBadRequestBefore),
        (finish(), FaultKind::BareBadRequestAfter),
        (delete(), FaultKind::BareBadRequestBefore),
        (delete(), FaultKind::BareBadRequestAfter),
    ] {
        let world = World::new(scenario(5)).await;
        if matcher == delete() {
            world.erp.fault_next(finish(), FaultKind::ResetBefore);
        }
        world.erp.fault_next(matcher.clone(), kind);
        let report = world.connect().await.sync(FlowKind::PurchaseOrders).await.unwrap();
        assert!(report.is_all_done(), "{matcher:?} {kind:?}: {:?}", report.counts);
        world.exactly_once(&world.keys());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_waits_for_a_person_in_m3_is_looked_for_and_never_made_again() {
    let scenario = scenario(3);
    let m3 = M3Config { auto_level: 1, ..m3_config(&scenario) };
    let world = World::with(scenario, |_| (), m3).await;
    let connection = world.connect_waiting(Duration::from_millis(300)).await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.count(StateName::Accepted), 3);
    assert!(!report.is_all_done());
    let messages = world.erp.messages();
    assert_eq!(messages.len(), 3, "one message an order, however often it is looked for");
    for message in messages {
        assert!(world.erp.release(&message.number));
    }
    drop(connection);
    let report = world.sync().await;
    assert!(report.is_all_done(), "{:?}", report.counts);
    world.exactly_once(&world.keys());
}

/// People write over the reference of an order that M3 has made before it was seen: they are told which, and what to do.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_reference_was_written_over_before_it_was_seen_is_told_and_linked_once_that_is_back() {
    let scenario = scenario(3);
    let m3 = M3Config { auto_level: 1, ..m3_config(&scenario) };
    let world = World::with(scenario, |_| (), m3).await;
    let connection = world.connect_waiting(Duration::from_millis(300)).await;
    assert_eq!(connection.sync(FlowKind::PurchaseOrders).await.unwrap().count(StateName::Accepted), 3);
    for message in world.erp.messages() {
        assert!(world.erp.release(&message.number));
    }
    let orders = world.exactly_once(&world.keys());
    let (other, none) = (&orders[&key(10_001)], &orders[&key(10_002)]);
    world.erp.set_reference(&other.number, "as agreed with Ann");
    world.erp.set_reference(&none.number, "");
    drop(connection);
    let connection = world.connect().await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!((report.count(StateName::Posted), report.count(StateName::Parked)), (1, 2), "{:?}", report.counts);
    for (order, bears) in [(other, "the reference as agreed with Ann"), (none, "no reference")] {
        let (number, ours) = (&order.number, &order.external_ref);
        let words = format!("order {number} is there and bears {bears} where {ours} stood: put that back");
        assert!(report.concerns.iter().any(|one| one.reason.contains(&words)), "{:?}", report.concerns);
    }
    for (number, order) in [(10_001, other), (10_002, none)] {
        world.erp.set_reference(&order.number, &order.external_ref);
        connection.engine().replay(&key(number), &"jo".into(), Assurance::None).await.unwrap();
    }
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&world.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_fails_in_the_batch_job_stays_accepted_until_people_have_mended_it() {
    let scenario = scenario(1);
    let m3 = M3Config { failing_per_mille: 1000, ..m3_config(&scenario) };
    let world = World::with(scenario, |_| (), m3).await;
    let connection = world.connect_waiting(Duration::from_millis(300)).await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.count(StateName::Accepted), 1);
    assert!(world.erp.documents().is_empty());
    assert!(world.erp.release(&world.erp.messages()[0].number), "mended");
    drop(connection);
    assert!(world.sync().await.is_all_done());
    world.exactly_once(&world.keys());
}

/// Without M3's certain answer, an order that is seen settles the doubt; one that is not may wait for a person.
#[tokio::test(flavor = "multi_thread")]
async fn where_deletion_settles_nothing_only_seeing_the_order_does() {
    for (kind, auto_level, posted) in
        [(FaultKind::ResetAfter, 2, 5), (FaultKind::ResetBefore, 2, 0), (FaultKind::ResetAfter, 1, 0)]
    {
        let scenario = scenario(5);
        let m3 = M3Config { auto_level, ..m3_config(&scenario) };
        let world = World::with(scenario, |_| (), m3).await;
        world.erp.fault_next(finish(), kind);
        let settings = M3OrderSettings { settle_by_delete: false, ..M3OrderSettings::default() };
        let connection = world.connect_with(settings, Duration::from_secs(1)).await;
        let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        assert_eq!(report.count(StateName::Posted), posted, "{kind:?}: {:?}", report.counts);
        assert_eq!(report.count(StateName::InDoubt), 5 - posted, "{kind:?}: {:?}", report.counts);
        assert_eq!(world.erp.messages().len(), 5, "{kind:?}: one message an order");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_orders_that_could_not_be_staged_are_thrown_away() {
    let world = World::new(scenario(4)).await;
    world.erp.fault_next(Matcher::operation("POST PPS370MI").containing("AddHead"), FaultKind::BulkTerminated);
    let report = world.connect().await.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.counts);
    world.exactly_once(&world.keys());
    let unfinished = world.erp.messages().into_iter().filter(|message| message.orders.is_empty()).count();
    assert_eq!(unfinished, 0, "messages stay behind: {:?}", world.erp.messages());
}
