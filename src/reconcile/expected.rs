//! What the ERP is to hold of a record: as it is mapped now, or, if it cannot be mapped any more, as it was sent.

use serde_json::Value;
use sync_core::{Change, EngineError, Head, Mapping, Record, References, TargetRef};

use super::document::Document;
use super::{Expected, target};
use crate::connection::Connection;
use crate::sync::SyncError;

/// A record of one kind in the words of the comparison.
pub(super) trait View: Sync {
    /// The document that a draft becomes; none if it is no such draft.
    fn drafted(&self, draft: &Value) -> Option<Document>;
    /// A record as Procurify has it, where no document can be made of it.
    fn approved(&self, record: &Record) -> Document;
}

/// What the ERP is to hold of a record.
pub(super) async fn expected_of(
    connection: &Connection,
    view: &dyn View,
    record: &Record,
    head: Option<&Head>,
    references: &References,
) -> Result<Expected, SyncError> {
    let key = record.key.clone();
    let raw = || view.approved(record);
    let mut expected = match connection.engine.mapping(record, references).await? {
        Mapping::Skip(reason) => Expected { key, unwanted: Some(reason), reason: None, document: raw() },
        Mapping::Draft { document, .. } | Mapping::Wait { document, .. } => {
            let document = view.drafted(&document).unwrap_or_else(raw);
            Expected { key, unwanted: None, reason: head.and_then(why_not_there), document }
        }
        Mapping::Hold(missing) => {
            let words: Vec<String> = missing.iter().map(ToString::to_string).collect();
            // What was posted stays what it was, even if its supplier may not be used any more.
            let document = match head {
                Some(head) if head.state.target().is_some() => sent(connection, view, head).await?,
                _ => None,
            };
            let posted = document.is_some();
            Expected {
                key,
                unwanted: None,
                reason: if posted { None } else { Some(format!("held: {}", words.join("; "))) },
                document: document.unwrap_or_else(raw),
            }
        }
    };
    if let Some(TargetRef(number)) = head.and_then(target) {
        expected.document.number = number;
    }
    Ok(expected)
}

/// Why the ledger knows that it is not there.
fn why_not_there(head: &Head) -> Option<String> {
    if head.state.target().is_some() {
        return None;
    }
    let state = head.state.name().words();
    Some(match head.concern() {
        Some(concern) => format!("{state}: {concern}"),
        None => state.to_string(),
    })
}

/// The document that was sent last, unless the record has changed since.
async fn sent(connection: &Connection, view: &dyn View, head: &Head) -> Result<Option<Document>, SyncError> {
    if head.is_behind() {
        return Ok(None);
    }
    let history = connection.engine.store().history(&head.key).await.map_err(EngineError::from)?;
    let sent = history.iter().rev().find_map(|event| match &event.change {
        Change::Intended { document, .. } => Some(document),
        Change::Amending { document, .. } => document.as_ref(),
        _ => None,
    });
    Ok(sent.and_then(|document| view.drafted(document)))
}
