//! SIGKILL at any moment.

use std::process::{Child, Stdio};
use std::time::Duration;

use sync_core::ledger::list_all;
use sync_core::{Query, State};
use sync_store::SqliteStore;

use crate::erp::Erp;
use crate::world::{World, connector, run, scenario};

const ORDERS: usize = 500;
const KILLS: u32 = 50;

/// A small generator, so that a seed gives the same moments again (`SplitMix64`).
struct Random(u64);

impl Random {
    fn up_to(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % (most + 1)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_m3_killed_fifty_times_posts_every_order_exactly_once() {
    killed_fifty_times::<sandbox::M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_syteline_killed_fifty_times_posts_every_order_exactly_once() {
    killed_fifty_times::<sandbox::SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_odata_killed_fifty_times_posts_every_order_exactly_once() {
    killed_fifty_times::<sandbox::OData>().await;
}

async fn killed_fifty_times<E: Erp>() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2_026);
    println!("seed {seed}");
    let mut random = Random(seed);
    let world = World::<E>::of(scenario(ORDERS)).await;
    // Small batches and calls, so that kills strike at every step, and a process gets somewhere between two.
    let config = world.configure_in_calls_of(E::SMALL_CALL, "batch = 10");
    for kill in 1..=KILLS {
        let calls = 1 + random.up_to(19);
        let struck = kill_after(&world, connector(&config).arg("sync"), calls).await;
        assert!(struck, "the sync was done after {kill} kills: they come too late to prove anything");
    }
    let posted = world.erp.all_documents().len();
    println!("{posted} of {ORDERS} orders were there after {KILLS} kills");
    assert!(posted > 0, "nothing came of it between the kills");

    let mut sync = connector(&config);
    sync.args(["sync", "--json"]);
    let output = run(sync).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let documents = world.exactly_once(&world.keys());
    let store = SqliteStore::open(world.ledger()).await.unwrap();
    let heads = list_all(&store, Query::of(&"acme".into(), &"purchase_order".into())).await.unwrap();
    assert_eq!(heads.len(), ORDERS);
    for head in heads {
        let State::Posted { target } = &head.state else { panic!("{} is {:?}", head.key, head.state) };
        assert_eq!(target.0, documents[&head.key].number, "ledger and ERP disagree on {}", head.key);
    }
}

/// Starts a process and kills it once the tenants were called so often; answers whether it was still
/// at work.
async fn kill_after<E: Erp>(world: &World<E>, command: &mut std::process::Command, calls: u64) -> bool {
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
