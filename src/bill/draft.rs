//! A supplier's invoice as an ERP is to hold it, whichever ERP that is.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tenant_http::decimal;

/// An invoice ready to be posted: every reference resolved, every amount exact to the cent. A credit note's amounts
/// are negative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceDraft {
    /// The ERP's supplier number.
    pub supplier: String,
    /// The supplier's number of the invoice, exactly as it was entered in Procurify.
    pub number: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The day of the invoice.
    pub invoice_date: NaiveDate,
    /// The day it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<NaiveDate>,
    /// The day it is to be booked on; the ERP's default if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posting_date: Option<NaiveDate>,
    /// The day that it was to be booked on instead, if that lies in a closed fiscal period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<NaiveDate>,
    /// The ERP's code of the payment terms; the supplier's own if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_terms: Option<String>,
    /// Everything: lines, freight and tax.
    #[serde(with = "decimal::required")]
    pub total: Decimal,
    /// The tax in it.
    #[serde(with = "decimal::required")]
    pub tax: Decimal,
    /// Freight and other costs that are on no account of their own.
    #[serde(with = "decimal::required")]
    pub freight: Decimal,
    /// The lines, in the order of the bill; at least one.
    pub lines: Vec<InvoiceLineDraft>,
    /// The addresses of the bill's attachments, without the keys to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    /// The ERP's numbers of invoices of the same supplier and number that a person has said are others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

/// A part of an invoice's amount, on an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLineDraft {
    /// What it is for.
    pub text: String,
    /// The amount without tax.
    #[serde(with = "decimal::required")]
    pub amount: Decimal,
    /// The ERP's code of the tax on it; its own default if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// The ERP's GL account.
    pub account: String,
    /// The ERP's cost centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_center: Option<String>,
    /// Further accounting dimensions by number: 2 to 7 in M3, unit codes 1 to 4 in SyteLine.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<u8, String>,
    /// The order that it bills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderLink>,
}

/// A purchase order in the ERP that an invoice's line bills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLink {
    /// The ERP's number of the order.
    pub number: String,
    /// The order's line there, where it is known for certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// How many of it are billed, where the cost is not split over accounts.
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    /// Whether it was linked by hand, so that nothing is known of its lines.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
}

impl InvoiceDraft {
    /// What an invoice is known by, in words: its supplier, and the supplier's number of it, however people type that.
    pub(crate) fn known_by(&self) -> String {
        format!("invoice {} of supplier {}", self.number.trim().to_lowercase(), self.supplier.trim())
    }

    /// The addresses of its attachments in one text, with blanks between them; none if it has none.
    pub fn attachment_links(&self) -> Option<String> {
        (!self.attachments.is_empty()).then(|| self.attachments.join(" "))
    }

    /// The sum of all lines, without tax and freight.
    pub fn lines_total(&self) -> Decimal {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// The ERP's numbers of the orders that it bills, each once.
    pub fn orders(&self) -> Vec<&str> {
        let mut orders = Vec::new();
        for link in self.lines.iter().filter_map(|line| line.order.as_ref()) {
            if !orders.contains(&link.number.as_str()) {
                orders.push(link.number.as_str());
            }
        }
        orders
    }
}
