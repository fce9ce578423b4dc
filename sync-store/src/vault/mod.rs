//! Secrets at rest: credentials and cached tokens, sealed in the store's own file.
//!
//! ```text
//! secret ──> XChaCha20-Poly1305 under a key of 256 bits ──> vault table
//!            bound to tenant, name and key id: moved to another row, it does not open
//! ```
//!
//! The keys come from outside: the environment, a file that only its owner may read, or a host's
//! [`KeyProvider`], such as a key management service. They are never stored beside what they seal.
//!
//! ```
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! use std::sync::Arc;
//! use sync_store::{SqliteStore, Vault, vault::{Keys, MasterKey}};
//!
//! let folder = tempfile::tempdir()?;
//! let store = SqliteStore::open(folder.path().join("ledger.db")).await?;
//! let vault = Vault::new(store, Arc::new(Keys::new([MasterKey::generate()?])?));
//! vault.set("acme", "procurify", "the client secret".into()).await?;
//! assert!(vault.get("acme", "procurify").await?.is_some());
//! assert!(vault.get("globex", "procurify").await?.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod keys;
mod seal;

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};
use sync_core::StoreError;

pub use keys::{KeyError, KeyProvider, Keys, MasterKey};

use crate::ledger::{json, text};
use crate::open::{OpenError, SqliteStore};
use seal::{Place, open, seal};

/// Why the vault could not do its work. Holds no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The key it needs is not to be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The sealed secret was cut, altered, or belongs to another row.
    #[error("the secret `{name}` of `{tenant}` in the vault is damaged or was moved there from elsewhere: set it anew")]
    Damaged {
        /// Whose secret.
        tenant: String,
        /// Its name.
        name: String,
    },
    /// The random source or the cipher failed.
    #[error("the secret could not be sealed: {0}")]
    Seal(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the vault holds under one name, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultEntry {
    /// Its name.
    pub name: String,
    /// The id of the key it is sealed with.
    pub key_id: String,
    /// When it was set.
    pub at: DateTime<Utc>,
}

/// Keeps secrets, each under a tenant and a name. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    store: SqliteStore,
    keys: Arc<dyn KeyProvider>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("store", &self.store).finish_non_exhaustive()
    }
}

/// A row of the table.
struct Row {
    name: String,
    key_id: String,
    sealed: Vec<u8>,
    at: DateTime<Utc>,
}

impl Vault {
    /// A vault in a store's file, under keys from elsewhere.
    pub fn new(store: SqliteStore, keys: Arc<dyn KeyProvider>) -> Self {
        Self { store, keys }
    }

    /// The vault in the file of an existing store, also while another process has that open for writing. Nothing but
    /// secrets is written there.
    #[allow(clippy::unused_async, reason = "as for the store")]
    pub async fn open(path: impl AsRef<Path>, keys: Arc<dyn KeyProvider>) -> Result<Self, OpenError> {
        Ok(Self::new(SqliteStore::open_beside(path.as_ref())?, keys))
    }

    /// Seals a secret with the current key, in place of an earlier one of the same name.
    pub async fn set(&self, tenant: &str, name: &str, secret: SecretString) -> Result<(), VaultError> {
        let key = self.keys.current().await?;
        let sealed = seal(&key, Place { tenant, name }, secret.expose_secret().as_bytes())?;
        let (tenant, name, key_id) = (tenant.to_owned(), name.to_owned(), key.id().to_owned());
        let save = move |db: &Connection| {
            let row = params![tenant, name, key_id, sealed, text(&Utc::now())?];
            db.execute("INSERT OR REPLACE INTO vault VALUES (?, ?, ?, ?, ?)", row).map(drop)
        };
        Ok(self.store.writer.run("save a secret", save).await?)
    }

    /// Opens a secret; `None` if there is none of this name.
    pub async fn get(&self, tenant: &str, name: &str) -> Result<Option<SecretString>, VaultError> {
        let (of, wanted) = (tenant.to_owned(), name.to_owned());
        let row = self.store.writer.run("read a secret", move |db| read(db, &of, &wanted)).await?;
        match row {
            Some(row) => self.unseal(tenant, &row).await.map(Some),
            None => Ok(None),
        }
    }

    /// What is kept for a tenant, in the order of the names.
    pub async fn list(&self, tenant: &str) -> Result<Vec<VaultEntry>, VaultError> {
        let rows = self.rows(tenant).await?;
        Ok(rows.into_iter().map(|row| VaultEntry { name: row.name, key_id: row.key_id, at: row.at }).collect())
    }

    /// Removes a secret; answers whether there was one.
    pub async fn remove(&self, tenant: &str, name: &str) -> Result<bool, VaultError> {
        let (tenant, name) = (tenant.to_owned(), name.to_owned());
        let remove = move |db: &Connection| {
            db.execute("DELETE FROM vault WHERE tenant = ? AND name = ?", [&tenant, &name]).map(|rows| rows > 0)
        };
        Ok(self.store.writer.run("remove a secret", remove).await?)
    }

    /// Seals anew with the current key what is sealed with older ones; answers how many secrets were.
    ///
    /// All or none: an old key may be given up once this has returned. What is set or removed meanwhile is left as it
    /// was set, but for its key.
    pub async fn rotate(&self, tenant: &str) -> Result<usize, VaultError> {
        let key = self.keys.current().await?;
        let mut count = 0;
        loop {
            let mut renewed = Vec::new();
            for row in self.rows(tenant).await?.into_iter().filter(|row| row.key_id != key.id()) {
                let secret = self.unseal(tenant, &row).await?;
                let sealed = seal(&key, Place { tenant, name: &row.name }, secret.expose_secret().as_bytes())?;
                renewed.push((row, sealed));
            }
            if renewed.is_empty() {
                return Ok(count);
            }
            let (of, key_id) = (tenant.to_owned(), key.id().to_owned());
            let save = move |db: &Connection| {
                renewed.iter().try_fold(0, |count, (row, sealed)| Ok(count + replace(db, &of, row, &key_id, sealed)?))
            };
            count += self.store.writer.run("save rotated secrets", save).await?;
        }
    }

    async fn unseal(&self, tenant: &str, row: &Row) -> Result<SecretString, VaultError> {
        let key = self.keys.by_id(&row.key_id).await?;
        open(&key, Place { tenant, name: &row.name }, &row.sealed)
    }

    async fn rows(&self, tenant: &str) -> Result<Vec<Row>, VaultError> {
        let tenant = tenant.to_owned();
        let read_all = move |db: &Connection| {
            db.prepare_cached("SELECT name, key_id, sealed, at FROM vault WHERE tenant = ? ORDER BY name")?
                .query_map([&tenant], row_of)?
                .collect()
        };
        Ok(self.store.writer.run("list secrets", read_all).await?)
    }
}

/// Replaces what is sealed in a row, if it is still what was read; answers how many rows that were.
fn replace(db: &Connection, tenant: &str, row: &Row, key_id: &str, sealed: &[u8]) -> rusqlite::Result<usize> {
    db.execute(
        "UPDATE vault SET key_id = ?, sealed = ? WHERE tenant = ? AND name = ? AND key_id = ? AND sealed = ?",
        params![key_id, sealed, tenant, row.name, row.key_id, row.sealed],
    )
}

fn read(db: &Connection, tenant: &str, name: &str) -> rusqlite::Result<Option<Row>> {
    db.query_row("SELECT name, key_id, sealed, at FROM vault WHERE tenant = ? AND name = ?", [tenant, name], row_of)
        .optional()
}

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row { name: row.get(0)?, key_id: row.get(1)?, sealed: row.get(2)?, at: json(row, 3)? })
}
