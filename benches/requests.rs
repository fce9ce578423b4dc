//! How many calls it takes to move 1,000 orders of 10 lines: `cargo bench --bench requests`.
//!
//! Everything counts: tokens, reference data, lookups before and after, accounting strings.

use std::error::Error;
use std::time::Duration;

use procurify_cloudsuite::purchase_order::SourceSettings;
use procurify_cloudsuite::{CloudSuiteClient, Company, Connection, FlowKind, Ionapi, ProcurifyClient};
use sandbox::{M3, M3Config, Procurify, ProcurifyConfig, Scenario};
use sync_core::Settings;
use sync_store::SqliteStore;

const ORDERS: u64 = 1_000;

/// A way to talk to M3, and how many calls an order it may take.
struct Case {
    name: &'static str,
    transactions: usize,
    bytes: usize,
    target: Option<&'static str>,
}

const CASES: [Case; 3] = [
    Case { name: "one by one", transactions: 1, bytes: 32 * 1024, target: None },
    Case { name: "100 transactions, 32 KB", transactions: 100, bytes: 32 * 1024, target: Some("0.40") },
    Case { name: "250 transactions, 128 KB", transactions: 250, bytes: 128 * 1024, target: Some("0.15") },
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{ORDERS} purchase orders of 10 lines, each line with its accounting string");
    println!(
        "{:26} {:>10} {:>14} {:>8} {:>10} {:>8}",
        "calls to M3", "in all", "per order", "target", "Procurify", "seconds"
    );
    for case in CASES {
        measure(&case).await?;
    }
    Ok(())
}

async fn measure(case: &Case) -> Result<(), Box<dyn Error>> {
    let scenario = Scenario { orders: usize::try_from(ORDERS)?, lines: 10, missing: 0, ..Scenario::default() };
    let procurify = Procurify::start(ProcurifyConfig { scenario: scenario.clone(), ..Default::default() }).await?;
    let m3 = M3::start(M3Config { scenario, ..Default::default() }).await?;
    let folder = tempfile::tempdir()?;
    let client = ProcurifyClient::builder("acme")
        .base_url(procurify.base_url().parse()?)
        .credentials("sandbox", "sandbox")
        .requests_per_minute(600_000)
        .build()?;
    let cloudsuite = CloudSuiteClient::builder(Ionapi::parse(m3.ionapi_json().as_bytes())?)
        .requests_per_minute(6_000_000)
        .build()?;
    let company = cloudsuite.m3(Company(100)).division("AAA").facility("A01").warehouse("001");
    let acme = Connection::builder("acme")
        .procurify(client)
        .cloudsuite(company.transactions_per_call(case.transactions).bytes_per_call(case.bytes))
        .source(SourceSettings { page_size: 500, ..SourceSettings::default() })
        .engine_settings(Settings { first_lookup: Duration::from_secs(1), ..Settings::default() })
        .store(SqliteStore::open(folder.path().join("ledger.db")).await?)
        .build()?;
    let started = std::time::Instant::now();
    let report = acme.sync(FlowKind::PurchaseOrders).await?;
    if !report.is_all_done() || m3.documents().len() as u64 != ORDERS {
        return Err(format!("{} orders in M3, {:?}", m3.documents().len(), report.counts).into());
    }
    let calls = m3.stats().total;
    println!(
        "{:26} {:>10} {:>14} {:>8} {:>10} {:>8.1}",
        case.name,
        calls,
        format!("{}.{:03}", calls / ORDERS, calls % ORDERS),
        case.target.unwrap_or("-"),
        procurify.stats().total,
        started.elapsed().as_secs_f32(),
    );
    Ok(())
}
