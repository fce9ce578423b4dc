use std::sync::atomic::{AtomicBool, Ordering};

use sync_core::{CheckpointStore, Cursor};
use sync_store::{OpenError, SqliteStore};

#[tokio::test]
async fn what_was_saved_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.save(&"acme".into(), &"purchase_order".into(), &Cursor("page 7".into())).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&path).await.unwrap();
    let cursor = store.load(&"acme".into(), &"purchase_order".into()).await.unwrap();
    assert_eq!(cursor, Some(Cursor("page 7".into())));
}

#[tokio::test]
async fn a_second_writer_is_refused_and_a_reader_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let writer = SqliteStore::open(&path).await.unwrap();
    writer.save(&"acme".into(), &"bill".into(), &Cursor("one".into())).await.unwrap();
    assert!(matches!(SqliteStore::open(&path).await, Err(OpenError::InUse(_))));
    let reader = SqliteStore::open_read_only(&path).await.unwrap();
    assert_eq!(reader.load(&"acme".into(), &"bill".into()).await.unwrap(), Some(Cursor("one".into())));
    assert!(reader.save(&"acme".into(), &"bill".into(), &Cursor("two".into())).await.is_err());
    drop(writer);
    SqliteStore::open(&path).await.unwrap();
}

#[test]
fn a_store_can_be_opened_again_at_once_while_the_process_starts_children() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::process::Command::new("true").status().unwrap();
                }
            });
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let opened: Vec<_> = (0..300).map(|_| runtime.block_on(SqliteStore::open(&path)).map(drop)).collect();
        done.store(true, Ordering::Relaxed);
        assert_eq!(opened.iter().filter(|opened| opened.is_err()).count(), 0, "{opened:?}");
    });
}

#[tokio::test]
async fn what_cannot_be_opened_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = SqliteStore::open(folder.path().join("missing/ledger.db")).await.unwrap_err();
    assert!(nowhere.to_string().contains("create it"), "{nowhere}");
    let unread = SqliteStore::open_read_only(folder.path().join("ledger.db")).await.unwrap_err();
    assert!(unread.to_string().contains("run a sync first"), "{unread}");
    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, vec![7; 8192]).unwrap();
    let broken = SqliteStore::open(&garbage).await.unwrap_err();
    assert!(matches!(broken, OpenError::Database { .. }), "{broken:?}");
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(SqliteStore::open(&path).await.unwrap());
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    assert!(matches!(SqliteStore::open(&path).await, Err(OpenError::Newer { found: 99, .. })));
}
