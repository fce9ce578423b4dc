//! The gateway's part for the other products: the same tokens and the same `.ionapi` file as M3 has.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::token::Tokens;
use super::{M3Config, ionapi};
use crate::Scenario;
use crate::http::{Call, Reply};

/// How a tenant's authorization server behaves.
#[derive(Debug, Clone)]
pub(crate) struct GatewayConfig {
    pub(crate) tenant: String,
    pub(crate) seed: u64,
    pub(crate) token_lifetime: Duration,
    pub(crate) expires_in_text: bool,
    pub(crate) refresh_tokens: bool,
    pub(crate) logins_per_minute: u32,
    pub(crate) retry_after: bool,
}

/// A tenant's authorization server and the front door of its products.
pub(crate) struct Gateway {
    config: M3Config,
    tokens: Mutex<Tokens>,
}

impl Gateway {
    pub(crate) fn new(config: GatewayConfig) -> Self {
        let config = M3Config {
            tenant: config.tenant,
            scenario: Scenario { seed: config.seed, ..Scenario::default() },
            token_lifetime: config.token_lifetime,
            expires_in_text: config.expires_in_text,
            refresh_tokens: config.refresh_tokens,
            logins_per_minute: config.logins_per_minute,
            retry_after: config.retry_after,
            ..M3Config::default()
        };
        Self { tokens: Mutex::new(Tokens::new(&config)), config }
    }

    /// The path behind the tenant's name.
    pub(crate) fn rest<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix('/')?.strip_prefix(self.config.tenant.as_str())
    }

    /// Whether a call is one for the authorization server.
    pub(crate) fn is_token_call(&self, call: &Call) -> bool {
        self.rest(&call.path).is_some_and(|rest| rest.starts_with("/as/"))
    }

    /// All tokens given out so far, those to refresh with included.
    pub(crate) fn issued_tokens(&self) -> Vec<String> {
        self.tokens().issued()
    }

    /// The authorization server's answer, if the call is for it.
    pub(crate) fn token_answer(&self, call: &Call, now: DateTime<Utc>) -> Option<Reply> {
        match self.rest(&call.path)?.strip_prefix("/as/")? {
            ionapi::TOKEN => Some(self.tokens().token(&self.config, call, now)),
            ionapi::REVOKE => Some(self.tokens().revoke(&self.config, call)),
            _ => None,
        }
    }

    /// Whether a call carries a token that is good.
    pub(crate) fn admits(&self, call: &Call, now: DateTime<Utc>) -> bool {
        call.bearer().is_some_and(|token| self.tokens().accepts(token, now))
    }

    /// Makes the caller's token worthless.
    pub(crate) fn expire(&self, call: &Call) {
        if let Some(token) = call.bearer() {
            self.tokens().expire(token);
        }
    }

    /// A complete `.ionapi` file.
    pub(crate) fn ionapi_json(&self, base: &str) -> String {
        ionapi::file(&self.config, base)
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
