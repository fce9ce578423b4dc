//! Names that the two systems write differently, where one of the two is the system of record.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sync_core::ledger::list_all;
use sync_core::{
    Batch, ConnectionId, Cursor, DedupStore, Failure, FailureKind, Kind, Known, Lifecycle, Mapper, Mapping, Match,
    Missing, Query, Record, RecordKey, References, RequestIds, Revision, Source, SourceError, StateName,
};

use super::System;
use super::align::Reading;
use super::source::{Shelf, done_with};

/// A name to be written into the system that it does not belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameDraft {
    /// Whose: the vendor's id, or the supplier's number.
    pub of: String,
    /// What it is called there.
    pub from: String,
    /// What it is to be called.
    pub to: String,
    /// Whether exactly this was written before, and did not last.
    #[serde(default)]
    pub in_vain: bool,
}

impl NameDraft {
    fn new(of: String, from: String, to: String) -> Self {
        Self { of, from, to, in_vain: false }
    }
}

/// The pairs of a kind whose names differ, as far as the ERP's can be as long.
fn differing(kind: &str, owner: System, longest: usize, reading: &Reading, table: &References) -> Vec<NameDraft> {
    let Some((_, subjects, masters)) = reading.pairs().into_iter().find(|(of, ..)| *of == kind) else {
        return Vec::new();
    };
    let named: HashMap<&str, &str> = masters.iter().map(|master| (master.id.as_str(), master.name.as_str())).collect();
    let target_of = |subject: &super::Subject| match &table.get(kind, &subject.source)?.found {
        Match::Matched { target, .. } => Some(target.clone()),
        _ => None,
    };
    let mut sharing: HashMap<String, usize> = HashMap::new();
    for target in subjects.iter().filter_map(target_of) {
        *sharing.entry(target).or_default() += 1;
    }
    let pair = |subject: &super::Subject| {
        let target = target_of(subject)?;
        // What several stand for cannot bear the names of them all, nor they all its own.
        if sharing.get(&target).is_some_and(|sharing| *sharing > 1) {
            return None;
        }
        let (ours, theirs) = (fit(&subject.label, longest), *named.get(target.as_str())?);
        if ours.is_empty() || theirs.trim().is_empty() || ours == theirs.trim() {
            return None;
        }
        Some(match owner {
            System::CloudSuite => {
                NameDraft::new(subject.source.clone(), subject.label.clone(), theirs.trim().to_owned())
            }
            System::Procurify => NameDraft::new(target, theirs.to_owned(), ours),
        })
    };
    subjects.iter().filter_map(pair).collect()
}

/// A name as long as the ERP takes it.
pub(crate) fn fit(name: &str, longest: usize) -> String {
    name.trim().chars().take(longest).collect::<String>().trim().to_owned()
}

/// Gives names that are to be written.
pub(crate) struct NameSource {
    pub connection: ConnectionId,
    pub kind: Kind,
    /// The kind of the table's lines.
    pub of: &'static str,
    pub owner: System,
    /// The most characters of a name in the ERP.
    pub longest: usize,
    pub shelf: Arc<Shelf>,
    pub store: Arc<dyn DedupStore>,
}

impl NameSource {
    /// How often each was renamed before, and by what last. The next time is a record of its own.
    async fn renamed(&self) -> Result<HashMap<String, (usize, Option<NameDraft>)>, SourceError> {
        let done = Query::of(&self.connection, &self.kind).in_states(&[StateName::Posted]);
        let mut renamed: HashMap<String, (usize, Option<NameDraft>)> = HashMap::new();
        for head in list_all(self.store.as_ref(), done).await? {
            if let Some((of, time)) = head.key.id().rsplit_once('.') {
                let time = time.parse().unwrap_or_default();
                let last = renamed.entry(of.to_owned()).or_default();
                if time >= last.0 {
                    *last = (time, serde_json::from_value(head.payload).ok());
                }
            }
        }
        Ok(renamed)
    }
}

#[async_trait]
impl Source for NameSource {
    async fn poll(&self, _after: Option<&Cursor>, _known: &dyn Known) -> Result<Batch, SourceError> {
        let mut records = Vec::new();
        let mut ids = HashSet::new();
        if let Some(read) = self.shelf.get() {
            let drafts = differing(self.of, self.owner, self.longest, &read.0, &read.1);
            let renamed = if drafts.is_empty() { HashMap::new() } else { self.renamed().await? };
            for mut draft in drafts {
                let (times, last) = renamed.get(&draft.of).cloned().unwrap_or_default();
                let time = times + 1;
                draft.in_vain = last.is_some_and(|last| (&last.from, &last.to) == (&draft.from, &draft.to));
                let id = format!("{}.{time}", draft.of);
                ids.insert(id.clone());
                let payload = serde_json::to_value(&draft)
                    .map_err(|error| Failure::new(FailureKind::Other, format!("a name cannot be kept: {error}")))?;
                let revision = Revision::of(&payload);
                records.push(Record {
                    key: RecordKey::new(self.connection.clone(), self.kind.clone(), id),
                    stamp: revision.to_string(),
                    revision,
                    lifecycle: Lifecycle::Active,
                    payload,
                    request_ids: RequestIds::none(),
                });
            }
        }
        records.extend(done_with(self.store.as_ref(), &self.connection, &self.kind, &ids, |_| false).await?);
        Ok(Batch { records, unchanged: 0, next: Cursor("read".to_owned()), more: false })
    }
}

/// A name is written as it is.
pub(crate) struct NameMapper;

impl Mapper for NameMapper {
    fn map(&self, record: &Record, _references: &References) -> Mapping {
        match serde_json::from_value::<NameDraft>(record.payload.clone()) {
            Ok(draft) if draft.in_vain => Mapping::Hold(vec![Missing {
                kind: "name".to_owned(),
                value: draft.of,
                hint: format!(
                    "it was renamed from \"{}\" to \"{}\" before and is \"{}\" again: give both the same name by hand",
                    draft.from, draft.to, draft.from
                ),
            }]),
            Ok(draft) => Mapping::Draft {
                document: record.payload.clone(),
                decisions: vec![format!("\"{}\" becomes \"{}\", as the system of record has it", draft.from, draft.to)],
            },
            Err(error) => Mapping::Hold(vec![Missing {
                kind: "name".to_owned(),
                value: record.key.id().to_owned(),
                hint: format!("it cannot be read: {error}"),
            }]),
        }
    }
}
