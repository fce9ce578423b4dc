use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;
use cloudsuite_client::m3::Company;
use cloudsuite_client::{
    AccessToken, ClientAuthentication, CloudSuiteBuilder, CloudSuiteClient, Error, ErrorKind, Ionapi, Outcome,
    SecretString, TokenCache,
};
use serde_json::{Value, json};
use tenant_http::ExposeSecret;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{
    SECRETS, TOKEN_PATH, builder, file, has, ionapi, m3_requests, ok, on_get, tenant, token_requests,
};

async fn answer_tokens(server: &MockServer, response: ResponseTemplate) {
    Mock::given(method("POST")).and(path(TOKEN_PATH)).respond_with(response).mount(server).await;
}

async fn rows(builder: CloudSuiteBuilder) -> Result<usize, (ErrorKind, Outcome, String)> {
    let m3 = builder.build().unwrap().m3(Company(100));
    let rows = m3.execute("CRS620MI", "LstByNumber").field("SUNO", "1").send().await;
    rows.map(|rows| rows.len()).map_err(|error| (error.kind(), error.outcome(), error.to_string()))
}

#[tokio::test]
async fn the_password_grant_carries_the_service_account_and_the_client() {
    let (server, m3) = tenant().await;
    on_get(&server, ok(json!({"results": [{"records": []}]}))).await;
    for _ in 0..3 {
        m3.execute("GENERAL", "GetUserInfo").send().await.unwrap();
    }
    let forms = token_requests(&server).await;
    assert_eq!(forms.len(), 1, "one login serves all");
    for (name, value) in [
        ("grant_type", "password"),
        ("username", SECRETS[1]),
        ("password", SECRETS[2]),
        ("client_id", "ACME_TST~abc"),
        ("client_secret", SECRETS[0]),
    ] {
        assert!(has(&forms[0], name, value), "{name}");
    }
    for request in m3_requests(&server).await {
        assert_eq!(request.headers["authorization"], "Bearer t0ken");
        assert_eq!(request.headers["accept"], "application/json");
    }
    assert_eq!(m3.client().requests(), 4, "the login counts");
}

#[tokio::test]
async fn the_client_can_authenticate_in_the_header_instead() {
    let server = MockServer::start().await;
    let expected = "Basic QUNNRV9UU1R+YWJjOmNsaWVudC1zM2NyZXQ=";
    Mock::given(method("POST"))
        .and(path(TOKEN_PATH))
        .and(header("authorization", expected))
        .respond_with(ok(json!({"access_token": "t", "expires_in": 60})))
        .mount(&server)
        .await;
    on_get(&server, ok(json!({"results": [{}]}))).await;
    rows(builder(&server).client_authentication(ClientAuthentication::Basic)).await.unwrap();
    let forms = token_requests(&server).await;
    assert!(has(&forms[0], "grant_type", "password"));
    assert!(forms[0].iter().all(|(name, _)| !name.starts_with("client_")));
}

#[tokio::test]
async fn lives_are_read_as_number_and_as_text() {
    #[derive(Default)]
    struct Kept(Mutex<Vec<AccessToken>>);
    #[async_trait]
    impl TokenCache for Kept {
        async fn load(&self, _: &str) -> Result<Option<AccessToken>, Error> {
            Ok(None)
        }
        async fn store(&self, credential: &str, token: &AccessToken) -> Result<(), Error> {
            assert_eq!(credential, "cloudsuite/ACME_TST/ACME_TST~abc/72dee22a5447");
            self.0.lock().unwrap().push(token.clone());
            Ok(())
        }
        async fn remove(&self, _: &str) -> Result<(), Error> {
            Ok(())
        }
    }
    for (expires_in, seconds) in [
        (json!(7200), 7_200),
        (json!("7200"), 7_200),
        (json!(7199.0), 7_199),
        (json!(86_400), 86_400),
        (json!(9_999_999), 86_400),
        (json!(9_000_000_000_000_000_i64), 86_400),
        (json!("8.64e4"), 86_400),
        (json!(-1), 0),
        (Value::Null, 3_600),
        (json!(""), 3_600),
    ] {
        let server = MockServer::start().await;
        answer_tokens(&server, ok(json!({"access_token": "t", "token_type": "Bearer", "expires_in": expires_in})))
            .await;
        on_get(&server, ok(json!({"results": [{}]}))).await;
        let kept = Arc::new(Kept::default());
        rows(builder(&server).token_cache(kept.clone())).await.unwrap();
        let token = kept.0.lock().unwrap()[0].clone();
        let life = (token.expires_at() - token.issue_time()).num_seconds();
        assert_eq!(life, seconds, "{expires_in}");
    }
}

#[tokio::test]
async fn a_cached_token_saves_the_login() {
    let (server, _) = tenant().await;
    on_get(&server, ok(json!({"results": [{}]}))).await;
    let shared = AccessToken::new("shared".to_owned().into(), Utc::now() + Duration::from_secs(3_600));
    rows(builder(&server).token_cache(Shared::keeping(shared))).await.unwrap();
    assert!(token_requests(&server).await.is_empty());
    assert_eq!(m3_requests(&server).await[0].headers["authorization"], "Bearer shared");
}

/// What another process has left.
struct Shared(Mutex<Option<AccessToken>>);

impl Shared {
    fn keeping(token: AccessToken) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(token))))
    }
}

#[async_trait]
impl TokenCache for Shared {
    async fn load(&self, _: &str) -> Result<Option<AccessToken>, Error> {
        Ok(self.0.lock().unwrap().clone())
    }
    async fn store(&self, _: &str, token: &AccessToken) -> Result<(), Error> {
        *self.0.lock().unwrap() = Some(token.clone());
        Ok(())
    }
    async fn remove(&self, _: &str) -> Result<(), Error> {
        *self.0.lock().unwrap() = None;
        Ok(())
    }
}

#[tokio::test]
async fn the_refresh_token_of_another_process_saves_the_login_and_is_handed_on() {
    for (given, handed_on) in [(json!("r2"), "r2"), (Value::Null, "r1")] {
        let server = MockServer::start().await;
        let answer = json!({"access_token": "renewed", "expires_in": 7200, "refresh_token": given});
        answer_tokens(&server, ok(answer)).await;
        on_get(&server, ok(json!({"results": [{}]}))).await;
        let ended = AccessToken::new("ended".to_owned().into(), Utc::now());
        let shared = Shared::keeping(ended.with_refresh_token(SecretString::from("r1")));
        rows(builder(&server).token_cache(shared.clone())).await.unwrap();
        let forms = token_requests(&server).await;
        assert!(has(&forms[0], "grant_type", "refresh_token") && has(&forms[0], "refresh_token", "r1"));
        assert_eq!(forms.len(), 1);
        assert_eq!(m3_requests(&server).await[0].headers["authorization"], "Bearer renewed");
        let kept = shared.0.lock().unwrap().clone().unwrap();
        assert_eq!(kept.refresh_token().unwrap().expose_secret(), handed_on);
    }
}

#[tokio::test]
async fn a_replaced_service_account_logs_in_itself_and_does_not_go_on_as_the_old_one() {
    #[derive(Default)]
    struct Named(Mutex<BTreeMap<String, AccessToken>>);
    #[async_trait]
    impl TokenCache for Named {
        async fn load(&self, credential: &str) -> Result<Option<AccessToken>, Error> {
            Ok(self.0.lock().unwrap().get(credential).cloned())
        }
        async fn store(&self, credential: &str, token: &AccessToken) -> Result<(), Error> {
            self.0.lock().unwrap().insert(credential.to_owned(), token.clone());
            Ok(())
        }
        async fn remove(&self, credential: &str) -> Result<(), Error> {
            self.0.lock().unwrap().remove(credential);
            Ok(())
        }
    }
    const NEW: [&str; 2] = ["ACME_TST#other", "other-word"];
    // A token that is good still, and one that is only good to be refreshed.
    for life in [7_200, 0] {
        let server = MockServer::start().await;
        answer_tokens(&server, ok(json!({"access_token": "t", "expires_in": life, "refresh_token": "r"}))).await;
        let names = Arc::new(Named::default());
        for [key, secret] in [[SECRETS[1], SECRETS[2]], NEW] {
            let mut file = file(&server.uri());
            file["saak"] = json!(key);
            file["sask"] = json!(secret);
            let ionapi = Ionapi::parse(file.to_string().as_bytes()).unwrap();
            CloudSuiteClient::builder(ionapi).token_cache(names.clone()).build().unwrap().log_in().await.unwrap();
        }
        let forms = token_requests(&server).await;
        assert_eq!(forms.len(), 2, "{life}");
        for (name, value) in [("grant_type", "password"), ("username", NEW[0]), ("password", NEW[1])] {
            assert!(has(&forms[1], name, value), "{name}: {:?}", forms[1]);
        }
        let names: Vec<String> = names.0.lock().unwrap().keys().cloned().collect();
        assert!(names.len() == 2 && !names.concat().contains('#'), "{names:?}");
    }
}

#[tokio::test]
async fn a_failed_revocation_is_sent_again_and_ends_both_tokens_that_another_process_got() {
    let server = MockServer::start().await;
    let revocation = || Mock::given(method("POST")).and(path("/ACME_TST/as/revoke_token.oauth2"));
    let busy = |token: &str| {
        let echo = json!({"error": "busy", "error_description": format!("token {token}")});
        revocation().respond_with(ResponseTemplate::new(503).set_body_json(echo)).up_to_n_times(1)
    };
    let done = || revocation().respond_with(ResponseTemplate::new(200));
    busy("r1").mount(&server).await;
    done().up_to_n_times(1).mount(&server).await;
    busy("theirs").mount(&server).await;
    done().mount(&server).await;
    let token = AccessToken::new("theirs".to_owned().into(), Utc::now() + Duration::from_secs(3_600));
    let shared = Shared::keeping(token.with_refresh_token(SecretString::from("r1")));
    let client = builder(&server).token_cache(shared.clone()).build().unwrap();

    // First the refresh token is not ended, then the access token.
    for living in ["r1", "theirs"] {
        let error = client.revoke_tokens().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Unavailable && !error.to_string().contains(living), "{error}");
        assert!(shared.0.lock().unwrap().is_some(), "{living} is forgotten though it lives");
    }
    assert!(client.revoke_tokens().await.unwrap());
    assert!(shared.0.lock().unwrap().is_none(), "kept though it is dead");
    assert!(!client.revoke_tokens().await.unwrap());
    let sent = server.received_requests().await.unwrap();
    let bodies: Vec<_> = sent.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    let (refresh, access) = ("token=r1&token_type_hint=refresh_token", "token=theirs&token_type_hint=access_token");
    assert_eq!(bodies, [refresh, refresh, access, refresh, access]);
}

#[tokio::test]
async fn tokens_that_cannot_be_revoked_are_said_to_be() {
    let server = MockServer::start().await;
    crate::support::issue_tokens(&server).await;
    let mut file = crate::support::file(&server.uri());
    file.as_object_mut().unwrap().remove("or");
    let client = CloudSuiteClient::from_ionapi(file.to_string().as_bytes()).unwrap();
    assert!(!client.revoke_tokens().await.unwrap(), "there is none yet");
    client.log_in().await.unwrap();
    let error = client.revoke_tokens().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("`or`"), "{error}");
}

#[tokio::test]
async fn a_refresh_token_is_used_and_its_refusal_leads_to_a_login() {
    let server = MockServer::start().await;
    let issue =
        |token: &str, refresh: &str| ok(json!({"access_token": token, "expires_in": 7200, "refresh_token": refresh}));
    let refused = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}));
    for answer in [issue("first", "r1"), issue("second", "r2"), refused, issue("third", "r3")] {
        Mock::given(method("POST")).and(path(TOKEN_PATH)).respond_with(answer).up_to_n_times(1).mount(&server).await;
    }
    // Each token is good for one call.
    for token in ["first", "second", "third"] {
        Mock::given(method("GET"))
            .and(header("authorization", format!("Bearer {token}")))
            .respond_with(ok(json!({"results": [{}]})))
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    on_get(&server, ResponseTemplate::new(401).set_body_json(json!({"error": "Unauthorized"}))).await;
    let m3 = builder(&server).build().unwrap().m3(Company(100));
    for _ in 0..3 {
        m3.execute("GENERAL", "GetUserInfo").send().await.unwrap();
    }
    let grants: Vec<_> = token_requests(&server)
        .await
        .into_iter()
        .map(|form| {
            form.into_iter()
                .filter(|(name, _)| name == "grant_type" || name == "refresh_token")
                .map(|(_, v)| v)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(grants, ["password", "refresh_token r1", "refresh_token r2", "password"]);
}

#[tokio::test]
async fn refused_credentials_are_an_auth_error_and_are_not_tried_in_a_loop() {
    for (status, body) in [
        (400, json!({"error": "invalid_grant", "error_description": "account locked"})),
        (401, json!({"error": "invalid_client"})),
    ] {
        let server = MockServer::start().await;
        let error_name = body["error"].as_str().unwrap().to_owned();
        answer_tokens(&server, ResponseTemplate::new(status).set_body_json(body)).await;
        let m3 = builder(&server).build().unwrap().m3(Company(100));
        for _ in 0..3 {
            let error = m3.execute("GENERAL", "GetUserInfo").send().await.unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Auth, Outcome::NotProcessed));
            assert!(error.to_string().contains(&error_name), "{error}");
        }
        assert_eq!(token_requests(&server).await.len(), 1);
        assert!(m3_requests(&server).await.is_empty());
    }
}

#[tokio::test]
async fn a_token_answer_of_another_shape_is_said_so_without_being_quoted() {
    for (response, words) in [
        (ok(json!({"token": "t0psecret"})), "no access_token"),
        (ok(json!({"access_token": ""})), "no access_token"),
        (ok(json!(["t0psecret"])), "OAuth"),
        (ok(json!({"access_token": "t0psecret", "expires_in": "soon"})), "OAuth"),
    ] {
        let server = MockServer::start().await;
        answer_tokens(&server, response).await;
        let (kind, outcome, message) = rows(builder(&server)).await.unwrap_err();
        assert_eq!((kind, outcome), (ErrorKind::Decode, Outcome::NotProcessed), "{message}");
        assert!(message.contains(words) && !message.contains("t0psecret"), "{message}");
    }
}

#[tokio::test]
async fn a_token_refused_by_the_gateway_is_renewed_once() {
    let server = MockServer::start().await;
    for token in ["old", "new"] {
        let answer = ok(json!({"access_token": token, "expires_in": 7200}));
        Mock::given(method("POST")).and(path(TOKEN_PATH)).respond_with(answer).up_to_n_times(1).mount(&server).await;
    }
    Mock::given(method("POST"))
        .and(header("authorization", "Bearer new"))
        .respond_with(ok(json!({"results": [{"records": [{"MSGN": "77"}]}]})))
        .mount(&server)
        .await;
    let expired = ResponseTemplate::new(401).set_body_json(json!({"error": "Unauthorized"}));
    Mock::given(header("authorization", "Bearer old")).respond_with(expired).mount(&server).await;
    let m3 = builder(&server).build().unwrap().m3(Company(100));
    let origin = cloudsuite_client::m3::BatchOrigin::new("PFY").unwrap();
    let started = m3.purchase_order_entry(origin).start(1).await;
    assert_eq!(started[0].as_ref().unwrap().as_str(), "77");
}

#[test]
fn settings_out_of_range_are_refused() {
    let file = || ionapi("https://api.example.com");
    for build in [
        cloudsuite_client::CloudSuiteClient::builder(file()).requests_per_minute(0),
        cloudsuite_client::CloudSuiteClient::builder(file()).logins_per_minute(0),
        cloudsuite_client::CloudSuiteClient::builder(file()).concurrency(0),
        cloudsuite_client::CloudSuiteClient::builder(file()).base_url("http://grid.example.com/infor".parse().unwrap()),
    ] {
        assert_eq!(build.build().unwrap_err().kind(), ErrorKind::Config);
    }
}
