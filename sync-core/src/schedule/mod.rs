//! When a pass is to start, and when documents may be posted.
//!
//! The engine asks a [`Schedule`] whether it may post; the loop around it, when to run next. A
//! [`Calendar`] answers both from time zone, business hours, working days, holidays and freezes.

mod calendar;
mod freeze;

use chrono::{DateTime, Utc};

pub use calendar::{Calendar, Hours};
pub use chrono_tz::Tz;
pub use freeze::{Freeze, WorkingDay};

/// A text that says no business hours, no freeze, or none that can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {why}")]
pub struct InvalidCalendar {
    text: String,
    why: &'static str,
}

impl InvalidCalendar {
    pub(crate) fn new(text: &str, why: &'static str) -> Self {
        Self { text: text.to_owned(), why }
    }
}

/// Nothing is to be posted for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The first moment at which posting is allowed again.
    pub until: DateTime<Utc>,
    /// Which rule says so, in words.
    pub reason: String,
}

/// Decides when passes start and when documents may be posted.
///
/// Pure: the same moment has the same answer, whichever process asks.
///
/// ```
/// use chrono::{DateTime, DurationRound, TimeDelta, Utc};
/// use sync_core::Schedule;
///
/// /// On the hour, around the clock.
/// struct Hourly;
/// impl Schedule for Hourly {
///     fn next_run(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
///         (after + TimeDelta::hours(1)).duration_trunc(TimeDelta::hours(1)).ok()
///     }
/// }
/// ```
pub trait Schedule: Send + Sync {
    /// When the next pass is to start: later than `after`, which is best the moment the last one ended,
    /// so that no two overlap and none that was missed is made up for. `None`: never again.
    fn next_run(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>>;

    /// Whether posting is frozen at a moment: then records are read, mapped and held, and what was sent
    /// is looked up, but nothing is created before the freeze ends. By default there is no freeze.
    fn frozen(&self, at: DateTime<Utc>) -> Option<Frozen> {
        let _ = at;
        None
    }
}
