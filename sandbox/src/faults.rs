//! Faults on demand: by share of the calls, or one-shot for the next call that matches.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::rng::Rng;

/// One way in which a call can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The answer comes late, and is right.
    Latency,
    /// This call and the next few are answered slower and slower, as a smoothing gateway does.
    GrowingDelay,
    /// 429 without `Retry-After`; nothing processed.
    TooManyRequests,
    /// 429 with `Retry-After`; nothing processed.
    TooManyRequestsRetryAfter,
    /// 500; nothing processed.
    ServerErrorBefore,
    /// 500 after the call was processed.
    ServerErrorAfter,
    /// 503; nothing processed.
    Unavailable,
    /// 504 after the call was processed.
    GatewayTimeoutAfter,
    /// 502 with an HTML page; nothing processed.
    BadGatewayHtml,
    /// A bare 400, as for a path that nobody knows; nothing processed.
    BareBadRequestBefore,
    /// A bare 400 after the call was processed.
    BareBadRequestAfter,
    /// The connection is reset before anything is processed.
    ResetBefore,
    /// The connection is reset after the call was processed.
    ResetAfter,
    /// Processed; the body breaks off in the middle.
    TruncatedBody,
    /// The token is expired before the call is looked at: 401.
    TokenExpired,
    /// Bulk calls only (M3's bulk, SyteLine's updates of many changes, OData's `$batch`): stopped on the way. M3 says
    /// `wasTerminated` and marks the rest `notProcessed`, OData answers the rest with 424, SyteLine says that the call
    /// failed.
    BulkTerminated,
    /// Bulk calls only: as [`Self::BulkTerminated`], of M3 and SyteLine under HTTP 400.
    BulkBadRequest,
    /// Bulk calls only: more may have been processed than the answer has results for.
    ShortResults,
    /// M3 lists by GET and SyteLine loads only: some records, and an error in the same result.
    PartialRecords,
    /// Processed, but no answer comes until [`Faults::hang`] is over, then a reset.
    Hang,
}

impl FaultKind {
    /// Every kind but [`Self::Hang`], which only clients with a time-out survive, and
    /// [`Self::PartialRecords`], which no retry is due to.
    pub const COMMON: [Self; 18] = [
        Self::Latency,
        Self::GrowingDelay,
        Self::TooManyRequests,
        Self::TooManyRequestsRetryAfter,
        Self::ServerErrorBefore,
        Self::ServerErrorAfter,
        Self::Unavailable,
        Self::GatewayTimeoutAfter,
        Self::BadGatewayHtml,
        Self::BareBadRequestBefore,
        Self::BareBadRequestAfter,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::TruncatedBody,
        Self::TokenExpired,
        Self::BulkTerminated,
        Self::BulkBadRequest,
        Self::ShortResults,
    ];

    fn fits(self, call: CallKind) -> bool {
        match self {
            Self::TokenExpired => call != CallKind::Token,
            _ => !self.is_of_bulk() || call == CallKind::Bulk,
        }
    }

    fn is_of_bulk(self) -> bool {
        matches!(self, Self::BulkTerminated | Self::BulkBadRequest | Self::ShortResults)
    }
}

/// What sort of call a fault would hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallKind {
    Token,
    Single,
    Bulk,
}

/// How often calls fail, and how. The default is never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// Share of the calls that fail, in thousandths: 200 is 20 %.
    pub per_mille: u32,
    /// The kinds drawn from, as cards from a pack, which is filled again once nothing in it fits the call: what only
    /// bulk calls can suffer strikes the first of them, however few they are.
    pub kinds: Vec<FaultKind>,
    /// Seed of the draw: the same calls in the same order fail in the same way.
    pub seed: u64,
    /// Added to every answer, faulty or not.
    pub latency: Duration,
    /// What `Retry-After` says on an injected 429, in seconds.
    pub retry_after: u64,
    /// How much later a late answer comes, and each step of a growing delay.
    pub pause: Duration,
    /// How long [`FaultKind::Hang`] keeps the connection open.
    pub hang: Duration,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            per_mille: 0,
            kinds: FaultKind::COMMON.to_vec(),
            seed: 1,
            latency: Duration::ZERO,
            retry_after: 0,
            pause: Duration::from_millis(20),
            hang: Duration::from_secs(30),
        }
    }
}

impl Faults {
    /// Every common kind, on so many thousandths of the calls.
    pub fn share(per_mille: u32) -> Self {
        Self { per_mille, ..Self::default() }
    }

    /// One kind only, on every call.
    pub fn always(kind: FaultKind) -> Self {
        Self { per_mille: 1000, kinds: vec![kind], ..Self::default() }
    }
}

/// Which call a one-shot fault waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    operation: String,
    contains: Option<String>,
}

impl Matcher {
    /// The next call of this operation, named as in the statistics: `POST PPS370MI`.
    pub fn operation(operation: impl Into<String>) -> Self {
        Self { operation: operation.into(), contains: None }
    }

    /// ... whose body contains this text.
    #[must_use]
    pub fn containing(mut self, text: impl Into<String>) -> Self {
        self.contains = Some(text.into());
        self
    }

    fn matches(&self, operation: &str, body: &[u8]) -> bool {
        self.operation == operation
            && self
                .contains
                .as_ref()
                .is_none_or(|text| text.is_empty() || body.windows(text.len()).any(|window| window == text.as_bytes()))
    }
}

/// A fault that is due, with a number to decide its details by (where a bulk is cut).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) dice: u64,
}

#[derive(Debug)]
struct State {
    faults: Faults,
    rng: Rng,
    /// The kinds that are left in the pack.
    pack: Vec<FaultKind>,
    once: VecDeque<(Matcher, FaultKind)>,
    slow: u32,
}

impl State {
    /// The next kind for such a call.
    fn deal(&mut self, call: CallKind) -> Option<FaultKind> {
        if !self.faults.kinds.iter().any(|kind| kind.fits(call)) {
            return None;
        }
        if !self.pack.iter().any(|kind| kind.fits(call)) {
            self.pack.clone_from(&self.faults.kinds);
        }
        let fitting: Vec<FaultKind> = self.pack.iter().copied().filter(|kind| kind.fits(call)).collect();
        let any = *self.rng.pick(&fitting);
        // Bulk calls may be few: what can strike no others comes first.
        let kind = fitting.into_iter().find(|kind| kind.is_of_bulk()).unwrap_or(any);
        let place = self.pack.iter().position(|other| *other == kind)?;
        self.pack.remove(place);
        Some(kind)
    }
}

/// Draws faults for a tenant.
#[derive(Debug)]
pub(crate) struct Injector(Mutex<State>);

const SLOW_CALLS: u32 = 5;

impl Injector {
    pub(crate) fn new(faults: Faults) -> Self {
        let rng = Rng::new(faults.seed);
        let pack = faults.kinds.clone();
        Self(Mutex::new(State { faults, rng, pack, once: VecDeque::new(), slow: 0 }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, faults: Faults) {
        let mut state = self.lock();
        state.rng = Rng::new(faults.seed);
        state.pack.clone_from(&faults.kinds);
        state.faults = faults;
        state.slow = 0;
    }

    pub(crate) fn once(&self, matcher: Matcher, kind: FaultKind) {
        self.lock().once.push_back((matcher, kind));
    }

    pub(crate) fn settings(&self) -> Faults {
        self.lock().faults.clone()
    }

    /// The fault due for this call, if any. One-shot faults come first and only once.
    pub(crate) fn draw(&self, call: CallKind, operation: &str, body: &[u8]) -> Option<Fault> {
        let mut state = self.lock();
        if let Some(at) = state.once.iter().position(|(matcher, _)| matcher.matches(operation, body)) {
            let (_, kind) = state.once.remove(at)?;
            let dice = state.rng.next();
            return Some(Fault { kind, dice });
        }
        let share = state.faults.per_mille;
        if share == 0 || !state.rng.per_mille(share) {
            return None;
        }
        let kind = state.deal(call)?;
        let dice = state.rng.next();
        Some(Fault { kind, dice })
    }

    /// How long this answer is held back: the common latency, and what growing delays add.
    pub(crate) fn delay(&self, fault: Option<Fault>) -> Duration {
        let mut state = self.lock();
        let pause = state.faults.pause;
        let mut delay = state.faults.latency;
        match fault.map(|fault| fault.kind) {
            Some(FaultKind::Latency) => delay += pause,
            Some(FaultKind::GrowingDelay) => state.slow = SLOW_CALLS,
            _ => {}
        }
        if state.slow > 0 {
            delay += pause * (SLOW_CALLS + 1 - state.slow);
            state.slow -= 1;
        }
        delay
    }
}
