use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sync_core::*;

use crate::world::{KIND, Target, World, block_on, key};

fn sync(world: &Arc<World>) {
    block_on(world.sync());
}

fn state(world: &World, id: u32) -> StateName {
    world.head(&key(id)).state.name()
}

#[test]
fn the_intent_stands_in_the_ledger_before_the_handle_and_the_handle_before_the_outcome() {
    let world = World::new(Target::Staged, 1);
    sync(&world);
    let trail = world.trail(1);
    assert!(matches!(
        trail[..5],
        [
            Change::Discovered { .. },
            Change::Intended { .. },
            Change::NotYetThere,
            Change::Committing { .. },
            Change::Accepted
        ]
    ));
    assert!(matches!(trail.last(), Some(Change::Posted { evidence: Evidence::Lookup, .. })));
}

#[test]
fn a_second_pass_over_unchanged_records_calls_the_sink_not_once() {
    let world = World::new(Target::Staged, 5);
    sync(&world);
    let calls = world.sink_calls.load(Ordering::Relaxed);
    sync(&world);
    assert_eq!(world.sink_calls.load(Ordering::Relaxed), calls);
    world.check_exactly_once("second pass");
}

/// A target whose period is closed until somebody opens it.
struct Closed {
    target: Arc<dyn Sink>,
    open: AtomicBool,
}

#[async_trait::async_trait]
impl Sink for Closed {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        self.target.find(wanted).await
    }
    async fn check(&self, drafts: &[Draft]) -> Vec<Option<Staged>> {
        if self.open.load(Ordering::Relaxed) {
            return vec![None; drafts.len()];
        }
        self.stage(drafts).await.into_iter().map(Some).collect()
    }
    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        if self.open.load(Ordering::Relaxed) {
            return self.target.stage(drafts).await;
        }
        let closed = Missing { kind: "period".into(), value: "2026-11".into(), hint: "it is closed: open it".into() };
        vec![Staged::Held(vec![closed]); drafts.len()]
    }
    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        self.target.commit(handles).await
    }
}

#[test]
fn what_the_target_holds_is_asked_for_again_with_each_pass_and_told_once() {
    let world = World::new(Target::Staged, 2);
    let flow = world.flow();
    let closed = Arc::new(Closed { target: flow.sink.clone(), open: AtomicBool::new(false) });
    let engine = || world.engine().flow(Flow { sink: closed.clone(), ..world.flow() });
    let mut told = Vec::new();
    for _ in 0..3 {
        block_on(world.sync_by(engine(), KIND));
        assert_eq!((state(&world, 1), state(&world, 2)), (StateName::Held, StateName::Held));
        told.push(world.trail(1).len());
    }
    assert!(told.iter().all(|events| *events == told[0]), "the same reason is recorded once: {told:?}");
    let raised = world.alerts.raised();
    assert_eq!(raised.len(), 2, "once for each record: {raised:?}");
    assert!(raised[0].reason.contains("period 2026-11: it is closed: open it"), "{raised:?}");
    // Somebody makes one of them by hand meanwhile.
    world.make_by_hand(2);
    block_on(world.sync_by(engine(), KIND));
    assert_eq!((state(&world, 1), state(&world, 2)), (StateName::Held, StateName::Posted));
    closed.open.store(true, Ordering::Relaxed);
    block_on(world.sync_by(engine(), KIND));
    world.check_exactly_once("the period was opened");
}

#[test]
fn a_record_is_held_until_its_supplier_is_there_and_people_are_told_once() {
    let world = World::new(Target::Staged, 2);
    world.write(3, "S9", "third");
    sync(&world);
    sync(&world);
    assert_eq!(state(&world, 3), StateName::Held);
    let raised = world.alerts.raised();
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert!(raised[0].reason.contains("vendor S9"));
    world.suppliers.lock().unwrap().push("S9".into());
    sync(&world);
    world.check_exactly_once("resumed");
    assert!(world.trail(3).iter().any(|change| matches!(change, Change::Resumed { .. })));
}

#[test]
fn a_held_record_whose_reason_changes_is_told_again() {
    let world = World::new(Target::Staged, 0);
    world.write(1, "S8", "first");
    sync(&world);
    world.write(1, "S9", "second");
    sync(&world);
    let reasons: Vec<String> = world.alerts.raised().into_iter().map(|alert| alert.reason).collect();
    assert_eq!(reasons.len(), 2);
    assert!(reasons[0].contains("S8") && reasons[1].contains("S9"));
}

#[test]
fn what_was_there_before_the_ledger_is_linked_and_not_created_again() {
    let world = World::new(Target::Staged, 4);
    sync(&world);
    let lost = World::new(Target::Staged, 4);
    std::mem::swap(&mut *lost.tables.lock().unwrap(), &mut *world.tables.lock().unwrap());
    lost.clock.advance(Duration::from_secs(86_400));
    sync(&lost);
    lost.check_exactly_once("after the ledger was lost");
    assert!(matches!(lost.trail(1).last(), Some(Change::Posted { evidence: Evidence::Existing, .. })));
}

#[test]
fn a_refused_document_is_rejected_told_and_sent_again_only_on_replay_or_change() {
    let world = World::new(Target::Staged, 1);
    world.refused.lock().unwrap().push("first".into());
    sync(&world);
    sync(&world);
    assert_eq!(state(&world, 1), StateName::Rejected);
    assert_eq!(world.alerts.raised().len(), 1);
    assert_eq!(world.head(&key(1)).attempt, 1);
    world.refused.lock().unwrap().clear();
    block_on(world.engine().replay(&key(1), &Actor::new("jo"), Assurance::None)).unwrap();
    sync(&world);
    world.check_exactly_once("replayed");
    let events = block_on(world.store.history(&key(1))).unwrap();
    assert!(events.iter().any(|event| event.change == Change::Replayed && event.actor.as_str() == "jo"));
}

#[test]
fn what_may_be_in_the_target_is_replayed_only_on_a_persons_assurance() {
    let world = World::new(Target::Staged, 1);
    let engine = world.engine();
    block_on(async {
        engine.poll(&KIND.into()).await.unwrap();
        engine.advance(10).await.unwrap();
    });
    assert_eq!(state(&world, 1), StateName::Accepted);
    let who = Actor::new("jo");
    let refused = block_on(engine.replay(&key(1), &who, Assurance::None));
    assert!(matches!(refused, Err(EngineError::NotReplayable { .. })));
    assert!(block_on(engine.replay(&key(1), &who, Assurance::NotInTarget)).is_ok());
    let unknown = block_on(engine.replay(&key(9), &who, Assurance::None));
    assert!(matches!(unknown, Err(EngineError::UnknownRecord { .. })));
}

#[test]
fn an_accepted_document_that_stays_unseen_is_told_once_and_never_created_again() {
    let world = World::new(Target::Staged, 1);
    let engine = world.engine();
    block_on(async {
        engine.poll(&KIND.into()).await.unwrap();
        engine.advance(10).await.unwrap();
        world.tables.lock().unwrap().documents.clear();
        for _ in 0..200 {
            engine.advance(10).await.unwrap();
            world.clock.advance(Duration::from_secs(60));
        }
    });
    assert_eq!(state(&world, 1), StateName::Accepted);
    assert_eq!(world.tables.lock().unwrap().documents.len(), 0);
    let raised = world.alerts.raised();
    assert_eq!(raised.len(), 1);
    assert!(raised[0].reason.contains("message"), "{}", raised[0].reason);
}

#[test]
fn a_record_changed_or_cancelled_after_posting_is_told_and_not_posted_again() {
    let world = World::new(Target::Staged, 2);
    sync(&world);
    world.write(1, "S1", "changed");
    world.write_as(2, "S1", "first", Lifecycle::Cancelled);
    sync(&world);
    assert_eq!(world.tables.lock().unwrap().documents.len(), 2);
    let reasons: Vec<String> = world.alerts.raised().into_iter().map(|alert| alert.reason).collect();
    assert_eq!(reasons.len(), 2);
    assert!(reasons.iter().any(|reason| reason.contains("changed at the source")));
    assert!(reasons.iter().any(|reason| reason.contains("cancelled at the source")));
}

#[test]
fn a_record_cancelled_before_it_was_posted_is_skipped() {
    let world = World::new(Target::Staged, 0);
    world.write_as(1, "S1", "first", Lifecycle::Cancelled);
    sync(&world);
    assert_eq!(state(&world, 1), StateName::Skipped);
    assert!(world.tables.lock().unwrap().documents.is_empty());
}

#[test]
fn a_record_revised_before_its_commit_is_posted_as_revised() {
    let world = World::new(Target::Staged, 1);
    let engine = world.engine();
    block_on(engine.poll(&KIND.into())).unwrap();
    world.write(1, "S1", "revised");
    block_on(engine.poll(&KIND.into())).unwrap();
    sync(&world);
    world.check_exactly_once("revised");
}

#[test]
fn nothing_is_mapped_on_stale_reference_data() {
    let world = World::new(Target::Staged, 1);
    let fresh = Duration::from_secs(3600);
    let source = world.engine();
    block_on(source.poll(&KIND.into())).unwrap();
    let flow = Flow { max_reference_age: Some(fresh), ..world.flow() };
    let engine = world.engine().flow(flow);
    assert!(matches!(block_on(engine.advance(10)), Err(EngineError::StaleReferences { .. })));
    assert_eq!(state(&world, 1), StateName::Discovered);
    let at = world.clock.now();
    block_on(world.store.replace(&"acme".into(), &[("vendor".into(), Vec::new())], at)).unwrap();
    block_on(engine.advance(10)).unwrap();
    assert_eq!(state(&world, 1), StateName::Accepted);
    assert!(block_on(engine.run_until_idle(Duration::from_secs(600))).is_ok());
}

#[test]
fn a_plan_says_what_a_pass_then_does_and_writes_nothing() {
    let world = World::new(Target::Staged, 3);
    world.write(4, "S9", "held");
    world.write_as(5, "S1", "gone", Lifecycle::Cancelled);
    let engine = world.engine();
    let plan = block_on(engine.plan(&KIND.into(), &References::default())).unwrap();
    assert!(block_on(world.store.get(&[key(1)])).unwrap()[0].is_none(), "nothing written");
    assert_eq!(world.tables.lock().unwrap().documents.len(), 0);
    sync(&world);
    for planned in plan {
        let state = world.head(&planned.key).state.name();
        let expected = match planned.step {
            Step::Post(_) => StateName::Posted,
            Step::Hold(_) => StateName::Held,
            Step::Skip(_) => StateName::Skipped,
            other => panic!("{other:?}"),
        };
        assert_eq!(state, expected, "{}", planned.key);
    }
    let again = block_on(engine.plan(&KIND.into(), &References::default())).unwrap();
    assert!(!again.iter().any(|planned| matches!(planned.step, Step::Post(_))));
}

#[test]
fn a_trail_reads_as_sentences() {
    let world = World::new(Target::Staged, 1);
    sync(&world);
    let trail = block_on(world.engine().trail(&key(1))).unwrap().to_string();
    for words in
        ["read for the first time", "attempt 1 begins: supplier S2", "accepted by the target", "posted: found as"]
    {
        assert!(trail.contains(words), "`{words}` is not in\n{trail}");
    }
}
