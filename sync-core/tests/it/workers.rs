//! Several workers on one ledger.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::world::{Target, World, block_on, key};

/// Workers side by side, their awaits in an order drawn from each seed.
fn together(target: Target, lease: Duration, turn: u64, faults: u64) -> BTreeSet<String> {
    let mut actors = BTreeSet::new();
    for seed in 0..100 {
        let world = World::new(target, 12);
        world.seed(seed);
        world.faults.store(faults, Ordering::Relaxed);
        world.takes_turns.store(turn, Ordering::Relaxed);
        let workers = ["ann", "ben", "cid"].map(|name| world.worker(name, lease)).to_vec();
        world.run_together(workers);
        world.takes_turns.store(0, Ordering::Relaxed);
        // Whoever is last may have given up on what another was holding; a later pass takes it up.
        world.clock.advance(lease);
        block_on(world.sync());
        world.check_exactly_once(&format!("{target:?}, lease {lease:?}, seed {seed}"));
        actors.extend(who_worked(&world));
    }
    actors
}

fn who_worked(world: &Arc<World>) -> Vec<String> {
    (1..=12)
        .flat_map(|id| block_on(sync_core::DedupStore::history(&world.store, &key(id))).unwrap())
        .map(|event| event.actor.to_string())
        .collect()
}

#[test]
fn workers_side_by_side_double_and_lose_nothing() {
    println!("seeds 0..100");
    for target in [Target::Staged, Target::Searched] {
        let actors = together(target, Duration::from_secs(3600), 10, 200);
        assert!(["ann", "ben", "cid"].iter().all(|name| actors.contains(*name)), "not all worked: {actors:?}");
    }
}

#[test]
fn workers_that_lose_their_leases_all_the_time_double_and_lose_nothing() {
    println!("seeds 0..100");
    together(Target::Staged, Duration::from_secs(2), 1_500, 200);
}
