//! Reading one batch of changes into the ledger.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::journal::append_of;
use super::{Engine, Flow};
use crate::error::{EngineError, StoreError};
use crate::ledger::{Append, Appended, Change, DedupStore, Lease};
use crate::record::{Kind, Record, RecordKey};
use crate::source::Known;
use crate::state::Head;

/// What a poll read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Polled {
    /// Records seen.
    pub read: u64,
    /// Of these, seen for the first time.
    pub new: u64,
    /// Of these, known with other content.
    pub changed: u64,
    /// Of these, known as they are.
    pub unchanged: u64,
    /// Whether more is waiting right now.
    pub more: bool,
}

pub(super) struct LedgerStamps<'a>(pub &'a dyn DedupStore);

#[async_trait]
impl Known for LedgerStamps<'_> {
    async fn stamps(&self, keys: &[RecordKey]) -> Result<Vec<Option<String>>, StoreError> {
        let heads = self.0.get(keys).await?;
        Ok(heads.into_iter().map(|head| head.map(|head| head.stamp)).collect())
    }
}

impl Engine {
    /// Reads one batch of changes of a flow into the ledger, then saves the cursor.
    ///
    /// May be dropped or crash at any point: what was read again is recognised by its revision.
    pub async fn poll(&self, kind: &Kind) -> Result<Polled, EngineError> {
        let flow = self.flow_of(kind)?;
        let cursor = self.checkpoints.load(&self.connection, kind).await?;
        let batch = self.read(flow, cursor.as_ref()).await?;
        let mut polled = Polled { unchanged: batch.unchanged, more: batch.more, ..Polled::default() };
        self.take_in(batch.records, &mut polled).await?;
        polled.read = polled.new + polled.changed + polled.unchanged;
        if cursor.as_ref() != Some(&batch.next) {
            self.checkpoints.save(&self.connection, kind, &batch.next).await?;
        }
        Ok(polled)
    }

    pub(super) async fn read(
        &self,
        flow: &Flow,
        after: Option<&crate::source::Cursor>,
    ) -> Result<crate::source::Batch, EngineError> {
        flow.source
            .poll(after, &LedgerStamps(self.store.as_ref()))
            .await
            .map_err(|source| EngineError::Source { kind: flow.kind.clone(), source })
    }

    async fn take_in(&self, records: Vec<Record>, polled: &mut Polled) -> Result<(), EngineError> {
        let mut open = records;
        while !open.is_empty() {
            let keys: Vec<RecordKey> = open.iter().map(|record| record.key.clone()).collect();
            let heads = self.store.get(&keys).await?;
            let mut appends: Vec<(Record, Append)> = Vec::new();
            let mut repeated = Vec::new();
            let at = self.clock.now();
            for (record, head) in open.into_iter().zip(heads) {
                if appends.iter().any(|(other, _)| other.key == record.key) {
                    // Read twice in one batch: the later reading is compared with the earlier one.
                    repeated.push(record);
                } else if let Some(append) = self.reading(&record, head, at) {
                    appends.push((record, append));
                } else {
                    polled.unchanged += 1;
                }
            }
            let (records, batch): (Vec<_>, Vec<_>) = appends.into_iter().unzip();
            let answers = self.append(&batch).await?;
            for ((record, append), answer) in records.into_iter().zip(batch).zip(answers) {
                match append.events.first().map(|event| &event.change) {
                    _ if answer != Appended::Done => repeated.push(record),
                    Some(Change::Discovered { .. }) => polled.new += 1,
                    Some(Change::Revised { .. }) => polled.changed += 1,
                    _ => polled.unchanged += 1,
                }
            }
            open = repeated;
        }
        Ok(())
    }

    /// What a reading adds to a record's history; nothing if it shows nothing new.
    pub(super) fn reading(&self, record: &Record, head: Option<Head>, at: DateTime<Utc>) -> Option<Append> {
        let Record { revision, stamp, lifecycle, payload, request_ids, .. } = record.clone();
        let Some(head) = head else {
            let events =
                self.events(0, &[Change::Discovered { revision, stamp, lifecycle, payload }], &request_ids, at);
            let head = Head::first(&record.key, events.first()?)?;
            return Some(Append {
                key: record.key.clone(),
                expected: 0,
                fence: None,
                lease: Lease::Keep,
                events,
                head,
            });
        };
        let counted_anew = || {
            let flow = self.flow_of(record.key.kind()).ok();
            flow.and_then(|flow| flow.source.revision_of(&head.payload)).as_ref() == Some(&revision)
        };
        let same = head.revision == revision || counted_anew();
        let change = if !same || head.lifecycle != lifecycle {
            Change::Revised { revision, stamp, lifecycle, payload }
        } else if head.stamp != stamp {
            Change::Reread { stamp }
        } else {
            return None;
        };
        Some(append_of(&head, None, self.events(head.version, &[change], &request_ids, at), Lease::Keep))
    }
}
