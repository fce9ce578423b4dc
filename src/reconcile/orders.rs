//! Procurify's side of the comparison of purchase orders.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sync_core::{Change, EngineError, Head, Mapping, Record, RecordKey, References, TargetRef};

use super::{Document, DocumentLine, Expected, Period, target};
use crate::connection::Connection;
use crate::purchase_order::{ApprovedOrder, OrderDraft};
use crate::sync::SyncError;

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
        expected.push(expected_of(connection, record, head.as_ref(), references).await?);
    }
    Ok(expected)
}

/// What the ERP is to hold of an order.
pub(super) async fn expected_of(
    connection: &Connection,
    record: &Record,
    head: Option<&Head>,
    references: &References,
) -> Result<Expected, SyncError> {
    let key = record.key.clone();
    let raw = || as_approved(record);
    let mut expected = match connection.engine.mapping(record, references).await? {
        Mapping::Skip(reason) => Expected { key, unwanted: Some(reason), reason: None, document: raw() },
        Mapping::Draft { document, .. } | Mapping::Wait { document, .. } => {
            let document = as_drafted(&document).unwrap_or_else(raw);
            Expected { key, unwanted: None, reason: head.and_then(why_not_there), document }
        }
        Mapping::Hold(missing) => {
            let words: Vec<String> = missing.iter().map(ToString::to_string).collect();
            // What was posted stays what it was, even if its supplier may not be used any more.
            let document = match head {
                Some(head) if head.state.target().is_some() => sent(connection, head).await?,
                _ => None,
            };
            let posted = document.is_some();
            Expected {
                key,
                unwanted: None,
                reason: if posted { None } else { Some(format!("held: {}", words.join("; "))) },
                document: document.unwrap_or_else(raw),
            }
        }
    };
    if let Some(TargetRef(number)) = head.and_then(target) {
        expected.document.number = number;
    }
    Ok(expected)
}

/// Why the ledger knows that it is not there.
fn why_not_there(head: &Head) -> Option<String> {
    if head.state.target().is_some() {
        return None;
    }
    let state = head.state.name();
    Some(match head.concern() {
        Some(concern) => format!("{state}: {concern}"),
        None => state.to_string(),
    })
}

/// The document that was sent last, unless the order has changed since.
async fn sent(connection: &Connection, head: &Head) -> Result<Option<Document>, SyncError> {
    if head.is_behind() {
        return Ok(None);
    }
    let history = connection.engine.store().history(&head.key).await.map_err(EngineError::from)?;
    let sent = history.iter().rev().find_map(|event| match &event.change {
        Change::Intended { document, .. } => Some(document),
        Change::Amending { document, .. } => document.as_ref(),
        _ => None,
    });
    Ok(sent.and_then(as_drafted))
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
