use std::sync::Arc;

use sync_core::conformance;
use sync_core::memory::MemoryStore;

use crate::world::block_on;

#[test]
fn the_memory_store_keeps_what_the_engine_relies_on() {
    block_on(async {
        conformance::dedup_store(|| async { Arc::new(MemoryStore::default()) }).await;
        conformance::checkpoints(&MemoryStore::default()).await;
        conformance::cross_references(&MemoryStore::default()).await;
    });
}
