//! Both systems compared, without believing the ledger: what is missing, what nobody approved, what differs.
//!
//! ```text
//! Procurify: approved orders ──> mapper ──┐
//!                                         ├──> matched, missing, extra, differing, totals by currency
//! ERP: documents by date, by reference ───┘
//! ```
//!
//! Nothing is written anywhere. The ledger only helps to find a document whose date was changed, and says why one is
//! not there.

mod compare;
mod document;
mod orders;

use std::collections::{BTreeMap, HashSet};

use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use sync_core::ledger::list_all;
use sync_core::{EngineError, ExternalRef, Head, Kind, Query, RecordKey, References, TargetRef};

pub use document::{Document, DocumentLine, Named, Wanted};

use compare::Expected;

use crate::connection::Connection;
use crate::product::not_listed;
use crate::sync::{FlowKind, SyncError};

/// The days that are compared, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day; that of the first record in Procurify if none.
    pub first: Option<NaiveDate>,
    /// The last day; until now if none.
    pub last: Option<NaiveDate>,
}

impl Period {
    /// These days, both included.
    pub fn between(first: NaiveDate, last: NaiveDate) -> Self {
        Self { first: Some(first), last: Some(last) }
    }

    fn holds(self, day: NaiveDate) -> bool {
        self.first.is_none_or(|first| day >= first) && self.last.is_none_or(|last| day <= last)
    }
}

/// A record that should be in the ERP and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Which.
    pub key: RecordKey,
    /// Why, as far as the ledger knows: what it is held for, for example. None if it was posted and is gone.
    pub reason: Option<String>,
}

/// A document in the ERP that no record of Procurify accounts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// The ERP's number.
    pub number: String,
    /// Its supplier.
    pub supplier: Option<String>,
    /// Its day.
    pub date: Option<NaiveDate>,
    /// Its currency.
    pub currency: Option<String>,
    /// What it comes to.
    pub total: Decimal,
    /// What stands where our reference would.
    pub reference: Option<String>,
}

impl Extra {
    fn of(document: &Document) -> Self {
        Self {
            number: document.number.clone(),
            supplier: document.supplier.clone(),
            date: document.date,
            currency: document.currency.clone(),
            total: document.total(),
            reference: document.reference.clone(),
        }
    }
}

/// A field in which the two sides differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// Of which record.
    pub key: RecordKey,
    /// Which field: `supplier`, `currency`, `order_date`, `total`, `status`, `line 2 quantity`.
    pub field: String,
    /// What it is by Procurify.
    pub source: String,
    /// What it is in the ERP.
    pub target: String,
}

impl Differing {
    fn new(key: &RecordKey, field: &str, source: impl Into<String>, target: impl Into<String>) -> Self {
        Self { key: key.clone(), field: field.to_owned(), source: source.into(), target: target.into() }
    }
}

/// How one kind of document compares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Documents that are the same on both sides.
    pub matched: u64,
    /// What should be in the ERP and is not.
    pub missing: Vec<Missing>,
    /// What is in the ERP and nobody approved.
    pub extra: Vec<Extra>,
    /// What is on both sides and not the same.
    pub differing: Vec<Differing>,
    /// What the records of Procurify come to, by currency, without tax.
    pub source_total: BTreeMap<String, Decimal>,
    /// What the documents of the ERP come to, by currency, without tax.
    pub target_total: BTreeMap<String, Decimal>,
}

impl Comparison {
    /// Whether both sides are the same.
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.differing.is_empty()
    }
}

impl Connection {
    /// Compares Procurify's approved records of a period with the ERP's documents. Writes nothing anywhere.
    ///
    /// Purchase orders can be compared; bills cannot yet.
    ///
    /// Every document of the ERP that is dated within the period takes part, whoever made it; a record's document also
    /// if its date was changed.
    pub async fn reconcile(&self, flow: FlowKind, period: Period) -> Result<Comparison, SyncError> {
        let kind = flow.kind();
        let references = self.present_references().await?;
        let mut expected = match flow {
            FlowKind::PurchaseOrders => orders::expected(self, &references, period).await?,
            FlowKind::Bills => return Err(SyncError::Compare(not_listed(self.cloudsuite().name(), &kind))),
        };
        let days = self.days(period, &expected);
        let wanted = Wanted::Dated { first: days.0, last: days.1 };
        let mut documents = self.cloudsuite().documents(&kind, &wanted).await.map_err(SyncError::Compare)?;
        let inside = |one: &&Expected| one.document.date.is_none_or(|day| period.holds(day));
        let mine: Vec<RecordKey> = expected.iter().filter(inside).map(|one| one.key.clone()).collect();
        self.find_the_absent(&kind, mine, &mut documents).await?;
        self.account_for_the_rest(&kind, &references, &mut expected, &documents).await?;
        Ok(compare::compare(&expected, &documents, |day| period.holds(day)))
    }

    /// The references that orders are mapped on; as an alignment now would make them if there never was one.
    async fn present_references(&self) -> Result<References, SyncError> {
        let store = self.engine.references();
        let kept = store.snapshot(self.engine.connection()).await.map_err(EngineError::from)?;
        Ok(if kept.aligned_at().is_some() { kept } else { self.preview_reference_data().await? })
    }

    fn days(&self, period: Period, expected: &[Expected]) -> (NaiveDate, NaiveDate) {
        let dates = || expected.iter().filter_map(|one| one.document.date);
        // A day has begun somewhere before it has in UTC.
        let tomorrow = self.engine.time().now().date_naive() + TimeDelta::days(1);
        let last = period.last.unwrap_or_else(|| dates().max().unwrap_or(tomorrow).max(tomorrow));
        (period.first.unwrap_or_else(|| dates().min().unwrap_or(last)), last)
    }

    /// Asks for the documents that were not among those of the period, by number and by reference.
    async fn find_the_absent(
        &self,
        kind: &Kind,
        wanted: Vec<RecordKey>,
        documents: &mut Vec<Document>,
    ) -> Result<(), SyncError> {
        let there: HashSet<&str> = documents.iter().filter_map(|document| document.reference.as_deref()).collect();
        let absent: Vec<RecordKey> =
            wanted.into_iter().filter(|key| !there.contains(ExternalRef::of(key).as_str())).collect();
        if absent.is_empty() {
            return Ok(());
        }
        let heads = self.engine.store().get(&absent).await.map_err(EngineError::from)?;
        let named: Vec<Named> = absent
            .iter()
            .zip(&heads)
            .map(|(key, head)| Named { reference: ExternalRef::of(key), number: head.as_ref().and_then(target) })
            .collect();
        let found = self.cloudsuite().documents(kind, &Wanted::Named(&named)).await.map_err(SyncError::Compare)?;
        documents.extend(found);
        Ok(())
    }

    /// Documents that bear a reference of ours and were not asked for: records of another period, or read since.
    async fn account_for_the_rest(
        &self,
        kind: &Kind,
        references: &References,
        expected: &mut Vec<Expected>,
        documents: &[Document],
    ) -> Result<(), SyncError> {
        let mut strays: HashSet<&str> = documents.iter().filter_map(|document| document.reference.as_deref()).collect();
        for one in expected.iter() {
            strays.remove(ExternalRef::of(&one.key).as_str());
        }
        if strays.is_empty() {
            return Ok(());
        }
        let query = Query::of(self.engine.connection(), kind);
        for head in list_all(self.engine.store().as_ref(), query).await.map_err(EngineError::from)? {
            if strays.contains(ExternalRef::of(&head.key).as_str()) {
                expected.push(orders::expected_of(self, &head.record(), Some(&head), references).await?);
            }
        }
        Ok(())
    }
}

fn target(head: &Head) -> Option<TargetRef> {
    head.state.target().cloned()
}
