//! What can stop the engine.

use std::error::Error;

use crate::record::Kind;
use crate::source::SourceError;

/// An error and its causes in one sentence, each said once, for people.
///
/// ```
/// # use sync_core::StoreError;
/// let error = StoreError::new("append events", "disk full");
/// assert_eq!(sync_core::error::sentence(&error), "the store could not append events: disk full");
/// ```
pub fn sentence(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = next.source();
    }
    text
}

/// A store that could not do its work. Nothing is known of what was being stored.
#[derive(Debug, thiserror::Error)]
#[error("the store could not {doing}")]
pub struct StoreError {
    doing: String,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// Says what the store was doing, and why it could not.
    pub fn new(doing: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { doing: doing.into(), source: source.into() }
    }
}

/// Why a step of the engine could not be finished. Each step may be called again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The ledger could not be read or written; what it cannot record is not sent (I5).
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The source gave no batch.
    #[error("could not poll {kind}")]
    Source {
        /// Of which flow.
        kind: Kind,
        /// Why.
        #[source]
        source: SourceError,
    },
    /// The reference data is too old to post on, or was never read (I8).
    #[error("the reference data is not fresh enough to post {kind}: align it first")]
    StaleReferences {
        /// Of which flow.
        kind: Kind,
    },
    /// No flow of this kind was given to the engine.
    #[error("there is no flow for {kind}")]
    NoFlow {
        /// The kind asked for.
        kind: Kind,
    },
    /// A record that was asked for is not in the ledger.
    #[error("{key} is not in the ledger")]
    UnknownRecord {
        /// Its key.
        key: crate::record::RecordKey,
    },
    /// A replay was asked for that could create a document twice, or has no sense.
    #[error("{key} cannot be replayed: {why}")]
    NotReplayable {
        /// Its key.
        key: crate::record::RecordKey,
        /// Why not.
        why: String,
    },
}
