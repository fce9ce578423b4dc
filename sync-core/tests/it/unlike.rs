//! Documents that are there before anything is sent, for the ledger was lost, and are not what their records are.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use sync_core::*;

use crate::world::{KIND, Target, World, block_on, key};

/// Four records whose documents are there and which the ledger does not know; the first two were changed since.
fn lost(amends: bool) -> Arc<World> {
    let world = World::new(Target::Staged, 4);
    world.amends.store(amends, Relaxed);
    (1..=4).for_each(|id| world.make_by_hand(id));
    world.write(1, "S2", "changed");
    world.write(2, "S1", "changed too");
    world
}

fn steps(world: &Arc<World>) -> Vec<Step> {
    let plan = block_on(world.engine().plan(&KIND.into(), &References::default())).unwrap();
    plan.into_iter().map(|planned| planned.step).collect()
}

#[test]
fn a_document_that_is_there_and_is_not_what_its_record_is_is_linked_and_told_with_what_differs() {
    let world = lost(false);
    let planned = steps(&world);
    block_on(world.sync());
    let raised = world.alerts.raised();
    let told: Vec<&str> = raised.iter().map(|alert| alert.reason.as_str()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("was there already") && told[0].contains("content first -> changed"), "{told:?}");
    let [Step::LinkAndTell { reason: one, .. }, Step::LinkAndTell { .. }, Step::Link(_), Step::Link(_)] = &planned[..]
    else {
        panic!("{planned:?}");
    };
    assert_eq!(told[0], one);
    for id in 1..=4 {
        let head = world.head(&key(id));
        assert_eq!(head.state.name(), StateName::Posted);
        assert_eq!((head.is_behind(), head.renumbered), (id <= 2, id <= 2), "{id}");
        assert_eq!(Head::fold(&key(id), &block_on(world.store.history(&key(id))).unwrap()).unwrap(), head);
    }
    let text = block_on(world.engine().trail(&key(1))).unwrap().to_string();
    assert!(text.contains("the document is not what the record is: content first -> changed"), "{text}");
    assert_eq!(world.tables.lock().unwrap().documents.len(), 4);
    block_on(world.sync());
    assert_eq!(world.alerts.raised().len(), 2, "people are told once");
    // A person has seen to one; the other is what it was before.
    block_on(world.engine().replay(&key(1), &Actor::new("jo"), Assurance::DoneByHand)).unwrap();
    assert!(!world.head(&key(1)).is_behind());
    world.write(2, "S1", "changed again");
    block_on(world.sync());
    let told = world.alerts.raised().pop().unwrap().reason;
    assert!(told.contains("changed at the source"), "what was compared is not what it is now: {told}");
}

#[test]
fn a_document_that_is_there_and_is_not_what_its_record_is_is_changed_where_changes_are_carried_over() {
    let world = lost(true);
    let planned = steps(&world);
    assert!(
        matches!(planned[..], [Step::Amend { .. }, Step::Amend { .. }, Step::Link(_), Step::Link(_)]),
        "{planned:?}"
    );
    block_on(world.sync());
    world.check_exactly_once("amended");
    assert!(world.alerts.raised().is_empty(), "{:?}", world.alerts.raised());
    assert!(world.head(&key(1)).renumbered && !world.head(&key(3)).renumbered);
    assert_eq!(steps(&world), []);
}

#[test]
fn what_cannot_be_changed_is_told_with_the_reason() {
    let world = lost(true);
    world.unchangeable.lock().unwrap().push("changed".into());
    let planned = steps(&world);
    block_on(world.sync());
    let [alert] = &world.alerts.raised()[..] else { panic!("{:?}", world.alerts.raised()) };
    let told = &alert.reason;
    assert!(told.contains("was there already") && told.contains("it has been received"), "{told}");
    assert!(matches!(&planned[0], Step::LinkAndTell { reason, .. } if reason == told), "{planned:?}");
}

#[test]
fn an_order_that_was_parked_in_doubt_and_changed_since_is_not_taken_for_what_was_sent() {
    let world = World::new(Target::Staged, 1);
    world.make_by_hand(1);
    let parked = |lookup: &Head| Change::Parked {
        failure: Failure::new(FailureKind::Other, format!("nobody knows of {}", lookup.key)),
    };
    // It was sent, and nobody could find out what became of it.
    while block_on(world.engine().poll(&KIND.into())).unwrap().more {}
    let mut head = world.head(&key(1));
    let document = head.payload.clone();
    let handle = Handle(serde_json::json!({ "message": 7 }));
    let failure = Failure::new(FailureKind::Unavailable, "no answer");
    for change in [
        Change::Intended { attempt: 1, document, decisions: Vec::new() },
        Change::Committing { handle, called: None },
        Change::InDoubt { failure },
        parked(&head),
    ] {
        let event = Event {
            version: head.version + 1,
            at: world.clock.now(),
            actor: Actor::new("w"),
            change,
            request_ids: RequestIds::none(),
        };
        let expected = head.version;
        head.apply(&event);
        let append =
            Append { key: key(1), expected, fence: None, lease: Lease::Keep, events: vec![event], head: head.clone() };
        assert_eq!(block_on(world.store.append(&[append])).unwrap(), [Appended::Done]);
    }
    world.write(1, "S2", "changed");
    block_on(world.sync());
    block_on(world.engine().replay(&key(1), &Actor::new("jo"), Assurance::NotInTarget)).unwrap();
    block_on(world.sync());
    let head = world.head(&key(1));
    assert!(head.state.name() == StateName::Posted && head.is_behind(), "{head:?}");
    assert!(head.concern().unwrap().contains("content first -> changed"), "{:?}", head.concern());
}

#[test]
fn a_crash_at_any_await_leaves_each_as_its_record_is() {
    let mut crashes = 0;
    for n in 0.. {
        let world = lost(true);
        let died = world.run_until_death(n);
        assert!(!world.run_until_death(u64::MAX));
        world.check_exactly_once(&format!("killed at await {n}"));
        if !died {
            break;
        }
        crashes += 1;
    }
    assert!(crashes > 20, "only {crashes} crash points: the process was not followed");
}

#[test]
fn half_of_all_calls_failing_leaves_each_as_its_record_is() {
    println!("seeds 0..200");
    let mut unsettled = false;
    for seed in 0..200 {
        let world = lost(true);
        world.seed(seed);
        world.faults.store(500, Relaxed);
        for death in 0..4 {
            world.run_until_death(10 + (seed * 31 + death * 57) % 90);
            world.write(3, "S2", &format!("version {death}"));
        }
        assert!(!world.run_until_death(u64::MAX));
        world.check_exactly_once(&format!("seed {seed}"));
        unsettled |= world.compared.lock().unwrap().iter().any(|one| one.key == key(1) && one.unsettled);
    }
    assert!(unsettled, "what was begun and cut off is compared as such");
}
