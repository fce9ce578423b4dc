//! Giving a record another attempt at a person's word.

use super::Engine;
use crate::error::EngineError;
use crate::ledger::{Append, Appended, Change, Event, Lease};
use crate::record::{Actor, RecordKey};
use crate::state::{Head, State};

/// What a person knows who asks for a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assurance {
    /// Nothing in particular: only records that certainly left nothing in the target are replayed.
    None,
    /// They have looked into the target and the document is not there, nor will be.
    NotInTarget,
}

impl Engine {
    /// Whether a record may be replayed as it stands; the error says why not.
    pub fn may_replay(head: &Head, assurance: Assurance) -> Result<(), EngineError> {
        refuse(head, assurance)
    }

    /// Frees a rejected, parked, held or skipped record for another attempt, mapped from what the ledger holds.
    ///
    /// A record that the target accepted, or whose outcome is unknown, is replayed only on the
    /// assurance that it is not in the target: without it, this could create a document twice.
    pub async fn replay(&self, key: &RecordKey, who: &Actor, assurance: Assurance) -> Result<(), EngineError> {
        loop {
            let head = self.store.get(std::slice::from_ref(key)).await?.into_iter().flatten().next();
            let head = head.ok_or_else(|| EngineError::UnknownRecord { key: key.clone() })?;
            Self::may_replay(&head, assurance)?;
            let event =
                Event { version: head.version + 1, at: self.clock.now(), actor: who.clone(), change: Change::Replayed };
            let mut after = head.clone();
            after.apply(&event);
            let append = Append {
                key: key.clone(),
                expected: head.version,
                fence: None,
                lease: Lease::Keep,
                events: vec![event],
                head: after,
            };
            if self.append(&[append]).await?.first() == Some(&Appended::Done) {
                return Ok(());
            }
        }
    }
}

fn refuse(head: &Head, assurance: Assurance) -> Result<(), EngineError> {
    let sure = assurance == Assurance::NotInTarget;
    let why = match &head.state {
        State::Held { .. } | State::Skipped { .. } | State::Rejected { .. } | State::Parked { doubt: None, .. } => {
            return Ok(());
        }
        State::Accepted { .. } | State::InDoubt { .. } | State::Parked { .. } if sure => return Ok(()),
        State::Accepted { .. } | State::InDoubt { .. } | State::Parked { .. } => {
            "it may be in the target: look there first, and give your assurance that it is not".to_owned()
        }
        State::Posted { target } => format!("it is posted as {target}"),
        other => format!("it is {} and goes on by itself", other.name()),
    };
    Err(EngineError::NotReplayable { key: head.key.clone(), why })
}
