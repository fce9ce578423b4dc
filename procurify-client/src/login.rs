//! The client-credentials flow of Procurify: one token request.

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tenant_http::{AccessToken, Error, ExpiresIn, ExposeSecret, Http, Login, Replay, SecretString};

pub(crate) const AUDIENCE: &str = "https://api.procurify.com/";

/// Asks for tokens with an OAuth application's id and secret.
pub(crate) struct ClientCredentials {
    pub(crate) http: Http,
    pub(crate) id: String,
    pub(crate) secret: SecretString,
}

#[derive(Serialize)]
struct Question<'a> {
    client_id: &'a str,
    client_secret: &'a str,
    audience: &'a str,
    grant_type: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    /// A day by the documentation.
    #[serde(default)]
    expires_in: ExpiresIn,
}

#[async_trait]
impl Login for ClientCredentials {
    async fn login(&self) -> Result<AccessToken, Error> {
        let asked_at = Utc::now();
        let question = Question {
            client_id: &self.id,
            client_secret: self.secret.expose_secret(),
            audience: AUDIENCE,
            grant_type: "client_credentials",
        };
        let response = self.http.post("/oauth/token").anonymous().replay(Replay::Never).json(&question).send().await?;
        let answer: Answer = response.json("POST /oauth/token")?;
        Ok(AccessToken::living(answer.access_token, asked_at, answer.expires_in.or(TimeDelta::days(1))))
    }
}
