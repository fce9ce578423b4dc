//! Logging in to a `SyteLine` (Mongoose) server on premise, without ION: a user of one configuration.
//!
//! ```text
//! GET {server}/IDORequestService/ido/token/{configuration}      username, password: headers
//!     -> {"Success": true, "Token": "b/Xd...=="}                sent bare in `Authorization`, without `Bearer`
//! ```
//!
//! ```
//! use cloudsuite_client::{CloudSuiteClient, Mongoose, SecretString};
//!
//! let login = Mongoose::new("https://erp.acme.example".parse()?, "ACME_DALS", "sync", SecretString::from("pa$$word"));
//! let syteline = CloudSuiteClient::on_premise(login).build()?.syteline("ACME_DALS");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tenant_http::{AccessToken, Error, ErrorKind, Http, Login, Outcome, Replay, Response};
use url::Url;

const LOGIN: &str = "GET token";
/// Where servers on premise have the IDO service.
const SERVICE: &str = "/IDORequestService/ido";

/// A user of a configuration on a server on premise. Its `Debug` shows no secret.
#[derive(Clone)]
pub struct Mongoose {
    server: Url,
    service: String,
    configuration: String,
    user: String,
    password: SecretString,
    token_life: Duration,
}

impl Mongoose {
    /// A user that works through this configuration of the server, such as `https://erp.acme.example`.
    pub fn new(server: Url, configuration: &str, user: &str, password: SecretString) -> Self {
        Self {
            server,
            service: SERVICE.to_owned(),
            configuration: configuration.to_owned(),
            user: user.to_owned(),
            password,
            token_life: Duration::from_secs(3_600),
        }
    }

    /// Where the IDO service is on the server. Default `/IDORequestService/ido`.
    pub fn service_path(mut self, path: &str) -> Self {
        self.service = format!("/{}", path.trim_matches('/'));
        self
    }

    /// How long a token is used, which the server does not tell. Default 1 hour. One that ended before is refused, and
    /// then replaced by itself.
    pub fn token_life(mut self, life: Duration) -> Self {
        self.token_life = life;
        self
    }

    pub(crate) fn server(&self) -> &Url {
        &self.server
    }

    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    pub(crate) fn configuration(&self) -> &str {
        &self.configuration
    }

    pub(crate) fn password(&self) -> &SecretString {
        &self.password
    }

    /// Whose token it is, for a cache of tokens.
    pub(crate) fn credential(&self) -> String {
        format!("mongoose/{}/{}/{}", self.server.authority(), self.configuration, self.user)
    }

    fn token_url(&self) -> Result<Url, Error> {
        let mut url = self.server.clone();
        let no_base = || Error::config(LOGIN, "the server's address cannot have a path: write https://HOST");
        url.path_segments_mut()
            .map_err(|()| no_base())?
            .pop_if_empty()
            .extend(self.service.split('/').filter(|part| !part.is_empty()))
            .extend(["token", self.configuration.as_str()]);
        Ok(url)
    }
}

impl fmt::Debug for Mongoose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mongoose")
            .field("server", &self.server.as_str())
            .field("configuration", &self.configuration)
            .finish_non_exhaustive()
    }
}

/// The user's way to a token.
pub(crate) struct MongooseUser {
    /// Must reach the server, without a token.
    pub http: Http,
    pub login: Mongoose,
}

#[async_trait]
impl Login for MongooseUser {
    async fn login(&self) -> Result<AccessToken, Error> {
        let login = &self.login;
        let request = self.http.get(login.token_url()?.as_str()).operation(LOGIN).anonymous().replay(Replay::Never);
        // In headers, as the server wants it for names and passwords with special characters, and not in the address.
        let request = request.header("username", &login.user).header("password", login.password.expose_secret());
        let token = read(&request.send().await?).map_err(|error| {
            let message = error.message().replace(login.password.expose_secret(), "***");
            error.with_message(message)
        })?;
        let life = TimeDelta::from_std(login.token_life).unwrap_or(TimeDelta::MAX);
        Ok(AccessToken::living(token, Utc::now(), life))
    }
}

fn read(response: &Response) -> Result<SecretString, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Wire {
        success: Option<bool>,
        message: Option<String>,
        token: Option<String>,
    }
    let error = |kind, message: String| {
        Error::new(kind, Outcome::NotProcessed, LOGIN, message)
            .with_status(response.status)
            .with_request_id(response.request_id.clone())
    };
    // The body holds a token: no part of it but the message is quoted.
    let wire: Wire = serde_json::from_slice(&response.body)
        .map_err(|_| error(ErrorKind::Decode, "the token answer is not the JSON of the IDO service".to_owned()))?;
    if let Some(token) = wire.token.filter(|token| wire.success != Some(false) && !token.is_empty()) {
        return Ok(token.into());
    }
    let said = wire.message.unwrap_or_default();
    let said = if said.trim().is_empty() { "no reason given" } else { said.trim() };
    let message = format!("the server gave no token ({said}): check configuration, user and password");
    Err(error(ErrorKind::Auth, message))
}
