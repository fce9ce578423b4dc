use std::sync::atomic::Ordering;

use crate::world::{Target, World};

/// Half of all calls go wrong, in every way, and the process dies now and then.
fn under_faults(target: Target, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let world = World::new(target, 12);
        world.seed(seed);
        world.faults.store(500, Ordering::Relaxed);
        for death in 0..4 {
            world.run_until_death(20 + (seed * 31 + death * 57) % 300);
        }
        assert!(!world.run_until_death(u64::MAX));
        world.check_exactly_once(&format!("{target:?}, seed {seed}"));
    }
}

#[test]
fn half_of_all_calls_failing_loses_and_doubles_nothing_with_staging() {
    println!("seeds 0..200");
    under_faults(Target::Staged, 0..200);
}

#[test]
fn half_of_all_calls_failing_loses_and_doubles_nothing_without_staging() {
    println!("seeds 0..200");
    under_faults(Target::Searched, 0..200);
}
