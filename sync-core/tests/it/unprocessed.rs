//! Commits that were not processed, where staging leaves nothing in the target: each attempt looks first.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use sync_core::*;

use crate::world::{KIND, Target, World, block_on, key};

/// Tells what it has, and takes nothing more as long as it is down.
#[derive(Default)]
struct Book {
    up: AtomicBool,
    has: Mutex<Vec<ExternalRef>>,
    has_in_part: Mutex<Vec<ExternalRef>>,
    refuses: AtomicBool,
    commits: AtomicU64,
    /// What staging was told: whether each was just found absent.
    absent: Mutex<Vec<bool>>,
}

#[async_trait]
impl Sink for Book {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let (has, in_part) = (self.has.lock().unwrap(), self.has_in_part.lock().unwrap());
        let found = |Lookup { reference, .. }: &Lookup| match (has.contains(reference), in_part.contains(reference)) {
            (true, _) => found(reference),
            (false, true) => Found::InPart,
            (false, false) => Found::Absent,
        };
        wanted.iter().map(found).collect()
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        self.absent.lock().unwrap().extend(drafts.iter().map(|draft| draft.absent));
        drafts.iter().map(|draft| Handle(serde_json::json!(draft.reference)).into()).collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        self.commits.fetch_add(1, Relaxed);
        let commit = |handle: &Handle| {
            if self.refuses.load(Relaxed) {
                return Committed::Rejected(Failure::new(FailureKind::Invalid, "not so"));
            }
            if !self.up.load(Relaxed) {
                return Committed::NotProcessed(Failure::new(FailureKind::Unavailable, "it is down"));
            }
            let reference: ExternalRef = serde_json::from_value(handle.0.clone()).unwrap();
            self.has.lock().unwrap().push(reference.clone());
            TargetRef(reference.to_string()).into()
        };
        handles.iter().map(commit).collect()
    }
}

fn found(reference: &ExternalRef) -> Found {
    Found::Found(TargetRef(reference.to_string()))
}

/// Records that were to be posted while the target was down, and whose commits were not processed.
fn waiting(records: u32) -> (Arc<World>, Arc<Book>, Engine) {
    let world = World::new(Target::Searched, records);
    let book = Arc::new(Book::default());
    let flow = Flow { sink: book.clone(), look_first: true, ..world.flow() };
    let engine = world.engine().flow(flow);
    block_on(async { while engine.poll(&KIND.into()).await.unwrap().more {} });
    block_on(engine.advance(100)).unwrap();
    assert!(!states(&world, records).contains(&StateName::Posted));
    (world, book, engine)
}

fn states(world: &World, records: u32) -> Vec<StateName> {
    (1..=records).map(|id| world.head(&key(id)).state.name()).collect()
}

#[test]
fn what_people_made_while_it_waited_is_linked_and_not_made_again() {
    let (world, book, engine) = waiting(3);
    book.has.lock().unwrap().push(ExternalRef::of(&key(2)));
    book.up.store(true, Relaxed);
    block_on(engine.run_until_idle(std::time::Duration::from_secs(3600))).unwrap();
    assert_eq!(states(&world, 3), [StateName::Posted; 3]);
    assert_eq!(book.has.lock().unwrap().len(), 3, "made again");
    let linked =
        |id| world.trail(id).iter().any(|change| matches!(change, Change::Posted { evidence: Evidence::Existing, .. }));
    assert_eq!([linked(1), linked(2), linked(3)], [false, true, false]);
}

#[test]
fn a_long_outage_parks_nothing_and_is_asked_about_less_and_less_often() {
    let (world, book, engine) = waiting(3);
    let over = world.clock.now() + TimeDelta::days(1);
    while world.clock.now() < over {
        let due = block_on(engine.advance(100)).unwrap().next_due.unwrap();
        world.clock.advance((due - world.clock.now()).to_std().unwrap_or_default());
    }
    assert_eq!(states(&world, 3), [StateName::RetryAt; 3]);
    let commits = book.commits.load(Relaxed);
    assert!(commits < 24 * 60, "more than once a minute: {commits}");
    book.up.store(true, Relaxed);
    block_on(engine.run_until_idle(std::time::Duration::from_secs(3600))).unwrap();
    assert_eq!(states(&world, 3), [StateName::Posted; 3]);
    assert_eq!(book.has.lock().unwrap().len(), 3);
}

#[test]
fn staging_need_not_ask_what_the_lookup_before_it_has_answered() {
    for (look_first, told) in [(true, [true, false, true]), (false, [false; 3])] {
        let world = World::new(Target::Searched, 3);
        let book = Arc::new(Book::default());
        book.up.store(true, Relaxed);
        book.has_in_part.lock().unwrap().push(ExternalRef::of(&key(2)));
        let engine = world.engine().flow(Flow { sink: book.clone(), look_first, ..world.flow() });
        block_on(async { while engine.poll(&KIND.into()).await.unwrap().more {} });
        block_on(engine.run_until_idle(std::time::Duration::from_secs(3600))).unwrap();
        assert_eq!(states(&world, 3), [StateName::Posted; 3], "what is there in part is completed by an attempt");
        assert_eq!(*book.absent.lock().unwrap(), told, "looked first: {look_first}");
    }
}

#[test]
fn what_people_made_after_a_refusal_is_linked_once_the_record_is_corrected() {
    let world = World::new(Target::Searched, 1);
    let book = Arc::new(Book::default());
    book.refuses.store(true, Relaxed);
    let engine = world.engine().flow(Flow { sink: book.clone(), look_first: true, ..world.flow() });
    let run = || {
        block_on(async { while engine.poll(&KIND.into()).await.unwrap().more {} });
        block_on(engine.advance(100)).unwrap();
    };
    run();
    assert_eq!(states(&world, 1), [StateName::Rejected]);
    book.has.lock().unwrap().push(ExternalRef::of(&key(1)));
    world.write(1, "S1", "corrected");
    run();
    assert_eq!(states(&world, 1), [StateName::Posted]);
    assert_eq!(book.commits.load(Relaxed), 1, "sent once more");
}
