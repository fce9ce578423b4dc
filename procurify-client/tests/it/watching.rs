//! What can be watched: spans and the hook for metrics, without secrets.

use std::io::Write;
use std::sync::{Arc, Mutex};

use procurify_client::*;
use serde_json::json;
use tracing_subscriber::fmt::format::FmtSpan;
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

use crate::support;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[derive(Default)]
struct Seen(Mutex<Vec<String>>);

impl Observer for Seen {
    fn exchanged(&self, e: &Exchange<'_>) {
        let line = format!("{} {} {:?} attempt {}, {} bytes", e.method, e.resource, e.status, e.attempt, e.bytes);
        self.0.lock().unwrap().push(line);
    }
}

#[tokio::test]
async fn each_exchange_has_a_span_and_reaches_the_hook() {
    let server = support::tenant().await;
    let unavailable = ResponseTemplate::new(503);
    Mock::given(path("/api/v3/vendors/17/")).respond_with(unavailable).up_to_n_times(1).mount(&server).await;
    support::answer(&server, "/api/v3/vendors/17/", json!({"data": {"id": 17}})).await;
    let (log, seen) = (Log::default(), Arc::new(Seen::default()));
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // For all threads: one of its own is asked about a span only if no other thread has met it at the same moment.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let client = support::builder(&server).observer(Arc::clone(&seen) as Arc<dyn Observer>).build().unwrap();
    client.vendors().get(VendorId(17)).await.unwrap();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let of_vendors = text.lines().filter(|line| line.contains("vendors/{id}/"));
    let spans: Vec<&str> = of_vendors.filter(|line| line.contains("http_request") && line.contains("close")).collect();
    for parts in [["attempt=1", "status=503"], ["attempt=2", "status=200"]] {
        let is_told = |line: &&str| parts.iter().chain(&["method=GET", "waited_ms="]).all(|part| line.contains(part));
        assert!(spans.iter().any(is_told), "no span with {parts:?} in {text}");
    }
    for secret in ["app-secret", "token-1"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    let seen = seen.0.lock().unwrap();
    assert!(seen[0].starts_with("POST /oauth/token Some(200) attempt 1"), "{seen:?}");
    assert_eq!(
        seen[1..],
        [
            "GET /api/v3/vendors/{id}/ Some(503) attempt 1, 0 bytes",
            "GET /api/v3/vendors/{id}/ Some(200) attempt 2, 18 bytes"
        ]
    );
}
