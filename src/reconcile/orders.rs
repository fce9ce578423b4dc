//! Procurify's side of the comparison of purchase orders.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;
use sync_core::{EngineError, Record, RecordKey, References};

use super::expected::{View, expected_of};
use super::{Document, DocumentLine, Expected, Period};
use crate::connection::Connection;
use crate::purchase_order::{ApprovedOrder, OrderDraft};
use crate::sync::SyncError;

/// Orders in the words of the comparison.
pub(super) struct Orders;

impl View for Orders {
    fn drafted(&self, draft: &Value) -> Option<Document> {
        as_drafted(draft)
    }

    fn approved(&self, record: &Record) -> Document {
        as_approved(record)
    }
}

/// What the ERP is to hold of the orders created in a period. A day more on each side is read, for the time zone.
pub(super) async fn expected(
    connection: &Connection,
    references: &References,
    period: Period,
) -> Result<Vec<Expected>, SyncError> {
    let records = connection.orders.created(period).await.map_err(SyncError::Compare)?;
    let keys: Vec<RecordKey> = records.iter().map(|record| record.key.clone()).collect();
    let heads = connection.engine.store().get(&keys).await.map_err(EngineError::from)?;
    let mut expected = Vec::with_capacity(records.len());
    for (record, head) in records.iter().zip(&heads) {
        expected.push(expected_of(connection, &Orders, record, head.as_ref(), references).await?);
    }
    Ok(expected)
}

fn as_drafted(document: &serde_json::Value) -> Option<Document> {
    let draft: OrderDraft = serde_json::from_value(document.clone()).ok()?;
    let lines = draft.lines.iter().map(|line| DocumentLine {
        quantity: line.quantity,
        price: line.price,
        amount: None,
        account: Some(line.account.clone()),
        cost_center: line.cost_center.clone(),
    });
    Some(Document {
        supplier: Some(draft.supplier.clone()),
        currency: Some(draft.currency.clone()),
        date: Some(draft.order_date),
        lines: lines.collect(),
        ..Document::default()
    })
}

/// An order as Procurify has it, where no document can be made of it.
fn as_approved(record: &Record) -> Document {
    let Ok(order) = serde_json::from_value::<ApprovedOrder>(record.payload.clone()) else {
        return Document::default();
    };
    let line = |quantity: Option<Decimal>, price: Option<Decimal>| DocumentLine {
        quantity: quantity.unwrap_or_default(),
        price: price.unwrap_or_default(),
        ..DocumentLine::default()
    };
    let lines = order.lines.iter().filter(|line| !line.is_refused());
    Document {
        currency: order
            .order
            .purchased_currency
            .as_ref()
            .and_then(|currency| currency.name.as_deref().map(str::to_owned)),
        date: order.order.date.map(|date| -> NaiveDate { date.date_naive() }),
        lines: lines.map(|one| line(one.quantity, one.price)).collect(),
        ..Document::default()
    }
}
