//! Everything a connection stores, in memory: for tests, and for trying things out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, AlertSink};
use crate::checkpoint::CheckpointStore;
use crate::error::StoreError;
use crate::ledger::{Append, Appended, Claim, ClaimRequest, DedupStore, Event, Query, Slot};
use crate::record::{Actor, ConnectionId, Kind, RecordKey};
use crate::reference::{CrossReferences, Reference, ReferenceChange, References, amended, changed};
use crate::source::Cursor;
use crate::state::Head;
use crate::trouble::Trouble;

/// A whole ledger as a value: for stores that keep it in memory, or save it as one piece.
///
/// All methods are those of [`DedupStore`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Table(BTreeMap<RecordKey, (Slot, Vec<Event>)>);

impl Table {
    /// As [`DedupStore::get`].
    pub fn get(&self, keys: &[RecordKey]) -> Vec<Option<Head>> {
        keys.iter().map(|key| self.0.get(key)?.0.head.clone()).collect()
    }

    /// As [`DedupStore::history`].
    pub fn history(&self, key: &RecordKey) -> Vec<Event> {
        self.0.get(key).map(|(_, events)| events.clone()).unwrap_or_default()
    }

    /// As [`DedupStore::append`].
    pub fn append(&mut self, batch: &[Append]) -> Vec<Appended> {
        let mut append = |append: &Append| {
            let (slot, events) = self.0.entry(append.key.clone()).or_default();
            let answer = slot.append(append);
            if answer == Appended::Done {
                events.extend(append.events.iter().cloned());
            }
            answer
        };
        batch.iter().map(&mut append).collect()
    }

    /// As [`DedupStore::claim`].
    pub fn claim(&mut self, request: &ClaimRequest) -> Vec<Claim> {
        let mut slots: Vec<(DateTime<Utc>, &mut Slot)> =
            self.0.values_mut().filter_map(|(slot, _)| Some((slot.head.as_ref()?.due()?, slot))).collect();
        slots.sort_by_key(|(due, _)| *due);
        slots.into_iter().filter_map(|(_, slot)| slot.claim(request)).take(request.limit).collect()
    }

    /// As [`DedupStore::list`].
    pub fn list(&self, query: &Query) -> Vec<Head> {
        let after = |key: &RecordKey| query.after.as_ref().is_none_or(|after| key > after);
        self.0
            .iter()
            .filter(|(key, (slot, _))| after(key) && slot.matches(query))
            .filter_map(|(_, (slot, _))| slot.head.clone())
            .take(query.limit)
            .collect()
    }
}

#[derive(Debug, Default)]
struct Tables {
    ledger: Table,
    cursors: HashMap<(ConnectionId, Kind), Cursor>,
    references: HashMap<ConnectionId, BTreeMap<String, Vec<Reference>>>,
    changes: HashMap<ConnectionId, Vec<ReferenceChange>>,
    aligned: HashMap<ConnectionId, DateTime<Utc>>,
}

/// A ledger, checkpoints and cross-references in memory. All is lost when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Tables>);

impl MemoryStore {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl DedupStore for MemoryStore {
    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Head>>, StoreError> {
        Ok(self.tables().ledger.get(keys))
    }

    async fn history(&self, key: &RecordKey) -> Result<Vec<Event>, StoreError> {
        Ok(self.tables().ledger.history(key))
    }

    async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
        Ok(self.tables().ledger.append(batch))
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> {
        Ok(self.tables().ledger.claim(request))
    }

    async fn list(&self, query: &Query) -> Result<Vec<Head>, StoreError> {
        Ok(self.tables().ledger.list(query))
    }
}

#[async_trait]
impl CheckpointStore for MemoryStore {
    async fn load(&self, connection: &ConnectionId, kind: &Kind) -> Result<Option<Cursor>, StoreError> {
        Ok(self.tables().cursors.get(&(connection.clone(), kind.clone())).cloned())
    }

    async fn save(&self, connection: &ConnectionId, kind: &Kind, cursor: &Cursor) -> Result<(), StoreError> {
        self.tables().cursors.insert((connection.clone(), kind.clone()), cursor.clone());
        Ok(())
    }
}

#[async_trait]
impl CrossReferences for MemoryStore {
    async fn snapshot(&self, connection: &ConnectionId) -> Result<References, StoreError> {
        let tables = self.tables();
        let lines = tables.references.get(connection).into_iter().flat_map(BTreeMap::values).flatten().cloned();
        Ok(References::new(lines, tables.aligned.get(connection).copied()))
    }

    async fn replace(
        &self,
        connection: &ConnectionId,
        kinds: &[(String, Vec<Reference>)],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let table = tables.references.entry(connection.clone()).or_default();
        for (kind, lines) in kinds {
            let old = table.remove(kind).unwrap_or_default();
            table.insert(kind.clone(), keep_hand_made(old, lines));
        }
        tables.aligned.insert(connection.clone(), at);
        Ok(())
    }

    async fn amend(
        &self,
        connection: &ConnectionId,
        set: &[Reference],
        remove: &[(String, String)],
        by: &Actor,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let tables = &mut *self.tables();
        let table = tables.references.entry(connection.clone()).or_default();
        let changes = changed(table.values().flatten(), set, remove, by, at);
        tables.changes.entry(connection.clone()).or_default().extend(changes);
        for kind in kinds_of(set, remove) {
            let old = table.remove(&kind).unwrap_or_default();
            let new = amended(old, &kind, set, remove);
            table.insert(kind, new);
        }
        Ok(())
    }

    async fn changes(&self, connection: &ConnectionId) -> Result<Vec<ReferenceChange>, StoreError> {
        Ok(self.tables().changes.get(connection).cloned().unwrap_or_default())
    }
}

/// The kinds that are amended.
pub fn kinds_of(set: &[Reference], remove: &[(String, String)]) -> BTreeSet<String> {
    set.iter().map(|line| line.kind.clone()).chain(remove.iter().map(|(kind, _)| kind.clone())).collect()
}

/// The new lines, with those matched by hand kept from the old ones.
pub fn keep_hand_made(old: Vec<Reference>, new: &[Reference]) -> Vec<Reference> {
    let by_hand = |line: &Reference| line.found.is_by_hand();
    let mut lines: BTreeMap<String, Reference> = new.iter().map(|line| (line.source.clone(), line.clone())).collect();
    for line in old.into_iter().filter(by_hand) {
        if !lines.get(&line.source).is_some_and(by_hand) {
            lines.insert(line.source.clone(), line);
        }
    }
    lines.into_values().collect()
}

/// Keeps alerts in memory.
#[derive(Debug, Default)]
pub struct MemoryAlerts {
    raised: Mutex<Vec<Alert>>,
    troubles: Mutex<Vec<Trouble>>,
}

impl MemoryAlerts {
    /// The alerts raised so far.
    pub fn raised(&self) -> Vec<Alert> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The trouble told so far, that it lasts and that it is over.
    pub fn troubles(&self) -> Vec<Trouble> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl AlertSink for MemoryAlerts {
    async fn raise(&self, alert: &Alert) -> Result<(), String> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).push(alert.clone());
        Ok(())
    }

    async fn trouble(&self, trouble: &Trouble) -> Result<(), String> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).push(trouble.clone());
        Ok(())
    }
}
