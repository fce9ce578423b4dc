//! A freeze: everything goes on but posting.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sync_core::*;

use crate::world::{KIND, Target, World, block_on, key};

/// Frozen until a moment.
pub struct Until(pub DateTime<Utc>);

impl Schedule for Until {
    fn next_run(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(after + TimeDelta::hours(1))
    }

    fn frozen(&self, at: DateTime<Utc>) -> Option<Frozen> {
        (at < self.0).then(|| Frozen { until: self.0, reason: "posting is frozen for the close".into() })
    }
}

fn frozen(world: &Arc<World>, hours: i64) -> Engine {
    world.engine().schedule(Arc::new(Until(world.clock.now() + TimeDelta::hours(hours))))
}

/// A pass that waits a minute for what is due later.
fn pass(engine: &Engine) {
    block_on(async {
        while engine.poll(&KIND.into()).await.unwrap().more {}
        engine.resume_held(&KIND.into()).await.unwrap();
        engine.run_until_idle(Duration::from_secs(60)).await.unwrap();
    });
}

fn states(world: &World, ids: std::ops::RangeInclusive<u32>) -> Vec<StateName> {
    ids.map(|id| world.head(&key(id)).state.name()).collect()
}

#[test]
fn in_a_freeze_records_are_read_mapped_and_held_and_posted_after_it() {
    for target in [Target::Staged, Target::Searched] {
        let world = World::new(target, 3);
        world.write(4, "S9", "fourth");
        let engine = frozen(&world, 48);
        pass(&engine);
        assert_eq!(
            states(&world, 1..=4),
            [StateName::Postponed, StateName::Postponed, StateName::Postponed, StateName::Held]
        );
        assert_eq!(world.sink_calls.load(std::sync::atomic::Ordering::Relaxed), 0, "the target was called");
        assert_eq!(world.alerts.raised().len(), 1, "only the held one needs a person");
        let trail = block_on(engine.trail(&key(1))).unwrap().to_string();
        assert!(trail.contains("ready, waits until") && trail.contains("frozen for the close"), "{trail}");

        let events = world.trail(1).len();
        world.suppliers.lock().unwrap().push("S9".into());
        world.write(1, "S1", "revised in the freeze");
        pass(&engine);
        assert_eq!(states(&world, 1..=4), [StateName::Postponed; 4], "the vendor is there, the freeze still on");
        assert_eq!(world.trail(2).len(), events, "a pass in a freeze writes nothing new about what waits");

        world.clock.advance(Duration::from_secs(48 * 3600));
        block_on(engine.run_until_idle(Duration::from_secs(86_400))).unwrap();
        world.check_exactly_once("after the freeze");
    }
}

#[test]
fn what_was_sent_before_a_freeze_is_settled_and_found_in_it() {
    for faults in [0, 600] {
        let world = World::new(Target::Staged, 40);
        world.seed(5);
        world.faults.store(faults, std::sync::atomic::Ordering::Relaxed);
        let engine = world.engine();
        block_on(async {
            while engine.poll(&KIND.into()).await.unwrap().more {}
            engine.advance(100).await.unwrap();
        });
        world.faults.store(0, std::sync::atomic::Ordering::Relaxed);
        let sent = world.tables.lock().unwrap().documents.len();
        assert!(sent > 0);
        if faults > 0 {
            let before = states(&world, 1..=40);
            for state in [StateName::InDoubt, StateName::CommitAt, StateName::RetryAt, StateName::Accepted] {
                assert!(before.contains(&state), "no record is {state}: the faults struck nowhere of interest");
            }
        }
        let engine = frozen(&world, 48);
        block_on(engine.run_until_idle(Duration::from_secs(3600))).unwrap();
        let after = states(&world, 1..=40);
        assert!(after.iter().all(|state| matches!(state, StateName::Posted | StateName::Postponed)), "{after:?}");
        assert_eq!(world.tables.lock().unwrap().documents.len(), sent, "posted in a freeze");
        assert_eq!(after.iter().filter(|state| **state == StateName::Posted).count(), sent);
        world.clock.advance(Duration::from_secs(48 * 3600));
        block_on(engine.run_until_idle(Duration::from_secs(86_400))).unwrap();
        world.check_exactly_once("after the freeze");
    }
}

#[test]
fn a_freeze_that_ends_early_lets_go_what_waits_for_it_with_the_next_pass() {
    let world = World::new(Target::Staged, 3);
    pass(&frozen(&world, 1000));
    assert_eq!(states(&world, 1..=3), [StateName::Postponed; 3]);
    block_on(world.sync());
    world.check_exactly_once("the freeze was taken back");
}

#[test]
fn a_freeze_that_is_drawn_out_holds_on_to_what_it_holds() {
    let world = World::new(Target::Staged, 3);
    pass(&frozen(&world, 10));
    world.clock.advance(Duration::from_secs(11 * 3600));
    pass(&frozen(&world, 10));
    assert_eq!(states(&world, 1..=3), [StateName::Postponed; 3]);
    assert!(world.tables.lock().unwrap().documents.is_empty());
}

#[test]
fn a_plan_in_a_freeze_says_until_when_records_wait() {
    let world = World::new(Target::Staged, 2);
    world.write(3, "S9", "held");
    let engine = frozen(&world, 5);
    let plan = block_on(engine.plan(&KIND.into(), &References::default())).unwrap();
    assert!(matches!(plan[0].step, Step::Postpone(_)) && matches!(plan[1].step, Step::Postpone(_)), "{plan:?}");
    assert!(matches!(plan[2].step, Step::Hold(_)), "{plan:?}");
}

#[test]
fn a_crash_at_any_await_in_a_freeze_posts_nothing_in_it_and_everything_once_after_it() {
    for n in 0.. {
        let world = World::new(Target::Staged, 3);
        let until = world.clock.now() + TimeDelta::seconds(3);
        let process = || world.engine().schedule(Arc::new(Until(until)));
        let died = world.run_by_until_death(process(), n);
        assert!(world.tables.lock().unwrap().documents.is_empty() || world.clock.now() >= until, "killed at await {n}");
        world.run_by_until_death(process(), u64::MAX);
        world.check_exactly_once(&format!("in a freeze, killed at await {n}"));
        if !died {
            assert!(n > 20, "only {n} crash points: the process was not followed");
            break;
        }
    }
}

#[test]
fn a_posted_document_is_changed_and_cancelled_after_the_freeze() {
    let world = World::new(Target::Staged, 2);
    world.amends.store(true, std::sync::atomic::Ordering::Relaxed);
    block_on(world.sync());
    world.write(1, "S2", "changed");
    world.write_as(2, "S1", "first", Lifecycle::Cancelled);
    let engine = frozen(&world, 48);
    let calls = world.sink_calls.load(std::sync::atomic::Ordering::Relaxed);
    let plan = block_on(engine.plan(&KIND.into(), &References::default())).unwrap();
    assert!(plan.iter().all(|planned| matches!(planned.step, Step::Postpone(_))) && plan.len() == 2, "{plan:?}");
    pass(&engine);
    assert_eq!(states(&world, 1..=2), [StateName::AmendPostponed; 2]);
    assert_eq!(world.sink_calls.load(std::sync::atomic::Ordering::Relaxed), calls, "the target was called");
    world.clock.advance(Duration::from_secs(48 * 3600));
    pass(&engine);
    world.check_exactly_once("after the freeze");
    assert!(world.alerts.raised().is_empty(), "{:?}", world.alerts.raised());
}

/// Two posted documents whose records then change: one that is carried over after the freeze, one cancelled.
fn changed_in(hours: i64) -> Arc<World> {
    let world = World::new(Target::Staged, 2);
    world.amends.store(true, std::sync::atomic::Ordering::Relaxed);
    block_on(world.sync());
    world.write(1, "S2", "changed");
    world.write_as(2, "S1", "first", Lifecycle::Cancelled);
    pass(&frozen(&world, hours));
    assert_eq!(states(&world, 1..=2), [StateName::AmendPostponed; 2]);
    world
}

#[test]
fn a_freeze_that_ends_early_lets_go_the_changes_that_wait_for_it_with_the_next_pass() {
    let world = changed_in(1000);
    let now = world.clock.now();
    block_on(world.sync());
    assert!(world.clock.now() - now < TimeDelta::hours(1), "it waited for the freeze that is no more");
    world.check_exactly_once("the freeze was taken back");
    let trail = block_on(world.engine().trail(&key(1))).unwrap().to_string();
    assert!(trail.contains("the change waits until") && trail.contains("posting is allowed again"), "{trail}");
}

#[test]
fn a_change_that_is_taken_back_in_the_freeze_changes_nothing_after_it() {
    let world = changed_in(48);
    world.write(1, "S2", "first");
    world.write(2, "S1", "first");
    world.clock.advance(Duration::from_secs(48 * 3600));
    let calls = world.trail(1).iter().filter(|change| matches!(change, Change::Amending { .. })).count();
    block_on(world.sync());
    world.check_exactly_once("taken back");
    assert_eq!(world.trail(1).iter().filter(|change| matches!(change, Change::Amending { .. })).count(), calls);
}

#[test]
fn waiting_for_a_freeze_is_no_trouble_that_people_are_told_of() {
    let world = changed_in(5 * 24);
    world.clock.advance(Duration::from_secs(5 * 24 * 3600));
    world.faults.store(1_000, std::sync::atomic::Ordering::Relaxed);
    pass(&world.engine());
    assert!(states(&world, 1..=2).contains(&StateName::AmendAt), "nothing failed: this proves nothing");
    assert!(world.alerts.raised().is_empty(), "{:?}", world.alerts.raised());
    world.clock.advance(Duration::from_secs(3600));
    pass(&world.engine());
    assert_eq!(world.alerts.raised().len(), 2, "{:?}", world.alerts.raised());
}

#[test]
fn a_change_that_was_under_way_when_a_freeze_began_is_compared_after_it() {
    for n in 0.. {
        let world = World::new(Target::Staged, 2);
        world.amends.store(true, std::sync::atomic::Ordering::Relaxed);
        block_on(world.sync());
        world.write(1, "S2", "changed");
        world.write_as(2, "S1", "first", Lifecycle::Cancelled);
        let died = world.run_until_death(n);
        world.clock.advance(Duration::from_secs(3600));
        pass(&frozen(&world, 48));
        // It ends early, and the records are what they were.
        world.write(1, "S2", "first");
        block_on(world.sync());
        world.check_exactly_once(&format!("killed at await {n} before the freeze"));
        if !died {
            assert!(n > 10, "only {n} crash points: the process was not followed");
            break;
        }
    }
}
