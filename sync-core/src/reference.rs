//! Cross-references: which value of one system is which value of the other.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::record::ConnectionId;
use crate::state::Head;

/// How two values were recognised as the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MatchedBy {
    /// The source record carries the target's id.
    ExternalId,
    /// Both sides use the same code.
    Code,
    /// One record on each side has this name, once normalised.
    UniqueName,
    /// A person said so.
    Hand,
}

/// What is known of one source value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// It is this value of the target.
    Matched {
        /// The target's value.
        target: String,
        /// How it was recognised.
        by: MatchedBy,
    },
    /// It is this value of the target, which may not be used at present.
    Blocked {
        /// The target's value.
        target: String,
        /// Why not, for people.
        why: String,
    },
    /// Several values could be meant; none is guessed.
    Ambiguous {
        /// The target's values it could be.
        candidates: Vec<String>,
    },
    /// It names a value that the target does not have.
    Unknown {
        /// The value it names.
        named: String,
    },
}

/// One line of the cross-reference table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// What kind of value, such as `vendor` or `gl_account`.
    pub kind: String,
    /// The source's value.
    pub source: String,
    /// The source's value as people know it (a vendor's name), for messages.
    pub label: String,
    /// What it is in the target.
    pub found: Match,
}

/// The whole table of a connection at one moment: what a mapper may ask, without waiting.
#[derive(Debug, Clone, Default)]
pub struct References {
    lines: HashMap<String, HashMap<String, Reference>>,
    records: HashMap<String, HashMap<String, Head>>,
    aligned_at: Option<DateTime<Utc>>,
}

impl References {
    /// A table of these lines, last aligned at this time.
    pub fn new(lines: impl IntoIterator<Item = Reference>, aligned_at: Option<DateTime<Utc>>) -> Self {
        let mut table = Self { aligned_at, ..Self::default() };
        for line in lines {
            table.lines.entry(line.kind.clone()).or_default().insert(line.source.clone(), line);
        }
        table
    }

    /// What is known of one value.
    pub fn get(&self, kind: &str, source: &str) -> Option<&Reference> {
        self.lines.get(kind)?.get(source)
    }

    /// Where a record of another flow stands, if the mapper [needs](crate::Mapper::needs) it and it was ever read.
    pub fn record(&self, kind: &str, id: &str) -> Option<&Head> {
        self.records.get(kind)?.get(id)
    }

    /// With records of other flows, in place of those of the same keys.
    pub fn with_records(mut self, heads: impl IntoIterator<Item = Head>) -> Self {
        for head in heads {
            let kind = self.records.entry(head.key.kind().to_string()).or_default();
            kind.insert(head.key.id().to_owned(), head);
        }
        self
    }

    /// All lines, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Reference> {
        self.lines.values().flat_map(HashMap::values)
    }

    /// When both systems' reference data were last read and compared.
    pub fn aligned_at(&self) -> Option<DateTime<Utc>> {
        self.aligned_at
    }
}

/// Keeps the cross-reference table of each connection.
///
/// `replace` must be atomic over all the kinds it is given: a reader sees the table before it or after
/// it, never a mixture, also after a crash. A line matched by hand is kept by `replace` unless a new
/// line for the same value is itself by hand.
#[async_trait]
pub trait CrossReferences: Send + Sync {
    /// The table as it is now.
    async fn snapshot(&self, connection: &ConnectionId) -> Result<References, StoreError>;

    /// Replaces all lines of these kinds and notes when the data was read.
    async fn replace(
        &self,
        connection: &ConnectionId,
        kinds: &[(String, Vec<Reference>)],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;
}
