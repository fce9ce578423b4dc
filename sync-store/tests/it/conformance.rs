use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sync_core::conformance;
use sync_store::SqliteStore;

#[tokio::test]
async fn sqlite_keeps_what_the_engine_relies_on() {
    let folder = tempfile::tempdir().unwrap();
    let next = AtomicU32::new(0);
    conformance::dedup_store(|| {
        let path = folder.path().join(format!("{}.db", next.fetch_add(1, Ordering::Relaxed)));
        async { Arc::new(SqliteStore::open(path).await.unwrap()) }
    })
    .await;
    let store = SqliteStore::open(folder.path().join("rest.db")).await.unwrap();
    conformance::checkpoints(&store).await;
    conformance::cross_references(&store).await;
}
