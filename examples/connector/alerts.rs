//! The `[alerts]` of the configuration: where people are told.

use std::sync::Arc;
use std::time::Duration;

use procurify_cloudsuite::Webhook;
use serde::Deserialize;
use sync_core::alert::LogAlerts;
use sync_core::{AlertSink, Settings};
use tenant_http::ExposeSecret;

use crate::config::{Place, Problem, Text, duration};

#[derive(Debug, Default, Deserialize)]
pub struct AlertSettings {
    webhook: Option<Text>,
    webhook_secret: Option<Text>,
    digest: Option<DigestPace>,
    /// How long whole passes, a record's attempts or a document that is to appear may fail before people are told.
    patience: Option<Text>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DigestPace {
    Daily,
}

impl AlertSettings {
    /// What may come from elsewhere.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.webhook.iter().chain(&self.webhook_secret)
    }

    /// How long trouble may last before people are told.
    pub fn patience(&self) -> Result<Duration, Problem> {
        self.patience.as_ref().map_or(Ok(Settings::default().patience), |text| duration("alerts.patience", text))
    }

    /// Whether people want a summary a day.
    pub fn wants_digest(&self) -> bool {
        matches!(self.digest, Some(DigestPace::Daily))
    }

    /// The log, and the web hook if there is one.
    pub async fn sink(&self, place: &Place<'_>) -> Result<Arc<dyn AlertSink>, Problem> {
        let mut sinks: Vec<Arc<dyn AlertSink>> = vec![Arc::new(LogAlerts)];
        if let Some(address) = &self.webhook {
            let address = address.read("alerts.webhook", place).await?;
            let mut webhook = Webhook::new(address.expose_secret().trim().into())?;
            if let Some(secret) = &self.webhook_secret {
                webhook = webhook.secret(&secret.read("alerts.webhook_secret", place).await?)?;
            }
            sinks.push(Arc::new(webhook));
        }
        Ok(Arc::new(sinks))
    }
}
