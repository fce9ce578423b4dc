//! What can be watched of each exchange: a span, an event, and a hook for metrics.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tracing::Span;
use tracing::field::Empty;

use super::request::Request;
use super::send::{Body, Failure};
use crate::ErrorKind;

/// Is told of each HTTP exchange as it ends, retries and redirects included. For metrics: it must be quick.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use tenant_http::{Exchange, Observer};
///
/// #[derive(Default)]
/// struct Retries(AtomicU64);
///
/// impl Observer for Retries {
///     fn exchanged(&self, exchange: &Exchange<'_>) {
///         if exchange.attempt > 1 {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait Observer: Send + Sync {
    /// An exchange has ended, well or not.
    fn exchanged(&self, exchange: &Exchange<'_>);
}

/// One HTTP exchange. It holds no secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Exchange<'a> {
    /// What the request is called in errors.
    pub operation: &'a str,
    /// HTTP method.
    pub method: &'a str,
    /// The path with ids as `{id}`: few enough values to label metrics with.
    pub resource: &'a str,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What failed, if there was none.
    pub error: Option<ErrorKind>,
    /// Which try this was; the first is 1.
    pub attempt: u32,
    /// How long it waited for its turn.
    pub waited: Duration,
    /// How long it took, body included unless that is streamed.
    pub took: Duration,
    /// Bytes of the body, decompressed; 0 where it is streamed.
    pub bytes: usize,
}

/// Watches one exchange.
pub(super) struct Watch<'a> {
    request: &'a Request,
    resource: String,
    attempt: u32,
    waited: Duration,
    pub(super) span: Span,
}

impl<'a> Watch<'a> {
    pub(super) fn new(request: &'a Request, attempt: u32, waited: Duration) -> Self {
        let resource = request.url.as_ref().map(|url| resource(url.path())).unwrap_or_default();
        let span = tracing::debug_span!(
            "http_request",
            method = %request.method,
            resource,
            attempt,
            waited_ms = waited.as_millis(),
            status = Empty,
        );
        Self { request, resource, attempt, waited, span }
    }

    pub(super) fn done(self, result: &Result<(StatusCode, HeaderMap, Body), Failure>, took: Duration) {
        let status = match result {
            Ok((status, ..)) => Some(status.as_u16()),
            Err(failure) => failure.error.status(),
        };
        if let Some(status) = status {
            self.span.record("status", status);
        }
        self.span.in_scope(|| {
            tracing::debug!(
                operation = self.request.operation,
                method = %self.request.method,
                status,
                attempt = self.attempt,
                waited_ms = self.waited.as_millis(),
                took_ms = took.as_millis(),
                "request"
            );
        });
        let Some(observer) = &self.request.http.inner.observer else { return };
        observer.exchanged(&Exchange {
            operation: &self.request.operation,
            method: self.request.method.as_str(),
            resource: &self.resource,
            status,
            error: result.as_ref().err().map(|failure| failure.error.kind()),
            attempt: self.attempt,
            waited: self.waited,
            took,
            bytes: match result {
                Ok((_, _, Body::Whole(body))) => body.len(),
                _ => 0,
            },
        });
    }
}

/// A path with what looks like an id replaced.
fn resource(path: &str) -> String {
    let is_id = |segment: &str| {
        let digits = segment.chars().filter(char::is_ascii_hexdigit).count();
        let number = !segment.is_empty() && segment.chars().all(|c| c.is_ascii_digit());
        number || (digits == 32 && segment.chars().all(|c| c == '-' || c.is_ascii_hexdigit()))
    };
    path.split('/').map(|segment| if is_id(segment) { "{id}" } else { segment }).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_do_not_show_in_the_resource() {
        for (path, shown) in [
            ("/api/v3/vendors/", "/api/v3/vendors/"),
            ("/api/v3/vendors/17/", "/api/v3/vendors/{id}/"),
            ("/api/v2/ap/bills/00112233-4455-6677-8899-aabbccddeeff/", "/api/v2/ap/bills/{id}/"),
            ("/api/v2/ap/bills/00112233445566778899aabbccddeeff/", "/api/v2/ap/bills/{id}/"),
        ] {
            assert_eq!(resource(path), shown);
        }
    }
}
