//! Purchase orders as the company keeps them, and as the sandbox shows them to tests.

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Serialize, Serializer};

use super::batch::field;
use super::company::{Company, Row};

/// A purchase order in M3.
#[derive(Debug)]
pub(super) struct PurchaseOrder {
    pub(super) head: Row,
    pub(super) lines: Vec<OrderLine>,
    /// From when on the search index knows it.
    pub(super) searchable: DateTime<Utc>,
}

/// A line of it.
#[derive(Debug)]
pub(super) struct OrderLine {
    pub(super) number: u32,
    pub(super) quantity: Decimal,
    pub(super) price: Decimal,
    /// How many have come.
    pub(super) received: Decimal,
    pub(super) fields: Row,
}

impl OrderLine {
    /// Quantity times price, to the cent.
    pub(super) fn amount(&self) -> Decimal {
        let amount = self.quantity * self.price;
        let mut amount = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        amount.rescale(2);
        amount
    }
}

impl PurchaseOrder {
    pub(super) fn total(&self) -> Decimal {
        let mut total = self.lines.iter().map(OrderLine::amount).sum::<Decimal>();
        total.rescale(2);
        total
    }
}

/// A document of the ERP, as `GET /_sandbox/documents` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Document {
    /// `purchase_order` or `invoice`.
    pub kind: String,
    /// `PUNO`.
    pub number: String,
    /// `YRE1`.
    pub external_ref: String,
    /// `SUNO`.
    pub supplier: String,
    /// `CUCD`.
    pub currency: String,
    /// Sum of the line amounts, each rounded to two decimals.
    #[serde(serialize_with = "text")]
    pub total: Decimal,
    /// In the order of their numbers.
    pub lines: Vec<DocumentLine>,
    /// `PUDT`, the order date.
    #[serde(skip)]
    pub ordered: String,
    /// `DWDT`, the requested delivery date.
    #[serde(skip)]
    pub requested: String,
}

/// A line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DocumentLine {
    /// `ITNO`.
    pub item: String,
    /// `ORQA`.
    #[serde(serialize_with = "text")]
    pub quantity: Decimal,
    /// `PUPR`.
    #[serde(serialize_with = "text")]
    pub price: Decimal,
    /// `AIT1`.
    pub account: String,
    /// `AIT2`, or `COCE` where that is empty.
    pub cost_center: String,
    /// `PNLI`.
    #[serde(skip)]
    pub number: u32,
    /// `PITD`.
    #[serde(skip)]
    pub name: String,
    /// `PUUN`.
    #[serde(skip)]
    pub unit: String,
}

fn text<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl Company {
    pub(super) fn documents(&self) -> Vec<Document> {
        let orders = self.orders.values().map(document);
        orders.chain(self.invoices.values().map(super::invoices::Invoice::document)).collect()
    }
}

fn document(order: &PurchaseOrder) -> Document {
    let head = |name| field(&order.head, name).to_owned();
    Document {
        kind: "purchase_order".to_owned(),
        number: head("PUNO"),
        external_ref: head("YRE1"),
        supplier: head("SUNO"),
        currency: head("CUCD"),
        total: order.total(),
        lines: order.lines.iter().map(document_line).collect(),
        ordered: head("PUDT"),
        requested: head("DWDT"),
    }
}

fn document_line(line: &OrderLine) -> DocumentLine {
    let of = |name| field(&line.fields, name).to_owned();
    let cost_center = of("AIT2");
    DocumentLine {
        item: of("ITNO"),
        quantity: line.quantity,
        price: line.price,
        account: of("AIT1"),
        cost_center: if cost_center.is_empty() { of("COCE") } else { cost_center },
        number: line.number,
        name: of("PITD"),
        unit: of("PUUN"),
    }
}
