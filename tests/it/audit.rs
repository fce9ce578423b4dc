//! Reading the ledger back, and giving records another attempt.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sandbox::{Edit, Scenario};
use serde_json::Value;
use sync_core::{DedupStore, RecordKey};
use sync_store::SqliteStore;

use crate::world::{World, connector, run, scenario};

/// A world in which some orders are held, and the connector's configuration of it.
async fn held_world() -> (World, PathBuf) {
    let world = World::new(Scenario { missing: 1, ..scenario(40) }).await;
    let config = world.configure("");
    assert_eq!(ask(&config, &["sync"]).await.0, Some(3));
    (world, config)
}

async fn ask(config: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = connector(config);
    command.args(arguments);
    let output = run(command).await;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Splits CSV by the book, quotes and all.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    assert!(!quoted && cell.is_empty() && row.is_empty(), "the last row has no end");
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_tells_who_did_what_when_and_from_which_state_to_which() {
    let (world, config) = held_world().await;
    let (code, text, _) = ask(&config, &["audit", "--format", "json-lines"]).await;
    assert_eq!(code, Some(0));
    let mut by_key: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for entry in lines(&text) {
        by_key.entry(entry["key"].as_str().unwrap().to_owned()).or_default().push(entry);
    }
    assert_eq!(by_key.len(), 40);
    let store = SqliteStore::open_read_only(world.ledger()).await.unwrap();
    for (key, entries) in &by_key {
        let key: RecordKey = key.parse().unwrap();
        assert_eq!(entries.len(), store.history(&key).await.unwrap().len(), "{key}");
        let head = store.get(std::slice::from_ref(&key)).await.unwrap().remove(0).unwrap();
        assert_eq!(entries.last().unwrap()["after"], head.state.name().as_str(), "{key}");
        let mut before = Value::Null;
        for entry in entries {
            assert_eq!(entry["before"], before, "{key}: states follow each other");
            before = entry["after"].clone();
            assert!(entry["actor"].as_str().unwrap().starts_with("connector "), "{entry}");
            assert!(entry["at"].is_string() && entry["change"]["what"].is_string() && entry["told"].is_string());
        }
        if head.state.name().as_str() == "posted" {
            let last = entries.iter().rfind(|entry| entry["change"]["what"] == "posted").unwrap();
            assert_eq!((&last["evidence"], &last["attempt"]), (&"lookup".into(), &1.into()), "{last}");
            assert!(world.erp.documents().iter().any(|document| last["document"] == document.number.as_str()));
        }
    }
    let (_, table, _) = ask(&config, &["audit", "--format", "csv"]).await;
    let rows = csv(&table);
    assert_eq!(rows.len(), 1 + by_key.values().map(Vec::len).sum::<usize>(), "a head, and a row an entry");
    assert!(rows.iter().all(|row| row.len() == 14));
    let entries: Vec<&Value> = by_key.values().flatten().collect();
    for (row, entry) in rows[1..].iter().zip(entries) {
        assert_eq!(
            (&row[0], &row[13]),
            (&entry["key"].as_str().unwrap().into(), &entry["told"].as_str().unwrap().into())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_narrowed_by_state_kind_time_and_document() {
    let (world, config) = held_world().await;
    let count = async |filter: &[&str]| {
        let (code, text, stderr) = ask(&config, &[&["audit", "--format", "json-lines"], filter].concat()).await;
        assert_eq!(code, Some(0), "{stderr}");
        let mut keys: Vec<String> = lines(&text).iter().map(|entry| entry["key"].to_string()).collect();
        keys.dedup();
        keys.len()
    };
    let there = world.erp.documents();
    assert_eq!(count(&["--state", "posted"]).await, there.len());
    assert_eq!(count(&["--state", "held"]).await, 40 - there.len());
    assert_eq!(count(&["--state", "held", "--state", "posted"]).await, 40);
    assert_eq!(count(&["--kind", "purchase_order"]).await, 40);
    assert_eq!(count(&["--kind", "bill"]).await, 0);
    assert_eq!(count(&["--document", &there[0].number]).await, 1, "by its number in M3");
    assert_eq!(count(&["--document", "10001"]).await, 1, "by its number in Procurify");
    assert_eq!(count(&["--document", "no-such"]).await, 0);
    assert_eq!(count(&["--since", "2020-01-01", "--until", "2020-12-31"]).await, 0);
    assert_eq!(count(&["--since", "2020-01-01"]).await, 40);
    assert_eq!(count(&["--until", "2020-12-31T00:00:00Z"]).await, 0);
    let (_, text, _) = ask(&config, &["audit", "--state", "held", "--json"]).await;
    let document: Value = serde_json::from_str(&text).unwrap();
    assert!(document["entries"].as_array().unwrap().iter().any(|entry| entry["after"] == "held"));
    let (_, text, _) = ask(&config, &["audit", "--state", "held"]).await;
    assert!(text.lines().any(|line| line.contains("waiting -> held  held: vendor")), "{text}");
    for (wrong, told) in [(["--state", "lost"], "discovered, held"), (["--since", "yesterday"], "write 2026-11-24")] {
        let (code, _, stderr) = ask(&config, &[&["audit"][..], &wrong].concat()).await;
        assert!(code == Some(1) && stderr.contains(told), "{stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_replayed_as_a_dry_run_has_shown_and_nothing_that_may_be_there() {
    let (world, config) = held_world().await;
    let ask_coded = async |code: i32, arguments: &[&str]| {
        let (ended, text, stderr) = ask(&config, &[arguments, &["--json"]].concat()).await;
        assert_eq!(ended, Some(code), "{stderr}");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let ask_json = async |arguments: &[&str]| ask_coded(0, arguments).await;
    let ledger = || std::fs::read(world.ledger()).unwrap();
    let before = ledger();
    let planned =
        ask_json(&["replay", "--state", "held", "--kind", "purchase_order", "--since", "2020-01-01", "--dry-run"])
            .await;
    let held = 40 - world.erp.documents().len();
    assert_eq!(planned["would_replay"].as_array().unwrap().len(), held);
    assert!(planned["would_replay"][0]["reason"].as_str().unwrap().contains("in the ERP"), "{planned}");
    assert_eq!(ledger(), before, "a dry run wrote");
    let none = ask_json(&["replay", "--state", "held", "--until", "2020-01-01", "--dry-run"]).await;
    assert_eq!(none["would_replay"], serde_json::json!([]));

    let posted = ask_coded(3, &["replay", "--state", "posted"]).await;
    assert_eq!(posted["replayed"], serde_json::json!([]));
    assert_eq!(posted["refused"].as_array().unwrap().len(), 40 - held, "{posted}");

    let replayed = ask_json(&["replay", "--state", "held"]).await;
    assert_eq!(replayed["replayed"], planned["would_replay"]);
    let key = replayed["replayed"][0]["key"].as_str().unwrap();
    let trail = ask_json(&["audit", key]).await;
    assert_eq!(trail["events"].as_array().unwrap().last().unwrap()["change"]["what"], "replayed");

    world.scenario.missing_suppliers().iter().for_each(|supplier| world.erp.add_supplier(supplier));
    world.scenario.missing_accounts().iter().for_each(|account| world.erp.add_account(account));
    assert_eq!(ask(&config, &["sync"]).await.0, Some(0));
    world.exactly_once(&world.keys());
    for wrong in
        [&["replay"][..], &["replay", key, "--state", "held"], &["replay", "--state", "held", "--not-in-target"]]
    {
        assert_eq!(ask(&config, wrong).await.0, Some(1), "{wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_refuses_what_a_replay_refuses_and_both_say_what_to_do() {
    let world = World::new(scenario(4)).await;
    let config = world.configure("");
    assert_eq!(ask(&config, &["sync"]).await.0, Some(0));
    assert!(world.procurify.edit(10_001, Edit::Quantity { line: 1, quantity: 71.into() }));
    assert_eq!(ask(&config, &["sync"]).await.0, Some(3), "changes are told by default");
    for dry_run in [&["--dry-run"][..], &[]] {
        let (code, text, _) = ask(&config, &[&["replay", "--state", "posted"][..], dry_run].concat()).await;
        assert!(code == Some(3) && text.contains("\nNo record gets another attempt."), "{text}");
        let key = "acme/purchase_order/10001";
        let (code, _, stderr) = ask(&config, &[&["replay", key][..], dry_run].concat()).await;
        assert_eq!(code, Some(1), "{dry_run:?}");
        for text in [text, stderr] {
            assert!(text.contains(&format!("then `replay {key} --done-by-hand`")), "{dry_run:?}: {text}");
        }
    }
    assert_eq!(ask(&config, &["replay", "acme/purchase_order/10001", "--done-by-hand"]).await.0, Some(0));
    assert_eq!(ask(&config, &["sync"]).await.0, Some(0));
}
