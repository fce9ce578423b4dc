//! Durable stores for [`sync_core`]: the ledger, the checkpoints and the cross-references in one SQLite file.
//!
//! ```
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! use sync_core::DedupStore;
//! let folder = tempfile::tempdir()?;
//! let store = sync_store::SqliteStore::open(folder.path().join("ledger.db")).await?;
//! let key = "acme/purchase_order/10482".parse()?;
//! assert!(store.history(&key).await?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ledger;
mod open;
mod references;
mod schema;
pub mod vault;
mod writer;

pub use open::{OpenError, SqliteStore};
pub use vault::Vault;
