//! Values that the configuration holds, or says where to find.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cloudsuite_client::{SecretString, TokenCache};
use procurify_cloudsuite::VaultTokens;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use sync_store::Vault;

use super::Problem;

/// A value given in the file, or kept elsewhere.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Text {
    Here(String),
    Env { env: String },
    File { file: PathBuf },
    Vault { vault: String },
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Here(_) => f.write_str("(given here)"),
            Self::Env { env } => write!(f, "(environment variable {env})"),
            Self::File { file } => write!(f, "(file {})", file.display()),
            Self::Vault { vault } => write!(f, "(vault {vault})"),
        }
    }
}

impl Text {
    /// Whether it is kept in the vault under this name.
    pub fn is_in_vault_as(&self, name: &str) -> bool {
        matches!(self, Self::Vault { vault } if vault == name)
    }

    /// The value; files are looked for beside the configuration.
    pub async fn read(&self, what: &str, place: &Place<'_>) -> Result<SecretString, Problem> {
        if let Self::Vault { vault: name } = self {
            let vault = place.vault.ok_or_else(|| {
                format!("{what} is to come from the vault, for which there is no key: add [vault] with key = {{ env = \"...\" }}")
            })?;
            let secret = vault.get(place.tenant, name).await?;
            return secret.ok_or_else(|| {
                format!("{what} is to come from the vault, which has no `{name}`: run `vault set {name}`").into()
            });
        }
        self.read_plain(what, place.folder)
    }

    fn read_plain(&self, what: &str, folder: &Path) -> Result<SecretString, Problem> {
        match self {
            Self::Here(text) => Ok(SecretString::from(text.as_str())),
            Self::Vault { .. } => Err(format!("{what} cannot come from the vault").into()),
            Self::Env { env } => {
                let text = std::env::var(env).map(Zeroizing::new).map_err(|_| {
                    format!("{what} is to come from the environment variable {env}, which is not set: set it")
                })?;
                Ok(SecretString::from(text.as_str()))
            }
            Self::File { file } => {
                let path = folder.join(file);
                let text = std::fs::File::open(&path).and_then(read_all).map_err(|error| {
                    format!("{what} is to come from {}, which cannot be read ({error}): check the path", path.display())
                })?;
                Ok(SecretString::from(text.as_str()))
            }
        }
    }
}

/// All that a file or stdin holds, wiped when it goes.
pub fn read_all(mut from: impl Read) -> std::io::Result<Zeroizing<String>> {
    // Takes any usual secret without growing, which would leave a part of it behind.
    let mut text = Zeroizing::new(String::with_capacity(64 * 1024));
    from.read_to_string(&mut text)?;
    Ok(text)
}

/// Where values that are not given in the file are looked for.
pub struct Place<'a> {
    pub folder: &'a Path,
    pub tenant: &'a str,
    pub vault: Option<&'a Vault>,
}

impl Place<'_> {
    /// Where processes share tokens, if there is a vault.
    pub fn tokens(&self) -> Option<Arc<dyn TokenCache>> {
        let vault = self.vault?.clone();
        Some(Arc::new(VaultTokens::new(vault, self.tenant)))
    }
}
