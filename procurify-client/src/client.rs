//! The client: built once, cloned cheaply, and what hangs off it.

use std::sync::Arc;

use tenant_http::{
    Error, Http, Limiter, Method, Request, RequestCounter, RetryPolicy, SecretString, Timeouts, TokenCache,
    TokenManager, TokenSource, Url,
};

use crate::envelope::Single;
use crate::explain::explain;
use crate::login::ClientCredentials;
use crate::resources::{AccountCodes, Accounts, Bills, Departments, Locations, OrderItems, PurchaseOrders, Vendors};
use crate::{Page, User};

const WHERE: &str = "building the Procurify client";

/// A client of one Procurify tenant.
#[derive(Debug, Clone)]
pub struct ProcurifyClient {
    http: Http,
    page_size: u64,
}

impl ProcurifyClient {
    /// Starts a client of `https://{domain}.procurify.com`.
    pub fn builder(domain: impl Into<String>) -> ProcurifyClientBuilder {
        ProcurifyClientBuilder::new(domain.into())
    }

    /// Purchase orders.
    pub fn purchase_orders(&self) -> PurchaseOrders<'_> {
        PurchaseOrders(self)
    }

    /// Order items: the lines of hundreds of orders in one call.
    pub fn order_items(&self) -> OrderItems<'_> {
        OrderItems(self)
    }

    /// Vendors.
    pub fn vendors(&self) -> Vendors<'_> {
        Vendors(self)
    }

    /// Account codes, that is GL accounts.
    pub fn account_codes(&self) -> AccountCodes<'_> {
        AccountCodes(self)
    }

    /// Accounts, that is account codes in departments, with their budgets.
    pub fn accounts(&self) -> Accounts<'_> {
        Accounts(self)
    }

    /// Departments.
    pub fn departments(&self) -> Departments<'_> {
        Departments(self)
    }

    /// Locations.
    pub fn locations(&self) -> Locations<'_> {
        Locations(self)
    }

    /// Bills.
    pub fn bills(&self) -> Bills<'_> {
        Bills(self)
    }

    /// The user that the credentials act as: the cheapest call that proves them.
    pub async fn me(&self) -> Result<User, Error> {
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

    /// The tenant's address.
    pub fn base_url(&self) -> &Url {
        self.http.base_url()
    }

    pub(crate) fn page_size(&self) -> u64 {
        self.page_size
    }

    /// One record.
    pub(crate) async fn single<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let response = self.get(path).send().await?;
        let single: Single<T> = response.json(&format!("GET {path}"))?;
        Ok(single.data)
    }

    /// One page of a list; `None` beyond its end.
    pub(crate) async fn page<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&'static str, String)],
        page: u64,
    ) -> Result<Option<Page<T>>, Error> {
        let answer = self.get(path).query(query).send().await;
        match answer {
            Ok(response) => crate::envelope::page(&response, &format!("GET {path}"), page).map(Some),
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
    cache: Option<Arc<dyn TokenCache>>,
    tokens: Option<Arc<dyn TokenSource>>,
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
            cache: None,
            tokens: None,
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

    /// The most logins in any minute. Default 15: fetching a token for each call is the quickest way to be noticed.
    pub fn logins_per_minute(mut self, logins: u32) -> Self {
        self.logins_per_minute = logins;
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
        Ok(ProcurifyClient { http: http.retry(self.retry.clone()).build()?, page_size: self.page_size })
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
        let login = Arc::new(ClientCredentials { http, id, secret });
        let mut manager = TokenManager::new(login, name).logins_per_minute(self.logins_per_minute);
        if let Some(cache) = &self.cache {
            manager = manager.cache(Arc::clone(cache));
        }
        Ok(Arc::new(manager))
    }

    fn endpoint(&self, base: &Url, limiter: &Limiter, counter: &RequestCounter) -> tenant_http::HttpBuilder {
        let mut http = Http::builder(base.clone())
            .limiter(limiter.clone())
            .counter(counter.clone())
            .timeouts(self.timeouts)
            .header("accept", "application/json")
            .header("x-procurify-client", "api")
            .explain(explain);
        if let Some(client) = &self.client {
            http = http.reqwest_client(client.clone());
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
