//! Documents that are not what their records are any more: changed, or cancelled, as far as the flow allows it.
//!
//! ```text
//! behind -> map -> Sink.compare (reads only) -> ledger: Amending, with each difference -> Sink.amend -> ledger: Amended
//!                       `-> same: Amended                      lost, or a crash? compared anew, a settle time later
//! ```
//!
//! What is unknown is never sent again: the document itself tells what of it was carried out. A change that is still
//! under way when the document is read would escape that, hence the settle time (a crashed worker's lease is longer).

use serde_json::Value;

use super::advance::{Done, map, no_answer};
use super::journal::{Entry, Recorded, Work};
use super::outcome::{Retries, pad};
use super::{Cancellations, Engine, Flow, Revisions};
use crate::error::EngineError;
use crate::failure::{Failure, FailureKind};
use crate::ledger::{Change, Lease};
use crate::mapper::Mapping;
use crate::record::{ExternalRef, Lifecycle, Record, Revision};
use crate::reference::References;
use crate::request::RequestIds;
use crate::sink::{Amended, Amendment, Compared, Handle};
use crate::state::{Head, State, StateName};

/// What is to become of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Amend,
    Cancel,
}

/// What the flow wants done to a record's document now; nothing if people are only told, or if it was refused.
pub(super) fn amendment(flow: &Flow, head: &Head) -> Option<Wish> {
    if head.refusal().is_some() { None } else { wish(flow, head) }
}

/// Whether there is something to be tried once more, though it was refused.
pub(super) fn amendment_again(flow: &Flow, head: &Head) -> bool {
    let at_rest = matches!(head.state, State::Posted { .. } | State::Cancelled { .. });
    &flow.kind == head.key.kind() && at_rest && wish(flow, head).is_some()
}

fn wish(flow: &Flow, head: &Head) -> Option<Wish> {
    // What was begun is brought to an end, whatever is wanted of others by now.
    let begun = match head.state {
        State::Amending { .. } | State::AmendAt { .. } | State::AmendPostponed { .. } => true,
        State::Posted { .. } | State::Cancelled { .. } if head.is_behind() => false,
        _ => return None,
    };
    match head.lifecycle {
        Lifecycle::Active => (begun || flow.on_revision == Revisions::Amend).then_some(Wish::Amend),
        Lifecycle::Cancelled => (begun || flow.on_cancel == Cancellations::Cancel).then_some(Wish::Cancel),
    }
}

/// Whether carrying it on needs reference data.
pub(super) fn needs_mapping(work: &Work) -> bool {
    work.head.lifecycle == Lifecycle::Active
}

/// The content that a record's document is to have, none if it is to be cancelled, and how its references were
/// resolved; or what is to be recorded if the record cannot be carried over.
pub(super) fn content(
    flow: &Flow,
    head: &Head,
    references: &References,
) -> Result<(Option<Value>, Vec<String>), Change> {
    match (head.lifecycle, map(flow, &head.record(), references)) {
        (Lifecycle::Cancelled, _) => Ok((None, Vec::new())),
        // What stands against making it is no matter to one that is there: the target refuses what it must.
        (Lifecycle::Active, Mapping::Draft { document, decisions } | Mapping::Wait { document, decisions, .. }) => {
            Ok((Some(document), decisions))
        }
        (Lifecycle::Active, Mapping::Hold(missing)) => {
            Err(Change::AmendHeld { revision: head.revision.clone(), missing })
        }
        (Lifecycle::Active, Mapping::Skip(reason)) => Err(refused(head, Failure::new(FailureKind::Invalid, reason))),
    }
}

/// That a document cannot become what its record is now.
pub(super) fn refused(head: &Head, failure: Failure) -> Change {
    Change::AmendRefused { revision: head.revision.clone(), lifecycle: head.lifecycle, failure }
}

/// An amendment that is wanted, and how its references were resolved.
struct Wanted {
    work: Work,
    amendment: Amendment,
    decisions: Vec<String>,
}

impl Engine {
    /// Compares documents with what their records are now, and changes what differs. What must be mapped on stale
    /// reference data is left for later.
    pub(super) async fn amend(
        &self,
        flow: &Flow,
        behind: Vec<Work>,
        references: &References,
        stale: bool,
        done: &mut Done,
    ) -> Result<(), EngineError> {
        if behind.is_empty() {
            return Ok(());
        }
        if let Some(frozen) = self.schedule.frozen(self.clock.now()) {
            let wait = || Change::AmendPostponed { until: frozen.until, reason: frozen.reason.clone() };
            let entries = behind.into_iter().map(|work| Entry::last(work, wait(), ())).collect();
            return self.record(entries).await.map(drop);
        }
        let (later, now): (Vec<_>, Vec<_>) = behind.into_iter().partition(|work| stale && needs_mapping(work));
        self.release(later).await?;
        let (wanted, mut entries) = self.wanted(flow, now, references).await?;
        let begun = self.begin_amendments(flow, wanted, &mut entries).await?;
        self.finish(flow, entries, StateName::Amending, done).await?;
        self.carry_out(flow, begun, done).await
    }

    /// What the records are to be in the target; and what is to be recorded of those that cannot be carried over.
    async fn wanted(
        &self,
        flow: &Flow,
        works: Vec<Work>,
        references: &References,
    ) -> Result<(Vec<Wanted>, Vec<Entry<()>>), EngineError> {
        let records = works.iter().map(|work| (&work.head.key, &work.head.payload));
        let references = self.with_needed(flow, records, references, None).await?;
        let (mut wanted, mut entries) = (Vec::new(), Vec::new());
        for work in works {
            match content(flow, &work.head, &references) {
                Ok((document, decisions)) => {
                    let Some(amendment) = self.amendment_to(flow, &work.head, document, &references).await? else {
                        continue;
                    };
                    wanted.push(Wanted { work, amendment, decisions });
                }
                Err(change) => entries.push(Entry::last(work, change, ())),
            }
        }
        Ok((wanted, entries))
    }

    /// What a record's document is to become; nothing if it has none.
    pub(super) async fn amendment_to(
        &self,
        flow: &Flow,
        head: &Head,
        document: Option<Value>,
        references: &References,
    ) -> Result<Option<Amendment>, EngineError> {
        let Some(target) = head.state.target().cloned() else { return Ok(None) };
        let key = head.key.clone();
        if head.difference().is_some() && document.is_some() {
            let found = Amendment::of_found(key, target, document);
            return Ok(Some(Amendment { unsettled: head.unsettled, ..found }));
        }
        let reference = ExternalRef::of(&key);
        let sent = self.sent(flow, head, references).await?;
        Ok(Some(Amendment { key, reference, target, sent, document, unsettled: head.unsettled }))
    }

    /// The content that the document was given last: what was sent, or what the record was when a person had it done by
    /// hand.
    async fn sent(&self, flow: &Flow, head: &Head, references: &References) -> Result<Option<Value>, EngineError> {
        let history = self.store.history(&head.key).await?;
        let read = |wanted: &Revision| {
            history.iter().rev().find_map(|event| match &event.change {
                Change::Discovered { revision, payload, .. } | Change::Revised { revision, payload, .. } => {
                    (revision == wanted).then(|| payload.clone())
                }
                _ => None,
            })
        };
        Ok(history.iter().rev().find_map(|event| match &event.change {
            Change::Intended { document, .. } => Some(document.clone()),
            Change::Amending { document, .. } => document.clone(),
            Change::Amended { revision, lifecycle: Lifecycle::Active, by_hand: true } => {
                let record = Record { revision: revision.clone(), payload: read(revision)?, ..head.record() };
                match map(flow, &record, references) {
                    Mapping::Draft { document, .. } | Mapping::Wait { document, .. } => Some(document),
                    Mapping::Hold(_) | Mapping::Skip(_) => None,
                }
            }
            _ => None,
        }))
    }

    /// Compares, and makes what is to be changed durable before anything is sent (I1).
    async fn begin_amendments(
        &self,
        flow: &Flow,
        wanted: Vec<Wanted>,
        entries: &mut Vec<Entry<()>>,
    ) -> Result<Vec<(Work, Handle)>, EngineError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let amendments: Vec<Amendment> = wanted.iter().map(|one| one.amendment.clone()).collect();
        let answers = pad(flow.sink.compare(&amendments).await, wanted.len(), || Compared::Unanswered(no_answer()));
        let until = self.after(self.settings.lease);
        let mut retries = Retries::of(self);
        let mut begun = Vec::new();
        for (Wanted { work, amendment, decisions }, answer) in wanted.into_iter().zip(answers) {
            let (revision, lifecycle) = (work.head.revision.clone(), work.head.lifecycle);
            let change = match answer {
                Compared::Same => Change::Amended { revision, lifecycle, by_hand: false },
                Compared::Refused(failure) => refused(&work.head, failure),
                Compared::Unanswered(failure) => retries.amendment(&work, failure),
                Compared::Differs { handle, differences } => {
                    let change = Change::Amending { document: amendment.document, decisions, differences };
                    let only_at = Some((revision, lifecycle));
                    begun.push(Entry { only_at, ..Entry::new(work, change, Lease::Until(until), handle) });
                    continue;
                }
            };
            entries.push(Entry::last(work, change, ()));
        }
        let (superseded, begun): (Vec<_>, Vec<_>) =
            self.record(begun).await?.into_iter().partition(|recorded| recorded.superseded);
        self.release(superseded.into_iter().map(|recorded| recorded.work).collect()).await?;
        Ok(begun.into_iter().map(|Recorded { work, with, .. }| (work, with)).collect())
    }

    /// Changes what differs, and records each outcome.
    async fn carry_out(&self, flow: &Flow, begun: Vec<(Work, Handle)>, done: &mut Done) -> Result<(), EngineError> {
        if begun.is_empty() {
            return Ok(());
        }
        let (works, handles): (Vec<Work>, Vec<Handle>) = begun.into_iter().unzip();
        let answers = pad(flow.sink.amend(&handles).await, handles.len(), || Amended::Unknown(no_answer()));
        let mut retries = Retries::of(self);
        let settled = self.after(self.settings.settle_time);
        let mut entries = Vec::new();
        for (work, answer) in works.into_iter().zip(answers) {
            let (revision, lifecycle) = (work.head.revision.clone(), work.head.lifecycle);
            let mut request_ids = RequestIds::none();
            let change = match answer {
                Amended::Done(by) => {
                    request_ids = by;
                    Change::Amended { revision, lifecycle, by_hand: false }
                }
                Amended::Refused(failure) => refused(&work.head, failure),
                Amended::NotDone(failure) => retries.amendment(&work, failure),
                Amended::Unknown(failure) => Change::AmendPlanned { at: settled, failure },
            };
            entries.push(Entry::last(work, change, ()).by(request_ids));
        }
        self.finish(flow, entries, StateName::Amending, done).await
    }
}
