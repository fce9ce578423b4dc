//! What is sent again, and how often.

use std::sync::Arc;
use std::time::Duration;

use tenant_http::{ErrorKind, Limiter, Outcome, RetryBudget, RetryPolicy};
use wiremock::matchers::{any, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{CountingLogin, client, eager, manager};

async fn first(server: &MockServer, times: u64, answer: ResponseTemplate) {
    Mock::given(any()).respond_with(answer).up_to_n_times(times).with_priority(1).mount(server).await;
}

async fn then_ok(server: &MockServer) {
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).with_priority(2).mount(server).await;
}

#[tokio::test]
async fn a_429_is_tried_again_for_writes_too_with_and_without_retry_after() {
    let answers = [ResponseTemplate::new(429), ResponseTemplate::new(429).insert_header("retry-after", "0")];
    for answer in answers {
        let server = MockServer::start().await;
        first(&server, 2, answer).await;
        then_ok(&server).await;
        // Fast enough that the halved pace is not felt.
        let limiter = Limiter::per_minute(6_000_000).concurrency(4);
        let http = client(&server.uri()).limiter(limiter).build().unwrap();
        http.post("/orders/").json("x").send().await.unwrap();
        assert_eq!(http.requests(), 3);
        let pace = http.limiter().current_per_minute().unwrap();
        assert!(pace < 6_000_000.0, "the limiter slowed down: {pace}");
    }
}

#[tokio::test]
async fn an_unreasonable_retry_after_is_reported_rather_than_waited_for() {
    let server = MockServer::start().await;
    first(&server, 9, ResponseTemplate::new(429).insert_header("retry-after", "3600")).await;
    let http = client(&server.uri()).build().unwrap();
    let error = http.post("/orders/").send().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::RateLimited, Outcome::NotProcessed));
    assert_eq!(http.requests(), 1);
}

#[tokio::test]
async fn an_outage_is_not_multiplied_beyond_the_budget() {
    let server = MockServer::start().await;
    first(&server, 1000, ResponseTemplate::new(500)).await;
    let retry = RetryPolicy { budget: RetryBudget::new(3), ..eager() };
    let http = client(&server.uri()).retry(retry).build().unwrap();
    for _ in 0..10 {
        http.get("/orders/").send().await.unwrap_err();
    }
    assert_eq!(http.requests(), 10 + 3);
}

#[tokio::test]
async fn a_503_with_retry_after_does_not_prove_that_a_write_was_not_processed() {
    let server = MockServer::start().await;
    first(&server, 1, ResponseTemplate::new(503).insert_header("retry-after", "0")).await;
    then_ok(&server).await;
    let http = client(&server.uri()).build().unwrap();
    let error = http.post("/orders/").send().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::Unknown));
    http.get("/orders/").send().await.unwrap();
}

#[tokio::test]
async fn a_401_renews_the_token_once_for_a_write_and_succeeds() {
    let server = MockServer::start().await;
    Mock::given(header("authorization", "Bearer token-1"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    Mock::given(header("authorization", "Bearer token-2"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let login = Arc::new(CountingLogin::default());
    let http = client(&server.uri()).tokens(Arc::new(manager(&login))).build().unwrap();
    http.post("/orders/").send().await.unwrap();
    http.get("/orders/").send().await.unwrap();
    assert_eq!((login.logins(), http.requests()), (2, 3));
}

#[tokio::test]
async fn a_second_401_is_the_answer() {
    let server = MockServer::start().await;
    first(&server, 100, ResponseTemplate::new(401)).await;
    let login = Arc::new(CountingLogin::default());
    let http = client(&server.uri()).tokens(Arc::new(manager(&login))).build().unwrap();
    let error = http.get("/orders/").send().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Auth, Outcome::NotProcessed));
    assert_eq!((login.logins(), http.requests()), (2, 2));
}
