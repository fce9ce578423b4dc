//! A purchase order as an ERP is to hold it, whichever ERP that is.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tenant_http::decimal;

/// A purchase order ready to be posted: every reference resolved, every amount exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDraft {
    /// The ERP's supplier number.
    pub supplier: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The day it was ordered, in the tenant's time zone.
    pub order_date: NaiveDate,
    /// The day it is wanted.
    pub delivery_date: NaiveDate,
    /// The order's number as people know it in Procurify.
    pub number: String,
    /// The ERP's code of the payment terms; the supplier's own if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_terms: Option<String>,
    /// The warehouse it is for, or in M3 `FACILITY/WAREHOUSE`; none for the product's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
    /// Whether it was closed in Procurify before all of it came. It is posted all the same, for bills may be for it; of
    /// an order that is closed so after it was posted, people are told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed_short: bool,
    /// The lines, in the order of their numbers; at least one.
    pub lines: Vec<LineDraft>,
}

/// A line of a purchase order ready to be posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDraft {
    /// The ERP's item number; none for what is bought by its text alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The supplier's own item number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_item: Option<String>,
    /// What is bought.
    pub name: String,
    /// How many.
    #[serde(with = "decimal::required")]
    pub quantity: Decimal,
    /// The ERP's unit of measure; none for the item's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The price of one, in the order's currency, without tax.
    #[serde(with = "decimal::required")]
    pub price: Decimal,
    /// The ERP's tax code; its own default if none.
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
}

impl OrderDraft {
    /// The sum of all lines, without tax.
    pub fn total(&self) -> Decimal {
        self.lines.iter().map(|line| line.quantity * line.price).sum()
    }
}
