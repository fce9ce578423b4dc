//! When to try again: full jitter, the server's word first, and a budget so that an outage is not multiplied.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often and how long a client tries again. Clones share the budget and the jitter.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// Tries in all, the first included. Default 5, at least 1.
    pub max_attempts: u32,
    /// The first wait is random between nothing and this. Default 250 ms, doubled with each try.
    pub base: Duration,
    /// Longest wait of our own choice. Default 20 s.
    pub cap: Duration,
    /// A server's `Retry-After` beyond this is not waited for but reported. Default 120 s.
    pub longest_retry_after: Duration,
    /// What retries are paid from.
    pub budget: RetryBudget,
    /// Where the randomness comes from; fix its seed to repeat a run.
    pub jitter: Jitter,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            base: Duration::from_millis(250),
            cap: Duration::from_secs(20),
            longest_retry_after: Duration::from_secs(120),
            budget: RetryBudget::default(),
            jitter: Jitter::default(),
        }
    }
}

impl RetryPolicy {
    /// Never tries again.
    pub fn none() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// The wait after the given failed attempt (1 is the first), or `None` when it is not worth it.
    ///
    /// The server's `retry_after` wins over our own backoff.
    pub fn delay(&self, attempt: u32, retry_after: Option<Duration>) -> Option<Duration> {
        if attempt >= self.max_attempts {
            return None;
        }
        match retry_after {
            Some(wait) if wait > self.longest_retry_after => None,
            Some(wait) => Some(wait.saturating_add(self.jitter.up_to(self.base))),
            None => Some(self.backoff(attempt)),
        }
    }

    /// A random wait of at most `base * 2^(attempt - 1)`, and never over the cap.
    pub fn backoff(&self, attempt: u32) -> Duration {
        let doubled = 2u32.saturating_pow(attempt.saturating_sub(1).min(20));
        self.jitter.up_to(self.base.saturating_mul(doubled).min(self.cap))
    }
}

/// A bucket that retries are paid from: a retry costs two tokens, a success returns one.
///
/// So retries stay under half the traffic in the long run, whatever the server does.
#[derive(Debug, Clone)]
pub struct RetryBudget {
    tokens: Arc<Mutex<u32>>,
    capacity: u32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new(100)
    }
}

impl RetryBudget {
    const COST: u32 = 2;

    /// A full budget for this many retries in a row.
    pub fn new(retries: u32) -> Self {
        let capacity = retries.saturating_mul(Self::COST);
        Self { tokens: Arc::new(Mutex::new(capacity)), capacity }
    }

    /// Pays for one retry; `false` when the budget is spent.
    pub fn spend(&self) -> bool {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        match tokens.checked_sub(Self::COST) {
            Some(left) => {
                *tokens = left;
                true
            }
            None => false,
        }
    }

    /// A call succeeded.
    pub fn refund(&self) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        *tokens = self.capacity.min(*tokens + 1);
    }
}

/// A small source of randomness for waits: xorshift, seeded by the system or by hand.
#[derive(Debug, Clone)]
pub struct Jitter(Arc<AtomicU64>);

impl Default for Jitter {
    fn default() -> Self {
        Self::seeded(RandomState::new().build_hasher().finish())
    }
}

impl Jitter {
    /// The same waits in the same order for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed | 1)))
    }

    /// A random duration from nothing up to `longest`.
    pub fn up_to(&self, longest: Duration) -> Duration {
        let nanos = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        match nanos {
            0 => Duration::ZERO,
            u64::MAX => Duration::from_nanos(self.next()),
            nanos => Duration::from_nanos(self.next() % (nanos + 1)),
        }
    }

    fn next(&self) -> u64 {
        let step = |mut x: u64| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^ (x << 17)
        };
        let previous = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |x| Some(step(x)));
        step(previous.unwrap_or_else(|x| x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_word_wins_and_an_unreasonable_one_is_not_waited_for() {
        let policy = RetryPolicy::default();
        let wait = policy.delay(1, Some(Duration::from_secs(7)));
        assert!(wait.is_some_and(|w| w >= Duration::from_secs(7) && w < Duration::from_secs(8)));
        assert_eq!(policy.delay(1, Some(Duration::from_secs(3600))), None);
        assert_eq!(policy.delay(5, None), None);
    }

    #[test]
    fn backoff_stays_under_its_doubling_bound_and_the_cap() {
        let policy = RetryPolicy { jitter: Jitter::seeded(7), ..RetryPolicy::default() };
        for attempt in 1..64 {
            let bound = Duration::from_millis(250 << (attempt - 1).min(10)).min(policy.cap);
            assert!(policy.backoff(attempt) <= bound, "attempt {attempt}");
        }
    }

    #[test]
    fn a_spent_budget_refuses_until_successes_refill_it() {
        let budget = RetryBudget::new(2);
        assert!(budget.spend() && budget.spend() && !budget.spend());
        budget.refund();
        assert!(!budget.spend());
        budget.refund();
        assert!(budget.spend());
    }
}
