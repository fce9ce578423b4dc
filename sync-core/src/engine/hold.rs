//! Letting records go on when what they waited for is there: a vendor, an account, the end of a freeze.

use std::collections::HashSet;

use super::advance::may_be_there;
use super::journal::append_of;
use super::outcome::pad;
use super::{Engine, Flow};
use crate::error::EngineError;
use crate::ledger::{Append, Appended, Change, Lease, Query, list_all};
use crate::mapper::{Mapping, Missing};
use crate::record::{Kind, RecordKey};
use crate::reference::References;
use crate::request::RequestIds;
use crate::schedule::Frozen;
use crate::sink::{Draft, Found, Lookup, Staged};
use crate::state::{Head, State, StateName};

/// The states in which records wait for what may be there before its time.
const WAITING: [StateName; 3] = [StateName::Held, StateName::Postponed, StateName::AmendPostponed];

impl Engine {
    /// Maps the held records of a flow again on the present references: those that can go on are
    /// free to, those whose reason has changed show the new one. Frees what was postponed if posting is
    /// allowed earlier than it was said to be. Answers which can go on.
    ///
    /// To be called after the reference data was aligned. Costs no call to either system but for what the target itself
    /// holds: it is asked whether it still does ([`Sink::check`](crate::Sink::check)), and only a change is recorded.
    pub async fn resume_held(&self, kind: &Kind) -> Result<Vec<RecordKey>, EngineError> {
        let flow = self.flow_of(kind)?;
        let references = self.references.snapshot(&self.connection).await?;
        let held = Query::of(&self.connection, kind).in_states(&WAITING);
        let posted = [StateName::Posted, StateName::Cancelled];
        let behind = Query::of(&self.connection, kind).in_states(&posted).concerning();
        let at = self.clock.now();
        let frozen = self.schedule.frozen(at);
        let mut heads = list_all(self.store.as_ref(), held).await?;
        heads.extend(list_all(self.store.as_ref(), behind).await?);
        let records = heads.iter().map(|head| (&head.key, &head.payload));
        let references = self.with_needed(flow, records, &references, frozen.as_ref()).await?;
        let mut changes: Vec<(Head, Change)> = Vec::new();
        for head in heads {
            changes.extend(resumption(flow, &head, &references, frozen.as_ref()).map(|change| (head, change)));
        }
        if frozen.is_none() {
            let as_before = self.held_as_before(flow, &changes, &references).await?;
            changes.retain(|(head, _)| !as_before.contains(&head.key));
        }
        let mut appends = Vec::new();
        for (head, change) in changes {
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

    /// Which of these the target itself has held, and would hold for the same reason again; unless it has their
    /// documents by now.
    async fn held_as_before(
        &self,
        flow: &Flow,
        resumed: &[(Head, Change)],
        references: &References,
    ) -> Result<HashSet<RecordKey>, EngineError> {
        let by_target = |(head, change): &(Head, Change)| {
            let (State::Held { missing }, Change::Resumed { .. }) = (&head.state, change) else { return None };
            let Mapping::Draft { document, .. } = flow.mapper.map(&head.record(), references) else { return None };
            // Whether it is there is asked below, of those alone that are held still.
            let draft = Draft { absent: true, ..head.draft(document) };
            (head.attempt > 0).then(|| (missing.clone(), draft))
        };
        let (reasons, drafts): (Vec<Vec<Missing>>, Vec<Draft>) = resumed.iter().filter_map(by_target).unzip();
        if drafts.is_empty() {
            return Ok(HashSet::new());
        }
        let answers = pad(flow.sink.check(&drafts).await, drafts.len(), || None);
        let held = drafts
            .iter()
            .zip(reasons)
            .zip(answers)
            .filter(|((_, reason), answer)| matches!(answer, Some(Staged::Held(missing)) if missing == reason));
        let lookups: Vec<Lookup> = held.map(|((draft, _), _)| draft.lookup()).collect();
        if !flow.look_first || lookups.is_empty() {
            return Ok(lookups.into_iter().map(|lookup| lookup.key).collect());
        }
        let found = self.find(flow, &lookups).await?;
        let absent = |found: &Found| matches!(found, Found::Absent | Found::InPart | Found::Unanswered(_));
        let still = lookups.into_iter().zip(found).filter(|(_, found)| absent(found));
        Ok(still.map(|(lookup, _)| lookup.key).collect())
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
