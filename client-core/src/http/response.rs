//! An answer, read to its end.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::scrub::{Scrubber, holds_token, shorten};
use crate::{Error, ErrorKind, Outcome, RequestIds};

/// Headers in which servers put their id of a request.
const REQUEST_IDS: [&str; 4] = ["x-request-id", "x-procurify-request-id", "x-correlation-id", "x-amzn-requestid"];

/// An answer with one of the accepted statuses. Its `Debug` does not show the body.
#[derive(Clone)]
#[non_exhaustive]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The whole body, decompressed.
    pub body: Bytes,
    /// The server's clock, from the `Date` header.
    pub date: Option<DateTime<Utc>>,
    /// The server's id of the request.
    pub request_id: Option<String>,
    /// Media type of the body.
    pub content_type: Option<String>,
    /// What the server tells of its limit.
    pub rate_limit: RateLimit,
    /// All headers.
    pub headers: HeaderMap,
    scrubber: Scrubber,
    token: Option<SecretString>,
}

/// A server's account of its limit, where it gives one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls allowed in its window.
    pub limit: Option<u64>,
    /// Calls left in its window.
    pub remaining: Option<u64>,
}

impl RateLimit {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        Self {
            limit: number(headers, &["x-ratelimit-limit", "ratelimit-limit"]),
            remaining: number(headers, &["x-ratelimit-remaining", "ratelimit-remaining"]),
        }
    }
}

impl Response {
    pub(super) fn new(status: u16, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            status,
            body,
            date: text(&headers, DATE.as_str())
                .and_then(|date| httpdate::parse_http_date(date).ok())
                .map(DateTime::<Utc>::from),
            request_id: request_id(&headers),
            content_type: text(&headers, CONTENT_TYPE.as_str()).map(ToOwned::to_owned),
            rate_limit: RateLimit::read(&headers),
            headers,
            scrubber: Scrubber::default(),
            token: None,
        }
    }

    /// With what must not be quoted from the body.
    pub(super) fn guarded(mut self, scrubber: &Scrubber, token: Option<&SecretString>) -> Self {
        self.scrubber = scrubber.clone();
        self.token = token.cloned();
        self
    }

    /// The server's id of the request, as results carry it.
    pub fn request_ids(&self) -> RequestIds {
        self.request_id.as_deref().map(Into::into).into_iter().collect()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        text(&self.headers, name)
    }

    /// The body as text, with what is not UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON. What cannot be read names the field by its path, and the place is quoted.
    ///
    /// The outcome of such an error is unknown: the server took the request.
    pub fn json<T: DeserializeOwned>(&self, operation: &str) -> Result<T, Error> {
        // The plain reading is the fast one; the path is only traced when it fails. To look at the encoding
        // of all at once is quicker than to look at each string's.
        let read = match std::str::from_utf8(&self.body) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(&self.body),
        };
        read.map_err(|plain| self.unreadable::<T>(operation, plain))
    }

    fn unreadable<T: DeserializeOwned>(&self, operation: &str, plain: serde_json::Error) -> Error {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        let path = serde_path_to_error::deserialize::<_, T>(&mut reader)
            .err()
            .map(|traced| traced.path().to_string())
            .filter(|path| path != ".");
        let place = path.map_or_else(|| "the answer".to_owned(), |path| format!("`{path}`"));
        let near = self.near(plain.line(), plain.column());
        Error::new(ErrorKind::Decode, Outcome::Unknown, operation, format!("{place} could not be read, near {near}"))
            .with_status(self.status)
            .with_request_id(self.request_id.clone())
            .with_source(plain)
    }

    /// What stands around a place in the body.
    fn near(&self, line: usize, column: usize) -> String {
        const BEFORE: usize = 80;
        const AFTER: usize = 40;
        if holds_token(&self.text()) {
            return self.scrubber.quote(&self.body, None);
        }
        // Scrubbed before it is cut, so that no half secret is left; the place may shift a little.
        let line = self.body.split(|b| *b == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
        let upto = String::from_utf8_lossy(&line[..line.len().min(column + AFTER)]);
        let clean = self.scrubber.clean(&upto, self.token.as_ref());
        let skipped = clean.chars().count().saturating_sub(BEFORE + AFTER);
        let shown: String = clean.chars().skip(skipped).collect();
        format!("{shown:?}")
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("request_id", &self.request_id)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    REQUEST_IDS.iter().find_map(|name| text(headers, name)).map(|id| shorten(id, 100))
}

fn number(headers: &HeaderMap, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| text(headers, name)?.trim().parse().ok())
}

/// `Retry-After`, in seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER.as_str())?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    // Against the server's own clock where it shows one: ours may differ.
    let now = text(headers, DATE.as_str())
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or_else(SystemTime::now);
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        for (pairs, expected) in [
            (vec![("retry-after", "7")], Some(7)),
            (
                vec![("date", "Tue, 01 Dec 2026 10:00:00 GMT"), ("retry-after", "Tue, 01 Dec 2026 10:00:30 GMT")],
                Some(30),
            ),
            (vec![("retry-after", "soon")], None),
            (vec![], None),
        ] {
            let wait = retry_after(&headers(&pairs));
            assert_eq!(wait, expected.map(Duration::from_secs), "{pairs:?}");
        }
    }
}
