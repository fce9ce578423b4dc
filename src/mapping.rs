//! What mappers of all kinds of documents share: their answer, and the looking up of references.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sync_core::{Mapping, Match, MatchedBy, Missing, Record, References};

use crate::purchase_order::OrderDraft;
use crate::reference::{COST_CENTER, GL_ACCOUNT, VENDOR};

/// What becomes of a record, an order if not said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Mapped<T = OrderDraft> {
    /// It is posted as this; the decisions ("vendor 17 is supplier S0017 ...") go into its trail.
    Draft {
        /// The document for the ERP.
        draft: T,
        /// How its references were resolved.
        decisions: Vec<String>,
    },
    /// It waits for these.
    Hold(Vec<Missing>),
    /// It is not posted.
    Skip(String),
}

/// A typed mapper's answer as the engine sees it.
pub(crate) fn as_mapping<R: DeserializeOwned, T: Serialize>(
    record: &Record,
    map: impl FnOnce(&R) -> Mapped<T>,
) -> Mapping {
    let unreadable = |why: &dyn std::fmt::Display| {
        Mapping::Hold(vec![Missing {
            kind: record.key.kind().to_string(),
            value: record.key.id().to_owned(),
            hint: format!("it cannot be read ({why}): report it with its trail"),
        }])
    };
    let read: R = match serde_json::from_value(record.payload.clone()) {
        Ok(read) => read,
        Err(error) => return unreadable(&error),
    };
    match map(&read) {
        Mapped::Hold(missing) => Mapping::Hold(missing),
        Mapped::Skip(reason) => Mapping::Skip(reason),
        Mapped::Draft { draft, decisions } => match serde_json::to_value(draft) {
            Ok(document) => Mapping::Draft { document, decisions },
            Err(error) => unreadable(&error),
        },
    }
}

/// Looks values up, and keeps what was decided and what was missing.
pub(crate) struct Resolver<'a> {
    references: &'a References,
    missing: Vec<Missing>,
    decisions: Vec<String>,
}

impl<'a> Resolver<'a> {
    pub fn new(references: &'a References) -> Self {
        Self { references, missing: Vec::new(), decisions: Vec::new() }
    }

    /// The draft, if nothing is missing for it.
    pub fn conclude<T>(self, draft: Option<T>) -> Mapped<T> {
        match draft {
            Some(draft) if self.missing.is_empty() => Mapped::Draft { draft, decisions: self.decisions },
            _ => Mapped::Hold(self.missing),
        }
    }

    /// The ERP's value, if the table has one that may be used. Asks nothing of people if not.
    pub fn known(&self, kind: &str, source: &str) -> Option<String> {
        match &self.references.get(kind, source)?.found {
            Match::Matched { target, .. } => Some(target.clone()),
            Match::Blocked { .. } | Match::Ambiguous { .. } | Match::Unknown { .. } => None,
        }
    }

    pub fn resolve(&mut self, kind: &str, source: &str, label: &str) -> Option<String> {
        let words = if kind == GL_ACCOUNT { "GL account".to_owned() } else { kind.replace('_', " ") };
        let value = if label.is_empty() || label == source { source.to_owned() } else { format!("{source} ({label})") };
        let hint = match self.references.get(kind, source).map(|line| &line.found) {
            Some(Match::Matched { target, by }) => {
                self.decide(format!("{words} {value} is {target}, by {}", how(by)));
                return Some(target.clone());
            }
            Some(Match::Blocked { target, why }) => format!("{target} in the ERP may not be used: {why}"),
            Some(Match::Ambiguous { candidates }) => {
                format!("it could be {} in the ERP: put the right one into its external id in Procurify", candidates.join(" or "))
            }
            Some(Match::Unknown { named }) => {
                format!("its external id {named} is not in the ERP: add it there, or correct it in Procurify")
            }
            None => match kind {
                VENDOR => "no supplier in the ERP matches: add it there, or put its number into the vendor's external id in Procurify".to_owned(),
                COST_CENTER => "no cost centre in the ERP matches: add it there, or put its number into the department's external id in Procurify".to_owned(),
                _ => format!("no {words} in the ERP matches: add it there, or correct the code in Procurify"),
            },
        };
        self.absent(kind, &value, &hint)
    }

    pub fn decide(&mut self, decision: String) {
        if !self.decisions.contains(&decision) {
            self.decisions.push(decision);
        }
    }

    pub fn absent<T>(&mut self, kind: &str, value: &str, hint: &str) -> Option<T> {
        self.miss(kind, value, hint);
        None
    }

    pub fn miss(&mut self, kind: &str, value: &str, hint: &str) {
        let missing = Missing { kind: kind.to_owned(), value: value.to_owned(), hint: hint.to_owned() };
        if !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
    }
}

fn how(by: &MatchedBy) -> &'static str {
    match by {
        MatchedBy::ExternalId => "external id",
        MatchedBy::Code => "code",
        MatchedBy::UniqueName => "unique name",
        MatchedBy::Hand => "hand",
        _ => "another rule",
    }
}
