//! Where each poll goes on.

use async_trait::async_trait;

use crate::error::StoreError;
use crate::record::{ConnectionId, Kind};
use crate::source::Cursor;

/// Keeps a cursor for each flow. Saving must be durable when it returns.
///
/// ```
/// use sync_core::{CheckpointStore, ConnectionId, Cursor, Kind, StoreError};
///
/// /// A file for each flow, replaced as a whole.
/// struct Files(std::path::PathBuf);
///
/// impl Files {
///     fn path(&self, connection: &ConnectionId, kind: &Kind) -> std::path::PathBuf {
///         self.0.join(format!("{connection}-{kind}.cursor"))
///     }
/// }
///
/// #[async_trait::async_trait]
/// impl CheckpointStore for Files {
///     async fn load(&self, connection: &ConnectionId, kind: &Kind) -> Result<Option<Cursor>, StoreError> {
///         match std::fs::read_to_string(self.path(connection, kind)) {
///             Ok(text) => Ok(Some(Cursor(text))),
///             Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
///             Err(error) => Err(StoreError::new("read a cursor", error)),
///         }
///     }
///
///     async fn save(&self, connection: &ConnectionId, kind: &Kind, cursor: &Cursor) -> Result<(), StoreError> {
///         let (path, new) = (self.path(connection, kind), self.0.join("new.cursor"));
///         std::fs::write(&new, &cursor.0)
///             .and_then(|()| std::fs::File::open(&new)?.sync_all())
///             .and_then(|()| std::fs::rename(&new, path))
///             .map_err(|error| StoreError::new("save a cursor", error))
///     }
/// }
///
/// # let folder = std::env::temp_dir().join(format!("cursors-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(sync_core::conformance::checkpoints(&Files(folder.clone())));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[async_trait]
pub trait CheckpointStore: Send + Sync {
    /// The cursor last saved.
    async fn load(&self, connection: &ConnectionId, kind: &Kind) -> Result<Option<Cursor>, StoreError>;

    /// Saves a cursor.
    async fn save(&self, connection: &ConnectionId, kind: &Kind, cursor: &Cursor) -> Result<(), StoreError>;
}
