//! A document of the ERP, as far as it is compared with what was approved.

use std::collections::HashSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sync_core::{ExternalRef, TargetRef};

use crate::bill::MinorUnit;

/// A document of the ERP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// The ERP's number.
    pub number: String,
    /// What stands in the field where our reference is kept.
    pub reference: Option<String>,
    /// The supplier's number.
    pub supplier: Option<String>,
    /// The supplier's own number of it; only invoices have one.
    pub supplier_invoice: Option<String>,
    /// Its number in Procurify, where it stands for one of its orders.
    pub source_number: Option<String>,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// The day it is dated.
    pub date: Option<NaiveDate>,
    /// Its lines, in the order of their numbers.
    pub lines: Vec<DocumentLine>,
    /// Whether it may have lines that the ERP does not show, so that they are not compared.
    pub lines_hidden: bool,
    /// The amount that the ERP shows for the whole, if it is not the sum of the lines.
    pub total: Option<Decimal>,
    /// Whether nothing is owed by it: it was cancelled, or all its lines were deleted.
    pub void: bool,
}

/// A line of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentLine {
    /// How many.
    pub quantity: Decimal,
    /// The price of one.
    pub price: Decimal,
    /// The unit of measure, if it is shown.
    pub unit: Option<String>,
    /// The amount that the ERP shows; quantity times price in whole cents (or yen, or fils) if it shows none. A line of an invoice has
    /// nothing but its amount.
    pub amount: Option<Decimal>,
    /// The GL account, if it is shown.
    pub account: Option<String>,
    /// The cost centre, if it is shown.
    pub cost_center: Option<String>,
}

impl DocumentLine {
    fn amount(&self, unit: MinorUnit) -> Decimal {
        self.amount.unwrap_or_else(|| unit.round(self.quantity * self.price))
    }
}

impl Document {
    /// What it comes to: an order without tax, an invoice with it.
    pub fn total(&self) -> Decimal {
        let unit = MinorUnit::of(self.currency.as_deref().unwrap_or_default());
        self.total.unwrap_or_else(|| self.lines.iter().map(|line| line.amount(unit)).sum())
    }
}

/// Which documents a product is asked for.
#[derive(Debug, Clone)]
pub enum Wanted<'a> {
    /// All that are dated within these days, both included, whoever made them.
    Dated {
        /// The first day.
        first: NaiveDate,
        /// The last day.
        last: NaiveDate,
    },
    /// Those of these records, whatever their date; what is not there is left out.
    Named(&'a [Named]),
}

/// What is known of a document that is looked for.
#[derive(Debug, Clone)]
pub struct Named {
    /// The reference that was written into it.
    pub reference: ExternalRef,
    /// The number that the ledger has for it.
    pub number: Option<TargetRef>,
    /// The supplier's number, if it is known.
    pub supplier: Option<String>,
    /// The supplier's own number of it, if it is an invoice.
    pub supplier_invoice: Option<String>,
}

impl Named {
    /// The supplier and its number of the invoice.
    pub(crate) fn invoice(&self) -> Option<(&str, &str)> {
        self.supplier.as_deref().zip(self.supplier_invoice.as_deref())
    }

    /// The numbers of those whose reference is not among these.
    pub(crate) fn known_beside<'a>(wanted: &'a [Self], references: &HashSet<&str>) -> impl Iterator<Item = &'a str> {
        let others = wanted.iter().filter(|named| !references.contains(named.reference.as_str()));
        others.filter_map(|named| Some(named.number.as_ref()?.0.as_str()))
    }

    /// Those of which no document bears the reference.
    pub(crate) fn not_among<'a>(wanted: &'a [Self], found: &[Document]) -> Vec<&'a str> {
        let missing = wanted.iter().map(|named| named.reference.as_str());
        missing.filter(|reference| !found.iter().any(|one| one.reference.as_deref() == Some(reference))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_rounded_in_their_currency_s_own_unit() {
        let line = DocumentLine { quantity: 1.into(), price: "1.0045".parse().unwrap(), ..DocumentLine::default() };
        for (currency, total) in [("CAD", "1.00"), ("KWD", "1.005"), ("JPY", "1")] {
            let lines = vec![line.clone()];
            let document = Document { currency: Some(currency.into()), lines, ..Document::default() };
            assert_eq!(document.total(), total.parse().unwrap(), "{currency}");
        }
    }
}
