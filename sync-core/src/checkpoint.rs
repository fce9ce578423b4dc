//! Where each poll goes on.

use async_trait::async_trait;

use crate::error::StoreError;
use crate::record::{ConnectionId, Kind};
use crate::source::Cursor;

/// Keeps a cursor for each flow. Saving must be durable when it returns.
#[async_trait]
pub trait CheckpointStore: Send + Sync {
    /// The cursor last saved.
    async fn load(&self, connection: &ConnectionId, kind: &Kind) -> Result<Option<Cursor>, StoreError>;

    /// Saves a cursor.
    async fn save(&self, connection: &ConnectionId, kind: &Kind, cursor: &Cursor) -> Result<(), StoreError>;
}
