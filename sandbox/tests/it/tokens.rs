//! Token flows of both tenants.

use std::time::Duration;

use hyper::StatusCode;
use sandbox::{M3, M3Config, ProcurifyConfig};
use serde_json::json;

use crate::client::{Caller, Clerk, FORM, JSON, form, send, small};

#[tokio::test]
async fn procurify_takes_its_token_request_as_json_and_as_a_form() {
    let caller = Caller::small().await;
    let url = caller.url("/oauth/token");
    let fields = [("client_id", "sandbox"), ("client_secret", "sandbox"), ("grant_type", "client_credentials")];
    assert_eq!(send("POST", &url, &[FORM], form(&fields)).await.status, StatusCode::OK);

    let token = |change: &str, value: &str| {
        let mut body = json!({
            "client_id": "sandbox", "client_secret": "sandbox",
            "audience": "https://api.procurify.com/", "grant_type": "client_credentials",
        });
        body[change] = json!(value);
        let url = url.clone();
        async move { send("POST", &url, &[JSON], body.to_string()).await.status }
    };
    assert_eq!(token("client_secret", "wrong").await, StatusCode::UNAUTHORIZED);
    assert_eq!(token("audience", "elsewhere").await, StatusCode::FORBIDDEN);
    assert_eq!(token("grant_type", "password").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_procurify_token_expires() {
    let config = ProcurifyConfig { scenario: small(), ..ProcurifyConfig::default() };
    let caller = Caller::new(config).await;
    assert_eq!(caller.get("/api/v3/users/me/").await.status, StatusCode::OK);
    caller.tenant.advance(Duration::from_secs(86_401));
    assert_eq!(caller.get("/api/v3/users/me/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_gateway_takes_client_credentials_in_the_body_and_as_basic() {
    for (basic_only, in_body) in [(false, StatusCode::OK), (true, StatusCode::UNAUTHORIZED)] {
        let tenant = M3::start(M3Config { basic_only, scenario: small(), ..M3Config::default() }).await.unwrap();
        let ionapi = serde_json::from_str(&tenant.ionapi_json()).unwrap();
        let clerk = Clerk { tenant, bearer: String::new(), ionapi };
        assert_eq!(clerk.token(&clerk.login()).await.status, in_body);

        let url = format!("{}{}", clerk.key("pu"), clerk.key("ot"));
        let basic = format!("Basic {}", base64(&format!("{}:{}", clerk.key("ci"), clerk.key("cs"))));
        let fields = &clerk.login()[..3];
        let answer = send("POST", &url, &[FORM, ("authorization", &basic)], form(fields)).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn refused_logins_are_told_apart_as_oauth_tells_them() {
    let clerk = Clerk::small().await;
    for (field, value, status, error) in [
        ("client_secret", "wrong", 401, "invalid_client"),
        ("password", "wrong", 400, "invalid_grant"),
        ("grant_type", "client_credentials", 400, "unsupported_grant_type"),
    ] {
        let mut login = clerk.login();
        login.iter_mut().find(|(name, _)| *name == field).unwrap().1 = value;
        let answer = clerk.token(&login).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (status, Some(error)));
    }
    // A field that is missing altogether makes Infor's server fall over.
    let answer = clerk.token(&clerk.login()[..2]).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn logins_are_rationed_but_refreshes_are_not() {
    let clerk = Clerk::new(M3Config { logins_per_minute: 3, scenario: small(), ..M3Config::default() }).await;
    let refresh = clerk.token(&clerk.login()).await.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(clerk.token(&clerk.login()).await.status, StatusCode::OK);
    let refused = clerk.token(&clerk.login()).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(clerk.tenant.stats().throttled, 1);

    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("client_id", clerk.key("ci")),
        ("client_secret", clerk.key("cs")),
    ];
    for _ in 0..2 {
        let renewed = clerk.token(&fields).await;
        assert_eq!(renewed.status, StatusCode::OK);
        assert_eq!(renewed.json()["refresh_token"], refresh.as_str());
    }
    clerk.tenant.advance(Duration::from_secs(60));
    assert_eq!(clerk.token(&clerk.login()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_gateway_token_expires_and_can_be_revoked() {
    let mut clerk = Clerk::small().await;
    let call = "GENERAL/GetUserInfo";
    assert_eq!(clerk.get(call).await.status, StatusCode::OK);
    clerk.tenant.advance(Duration::from_secs(7201));
    let refused = clerk.get(call).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.json(), json!({ "error": "Unauthorized" }));

    clerk.log_in().await;
    assert_eq!(clerk.get(call).await.status, StatusCode::OK);
    revoke(&clerk, clerk.bearer.strip_prefix("Bearer ").unwrap()).await;
    assert_eq!(clerk.get(call).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_refresh_token_that_is_revoked_leaves_its_access_token_as_it_is() {
    let mut clerk = Clerk::small().await;
    let issued = clerk.token(&clerk.login()).await.json();
    clerk.bearer = format!("Bearer {}", issued["access_token"].as_str().unwrap());
    let refresh = issued["refresh_token"].as_str().unwrap();
    revoke(&clerk, refresh).await;
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("client_id", clerk.key("ci")),
        ("client_secret", clerk.key("cs")),
    ];
    assert_eq!(clerk.token(&fields).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(clerk.get("GENERAL/GetUserInfo").await.status, StatusCode::OK);
}

async fn revoke(clerk: &Clerk, token: &str) {
    let url = format!("{}{}", clerk.key("pu"), clerk.key("or"));
    let fields = [("token", token), ("client_id", clerk.key("ci")), ("client_secret", clerk.key("cs"))];
    assert_eq!(send("POST", &url, &[FORM], form(&fields)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_lifetime_can_be_told_as_text() {
    let config = M3Config { expires_in_text: true, scenario: small(), ..M3Config::default() };
    let clerk = Clerk::new(config).await;
    assert_eq!(clerk.token(&clerk.login()).await.json()["expires_in"], "7200");
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) & 63;
            let shown = digit <= chunk.len();
            out.push(if shown { char::from(DIGITS[value as usize]) } else { '=' });
        }
    }
    out
}
