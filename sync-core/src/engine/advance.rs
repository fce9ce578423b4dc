//! Carrying what is due one step on.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::amend::{amendment, needs_mapping};
use super::find::{differences, linked};
use super::journal::{Entry, Recorded, Work};
use super::outcome::{Retries, pad};
use super::{Engine, Flow};
use crate::alert::Alert;
use crate::error::EngineError;
use crate::failure::{Failure, FailureKind};
use crate::ledger::{Change, ClaimRequest, Evidence, Lease};
use crate::mapper::{Mapping, Missing};
use crate::record::{ExternalRef, Lifecycle, Record, RecordKey};
use crate::reference::References;
use crate::request::RequestIds;
use crate::schedule::Frozen;
use crate::sink::{Amendment, Committed, Draft, Found, Handle, Lookup, Staged};
use crate::state::{Head, State, StateName};

/// A record that was carried on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Which.
    pub key: RecordKey,
    /// Where it was.
    pub from: StateName,
    /// Where it is.
    pub to: StateName,
}

/// What a step did.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// The records carried on.
    pub moved: Vec<Moved>,
    /// When something is due next; in the past if something is due already.
    pub next_due: Option<DateTime<Utc>>,
}

/// What a step has done so far, and whom people are to be told of once all of it is recorded: telling may take as long
/// as it likes, and neither a lease nor an outcome may be lost over it.
#[derive(Default)]
pub(super) struct Done {
    pub moved: Vec<Moved>,
    /// Records that need a person, their leases still held.
    pub untold: Vec<Work>,
    /// Records that get nowhere, their leases given back.
    pub troubled: Vec<(Head, Alert)>,
}

impl Engine {
    /// Claims up to `limit` records that are due and carries each as far as it goes without waiting.
    ///
    /// While the schedule freezes posting, what is due is looked up, settled, mapped and held as ever, and
    /// what is ready to be posted is postponed to the end of the freeze.
    ///
    /// May be called from any number of processes at once, and may be dropped or crash at any point.
    /// The more records a step has, the fewer calls a sink needs for each: 100 to 500 is a good limit.
    ///
    /// # Errors
    /// The ledger failed: nothing was sent that it does not know of. Or the reference data is stale
    /// (I8), in which case all that needs no mapping was carried on.
    pub async fn advance(&self, limit: usize) -> Result<Progress, EngineError> {
        let kinds = self.kinds();
        let claims = self
            .store
            .claim(&ClaimRequest {
                connection: self.connection.clone(),
                kinds: kinds.clone(),
                now: self.clock.now(),
                until: self.after(self.settings.lease),
                worker: self.settings.worker.clone(),
                limit,
            })
            .await?;
        let mut works: Vec<Work> =
            claims.into_iter().map(|claim| Work { head: claim.head, fence: claim.fence }).collect();
        let mut done = Done::default();
        if !works.is_empty() {
            let references = self.references.snapshot(&self.connection).await?;
            let mut stale = None;
            for flow in &self.flows {
                let (mine, others) = works.into_iter().partition(|work| work.head.key.kind() == &flow.kind);
                works = others;
                match self.advance_flow(flow, mine, &references, &mut done).await {
                    Err(error @ EngineError::StaleReferences { .. }) => stale = Some(error),
                    other => other?,
                }
            }
            self.tell(done.untold, done.troubled).await?;
            if let Some(error) = stale {
                return Err(error);
            }
        }
        let next_due = self.store.next_due(&self.connection, &kinds).await?;
        Ok(Progress { moved: done.moved, next_due })
    }

    async fn advance_flow(
        &self,
        flow: &Flow,
        works: Vec<Work>,
        references: &References,
        done: &mut Done,
    ) -> Result<(), EngineError> {
        let (mut fresh, mut staged, mut doubtful, mut accepted) = (vec![], vec![], vec![], vec![]);
        let (mut behind, mut settled) = (vec![], vec![]);
        for work in works {
            match &work.head.state {
                State::Discovered | State::Postponed { .. } | State::Intent | State::RetryAt { .. } => fresh.push(work),
                State::CommitAt { .. } => staged.push(work),
                State::Committing { .. } | State::InDoubt { .. } => doubtful.push(work),
                State::Accepted { .. } => accepted.push(work),
                _ if amendment(flow, &work.head).is_some() => behind.push(work),
                _ => settled.push(work),
            }
        }
        done.untold.extend(settled);
        self.settle(flow, doubtful, done).await?;
        self.confirm(flow, accepted, done).await?;
        let old = self.is_stale(flow, references);
        let stale = old && (!fresh.is_empty() || !staged.is_empty() || behind.iter().any(needs_mapping));
        let frozen = self.schedule.frozen(self.clock.now());
        self.amend(flow, behind, references, old, done).await?;
        let mut ready = Vec::new();
        if stale {
            self.release(fresh.into_iter().chain(staged).collect()).await?;
        } else {
            ready.extend(self.recommit(flow, staged, references, frozen.as_ref()).await?);
            let intents = self.intend(flow, fresh, references, frozen.as_ref(), done).await?;
            let wanted = self.look_first(flow, intents, done).await?;
            ready.extend(self.stage(flow, wanted, done).await?);
        }
        self.commit(flow, ready, done).await?;
        if stale { Err(EngineError::StaleReferences { kind: flow.kind.clone() }) } else { Ok(()) }
    }

    pub(super) fn is_stale(&self, flow: &Flow, references: &References) -> bool {
        flow.max_reference_age.is_some_and(|age| {
            references.aligned_at().is_none_or(|at| (self.clock.now() - at).to_std().is_ok_and(|old| old > age))
        })
    }

    /// Maps what is fresh, and makes the intents durable before anything is sent (I1, I6); in a freeze there are none.
    /// What may not be posted yet is intended once, so that what is there of it is linked.
    async fn intend(
        &self,
        flow: &Flow,
        fresh: Vec<Work>,
        references: &References,
        frozen: Option<&Frozen>,
        done: &mut Done,
    ) -> Result<Vec<(Work, Wanted)>, EngineError> {
        let until = self.after(self.settings.lease);
        let records = fresh.iter().map(|work| (&work.head.key, &work.head.payload));
        let references = self.with_needed(flow, records, references, frozen).await?;
        let mut abandoned = Vec::new();
        let mut entries: Vec<Entry<Option<Wanted>>> = Vec::new();
        for work in fresh {
            entries.push(match (map(flow, &work.head.record(), &references), frozen) {
                (Mapping::Hold(missing), _) => Entry::last(work, Change::Held { missing }, None),
                (Mapping::Skip(reason), _) => {
                    abandoned.push((work, reason));
                    continue;
                }
                (Mapping::Draft { .. }, Some(frozen)) => Entry::last(work, postponed(frozen), None),
                (Mapping::Wait { missing, .. }, _) if frozen.is_some() || !may_be_there(flow, &work.head) => {
                    Entry::last(work, Change::Held { missing }, None)
                }
                (Mapping::Wait { document, decisions, missing }, _) => {
                    intent(work, document, decisions, missing, until)
                }
                (Mapping::Draft { document, decisions }, None) => intent(work, document, decisions, Vec::new(), until),
            });
        }
        entries.extend(self.abandon(flow, abandoned).await);
        let mut intents = Vec::new();
        let mut superseded = Vec::new();
        for Recorded { work, with, superseded: stale } in self.record(entries).await? {
            match with {
                _ if stale => superseded.push(work),
                Some(draft) => intents.push((work, draft)),
                None => done.moved.push(went(&work, StateName::Discovered)),
            }
        }
        self.release(superseded).await?;
        Ok(intents)
    }

    /// Skips what is not to be posted any more. Of what an attempt has sent of it, a part may be there: that is a
    /// person's to remove.
    async fn abandon(&self, flow: &Flow, skipped: Vec<(Work, String)>) -> Vec<Entry<Option<Wanted>>> {
        let sent: Vec<Handle> = skipped.iter().filter_map(|(work, _)| work.head.earlier.clone()).collect();
        if !sent.is_empty() {
            flow.sink.discard(&sent).await;
        }
        let mut left = left_behind(flow, &sent).await.into_iter();
        let mut retries = Retries::of(self);
        skipped
            .into_iter()
            .map(|(work, reason)| {
                let left = if work.head.earlier.is_some() { left.next() } else { None };
                let change = match left.unwrap_or(Ok(None)) {
                    Ok(None) => Change::Skipped { reason },
                    Ok(Some(failure)) => Change::Parked { failure: and_left(&reason, failure) },
                    Err(failure) => retries.attempt(&work, failure),
                };
                let read = (work.head.revision.clone(), work.head.lifecycle);
                Entry { only_at: Some(read), ..Entry::last(work, change, None) }
            })
            .collect()
    }

    /// Before anything is sent, links what is already there. That there was nothing is recorded, so that a failure or a
    /// crash between question and answer asks again, and what was sent later is never asked for by a lagging search.
    async fn look_first(
        &self,
        flow: &Flow,
        intents: Vec<(Work, Wanted)>,
        done: &mut Done,
    ) -> Result<Vec<(Work, Draft)>, EngineError> {
        let (first, wanted): (Vec<_>, Vec<_>) = intents
            .into_iter()
            .partition(|(work, wanted)| !wanted.against.is_empty() || (flow.look_first && !work.head.looked));
        let mut wanted: Vec<(Work, Draft)> = wanted.into_iter().map(|(work, wanted)| (work, wanted.draft)).collect();
        if first.is_empty() {
            return Ok(wanted);
        }
        let lookups: Vec<Lookup> = first.iter().map(|(_, wanted)| wanted.draft.lookup()).collect();
        let answers = self.find(flow, &lookups).await?;
        let mut retries = Retries::of(self);
        let (mut absent, mut found, mut linking) = (Vec::new(), Vec::new(), Vec::new());
        let mut entries = Vec::new();
        for ((work, Wanted { draft, against }), answer) in first.into_iter().zip(answers) {
            match answer {
                Found::Absent | Found::InPart if !against.is_empty() => {
                    let changes = vec![Change::NotYetThere, Change::Held { missing: against }];
                    entries.push(Entry { changes, ..Entry::last(work, Change::NotYetThere, ()) });
                }
                Found::Absent | Found::InPart => {
                    let draft = Draft { absent: answer == Found::Absent, ..draft };
                    absent.push(Entry::new(work, Change::NotYetThere, Lease::Keep, draft));
                }
                Found::Found(target) => {
                    found.push(Amendment::of_found(draft.key, target, Some(draft.document)));
                    linking.push(work);
                }
                Found::Differs(failure) => entries.push(of_this_content(work, Change::Parked { failure })),
                Found::Pending => {
                    let failure = Failure::new(FailureKind::Other, "a document with this reference is being made");
                    let change = retries.attempt(&work, failure);
                    entries.push(of_this_content(work, change));
                }
                Found::Unanswered(failure) => {
                    let change = retries.attempt(&work, failure);
                    entries.push(of_this_content(work, change));
                }
            }
        }
        let differences = differences(flow, &found).await;
        for ((work, Amendment { target, .. }), difference) in linking.into_iter().zip(found).zip(differences) {
            let changes = match difference {
                Ok(difference) => linked(target, difference),
                Err(failure) => vec![retries.attempt(&work, failure)],
            };
            entries.push(Entry { changes, ..Entry::last(work, Change::NotYetThere, ()) });
        }
        wanted.extend(self.record(absent).await?.into_iter().map(|recorded| (recorded.work, recorded.with)));
        self.finish(flow, entries, StateName::Intent, done).await?;
        Ok(wanted)
    }

    /// Stages drafts, and makes the handles durable before any is committed (I1).
    async fn stage(
        &self,
        flow: &Flow,
        wanted: Vec<(Work, Draft)>,
        done: &mut Done,
    ) -> Result<Vec<(Work, Handle)>, EngineError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let (works, drafts): (Vec<Work>, Vec<Draft>) = wanted.into_iter().unzip();
        let answers = pad(flow.sink.stage(&drafts).await, drafts.len(), || Staged::NotStaged(no_answer()));
        let mut retries = Retries::of(self);
        let mut ready = Vec::new();
        let mut entries = Vec::new();
        for (work, answer) in works.into_iter().zip(answers) {
            match answer {
                Staged::Staged(handle, by) => ready.push(Ready { work, handle, by }),
                Staged::Rejected(failure) => {
                    entries.push(of_this_content(work, Change::Rejected { failure, there: false }));
                }
                Staged::Blocked(failure) => {
                    entries.push(of_this_content(work, Change::Rejected { failure, there: true }));
                }
                Staged::Held(missing) => entries.push(of_this_content(work, Change::Held { missing })),
                Staged::NotStaged(failure) => {
                    let change = retries.attempt(&work, failure);
                    entries.push(of_this_content(work, change));
                }
            }
        }
        let ready = self.mark_committing(flow, ready).await?;
        self.finish(flow, entries, StateName::Intent, done).await?;
        Ok(ready)
    }

    /// Takes up staged records whose commit was proven unprocessed, unless they have changed since, may not be posted any
    /// more, or nothing is kept of them in the target: then what is staged is thrown away, and they are mapped anew.
    async fn recommit(
        &self,
        flow: &Flow,
        staged: Vec<Work>,
        references: &References,
        frozen: Option<&Frozen>,
    ) -> Result<Vec<(Work, Handle)>, EngineError> {
        let records = staged.iter().map(|work| (&work.head.key, &work.head.payload));
        let references = self.with_needed(flow, records, references, frozen).await?;
        let (mut ready, mut stale) = (Vec::new(), Vec::new());
        for work in staged {
            let wanted = frozen.is_none()
                && flow.sink.keeps_staged()
                && matches!(map(flow, &work.head.record(), &references), Mapping::Draft { .. })
                && work.head.sent.as_ref() == Some(&work.head.revision);
            match work.head.state.handle().cloned() {
                Some(handle) if wanted => ready.push(Ready { work, handle, by: RequestIds::none() }),
                Some(handle) => stale.push((work, handle)),
                None => {}
            }
        }
        let (works, handles): (Vec<_>, Vec<_>) = stale.into_iter().unzip();
        if !handles.is_empty() {
            flow.sink.discard(&handles).await;
        }
        self.record(works.into_iter().map(|work| Entry::last(work, Change::Voided, ())).collect()).await?;
        self.mark_committing(flow, ready).await
    }

    async fn mark_committing(&self, flow: &Flow, ready: Vec<Ready>) -> Result<Vec<(Work, Handle)>, EngineError> {
        let until = self.after(self.settings.lease);
        let entries = ready
            .into_iter()
            .map(|Ready { work, handle, by }| {
                let only_at = work.head.sent.clone().map(|sent| (sent, Lifecycle::Active));
                let called = Some(flow.sink.describe(&handle));
                let change = Change::Committing { handle: handle.clone(), called };
                Entry { only_at, ..Entry::new(work, change, Lease::Until(until), handle).by(by) }
            })
            .collect();
        let (superseded, committing): (Vec<_>, Vec<_>) =
            self.record(entries).await?.into_iter().partition(|recorded| recorded.superseded);
        let (works, handles): (Vec<_>, Vec<_>) =
            superseded.into_iter().map(|recorded| (recorded.work, recorded.with)).unzip();
        if !handles.is_empty() {
            flow.sink.discard(&handles).await;
            self.release(works).await?;
        }
        Ok(committing.into_iter().map(|recorded| (recorded.work, recorded.with)).collect())
    }

    /// Commits, and records each outcome in one append.
    async fn commit(&self, flow: &Flow, ready: Vec<(Work, Handle)>, done: &mut Done) -> Result<(), EngineError> {
        let (ready, mut entries) = self.one_at_a_time(flow, ready).await?;
        let (works, handles): (Vec<Work>, Vec<Handle>) = ready.into_iter().unzip();
        let committed = if handles.is_empty() { Vec::new() } else { flow.sink.commit(&handles).await };
        let answers = pad(committed, handles.len(), || Committed::Unknown(no_answer()));
        let mut retries = Retries::of(self);
        for (work, answer) in works.into_iter().zip(answers) {
            let mut request_ids = RequestIds::none();
            let change = match answer {
                Committed::Created(target, by) => {
                    request_ids = by;
                    Change::Posted { target, evidence: Evidence::Answer }
                }
                Committed::Accepted(by) => {
                    request_ids = by;
                    Change::Accepted
                }
                Committed::Rejected(failure) => Change::Rejected { failure, there: false },
                Committed::RejectedInPart(failure) => Change::Rejected { failure, there: true },
                Committed::NotProcessed(failure) => retries.commit(flow, &work, failure),
                Committed::Unknown(failure) => Change::InDoubt { failure },
            };
            entries.push(Entry::last(work, change, ()).by(request_ids));
        }
        self.finish(flow, entries, StateName::Committing, done).await
    }

    /// Records the last changes of a step, notes them as moves, and what people are to be told of then.
    pub(super) async fn finish(
        &self,
        flow: &Flow,
        entries: Vec<Entry<()>>,
        from: StateName,
        done: &mut Done,
    ) -> Result<(), EngineError> {
        let entries = entries.into_iter().map(|entry| {
            let alert = self.lasting_trouble(flow, &entry);
            let Entry { work, changes, request_ids, lease, only_at, .. } = entry;
            Entry { work, changes, request_ids, lease, only_at, with: alert }
        });
        let mut changed = Vec::new();
        for Recorded { work, with: alert, superseded } in self.record(entries.collect()).await? {
            if superseded {
                changed.push(work);
                continue;
            }
            done.moved.push(went(&work, from));
            done.troubled.extend(alert.map(|alert| (work.head, alert)));
        }
        self.release(changed).await
    }
}

pub(super) fn map(flow: &Flow, record: &Record, references: &References) -> Mapping {
    match record.lifecycle {
        Lifecycle::Cancelled => Mapping::Skip("it was cancelled at the source".to_owned()),
        Lifecycle::Active => flow.mapper.map(record, references),
    }
}

/// What stands in the target of what was sent, one answer for each.
pub(super) async fn left_behind(flow: &Flow, sent: &[Handle]) -> Vec<Result<Option<Failure>, Failure>> {
    let left = if sent.is_empty() { Vec::new() } else { flow.sink.left_behind(sent).await };
    pad(left, sent.len(), || Err(no_answer()))
}

/// Why a record is not to be posted any more, and what is left of it.
pub(super) fn and_left(reason: &str, left: Failure) -> Failure {
    Failure { message: format!("{reason}, and {}", left.message), ..left }
}

/// What is staged, and by which requests.
struct Ready {
    work: Work,
    handle: Handle,
    by: RequestIds,
}

/// A document that is to be posted; or only linked, as long as something stands against its being made.
struct Wanted {
    draft: Draft,
    against: Vec<Missing>,
}

/// Whether a document that may not be made yet is to be looked for all the same: once, until the target has answered.
/// When it may be made, it is looked for again.
pub(super) fn may_be_there(flow: &Flow, head: &Head) -> bool {
    let answered = matches!(head.state, State::Held { .. }) && head.attempt > 0;
    flow.look_first && !answered
}

fn intent(
    work: Work,
    document: Value,
    decisions: Vec<String>,
    against: Vec<Missing>,
    until: DateTime<Utc>,
) -> Entry<Option<Wanted>> {
    let draft = work.head.draft(document.clone());
    let only_at = Some((work.head.revision.clone(), Lifecycle::Active));
    let change = Change::Intended { attempt: work.head.attempt + 1, document, decisions };
    Entry { only_at, ..Entry::new(work, change, Lease::Until(until), Some(Wanted { draft, against })) }
}

/// What ends an attempt, unless the record has changed since: it tells nothing of the new content.
fn of_this_content(work: Work, change: Change) -> Entry<()> {
    let only_at = work.head.sent.clone().map(|sent| (sent, Lifecycle::Active));
    Entry { only_at, ..Entry::last(work, change, ()) }
}

fn postponed(frozen: &Frozen) -> Change {
    Change::Postponed { until: frozen.until, reason: frozen.reason.clone() }
}

fn went(work: &Work, from: StateName) -> Moved {
    Moved { key: work.head.key.clone(), from, to: work.head.state.name() }
}

pub(super) fn lookup(work: &Work) -> Lookup {
    Lookup {
        key: work.head.key.clone(),
        reference: ExternalRef::of(&work.head.key),
        handle: work.head.state.handle().cloned(),
        document: None,
        earlier: work.head.earlier.clone(),
    }
}

pub(super) fn no_answer() -> Failure {
    Failure::new(FailureKind::Other, "the sink gave no answer for this record")
}
