//! A record's history in words, for people.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::engine::Engine;
use crate::error::{EngineError, StoreError};
use crate::failure::Failure;
use crate::ledger::{Change, DedupStore, Event, Evidence};
use crate::record::{Actor, Lifecycle, RecordKey};
use crate::sink::TargetRef;
use crate::state::{Head, StateName};

/// Handles that are longer, in characters of JSON, are not worth reading.
const LONGEST_HANDLE: usize = 200;

/// All that happened to one record. Displays one line an event.
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
                request_id: failure(&event.change).and_then(|failure| failure.request_id.clone()),
                told: event.change.to_string(),
                change: event.change.clone(),
            });
        }
        entries
    }
}

/// One event of a record's history, with what it did: who, what, when, and from which state to which.
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
    /// The other system's id of the request that failed.
    pub request_id: Option<String>,
    /// What, in words.
    pub told: String,
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

fn failure(change: &Change) -> Option<&Failure> {
    match change {
        Change::RetryPlanned { failure, .. }
        | Change::CommitPlanned { failure, .. }
        | Change::Rejected { failure }
        | Change::Parked { failure, .. }
        | Change::InDoubt { failure }
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

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.key)?;
        for event in &self.events {
            let at = event.at.format("%Y-%m-%d %H:%M:%S%.3f");
            writeln!(f, "  {:>3}  {at}  {}  {}", event.version, event.actor, event.change)?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discovered { revision, lifecycle, .. } => {
                write!(f, "read for the first time, revision {revision}{}", cancelled(*lifecycle))
            }
            Self::Revised { revision, lifecycle, .. } => {
                write!(f, "read again, changed to revision {revision}{}", cancelled(*lifecycle))
            }
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
                write!(f, "ready, waits until {}: {reason}", until.format("%Y-%m-%d %T"))
            }
            Self::Resumed { because } => write!(f, "free to go on: {because}"),
            Self::Intended { attempt, decisions, .. } => {
                write!(f, "attempt {attempt} begins")?;
                if decisions.is_empty() { Ok(()) } else { write!(f, ": {}", decisions.join("; ")) }
            }
            Self::NotYetThere => f.write_str("looked up before anything is sent: not there yet"),
            Self::RetryPlanned { at, failure } => write!(f, "attempt failed, next at {}: {failure}", at.format("%T")),
            Self::Committing { handle } => match handle.0.to_string() {
                short if short.len() <= LONGEST_HANDLE => write!(f, "staged as {short}, committing"),
                // The whole document, which the attempt's beginning holds already.
                _ => f.write_str("ready, committing"),
            },
            Self::CommitPlanned { at, failure } => {
                write!(f, "commit not processed, again at {}: {failure}", at.format("%T"))
            }
            Self::Accepted => f.write_str("accepted by the target, which will make the document"),
            Self::Posted { target, evidence } => match evidence {
                Evidence::Answer => write!(f, "posted as {target}"),
                Evidence::Lookup => write!(f, "posted: found as {target}"),
                Evidence::Existing => write!(f, "linked to {target}, which was there already"),
            },
            Self::Rejected { failure } => write!(f, "rejected by the target: {failure}"),
            Self::Parked { failure, .. } => write!(f, "parked: {failure}"),
            Self::InDoubt { failure } => write!(f, "commit in doubt: {failure}"),
            Self::Settling => f.write_str("asking the target what became of the commit"),
            Self::Voided => f.write_str("proven never to have been committed; a new attempt is safe"),
            Self::Amending { document, decisions, differences } => {
                f.write_str(if document.is_some() { "changing the document: " } else { "cancelling the document: " })?;
                let differences = differences.iter().map(ToString::to_string);
                f.write_str(&differences.collect::<Vec<_>>().join("; "))?;
                if decisions.is_empty() { Ok(()) } else { write!(f, " ({})", decisions.join("; ")) }
            }
            Self::Amended { lifecycle: Lifecycle::Active, revision } => {
                write!(f, "the document is as revision {revision} now")
            }
            Self::Amended { lifecycle: Lifecycle::Cancelled, .. } => f.write_str("the document is cancelled"),
            Self::AmendPlanned { at, failure } => {
                write!(f, "the document is compared anew at {}: {failure}", at.format("%T"))
            }
            Self::AmendRefused { failure, .. } => write!(f, "the document cannot be changed so: {failure}"),
            Self::AmendHeld { missing, .. } => {
                let missing = missing.iter().map(ToString::to_string).collect::<Vec<_>>();
                write!(f, "the change waits: {}", missing.join("; "))
            }
            Self::LookedUp { pending: true, .. } => f.write_str("looked up: on its way"),
            Self::LookedUp { pending: false, .. } => f.write_str("looked up: not there yet"),
            Self::Unanswered { failure, next } => {
                write!(f, "no answer, asking again at {}: {failure}", next.format("%T"))
            }
            Self::Alerted { reason } => write!(f, "people were told: {reason}"),
            Self::AlertFailed { why, next } => {
                write!(f, "people could not be told, again at {}: {why}", next.format("%T"))
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
