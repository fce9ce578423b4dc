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
    /// Whether a record may be replayed as it stands; the error says why not, and what to do.
    ///
    /// A posted record whose document is behind may be, as far as its flow carries changes over.
    pub fn may_replay(&self, head: &Head, assurance: Assurance) -> Result<(), EngineError> {
        self.granted(head, assurance).map(drop)
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

    /// What a person's word does to a record.
    fn granted(&self, head: &Head, assurance: Assurance) -> Result<Change, EngineError> {
        match assurance {
            Assurance::DoneByHand if is_behind(head) => {
                Ok(Change::Amended { revision: head.revision.clone(), lifecycle: head.lifecycle, by_hand: true })
            }
            Assurance::DoneByHand => Err(refusal(head, "there is nothing to be done by hand".to_owned())),
            Assurance::None | Assurance::NotInTarget => {
                let sure = assurance == Assurance::NotInTarget;
                let again = self.flows.iter().any(|flow| amendment_again(flow, head));
                match why_not(head, sure).filter(|_| !again) {
                    Some(why) => Err(refusal(head, why)),
                    None if !sure && matches!(head.state, State::Parked { doubt: Some(_), .. }) => {
                        Ok(Change::AskedAgain)
                    }
                    None => Ok(Change::Replayed),
                }
            }
        }
    }
}

fn is_behind(head: &Head) -> bool {
    matches!(head.state, State::Posted { .. } | State::Cancelled { .. }) && head.is_behind()
}

fn refusal(head: &Head, why: String) -> EngineError {
    EngineError::NotReplayable { key: head.key.clone(), why }
}

/// Why a record gets no other attempt; none if it does.
fn why_not(head: &Head, sure: bool) -> Option<String> {
    Some(match &head.state {
        State::Held { .. } | State::Skipped { .. } | State::Rejected { .. } | State::Parked { .. } => return None,
        State::Accepted { .. } | State::InDoubt { .. } if sure => return None,
        State::Accepted { .. } | State::InDoubt { .. } => {
            "it may be in the target: look there first, and if it is not there, say so (`--not-in-target`)".to_owned()
        }
        State::Posted { target } | State::Cancelled { target } if is_behind(head) => format!(
            "its document {target} is not as it is now, which is told and not carried over: make it so in the target by \
             hand, then `replay {} --done-by-hand`",
            head.key
        ),
        State::Posted { target } => format!("it is posted as {target}"),
        State::Cancelled { target } => format!("it is cancelled, as its document {target} is"),
        other => format!("it is {} and goes on by itself", other.name().words()),
    })
}
