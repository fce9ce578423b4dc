//! Both systems compared, without believing the ledger: what is missing, what nobody approved, what differs.
//!
//! ```text
//! Procurify: approved orders, bills ──> mapper ──┐
//!                                                ├──> matched, missing, extra, differing, totals by currency
//! ERP: documents by date, by reference ──────────┘
//! ```
//!
//! Nothing is written anywhere. The ledger only helps to find a document whose date was changed, and says why one is
//! not there. Where a document is of a record that it knows and Procurify did not list, Procurify is asked for it.

mod bills;
mod compare;
mod document;
mod expected;
mod orders;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use sync_core::ledger::list_all;
use sync_core::{EngineError, ExternalRef, Head, Kind, Query, Record, RecordKey, References, TargetRef};

pub use document::{Document, DocumentLine, Named, Wanted};

use bills::Bills;
use compare::Expected;
pub(crate) use compare::money;
use expected::{View, expected_of};
use orders::Orders;

use crate::bill::BillSource;
use crate::connection::Connection;
use crate::details::Whose;
use crate::product::not_listed;
use crate::reference::PURCHASE_ORDER;
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
    /// The vendor's number of a bill; the number that the ERP gave to an order that was posted, or Procurify's.
    pub number: Option<String>,
    /// Its day.
    pub date: Option<NaiveDate>,
    /// Its currency.
    pub currency: Option<String>,
    /// What it comes to.
    pub total: Decimal,
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

impl Missing {
    fn of(expected: &Expected) -> Self {
        let document = &expected.document;
        let number = document.supplier_invoice.clone();
        Self {
            key: expected.key.clone(),
            number: number
                .or_else(|| (!document.number.is_empty()).then(|| document.number.clone()))
                .or_else(|| document.source_number.clone()),
            date: document.date,
            currency: document.currency.clone(),
            total: document.total(),
            reason: expected.reason.clone(),
        }
    }
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
    /// The ERP's number of its document.
    pub number: String,
    /// Which field: `reference`, `supplier`, `currency`, `order_date`, `invoice_date`, `invoice_number`, `total`,
    /// `status`, `line 2 quantity`, `line 3 amount`.
    pub field: String,
    /// What it is by Procurify.
    pub source: String,
    /// What it is in the ERP.
    pub target: String,
}

impl Differing {
    fn new(key: &RecordKey, there: &Document, field: &str, source: String, target: String) -> Self {
        Self { key: key.clone(), number: there.number.clone(), field: field.to_owned(), source, target }
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
    /// What the records of Procurify come to, by currency: orders without tax, bills with it.
    pub source_total: BTreeMap<String, Decimal>,
    /// What the documents of the ERP come to, by currency: orders without tax, invoices with it.
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
    /// Orders are of the day on which they were created, bills of the day of their invoice. Every document of the ERP
    /// that is dated within the period takes part, whoever made it; a record's document also if its date was changed.
    /// Of an invoice that people typed in themselves, and of which an approved bill speaks, the head is compared.
    pub async fn reconcile(&self, flow: FlowKind, period: Period) -> Result<Comparison, SyncError> {
        let references = self.present_references().await?;
        match flow {
            FlowKind::PurchaseOrders => {
                let view = Orders { time_zone: self.orders.time_zone };
                let expected = orders::expected(self, &view, &references, period).await?;
                self.compare(flow, "order_date", &view, expected, &references, period).await
            }
            FlowKind::Bills => {
                let (source, view) = self.bill_view()?;
                let expected = bills::expected(self, &view, source, &references, period).await?;
                self.compare(flow, "invoice_date", &view, expected, &references, period).await
            }
        }
    }

    fn bill_view(&self) -> Result<(&BillSource, Bills<'_>), SyncError> {
        let bills = self.bills.as_ref();
        let bills =
            bills.ok_or_else(|| SyncError::Compare(not_listed(self.cloudsuite().name(), &FlowKind::Bills.kind())))?;
        Ok((&bills.source, Bills { product: self.cloudsuite(), time_zone: bills.time_zone }))
    }

    async fn compare(
        &self,
        flow: FlowKind,
        date: &str,
        view: &dyn View,
        mut expected: Vec<Expected>,
        references: &References,
        period: Period,
    ) -> Result<Comparison, SyncError> {
        let kind = flow.kind();
        let days = self.days(period, &expected);
        let wanted = Wanted::Dated { first: days.0, last: days.1 };
        let mut documents = self.cloudsuite().documents(&kind, &wanted).await.map_err(SyncError::Compare)?;
        bills::recognise(&expected, &mut documents);
        self.find_the_absent(&kind, &expected, period, &mut documents).await?;
        bills::recognise(&expected, &mut documents);
        let others = self.of_the_rest(&kind, &expected, &mut documents).await?;
        expected.extend(self.account_for(flow, view, references, &others, period).await?);
        if flow == FlowKind::PurchaseOrders {
            leave_out_linked(references, &expected, &mut documents);
        }
        Ok(compare::compare(&expected, &documents, date, |day| period.holds(day)))
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
        expected: &[Expected],
        period: Period,
        documents: &mut Vec<Document>,
    ) -> Result<(), SyncError> {
        let there: HashSet<&str> = documents.iter().filter_map(|document| document.reference.as_deref()).collect();
        let absent: Vec<&Expected> = expected
            .iter()
            .filter(|one| one.document.date.is_none_or(|day| period.holds(day)))
            .filter(|one| !there.contains(ExternalRef::of(&one.key).as_str()))
            .collect();
        if absent.is_empty() {
            return Ok(());
        }
        let keys: Vec<RecordKey> = absent.iter().map(|one| one.key.clone()).collect();
        let heads = self.engine.store().get(&keys).await.map_err(EngineError::from)?;
        let named: Vec<Named> = absent
            .iter()
            .zip(&heads)
            .map(|(one, head)| Named {
                reference: ExternalRef::of(&one.key),
                number: head.as_ref().and_then(target),
                supplier: one.document.supplier.clone(),
                supplier_invoice: one.document.supplier_invoice.clone(),
            })
            .collect();
        let mut found = self.cloudsuite().documents(kind, &Wanted::Named(&named)).await.map_err(SyncError::Compare)?;
        found.retain(|one| !documents.iter().any(|other| other.number == one.number));
        documents.extend(found);
        Ok(())
    }

    /// The records of documents that bear a reference of ours, or that the ledger knows by number, and that were not
    /// asked for: those of another period, read since, or not in Procurify any more.
    async fn of_the_rest(
        &self,
        kind: &Kind,
        expected: &[Expected],
        documents: &mut [Document],
    ) -> Result<Vec<Head>, SyncError> {
        let mut strays: HashSet<String> = documents.iter().filter_map(|document| document.reference.clone()).collect();
        let mut open: HashMap<String, usize> = HashMap::new();
        let known = references_of(expected);
        for (place, document) in documents.iter().enumerate() {
            if document.reference.as_ref().is_none_or(|reference| !known.contains(reference)) {
                open.insert(document.number.clone(), place);
            }
        }
        strays.retain(|reference| !known.contains(reference));
        let mut heads = Vec::new();
        if strays.is_empty() && open.is_empty() {
            return Ok(heads);
        }
        let query = Query::of(self.engine.connection(), kind);
        for head in list_all(self.engine.store().as_ref(), query).await.map_err(EngineError::from)? {
            let reference = ExternalRef::of(&head.key).to_string();
            let linked = target(&head).and_then(|number| open.get(&number.0).copied());
            if strays.contains(&reference) {
                heads.push(head);
            } else if let Some(place) = linked.filter(|_| !known.contains(&reference)) {
                // Invoices are linked that bear no reference; that of an order was changed.
                let document = &mut documents[place];
                if document.supplier_invoice.is_some() {
                    document.reference = Some(reference);
                    document.lines_hidden = true;
                }
                heads.push(head);
            }
        }
        Ok(heads)
    }

    /// What the ERP is to hold of these records. That of another period is believed to be as the ledger has it; what is
    /// of this one by the ledger, and was not listed, is asked for.
    async fn account_for(
        &self,
        flow: FlowKind,
        view: &dyn View,
        references: &References,
        heads: &[Head],
        period: Period,
    ) -> Result<Vec<Expected>, SyncError> {
        let mut expected = Vec::with_capacity(heads.len());
        for head in heads {
            let kept = head.record();
            let elsewhere = view.approved(&kept).date.is_some_and(|day| !period.holds(day));
            let there = if elsewhere { Some(kept.clone()) } else { self.read_again(flow, &kept).await? };
            let mut one = expected_of(self, view, there.as_ref().unwrap_or(&kept), Some(head), references).await?;
            if there.is_none() {
                one.unwanted = Some("it is not in Procurify any more".to_owned());
            }
            expected.push(one);
        }
        Ok(expected)
    }

    /// A record as Procurify has it now; as the ledger has it, if it cannot be read; none if it is gone.
    async fn read_again(&self, flow: FlowKind, kept: &Record) -> Result<Option<Record>, SyncError> {
        let read = match (flow, &self.bills) {
            (FlowKind::PurchaseOrders, _) => self.orders.source.reread(kept).await,
            (FlowKind::Bills, Some(bills)) => bills.source.reread(kept).await,
            (FlowKind::Bills, None) => return Ok(Some(kept.clone())),
        };
        match read {
            Ok(read) => Ok(read),
            Err(why) if why.whose == Whose::Reading => Err(SyncError::Compare(why.failure)),
            Err(why) => {
                tracing::warn!(key = %kept.key, why = why.failure.message, "it cannot be read: compared as it was");
                Ok(Some(kept.clone()))
            }
        }
    }
}

/// Our references in the documents of these.
fn references_of(expected: &[Expected]) -> HashSet<String> {
    expected.iter().map(|one| ExternalRef::of(&one.key).to_string()).collect()
}

/// Orders that people have linked are accounted for by them, unless they bear the reference of one that is compared.
fn leave_out_linked(references: &References, expected: &[Expected], documents: &mut Vec<Document>) {
    let linked: HashSet<&str> =
        references.of_kind(PURCHASE_ORDER).flat_map(|line| line.found.targets()).map(String::as_str).collect();
    let known = references_of(expected);
    let is_compared = |one: &Document| {
        one.reference.as_ref().is_some_and(|reference| known.contains(reference))
            || expected.iter().any(|record| record.document.number == one.number)
    };
    documents.retain(|one| !linked.contains(one.number.as_str()) || is_compared(one));
}

fn target(head: &Head) -> Option<TargetRef> {
    head.state.target().cloned()
}
