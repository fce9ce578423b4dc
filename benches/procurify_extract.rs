//! The client beside a hand-written loop: same server, same types, same process, one run after the other.
//!
//! ```text
//! cargo bench --bench procurify_extract              # speed, and speed with 20 ms of latency
//! cargo bench --bench procurify_extract -- memory    # peak memory of 10,000 and of 1,000,000 records
//! cargo bench --bench procurify_extract -- rate      # 3 minutes at 600 calls a minute
//! cargo bench --bench procurify_extract -- burst     # 5 s of 429s, and how soon the pace is back
//! cargo bench --bench procurify_extract -- tokens    # 1,000 tasks that need a token at once
//! ```
//!
//! The server is another process and sends pages that it made beforehand. Each figure is the median of 5. Each run fails
//! where a target is missed.

#![recursion_limit = "256"]

#[path = "procurify_extract/peers.rs"]
mod peers;
#[path = "procurify_extract/rate.rs"]
mod rate;
#[path = "procurify_extract/server.rs"]
mod server;
#[path = "procurify_extract/verdict.rs"]
mod verdict;

use std::error::Error;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use procurify_client::{ProcurifyClient, Role, Status};

use server::{Server, Setup};
use verdict::Verdict;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const RECORDS: u64 = 100_000;
const PAGE: u64 = 500;
const ROUNDS: usize = 5;

fn main() -> Result<()> {
    // For the loops written by hand; the client brings its own.
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "a TLS provider is installed already")?;
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve", setup] => server::serve(&Setup::parse(setup)?),
        ["extract", port] => in_one_thread()?.block_on(extract_for_memory(port.parse()?)),
        ["memory"] => memory(),
        ["rate"] => runtime()?.block_on(rate::steady()),
        ["burst"] => runtime()?.block_on(rate::burst()),
        ["tokens"] => runtime()?.block_on(tokens()),
        [] => runtime()?.block_on(speed()),
        _ => Err(format!("unknown arguments {arguments:?}").into()),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// As `examples/extract.rs` runs, whose memory is measured.
fn in_one_thread() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// A client of the server, with as many calls as it allows.
fn client(port: u16, per_minute: u32) -> Result<ProcurifyClient> {
    Ok(ProcurifyClient::builder("bench")
        .base_url(format!("http://127.0.0.1:{port}").parse()?)
        .credentials("bench", "bench")
        .requests_per_minute(per_minute)
        .page_size(PAGE)
        .build()?)
}

/// Reads all orders, 4 pages ahead.
async fn ours(port: u16) -> Result<u64> {
    let client = client(port, 1_000_000_000)?;
    let mut orders = client.purchase_orders().list(Role::Purchased, Status::All).prefetch(4).stream();
    let mut records = 0;
    while let Some(order) = orders.try_next().await? {
        std::hint::black_box(&order);
        records += 1;
    }
    Ok(records)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

async fn speed() -> Result<()> {
    let mut verdict = Verdict::default();
    for (latency, records) in [(0, RECORDS), (20, RECORDS)] {
        let server = Server::start(&Setup { records, latency_ms: latency, ..Setup::default() })?;
        let port = server.port;
        let mut times: [Vec<Duration>; 5] = Default::default();
        let mut requests = [0; 5];
        for round in 0..=ROUNDS {
            for (peer, kept) in times.iter_mut().enumerate() {
                let before = server.requests()?;
                let started = Instant::now();
                let read = match peer {
                    0 => ours(port).await?,
                    1 => peers::one_at_a_time::<procurify_client::PurchaseOrder>(port).await?,
                    2 => peers::in_flight::<procurify_client::PurchaseOrder>(port, 4).await?,
                    3 => peers::one_at_a_time::<peers::Twenty>(port).await?,
                    _ => peers::in_flight::<peers::Twenty>(port, 4).await?,
                };
                if read != records {
                    return Err(format!("peer {peer} read {read} of {records}").into());
                }
                requests[peer] = server.requests()? - before;
                // The first round warms up.
                if round > 0 {
                    kept.push(started.elapsed());
                }
            }
        }
        let [ours, one, four, twenty_one, twenty_four] = times.map(median);
        println!("{records} orders, pages of {PAGE}, {latency} ms latency, median of {ROUNDS}");
        for (name, seconds, requests) in [
            ("procurify-client, 4 ahead", ours, requests[0]),
            ("raw loop, same types, 1 at a time", one, requests[1]),
            ("raw loop, same types, 4 in flight", four, requests[2]),
            ("raw loop, 20 fields, 1 at a time", twenty_one, requests[3]),
            ("raw loop, 20 fields, 4 in flight", twenty_four, requests[4]),
        ] {
            println!("  {name:36} {seconds:7.3} s   client is {:5.2} x   {requests} requests", seconds / ours);
        }
        let fewest = requests[1..].iter().copied().min().unwrap_or_default();
        let place = format!("at {latency} ms latency");
        verdict.at_least(&format!("speed against the faster raw loop {place}"), one.min(four) / ours, 1.0);
        verdict.at_least(&format!("speed against 20 fields {place}"), twenty_one.min(twenty_four) / ours, 0.8);
        verdict.at_most(&format!("requests beyond a raw loop's {place}"), requests[0].saturating_sub(fewest), 0);
    }
    verdict.given()
}

/// The peak of a process that reads few records, and of one that reads many, each as `examples/extract.rs` runs: in one
/// thread, with glibc told to give back what a page took.
fn memory() -> Result<()> {
    let mut peaks = Vec::new();
    for records in [10_000, 1_000_000] {
        let server = Server::start(&Setup { records, ..Setup::default() })?;
        let mut of_runs = Vec::new();
        for _ in 0..ROUNDS {
            let mut child = std::process::Command::new(std::env::current_exe()?);
            child.args(["extract", &server.port.to_string()]).env("MALLOC_TRIM_THRESHOLD_", "131072");
            let peak: u64 = String::from_utf8(child.output()?.stdout)?.trim().parse()?;
            of_runs.push(peak);
        }
        of_runs.sort_unstable();
        let peak = of_runs[ROUNDS / 2];
        println!("{records:9} orders: peak memory {peak} kB (runs: {of_runs:?})");
        peaks.push(peak);
    }
    #[expect(clippy::cast_precision_loss, reason = "kilobytes")]
    let ratio = peaks[1] as f64 / peaks[0] as f64;
    println!("{ratio:.3} x (at most 1.1)");
    if ratio > 1.1 { Err("memory grows with the number of records".into()) } else { Ok(()) }
}

async fn extract_for_memory(port: u16) -> Result<()> {
    ours(port).await?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("the system does not tell")?;
    println!("{}", peak.trim().trim_end_matches("kB").trim());
    Ok(())
}

async fn tokens() -> Result<()> {
    let server = Server::start(&Setup { records: 500, ..Setup::default() })?;
    let client = client(server.port, 1_000_000)?;
    let tasks = (0..1000).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.purchase_orders().list(Role::Purchased, Status::All).send_page(1).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    let mut verdict = Verdict::default();
    verdict.at_most("token requests of 1,000 tasks", server.logins()?, 1);
    verdict.given()
}
