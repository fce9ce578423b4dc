//! One pace for all callers of a tenant: calls a minute, calls at a time, and backing off by itself.
//!
//! The pace is a token bucket that keeps any window of a minute at or under the allowed number: what
//! a burst may take is subtracted from the steady rate. A 429 or a timeout halves pace and width, a
//! `Retry-After` stops everybody, and successes win the pace back step by step. All on tokio's clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Successes it takes to win back the whole pace. From the floor to nine tenths of 600 calls a minute: 19 s.
const RECOVERY_STEPS: f64 = 70.0;
/// The pace never falls under this part of the allowed one.
const FLOOR: f64 = 1.0 / 16.0;
/// So many answers in a row must be slow before it counts as throttling by delay.
const SLOW_ANSWERS: u32 = 16;
/// A minute, and a little more: calls do not arrive as evenly as they leave.
const MINUTE: f64 = 60.6;
/// Nobody is stopped longer than this, whatever the server asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Paces calls; cloned cheaply, all clones share the pace.
#[derive(Debug, Clone)]
pub struct Limiter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Held by the caller whose turn it is: first come, first served, and one sleeper only.
    gate: tokio::sync::Mutex<()>,
    pace: Mutex<Pace>,
    freed: Notify,
    settings: Settings,
}

#[derive(Debug, Clone, Copy)]
struct Settings {
    per_minute: Option<u32>,
    burst: u32,
    width: Option<usize>,
}

#[derive(Debug)]
struct Pace {
    /// Part of the allowed pace in use, from `FLOOR` to 1.
    share: f64,
    /// Calls that may go out at once, as of `filled_at`; `None` before the first call: the bucket is full.
    level: Option<f64>,
    filled_at: Instant,
    paused_until: Option<Instant>,
    slowed_at: Option<Instant>,
    in_flight: usize,
    usual_latency: Option<f64>,
    slow_answers: u32,
}

impl Limiter {
    /// No limit but what the server enforces: it still pauses on `Retry-After`.
    pub fn unlimited() -> Self {
        Self::with(Settings { per_minute: None, burst: 1, width: None })
    }

    /// At most `calls` (at least 1) in any minute.
    pub fn per_minute(calls: u32) -> Self {
        let calls = calls.max(1);
        Self::with(Settings {
            per_minute: Some(calls),
            burst: (calls / 60).max(10).min(calls / 10).max(1),
            width: None,
        })
    }

    /// At most `calls` (at least 1) at a time. To be set before the limiter is cloned.
    pub fn concurrency(self, calls: usize) -> Self {
        Self::with(Settings { width: Some(calls.max(1)), ..self.shared.settings })
    }

    /// How many calls may go out at once after a rest. To be set before the limiter is cloned.
    ///
    /// Default: a second's worth, at least 10, and never over a tenth of the minute's.
    pub fn burst(self, calls: u32) -> Self {
        let most = self.shared.settings.per_minute.unwrap_or(u32::MAX);
        Self::with(Settings { burst: calls.clamp(1, most), ..self.shared.settings })
    }

    fn with(settings: Settings) -> Self {
        Self {
            shared: Arc::new(Shared {
                gate: tokio::sync::Mutex::new(()),
                pace: Mutex::new(Pace {
                    share: 1.0,
                    level: None,
                    filled_at: Instant::now(),
                    paused_until: None,
                    slowed_at: None,
                    in_flight: 0,
                    usual_latency: None,
                    slow_answers: 0,
                }),
                freed: Notify::new(),
                settings,
            }),
        }
    }

    /// Waits for its turn. Hold the permit until the answer is read, and tell it how it went.
    ///
    /// Cancel safe: a dropped wait takes nothing.
    pub async fn acquire(&self) -> Permit {
        let _turn = self.shared.gate.lock().await;
        loop {
            let freed = self.shared.freed.notified();
            match self.shared.try_take() {
                Turn::Taken(at) => {
                    return Permit { shared: Arc::clone(&self.shared), taken_at: at };
                }
                Turn::At(when) => tokio::time::sleep_until(when).await,
                Turn::WhenFreed => freed.await,
            }
        }
    }

    /// Calls a minute at the present pace; `None` without a limit.
    pub fn current_per_minute(&self) -> Option<f64> {
        let share = self.shared.lock().share;
        self.shared.settings.per_minute.map(|n| f64::from(n) * share)
    }
}

enum Turn {
    Taken(Instant),
    At(Instant),
    WhenFreed,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_take(&self) -> Turn {
        let now = Instant::now();
        let mut pace = self.lock();
        if let Some(until) = pace.paused_until.filter(|until| *until > now) {
            return Turn::At(until);
        }
        if self.settings.width_at(pace.share).is_some_and(|width| pace.in_flight >= width) {
            return Turn::WhenFreed;
        }
        if let Some(interval) = self.settings.interval_at(pace.share) {
            let level = pace.fill(now, interval, self.settings.burst);
            if level < 1.0 {
                return Turn::At(now + interval.mul_f64(1.0 - level));
            }
            pace.level = Some(level - 1.0);
        }
        pace.in_flight += 1;
        Turn::Taken(now)
    }

    /// Slows everybody down, once for all calls that were under way when it happened.
    fn slow_down(pace: &mut Pace, taken_at: Instant, factor: f64) {
        if pace.slowed_at.is_some_and(|at| taken_at <= at) {
            return;
        }
        let now = Instant::now();
        pace.slowed_at = Some(now);
        pace.share = (pace.share * factor).max(FLOOR);
        // No burst right after a refusal.
        pace.level = Some(0.0);
        pace.filled_at = now;
    }
}

impl Pace {
    /// Fills the bucket with what has come in since it was last looked at, at the present pace.
    fn fill(&mut self, now: Instant, interval: Duration, burst: u32) -> f64 {
        let burst = f64::from(burst);
        let since = (now - self.filled_at).as_secs_f64() / interval.as_secs_f64();
        let level = self.level.map_or(burst, |level| (level + since).min(burst));
        self.level = Some(level);
        self.filled_at = now;
        level
    }
}

impl Settings {
    fn interval_at(self, share: f64) -> Option<Duration> {
        // A window of a minute holds the burst and what refills meanwhile: together not over the limit.
        let steady = f64::from((self.per_minute? + 1).saturating_sub(self.burst).max(1));
        Some(Duration::from_secs_f64(MINUTE / (steady * share)))
    }

    fn width_at(self, share: f64) -> Option<usize> {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        self.width.map(|width| ((width as f64 * share).ceil() as usize).max(1))
    }
}

/// The right to make one call; gives its place back when dropped.
#[derive(Debug)]
#[must_use = "a dropped permit frees its place at once"]
pub struct Permit {
    shared: Arc<Shared>,
    taken_at: Instant,
}

impl Permit {
    /// The call was answered after `latency`: the pace recovers a step, unless answers grow ever slower.
    pub fn answered(&self, latency: Duration) {
        let mut pace = self.shared.lock();
        let seconds = latency.as_secs_f64();
        let usual = *pace.usual_latency.get_or_insert(seconds);
        pace.usual_latency = Some(usual + (seconds - usual) / 64.0);
        if seconds > 4.0 * usual && seconds > usual + 1.0 {
            pace.slow_answers += 1;
        } else {
            pace.slow_answers = 0;
        }
        if pace.slow_answers >= SLOW_ANSWERS {
            // Gateways also throttle by delaying. Slow is the new usual from here on, so that one
            // change of the workload costs one slowdown.
            pace.slow_answers = 0;
            pace.usual_latency = Some(seconds);
            Shared::slow_down(&mut pace, self.taken_at, 0.5);
        } else if pace.slow_answers == 0 {
            pace.share = (pace.share + 1.0 / RECOVERY_STEPS).min(1.0);
        }
    }

    /// The server refused for the pace (429): everybody waits as long as it asked, and goes on at half the pace.
    pub fn throttled(&self, retry_after: Option<Duration>) {
        let mut pace = self.shared.lock();
        Shared::slow_down(&mut pace, self.taken_at, 0.5);
        if let Some(wait) = retry_after {
            let until = Instant::now() + wait.min(LONGEST_PAUSE);
            pace.paused_until = Some(pace.paused_until.map_or(until, |at| at.max(until)));
        }
    }

    /// No answer in time, or the server is overloaded: half the pace, without a pause.
    pub fn overloaded(&self) {
        let mut pace = self.shared.lock();
        Shared::slow_down(&mut pace, self.taken_at, 0.5);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shared.lock().in_flight -= 1;
        self.shared.freed.notify_one();
    }
}
