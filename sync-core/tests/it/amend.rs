//! Documents whose records change, are cancelled, or come back after they were posted.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sync_core::*;

use crate::world::{KIND, Target, World, block_on, key};

/// Posted records, of which the first was changed, the second cancelled, and the third cancelled and come back.
fn changed(target: Target) -> Arc<World> {
    let world = World::new(target, 5);
    world.amends.store(true, Ordering::Relaxed);
    block_on(world.sync());
    world.write_as(3, "S2", "first", Lifecycle::Cancelled);
    block_on(world.sync());
    world.write(1, "S2", "changed");
    world.write_as(2, "S1", "first", Lifecycle::Cancelled);
    world.write(3, "S2", "come back");
    world
}

fn state(world: &World, id: u32) -> StateName {
    world.head(&key(id)).state.name()
}

#[test]
fn a_document_becomes_what_its_record_is_and_the_trail_shows_both() {
    let world = changed(Target::Staged);
    block_on(world.sync());
    world.check_exactly_once("amended");
    assert!(world.alerts.raised().is_empty(), "{:?}", world.alerts.raised());
    let trail = world.trail(1);
    let amending = trail.iter().position(|change| matches!(change, Change::Amending { .. })).unwrap();
    let Change::Amending { differences, .. } = &trail[amending] else { unreachable!() };
    assert_eq!((differences[0].before.as_deref(), differences[0].after.as_deref()), (Some("first"), Some("changed")));
    assert!(matches!(trail[amending + 1], Change::Amended { .. }), "the intent comes before the outcome");
    let text = block_on(world.engine().trail(&key(1))).unwrap().to_string();
    assert!(text.contains("changing the document: content first -> changed"), "{text}");
    let text = block_on(world.engine().trail(&key(3))).unwrap().to_string();
    assert!(text.contains("the document is cancelled") && text.contains("content first -> come back"), "{text}");
    let calls = world.sink_calls.load(Ordering::Relaxed);
    block_on(world.sync());
    assert_eq!(world.sink_calls.load(Ordering::Relaxed), calls, "nothing is left to be done");
}

#[test]
fn a_crash_at_any_await_while_documents_change_leaves_each_as_its_record_is() {
    for target in [Target::Staged, Target::Searched] {
        let mut crashes = 0;
        for n in 0.. {
            let world = changed(target);
            let died = world.run_until_death(n);
            assert!(!world.run_until_death(u64::MAX));
            world.check_exactly_once(&format!("{target:?}, killed at await {n}"));
            if !died {
                break;
            }
            crashes += 1;
        }
        assert!(crashes > 20, "only {crashes} crash points: the process was not followed");
    }
}

#[test]
fn a_crash_while_recovering_from_a_crash_leaves_each_as_its_record_is() {
    for first in (0..120).step_by(3) {
        for second in (0..120).step_by(7) {
            let world = changed(Target::Staged);
            world.run_until_death(first);
            world.run_until_death(second);
            assert!(!world.run_until_death(u64::MAX));
            world.check_exactly_once(&format!("killed at awaits {first} and {second}"));
        }
    }
}

#[test]
fn half_of_all_calls_failing_while_documents_change_leaves_each_as_its_record_is() {
    println!("seeds 0..200");
    for seed in 0..200 {
        let world = changed(Target::Staged);
        world.seed(seed);
        world.faults.store(500, Ordering::Relaxed);
        for death in 0..4 {
            world.run_until_death(10 + (seed * 31 + death * 57) % 90);
            // The records go on changing all the while.
            world.write(4, "S1", &format!("version {death}"));
        }
        assert!(!world.run_until_death(u64::MAX));
        world.check_exactly_once(&format!("seed {seed}"));
    }
}

#[test]
fn workers_side_by_side_leave_each_document_as_its_record_is() {
    println!("seeds 0..50");
    for seed in 0..50 {
        let world = changed(Target::Staged);
        world.seed(seed);
        world.faults.store(200, Ordering::Relaxed);
        world.takes_turns.store(10, Ordering::Relaxed);
        let lease = Duration::from_secs(3600);
        world.run_together(["ann", "ben", "cid"].map(|name| world.worker(name, lease)).to_vec());
        world.takes_turns.store(0, Ordering::Relaxed);
        world.clock.advance(lease);
        block_on(world.sync());
        world.check_exactly_once(&format!("seed {seed}"));
    }
}

#[test]
fn what_the_target_refuses_is_told_once_with_its_reason_and_tried_again_on_replay_or_change() {
    let world = World::new(Target::Staged, 2);
    world.amends.store(true, Ordering::Relaxed);
    block_on(world.sync());
    world.unchangeable.lock().unwrap().push("too late".into());
    world.write(1, "S2", "too late");
    for _ in 0..3 {
        block_on(world.sync());
    }
    let raised = world.alerts.raised();
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert!(raised[0].reason.contains("changed at the source") && raised[0].reason.contains("it has been received"));
    assert_eq!(state(&world, 1), StateName::Posted);
    world.unchangeable.lock().unwrap().clear();
    block_on(world.sync());
    assert!(world.head(&key(1)).concern().is_some(), "nobody said that it may be tried again");
    block_on(world.engine().replay(&key(1), &Actor::new("jo"), Assurance::None)).unwrap();
    block_on(world.sync());
    world.check_exactly_once("replayed");
    let again = block_on(world.engine().replay(&key(1), &Actor::new("jo"), Assurance::None));
    assert!(matches!(again, Err(EngineError::NotReplayable { .. })), "there is nothing to be done");
}

#[test]
fn a_change_that_waits_for_a_supplier_is_held_and_goes_on_when_it_is_there() {
    let world = World::new(Target::Staged, 1);
    world.amends.store(true, Ordering::Relaxed);
    block_on(world.sync());
    world.write(1, "S9", "changed");
    block_on(world.sync());
    block_on(world.sync());
    let raised = world.alerts.raised();
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert!(raised[0].reason.contains("vendor S9"), "{raised:?}");
    assert_eq!(state(&world, 1), StateName::Posted);
    world.suppliers.lock().unwrap().push("S9".into());
    block_on(world.sync());
    world.check_exactly_once("resumed");
}

#[test]
fn a_change_that_is_taken_back_before_it_was_carried_over_changes_nothing() {
    let world = World::new(Target::Staged, 1);
    world.amends.store(true, Ordering::Relaxed);
    block_on(world.sync());
    let engine = world.engine();
    world.write(1, "S2", "changed");
    block_on(engine.poll(&KIND.into())).unwrap();
    world.write(1, "S2", "first");
    block_on(engine.poll(&KIND.into())).unwrap();
    let calls = world.sink_calls.load(Ordering::Relaxed);
    block_on(world.sync());
    assert_eq!(world.sink_calls.load(Ordering::Relaxed), calls);
    world.check_exactly_once("taken back");
}

#[test]
fn a_change_that_was_carried_over_in_part_is_taken_back_as_well() {
    let world = World::new(Target::Staged, 1);
    world.amends.store(true, Ordering::Relaxed);
    block_on(world.sync());
    world.write(1, "S2", "changed");
    // Dies between the two writes of the amendment.
    let torn = |world: &World| {
        let tables = world.tables.lock().unwrap();
        tables.documents[0].content != tables.documents[0].second
    };
    let mut n = 0;
    while !torn(&world) {
        assert!(world.run_until_death(n), "never torn");
        n += 1;
        world.clock.advance(Duration::from_secs(3600));
    }
    world.write(1, "S2", "first");
    block_on(world.sync());
    world.check_exactly_once("taken back");
}

#[test]
fn without_leave_to_change_documents_people_are_told_as_before() {
    let world = changed(Target::Staged);
    world.amends.store(false, Ordering::Relaxed);
    block_on(world.sync());
    let reasons: Vec<String> = world.alerts.raised().into_iter().map(|alert| alert.reason).collect();
    for words in ["changed at the source", "cancelled at the source", "reopened at the source"] {
        assert!(reasons.iter().any(|reason| reason.contains(words)), "{words}: {reasons:?}");
    }
    assert_eq!(reasons.len(), 3);
}

#[test]
fn a_plan_says_what_a_pass_then_changes_and_cancels() {
    let world = changed(Target::Staged);
    let engine = world.engine();
    let mut plan = block_on(engine.plan(&KIND.into(), &References::default())).unwrap();
    plan.sort_by(|a, b| a.key.cmp(&b.key));
    let steps: Vec<&Step> = plan.iter().map(|planned| &planned.step).collect();
    assert!(matches!(steps[..], [Step::Amend { .. }, Step::Cancel(_), Step::Amend { .. }]), "{steps:?}");
    let Step::Amend { differences, .. } = steps[0] else { unreachable!() };
    assert_eq!(differences[0].to_string(), "content first -> changed");
    assert!(world.trail(1).iter().all(|change| !matches!(change, Change::Amending { .. })), "nothing written");
    block_on(world.sync());
    assert!(block_on(engine.plan(&KIND.into(), &References::default())).unwrap().is_empty());
}

#[test]
fn what_was_done_by_hand_is_not_told_again_and_is_what_later_changes_are_compared_with() {
    for amends in [true, false] {
        let world = World::new(Target::Staged, 2);
        world.amends.store(amends, Ordering::Relaxed);
        block_on(world.sync());
        world.unchangeable.lock().unwrap().push("changed".into());
        world.write(1, "S2", "changed");
        block_on(world.sync());
        let told = world.alerts.raised().len();
        assert_eq!(told, 1, "amends: {amends}");
        block_on(world.engine().replay(&key(1), &Actor::new("jo"), Assurance::DoneByHand)).unwrap();
        world.touch(1);
        block_on(world.sync());
        assert_eq!((world.alerts.raised().len(), world.head(&key(1)).concern()), (told, None), "amends: {amends}");
        assert!(matches!(world.trail(1).last(), Some(Change::Reread { .. })), "it was read again");

        world.amends.store(true, Ordering::Relaxed);
        world.write(1, "S2", "changed again");
        block_on(world.sync());
        let sent = world.compared.lock().unwrap().last().unwrap().sent.clone();
        assert_eq!(sent.unwrap()["content"], "changed", "amends: {amends}: not what was sent before");
    }
}

#[test]
fn a_plan_tells_what_the_target_refuses_and_leaves_out_what_is_as_it_should_be() {
    let world = World::new(Target::Staged, 3);
    world.amends.store(true, Ordering::Relaxed);
    block_on(world.sync());
    let plan = || block_on(world.engine().plan(&KIND.into(), &References::default())).unwrap();
    world.unchangeable.lock().unwrap().push("too late".into());
    world.write(1, "S2", "too late");
    world.write(2, "S9", "waits");
    world.write(3, "S2", "by hand");
    {
        let mut tables = world.tables.lock().unwrap();
        let reference = ExternalRef::of(&key(3)).to_string();
        let document = tables.documents.iter_mut().find(|one| one.reference == reference).unwrap();
        (document.content, document.second) = ("by hand".into(), "by hand".into());
    }
    let planned = plan();
    let [Planned { step: Step::Tell(told), .. }, Planned { step: Step::Hold(missing), .. }] = &planned[..] else {
        panic!("{planned:?}");
    };
    assert!(told.contains("it has been received") && missing[0].value == "S9", "{planned:?}");
    block_on(world.sync());
    assert!(world.trail(1).contains(&Change::Alerted { reason: told.clone() }));
    assert!(world.trail(2).iter().any(|change| matches!(change, Change::AmendHeld { .. })));
    assert!(matches!(world.trail(3).last(), Some(Change::Amended { .. })));
    assert!(matches!(&plan()[..], [Planned { step: Step::Hold(_), .. }]), "what was told is not told again");
}

#[test]
fn a_plan_has_what_is_to_be_tried_again_though_it_is_not_read_again() {
    let world = World::new(Target::Staged, 2);
    world.amends.store(true, Ordering::Relaxed);
    block_on(world.sync());
    world.unchangeable.lock().unwrap().push("changed".into());
    world.write(1, "S2", "changed");
    world.write(2, "S9", "changed too");
    block_on(world.sync());
    world.unchangeable.lock().unwrap().clear();
    world.suppliers.lock().unwrap().push("S9".into());
    block_on(world.engine().replay(&key(1), &Actor::new("jo"), Assurance::None)).unwrap();
    // Nothing is read any more.
    let records = std::mem::take(&mut *world.records.lock().unwrap());
    let plan = block_on(world.engine().plan(&KIND.into(), &References::default())).unwrap();
    let steps: Vec<&Step> = plan.iter().map(|planned| &planned.step).collect();
    assert!(matches!(steps[..], [Step::Amend { .. }, Step::Amend { .. }]), "{steps:?}");
    block_on(world.sync());
    *world.records.lock().unwrap() = records;
    world.check_exactly_once("tried again");
}

#[test]
fn a_plan_says_which_documents_could_not_be_compared() {
    let world = changed(Target::Staged);
    world.faults.store(1_000, Ordering::Relaxed);
    let plan = block_on(world.engine().plan(&KIND.into(), &References::default())).unwrap();
    assert!(plan.len() == 3 && plan.iter().all(|one| matches!(one.step, Step::Unanswered(_))), "{plan:?}");
}
