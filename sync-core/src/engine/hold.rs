//! Letting records go on when what they waited for is there: a vendor, an account, the end of a freeze.

use super::advance::may_be_there;
use super::journal::append_of;
use super::{Engine, Flow};
use crate::error::EngineError;
use crate::ledger::{Append, Appended, Change, Lease, Query, list_all};
use crate::mapper::Mapping;
use crate::record::{Kind, RecordKey};
use crate::reference::References;
use crate::request::RequestIds;
use crate::schedule::Frozen;
use crate::state::{Head, State, StateName};

/// The states in which records wait for what may be there before its time.
const WAITING: [StateName; 3] = [StateName::Held, StateName::Postponed, StateName::AmendPostponed];

impl Engine {
    /// Maps the held records of a flow again on the present references: those that can go on are
    /// free to, those whose reason has changed show the new one. Frees what was postponed if posting is
    /// allowed earlier than it was said to be. Answers which can go on.
    ///
    /// To be called after the reference data was aligned. Costs no call to either system.
    pub async fn resume_held(&self, kind: &Kind) -> Result<Vec<RecordKey>, EngineError> {
        let flow = self.flow_of(kind)?;
        let references = self.references.snapshot(&self.connection).await?;
        let held = Query::of(&self.connection, kind).in_states(&WAITING);
        let posted = [StateName::Posted, StateName::Cancelled];
        let behind = Query::of(&self.connection, kind).in_states(&posted).concerning();
        let at = self.clock.now();
        let frozen = self.schedule.frozen(at);
        let mut appends = Vec::new();
        let mut heads = list_all(self.store.as_ref(), held).await?;
        heads.extend(list_all(self.store.as_ref(), behind).await?);
        let records = heads.iter().map(|head| (&head.key, &head.payload));
        let references = self.with_needed(flow, records, &references, frozen.as_ref()).await?;
        for head in heads {
            let Some(change) = resumption(flow, &head, &references, frozen.as_ref()) else { continue };
            let events = self.events(head.version, &[change], &RequestIds::none(), at);
            appends.push(append_of(&head, None, events, Lease::Keep));
        }
        // A conflict means that the record was read anew meanwhile, which maps it again anyway.
        let answers = self.append(&appends).await?;
        Ok(appends
            .into_iter()
            .zip(answers)
            .filter(|(append, answer)| *answer == Appended::Done && resumed(append))
            .map(|(append, _)| append.key)
            .collect())
    }
}

/// What lets a waiting record go on, or shows that it waits for something else by now; nothing if it waits as before.
pub(super) fn resumption(flow: &Flow, head: &Head, references: &References, frozen: Option<&Frozen>) -> Option<Change> {
    let posted = head.state.target().is_some();
    let missing = match (&head.state, head.refusal()) {
        (State::Postponed { .. } | State::AmendPostponed { .. }, _) if frozen.is_none() => {
            return Some(Change::Resumed { because: "posting is allowed again".to_owned() });
        }
        (State::Held { missing }, _) => missing,
        (_, Some(refusal)) if !refusal.missing.is_empty() => &refusal.missing,
        _ => return None,
    };
    let mapping = match flow.mapper.map(&head.record(), references) {
        Mapping::Wait { missing, .. } if !posted && (frozen.is_some() || !may_be_there(flow, head)) => {
            Mapping::Hold(missing)
        }
        mapping => mapping,
    };
    match mapping {
        Mapping::Hold(still) if still == *missing => None,
        Mapping::Hold(missing) if posted => Some(Change::AmendHeld { revision: head.revision.clone(), missing }),
        Mapping::Hold(missing) => Some(Change::Held { missing }),
        Mapping::Skip(_) | Mapping::Draft { .. } | Mapping::Wait { .. } => {
            let because = match head.attempt {
                0 => "what it waited for is there",
                // Only the target knows whether it can go on.
                _ if !posted => "the target is asked again",
                _ => "what its change waited for is there",
            };
            Some(Change::Resumed { because: because.to_owned() })
        }
    }
}

fn resumed(append: &Append) -> bool {
    append.events.iter().any(|event| matches!(event.change, Change::Resumed { .. }))
}
