//! Where a reading goes on.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize};

/// Where a reading of changes goes on: at a time, or in the middle of a scan. Made to be kept as JSON.
///
/// It belongs to one resource of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// The lower bound; none reads everything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    since: Option<DateTime<Utc>>,
    /// The scan that is under way.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    scan: Option<Place>,
}

/// A place in a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The server's clock when the scan began.
    pub(super) started: DateTime<Utc>,
    /// How many records the list had up to and with the last one read.
    #[serde(deserialize_with = "few")]
    pub(super) read: u64,
    /// What the last one read is ordered by.
    pub(super) last: i64,
}

/// No list is longer, and what is kept may be spoilt: sums with it stay far from their ends.
fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    u32::deserialize(deserializer).map(u64::from)
}

impl Cursor {
    /// Reads everything.
    pub fn beginning() -> Self {
        Self::default()
    }

    /// Reads what was changed at this time or later.
    pub fn since(time: DateTime<Utc>) -> Self {
        Self { since: Some(time), scan: None }
    }

    /// Where the next poll starts after a scan that began at this time.
    pub(super) fn after(started: DateTime<Utc>, overlap: TimeDelta) -> Self {
        Self::since(started.checked_sub_signed(overlap).unwrap_or(DateTime::<Utc>::MIN_UTC))
    }

    /// The time that everything changed before has been read by, once a scan is through.
    pub fn time(&self) -> Option<DateTime<Utc>> {
        self.since
    }

    /// Whether it stands in the middle of a scan.
    pub fn is_within_a_scan(&self) -> bool {
        self.scan.is_some()
    }

    pub(super) fn place(&self) -> Option<Place> {
        self.scan
    }

    pub(super) fn at(&self, place: Place) -> Self {
        Self { since: self.since, scan: Some(place) }
    }
}
