//! What a pass would do, without writing anything anywhere.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::advance::{and_left, left_behind, map, may_be_there, no_answer};
use super::amend::{amendment, content, refused};
use super::find::{differences, linked};
use super::hold::resumption;
use super::journal::append_of;
use super::outcome::pad;
use super::twins::UnderWay;
use super::{Engine, Flow};
use crate::error::EngineError;
use crate::failure::Failure;
use crate::ledger::{Change, Evidence, Lease, Query, list_all};
use crate::mapper::{Mapping, Missing};
use crate::record::{Kind, Record, RecordKey};
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
    Post(Value),
    /// It would be linked to the document that is already there.
    Link(TargetRef),
    /// So it would be, and people would be told what of it differs.
    LinkAndTell {
        /// The document's number.
        target: TargetRef,
        /// What they would be told.
        reason: String,
    },
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
        document: Value,
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

/// What a pass would do, and where the records that it looks at would stand after it.
#[derive(Debug, Clone, Default)]
pub struct Ahead {
    /// What it would do, in the order of the keys.
    pub plan: Vec<Planned>,
    /// The records as it would leave them, for the plans of flows that need them
    /// ([`References::with_records`]). What is still to be posted is so under [`TargetRef::unposted`].
    pub heads: Vec<Head>,
}

impl Ahead {
    fn add(&mut self, head: Head, step: Option<Step>) {
        self.plan.extend(step.map(|step| Planned { key: head.key.clone(), step }));
        self.heads.push(head);
    }
}

/// On what a plan is made.
struct Basis<'a> {
    flow: &'a Flow,
    references: &'a References,
    frozen: Option<&'a Frozen>,
}

/// What a pass would do with a record that has no document.
struct Course {
    /// The record; or where it would stand, if it would be linked to a document that is not what it is.
    head: Head,
    step: Step,
    /// Whether the sink says that it is not there.
    absent: bool,
    /// What would be recorded, where the step alone does not say.
    change: Option<Change>,
}

impl Course {
    /// What would be posted.
    fn draft(&self) -> Option<Draft> {
        let Step::Post(document) = &self.step else { return None };
        Some(Draft { absent: self.absent, ..self.head.draft(document.clone()) })
    }

    /// The target has something that is no document of ours, or refuses this one.
    fn refused(&mut self, failure: &Failure, change: Change) {
        (self.step, self.change) = (Step::Tell(failure.message.clone()), Some(change));
    }
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
        Ok(self.look_ahead(kind, references).await?.plan)
    }

    /// As [`plan`](Self::plan), with where the records would stand after the pass.
    pub async fn look_ahead(&self, kind: &Kind, references: &References) -> Result<Ahead, EngineError> {
        let flow = self.flow_of(kind)?;
        let now = self.clock.now();
        let heads = self.read_ahead(flow, now).await?;
        let frozen = self.schedule.frozen(now);
        let records = heads.iter().map(|head| (&head.key, &head.payload));
        let references = self.with_needed(flow, records, references, frozen.as_ref()).await?;
        let (documents, records) = heads.into_iter().partition(|head| head.state.target().is_some());
        let on = Basis { flow, references: &references, frozen: frozen.as_ref() };
        let mut ahead = Ahead::default();
        let unlike = self.plan_records(&on, records, &mut ahead).await?;
        self.plan_documents(&on, documents, &mut ahead).await?;
        self.plan_unlike(&on, unlike, &mut ahead).await?;
        ahead.plan.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(ahead)
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
    async fn plan_documents(&self, on: &Basis<'_>, heads: Vec<Head>, ahead: &mut Ahead) -> Result<(), EngineError> {
        let &Basis { flow, references, frozen } = on;
        let mut behind: Vec<(Head, Amendment)> = Vec::new();
        for head in heads {
            let head = match resumption(flow, &head, references, frozen) {
                Some(change) => self.foreseen(&head, &[change]),
                None => head,
            };
            if head.due().is_none() || amendment(flow, &head).is_none() {
                at_rest(ahead, head);
                continue;
            }
            if let Some(frozen) = frozen {
                self.take(ahead, &head, Step::Postpone(frozen.clone()));
                continue;
            }
            match content(flow, &head, references) {
                Ok((document, _)) => {
                    let amendment = self.amendment_to(flow, &head, document, references).await?;
                    behind.extend(amendment.map(|amendment| (head, amendment)));
                }
                Err(change) => at_rest(ahead, self.foreseen(&head, &[change])),
            }
        }
        if behind.is_empty() {
            return Ok(());
        }
        let (heads, amendments): (Vec<Head>, Vec<Amendment>) = behind.into_iter().unzip();
        let answers = pad(flow.sink.compare(&amendments).await, heads.len(), || Compared::Unanswered(no_answer()));
        for ((head, Amendment { target, document, .. }), answer) in heads.iter().zip(amendments).zip(answers) {
            match (answer, document) {
                (Compared::Same, _) => ahead.add(self.foreseen(head, &[amended(head)]), None),
                (Compared::Differs { differences, .. }, Some(document)) => {
                    self.take(ahead, head, Step::Amend { target, document, differences });
                }
                (Compared::Differs { .. }, None) => self.take(ahead, head, Step::Cancel(target)),
                (Compared::Refused(failure), _) => at_rest(ahead, self.foreseen(head, &[refused(head, failure)])),
                (Compared::Unanswered(failure), _) => self.take(ahead, head, Step::Unanswered(failure)),
            }
        }
        Ok(())
    }

    /// What would become of documents that would be linked, and are not what their records are.
    async fn plan_unlike(&self, on: &Basis<'_>, heads: Vec<Head>, ahead: &mut Ahead) -> Result<(), EngineError> {
        let targets: HashMap<RecordKey, TargetRef> =
            heads.iter().filter_map(|head| Some((head.key.clone(), head.target()?.clone()))).collect();
        let before = ahead.plan.len();
        self.plan_documents(on, heads, ahead).await?;
        for Planned { key, step } in &mut ahead.plan[before..] {
            if let (Step::Tell(reason), Some(target)) = (&step, targets.get(key)) {
                *step = Step::LinkAndTell { target: target.clone(), reason: reason.clone() };
            }
        }
        Ok(())
    }

    /// A step, and where it would leave the record.
    fn take(&self, ahead: &mut Ahead, head: &Head, step: Step) {
        let after = self.foreseen(head, &changes(head, &step, self.clock.now()));
        ahead.add(after, Some(step));
    }

    /// Where a record would stand after these changes.
    fn foreseen(&self, head: &Head, changes: &[Change]) -> Head {
        let events = self.events(head.version, changes, &RequestIds::none(), self.clock.now());
        append_of(head, None, events, Lease::Keep).head
    }

    /// What would become of records that have no document yet; answers where those would stand that would be linked to
    /// one that is not what they are.
    async fn plan_records(
        &self,
        on: &Basis<'_>,
        heads: Vec<Head>,
        ahead: &mut Ahead,
    ) -> Result<Vec<Head>, EngineError> {
        let &Basis { flow, references, frozen } = on;
        let mut plan: Vec<Course> = Vec::new();
        let mut first: Vec<usize> = Vec::new();
        let mut posted: Vec<usize> = Vec::new();
        let mut against: Vec<(usize, Vec<Missing>)> = Vec::new();
        let mut skipped: Vec<usize> = Vec::new();
        let under_way = UnderWay::of(flow, &heads);
        for head in heads {
            let Some((step, missing)) = next_step(flow, &head, references) else {
                ahead.add(head, None);
                continue;
            };
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
                        first.push(plan.len());
                    }
                    if missing.is_empty() {
                        posted.push(plan.len());
                    } else {
                        against.push((plan.len(), missing));
                    }
                }
                Step::Skip(_) if head.earlier.is_some() => skipped.push(plan.len()),
                _ => {}
            }
            plan.push(Course { head, step, absent: false, change: None });
        }
        if flow.look_first {
            self.link_existing(flow, &first, &mut plan).await?;
        }
        refuse_unfit(flow, &posted, under_way, &mut plan).await;
        tell_of_leftovers(flow, &skipped, &mut plan).await;
        for (index, missing) in against {
            if matches!(plan[index].step, Step::Post(_)) {
                plan[index].step = Step::Hold(missing);
            }
        }
        let mut unlike = Vec::new();
        for Course { head, step, change, .. } in plan {
            match change {
                _ if head.target().is_some() => unlike.push(head),
                Some(change) => ahead.add(self.foreseen(&head, &[change]), Some(step)),
                None => self.take(ahead, &head, step),
            }
        }
        Ok(unlike)
    }

    /// Asks the sink which of the documents about to be posted are already there, and what those differ in.
    async fn link_existing(&self, flow: &Flow, first: &[usize], plan: &mut [Course]) -> Result<(), EngineError> {
        let lookups: Vec<Lookup> = first.iter().filter_map(|index| Some(plan[*index].draft()?.lookup())).collect();
        if lookups.is_empty() {
            return Ok(());
        }
        let answers = self.find(flow, &lookups).await?;
        let (mut found, mut linking) = (Vec::new(), Vec::new());
        for ((index, answer), lookup) in first.iter().zip(answers).zip(lookups) {
            let course = &mut plan[*index];
            match answer {
                Found::Found(target) => {
                    found.push(Amendment::of_found(lookup.key, target, lookup.document));
                    linking.push(*index);
                }
                Found::Differs(failure) => course.refused(&failure.clone(), Change::Parked { failure }),
                Found::Unanswered(failure) => course.step = Step::Unanswered(failure),
                Found::Absent => course.absent = true,
                Found::InPart | Found::Pending => {}
            }
        }
        let differences = differences(flow, &found).await;
        for ((index, one), difference) in linking.into_iter().zip(found).zip(differences) {
            let course = &mut plan[index];
            course.step = match difference {
                Err(failure) => Step::Unanswered(failure),
                Ok(difference) => {
                    if difference.is_some() {
                        let document = one.document.unwrap_or_default();
                        let attempt = course.head.attempt + 1;
                        let mut changes = vec![Change::Intended { attempt, document, decisions: Vec::new() }];
                        changes.extend(linked(one.target.clone(), difference));
                        course.head = self.foreseen(&course.head, &changes);
                    }
                    Step::Link(one.target)
                }
            };
        }
        Ok(())
    }
}

/// What would be told of a document that is left as it is, or what its change waits for.
fn at_rest(ahead: &mut Ahead, head: Head) {
    let step = match head.refusal() {
        Some(refusal) if !refusal.missing.is_empty() => Some(Step::Hold(refusal.missing.clone())),
        _ => head.untold().map(Step::Tell),
    };
    ahead.add(head, step);
}

/// That a document is what its record is now.
fn amended(head: &Head) -> Change {
    Change::Amended { revision: head.revision.clone(), lifecycle: head.lifecycle, by_hand: false }
}

/// What a pass would record of a step, all going well.
fn changes(head: &Head, step: &Step, at: DateTime<Utc>) -> Vec<Change> {
    let is_there = head.state.target().is_some();
    let intended = |document: Value| Change::Intended { attempt: head.attempt + 1, document, decisions: Vec::new() };
    let posted = |target, evidence| Change::Posted { target, evidence };
    let amending =
        |document, differences| vec![Change::Amending { document, decisions: Vec::new(), differences }, amended(head)];
    match step {
        Step::Post(document) => {
            vec![intended(document.clone()), posted(TargetRef::unposted(), Evidence::Answer)]
        }
        Step::Link(target) => vec![intended(Value::Null), posted(target.clone(), Evidence::Existing)],
        Step::Postpone(Frozen { until, reason }) if is_there => {
            vec![Change::AmendPostponed { until: *until, reason: reason.clone() }]
        }
        // What needs it waits for the end of the same freeze.
        Step::LookUp | Step::Postpone(_) => vec![posted(TargetRef::unposted(), Evidence::Answer)],
        Step::Hold(missing) => vec![Change::Held { missing: missing.clone() }],
        Step::Skip(reason) => vec![Change::Skipped { reason: reason.clone() }],
        Step::Amend { document, differences, .. } => amending(Some(document.clone()), differences.clone()),
        Step::Cancel(_) => amending(None, Vec::new()),
        Step::Unanswered(failure) if is_there => vec![Change::AmendPlanned { at, failure: failure.clone() }],
        Step::Unanswered(failure) => vec![Change::RetryPlanned { at, failure: failure.clone() }],
        Step::Tell(_) | Step::LinkAndTell { .. } => Vec::new(),
    }
}

/// Asks the sink what it would answer to the documents about to be posted; not of those that refer to others that a
/// pass posts first, whose numbers nobody knows yet. Of two records of one document one waits.
async fn refuse_unfit(flow: &Flow, posted: &[usize], mut under_way: UnderWay, plan: &mut [Course]) {
    let draft = |index: &usize| {
        let draft = plan[*index].draft()?;
        (!TargetRef::is_awaited_by(&draft.document)).then_some((*index, draft))
    };
    let (places, drafts): (Vec<usize>, Vec<Draft>) = posted.iter().filter_map(draft).unzip();
    if drafts.is_empty() {
        return;
    }
    for (place, refusal) in places.into_iter().zip(flow.sink.check(&drafts).await) {
        let course = &mut plan[place];
        match refusal {
            None => {}
            Some(Staged::Staged(handle, _)) => {
                if let Err(failure) = under_way.take_up(flow, &course.head.key, &handle) {
                    course.step = Step::Unanswered(failure);
                }
            }
            Some(Staged::Rejected(failure)) => {
                course.refused(&failure.clone(), Change::Rejected { failure, there: false });
            }
            Some(Staged::Blocked(failure)) => {
                course.refused(&failure.clone(), Change::Rejected { failure, there: true });
            }
            Some(Staged::Held(missing)) => course.step = Step::Hold(missing),
            Some(Staged::NotStaged(failure)) => course.step = Step::Unanswered(failure),
        }
    }
}

/// Asks the sink what stands of what an attempt sent of records that are not to be posted any more.
async fn tell_of_leftovers(flow: &Flow, skipped: &[usize], plan: &mut [Course]) {
    let sent: Vec<Handle> = skipped.iter().filter_map(|place| plan[*place].head.earlier.clone()).collect();
    for (place, left) in skipped.iter().zip(left_behind(flow, &sent).await) {
        let course = &mut plan[*place];
        if let (Step::Skip(reason), Ok(Some(failure))) = (&course.step, left) {
            let failure = and_left(reason, failure);
            course.refused(&failure.clone(), Change::Parked { failure });
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
