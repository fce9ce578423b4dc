//! What a failure proves: its kind, whether the request happened, and whether it may pass by itself.

use crate::ErrorKind::{
    Auth, Config, Conflict, Connect, NotFound, Other, Permission, Protocol, RateLimited, Timeout, TooLarge,
    Unavailable, Validation,
};
use crate::Outcome::{NotProcessed, Rejected, Unknown};
use crate::{ErrorKind, Outcome};

/// A failure, judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) kind: ErrorKind,
    pub(super) outcome: Outcome,
    /// The same request may succeed a little later.
    pub(super) transient: bool,
    /// What failed and what to do.
    pub(super) words: &'static str,
}

const fn verdict(kind: ErrorKind, outcome: Outcome, transient: bool, words: &'static str) -> Verdict {
    Verdict { kind, outcome, transient, words }
}

/// An answer with a status that nobody accepted.
pub(super) fn status(status: u16) -> Verdict {
    match status {
        401 => verdict(Auth, NotProcessed, false, "the credentials were not accepted"),
        403 => verdict(Permission, NotProcessed, false, "the credentials lack the permission for this"),
        404 | 410 => verdict(NotFound, NotProcessed, false, "there is no such thing"),
        405 => verdict(Validation, NotProcessed, false, "the method is not allowed here: check the path"),
        409 | 412 => {
            verdict(Conflict, Rejected, false, "it contradicts the present state: read again before the next try")
        }
        413 => verdict(TooLarge, Rejected, false, "the request is too large: send less at a time"),
        400 | 411 | 414..=424 => verdict(Validation, Rejected, false, "the server refused the request"),
        408 | 504 => verdict(Timeout, Unknown, true, "the server gave up waiting: it may have happened"),
        429 => verdict(RateLimited, NotProcessed, true, "too many requests: lower the rate"),
        500 | 502 | 503 | 520..=530 => verdict(Unavailable, Unknown, true, "the server failed: it may have happened"),
        501 | 505..=519 | 531..=599 => verdict(Unavailable, Unknown, false, "the server failed"),
        300..=399 => verdict(Protocol, Unknown, false, "an unexpected redirect"),
        426..=499 => verdict(Other, Rejected, false, "the server refused the request"),
        _ => verdict(Other, Unknown, false, "an unexpected answer"),
    }
}

/// No answer, or one that broke off.
pub(super) fn transport(error: &reqwest::Error) -> Verdict {
    if error.is_builder() {
        verdict(Config, NotProcessed, false, "the request could not be built")
    } else if error.is_connect() {
        verdict(Connect, NotProcessed, true, "could not connect: check the address, the network and the certificate")
    } else if error.is_timeout() {
        verdict(Timeout, Unknown, true, "no answer in time: it may have happened")
    } else if error.is_decode() || error.is_body() {
        verdict(Protocol, Unknown, true, "the answer broke off or is garbled: it may have happened")
    } else {
        verdict(Connect, Unknown, true, "the connection broke: it may have happened")
    }
}

/// A page for people where data was expected: a login form, a proxy, a gateway in trouble.
pub(super) fn html() -> Verdict {
    verdict(
        Protocol,
        Unknown,
        false,
        "an HTML page came instead of data: check the base URL, or a gateway is in trouble",
    )
}

/// Half an answer.
pub(super) fn cut_short() -> Verdict {
    verdict(Protocol, Unknown, true, "the answer ends in the middle: it may have happened")
}

/// The answer is longer than we are willing to read.
pub(super) fn too_large() -> Verdict {
    verdict(TooLarge, Unknown, false, "the answer is larger than allowed: ask for less at a time")
}

/// A redirect that was not followed.
pub(super) fn refused_redirect() -> Verdict {
    verdict(Protocol, Unknown, false, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_proves_no_more_than_it_should() {
        for (code, kind, outcome) in [
            (400, Validation, Rejected),
            (401, Auth, NotProcessed),
            (403, Permission, NotProcessed),
            (404, NotFound, NotProcessed),
            (405, Validation, NotProcessed),
            (408, Timeout, Unknown),
            (409, Conflict, Rejected),
            (413, TooLarge, Rejected),
            (422, Validation, Rejected),
            (429, RateLimited, NotProcessed),
            (500, Unavailable, Unknown),
            (502, Unavailable, Unknown),
            (503, Unavailable, Unknown),
            (504, Timeout, Unknown),
            (599, Unavailable, Unknown),
            (302, Protocol, Unknown),
        ] {
            let verdict = status(code);
            assert_eq!((verdict.kind, verdict.outcome), (kind, outcome), "{code}");
        }
    }
}
