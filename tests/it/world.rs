//! Two simulated tenants, a store, and ways to sync: in this process, or by the connector.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use procurify_cloudsuite::m3::{M3OrderSettings, M3Product};
use procurify_cloudsuite::purchase_order::{KIND, SourceSettings};
use procurify_cloudsuite::{
    CloudSuiteClient, Company, Connection, ConnectionBuilder, FlowKind, Ionapi, ProcurifyClient, Report,
};
use sandbox::{Document, M3, M3Config, Procurify, ProcurifyConfig, Scenario};
use sync_core::{Backoff, ExternalRef, RecordKey, Settings};
use sync_store::SqliteStore;
use tempfile::TempDir;
use tenant_http::{RetryPolicy, Timeouts};

pub struct World {
    pub procurify: Procurify,
    pub m3: M3,
    pub folder: TempDir,
    pub scenario: Scenario,
}

/// Orders of three lines, none of them lacking anything.
pub fn scenario(orders: usize) -> Scenario {
    Scenario { orders, lines: 3, missing: 0, ..Scenario::default() }
}

/// A gateway whose batch job is quick, and that does not ration logins.
pub fn m3_config(scenario: &Scenario) -> M3Config {
    M3Config {
        scenario: scenario.clone(),
        logins_per_minute: 0,
        batch_delay: Duration::from_millis(20),
        index_lag: Duration::from_millis(50),
        ..M3Config::default()
    }
}

impl World {
    pub async fn new(scenario: Scenario) -> Self {
        let m3 = m3_config(&scenario);
        Self::with(scenario, |_| (), m3).await
    }

    pub async fn with(scenario: Scenario, procurify: impl FnOnce(&mut ProcurifyConfig), m3: M3Config) -> Self {
        let mut config = ProcurifyConfig { scenario: scenario.clone(), ..ProcurifyConfig::default() };
        procurify(&mut config);
        Self {
            procurify: Procurify::start(config).await.unwrap(),
            m3: M3::start(m3).await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
            scenario,
        }
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

    /// As [`connect`](Self::connect), with so many transactions in each call to M3.
    pub async fn connect_in_calls_of(&self, transactions: usize) -> Connection {
        self.build(transactions, |connection| connection).await
    }

    /// As [`connect`](Self::connect), reading orders so.
    pub async fn connect_reading(&self, source: SourceSettings) -> Connection {
        self.build(100, |connection| connection.source(source)).await
    }

    /// As [`connect`](Self::connect), entering orders so.
    pub async fn connect_with(&self, orders: M3OrderSettings) -> Connection {
        self.enter(100, orders, |connection| connection).await
    }

    /// As [`connect`](Self::connect), waiting so long for what is due later.
    pub async fn connect_waiting(&self, patience: Duration) -> Connection {
        self.build(100, |connection| connection.patience(patience)).await
    }

    async fn build(
        &self,
        transactions: usize,
        amend: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> Connection {
        self.enter(transactions, M3OrderSettings::default(), amend).await
    }

    async fn enter(
        &self,
        transactions: usize,
        orders: M3OrderSettings,
        amend: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> Connection {
        let (procurify, cloudsuite) = self.clients();
        let m3 = cloudsuite.m3(Company(100)).division("AAA").facility("A01").warehouse("001");
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
            .cloudsuite(M3Product::new(m3.transactions_per_call(transactions)).orders(orders))
            .source(SourceSettings { page_size: 500, ..SourceSettings::default() })
            .engine_settings(settings)
            .retry(Arc::new(backoff))
            .patience(Duration::from_secs(10))
            .store(self.store().await);
        amend(connection).build().unwrap()
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
        let cloudsuite = CloudSuiteClient::builder(Ionapi::parse(self.m3.ionapi_json().as_bytes()).unwrap())
            .requests_per_minute(600_000)
            .logins_per_minute(600)
            .retry(retry)
            .timeouts(timeouts);
        (procurify.build().unwrap(), cloudsuite.build().unwrap())
    }

    pub async fn sync(&self) -> Report {
        self.connect().await.sync(FlowKind::PurchaseOrders).await.unwrap()
    }

    /// All approved orders' keys. The simulated tenant numbers its orders from 10001.
    pub fn keys(&self) -> Vec<RecordKey> {
        (0..self.scenario.orders).map(|index| key(10_001 + index)).collect()
    }

    /// Checks that M3 holds one document for each of these keys and nothing else, and answers them by key.
    pub fn exactly_once(&self, keys: &[RecordKey]) -> BTreeMap<RecordKey, Document> {
        let mut by_reference: BTreeMap<String, Vec<Document>> = BTreeMap::new();
        for document in self.m3.documents() {
            by_reference.entry(document.external_ref.clone()).or_default().push(document);
        }
        let mut found = BTreeMap::new();
        for key in keys {
            let mut copies = by_reference.remove(ExternalRef::of(key).as_str()).unwrap_or_default();
            assert_eq!(copies.len(), 1, "{key} is in M3 {} times", copies.len());
            found.insert(key.clone(), copies.remove(0));
        }
        assert!(by_reference.is_empty(), "M3 holds what Procurify does not: {by_reference:?}");
        found
    }

    /// Writes the connector's configuration and the `.ionapi` file it names.
    pub fn configure(&self, m3: &str, flows: &str) -> PathBuf {
        std::fs::write(self.folder.path().join("acme.ionapi"), self.m3.ionapi_json()).unwrap();
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
                product = "m3"
                requests_per_minute = 600000
                [cloudsuite.m3]
                company = 100
                division = "AAA"
                facility = "A01"
                warehouse = "001"
                {m3}
                [store]
                url = "sqlite:ledger.db"
                [flows]
                {flows}
                "#,
                self.procurify.base_url()
            ),
        )
        .unwrap();
        config
    }
}

pub fn key(number: usize) -> RecordKey {
    RecordKey::new("acme".into(), KIND.into(), number.to_string())
}

/// The connector, which `cargo test` builds beside the tests.
pub fn connector(config: &Path) -> Command {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().and_then(Path::parent).unwrap().join("examples").join("connector");
    assert!(program.exists(), "{} is not built: run `cargo build --example connector` first", program.display());
    let mut command = Command::new(program);
    command
        .arg("--config")
        .arg(config)
        .env("PROCURIFY_CLIENT_SECRET", "sandbox")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

/// Runs the connector to its end, off the runtime that serves the tenants.
pub async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}
