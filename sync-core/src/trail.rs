//! A record's history in words, for people.

use std::fmt;

use crate::engine::Engine;
use crate::error::{EngineError, StoreError};
use crate::ledger::{Change, DedupStore, Event, Evidence};
use crate::record::{Lifecycle, RecordKey};

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
            Self::Resumed { because } => write!(f, "free to go on: {because}"),
            Self::Intended { attempt, decisions, .. } => {
                write!(f, "attempt {attempt} begins")?;
                if decisions.is_empty() { Ok(()) } else { write!(f, ": {}", decisions.join("; ")) }
            }
            Self::NotYetThere => f.write_str("looked up before anything is sent: not there yet"),
            Self::RetryPlanned { at, failure } => write!(f, "attempt failed, next at {}: {failure}", at.format("%T")),
            Self::Committing { handle } => write!(f, "staged as {}, committing", handle.0),
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
            Self::Parked { failure } => write!(f, "parked: {failure}"),
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
            Self::Replayed => f.write_str("freed for another attempt by hand"),
        }
    }
}

fn cancelled(lifecycle: Lifecycle) -> &'static str {
    match lifecycle {
        Lifecycle::Active => "",
        Lifecycle::Cancelled => ", cancelled at the source",
    }
}
