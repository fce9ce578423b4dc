//! One tenant's client: built once, cloned cheaply.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tenant_http::{
    Error, Http, HttpBuilder, Limiter, Login, RequestCounter, RetryPolicy, SecretString, Timeouts, TokenCache,
    TokenManager, TokenSource, Url, reqwest,
};

use crate::m3::{Company, M3};
use crate::mongoose::{Mongoose, MongooseUser};
use crate::oauth::{self, ClientAuthentication, ServiceAccount};
use crate::odata::OData;
use crate::syteline::SyteLine;
use crate::{Ionapi, IonapiError};

/// Where M3's REST service (version 2) is found under a tenant's base address.
const M3_PATH: &str = "/M3/m3api-rest/v2";
/// Where the IDO service is found there.
const IDO_PATH: &str = "/CSI/IDORequestService/ido";

/// A client of one `CloudSuite` tenant. Clones share its pace, its token and its count of requests.
#[derive(Clone)]
pub struct CloudSuiteClient {
    inner: Arc<Inner>,
}

struct Inner {
    http: Http,
    tokens: Arc<dyn TokenSource>,
    /// Who logs in; absent where the tokens come from elsewhere.
    manager: Option<Arc<TokenManager>>,
    m3_path: String,
    ido_path: String,
    tenant: String,
}

/// Who logs in, and where.
enum Access {
    Ion(Box<Ionapi>),
    OnPremise(Mongoose),
}

impl CloudSuiteClient {
    /// A client with default settings from an `.ionapi` file's bytes. Nothing is sent yet.
    ///
    /// # Errors
    /// Of kind `Config`, with what is wrong in the file and what to do about it.
    pub fn from_ionapi(bytes: &[u8]) -> Result<Self, Error> {
        Self::builder(Ionapi::parse(bytes)?).build()
    }

    /// Starts a client of the tenant that a parsed `.ionapi` file names.
    pub fn builder(ionapi: Ionapi) -> CloudSuiteBuilder {
        Self::of(Access::Ion(Box::new(ionapi)))
    }

    /// Starts a client of a `SyteLine` server on premise that is reached without ION. Only [`syteline`](Self::syteline)
    /// is there.
    pub fn on_premise(login: Mongoose) -> CloudSuiteBuilder {
        Self::of(Access::OnPremise(login))
    }

    fn of(access: Access) -> CloudSuiteBuilder {
        CloudSuiteBuilder {
            access,
            limiter: None,
            requests_per_minute: 300,
            concurrency: 4,
            logins_per_minute: 15,
            login_patience: None,
            token_cache: None,
            tokens: None,
            authentication: ClientAuthentication::default(),
            base_url: None,
            m3_path: M3_PATH.to_owned(),
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            client: None,
            extra_roots: Vec::new(),
        }
    }

    /// M3, as seen from one company.
    pub fn m3(&self, company: Company) -> M3 {
        M3::new(self.clone(), company)
    }

    /// `SyteLine`, as seen through one site's configuration, such as `ACME_DALS`.
    pub fn syteline(&self, configuration: &str) -> SyteLine {
        SyteLine::new(self.clone(), configuration)
    }

    /// The `OData` services of one company, such as `100`; blank for a product that knows none.
    pub fn odata(&self, company: &str) -> OData {
        OData::new(self.clone(), company)
    }

    /// HTTP requests sent so far by all clones, token requests included.
    pub fn requests(&self) -> u64 {
        self.inner.http.requests()
    }

    /// The tenant's id; on premise, the configuration that was logged in to.
    pub fn tenant(&self) -> &str {
        &self.inner.tenant
    }

    /// The way down to plain requests under the tenant's base address, for what is not typed here.
    pub fn http(&self) -> &Http {
        &self.inner.http
    }

    /// Logs in, or finds that the present token is still good.
    ///
    /// # Errors
    /// Of kind `Auth` if the credentials are refused.
    pub async fn log_in(&self) -> Result<(), Error> {
        self.inner.tokens.token().await.map(drop)
    }

    /// How long the present token lives in all, as the tenant has set it; logs in if there is none.
    ///
    /// # Errors
    /// Of kind `Auth` if the credentials are refused.
    pub async fn token_life(&self) -> Result<TimeDelta, Error> {
        let token = self.inner.tokens.token().await?;
        Ok(token.expires_at() - token.issue_time())
    }

    /// Revokes the tokens that this client has, and those that it shares with other processes through a
    /// [`TokenCache`], which forgets them: nobody can use them any more, and whoever needs one logs in again. Answers
    /// whether there were any.
    ///
    /// # Errors
    /// Whatever kept them from being revoked: nothing is forgotten that the server has not ended, and the next call
    /// tries again. Of kind `Config` where they cannot be: the file names no place to, the server is one on premise,
    /// the tokens come from a source of your own.
    pub async fn revoke_tokens(&self) -> Result<bool, Error> {
        let Some(manager) = &self.inner.manager else {
            return Err(Error::config("revoking tokens", "they come from a source of its own: revoke them there"));
        };
        manager.revoke().await
    }

    pub(crate) fn m3_path(&self) -> &str {
        &self.inner.m3_path
    }

    pub(crate) fn ido_path(&self) -> &str {
        &self.inner.ido_path
    }
}

impl fmt::Debug for CloudSuiteClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudSuiteClient")
            .field("tenant", &self.inner.tenant)
            .field("base", &self.inner.http.base_url().as_str())
            .field("m3_path", &self.inner.m3_path)
            .finish_non_exhaustive()
    }
}

impl From<IonapiError> for Error {
    fn from(error: IonapiError) -> Self {
        Self::config("reading the .ionapi file", error.to_string())
    }
}

/// Settings of a [`CloudSuiteClient`]; each has a default.
#[must_use = "nothing is built until build()"]
pub struct CloudSuiteBuilder {
    access: Access,
    limiter: Option<Limiter>,
    requests_per_minute: u32,
    concurrency: usize,
    logins_per_minute: u32,
    login_patience: Option<Duration>,
    token_cache: Option<Arc<dyn TokenCache>>,
    tokens: Option<Arc<dyn TokenSource>>,
    authentication: ClientAuthentication,
    base_url: Option<Url>,
    m3_path: String,
    timeouts: Timeouts,
    retry: RetryPolicy,
    client: Option<reqwest::Client>,
    extra_roots: Vec<Vec<u8>>,
}

impl CloudSuiteBuilder {
    /// How many calls a minute may go to the gateway. Default 300; tenants allow 100 to 3,000.
    pub fn requests_per_minute(mut self, calls: u32) -> Self {
        self.requests_per_minute = calls;
        self
    }

    /// How many calls may be under way at a time. Default 4.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls;
        self
    }

    /// A limiter of your own, shared with other users of the tenant, in place of the two settings above.
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// The most logins in any minute. Default 15; tenants are known to allow 20, to all their clients together.
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

    /// Shares tokens across processes: logins are rationed to 20 a minute and 1,000 a day a tenant.
    pub fn token_cache(mut self, cache: Arc<dyn TokenCache>) -> Self {
        self.token_cache = Some(cache);
        self
    }

    /// A token source of your own, in place of logging in with the file's service account.
    pub fn tokens(mut self, tokens: Arc<dyn TokenSource>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Where client id and secret go in a token request. Default: the body.
    pub fn client_authentication(mut self, authentication: ClientAuthentication) -> Self {
        self.authentication = authentication;
        self
    }

    /// Where the products' paths start, in place of gateway and tenant of the file: for servers on premise.
    pub fn base_url(mut self, base: Url) -> Self {
        self.base_url = Some(base);
        self
    }

    /// Where M3's REST service is under the base address. Default `/M3/m3api-rest/v2`.
    pub fn m3_path(mut self, path: impl Into<String>) -> Self {
        self.m3_path = path.into();
        self
    }

    /// How long to wait. Default 10 s for a connection and 60 s for a call, which is the gateway's own limit.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// When reads, and calls proven unprocessed, are tried again, and the login that they wait for.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// An HTTP client of your own. Build it with `redirect::Policy::none()`.
    pub fn reqwest_client(mut self, client: reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }

    /// A further root certificate (PEM), for servers on premise.
    pub fn extra_root_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_roots.push(pem.into());
        self
    }

    /// Checks the settings. Nothing is sent yet.
    ///
    /// # Errors
    /// Of kind `Config`: an address that is plain http and not loopback, a setting out of range.
    pub fn build(self) -> Result<CloudSuiteClient, Error> {
        if self.requests_per_minute == 0 || self.concurrency == 0 || self.logins_per_minute == 0 {
            let message = "requests_per_minute, logins_per_minute and concurrency must be at least 1";
            return Err(Error::config("building the CloudSuite client", message));
        }
        let counter = RequestCounter::default();
        let (tokens, manager): (Arc<dyn TokenSource>, _) = if let Some(tokens) = &self.tokens {
            (Arc::clone(tokens), None)
        } else {
            let manager = Arc::new(self.login(&counter)?);
            (manager.clone(), Some(manager))
        };
        let (base, ido_path, tenant) = match &self.access {
            Access::Ion(ionapi) => (ionapi.api_base(), IDO_PATH, ionapi.tenant()),
            Access::OnPremise(login) => (login.server(), login.service(), login.configuration()),
        };
        let base = self.base_url.clone().unwrap_or_else(|| base.clone());
        let limiter = self
            .limiter
            .clone()
            .unwrap_or_else(|| Limiter::per_minute(self.requests_per_minute).concurrency(self.concurrency));
        let mut http = self.http(base, &counter).limiter(limiter).retry(self.retry.clone()).tokens(Arc::clone(&tokens));
        if matches!(self.access, Access::OnPremise(_)) {
            http = http.bare_tokens();
        }
        Ok(CloudSuiteClient {
            inner: Arc::new(Inner {
                http: http.build()?,
                tokens,
                manager,
                m3_path: format!("/{}", self.m3_path.trim_matches('/')),
                ido_path: ido_path.to_owned(),
                tenant: tenant.to_owned(),
            }),
        })
    }

    fn login(&self, counter: &RequestCounter) -> Result<TokenManager, Error> {
        let (login, credential, system): (Arc<dyn Login>, _, _) = match &self.access {
            Access::Ion(ionapi) => {
                let http = self.http(ionapi.token_url().clone(), counter).explain(oauth::explain).build()?;
                let system = http.system().to_owned();
                let account = ServiceAccount::new(http, Ionapi::clone(ionapi), self.authentication);
                (Arc::new(account), ionapi.credential(), system)
            }
            Access::OnPremise(login) => {
                let http = self.http(login.server().clone(), counter).build()?;
                let system = http.system().to_owned();
                (Arc::new(MongooseUser { http, login: login.clone() }), login.credential(), system)
            }
        };
        let tries = self.timeouts.request.saturating_mul(self.retry.max_attempts);
        let manager = TokenManager::new(login, credential)
            .system(system)
            .logins_per_minute(self.logins_per_minute)
            .backoff(self.retry.clone())
            .patience(self.login_patience.unwrap_or(tries));
        Ok(match &self.token_cache {
            Some(cache) => manager.cache(Arc::clone(cache)),
            None => manager,
        })
    }

    /// What the gateway's and the authorization server's endpoints have in common.
    fn http(&self, base: Url, counter: &RequestCounter) -> HttpBuilder {
        let mut http = Http::builder(base)
            .system("CloudSuite")
            .counter(counter.clone())
            .timeouts(self.timeouts)
            .header("accept", "application/json")
            .secrets(self.secrets());
        if let Some(client) = &self.client {
            http = http.reqwest_client(client.clone());
        }
        self.extra_roots.iter().fold(http, |http, pem| http.extra_root_pem(pem.clone()))
    }

    fn secrets(&self) -> Vec<SecretString> {
        match &self.access {
            Access::Ion(ionapi) => {
                [ionapi.client_secret(), ionapi.access_key(), ionapi.secret_key()].map(Clone::clone).to_vec()
            }
            Access::OnPremise(login) => vec![login.password().clone()],
        }
    }
}
