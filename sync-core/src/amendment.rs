//! A posted document against its record: whether it is behind, and why it stays so.

use serde::{Deserialize, Serialize};

use crate::ledger::Change;
use crate::mapper::Missing;
use crate::record::{Lifecycle, Revision};
use crate::sink::TargetRef;
use crate::state::{Head, join};

/// Why a posted document cannot become what its record was at a reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unamended {
    /// The record's content.
    pub revision: Revision,
    /// Whether it was wanted.
    pub lifecycle: Lifecycle,
    /// What is missing, if it waits for something.
    pub missing: Vec<Missing>,
    /// Why, in words.
    pub why: String,
}

impl Head {
    /// Takes in what happened to the document.
    pub(crate) fn note_amendment(&mut self, change: &Change) {
        match change {
            Change::Amending { differences, .. } => {
                self.unsettled = true;
                self.renumbered |= differences.iter().any(|one| one.before.is_none() || one.after.is_none());
            }
            Change::Unlike { why } => {
                self.unlike = Some(why.clone());
                self.renumbered = true;
            }
            // Whatever was refused before may be taken now.
            Change::Revised { .. } => self.unamended = None,
            Change::AmendPlanned { .. } => self.amend_attempts += 1,
            Change::Amended { revision, lifecycle, by_hand } => {
                // Without our doing, it was made so by hand.
                self.renumbered |= *by_hand || (!self.unsettled && self.sent.as_ref() != Some(revision));
                self.sent = Some(revision.clone());
                self.void = *lifecycle == Lifecycle::Cancelled;
                self.unsettled = false;
                self.unlike = None;
                self.amend_attempts = 0;
                self.unamended = None;
            }
            Change::AmendRefused { revision, lifecycle, failure } => {
                self.amend_attempts = 0;
                self.unamended = Some(Unamended {
                    revision: revision.clone(),
                    lifecycle: *lifecycle,
                    missing: Vec::new(),
                    why: failure.message.clone(),
                });
            }
            Change::AmendHeld { revision, missing } => {
                self.amend_attempts = 0;
                self.unamended = Some(Unamended {
                    revision: revision.clone(),
                    lifecycle: Lifecycle::Active,
                    missing: missing.clone(),
                    why: join(missing),
                });
            }
            // A posted document is compared anew; people are told anew if that does not help.
            Change::Resumed { .. } | Change::Replayed if self.state.target().is_some() => {
                self.unamended = None;
                self.alerted = None;
            }
            _ => {}
        }
    }

    /// Whether its document is not what the record is now.
    pub fn is_behind(&self) -> bool {
        let cancelled = self.lifecycle == Lifecycle::Cancelled;
        let other = self.unlike.is_some() || self.sent.as_ref().is_some_and(|sent| *sent != self.revision);
        let changed = !cancelled && other;
        self.state.target().is_some() && (self.unsettled || changed || cancelled != self.void)
    }

    /// What of its document, which was there before anything was sent, is not as the record is, if that has not changed
    /// since they were compared.
    pub fn difference(&self) -> Option<&str> {
        self.unlike.as_deref().filter(|_| self.sent.as_ref() == Some(&self.revision))
    }

    /// Why its document cannot become what the record is now, if that was tried.
    pub fn refusal(&self) -> Option<&Unamended> {
        let now = |one: &&Unamended| one.revision == self.revision && one.lifecycle == self.lifecycle;
        self.unamended.as_ref().filter(now)
    }

    /// What people should know of a document that is behind.
    pub(crate) fn behind(&self, target: &TargetRef) -> Option<String> {
        if !self.is_behind() {
            return None;
        }
        let (happened, wish) = match (self.lifecycle, self.void) {
            (Lifecycle::Active, false) if self.difference().is_some() => {
                let why = self.difference().filter(|_| self.refusal().is_none());
                let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
                let happened = format!("{target}, which was there already, is not what the record is{why}");
                (happened, "compare the two".to_owned())
            }
            (Lifecycle::Cancelled, _) => (
                format!("it was cancelled at the source after it was posted as {target}"),
                "cancel it there as well".to_owned(),
            ),
            (Lifecycle::Active, true) => (
                format!("it was reopened at the source after {target} was cancelled"),
                "reopen it there as well".to_owned(),
            ),
            (Lifecycle::Active, false) => {
                (format!("it was changed at the source after it was posted as {target}"), "compare the two".to_owned())
            }
        };
        Some(match self.refusal() {
            None => format!("{happened}: {wish}"),
            Some(refusal) if refusal.missing.is_empty() => {
                format!("{happened}, and that cannot be carried over ({}): {wish}", refusal.why)
            }
            Some(refusal) => format!("{happened}, and that waits: {}", refusal.why),
        })
    }
}
