//! One login for everybody, in time, and never in a loop.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tenant_http::{AccessToken, Error, ErrorKind, ExposeSecret, Login, Outcome, TokenCache, TokenManager, TokenSource};

use crate::support::{CountingLogin, client, dead_address, manager};

fn refusal(status: u16) -> Error {
    Error::new(ErrorKind::Validation, Outcome::Rejected, "POST /oauth/token", "invalid_grant").with_status(status)
}

fn throttled(wait: Option<Duration>) -> Error {
    Error::new(ErrorKind::RateLimited, Outcome::NotProcessed, "POST /oauth/token", "slow down")
        .with_status(429)
        .with_retry_after(wait)
}

fn down() -> Error {
    Error::new(ErrorKind::Unavailable, Outcome::Unknown, "POST /oauth/token", "down").with_status(503)
}

#[tokio::test]
async fn a_thousand_callers_share_one_login() {
    let login = Arc::new(CountingLogin::default());
    let manager = Arc::new(manager(&login));
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let manager = Arc::clone(&manager);
            tokio::spawn(async move { manager.token().await.unwrap() })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().secret().expose_secret(), "token-1");
    }
    assert_eq!(login.logins(), 1);
}

#[tokio::test]
async fn a_thousand_callers_share_one_failure() {
    let login = CountingLogin::failing((0..1000).map(|_| refusal(400)).collect());
    let manager = Arc::new(manager(&login).refusal_memory(Duration::ZERO));
    let all = futures_util::future::join_all((0..1000).map(|_| manager.token())).await;
    assert!(all.iter().all(Result::is_err));
    assert_eq!(login.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_not_tried_again_for_a_while() {
    for status in [400, 401] {
        let login = CountingLogin::failing(vec![refusal(status)]);
        let manager = manager(&login);
        for _ in 0..5 {
            let error = manager.token().await.unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Auth, Outcome::NotProcessed));
        }
        assert_eq!(login.logins(), 1, "{status}");
        tokio::time::advance(Duration::from_secs(61)).await;
        manager.token().await.unwrap();
        assert_eq!(login.logins(), 2, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_or_failing_login_is_repeated_with_patience() {
    let wait = Duration::from_secs(20);
    let login = CountingLogin::failing(vec![throttled(Some(wait)), down(), throttled(None)]);
    let before = tokio::time::Instant::now();
    manager(&login).token().await.unwrap();
    assert_eq!(login.logins(), 4);
    assert!(before.elapsed() >= wait, "the server's wait was honoured");
}

#[tokio::test(start_paused = true)]
async fn patience_with_a_login_ends() {
    let login = CountingLogin::failing((0..100).map(|_| throttled(Some(Duration::from_secs(30)))).collect());
    let before = tokio::time::Instant::now();
    let error = manager(&login).token().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::RateLimited, Outcome::NotProcessed));
    assert!(before.elapsed() <= Duration::from_secs(90));
    assert_eq!(login.logins(), 4);
}

#[tokio::test]
async fn a_login_with_a_broken_answer_is_repeated_but_not_for_long() {
    let broken = Error::new(ErrorKind::Protocol, Outcome::Unknown, "POST /oauth/token", "cut");
    let login = CountingLogin::failing(vec![broken.clone()]);
    manager(&login).token().await.unwrap();
    let login = CountingLogin::failing(vec![broken; 100]);
    manager(&login).token().await.unwrap_err();
    assert_eq!(login.logins(), 3);
}

#[tokio::test]
async fn a_login_in_doubt_leaves_the_callers_request_unprocessed() {
    let login = CountingLogin::failing(vec![down(); 100]);
    let tokens = manager(&login).patience(Duration::ZERO).backoff(tenant_http::RetryPolicy::default());
    let http = client(&format!("http://{}", dead_address().await)).tokens(Arc::new(tokens)).build().unwrap();
    let error = http.post("/orders/").send().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotProcessed));
}

/// A wall clock to be set by hand, and tokens of an hour.
struct HourLogin {
    clock: Arc<AtomicI64>,
    count: AtomicI64,
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

#[async_trait]
impl Login for HourLogin {
    async fn login(&self) -> Result<AccessToken, Error> {
        let n = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        let now = at(self.clock.load(Ordering::SeqCst));
        if n == 2 {
            return Err(throttled(Some(Duration::from_secs(20))));
        }
        Ok(AccessToken::new(format!("hour-{n}").into(), now + TimeDelta::hours(1)).issued_at(now))
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_ahead_of_its_end_and_serves_on_when_that_fails() {
    let clock = Arc::new(AtomicI64::new(0));
    let login = Arc::new(HourLogin { clock: Arc::clone(&clock), count: AtomicI64::new(0) });
    let wall = Arc::clone(&clock);
    let manager =
        TokenManager::new(Arc::clone(&login) as Arc<dyn Login>, "hour").clock(move || at(wall.load(Ordering::SeqCst)));
    let mut seen = Vec::new();
    let before = tokio::time::Instant::now();
    // Before the last five minutes; inside them, where the first renewal is throttled, not waited for, and then rests; after the rest.
    for (second, virtual_wait) in [(0, 0), (3299, 0), (3301, 0), (3302, 0), (3340, 31)] {
        clock.store(second, Ordering::SeqCst);
        tokio::time::advance(Duration::from_secs(virtual_wait)).await;
        let token = manager.token().await.unwrap();
        seen.push((token.secret().expose_secret().to_owned(), login.count.load(Ordering::SeqCst)));
    }
    assert_eq!(before.elapsed(), Duration::from_secs(31));
    let expected = [("hour-1", 1), ("hour-1", 1), ("hour-1", 2), ("hour-1", 2), ("hour-3", 3)];
    assert_eq!(seen, expected.map(|(token, logins)| (token.to_owned(), logins)));
}

#[derive(Default)]
struct Shelf(Mutex<Option<(String, AccessToken)>>);

#[async_trait]
impl TokenCache for Shelf {
    async fn load(&self, credential: &str) -> Option<AccessToken> {
        let kept = self.0.lock().unwrap();
        kept.as_ref().filter(|(name, _)| name == credential).map(|(_, token)| token.clone())
    }

    async fn store(&self, credential: &str, token: &AccessToken) {
        *self.0.lock().unwrap() = Some((credential.to_owned(), token.clone()));
    }
}

#[tokio::test]
async fn processes_share_a_token_through_a_cache_but_not_a_refused_one() {
    let shelf = Arc::new(Shelf::default());
    let login = Arc::new(CountingLogin::default());
    let one = manager(&login).cache(Arc::clone(&shelf) as Arc<dyn TokenCache>);
    let other = manager(&login).cache(shelf as Arc<dyn TokenCache>);
    let token = one.token().await.unwrap();
    assert!(other.token().await.unwrap().same_as(&token));
    assert_eq!(login.logins(), 1);

    other.invalidate(&token).await;
    assert_eq!(other.token().await.unwrap().secret().expose_secret(), "token-2");
    // A late refusal of the old token does not cost the new one.
    other.invalidate(&token).await;
    assert_eq!(other.token().await.unwrap().secret().expose_secret(), "token-2");
    // The first process finds the renewed token in the cache.
    one.invalidate(&token).await;
    assert_eq!(one.token().await.unwrap().secret().expose_secret(), "token-2");
    assert_eq!(login.logins(), 2);
}
