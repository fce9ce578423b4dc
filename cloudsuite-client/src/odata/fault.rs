//! What a failed request of `OData` proves, and what the server says about it.

use std::borrow::Borrow;

use serde::Deserialize;
use tenant_http::{Error, ErrorKind, Outcome, Response};

/// Statuses whose bodies explain a refusal; the others are judged by the layer below.
pub(crate) const EXPLAINED: [u16; 7] = [400, 404, 409, 412, 422, 424, 428];

#[derive(Deserialize)]
struct Body {
    error: Detail,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    target: Option<String>,
    #[serde(default)]
    details: Option<Vec<Detail>>,
}

impl Detail {
    fn words(&self) -> String {
        let message = self.message.as_deref().unwrap_or("no message").split_whitespace().collect::<Vec<_>>().join(" ");
        let mut words = match (&self.target, self.code.as_deref().filter(|code| !code.is_empty())) {
            (Some(target), Some(code)) => format!("{message} ({code}, {target})"),
            (None, Some(code)) => format!("{message} ({code})"),
            (Some(target), None) => format!("{message} ({target})"),
            (None, None) => message,
        };
        for detail in self.details.iter().flatten() {
            words = format!("{words}; {}", detail.words());
        }
        words
    }
}

/// What the server says, from an error body.
pub(crate) fn explain(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Body>(body).ok().map(|body| body.error.words())
}

/// The error of a status; `None` for a success.
pub(crate) fn judge(operation: &str, status: u16, body: &[u8]) -> Option<Error> {
    use ErrorKind::{Auth, Conflict, NotFound, Other, Permission, RateLimited, Timeout, Unavailable, Validation};
    use Outcome::{NotProcessed, Rejected, Unknown};
    let (kind, outcome, words) = match status {
        200..=299 => return None,
        401 => (Auth, NotProcessed, "the token was not accepted"),
        403 => (Permission, NotProcessed, "the credentials lack the permission for this"),
        404 => (NotFound, NotProcessed, "there is no such entity, or no such service"),
        409 => (Conflict, Rejected, "it exists already, or is locked"),
        412 => (Conflict, Rejected, "it has changed since it was read: read it again"),
        424 => (Unavailable, NotProcessed, "not processed, for another request failed"),
        428 => (Validation, NotProcessed, "the state at which it was read must be named"),
        429 => (RateLimited, NotProcessed, "too many requests: lower the rate"),
        // Not the service's own answer: somebody else on the way may give it, after the work was done.
        400 if explain(body).is_none() => (Validation, Unknown, "refused without the service's words"),
        408 | 504 => (Timeout, Unknown, "the server gave up waiting: it may have happened"),
        400..=499 => (Validation, Rejected, "the server refused the request"),
        500..=599 => (Unavailable, Unknown, "the server failed: it may have happened"),
        _ => (Other, Unknown, "an unexpected answer"),
    };
    let message = match explain(body) {
        Some(said) => format!("{words}; the server says: {}", said.chars().take(500).collect::<String>()),
        None => words.to_owned(),
    };
    Some(Error::new(kind, outcome, operation, message).with_status(status))
}

/// A response of an accepted status, or the error that it is.
pub(crate) fn accepted<R: Borrow<Response>>(operation: &str, given: R) -> Result<R, Error> {
    let response = given.borrow();
    match judge(operation, response.status, &response.body) {
        None => Ok(given),
        Some(error) => Err(error.with_request_id(response.request_id.clone())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn error_bodies_are_explained_with_their_details() {
        let body = br#"{"error": {"code": "422", "message": "Not  allowed", "details": [
            {"code": "x1", "message": "Supplier is blocked", "target": "Supplier"}]}}"#;
        assert_eq!(explain(body).unwrap(), "Not allowed (422); Supplier is blocked (x1, Supplier)");
        assert_eq!(explain(b"<html>"), None);
        assert!(judge("POST Orders", 201, b"").is_none());
        assert_eq!(judge("POST Orders", 424, b"").unwrap().outcome(), Outcome::NotProcessed);
        assert_eq!(judge("POST Orders", 500, b"").unwrap().outcome(), Outcome::Unknown);
    }
}
