//! The connector as a service: by the calendar, stopped by SIGTERM.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use chrono::{DateTime, Utc};
use procurify_cloudsuite::FlowKind;
use sandbox::{Bump, FaultKind, Matcher};
use serde_json::Value;
use sync_core::ledger::list_all;
use sync_core::{Query, State, StateName};
use sync_store::SqliteStore;

use crate::erp::Erp;
use crate::world::{World, connector, key, run, scenario};

/// A connector that watches, and does not outlive its test.
pub struct Watcher {
    child: Child,
    lines: Option<BufReader<ChildStdout>>,
}

impl Watcher {
    fn start(config: &Path) -> Self {
        Self::of(connector(config))
    }

    /// Lets the connector of this command watch.
    pub fn of(mut command: Command) -> Self {
        command.args(["watch", "--json"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = child.stdout.take().map(BufReader::new);
        Self { child, lines }
    }

    /// The next line it prints; none once it has ended.
    pub async fn line(&mut self) -> Option<Value> {
        let mut lines = self.lines.take().unwrap();
        let (lines, text) = tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            lines.read_line(&mut text).unwrap();
            (lines, text)
        })
        .await
        .unwrap();
        self.lines = Some(lines);
        (!text.is_empty()).then(|| serde_json::from_str(&text).unwrap())
    }

    /// Sends SIGTERM, and answers how it ended, which it must have within the 10 seconds that it promises.
    pub async fn terminate(&mut self) -> ExitStatus {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let ended = async {
            let mut tick = tokio::time::interval(Duration::from_millis(5));
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                tick.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), ended).await.expect("it has not stopped within 10 seconds")
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_into_m3_stopped_in_mid_sync_has_recorded_everything() {
    stopped_in_mid_sync::<sandbox::M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_into_syteline_stopped_in_mid_sync_has_recorded_everything() {
    stopped_in_mid_sync::<sandbox::SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_into_odata_stopped_in_mid_sync_has_recorded_everything() {
    stopped_in_mid_sync::<sandbox::OData>().await;
}

async fn stopped_in_mid_sync<E: Erp>() {
    const ORDERS: usize = 400;
    let world = World::<E>::of(scenario(ORDERS)).await;
    let config = world.configure_in_calls_of(E::SMALL_CALL, "batch = 10");
    let mut watcher = Watcher::start(&config);
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    while world.erp.all_documents().len() < 30 {
        assert_eq!(watcher.child.try_wait().unwrap(), None, "it ended by itself");
        tick.tick().await;
    }
    assert!(watcher.terminate().await.success());
    let there = world.erp.all_documents();
    assert!(there.len() < ORDERS, "it was done before it was told to stop");

    let store = world.store().await;
    let heads = list_all(&store, Query::of(&"acme".into(), &"purchase_order".into())).await.unwrap();
    let sent = heads.iter().filter(|head| matches!(head.state.name(), StateName::Posted | StateName::Accepted)).count();
    assert!(sent >= there.len(), "{} are there, the ledger knows of {sent}", there.len());
    for head in &heads {
        if let State::Posted { target } = &head.state {
            assert!(there.iter().any(|document| document.number == target.0), "{} is not there", head.key);
        }
        // The step in progress was finished: nothing was left without its outcome.
        assert!(
            !matches!(head.state, State::Intent | State::Committing { .. } | State::InDoubt { .. }),
            "{} is {:?}",
            head.key,
            head.state
        );
    }
    drop(store);

    let mut sync = connector(&config);
    sync.arg("sync");
    let output = run(sync).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    world.exactly_once(&world.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_whose_commit_hangs_stops_in_time_and_the_next_run_finds_out() {
    let world = World::new(scenario(20)).await;
    let config = world.configure("");
    world.erp.fault_next(Matcher::operation("POST PPS370MI").containing("FinishEntry"), FaultKind::Hang);
    let mut watcher = Watcher::start(&config);
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    while !world.erp.stats().faults.contains_key("Hang") {
        assert_eq!(watcher.child.try_wait().unwrap(), None, "it ended by itself");
        tick.tick().await;
    }
    assert!(watcher.terminate().await.success());
    let counts = world.connect().await.status(FlowKind::PurchaseOrders).await.unwrap().counts;
    assert!(counts.contains_key(&StateName::Committing), "cut off in mid-commit: {counts:?}");
    let mut sync = connector(&config);
    sync.arg("sync");
    let output = run(sync).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    world.exactly_once(&world.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_runs_again_and_again_shows_the_next_run_and_stops_while_it_waits() {
    let world = World::new(scenario(5)).await;
    let config = world.configure("[calendar]\ntime_zone = \"America/Vancouver\"\nevery = \"2s\"");
    let mut watcher = Watcher::start(&config);
    let moment = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let mut last: Option<DateTime<Utc>> = None;
    let mut created = Vec::new();
    let (mut round, mut posted, mut requests) = (0, 0, 0);
    // The next run may have begun before its orders were there; the one after it has not.
    while round < 3 || (round < 5 && posted < 7) {
        let run = watcher.line().await.unwrap();
        posted = run["run"]["flows"]["purchase_order"]["posted"].as_u64().unwrap();
        assert!(posted == 5 || (round > 0 && posted == 7), "round {round}: {run}");
        requests += run["run"]["requests"]["procurify"].as_u64().unwrap();
        let announced = watcher.line().await.unwrap();
        let next = moment(&announced["next_run"]);
        assert_eq!(next.timestamp() % 2, 0, "counted off from midnight: {announced}");
        assert_eq!(next.timestamp_subsec_nanos(), 0, "{announced}");
        assert!(last.is_none_or(|last| next > last), "{announced} after {last:?}");
        assert!(announced["local"].as_str().unwrap().contains(" P"), "in Vancouver's time: {announced}");
        last = Some(next);
        if round == 0 {
            created = world.procurify.bump(Bump { create: 2, change: 0, cancel: 0 }).created;
        }
        round += 1;
    }
    assert_eq!(posted, 7);
    assert!(watcher.terminate().await.success());
    let total = world.procurify.stats().total;
    assert!(requests <= total, "each run tells its own requests: {requests} of {total}");
    let mut keys = world.keys();
    keys.extend(created.iter().map(|number| key(usize::try_from(*number).unwrap())));
    world.exactly_once(&keys);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_freeze_the_connector_reads_and_holds_and_posts_when_it_is_over() {
    let world = World::new(sandbox::Scenario { missing: 1, ..scenario(30) }).await;
    let config = world.configure("[calendar]\nfreeze = [\"2020-01-01..2099-12-31\"]");
    let mut watcher = Watcher::start(&config);
    let first = watcher.line().await.unwrap();
    let flow = &first["run"]["flows"]["purchase_order"];
    assert_eq!((&flow["read"], &flow["posted"]), (&30.into(), &0.into()), "{first}");
    let held = flow["held"].as_u64().unwrap();
    assert!(held > 0 && flow["waiting"].as_u64() == Some(30 - held), "{first}");
    let announced = watcher.line().await.unwrap();
    assert_eq!(announced["frozen_until"], "2100-01-01T00:00:00Z");
    assert!(watcher.terminate().await.success());
    assert!(world.erp.messages().is_empty() && world.erp.documents().is_empty(), "written to in a freeze");

    let config = world.configure("");
    let mut sync = connector(&config);
    sync.args(["sync", "--json"]);
    let output = run(sync).await;
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let flow = &report["flows"]["purchase_order"];
    assert_eq!((flow["posted"].as_u64(), flow["held"].as_u64()), (Some(30 - held), Some(held)), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn between_the_runs_of_a_watch_a_person_links_and_the_next_run_posts_what_waited_for_that() {
    let world = World::new(sandbox::Scenario { missing: 1, ..scenario(30) }).await;
    let config = world.configure("[calendar]\nevery = \"2s\"");
    let mut watcher = Watcher::start(&config);
    let first = watcher.line().await.unwrap();
    assert!(first["run"]["flows"]["purchase_order"]["held"].as_u64() > Some(0), "{first}");
    let reader = SqliteStore::open_read_only(world.ledger()).await.unwrap();
    let held = Query::of(&"acme".into(), &"purchase_order".into()).in_states(&[StateName::Held]);
    let mut wanted: BTreeSet<(String, String)> = BTreeSet::new();
    for head in list_all(&reader, held).await.unwrap() {
        let State::Held { missing } = head.state else { continue };
        wanted.extend(missing.into_iter().map(|missing| (missing.kind, missing.value)));
    }
    assert!(wanted.iter().any(|(kind, _)| kind == "vendor"), "{wanted:?}");
    for (kind, value) in &wanted {
        let source = value.split_whitespace().next().unwrap();
        let mut link = connector(&config);
        link.args(["link", kind, source, if kind == "vendor" { "S10001" } else { "60100" }]);
        let output = run(link).await;
        assert_eq!(output.status.code(), Some(0), "{kind} {value}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let mut replay = connector(&config);
    replay.args(["replay", "--state", "held"]);
    assert_eq!(run(replay).await.status.code(), Some(0));
    // The run under way may have begun before.
    let mut runs = 0;
    loop {
        let line = watcher.line().await.unwrap();
        if line["run"]["flows"]["purchase_order"]["posted"] == 30 {
            break;
        }
        assert!(line["failed"].is_null(), "{line}");
        runs += usize::from(line["run"].is_object());
        assert!(runs < 4, "{line}");
    }
    assert!(watcher.terminate().await.success());
    world.exactly_once(&world.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_writes_waits_for_its_turn_says_so_and_gives_up_in_the_end() {
    let world = World::new(scenario(3)).await;
    let config = world.configure("");
    let busy = world.store().await;
    let waiting = connector(&config).arg("sync").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (waited, said) = tokio::task::spawn_blocking(move || {
        let (mut waiting, mut line) = (waiting, String::new());
        BufReader::new(waiting.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        (waiting, line)
    })
    .await
    .unwrap();
    let waits = said.starts_with("waiting for another process to let go of the store");
    assert!(waits && said.contains("ledger.db"), "{said}");
    assert!(world.erp.documents().is_empty(), "it went on without its turn");
    drop(busy);
    let ended = tokio::task::spawn_blocking(move || waited.wait_with_output().unwrap()).await.unwrap();
    assert_eq!(ended.status.code(), Some(0));
    world.exactly_once(&world.keys());

    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("url = \"sqlite:ledger.db\"", "url = \"sqlite:ledger.db\"\nwait = \"0s\""))
        .unwrap();
    let _busy = world.store().await;
    let mut link = connector(&config);
    link.args(["link", "unit", "each", "EA"]);
    let output = run(link).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("in use by another process"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_watches_on_one_store_take_turns_and_double_nothing() {
    let world = World::new(scenario(150)).await;
    let config = world.configure_in_calls_of(20, "batch = 10\n[calendar]\nevery = \"1s\"");
    let mut watchers = [Watcher::start(&config), Watcher::start(&config)];
    for watcher in &mut watchers {
        let mut runs = 0;
        while runs < 3 {
            let line = watcher.line().await.unwrap();
            assert!(line["failed"].is_null(), "{line}");
            runs += usize::from(line["run"].is_object());
        }
    }
    for watcher in &mut watchers {
        assert!(watcher.terminate().await.success());
    }
    world.exactly_once(&world.keys());
}
