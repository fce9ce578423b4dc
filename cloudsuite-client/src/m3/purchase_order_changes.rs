//! Changes of purchase orders that exist (`PPS200MI`), each carried out at once.
//!
//! There is no transaction for an accounting string of an order that exists: a line that is added takes the accounts
//! that M3's accounting rules give it.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tenant_http::{RequestIds, decimal};

use super::codes::{ItemNumber, OrderNumber};
use super::error::TransactionError;
use super::pairing::ids_of;
use super::purchase_orders::PurchaseOrders;
use super::transaction::Transaction;
use super::value::{fit_text, write_date, write_decimal};

/// A change of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderChange {
    /// The head's dates (`UpdHead`).
    Head {
        /// Which order.
        order: OrderNumber,
        /// `PUDT`.
        order_date: Option<NaiveDate>,
        /// `DWDT`.
        delivery_date: Option<NaiveDate>,
    },
    /// A line's values (`UpdLine`).
    Line {
        /// Which order.
        order: OrderNumber,
        /// `PNLI`.
        line: i64,
        /// `PNLS`.
        sub_line: i64,
        /// What it is to have.
        values: LineValues,
    },
    /// A line more (`AddLine`), under a number of the caller's: a second one of it is refused.
    AddLine {
        /// Which order.
        order: OrderNumber,
        /// `PNLI`.
        line: i64,
        /// `ITNO`.
        item: ItemNumber,
        /// What it is to have; the quantity must be given.
        values: LineValues,
    },
    /// A line less (`DltLine`).
    DeleteLine {
        /// Which order.
        order: OrderNumber,
        /// `PNLI`.
        line: i64,
        /// `PNLS`.
        sub_line: i64,
    },
}

/// A line's values; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineValues {
    /// `ORQA`.
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    /// `PUPR`, the price of so many units, and `PUCD`, how many.
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// `PUCD`, with the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_quantity: Option<u32>,
    /// `PITD`; cut at 30 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `PITT`; cut at 60 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `SITE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_item: Option<String>,
    /// `DWDT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_date: Option<NaiveDate>,
    /// `PUUN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `COCE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_center: Option<String>,
    /// `VTCD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_code: Option<String>,
}

impl LineValues {
    fn write(&self, transaction: Transaction) -> Transaction {
        let text = |text: &Option<String>, length| text.as_deref().and_then(|text| fit_text(text, length));
        transaction
            .maybe("ORQA", self.quantity.map(write_decimal))
            .maybe("PUPR", self.price.map(write_decimal))
            .maybe("PUCD", self.price_quantity.map(|units| units.to_string()))
            .maybe("PITD", text(&self.name, 30))
            .maybe("PITT", text(&self.description, 60))
            .maybe("SITE", text(&self.supplier_item, 30))
            .maybe("DWDT", self.delivery_date.map(write_date))
            .maybe("PUUN", self.unit.as_deref())
            .maybe("COCE", self.cost_center.as_deref())
            .maybe("VTCD", self.vat_code.as_deref())
    }
}

impl OrderChange {
    fn write(&self) -> Transaction {
        match self {
            Self::Head { order, order_date, delivery_date } => Transaction::new("UpdHead")
                .field("PUNO", order)
                .maybe("PUDT", order_date.map(write_date))
                .maybe("DWDT", delivery_date.map(write_date)),
            Self::Line { order, line, sub_line, values } => {
                let transaction = Transaction::new("UpdLine").field("PUNO", order);
                values.write(transaction.field("PNLI", line.to_string()).field("PNLS", sub_line.to_string()))
            }
            Self::AddLine { order, line, item, values } => {
                let transaction = Transaction::new("AddLine").field("PUNO", order);
                values.write(transaction.field("PNLI", line.to_string()).field("ITNO", item))
            }
            Self::DeleteLine { order, line, sub_line } => Transaction::new("DltLine")
                .field("PUNO", order)
                .field("PNLI", line.to_string())
                .field("PNLS", sub_line.to_string()),
        }
    }
}

impl PurchaseOrders {
    /// Makes these changes in their order, one result for each.
    ///
    /// Nothing is made twice by this: what is `Unknown` is for the caller to compare with the order as it then is.
    pub async fn change(&self, changes: &[OrderChange]) -> Vec<Result<RequestIds, TransactionError>> {
        let written = changes.iter().map(OrderChange::write);
        ids_of(self.m3().bulk(super::purchase_orders::PROGRAM).extend(written).send().await)
    }
}
