//! A host that brings its own mapper and its own ledger: `cargo run --example custom_host`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use procurify_cloudsuite::purchase_order::{ApprovedOrder, DefaultOrderMapper, Mapped, OrderMapper};
use procurify_cloudsuite::{CloudSuiteClient, Company, Connection, FlowKind, ProcurifyClient};
use sandbox::{M3, M3Config, Procurify, ProcurifyConfig, Scenario};
use sync_core::memory::{MemoryStore, Table};
use sync_core::{
    Append, Appended, Claim, ClaimRequest, DedupStore, Event, Head, Query, RecordKey, References, StoreError,
};

/// Our mapper: the usual rules, but all lines on the campaign's cost centre.
struct Campaign(DefaultOrderMapper);

impl OrderMapper for Campaign {
    fn map(&self, order: &ApprovedOrder, references: &References) -> Mapped {
        let mut mapped = self.0.map(order, references);
        if let Mapped::Draft { draft, .. } = &mut mapped {
            draft.lines.iter_mut().for_each(|line| line.cost_center = Some("CC100".to_owned()));
        }
        mapped
    }
}

/// Our ledger: one JSON file, replaced as a whole, so that a crash leaves the old one or the new one.
struct FileLedger(std::path::PathBuf, Mutex<Table>);

impl FileLedger {
    fn open(path: std::path::PathBuf) -> Result<Self, Box<dyn std::error::Error>> {
        let table = if path.exists() { serde_json::from_slice(&std::fs::read(&path)?)? } else { Table::default() };
        Ok(Self(path, Mutex::new(table)))
    }
    fn table(&self) -> MutexGuard<'_, Table> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn change<T>(&self, change: impl FnOnce(&mut Table) -> T) -> Result<T, StoreError> {
        let mut table = self.table();
        let mut changed = table.clone();
        let answer = change(&mut changed);
        let new = self.0.with_extension("new");
        let text = serde_json::to_vec(&changed).map_err(|error| StoreError::new("write the ledger", error))?;
        std::fs::write(&new, text).map_err(|error| StoreError::new("save the ledger", error))?;
        std::fs::File::open(&new)
            .and_then(|file| file.sync_all())
            .map_err(|error| StoreError::new("sync it", error))?;
        std::fs::rename(new, &self.0).map_err(|error| StoreError::new("replace the ledger", error))?;
        *table = changed;
        Ok(answer)
    }
}

#[async_trait]
#[rustfmt::skip]
impl DedupStore for FileLedger {
    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Head>>, StoreError> { Ok(self.table().get(keys)) }
    async fn history(&self, key: &RecordKey) -> Result<Vec<Event>, StoreError> { Ok(self.table().history(key)) }
    async fn list(&self, query: &Query) -> Result<Vec<Head>, StoreError> { Ok(self.table().list(query)) }
    async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> { self.change(|table| table.append(batch)) }
    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> { self.change(|table| table.claim(request)) }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scenario = Scenario { orders: 50, missing: 0, ..Scenario::default() };
    let procurify = Procurify::start(ProcurifyConfig { scenario: scenario.clone(), ..Default::default() }).await?;
    let m3 = M3::start(M3Config { scenario, ..Default::default() }).await?;
    let folder = tempfile::tempdir()?;
    let rest = Arc::new(MemoryStore::default());
    let client = ProcurifyClient::builder("acme").base_url(procurify.base_url().parse()?);
    let cloudsuite = CloudSuiteClient::from_ionapi(m3.ionapi_json().as_bytes())?;
    let acme = Connection::builder("acme")
        .procurify(client.credentials("sandbox", "sandbox").build()?)
        .cloudsuite(cloudsuite.m3(Company(100)).division("AAA").facility("A01").warehouse("001"))
        .stores(Arc::new(FileLedger::open(folder.path().join("ledger.json"))?), rest.clone(), rest)
        .mapper(Campaign(DefaultOrderMapper::default()))
        .build()?;
    let report = acme.sync(FlowKind::PurchaseOrders).await?;
    let lines: Vec<_> = m3.documents().into_iter().flat_map(|document| document.lines).collect();
    assert!(report.is_all_done() && !lines.is_empty() && lines.iter().all(|line| line.cost_center == "CC100"));
    println!("{} orders posted, all {} lines on cost centre CC100.", report.posted.len(), lines.len());
    Ok(())
}
