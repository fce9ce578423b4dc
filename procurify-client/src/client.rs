//! The client: built once, cloned cheaply, and what hangs off it.

use std::sync::Arc;
use std::time::Duration;

use tenant_http::{
    Error, Http, Limiter, Method, Observer, Request, RequestCounter, RetryPolicy, SecretString, Timeouts, TokenCache,
    TokenManager, TokenSource, Traced, Undecoded, Url,
};

use crate::envelope::{Described, Single};
use crate::explain::explain;
use crate::login::ClientCredentials;

const WHERE: &str = "building the Procurify client";

/// A client of one Procurify tenant.
#[derive(Debug, Clone)]
pub struct ProcurifyClient {
    http: Http,
    page_size: u64,
    request_timeout: Duration,
}

impl ProcurifyClient {
    /// Starts a client of `https://{domain}.procurify.com`.
    pub fn builder(domain: impl Into<String>) -> ProcurifyClientBuilder {
        ProcurifyClientBuilder::new(domain.into())
    }

    /// The user that the credentials act as: the cheapest call that proves them.
    pub async fn me(&self) -> Result<crate::Me, Error> {
        self.single("/api/v3/users/me/").await
    }

    /// A `GET` of any path, with token and headers, for what is not typed yet. Paths end with a slash.
    ///
    /// ```no_run
    /// # async fn run(procurify: procurify_client::ProcurifyClient) -> Result<(), procurify_client::Error> {
    /// let answer = procurify.get("/api/v2/currencies/").query(&[("active", "true")]).send().await?;
    /// let json: serde_json::Value = answer.json("currencies")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, path: &str) -> Request {
        self.http.get(path)
    }

    /// Any request, with token and headers. A write is sent again only when proven unprocessed.
    pub fn request(&self, method: Method, path: &str) -> Request {
        self.http.request(method, path)
    }

    /// HTTP requests sent by this client and its clones, token requests included.
    pub fn requests(&self) -> u64 {
        self.http.requests()
    }

    /// The pace that all clones share.
    pub fn limiter(&self) -> &Limiter {
        self.http.limiter()
    }

    /// The tenant's address.
    pub fn base_url(&self) -> &Url {
        self.http.base_url()
    }

    pub(crate) fn page_size(&self) -> u64 {
        self.page_size
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        self.request_timeout
    }

    /// One record.
    pub(crate) async fn single<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.single_traced(path).await.map(|single| single.value)
    }

    /// One record, with the id of the request.
    pub(crate) async fn single_traced<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<Traced<T>, Error> {
        let response = self.get(path).send().await?;
        let single: Single<T> = response.json(&format!("GET {path}"))?;
        Ok(Traced::new(single.data, response.request_ids()))
    }

    /// One record with what stands beside it.
    pub(crate) async fn single_with_metadata<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<(T, crate::Metadata), Error> {
        let response = self.get(path).send().await?;
        let single: Described<T> = response.json(&format!("GET {path}"))?;
        Ok((single.data, single.metadata.unwrap_or_default()))
    }

    /// A write that is answered with the record. Sent again only when proven unprocessed.
    pub(crate) async fn write<B, T>(&self, method: Method, path: &str, body: &B) -> Result<T, Error>
    where
        B: serde::Serialize + ?Sized,
        T: serde::de::DeserializeOwned,
    {
        let operation = format!("{method} {path}");
        let response = self.request(method, path).json(body).send().await?;
        let single: Single<T> = response.json(&operation)?;
        Ok(single.data)
    }

    /// A write that is answered with the record as it is, or wrapped after all.
    pub(crate) async fn write_bare<B, T>(&self, path: &str, body: &B) -> Result<T, Error>
    where
        B: serde::Serialize + ?Sized,
        T: serde::de::DeserializeOwned,
    {
        let operation = format!("POST {path}");
        let response = self.request(Method::POST, path).json(body).send().await?;
        response.json(&operation).or_else(|bare: Error| {
            // The first error stands: it is about the shape that is documented.
            response.json(&operation).map(|single: Single<T>| single.data).map_err(|_| bare)
        })
    }

    /// The answer that holds one page of a list; `None` beyond its end.
    pub(crate) async fn undecoded_page(
        &self,
        path: &str,
        query: &[(&'static str, String)],
        page: u64,
    ) -> Result<Option<Undecoded>, Error> {
        match self.get(path).query(query).send_undecoded().await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if page > 1 && crate::envelope::is_beyond_the_end(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Settings of a client; all but the credentials have defaults.
#[must_use = "nothing is built until build()"]
pub struct ProcurifyClientBuilder {
    domain: String,
    base_url: Option<Url>,
    credentials: Option<(String, SecretString)>,
    client: Option<tenant_http::reqwest::Client>,
    extra_roots: Vec<Vec<u8>>,
    requests_per_minute: u32,
    concurrency: usize,
    limiter: Option<Limiter>,
    page_size: u64,
    retry: RetryPolicy,
    timeouts: Timeouts,
    logins_per_minute: u32,
    login_patience: Option<Duration>,
    cache: Option<Arc<dyn TokenCache>>,
    tokens: Option<Arc<dyn TokenSource>>,
    observer: Option<Arc<dyn Observer>>,
    max_body: Option<usize>,
}

impl ProcurifyClientBuilder {
    fn new(domain: String) -> Self {
        Self {
            domain,
            base_url: None,
            credentials: None,
            client: None,
            extra_roots: Vec::new(),
            requests_per_minute: 600,
            concurrency: 4,
            limiter: None,
            page_size: 100,
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            logins_per_minute: 15,
            login_patience: None,
            cache: None,
            tokens: None,
            observer: None,
            max_body: None,
        }
    }

    /// Another address than `https://{domain}.procurify.com`. `https`, or `http` to a loopback address.
    pub fn base_url(mut self, url: Url) -> Self {
        self.base_url = Some(url);
        self
    }

    /// The OAuth application's client id and secret. It acts as the user who created it.
    pub fn credentials(mut self, id: impl Into<String>, secret: impl Into<SecretString>) -> Self {
        self.credentials = Some((id.into(), secret.into()));
        self
    }

    /// Calls in any minute. Default 600; Procurify publishes no limit.
    pub fn requests_per_minute(mut self, calls: u32) -> Self {
        self.requests_per_minute = calls;
        self
    }

    /// Calls at a time. Default 4.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls;
        self
    }

    /// A limiter that is shared with others, in place of the two settings above.
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Records a page of a list. Default 100; the largest that Procurify takes is not published.
    pub fn page_size(mut self, records: u64) -> Self {
        self.page_size = records;
        self
    }

    /// When to try again: calls, and the login that they wait for.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// How long to wait.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The most logins in any minute. Default 15: fetching a token for each call is the quickest way to be noticed.
    pub fn logins_per_minute(mut self, logins: u32) -> Self {
        self.logins_per_minute = logins;
        self
    }

    /// How long a login that fails is tried again, as often as [`retry`](Self::retry) allows: later none is begun, and
    /// the calls that wait for it fail. Default: the timeout of a request for each try.
    pub fn login_patience(mut self, patience: Duration) -> Self {
        self.login_patience = Some(patience);
        self
    }

    /// Shares the token with other processes.
    pub fn token_cache(mut self, cache: Arc<dyn TokenCache>) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Tokens from elsewhere, in place of credentials.
    pub fn tokens(mut self, tokens: Arc<dyn TokenSource>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Is told of each HTTP exchange, logins included: a hook for metrics.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Largest answer that is read, in bytes after decompression. Default 64 MiB.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = Some(bytes);
        self
    }

    /// An HTTP client of your own; see [`tenant_http::HttpBuilder::reqwest_client`].
    pub fn reqwest_client(mut self, client: tenant_http::reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }

    /// A further root certificate (PEM), such as that of a proxy which inspects traffic.
    pub fn extra_root_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_roots.push(pem.into());
        self
    }

    /// Checks the settings. Nothing is sent.
    pub fn build(self) -> Result<ProcurifyClient, Error> {
        let base = match &self.base_url {
            Some(url) => url.clone(),
            None => address(&self.domain)?,
        };
        if self.page_size == 0 {
            return Err(Error::config(WHERE, "the page size is 0: set 1 or more"));
        }
        let counter = RequestCounter::default();
        let limiter = self
            .limiter
            .clone()
            .unwrap_or_else(|| Limiter::per_minute(self.requests_per_minute).concurrency(self.concurrency));
        let tokens = match &self.tokens {
            Some(tokens) => Arc::clone(tokens),
            None => self.login(&base, &limiter, &counter)?,
        };
        let mut http = self.endpoint(&base, &limiter, &counter).tokens(tokens);
        if let Some((_, secret)) = &self.credentials {
            http = http.secrets(vec![secret.clone()]);
        }
        let http = http.retry(self.retry.clone()).build()?;
        Ok(ProcurifyClient { http, page_size: self.page_size, request_timeout: self.timeouts.request })
    }

    fn login(&self, base: &Url, limiter: &Limiter, counter: &RequestCounter) -> Result<Arc<dyn TokenSource>, Error> {
        let Some((id, secret)) = self.credentials.clone() else {
            return Err(Error::config(
                WHERE,
                "no credentials were given: create an OAuth application in Procurify and pass its client id and secret",
            ));
        };
        let name = format!("procurify:{}:{id}", base.host_str().unwrap_or_default());
        let http =
            self.endpoint(base, limiter, counter).retry(RetryPolicy::none()).secrets(vec![secret.clone()]).build()?;
        let system = http.system().to_owned();
        let login = Arc::new(ClientCredentials { http, id, secret });
        let tries = self.timeouts.request.saturating_mul(self.retry.max_attempts);
        let mut manager = TokenManager::new(login, name)
            .system(system)
            .logins_per_minute(self.logins_per_minute)
            .backoff(self.retry.clone())
            .patience(self.login_patience.unwrap_or(tries));
        if let Some(cache) = &self.cache {
            manager = manager.cache(Arc::clone(cache));
        }
        Ok(Arc::new(manager))
    }

    fn endpoint(&self, base: &Url, limiter: &Limiter, counter: &RequestCounter) -> tenant_http::HttpBuilder {
        let mut http = Http::builder(base.clone())
            .system("Procurify")
            .limiter(limiter.clone())
            .counter(counter.clone())
            .timeouts(self.timeouts)
            .header("accept", "application/json")
            .header("x-procurify-client", "api")
            .explain(explain);
        if let Some(client) = &self.client {
            http = http.reqwest_client(client.clone());
        }
        if let Some(observer) = &self.observer {
            http = http.observer(Arc::clone(observer));
        }
        if let Some(bytes) = self.max_body {
            http = http.max_body(bytes);
        }
        for pem in &self.extra_roots {
            http = http.extra_root_pem(pem.clone());
        }
        http
    }
}

fn address(domain: &str) -> Result<Url, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if domain.is_empty() || !domain.chars().all(plain) {
        return Err(Error::config(
            WHERE,
            format!(
                "{domain:?} is no Procurify domain: give the `acme` of https://acme.procurify.com (letters, digits, hyphens)"
            ),
        ));
    }
    Url::parse(&format!("https://{domain}.procurify.com"))
        .map_err(|e| Error::config(WHERE, format!("{domain:?} makes no address")).with_source(e))
}
