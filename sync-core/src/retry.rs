//! When a failed attempt is tried again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::failure::{Failure, FailureKind};

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Try again then.
    At(DateTime<Utc>),
    /// Give up until a person asks for a replay.
    Park,
}

/// Decides about retries of attempts that are proven to have left nothing behind.
///
/// ```
/// use chrono::{DateTime, TimeDelta, Utc};
/// use sync_core::{Failure, Retry, RetryPolicy};
///
/// /// Every five minutes, for an hour.
/// struct Steady;
/// impl RetryPolicy for Steady {
///     fn after(&self, attempt: u32, _failure: &Failure, now: DateTime<Utc>) -> Retry {
///         if attempt < 12 { Retry::At(now + TimeDelta::minutes(5)) } else { Retry::Park }
///     }
/// }
/// ```
pub trait RetryPolicy: Send + Sync {
    /// What to do after attempt number `attempt` (from 1) failed.
    fn after(&self, attempt: u32, failure: &Failure, now: DateTime<Utc>) -> Retry;
}

/// Exponential backoff with full jitter: a wait drawn evenly from zero to `base * 2^attempt`, at most
/// `cap`, and never less than the system asked for.
///
/// Trouble of the whole system (rate limits, outages, refused credentials) is waited out for as long
/// as it lasts; anything else is parked after `max_attempts`.
/// See Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
#[derive(Debug)]
pub struct Backoff {
    /// The first attempt's longest wait.
    pub base: Duration,
    /// The longest wait of all.
    pub cap: Duration,
    /// Attempts before a record is parked.
    pub max_attempts: u32,
    random: AtomicU64,
}

impl Backoff {
    /// The default waits (1 s, at most 5 min, 8 attempts), with jitter from this seed.
    pub fn seeded(seed: u64) -> Self {
        Self {
            base: Duration::from_secs(1),
            cap: Duration::from_secs(300),
            max_attempts: 8,
            random: AtomicU64::new(seed),
        }
    }

    fn jitter(&self, longest: Duration) -> Duration {
        // SplitMix64 (Steele, Lea, Flood 2014): one addition a step, so it is safe to share.
        let mut z = self.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let per_mille = u32::try_from((z ^ (z >> 31)) % 1001).unwrap_or(1000);
        longest.saturating_mul(per_mille) / 1000
    }
}

impl RetryPolicy for Backoff {
    fn after(&self, attempt: u32, failure: &Failure, now: DateTime<Utc>) -> Retry {
        let patient = matches!(failure.kind, FailureKind::RateLimited | FailureKind::Unavailable | FailureKind::Denied);
        if !patient && attempt >= self.max_attempts {
            return Retry::Park;
        }
        let longest = self.base.saturating_mul(1 << attempt.min(16)).min(self.cap);
        let wait = self.jitter(longest).max(failure.retry_after.unwrap_or_default());
        Retry::At(now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_grows_stays_under_the_cap_and_honours_the_server() {
        let policy = Backoff::seeded(7);
        let now = DateTime::UNIX_EPOCH;
        let outage = Failure::new(FailureKind::Unavailable, "down");
        for attempt in 1..100 {
            let Retry::At(at) = policy.after(attempt, &outage, now) else { panic!("parked an outage") };
            assert!((at - now).to_std().unwrap() <= policy.cap);
        }
        let mut asked = outage;
        asked.retry_after = Some(Duration::from_secs(900));
        assert_eq!(policy.after(1, &asked, now), Retry::At(now + TimeDelta::seconds(900)));
    }

    #[test]
    fn what_is_not_an_outage_is_parked_in_the_end() {
        let policy = Backoff::seeded(7);
        let odd = Failure::new(FailureKind::Other, "odd");
        assert!(matches!(policy.after(7, &odd, DateTime::UNIX_EPOCH), Retry::At(_)));
        assert_eq!(policy.after(8, &odd, DateTime::UNIX_EPOCH), Retry::Park);
    }
}
