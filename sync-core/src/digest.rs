//! Once a day: what waits for people, counted by reason.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::ledger::{Query, list_all};
use crate::record::{ConnectionId, Kind, RecordKey};
use crate::source::Cursor;
use crate::state::{Head, State, StateName};

/// Under this name the day of the last digest is kept among the checkpoints.
const CHECKPOINT: &str = "digest";

/// All that waits for a person at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Of which connection.
    pub connection: ConnectionId,
    /// The day it is for: there is one a day.
    pub day: NaiveDate,
    /// How many records wait. One that waits for two things stands under both reasons.
    pub records: usize,
    /// By reason, the most frequent first.
    pub waiting: Vec<Waiting>,
}

/// The records that wait for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The state they are in.
    pub state: StateName,
    /// Why, and what to do.
    pub reason: String,
    /// How many.
    pub count: usize,
    /// Since when the oldest waits.
    pub oldest: DateTime<Utc>,
    /// Which one that is.
    pub key: RecordKey,
}

impl Digest {
    /// Counts what waits.
    pub fn of(connection: ConnectionId, day: NaiveDate, heads: &[Head]) -> Self {
        let mut waiting: BTreeMap<(StateName, String), Waiting> = BTreeMap::new();
        for head in heads {
            let state = head.state.name();
            for reason in reasons(head) {
                let one = waiting.entry((state, reason.clone())).or_insert_with(|| Waiting {
                    state,
                    reason,
                    count: 0,
                    oldest: head.since,
                    key: head.key.clone(),
                });
                one.count += 1;
                if head.since < one.oldest {
                    (one.oldest, one.key) = (head.since, head.key.clone());
                }
            }
        }
        let mut waiting: Vec<Waiting> = waiting.into_values().collect();
        waiting.sort_by(|one, other| other.count.cmp(&one.count).then(one.oldest.cmp(&other.oldest)));
        Self { connection, day, records: heads.len(), waiting }
    }
}

/// What is missing stands apart, so that all that wait for one vendor are counted together.
fn reasons(head: &Head) -> Vec<String> {
    match &head.state {
        State::Held { missing } => missing.iter().map(ToString::to_string).collect(),
        _ => head.concern().into_iter().collect(),
    }
}

impl Engine {
    /// Sends the digest of a day, unless it was sent already or nothing waits. Answers whether one was sent.
    ///
    /// What it says comes from the ledger, and that it was sent is kept beside it, so a restart neither
    /// loses nor doubles it. A crash between sending and noting it sends it again: at least once, and
    /// told apart by its day. If nobody could be told, a later call tries again.
    pub async fn send_digest(&self, day: NaiveDate) -> Result<bool, EngineError> {
        let kind = Kind::new(CHECKPOINT);
        let sent = self.checkpoints().load(self.connection(), &kind).await?;
        // Dates written so sort as they follow each other.
        if sent.is_some_and(|sent| sent.0 >= day.to_string()) {
            return Ok(false);
        }
        let mut waiting = Query { kind: None, ..Query::of(self.connection(), &kind) };
        waiting.concerning = true;
        let heads = list_all(self.store().as_ref(), waiting).await?;
        if !heads.is_empty() {
            let digest = Digest::of(self.connection().clone(), day, &heads);
            if let Err(error) = self.alerting().summarise(&digest).await {
                tracing::warn!(%day, error, "the digest could not be sent; it will be tried again");
                return Ok(false);
            }
        }
        self.checkpoints().save(self.connection(), &kind, &Cursor(day.to_string())).await?;
        Ok(!heads.is_empty())
    }
}
