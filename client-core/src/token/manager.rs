//! One login in flight, renewed ahead of expiry, and never in a loop.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{AccessToken, Login, TokenCache, TokenSource};
use crate::{Error, ErrorKind, Limiter, Outcome, RetryPolicy};

type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Keeps one credential's token: logs in once for all who wait, renews it in time, remembers a refusal.
///
/// * While a login is under way everybody else waits for it, and shares its failure too.
/// * A token close to its end is renewed by one caller while the others go on using it.
/// * Refused credentials are answered from memory for a while (default 60 s) instead of asked again.
/// * A throttled or failing login is repeated with backoff, for at most [`patience`](Self::patience).
/// * No more logins a minute are made than [allowed](Self::logins_per_minute), whatever happens.
///
/// Cancel safe: when the caller that logs in goes away, the next in line logs in.
pub struct TokenManager {
    login: Arc<dyn Login>,
    credential: String,
    cache: Option<Arc<dyn TokenCache>>,
    now: Now,
    patience: Duration,
    refusal_memory: Duration,
    retry: RetryPolicy,
    logins: Limiter,
    kept: StdMutex<Kept>,
    /// Held by whoever logs in.
    flight: Mutex<()>,
    /// Number of logins that ended, so that a waiter can tell that one ended while it waited.
    ended: AtomicU64,
}

#[derive(Default)]
struct Kept {
    current: Option<AccessToken>,
    /// The last token that a server refused: a cache may still hold it.
    dropped: Option<AccessToken>,
    failure: Option<Failure>,
    renewal_rests_until: Option<Instant>,
}

struct Failure {
    error: Error,
    /// Until when it answers for everybody; transient failures only for those who waited.
    until: Instant,
}

impl TokenManager {
    /// Keeps the token of `credential`, a name (never the secret) under which a cache files it.
    pub fn new(login: Arc<dyn Login>, credential: impl Into<String>) -> Self {
        Self {
            login,
            credential: credential.into(),
            cache: None,
            now: Arc::new(Utc::now),
            patience: Duration::from_secs(90),
            refusal_memory: Duration::from_secs(60),
            retry: RetryPolicy {
                max_attempts: u32::MAX,
                base: Duration::from_millis(500),
                cap: Duration::from_secs(15),
                ..RetryPolicy::default()
            },
            logins: Limiter::per_minute(15).burst(5),
            kept: StdMutex::default(),
            flight: Mutex::new(()),
            ended: AtomicU64::new(0),
        }
    }

    /// Shares the token with other processes.
    pub fn cache(mut self, cache: Arc<dyn TokenCache>) -> Self {
        self.cache = Some(cache);
        self
    }

    /// The most logins in any minute. Default 15, five of them at once: Infor rations them to 20 a tenant.
    pub fn logins_per_minute(mut self, logins: u32) -> Self {
        self.logins = Limiter::per_minute(logins).burst(logins.div_ceil(3).max(1));
        self
    }

    /// How long a throttled or failing login is repeated in all. Default 90 s.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How long refused credentials are not tried again. Default 60 s.
    pub fn refusal_memory(mut self, memory: Duration) -> Self {
        self.refusal_memory = memory;
        self
    }

    /// Backoff between logins; its number of attempts is not used, patience is.
    pub fn backoff(mut self, retry: RetryPolicy) -> Self {
        self.retry = RetryPolicy { max_attempts: u32::MAX, ..retry };
        self
    }

    /// The wall clock that expiry is read against.
    pub fn clock(mut self, now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current token if it has not expired, and whether it is to be renewed now.
    fn current(&self) -> Option<(AccessToken, bool)> {
        let now = (self.now)();
        let kept = self.kept();
        let token = kept.current.clone().filter(|t| t.expires_at() > now)?;
        let rests = kept.renewal_rests_until.is_some_and(|until| until > Instant::now());
        let due = token.renew_at() <= now && !rests;
        Some((token, due))
    }

    /// A failure that answers for us: remembered, or of a login that ended while we waited.
    fn shared_failure(&self, seen: u64) -> Option<Error> {
        let kept = self.kept();
        let failure = kept.failure.as_ref()?;
        let waited = self.ended.load(Ordering::Acquire) != seen;
        (waited || failure.until > Instant::now()).then(|| failure.error.clone())
    }

    async fn shared_token(&self) -> Option<AccessToken> {
        let token = self.cache.as_ref()?.load(&self.credential).await?;
        let mut kept = self.kept();
        let refused = kept.dropped.as_ref().is_some_and(|d| d.same_as(&token));
        if refused || token.renew_at() <= (self.now)() {
            return None;
        }
        kept.current = Some(token.clone());
        kept.failure = None;
        Some(token)
    }

    /// Called with the flight held.
    async fn renew(&self, patience: Duration) -> Result<AccessToken, Error> {
        if let Some(token) = self.shared_token().await {
            return Ok(token);
        }
        let result = self.log_in(patience).await;
        {
            let mut kept = self.kept();
            match &result {
                Ok(token) => {
                    kept.current = Some(token.clone());
                    kept.failure = None;
                    kept.renewal_rests_until = None;
                }
                Err(error) => {
                    let refused = error.kind() == ErrorKind::Auth;
                    let memory = if refused { self.refusal_memory } else { Duration::ZERO };
                    kept.failure = Some(Failure { error: error.clone(), until: Instant::now() + memory });
                    // A token that still works is used on; its renewal is not tried at every call.
                    kept.renewal_rests_until = Some(Instant::now() + Duration::from_secs(30));
                }
            }
        }
        self.ended.fetch_add(1, Ordering::Release);
        if let (Ok(token), Some(cache)) = (&result, &self.cache) {
            cache.store(&self.credential, token).await;
        }
        result
    }

    async fn log_in(&self, patience: Duration) -> Result<AccessToken, Error> {
        let deadline = Instant::now() + patience;
        let mut attempt = 1;
        loop {
            let turn = self.logins.acquire().await;
            let error = match self.login.login().await {
                Ok(token) => return Ok(token),
                Err(error) => judged(error, &self.credential),
            };
            drop(turn);
            let wait = self.retry.delay(attempt, error.retry_after());
            match wait.filter(|_| passes_by_itself(error.kind(), attempt)) {
                Some(wait) if !patience.is_zero() && Instant::now() + wait <= deadline => {
                    tracing::debug!(attempt, kind = ?error.kind(), wait_ms = wait.as_millis(), "login failed, waiting");
                    tokio::time::sleep(wait).await;
                }
                _ => return Err(error),
            }
            attempt += 1;
        }
    }
}

/// A failed login as the failure of the call that needed it: that call was never sent.
fn judged(error: Error, credential: &str) -> Error {
    let error = error.with_outcome(Outcome::NotProcessed);
    if !matches!(error.status(), Some(400 | 401 | 403)) {
        return error;
    }
    let message = format!("the login of {credential} was refused, check client id and secret: {}", error.message());
    error.with_kind(ErrorKind::Auth).with_message(message)
}

/// A broken answer may be a wrong address as well as an accident: it is not asked for all our patience.
fn passes_by_itself(kind: ErrorKind, attempt: u32) -> bool {
    match kind {
        ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Connect => true,
        ErrorKind::Protocol | ErrorKind::Decode => attempt < 3,
        _ => false,
    }
}

#[async_trait]
impl TokenSource for TokenManager {
    async fn token(&self) -> Result<AccessToken, Error> {
        let seen = self.ended.load(Ordering::Acquire);
        if let Some((token, due)) = self.current() {
            if !due {
                return Ok(token);
            }
            // One caller renews ahead, without patience; while it does, or if it fails, the token still serves.
            let Ok(_flight) = self.flight.try_lock() else {
                return Ok(token);
            };
            return Ok(self.renew(Duration::ZERO).await.unwrap_or(token));
        }
        let _flight = self.flight.lock().await;
        if let Some((token, _)) = self.current() {
            return Ok(token);
        }
        if let Some(error) = self.shared_failure(seen) {
            return Err(error);
        }
        self.renew(self.patience).await
    }

    async fn invalidate(&self, used: &AccessToken) {
        let mut kept = self.kept();
        if kept.current.as_ref().is_some_and(|t| t.same_as(used)) {
            kept.current = None;
        }
        kept.dropped = Some(used.clone());
    }
}
