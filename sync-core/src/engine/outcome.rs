//! What follows from a failure.

use std::collections::HashMap;
use std::time::Duration;

use super::journal::{Entry, Work};
use super::{Engine, Flow};
use crate::failure::{Failure, FailureKind};
use crate::ledger::Change;
use crate::retry::Retry;

/// Decides about retries in one step of a batch: records that failed alike are due again at the same
/// moment, so that they fill the sink's bulk calls again instead of trickling in one by one.
pub(super) struct Retries<'a> {
    engine: &'a Engine,
    decided: HashMap<(u32, FailureKind, Option<Duration>), Retry>,
}

impl<'a> Retries<'a> {
    pub fn of(engine: &'a Engine) -> Self {
        Self { engine, decided: HashMap::new() }
    }

    /// After a failed attempt that left nothing behind.
    pub fn attempt(&mut self, work: &Work, failure: Failure) -> Change {
        match self.decide(work.head.attempt.max(1), &failure) {
            Retry::At(at) => Change::RetryPlanned { at, failure },
            Retry::Park => Change::Parked { failure },
        }
    }

    /// After a commit that was proven unprocessed: what is staged in the target is kept; what is not may have been made by
    /// others before the next attempt, which therefore looks again.
    pub fn commit(&mut self, flow: &Flow, work: &Work, failure: Failure) -> Change {
        if !flow.sink.keeps_staged() {
            return self.attempt(work, failure);
        }
        match self.decide(work.head.attempt.max(1), &failure) {
            Retry::At(at) => Change::CommitPlanned { at, failure },
            Retry::Park => Change::Parked { failure },
        }
    }

    /// After an amendment that was not done: compared anew, though not at once.
    pub fn amendment(&mut self, work: &Work, failure: Failure) -> Change {
        match self.decide(work.head.amend_attempts + 1, &failure) {
            Retry::At(at) => Change::AmendPlanned { at, failure },
            Retry::Park => {
                Change::AmendRefused { revision: work.head.revision.clone(), lifecycle: work.head.lifecycle, failure }
            }
        }
    }

    /// After a commit that is proven never to have happened: a new attempt, though not at once.
    pub fn void(&mut self, work: Work) -> Entry<()> {
        let failure = Failure::new(FailureKind::Unavailable, "the commit did not reach the target");
        let retry = self.attempt(&work, failure);
        Entry { changes: vec![Change::Voided, retry], ..Entry::last(work, Change::Voided, ()) }
    }

    /// After a question that was not answered: asked again, for ever, since not knowing is no end.
    pub fn question(&mut self, failure: Failure) -> Change {
        let next = match self.decide(1, &failure) {
            Retry::At(at) => at,
            Retry::Park => self.engine.after(self.engine.settings.settle_time),
        };
        Change::Unanswered { failure, next }
    }

    fn decide(&mut self, attempt: u32, failure: &Failure) -> Retry {
        let engine = self.engine;
        *self
            .decided
            .entry((attempt, failure.kind, failure.retry_after))
            .or_insert_with(|| engine.retry.after(attempt, failure, engine.clock.now()))
    }
}

/// As many answers as there were questions, the missing ones made up.
pub(super) fn pad<T>(mut answers: Vec<T>, questions: usize, missing: impl FnMut() -> T) -> Vec<T> {
    answers.resize_with(questions, missing);
    answers
}
