//! People who cannot be told.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use async_trait::async_trait;
use sync_core::*;

use crate::world::{KIND, Target, World, block_on, key};

#[derive(Default)]
struct Line {
    cut: AtomicBool,
    tried: Mutex<Vec<Alert>>,
}

#[async_trait]
impl AlertSink for Line {
    async fn raise(&self, alert: &Alert) -> Result<(), String> {
        self.tried.lock().unwrap().push(alert.clone());
        if self.cut.load(Ordering::Relaxed) { Err("the line is cut".into()) } else { Ok(()) }
    }
}

fn pass(engine: &Engine) {
    block_on(async {
        while engine.poll(&KIND.into()).await.unwrap().more {}
        engine.resume_held(&KIND.into()).await.unwrap();
        engine.run_until_idle(Duration::from_secs(30)).await.unwrap();
    });
}

#[test]
fn people_who_cannot_be_told_stop_nothing_and_are_told_once_when_they_can_be() {
    let world = World::new(Target::Searched, 3);
    world.write(4, "S9", "fourth");
    let line = Arc::new(Line::default());
    line.cut.store(true, Ordering::Relaxed);
    let engine = world.engine().alerts(line.clone());
    let started = world.clock.now();
    pass(&engine);
    assert!(world.clock.now() - started < chrono::TimeDelta::seconds(30), "the pass waited for people");
    for _ in 0..100 {
        world.clock.advance(Duration::from_secs(900));
        pass(&engine);
    }
    let again: Vec<bool> = line.tried.lock().unwrap().iter().map(|alert| alert.again).collect();
    assert!(
        !again[0] && again[1..].iter().all(|again| *again),
        "what tells by several ways knows the first try: {again:?}"
    );
    let versions: BTreeSet<u64> = line.tried.lock().unwrap().iter().map(|alert| alert.version).collect();
    assert_eq!(versions.len(), 1, "who takes it and is not believed knows it again: {versions:?}");
    let tried = again.len();
    assert!((4..20).contains(&tried), "{tried} times in a day");
    assert!(block_on(engine.trail(&key(4))).unwrap().to_string().contains("could not be told"));

    // It goes on as soon as it can, told or not.
    world.suppliers.lock().unwrap().push("S9".into());
    pass(&engine);
    world.clock.advance(Duration::from_secs(300));
    pass(&engine);
    world.check_exactly_once("untold");
    line.cut.store(false, Ordering::Relaxed);
    line.tried.lock().unwrap().clear();
    world.write(5, "S7", "fifth");
    pass(&engine);
    pass(&engine);
    let told = line.tried.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].at, world.head(&key(5)).since, "when it came to be so, not when it was told");
}

#[test]
fn a_new_reason_is_told_at_once_however_long_the_old_one_could_not_be() {
    let world = World::new(Target::Staged, 0);
    world.write(1, "S9", "first");
    let line = Arc::new(Line::default());
    line.cut.store(true, Ordering::Relaxed);
    let engine = world.engine().alerts(line.clone());
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(3600));
        pass(&engine);
    }
    line.cut.store(false, Ordering::Relaxed);
    line.tried.lock().unwrap().clear();
    world.write(1, "S8", "second");
    pass(&engine);
    let told = line.tried.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].reason.contains("S8"), "{told:?}");
}

/// Never answers, as a webhook may; remembers what was last recorded of each record when it was asked.
struct Deaf {
    world: Arc<World>,
    answers: bool,
    seen: Mutex<Vec<(Alert, Change)>>,
}

impl Deaf {
    fn new(world: &Arc<World>, answers: bool) -> Arc<Self> {
        Arc::new(Self { world: Arc::clone(world), answers, seen: Mutex::default() })
    }
}

#[async_trait]
impl AlertSink for Deaf {
    async fn raise(&self, alert: &Alert) -> Result<(), String> {
        let last = self.world.store.history(&alert.key).await.unwrap().pop().unwrap().change;
        self.seen.lock().unwrap().push((alert.clone(), last));
        if !self.answers {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

/// Polls a step as long as it gets on, and drops it, as a process that is told to end does.
fn cut_off(step: impl Future) -> bool {
    let mut step = std::pin::pin!(step);
    let mut context = Context::from_waker(Waker::noop());
    (0..1_000).all(|_| step.as_mut().poll(&mut context).is_pending())
}

#[test]
fn outcomes_are_recorded_before_people_are_told_who_may_never_answer() {
    let world = World::new(Target::Staged, 0);
    world.write(1, "S9", "first");
    let deaf = Deaf::new(&world, false);
    let engine = world.engine().alerts(deaf.clone());
    block_on(async {
        engine.poll(&KIND.into()).await.unwrap();
        engine.advance(100).await.unwrap();
    });
    assert_eq!(world.head(&key(1)).state.name(), StateName::Held);
    world.write(2, "S1", "second");
    block_on(async { while engine.poll(&KIND.into()).await.unwrap().more {} });
    // One step has both: a person to be told of the first, and the second to be posted.
    assert!(cut_off(engine.advance(100)), "nobody was told: this proves nothing");
    assert_eq!(deaf.seen.lock().unwrap().len(), 1);
    assert!(
        matches!(world.head(&key(2)).state.name(), StateName::Posted | StateName::Accepted),
        "{:?}",
        world.trail(2)
    );
    world.clock.advance(Duration::from_secs(86_400));
    world.suppliers.lock().unwrap().push("S9".into());
    block_on(world.sync());
    world.check_exactly_once("cut off while telling people");
}

#[test]
fn what_keeps_failing_is_recorded_before_people_are_told_of_it_and_told_once() {
    let world = World::new(Target::Staged, 2);
    let deaf = Deaf::new(&world, true);
    let engine = world.engine().alerts(deaf.clone());
    block_on(async { while engine.poll(&KIND.into()).await.unwrap().more {} });
    world.faults.store(1_000, Ordering::Relaxed);
    for _ in 0..200 {
        world.clock.advance(Duration::from_secs(60));
        block_on(engine.advance(100)).unwrap();
    }
    let seen = deaf.seen.lock().unwrap();
    assert_eq!(seen.len(), 2, "each of the two once: {seen:?}");
    for (alert, last) in seen.iter() {
        let recorded = matches!(
            last,
            Change::RetryPlanned { .. }
                | Change::CommitPlanned { .. }
                | Change::LookedUp { .. }
                | Change::Unanswered { .. }
        );
        assert!(recorded, "{alert:?} was raised after {last:?}");
        assert_eq!(world.head(&alert.key).alerted.as_ref(), Some(&alert.reason));
    }
}

#[test]
fn what_keeps_failing_while_people_cannot_be_told_is_tried_less_and_less_often_and_is_new_once() {
    let world = World::new(Target::Staged, 2);
    let line = Arc::new(Line::default());
    line.cut.store(true, Ordering::Relaxed);
    let engine = world.engine().alerts(line.clone());
    block_on(async { while engine.poll(&KIND.into()).await.unwrap().more {} });
    world.faults.store(1_000, Ordering::Relaxed);
    for _ in 0..1_440 {
        world.clock.advance(Duration::from_secs(60));
        block_on(engine.advance(100)).unwrap();
    }
    let tried = line.tried.lock().unwrap();
    for id in 1..=2 {
        let again: Vec<bool> = tried.iter().filter(|alert| alert.key == key(id)).map(|alert| alert.again).collect();
        assert!((2..20).contains(&again.len()), "{} times in a day", again.len());
        assert_eq!(again.iter().filter(|again| !**again).count(), 1, "{again:?}");
    }
}

#[test]
fn what_keeps_failing_for_another_kind_of_reason_is_told_anew_and_once() {
    let world = World::new(Target::Staged, 1);
    let deaf = Deaf::new(&world, true);
    let engine = world.engine().alerts(deaf.clone());
    world.faults.store(1_000, Ordering::Relaxed);
    block_on(async { while engine.poll(&KIND.into()).await.unwrap().more {} });
    let reasons = || -> Vec<String> {
        let seen = deaf.seen.lock().unwrap();
        seen.iter().map(|(alert, _)| alert.reason.clone()).collect()
    };
    for denied in [false, true] {
        world.denied.store(denied, Ordering::Relaxed);
        for _ in 0..100 {
            world.clock.advance(Duration::from_secs(60));
            block_on(engine.advance(100)).unwrap();
        }
    }
    let told = reasons();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("cannot be reached") && told[0].ends_with("no answer"), "{told:?}");
    assert!(told[1].contains("access is denied") && told[1].ends_with("the credentials were refused"), "{told:?}");
    assert!(world.trail(1).iter().all(|change| !matches!(change, Change::Committing { .. })), "it never got so far");
}

#[test]
fn people_are_told_of_many_records_step_by_step_and_of_each_once() {
    let world = World::new(Target::Staged, 0);
    (1..=50).for_each(|id| world.write(id, "S9", "first"));
    let deaf = Deaf::new(&world, true);
    let engine = world.engine().alerts(deaf.clone());
    block_on(async { while engine.poll(&KIND.into()).await.unwrap().more {} });
    block_on(engine.advance(100)).unwrap();
    block_on(engine.advance(100)).unwrap();
    assert_eq!(deaf.seen.lock().unwrap().len(), 20, "in the step after they were held");
    pass(&engine);
    let mut told: Vec<RecordKey> = deaf.seen.lock().unwrap().iter().map(|(alert, _)| alert.key.clone()).collect();
    assert_eq!(told.len(), 50);
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 50);
}
