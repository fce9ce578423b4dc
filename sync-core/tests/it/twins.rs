//! Two records of one document: never both are made, whatever is known of the first.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sync_core::*;

use crate::world::{KIND, Target, World, block_on, key};

/// All records are of one document. What is made of it shows some time later, to whoever asks.
#[derive(Default)]
struct Book {
    loses_answers: AtomicBool,
    made: Mutex<Vec<ExternalRef>>,
    shows: AtomicBool,
}

#[async_trait]
impl Sink for Book {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let made = self.made.lock().unwrap();
        let shown = if self.shows.load(Relaxed) { made.as_slice() } else { &[] };
        let found = |one: &Lookup| match shown.first() {
            None => Found::Absent,
            Some(made) if *made == one.reference => Found::Found(TargetRef(made.to_string())),
            Some(_) => Found::Differs(Failure::new(FailureKind::Other, "a duplicate")),
        };
        wanted.iter().map(found).collect()
    }

    fn known_by(&self, _: &Handle) -> Option<String> {
        Some("the only document".to_owned())
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        drafts.iter().map(|draft| Handle(serde_json::json!(draft.reference)).into()).collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let commit = |handle: &Handle| {
            let reference: ExternalRef = serde_json::from_value(handle.0.clone()).unwrap();
            self.made.lock().unwrap().push(reference.clone());
            if self.loses_answers.load(Relaxed) {
                return Committed::Unknown(Failure::new(FailureKind::Unavailable, "no answer"));
            }
            TargetRef(reference.to_string()).into()
        };
        handles.iter().map(commit).collect()
    }
}

fn engine(world: &Arc<World>, book: &Arc<Book>) -> Engine {
    let engine = world.engine().flow(Flow { sink: book.clone(), look_first: true, ..world.flow() });
    block_on(async { while engine.poll(&KIND.into()).await.unwrap().more {} });
    engine
}

fn state(world: &World, id: u32) -> StateName {
    world.head(&key(id)).state.name()
}

#[test]
fn of_two_in_one_step_the_second_waits_and_finds_the_first() {
    let (world, book) = (World::new(Target::Searched, 2), Arc::new(Book::default()));
    let engine = engine(&world, &book);
    block_on(engine.advance(100)).unwrap();
    assert_eq!((state(&world, 1), state(&world, 2)), (StateName::Posted, StateName::RetryAt));
    let why = world.trail(2).last().unwrap().to_string();
    assert!(why.contains("the only document is being made for") && why.contains("a duplicate"), "{why}");
    book.shows.store(true, Relaxed);
    block_on(engine.run_until_idle(Duration::from_secs(3600))).unwrap();
    assert_eq!((state(&world, 2), book.made.lock().unwrap().len()), (StateName::Parked, 1));
}

#[test]
fn while_it_is_not_known_what_became_of_one_no_other_is_made_by_any_process() {
    let (world, book) = (World::new(Target::Searched, 1), Arc::new(Book::default()));
    book.loses_answers.store(true, Relaxed);
    block_on(engine(&world, &book).advance(100)).unwrap();
    assert_eq!(state(&world, 1), StateName::InDoubt);
    // Another process reads the second record; nothing of the first can be seen.
    world.write(2, "S2", "content");
    let other = engine(&world, &book);
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(60));
        block_on(other.advance(100)).unwrap();
        assert_eq!((state(&world, 1), state(&world, 2)), (StateName::InDoubt, StateName::RetryAt));
    }
    assert_eq!(book.made.lock().unwrap().len(), 1, "made twice");
    book.shows.store(true, Relaxed);
    block_on(other.run_until_idle(Duration::from_secs(3600))).unwrap();
    assert_eq!((state(&world, 1), state(&world, 2)), (StateName::Posted, StateName::Parked));
    assert_eq!(book.made.lock().unwrap().len(), 1);
}
