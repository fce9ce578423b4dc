//! Purchase orders from Procurify, those changed since a cursor, each with its lines.

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use procurify_client::{OrderBy, PurchaseOrder, Reader, Role, Status};
use serde::{Deserialize, Serialize};
use sync_core::{Batch, ConnectionId, Cursor, Failure, FailureKind, Known, Record, RecordKey, Source, SourceError};
use tenant_http::Traced;

use super::KIND;
use super::lines::LineReader;
use super::order::{ApprovedOrder, ReadOrder, lifecycle, stamp};
use crate::failure::of_call;
use crate::reading::{Position, Scope, changed, pages, reaches_back};
use crate::reconcile::Period;

/// How purchase orders are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSettings {
    /// Records a page. Default 100, which Procurify is known to take; 500 needs a fifth of the calls.
    pub page_size: u64,
    /// Orders that one poll takes into the ledger, rounded up to whole pages. Default 1,000.
    pub orders_per_poll: u64,
    /// Only orders created on this day (UTC) or later; all by default. Set to an earlier day later on, everything is
    /// read once more.
    pub created_from: Option<NaiveDate>,
    /// Whether custom fields are read too, which costs a call for each order that has changed. Default: only if the
    /// mapper needs them. Orders that were read before keep what was read then, until they change.
    pub custom_fields: bool,
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self { page_size: 100, orders_per_poll: 1_000, created_from: None, custom_fields: false }
    }
}

/// The first day that orders are wanted of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct CreatedFrom {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_from: Option<NaiveDate>,
}

impl Scope for CreatedFrom {
    fn is_within(&self, kept: &Self) -> bool {
        reaches_back(kept.created_from, self.created_from)
    }
}

/// Gives purchase orders, each with its lines, as [`ApprovedOrder`]s.
///
/// An order is noticed when Procurify moves its last modification: an edit of a line that does not move it is seen
/// with the order's next change.
pub struct PurchaseOrderSource {
    connection: ConnectionId,
    procurify: Reader,
    lines: LineReader,
    settings: SourceSettings,
}

impl PurchaseOrderSource {
    /// A source of a tenant's orders, whose records bear this connection's name. What it reads by cannot write.
    pub fn new(connection: ConnectionId, procurify: Reader, settings: SourceSettings) -> Self {
        let lines = LineReader::new(procurify.clone(), settings.page_size.max(1), settings.custom_fields);
        Self { connection, procurify, lines, settings }
    }

    /// The orders created within these days, widened by one each way for the tenant's time zone, each with its lines.
    pub(crate) async fn created(&self, period: Period) -> Result<Vec<Record>, Failure> {
        let mut list = self.procurify.purchase_orders().list(Role::Purchased, Status::All);
        if let Some(first) = period.first.or(self.settings.created_from) {
            list = list.created_since(first - TimeDelta::days(1));
        }
        if let Some(last) = period.last {
            list = list.created_until(last + TimeDelta::days(1));
        }
        let list = list.order_by(OrderBy::ascending("procurify_PO")).page_size(self.settings.page_size);
        let mut orders = list.all().await.map_err(|error| of_call(&error))?;
        orders.retain(|order| self.is_wanted(order));
        self.lines.forget();
        let mut records = Vec::with_capacity(orders.len());
        let together = usize::try_from(self.settings.orders_per_poll.max(1)).unwrap_or(usize::MAX);
        while !orders.is_empty() {
            let now = orders.drain(..together.min(orders.len()));
            let now = now.map(|order| Traced::new(order, tenant_http::RequestIds::none())).collect();
            for read in self.lines.lines(now).await.map_err(|error| of_call(&error))? {
                records.push(self.record(read)?);
            }
        }
        Ok(records)
    }

    fn is_wanted(&self, order: &PurchaseOrder) -> bool {
        self.settings.created_from.is_none_or(|first| order.date.is_none_or(|date| date.date_naive() >= first))
    }

    fn key(&self, order: &PurchaseOrder) -> RecordKey {
        RecordKey::new(self.connection.clone(), KIND.into(), order.procurify_po.to_string())
    }

    fn record(&self, read: Traced<ReadOrder>) -> Result<Record, Failure> {
        let Traced { value: read, request_ids } = read;
        let (key, stamp, lifecycle) = (self.key(&read.order), stamp(&read.order), lifecycle(&read.order));
        let order = ApprovedOrder::new(read);
        let revision = order.revision();
        let payload = serde_json::to_value(&order)
            .map_err(|error| Failure::new(FailureKind::Other, format!("{key} cannot be kept: {error}")))?;
        Ok(Record { key, revision, stamp, lifecycle, payload, request_ids: request_ids.iter().collect() })
    }
}

#[async_trait]
impl Source for PurchaseOrderSource {
    async fn poll(&self, after: Option<&Cursor>, known: &dyn Known) -> Result<Batch, SourceError> {
        let settings = &self.settings;
        let position = Position::read(after, &CreatedFrom { created_from: settings.created_from })?;
        if !position.place.is_within_a_scan() {
            self.lines.forget();
        }
        let changes = self.procurify.purchase_orders().changes_since(&position.place);
        let (mut orders, place, more) =
            pages(changes, settings.page_size, settings.orders_per_poll, &position.place).await?;
        orders.retain(|order| self.is_wanted(order));
        let (touched, unchanged) = changed(orders, known, |order| (self.key(order), stamp(order))).await?;
        let next = Position { place, ..position };
        let complete = self.lines.lines(touched).await.map_err(|error| of_call(&error))?;
        let records: Result<Vec<Record>, Failure> = complete.into_iter().map(|read| self.record(read)).collect();
        Ok(Batch { records: records?, unchanged, next: next.write()?, more })
    }
}

#[cfg(test)]
mod tests {
    use procurify_client::Cursor as Place;

    use super::*;

    fn day(day: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(2026, 11, day)
    }

    #[test]
    fn what_was_left_out_then_and_is_wanted_now_is_read_from_the_beginning() {
        let started = Place::since(chrono::DateTime::UNIX_EPOCH);
        for (kept, wanted, goes_on) in [
            (None, None, true),
            (None, day(5), true),
            (day(5), day(5), true),
            (day(5), day(9), true),
            (day(5), day(2), false),
            (day(5), None, false),
        ] {
            let cursor =
                Position { place: started.clone(), scope: CreatedFrom { created_from: kept } }.write().unwrap();
            let read = Position::read(Some(&cursor), &CreatedFrom { created_from: wanted }).unwrap();
            assert_eq!(read.place == started, goes_on, "{kept:?} to {wanted:?}");
            assert_eq!(read.scope.created_from, wanted);
        }
    }
}
