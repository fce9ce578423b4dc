//! `POST /oauth/token`: client credentials, as JSON or as a form.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::ProcurifyConfig;
use crate::clock::delta;
use crate::http::{Call, Reply};
use crate::rng::Rng;

const AUDIENCE: &str = "https://api.procurify.com/";

/// Tokens given out, and until when each is good.
#[derive(Debug)]
pub(super) struct Tokens {
    rng: Rng,
    live: HashMap<String, DateTime<Utc>>,
    issued: Vec<String>,
}

impl Tokens {
    pub(super) fn new(seed: u64) -> Self {
        Self { rng: Rng::of(seed, 2), live: HashMap::new(), issued: Vec::new() }
    }

    pub(super) fn accepts(&self, token: &str, now: DateTime<Utc>) -> bool {
        self.live.get(token).is_some_and(|until| now < *until)
    }

    /// All tokens given out so far.
    pub(super) fn issued(&self) -> Vec<String> {
        self.issued.clone()
    }

    pub(super) fn expire(&mut self, token: &str) {
        self.live.remove(token);
    }

    pub(super) fn answer(&mut self, config: &ProcurifyConfig, call: &Call, now: DateTime<Utc>) -> Reply {
        if call.method != Method::POST {
            return Reply::empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        let Some(fields) = fields(call) else {
            return refusal(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The body is neither a JSON object nor a form.",
            );
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        if field("grant_type") != "client_credentials" {
            return refusal(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "grant_type must be client_credentials.",
            );
        }
        if field("client_id") != config.client_id || field("client_secret") != config.client_secret {
            return refusal(StatusCode::UNAUTHORIZED, "access_denied", "Unauthorized");
        }
        // The form comes from older clients, which may leave the audience out.
        if field("audience") != AUDIENCE && (call.has_json_body() || fields.contains_key("audience")) {
            return refusal(StatusCode::FORBIDDEN, "access_denied", "Service not found: audience");
        }
        let token = self.rng.token();
        self.live.retain(|_, until| now < *until);
        self.live.insert(token.clone(), now + delta(config.token_lifetime));
        self.issued.push(token.clone());
        Reply::ok(&json!({
            "access_token": token,
            "scope": "urn:procurify-api:domain:sandbox urn:procurify-api:email:amara.okafor@example.com",
            "expires_in": config.token_lifetime.as_secs(),
            "token_type": "Bearer",
        }))
    }
}

fn fields(call: &Call) -> Option<HashMap<String, String>> {
    if !call.has_json_body() {
        return Some(call.form());
    }
    let Ok(Value::Object(object)) = serde_json::from_slice(&call.body) else {
        return None;
    };
    Some(object.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect())
}

fn refusal(status: StatusCode, error: &str, description: &str) -> Reply {
    Reply::json(status, &json!({ "error": error, "error_description": description }))
}
