//! Procurify's side of the comparison of purchase orders.

use chrono_tz::Tz;
use procurify_client::PurchaseOrder;
use rust_decimal::Decimal;
use serde_json::Value;
use sync_core::{EngineError, Record, RecordKey, References};

use super::expected::{View, expected_of};
use super::{Document, DocumentLine, Expected, Period};
use crate::connection::Connection;
use crate::purchase_order::{ApprovedOrder, OrderDraft, beside};
use crate::sync::SyncError;

/// Orders in the words of the comparison.
pub(super) struct Orders {
    /// The time zone in which a moment of Procurify becomes a day.
    pub time_zone: Tz,
}

impl View for Orders {
    fn drafted(&self, draft: &Value) -> Option<Document> {
        as_drafted(draft)
    }

    /// With what stands beside its lines, as a draft would have it on lines of its own.
    fn approved(&self, record: &Record) -> Document {
        let Ok(order) = serde_json::from_value::<ApprovedOrder>(record.payload.clone()) else {
            return Document::default();
        };
        let line = |quantity: Decimal, price: Decimal| DocumentLine { quantity, price, ..DocumentLine::default() };
        let bought = order.lines.iter().filter(|line| !line.is_refused());
        let bought = bought.map(|one| line(one.quantity.unwrap_or_default(), one.price.unwrap_or_default()));
        let beside = beside(&order);
        let lines = bought.chain(beside.iter().map(|amount| line(Decimal::ONE, *amount))).collect();
        let PurchaseOrder { number, purchased_currency, date, subtotal, .. } = &order.order;
        Document {
            source_number: number.as_deref().map(str::to_owned),
            currency: purchased_currency.as_ref().and_then(|currency| currency.name.as_deref().map(str::to_owned)),
            date: date.map(|date| date.with_timezone(&self.time_zone).date_naive()),
            // Of an order whose lines could not be read, what Procurify says they come to.
            total: subtotal.filter(|_| order.unread.is_some()).map(|sum| sum + beside.iter().sum::<Decimal>()),
            lines_hidden: order.unread.is_some(),
            lines,
            ..Document::default()
        }
    }
}

/// What the ERP is to hold of the orders created in a period. A day more on each side is read, for the time zone.
pub(super) async fn expected(
    connection: &Connection,
    view: &Orders,
    references: &References,
    period: Period,
) -> Result<Vec<Expected>, SyncError> {
    let records = connection.orders.source.created(period).await.map_err(SyncError::Compare)?;
    let keys: Vec<RecordKey> = records.iter().map(|record| record.key.clone()).collect();
    let heads = connection.engine.store().get(&keys).await.map_err(EngineError::from)?;
    let mut expected = Vec::with_capacity(records.len());
    for (record, head) in records.iter().zip(&heads) {
        expected.push(expected_of(connection, view, record, head.as_ref(), references).await?);
    }
    Ok(expected)
}

fn as_drafted(document: &Value) -> Option<Document> {
    let draft: OrderDraft = serde_json::from_value(document.clone()).ok()?;
    let lines = draft.lines.iter().map(|line| DocumentLine {
        quantity: line.quantity,
        price: line.price,
        unit: line.unit.clone(),
        amount: None,
        account: Some(line.account.clone()),
        cost_center: line.cost_center.clone(),
    });
    Some(Document {
        supplier: Some(draft.supplier.clone()),
        source_number: Some(draft.number.clone()),
        currency: Some(draft.currency.clone()),
        date: Some(draft.order_date),
        lines: lines.collect(),
        ..Document::default()
    })
}
