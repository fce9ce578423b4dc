//! Rate limits as gateways keep them: fixed windows that begin with a call, or growing delays.

use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

const WINDOW: TimeDelta = TimeDelta::minutes(1);
const LONGEST_DELAY: Duration = Duration::from_secs(2);

/// What the limiter decided about one call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Delay(Duration),
    /// Too many; the window ends in so many whole seconds.
    Refuse(u64),
}

/// Counts calls a minute. 0 means unlimited.
#[derive(Debug)]
pub(crate) struct Limiter {
    per_minute: u32,
    delay_after: u32,
    delay_step: Duration,
    window: Mutex<Option<(DateTime<Utc>, u32)>>,
}

impl Limiter {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self::smoothing(per_minute, 0, Duration::ZERO)
    }

    /// Beyond `delay_after` calls in a minute each call waits `delay_step` longer than the one before.
    pub(crate) fn smoothing(per_minute: u32, delay_after: u32, delay_step: Duration) -> Self {
        Self { per_minute, delay_after, delay_step, window: Mutex::new(None) }
    }

    /// Calls allowed a minute, if there is a limit.
    pub(crate) fn limit(&self) -> Option<u32> {
        (self.per_minute > 0).then_some(self.per_minute)
    }

    pub(crate) fn check(&self, now: DateTime<Utc>) -> Verdict {
        if self.per_minute == 0 && self.delay_after == 0 {
            return Verdict::Pass;
        }
        let mut window = self.window.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (start, count) = match *window {
            Some((start, count)) if now >= start && now - start < WINDOW => (start, count.saturating_add(1)),
            _ => (now, 1),
        };
        *window = Some((start, count));
        if self.per_minute > 0 && count > self.per_minute {
            let left = (WINDOW - (now - start)).num_milliseconds().max(1);
            return Verdict::Refuse(u64::try_from((left + 999) / 1000).unwrap_or(60));
        }
        match count.checked_sub(self.delay_after) {
            Some(excess) if self.delay_after > 0 && excess > 0 => {
                Verdict::Delay((self.delay_step * excess).min(LONGEST_DELAY))
            }
            _ => Verdict::Pass,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_opens_with_the_first_call_and_the_count_resets_at_its_end() {
        let limiter = Limiter::new(2);
        let start = DateTime::UNIX_EPOCH;
        assert_eq!(limiter.check(start), Verdict::Pass);
        assert_eq!(limiter.check(start + TimeDelta::seconds(50)), Verdict::Pass);
        assert_eq!(limiter.check(start + TimeDelta::seconds(51)), Verdict::Refuse(9));
        assert_eq!(limiter.check(start + TimeDelta::seconds(60)), Verdict::Pass);
    }

    #[test]
    fn beyond_the_smoothing_mark_each_call_waits_longer() {
        let limiter = Limiter::smoothing(0, 1, Duration::from_millis(10));
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(limiter.check(now), Verdict::Pass);
        assert_eq!(limiter.check(now), Verdict::Delay(Duration::from_millis(10)));
        assert_eq!(limiter.check(now), Verdict::Delay(Duration::from_millis(20)));
    }
}
