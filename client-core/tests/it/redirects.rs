//! Where requests may go, and where credentials may not.

use std::sync::Arc;

use tenant_http::{ErrorKind, Http, Url};
use wiremock::matchers::{any, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{CountingLogin, client, manager};

#[test]
fn plain_http_is_refused_except_to_loopback() {
    for base in ["http://acme.example.com", "http://10.0.0.1", "ftp://acme.example.com"] {
        let error = Http::builder(Url::parse(base).unwrap()).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{base}");
        assert!(error.to_string().contains("https"), "{error}");
    }
    for base in ["https://user@acme.example.com", "https://:pw@acme.example.com"] {
        let error = Http::builder(Url::parse(base).unwrap()).build().unwrap_err();
        assert!(error.to_string().contains("credentials"), "{error}");
    }
    for base in ["http://127.0.0.1:1", "http://127.3.2.1", "http://[::1]:8080", "http://localhost"] {
        Http::builder(Url::parse(base).unwrap()).build().unwrap();
    }
}

#[tokio::test]
async fn a_redirect_to_another_host_is_refused_and_gets_no_request() {
    let (here, there) = (MockServer::start().await, MockServer::start().await);
    Mock::given(any())
        .respond_with(ResponseTemplate::new(302).insert_header("location", format!("{}/steal", there.uri())))
        .mount(&here)
        .await;
    let login = Arc::new(CountingLogin::default());
    let http = client(&here.uri()).tokens(Arc::new(manager(&login))).build().unwrap();
    let error = http.get("/orders/").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.to_string().contains("credentials"), "{error}");
    assert!(there.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_read_follows_a_redirect_on_the_same_host_with_its_token() {
    let server = MockServer::start().await;
    Mock::given(path("/t/orders"))
        .respond_with(ResponseTemplate::new(301).insert_header("location", "/t/orders/?a=1"))
        .mount(&server)
        .await;
    Mock::given(path("/t/orders/"))
        .and(query_param("a", "1"))
        .and(header("authorization", "Bearer token-1"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let login = Arc::new(CountingLogin::default());
    let base = format!("{}/t", server.uri());
    let http = client(&base).tokens(Arc::new(manager(&login))).build().unwrap();
    http.get("/orders").send().await.unwrap();
    assert_eq!(http.requests(), 2);
}

#[tokio::test]
async fn a_write_follows_no_redirect_and_a_circle_ends() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(307).insert_header("location", "/again"))
        .mount(&server)
        .await;
    let http = client(&server.uri()).build().unwrap();
    let error = http.post("/orders").send().await.unwrap_err();
    assert_eq!((error.kind(), http.requests()), (ErrorKind::Protocol, 1));
    let error = http.get("/orders").send().await.unwrap_err();
    assert_eq!((error.kind(), http.requests()), (ErrorKind::Protocol, 1 + 6));
}

#[tokio::test]
async fn paths_join_the_base_and_queries_are_encoded() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let http = client(&format!("{}/ACME/", server.uri())).build().unwrap();
    http.get("/M3/x?fixed=1").query(&[("q", "a b+c&d"), ("vendor[]", "é")]).raw_query("$top=5").send().await.unwrap();
    let absolute = format!("{}/elsewhere/?page=2", server.uri());
    http.get(&absolute).send().await.unwrap();
    let seen: Vec<String> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|r| format!("{}?{}", r.url.path(), r.url.query().unwrap_or_default()))
        .collect();
    assert_eq!(seen, ["/ACME/M3/x?fixed=1&q=a%20b%2Bc%26d&vendor%5B%5D=%C3%A9&$top=5", "/elsewhere/?page=2"]);
    let error = http.get("https://evil.example.com/x").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}
