//! Passes that fail as a whole.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sync_core::*;

use crate::world::{KIND, Target, World, block_on};

/// Somebody who may be out of reach.
#[derive(Default)]
struct Person {
    away: AtomicBool,
    tried: Mutex<Vec<Trouble>>,
    digests: Mutex<Vec<Digest>>,
}

#[async_trait]
impl AlertSink for Person {
    async fn raise(&self, _: &Alert) -> Result<(), String> {
        Ok(())
    }

    async fn trouble(&self, trouble: &Trouble) -> Result<(), String> {
        self.tried.lock().unwrap().push(trouble.clone());
        if self.away.load(Ordering::Relaxed) { Err("nobody there".into()) } else { Ok(()) }
    }

    async fn summarise(&self, digest: &Digest) -> Result<(), String> {
        self.digests.lock().unwrap().push(digest.clone());
        Ok(())
    }
}

/// One process after the other on one ledger.
struct Passes {
    world: Arc<World>,
    person: Arc<Person>,
}

impl Passes {
    fn new() -> Self {
        Self { world: World::new(Target::Searched, 0), person: Arc::default() }
    }

    fn engine(&self) -> Engine {
        self.world.engine().alerts(self.person.clone())
    }

    /// A pass some minutes after the last; answers what it told.
    fn pass(&self, minutes: u64, flow: &str, failed: Option<(&str, FailureKind, &str)>) -> Vec<Trouble> {
        self.world.clock.advance(Duration::from_secs(60 * minutes));
        let (engine, flow) = (self.engine(), Kind::new(flow));
        block_on(async {
            match failed {
                Some((system, kind, why)) => engine.pass_failed(&flow, system, &Failure::new(kind, why)).await,
                None => engine.pass_succeeded(&flow).await,
            }
        })
        .unwrap();
        std::mem::take(&mut *self.person.tried.lock().unwrap())
    }
}

const DOWN: Option<(&str, FailureKind, &str)> = Some(("Procurify", FailureKind::Unavailable, "no answer"));
const DENIED: Option<(&str, FailureKind, &str)> = Some(("Procurify", FailureKind::Denied, "check the secret"));

#[test]
fn what_lasts_is_told_once_whatever_its_words_and_once_more_when_it_is_over() {
    let passes = Passes::new();
    let began = passes.world.clock.now() + chrono::TimeDelta::minutes(10);
    assert!(passes.pass(10, KIND, DOWN).is_empty());
    assert!(passes.pass(29, KIND, DOWN).is_empty(), "it may pass by itself");
    let told = passes.pass(1, KIND, Some(("Procurify", FailureKind::RateLimited, "busy, request 71")));
    assert_eq!((told.len(), told[0].since, told[0].over), (1, began, None), "{told:?}");
    assert_eq!((told[0].reason.as_str(), &told[0].flows), ("busy, request 71", &vec![Kind::new(KIND)]));
    for _ in 0..20 {
        assert!(passes.pass(10, KIND, DOWN).is_empty(), "told twice");
        assert!(passes.pass(0, "bill", DOWN).is_empty(), "another flow fails for the same reason");
    }
    assert!(passes.pass(10, KIND, None).is_empty(), "bills do not get through yet");
    let over = passes.pass(0, "bill", None);
    let [one] = over.as_slice() else { panic!("{over:?}") };
    assert_eq!((one.since, one.over), (began, Some(passes.world.clock.now())));
    assert!(passes.pass(10, KIND, None).is_empty() && passes.pass(10, "bill", None).is_empty());
}

#[test]
fn what_does_not_run_any_more_is_forgotten_once_others_get_through() {
    let passes = Passes::new();
    assert_eq!(passes.pass(0, "bill", DENIED).len(), 1);
    assert!(passes.pass(24 * 60, KIND, None).is_empty(), "it may be its turn yet");
    let over = passes.pass(24 * 60, KIND, None);
    assert!(over.len() == 1 && over[0].over.is_some(), "{over:?}");
    assert_eq!(block_on(passes.engine().troubles()).unwrap(), []);
}

#[test]
fn what_passes_by_itself_is_never_told() {
    let passes = Passes::new();
    for _ in 0..10 {
        assert!(passes.pass(20, KIND, DOWN).is_empty());
        assert!(passes.pass(20, KIND, None).is_empty());
    }
}

#[test]
fn refused_credentials_are_told_at_once_and_so_is_another_reason_of_what_lasts() {
    let passes = Passes::new();
    assert_eq!(passes.pass(10, KIND, DENIED).len(), 1);
    assert!(passes.pass(10, KIND, DENIED).is_empty());
    assert!(passes.pass(10, KIND, DOWN).is_empty(), "it has not lasted yet");
    let told = passes.pass(10, KIND, Some(("CloudSuite", FailureKind::Unavailable, "no answer")));
    assert_eq!(told.len(), 1, "nothing got through for half an hour");
    assert_eq!(told[0].system, "CloudSuite");
    for failed in [DENIED, Some(("CloudSuite", FailureKind::Unavailable, "reset"))] {
        assert!(passes.pass(10, KIND, failed).is_empty(), "told before");
    }
    assert_eq!(passes.pass(10, KIND, None).len(), 2, "each that was told is over");
}

#[test]
fn who_cannot_be_told_is_told_later_as_the_same_and_only_the_first_try_is_new() {
    let passes = Passes::new();
    passes.person.away.store(true, Ordering::Relaxed);
    let mut tried = passes.pass(0, KIND, DENIED);
    tried.extend(passes.pass(10, KIND, DENIED));
    passes.person.away.store(false, Ordering::Relaxed);
    tried.extend(passes.pass(10, KIND, DENIED));
    assert!(passes.pass(10, KIND, DENIED).is_empty());
    assert_eq!(tried.iter().map(|one| one.again).collect::<Vec<_>>(), [false, true, true]);
    assert!(tried.iter().all(|one| one.since == tried[0].since));
    passes.person.away.store(true, Ordering::Relaxed);
    let mut over = passes.pass(10, KIND, None);
    over.extend(passes.pass(10, KIND, None));
    passes.person.away.store(false, Ordering::Relaxed);
    over.extend(passes.pass(10, KIND, None));
    assert!(passes.pass(10, KIND, None).is_empty());
    assert_eq!(over.iter().map(|one| one.again).collect::<Vec<_>>(), [false, true, true]);
    assert!(over.iter().all(|one| one.over == over[0].over && one.over.is_some()), "{over:?}");
}

#[test]
fn a_digest_names_what_nothing_gets_through_even_if_no_record_waits() {
    let passes = Passes::new();
    passes.pass(0, KIND, DOWN);
    passes.pass(0, "bill", DOWN);
    let send = |day: &str| block_on(passes.engine().send_digest(day.parse().unwrap())).unwrap();
    assert!(send("2024-10-04"));
    let digest = passes.person.digests.lock().unwrap().remove(0);
    let [trouble] = digest.troubles.as_slice() else { panic!("{digest:?}") };
    assert_eq!((digest.records, trouble.flows.len(), trouble.system.as_str()), (0, 2, "Procurify"));
    assert_eq!(trouble.ledger, digest.ledger);
    passes.pass(10, KIND, None);
    passes.pass(0, "bill", None);
    assert!(!send("2024-10-05"));
}

/// A disk that may be full, or gone.
#[derive(Default)]
struct Disk {
    store: memory::MemoryStore,
    full: AtomicBool,
    gone: AtomicBool,
}

#[async_trait]
impl CheckpointStore for Disk {
    async fn load(&self, connection: &ConnectionId, kind: &Kind) -> Result<Option<Cursor>, StoreError> {
        if self.gone.load(Ordering::Relaxed) {
            return Err(StoreError::new("read", std::io::Error::other("the disk is gone")));
        }
        self.store.load(connection, kind).await
    }

    async fn save(&self, connection: &ConnectionId, kind: &Kind, cursor: &Cursor) -> Result<(), StoreError> {
        if self.full.load(Ordering::Relaxed) {
            return Err(StoreError::new("write", std::io::Error::other("the disk is full")));
        }
        self.store.save(connection, kind, cursor).await
    }
}

#[test]
fn trouble_that_cannot_be_noted_is_told_once_too_and_when_it_is_over() {
    for gone in [false, true] {
        let (world, disk, person) =
            (World::new(Target::Searched, 0), Arc::new(Disk::default()), Arc::<Person>::default());
        let store = Arc::new(memory::MemoryStore::default());
        let clock = Arc::new(VirtualClock::at(world.clock.now()));
        let engine =
            Engine::new("acme", store.clone(), disk.clone(), store).alerts(person.clone()).clock(clock.clone());
        let fail = |kind| {
            clock.advance(Duration::from_secs(600));
            block_on(engine.pass_failed(&KIND.into(), "the ledger", &Failure::new(kind, "it cannot be written")))
        };
        disk.full.store(true, Ordering::Relaxed);
        disk.gone.store(gone, Ordering::Relaxed);
        for _ in 0..10 {
            assert!(fail(FailureKind::Denied).is_err(), "it was saved");
        }
        assert_eq!(person.tried.lock().unwrap().len(), 1, "gone: {gone}");
        for _ in 0..10 {
            assert!(fail(FailureKind::Other).is_err(), "it was saved");
        }
        assert_eq!(person.tried.lock().unwrap().len(), 2, "gone: {gone}: another reason of what lasts");
        disk.full.store(false, Ordering::Relaxed);
        disk.gone.store(false, Ordering::Relaxed);
        block_on(engine.pass_succeeded(&KIND.into())).unwrap();
        let over = person.tried.lock().unwrap().split_off(2);
        assert!(over.len() == 2 && over.iter().all(|one| one.over.is_some()), "gone: {gone}: {over:?}");
        assert_eq!(block_on(engine.troubles()).unwrap(), []);
    }
}

#[test]
fn what_people_know_is_not_forgotten_over_a_ledger_that_cannot_be_read_for_a_while() {
    let (world, disk, person) = (World::new(Target::Searched, 0), Arc::new(Disk::default()), Arc::<Person>::default());
    let engine = || {
        let store = Arc::new(memory::MemoryStore::default());
        let clock = Arc::new(VirtualClock::at(world.clock.now()));
        Engine::new("acme", store.clone(), disk.clone(), store).alerts(person.clone()).clock(clock)
    };
    let fail = |engine: &Engine, system: &str| {
        let failure = Failure::new(FailureKind::Denied, "check the secret");
        block_on(engine.pass_failed(&KIND.into(), system, &failure))
    };
    let told = || std::mem::take(&mut *person.tried.lock().unwrap());
    fail(&engine(), "Procurify").unwrap();
    assert_eq!(told().len(), 1);
    let restarted = engine();
    disk.gone.store(true, Ordering::Relaxed);
    assert!(fail(&restarted, "CloudSuite").is_err());
    disk.gone.store(false, Ordering::Relaxed);
    assert_eq!(told().len(), 1, "of the other system");
    fail(&restarted, "Procurify").unwrap();
    fail(&restarted, "CloudSuite").unwrap();
    assert_eq!(told(), [], "both are known");
    block_on(restarted.pass_succeeded(&KIND.into())).unwrap();
    let over: Vec<String> = told().into_iter().filter(|one| one.over.is_some()).map(|one| one.system).collect();
    assert_eq!(over, ["Procurify", "CloudSuite"]);
}

#[test]
fn trouble_that_comes_back_before_its_end_could_be_told_is_told_as_another() {
    let passes = Passes::new();
    assert_eq!(passes.pass(10, KIND, DENIED).len(), 1);
    passes.person.away.store(true, Ordering::Relaxed);
    assert_eq!(passes.pass(10, KIND, None).len(), 1, "nobody heard that it is over");
    passes.person.away.store(false, Ordering::Relaxed);
    let back = passes.world.clock.now() + chrono::TimeDelta::minutes(10);
    let told = passes.pass(10, KIND, DENIED);
    assert_eq!((told.len(), told[0].since, told[0].over), (1, back, None), "{told:?}");
    let told = passes.pass(10, KIND, None);
    assert_eq!((told.len(), told[0].since), (1, back), "{told:?}");
}

#[test]
fn notes_that_cannot_be_understood_stop_no_pass() {
    let passes = Passes::new();
    let (connection, place) = (ConnectionId::new("acme"), Kind::new("trouble"));
    block_on(passes.world.store.save(&connection, &place, &Cursor("of another release".to_owned()))).unwrap();
    assert!(passes.pass(10, KIND, None).is_empty());
    assert_eq!(passes.pass(10, KIND, DENIED).len(), 1);
}
