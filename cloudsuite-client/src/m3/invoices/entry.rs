//! AP invoices to be entered or changed: heads and lines.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::INVOICE_LENGTH;
use crate::m3::codes::{AccountId, InvoiceBatchNumber, OrderNumber, SupplierNumber};
use crate::m3::transaction::Transaction;
use crate::m3::value::{fit_text, write_date, write_decimal};

/// A head to be added (`AddHead`).
#[derive(Debug, Clone)]
pub struct NewInvoice(pub(super) Transaction);

impl NewInvoice {
    /// A supplier's invoice of this number (24 characters at most, exactly as the supplier wrote it), day and amount
    /// with taxes, under a reference of ours (`CORI`, 36 characters at most).
    pub fn new(
        supplier: &SupplierNumber,
        supplier_invoice: &str,
        day: NaiveDate,
        amount: Decimal,
        reference: &str,
    ) -> Self {
        let number: String = supplier_invoice.trim().chars().take(INVOICE_LENGTH).collect();
        let head = Transaction::new("AddHead")
            .field("SUNO", supplier)
            .field("IVDT", write_date(day))
            .field("IBTP", "20")
            .field("SINO", number)
            .field("CUAM", write_decimal(amount))
            .field("CORI", reference);
        Self(head)
    }

    /// `SPYN`, if it is not the supplier.
    pub fn payee(self, payee: &SupplierNumber) -> Self {
        self.field("SPYN", payee)
    }

    /// `CUCD`.
    pub fn currency(self, code: &str) -> Self {
        self.field("CUCD", code)
    }

    /// `VTAM`.
    pub fn tax(self, amount: Decimal) -> Self {
        self.field("VTAM", write_decimal(amount))
    }

    /// `DUDT`.
    pub fn due(self, day: NaiveDate) -> Self {
        self.field("DUDT", write_date(day))
    }

    /// `ACDT`, the day it is booked on.
    pub fn accounting_date(self, day: NaiveDate) -> Self {
        self.field("ACDT", write_date(day))
    }

    /// `PUNO`.
    pub fn order(self, number: &OrderNumber) -> Self {
        self.field("PUNO", number)
    }

    /// Any other field, such as `TEPY`, `IMCD`, `TXIN`.
    pub fn field(self, name: &'static str, value: impl AsRef<str>) -> Self {
        Self(self.0.field(name, value))
    }
}

/// Values of a head that is there, to be changed (`UpdHead`); what is not set stays as it is.
#[derive(Debug, Clone)]
pub struct InvoiceChanges(pub(super) Transaction);

impl InvoiceChanges {
    /// No change yet of the invoice of this number.
    pub fn new(number: &InvoiceBatchNumber) -> Self {
        Self(Transaction::new("UpdHead").field("INBN", number))
    }

    /// `SINO`, 24 characters at most.
    pub fn supplier_invoice(self, number: &str) -> Self {
        let number: String = number.trim().chars().take(INVOICE_LENGTH).collect();
        self.field("SINO", number)
    }

    /// `IVDT`.
    pub fn date(self, day: NaiveDate) -> Self {
        self.field("IVDT", write_date(day))
    }

    /// `DUDT`.
    pub fn due(self, day: NaiveDate) -> Self {
        self.field("DUDT", write_date(day))
    }

    /// `ACDT`.
    pub fn accounting_date(self, day: NaiveDate) -> Self {
        self.field("ACDT", write_date(day))
    }

    /// `CUAM`, with taxes.
    pub fn amount(self, amount: Decimal) -> Self {
        self.field("CUAM", write_decimal(amount))
    }

    /// `VTAM`.
    pub fn tax(self, amount: Decimal) -> Self {
        self.field("VTAM", write_decimal(amount))
    }

    /// `PUNO`.
    pub fn order(self, number: &OrderNumber) -> Self {
        self.field("PUNO", number)
    }

    /// Any other field.
    pub fn field(self, name: &'static str, value: impl AsRef<str>) -> Self {
        Self(self.0.field(name, value))
    }
}

/// A line to be added (`AddLine`), or an accounting line (`AddLineRecode`) where the tenant has it.
#[derive(Debug, Clone)]
pub struct NewInvoiceLine(pub(super) Transaction);

impl NewInvoiceLine {
    /// A line of this type (`RDTP`: 1 item, 2 order charge, 5 line charge) and amount without taxes.
    pub fn new(invoice: &InvoiceBatchNumber, line_type: u8, amount: Decimal) -> Self {
        let line = Transaction::new("AddLine").field("INBN", invoice).field("RDTP", line_type.to_string());
        Self(line.field("NLAM", write_decimal(amount)))
    }

    /// An accounting line on an account (`AIT1`), by `AddLineRecode`: ask [`Invoices::has_recode`](super::Invoices::has_recode) first.
    pub fn recode(invoice: &InvoiceBatchNumber, amount: Decimal, account: &AccountId) -> Self {
        let line = Transaction::new("AddLineRecode").field("INBN", invoice).field("NLAM", write_decimal(amount));
        Self(line.field("AIT1", account))
    }

    /// `AIT2` to `AIT7` of an accounting line, by the dimension's number.
    pub fn dimension(self, number: u8, id: &AccountId) -> Self {
        const FIELDS: [&str; 6] = ["AIT2", "AIT3", "AIT4", "AIT5", "AIT6", "AIT7"];
        match number.checked_sub(2).and_then(|place| FIELDS.get(usize::from(place))) {
            Some(field) => self.field(field, id),
            None => self,
        }
    }

    /// `PUNO`, `PNLI` and `IVQA`: how many of an order's line it is for.
    pub fn order(self, number: &OrderNumber, line: i64, quantity: Decimal) -> Self {
        self.field("PUNO", number).field("PNLI", line.to_string()).field("IVQA", write_decimal(quantity))
    }

    /// `VTXT`, made fit for 40 characters, of an accounting line.
    pub fn text(self, text: &str) -> Self {
        match fit_text(text, 40) {
            Some(text) => self.field("VTXT", text),
            None => self,
        }
    }

    /// Any other field, such as `VTCD`, `VTA1`, `ITNO`, `CEID`.
    pub fn field(self, name: &'static str, value: impl AsRef<str>) -> Self {
        Self(self.0.field(name, value))
    }
}
