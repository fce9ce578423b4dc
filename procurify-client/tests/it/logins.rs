//! Token answers, and logins that fail.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use procurify_client::*;
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support;

#[derive(Default)]
struct Kept(Mutex<Option<AccessToken>>);

#[async_trait]
impl TokenCache for Kept {
    async fn load(&self, _: &str) -> Result<Option<AccessToken>, Error> {
        Ok(None)
    }

    async fn store(&self, _: &str, token: &AccessToken) -> Result<(), Error> {
        *self.0.lock().unwrap() = Some(token.clone());
        Ok(())
    }

    async fn remove(&self, _: &str) -> Result<(), Error> {
        Ok(())
    }
}

#[tokio::test]
async fn a_tokens_life_is_read_in_any_form_and_believed_up_to_thirty_days() {
    const DAY: i64 = 86_400;
    for (expires_in, seconds) in [
        ("86400", DAY),
        ("86400.0", DAY),
        ("8.64e4", DAY),
        ("\"3600\"", 3_600),
        ("null", DAY),
        ("0", 0),
        ("-9223372036854775808", 0),
        ("9000000000000000", 30 * DAY),
        ("9223372036854775807", 30 * DAY),
        ("18446744073709551615", 30 * DAY),
    ] {
        let server = MockServer::start().await;
        let body = format!(r#"{{"access_token": "t", "expires_in": {expires_in}}}"#);
        let answer = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        Mock::given(path("/oauth/token")).respond_with(answer).mount(&server).await;
        support::answer(&server, "/api/v3/vendors/1/", json!({"data": {"id": 1}})).await;
        let kept = Arc::new(Kept::default());
        let client = support::builder(&server).token_cache(kept.clone()).build().unwrap();
        client.vendors().get(VendorId(1)).await.unwrap();
        let token = kept.0.lock().unwrap().clone().unwrap();
        assert_eq!((token.expires_at() - token.issue_time()).num_seconds(), seconds, "{expires_in}");
    }
}

#[tokio::test]
async fn a_life_that_is_no_number_is_an_error_of_the_login_that_quotes_no_token() {
    let server = MockServer::start().await;
    let body = r#"{"access_token": "t0ken", "expires_in": "soon"}"#;
    let answer = ResponseTemplate::new(200).set_body_raw(body, "application/json");
    Mock::given(path("/oauth/token")).respond_with(answer).mount(&server).await;
    let error = support::client(&server).me().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, "POST /oauth/token"));
    assert!(!format!("{error} {error:?}").contains("t0ken"), "{error:?}");
}
