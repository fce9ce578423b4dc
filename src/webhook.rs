//! Alerts, trouble and digests as signed web hooks, in the form of [Standard Webhooks](https://www.standardwebhooks.com).
//!
//! Each message is a `POST` of JSON, `{"type", "timestamp", "data"}`, with three headers:
//!
//! | header | what it is |
//! | --- | --- |
//! | `webhook-id` | names the message; the same each time it is sent, so that a receiver takes it once |
//! | `webhook-timestamp` | when it was sent, in seconds since 1970; refuse what is older than a few minutes |
//! | `webhook-signature` | `v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body` under the shared secret |
//!
//! | `type` | `data` |
//! | --- | --- |
//! | `record.alert` | an [`Alert`]: `key`, `label` (`vendor`, `number`, `total`, `currency`), `state`, `reason`, `at` |
//! | `connection.trouble` | a [`Trouble`] that nothing gets through: `connection`, `ledger`, `system`, `kind`, `flows`, `since`, `reason` |
//! | `connection.trouble_over` | the same, with `over` |
//! | `connection.digest` | a [`Digest`]: `connection`, `ledger`, `day`, `records`, `waiting`, `troubles` |

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sync_core::{Alert, AlertSink, Clock, Digest, SystemClock, Trouble};
use tenant_http::{ExposeSecret, Http, Replay, RetryPolicy, SecretString, Timeouts, Url};

/// How long nothing is sent after a message could not be delivered, so that a receiver that is down costs a pass no
/// more than one message's tries.
const PAUSE: TimeDelta = TimeDelta::seconds(60);

/// The shortest secret that is taken, in bytes.
const SHORTEST_SECRET: usize = 24;

/// Why a web hook cannot be set up. Names neither its address nor its secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The address is none.
    #[error("the address of the web hook is no URL ({0}): write https://...")]
    Address(String),
    /// The address cannot be used.
    #[error(transparent)]
    Http(#[from] tenant_http::Error),
    /// The secret is not what a Standard Webhooks secret looks like.
    #[error(
        "the secret of the web hook must be the Base64 of at least 24 bytes, with or without `whsec_` before it: make one by `openssl rand -base64 32`"
    )]
    Secret,
}

/// Sends alerts, trouble and digests to a web address. Its `Debug` shows neither address nor secret.
///
/// A message is tried three times, for at most half a minute in all. What cannot be delivered is an error for the
/// engine to come back to later; it never stops a pass.
pub struct Webhook {
    http: Http,
    address: SecretString,
    key: Option<Vec<u8>>,
    clock: Arc<dyn Clock>,
    paused_until: Mutex<Option<DateTime<Utc>>>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("signed", &self.key.is_some()).finish_non_exhaustive()
    }
}

impl Webhook {
    /// A web hook at this address: `https`, or a loopback address. The address may hold a token, so it is a secret too.
    pub fn new(address: SecretString) -> Result<Self, WebhookError> {
        let url: Url = address
            .expose_secret()
            .parse()
            .map_err(|error: <Url as std::str::FromStr>::Err| WebhookError::Address(error.to_string()))?;
        let retry = RetryPolicy {
            max_attempts: 3,
            cap: Duration::from_secs(2),
            longest_retry_after: Duration::from_secs(5),
            ..RetryPolicy::default()
        };
        let timeouts = Timeouts { connect: Duration::from_secs(5), request: Duration::from_secs(5) };
        let secrets = vec![address.clone(), url.path().trim_start_matches('/').into()];
        let http = Http::builder(url).retry(retry).timeouts(timeouts).max_body(1024 * 1024).secrets(secrets).build()?;
        Ok(Self { http, address, key: None, clock: Arc::new(SystemClock), paused_until: Mutex::default() })
    }

    /// Signs messages with this secret: Base64, with or without `whsec_` before it.
    pub fn secret(mut self, secret: &SecretString) -> Result<Self, WebhookError> {
        let text = secret.expose_secret().trim();
        let key = BASE64_STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text));
        let key = key.ok().filter(|key| key.len() >= SHORTEST_SECRET).ok_or(WebhookError::Secret)?;
        self.key = Some(key);
        Ok(self)
    }

    /// Takes the time from this clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    async fn send(
        &self,
        id: &str,
        kind: &str,
        at: DateTime<Utc>,
        data: &(impl Serialize + Sync),
    ) -> Result<(), String> {
        let now = self.clock.now();
        if let Some(until) = self.pause().filter(|until| now < *until) {
            return Err(format!("the web hook failed a moment ago and is left alone until {}", until.format("%T")));
        }
        let body = json!({ "type": kind, "timestamp": at, "data": data }).to_string();
        let timestamp = now.timestamp().to_string();
        let mut request = self
            .http
            .post(self.address.expose_secret())
            .operation("the web hook")
            // The receiver knows a message by its id.
            .replay(Replay::Safe)
            .header("webhook-id", id)
            .header("webhook-timestamp", &timestamp);
        if let Some(key) = &self.key {
            request = request.header("webhook-signature", &sign(key, id, &timestamp, &body)?);
        }
        let sent = request.body(body.into(), "application/json").send().await;
        let until = sent.is_err().then(|| self.clock.now() + PAUSE);
        *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
        sent.map(drop).map_err(|error| error.to_string())
    }

    fn pause(&self) -> Option<DateTime<Utc>> {
        *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl AlertSink for Webhook {
    async fn raise(&self, alert: &Alert) -> Result<(), String> {
        let what = format!("{}\n{}\n{}", alert.key, alert.version, alert.reason);
        self.send(&id("alert", &what), "record.alert", alert.at, alert).await
    }

    async fn trouble(&self, trouble: &Trouble) -> Result<(), String> {
        let Trouble { connection, ledger, system, kind, since, over, .. } = trouble;
        let what = format!("{connection}\n{ledger}\n{system}\n{kind:?}\n{}", since.timestamp_micros());
        match over {
            None => self.send(&id("trouble", &what), "connection.trouble", *since, trouble).await,
            Some(at) => self.send(&id("trouble_over", &what), "connection.trouble_over", *at, trouble).await,
        }
    }

    async fn summarise(&self, digest: &Digest) -> Result<(), String> {
        let id = format!("digest_{}_{}_{}", digest.connection, digest.ledger, digest.day);
        self.send(&id, "connection.digest", self.clock.now(), digest).await
    }
}

/// The same for the same, and of letters, digits and `_` only.
fn id(of: &str, what: &str) -> String {
    let hash = Sha256::digest(what.as_bytes());
    hash[..16].iter().fold(format!("{of}_"), |id, byte| format!("{id}{byte:02x}"))
}

fn sign(key: &[u8], id: &str, timestamp: &str, body: &str) -> Result<String, String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|error| error.to_string())?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Ok(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_published_example() {
        // The example in the Standard Webhooks libraries' own tests.
        let key = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_shown() {
        for wrong in ["", "hunter2", "whsec_c2hvcnQ=", "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"] {
            let error = Webhook::new("https://hooks.example/in".into()).unwrap().secret(&wrong.into()).unwrap_err();
            let told = error.to_string();
            assert!(told.contains("openssl rand -base64 32") && (wrong.is_empty() || !told.contains(wrong)), "{told}");
        }
        for address in ["hooks.example", "http://hooks.example/in"] {
            assert!(Webhook::new(address.into()).is_err(), "{address}");
        }
    }
}
