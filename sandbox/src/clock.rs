//! The tenant's own time: the wall clock, or one that stands still, plus what tests have added to it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The mark of a clock that goes.
const GOES: i64 = i64::MIN;

/// A clock that can be moved forward, so that nobody has to wait for a token to expire.
#[derive(Debug)]
pub(crate) struct Clock {
    ahead_ms: AtomicI64,
    /// Where it was stopped, in milliseconds since 1970, or [`GOES`].
    stopped_ms: AtomicI64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { ahead_ms: AtomicI64::new(0), stopped_ms: AtomicI64::new(GOES) }
    }
}

impl Clock {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let base = match self.stopped_ms.load(Ordering::SeqCst) {
            GOES => None,
            stopped => DateTime::from_timestamp_millis(stopped),
        };
        base.unwrap_or_else(Utc::now) + TimeDelta::milliseconds(self.ahead_ms.load(Ordering::SeqCst))
    }

    pub(crate) fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
        self.ahead_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// From now on it shows this moment, and goes on only as it is moved.
    pub(crate) fn stop_at(&self, at: DateTime<Utc>) {
        self.ahead_ms.store(0, Ordering::SeqCst);
        self.stopped_ms.store(at.timestamp_millis(), Ordering::SeqCst);
    }
}

/// A duration as chrono counts it; absurdly long ones become a century.
pub(crate) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or_else(|_| TimeDelta::days(36_500))
}
