//! Where a reading of purchase orders goes on.

use chrono::NaiveDate;
use procurify_client::Cursor as Place;
use serde::{Deserialize, Serialize};
use sync_core::{Cursor, Failure, FailureKind};

/// The position behind a [`Cursor`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Where the client goes on.
    pub place: Place,
    /// The first day that orders are wanted of, as it was set when they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_from: Option<NaiveDate>,
}

impl Position {
    /// Reads a cursor; from the beginning if there is none, or if older orders are wanted now than were then.
    pub fn read(cursor: Option<&Cursor>, created_from: Option<NaiveDate>) -> Result<Self, Failure> {
        let beginning = Self { place: Place::beginning(), created_from };
        let Some(cursor) = cursor else { return Ok(beginning) };
        let kept: Self = serde_json::from_str(&cursor.0).map_err(|error| {
            let message = format!("the saved cursor `{}` cannot be read: {error}", cursor.0);
            Failure::new(FailureKind::Invalid, message)
        })?;
        let reaches_back = match (kept.created_from, created_from) {
            (None, _) => true,
            (Some(kept), Some(wanted)) => kept <= wanted,
            (Some(_), None) => false,
        };
        Ok(if reaches_back { Self { created_from, ..kept } } else { beginning })
    }

    pub fn write(&self) -> Result<Cursor, Failure> {
        serde_json::to_string(self)
            .map(Cursor)
            .map_err(|error| Failure::new(FailureKind::Other, format!("the cursor cannot be written: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(2026, 11, day)
    }

    #[test]
    fn what_was_left_out_then_and_is_wanted_now_is_read_from_the_beginning() {
        let started = Place::since(chrono::DateTime::UNIX_EPOCH);
        for (kept, wanted, goes_on) in [
            (None, None, true),
            (None, day(5), true),
            (day(5), day(5), true),
            (day(5), day(9), true),
            (day(5), day(2), false),
            (day(5), None, false),
        ] {
            let cursor = Position { place: started.clone(), created_from: kept }.write().unwrap();
            let read = Position::read(Some(&cursor), wanted).unwrap();
            assert_eq!(read.place == started, goes_on, "{kept:?} to {wanted:?}");
            assert_eq!(read.created_from, wanted);
        }
    }
}
