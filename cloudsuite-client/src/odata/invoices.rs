//! AP invoices with their lines, which are created together with their invoice in one write.

use std::collections::HashSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use tenant_http::{Error, RequestIds, Traced};

use super::batch::Write;
use super::changes::{DocumentChanges, NewLine};
use super::entity::{Entity, NewEntity, Properties};
use super::filter::Filter;
use super::lookup::by_values;
use super::masters::query;
use super::names::EntityNames;
use super::query::Query;
use super::value::Value;
use super::{FieldError, OData};
use crate::spelling::{is_same, spellings};

/// An invoice with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invoice {
    /// `Invoice`, the tenant's own number of it.
    pub number: String,
    /// `Supplier`.
    pub supplier: Option<String>,
    /// `SupplierInvoice`, the supplier's number of it.
    pub supplier_invoice: Option<String>,
    /// `Currency`.
    pub currency: Option<String>,
    /// `InvoiceDate`.
    pub invoice_date: Option<NaiveDate>,
    /// `DueDate`.
    pub due_date: Option<NaiveDate>,
    /// `PostingDate`, the day it is booked on.
    pub posting_date: Option<NaiveDate>,
    /// `Amount`, all in all.
    pub amount: Option<Decimal>,
    /// `TaxAmount`.
    pub tax: Option<Decimal>,
    /// `Reference`: where this project keeps its own.
    pub reference: Option<String>,
    /// `Status`, in the tenant's own words.
    pub status: Option<String>,
    /// `Lines`.
    pub lines: Vec<InvoiceLine>,
    /// The state at which it was read.
    pub etag: Option<String>,
}

/// An invoice's line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvoiceLine {
    /// `Line`.
    pub number: Option<i64>,
    /// `Description`.
    pub description: Option<String>,
    /// `Amount`.
    pub amount: Option<Decimal>,
    /// `LedgerAccount`.
    pub account: Option<String>,
    /// `CostCenter`.
    pub cost_center: Option<String>,
    /// `Order`.
    pub order: Option<String>,
    /// `OrderLine`.
    pub order_line: Option<i64>,
    /// The state at which it was read, where lines have one of their own.
    pub etag: Option<String>,
}

impl Invoice {
    fn read(entity: &Entity, names: &EntityNames) -> Result<Self, FieldError> {
        let text = |ours: &str| entity.text(names.property(ours));
        let line = |line: &Entity| -> Result<InvoiceLine, FieldError> {
            Ok(InvoiceLine {
                number: line.integer(names.property("Line"))?,
                description: line.text(names.property("Description")),
                amount: line.decimal(names.property("Amount"))?,
                account: line.text(names.property("LedgerAccount")),
                cost_center: line.text(names.property("CostCenter")),
                order: line.text(names.property("Order")),
                order_line: line.integer(names.property("OrderLine"))?,
                etag: line.etag(),
            })
        };
        Ok(Self {
            number: entity.required(names.property("Invoice"))?,
            supplier: text("Supplier"),
            supplier_invoice: text("SupplierInvoice"),
            currency: text("Currency"),
            invoice_date: entity.date(names.property("InvoiceDate"))?,
            due_date: entity.date(names.property("DueDate"))?,
            posting_date: entity.date(names.property("PostingDate"))?,
            amount: entity.decimal(names.property("Amount"))?,
            tax: entity.decimal(names.property("TaxAmount"))?,
            reference: text("Reference"),
            status: text("Status"),
            lines: entity.children(names.property("Lines"))?.iter().map(line).collect::<Result<_, _>>()?,
            etag: entity.etag(),
        })
    }
}

/// An invoice to be created with its lines.
#[derive(Debug, Clone)]
pub struct NewInvoice {
    properties: Properties,
    lines: Vec<NewInvoiceLine>,
}

/// A line to be created with its invoice.
#[derive(Debug, Clone)]
pub struct NewInvoiceLine {
    properties: Properties,
}

impl From<NewInvoiceLine> for NewLine {
    fn from(line: NewInvoiceLine) -> Self {
        Self(line.properties)
    }
}

impl NewInvoice {
    /// A supplier's invoice of this number, day and total amount, with the external reference by which it can be
    /// found again.
    pub fn new(supplier: &str, supplier_invoice: &str, day: NaiveDate, amount: Decimal, reference: &str) -> Self {
        let properties = vec![
            ("Supplier".to_owned(), supplier.into()),
            ("SupplierInvoice".to_owned(), supplier_invoice.into()),
            ("InvoiceDate".to_owned(), day.into()),
            ("Amount".to_owned(), amount.into()),
            ("Reference".to_owned(), reference.into()),
        ];
        Self { properties, lines: Vec::new() }
    }

    /// `Currency`.
    pub fn currency(self, code: &str) -> Self {
        self.property("Currency", code)
    }

    /// `DueDate`.
    pub fn due(self, day: NaiveDate) -> Self {
        self.property("DueDate", day)
    }

    /// `TaxAmount`.
    pub fn tax(self, amount: Decimal) -> Self {
        self.property("TaxAmount", amount)
    }

    /// Any other property.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a line.
    pub fn line(mut self, line: NewInvoiceLine) -> Self {
        self.lines.push(line);
        self
    }

    fn entity(&self, names: &EntityNames) -> NewEntity {
        let lines = self.lines.iter().map(|line| NewEntity::named(&line.properties, names)).collect();
        NewEntity::named(&self.properties, names).children(names.property("Lines"), lines)
    }
}

impl NewInvoiceLine {
    /// A part of the amount on an account.
    pub fn new(line: i64, account: &str, amount: Decimal) -> Self {
        let properties = vec![
            ("Line".to_owned(), line.into()),
            ("LedgerAccount".to_owned(), account.into()),
            ("Amount".to_owned(), amount.into()),
        ];
        Self { properties }
    }

    /// `CostCenter`.
    pub fn cost_center(self, code: &str) -> Self {
        self.property("CostCenter", code)
    }

    /// `Order` and `OrderLine`, where it is for what was ordered.
    pub fn order(self, number: &str, line: i64) -> Self {
        self.property("Order", number).property("OrderLine", line)
    }

    /// Any other property.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }
}

/// What can be asked and done about invoices.
#[derive(Debug, Clone)]
pub struct Invoices {
    odata: OData,
}

impl Invoices {
    pub(crate) fn new(odata: OData) -> Self {
        Self { odata }
    }

    fn names(&self) -> &EntityNames {
        &self.odata.entity_names().invoices
    }

    /// All invoices with their lines, by number. Narrow it with [`Query::filter`].
    pub fn list(&self) -> Query<Invoice> {
        let names = self.names();
        query(&self.odata, names, "Invoice", Invoice::read).expand(&[names.property("Lines")])
    }

    /// The invoices of these days (`InvoiceDate`), both included, with their lines.
    pub fn dated(&self, first: NaiveDate, last: NaiveDate) -> Query<Invoice> {
        let day = || Filter::property(self.names().property("InvoiceDate"));
        self.list().filter(day().ge(first).and(day().le(last)))
    }

    /// The invoices of these suppliers and of their numbers of them, one list for each, whatever the case of the numbers'
    /// letters. A service that tells cases apart does not show one that was typed in a mixture of them.
    ///
    /// # Errors
    /// As [`Query::page`].
    pub async fn find_by_invoice(&self, invoices: &[(&str, &str)]) -> Result<Vec<Vec<Invoice>>, Error> {
        let numbers: Vec<String> = invoices.iter().flat_map(|(_, number)| spellings(number)).collect();
        let mut found = by_values(&self.list(), self.names().property("SupplierInvoice"), &numbers).await?;
        // A service that does not tell cases apart gives one for each spelling that is asked for in a call of its own.
        let mut told = HashSet::new();
        found.retain(|invoice| told.insert(invoice.number.clone()));
        let is = |invoice: &&Invoice, (supplier, number): &(&str, &str)| {
            invoice.supplier.as_deref() == Some(*supplier)
                && invoice.supplier_invoice.as_deref().is_some_and(|other| is_same(other, number))
        };
        Ok(invoices.iter().map(|one| found.iter().filter(|invoice| is(invoice, one)).cloned().collect()).collect())
    }

    /// All invoices that carry one of these external references.
    ///
    /// # Errors
    /// As [`Query::page`].
    pub async fn find_by_reference(&self, references: &[impl AsRef<str>]) -> Result<Vec<Invoice>, Error> {
        by_values(&self.list(), self.names().property("Reference"), references).await
    }

    /// The invoices of these numbers of the tenant's own, one answer for each; `None` for those that do not exist.
    ///
    /// # Errors
    /// As [`Query::page`].
    pub async fn get(&self, numbers: &[impl AsRef<str>]) -> Result<Vec<Option<Invoice>>, Error> {
        let found = by_values(&self.list(), self.names().property("Invoice"), numbers).await?;
        let of = |number: &str| found.iter().find(|invoice| invoice.number == number.trim()).cloned();
        Ok(numbers.iter().map(|number| of(number.as_ref())).collect())
    }

    /// Makes these changes of an invoice, all or nothing, at the state in which it was read (`None`: whatever it has
    /// become).
    ///
    /// # Errors
    /// Of kind `Conflict` if it has changed since.
    pub async fn change(
        &self,
        number: &str,
        etag: Option<&str>,
        changes: &DocumentChanges,
    ) -> Result<RequestIds, Error> {
        let names = self.names();
        self.odata.service(&names.service).change(names, number, etag, changes).await
    }

    /// The number of an invoice that [`create`](Self::create) gave.
    pub fn number_of(&self, invoice: &Entity) -> Option<String> {
        invoice.text(self.names().property("Invoice"))
    }

    /// Creates invoices with their lines, one result for each: the invoice as far as the server shows it.
    ///
    /// Nothing is created twice by this: what is `Unknown` is for the caller to look up by its reference.
    pub async fn create(&self, invoices: &[NewInvoice]) -> Vec<Result<Traced<Entity>, Error>> {
        let names = self.names();
        let create = |invoice: &NewInvoice| Write::create(&names.set, invoice.entity(names));
        let writes: Vec<Write> = invoices.iter().map(create).collect();
        self.odata.service(&names.service).write_many(&writes).await
    }
}
