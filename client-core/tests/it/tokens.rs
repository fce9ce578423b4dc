//! One login for everybody, in time, and never in a loop.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tenant_http::{
    AccessToken, Error, ErrorKind, ExposeSecret, Login, Outcome, SecretString, TokenCache, TokenManager, TokenSource,
};

use crate::support::{CountingLogin, client, dead_address, eager, manager};

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
    assert_eq!(login.logins(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_login_is_tried_as_often_as_the_policy_says() {
    for max_attempts in [1, 3] {
        let login = CountingLogin::failing(vec![down(); 100]);
        let manager = manager(&login).backoff(tenant_http::RetryPolicy { max_attempts, ..eager() });
        assert_eq!(manager.token().await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(login.logins(), max_attempts as usize);
    }
    let login = CountingLogin::failing(vec![throttled(None); 7]);
    let policy = || tenant_http::RetryPolicy { max_attempts: 3, ..eager() };
    manager(&login).backoff(policy()).token().await.unwrap();
    assert_eq!(login.logins(), 8, "logins are rationed: waiting for a turn is no failure");
    let login = CountingLogin::failing(vec![down(); 100]);
    manager(&login).patience(Duration::ZERO).token().await.unwrap_err();
    assert_eq!(login.logins(), 1);
    let wait = Some(Duration::MAX);
    let login = CountingLogin::failing(vec![throttled(wait)]);
    let policy = tenant_http::RetryPolicy { longest_retry_after: Duration::MAX, ..eager() };
    manager(&login).patience(Duration::MAX).backoff(policy).token().await.unwrap_err();
    assert_eq!(login.logins(), 1, "nobody waits to the end of time");
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
struct Shelf {
    kept: Mutex<Option<(String, AccessToken)>>,
    broken: AtomicBool,
}

impl Shelf {
    fn check(&self) -> Result<(), Error> {
        let broken = || Error::new(ErrorKind::Other, Outcome::NotProcessed, "the shelf", "is broken");
        if self.broken.load(Ordering::SeqCst) { Err(broken()) } else { Ok(()) }
    }

    fn secret(&self) -> Option<String> {
        self.kept.lock().unwrap().as_ref().map(|(_, token)| token.secret().expose_secret().to_owned())
    }
}

#[async_trait]
impl TokenCache for Shelf {
    async fn load(&self, credential: &str) -> Result<Option<AccessToken>, Error> {
        self.check()?;
        let kept = self.kept.lock().unwrap();
        Ok(kept.as_ref().filter(|(name, _)| name == credential).map(|(_, token)| token.clone()))
    }

    async fn store(&self, credential: &str, token: &AccessToken) -> Result<(), Error> {
        self.check()?;
        *self.kept.lock().unwrap() = Some((credential.to_owned(), token.clone()));
        Ok(())
    }

    async fn remove(&self, credential: &str) -> Result<(), Error> {
        self.check()?;
        self.kept.lock().unwrap().take_if(|(name, _)| name == credential);
        Ok(())
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

#[tokio::test]
async fn a_late_refusal_of_an_older_token_does_not_bring_back_a_dead_one_from_the_cache() {
    let login = Arc::new(CountingLogin::default());
    let manager = manager(&login).cache(Arc::new(Shelf::default()));
    let older = manager.token().await.unwrap();
    manager.invalidate(&older).await;
    let newer = manager.token().await.unwrap();
    manager.invalidate(&newer).await;
    manager.invalidate(&older).await;
    assert_eq!(manager.token().await.unwrap().secret().expose_secret(), "token-3");
}

/// Issues tokens `1`, `2`, ... with the refresh tokens `r1`, `r2`, ..., each good for one use; remembers what was asked.
#[derive(Default)]
struct Issuer {
    said: Mutex<Vec<String>>,
    /// Seconds that tokens live.
    life: AtomicI64,
    spent: Mutex<Vec<String>>,
    revocation_fails: AtomicBool,
    /// Where another process, quicker at refreshing, keeps the token it got.
    quicker: Mutex<Option<Arc<Shelf>>>,
}

impl Issuer {
    fn living(seconds: i64) -> Arc<Self> {
        Arc::new(Self { life: AtomicI64::new(seconds), ..Self::default() })
    }

    fn say(&self, what: String) -> usize {
        let mut said = self.said.lock().unwrap();
        said.push(what);
        said.len()
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    fn issue(n: usize, life: i64) -> AccessToken {
        AccessToken::new(n.to_string().into(), Utc::now() + TimeDelta::seconds(life))
            .with_refresh_token(SecretString::from(format!("r{n}")))
    }

    fn process(self: &Arc<Self>, sharing: &Arc<Shelf>) -> TokenManager {
        let cache: Arc<dyn TokenCache> = sharing.clone();
        TokenManager::new(self.clone(), "acme").cache(cache).backoff(eager())
    }
}

#[async_trait]
impl Login for Issuer {
    async fn login(&self) -> Result<AccessToken, Error> {
        let n = self.say("login".to_owned());
        Ok(Self::issue(n, self.life.load(Ordering::SeqCst)))
    }

    async fn refresh(&self, token: &SecretString) -> Result<AccessToken, Error> {
        let n = self.say(format!("refresh {}", token.expose_secret()));
        if let Some(shelf) = self.quicker.lock().unwrap().take() {
            *shelf.kept.lock().unwrap() = Some(("acme".to_owned(), Self::issue(n, 3_600)));
            return Err(refusal(400));
        }
        if self.spent.lock().unwrap().iter().any(|spent| spent == token.expose_secret()) {
            return Err(refusal(400));
        }
        self.spent.lock().unwrap().push(token.expose_secret().to_owned());
        Ok(Self::issue(n, self.life.load(Ordering::SeqCst)))
    }

    async fn revoke(&self, token: &AccessToken) -> Result<(), Error> {
        self.say(format!("revoke {}", token.secret().expose_secret()));
        if self.revocation_fails.load(Ordering::SeqCst) { Err(down()) } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_refresh_token_serves_whichever_process_needs_a_token_next() {
    let (shelf, issuer) = (Arc::new(Shelf::default()), Issuer::living(0));
    for _ in 0..3 {
        issuer.process(&shelf).token().await.unwrap();
    }
    let (one, other) = (issuer.process(&shelf), issuer.process(&shelf));
    for process in [&one, &other, &one] {
        process.token().await.unwrap();
    }
    assert_eq!(issuer.said(), ["login", "refresh r1", "refresh r2", "refresh r3", "refresh r4", "refresh r5"]);
    // Without a shared place, a process still has its own.
    let issuer = Issuer::living(0);
    let alone = TokenManager::new(issuer.clone(), "acme");
    for _ in 0..2 {
        alone.token().await.unwrap();
    }
    assert_eq!(issuer.said(), ["login", "refresh r1"]);
}

#[tokio::test]
async fn a_refresh_token_that_another_process_has_used_leads_to_its_token_or_to_one_login() {
    let (shelf, issuer) = (Arc::new(Shelf::default()), Issuer::living(0));
    let one = issuer.process(&shelf);
    one.token().await.unwrap();
    *issuer.quicker.lock().unwrap() = Some(Arc::clone(&shelf));
    assert_eq!(one.token().await.unwrap().secret().expose_secret(), "2", "the other process's token");
    assert_eq!(issuer.said(), ["login", "refresh r1"]);

    let (shelf, issuer) = (Arc::new(Shelf::default()), Issuer::living(0));
    issuer.process(&shelf).token().await.unwrap();
    issuer.spent.lock().unwrap().push("r1".to_owned());
    shelf.broken.store(true, Ordering::SeqCst);
    let one = issuer.process(&shelf);
    assert_eq!(one.token().await.unwrap().secret().expose_secret(), "2", "a broken cache costs a login and no more");
    shelf.broken.store(false, Ordering::SeqCst);
    let other = issuer.process(&shelf);
    other.token().await.unwrap();
    assert_eq!(issuer.said(), ["login", "login", "refresh r1", "login"]);
    assert_eq!(shelf.secret().as_deref(), Some("4"), "the dead refresh token is replaced for all");
}

#[tokio::test]
async fn a_refused_refresh_token_is_not_tried_at_every_login() {
    struct Dead(AtomicI64);
    #[async_trait]
    impl Login for Dead {
        async fn login(&self) -> Result<AccessToken, Error> {
            Err(refusal(401))
        }
        async fn refresh(&self, _: &SecretString) -> Result<AccessToken, Error> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Err(refusal(400))
        }
    }
    let (shelf, dead) = (Arc::new(Shelf::default()), Arc::new(Dead(AtomicI64::new(0))));
    shelf.store("acme", &Issuer::issue(1, 0)).await.unwrap();
    let manager = TokenManager::new(dead.clone(), "acme").cache(shelf).refusal_memory(Duration::ZERO);
    for _ in 0..3 {
        assert_eq!(manager.token().await.unwrap_err().kind(), ErrorKind::Auth);
    }
    assert_eq!(dead.0.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_revocation_ends_what_any_process_got_and_forgets_it_only_when_the_server_did() {
    let (shelf, issuer) = (Arc::new(Shelf::default()), Issuer::living(3_600));
    let one = issuer.process(&shelf);
    assert!(!one.revoke().await.unwrap(), "there is nothing yet");
    one.token().await.unwrap();

    issuer.revocation_fails.store(true, Ordering::SeqCst);
    for process in [&one, &issuer.process(&shelf)] {
        assert_eq!(process.revoke().await.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    assert_eq!(one.token().await.unwrap().secret().expose_secret(), "1", "a token that was not ended serves on");
    assert_eq!(shelf.secret().as_deref(), Some("1"));

    issuer.revocation_fails.store(false, Ordering::SeqCst);
    let other = issuer.process(&shelf);
    assert!(other.revoke().await.unwrap(), "this process never got a token itself");
    assert_eq!(shelf.secret(), None);
    assert!(!other.revoke().await.unwrap());
    assert_eq!(issuer.said(), ["login", "revoke 1", "revoke 1", "revoke 1"]);

    // The first process has its token still, and so has another that was shared since.
    other.token().await.unwrap();
    assert!(one.revoke().await.unwrap());
    assert_eq!(issuer.said()[4..], ["login", "revoke 1", "revoke 5"]);
    assert_eq!(one.token().await.unwrap().secret().expose_secret(), "8");
    // A cache that fails is told of, and what it holds is ended with the next call.
    shelf.broken.store(true, Ordering::SeqCst);
    assert_eq!(one.revoke().await.unwrap_err().kind(), ErrorKind::Other);
    shelf.broken.store(false, Ordering::SeqCst);
    assert!(one.revoke().await.unwrap());
    assert_eq!(shelf.secret(), None);
}

#[tokio::test]
async fn a_revocation_that_failed_is_sent_again() {
    let issuer = Issuer::living(3_600);
    let alone = TokenManager::new(issuer.clone(), "acme");
    alone.token().await.unwrap();
    issuer.revocation_fails.store(true, Ordering::SeqCst);
    assert_eq!(alone.revoke().await.unwrap_err().kind(), ErrorKind::Unavailable);
    issuer.revocation_fails.store(false, Ordering::SeqCst);
    assert!(alone.revoke().await.unwrap());
    assert!(!alone.revoke().await.unwrap());
    assert_eq!(issuer.said(), ["login", "revoke 1", "revoke 1"]);
}

#[tokio::test]
async fn a_login_that_knows_no_revocation_says_so() {
    let manager = manager(&Arc::new(CountingLogin::default()));
    manager.token().await.unwrap();
    let error = manager.revoke().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("ends with its life"), "{error}");
    assert_eq!(manager.token().await.unwrap().secret().expose_secret(), "token-1");
}
