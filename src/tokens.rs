//! Tokens shared between processes, sealed in the vault: Infor rations logins.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use sync_store::Vault;
use tenant_http::{AccessToken, Error, ErrorKind, ExposeSecret, Outcome, SecretString, TokenCache};

/// What the names of tokens begin with.
const PREFIX: &str = "token/";

/// Keeps tokens, with those to refresh them, in a [`Vault`], under names that begin with `token/`.
#[derive(Debug, Clone)]
pub struct VaultTokens {
    vault: Vault,
    tenant: String,
}

/// A token as it is sealed.
#[derive(Serialize)]
struct Sealing<'a> {
    secret: &'a str,
    refresh: Option<&'a str>,
    issued_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// A token that was sealed.
#[derive(Deserialize)]
struct Unsealed {
    secret: SecretString,
    refresh: Option<SecretString>,
    issued_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl VaultTokens {
    /// Keeps a tenant's tokens in this vault.
    pub fn new(vault: Vault, tenant: impl Into<String>) -> Self {
        Self { vault, tenant: tenant.into() }
    }

    /// Removes the tokens of all credentials whose names begin so, such as `procurify:`: those of an old secret.
    ///
    /// # Errors
    /// The vault cannot be read or written.
    pub async fn forget(&self, beginning: &str) -> Result<(), Error> {
        let entries = self.vault.list(&self.tenant).await;
        for entry in entries.map_err(|error| failed("removing", beginning, error.to_string()))? {
            let credential = entry.name.strip_prefix(PREFIX).filter(|name| name.starts_with(beginning));
            if let Some(credential) = credential {
                self.remove(credential).await?;
            }
        }
        Ok(())
    }

    fn name(credential: &str) -> String {
        format!("{PREFIX}{credential}")
    }
}

#[async_trait]
impl TokenCache for VaultTokens {
    async fn load(&self, credential: &str) -> Result<Option<AccessToken>, Error> {
        let sealed = self.vault.get(&self.tenant, &Self::name(credential)).await;
        let Some(sealed) = sealed.map_err(|error| failed("reading", credential, error.to_string()))? else {
            return Ok(None);
        };
        // The parser's own message may quote what it read.
        let token: Unsealed = serde_json::from_str(sealed.expose_secret())
            .map_err(|_| failed("reading", credential, "it is no token: remove it".to_owned()))?;
        let kept = AccessToken::new(token.secret, token.expires_at).issued_at(token.issued_at);
        Ok(Some(kept.with_refresh_token(token.refresh)))
    }

    async fn store(&self, credential: &str, token: &AccessToken) -> Result<(), Error> {
        let text = sealing(token).map_err(|error| failed("keeping", credential, error.to_string()))?;
        let saved = self.vault.set(&self.tenant, &Self::name(credential), text).await;
        saved.map_err(|error| failed("keeping", credential, error.to_string()))
    }

    async fn remove(&self, credential: &str) -> Result<(), Error> {
        let removed = self.vault.remove(&self.tenant, &Self::name(credential)).await;
        removed.map(drop).map_err(|error| failed("removing", credential, error.to_string()))
    }
}

/// A token as the text that is sealed.
fn sealing(token: &AccessToken) -> serde_json::Result<SecretString> {
    let (secret, refresh) = (token.secret().expose_secret(), token.refresh_token().map(ExposeSecret::expose_secret));
    // A buffer that grows leaves a part of the secret behind. A character takes six at most: `\u001f`.
    let most = 6 * (secret.len() + refresh.map_or(0, str::len)) + 256;
    let mut text = Zeroizing::new(Vec::with_capacity(most));
    let sealing = Sealing { secret, refresh, issued_at: token.issue_time(), expires_at: token.expires_at() };
    serde_json::to_writer(&mut *text, &sealing)?;
    Ok(SecretString::from(String::from_utf8_lossy(&text).as_ref()))
}

fn failed(doing: &str, credential: &str, why: String) -> Error {
    let operation = format!("{doing} the token of {credential} in the vault");
    Error::new(ErrorKind::Other, Outcome::NotProcessed, operation, why)
}
