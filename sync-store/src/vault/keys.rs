//! The keys that secrets are sealed with, and where they come from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

/// Bytes of a key.
const LENGTH: usize = 32;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No key was given at all.
    #[error("there is no vault key in {0}: make one with `openssl rand -hex 32` and put it there")]
    None(String),
    /// What was given is no key.
    #[error("the vault key in {0} is not 64 hexadecimal digits: make one with `openssl rand -hex 32`")]
    Malformed(String),
    /// Others than its owner may read the file.
    #[error("the vault key file {0} may be read by others: run `chmod 600` on it")]
    Exposed(PathBuf),
    /// The file cannot be read.
    #[error("the vault key file {path} cannot be read: check the path and its owner")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A secret is sealed with a key that is not among those given.
    #[error(
        "the secret is sealed with key {0}, which is not among the vault keys given: add that key behind the new one"
    )]
    Unknown(String),
    /// A host's own provider failed, or the random source did.
    #[error("the vault key could not be had")]
    Provider(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A key of 256 bits. Its id is derived from it, so that a wrong key is recognised before it is tried.
#[derive(Clone)]
pub struct MasterKey {
    id: String,
    bytes: Arc<SecretBox<[u8; LENGTH]>>,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

impl MasterKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; LENGTH]) -> Self {
        let bytes = SecretBox::new(Box::new(bytes));
        let digest = Sha256::new().chain_update("vault key id").chain_update(bytes.expose_secret()).finalize();
        let id = digest.iter().take(6).fold(String::new(), |id, byte| format!("{id}{byte:02x}"));
        Self { id, bytes: Arc::new(bytes) }
    }

    /// A new key from the system's random source.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        OsRng.try_fill_bytes(bytes.as_mut()).map_err(|error| KeyError::Provider(error.to_string().into()))?;
        Ok(Self::new(*bytes))
    }

    /// Its id, which tells nothing of the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn bytes(&self) -> &[u8; LENGTH] {
        self.bytes.expose_secret()
    }
}

/// Gives the keys: a key management service, for example.
#[async_trait]
pub trait KeyProvider: Send + Sync {
    /// The key that secrets are sealed with from now on.
    async fn current(&self) -> Result<MasterKey, KeyError>;

    /// The key of an id, to open what was sealed with it.
    async fn by_id(&self, id: &str) -> Result<MasterKey, KeyError>;
}

/// Keys held in memory: the current one, and older ones that may still be needed to open secrets.
#[derive(Debug, Clone)]
pub struct Keys(Vec<MasterKey>);

impl Keys {
    /// These keys, the current one first.
    pub fn new(keys: impl IntoIterator<Item = MasterKey>) -> Result<Self, KeyError> {
        let keys: Vec<MasterKey> = keys.into_iter().collect();
        if keys.is_empty() { Err(KeyError::None("the list given".to_owned())) } else { Ok(Self(keys)) }
    }

    /// Keys from an environment variable: 64 hexadecimal digits each, the current one first, separated by
    /// blanks or commas.
    pub fn from_env(variable: &str) -> Result<Self, KeyError> {
        let place = format!("the environment variable {variable}");
        match std::env::var(variable) {
            Ok(text) => Self::parse(&Zeroizing::new(text), &place),
            Err(_) => Err(KeyError::None(place)),
        }
    }

    /// Keys from a file, one a line, the current one first. On Unix only its owner may have access to it.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let unreadable = |source| KeyError::File { path: path.to_owned(), source };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(KeyError::Exposed(path.to_owned()));
            }
        }
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?);
        Self::parse(&text, &format!("the file {}", path.display()))
    }

    fn parse(text: &str, place: &str) -> Result<Self, KeyError> {
        let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        let keys: Option<Vec<MasterKey>> = words.map(decode).collect();
        match keys {
            None => Err(KeyError::Malformed(place.to_owned())),
            Some(keys) if keys.is_empty() => Err(KeyError::None(place.to_owned())),
            Some(keys) => Ok(Self(keys)),
        }
    }
}

fn decode(hex: &str) -> Option<MasterKey> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    if hex.len() != 2 * LENGTH || !hex.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(MasterKey::new(*bytes))
}

#[async_trait]
impl KeyProvider for Keys {
    async fn current(&self) -> Result<MasterKey, KeyError> {
        self.0.first().cloned().ok_or_else(|| KeyError::None("the list given".to_owned()))
    }

    async fn by_id(&self, id: &str) -> Result<MasterKey, KeyError> {
        self.0.iter().find(|key| key.id() == id).cloned().ok_or_else(|| KeyError::Unknown(id.to_owned()))
    }
}
