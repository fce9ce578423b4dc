//! The authorization server: password and refresh grants, revocation, and the ration of logins.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hyper::{Method, StatusCode};
use serde_json::json;

use super::{M3Config, ionapi};
use crate::clock::delta;
use crate::http::{Call, Reply};
use crate::limiter::{Limiter, Verdict};
use crate::rng::Rng;

/// Tokens given out by one tenant's authorization server.
#[derive(Debug)]
pub(super) struct Tokens {
    rng: Rng,
    logins: Limiter,
    live: HashMap<String, DateTime<Utc>>,
    refresh: Vec<String>,
    issued: Vec<String>,
}

impl Tokens {
    pub(super) fn new(config: &M3Config) -> Self {
        Self {
            rng: Rng::of(config.scenario.seed, 4),
            logins: Limiter::new(config.logins_per_minute),
            live: HashMap::new(),
            refresh: Vec::new(),
            issued: Vec::new(),
        }
    }

    pub(super) fn accepts(&self, token: &str, now: DateTime<Utc>) -> bool {
        self.live.get(token).is_some_and(|until| now < *until)
    }

    /// All tokens given out so far, those to refresh with included.
    pub(super) fn issued(&self) -> Vec<String> {
        [self.issued.as_slice(), self.refresh.as_slice()].concat()
    }

    pub(super) fn expire(&mut self, token: &str) {
        self.live.remove(token);
    }

    pub(super) fn token(&mut self, config: &M3Config, call: &Call, now: DateTime<Utc>) -> Reply {
        if call.method != Method::POST {
            return Reply::empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        let form = call.form();
        let field = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let Some(grant) = field("grant_type") else {
            return malformed();
        };
        let (id, secret) = match client(call) {
            Client::Known(id, secret) => (id, secret),
            Client::Missing => return malformed(),
        };
        if config.basic_only && call.header("authorization").is_none() {
            return refusal(StatusCode::UNAUTHORIZED, "invalid_client", "The client must authenticate in the header.");
        }
        if id != ionapi::client_id(&config.tenant) || secret != ionapi::CLIENT_SECRET {
            return refusal(StatusCode::UNAUTHORIZED, "invalid_client", "Unknown client or wrong client secret.");
        }
        match grant {
            "password" => {
                let (Some(user), Some(password)) = (field("username"), field("password")) else {
                    return malformed();
                };
                if let Verdict::Refuse(wait) = self.logins.check(now) {
                    let reply = refusal(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", "Too many logins.");
                    return if config.retry_after { reply.with("retry-after", &wait.to_string()) } else { reply };
                }
                if user != ionapi::access_key(&config.tenant) || password != ionapi::SECRET_KEY {
                    return refusal(StatusCode::BAD_REQUEST, "invalid_grant", "Unknown service account or wrong key.");
                }
                let refresh = config.refresh_tokens.then(|| {
                    let token = self.rng.token();
                    self.refresh.push(token.clone());
                    token
                });
                self.grant(config, refresh, now)
            }
            "refresh_token" => {
                let Some(token) = field("refresh_token") else {
                    return malformed();
                };
                if !self.refresh.iter().any(|known| known == token) {
                    return refusal(StatusCode::BAD_REQUEST, "invalid_grant", "The refresh token is not valid.");
                }
                // The same refresh token again: public clients keep the first one they were given.
                self.grant(config, Some(token.to_owned()), now)
            }
            _ => refusal(StatusCode::BAD_REQUEST, "unsupported_grant_type", "This grant is not offered."),
        }
    }

    fn grant(&mut self, config: &M3Config, refresh: Option<String>, now: DateTime<Utc>) -> Reply {
        let token = self.rng.token();
        self.live.retain(|_, until| now < *until);
        self.live.insert(token.clone(), now + delta(config.token_lifetime));
        self.issued.push(token.clone());
        let seconds = config.token_lifetime.as_secs();
        let mut body = json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": if config.expires_in_text { json!(seconds.to_string()) } else { json!(seconds) },
        });
        if let Some(refresh) = refresh {
            body["refresh_token"] = json!(refresh);
        }
        Reply::ok(&body)
    }

    pub(super) fn revoke(&mut self, config: &M3Config, call: &Call) -> Reply {
        if call.method != Method::POST {
            return Reply::empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        let form = call.form();
        let (Client::Known(id, secret), Some(token)) = (client(call), form.get("token")) else {
            return malformed();
        };
        if id != ionapi::client_id(&config.tenant) || secret != ionapi::CLIENT_SECRET {
            return refusal(StatusCode::UNAUTHORIZED, "invalid_client", "Unknown client or wrong client secret.");
        }
        // Only what was named: RFC 7009 leaves it to the server whether the tokens of the same grant end with it.
        self.live.remove(token);
        self.refresh.retain(|known| known != token);
        Reply::empty(StatusCode::OK)
    }
}

enum Client {
    Known(String, String),
    Missing,
}

/// The client's credentials, from the body or as HTTP Basic.
fn client(call: &Call) -> Client {
    let basic = call.header("authorization").and_then(|value| value.strip_prefix("Basic ")).and_then(base64_text);
    if let Some((id, secret)) = basic.as_deref().and_then(|pair| pair.split_once(':')) {
        return Client::Known(decoded(id), decoded(secret));
    }
    let mut form = call.form();
    match (form.remove("client_id"), form.remove("client_secret")) {
        (Some(id), Some(secret)) => Client::Known(id, secret),
        _ => Client::Missing,
    }
}

/// Basic credentials come percent-encoded from some clients and plain from others.
fn decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    url::form_urlencoded::parse(text.as_bytes()).next().map_or_else(|| text.to_owned(), |(name, _)| name.into_owned())
}

fn base64_text(text: &str) -> Option<String> {
    let mut bits = 0_u32;
    let mut held = 0_u32;
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for byte in text.trim().trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

fn refusal(status: StatusCode, error: &str, description: &str) -> Reply {
    Reply::json(status, &json!({ "error": error, "error_description": description }))
}

/// Infor's servers answer a malformed token request with a 500.
fn malformed() -> Reply {
    Reply::html(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

#[cfg(test)]
mod tests {
    use super::base64_text;

    #[test]
    fn basic_credentials_are_decoded() {
        assert_eq!(base64_text("QWxhZGRpbjpvcGVuIHNlc2FtZQ==").as_deref(), Some("Aladdin:open sesame"));
        assert_eq!(base64_text("not base64!"), None);
    }
}
