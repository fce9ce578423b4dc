//! The whole thing in one go, on this machine alone: two simulated tenants, 1,000 purchase orders.
//!
//! ```text
//! cargo run --example quickstart
//! ```
//!
//! It syncs, cuts the connection in the middle of a commit, adds the supplier and the account that
//! were missing, syncs again, reads M3 back, and fails unless each order is there exactly once.

use std::collections::HashMap;
use std::error::Error;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use procurify_client::{PurchaseOrder, Role, Status};
use procurify_cloudsuite::purchase_order::{KIND, SourceSettings};
use procurify_cloudsuite::{CloudSuiteClient, Company, Connection, Event, FlowKind, Ionapi, ProcurifyClient, Report};
use sandbox::{FaultKind, Matcher, Procurify, ProcurifyConfig, Scenario};
use sync_core::{Change, ExternalRef, RecordKey, StateName};
use sync_store::SqliteStore;

const ORDERS: usize = 1_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let scenario = Scenario { orders: ORDERS, ..Scenario::default() };
    let procurify =
        Procurify::start(ProcurifyConfig { scenario: scenario.clone(), ..ProcurifyConfig::default() }).await?;
    let m3 =
        sandbox::M3::start(sandbox::M3Config { scenario: scenario.clone(), ..sandbox::M3Config::default() }).await?;
    println!("Procurify tenant at {}, M3 tenant at {}, {ORDERS} purchase orders.", procurify.base_url(), m3.base_url());

    let folder = tempfile::tempdir()?;
    let acme = connect(&procurify, &m3, SqliteStore::open(folder.path().join("ledger.db")).await?)?;

    println!("\n1. Sync. The connection is cut while M3 works on a commit.");
    m3.fault_next(Matcher::operation("POST PPS370MI").containing("FinishEntry"), FaultKind::ResetAfter);
    let report = sync(&acme).await?;
    tell(&report);

    println!("\n2. The missing supplier and account are added to M3, and sync runs again.");
    scenario.missing_suppliers().iter().for_each(|supplier| m3.add_supplier(supplier));
    scenario.missing_accounts().iter().for_each(|account| m3.add_account(account));
    let held = report.count(StateName::Held);
    let report = sync(&acme).await?;
    tell(&report);
    println!("   {held} orders were held, {} of them are posted now.", report.posted.len());

    println!("\n3. The trail of one order whose commit was cut off:");
    let keys = approved(&acme).await?;
    let key = in_doubt_once(&acme, &keys).await?.ok_or("no commit was cut off: the fault did not strike")?;
    println!("{}", acme.trail(key).await?);

    println!("4. M3 is read back.");
    let mut copies: HashMap<String, usize> = HashMap::new();
    for document in m3.documents() {
        *copies.entry(document.external_ref).or_default() += 1;
    }
    for key in &keys {
        let count = copies.remove(ExternalRef::of(key).as_str()).unwrap_or(0);
        if count != 1 {
            return Err(format!("{key} is in M3 {count} times").into());
        }
    }
    if !copies.is_empty() || !report.is_all_done() {
        return Err("M3 holds orders that Procurify does not, or some are not done".into());
    }
    println!("   {} orders, each exactly once.", keys.len());
    println!("   {} requests to Procurify, {} to CloudSuite.", acme.procurify_requests(), acme.cloudsuite_requests());
    Ok(())
}

fn connect(procurify: &Procurify, m3: &sandbox::M3, store: SqliteStore) -> Result<Connection, Box<dyn Error>> {
    let client = ProcurifyClient::builder("acme")
        .base_url(procurify.base_url().parse()?)
        .credentials("sandbox", "sandbox")
        .requests_per_minute(60_000)
        .build()?;
    let cloudsuite =
        CloudSuiteClient::builder(Ionapi::parse(m3.ionapi_json().as_bytes())?).requests_per_minute(60_000).build()?;
    let company = cloudsuite.m3(Company(100)).division("AAA").facility("A01").warehouse("001");
    let connection = Connection::builder("acme")
        .procurify(client)
        .cloudsuite(company)
        .source(SourceSettings { page_size: 500, ..SourceSettings::default() })
        .store(store)
        .build()?;
    Ok(connection)
}

async fn sync(acme: &Connection) -> Result<Report, Box<dyn Error>> {
    let bar = ProgressBar::new(ORDERS as u64);
    bar.set_style(ProgressStyle::with_template("   {msg:15} [{bar:40}] {pos}/{len}")?);
    bar.set_message("reference data");
    let started = Instant::now();
    let report = acme
        .sync_with(FlowKind::PurchaseOrders, |event| match event {
            Event::Polled(_) => bar.set_message("read"),
            Event::Moved(moved) => {
                bar.set_message("posting");
                bar.inc(moved.iter().filter(|moved| moved.to == StateName::Posted).count() as u64);
            }
            _ => bar.set_message("aligned"),
        })
        .await?;
    bar.finish_and_clear();
    println!("   done in {:.1?}", started.elapsed());
    Ok(report)
}

fn tell(report: &Report) {
    println!(
        "   read {}, posted {}, held {}",
        report.read,
        report.count(StateName::Posted),
        report.count(StateName::Held)
    );
    if let Some(concern) = report.concerns.first() {
        println!("   for example {}: {}", concern.key, concern.reason);
    }
}

/// The keys of all orders, as Procurify lists them now.
async fn approved(acme: &Connection) -> Result<Vec<RecordKey>, Box<dyn Error>> {
    let orders = acme.procurify().purchase_orders().list(Role::Purchased, Status::All).page_size(500).all().await?;
    let key = |order: PurchaseOrder| RecordKey::new("acme".into(), KIND.into(), order.procurify_po.to_string());
    Ok(orders.into_iter().map(key).collect())
}

/// An order whose commit was in doubt for a while.
async fn in_doubt_once<'a>(acme: &Connection, keys: &'a [RecordKey]) -> Result<Option<&'a RecordKey>, Box<dyn Error>> {
    for key in keys {
        let events = acme.trail(key).await?.events;
        if events.iter().any(|event| matches!(event.change, Change::InDoubt { .. })) {
            return Ok(Some(key));
        }
    }
    Ok(None)
}
