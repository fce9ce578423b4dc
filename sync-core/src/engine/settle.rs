//! Commits whose outcome is unknown, and documents that are still to appear (I2).

use chrono::{DateTime, TimeDelta, Utc};

use super::advance::{Done, lookup, no_answer};
use super::journal::{Entry, Recorded, Work, append_of};
use super::outcome::{Retries, pad};
use super::{Engine, Flow, after};
use crate::alert::Alert;
use crate::error::EngineError;
use crate::failure::{Failure, FailureKind};
use crate::label::Label;
use crate::ledger::{Appended, Change, Evidence, Lease};
use crate::request::RequestIds;
use crate::sink::{Doubt, Found, Lookup, Settled};
use crate::state::{Head, State, StateName};

/// How the reason of an alert about lasting failures begins.
const KEEPS_FAILING: &str = "posting it keeps failing";
const CHANGING_KEEPS_FAILING: &str = "changing its document keeps failing";

/// What follows in it on the kind of failure.
const GOES_ON: &str = ", and is tried again by itself: ";

/// The waits before people are told again after that has failed.
const SOONEST_RETELLING: std::time::Duration = std::time::Duration::from_secs(60);
const LATEST_RETELLING: std::time::Duration = std::time::Duration::from_secs(6 * 3600);

/// Of how many records people are told in one step.
const MOST_ALERTS: usize = 20;

/// The longest wait between two lookups of an accepted document.
const LONGEST_LOOKUP_WAIT: std::time::Duration = std::time::Duration::from_secs(60);

impl Engine {
    /// Settles commits of unknown outcome: by the target's certain answer, or by lookups.
    pub(super) async fn settle(&self, flow: &Flow, works: Vec<Work>, done: &mut Done) -> Result<(), EngineError> {
        let doubts = self.note_doubts(works).await?;
        if doubts.is_empty() {
            return Ok(());
        }
        let (works, doubts): (Vec<Work>, Vec<Doubt>) = doubts.into_iter().unzip();
        let answers = pad(flow.sink.settle(&doubts).await, doubts.len(), || Settled::Unanswered(no_answer()));
        let mut retries = Retries::of(self);
        let mut undecided = Vec::new();
        let mut entries = Vec::new();
        for (work, answer) in works.into_iter().zip(answers) {
            let change = match answer {
                Settled::Created(target) => Change::Posted { target, evidence: Evidence::Lookup },
                Settled::Accepted => Change::Accepted,
                Settled::Void => {
                    entries.push(retries.void(work));
                    continue;
                }
                Settled::NeedsPerson(failure) => Change::Parked { failure },
                Settled::Unanswered(failure) => retries.question(failure),
                Settled::Undecided => {
                    undecided.push(work);
                    continue;
                }
            };
            entries.push(Entry::last(work, change, ()));
        }
        entries.extend(self.look_up(flow, undecided).await?);
        self.finish(flow, entries, StateName::InDoubt, done).await
    }

    /// Records that these commits are in doubt and about to be settled, before the target is asked.
    async fn note_doubts(&self, works: Vec<Work>) -> Result<Vec<(Work, Doubt)>, EngineError> {
        let until = self.after(self.settings.lease);
        let entries = works
            .into_iter()
            .map(|work| {
                let asked_before = matches!(work.head.state, State::InDoubt { settled, .. } if settled > 0);
                let mut changes = vec![Change::Settling];
                if matches!(work.head.state, State::Committing { .. }) {
                    let failure =
                        Failure::new(FailureKind::Other, "the worker stopped before the outcome was recorded");
                    changes.insert(0, Change::InDoubt { failure });
                }
                Entry { changes, ..Entry::new(work, Change::Settling, Lease::Until(until), asked_before) }
            })
            .collect();
        let recorded = self.record(entries).await?;
        Ok(recorded
            .into_iter()
            .map(|Recorded { work, with: asked_before, .. }| {
                let doubt = Doubt { lookup: lookup(&work), asked_before };
                (work, doubt)
            })
            .collect())
    }

    /// Looks for documents whose commit is in doubt: only finding nothing twice, a settle time apart,
    /// shows that there is none.
    async fn look_up(&self, flow: &Flow, works: Vec<Work>) -> Result<Vec<Entry<()>>, EngineError> {
        if works.is_empty() {
            return Ok(Vec::new());
        }
        let lookups: Vec<Lookup> = works.iter().map(lookup).collect();
        let answers = self.find(flow, &lookups).await?;
        let mut retries = Retries::of(self);
        let now = self.clock.now();
        let next = after(now, self.settings.settle_time);
        let entry = |(work, answer): (Work, Found)| {
            let change = match answer {
                Found::Found(target) => Change::Posted { target, evidence: Evidence::Lookup },
                Found::Differs(failure) => Change::Parked { failure },
                Found::Unanswered(failure) => retries.question(failure),
                Found::Pending => Change::LookedUp { pending: true, next },
                Found::Absent | Found::InPart if self.absent_long_enough(&work.head) => return retries.void(work),
                Found::Absent | Found::InPart => Change::LookedUp { pending: false, next },
            };
            Entry::last(work, change, ())
        };
        Ok(works.into_iter().zip(answers).map(entry).collect())
    }

    fn absent_long_enough(&self, head: &Head) -> bool {
        matches!(head.state, State::InDoubt { absent_since: Some(since), .. } if self.has_passed(since, self.settings.settle_time))
    }

    /// Looks for accepted documents until they are there. However long that takes, they are never
    /// created again.
    pub(super) async fn confirm(&self, flow: &Flow, works: Vec<Work>, done: &mut Done) -> Result<(), EngineError> {
        if works.is_empty() {
            return Ok(());
        }
        let lookups: Vec<Lookup> = works.iter().map(lookup).collect();
        let answers = self.find(flow, &lookups).await?;
        let mut retries = Retries::of(self);
        let now = self.clock.now();
        let entries: Vec<Entry<()>> = works
            .into_iter()
            .zip(answers)
            .map(|(work, answer)| {
                let change = match answer {
                    Found::Found(target) => Change::Posted { target, evidence: Evidence::Lookup },
                    Found::Differs(failure) => Change::Parked { failure },
                    Found::Unanswered(failure) => retries.question(failure),
                    Found::Pending => Change::LookedUp { pending: true, next: self.next_lookup(&work.head, now) },
                    Found::Absent | Found::InPart => {
                        Change::LookedUp { pending: false, next: self.next_lookup(&work.head, now) }
                    }
                };
                Entry::last(work, change, ())
            })
            .collect();
        self.finish(flow, entries, StateName::Accepted, done).await
    }

    fn next_lookup(&self, head: &Head, now: DateTime<Utc>) -> DateTime<Utc> {
        let looked = if let State::Accepted { looked, .. } = head.state { looked } else { 0 };
        let wait = self.settings.first_lookup.saturating_mul(1 << looked.min(16));
        after(now, wait.min(LONGEST_LOOKUP_WAIT.max(self.settings.first_lookup)))
    }

    /// What people are to be told of a record that gets nowhere for longer than it should: a document that stays unseen,
    /// attempts that keep failing.
    pub(super) fn lasting_trouble(&self, flow: &Flow, entry: &Entry<()>) -> Option<Alert> {
        let head = &entry.work.head;
        let (since, reason) = match entry.changes.last()? {
            Change::LookedUp { .. } | Change::Unanswered { .. } => {
                let handle = head.state.handle()?;
                (head.since, format!("not seen in the target yet; look for {}", flow.sink.describe(handle)))
            }
            Change::RetryPlanned { failure, .. } | Change::CommitPlanned { failure, .. } => {
                (head.troubled_since?, lasting(KEEPS_FAILING, failure))
            }
            Change::AmendPlanned { failure, .. } => (head.troubled_since?, lasting(CHANGING_KEEPS_FAILING, failure)),
            _ => return None,
        };
        // The words of the failure may change from attempt to attempt; that it lasts, and of what kind it is, is the
        // reason.
        let told = head.alerted.as_ref().is_some_and(|told| {
            let kind = |reason: &str| reason.split_once(GOES_ON).map(|(kind, _)| kind.to_owned());
            *told == reason || (kind(told).is_some() && kind(told) == kind(&reason))
        });
        let may_tell = head.tell_at.is_none_or(|at| self.clock.now() >= at);
        (!told && may_tell && self.has_passed(since, self.settings.patience))
            .then(|| alert(head, flow.mapper.label(&head.payload), reason))
    }

    fn has_passed(&self, since: DateTime<Utc>, wait: std::time::Duration) -> bool {
        self.clock.now() - since >= TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX)
    }

    /// Tells people of records that need them or get nowhere, and records that they were told (I7). Only of so many in one
    /// step: the others are due in the next one, or told of once they have failed again.
    pub(super) async fn tell(&self, untold: Vec<Work>, troubled: Vec<(Head, Alert)>) -> Result<(), EngineError> {
        let mut left = MOST_ALERTS;
        let mut later = Vec::new();
        for work in untold {
            let Some(reason) = work.head.untold().filter(|_| left > 0) else {
                later.push(work);
                continue;
            };
            left -= 1;
            let change = match self.raise(&alert(&work.head, self.label(&work.head), reason.clone())).await {
                Ok(()) => Change::Alerted { reason },
                Err(why) => Change::AlertFailed { why, next: self.tell_again(&work.head) },
            };
            // Each by itself: what comes next may take long, or be cut off.
            self.record(vec![Entry::last(work, change, ())]).await?;
        }
        self.release(later).await?;
        for (head, alert) in troubled.into_iter().take(left) {
            let change = match self.raise(&alert).await {
                Ok(()) => Change::Alerted { reason: alert.reason },
                Err(why) => Change::AlertFailed { why, next: self.tell_again(&head) },
            };
            self.note(head, change).await?;
        }
        Ok(())
    }

    /// Records whether people were told of a record that nobody holds, unless it has come further meanwhile.
    async fn note(&self, mut head: Head, change: Change) -> Result<(), EngineError> {
        let state = head.state.name();
        let change = [change];
        loop {
            let events = self.events(head.version, &change, &RequestIds::none(), self.clock.now());
            let append = append_of(&head, None, events, Lease::Keep);
            let key = append.key.clone();
            if self.append(&[append]).await?.first() != Some(&Appended::VersionConflict) {
                return Ok(());
            }
            match self.store.get(&[key]).await?.into_iter().flatten().next() {
                Some(now) if now.state.name() == state => head = now,
                _ => return Ok(()),
            }
        }
    }

    /// As long as it has been known already, so that telling people of the same thing costs little however long it
    /// fails.
    fn tell_again(&self, head: &Head) -> DateTime<Utc> {
        let now = self.clock.now();
        let known = (now - head.troubled_since.unwrap_or(head.since)).to_std().unwrap_or_default();
        after(now, known.clamp(SOONEST_RETELLING, LATEST_RETELLING))
    }

    async fn raise(&self, alert: &Alert) -> Result<(), String> {
        let raised = self.alerts.raise(alert).await;
        if let Err(error) = &raised {
            tracing::warn!(key = %alert.key, error, "an alert could not be raised; it will be tried again");
        }
        raised
    }
}

/// The reason of an alert about attempts that keep failing.
fn lasting(what: &str, failure: &Failure) -> String {
    let kind = match failure.kind {
        // A gateway in trouble answers with either.
        FailureKind::RateLimited | FailureKind::Unavailable => " as the system cannot be reached or is overloaded",
        FailureKind::Denied => " as access is denied",
        FailureKind::Invalid => " as it is refused",
        FailureKind::Other => "",
    };
    format!("{what}{kind}{GOES_ON}{failure}")
}

fn alert(head: &Head, label: Label, reason: String) -> Alert {
    Alert {
        key: head.key.clone(),
        label,
        state: head.state.name().to_string(),
        reason,
        at: head.since,
        version: if head.tell_at.is_some() { head.tell_version } else { head.version },
        again: head.tell_at.is_some(),
    }
}
