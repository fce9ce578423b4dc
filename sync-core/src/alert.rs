//! Telling people about records that need them, and about what stops a connection as a whole.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Waiting};
use crate::label::Label;
use crate::record::RecordKey;
use crate::trouble::Trouble;

/// A record that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Which record.
    pub key: RecordKey,
    /// What it is to people.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub label: Label,
    /// The state it is in, such as `held`.
    pub state: String,
    /// Why, and what to do.
    pub reason: String,
    /// When it came to be so.
    pub at: DateTime<Utc>,
    /// The record's version in the ledger when this was first to be told: another alert of the same record is of a later
    /// one.
    pub version: u64,
    /// Whether it was tried before to raise it, and some of those who carry it have done so.
    #[serde(skip)]
    pub again: bool,
}

/// Carries alerts to people.
///
/// An alert is raised once each time a record's reason changes (I7). It is raised before the ledger
/// notes that it was, so a crash in between raises it again: at least once, never lost. An error
/// leaves it to be raised by a later step.
///
/// ```
/// use sync_core::{Alert, AlertSink};
///
/// struct Console;
/// #[async_trait::async_trait]
/// impl AlertSink for Console {
///     async fn raise(&self, alert: &Alert) -> Result<(), String> {
///         println!("{} is {}: {}", alert.key, alert.state, alert.reason);
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait AlertSink: Send + Sync {
    /// Carries one alert.
    async fn raise(&self, alert: &Alert) -> Result<(), String>;

    /// Carries trouble of a connection as a whole: once it has lasted, and once it is [over](Trouble::over). By default
    /// into the log.
    async fn trouble(&self, trouble: &Trouble) -> Result<(), String> {
        log(trouble);
        Ok(())
    }

    /// Carries the summary of a day, for hosts that send one. By default nobody wants it.
    async fn summarise(&self, digest: &Digest) -> Result<(), String> {
        let _ = digest;
        Ok(())
    }
}

/// Several sinks, one after the other: all are tried, and the first failure is answered.
#[async_trait]
impl AlertSink for Vec<Arc<dyn AlertSink>> {
    async fn raise(&self, alert: &Alert) -> Result<(), String> {
        let mut all = Ok(());
        for sink in self {
            all = all.and(sink.raise(alert).await);
        }
        all
    }

    async fn trouble(&self, trouble: &Trouble) -> Result<(), String> {
        let mut all = Ok(());
        for sink in self {
            all = all.and(sink.trouble(trouble).await);
        }
        all
    }

    async fn summarise(&self, digest: &Digest) -> Result<(), String> {
        let mut all = Ok(());
        for sink in self {
            all = all.and(sink.summarise(digest).await);
        }
        all
    }
}

/// Writes alerts to the log, as warnings, and trouble as an error; each once, however often another sink has to be tried.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogAlerts;

#[async_trait]
impl AlertSink for LogAlerts {
    async fn raise(&self, alert: &Alert) -> Result<(), String> {
        if !alert.again {
            tracing::warn!(key = %alert.key, label = %alert.label, state = alert.state, reason = alert.reason, "record needs a person");
        }
        Ok(())
    }

    async fn summarise(&self, digest: &Digest) -> Result<(), String> {
        for trouble in &digest.troubles {
            log(trouble);
        }
        for Waiting { state, reason, count, oldest, key, label } in &digest.waiting {
            tracing::warn!(day = %digest.day, %state, count, %oldest, %key, %label, reason, "records wait for a person");
        }
        Ok(())
    }
}

fn log(Trouble { connection, system, since, reason, over, again, .. }: &Trouble) {
    match over {
        _ if *again => {}
        None => tracing::error!(%connection, system, %since, reason, "nothing gets through"),
        Some(over) => tracing::warn!(%connection, system, %since, %over, reason, "trouble is over"),
    }
}
