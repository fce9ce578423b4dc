//! Procurify's side of the comparison of bills, and which of the ERP's invoices are theirs.

use std::collections::{HashMap, HashSet};

use chrono_tz::Tz;
use procurify_client::BillSummary;
use serde_json::Value;
use sync_core::{EngineError, ExternalRef, Head, Record, RecordKey, References};

use super::expected::{View, expected_of};
use super::{Document, DocumentLine, Expected, Period};
use crate::bill::{ApprovedBill, BillSource, InvoiceDraft, is_of_another_year};
use crate::connection::Connection;
use crate::product::Product;
use crate::sync::SyncError;

/// Bills in the words of the comparison.
pub(super) struct Bills<'a> {
    pub product: &'a dyn Product,
    /// The time zone in which a moment of Procurify becomes a day.
    pub time_zone: Tz,
}

impl View for Bills<'_> {
    fn drafted(&self, draft: &Value) -> Option<Document> {
        let draft: InvoiceDraft = serde_json::from_value(draft.clone()).ok()?;
        let lines = self.product.invoice_lines(&draft).into_iter().map(|line| DocumentLine {
            amount: Some(line.amount),
            account: Some(line.account),
            cost_center: line.cost_center,
            ..DocumentLine::default()
        });
        Some(Document {
            supplier: Some(draft.supplier.clone()),
            supplier_invoice: Some(draft.number.clone()),
            currency: Some(draft.currency.clone()),
            date: Some(draft.invoice_date),
            lines: lines.collect(),
            total: Some(draft.total),
            ..Document::default()
        })
    }

    fn approved(&self, record: &Record) -> Document {
        let Ok(ApprovedBill { bill, .. }) = serde_json::from_value(record.payload.clone()) else {
            return Document::default();
        };
        Document {
            supplier_invoice: bill.invoice_number.as_deref().map(|number| number.trim().to_owned()),
            currency: bill.currency.as_ref().and_then(|currency| currency.name.as_deref().map(str::to_owned)),
            date: bill.invoice_date.as_ref().map(|date| date.day_in(&self.time_zone)),
            total: bill.total_cost_with_tax,
            lines_hidden: true,
            ..Document::default()
        }
    }
}

/// What the ERP is to hold of the bills invoiced in a period. A day more on each side is read, for the time zone.
pub(super) async fn expected(
    connection: &Connection,
    view: &Bills<'_>,
    source: &BillSource,
    references: &References,
    period: Period,
) -> Result<Vec<Expected>, SyncError> {
    let listed = source.invoiced(period).await.map_err(SyncError::Compare)?;
    let (records, heads) = read(connection, source, listed).await?;
    let mut expected = Vec::with_capacity(records.len());
    for record in &records {
        expected.push(expected_of(connection, view, record, heads.get(&record.key), references).await?);
    }
    expected.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(expected)
}

/// Bills with their lines, and where the ledger has them. What was read before, as it is listed now, is not read again:
/// each costs a call.
async fn read(
    connection: &Connection,
    source: &BillSource,
    listed: Vec<BillSummary>,
) -> Result<(Vec<Record>, HashMap<RecordKey, Head>), SyncError> {
    let keys: Vec<RecordKey> = listed.iter().map(|bill| source.mark(bill).0).collect();
    let known = connection.engine.store().get(&keys).await.map_err(EngineError::from)?;
    let heads: HashMap<RecordKey, Head> = known.into_iter().flatten().map(|head| (head.key.clone(), head)).collect();
    let is_read = |bill: &BillSummary| {
        let (key, mark) = source.mark(bill);
        heads.get(&key).filter(|head| head.stamp == mark)
    };
    let mut records: Vec<Record> = listed.iter().filter_map(is_read).map(Head::record).collect();
    let unread: Vec<BillSummary> = listed.iter().filter(|bill| is_read(bill).is_none()).cloned().collect();
    records.extend(source.details(unread).await.map_err(SyncError::Compare)?);
    Ok((records, heads))
}

/// Gives invoices that bear no reference of ours that of the bill that they are: those that people typed in, and posted
/// ones that show it no more. Of what people typed, only the head is compared: its lines are theirs.
pub(super) fn recognise(expected: &[Expected], documents: &mut [Document]) {
    let references: Vec<ExternalRef> = expected.iter().map(|one| ExternalRef::of(&one.key)).collect();
    let known: HashSet<&str> = references.iter().map(ExternalRef::as_str).collect();
    let mut by_number: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, one) in expected.iter().enumerate() {
        if let Some(number) = &one.document.supplier_invoice {
            by_number.entry(plain(number)).or_default().push(place);
        }
    }
    for document in documents.iter_mut() {
        let Some(number) = document.supplier_invoice.as_deref().map(plain) else { continue };
        let Some(own) = references.first() else { return };
        if document.reference.as_deref().is_some_and(|theirs| known.contains(theirs) || begins_alike(own, theirs)) {
            continue;
        }
        let candidates = by_number.get(&number).into_iter().flatten();
        let found = candidates.copied().find(|place| is_of(&expected[*place].document, document));
        if let Some(place) = found {
            document.reference = Some(references[place].to_string());
            document.lines_hidden = true;
        }
    }
}

/// Whether a text is a reference of ours, of whichever bill.
fn begins_alike(own: &ExternalRef, theirs: &str) -> bool {
    theirs.get(..4) == own.as_str().get(..4)
}

/// A supplier's number of an invoice, however people type it.
fn plain(number: &str) -> String {
    number.trim().to_lowercase()
}

/// Whether an invoice of the same number is this one: suppliers that count anew each year use a number again.
fn is_of(ours: &Document, theirs: &Document) -> bool {
    let same_supplier = ours.supplier.is_some() && ours.supplier == theirs.supplier;
    let other_year = ours.date.zip(theirs.date).is_some_and(|(one, other)| is_of_another_year(one, other));
    same_supplier && (!other_year || ours.total() == theirs.total())
}
