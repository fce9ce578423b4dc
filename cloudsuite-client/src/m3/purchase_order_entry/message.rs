//! How an order is written into its message. Every byte of it counts against the size of calls.

use chrono::NaiveDate;

use super::PROGRAM;
use super::entry::{EntryLine, PurchaseOrderEntry};
use super::error::EntryError;
use crate::m3::Scope;
use crate::m3::codes::check_code;
use crate::m3::error::TransactionError;
use crate::m3::purchase_orders::is_reference;
use crate::m3::transaction::Transaction;
use crate::m3::value::{fit_text, write_date, write_decimal};

/// Which part of an order a transaction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The line, counted from 1; `None` for the head.
    pub line: Option<usize>,
}

/// The fields of the accounting dimensions.
const DIMENSIONS: [&str; 7] = ["AIT1", "AIT2", "AIT3", "AIT4", "AIT5", "AIT6", "AIT7"];

/// An order's transactions: head, then each line with its accounting string. The message's number stands first in each,
/// by which answers are told apart.
pub(super) fn write(
    scope: &Scope,
    message: &str,
    head: usize,
    entry: &PurchaseOrderEntry,
) -> Result<Vec<(Place, Transaction)>, EntryError> {
    if entry.lines.is_empty() {
        return Err(refuse("AddLine", None, "the order has no lines"));
    }
    let mut written = vec![(Place { line: None }, write_head(scope, message, head, entry)?)];
    for (index, line) in entry.lines.iter().enumerate() {
        let reference = Reference { message, head, line: index + 1 };
        let place = Place { line: Some(index + 1) };
        written.push((place, write_line(reference, line)?));
        if let Some(accounting) = write_accounting(reference, line)? {
            written.push((place, accounting));
        }
    }
    Ok(written)
}

/// Whether an order can be written into a message, whichever that is.
pub(super) fn check(scope: &Scope, entry: &PurchaseOrderEntry) -> Result<(), EntryError> {
    write(scope, "", 1, entry).map(drop)
}

/// What ties the parts of a message together.
#[derive(Clone, Copy)]
struct Reference<'a> {
    message: &'a str,
    head: usize,
    line: usize,
}

impl Reference<'_> {
    fn start(self, transaction: &'static str) -> Fields {
        Fields::new(transaction, Some(self.line))
            .plain("MSGN", self.message)
            .plain("HREF", self.head.to_string())
            .plain("LREF", self.line.to_string())
    }
}

fn write_head(
    scope: &Scope,
    message: &str,
    head: usize,
    entry: &PurchaseOrderEntry,
) -> Result<Transaction, EntryError> {
    let name = "AddHead";
    if !is_reference(&entry.reference) {
        return Err(refuse(name, None, "field YRE1: a reference must be 1 to 36 letters and digits"));
    }
    let missing = |what: &str| refuse(name, None, &format!("no {what}: set it on the order or for all of M3"));
    let facility = entry.facility.as_ref().or(scope.facility.as_ref()).ok_or_else(|| missing("facility"))?;
    let warehouse = entry.warehouse.as_ref().or(scope.warehouse.as_ref()).ok_or_else(|| missing("warehouse"))?;
    Fields::new(name, None)
        .plain("MSGN", message)
        .plain("HREF", head.to_string())
        .plain("FACI", facility)
        .plain("WHLO", warehouse)
        .plain("SUNO", &entry.supplier)
        .date("DWDT", Some(entry.delivery_date))
        .date("PUDT", Some(entry.order_date))
        .plain("YRE1", &entry.reference)
        .code("CUCD", entry.currency.as_deref(), 3)?
        .code("ORTY", entry.order_type.as_deref(), 3)?
        .code("BUYE", entry.buyer.as_deref(), 10)?
        .code("TEPY", entry.payment_terms.as_deref(), 3)?
        .code("OURR", entry.our_reference.as_deref(), 10)
        .map(|fields| fields.transaction)
}

fn write_line(reference: Reference<'_>, line: &EntryLine) -> Result<Transaction, EntryError> {
    reference
        .start("AddLine")
        .plain("ITNO", &line.item)
        .plain("ORQA", write_decimal(line.quantity))
        .plain("PUPR", write_decimal(line.price))
        .plain("PUCD", line.price_quantity.filter(|&units| units > 1).map_or(String::new(), |units| units.to_string()))
        .text("PITD", line.name.as_deref(), 30)
        .text("PITT", line.description.as_deref(), 60)
        .date("DWDT", line.delivery_date)
        .code("PUUN", line.unit.as_deref(), 3)?
        .code("SITE", line.supplier_item.as_deref(), 30)?
        .code("VTCD", line.vat_code.as_deref(), 2)?
        .code("COCE", line.cost_center.as_deref(), 10)
        .map(|fields| fields.transaction)
}

fn write_accounting(reference: Reference<'_>, line: &EntryLine) -> Result<Option<Transaction>, EntryError> {
    if line.accounting.iter().flatten().all(|value| value.trim().is_empty()) {
        return Ok(None);
    }
    let mut fields = reference.start("AddAccString");
    for (field, value) in DIMENSIONS.into_iter().zip(&line.accounting) {
        fields = fields.code(field, value.as_deref(), 10)?;
    }
    Ok(Some(fields.transaction))
}

/// A transaction being filled, each value by its nature.
struct Fields {
    name: &'static str,
    line: Option<usize>,
    transaction: Transaction,
}

impl Fields {
    fn new(name: &'static str, line: Option<usize>) -> Self {
        Self { name, line, transaction: Transaction::new(name) }
    }

    /// A value that was checked before.
    fn plain(mut self, field: &'static str, value: impl AsRef<str>) -> Self {
        self.transaction = self.transaction.field(field, value);
        self
    }

    fn date(self, field: &'static str, day: Option<NaiveDate>) -> Self {
        match day {
            Some(day) => self.plain(field, write_date(day)),
            None => self,
        }
    }

    /// Free text, cut to fit.
    fn text(self, field: &'static str, text: Option<&str>, length: usize) -> Self {
        match text.and_then(|text| fit_text(text, length)) {
            Some(text) => self.plain(field, text),
            None => self,
        }
    }

    /// A code, refused if it does not fit: a cut code is another code.
    fn code(self, field: &'static str, code: Option<&str>, length: usize) -> Result<Self, EntryError> {
        let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
            return Ok(self);
        };
        match check_code("code", code, length) {
            Ok(code) => Ok(self.plain(field, code)),
            Err(invalid) => Err(refuse(self.name, self.line, &format!("field {field}: {invalid}"))),
        }
    }
}

fn refuse(transaction: &str, line: Option<usize>, reason: &str) -> EntryError {
    EntryError::new(line, TransactionError::unsent(PROGRAM, transaction, reason))
}
