//! A simulated source and target, with faults and crashes on demand.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sync_core::memory::{MemoryAlerts, MemoryStore};
use sync_core::*;

pub const KIND: &str = "purchase_order";

/// What a target can do, and so what its sink may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Stages messages; finishing is settled with certainty by deleting (as M3's batch entry).
    Staged,
    /// Creates at once, and only a lagging search tells what is there.
    Searched,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub reference: String,
    pub content: String,
    /// Written after `content`, apart from it.
    pub second: String,
    pub void: bool,
    pub visible_at: DateTime<Utc>,
}

#[derive(Debug, Default)]
pub struct Tables {
    messages: BTreeMap<u64, (Draft, bool)>,
    pub documents: Vec<Document>,
    next: u64,
}

pub struct World {
    pub target: Target,
    pub clock: VirtualClock,
    pub store: MemoryStore,
    pub alerts: MemoryAlerts,
    pub tables: Mutex<Tables>,
    pub records: Mutex<Vec<Record>>,
    pub suppliers: Mutex<Vec<String>>,
    pub refused: Mutex<Vec<String>>,
    /// Whether the fiscal period is closed: nothing may be made, what is there may be linked.
    pub closed: AtomicBool,
    /// Contents that no document may be changed to.
    pub unchangeable: Mutex<Vec<String>>,
    /// Whether documents are changed as their records are.
    pub amends: AtomicBool,
    /// What documents were compared with.
    pub compared: Mutex<Vec<Amendment>>,
    /// Handles of amendments that were used.
    amended: Mutex<Vec<u64>>,
    /// Calls in a thousand that go wrong.
    pub faults: AtomicU64,
    /// Whether what goes wrong is refused for its credentials.
    pub denied: AtomicBool,
    random: AtomicU64,
    /// Awaits left before the process dies; none if it lives on.
    fuse: Mutex<Option<u64>>,
    dead: AtomicBool,
    /// Whether every await lets others go first, and how far the clock may move meanwhile, in milliseconds.
    pub takes_turns: AtomicU64,
    pub sink_calls: AtomicU64,
}

pub const LAG: TimeDelta = TimeDelta::seconds(120);

impl World {
    pub fn new(target: Target, records: u32) -> Arc<Self> {
        let world = Self {
            target,
            clock: VirtualClock::at(DateTime::UNIX_EPOCH + TimeDelta::days(20_000)),
            store: MemoryStore::default(),
            alerts: MemoryAlerts::default(),
            tables: Mutex::default(),
            records: Mutex::default(),
            suppliers: Mutex::new(vec!["S1".into(), "S2".into()]),
            refused: Mutex::default(),
            closed: AtomicBool::new(false),
            unchangeable: Mutex::default(),
            amends: AtomicBool::new(false),
            compared: Mutex::default(),
            amended: Mutex::default(),
            faults: AtomicU64::new(0),
            denied: AtomicBool::new(false),
            random: AtomicU64::new(1),
            fuse: Mutex::default(),
            dead: AtomicBool::new(false),
            takes_turns: AtomicU64::new(0),
            sink_calls: AtomicU64::new(0),
        };
        for id in 1..=records {
            world.write(id, if id % 2 == 0 { "S1" } else { "S2" }, "first");
        }
        Arc::new(world)
    }

    pub fn seed(&self, seed: u64) {
        self.random.store(seed, Ordering::Relaxed);
    }

    /// Creates or changes a record at the source.
    pub fn write(&self, id: u32, supplier: &str, content: &str) {
        self.write_as(id, supplier, content, Lifecycle::Active);
    }

    pub fn write_as(&self, id: u32, supplier: &str, content: &str, lifecycle: Lifecycle) {
        let payload = json!({ "supplier": supplier, "content": content });
        let record = Record {
            key: key(id),
            revision: Revision::of(&payload),
            stamp: content.to_owned(),
            lifecycle,
            payload,
            request_ids: RequestIds::none(),
        };
        let mut records = self.records.lock().unwrap();
        records.retain(|other| other.key != record.key);
        records.push(record);
    }

    /// A record is read with another stamp, and is what it was.
    pub fn touch(&self, id: u32) {
        let mut records = self.records.lock().unwrap();
        let record = records.iter_mut().find(|record| record.key == key(id)).unwrap();
        record.stamp.push_str(", touched");
    }

    /// Somebody has made a record's document in the target by hand.
    pub fn make_by_hand(&self, id: u32) {
        let payload = self.records.lock().unwrap().iter().find(|record| record.key == key(id)).unwrap().payload.clone();
        let draft = Draft {
            key: key(id),
            reference: ExternalRef::of(&key(id)),
            document: payload,
            earlier: None,
            absent: false,
        };
        let mut tables = self.tables.lock().unwrap();
        self.create(&mut tables, &draft);
        tables.documents.iter_mut().for_each(|document| document.visible_at = self.clock.now());
    }

    pub fn flow(self: &Arc<Self>) -> Flow {
        let mortal = Arc::new(Mortal(Arc::clone(self)));
        Flow {
            look_first: self.target == Target::Staged,
            on_revision: if self.amends() { Revisions::Amend } else { Revisions::Alert },
            on_cancel: if self.amends() { Cancellations::Cancel } else { Cancellations::Alert },
            ..Flow::new(KIND, mortal.clone(), SupplierMapper(Arc::clone(self)), mortal)
        }
    }

    fn amends(&self) -> bool {
        self.amends.load(Ordering::Relaxed)
    }

    pub fn engine(self: &Arc<Self>) -> Engine {
        self.worker("engine", Duration::from_secs(600))
    }

    pub fn worker(self: &Arc<Self>, name: &str, lease: Duration) -> Engine {
        let store = Arc::new(Mortal(Arc::clone(self)));
        Engine::new("acme", store.clone(), store.clone(), store.clone())
            .flow(self.flow())
            .clock(store.clone())
            .alerts(store)
            .retry(Arc::new(Backoff::seeded(3)))
            .settings(Settings {
                worker: Actor::new(name),
                lease,
                settle_time: Duration::from_secs(300),
                ..Settings::default()
            })
    }

    /// Polls and advances, on the virtual clock, until nothing is due or the process dies.
    pub async fn sync(self: &Arc<Self>) {
        self.sync_by(self.engine(), KIND).await;
    }

    pub async fn sync_by(self: &Arc<Self>, engine: Engine, kind: &str) {
        while engine.poll(&kind.into()).await.expect("polls").more {}
        engine.resume_held(&kind.into()).await.expect("resumes");
        engine.run_until_idle(Duration::from_secs(86_400)).await.expect("runs");
    }

    /// Runs a process that dies at its n-th await; answers whether it did.
    pub fn run_until_death(self: &Arc<Self>, n: u64) -> bool {
        self.run_by_until_death(self.engine(), n)
    }

    /// As [`run_until_death`](Self::run_until_death), with an engine of its own.
    pub fn run_by_until_death(self: &Arc<Self>, engine: Engine, n: u64) -> bool {
        *self.fuse.lock().unwrap() = Some(n);
        self.dead.store(false, Ordering::Relaxed);
        let mut process = Box::pin(self.sync_by(engine, KIND));
        let mut context = Context::from_waker(Waker::noop());
        while process.as_mut().poll(&mut context).is_pending() {
            if self.dead.load(Ordering::Relaxed) {
                *self.fuse.lock().unwrap() = None;
                return true;
            }
        }
        *self.fuse.lock().unwrap() = None;
        false
    }

    /// Runs several workers at once, whose awaits come in an order drawn from the seed, until all are done.
    pub fn run_together(self: &Arc<Self>, workers: Vec<Engine>) {
        let mut running: Vec<_> = workers.into_iter().map(|worker| Box::pin(self.sync_by(worker, KIND))).collect();
        let mut context = Context::from_waker(Waker::noop());
        while !running.is_empty() {
            let index = usize::try_from(self.draw() % running.len() as u64).unwrap();
            if running[index].as_mut().poll(&mut context).is_ready() {
                drop(running.remove(index));
            }
        }
    }

    /// Checks the promise: each wanted record's document exists once, and the ledger agrees.
    pub fn check_exactly_once(&self, context: &str) {
        let documents = &self.tables.lock().unwrap().documents;
        for record in self.records.lock().unwrap().iter() {
            let reference = ExternalRef::of(&record.key).to_string();
            let mine: Vec<_> = documents.iter().filter(|document| document.reference == reference).collect();
            let head = self.head(&record.key);
            assert_eq!(mine.len(), 1, "{context}: {} has {} documents; {:?}", record.key, mine.len(), head.state);
            let cancelled = record.lifecycle == Lifecycle::Cancelled;
            let expected = if cancelled { StateName::Cancelled } else { StateName::Posted };
            assert_eq!(head.state.name(), expected, "{context}: {}", record.key);
            assert_eq!(mine[0].void, cancelled, "{context}: {}", record.key);
            assert_eq!(head.concern(), None, "{context}: {}", record.key);
            if cancelled {
                continue;
            }
            assert_eq!(mine[0].second, mine[0].content, "{context}: {}", record.key);
            assert_eq!(json!(mine[0].content), record.payload["content"], "{context}: {}", record.key);
        }
        assert_eq!(documents.len(), self.records.lock().unwrap().len(), "{context}: no document beyond the records");
    }

    pub fn head(&self, key: &RecordKey) -> Head {
        block_on(self.store.get(std::slice::from_ref(key))).unwrap().remove(0).expect("in the ledger")
    }

    pub fn trail(&self, id: u32) -> Vec<Change> {
        block_on(self.store.history(&key(id))).unwrap().into_iter().map(|event| event.change).collect()
    }

    fn draw(&self) -> u64 {
        let mut z = self.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn fault(&self) -> bool {
        self.draw() % 1000 < self.faults.load(Ordering::Relaxed)
    }

    /// One await of the process, at which it may die.
    async fn breathe(&self) {
        let dies = match &mut *self.fuse.lock().unwrap() {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        if dies {
            self.dead.store(true, Ordering::Relaxed);
            std::future::pending::<()>().await;
        }
        let most = self.takes_turns.load(Ordering::Relaxed);
        if most > 0 {
            self.clock.advance(Duration::from_millis(self.draw() % most));
            let mut waited = false;
            std::future::poll_fn(
                |_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending },
            )
            .await;
        }
    }
}

pub fn key(id: u32) -> RecordKey {
    RecordKey::new("acme".into(), KIND.into(), id.to_string())
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

struct SupplierMapper(Arc<World>);

impl Mapper for SupplierMapper {
    fn map(&self, record: &Record, _: &References) -> Mapping {
        let supplier = record.payload["supplier"].as_str().unwrap_or_default();
        if self.0.suppliers.lock().unwrap().iter().any(|known| known == supplier) {
            let (document, decisions) = (record.payload.clone(), vec![format!("supplier {supplier}")]);
            if self.0.closed.load(Ordering::Relaxed) {
                let hint = "it is closed: open it".to_owned();
                let missing = vec![Missing { kind: "fiscal_period".into(), value: "October".into(), hint }];
                return Mapping::Wait { document, decisions, missing };
            }
            return Mapping::Draft { document, decisions };
        }
        Mapping::Hold(vec![Missing { kind: "vendor".into(), value: supplier.into(), hint: "add it".into() }])
    }
}

/// The world as a process sees it: every call is an await before and after, at which it may die.
struct Mortal(Arc<World>);

macro_rules! mortal {
    ($self:ident, $call:expr) => {{
        $self.0.breathe().await;
        let answer = $call;
        $self.0.breathe().await;
        answer
    }};
}

// After the macro, which it uses.
mod target;

#[async_trait]
impl Clock for Mortal {
    fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    async fn sleep(&self, duration: Duration) {
        mortal!(self, self.0.clock.sleep(duration).await);
    }
}

#[async_trait]
impl AlertSink for Mortal {
    async fn raise(&self, alert: &Alert) -> Result<(), String> {
        mortal!(self, self.0.alerts.raise(alert).await)
    }
}

#[async_trait]
impl Source for Mortal {
    async fn poll(&self, after: Option<&Cursor>, _: &dyn Known) -> Result<Batch, SourceError> {
        let from: usize = after.and_then(|cursor| cursor.0.parse().ok()).unwrap_or(0);
        let records = self.0.records.lock().unwrap().clone();
        let batch: Vec<Record> = records.iter().skip(from).take(3).cloned().collect();
        let more = from + batch.len() < records.len();
        // At the end it starts over: reading twice is free.
        let next = if more { from + batch.len() } else { 0 };
        mortal!(self, Ok(Batch { records: batch, unchanged: 0, next: Cursor(next.to_string()), more }))
    }
}

#[async_trait]
impl DedupStore for Mortal {
    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Head>>, StoreError> {
        mortal!(self, self.0.store.get(keys).await)
    }
    async fn history(&self, key: &RecordKey) -> Result<Vec<Event>, StoreError> {
        mortal!(self, self.0.store.history(key).await)
    }
    async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
        mortal!(self, self.0.store.append(batch).await)
    }
    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> {
        mortal!(self, self.0.store.claim(request).await)
    }
    async fn list(&self, query: &Query) -> Result<Vec<Head>, StoreError> {
        mortal!(self, self.0.store.list(query).await)
    }
}

#[async_trait]
impl CheckpointStore for Mortal {
    async fn load(&self, connection: &ConnectionId, kind: &Kind) -> Result<Option<Cursor>, StoreError> {
        mortal!(self, self.0.store.load(connection, kind).await)
    }
    async fn save(&self, connection: &ConnectionId, kind: &Kind, cursor: &Cursor) -> Result<(), StoreError> {
        mortal!(self, self.0.store.save(connection, kind, cursor).await)
    }
}

#[async_trait]
impl CrossReferences for Mortal {
    async fn snapshot(&self, connection: &ConnectionId) -> Result<References, StoreError> {
        mortal!(self, self.0.store.snapshot(connection).await)
    }
    async fn replace(
        &self,
        connection: &ConnectionId,
        kinds: &[(String, Vec<Reference>)],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        mortal!(self, self.0.store.replace(connection, kinds, at).await)
    }
    async fn amend(
        &self,
        connection: &ConnectionId,
        set: &[Reference],
        remove: &[(String, String)],
        by: &Actor,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        mortal!(self, self.0.store.amend(connection, set, remove, by, at).await)
    }
    async fn changes(&self, connection: &ConnectionId) -> Result<Vec<ReferenceChange>, StoreError> {
        mortal!(self, self.0.store.changes(connection).await)
    }
}
