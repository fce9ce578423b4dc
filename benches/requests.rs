//! How many calls it takes to move 1,000 orders of 10 lines into each product: `cargo bench --bench requests`.
//!
//! Everything counts: tokens, reference data, lookups before and after, accounting strings. A row that takes more calls
//! than it may ends the benchmark with an error, and so does an order that is not in the ERP once, with each of its
//! lines on an account and a cost centre, and with Procurify's total.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

use cloudsuite_client::odata::BatchFormat;
use procurify_cloudsuite::odata::ODataProduct;
use procurify_cloudsuite::product::Product;
use procurify_cloudsuite::purchase_order::{KIND, SourceSettings};
use procurify_cloudsuite::syteline::SyteLineProduct;
use procurify_cloudsuite::{CloudSuiteClient, Company, Connection, FlowKind, Ionapi, ProcurifyClient};
use sandbox::{
    Amount, Document, DocumentLine, M3, M3Config, OData, ODataConfig, Procurify, ProcurifyConfig, Scenario, SyteLine,
    SyteLineConfig,
};
use sync_core::{ExternalRef, RecordKey, Settings};
use sync_store::SqliteStore;

const ORDERS: u64 = 1_000;
const LINES: usize = 10;

/// A simulated product.
enum Tenant {
    M3(M3),
    SyteLine(SyteLine),
    OData(OData, BatchFormat),
}

/// A product, and how its server takes many writes in a call.
#[derive(Clone, Copy)]
enum Server {
    M3,
    SyteLine,
    /// Processes the first change of a call only, and says nothing of the others.
    SyteLineFirstOnly,
    OData,
    /// Takes a `$batch` as `multipart/mixed` only.
    ODataMultipart,
}

/// How much goes into a call, and how many calls an order may take then.
struct Way {
    name: &'static str,
    writes: usize,
    bytes: usize,
    /// Thousandths of a call; none where it may be as many as one by one.
    most: Option<u64>,
}

impl Way {
    const fn new(name: &'static str, writes: usize, kilobytes: usize, most: Option<u64>) -> Self {
        Self { name, writes, bytes: kilobytes * 1024, most }
    }
}

const PRODUCTS: [(&str, Server, &[Way]); 5] = [
    (
        "M3",
        Server::M3,
        &[
            Way::new("100 transactions, 32 KB", 100, 32, Some(400)),
            Way::new("250 transactions, 128 KB", 250, 128, Some(150)),
        ],
    ),
    ("SyteLine, takes many", Server::SyteLine, &[Way::new("100 changes", 100, 128, Some(400))]),
    ("SyteLine, takes the first", Server::SyteLineFirstOnly, &[Way::new("100 changes", 100, 128, None)]),
    ("OData", Server::OData, &[Way::new("$batch of 100 writes", 100, 256, Some(400))]),
    ("OData, multipart", Server::ODataMultipart, &[Way::new("$batch of 100 writes", 100, 256, Some(400))]),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{ORDERS} purchase orders of 10 lines, each line on its account and cost centre; calls to the ERP:");
    println!(
        "{:26} {:25} {:>8} {:>10} {:>10} {:>7} {:>10} {:>8}",
        "product", "a call holds", "in all", "per order", "one by one", "target", "Procurify", "seconds"
    );
    let mut missed = Vec::new();
    for (product, server, ways) in PRODUCTS {
        let one_by_one = measure(server, &Way::new("one write", 1, 32, None)).await?;
        one_by_one.print(product, "one write", one_by_one.calls, "");
        for way in ways {
            let measured = measure(server, way).await?;
            let most = way.most.map_or(one_by_one.calls, |most| most * ORDERS / 1_000);
            measured.print(product, way.name, one_by_one.calls, &thousandths(most));
            if measured.calls > most {
                missed.push(format!("{product}, {}: {} calls, of {most} at most", way.name, measured.calls));
            }
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(missed.join("; ").into()) }
}

/// What moving the orders took.
struct Measured {
    calls: u64,
    procurify: u64,
    elapsed: Duration,
}

impl Measured {
    fn print(&self, product: &str, way: &str, one_by_one: u64, target: &str) {
        println!(
            "{product:26} {way:25} {:>8} {:>10} {one_by_one:>10} {target:>7} {:>10} {:>8.1}",
            self.calls,
            thousandths(self.calls),
            self.procurify,
            self.elapsed.as_secs_f32(),
        );
    }
}

/// Calls for all orders as calls an order.
fn thousandths(calls: u64) -> String {
    format!("{}.{:03}", calls / ORDERS, calls % ORDERS)
}

async fn measure(server: Server, way: &Way) -> Result<Measured, Box<dyn Error>> {
    let scenario = Scenario { orders: usize::try_from(ORDERS)?, lines: LINES, missing: 0, ..Scenario::default() };
    let procurify = Procurify::start(ProcurifyConfig { scenario: scenario.clone(), ..Default::default() }).await?;
    let tenant = Tenant::start(server, scenario).await?;
    let folder = tempfile::tempdir()?;
    let client = ProcurifyClient::builder("acme")
        .base_url(procurify.base_url().parse()?)
        .credentials("sandbox", "sandbox")
        .requests_per_minute(600_000)
        .build()?;
    let acme = Connection::builder("acme")
        .procurify(client)
        .cloudsuite(tenant.product(way)?)
        .source(SourceSettings { page_size: 500, ..SourceSettings::default() })
        .engine_settings(Settings { first_lookup: Duration::from_secs(1), ..Settings::default() })
        .store(SqliteStore::open(folder.path().join("ledger.db")).await?)
        .build()?;
    let started = Instant::now();
    let report = acme.sync(FlowKind::PurchaseOrders).await?;
    let (documents, calls) = tenant.seen();
    if !report.is_all_done() {
        return Err(format!("{} orders in the ERP, {:?}", documents.len(), report.counts).into());
    }
    check(&procurify.order_amounts(), documents)?;
    Ok(Measured { calls, procurify: procurify.stats().total, elapsed: started.elapsed() })
}

/// Each order is there once and whole, and nothing else is.
fn check(orders: &[Amount], documents: Vec<Document>) -> Result<(), Box<dyn Error>> {
    let made = documents.len();
    let mut documents: BTreeMap<String, Document> =
        documents.into_iter().map(|document| (document.external_ref.clone(), document)).collect();
    if (made as u64, documents.len() as u64, orders.len() as u64) != (ORDERS, ORDERS, ORDERS) {
        return Err(format!("{made} orders in the ERP, of {} references", documents.len()).into());
    }
    for order in orders {
        let key = RecordKey::new("acme".into(), KIND.into(), order.id.to_string());
        let document = documents.remove(ExternalRef::of(&key).as_str()).ok_or_else(|| format!("{key} is not there"))?;
        let placed = |line: &&DocumentLine| !line.account.is_empty() && !line.cost_center.is_empty();
        let lines = document.lines.iter().filter(placed).count();
        if (lines, document.lines.len(), document.total) != (LINES, LINES, order.total) {
            return Err(format!("{key} comes to {} in Procurify, and is there as {document:?}", order.total).into());
        }
    }
    Ok(())
}

impl Tenant {
    async fn start(server: Server, scenario: Scenario) -> Result<Self, sandbox::Error> {
        let syteline =
            |first_change_only| SyteLineConfig { scenario: scenario.clone(), first_change_only, ..Default::default() };
        let odata = |json_batches| ODataConfig { scenario: scenario.clone(), json_batches, ..Default::default() };
        Ok(match server {
            Server::M3 => Self::M3(M3::start(M3Config { scenario: scenario.clone(), ..Default::default() }).await?),
            Server::SyteLine => Self::SyteLine(SyteLine::start(syteline(false)).await?),
            Server::SyteLineFirstOnly => Self::SyteLine(SyteLine::start(syteline(true)).await?),
            Server::OData => Self::OData(OData::start(odata(true)).await?, BatchFormat::Json),
            Server::ODataMultipart => Self::OData(OData::start(odata(false)).await?, BatchFormat::Multipart),
        })
    }

    fn product(&self, way: &Way) -> Result<Box<dyn Product>, Box<dyn Error>> {
        let client = |ionapi: String| {
            let ionapi = Ionapi::parse(ionapi.as_bytes())?;
            CloudSuiteClient::builder(ionapi).requests_per_minute(6_000_000).build()
        };
        Ok(match self {
            Self::M3(tenant) => {
                let company = client(tenant.ionapi_json())?.m3(Company(100));
                let m3 = company.division("AAA").facility("A01").warehouse("001");
                m3.transactions_per_call(way.writes).bytes_per_call(way.bytes).into()
            }
            Self::SyteLine(tenant) => {
                let site = client(tenant.ionapi_json())?.syteline("ACME_DALS").site("DALS");
                let site = site.max_changes_per_request(way.writes).max_bytes_per_request(way.bytes);
                SyteLineProduct::new(site).into()
            }
            Self::OData(tenant, format) => {
                let odata = client(tenant.ionapi_json())?.odata("100").batch_format(*format);
                ODataProduct::new(odata.writes_per_batch(way.writes).bytes_per_batch(way.bytes)).into()
            }
        })
    }

    /// Orders that are there now, and calls so far.
    fn seen(&self) -> (Vec<Document>, u64) {
        match self {
            Self::M3(tenant) => (tenant.documents(), tenant.stats().total),
            Self::SyteLine(tenant) => (tenant.documents(), tenant.stats().total),
            Self::OData(tenant, _) => (tenant.documents(), tenant.stats().total),
        }
    }
}
