//! A request as a value, built by chained methods and ended by `send`.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::zeroize::Zeroizing;
use serde::Serialize;
use url::Url;

use super::redirect::same_origin;
use super::{Download, Http, Response, Undecoded};
use crate::Error;

/// When a request may be sent again after it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Whenever the failure may pass by itself: for reads.
    Safe,
    /// Only when the failure proves that the request was not processed: for writes.
    OnlyIfUnprocessed,
    /// Not at all.
    Never,
}

/// A request being put together. Mistakes in it are reported by [`send`](Request::send).
#[derive(Clone)]
#[must_use = "a request does nothing until sent"]
pub struct Request {
    pub(super) http: Http,
    pub(super) method: Method,
    pub(super) url: Result<Url, Error>,
    pub(super) operation: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
    pub(super) replay: Replay,
    pub(super) accepted: Vec<u16>,
    pub(super) anonymous: bool,
    pub(super) timeout: Duration,
}

impl Request {
    pub(super) fn new(http: Http, method: Method, path: &str) -> Self {
        let shown = path.split(['?', '#']).next().unwrap_or_default();
        let operation = format!("{method} {shown}");
        let url = resolve(http.base_url(), path, &operation);
        let replay = if method == Method::GET { Replay::Safe } else { Replay::OnlyIfUnprocessed };
        Self {
            timeout: http.inner.timeouts.request,
            http,
            method,
            url,
            operation,
            headers: HeaderMap::new(),
            body: None,
            replay,
            accepted: Vec::new(),
            anonymous: false,
        }
    }

    /// What errors and spans call this request. Default: method and path.
    pub fn operation(mut self, operation: &str) -> Self {
        operation.clone_into(&mut self.operation);
        self
    }

    /// Appends query parameters, percent-encoded (a space as `%20`).
    pub fn query<K: AsRef<str>, V: AsRef<str>>(self, pairs: &[(K, V)]) -> Self {
        if pairs.is_empty() {
            return self;
        }
        let encoded =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().replace('+', "%20");
        self.raw_query(&encoded)
    }

    /// Appends to the query what is already encoded.
    pub fn raw_query(mut self, encoded: &str) -> Self {
        if let Ok(url) = &mut self.url {
            let query = match url.query().filter(|query| !query.is_empty()) {
                Some(query) => format!("{query}&{encoded}"),
                None => encoded.to_owned(),
            };
            url.set_query(Some(&query));
        }
        self
    }

    /// A JSON body.
    pub fn json<T: Serialize + ?Sized>(self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.body(Bytes::from(bytes), "application/json"),
            Err(e) => self
                .broken(|operation| Error::config(operation, "the body could not be written as JSON").with_source(e)),
        }
    }

    /// A form body. It is wiped when it is dropped: credentials are sent so.
    pub fn form<K: AsRef<str>, V: AsRef<str>>(self, pairs: &[(K, V)]) -> Self {
        let most = |(name, value): &(K, V)| 3 * (name.as_ref().len() + value.as_ref().len()) + 2;
        // Room for all of it, so that none is left behind where a smaller buffer was.
        let buffer = String::with_capacity(pairs.iter().map(most).sum());
        let encoded = Zeroizing::new(url::form_urlencoded::Serializer::new(buffer).extend_pairs(pairs).finish());
        self.body(Bytes::from_owner(encoded), "application/x-www-form-urlencoded")
    }

    /// A body of any type.
    pub fn body(mut self, body: Bytes, content_type: &str) -> Self {
        self.body = Some(body);
        self.header(CONTENT_TYPE.as_str(), content_type)
    }

    /// A header, in place of one of the same name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
        match parsed {
            Some((name, value)) => {
                self.headers.insert(name, value);
                self
            }
            None => self.broken(|operation| {
                Error::config(operation, format!("the header {name:?} has a name or value that HTTP does not allow"))
            }),
        }
    }

    /// When it may be sent again. Default: [`Replay::Safe`] for `GET`, else [`Replay::OnlyIfUnprocessed`].
    pub fn replay(mut self, replay: Replay) -> Self {
        self.replay = replay;
        self
    }

    /// Further statuses whose answer the caller reads itself; 2xx always are.
    pub fn accept_status(mut self, statuses: &[u16]) -> Self {
        self.accepted.extend_from_slice(statuses);
        self
    }

    /// Without a token.
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// How long to wait for the whole answer, in place of the endpoint's setting.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends it, waiting for its turn, with a token, and again where that is safe.
    ///
    /// Dropping the future gives the call up; a write that was already sent may still happen.
    pub async fn send(self) -> Result<Response, Error> {
        super::send::send(self).await
    }

    /// Sends it under the same rules, for an answer that is decoded later and maybe elsewhere.
    ///
    /// [`send`](Self::send) reads a JSON body once to see that it is whole before it is decoded. Here
    /// decoding itself tells, with the error of [`Response::json`], and a read is then sent again.
    pub async fn send_undecoded(self) -> Result<Undecoded, Error> {
        super::send::undecoded(self).await
    }

    /// Sends it under the same rules, and leaves the body to be read as it comes.
    ///
    /// Once the body has begun nothing is sent again.
    pub async fn send_open(self) -> Result<Download, Error> {
        super::send::open(self).await
    }

    /// Keeps the first mistake.
    fn broken(mut self, error: impl FnOnce(String) -> Error) -> Self {
        if self.url.is_ok() {
            self.url = Err(error(self.operation.clone()));
        }
        self
    }
}

fn resolve(base: &Url, path: &str, operation: &str) -> Result<Url, Error> {
    let wrong = |what: &str| Error::config(operation, format!("the path {path:?} {what}"));
    if path.contains("://") && !path.starts_with('/') && !path.starts_with('?') {
        let url = Url::parse(path).map_err(|e| wrong("is no URL").with_source(e))?;
        return if same_origin(base, &url) {
            Ok(url)
        } else {
            Err(wrong("leads to another host: credentials stay with one host"))
        };
    }
    let prefix = base.as_str().trim_end_matches('/');
    let joined = format!("{prefix}/{}", path.trim_start_matches('/'));
    let url = Url::parse(&joined).map_err(|e| wrong("makes no URL").with_source(e))?;
    if same_origin(base, &url) { Ok(url) } else { Err(wrong("leads to another host")) }
}
