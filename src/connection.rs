//! One Procurify tenant joined with one CloudSuite tenant.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use cloudsuite_client::m3::InvalidCode;
use procurify_client::ProcurifyClient;
use sync_core::{
    AlertSink, AuditSink, Backoff, Cancellations, CheckpointStore, Clock, ConnectionId, CrossReferences, DedupStore,
    Engine, Flow, RecordKey, References, RetryPolicy, Revisions, Schedule, Settings, Trail,
};

use crate::bill::{self, BillMapper, BillMapperAdapter, BillSettings, BillSource, DefaultBillMapper};
use crate::periods::PeriodSettings;
use crate::product::Product;
use crate::purchase_order::{
    self, DefaultOrderMapper, OrderMapper, OrderMapperAdapter, PurchaseOrderSource, SourceSettings,
};
use crate::reference::{AlignError, Aligner, Parts, ReferenceFlows, ReferenceSettings, Shelf, check};
use crate::sync::SyncError;

/// Why a connection could not be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Something that has no default was not given.
    #[error("the connection has no {0}: give it one before build()")]
    Missing(&'static str),
    /// A name that cannot stand in a record's key.
    #[error("`{0}` cannot be a connection's name: use letters, digits, `-` and `_`")]
    Name(String),
    /// The product has no such accounting dimension, or has another use for it: which, and what to do.
    #[error("{0}")]
    Dimension(String),
    /// The numbers that begin so would have no room for the ids of Procurify that they are built from.
    #[error(
        "{setting} = \"{prefix}\" is too long: a number has {length} characters, and the rest of them is Procurify's id: \
         use at most {longest}"
    )]
    Prefix {
        /// The setting.
        setting: &'static str,
        /// What it is set to.
        prefix: String,
        /// Characters of a number.
        length: usize,
        /// Characters that the prefix may have.
        longest: usize,
    },
    /// Reference data cannot go this way.
    #[error("reference data cannot go this way: {0}")]
    Direction(String),
    /// Orders were to be moved to another day.
    #[error("orders keep their day, and cannot be moved out of a closed fiscal period: hold them, or let them go")]
    OrdersKeepTheirDay,
    /// A list of fiscal periods that would close nothing.
    #[error("the list of fiscal periods needs a name, its three fields, and what the status of a closed one is")]
    PeriodList,
    /// A code that M3 cannot have.
    #[error(transparent)]
    Code(#[from] InvalidCode),
}

/// One Procurify tenant joined with one CloudSuite tenant. Cheap to clone.
///
/// Everything but the two clients and the store has a default. See the crate's documentation for an
/// example.
#[derive(Clone)]
pub struct Connection {
    pub(crate) engine: Engine,
    pub(crate) orders: Orders,
    pub(crate) bills: Option<Bills>,
    procurify: ProcurifyClient,
    product: Arc<dyn Product>,
    pub(crate) aligner: Arc<Aligner>,
    pub(crate) reference_flows: ReferenceFlows,
    pub(crate) reference_max_age: Duration,
    pub(crate) patience: Duration,
}

/// Purchase orders.
#[derive(Clone)]
pub(crate) struct Orders {
    pub source: Arc<PurchaseOrderSource>,
    /// The time zone in which their moments become days.
    pub time_zone: Tz,
}

/// Bills, where the product takes them.
#[derive(Clone)]
pub(crate) struct Bills {
    pub source: Arc<BillSource>,
    /// The time zone in which their moments become days.
    pub time_zone: Tz,
}

impl Connection {
    /// Starts a connection of this name, which becomes part of every record's key: never change it.
    pub fn builder(name: impl Into<ConnectionId>) -> ConnectionBuilder {
        ConnectionBuilder {
            name: name.into(),
            procurify: None,
            product: None,
            store: None,
            mapper: Box::new(DefaultOrderMapper::default()),
            source: SourceSettings::default(),
            bill_mapper: Box::new(DefaultBillMapper::default()),
            bills: BillSettings::default(),
            reference: ReferenceSettings::default(),
            periods: PeriodSettings::default(),
            settings: Settings::default(),
            retry: None,
            alerts: None,
            audit: None,
            clock: None,
            schedule: None,
            reference_max_age: Duration::from_secs(3600),
            patience: Duration::from_secs(30),
            on_revision: Revisions::default(),
            on_cancel: Cancellations::default(),
        }
    }

    /// The Procurify client.
    pub fn procurify(&self) -> &ProcurifyClient {
        &self.procurify
    }

    /// The CloudSuite product.
    pub fn cloudsuite(&self) -> &dyn Product {
        self.product.as_ref()
    }

    /// The engine beneath, for hosts that drive its steps themselves.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Reads vendors, account codes and departments of both systems and matches them anew.
    pub async fn align_reference_data(&self) -> Result<(), AlignError> {
        let now = self.engine.time().now();
        self.aligner.align(self.engine.references().as_ref(), self.engine.connection(), now).await
    }

    /// The cross-references as an alignment now would make them. Writes nothing.
    pub async fn preview_reference_data(&self) -> Result<References, AlignError> {
        let now = self.engine.time().now();
        let known = self.engine.references().snapshot(self.engine.connection()).await?;
        self.aligner.preview(&known, now).await
    }

    /// What happened to one record, in words.
    pub async fn trail(&self, key: &RecordKey) -> Result<Trail, SyncError> {
        Ok(self.engine.trail(key).await?)
    }

    /// HTTP requests sent to Procurify so far, token requests included.
    pub fn procurify_requests(&self) -> u64 {
        self.procurify.requests()
    }

    /// HTTP requests sent to CloudSuite so far, token requests included.
    pub fn cloudsuite_requests(&self) -> u64 {
        self.product.requests()
    }
}

/// Puts a [`Connection`] together.
#[must_use = "nothing is joined until build()"]
pub struct ConnectionBuilder {
    name: ConnectionId,
    procurify: Option<ProcurifyClient>,
    product: Option<Arc<dyn Product>>,
    store: Option<Stores>,
    mapper: Box<dyn OrderMapper>,
    source: SourceSettings,
    bill_mapper: Box<dyn BillMapper>,
    bills: BillSettings,
    reference: ReferenceSettings,
    periods: PeriodSettings,
    settings: Settings,
    retry: Option<Arc<dyn RetryPolicy>>,
    alerts: Option<Arc<dyn AlertSink>>,
    audit: Option<Arc<dyn AuditSink>>,
    clock: Option<Arc<dyn Clock>>,
    schedule: Option<Arc<dyn Schedule>>,
    reference_max_age: Duration,
    patience: Duration,
    on_revision: Revisions,
    on_cancel: Cancellations,
}

struct Stores {
    ledger: Arc<dyn DedupStore>,
    checkpoints: Arc<dyn CheckpointStore>,
    references: Arc<dyn CrossReferences>,
}

impl ConnectionBuilder {
    /// The Procurify tenant.
    pub fn procurify(mut self, client: ProcurifyClient) -> Self {
        self.procurify = Some(client);
        self
    }

    /// The CloudSuite product: an [`M3`](crate::M3) company with division, facility and warehouse, an
    /// [`M3Product`](crate::m3::M3Product) with settings, or a [`Product`] of your own.
    pub fn cloudsuite(mut self, product: impl Into<Box<dyn Product>>) -> Self {
        self.product = Some(Arc::from(product.into()));
        self
    }

    /// Where ledger, checkpoints and cross-references are kept.
    pub fn store(self, store: impl DedupStore + CheckpointStore + CrossReferences + 'static) -> Self {
        let store = Arc::new(store);
        self.stores(store.clone(), store.clone(), store)
    }

    /// Where each of the three is kept, if not together.
    pub fn stores(
        mut self,
        ledger: Arc<dyn DedupStore>,
        checkpoints: Arc<dyn CheckpointStore>,
        references: Arc<dyn CrossReferences>,
    ) -> Self {
        self.store = Some(Stores { ledger, checkpoints, references });
        self
    }

    /// What becomes of an order in the ERP. Default: [`DefaultOrderMapper`].
    pub fn mapper(mut self, mapper: impl OrderMapper + 'static) -> Self {
        self.mapper = Box::new(mapper);
        self
    }

    /// How orders are read from Procurify.
    pub fn source(mut self, settings: SourceSettings) -> Self {
        self.source = settings;
        self
    }

    /// What becomes of a bill in the ERP. Default: [`DefaultBillMapper`].
    pub fn bill_mapper(mut self, mapper: impl BillMapper + 'static) -> Self {
        self.bill_mapper = Box::new(mapper);
        self
    }

    /// Which bills are read from Procurify, and how.
    pub fn bills(mut self, settings: BillSettings) -> Self {
        self.bills = settings;
        self
    }

    /// What is done about reference data that only one system has. Default: it is matched and no more.
    pub fn reference(mut self, settings: ReferenceSettings) -> Self {
        self.reference = settings;
        self
    }

    /// Which fiscal periods are closed, and what becomes of documents that fall into one. Default: none is known to be.
    pub fn fiscal_periods(mut self, settings: PeriodSettings) -> Self {
        self.periods = settings;
        self
    }

    /// How the engine works.
    pub fn engine_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// When failed attempts are tried again. Default: [`sync_core::Backoff`].
    pub fn retry(mut self, policy: Arc<dyn RetryPolicy>) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Where alerts go. Default: the log.
    pub fn alerts(mut self, alerts: Arc<dyn AlertSink>) -> Self {
        self.alerts = Some(alerts);
        self
    }

    /// Who else is told of each event in the ledger. Default: the log.
    pub fn audit(mut self, audit: Arc<dyn AuditSink>) -> Self {
        self.audit = Some(audit);
        self
    }

    /// Where the time comes from. Default: the machine's clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// When nothing is posted, such as a [`sync_core::Calendar`] with freezes. Default: posting is always allowed.
    pub fn schedule(mut self, schedule: Arc<dyn Schedule>) -> Self {
        self.schedule = Some(schedule);
        self
    }

    /// How old the reference data may be before orders are mapped on it (I8). Default 1 hour.
    pub fn reference_max_age(mut self, age: Duration) -> Self {
        self.reference_max_age = age;
        self
    }

    /// How long a pass waits for records that are due later (M3 makes orders some time after it took
    /// them) before it ends and leaves them to the next. Default 30 seconds.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// What becomes of a document in the ERP when its record changes, or is reopened, after it was posted. Default:
    /// people are told.
    pub fn on_revision(mut self, revisions: Revisions) -> Self {
        self.on_revision = revisions;
        self
    }

    /// What becomes of a document in the ERP when its record is cancelled after it was posted. Default: people are told.
    pub fn on_cancel(mut self, cancellations: Cancellations) -> Self {
        self.on_cancel = cancellations;
        self
    }

    /// Checks all settings. Nothing is sent.
    pub fn build(self) -> Result<Connection, BuildError> {
        let name = self.name.as_str();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            return Err(BuildError::Name(name.to_owned()));
        }
        let procurify = self.procurify.ok_or(BuildError::Missing("Procurify client"))?;
        let product = self.product.ok_or(BuildError::Missing("CloudSuite product"))?;
        let stores = self.store.ok_or(BuildError::Missing("store"))?;
        let codes_are_accounts = self.mapper.codes_are_accounts() && self.bill_mapper.codes_are_accounts();
        let dimensions = &self.mapper.dimensions() | &self.bill_mapper.dimensions();
        product.check(&dimensions)?;
        let sink = product.purchase_orders()?;
        let page_size = self.source.page_size;
        let mut reading = self.source;
        reading.custom_fields |= self.mapper.needs_custom_fields();
        let source = Arc::new(PurchaseOrderSource::new(self.name.clone(), procurify.reader(), reading));
        let orders = Orders { source: Arc::clone(&source), time_zone: self.mapper.time_zone() };
        self.periods.check()?;
        let mapper = OrderMapperAdapter { mapper: self.mapper, periods: self.periods.clone() };
        let flow = Flow {
            max_reference_age: Some(self.reference_max_age),
            on_revision: self.on_revision,
            on_cancel: self.on_cancel,
            ..Flow::new(purchase_order::KIND, source, mapper, sink)
        };
        let makers = check(&self.reference, product.as_ref(), codes_are_accounts)?;
        let (name, ledger) = (self.name, stores.ledger);
        let mut engine = Engine::new(name.clone(), Arc::clone(&ledger), stores.checkpoints, stores.references)
            .settings(self.settings);
        let mut bills = None;
        if let Some(sink) = product.invoices()? {
            let (wanted, limits) = (self.bills.wanted(), product.invoice_limits());
            let source = BillSource::new(engine.connection().clone(), procurify.reader(), self.bills);
            let source = Arc::new(source.attachments(limits.attachments));
            bills = Some(Bills { source: Arc::clone(&source), time_zone: self.bill_mapper.time_zone() });
            let periods = self.periods.clone();
            let mapper = BillMapperAdapter { mapper: self.bill_mapper, wanted, limits, periods };
            engine = engine.flow(Flow {
                max_reference_age: Some(self.reference_max_age),
                on_revision: self.on_revision,
                on_cancel: self.on_cancel,
                ..Flow::new(bill::KIND, source, mapper, sink)
            });
        }
        // Processes that fail together should not come back together.
        let jitter = || Arc::new(Backoff::seeded(RandomState::new().hash_one(std::process::id())));
        engine = engine.retry(self.retry.unwrap_or_else(|| jitter()));
        if let Some(audit) = self.audit {
            engine = engine.audit(audit);
        }
        if let Some(clock) = self.clock {
            engine = engine.clock(clock);
        }
        if let Some(schedule) = self.schedule {
            engine = engine.schedule(schedule);
        }
        if let Some(alerts) = self.alerts {
            engine = engine.alerts(alerts);
        }
        let readings = Arc::new(Shelf::default());
        let parts = Parts {
            connection: &name,
            settings: &self.reference,
            procurify: &procurify,
            product: &product,
            store: &ledger,
            shelf: &readings,
            makers: &makers,
            page_size,
            max_age: self.reference_max_age,
        };
        // An engine of its own, so that documents wait until it is done.
        let reference_flows = parts.flows(engine.clone());
        let engine = engine.flow(flow);
        let new_suppliers = makers.suppliers.filter(|_| self.reference.vendors.to_cloudsuite());
        let aligner = Aligner {
            procurify: procurify.clone(),
            product: Arc::clone(&product),
            page_size,
            dimensions,
            new_suppliers,
            periods: self.periods.list,
            shelf: readings,
        };
        Ok(Connection {
            engine,
            orders,
            bills,
            procurify,
            product,
            aligner: Arc::new(aligner),
            reference_flows,
            reference_max_age: self.reference_max_age,
            patience: self.patience,
        })
    }
}
