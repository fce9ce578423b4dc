//! Once a day: what stops the connection as a whole, and what waits for people, counted by reason.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::label::Label;
use crate::ledger::{Query, list_all};
use crate::record::{ConnectionId, Kind, RecordKey};
use crate::source::Cursor;
use crate::state::{Head, State, StateName};
use crate::trouble::Trouble;

/// Under this name the day of the last digest is kept among the checkpoints.
const CHECKPOINT: &str = "digest";

/// Under this name stands what tells this ledger's digests apart from those of others.
const LEDGER: &str = "digest_ledger";

/// All that waits for a person at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Of which connection.
    pub connection: ConnectionId,
    /// Tells this ledger apart from others of the same connection, such as one for each company: the same in all its
    /// digests.
    #[serde(default)]
    pub ledger: String,
    /// The day it is for: there is one a day.
    pub day: NaiveDate,
    /// How many records wait. One that waits for two things stands under both reasons.
    pub records: usize,
    /// By reason, the most frequent first.
    pub waiting: Vec<Waiting>,
    /// What stops the connection as a whole: what waits behind it is not known.
    #[serde(default)]
    pub troubles: Vec<Trouble>,
}

/// The records that wait for one reason. What is said of each record alone, with its own numbers, counts as one reason
/// if the words are the same: that of the oldest is shown.
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
    /// What that one is to people.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub label: Label,
}

impl Digest {
    /// Counts what waits; `label` says what a record is to people.
    pub fn of(
        connection: ConnectionId,
        ledger: String,
        day: NaiveDate,
        heads: &[Head],
        label: impl Fn(&Head) -> Label,
    ) -> Self {
        let mut waiting: BTreeMap<(StateName, String), Waiting> = BTreeMap::new();
        for head in heads {
            let state = head.state.name();
            for (alike, reason) in reasons(head) {
                let one = waiting.entry((state, alike)).or_insert_with(|| Waiting {
                    state,
                    reason: reason.clone(),
                    count: 0,
                    oldest: head.since,
                    key: head.key.clone(),
                    label: label(head),
                });
                one.count += 1;
                if head.since < one.oldest {
                    (one.oldest, one.key, one.reason) = (head.since, head.key.clone(), reason);
                    one.label = label(head);
                }
            }
        }
        let mut waiting: Vec<Waiting> = waiting.into_values().collect();
        waiting.sort_by(|one, other| other.count.cmp(&one.count).then(one.oldest.cmp(&other.oldest)));
        Self { connection, ledger, day, records: heads.len(), waiting, troubles: Vec::new() }
    }
}

/// Each reason, after what makes it one with others. What is missing stands apart, so that all that wait for one vendor
/// are counted together; what is said of a record alone is counted with what differs from it in numbers only.
fn reasons(head: &Head) -> Vec<(String, String)> {
    let missing = match (&head.state, head.refusal()) {
        (State::Held { missing }, _) => missing.as_slice(),
        (State::Posted { .. } | State::Cancelled { .. }, Some(refusal)) => refusal.missing.as_slice(),
        _ => &[],
    };
    if missing.is_empty() {
        return head.concern().into_iter().map(|concern| (without_numbers(&concern), concern)).collect();
    }
    missing.iter().map(ToString::to_string).map(|reason| (reason.clone(), reason)).collect()
}

/// A text with every word that has a digit in it left out.
fn without_numbers(text: &str) -> String {
    text.split_whitespace().filter(|word| !word.chars().any(|c| c.is_ascii_digit())).collect::<Vec<_>>().join(" ")
}

impl Engine {
    /// Sends the digest of a day, unless it was sent already or there is nothing to tell. Answers whether one was sent.
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
        let troubles = self.troubles().await?;
        let tells = !heads.is_empty() || !troubles.is_empty();
        if tells {
            let label = |head: &Head| self.label(head);
            let waiting = Digest::of(self.connection().clone(), self.ledger_name().await?, day, &heads, label);
            let digest = Digest { troubles, ..waiting };
            if let Err(error) = self.alerting().summarise(&digest).await {
                tracing::warn!(%day, error, "the digest could not be sent; it will be tried again");
                return Ok(false);
            }
        }
        self.checkpoints().save(self.connection(), &kind, &Cursor(day.to_string())).await?;
        Ok(tells)
    }

    /// What this ledger is called among those of its connection: when that was first asked.
    pub(crate) async fn ledger_name(&self) -> Result<String, EngineError> {
        let kind = Kind::new(LEDGER);
        if let Some(named) = self.checkpoints().load(self.connection(), &kind).await? {
            return Ok(named.0);
        }
        let name = self.time().now().timestamp_micros().to_string();
        self.checkpoints().save(self.connection(), &kind, &Cursor(name.clone())).await?;
        Ok(name)
    }
}
