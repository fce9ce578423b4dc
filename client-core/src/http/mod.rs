//! One tenant's HTTP endpoint: built once, cloned cheaply, the same rules for every call.

mod buffers;
mod builder;
mod classify;
mod download;
mod observe;
mod redirect;
mod request;
mod response;
mod send;
mod tls;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use url::Url;

use crate::scrub::Scrubber;
use crate::{Limiter, RetryPolicy, TokenSource};

use buffers::Buffers;

pub use builder::HttpBuilder;
pub use download::Download;
pub use observe::{Exchange, Observer};
pub use request::{Replay, Request};
pub use response::{RateLimit, Response};
pub use send::Undecoded;

/// Turns the body of an error answer (status, text) into the server's own words, if it finds any.
pub type Explain = fn(u16, &str) -> Option<String>;

/// How long to wait for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection. Default 10 s.
    pub connect: Duration,
    /// For a whole call, body included. Default 60 s.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), request: Duration::from_secs(60) }
    }
}

/// Counts the HTTP requests that went out; clones count together.
#[derive(Debug, Clone, Default)]
pub struct RequestCounter(Arc<AtomicU64>);

impl RequestCounter {
    /// Requests sent so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn sent(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// The connection could not be made: nothing went out after all.
    fn not_sent(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A tenant's HTTP endpoint. Clones share everything.
#[derive(Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

struct Inner {
    client: reqwest::Client,
    system: String,
    base: Url,
    headers: HeaderMap,
    limiter: Limiter,
    retry: RetryPolicy,
    timeouts: Timeouts,
    max_body: usize,
    tokens: Option<Arc<dyn TokenSource>>,
    bare_tokens: bool,
    scrubber: Scrubber,
    counter: RequestCounter,
    buffers: Buffers,
    explain: Option<Explain>,
    observer: Option<Arc<dyn Observer>>,
    /// What the server last said of its limit.
    told_limit: Mutex<RateLimit>,
}

impl Http {
    /// Starts an endpoint; paths of requests are appended to `base_url`, its own path included.
    pub fn builder(base_url: Url) -> HttpBuilder {
        HttpBuilder::new(base_url)
    }

    /// What the server is called where it is told that it does not answer, such as `Procurify (acme.procurify.com)`.
    pub fn system(&self) -> &str {
        &self.inner.system
    }

    /// A `GET`, which may be sent again after a failure.
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// A `POST`, sent again only when proven unprocessed.
    pub fn post(&self, path: &str) -> Request {
        self.request(Method::POST, path)
    }

    /// Any request. `path` is appended to the base URL; a full URL is taken if it is of the same origin.
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request::new(self.clone(), method, path)
    }

    /// Where requests go.
    pub fn base_url(&self) -> &Url {
        &self.inner.base
    }

    /// HTTP requests sent by this endpoint, its clones, and whoever else shares its counter.
    pub fn requests(&self) -> u64 {
        self.inner.counter.get()
    }

    /// What the server last said of its own limit, for people to compare with the pace that is set. Empty where it
    /// says nothing.
    pub fn rate_limit(&self) -> RateLimit {
        *self.inner.told_limit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pace that all clones share.
    pub fn limiter(&self) -> &Limiter {
        &self.inner.limiter
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("base", &self.inner.base.as_str())
            .field("limiter", &self.inner.limiter)
            .finish_non_exhaustive()
    }
}
