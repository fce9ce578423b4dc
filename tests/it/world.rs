//! Two simulated tenants, a store, and ways to sync: in this process, or by the connector.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use procurify_cloudsuite::bill;
use procurify_cloudsuite::m3::{M3InvoiceSettings, M3OrderSettings, M3Product};
use procurify_cloudsuite::product::Product;
use procurify_cloudsuite::purchase_order::{KIND, SourceSettings};
use procurify_cloudsuite::reference::{Direction, ReferenceSettings, System};
use procurify_cloudsuite::{
    BuildError, CloudSuiteClient, Company, Connection, ConnectionBuilder, FlowKind, Ionapi, ProcurifyClient, Report,
};
use sandbox::{Document, Faults, M3, M3Config, Procurify, ProcurifyConfig, Scenario};
use sync_core::{Backoff, Cancellations, ExternalRef, RecordKey, Revisions, Settings};
use sync_store::SqliteStore;
use tempfile::TempDir;
use tenant_http::{RetryPolicy, Timeouts};

use crate::erp::Erp;
pub use crate::erp::m3_config;

pub struct World<E = M3> {
    pub procurify: Procurify,
    pub erp: E,
    pub folder: TempDir,
    pub scenario: Scenario,
}

/// Orders of three lines, none of them lacking anything.
pub fn scenario(orders: usize) -> Scenario {
    Scenario { orders, lines: 3, missing: 0, ..Scenario::default() }
}

/// Reference data in all directions that every product takes, with a system of record for the names of vendors.
pub fn reference_both_ways() -> ReferenceSettings {
    ReferenceSettings {
        vendors: Direction::Both,
        gl_accounts: Direction::ToProcurify,
        departments: Direction::ToProcurify,
        vendor_names: Some(System::CloudSuite),
        ..ReferenceSettings::default()
    }
}

impl World {
    pub async fn new(scenario: Scenario) -> Self {
        Self::of(scenario).await
    }

    pub async fn with(scenario: Scenario, procurify: impl FnOnce(&mut ProcurifyConfig), m3: M3Config) -> Self {
        Self::around(scenario, procurify, M3::start(m3).await.unwrap()).await
    }

    /// As [`connect`](Self::connect), entering orders so, and waiting so long for what is due later.
    pub async fn connect_with(&self, orders: M3OrderSettings, patience: Duration) -> Connection {
        let m3 = |client: &CloudSuiteClient| {
            let company = client.m3(Company(100)).division("AAA").facility("A01").warehouse("001");
            M3Product::new(company).orders(orders).into()
        };
        self.join(m3, |connection| connection.patience(patience)).await
    }
}

impl World {
    /// As [`connect`](World::connect), entering invoices so.
    pub async fn connect_invoicing(&self, settings: M3InvoiceSettings) -> Connection {
        let m3 = |client: &CloudSuiteClient| {
            let company = client.m3(Company(100)).division("AAA").facility("A01").warehouse("001");
            M3Product::new(company).invoices(settings).into()
        };
        self.join(m3, |connection| connection).await
    }
}

impl<E: Erp> World<E> {
    /// A world of any product, in which nothing goes wrong.
    pub async fn of(scenario: Scenario) -> Self {
        let erp = E::start(&scenario, Faults::default()).await;
        Self::around(scenario, |_| (), erp).await
    }

    pub async fn around(scenario: Scenario, procurify: impl FnOnce(&mut ProcurifyConfig), erp: E) -> Self {
        let mut config = ProcurifyConfig { scenario: scenario.clone(), ..ProcurifyConfig::default() };
        procurify(&mut config);
        let folder = tempfile::tempdir().unwrap();
        Self { procurify: Procurify::start(config).await.unwrap(), erp, folder, scenario }
    }

    pub fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    pub async fn store(&self) -> SqliteStore {
        SqliteStore::open(self.ledger()).await.unwrap()
    }

    /// A connection that retries quickly and gives up waiting for an answer after a second.
    pub async fn connect(&self) -> Connection {
        self.build(100, |connection| connection).await
    }

    /// As [`connect`](Self::connect), writing so much in each call.
    pub async fn connect_in_calls_of(&self, per_call: usize) -> Connection {
        self.build(per_call, |connection| connection).await
    }

    /// As [`connect`](Self::connect), reading orders so.
    pub async fn connect_reading(&self, source: SourceSettings) -> Connection {
        self.build(100, |connection| connection.source(source)).await
    }

    /// As [`connect`](Self::connect), changing and cancelling orders in the ERP as they are in Procurify.
    pub async fn connect_amending(&self) -> Connection {
        self.build(100, amending).await
    }

    /// As [`connect_amending`](Self::connect_amending), also where adding a line takes leave.
    pub async fn connect_amending_with_lines(&self) -> Connection {
        self.connect_amending_in_calls_of(100).await
    }

    /// As [`connect_amending_with_lines`](Self::connect_amending_with_lines), writing so much in each call.
    pub async fn connect_amending_in_calls_of(&self, per_call: usize) -> Connection {
        self.join(|client| self.erp.product_adding_lines(client, per_call), amending).await
    }

    /// As [`connect_amending_with_lines`](Self::connect_amending_with_lines), with more settings.
    pub async fn build_amending(&self, amend: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder) -> Connection {
        self.join(|client| self.erp.product_adding_lines(client, 100), |connection| amend(amending(connection))).await
    }

    /// As [`connect`](Self::connect), waiting so long for what is due later.
    pub async fn connect_waiting(&self, patience: Duration) -> Connection {
        self.build(100, |connection| connection.patience(patience)).await
    }

    /// As [`connect_in_calls_of`](Self::connect_in_calls_of), with more settings.
    pub async fn build(
        &self,
        per_call: usize,
        amend: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> Connection {
        self.join(|client| self.erp.product(client, per_call), amend).await
    }

    /// As [`build`](Self::build), where the settings may be wrong.
    pub async fn try_build(
        &self,
        amend: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> Result<Connection, BuildError> {
        self.try_join(|client| self.erp.product(client, 100), amend).await
    }

    async fn join(
        &self,
        product: impl FnOnce(&CloudSuiteClient) -> Box<dyn Product>,
        amend: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> Connection {
        self.try_join(product, amend).await.unwrap()
    }

    async fn try_join(
        &self,
        product: impl FnOnce(&CloudSuiteClient) -> Box<dyn Product>,
        amend: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> Result<Connection, BuildError> {
        let (procurify, cloudsuite) = self.clients();
        let mut backoff = Backoff::seeded(11);
        backoff.base = Duration::from_millis(5);
        backoff.cap = Duration::from_millis(100);
        let settings = Settings {
            batch: 100,
            settle_time: Duration::from_millis(200),
            first_lookup: Duration::from_millis(30),
            ..Settings::default()
        };
        let connection = Connection::builder("acme")
            .procurify(procurify)
            .cloudsuite(product(&cloudsuite))
            .source(SourceSettings { page_size: 500, ..SourceSettings::default() })
            .bills(bill::BillSettings { page_size: 500, ..bill::BillSettings::default() })
            .engine_settings(settings)
            .retry(Arc::new(backoff))
            .patience(Duration::from_secs(10))
            .store(self.store().await);
        amend(connection).build()
    }

    /// A client of the ERP, for what people do there.
    pub fn cloudsuite(&self) -> CloudSuiteClient {
        self.clients().1
    }

    fn clients(&self) -> (ProcurifyClient, CloudSuiteClient) {
        let retry =
            RetryPolicy { base: Duration::from_millis(5), cap: Duration::from_millis(50), ..RetryPolicy::default() };
        let timeouts = Timeouts { request: Duration::from_secs(1), ..Timeouts::default() };
        let procurify = ProcurifyClient::builder("acme")
            .base_url(self.procurify.base_url().parse().unwrap())
            .credentials("sandbox", "sandbox")
            .requests_per_minute(600_000)
            .logins_per_minute(600)
            .retry(retry.clone())
            .timeouts(timeouts);
        let cloudsuite = CloudSuiteClient::builder(Ionapi::parse(self.erp.ionapi().as_bytes()).unwrap())
            .requests_per_minute(600_000)
            .logins_per_minute(600)
            .retry(retry)
            .timeouts(timeouts);
        (procurify.build().unwrap(), cloudsuite.build().unwrap())
    }

    pub async fn sync(&self) -> Report {
        self.connect().await.sync(FlowKind::PurchaseOrders).await.unwrap()
    }

    /// Orders, then the bills that are for them; answers what the bills did.
    pub async fn sync_bills(&self) -> Report {
        let connection = self.connect().await;
        connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        connection.sync(FlowKind::Bills).await.unwrap()
    }

    /// The keys of all bills that are to be moved.
    pub fn bill_keys(&self) -> Vec<RecordKey> {
        self.procurify.approved_bills().into_iter().map(bill_key).collect()
    }

    /// All approved orders' keys. The simulated tenant numbers its orders from 10001.
    pub fn keys(&self) -> Vec<RecordKey> {
        (0..self.scenario.orders).map(|index| key(10_001 + index)).collect()
    }

    /// Checks that the ERP holds one document for each of these keys and no other of their kind, and answers them by
    /// key.
    pub fn exactly_once(&self, keys: &[RecordKey]) -> BTreeMap<RecordKey, Document> {
        let mut by_reference: BTreeMap<String, Vec<Document>> = BTreeMap::new();
        let bills = keys.iter().any(|key| key.kind().as_str() == bill::KIND);
        let kind = if bills { "invoice" } else { "purchase_order" };
        for document in self.erp.all_documents().into_iter().filter(|document| document.kind == kind) {
            by_reference.entry(document.external_ref.clone()).or_default().push(document);
        }
        let mut found = BTreeMap::new();
        for key in keys {
            let mut copies = by_reference.remove(ExternalRef::of(key).as_str()).unwrap_or_default();
            assert_eq!(copies.len(), 1, "{key} is in the ERP {} times", copies.len());
            found.insert(key.clone(), copies.remove(0));
        }
        assert!(by_reference.is_empty(), "the ERP holds what Procurify does not: {by_reference:?}");
        found
    }

    /// Writes the connector's configuration and the `.ionapi` file it names.
    pub fn configure(&self, flows: &str) -> PathBuf {
        self.configure_in_calls_of(100, flows)
    }

    /// As [`configure`](Self::configure), writing so much in each call.
    pub fn configure_in_calls_of(&self, per_call: usize, flows: &str) -> PathBuf {
        std::fs::write(self.folder.path().join("acme.ionapi"), self.erp.ionapi()).unwrap();
        let config = self.folder.path().join("connector.toml");
        std::fs::write(
            &config,
            format!(
                r#"
                [procurify]
                domain = "acme"
                base_url = "{}"
                client_id = "sandbox"
                client_secret = {{ env = "PROCURIFY_CLIENT_SECRET" }}
                requests_per_minute = 600000
                page_size = 500
                [cloudsuite]
                ionapi = {{ file = "acme.ionapi" }}
                requests_per_minute = 600000
                {}
                [store]
                url = "sqlite:ledger.db"
                [flows]
                {flows}
                "#,
                self.procurify.base_url(),
                E::settings(per_call),
            ),
        )
        .unwrap();
        config
    }
}

fn amending(connection: ConnectionBuilder) -> ConnectionBuilder {
    connection.on_revision(Revisions::Amend).on_cancel(Cancellations::Cancel)
}

pub fn key(number: usize) -> RecordKey {
    RecordKey::new("acme".into(), KIND.into(), number.to_string())
}

pub fn bill_key(id: u64) -> RecordKey {
    RecordKey::new("acme".into(), bill::KIND.into(), id.to_string())
}

/// The connector, which `cargo test` builds beside the tests.
pub fn connector(config: &Path) -> Command {
    let mut command = example("connector");
    command
        .arg("--config")
        .arg(config)
        .env("PROCURIFY_CLIENT_SECRET", "sandbox")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

/// An example, as it was built last.
pub fn example(name: &str) -> Command {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    assert!(program.exists(), "{} is not built: run `cargo build --example {name}` first", program.display());
    Command::new(program)
}

/// Runs a command to its end, off the runtime that serves the tenants.
pub async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}
