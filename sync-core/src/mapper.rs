//! Turning a source's record into the document the target is to hold.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::label::Label;
use crate::record::{Record, RecordKey};
use crate::reference::References;

/// A reason why a record cannot be posted yet, in words a finance person understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// What kind of thing is missing, such as `vendor` or `gl_account`.
    pub kind: String,
    /// Which one.
    pub value: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind.replace("gl_", "GL ").replace('_', " "), self.value, self.hint)
    }
}

/// What a mapper makes of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Mapping {
    /// The document to post, as the sink of this flow reads it, and the decisions taken on the way
    /// ("vendor 17 is supplier S0017, by external id"), which the ledger keeps.
    Draft {
        /// The document.
        document: Value,
        /// How each reference was resolved.
        decisions: Vec<String>,
    },
    /// It may not be posted as long as these stand against it, such as a closed fiscal period; but a document that is
    /// there already, made by hand or before a ledger was lost, is linked all the same.
    Wait {
        /// The document, as in a draft.
        document: Value,
        /// How each reference was resolved.
        decisions: Vec<String>,
        /// What stands against it.
        missing: Vec<Missing>,
    },
    /// It must wait until something changes in one of the systems.
    Hold(Vec<Missing>),
    /// It is not to be posted at all, for this reason.
    Skip(String),
}

/// Makes documents from records.
///
/// Pure: the same record and references give the same answer, so that a replay needs neither the
/// source nor luck. It is called for each attempt, and again for each held record when the
/// cross-references change.
///
/// ```
/// use sync_core::{Mapper, Mapping, Missing, Record, References};
///
/// struct ByVendor;
/// impl Mapper for ByVendor {
///     fn map(&self, record: &Record, references: &References) -> Mapping {
///         let vendor = record.payload["vendor"].as_str().unwrap_or_default();
///         match references.get("vendor", vendor) {
///             Some(line) => Mapping::Draft {
///                 document: serde_json::json!({ "supplier": line.found, "lines": record.payload["lines"] }),
///                 decisions: vec![],
///             },
///             None => Mapping::Hold(vec![Missing {
///                 kind: "vendor".into(),
///                 value: vendor.into(),
///                 hint: "add it to the ERP".into(),
///             }]),
///         }
///     }
/// }
/// ```
pub trait Mapper: Send + Sync {
    /// The document of a record, or why there is none.
    fn map(&self, record: &Record, references: &References) -> Mapping;

    /// The records of other flows on which its mapping depends, such as the orders that a bill is for. Where they
    /// stand is handed to [`map`](Self::map) in the references ([`References::record`]).
    fn needs(&self, key: &RecordKey, payload: &Value) -> Vec<RecordKey> {
        let _ = (key, payload);
        Vec::new()
    }

    /// What a record of this content is to people, who are told of it. By default they have its key alone.
    fn label(&self, payload: &Value) -> Label {
        let _ = payload;
        Label::default()
    }
}
