//! The engine: a library of steps that carry records from a source into a sink, exactly once.
//!
//! ```text
//! Source -> poll -> ledger -> advance: Mapper -> intent -> Sink.stage -> handle -> Sink.commit -> outcome
//! ```
//!
//! The rules that hold whatever happens:
//!
//! * **I1** The intent is durable before the first byte leaves, the handle before the commit. A crash
//!   before `Committing` leaves only discardable staging; a crash after it means `InDoubt`.
//! * **I2** From `InDoubt` nothing is created before the sink has settled the attempt, or two lookups,
//!   a settle time apart, have found nothing. What the target accepted is never created again.
//! * **I3** Only what is proven unprocessed skips the doubt.
//! * **I4** Two workers never carry one key: leases with fences, checked at each append.
//! * **I5** What the ledger cannot record is not sent.
//! * **I6** What was read and what was mapped is in the ledger: a replay needs neither source nor luck.
//! * **I7** People are told once each time the reason changes.
//! * **I8** Nothing is mapped on reference data older than the flow allows.
//!
//! The engine starts no task, looks at no clock but the one it is given, and may be dropped between
//! any two awaits: whatever it was doing is taken up by the next step, in this process or another.

mod advance;
mod amend;
mod find;
mod hold;
mod journal;
mod needed;
mod outcome;
mod plan;
mod poll;
mod replay;
mod run;
mod settle;
mod twins;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::advance::{Moved, Progress};
pub use self::plan::{Ahead, Planned, Step};
pub use self::poll::Polled;
pub use self::replay::Assurance;

use crate::alert::{AlertSink, LogAlerts};
use crate::audit::{AuditSink, LogAudit};
use crate::checkpoint::CheckpointStore;
use crate::clock::{Clock, SystemClock};
use crate::error::EngineError;
use crate::label::Label;
use crate::ledger::DedupStore;
use crate::mapper::Mapper;
use crate::record::{Actor, ConnectionId, Kind};
use crate::reference::CrossReferences;
use crate::retry::{Backoff, RetryPolicy};
use crate::schedule::{Calendar, Schedule};
use crate::sink::Sink;
use crate::source::Source;
use crate::state::Head;
use crate::trouble::Unsaved;

/// How one kind of record gets from its source into its sink.
#[derive(Clone)]
pub struct Flow {
    /// The kind.
    pub kind: Kind,
    /// Where it comes from.
    pub source: Arc<dyn Source>,
    /// What becomes of it.
    pub mapper: Arc<dyn Mapper>,
    /// Where it goes.
    pub sink: Arc<dyn Sink>,
    /// How old the reference data may be for it to be mapped on (I8); any age, or none at all, if `None`.
    pub max_reference_age: Option<Duration>,
    /// Whether the first attempt is preceded by a lookup, so that a document made before the ledger
    /// existed (or before it was lost) is linked instead of doubled. Costs one lookup a record.
    pub look_first: bool,
    /// Whether a document of the target is one record's only, so that of a second one which is found to be the same
    /// people are told that it is a duplicate. Default yes.
    pub exclusive: bool,
    /// What becomes of a document when its record changes after it was posted.
    pub on_revision: Revisions,
    /// What becomes of a document when its record is cancelled after it was posted.
    pub on_cancel: Cancellations,
}

/// What becomes of a document when its record changes after it was posted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Revisions {
    /// People are told.
    #[default]
    Alert,
    /// It is changed as its record was; people are told where the target refuses.
    Amend,
}

/// What becomes of a document when its record is cancelled after it was posted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cancellations {
    /// People are told.
    #[default]
    Alert,
    /// It is cancelled as well; people are told where the target refuses.
    Cancel,
}

impl Flow {
    /// A flow on reference data of any age, with a lookup before each first attempt.
    pub fn new(
        kind: impl Into<Kind>,
        source: Arc<dyn Source>,
        mapper: impl Mapper + 'static,
        sink: Arc<dyn Sink>,
    ) -> Self {
        Self {
            kind: kind.into(),
            source,
            mapper: Arc::new(mapper),
            sink,
            max_reference_age: None,
            look_first: true,
            exclusive: true,
            on_revision: Revisions::default(),
            on_cancel: Cancellations::default(),
        }
    }
}

/// How the engine works. Every field has a default that suits an ERP behind a rate-limited gateway.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who is at work, as the trail shows it; different for each process.
    pub worker: Actor,
    /// How many records the runner takes in a step: enough to fill a sink's bulk calls.
    pub batch: usize,
    /// How long a claim holds. Longer than a batch takes to be staged, or to be committed.
    pub lease: Duration,
    /// How long lookups must keep finding nothing before a commit in doubt is taken not to have
    /// happened, where the target has no certain answer. Longer than its search may lag.
    pub settle_time: Duration,
    /// The first wait before an accepted document is looked up again; doubled each time, up to a minute.
    pub first_lookup: Duration,
    /// How long an accepted or doubtful document may take, attempts or whole passes may fail, before people are told.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            worker: Actor::new("engine"),
            batch: 250,
            lease: Duration::from_secs(600),
            settle_time: Duration::from_secs(600),
            first_lookup: Duration::from_millis(500),
            patience: Duration::from_secs(1800),
        }
    }
}

/// Carries the records of one connection. Cheap to clone.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use sync_core::{*, memory::MemoryStore};
/// # async fn run(source: Arc<dyn Source>, sink: Arc<dyn Sink>, mapper: impl Mapper + 'static) -> Result<(), EngineError> {
/// let store = Arc::new(MemoryStore::default());
/// let engine = Engine::new("acme", store.clone(), store.clone(), store)
///     .flow(Flow::new("purchase_order", source, mapper, sink));
/// while engine.poll(&"purchase_order".into()).await?.more {}
/// engine.run_until_idle(std::time::Duration::from_secs(30)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Engine {
    connection: ConnectionId,
    store: Arc<dyn DedupStore>,
    checkpoints: Arc<dyn CheckpointStore>,
    references: Arc<dyn CrossReferences>,
    flows: Vec<Flow>,
    retry: Arc<dyn RetryPolicy>,
    clock: Arc<dyn Clock>,
    schedule: Arc<dyn Schedule>,
    audit: Arc<dyn AuditSink>,
    alerts: Arc<dyn AlertSink>,
    settings: Settings,
    pub(crate) unsaved: Arc<Unsaved>,
}

impl Engine {
    /// An engine for a connection on these stores, with no flow yet and the defaults of all else.
    pub fn new(
        connection: impl Into<ConnectionId>,
        store: Arc<dyn DedupStore>,
        checkpoints: Arc<dyn CheckpointStore>,
        references: Arc<dyn CrossReferences>,
    ) -> Self {
        Self {
            connection: connection.into(),
            store,
            checkpoints,
            references,
            flows: Vec::new(),
            retry: Arc::new(Backoff::seeded(0)),
            clock: Arc::new(SystemClock),
            schedule: Arc::new(Calendar::default()),
            audit: Arc::new(LogAudit),
            alerts: Arc::new(LogAlerts),
            settings: Settings::default(),
            unsaved: Arc::default(),
        }
    }

    /// Adds a flow, or replaces the one of the same kind.
    pub fn flow(mut self, flow: Flow) -> Self {
        self.flows.retain(|other| other.kind != flow.kind);
        self.flows.push(flow);
        self
    }

    /// The same engine with the flow of one kind only: its steps leave the records of others alone.
    pub fn only(&self, kind: &Kind) -> Self {
        let mut engine = self.clone();
        engine.flows.retain(|flow| &flow.kind == kind);
        engine
    }

    /// Retries by this policy.
    pub fn retry(mut self, policy: Arc<dyn RetryPolicy>) -> Self {
        self.retry = policy;
        self
    }

    /// Takes the time from this clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Posts nothing while this schedule says so. Default: a [`Calendar`] without freezes.
    pub fn schedule(mut self, schedule: Arc<dyn Schedule>) -> Self {
        self.schedule = schedule;
        self
    }

    /// Tells this sink of each event.
    pub fn audit(mut self, audit: Arc<dyn AuditSink>) -> Self {
        self.audit = audit;
        self
    }

    /// Raises alerts here.
    pub fn alerts(mut self, alerts: Arc<dyn AlertSink>) -> Self {
        self.alerts = alerts;
        self
    }

    /// Works by these settings.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The connection whose records these are.
    pub fn connection(&self) -> &ConnectionId {
        &self.connection
    }

    /// The ledger.
    pub fn store(&self) -> &Arc<dyn DedupStore> {
        &self.store
    }

    /// Where cursors are kept.
    pub fn checkpoints(&self) -> &Arc<dyn CheckpointStore> {
        &self.checkpoints
    }

    /// When passes run, and when nothing is posted.
    pub fn calendar(&self) -> &Arc<dyn Schedule> {
        &self.schedule
    }

    /// The cross-references.
    pub fn references(&self) -> &Arc<dyn CrossReferences> {
        &self.references
    }

    /// Where alerts are raised.
    pub fn alerting(&self) -> &Arc<dyn AlertSink> {
        &self.alerts
    }

    /// The clock.
    pub fn time(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// What a record is to people, as the mapper of its flow says.
    pub fn label(&self, head: &Head) -> Label {
        let flow = self.flow_of(head.key.kind());
        flow.map(|flow| flow.mapper.label(&head.payload)).unwrap_or_default()
    }

    pub(crate) fn patience(&self) -> Duration {
        self.settings.patience
    }

    fn flow_of(&self, kind: &Kind) -> Result<&Flow, EngineError> {
        self.flows.iter().find(|flow| &flow.kind == kind).ok_or_else(|| EngineError::NoFlow { kind: kind.clone() })
    }

    fn kinds(&self) -> Vec<Kind> {
        self.flows.iter().map(|flow| flow.kind.clone()).collect()
    }

    fn after(&self, wait: Duration) -> DateTime<Utc> {
        after(self.clock.now(), wait)
    }
}

fn after(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX)
}
