//! Settings of an endpoint, checked once.

use std::sync::{Arc, Mutex};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use url::{Host, Position, Url};

use super::{Explain, Http, Inner, Observer, RequestCounter, Timeouts, tls};
use crate::scrub::Scrubber;
use crate::{Error, Limiter, RetryPolicy, TokenSource};

const WHERE: &str = "building the HTTP client";

/// Settings of an [`Http`]; each has a default.
#[must_use = "nothing is built until build()"]
pub struct HttpBuilder {
    base: Url,
    client: Option<reqwest::Client>,
    extra_roots: Vec<Vec<u8>>,
    headers: Vec<(String, String)>,
    limiter: Limiter,
    retry: RetryPolicy,
    timeouts: Timeouts,
    max_body: usize,
    tokens: Option<Arc<dyn TokenSource>>,
    bare_tokens: bool,
    secrets: Vec<SecretString>,
    counter: RequestCounter,
    explain: Option<Explain>,
    observer: Option<Arc<dyn Observer>>,
    system: Option<String>,
}

impl HttpBuilder {
    pub(super) fn new(base: Url) -> Self {
        Self {
            base,
            client: None,
            extra_roots: Vec::new(),
            headers: Vec::new(),
            limiter: Limiter::unlimited(),
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            max_body: 64 * 1024 * 1024,
            tokens: None,
            bare_tokens: false,
            secrets: Vec::new(),
            counter: RequestCounter::default(),
            explain: None,
            observer: None,
            system: None,
        }
    }

    /// A client of your own, with its own pool, proxy, TLS and connect timeout.
    ///
    /// Build it with `redirect::Policy::none()`, or its redirects escape the rules kept here.
    pub fn reqwest_client(mut self, client: reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }

    /// A further root certificate (PEM), for servers on premise. Not for a client of your own.
    pub fn extra_root_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_roots.push(pem.into());
        self
    }

    /// The pace. Default: unlimited.
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = limiter;
        self
    }

    /// When to try again.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// How long to wait.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Largest answer that is read, in bytes after decompression. Default 64 MiB.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// A header on every request.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Where bearer tokens come from. Default: none are sent.
    pub fn tokens(mut self, tokens: Arc<dyn TokenSource>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Sends tokens as they are, without the word `Bearer`: for servers that know no scheme.
    pub fn bare_tokens(mut self) -> Self {
        self.bare_tokens = true;
        self
    }

    /// Secrets that must not appear in an error, whatever a server echoes. The token in use is always among them.
    pub fn secrets(mut self, secrets: Vec<SecretString>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    /// Counts requests together with another endpoint.
    pub fn counter(mut self, counter: RequestCounter) -> Self {
        self.counter = counter;
        self
    }

    /// How to find the server's words in an error answer. Default: the body is quoted.
    pub fn explain(mut self, explain: Explain) -> Self {
        self.explain = Some(explain);
        self
    }

    /// Is told of each exchange, for metrics. Default: nobody is.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// What the server is called, beside its host, where it is told that it does not answer. Default: the host alone.
    pub fn system(mut self, name: impl Into<String>) -> Self {
        self.system = Some(name.into());
        self
    }

    /// Checks the settings. Plain `http` is refused except to a loopback address.
    pub fn build(self) -> Result<Http, Error> {
        check_scheme(&self.base)?;
        if !self.base.username().is_empty() || self.base.password().is_some() {
            return Err(Error::config(
                WHERE,
                "the base URL holds a user name or password: pass credentials separately",
            ));
        }
        let client = match self.client {
            Some(client) => client,
            None => client(&self.base, self.timeouts, &self.extra_roots)?,
        };
        let host = &self.base[Position::BeforeHost..Position::AfterPort];
        let system = self.system.map_or_else(|| host.to_owned(), |name| format!("{name} ({host})"));
        Ok(Http {
            inner: Arc::new(Inner {
                client,
                system,
                base: self.base,
                headers: headers(&self.headers)?,
                limiter: self.limiter,
                retry: self.retry,
                timeouts: self.timeouts,
                max_body: self.max_body,
                tokens: self.tokens,
                bare_tokens: self.bare_tokens,
                scrubber: Scrubber::new(self.secrets),
                counter: self.counter,
                explain: self.explain,
                observer: self.observer,
                told_limit: Mutex::default(),
                buffers: super::Buffers::default(),
            }),
        })
    }
}

fn check_scheme(base: &Url) -> Result<(), Error> {
    match base.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(base) => Ok(()),
        "http" => Err(Error::config(
            WHERE,
            format!(
                "http://{} would send credentials in the clear: use https (plain http is only for loopback addresses)",
                base.host_str().unwrap_or_default()
            ),
        )),
        scheme => Err(Error::config(WHERE, format!("the base URL has the scheme {scheme:?}: use https"))),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

fn client(base: &Url, timeouts: Timeouts, roots: &[Vec<u8>]) -> Result<reqwest::Client, Error> {
    let plain = base.scheme() == "http";
    // A wrong certificate is told of wherever it is set.
    let roots = tls::extra_roots(roots)?;
    let tls = if plain { tls::trusting_nobody() } else { tls::trusting_the_platform(roots) };
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls?)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(timeouts.connect)
        .user_agent(concat!("tenant-http/", env!("CARGO_PKG_VERSION")));
    if plain {
        // A proxy has no business between us and ourselves.
        builder = builder.no_proxy();
    }
    builder
        .build()
        .map_err(|e| Error::config(WHERE, "the HTTP client could not be set up").with_source(e.without_url()))
}

fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, Error> {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) else {
            return Err(Error::config(
                WHERE,
                format!("the header {name:?} has a name or value that HTTP does not allow"),
            ));
        };
        map.insert(name, value);
    }
    Ok(map)
}
