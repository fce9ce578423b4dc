//! What both tenants have in common before they look at a call: counting, limits, faults, control.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::StatusCode;
use serde_json::json;

use crate::clock::Clock;
use crate::faults::{CallKind, Fault, FaultKind, Injector};
use crate::http::{Call, Reply, Serve, Verdict};
use crate::limiter::{self, Limiter};
use crate::stats::{AnsweredCall, Counters, Stats};

/// The header in which a tenant names an answer, for those who ask about it.
const REQUEST_ID: &str = "x-request-id";

/// A tenant behind the front.
pub(crate) trait Tenant: Send + Sync + 'static {
    /// The operation's name in the statistics.
    fn operation(&self, call: &Call) -> String;
    fn kind(&self, call: &Call) -> CallKind;
    /// Answers a call; an M3 call also learns of the fault that is to befall its results.
    fn answer(&self, call: &Call, fault: Option<Fault>) -> Reply;
    /// Makes the caller's token worthless.
    fn expire(&self, call: &Call);
    /// Answers a call under `/_sandbox/`, apart from the statistics.
    fn control(&self, call: &Call) -> Reply;
    fn documents(&self) -> BTreeMap<String, u64>;
    /// What was written so far, by program, IDO or entity set.
    fn writes(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }
    /// The tenant's own form of an error body.
    fn error(&self, status: StatusCode, text: &str) -> Reply;
}

/// A tenant with its counters, limits and faults.
pub(crate) struct Front<T> {
    pub(crate) tenant: T,
    pub(crate) clock: Arc<Clock>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) injector: Injector,
    pub(crate) limiter: Limiter,
    /// Whether a 429 of the rate limit says when to come back.
    pub(crate) retry_after: bool,
}

impl<T: Tenant> Front<T> {
    pub(crate) fn stats(&self) -> Stats {
        self.counters.snapshot(self.tenant.documents(), self.tenant.writes())
    }

    fn control(&self, call: &Call) -> Reply {
        match call.path.trim_end_matches('/') {
            "/_sandbox/stats" => Reply::ok(&json!(self.stats())),
            _ => self.tenant.control(call),
        }
    }

    fn limited(&self, wait: u64) -> Reply {
        let reply = self.tenant.error(StatusCode::TOO_MANY_REQUESTS, "Request was throttled.");
        if self.retry_after { reply.with("retry-after", &wait.to_string()) } else { reply }
    }

    /// Answers under a fault that is not one of delay.
    fn faulty(&self, call: &Call, fault: Fault) -> Verdict {
        let error = |status, text| self.tenant.error(status, text);
        let process = || self.tenant.answer(call, Some(fault));
        Verdict::Answer(match fault.kind {
            FaultKind::TooManyRequests | FaultKind::TooManyRequestsRetryAfter => {
                let reply = error(StatusCode::TOO_MANY_REQUESTS, "Request was throttled.");
                if fault.kind == FaultKind::TooManyRequests {
                    reply
                } else {
                    reply.with("retry-after", &self.injector.settings().retry_after.to_string())
                }
            }
            FaultKind::ServerErrorBefore => error(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error."),
            FaultKind::Unavailable => error(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable."),
            FaultKind::BadGatewayHtml => Reply::html(StatusCode::BAD_GATEWAY, "502 Bad Gateway"),
            FaultKind::BareBadRequestBefore => Reply::empty(StatusCode::BAD_REQUEST),
            FaultKind::BareBadRequestAfter => {
                process();
                Reply::empty(StatusCode::BAD_REQUEST)
            }
            FaultKind::ServerErrorAfter => {
                process();
                error(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error.")
            }
            FaultKind::GatewayTimeoutAfter => {
                process();
                error(StatusCode::GATEWAY_TIMEOUT, "The target did not answer in time.")
            }
            FaultKind::TokenExpired => {
                self.tenant.expire(call);
                process()
            }
            FaultKind::Latency
            | FaultKind::GrowingDelay
            | FaultKind::BulkTerminated
            | FaultKind::BulkBadRequest
            | FaultKind::ShortResults
            | FaultKind::PartialRecords => process(),
            FaultKind::TruncatedBody => return Verdict::Truncate(process()),
            FaultKind::ResetBefore => return Verdict::Reset,
            FaultKind::ResetAfter | FaultKind::Hang => {
                process();
                return Verdict::Reset;
            }
        })
    }

    /// Counts a refusal for too many calls, tells of the limit, gives the answer an id if it has none, and dates it by the
    /// tenant's clock.
    fn closed(&self, verdict: Verdict, call: u64) -> Verdict {
        let date = self.clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let with_head = |reply: Reply| {
            let named = reply.headers.iter().any(|(name, _)| name == REQUEST_ID);
            let reply = if named { reply } else { reply.with(REQUEST_ID, &format!("call-{call}")) };
            match self.limiter.limit() {
                Some(limit) => reply.with("date", &date).with("x-ratelimit-limit", &limit.to_string()),
                None => reply.with("date", &date),
            }
        };
        match verdict {
            Verdict::Answer(reply) => {
                if reply.status == StatusCode::TOO_MANY_REQUESTS {
                    self.counters.throttled();
                }
                Verdict::Answer(with_head(reply))
            }
            Verdict::Truncate(reply) => Verdict::Truncate(with_head(reply)),
            Verdict::Reset => Verdict::Reset,
        }
    }
}

impl<T: Tenant> Front<T> {
    /// Answers a call under the limit and its fault.
    async fn answer(&self, call: &Call, operation: &str) -> Verdict {
        match self.limiter.check(self.clock.now()) {
            limiter::Verdict::Pass => {}
            limiter::Verdict::Delay(delay) => tokio::time::sleep(delay).await,
            limiter::Verdict::Refuse(wait) => return Verdict::Answer(self.limited(wait)),
        }
        let fault = self.injector.draw(self.tenant.kind(call), operation, &call.body);
        let delay = self.injector.delay(fault);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let Some(fault) = fault else {
            return Verdict::Answer(self.tenant.answer(call, None));
        };
        self.counters.fault(&format!("{:?}", fault.kind));
        let verdict = self.faulty(call, fault);
        if fault.kind == FaultKind::Hang {
            tokio::time::sleep(self.injector.settings().hang).await;
        }
        verdict
    }

    /// Keeps a call with the id of its answer, where calls are kept.
    fn keep(&self, call: &Call, verdict: &Verdict) {
        let (Verdict::Answer(reply) | Verdict::Truncate(reply)) = verdict else { return };
        let Some((_, id)) = reply.headers.iter().find(|(name, _)| name == REQUEST_ID) else { return };
        self.counters.keep(|| AnsweredCall {
            request_id: String::from_utf8_lossy(id.as_bytes()).into_owned(),
            method: call.method.to_string(),
            path: call.path.clone(),
            query: call.query.clone(),
            body: String::from_utf8_lossy(&call.body).into_owned(),
        });
    }
}

impl<T: Tenant> Serve for Front<T> {
    async fn serve(self: Arc<Self>, call: Call) -> Verdict {
        if call.path.starts_with("/_sandbox/") {
            return Verdict::Answer(self.control(&call));
        }
        let operation = self.tenant.operation(&call);
        let number = self.counters.request(&operation);
        let verdict = self.answer(&call, &operation).await;
        let verdict = self.closed(verdict, number);
        self.keep(&call, &verdict);
        verdict
    }
}
