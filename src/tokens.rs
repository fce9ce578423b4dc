//! Tokens shared between processes, sealed in the vault: Infor rations logins.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sync_store::Vault;
use tenant_http::{AccessToken, ExposeSecret, SecretString, TokenCache};

/// Keeps access tokens in a [`Vault`], under names that begin with `token/`.
///
/// A cache only saves logins: what cannot be read or written is logged, and a login made instead.
#[derive(Debug, Clone)]
pub struct VaultTokens {
    vault: Vault,
    tenant: String,
}

/// A token as it is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    secret: String,
    issued_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl VaultTokens {
    /// Keeps a tenant's tokens in this vault.
    pub fn new(vault: Vault, tenant: impl Into<String>) -> Self {
        Self { vault, tenant: tenant.into() }
    }

    fn name(credential: &str) -> String {
        format!("token/{credential}")
    }
}

#[async_trait]
impl TokenCache for VaultTokens {
    async fn load(&self, credential: &str) -> Option<AccessToken> {
        let sealed = match self.vault.get(&self.tenant, &Self::name(credential)).await {
            Ok(sealed) => sealed?,
            Err(error) => {
                tracing::warn!(%error, credential, "the cached token cannot be read; logging in");
                return None;
            }
        };
        let kept: Kept = serde_json::from_str(sealed.expose_secret()).ok()?;
        Some(AccessToken::new(SecretString::from(kept.secret), kept.expires_at).issued_at(kept.issued_at))
    }

    async fn store(&self, credential: &str, token: &AccessToken) {
        let kept = Kept {
            secret: token.secret().expose_secret().to_owned(),
            issued_at: token.issue_time(),
            expires_at: token.expires_at(),
        };
        let saved = match serde_json::to_string(&kept) {
            Ok(text) => self.vault.set(&self.tenant, &Self::name(credential), SecretString::from(text)).await,
            Err(error) => {
                tracing::warn!(%error, credential, "the token cannot be cached");
                return;
            }
        };
        if let Err(error) = saved {
            tracing::warn!(%error, credential, "the token cannot be cached");
        }
    }
}
