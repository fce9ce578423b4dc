use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{SECRETS, TOKEN_PATH, builder, issue_tokens, on_get, tenant};
use cloudsuite_client::m3::Company;

fn assert_clean(shown: &str) {
    let encoded = ["ACME_TST%23access%2Bkey", "pa%24%24%7Eword", "t0ken"];
    for secret in SECRETS.iter().chain(&encoded) {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[tokio::test]
async fn a_server_that_echoes_what_it_got_does_not_make_us_print_it() {
    for status in [400, 401] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path(TOKEN_PATH))
            .respond_with(move |request: &Request| {
                let body = String::from_utf8_lossy(&request.body).into_owned();
                let echo = format!("{} {} {} {body}", SECRETS[0], SECRETS[1], SECRETS[2]);
                ResponseTemplate::new(status)
                    .set_body_json(json!({"error": "invalid_grant", "error_description": echo}))
            })
            .mount(&server)
            .await;
        let m3 = builder(&server).build().unwrap().m3(Company(100));
        let error = m3.execute("GENERAL", "GetUserInfo").send().await.unwrap_err();
        assert_clean(&format!("{error} {error:?}"));
        assert!(error.to_string().contains("invalid_grant"));
    }
}

#[tokio::test]
async fn the_token_in_use_is_in_no_error() {
    for status in [400, 403, 404, 200] {
        let server = MockServer::start().await;
        issue_tokens(&server).await;
        on_get(&server, ResponseTemplate::new(status).set_body_raw("Bearer t0ken is bad", "text/plain")).await;
        let m3 = builder(&server).build().unwrap().m3(Company(100));
        let error = m3.execute("PPS370MI", "AddHead").send().await.unwrap_err();
        assert_clean(&format!("{error} {error:?}"));
        let plain = cloudsuite_client::Error::from(error);
        assert_clean(&format!("{plain} {plain:?}"));
    }
}

#[tokio::test]
async fn nothing_that_can_be_shown_shows_a_secret() {
    let (_server, m3) = tenant().await;
    m3.client().log_in().await.unwrap();
    assert_clean(&format!("{:?} {m3:?} {:?}", m3.client(), m3.execute("GENERAL", "GetUserInfo")));
    assert_clean(&format!("{:?} {:?}", m3.bulk("GENERAL"), m3.client().http()));
}
