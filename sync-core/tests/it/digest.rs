//! What waits, once a day.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sync_core::*;

use crate::world::{Target, World, block_on, key};

#[derive(Default)]
struct Letters {
    lost: AtomicBool,
    sent: Mutex<Vec<Digest>>,
}

#[async_trait]
impl AlertSink for Letters {
    async fn raise(&self, _: &Alert) -> Result<(), String> {
        Ok(())
    }

    async fn summarise(&self, digest: &Digest) -> Result<(), String> {
        if self.lost.load(Ordering::Relaxed) {
            return Err("no post today".into());
        }
        self.sent.lock().unwrap().push(digest.clone());
        Ok(())
    }
}

#[test]
fn a_digest_counts_what_waits_by_reason_and_is_sent_once_a_day_whoever_asks() {
    let world = World::new(Target::Searched, 3);
    let letters = Arc::new(Letters::default());
    // Each time a new process.
    let send = |day: &str| block_on(world.engine().alerts(letters.clone()).send_digest(day.parse().unwrap())).unwrap();
    block_on(world.sync());
    assert!(!send("2024-10-04"), "nothing waits");
    world.write(10, "S9", "a");
    block_on(world.sync());
    world.clock.advance(Duration::from_secs(60));
    for id in 11..=12 {
        world.write(id, "S9", "b");
    }
    world.write(13, "S8", "c");
    world.refused.lock().unwrap().push("d".into());
    world.write(14, "S1", "d");
    block_on(world.sync());
    assert!(!send("2024-10-04"), "the day's is done");
    assert!(send("2024-10-05"));
    assert!(!send("2024-10-05"), "sent twice");
    assert!(!send("2024-10-04"), "a day that is over");
    let letters = letters.sent.lock().unwrap().clone();
    assert_eq!(letters.len(), 1);
    let digest = &letters[0];
    assert_eq!(digest.records, 5);
    let counts: Vec<(StateName, usize)> = digest.waiting.iter().map(|one| (one.state, one.count)).collect();
    assert_eq!(counts[0], (StateName::Held, 3), "the most frequent first");
    assert_eq!(counts.len(), 3, "{digest:?}");
    assert!(counts.contains(&(StateName::Rejected, 1)));
    assert_eq!((&digest.waiting[0].key, digest.waiting[0].oldest), (&key(10), world.head(&key(10)).since));
}

#[test]
fn a_digest_that_could_not_be_sent_is_tried_again() {
    let world = World::new(Target::Searched, 0);
    world.write(1, "S9", "a");
    block_on(world.sync());
    let letters = Arc::new(Letters::default());
    letters.lost.store(true, Ordering::Relaxed);
    let engine = world.engine().alerts(letters.clone());
    let day = "2024-10-04".parse().unwrap();
    assert!(!block_on(engine.send_digest(day)).unwrap());
    letters.lost.store(false, Ordering::Relaxed);
    assert!(block_on(engine.send_digest(day)).unwrap());
    assert_eq!(letters.sent.lock().unwrap().len(), 1);
}

#[test]
fn two_ledgers_of_one_connection_send_digests_that_are_told_apart() {
    let letters = Arc::new(Letters::default());
    let day: chrono::NaiveDate = "2024-10-04".parse().unwrap();
    for minutes in 0..2 {
        let world = World::new(Target::Searched, 0);
        world.clock.advance(Duration::from_secs(60 * minutes));
        world.write(1, "S9", "a");
        block_on(world.sync());
        for later in 0..2 {
            let engine = world.engine().alerts(letters.clone());
            assert!(block_on(engine.send_digest(day + chrono::Days::new(later))).unwrap());
        }
    }
    let ledgers: Vec<String> = letters.sent.lock().unwrap().iter().map(|digest| digest.ledger.clone()).collect();
    assert_eq!(ledgers[0], ledgers[1], "one ledger keeps its name");
    assert_eq!(ledgers[2], ledgers[3]);
    assert_ne!(ledgers[0], ledgers[2]);
}

#[test]
fn what_is_said_of_each_record_alone_is_counted_together() {
    let world = World::new(Target::Searched, 3);
    block_on(world.sync());
    for id in 1..=3 {
        world.write(id, "S1", "changed");
    }
    block_on(world.sync());
    let letters = Arc::new(Letters::default());
    assert!(block_on(world.engine().alerts(letters.clone()).send_digest("2024-10-04".parse().unwrap())).unwrap());
    let digest = letters.sent.lock().unwrap().remove(0);
    let waiting: Vec<(usize, &str)> = digest.waiting.iter().map(|one| (one.count, one.reason.as_str())).collect();
    assert_eq!((waiting.len(), waiting[0].0), (1, 3), "{waiting:?}");
    assert!(waiting[0].1.contains("changed at the source after it was posted as"), "{waiting:?}");
}
