//! Where a scan of purchase orders goes on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sync_core::{Cursor, Failure, FailureKind};

/// The position behind a [`Cursor`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Changes from this time on are wanted; all if none.
    pub since: Option<DateTime<Utc>>,
    /// The scan under way, if one is.
    pub scan: Option<Scan>,
}

/// A scan that has been read in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scan {
    /// The server's time when it began.
    pub started: DateTime<Utc>,
    /// The next page, from 1.
    pub page: u32,
    /// How many records the server counted so far.
    pub count: u64,
    /// How many records a page holds: a scan goes on with pages of the size it began with.
    pub page_size: u32,
}

impl Position {
    pub fn read(cursor: Option<&Cursor>) -> Result<Self, Failure> {
        let Some(cursor) = cursor else {
            return Ok(Self::default());
        };
        serde_json::from_str(&cursor.0).map_err(|error| {
            let message = format!("the saved cursor `{}` cannot be read: {error}", cursor.0);
            Failure::new(FailureKind::Invalid, message)
        })
    }

    pub fn write(&self) -> Result<Cursor, Failure> {
        serde_json::to_string(self)
            .map(Cursor)
            .map_err(|error| Failure::new(FailureKind::Other, format!("the cursor cannot be written: {error}")))
    }
}
