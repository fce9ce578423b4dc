//! Pace and width, on tokio's virtual clock; and how much of an answer is read.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tenant_http::{ErrorKind, Http, Limiter, Outcome, RateLimit};
use tokio::time::Instant;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{CountingLogin, client, manager};

#[tokio::test(start_paused = true)]
async fn no_minute_holds_more_calls_than_allowed_and_the_rate_is_nearly_used() {
    for allowed in [1u32, 20, 300, 6000] {
        let limiter = Limiter::per_minute(allowed);
        let mut taken = Vec::new();
        for _ in 0..allowed * 3 {
            drop(limiter.acquire().await);
            taken.push(Instant::now());
        }
        let n = allowed as usize;
        for (first, over) in taken.iter().zip(&taken[n..]) {
            let window = *over - *first;
            assert!(window >= Duration::from_secs(60), "{allowed}: {window:?}");
        }
        let all = *taken.last().unwrap() - taken[0];
        assert!(all <= Duration::from_secs(200), "{allowed}: {all:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_run_at_a_time_than_allowed() {
    let limiter = Limiter::unlimited().concurrency(2);
    let one = limiter.acquire().await;
    let _two = limiter.acquire().await;
    let third = limiter.acquire();
    tokio::pin!(third);
    assert!(futures_util::poll!(&mut third).is_pending());
    drop(one);
    assert!(futures_util::poll!(&mut third).is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_stops_everybody_and_the_pace_halves_once_and_recovers() {
    let limiter = Limiter::per_minute(600);
    let start = Instant::now();
    let (one, two) = (limiter.acquire().await, limiter.acquire().await);
    one.throttled(Some(Duration::from_secs(7)));
    two.throttled(None);
    assert_eq!(limiter.current_per_minute(), Some(300.0));
    let next = limiter.clone().acquire().await;
    assert!(start.elapsed() >= Duration::from_secs(7));
    for _ in 0..100 {
        next.answered(Duration::from_millis(20));
    }
    assert_eq!(limiter.current_per_minute(), Some(600.0));
}

#[tokio::test(start_paused = true)]
async fn answers_that_grow_steadily_slower_slow_us_down_but_a_few_slow_ones_do_not() {
    let limiter = Limiter::per_minute(600);
    for _ in 0..50 {
        limiter.acquire().await.answered(Duration::from_millis(100));
        limiter.acquire().await.answered(Duration::from_secs(3));
    }
    assert_eq!(limiter.current_per_minute(), Some(600.0));
    let limiter = Limiter::per_minute(600);
    for _ in 0..50 {
        limiter.acquire().await.answered(Duration::from_millis(100));
    }
    for _ in 0..16 {
        limiter.acquire().await.answered(Duration::from_secs(3));
    }
    assert_eq!(limiter.current_per_minute(), Some(300.0));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_takes_nothing() {
    let limiter = Limiter::per_minute(60).burst(1).concurrency(1);
    let held = limiter.acquire().await;
    drop(tokio::time::timeout(Duration::from_secs(5), limiter.acquire()).await);
    drop(held);
    let before = Instant::now();
    drop(limiter.acquire().await);
    assert!(before.elapsed() <= Duration::from_millis(1));
}

#[tokio::test]
async fn a_gzip_bomb_is_an_error_and_not_memory() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0u8; 1024 * 1024];
    for _ in 0..20 {
        gzip.write_all(&zeros).unwrap();
    }
    let packed = gzip.finish().unwrap();
    assert!(packed.len() < 100_000);
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(packed))
        .mount(&server)
        .await;
    let http = client(&server.uri()).max_body(1024 * 1024).build().unwrap();
    let error = http.get("/bomb").send().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::TooLarge, Outcome::Unknown));
    assert_eq!(http.requests(), 1);
    let roomy = client(&server.uri()).build().unwrap();
    assert_eq!(roomy.get("/bomb").send().await.unwrap().body.len(), 20 * 1024 * 1024);
}

#[tokio::test]
async fn what_a_server_says_of_its_limit_is_kept_for_people() {
    let server = MockServer::start().await;
    let told = ResponseTemplate::new(200).insert_header("x-ratelimit-limit", "120");
    let told = told.insert_header("x-ratelimit-remaining", "7");
    Mock::given(path("/told")).respond_with(told).mount(&server).await;
    Mock::given(path("/silent")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let http = client(&server.uri()).build().unwrap();
    http.get("/silent").send().await.unwrap();
    assert_eq!(http.rate_limit(), RateLimit::default());
    http.get("/told").send().await.unwrap();
    http.get("/silent").send().await.unwrap();
    assert_eq!(http.rate_limit(), RateLimit { limit: Some(120), remaining: Some(7) });
}

/// Makes a call while others, begun and not polled any more, are before it; fails if it has to wait for them.
async fn call_beside_unpolled_ones(http: &Http) {
    let mut begun: Vec<_> = (0..3).map(|_| Box::pin(http.get("a").send())).collect();
    for call in &mut begun {
        assert!(futures_util::poll!(call.as_mut()).is_pending());
    }
    let beside = tokio::time::timeout(Duration::from_secs(60), http.get("b").send()).await;
    assert_eq!(beside.expect("it waited for calls that nobody polls").unwrap().status, 200);
}

#[tokio::test]
async fn a_call_never_waits_for_another_that_nobody_polls() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let turns = client(&server.uri()).limiter(Limiter::per_minute(6000).burst(1)).build().unwrap();
    call_beside_unpolled_ones(&turns).await;
    let places = client(&server.uri()).limiter(Limiter::unlimited().concurrency(1)).build().unwrap();
    call_beside_unpolled_ones(&places).await;
    let login = Arc::new(CountingLogin::default());
    let logs_in = client(&server.uri()).tokens(Arc::new(manager(&login))).build().unwrap();
    call_beside_unpolled_ones(&logs_in).await;
}
