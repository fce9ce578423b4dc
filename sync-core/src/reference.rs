//! Cross-references: which value of one system is which value of the other.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::record::{Actor, ConnectionId};
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

impl Match {
    /// The target's values that it is, or could be.
    pub fn targets(&self) -> &[String] {
        match self {
            Self::Matched { target, .. } | Self::Blocked { target, .. } => std::slice::from_ref(target),
            Self::Ambiguous { candidates } => candidates,
            Self::Unknown { .. } => &[],
        }
    }

    /// Whether a person said so.
    pub fn is_by_hand(&self) -> bool {
        matches!(self, Self::Matched { by: MatchedBy::Hand, .. })
    }
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

/// A line that a person set or took back: who did, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceChange {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: Actor,
    /// What kind of value, such as `vendor`.
    pub kind: String,
    /// The source's value.
    pub source: String,
    /// The source's value as people know it.
    pub label: String,
    /// What was known of it before; none if nothing was.
    pub before: Option<Match>,
    /// What it was set to; none if it is left to the next alignment.
    pub after: Option<Match>,
}

impl fmt::Display for ReferenceChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |found: &Option<Match>| match found {
            Some(found) if found.targets().is_empty() => "nothing".to_owned(),
            Some(found) => found.targets().join(" or "),
            None => "nothing".to_owned(),
        };
        write!(f, "{} {}", self.kind, self.source)?;
        if self.label != self.source && !self.label.is_empty() {
            write!(f, " ({})", self.label)?;
        }
        match &self.after {
            Some(_) => {
                write!(f, " was linked to {} by {}; it was {}", named(&self.after), self.by, named(&self.before))
            }
            None => write!(f, " was unlinked from {} by {}", named(&self.before), self.by),
        }
    }
}

/// The whole table of a connection at one moment: what a mapper may ask, without waiting. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct References {
    table: Arc<Table>,
    records: HashMap<String, HashMap<String, Head>>,
    aligned_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Default)]
struct Table {
    lines: HashMap<String, HashMap<String, Reference>>,
    /// By kind and target: the sources that are it, or could be.
    targets: HashMap<(String, String), Vec<String>>,
}

impl References {
    /// A table of these lines, last aligned at this time.
    pub fn new(lines: impl IntoIterator<Item = Reference>, aligned_at: Option<DateTime<Utc>>) -> Self {
        let mut table = Table::default();
        for line in lines {
            table.lines.entry(line.kind.clone()).or_default().insert(line.source.clone(), line);
        }
        for line in table.lines.values().flat_map(HashMap::values) {
            for target in line.found.targets() {
                let sources = table.targets.entry((line.kind.clone(), target.clone())).or_default();
                sources.push(line.source.clone());
            }
        }
        table.targets.values_mut().for_each(|sources| sources.sort());
        Self { table: Arc::new(table), records: HashMap::new(), aligned_at }
    }

    /// What is known of one value.
    pub fn get(&self, kind: &str, source: &str) -> Option<&Reference> {
        self.table.lines.get(kind)?.get(source)
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

    /// Whether there is any line of this kind.
    pub fn has(&self, kind: &str) -> bool {
        self.table.lines.contains_key(kind)
    }

    /// The lines that say that they are this value of the target, or could be, by source.
    pub fn of_target(&self, kind: &str, target: &str) -> Vec<&Reference> {
        let sources = self.table.targets.get(&(kind.to_owned(), target.to_owned()));
        sources.into_iter().flatten().filter_map(|source| self.get(kind, source)).collect()
    }

    /// All lines of a kind, in no order.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Reference> {
        self.table.lines.get(kind).into_iter().flat_map(HashMap::values)
    }

    /// All lines, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Reference> {
        self.table.lines.values().flat_map(HashMap::values)
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

    /// Sets these lines and removes those of these kinds and sources, whoever made them, and records who did it and when
    /// ([`changed`]); all or nothing. When the data was read stays as it was.
    async fn amend(
        &self,
        connection: &ConnectionId,
        set: &[Reference],
        remove: &[(String, String)],
        by: &Actor,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// What [`amend`](Self::amend) has changed, the first change first. Nothing is ever taken out of it.
    async fn changes(&self, connection: &ConnectionId) -> Result<Vec<ReferenceChange>, StoreError>;
}

/// What an amendment changes in lines: nothing where they are so already.
pub fn changed<'a>(
    before: impl IntoIterator<Item = &'a Reference>,
    set: &[Reference],
    remove: &[(String, String)],
    by: &Actor,
    at: DateTime<Utc>,
) -> Vec<ReferenceChange> {
    let before: HashMap<(&str, &str), &Reference> =
        before.into_iter().map(|line| ((line.kind.as_str(), line.source.as_str()), line)).collect();
    let old = |kind: &str, source: &str| before.get(&(kind, source)).copied();
    let change = |line: &Reference, before: Option<&Reference>, after: Option<&Reference>| ReferenceChange {
        at,
        by: by.clone(),
        kind: line.kind.clone(),
        source: line.source.clone(),
        label: line.label.clone(),
        before: before.map(|line| line.found.clone()),
        after: after.map(|line| line.found.clone()),
    };
    let is_set = |line: &Reference| set.iter().any(|new| new.kind == line.kind && new.source == line.source);
    let removed = remove.iter().filter_map(|(kind, source)| old(kind, source)).filter(|line| !is_set(line));
    let removed = removed.map(|line| change(line, Some(line), None));
    let set = set.iter().map(|line| (line, old(&line.kind, &line.source)));
    let set = set.filter(|(line, before)| before.is_none_or(|before| before.found != line.found));
    removed.chain(set.map(|(line, before)| change(line, before, Some(line)))).collect()
}

/// A kind's lines with some set and some removed.
pub fn amended(
    lines: impl IntoIterator<Item = Reference>,
    kind: &str,
    set: &[Reference],
    remove: &[(String, String)],
) -> Vec<Reference> {
    let mut by_source: BTreeMap<String, Reference> =
        lines.into_iter().map(|line| (line.source.clone(), line)).collect();
    for (_, source) in remove.iter().filter(|(of, _)| of == kind) {
        by_source.remove(source);
    }
    by_source.extend(set.iter().filter(|line| line.kind == kind).map(|line| (line.source.clone(), line.clone())));
    by_source.into_values().collect()
}
