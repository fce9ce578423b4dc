//! A tenant that knows its credentials, and a client of it.

use std::time::Duration;

use procurify_client::{ProcurifyClient, ProcurifyClientBuilder, RetryPolicy};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub async fn tenant() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/oauth/token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token("token-1")))
        .mount(&server)
        .await;
    server
}

pub fn token(token: &str) -> Value {
    json!({"access_token": token, "scope": "urn:procurify-api:domain:acme", "expires_in": 86400, "token_type": "Bearer"})
}

pub fn builder(server: &MockServer) -> ProcurifyClientBuilder {
    ProcurifyClient::builder("acme")
        .base_url(server.uri().parse().unwrap())
        .credentials("app-id", "app-secret")
        .requests_per_minute(1_000_000)
        .retry(RetryPolicy { base: Duration::ZERO, ..RetryPolicy::default() })
}

pub fn client(server: &MockServer) -> ProcurifyClient {
    builder(server).build().unwrap()
}

/// Pagination as most lists have it.
pub fn pagination(page: u64, num_pages: u64, count: u64) -> Value {
    json!({"count": count, "next": null, "previous": null, "page_size": 2, "num_pages": num_pages, "current_page": page})
}

pub async fn answer(server: &MockServer, at: &str, body: Value) {
    Mock::given(method("GET"))
        .and(path(at))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(server)
        .await;
}

pub async fn answer_page(server: &MockServer, at: &str, page: u64, body: Value) {
    Mock::given(method("GET"))
        .and(path(at))
        .and(query_param("page", page.to_string()))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(server)
        .await;
}

/// The paths and queries asked for, logins left out.
pub async fn asked(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .filter(|request| request.url.path() != "/oauth/token")
        .map(|request| match request.url.query() {
            Some(query) => format!("{}?{query}", request.url.path()),
            None => request.url.path().to_owned(),
        })
        .collect()
}
