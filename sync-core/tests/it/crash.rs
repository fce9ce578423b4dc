use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use sync_core::StateName;

use crate::world::{Target, World, block_on, key};

/// Kills the process at its n-th await, for every n there is, starts it again, and checks the promise.
fn every_crash_point(target: Target, records: u32) {
    let mut crashes = 0;
    for n in 0.. {
        let world = World::new(target, records);
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

#[test]
fn a_crash_at_any_await_loses_and_doubles_nothing_with_staging() {
    every_crash_point(Target::Staged, 5);
}

#[test]
fn a_crash_at_any_await_loses_and_doubles_nothing_without_staging() {
    every_crash_point(Target::Searched, 5);
}

#[test]
fn a_crash_at_any_await_after_the_ledger_was_lost_doubles_nothing() {
    let mut crashes = 0;
    for n in 0.. {
        let before = World::new(Target::Staged, 4);
        block_on(before.sync());
        let world = World::new(Target::Staged, 4);
        std::mem::swap(&mut *world.tables.lock().unwrap(), &mut *before.tables.lock().unwrap());
        world.clock.advance(Duration::from_secs(86_400));
        let died = world.run_until_death(n);
        assert!(!world.run_until_death(u64::MAX));
        world.check_exactly_once(&format!("ledger lost, killed at await {n}"));
        if !died {
            break;
        }
        crashes += 1;
    }
    assert!(crashes > 20, "only {crashes} crash points: the process was not followed");
}

#[test]
fn a_crash_during_the_recovery_from_a_crash_loses_and_doubles_nothing() {
    for first in (0..400).step_by(7) {
        for second in (0..200).step_by(11) {
            let world = World::new(Target::Staged, 3);
            world.run_until_death(first);
            world.run_until_death(second);
            assert!(!world.run_until_death(u64::MAX));
            world.check_exactly_once(&format!("killed at awaits {first} and {second}"));
        }
    }
}

/// Two of four documents are there already, made by hand; none may be made as long as the period is closed. The process
/// is killed at its n-th await while it is, and again once it is open.
fn killed_at_a_closed_period(target: Target, n: u64, faults: u64) -> bool {
    let context = format!("{target:?}, faults {faults}, killed at await {n}");
    let world = World::new(target, 4);
    world.seed(n + 1);
    world.faults.store(faults, Relaxed);
    world.closed.store(true, Relaxed);
    for id in [1, 2] {
        world.make_by_hand(id);
    }
    let died_closed = world.run_until_death(n);
    assert!(!world.run_until_death(u64::MAX));
    let looks = target == Target::Staged;
    for id in 1..=4 {
        let wanted = if looks && id <= 2 { StateName::Posted } else { StateName::Held };
        assert_eq!(world.head(&key(id)).state.name(), wanted, "{context}: {id}");
    }
    assert_eq!(world.tables.lock().unwrap().documents.len(), 2, "{context}: made in a closed period");
    world.closed.store(false, Relaxed);
    if !looks {
        // Nobody looks there, so nobody may have made any.
        world.tables.lock().unwrap().documents.clear();
    }
    let died_open = world.run_until_death(n);
    assert!(!world.run_until_death(u64::MAX));
    world.check_exactly_once(&context);
    died_closed || died_open
}

#[test]
fn a_crash_at_any_await_in_a_closed_period_links_what_is_there_and_makes_the_rest_once_when_it_is_open() {
    for (target, faults) in [(Target::Staged, 0), (Target::Staged, 300), (Target::Searched, 0)] {
        let mut crashes = 0;
        while killed_at_a_closed_period(target, crashes, faults) {
            crashes += 1;
        }
        assert!(crashes > 20, "only {crashes} crash points: the process was not followed");
    }
}
