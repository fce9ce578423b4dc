//! Where records come from.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::StoreError;
use crate::failure::Failure;
use crate::record::{Record, RecordKey, Revision};

/// Where the next poll starts. Only its source reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// One batch of changed records.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The records, each as it was read.
    pub records: Vec<Record>,
    /// How many more were seen and skipped, their stamps being those the ledger already knows.
    pub unchanged: u64,
    /// Where to go on. It is saved only once all records are in the ledger.
    pub next: Cursor,
    /// Whether more is waiting right now.
    pub more: bool,
}

/// What the ledger knows of a source's records, so that a source can spare itself the details of
/// those that have not changed.
#[async_trait]
pub trait Known: Send + Sync {
    /// The stamp last seen of each key, in the order asked.
    async fn stamps(&self, keys: &[RecordKey]) -> Result<Vec<Option<String>>, StoreError>;
}

/// Why a source gave no batch.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The system did not answer as it should.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The ledger could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives the records changed since a cursor.
///
/// A source may give a record twice, which costs nothing; it must never miss one: every change made
/// before the returned cursor's position has been given, in that state or a later one.
/// Dropping the future of `poll` loses nothing, since only a returned cursor is ever saved.
///
/// ```
/// use sync_core::{Batch, Cursor, Known, Lifecycle, Record, RecordKey, RequestIds, Revision, Source, SourceError};
///
/// /// Numbered records of a list that only grows.
/// struct Growing(Vec<serde_json::Value>);
///
/// #[async_trait::async_trait]
/// impl Source for Growing {
///     async fn poll(&self, after: Option<&Cursor>, _known: &dyn Known) -> Result<Batch, SourceError> {
///         let from: usize = after.and_then(|cursor| cursor.0.parse().ok()).unwrap_or(0);
///         let records: Vec<Record> = self.0.iter().enumerate().skip(from).take(100).map(|(id, payload)| Record {
///             key: RecordKey::new("acme".into(), "order".into(), id.to_string()),
///             revision: Revision::of(payload),
///             stamp: String::new(),
///             lifecycle: Lifecycle::Active,
///             payload: payload.clone(),
///             request_ids: RequestIds::none(), // as far as the system tells them, for the trail
///         }).collect();
///         let next = from + records.len();
///         Ok(Batch { records, unchanged: 0, next: Cursor(next.to_string()), more: next < self.0.len() })
///     }
/// }
/// ```
#[async_trait]
pub trait Source: Send + Sync {
    /// The next batch after a cursor; from the beginning when there is none.
    async fn poll(&self, after: Option<&Cursor>, known: &dyn Known) -> Result<Batch, SourceError>;

    /// The revision that a record of this content has now. It is asked for where a record that was kept before comes with
    /// another revision, for that may count more, or less, than it did when the record was kept: what only a release or a
    /// setting has changed is no change of the record. None, as by default, where revisions are always made alike.
    fn revision_of(&self, _payload: &Value) -> Option<Revision> {
        None
    }
}
