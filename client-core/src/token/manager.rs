//! One login in flight, renewed ahead of expiry, and never in a loop.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{AccessToken, Login, TokenCache, TokenSource};
use crate::{Error, ErrorKind, Limiter, Outcome, RetryPolicy};

type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Keeps one credential's token: logs in once for all who wait, renews it in time, remembers a refusal.
///
/// * While a login is under way everybody else waits for it, and shares its failure too.
/// * A token close to its end is renewed by one caller while the others go on using it.
/// * A refresh token, of whichever process, is tried before a login; one that is refused is not tried again.
/// * Refused credentials are answered from memory for a while (default 60 s) instead of asked again.
/// * A throttled or failing login is repeated with [backoff](Self::backoff), and not begun again once
///   [`patience`](Self::patience) is over.
/// * No more logins a minute are made than [allowed](Self::logins_per_minute), whatever happens.
///
/// Cancel safe: when the caller that logs in goes away, the next in line logs in.
pub struct TokenManager {
    login: Arc<dyn Login>,
    credential: String,
    system: String,
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
    /// The last token that was had. Its refresh token may be good for longer than itself.
    last: Option<AccessToken>,
    /// Whether `last` was not refused since.
    usable: bool,
    /// The last token that a server refused: a cache may still hold it.
    refused: Option<AccessToken>,
    /// Likewise the last refresh token.
    spent: Option<SecretString>,
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
        let credential = credential.into();
        Self {
            login,
            system: credential.clone(),
            credential,
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

    /// What the server is called where it is told that it does not answer. Default: as the credential.
    pub fn system(mut self, name: impl Into<String>) -> Self {
        self.system = name.into();
        self
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

    /// How long a throttled or failing login is repeated in all: later none is begun. Default 90 s; zero for one try.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How long refused credentials are not tried again. Default 60 s.
    pub fn refusal_memory(mut self, memory: Duration) -> Self {
        self.refusal_memory = memory;
        self
    }

    /// How often a login is tried, and the waits between. Default: as often as patience lasts, up to 15 s apart.
    pub fn backoff(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
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
        let token = kept.last.clone().filter(|t| kept.usable && t.expires_at() > now)?;
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

    /// What the cache holds, whatever it is still good for.
    async fn cached(&self) -> Option<AccessToken> {
        let loaded = self.cache.as_ref()?.load(&self.credential).await;
        loaded.unwrap_or_else(|error| {
            tracing::warn!(%error, credential = self.credential, "the shared token cannot be read");
            None
        })
    }

    /// Takes over a token of another process, if it is good.
    fn adopt(&self, cached: Option<&AccessToken>) -> Option<AccessToken> {
        let token = cached.filter(|token| token.renew_at() > (self.now)())?;
        if self.kept().refused.as_ref().is_some_and(|refused| refused.same_as(token)) {
            return None;
        }
        self.keep(token);
        Some(token.clone())
    }

    fn keep(&self, token: &AccessToken) {
        let mut kept = self.kept();
        kept.last = Some(token.clone());
        kept.usable = true;
        kept.failure = None;
        kept.renewal_rests_until = None;
    }

    /// A refresh token that may still be good: whoever renewed last has left the newest one in the cache.
    fn refresh_token(&self, cached: Option<&AccessToken>) -> Option<SecretString> {
        let kept = self.kept();
        let spent = |token: &SecretString| {
            kept.spent.as_ref().is_some_and(|spent| spent.expose_secret() == token.expose_secret())
        };
        let candidates = [cached, kept.last.as_ref()];
        candidates.into_iter().flatten().filter_map(AccessToken::refresh_token).find(|token| !spent(token)).cloned()
    }

    /// Called with the flight held.
    async fn renew(&self, patience: Duration) -> Result<AccessToken, Error> {
        let cached = self.cached().await;
        if let Some(token) = self.adopt(cached.as_ref()) {
            return Ok(token);
        }
        let result = self.obtain(cached, Instant::now().checked_add(patience)).await;
        if let Err(error) = &result {
            let refused = error.kind() == ErrorKind::Auth;
            let memory = if refused { self.refusal_memory } else { Duration::ZERO };
            let mut kept = self.kept();
            kept.failure = Some(Failure { error: error.clone(), until: Instant::now() + memory });
            // A token that still works is used on; its renewal is not tried at every call.
            kept.renewal_rests_until = Some(Instant::now() + Duration::from_secs(30));
        }
        self.ended.fetch_add(1, Ordering::Release);
        result
    }

    /// A token for a refresh token, or else for the credentials.
    async fn obtain(&self, cached: Option<AccessToken>, deadline: Option<Instant>) -> Result<AccessToken, Error> {
        if let Some(refresh) = self.refresh_token(cached.as_ref()) {
            match self.ask(Some(&refresh), deadline).await {
                Err(error) if !leaves_refresh_token(error.kind()) => {
                    tracing::debug!(kind = ?error.kind(), "the refresh token was not taken, logging in anew");
                    self.kept().spent = Some(refresh);
                }
                answered => return answered,
            }
            // It may have been refused because another process was quicker.
            if let Some(token) = self.adopt(self.cached().await.as_ref()) {
                return Ok(token);
            }
        }
        self.ask(None, deadline).await
    }

    /// Asks until there is a token, or no hope of one before the deadline.
    async fn ask(&self, refresh: Option<&SecretString>, deadline: Option<Instant>) -> Result<AccessToken, Error> {
        let mut attempt = 1;
        loop {
            let turn = self.logins.acquire().await;
            let answer = match refresh {
                Some(token) => self.login.refresh(token).await,
                None => self.login.login().await,
            };
            drop(turn);
            let error = match answer {
                Ok(token) => {
                    self.share(&token).await;
                    return Ok(token);
                }
                Err(error) => error,
            };
            if refresh.is_some() && !leaves_refresh_token(error.kind()) {
                return Err(error);
            }
            let error = judged(error, &self.credential);
            let wait = self.retry.delay(self.counted(attempt, &error), error.retry_after());
            let in_time = |wait: &Duration| is_before(Instant::now().checked_add(*wait), deadline);
            let Some(wait) = wait.filter(in_time).filter(|_| passes_by_itself(error.kind(), attempt)) else {
                return Err(error);
            };
            let rationed = error.kind() == ErrorKind::RateLimited;
            tracing::info!(
                system = self.system,
                attempt,
                tries_left = (!rationed).then(|| self.retry.max_attempts.saturating_sub(attempt)),
                seconds_left = deadline.map(|deadline| (deadline - Instant::now()).as_secs() + 1),
                kind = ?error.kind(),
                reason = error.message(),
                wait_ms = wait.as_millis(),
                "trying to log in again"
            );
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// How many tries a failure counts as. Where logins are rationed one waits for a turn, and that uses up patience alone.
    fn counted(&self, attempt: u32, error: &Error) -> u32 {
        let last_but_one = self.retry.max_attempts.saturating_sub(1);
        if error.kind() == ErrorKind::RateLimited && last_but_one > 0 { attempt.min(last_but_one) } else { attempt }
    }

    /// Keeps a new token, for other processes too.
    async fn share(&self, token: &AccessToken) {
        // First for ourselves: whoever waits for the cache may go away.
        self.keep(token);
        let Some(cache) = &self.cache else { return };
        if let Err(error) = cache.store(&self.credential, token).await {
            tracing::warn!(%error, credential = self.credential, "the token cannot be shared with other processes");
        }
    }

    /// Ends at the server the token that this process has and the one that processes share, and forgets both: each
    /// only once the server has said that it is ended. Answers whether there was any. The next call logs in again, as
    /// other processes do once the server refuses them.
    ///
    /// # Errors
    /// Whatever kept a token from being ended or forgotten. Called again, it goes on with what is left.
    pub async fn revoke(&self) -> Result<bool, Error> {
        let _flight = self.flight.lock().await;
        let own = self.kept().last.clone();
        if let Some(token) = &own {
            self.login.revoke(token).await?;
            self.kept().last = None;
        }
        let Some(cache) = &self.cache else { return Ok(own.is_some()) };
        let shared = cache.load(&self.credential).await?;
        if let Some(token) = &shared {
            if !own.as_ref().is_some_and(|own| own.same_as(token)) {
                self.login.revoke(token).await?;
            }
            cache.remove(&self.credential).await?;
        }
        Ok(own.is_some() || shared.is_some())
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

/// Whether a failure says nothing of the refresh token, which is good for another try.
fn leaves_refresh_token(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::RateLimited | ErrorKind::Connect)
}

/// Whether a moment comes before a deadline; either may be beyond what a clock counts to.
fn is_before(moment: Option<Instant>, deadline: Option<Instant>) -> bool {
    moment.is_some_and(|moment| deadline.is_none_or(|deadline| moment < deadline))
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
        // A late refusal of an earlier token says nothing of this one, and must not hide that it was refused too.
        if kept.last.as_ref().is_none_or(|last| last.same_as(used)) {
            kept.usable = false;
            kept.refused = Some(used.clone());
        }
    }
}
