//! What a failed call may be taken to have done.

use std::time::Duration;

use tenant_http::{Error, ErrorKind, Outcome, Replay, RetryPolicy};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{RawServer, client, dead_address};

fn verdict(error: &Error) -> (ErrorKind, Outcome) {
    (error.kind(), error.outcome())
}

#[tokio::test]
async fn a_refused_connection_was_not_processed_and_is_not_counted() {
    let http = client(&format!("http://{}", dead_address().await)).build().unwrap();
    let error = http.post("/orders/").send().await.unwrap_err();
    assert_eq!(verdict(&error), (ErrorKind::Connect, Outcome::NotProcessed));
    assert_eq!(http.requests(), 0);
}

#[tokio::test]
async fn a_failed_tls_handshake_was_not_processed() {
    let server = RawServer::start(vec![Some(b"no TLS here".to_vec())]).await;
    let base = server.base.replace("http://", "https://");
    let http = client(&base).retry(RetryPolicy::none()).build().unwrap();
    let handshake = http.post("/orders/").timeout(Duration::from_secs(5)).send();
    let error = handshake.await.unwrap_err();
    assert_eq!(verdict(&error), (ErrorKind::Connect, Outcome::NotProcessed));
}

#[test]
fn an_extra_root_that_is_no_certificate_is_refused() {
    let cut = "-----BEGIN CERTIFICATE-----\nMII!\n-----END CERTIFICATE-----\n";
    for base in ["https://acme.example.com", "http://127.0.0.1:8101"] {
        for pem in ["not a certificate", cut] {
            let error = client(base).extra_root_pem(pem).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{base}: {pem}");
        }
    }
}

#[tokio::test]
async fn a_write_without_an_answer_in_time_is_unknown_and_not_sent_again() {
    let server = RawServer::start(vec![None]).await;
    let http = client(&server.base).build().unwrap();
    let error = http.post("/orders/").timeout(Duration::from_millis(50)).send().await.unwrap_err();
    assert_eq!(verdict(&error), (ErrorKind::Timeout, Outcome::Unknown));
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn a_write_whose_connection_breaks_after_sending_is_unknown_and_not_sent_again() {
    let server = RawServer::start(vec![Some(Vec::new())]).await;
    let http = client(&server.base).build().unwrap();
    let error = http.post("/orders/").json("{}").send().await.unwrap_err();
    assert_eq!(verdict(&error), (ErrorKind::Connect, Outcome::Unknown));
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn a_truncated_answer_is_unknown() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":".to_vec();
    let server = RawServer::start(vec![Some(cut)]).await;
    let http = client(&server.base).build().unwrap();
    let error = http.post("/orders/").send().await.unwrap_err();
    assert_eq!(verdict(&error), (ErrorKind::Protocol, Outcome::Unknown));
    assert_eq!(error.status(), Some(200));
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn a_read_is_tried_again_after_a_truncated_answer_and_a_reset() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec();
    let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]".to_vec();
    let server = RawServer::start(vec![Some(cut), Some(Vec::new()), Some(whole)]).await;
    let http = client(&server.base).build().unwrap();
    let response = http.get("/orders/").send().await.unwrap();
    assert_eq!(&response.body[..], b"[]");
    assert_eq!(http.requests(), 3);
}

#[tokio::test]
async fn json_that_ends_in_the_middle_is_unknown_for_a_write_and_read_again_for_a_read() {
    let server = MockServer::start().await;
    for (body, times) in [(r#"{"data": [1, 2"#, 2), (r#"{"data": [1, 2]}"#, 9)] {
        Mock::given(any())
            .respond_with(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
            .up_to_n_times(times)
            .mount(&server)
            .await;
    }
    let http = client(&server.uri()).build().unwrap();
    let error = http.post("/orders/").send().await.unwrap_err();
    assert_eq!(verdict(&error), (ErrorKind::Protocol, Outcome::Unknown));
    let response = http.get("/orders/").send().await.unwrap();
    assert!(response.text().ends_with("]}"));
    assert_eq!(http.requests(), 3);
}

#[tokio::test]
async fn an_html_page_in_place_of_data_is_unknown() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html>Sign in</html>", "text/html");
    Mock::given(any()).respond_with(page).mount(&server).await;
    let http = client(&server.uri()).build().unwrap();
    let error = http.post("/orders/").send().await.unwrap_err();
    assert_eq!(verdict(&error), (ErrorKind::Protocol, Outcome::Unknown));
}

#[tokio::test]
async fn each_refusal_says_what_it_proves_and_only_reads_are_repeated() {
    for (status, kind, outcome, read_attempts) in [
        (400, ErrorKind::Validation, Outcome::Rejected, 1),
        (403, ErrorKind::Permission, Outcome::NotProcessed, 1),
        (404, ErrorKind::NotFound, Outcome::NotProcessed, 1),
        (409, ErrorKind::Conflict, Outcome::Rejected, 1),
        (422, ErrorKind::Validation, Outcome::Rejected, 1),
        (408, ErrorKind::Timeout, Outcome::Unknown, 5),
        (500, ErrorKind::Unavailable, Outcome::Unknown, 5),
        (503, ErrorKind::Unavailable, Outcome::Unknown, 5),
        (504, ErrorKind::Timeout, Outcome::Unknown, 5),
    ] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(status).set_body_string("because")).mount(&server).await;
        let http = client(&server.uri()).build().unwrap();
        let error = http.post("/orders/").send().await.unwrap_err();
        assert_eq!(verdict(&error), (kind, outcome), "{status}");
        assert_eq!(http.requests(), 1, "a write on {status}");
        assert!(error.to_string().contains("because"), "{error}");
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        http.get("/orders/").send().await.unwrap_err();
        assert_eq!(http.requests(), 1 + read_attempts, "a read on {status}");
    }
}

#[tokio::test]
async fn a_caller_may_read_a_refusal_itself_and_forbid_retries() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(503).set_body_string("down")).mount(&server).await;
    let http = client(&server.uri()).build().unwrap();
    let response = http.post("/x").accept_status(&[503]).send().await.unwrap();
    assert_eq!((response.status, response.text().as_str()), (503, "down"));
    http.get("/x").replay(Replay::Never).send().await.unwrap_err();
    assert_eq!(http.requests(), 2);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_names_the_field_and_quotes_the_place() {
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code)]
    struct Answer {
        data: Vec<Order>,
    }
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code)]
    struct Order {
        number: i64,
    }
    let server = MockServer::start().await;
    let body = r#"{"data": [{"number": 1}, {"number": "x9"}]}"#;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
        .mount(&server)
        .await;
    let http = client(&server.uri()).build().unwrap();
    let response = http.get("/orders/").send().await.unwrap();
    let error = response.json::<Answer>("GET /orders/").unwrap_err();
    assert_eq!(verdict(&error), (ErrorKind::Decode, Outcome::Unknown));
    assert!(error.to_string().contains("`data[1].number`"), "{error}");
    assert!(error.to_string().contains("x9"), "{error}");
}
