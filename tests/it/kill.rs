//! SIGKILL at any moment.

use std::process::{Child, Stdio};
use std::time::Duration;

use procurify_cloudsuite::FlowKind;
use procurify_cloudsuite::bill::ApprovedBill;
use sandbox::{Document, Scenario};
use sync_core::ledger::list_all;
use sync_core::{Head, Query, State};
use sync_store::SqliteStore;

use crate::bills::cost_lines;
use crate::erp::Erp;
use crate::world::{World, connector, run, scenario};

/// What is synced and how often it is killed.
#[derive(Clone, Copy)]
struct Case {
    flow: FlowKind,
    records: usize,
    kills: u32,
    /// After so many calls at most.
    calls: u64,
}

const ORDERS: Case = Case { flow: FlowKind::PurchaseOrders, records: 500, kills: 50, calls: 20 };
const BILLS: Case = Case { flow: FlowKind::Bills, records: 150, kills: 15, calls: 60 };

/// A small generator, so that a seed gives the same moments again (`SplitMix64`).
pub struct Random(pub u64);

impl Random {
    pub fn up_to(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % (most + 1)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_m3_killed_fifty_times_posts_every_order_exactly_once() {
    killed::<sandbox::M3>(ORDERS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_syteline_killed_fifty_times_posts_every_order_exactly_once() {
    killed::<sandbox::SyteLine>(ORDERS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_odata_killed_fifty_times_posts_every_order_exactly_once() {
    killed::<sandbox::OData>(ORDERS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_m3_killed_fifteen_times_posts_every_bill_exactly_once() {
    killed::<sandbox::M3>(BILLS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_syteline_killed_fifteen_times_posts_every_bill_exactly_once() {
    killed::<sandbox::SyteLine>(BILLS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_odata_killed_fifteen_times_posts_every_bill_exactly_once() {
    killed::<sandbox::OData>(BILLS).await;
}

async fn killed<E: Erp>(case: Case) {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2_026);
    println!("seed {seed}");
    let mut random = Random(seed);
    let (world, flows) = world_of::<E>(case).await;
    // Small batches and calls, so that kills strike at every step, and a process gets somewhere between two.
    let config = world.configure_in_calls_of(E::SMALL_CALL, &format!("batch = 10\n{flows}"));
    let text = std::fs::read_to_string(&config).unwrap();
    if case.flow == FlowKind::Bills {
        // Each bill is a call to read; what was read of a page is in the ledger once the page is through.
        std::fs::write(&config, text.replace("page_size = 500", "page_size = 20")).unwrap();
    }
    let keys = if case.flow == FlowKind::Bills { world.bill_keys() } else { world.keys() };
    let before = world.erp.all_documents().len();
    for kill in 1..=case.kills {
        let calls = 1 + random.up_to(case.calls - 1);
        let struck = kill_after(&world, connector(&config).arg("sync"), calls).await;
        assert!(struck, "the sync was done after {kill} kills: they come too late to prove anything");
    }
    let posted = world.erp.all_documents().len() - before;
    println!("{posted} of {} were there after {} kills", keys.len(), case.kills);
    assert!(posted > 0, "nothing came of it between the kills");

    let mut sync = connector(&config);
    sync.args(["sync", "--json"]);
    let output = run(sync).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let documents = world.exactly_once(&keys);
    let store = SqliteStore::open(world.ledger()).await.unwrap();
    let heads = list_all(&store, Query::of(&"acme".into(), &case.flow.kind())).await.unwrap();
    assert_eq!(heads.len(), case.records);
    for head in heads.iter().filter(|head| keys.contains(&head.key)) {
        let State::Posted { target } = &head.state else { panic!("{} is {:?}", head.key, head.state) };
        assert_eq!(target.0, documents[&head.key].number, "ledger and ERP disagree on {}", head.key);
        assert_is_whole::<E>(head, &documents[&head.key]);
    }
}

/// Orders to be synced, or bills whose orders are there already; and the flows of the connector.
async fn world_of<E: Erp>(case: Case) -> (World<E>, &'static str) {
    if case.flow != FlowKind::Bills {
        return (World::of(scenario(case.records)).await, "");
    }
    let world = World::<E>::of(Scenario { bills: case.records, ..scenario(case.records) }).await;
    assert!(world.sync().await.is_all_done());
    (world, "purchase_orders = false\nbills = true\nbills_wait_for_orders = true")
}

/// A document that is made line by line must have all of them, once.
fn assert_is_whole<E: Erp>(head: &Head, document: &Document) {
    if let Ok(bill) = serde_json::from_value::<ApprovedBill>(head.payload.clone()) {
        assert_eq!(Some(document.total), bill.bill.total_cost_with_tax, "{}", head.key);
        let parts = bill.lines.iter().map(|line| line.parts.len()).sum::<usize>() + bill.costs.len();
        let tax = bill.bill.tax_amount.unwrap_or_default();
        assert_eq!(cost_lines::<E>(document, tax).len(), parts, "{}", head.key);
    }
}

/// Starts a process and kills it once the tenants were called so often; answers whether it was still
/// at work.
pub async fn kill_after<E: Erp>(world: &World<E>, command: &mut std::process::Command, calls: u64) -> bool {
    let total = || world.procurify.stats().total + world.erp.seen().total;
    let limit = total() + calls;
    let mut child = Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    while total() < limit {
        if child.0.try_wait().unwrap().is_some() {
            return false;
        }
        tick.tick().await;
    }
    child.0.kill().unwrap();
    child.0.wait().unwrap().code().is_none()
}

/// Does not outlive its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
