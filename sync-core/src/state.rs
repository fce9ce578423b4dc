//! A record's states, and what leads from one to the next.
//!
//! ```text
//! Discovered -> Held (missing)      -> resumed when the references change -> Discovered
//!            -> Skipped
//!            -> Postponed (a freeze)   -> when it ends -> Intent
//!            -> Intent -> Committing -> Posted
//!                  |          |------> Accepted: looked up until Posted
//!                  |          |------> InDoubt: settled, or looked up -> Posted, Accepted, or Discovered
//!                  |          |------> CommitAt(t): the same handle again, where what is staged is kept in the target
//!                  |          `------> RetryAt(t), where it is not
//!                  `-> RetryAt(t) -> Intent
//!                  `-> Rejected, Parked -> replay -> Discovered
//!
//! Posted, changed at the source -> Amending -> Posted;  cancelled there -> Amending -> Cancelled -> reopened -> Amending
//!                                     `-> AmendAt(t) -> compared anew
//! In a freeze -> AmendPostponed -> when it ends -> Amending
//! ```

mod head;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::mapper::Missing;
use crate::sink::{Handle, TargetRef};
pub use head::Head;
pub(crate) use head::join;

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// To be mapped and posted.
    Discovered,
    /// Waits for what is missing.
    Held {
        /// What is missing.
        missing: Vec<Missing>,
    },
    /// Not to be posted.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Mapped and ready; nothing may be posted before then.
    Postponed {
        /// When it goes on.
        until: DateTime<Utc>,
        /// Which rule of the schedule says so.
        reason: String,
    },
    /// An attempt has begun; at most discardable staging exists.
    Intent,
    /// The next attempt is due then.
    RetryAt {
        /// When.
        at: DateTime<Utc>,
        /// Why the last one failed.
        failure: Failure,
    },
    /// Being committed; after a crash this is a doubt.
    Committing {
        /// What staging gave.
        handle: Handle,
    },
    /// Staged, and to be committed again then.
    CommitAt {
        /// When.
        at: DateTime<Utc>,
        /// What staging gave.
        handle: Handle,
    },
    /// Not known whether the commit happened.
    InDoubt {
        /// What staging gave.
        handle: Handle,
        /// Since when.
        since: DateTime<Utc>,
        /// How often the target was asked to settle it.
        settled: u32,
        /// Since when lookups find nothing.
        absent_since: Option<DateTime<Utc>>,
        /// When to ask again.
        next: DateTime<Utc>,
    },
    /// The target took it; the document appears later.
    Accepted {
        /// What staging gave.
        handle: Handle,
        /// Since when.
        since: DateTime<Utc>,
        /// How often it was looked up.
        looked: u32,
        /// When to look again.
        next: DateTime<Utc>,
    },
    /// The document exists.
    Posted {
        /// Its number.
        target: TargetRef,
    },
    /// Its document is being changed or cancelled; after a crash it is compared anew.
    Amending {
        /// Its number.
        target: TargetRef,
    },
    /// Its document is to be changed or cancelled, and is compared anew then.
    AmendAt {
        /// Its number.
        target: TargetRef,
        /// When.
        at: DateTime<Utc>,
        /// Why not yet.
        failure: Failure,
    },
    /// Its document is to be changed or cancelled, and nothing may be changed before then.
    AmendPostponed {
        /// Its number.
        target: TargetRef,
        /// When it goes on.
        until: DateTime<Utc>,
        /// Which rule of the schedule says so.
        reason: String,
    },
    /// The document was cancelled, as its record was.
    Cancelled {
        /// Its number.
        target: TargetRef,
    },
    /// The target refused it.
    Rejected {
        /// Why.
        failure: Failure,
        /// Whether something of it, or in its place, is in the target all the same.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        there: bool,
    },
    /// Given up until a person asks for a replay.
    Parked {
        /// Why.
        failure: Failure,
        /// What staging gave, when a commit of unknown outcome was given up: such a record is never
        /// created again without a person's word.
        doubt: Option<Handle>,
        /// Where such a commit goes on when a person asks that the target be looked at again: in doubt, or accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<StateName>,
    },
}

/// A state's name, as stores index it and people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum StateName {
    Discovered,
    Held,
    Skipped,
    Postponed,
    Intent,
    RetryAt,
    Committing,
    CommitAt,
    InDoubt,
    Accepted,
    Posted,
    Amending,
    AmendAt,
    AmendPostponed,
    Cancelled,
    Rejected,
    Parked,
}

impl StateName {
    /// All names.
    pub const ALL: [Self; 17] = [
        Self::Discovered,
        Self::Held,
        Self::Skipped,
        Self::Postponed,
        Self::Intent,
        Self::RetryAt,
        Self::Committing,
        Self::CommitAt,
        Self::InDoubt,
        Self::Accepted,
        Self::Posted,
        Self::Amending,
        Self::AmendAt,
        Self::AmendPostponed,
        Self::Cancelled,
        Self::Rejected,
        Self::Parked,
    ];

    /// Those in which a record has a document that is not cancelled.
    pub const HOLDING: [Self; 4] = [Self::Posted, Self::Amending, Self::AmendAt, Self::AmendPostponed];

    /// The name as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Discovered => "discovered",
            Self::Held => "held",
            Self::Skipped => "skipped",
            Self::Postponed => "postponed",
            Self::Intent => "intent",
            Self::RetryAt => "retry_at",
            Self::Committing => "committing",
            Self::CommitAt => "commit_at",
            Self::InDoubt => "in_doubt",
            Self::Accepted => "accepted",
            Self::Posted => "posted",
            Self::Amending => "amending",
            Self::AmendAt => "amend_at",
            Self::AmendPostponed => "amend_postponed",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Parked => "parked",
        }
    }
}

impl FromStr for StateName {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| UnknownState(text.to_owned()))
    }
}

/// A text that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no state: write one of {all}", all = StateName::ALL.map(StateName::as_str).join(", "))]
pub struct UnknownState(String);

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl State {
    /// The state's name.
    pub fn name(&self) -> StateName {
        match self {
            Self::Discovered => StateName::Discovered,
            Self::Held { .. } => StateName::Held,
            Self::Skipped { .. } => StateName::Skipped,
            Self::Postponed { .. } => StateName::Postponed,
            Self::Intent => StateName::Intent,
            Self::RetryAt { .. } => StateName::RetryAt,
            Self::Committing { .. } => StateName::Committing,
            Self::CommitAt { .. } => StateName::CommitAt,
            Self::InDoubt { .. } => StateName::InDoubt,
            Self::Accepted { .. } => StateName::Accepted,
            Self::Posted { .. } => StateName::Posted,
            Self::Amending { .. } => StateName::Amending,
            Self::AmendAt { .. } => StateName::AmendAt,
            Self::AmendPostponed { .. } => StateName::AmendPostponed,
            Self::Cancelled { .. } => StateName::Cancelled,
            Self::Rejected { .. } => StateName::Rejected,
            Self::Parked { .. } => StateName::Parked,
        }
    }

    /// The number of the document, once it exists.
    pub fn target(&self) -> Option<&TargetRef> {
        match self {
            Self::Posted { target }
            | Self::Amending { target }
            | Self::AmendAt { target, .. }
            | Self::AmendPostponed { target, .. }
            | Self::Cancelled { target } => Some(target),
            _ => None,
        }
    }

    /// What staging gave, while it matters.
    pub fn handle(&self) -> Option<&Handle> {
        match self {
            Self::Committing { handle }
            | Self::CommitAt { handle, .. }
            | Self::InDoubt { handle, .. }
            | Self::Accepted { handle, .. } => Some(handle),
            Self::Parked { doubt, .. } => doubt.as_ref(),
            _ => None,
        }
    }
}
