//! Writing to the ledger: events of a whole batch in one append, repeated where another reading came between.

use chrono::{DateTime, Utc};

use super::Engine;
use crate::error::EngineError;
use crate::ledger::{Append, Appended, Change, Event, Fence, Lease};
use crate::record::{Lifecycle, RecordKey, Revision};
use crate::request::RequestIds;
use crate::state::Head;

/// A record being carried on under a claim.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub head: Head,
    pub fence: Fence,
}

/// What happened to a record, to be recorded, and what goes along with it.
pub(super) struct Entry<T> {
    pub work: Work,
    pub changes: Vec<Change>,
    /// What the other systems call the requests that it came from.
    pub request_ids: RequestIds,
    pub lease: Lease,
    /// Only while the record still has this revision, and is wanted or not as it was.
    pub only_at: Option<(Revision, Lifecycle)>,
    pub with: T,
}

impl<T> Entry<T> {
    /// A change that ends this step: the lease is given back.
    pub fn last(work: Work, change: Change, with: T) -> Self {
        Self::new(work, change, Lease::Release, with)
    }

    /// A change.
    pub fn new(work: Work, change: Change, lease: Lease, with: T) -> Self {
        Self { work, changes: vec![change], request_ids: RequestIds::none(), lease, only_at: None, with }
    }

    /// By these requests.
    pub fn by(self, request_ids: RequestIds) -> Self {
        Self { request_ids, ..self }
    }

    fn is_superseded(&self) -> bool {
        let head = &self.work.head;
        let now =
            |(revision, lifecycle): &(Revision, Lifecycle)| *revision == head.revision && *lifecycle == head.lifecycle;
        !self.only_at.as_ref().is_none_or(now)
    }
}

/// What became of an entry.
pub(super) struct Recorded<T> {
    pub work: Work,
    pub with: T,
    /// Not recorded, since the record has another revision by now or was cancelled. The lease is still held.
    pub superseded: bool,
}

impl Engine {
    /// Records a batch in one append. Where a poll has appended a reading in between, the change is
    /// applied on top of it. Records whose lease was lost are left out of the answer: they are
    /// another worker's now (I4).
    pub(super) async fn record<T: Send>(&self, entries: Vec<Entry<T>>) -> Result<Vec<Recorded<T>>, EngineError> {
        let mut recorded = Vec::with_capacity(entries.len());
        let mut open = entries;
        while !open.is_empty() {
            let (superseded, current): (Vec<_>, Vec<_>) = open.into_iter().partition(Entry::is_superseded);
            let given_up = superseded.into_iter();
            recorded.extend(given_up.map(|entry| Recorded { work: entry.work, with: entry.with, superseded: true }));
            // One moment for the whole batch: what was recorded together falls due together.
            let at = self.clock.now();
            let appends: Vec<Append> = current
                .iter()
                .map(|entry| {
                    let events = self.events(entry.work.head.version, &entry.changes, &entry.request_ids, at);
                    append_of(&entry.work.head, Some(entry.work.fence), events, entry.lease)
                })
                .collect();
            let answers = self.append(&appends).await?;
            let mut conflicts = Vec::new();
            for ((mut entry, append), answer) in current.into_iter().zip(appends).zip(answers) {
                match answer {
                    Appended::Done => {
                        entry.work.head = append.head;
                        recorded.push(Recorded { work: entry.work, with: entry.with, superseded: false });
                    }
                    Appended::VersionConflict => conflicts.push(entry),
                    Appended::LeaseLost => {
                        tracing::warn!(key = %entry.work.head.key, "lease lost to another worker; left to it");
                    }
                }
            }
            open = self.reread(conflicts).await?;
        }
        Ok(recorded)
    }

    /// Gives leases back without an event.
    pub(super) async fn release(&self, works: Vec<Work>) -> Result<(), EngineError> {
        let entries = works
            .into_iter()
            .map(|work| Entry {
                work,
                changes: Vec::new(),
                request_ids: RequestIds::none(),
                lease: Lease::Release,
                only_at: None,
                with: (),
            })
            .collect();
        self.record(entries).await.map(drop)
    }

    /// Appends to the ledger, and tells the audit sink of what is durable.
    pub(super) async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>, EngineError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let answers = self.store.append(batch).await?;
        for (append, answer) in batch.iter().zip(&answers) {
            if *answer == Appended::Done && !append.events.is_empty() {
                self.audit.appended(&append.key, &append.events).await;
            }
        }
        Ok(answers)
    }

    /// Changes as events that follow a version, made by this worker, and by these requests.
    pub(super) fn events(
        &self,
        version: u64,
        changes: &[Change],
        request_ids: &RequestIds,
        at: DateTime<Utc>,
    ) -> Vec<Event> {
        let event = |(version, change): (u64, &Change)| Event {
            version,
            at,
            actor: self.settings.worker.clone(),
            change: change.clone(),
            request_ids: request_ids.clone(),
        };
        (version + 1..).zip(changes).map(event).collect()
    }

    async fn reread<T>(&self, mut entries: Vec<Entry<T>>) -> Result<Vec<Entry<T>>, EngineError> {
        if entries.is_empty() {
            return Ok(entries);
        }
        let keys: Vec<RecordKey> = entries.iter().map(|entry| entry.work.head.key.clone()).collect();
        for (entry, head) in entries.iter_mut().zip(self.store.get(&keys).await?) {
            if let Some(head) = head {
                entry.work.head = head;
            }
        }
        Ok(entries)
    }
}

/// The append of some events to a record that is already in the ledger.
pub(super) fn append_of(head: &Head, fence: Option<Fence>, events: Vec<Event>, lease: Lease) -> Append {
    let mut after = head.clone();
    for event in &events {
        after.apply(event);
    }
    Append { key: head.key.clone(), expected: head.version, fence, lease, events, head: after }
}
