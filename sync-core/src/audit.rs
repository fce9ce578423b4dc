//! Following the ledger as it is written.

use async_trait::async_trait;

use crate::ledger::Event;
use crate::record::RecordKey;

/// Is told of every event once it is in the ledger.
///
/// The audit trail is the ledger's history itself and needs no audit sink; this is for hosts that
/// also want it elsewhere. A crash right after an append may leave the last events untold.
///
/// ```
/// use sync_core::{AuditSink, Event, RecordKey};
///
/// struct Console;
/// #[async_trait::async_trait]
/// impl AuditSink for Console {
///     async fn appended(&self, key: &RecordKey, events: &[Event]) {
///         for event in events {
///             println!("{key} {} {}: {}", event.at, event.actor, event.change);
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait AuditSink: Send + Sync {
    /// Takes the events appended together for one record.
    async fn appended(&self, key: &RecordKey, events: &[Event]);
}

/// Writes each event to the log, at debug level.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogAudit;

#[async_trait]
impl AuditSink for LogAudit {
    async fn appended(&self, key: &RecordKey, events: &[Event]) {
        for event in events {
            tracing::debug!(%key, version = event.version, event = %event.change, "ledger");
        }
    }
}
