//! A process is killed while it appends; what it was told is durable must be there.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use chrono::Utc;
use serde_json::json;
use sync_core::{
    Actor, Append, Appended, Change, DedupStore, Event, Head, Lease, Lifecycle, Query, RecordKey, RequestIds, Revision,
    ledger::list_all,
};
use sync_store::SqliteStore;

const PATH: &str = "SYNC_STORE_TEST_PATH";

/// Not a test by itself: the process that the test below starts and kills.
#[tokio::test]
async fn child_that_appends_until_killed() {
    let Ok(path) = std::env::var(PATH) else { return };
    let store = SqliteStore::open(path).await.unwrap();
    for round in 0u32.. {
        let keys: Vec<RecordKey> = (0..10).map(|id| key(round, id)).collect();
        let batch: Vec<Append> = keys.iter().map(discovery).collect();
        for answer in store.append(&batch).await.unwrap() {
            assert_eq!(answer, Appended::Done);
        }
        println!("durable {round}");
    }
}

#[tokio::test]
async fn what_was_answered_as_durable_survives_a_kill_and_batches_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut first_free = 0;
    for lines in [1, 7, 40, 3, 90] {
        let told = run_and_kill_after(&path, lines, first_free);
        let store = SqliteStore::open(&path).await.unwrap();
        let heads = list_all(&store, Query::of(&"acme".into(), &"purchase_order".into())).await.unwrap();
        assert_eq!(heads.len() % 10, 0, "a batch was torn");
        for round in first_free..=told {
            for id in 0..10 {
                let key = key(round, id);
                let history = store.history(&key).await.unwrap();
                assert_eq!(Head::fold(&key, &history).as_ref(), heads.iter().find(|head| head.key == key), "{key}");
                assert!(!history.is_empty(), "{key} was durable and is gone");
            }
        }
        drop(store);
        std::fs::remove_file(&path).unwrap();
        first_free = 0;
    }
}

/// Answers the last round that the child was told is durable.
fn run_and_kill_after(path: &Path, lines: u32, first: u32) -> u32 {
    let mut child = spawn(path.to_owned());
    let mut last = first;
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut seen = 0;
    for line in output.lines() {
        let line = line.unwrap();
        let Some((_, round)) = line.split_once("durable ") else {
            continue;
        };
        last = round.parse().unwrap();
        seen += 1;
        if seen == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen >= lines, "the child ended by itself");
    last
}

fn spawn(path: PathBuf) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child_that_appends_until_killed", "--nocapture"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn key(round: u32, id: u32) -> RecordKey {
    RecordKey::new("acme".into(), "purchase_order".into(), format!("{round:06}-{id}"))
}

fn discovery(key: &RecordKey) -> Append {
    let payload = json!({ "text": "x".repeat(2000) });
    let (revision, stamp) = (Revision::of(&payload), "first".to_owned());
    let change = Change::Discovered { revision, stamp, lifecycle: Lifecycle::Active, payload };
    let event =
        Event { version: 1, at: Utc::now(), actor: Actor::new("test"), change, request_ids: RequestIds::none() };
    let head = Head::first(key, &event).unwrap();
    Append { key: key.clone(), expected: 0, fence: None, lease: Lease::Keep, events: vec![event], head }
}
