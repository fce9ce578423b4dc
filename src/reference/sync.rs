//! Reference data both ways: what only one system has is made in the other, each record exactly once.
//!
//! Each direction is a flow of the engine's own: attempts are in the ledger before anything is sent, what is unclear is
//! looked up, and what could double a record is held with its candidates.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use procurify_client::ProcurifyClient;
use sync_core::ledger::list_all;
use sync_core::{
    Committed, ConnectionId, DedupStore, Draft, Engine, EngineError, Failure, FailureKind, Flow, Found, Handle, Kind,
    Lookup, Match, MatchedBy, Planned, Query, RecordKey, Reference, References, Sink, Staged, StateName, Step,
};

use super::book::{BookNames, BookSink, MasterBook};
use super::mapper::OneSidedMapper;
use super::names::{NameMapper, NameSource};
use super::renaming::Renaming;
use super::resolve::code;
use super::source::{OneSidedSource, Shelf, one_sided, table_kind};
use super::to_procurify::{IntoProcurify, Made, ProcurifyNames};
use super::{
    ACCOUNT_CODE, ACCOUNT_CODE_NAME, AlignError, COST_CENTER, COST_CENTER_NAME, DEPARTMENT, DEPARTMENT_NAME, Direction,
    GL_ACCOUNT, GL_ACCOUNT_NAME, ReferenceSettings, SUPPLIER, SUPPLIER_NAME, System, VENDOR, VENDOR_NAME, erp_kind,
};
use crate::connection::{BuildError, Connection};
use crate::product::Product;
use crate::sync::{Concern, SyncError};

/// What passes over reference data alone are called where one fails.
const REFERENCE: &str = "reference";

/// How a product makes records of one kind, and renames them.
#[derive(Clone)]
pub struct NewMasters {
    /// Makes them, of [`MasterDraft`](super::MasterDraft)s.
    pub sink: Arc<dyn Sink>,
    /// Renames them, by [`NameDraft`](super::NameDraft)s.
    pub names: Arc<dyn Sink>,
    /// The most characters of a name.
    pub longest_name: usize,
}

impl NewMasters {
    pub(crate) fn of(book: impl MasterBook + Clone + 'static) -> Self {
        let longest_name = book.longest_name();
        Self { sink: Arc::new(BookSink(book.clone())), names: Arc::new(Renaming(BookNames(book))), longest_name }
    }
}

impl fmt::Debug for NewMasters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewMasters").field("longest_name", &self.longest_name).finish_non_exhaustive()
    }
}

/// How a product makes suppliers for vendors.
#[derive(Debug, Clone)]
pub struct NewSuppliers {
    /// How they are made and renamed.
    pub masters: NewMasters,
    /// What their numbers begin with.
    pub prefix: String,
    /// The most characters of a number.
    pub longest_number: usize,
}

/// What a product makes and renames, as far as the settings ask for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Makers {
    pub suppliers: Option<NewSuppliers>,
    accounts: Option<NewMasters>,
    cost_centers: Option<NewMasters>,
}

/// Whether these settings can be carried out, and by what.
pub(crate) fn check(
    settings: &ReferenceSettings,
    product: &dyn Product,
    codes_are_accounts: bool,
) -> Result<Makers, BuildError> {
    let wanted = |direction: Direction, names: Option<System>| direction.to_cloudsuite() || names.is_some();
    let wants_suppliers = wanted(settings.vendors, settings.vendor_names);
    let makers = Makers {
        suppliers: if wants_suppliers { product.new_suppliers()? } else { None },
        accounts: product.new_accounts().filter(|_| wanted(settings.gl_accounts, settings.gl_account_names)),
        cost_centers: product.new_cost_centers().filter(|_| wanted(settings.departments, settings.department_names)),
    };
    let name = product.name();
    for (setting, what, direction, maker) in [
        ("gl_accounts", "GL accounts", settings.gl_accounts, &makers.accounts),
        ("departments", "cost centres", settings.departments, &makers.cost_centers),
    ] {
        if direction.to_cloudsuite() && maker.is_none() {
            return Err(BuildError::Direction(format!(
                "reference.{setting} would make {what} in CloudSuite, which {name} has no documented way to do: set it \
                 to \"to-procurify\" or \"off\", and let the ERP's people add what is missing"
            )));
        }
    }
    if settings.gl_accounts.to_cloudsuite() && !codes_are_accounts {
        return Err(BuildError::Direction(
            "reference.gl_accounts would make a GL account of each account code, and the account mapping makes something \
             else of codes: set it to \"to-procurify\" or \"off\", or map accounts directly"
                .to_owned(),
        ));
    }
    for (setting, what, owner, can) in [
        ("vendor_names", "suppliers", settings.vendor_names, makers.suppliers.is_some()),
        ("gl_account_names", "GL accounts", settings.gl_account_names, makers.accounts.is_some()),
        ("department_names", "cost centres", settings.department_names, makers.cost_centers.is_some()),
    ] {
        if owner == Some(System::Procurify) && !can {
            return Err(BuildError::Direction(format!(
                "reference.{setting} = \"procurify\" would rename {what}, which {name} does not allow: set it to \
                 \"cloudsuite\", or leave it out"
            )));
        }
    }
    Ok(makers)
}

/// Where nothing goes: what is mapped for it is always held.
struct Nowhere;

#[async_trait]
impl Sink for Nowhere {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        vec![Found::Absent; wanted.len()]
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        let refused = || Failure::new(FailureKind::Invalid, "nothing can be made here");
        drafts.iter().map(|_| Staged::Rejected(refused())).collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let refused = || Failure::new(FailureKind::Invalid, "nothing can be made here");
        handles.iter().map(|_| Committed::Rejected(refused())).collect()
    }
}

/// The flows of reference data that are on.
#[derive(Clone, Default)]
pub(crate) struct ReferenceFlows {
    pub engine: Option<Engine>,
    pub kinds: Vec<Kind>,
}

/// What the flows are made of.
pub(crate) struct Parts<'a> {
    pub connection: &'a ConnectionId,
    pub settings: &'a ReferenceSettings,
    pub procurify: &'a ProcurifyClient,
    pub product: &'a Arc<dyn Product>,
    pub store: &'a Arc<dyn DedupStore>,
    pub shelf: &'a Arc<Shelf>,
    pub makers: &'a Makers,
    pub page_size: u64,
    pub max_age: Duration,
}

impl Parts<'_> {
    /// Adds the flows that the settings ask for to an engine.
    pub fn flows(&self, engine: Engine) -> ReferenceFlows {
        let settings = self.settings;
        let mut flows: Vec<Flow> = Vec::new();
        if settings.vendors.to_cloudsuite() {
            flows.push(match &self.makers.suppliers {
                Some(new) => self.flow(VENDOR, OneSidedMapper::Suppliers(new.clone()), Arc::clone(&new.masters.sink)),
                None => self.flow(VENDOR, OneSidedMapper::NoSuppliers(self.product.name()), Arc::new(Nowhere)),
            });
        }
        if settings.vendors.to_procurify() {
            flows.push(self.flow(SUPPLIER, OneSidedMapper::Vendors, self.procurify_sink(Made::Vendors)));
        }
        if let Some(new) = self.makers.accounts.as_ref().filter(|_| settings.gl_accounts.to_cloudsuite()) {
            flows.push(self.flow(ACCOUNT_CODE, OneSidedMapper::Accounts, Arc::clone(&new.sink)));
        }
        if settings.gl_accounts.to_procurify() {
            flows.push(self.flow(GL_ACCOUNT, OneSidedMapper::AccountCodes, self.procurify_sink(Made::AccountCodes)));
        }
        if let Some(new) = self.makers.cost_centers.as_ref().filter(|_| settings.departments.to_cloudsuite()) {
            flows.push(self.flow(DEPARTMENT, OneSidedMapper::CostCenters, Arc::clone(&new.sink)));
        }
        if settings.departments.to_procurify() {
            flows.push(self.flow(COST_CENTER, OneSidedMapper::Departments, self.procurify_sink(Made::Departments)));
        }
        let suppliers = self.makers.suppliers.as_ref().map(|new| &new.masters);
        let (accounts, centers) = (self.makers.accounts.as_ref(), self.makers.cost_centers.as_ref());
        for (owner, of, ours, theirs, made, new) in [
            (settings.vendor_names, VENDOR, VENDOR_NAME, SUPPLIER_NAME, Made::Vendors, suppliers),
            (settings.gl_account_names, GL_ACCOUNT, ACCOUNT_CODE_NAME, GL_ACCOUNT_NAME, Made::AccountCodes, accounts),
            (settings.department_names, COST_CENTER, DEPARTMENT_NAME, COST_CENTER_NAME, Made::Departments, centers),
        ] {
            match (owner, new) {
                (Some(System::CloudSuite), new) => {
                    let longest = new.map_or(usize::MAX, |new| new.longest_name);
                    let sink = Arc::new(Renaming(ProcurifyNames(self.writer(made))));
                    flows.push(self.names(ours, of, System::CloudSuite, longest, sink));
                }
                (Some(System::Procurify), Some(new)) => {
                    flows.push(self.names(theirs, of, System::Procurify, new.longest_name, Arc::clone(&new.names)));
                }
                _ => {}
            }
        }
        if flows.is_empty() {
            return ReferenceFlows::default();
        }
        let kinds = flows.iter().map(|flow| flow.kind.clone()).collect();
        ReferenceFlows { engine: Some(flows.into_iter().fold(engine, Engine::flow)), kinds }
    }

    fn flow(&self, kind: &str, mapper: OneSidedMapper, sink: Arc<dyn Sink>) -> Flow {
        let source = OneSidedSource {
            connection: self.connection.clone(),
            kind: kind.into(),
            shelf: Arc::clone(self.shelf),
            store: Arc::clone(self.store),
            product: Arc::clone(self.product),
            procurify: self.procurify.clone(),
            location: self.settings.department_location,
        };
        // Several vendors may be one supplier.
        Flow {
            max_reference_age: Some(self.max_age),
            exclusive: false,
            ..Flow::new(kind, Arc::new(source), mapper, sink)
        }
    }

    fn names(&self, kind: &str, of: &'static str, owner: System, longest: usize, sink: Arc<dyn Sink>) -> Flow {
        let source = NameSource {
            connection: self.connection.clone(),
            kind: kind.into(),
            of,
            owner,
            longest,
            shelf: Arc::clone(self.shelf),
            store: Arc::clone(self.store),
        };
        // What is written may be written again: there is nothing to look for first.
        Flow { look_first: false, exclusive: false, ..Flow::new(kind, Arc::new(source), NameMapper, sink) }
    }

    fn writer(&self, made: Made) -> IntoProcurify {
        IntoProcurify { procurify: self.procurify.clone(), page_size: self.page_size, made }
    }

    fn procurify_sink(&self, made: Made) -> Arc<dyn Sink> {
        Arc::new(self.writer(made))
    }
}

/// What became of reference data that only one system had.
#[derive(Debug, Clone, Default)]
pub struct ReferenceReport {
    /// Records made in this pass, or found made: `acme/vendor/160` is a vendor that the ERP has now.
    pub made: Vec<RecordKey>,
    /// What needs a person.
    pub concerns: Vec<Concern>,
    /// How many records of each kind are in each state.
    pub counts: BTreeMap<Kind, BTreeMap<StateName, u64>>,
}

impl ReferenceReport {
    /// Whether nothing waits, for time or for a person.
    pub fn is_all_done(&self) -> bool {
        let mut states = self.counts.values().flatten();
        self.concerns.is_empty()
            && states.all(|(state, count)| *count == 0 || matches!(state, StateName::Posted | StateName::Skipped))
    }
}

/// A record that only one of the systems has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneSidedRecord {
    /// `vendor`, or `supplier` if the ERP alone has it; `account_code` or `gl_account`; `department` or `cost_center`.
    pub kind: &'static str,
    /// The system that has it.
    pub only_in: System,
    /// Its id or code there.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it could be in the other system.
    pub candidates: Vec<String>,
    /// Whether it can be made in the other system, if the settings ask for it. GL accounts and cost centres cannot be
    /// made in M3, which documents no way.
    pub can_be_made: bool,
}

impl Connection {
    /// Reads and matches the reference data, and makes what only one system has in the other, as far as the settings
    /// ask for it. May be stopped at any point, and goes on where it was.
    pub async fn sync_reference_data(&self) -> Result<ReferenceReport, SyncError> {
        let done = self.carry_reference_data().await;
        self.noted(&Kind::new(REFERENCE), done).await
    }

    pub(crate) async fn carry_reference_data(&self) -> Result<ReferenceReport, SyncError> {
        self.align_reference_data().await?;
        let mut made = Vec::new();
        if let Some(engine) = &self.reference_flows.engine {
            for kind in &self.reference_flows.kinds {
                while engine.poll(kind).await?.more {}
                engine.resume_held(kind).await?;
            }
            loop {
                let run = engine.run_until_idle_with(self.patience, |progress| {
                    let posted = progress.moved.iter().filter(|moved| moved.to == StateName::Posted);
                    made.extend(posted.map(|moved| moved.key.clone()));
                });
                match run.await {
                    Err(EngineError::StaleReferences { .. }) => self.align_reference_data().await?,
                    done => break done?,
                }
            }
            if !made.is_empty() {
                // What was made is matched at once, so that what waits for it can go on.
                self.align_reference_data().await?;
            }
        }
        Ok(ReferenceReport { made, ..self.reference_status().await? })
    }

    /// The cross-references as a pass now would make them, and what it would make of reference data in either system.
    /// Writes nothing anywhere.
    pub async fn plan_reference_data(&self) -> Result<(References, Vec<Planned>), SyncError> {
        let table = self.preview_reference_data().await?;
        let mut plan = Vec::new();
        if let Some(engine) = &self.reference_flows.engine {
            for kind in &self.reference_flows.kinds {
                plan.extend(engine.plan(kind, &table).await?);
            }
        }
        let made = plan.iter().filter_map(|planned| match &planned.step {
            Step::Post(document) if [VENDOR, ACCOUNT_CODE, DEPARTMENT].contains(&planned.key.kind().as_str()) => {
                let name = document["name"].as_str().unwrap_or_default();
                Some((table_kind(planned.key.kind().as_str()), planned.key.id(), document["number"].as_str()?, name))
            }
            _ => None,
        });
        // What waits for these records would go on in the same pass.
        let lines = made.flat_map(|(kind, source, number, name)| {
            let line = |kind: &str, source: String| Reference {
                kind: kind.to_owned(),
                source,
                label: name.to_owned(),
                found: Match::Matched { target: number.to_owned(), by: MatchedBy::Code },
            };
            [line(kind, source.to_owned()), line(&erp_kind(kind), code(number))]
        });
        let lines: Vec<Reference> = table.iter().cloned().chain(lines).collect();
        Ok((References::new(lines, table.aligned_at()), plan))
    }

    /// Where reference data stands that only one system had, without doing anything.
    pub async fn reference_status(&self) -> Result<ReferenceReport, SyncError> {
        let mut report = ReferenceReport::default();
        let (store, connection) = (self.engine.store(), self.engine.connection());
        for kind in &self.reference_flows.kinds {
            let counts = store.counts(connection, kind).await.map_err(EngineError::from)?;
            report.counts.insert(kind.clone(), counts);
            let concerning = Query::of(connection, kind).concerning();
            for head in list_all(store.as_ref(), concerning).await.map_err(EngineError::from)? {
                if let Some(reason) = head.concern() {
                    report.concerns.push(self.concern(&head, reason));
                }
            }
        }
        Ok(report)
    }

    /// What only one of the systems has, by kind and id. Reads both; writes nothing.
    pub async fn one_sided(&self) -> Result<Vec<OneSidedRecord>, AlignError> {
        let now = self.engine.time().now();
        let reading = self.aligner.read(now).await?;
        let known = self.engine.references().snapshot(self.engine.connection()).await?;
        let table = self.aligner.table(&reading, &known, now).await?;
        let mut records = Vec::new();
        // What cannot be made is told all the same.
        let product = self.cloudsuite();
        let suppliers = product.new_suppliers().is_ok_and(|new| new.is_some());
        for (kind, only_in, can_be_made) in [
            (VENDOR, System::Procurify, suppliers),
            (SUPPLIER, System::CloudSuite, true),
            (ACCOUNT_CODE, System::Procurify, product.new_accounts().is_some()),
            (GL_ACCOUNT, System::CloudSuite, true),
            (DEPARTMENT, System::Procurify, product.new_cost_centers().is_some()),
            (COST_CENTER, System::CloudSuite, true),
        ] {
            let lines = table_kind(kind);
            for one in one_sided(kind, &reading, &table) {
                let candidates = match only_in {
                    System::Procurify => {
                        table.get(lines, &one.id).map(|line| line.found.targets().to_vec()).unwrap_or_default()
                    }
                    System::CloudSuite => {
                        table.of_target(lines, &one.id).iter().map(|line| line.source.clone()).collect()
                    }
                };
                let (id, name) = (one.id, one.name);
                records.push(OneSidedRecord { kind, only_in, id, name, candidates, can_be_made });
            }
        }
        Ok(records)
    }
}
