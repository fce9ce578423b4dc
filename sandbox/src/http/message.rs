//! A call as it came in, and what becomes of it.

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, StatusCode};
use serde_json::Value;

/// A call, read to its end.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The path as sent, percent-encoding and all.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The form fields of the body.
    pub(crate) fn form(&self) -> std::collections::HashMap<String, String> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    pub(crate) fn has_json_body(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("application/json"))
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self::text(status, "application/json", value.to_string())
    }

    pub(crate) fn ok(value: &Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    pub(crate) fn html(status: StatusCode, title: &str) -> Self {
        let page = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>");
        Self::text(status, "text/html", page)
    }

    pub(crate) fn csv(table: String) -> Self {
        Self::text(StatusCode::OK, "text/csv", table)
    }

    fn text(status: StatusCode, kind: &'static str, body: String) -> Self {
        let headers = vec![(hyper::header::CONTENT_TYPE, HeaderValue::from_static(kind))];
        Self { status, headers, body: body.into() }
    }

    pub(crate) fn multipart(boundary: &str, body: String) -> Self {
        let mut reply = Self::text(StatusCode::OK, "multipart/mixed", body);
        let kind = HeaderValue::from_str(&format!("multipart/mixed; boundary={boundary}"));
        reply.headers = kind.map(|kind| (hyper::header::CONTENT_TYPE, kind)).into_iter().collect();
        reply
    }

    /// Adds a header; a value that no header can carry is left out.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }
}

/// How a call ends on the wire.
#[derive(Debug)]
pub(crate) enum Verdict {
    Answer(Reply),
    /// The head promises the whole body, of which the half is sent.
    Truncate(Reply),
    /// The connection is reset, without an answer.
    Reset,
}
