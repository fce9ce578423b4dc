//! Access tokens: who gives them, who keeps them, and how one login serves everybody.

mod life;
mod manager;

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::Error;

pub use life::ExpiresIn;
pub use manager::TokenManager;

/// No token is taken for good longer than this.
const LONGEST_LIFE: TimeDelta = TimeDelta::days(30);

/// A bearer token, how long it lives, and the refresh token that was issued with it, if one was.
#[derive(Clone)]
pub struct AccessToken {
    secret: SecretString,
    refresh: Option<SecretString>,
    issued_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl AccessToken {
    /// A token issued now.
    pub fn new(secret: SecretString, expires_at: DateTime<Utc>) -> Self {
        Self { secret, refresh: None, issued_at: Utc::now(), expires_at }
    }

    /// A token of this life, counted from when it was asked for. Longer ones than 30 days are taken for that: a server
    /// that says so may mean something else, and one that ended before is refused and replaced.
    pub fn living(secret: SecretString, asked_at: DateTime<Utc>, life: TimeDelta) -> Self {
        let life = life.clamp(TimeDelta::zero(), LONGEST_LIFE);
        let expires_at = asked_at.checked_add_signed(life).unwrap_or(asked_at);
        Self { secret, refresh: None, issued_at: asked_at, expires_at }
    }

    /// With the refresh token that was issued beside it.
    pub fn with_refresh_token(mut self, token: impl Into<Option<SecretString>>) -> Self {
        self.refresh = token.into();
        self
    }

    /// A token issued at another time: kept in a cache, or dated by a clock of your own.
    pub fn issued_at(mut self, at: DateTime<Utc>) -> Self {
        self.issued_at = at;
        self
    }

    /// The token itself.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// What the next token can be had for without logging in; a cache should keep this too.
    pub fn refresh_token(&self) -> Option<&SecretString> {
        self.refresh.as_ref()
    }

    /// When it was issued; a cache should keep this too.
    pub fn issue_time(&self) -> DateTime<Utc> {
        self.issued_at
    }

    /// When it ends.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    /// When it should be renewed: a tenth of its life ahead of its end, at most five minutes.
    pub fn renew_at(&self) -> DateTime<Utc> {
        let tenth = (self.expires_at - self.issued_at) / 10;
        self.expires_at - tenth.clamp(TimeDelta::zero(), TimeDelta::minutes(5))
    }

    /// Whether both are the same token.
    pub fn same_as(&self, other: &AccessToken) -> bool {
        self.secret.expose_secret() == other.secret.expose_secret()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Gives the token that a request carries. [`TokenManager`] is the usual one.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// A token that is good for now, however many ask at a time.
    async fn token(&self) -> Result<AccessToken, Error>;

    /// The server refused `used`. Called before the one retry; must do nothing when `used` was already replaced.
    async fn invalidate(&self, used: &AccessToken);
}

/// One token request of an API's own flow. It must not retry: [`TokenManager`] does.
///
/// ```
/// use async_trait::async_trait;
/// use chrono::{TimeDelta, Utc};
/// use tenant_http::{AccessToken, Error, ExpiresIn, Http, Login, Replay, SecretString};
///
/// struct ClientCredentials { http: Http, id: String, secret: SecretString }
///
/// #[derive(serde::Deserialize)]
/// struct Answer { access_token: SecretString, #[serde(default)] expires_in: ExpiresIn }
///
/// #[async_trait]
/// impl Login for ClientCredentials {
///     async fn login(&self) -> Result<AccessToken, Error> {
///         use tenant_http::ExposeSecret;
///         let asked_at = Utc::now();
///         let form = [("client_id", self.id.as_str()), ("client_secret", self.secret.expose_secret())];
///         let answer: Answer = self.http.post("/oauth/token").anonymous().replay(Replay::Never)
///             .form(&form).send().await?.json("login")?;
///         Ok(AccessToken::living(answer.access_token, asked_at, answer.expires_in.or(TimeDelta::hours(1))))
///     }
/// }
/// ```
#[async_trait]
pub trait Login: Send + Sync {
    /// Asks for a new token, once.
    async fn login(&self) -> Result<AccessToken, Error>;

    /// Asks for a new token in exchange for the refresh token of an earlier one, once. If that is refused, a login
    /// follows.
    ///
    /// By default it logs in, for flows that issue no refresh tokens.
    async fn refresh(&self, token: &SecretString) -> Result<AccessToken, Error> {
        let _ = token;
        self.login().await
    }

    /// Ends a token at the server, and its refresh token before it. One that has ended already is no error, for after a
    /// failure both are asked for again.
    ///
    /// By default there is no way to, which is an error.
    async fn revoke(&self, token: &AccessToken) -> Result<(), Error> {
        let _ = token;
        Err(Error::config("revoking the token", "this server has no way to end a token: it ends with its life"))
    }
}

/// Shares tokens across processes, where logins are rationed. A token is a secret, and so is its refresh token: keep
/// both, and keep them sealed.
///
/// A failure to load or store keeps nobody from logging in: it is logged.
#[async_trait]
pub trait TokenCache: Send + Sync {
    /// The token kept for `credential`, if any. It may have expired; the caller checks.
    async fn load(&self, credential: &str) -> Result<Option<AccessToken>, Error>;

    /// Keeps `token` in place of what was there.
    async fn store(&self, credential: &str, token: &AccessToken) -> Result<(), Error>;

    /// Forgets what was there, if anything was.
    async fn remove(&self, credential: &str) -> Result<(), Error>;
}
