//! The vault's commands.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use procurify_cloudsuite::{Ionapi, VaultTokens};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sync_store::{SqliteStore, Vault};

use crate::commands::say;
use crate::config::{Config, Problem, read_all};

#[derive(Debug, clap::Subcommand)]
pub enum VaultCommand {
    /// Seal a secret, such as `procurify` (a client secret) or `cloudsuite` (a whole .ionapi file, on stdin).
    Set {
        /// The name by which the configuration refers to it.
        name: String,
    },
    /// Show the names of what is sealed.
    List,
    /// Seal everything anew with the first of the keys given.
    Rotate,
    /// Remove a secret.
    Remove {
        /// Its name.
        name: String,
    },
}

pub async fn run(config: &Config, folder: &Path, command: &VaultCommand, json: bool) -> Result<ExitCode, Problem> {
    let (vault, tenant) = open(config, folder).await?;
    let tenant = tenant.as_str();
    match command {
        VaultCommand::Set { name } => {
            let secret = read_secret(name)?;
            if config.is_ionapi(name) {
                Ionapi::parse(secret.expose_secret().as_bytes())
                    .map_err(|error| format!("`{name}` is not set: {error}"))?;
            }
            vault.set(tenant, name, secret).await?;
            // Else what was had with the old one would hide that the new one is wrong.
            if let Some(tokens) = config.tokens_of(name) {
                VaultTokens::new(vault, tenant).forget(tokens).await?;
            }
            say(json, &json!({ "set": name }), || {
                let unused =
                    if config.refers_to(name) { "" } else { " Nothing in the configuration refers to it yet." };
                format!("`{name}` is sealed in the vault.{unused}")
            });
        }
        VaultCommand::List => {
            let entries = vault.list(tenant).await?;
            let rows: Vec<_> = entries
                .iter()
                .map(|entry| json!({ "name": entry.name, "key": entry.key_id, "at": entry.at }))
                .collect();
            say(json, &json!({ "secrets": rows }), || {
                let lines = entries.iter().map(|entry| format!("{}  key {}  {}", entry.name, entry.key_id, entry.at));
                lines.chain([format!("{} secrets.", entries.len())]).collect::<Vec<_>>().join("\n")
            });
        }
        VaultCommand::Rotate => {
            let count = vault.rotate(tenant).await?;
            say(json, &json!({ "rotated": count }), || format!("{count} secrets are sealed with the first key now."));
        }
        VaultCommand::Remove { name } => {
            if !vault.remove(tenant, name).await? {
                return Err(format!("the vault has no `{name}`: `vault list` shows what it has").into());
            }
            say(json, &json!({ "removed": name }), || format!("`{name}` is removed."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(config: &Config, folder: &Path) -> Result<(Vault, String), Problem> {
    // The key is checked before a store is made.
    let (keys, ledger) = (config.vault_keys(folder)?, config.ledger(folder)?);
    if !ledger.exists() {
        drop(SqliteStore::open(&ledger).await?);
    }
    // Beside whoever has the ledger, such as a `watch`, and in nobody's way while a secret is typed.
    Ok((Vault::open(ledger, Arc::new(keys)).await?, config.name().to_string()))
}

/// From the terminal without echo, or all of stdin less its last line break.
fn read_secret(name: &str) -> Result<SecretString, Problem> {
    let text = if std::io::stdin().is_terminal() {
        Zeroizing::new(rpassword::prompt_password(format!("{name}: "))?)
    } else {
        read_all(std::io::stdin())?
    };
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.trim().is_empty() {
        return Err(format!("nothing was given for `{name}`: type it, or send it on stdin").into());
    }
    Ok(SecretString::from(secret))
}
