//! A tenant to talk to.

use std::time::Duration;

use cloudsuite_client::m3::{Company, M3};
use cloudsuite_client::{CloudSuiteBuilder, CloudSuiteClient, Ionapi, RetryPolicy};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

pub const TOKEN_PATH: &str = "/ACME_TST/as/token.oauth2";
pub const EXECUTE: &str = "/ACME_TST/M3/m3api-rest/v2/execute";

/// Secrets of the file: none may ever be printed.
pub const SECRETS: [&str; 3] = ["client-s3cret", "ACME_TST#access+key", "pa$$~word"];

pub fn file(base: &str) -> Value {
    json!({
        "ti": "ACME_TST", "cn": "Orders", "dt": "12", "ci": "ACME_TST~abc", "cs": SECRETS[0],
        "iu": base, "pu": format!("{base}/ACME_TST/as/"), "oa": "authorization.oauth2", "ot": "token.oauth2",
        "or": "revoke_token.oauth2", "sc": [], "ev": "U1234567890", "v": "1.1", "saak": SECRETS[1], "sask": SECRETS[2],
    })
}

pub fn ionapi(base: &str) -> Ionapi {
    Ionapi::parse(file(base).to_string().as_bytes()).unwrap()
}

/// A client that tries again, without waiting.
pub fn builder(server: &MockServer) -> CloudSuiteBuilder {
    let retry = RetryPolicy { base: Duration::ZERO, ..RetryPolicy::default() };
    CloudSuiteClient::builder(ionapi(&server.uri())).requests_per_minute(60_000).retry(retry)
}

/// A tenant that issues tokens, and M3 in it.
pub async fn tenant() -> (MockServer, M3) {
    let server = MockServer::start().await;
    issue_tokens(&server).await;
    let m3 = builder(&server).build().unwrap().m3(Company(100)).division("AAA").facility("A01").warehouse("001");
    (server, m3)
}

pub async fn issue_tokens(server: &MockServer) {
    let answer = json!({"access_token": "t0ken", "token_type": "Bearer", "expires_in": 7200});
    Mock::given(method("POST"))
        .and(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(server)
        .await;
}

/// Answers single transactions.
pub async fn on_get(server: &MockServer, response: ResponseTemplate) {
    Mock::given(method("GET")).respond_with(response).mount(server).await;
}

/// Answers bulk calls.
pub async fn on_bulk(server: &MockServer, answer: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static) {
    Mock::given(method("POST")).and(path(EXECUTE)).respond_with(answer).mount(server).await;
}

/// Answers bulk calls transaction by transaction: `(name, record)` to a result, to which the name is added.
pub async fn on_transactions(server: &MockServer, answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static) {
    on_bulk(server, move |request| {
        let result = |transaction: &Value| {
            let name = transaction["transaction"].as_str().unwrap();
            let mut result = answer(name, &transaction["record"]);
            result["transaction"] = name.into();
            result["parameters"] = transaction["record"].clone();
            result
        };
        let results: Vec<Value> = transactions(request).iter().map(result).collect();
        ok(json!({"results": results, "wasTerminated": false}))
    })
    .await;
}

pub fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

pub fn transactions(request: &Request) -> Vec<Value> {
    body(request)["transactions"].as_array().unwrap().clone()
}

/// The requests to M3 so far, without those for tokens.
pub async fn m3_requests(server: &MockServer) -> Vec<Request> {
    let all = server.received_requests().await.unwrap();
    all.into_iter().filter(|request| request.url.path() != TOKEN_PATH).collect()
}

pub async fn token_requests(server: &MockServer) -> Vec<Vec<(String, String)>> {
    let all = server.received_requests().await.unwrap();
    let form = |request: &Request| url::form_urlencoded::parse(&request.body).into_owned().collect();
    all.iter().filter(|request| request.url.path() == TOKEN_PATH).map(form).collect()
}

pub fn query(request: &Request) -> Vec<(String, String)> {
    request.url.query_pairs().into_owned().collect()
}

pub fn has(pairs: &[(String, String)], name: &str, value: &str) -> bool {
    pairs.iter().any(|(n, v)| n == name && v == value)
}

/// Matches any single transaction of a program.
pub fn of_program(program: &str) -> impl wiremock::Match + 'static {
    path_regex(format!("/execute/{program}/"))
}
