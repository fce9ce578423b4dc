//! What happens between two steps of a worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use sync_core::*;

use crate::world::{KIND, Target, World, block_on, key};

/// A sink that plays a part, and counts.
struct Stage {
    world: Arc<World>,
    part: Part,
    asked: AtomicU64,
    staged: AtomicU64,
    committed: AtomicU64,
    discarded: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The first lookup is not answered; the document is there.
    ThereButUnanswered,
    /// The order is cancelled while it is being staged.
    CancelledWhileStaged,
    /// The order is revised while it is being staged.
    RevisedWhileStaged,
    /// So it is, and what it was is refused.
    RevisedWhileRefused,
    /// The first commit is proven unprocessed, and the order revised before the next.
    RevisedBeforeTheNextCommit,
    /// No commit ever arrives, and that can be proven.
    NeverArrives,
    /// The sink answers nothing at all.
    Silent,
    /// Every attempt is refused for the pace.
    Throttled,
}

impl Stage {
    async fn read_again(&self, content: &str, lifecycle: Lifecycle) {
        self.world.write_as(1, "S2", content, lifecycle);
        let engine = self.world.engine();
        while engine.poll(&KIND.into()).await.unwrap().more {}
    }
}

fn trouble(kind: FailureKind) -> Failure {
    Failure::new(kind, "the gateway is in trouble")
}

#[async_trait]
impl Sink for Stage {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let first = self.asked.fetch_add(1, Ordering::Relaxed) == 0;
        let answer = match self.part {
            Part::ThereButUnanswered if first => Found::Unanswered(trouble(FailureKind::Unavailable)),
            Part::ThereButUnanswered => Found::Found(TargetRef("OLD".into())),
            _ => Found::Absent,
        };
        vec![answer; wanted.len()]
    }

    fn keeps_staged(&self) -> bool {
        true
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        let first = self.staged.fetch_add(1, Ordering::Relaxed) == 0;
        match self.part {
            Part::CancelledWhileStaged if first => self.read_again("first", Lifecycle::Cancelled).await,
            Part::RevisedWhileStaged if first => self.read_again("revised", Lifecycle::Active).await,
            Part::RevisedWhileRefused if first => {
                self.read_again("revised", Lifecycle::Active).await;
                let refused = Failure::new(FailureKind::Invalid, "not so");
                return vec![Staged::Rejected(refused); drafts.len()];
            }
            Part::Throttled => return vec![Staged::NotStaged(trouble(FailureKind::RateLimited)); drafts.len()],
            _ => {}
        }
        drafts.iter().map(|draft| Handle(draft.document.clone()).into()).collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let first = self.committed.fetch_add(1, Ordering::Relaxed) == 0;
        match self.part {
            Part::RevisedBeforeTheNextCommit if first => {
                self.read_again("revised", Lifecycle::Active).await;
                vec![Committed::NotProcessed(trouble(FailureKind::RateLimited)); handles.len()]
            }
            Part::NeverArrives => vec![Committed::Unknown(trouble(FailureKind::Unavailable)); handles.len()],
            Part::Silent => Vec::new(),
            _ => handles
                .iter()
                .map(|handle| TargetRef(handle.0["content"].as_str().unwrap().to_owned()).into())
                .collect(),
        }
    }

    async fn settle(&self, doubts: &[Doubt]) -> Vec<Settled> {
        match self.part {
            Part::Silent => Vec::new(),
            _ => vec![Settled::Void; doubts.len()],
        }
    }

    async fn discard(&self, handles: &[Handle]) {
        self.discarded.fetch_add(handles.len() as u64, Ordering::Relaxed);
    }
}

fn play(part: Part) -> (Arc<World>, Arc<Stage>, Engine) {
    let world = World::new(Target::Staged, 1);
    let stage = Arc::new(Stage {
        world: world.clone(),
        part,
        asked: 0.into(),
        staged: 0.into(),
        committed: 0.into(),
        discarded: 0.into(),
    });
    let engine = world.engine().flow(Flow { sink: stage.clone(), ..world.flow() });
    block_on(async { while engine.poll(&KIND.into()).await.unwrap().more {} });
    (world, stage, engine)
}

fn run(engine: &Engine) {
    block_on(engine.run_until_idle(Duration::from_secs(3600))).unwrap();
}

#[test]
fn a_document_that_may_be_there_already_is_asked_for_until_there_is_an_answer() {
    let (world, stage, engine) = play(Part::ThereButUnanswered);
    run(&engine);
    assert_eq!(stage.staged.load(Ordering::Relaxed), 0, "staged, though nobody knew whether it was there");
    assert_eq!(world.head(&key(1)).state, State::Posted { target: TargetRef("OLD".into()) });
}

#[test]
fn an_order_cancelled_while_it_is_staged_is_not_committed() {
    let (world, stage, engine) = play(Part::CancelledWhileStaged);
    run(&engine);
    assert_eq!(stage.committed.load(Ordering::Relaxed), 0);
    assert_eq!(stage.discarded.load(Ordering::Relaxed), 1);
    assert_eq!(world.head(&key(1)).state.name(), StateName::Skipped);
}

#[test]
fn an_order_revised_while_it_is_staged_is_committed_as_revised() {
    for part in [Part::RevisedWhileStaged, Part::RevisedBeforeTheNextCommit] {
        let (world, stage, engine) = play(part);
        run(&engine);
        assert_eq!(world.head(&key(1)).state, State::Posted { target: TargetRef("revised".into()) }, "{part:?}");
        assert_eq!(stage.discarded.load(Ordering::Relaxed), 1, "{part:?}: the staged older one");
    }
}

#[test]
fn an_order_revised_while_what_it_was_is_refused_is_tried_as_revised() {
    let (world, _, engine) = play(Part::RevisedWhileRefused);
    run(&engine);
    assert_eq!(world.head(&key(1)).state, State::Posted { target: TargetRef("revised".into()) });
}

#[test]
fn an_accepted_document_is_not_reopened_by_a_revision() {
    let world = World::new(Target::Staged, 1);
    let engine = world.engine();
    block_on(async {
        engine.poll(&KIND.into()).await.unwrap();
        engine.advance(10).await.unwrap();
    });
    assert_eq!(world.head(&key(1)).state.name(), StateName::Accepted);
    world.write(1, "S1", "revised");
    block_on(engine.poll(&KIND.into())).unwrap();
    assert_eq!(world.head(&key(1)).state.name(), StateName::Accepted);
    block_on(world.sync());
    assert_eq!(world.tables.lock().unwrap().documents.len(), 1);
}

#[test]
fn commits_that_never_arrive_are_spaced_out_and_told() {
    let (world, stage, engine) = play(Part::NeverArrives);
    block_on(async {
        for _ in 0..200 {
            engine.advance(10).await.unwrap();
        }
    });
    let attempts = stage.staged.load(Ordering::Relaxed);
    assert!(attempts < 10, "{attempts} attempts without a moment passing");
    block_on(async {
        for _ in 0..200 {
            world.clock.advance(Duration::from_secs(60));
            engine.advance(10).await.unwrap();
        }
    });
    let raised = world.alerts.raised();
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert!(raised[0].reason.contains("keeps failing"), "{}", raised[0].reason);
    assert!(world.head(&key(1)).concern().is_some(), "people can see it");
}

#[test]
fn attempts_that_keep_failing_are_told_once_and_go_on() {
    let (world, stage, engine) = play(Part::Throttled);
    block_on(async {
        for _ in 0..100 {
            world.clock.advance(Duration::from_secs(60));
            engine.advance(10).await.unwrap();
        }
    });
    assert_eq!(world.alerts.raised().len(), 1);
    let before = stage.staged.load(Ordering::Relaxed);
    world.clock.advance(Duration::from_secs(600));
    block_on(engine.advance(10)).unwrap();
    assert_eq!(stage.staged.load(Ordering::Relaxed), before + 1, "it goes on");
}

#[test]
fn a_missing_answer_to_a_commit_is_a_doubt_and_no_licence() {
    let (world, stage, engine) = play(Part::Silent);
    block_on(engine.advance(10)).unwrap();
    assert_eq!(world.head(&key(1)).state.name(), StateName::InDoubt);
    block_on(async {
        for _ in 0..50 {
            world.clock.advance(Duration::from_secs(60));
            engine.advance(10).await.unwrap();
        }
    });
    assert_eq!(stage.committed.load(Ordering::Relaxed), 1, "committed again without an answer");
    assert_eq!(world.head(&key(1)).state.handle().unwrap().0["content"], json!("first"));
}
