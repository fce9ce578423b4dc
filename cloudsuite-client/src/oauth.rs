//! Logging in: the password grant of a service account, and the refresh token where one is issued.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tenant_http::{AccessToken, Error, ErrorKind, ExpiresIn, Http, Login, Outcome, Replay, Response, Url};

use crate::Ionapi;

const LOGIN: &str = "POST token";
const REVOKE: &str = "POST revoke";
/// Revoking is a courtesy: nothing waits for it long.
const REVOKE_PATIENCE: Duration = Duration::from_secs(10);

/// How long a token is believed to live if the answer does not say; the shortest that tenants can set.
const DEFAULT_LIFE: TimeDelta = TimeDelta::hours(1);
/// The longest life that tenants can set.
const LONGEST_LIFE: TimeDelta = TimeDelta::hours(24);

/// Where the OAuth client's id and secret go in a token request. Servers are known to take either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuthentication {
    /// As form fields. The default.
    #[default]
    Body,
    /// In a Basic `Authorization` header.
    Basic,
}

/// One service account's way to a token.
pub(crate) struct ServiceAccount {
    http: Http,
    ionapi: Ionapi,
    authentication: ClientAuthentication,
}

impl ServiceAccount {
    /// `http` must reach the host of the token address.
    pub(crate) fn new(http: Http, ionapi: Ionapi, authentication: ClientAuthentication) -> Self {
        Self { http, ionapi, authentication }
    }

    async fn grant(&self, grant: &[(&str, &str)]) -> Result<AccessToken, Error> {
        let mut form = grant.to_vec();
        let mut request =
            self.http.post(self.ionapi.token_url().as_str()).operation(LOGIN).anonymous().replay(Replay::Never);
        match self.authentication {
            ClientAuthentication::Body => {
                form.push(("client_id", self.ionapi.client_id()));
                form.push(("client_secret", self.ionapi.client_secret().expose_secret()));
            }
            ClientAuthentication::Basic => {
                request = request.header("authorization", &self.basic());
            }
        }
        let answer = TokenAnswer::read(&request.form(&form).send().await?)?;
        let token = AccessToken::living(answer.access_token, Utc::now(), answer.life);
        Ok(token.with_refresh_token(answer.refresh_token))
    }

    async fn end(&self, revocation: &Url, token: &SecretString, hint: &str) -> Result<(), Error> {
        let form = [("token", token.expose_secret()), ("token_type_hint", hint)];
        let request = self.http.post(revocation.as_str()).operation(REVOKE).anonymous().replay(Replay::Never);
        let request = request.header("authorization", &self.basic()).timeout(REVOKE_PATIENCE).form(&form);
        request.send().await.map(drop).map_err(|error| without(error, token))
    }

    fn basic(&self) -> Zeroizing<String> {
        let secret = self.ionapi.client_secret().expose_secret();
        let pair = Zeroizing::new(format!("{}:{secret}", self.ionapi.client_id()));
        Zeroizing::new(format!("Basic {}", base64(pair.as_bytes()).as_str()))
    }
}

#[async_trait]
impl Login for ServiceAccount {
    async fn login(&self) -> Result<AccessToken, Error> {
        self.grant(&[
            ("grant_type", "password"),
            ("username", self.ionapi.access_key().expose_secret()),
            ("password", self.ionapi.secret_key().expose_secret()),
        ])
        .await
    }

    async fn refresh(&self, token: &SecretString) -> Result<AccessToken, Error> {
        let grant = [("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())];
        let renewed = self.grant(&grant).await.map_err(|error| without(error, token))?;
        // A server that issues no other one goes on taking this one.
        let next = renewed.refresh_token().unwrap_or(token).clone();
        Ok(renewed.with_refresh_token(next))
    }

    async fn revoke(&self, token: &AccessToken) -> Result<(), Error> {
        let Some(url) = self.ionapi.revoke_url() else {
            let message = "the .ionapi file has no `or`, the place to do so: the token ends with its life";
            return Err(Error::config(REVOKE, message));
        };
        // First what new tokens can be had for. A server need not end the access token with it.
        if let Some(refresh) = token.refresh_token() {
            self.end(url, refresh, "refresh_token").await?;
        }
        self.end(url, token.secret(), "access_token").await
    }
}

/// An error without a secret that the server may have echoed.
fn without(error: Error, secret: &SecretString) -> Error {
    let message = error.message().replace(secret.expose_secret(), "***");
    error.with_message(message)
}

struct TokenAnswer {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    life: TimeDelta,
}

impl TokenAnswer {
    fn read(response: &Response) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Wire {
            access_token: Option<SecretString>,
            refresh_token: Option<SecretString>,
            #[serde(default)]
            expires_in: ExpiresIn,
        }
        // The body holds tokens: no part of it is quoted.
        let unreadable = |what: &str| {
            Error::new(ErrorKind::Decode, Outcome::NotProcessed, LOGIN, format!("the token answer {what}"))
                .with_status(response.status)
                .with_request_id(response.request_id.clone())
        };
        let wire: Wire =
            serde_json::from_slice(&response.body).map_err(|_| unreadable("is not the JSON that OAuth prescribes"))?;
        let given = |token: Option<SecretString>| token.filter(|token| !token.expose_secret().is_empty());
        Ok(Self {
            access_token: given(wire.access_token).ok_or_else(|| unreadable("has no access_token"))?,
            refresh_token: given(wire.refresh_token),
            life: wire.expires_in.or(DEFAULT_LIFE).min(LONGEST_LIFE),
        })
    }
}

/// What an error answer of an authorization server says.
pub(crate) fn explain(_status: u16, body: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Wire {
        error: String,
        error_description: Option<String>,
    }
    let wire: Wire = serde_json::from_str(body).ok()?;
    Some(match wire.error_description.filter(|text| !text.trim().is_empty()) {
        Some(description) => format!("{}: {}", wire.error, description.trim()),
        None => wire.error,
    })
}

/// Base64 of RFC 4648, padded: too small a thing to depend on a crate for.
fn base64(bytes: &[u8]) -> Zeroizing<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().div_ceil(3) * 4));
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = ALPHABET[(group >> (18 - 6 * place) & 0x3F) as usize];
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()).as_str(), coded);
        }
        assert_eq!(base64(&[0xFB, 0xFF, 0xFE]).as_str(), "+//+");
    }

    #[test]
    fn oauth_errors_are_explained_in_the_servers_words() {
        let words = explain(400, r#"{"error": "invalid_grant", "error_description": "account locked "}"#);
        assert_eq!(words.as_deref(), Some("invalid_grant: account locked"));
        assert_eq!(explain(400, r#"{"error": "invalid_client"}"#).as_deref(), Some("invalid_client"));
        assert_eq!(explain(502, "<html>busy</html>"), None);
    }
}
