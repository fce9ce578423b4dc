//! What a pass would do, without writing anything anywhere.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::advance::{and_left, left_behind, map, may_be_there, no_answer};
use super::amend::{amendment, content, refused};
use super::hold::resumption;
use super::journal::append_of;
use super::outcome::pad;
use super::{Engine, Flow};
use crate::error::EngineError;
use crate::failure::Failure;
use crate::ledger::{Change, Lease, Query, list_all};
use crate::mapper::{Mapping, Missing};
use crate::record::{ExternalRef, Kind, Record, RecordKey};
use crate::reference::References;
use crate::request::RequestIds;
use crate::schedule::Frozen;
use crate::sink::{Amendment, Compared, Difference, Draft, Found, Handle, Lookup, Staged, TargetRef};
use crate::state::{Head, State, StateName};

/// The states of records that a pass carries on even if they are not read again.
const OPEN: [StateName; 12] = [
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
    StateName::AmendPostponed,
];

/// The states in which a record rests, unless it waits for something or people are still to be told of it.
const AT_REST: [StateName; 4] = [StateName::Posted, StateName::Cancelled, StateName::Rejected, StateName::Parked];

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
    /// Its document would be changed.
    Amend {
        /// The document's number.
        target: TargetRef,
        /// What it would be sent as.
        document: serde_json::Value,
        /// What would be changed, before and after.
        differences: Vec<Difference>,
    },
    /// Its document would be cancelled.
    Cancel(TargetRef),
    /// The target gave no answer, or would not take it now: a pass would try again.
    Unanswered(Failure),
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
    ///
    /// Documents that are to be changed are compared with what they are to become, as the pass would do, and of new ones
    /// the sink says what it would not stage ([`Sink::check`](crate::Sink::check)). What the target refuses only when it
    /// is asked to make or change it, a plan cannot know.
    pub async fn plan(&self, kind: &Kind, references: &References) -> Result<Vec<Planned>, EngineError> {
        let flow = self.flow_of(kind)?;
        let now = self.clock.now();
        let heads = self.read_ahead(flow, now).await?;
        let frozen = self.schedule.frozen(now);
        let records = heads.iter().map(|head| (&head.key, &head.payload));
        let references = self.with_needed(flow, records, references, frozen.as_ref()).await?;
        let (documents, records) = heads.into_iter().partition(|head| head.state.target().is_some());
        let mut plan = self.plan_records(flow, records, &references, frozen.as_ref()).await?;
        plan.extend(self.plan_documents(flow, documents, &references, frozen.as_ref()).await?);
        plan.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(plan)
    }

    /// Where the records would stand that a pass looks at, once it has read what has changed.
    async fn read_ahead(&self, flow: &Flow, at: DateTime<Utc>) -> Result<Vec<Head>, EngineError> {
        let all = || Query::of(&self.connection, &flow.kind);
        let mut heads: BTreeMap<RecordKey, Head> = BTreeMap::new();
        for query in [all().in_states(&OPEN), all().in_states(&AT_REST).concerning()] {
            let known = list_all(self.store.as_ref(), query).await?;
            heads.extend(known.into_iter().map(|head| (head.key.clone(), head)));
        }
        let mut cursor = self.checkpoints.load(&self.connection, &flow.kind).await?;
        loop {
            let batch = self.read(flow, cursor.as_ref()).await?;
            let keys: Vec<RecordKey> = batch.records.iter().map(|record| record.key.clone()).collect();
            for (record, known) in batch.records.into_iter().zip(self.store.get(&keys).await?) {
                // Read twice, it is compared with the earlier reading.
                let known = heads.remove(&record.key).or(known);
                let read = self.reading(&record, known.clone(), at).map(|append| append.head);
                heads.extend(read.or(known).map(|head| (record.key, head)));
            }
            cursor = Some(batch.next);
            if !batch.more {
                return Ok(heads.into_values().collect());
            }
        }
    }

    /// What would become of documents that are there: only the target can tell what of a change it would carry out.
    async fn plan_documents(
        &self,
        flow: &Flow,
        heads: Vec<Head>,
        references: &References,
        frozen: Option<&Frozen>,
    ) -> Result<Vec<Planned>, EngineError> {
        let mut plan = Vec::new();
        let mut behind: Vec<(Head, Amendment)> = Vec::new();
        for head in heads {
            let head = match resumption(flow, &head, references, frozen) {
                Some(change) => self.foreseen(&head, change),
                None => head,
            };
            if head.due().is_none() || amendment(flow, &head).is_none() {
                plan.extend(at_rest(&head));
                continue;
            }
            if let Some(frozen) = frozen {
                plan.push(Planned { key: head.key, step: Step::Postpone(frozen.clone()) });
                continue;
            }
            match content(flow, &head, references) {
                Ok((document, _)) => {
                    let amendment = self.amendment_to(flow, &head, document, references).await?;
                    behind.extend(amendment.map(|amendment| (head, amendment)));
                }
                Err(change) => plan.extend(at_rest(&self.foreseen(&head, change))),
            }
        }
        if behind.is_empty() {
            return Ok(plan);
        }
        let (heads, amendments): (Vec<Head>, Vec<Amendment>) = behind.into_iter().unzip();
        let answers = pad(flow.sink.compare(&amendments).await, heads.len(), || Compared::Unanswered(no_answer()));
        for ((head, Amendment { key, target, document, .. }), answer) in heads.iter().zip(amendments).zip(answers) {
            plan.extend(match (answer, document) {
                (Compared::Same, _) => None,
                (Compared::Differs { differences, .. }, Some(document)) => {
                    Some(Planned { key, step: Step::Amend { target, document, differences } })
                }
                (Compared::Differs { .. }, None) => Some(Planned { key, step: Step::Cancel(target) }),
                (Compared::Refused(failure), _) => at_rest(&self.foreseen(head, refused(head, failure))),
                (Compared::Unanswered(failure), _) => Some(Planned { key, step: Step::Unanswered(failure) }),
            });
        }
        Ok(plan)
    }

    /// Where a record would stand after a change.
    fn foreseen(&self, head: &Head, change: Change) -> Head {
        let events = self.events(head.version, &[change], &RequestIds::none(), self.clock.now());
        append_of(head, None, events, Lease::Keep).head
    }

    /// What would become of records that have no document yet.
    async fn plan_records(
        &self,
        flow: &Flow,
        heads: Vec<Head>,
        references: &References,
        frozen: Option<&Frozen>,
    ) -> Result<Vec<Planned>, EngineError> {
        let mut plan = Vec::new();
        let mut first: Vec<(usize, Option<Handle>)> = Vec::new();
        let mut posted: Vec<(usize, Option<Handle>)> = Vec::new();
        let mut against: Vec<(usize, Vec<Missing>)> = Vec::new();
        let mut skipped: Vec<(usize, Handle)> = Vec::new();
        for head in heads {
            let Some((step, missing)) = next_step(flow, &head, references) else { continue };
            let step = match (step, frozen) {
                (Step::Post(_), _) if !missing.is_empty() && (frozen.is_some() || !may_be_there(flow, &head)) => {
                    Step::Hold(missing.clone())
                }
                (Step::Post(_), Some(frozen)) => Step::Postpone(frozen.clone()),
                (step, _) => step,
            };
            match step {
                Step::Post(_) => {
                    if !head.looked {
                        first.push((plan.len(), head.earlier.clone()));
                    }
                    if missing.is_empty() {
                        posted.push((plan.len(), head.earlier));
                    } else {
                        against.push((plan.len(), missing));
                    }
                }
                Step::Skip(_) => skipped.extend(head.earlier.map(|sent| (plan.len(), sent))),
                _ => {}
            }
            plan.push(Planned { key: head.key, step });
        }
        if flow.look_first {
            self.link_existing(flow, &first, &mut plan).await?;
        }
        refuse_unfit(flow, posted, &mut plan).await;
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
                Found::Unanswered(failure) => plan[*index].step = Step::Unanswered(failure),
                Found::Absent | Found::Pending => {}
            }
        }
        Ok(())
    }
}

/// What would be told of a document that is left as it is, or what its change waits for.
fn at_rest(head: &Head) -> Option<Planned> {
    let step = match head.refusal() {
        Some(refusal) if !refusal.missing.is_empty() => Some(Step::Hold(refusal.missing.clone())),
        _ => head.untold().map(Step::Tell),
    };
    step.map(|step| Planned { key: head.key.clone(), step })
}

/// Asks the sink what it would not stage of the documents about to be posted; not of those that refer to others that a
/// pass posts first, whose numbers nobody knows yet.
async fn refuse_unfit(flow: &Flow, posted: Vec<(usize, Option<Handle>)>, plan: &mut [Planned]) {
    let draft = |(index, earlier): (usize, Option<Handle>)| {
        let Planned { key, step: Step::Post(document) } = &plan[index] else { return None };
        let (reference, document) = (ExternalRef::of(key), document.clone());
        let is_whole = !TargetRef::is_awaited_by(&document);
        is_whole.then(|| (index, Draft { key: key.clone(), reference, document, earlier }))
    };
    let (places, drafts): (Vec<usize>, Vec<Draft>) = posted.into_iter().filter_map(draft).unzip();
    if drafts.is_empty() {
        return;
    }
    for (place, refusal) in places.into_iter().zip(flow.sink.check(&drafts).await) {
        plan[place].step = match refusal {
            None | Some(Staged::Staged(..)) => continue,
            Some(Staged::Rejected(failure) | Staged::Blocked(failure)) => Step::Tell(failure.to_string()),
            Some(Staged::Held(missing)) => Step::Hold(missing),
            Some(Staged::NotStaged(failure)) => Step::Unanswered(failure),
        };
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
fn next_step(flow: &Flow, head: &Head, references: &References) -> Option<(Step, Vec<Missing>)> {
    let plain = |step: Step| Some((step, Vec::new()));
    match &head.state {
        State::Committing { .. } | State::InDoubt { .. } | State::Accepted { .. } => return plain(Step::LookUp),
        State::Rejected { .. } | State::Parked { .. } | State::Skipped { .. } => {
            return head.untold().map(Step::Tell).and_then(plain);
        }
        _ => {}
    }
    match map(flow, &head.record(), references) {
        Mapping::Draft { document, .. } => plain(Step::Post(document)),
        Mapping::Wait { document, missing, .. } => Some((Step::Post(document), missing)),
        Mapping::Hold(missing) => plain(Step::Hold(missing)),
        Mapping::Skip(reason) => plain(Step::Skip(reason)),
    }
}
