//! What a server echoes must not come out of an error.

use std::error::Error as _;
use std::sync::Arc;

use tenant_http::{SecretString, Url};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{CountingLogin, client, manager};

#[tokio::test]
async fn neither_secrets_nor_the_token_come_out_of_display_debug_or_source() {
    let server = MockServer::start().await;
    let echo = "you sent hunter2# (form: hunter2%23) and Bearer token-1";
    Mock::given(any()).respond_with(ResponseTemplate::new(400).set_body_string(echo)).mount(&server).await;
    let login = Arc::new(CountingLogin::default());
    let http = client(&server.uri())
        .secrets(vec![SecretString::from("hunter2#")])
        .tokens(Arc::new(manager(&login)))
        .build()
        .unwrap();
    let error = http.post("/orders/").send().await.unwrap_err();
    let all = format!("{error} {error:?} {:?}", error.source());
    assert!(!all.contains("hunter2") && !all.contains("token-1"), "{all}");
    assert!(error.to_string().contains("you sent ***"), "{error}");
}

#[derive(Debug, serde::Deserialize)]
#[expect(dead_code)]
struct Answer {
    access_token: String,
    expires_in: u64,
}

#[tokio::test]
async fn the_answer_to_a_login_is_never_quoted() {
    let server = MockServer::start().await;
    let body = r#"{"access_token": "eyJfresh", "expires_in": []}"#;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
        .mount(&server)
        .await;
    let http = client(&server.uri()).build().unwrap();
    let response = http.post("/oauth/token").send().await.unwrap();
    let error = response.json::<Answer>("login").unwrap_err();
    let all = format!("{response:?} {error} {error:?}");
    assert!(!all.contains("eyJfresh"), "{all}");
    assert!(error.to_string().contains("expires_in"), "{error}");
}

#[tokio::test]
async fn long_bodies_are_shortened_and_the_cause_is_printed_once() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(400).set_body_string("ab ".repeat(10_000)))
        .mount(&server)
        .await;
    let http = client(&server.uri()).build().unwrap();
    let error = http.post("/orders/").send().await.unwrap_err();
    assert!(error.to_string().len() < 700, "{error}");

    let dead = crate::support::dead_address().await;
    let http = tenant_http::Http::builder(Url::parse(&format!("http://{dead}")).unwrap())
        .retry(tenant_http::RetryPolicy::none())
        .build()
        .unwrap();
    let error = http.get("/x?key=value").send().await.unwrap_err();
    let cause = error.source().unwrap().to_string();
    assert!(!error.to_string().contains(&cause), "{error} / {cause}");
    assert!(!format!("{error} {error:?}").contains("key=value"));
}
