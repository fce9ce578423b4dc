//! What a pass would do, without writing anything anywhere.

use std::collections::BTreeMap;

use super::advance::{and_left, left_behind, map, may_be_there};
use super::amend::{Wish, amendment};
use super::{Engine, Flow};
use crate::error::EngineError;
use crate::ledger::{Query, list_all};
use crate::mapper::{Mapping, Missing};
use crate::record::{ExternalRef, Kind, Record, RecordKey};
use crate::reference::References;
use crate::schedule::Frozen;
use crate::sink::{Found, Handle, Lookup, TargetRef};
use crate::state::{Head, State, StateName};

/// The states of records that a pass carries on even if they are not read again.
const OPEN: [StateName; 11] = [
    StateName::Discovered,
    StateName::Held,
    StateName::Postponed,
    StateName::Intent,
    StateName::RetryAt,
    StateName::Committing,
    StateName::CommitAt,
    StateName::InDoubt,
    StateName::Accepted,
    StateName::Amending,
    StateName::AmendAt,
];

/// What would become of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// It would be posted, with this document.
    Post(serde_json::Value),
    /// It would be linked to the document that is already there.
    Link(TargetRef),
    /// It would be posted, and waits until posting is allowed.
    Postpone(Frozen),
    /// It would be held.
    Hold(Vec<Missing>),
    /// It would be skipped.
    Skip(String),
    /// It was sent and its outcome would be looked up.
    LookUp,
    /// Its document would be changed to this.
    Amend(TargetRef, serde_json::Value),
    /// Its document would be cancelled.
    Cancel(TargetRef),
    /// People would be told of it.
    Tell(String),
}

/// One record of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Which.
    pub key: RecordKey,
    /// What would become of it.
    pub step: Step,
}

impl Engine {
    /// What a record becomes on these references, as an attempt now would map it. Writes nothing.
    pub async fn mapping(&self, record: &Record, references: &References) -> Result<Mapping, EngineError> {
        let flow = self.flow_of(record.key.kind())?;
        let needed = std::iter::once((&record.key, &record.payload));
        let references = self.with_needed(flow, needed, references, None).await?;
        Ok(map(flow, record, &references))
    }

    /// Reads the source from where the next poll would and says what a pass on these references would
    /// do, in the order of the keys. Writes nothing, neither in the ledger nor in either system.
    pub async fn plan(&self, kind: &Kind, references: &References) -> Result<Vec<Planned>, EngineError> {
        let flow = self.flow_of(kind)?;
        let open = Query::of(&self.connection, kind).in_states(&OPEN);
        let mut read: BTreeMap<RecordKey, (Record, Option<Head>)> = list_all(self.store.as_ref(), open)
            .await?
            .into_iter()
            .map(|head| (head.key.clone(), (head.record(), Some(head))))
            .collect();
        let mut cursor = self.checkpoints.load(&self.connection, kind).await?;
        loop {
            let batch = self.read(flow, cursor.as_ref()).await?;
            let keys: Vec<RecordKey> = batch.records.iter().map(|record| record.key.clone()).collect();
            for (record, head) in batch.records.into_iter().zip(self.store.get(&keys).await?) {
                read.insert(record.key.clone(), (record, head));
            }
            cursor = Some(batch.next);
            if !batch.more {
                break;
            }
        }
        let frozen = self.schedule.frozen(self.clock.now());
        let records = read.values().map(|(record, _)| (&record.key, &record.payload));
        let references = self.with_needed(flow, records, references, frozen.as_ref()).await?;
        let mut plan = Vec::new();
        let mut first: Vec<(usize, Option<Handle>)> = Vec::new();
        let mut against: Vec<(usize, Vec<Missing>)> = Vec::new();
        let mut skipped: Vec<(usize, Handle)> = Vec::new();
        for (key, (record, head)) in read {
            let Some((step, missing)) = next_step(flow, head.as_ref(), &record, &references) else {
                continue;
            };
            let seen = head.as_ref().is_some_and(|head| !may_be_there(flow, head));
            let step = match step {
                Step::Post(_) if !missing.is_empty() && (seen || frozen.is_some() || !flow.look_first) => {
                    Step::Hold(missing.clone())
                }
                step => step,
            };
            let step = match (step, &frozen) {
                (Step::Post(_) | Step::Amend(..) | Step::Cancel(_), Some(frozen)) => Step::Postpone(frozen.clone()),
                (step, _) => step,
            };
            if !missing.is_empty() && matches!(step, Step::Post(_)) {
                against.push((plan.len(), missing));
            }
            if matches!(step, Step::Skip(_)) {
                skipped.extend(head.as_ref().and_then(|head| Some((plan.len(), head.earlier.clone()?))));
            }
            if matches!(step, Step::Post(_)) && head.as_ref().is_none_or(|head| !head.looked) {
                first.push((plan.len(), head.and_then(|head| head.earlier)));
            }
            plan.push(Planned { key, step });
        }
        if flow.look_first {
            self.link_existing(flow, &first, &mut plan).await?;
        }
        tell_of_leftovers(flow, skipped, &mut plan).await;
        for (index, missing) in against {
            if matches!(plan[index].step, Step::Post(_)) {
                plan[index].step = Step::Hold(missing);
            }
        }
        Ok(plan)
    }

    /// Asks the sink which of the documents about to be posted are already there.
    async fn link_existing(
        &self,
        flow: &Flow,
        first: &[(usize, Option<Handle>)],
        plan: &mut [Planned],
    ) -> Result<(), EngineError> {
        let question = |planned: &Planned, earlier: &Option<Handle>| Lookup {
            key: planned.key.clone(),
            reference: ExternalRef::of(&planned.key),
            handle: None,
            document: match &planned.step {
                Step::Post(document) => Some(document.clone()),
                _ => None,
            },
            earlier: earlier.clone(),
        };
        let lookups: Vec<Lookup> = first.iter().map(|(index, earlier)| question(&plan[*index], earlier)).collect();
        if lookups.is_empty() {
            return Ok(());
        }
        for ((index, _), answer) in first.iter().zip(self.find(flow, &lookups).await?) {
            match answer {
                Found::Found(target) => plan[*index].step = Step::Link(target),
                Found::Differs(failure) => plan[*index].step = Step::Tell(failure.to_string()),
                Found::Absent | Found::Pending | Found::Unanswered(_) => {}
            }
        }
        Ok(())
    }
}

/// Asks the sink what stands of what an attempt sent of records that are not to be posted any more.
async fn tell_of_leftovers(flow: &Flow, skipped: Vec<(usize, Handle)>, plan: &mut [Planned]) {
    let (places, sent): (Vec<usize>, Vec<Handle>) = skipped.into_iter().unzip();
    for (place, left) in places.into_iter().zip(left_behind(flow, &sent).await) {
        if let (Step::Skip(reason), Ok(Some(failure))) = (&plan[place].step, left) {
            plan[place].step = Step::Tell(and_left(reason, failure).to_string());
        }
    }
}

/// What comes next for a record, and what stands against it if that is to be posted.
fn next_step(
    flow: &Flow,
    head: Option<&Head>,
    record: &Record,
    references: &References,
) -> Option<(Step, Vec<Missing>)> {
    let plain = |step: Step| (step, Vec::new());
    if let Some(head) = head {
        let changed = head.revision != record.revision || head.lifecycle != record.lifecycle;
        if let Some(target) = head.state.target() {
            let mut read = head.clone();
            read.revision = record.revision.clone();
            read.lifecycle = record.lifecycle;
            return amend_step(flow, &read, record, references, target.clone()).map(plain);
        }
        match &head.state {
            State::Committing { .. } | State::InDoubt { .. } | State::Accepted { .. } => {
                return Some(plain(Step::LookUp));
            }
            State::Rejected { .. } | State::Parked { .. } | State::Skipped { .. } if !changed => {
                return head.untold().map(Step::Tell).map(plain);
            }
            State::Parked { doubt: Some(_), .. } => return head.untold().map(Step::Tell).map(plain),
            _ => {}
        }
    }
    Some(match map(flow, record, references) {
        Mapping::Draft { document, .. } => plain(Step::Post(document)),
        Mapping::Wait { document, missing, .. } => (Step::Post(document), missing),
        Mapping::Hold(missing) => plain(Step::Hold(missing)),
        Mapping::Skip(reason) => plain(Step::Skip(reason)),
    })
}

/// What would become of a document that is there.
fn amend_step(flow: &Flow, read: &Head, record: &Record, references: &References, target: TargetRef) -> Option<Step> {
    let Some(wish) = amendment(flow, read) else { return read.untold().map(Step::Tell) };
    match wish {
        Wish::Cancel => Some(Step::Cancel(target)),
        Wish::Amend => Some(match map(flow, record, references) {
            Mapping::Draft { document, .. } | Mapping::Wait { document, .. } => Step::Amend(target, document),
            Mapping::Hold(missing) => Step::Hold(missing),
            Mapping::Skip(reason) => Step::Tell(reason),
        }),
    }
}
