//! A record's history in words, for people.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::difference;
use crate::engine::Engine;
use crate::error::{EngineError, StoreError};
use crate::failure::Failure;
use crate::ledger::{Change, DedupStore, Event, Evidence};
use crate::record::{Actor, Lifecycle, RecordKey};
use crate::request::RequestIds;
use crate::sink::{Difference, TargetRef};
use crate::standing::{Standing, minute};
use crate::state::{Head, State, StateName, join};

/// All that happened to one record. Displays one line an event, and at the end where the record stands.
#[derive(Debug, Clone)]
pub struct Trail {
    /// Which record.
    pub key: RecordKey,
    /// Its history, oldest first.
    pub events: Vec<Event>,
}

impl Trail {
    /// Reads a record's trail.
    pub async fn read(store: &dyn DedupStore, key: &RecordKey) -> Result<Self, StoreError> {
        Ok(Self { key: key.clone(), events: store.history(key).await? })
    }

    /// Each event with what it did to the record, oldest first.
    pub fn entries(&self) -> Vec<AuditEntry> {
        let mut head: Option<Head> = None;
        let mut entries = Vec::with_capacity(self.events.len());
        for event in &self.events {
            let before = head.as_ref().map(|head| head.state.name());
            let differences = differences(head.as_ref(), &event.change);
            match &mut head {
                Some(head) => head.apply(event),
                None => head = Head::first(&self.key, event),
            }
            // A history begins with a discovery; without one there is no state to tell of.
            let Some(head) = &head else { continue };
            entries.push(AuditEntry {
                key: self.key.clone(),
                version: event.version,
                at: event.at,
                actor: event.actor.clone(),
                attempt: head.attempt,
                before,
                after: head.state.name(),
                document: document(&event.change).cloned(),
                evidence: evidence(&event.change),
                request_ids: request_ids(event).into(),
                told: told(&event.change, &differences),
                differences,
                change: event.change.clone(),
            });
        }
        entries
    }

    /// Where the record stands, in sentences; none if its history does not begin with its discovery.
    pub fn standing(&self) -> Option<Standing> {
        let head = Head::fold(&self.key, &self.events)?;
        let mut standing = head.standing();
        if matches!(head.state, State::CommitAt { .. } | State::InDoubt { .. } | State::Accepted { .. }) {
            // Of what is under way the state says only when it goes on.
            let committed = self.events.iter().rposition(|event| matches!(event.change, Change::Committing { .. }));
            let since = &self.events[committed.unwrap_or(0)..];
            let last = || since.iter().rev().find_map(|event| failure(&event.change)).map(ToString::to_string);
            standing.reason = standing.reason.or_else(last);
            if let Some(Change::Committing { called: Some(name), .. }) = since.first().map(|event| &event.change) {
                standing.next = format!("{} In the target it would be {name}.", standing.next);
            }
        }
        Some(standing)
    }
}

/// What an event changed: of the document, or of the record since it was last read.
fn differences(before: Option<&Head>, change: &Change) -> Vec<Difference> {
    match (before, change) {
        (_, Change::Amending { differences, .. }) => differences.clone(),
        (Some(head), Change::Revised { payload, .. }) => difference::between(&head.payload, payload),
        _ => Vec::new(),
    }
}

fn told(change: &Change, differences: &[Difference]) -> String {
    match change {
        Change::Revised { .. } if !differences.is_empty() => {
            format!("{change}: {}", join(differences))
        }
        change => change.to_string(),
    }
}

/// One event of a record's history, with what it did: who, what, when, and from which state to which. Displays as one
/// line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// Which record.
    pub key: RecordKey,
    /// The event's place in its history, from 1.
    pub version: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// The number of the attempt it belongs to; 0 before the first.
    pub attempt: u32,
    /// The state before it; none before the first event.
    pub before: Option<StateName>,
    /// The state after it.
    pub after: StateName,
    /// The target's number of the document, where the event tells it.
    pub document: Option<TargetRef>,
    /// How a posted document came to be known.
    pub evidence: Option<Evidence>,
    /// What the other systems call the requests that it came from: those that read the record, staged, committed or
    /// changed its document, or the one that failed. None as far as they gave no ids.
    pub request_ids: Vec<String>,
    /// What, in words.
    pub told: String,
    /// What changed by it, each with what it was and what it is: of the document that is amended, or of the record that
    /// was read again.
    pub differences: Vec<Difference>,
    /// What, in full.
    pub change: Change,
}

fn document(change: &Change) -> Option<&TargetRef> {
    match change {
        Change::Posted { target, .. } => Some(target),
        _ => None,
    }
}

fn evidence(change: &Change) -> Option<Evidence> {
    match change {
        Change::Posted { evidence, .. } => Some(*evidence),
        _ => None,
    }
}

fn request_ids(event: &Event) -> RequestIds {
    let mut ids = event.request_ids.clone();
    ids.extend(failure(&event.change).and_then(|failure| failure.request_id.clone()));
    ids
}

fn failure(change: &Change) -> Option<&Failure> {
    match change {
        Change::RetryPlanned { failure, .. }
        | Change::CommitPlanned { failure, .. }
        | Change::Rejected { failure, .. }
        | Change::Parked { failure, .. }
        | Change::InDoubt { failure }
        | Change::AmendPlanned { failure, .. }
        | Change::AmendRefused { failure, .. }
        | Change::Unanswered { failure, .. } => Some(failure),
        _ => None,
    }
}

impl Engine {
    /// Reads a record's trail.
    pub async fn trail(&self, key: &RecordKey) -> Result<Trail, EngineError> {
        Ok(Trail::read(self.store().as_ref(), key).await?)
    }
}

impl fmt::Display for AuditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}", self.at.format("%Y-%m-%d %H:%M:%S%.3f"), self.actor)?;
        if self.attempt > 0 {
            write!(f, "  attempt {}", self.attempt)?;
        }
        match self.before {
            Some(before) if before != self.after => write!(f, "  {} -> {}", before.words(), self.after.words())?,
            _ => write!(f, "  {}", self.after.words())?,
        }
        write!(f, "  {}", self.told)?;
        // The words of a failure name its request themselves.
        let failed = failure(&self.change).and_then(|failure| failure.request_id.as_ref());
        let untold: Vec<&str> = self.request_ids.iter().filter(|id| Some(*id) != failed).map(String::as_str).collect();
        match untold.as_slice() {
            [] => Ok(()),
            [one] => write!(f, " (request {one})"),
            several => write!(f, " (requests {})", several.join(", ")),
        }
    }
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.key)?;
        for entry in self.entries() {
            writeln!(f, "  {:>3}  {entry}", entry.version)?;
        }
        match self.standing() {
            Some(standing) => writeln!(f, "  now  {standing}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discovered { lifecycle, .. } => write!(f, "read for the first time{}", cancelled(*lifecycle)),
            Self::Revised { lifecycle, .. } => write!(f, "read again, changed{}", cancelled(*lifecycle)),
            Self::Reread { .. } => f.write_str("read again, content unchanged"),
            Self::Held { missing } => {
                f.write_str("held: ")?;
                for (index, one) in missing.iter().enumerate() {
                    write!(f, "{}{one}", if index > 0 { "; " } else { "" })?;
                }
                Ok(())
            }
            Self::Skipped { reason } => write!(f, "skipped: {reason}"),
            Self::Postponed { until, reason } => {
                write!(f, "ready, waits until {}: {reason}", minute(*until))
            }
            Self::Resumed { because } => write!(f, "free to go on: {because}"),
            Self::Intended { attempt, decisions, .. } => {
                write!(f, "attempt {attempt} begins")?;
                if decisions.is_empty() { Ok(()) } else { write!(f, ": {}", decisions.join("; ")) }
            }
            Self::NotYetThere => f.write_str("looked up before anything is sent: not there yet"),
            Self::RetryPlanned { at, failure } => write!(f, "attempt failed, next at {}: {failure}", minute(*at)),
            Self::Committing { called: Some(name), .. } => write!(f, "staged as {name}, committing"),
            Self::Committing { called: None, .. } => f.write_str("ready, committing"),
            Self::CommitPlanned { at, failure } => {
                write!(f, "commit not processed, again at {}: {failure}", minute(*at))
            }
            Self::Accepted => f.write_str("accepted by the target, which will make the document"),
            Self::Posted { target, evidence } => match evidence {
                Evidence::Answer => write!(f, "posted as {target}, by the target's own answer"),
                Evidence::Lookup => write!(f, "posted: found as {target} when it was looked up"),
                Evidence::Existing => write!(f, "linked to {target}, which was there already"),
            },
            Self::Unlike { why } => write!(f, "the document is not what the record is: {why}"),
            Self::Rejected { failure, .. } => write!(f, "rejected by the target: {failure}"),
            Self::Parked { failure, .. } => write!(f, "parked: {failure}"),
            Self::InDoubt { failure } => write!(f, "commit in doubt: {failure}"),
            Self::Settling => f.write_str("asking the target what became of the commit"),
            Self::Voided => f.write_str("proven never to have been committed; a new attempt is safe"),
            Self::Amending { document, decisions, differences } => {
                f.write_str(if document.is_some() { "changing the document: " } else { "cancelling the document: " })?;
                f.write_str(&join(differences))?;
                if decisions.is_empty() { Ok(()) } else { write!(f, " ({})", decisions.join("; ")) }
            }
            Self::Amended { lifecycle: Lifecycle::Active, .. } => f.write_str("the document is as the record is now"),
            Self::Amended { lifecycle: Lifecycle::Cancelled, .. } => f.write_str("the document is cancelled"),
            Self::AmendPlanned { at, failure } => {
                write!(f, "the document is compared anew at {}: {failure}", minute(*at))
            }
            Self::AmendPostponed { until, reason } => {
                write!(f, "the change waits until {}: {reason}", minute(*until))
            }
            Self::AmendRefused { failure, .. } => write!(f, "the document cannot be changed so: {failure}"),
            Self::AmendHeld { missing, .. } => write!(f, "the change waits: {}", join(missing)),
            Self::LookedUp { pending: true, .. } => f.write_str("looked up: on its way"),
            Self::LookedUp { pending: false, .. } => f.write_str("looked up: not there yet"),
            Self::Unanswered { failure, next } => {
                write!(f, "no answer, asking again at {}: {failure}", minute(*next))
            }
            Self::Alerted { reason } => write!(f, "people were told: {reason}"),
            Self::AlertFailed { why, next } => {
                write!(f, "people could not be told, again at {}: {why}", minute(*next))
            }
            Self::Replayed => f.write_str("freed for another attempt by hand"),
            Self::AskedAgain => f.write_str("to be looked at again, after it was mended by hand"),
        }
    }
}

fn cancelled(lifecycle: Lifecycle) -> &'static str {
    match lifecycle {
        Lifecycle::Active => "",
        Lifecycle::Cancelled => ", cancelled at the source",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::failure::FailureKind;
    use crate::record::Revision;
    use crate::sink::Handle;

    #[test]
    fn whatever_failed_tells_the_request_that_failed() {
        let failure = || Failure {
            request_id: Some("req-77".into()),
            ..Failure::new(FailureKind::Unavailable, "no answer from the gateway")
        };
        let (at, revision, lifecycle) = (DateTime::UNIX_EPOCH, Revision::new("2"), Lifecycle::Active);
        let discovered =
            Change::Discovered { revision: revision.clone(), stamp: "1".into(), lifecycle, payload: json!({}) };
        let committing = Change::Committing { handle: Handle(json!(1)), called: None };
        let posted = Change::Posted { target: TargetRef("4500".into()), evidence: Evidence::Answer };
        for change in [
            Change::RetryPlanned { at, failure: failure() },
            Change::CommitPlanned { at, failure: failure() },
            Change::Rejected { failure: failure(), there: false },
            Change::Parked { failure: failure() },
            Change::InDoubt { failure: failure() },
            Change::Unanswered { failure: failure(), next: at },
            Change::AmendPlanned { at, failure: failure() },
            Change::AmendRefused { revision, lifecycle, failure: failure() },
        ] {
            let history = [discovered.clone(), committing.clone(), posted.clone(), change];
            let request_ids = RequestIds::none();
            let event = |(version, change)| Event {
                version,
                at,
                actor: Actor::new("w"),
                change,
                request_ids: request_ids.clone(),
            };
            let events = (1..).zip(history).map(event).collect();
            let entries = Trail { key: "acme/order/7".parse().unwrap(), events }.entries();
            assert_eq!(entries[3].request_ids, ["req-77"], "{}", entries[3]);
            assert!(entries[3].to_string().contains("req-77"), "{}", entries[3]);
        }
    }
}
