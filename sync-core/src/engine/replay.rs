//! Giving a record another attempt at a person's word.

use super::Engine;
use super::amend::amendment_again;
use super::journal::append_of;
use crate::error::EngineError;
use crate::ledger::{Appended, Change, Event, Lease};
use crate::record::{Actor, RecordKey};
use crate::request::RequestIds;
use crate::state::{Head, State};

/// What a person knows who asks for a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assurance {
    /// Nothing in particular: only records that certainly left nothing in the target are replayed.
    None,
    /// They have looked into the target and the document is not there, nor will be.
    NotInTarget,
    /// They have changed or cancelled the posted document themselves, so that it is as its record is.
    DoneByHand,
}

impl Engine {
    /// Whether a record may be replayed as it stands; the error says why not.
    ///
    /// A posted record whose document is behind may be, as far as its flow carries changes over.
    pub fn may_replay(head: &Head, assurance: Assurance) -> Result<(), EngineError> {
        let at_rest = matches!(head.state, State::Posted { .. } | State::Cancelled { .. });
        match assurance {
            _ if at_rest && head.is_behind() => Ok(()),
            Assurance::DoneByHand => Err(nothing_to_be_done(head)),
            Assurance::None | Assurance::NotInTarget => refuse(head, assurance),
        }
    }

    /// Frees a posted record whose document could not be changed as it was for another try.
    ///
    /// Frees a rejected, parked, held or skipped record for another attempt, mapped from what the ledger holds.
    ///
    /// Where it was not clear what the target has of what was sent, it is looked at again; nothing is sent unless it is
    /// certain by then that nothing is there.
    ///
    /// A record that the target accepted, or whose outcome is unknown, is sent again only on the
    /// assurance that it is not in the target: without it, this could create a document twice.
    pub async fn replay(&self, key: &RecordKey, who: &Actor, assurance: Assurance) -> Result<(), EngineError> {
        loop {
            let head = self.store.get(std::slice::from_ref(key)).await?.into_iter().flatten().next();
            let head = head.ok_or_else(|| EngineError::UnknownRecord { key: key.clone() })?;
            let change = self.granted(&head, assurance)?;
            let event = Event {
                version: head.version + 1,
                at: self.clock.now(),
                actor: who.clone(),
                change,
                request_ids: RequestIds::none(),
            };
            let append = append_of(&head, None, vec![event], Lease::Keep);
            if self.append(&[append]).await?.first() == Some(&Appended::Done) {
                return Ok(());
            }
        }
    }
}

impl Engine {
    /// What a person's word does to a record.
    fn granted(&self, head: &Head, assurance: Assurance) -> Result<Change, EngineError> {
        let at_rest = matches!(head.state, State::Posted { .. } | State::Cancelled { .. });
        match assurance {
            Assurance::DoneByHand if at_rest && head.is_behind() => {
                Ok(Change::Amended { revision: head.revision.clone(), lifecycle: head.lifecycle, by_hand: true })
            }
            Assurance::DoneByHand => Err(nothing_to_be_done(head)),
            Assurance::None | Assurance::NotInTarget => {
                if !self.flows.iter().any(|flow| amendment_again(flow, head)) {
                    refuse(head, assurance)?;
                }
                let looks_again =
                    assurance == Assurance::None && matches!(head.state, State::Parked { doubt: Some(_), .. });
                Ok(if looks_again { Change::AskedAgain } else { Change::Replayed })
            }
        }
    }
}

fn nothing_to_be_done(head: &Head) -> EngineError {
    EngineError::NotReplayable { key: head.key.clone(), why: "there is nothing to be done by hand".to_owned() }
}

fn refuse(head: &Head, assurance: Assurance) -> Result<(), EngineError> {
    let sure = assurance == Assurance::NotInTarget;
    let why = match &head.state {
        State::Held { .. } | State::Skipped { .. } | State::Rejected { .. } | State::Parked { .. } => return Ok(()),
        State::Accepted { .. } | State::InDoubt { .. } if sure => return Ok(()),
        State::Accepted { .. } | State::InDoubt { .. } => {
            "it may be in the target: look there first, and give your assurance that it is not".to_owned()
        }
        State::Posted { target } => format!("it is posted as {target}"),
        other => format!("it is {} and goes on by itself", other.name().words()),
    };
    Err(EngineError::NotReplayable { key: head.key.clone(), why })
}
