//! Each fault does what it says: what the caller sees, and whether the call was processed.

use std::time::Duration;

use hyper::StatusCode;
use sandbox::{FaultKind, Faults, M3Config, Matcher, ProcurifyConfig};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::client::{Answer, Caller, Clerk, body, small};

/// Starts one message under a fault; answers what came back and how many messages there are.
async fn start_under(kind: FaultKind) -> (Result<Answer, hyper::Error>, usize, Clerk) {
    let clerk = Clerk::small().await;
    clerk.tenant.set_faults(Faults { hang: Duration::from_millis(5), ..Faults::always(kind) });
    let call = body("PPS370MI", &[("StartEntry", json!({ "BAOR": "PFY" }))]);
    let answer = clerk.try_post(call).await;
    clerk.tenant.set_faults(Faults::default());
    let processed = clerk.tenant.messages().len();
    (answer, processed, clerk)
}

#[tokio::test]
async fn faults_with_an_answer_have_their_status_and_their_effect() {
    for (kind, status, processed) in [
        (FaultKind::Latency, 200, 1),
        (FaultKind::GrowingDelay, 200, 1),
        (FaultKind::TooManyRequests, 429, 0),
        (FaultKind::TooManyRequestsRetryAfter, 429, 0),
        (FaultKind::ServerErrorBefore, 500, 0),
        (FaultKind::ServerErrorAfter, 500, 1),
        (FaultKind::Unavailable, 503, 0),
        (FaultKind::GatewayTimeoutAfter, 504, 1),
        (FaultKind::BadGatewayHtml, 502, 0),
        (FaultKind::TokenExpired, 401, 0),
        (FaultKind::BulkTerminated, 200, 0),
        (FaultKind::BulkBadRequest, 400, 0),
    ] {
        let (answer, effect, clerk) = start_under(kind).await;
        let answer = answer.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        assert_eq!((answer.status.as_u16(), effect), (status, processed), "{kind:?}");
        assert_eq!(answer.header("retry-after").is_some(), kind == FaultKind::TooManyRequestsRetryAfter);
        assert_eq!(clerk.tenant.stats().faults[&format!("{kind:?}")], 1);
    }
}

#[tokio::test]
async fn faults_of_the_connection_break_it_before_or_after_the_work() {
    for (kind, processed) in
        [(FaultKind::ResetBefore, 0), (FaultKind::ResetAfter, 1), (FaultKind::TruncatedBody, 1), (FaultKind::Hang, 1)]
    {
        let (answer, effect, _clerk) = start_under(kind).await;
        assert!(answer.is_err(), "{kind:?}");
        assert_eq!(effect, processed, "{kind:?}");
    }
}

#[tokio::test]
async fn a_terminated_bulk_tells_what_it_has_not_processed() {
    let clerk = Clerk::small().await;
    clerk.tenant.set_faults(Faults::always(FaultKind::BulkTerminated));
    let answer = clerk.post("PPS370MI", &vec![("StartEntry", json!({ "BAOR": "PFY" })); 20]).await.json();
    let results = answer["results"].as_array().unwrap();
    assert_eq!((results.len(), answer["wasTerminated"].as_bool()), (20, Some(true)));
    let left = results.iter().filter(|result| result["notProcessed"] == true).count();
    assert!(left > 0);
    assert_eq!(answer["nrOfNotProcessedTransactions"], left);
    assert_eq!(clerk.tenant.messages().len(), 20 - left);
}

#[tokio::test]
async fn a_short_answer_hides_some_of_what_was_processed() {
    let clerk = Clerk::small().await;
    for seed in 0..20 {
        let before = clerk.tenant.messages().len();
        clerk.tenant.set_faults(Faults { seed, ..Faults::always(FaultKind::ShortResults) });
        let answer = clerk.post("PPS370MI", &vec![("StartEntry", json!({ "BAOR": "PFY" })); 20]).await.json();
        let answered = answer["results"].as_array().unwrap().len();
        let processed = clerk.tenant.messages().len() - before;
        assert!(answered < 20 && answered <= processed && processed <= 20, "seed {seed}");
    }
}

#[tokio::test]
async fn a_list_may_break_off_with_an_error_beside_its_records() {
    let clerk = Clerk::small().await;
    clerk.tenant.set_faults(Faults::always(FaultKind::PartialRecords));
    let result = clerk.one("CRS620MI/LstSuppliers?maxrecs=10").await;
    assert_eq!(result["records"].as_array().unwrap().len(), 5);
    assert_eq!(result["errorType"], "ServerReturnedNOK");
}

#[tokio::test]
async fn a_one_shot_fault_waits_for_its_call_and_strikes_once() {
    let clerk = Clerk::small().await;
    let message = clerk.staged("PFY1").await;
    let finish = Matcher::operation("POST PPS370MI").containing("FinishEntry");
    clerk.tenant.fault_next(finish, FaultKind::ResetAfter);
    clerk.bulk("PPS370MI", &[("StartEntry", json!({ "BAOR": "PFY" }))]).await;

    let call = body("PPS370MI", &[("FinishEntry", json!({ "MSGN": message }))]);
    assert!(clerk.try_post(call).await.is_err());
    let again = clerk.finish(&message).await;
    assert_eq!(again["errorCode"], "PP37010", "the first one had got through");
}

#[tokio::test]
async fn the_same_seed_fails_the_same_calls() {
    let mut runs = Vec::new();
    for seed in [5, 5, 6] {
        let caller = Caller::small().await;
        caller.tenant.set_faults(Faults { seed, pause: Duration::ZERO, ..Faults::share(500) });
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(caller.try_get("/api/v2/currencies/").await.ok().map(|answer| answer.status));
        }
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test]
async fn what_only_bulk_calls_suffer_strikes_the_first_of_them_whatever_came_before() {
    let clerk = Clerk::small().await;
    for seed in 0..20 {
        clerk.tenant.set_faults(Faults { seed, hang: Duration::ZERO, pause: Duration::ZERO, ..Faults::share(1000) });
        let before = clerk.tenant.stats().faults;
        for _ in 0..seed {
            // However it ends.
            drop(clerk.try_get("GENERAL/GetUserInfo").await);
        }
        for _ in 0..3 {
            drop(clerk.try_post(body("PPS370MI", &vec![("StartEntry", json!({ "BAOR": "PFY" })); 5])).await);
        }
        let after = clerk.tenant.stats().faults;
        for kind in ["BulkTerminated", "BulkBadRequest", "ShortResults"] {
            let struck = after.get(kind).unwrap_or(&0) - before.get(kind).unwrap_or(&0);
            assert_eq!(struck, 1, "seed {seed}: {kind}");
        }
    }
}

#[tokio::test]
async fn faults_never_touch_the_control_endpoints() {
    let caller = Caller::small().await;
    caller.tenant.set_faults(Faults::always(FaultKind::ResetBefore));
    let url = caller.url("/_sandbox/stats");
    let stats = crate::client::send("GET", &url, &[], "").await;
    assert_eq!(stats.status, StatusCode::OK);
    assert_eq!(stats.json()["requests"]["POST /oauth/token"], 1);
}

#[tokio::test]
async fn the_rate_limit_refuses_with_or_without_saying_until_when() {
    for retry_after in [true, false] {
        let config = ProcurifyConfig { per_minute: 3, retry_after, scenario: small(), ..ProcurifyConfig::default() };
        let caller = Caller::new(config).await;
        for _ in 0..2 {
            assert_eq!(caller.get("/api/v2/currencies/").await.status, StatusCode::OK);
        }
        let refused = caller.get("/api/v2/currencies/").await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.header("retry-after").is_some(), retry_after);
        assert_eq!(caller.tenant.stats().throttled, 1);
        caller.tenant.advance(Duration::from_secs(60));
        assert_eq!(caller.get("/api/v2/currencies/").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_gateway_has_its_own_rate_limit() {
    let clerk = Clerk::new(M3Config { per_minute: 2, scenario: small(), ..M3Config::default() }).await;
    assert_eq!(clerk.get("GENERAL/GetUserInfo").await.status, StatusCode::OK);
    assert_eq!(clerk.get("GENERAL/GetUserInfo").await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn what_has_arrived_is_carried_out_though_the_caller_is_gone() {
    let clerk = Clerk::small().await;
    clerk.tenant.set_faults(Faults { latency: Duration::from_millis(5), ..Faults::default() });
    let call = body("PPS370MI", &[("StartEntry", json!({ "BAOR": "PFY" }))]);
    let address = clerk.tenant.base_url().replace("http://", "");
    let request = format!(
        "POST /SANDBOX_TST/M3/m3api-rest/v2/execute HTTP/1.1\r\nHost: {address}\r\nAuthorization: {}\r\n\
         Content-Length: {}\r\n\r\n{call}",
        clerk.bearer,
        call.len()
    );
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    while !clerk.tenant.stats().requests.contains_key("POST PPS370MI") {
        tokio::task::yield_now().await;
    }
    drop(stream);
    while clerk.tenant.messages().is_empty() {
        tokio::task::yield_now().await;
    }
}
