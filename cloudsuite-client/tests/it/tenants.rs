//! Many tenants in one process, and tokens that are given back.

use std::time::Duration;

use cloudsuite_client::m3::Company;
use cloudsuite_client::{CloudSuiteClient, ErrorKind, Ionapi};
use futures_util::future::join_all;
use serde_json::json;
use tenant_http::ExposeSecret;
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{file, ok};

/// One gateway for all tenants: a token names the tenant that it was given to.
async fn gateway() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path_regex("/token.oauth2$|connect/token$"))
        .respond_with(|request: &Request| {
            let tenant = request.url.path().split('/').nth(1).unwrap();
            ok(json!({"access_token": format!("token-of-{tenant}"), "expires_in": "7200"}))
        })
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(|request: &Request| {
            let tenant = request.url.path().split('/').nth(1).unwrap();
            let own = request.headers["authorization"] == format!("Bearer token-of-{tenant}");
            if own { ok(json!({"results": [{"records": [{"SUNO": tenant}]}]})) } else { ResponseTemplate::new(401) }
        })
        .mount(&server)
        .await;
    server
}

fn tenant_file(base: &str, tenant: &str) -> Ionapi {
    let mut file = file(base);
    file["ti"] = json!(tenant);
    file["pu"] = json!(format!("{base}/{tenant}/as/"));
    file["ci"] = json!(format!("{tenant}~abc"));
    Ionapi::parse(file.to_string().as_bytes()).unwrap()
}

#[tokio::test]
async fn many_tenants_mix_neither_tokens_nor_counts_nor_limits() {
    let server = gateway().await;
    let client = |n: usize| {
        let ionapi = tenant_file(&server.uri(), &format!("T{n}_TST"));
        CloudSuiteClient::builder(ionapi).requests_per_minute(60_000).build().unwrap()
    };
    let clients: Vec<CloudSuiteClient> = (0..20).map(client).collect();
    let ask = |client: &CloudSuiteClient| {
        let execute = client.m3(Company(100)).execute("CRS620MI", "LstByNumber").field("SUNO", "1");
        async move { execute.send().await.unwrap()[0].text("SUNO").unwrap().to_owned() }
    };
    let answers = join_all((0..5).flat_map(|_| clients.iter().map(ask))).await;
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer, &format!("T{}_TST", n % 20));
    }
    assert!(clients.iter().all(|client| client.requests() == 6), "one login and five calls each");
    let before = clients[1].http().limiter().current_per_minute();
    let permit = clients[0].http().limiter().acquire().await;
    permit.throttled(Some(Duration::from_secs(100)));
    drop(permit);
    assert!(clients[0].http().limiter().current_per_minute() < before);
    assert_eq!(clients[1].http().limiter().current_per_minute(), before);
    assert_eq!(ask(&clients[1]).await, "T1_TST", "another tenant's pause is not ours");
}

#[tokio::test]
async fn an_on_premise_file_logs_in_at_its_own_paths() {
    let server = gateway().await;
    let mut file = file(&server.uri());
    file["ti"] = json!("infor");
    file["pu"] = json!(format!("{}/InforIntSTS", server.uri()));
    for (key, path) in [("oa", "connect/authorize"), ("ot", "/connect/token"), ("or", "connect/revocation")] {
        file[key] = json!(path);
    }
    let client = CloudSuiteClient::from_ionapi(file.to_string().as_bytes()).unwrap();
    client.log_in().await.unwrap();
    assert_eq!(client.token_life().await.unwrap().num_seconds(), 7_200);
    Mock::given(path_regex("^/InforIntSTS/connect/revocation$"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    assert!(client.revoke_tokens().await.unwrap());
    let paths: Vec<String> =
        server.received_requests().await.unwrap().iter().map(|request| request.url.path().to_owned()).collect();
    assert_eq!(paths, ["/InforIntSTS/connect/token", "/InforIntSTS/connect/revocation"]);
}

#[tokio::test]
async fn revoked_tokens_are_of_no_use_and_the_next_call_logs_in_again() {
    for refresh_tokens in [true, false] {
        let config = sandbox::M3Config { refresh_tokens, ..sandbox::M3Config::default() };
        let tenant = sandbox::M3::start(config).await.unwrap();
        let client = CloudSuiteClient::from_ionapi(tenant.ionapi_json().as_bytes()).unwrap();
        assert!(!client.revoke_tokens().await.unwrap());
        assert_eq!(tenant.stats().total, 0, "nothing was given yet");
        let m3 = client.m3(Company(100));
        m3.ping().await.unwrap();
        let issued = tenant.issued_tokens();
        assert!(client.revoke_tokens().await.unwrap());
        m3.ping().await.unwrap();
        let requests = tenant.stats().requests;
        assert_eq!(requests["POST /SANDBOX_TST/as/token.oauth2"], 2);
        let revocations = 1 + u64::from(refresh_tokens);
        assert_eq!((requests["POST /SANDBOX_TST/as/revoke_token.oauth2"], requests["POST GENERAL"]), (revocations, 2));

        let call = client.http().get("/M3/m3api-rest/v2/execute/GENERAL/GetUserInfo").anonymous();
        let call = call.header("authorization", &format!("Bearer {}", issued[0]));
        assert_eq!(call.send().await.unwrap_err().status(), Some(401), "the access token lives on");
        assert_eq!(issued.len(), 1 + usize::from(refresh_tokens));
        if let Some(refresh) = issued.get(1) {
            let ionapi = Ionapi::parse(tenant.ionapi_json().as_bytes()).unwrap();
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh),
                ("client_id", ionapi.client_id()),
                ("client_secret", ionapi.client_secret().expose_secret()),
            ];
            let request = client.http().post(ionapi.token_url().as_str()).anonymous().form(&form);
            assert_eq!(request.send().await.unwrap_err().status(), Some(400), "the refresh token lives on");
        }
    }
}

#[tokio::test]
async fn a_refused_revocation_is_said_and_stops_nothing() {
    let server = gateway().await;
    let client = CloudSuiteClient::builder(tenant_file(&server.uri(), "T_TST")).build().unwrap();
    client.log_in().await.unwrap();
    assert_eq!(client.revoke_tokens().await.unwrap_err().kind(), ErrorKind::NotFound);
    client.log_in().await.unwrap();
}
