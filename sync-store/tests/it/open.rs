use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use sync_core::{
    Actor, Append, Appended, Change, CheckpointStore, Claim, ClaimRequest, Cursor, DedupStore, Event, Head, Lease,
    Lifecycle, RequestIds, Revision,
};
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

#[tokio::test]
async fn two_processes_take_turns_and_a_lease_ends_with_the_turn_it_was_given_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (acme, kind) = ("acme".into(), "bill".into());
    let one = SqliteStore::open(&path).await.unwrap();
    let append = discovery();
    assert_eq!(one.append(std::slice::from_ref(&append)).await.unwrap(), [Appended::Done]);
    let ours = claim(&one).await.remove(0);
    one.save(&acme, &kind, &Cursor("one".into())).await.unwrap();
    one.pause().await.unwrap();
    assert!(one.save(&acme, &kind, &Cursor("late".into())).await.is_err(), "written out of turn");
    let other = SqliteStore::open(&path).await.unwrap();
    other.save(&acme, &kind, &Cursor("other".into())).await.unwrap();
    let theirs = claim(&other).await.remove(0);
    assert_eq!(one.load(&acme, &kind).await.unwrap(), Some(Cursor("other".into())), "it reads on");
    assert!(matches!(one.resume().await, Err(OpenError::InUse(_))));
    assert!(one.save(&acme, &kind, &Cursor("late".into())).await.is_err(), "written out of turn");
    drop(other);
    one.resume().await.unwrap();
    one.save(&acme, &kind, &Cursor("again".into())).await.unwrap();
    let again = claim(&one).await.remove(0);
    assert!(again.fence > theirs.fence && theirs.fence > ours.fence);
    let late = Append { fence: Some(ours.fence), expected: 1, events: Vec::new(), ..append };
    assert_eq!(one.append(&[late]).await.unwrap(), [Appended::LeaseLost], "of a turn that is over");
    assert!(matches!(SqliteStore::open(&path).await, Err(OpenError::InUse(_))), "it has its turn");
    one.resume().await.unwrap();

    one.pause().await.unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(one.resume().await, Err(OpenError::Newer { found: 99, .. })));
}

fn discovery() -> Append {
    let key = "acme/bill/1".parse().unwrap();
    let (revision, payload) = (Revision::new("1"), serde_json::Value::Null);
    let change = Change::Discovered { revision, stamp: String::new(), lifecycle: Lifecycle::Active, payload };
    let (actor, request_ids) = (Actor::new("test"), RequestIds::none());
    let event = Event { version: 1, at: DateTime::UNIX_EPOCH, actor, change, request_ids };
    let head = Head::first(&key, &event).unwrap();
    Append { key, expected: 0, fence: None, lease: Lease::Keep, events: vec![event], head }
}

async fn claim(store: &SqliteStore) -> Vec<Claim> {
    let now: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::days(1);
    let request = ClaimRequest {
        connection: "acme".into(),
        kinds: vec!["bill".into()],
        now,
        until: now + TimeDelta::hours(1),
        worker: Actor::new("test"),
        limit: 10,
    };
    store.claim(&request).await.unwrap()
}
