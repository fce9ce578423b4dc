//! Supplier invoices as M3 holds them, whoever entered them.
//!
//! | where | listed by | what is shown |
//! | --- | --- | --- |
//! | batch invoices (`APS450MI`) | payee (`LstInvBatchNo`, many a call); the day is read from each head | our reference, the lines' amounts, no accounts |
//! | the ledger (`APS200MI`) | the day of the invoice (`SearchSupInvoic`, a search index that lags) | the head alone |
//!
//! A batch invoice that has become a voucher is in both, and told once.

use std::collections::{BTreeSet, HashSet};

use chrono::NaiveDate;
use cloudsuite_client::m3::{
    InvoiceBatchNumber, InvoiceHead, InvoiceLine, LedgerInvoice, M3, SupplierNumber, TransactionError,
};
use futures_util::FutureExt;
use sync_core::Failure;

use super::documents::by_days;
use super::entries::Entry;
use super::invoices::M3Invoices;
use crate::failure::of_transaction;
use crate::reconcile::{Document, DocumentLine, Named, Wanted};

pub(super) async fn invoices(book: &M3Invoices, wanted: &Wanted<'_>) -> Result<Vec<Document>, Failure> {
    let entries = match wanted {
        Wanted::Dated { first, last } => dated(book, *first, *last).await.map_err(|error| of_transaction(&error))?,
        Wanted::Named(named) => self::named(book, named).await?,
    };
    documents(&book.m3, entries).await.map_err(|error| of_transaction(&error))
}

/// Invoices dated within these days.
async fn dated(book: &M3Invoices, first: NaiveDate, last: NaiveDate) -> Result<Vec<Entry>, TransactionError> {
    let invoices = book.m3.invoices();
    let suppliers = book.m3.suppliers().list().all().await?;
    let payees: Vec<SupplierNumber> = suppliers.into_iter().map(|supplier| supplier.number).collect();
    let numbers = invoices.numbers_of(&payees).await?;
    let mut heads = heads(&book.m3, &numbers).await?;
    heads.retain(|head| head.invoice_date.is_none_or(|day| day >= first && day <= last));
    let booked: HashSet<(i64, Option<String>)> =
        heads.iter().filter_map(|head| Some((head.voucher?, head.supplier_invoice.clone()))).collect();
    let mut ledger: Vec<LedgerInvoice> = Vec::new();
    if book.settings.search_ledger {
        let ask = |first, last| {
            let invoices = invoices.clone();
            async move { invoices.posted_between(first, last).await }.boxed()
        };
        ledger = by_days(first, last, ask).await?;
        let is_told = |one: &LedgerInvoice| {
            one.voucher.is_some_and(|voucher| booked.contains(&(voucher, one.supplier_invoice.clone())))
        };
        ledger.retain(|one| !is_told(one));
    }
    let batch = heads.into_iter().map(|head| Entry::Batch(Box::new(head)));
    Ok(batch.chain(ledger.into_iter().map(Entry::Ledger)).collect())
}

/// Invoices by the batch numbers that we know, and those that are not there by supplier and number.
async fn named(book: &M3Invoices, named: &[Named]) -> Result<Vec<Entry>, Failure> {
    let numbers: Vec<InvoiceBatchNumber> =
        named.iter().filter_map(|one| InvoiceBatchNumber::new(&one.number.as_ref()?.0).ok()).collect();
    let heads = heads(&book.m3, &numbers).await.map_err(|error| of_transaction(&error))?;
    let is_there = |one: &Named| {
        heads.iter().any(|head| {
            let number = one.number.as_ref().is_some_and(|number| number.0 == head.number.as_str());
            number || head.reference.as_deref() == Some(one.reference.as_str())
        })
    };
    let absent: Vec<(&str, &str)> = named.iter().filter(|one| !is_there(one)).filter_map(Named::invoice).collect();
    let mut entries: Vec<Entry> = heads.iter().cloned().map(|head| Entry::Batch(Box::new(head))).collect();
    for found in book.entries(&absent).await {
        entries.extend(found?);
    }
    let mut told = BTreeSet::new();
    entries.retain(|entry| told.insert(entry.number()));
    Ok(entries)
}

/// The heads of these that are there.
async fn heads(m3: &M3, numbers: &[InvoiceBatchNumber]) -> Result<Vec<InvoiceHead>, TransactionError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let heads: Result<Vec<_>, _> = m3.invoices().get(numbers).await.into_iter().collect();
    Ok(heads?.into_iter().flatten().collect())
}

async fn documents(m3: &M3, entries: Vec<Entry>) -> Result<Vec<Document>, TransactionError> {
    let number = |entry: &Entry| match entry {
        Entry::Batch(head) => Some(head.number.clone()),
        Entry::Ledger(_) => None,
    };
    let numbers: Vec<InvoiceBatchNumber> = entries.iter().filter_map(number).collect();
    let mut lines = if numbers.is_empty() { Vec::new() } else { m3.invoices().lines_of(&numbers).await }.into_iter();
    entries
        .into_iter()
        .map(|entry| {
            let (number, void) = (entry.number(), entry.is_void());
            Ok(match entry {
                Entry::Batch(head) => batch(*head, void, lines.next().unwrap_or(Ok(Vec::new()))?),
                Entry::Ledger(invoice) => ledger(invoice, number),
            })
        })
        .collect()
}

fn batch(head: InvoiceHead, void: bool, lines: Vec<InvoiceLine>) -> Document {
    let line = |line: InvoiceLine| DocumentLine { amount: Some(line.amount.unwrap_or_default()), ..Default::default() };
    Document {
        number: head.number.to_string(),
        reference: head.reference,
        supplier: head.supplier.map(|supplier| supplier.to_string()),
        supplier_invoice: head.supplier_invoice,
        currency: head.currency,
        date: head.invoice_date,
        lines: lines.into_iter().map(line).collect(),
        total: head.amount,
        void,
        ..Document::default()
    }
}

fn ledger(invoice: LedgerInvoice, number: String) -> Document {
    Document {
        number,
        supplier: invoice.supplier.map(|supplier| supplier.to_string()),
        supplier_invoice: invoice.supplier_invoice,
        currency: invoice.currency,
        date: invoice.invoice_date,
        lines_hidden: true,
        total: invoice.amount,
        ..Document::default()
    }
}
