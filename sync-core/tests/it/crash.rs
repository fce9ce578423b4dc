use std::time::Duration;

use crate::world::{Target, World, block_on};

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
