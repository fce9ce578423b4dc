//! Purchase orders from Procurify, those changed since a cursor, each with its lines.

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use procurify_client::{OrderBy, PoNumber, PurchaseOrder, Reader, Role, Status};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync_core::{
    Batch, ConnectionId, Cursor, Failure, FailureKind, Known, Record, RecordKey, Revision, Source, SourceError,
};
use tenant_http::{RequestIds, Traced};

use super::KIND;
use super::lines::LineReader;
use super::order::{ApprovedOrder, lifecycle, stamp};
use crate::details::{Unread, known_whole};
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

/// What is read, and what could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Reading {
    /// The first day that orders are wanted of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_from: Option<NaiveDate>,
    /// Orders whose lines could not be read. Procurify need not list them again, so they are asked for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unread: BTreeSet<PoNumber>,
}

impl Scope for Reading {
    fn is_within(&self, kept: &Self) -> bool {
        reaches_back(kept.created_from, self.created_from)
    }

    fn going_on(self, kept: Self) -> Self {
        Self { unread: kept.unread, ..self }
    }
}

/// Gives purchase orders, each with its lines, as [`ApprovedOrder`]s.
///
/// An order is noticed when Procurify moves its last modification: an edit of a line that does not move it is seen
/// with the order's next change.
///
/// An order whose lines Procurify refuses, or shows in a way that cannot be read, is given as lists show it, with the
/// reason; it is asked for again with each later scan.
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
            let now = now.map(|order| Traced::new(order, RequestIds::none())).collect();
            records.extend(self.records(now, &HashSet::new(), &mut BTreeSet::new()).await?);
        }
        Ok(records)
    }

    /// An order of the ledger as Procurify has it now; none if it is gone.
    pub(crate) async fn reread(&self, kept: &Record) -> Result<Option<Record>, Unread> {
        let Ok(number) = kept.key.id().parse() else { return Ok(Some(kept.clone())) };
        let read = self.lines.detail(PoNumber(number)).await?;
        Ok(read.map(|read| self.record(&read.map(ApprovedOrder::new))).transpose()?)
    }

    fn is_wanted(&self, order: &PurchaseOrder) -> bool {
        self.settings.created_from.is_none_or(|first| order.date.is_none_or(|date| date.date_naive() >= first))
    }

    fn key(&self, order: &PurchaseOrder) -> RecordKey {
        RecordKey::new(self.connection.clone(), KIND.into(), order.procurify_po.to_string())
    }

    /// Orders as they are to be kept. Of orders that were read `whole` before and cannot be read now, what is known
    /// stands until they can be read again.
    async fn records(
        &self,
        orders: Vec<Traced<PurchaseOrder>>,
        whole: &HashSet<RecordKey>,
        unread: &mut BTreeSet<PoNumber>,
    ) -> Result<Vec<Record>, Failure> {
        let details = self.lines.lines(orders).await?;
        let whole_now = details.read.into_iter().map(|read| read.map(ApprovedOrder::new));
        let mut approved: Vec<Traced<ApprovedOrder>> = whole_now.collect();
        for (order, why) in details.unread {
            unread.insert(order.procurify_po);
            if !whole.contains(&self.key(&order)) {
                approved.push(order.map(|order| ApprovedOrder::as_listed(order, why.reason)));
            }
        }
        approved.iter().map(|order| self.record(order)).collect()
    }

    /// Those that could not be read before and can be now.
    async fn again(&self, unread: &mut BTreeSet<PoNumber>) -> Result<Vec<Record>, Failure> {
        let mut records = Vec::new();
        for number in unread.clone() {
            match self.lines.detail(number).await {
                Ok(read) => {
                    unread.remove(&number);
                    if let Some(read) = read {
                        records.push(self.record(&read.map(ApprovedOrder::new))?);
                    }
                }
                Err(why) => tracing::warn!(%number, why = why.failure.message, "an order can still not be read"),
            }
        }
        Ok(records)
    }

    fn record(&self, order: &Traced<ApprovedOrder>) -> Result<Record, Failure> {
        let (key, stamp, lifecycle) = (self.key(&order.order), order.stamp(), lifecycle(&order.order));
        let revision = order.revision();
        let payload = serde_json::to_value(&order.value)
            .map_err(|error| Failure::new(FailureKind::Other, format!("{key} cannot be kept: {error}")))?;
        Ok(Record { key, revision, stamp, lifecycle, payload, request_ids: order.request_ids.iter().collect() })
    }
}

#[async_trait]
impl Source for PurchaseOrderSource {
    fn revision_of(&self, payload: &Value) -> Option<Revision> {
        ApprovedOrder::deserialize(payload).ok().map(|order| order.revision())
    }

    async fn poll(&self, after: Option<&Cursor>, known: &dyn Known) -> Result<Batch, SourceError> {
        let settings = &self.settings;
        let scope = Reading { created_from: settings.created_from, unread: BTreeSet::new() };
        let Position { place: from, mut scope } = Position::read(after, &scope)?;
        if !from.is_within_a_scan() {
            self.lines.forget();
        }
        let changes = self.procurify.purchase_orders().changes_since(&from);
        let (mut orders, place, more) = pages(changes, settings.page_size, settings.orders_per_poll, &from).await?;
        orders.retain(|order| self.is_wanted(order));
        let (touched, unchanged) = changed(orders, known, |order| (self.key(order), stamp(order))).await?;
        for order in &touched {
            scope.unread.remove(&order.procurify_po);
        }
        let again = if from.is_within_a_scan() { Vec::new() } else { self.again(&mut scope.unread).await? };
        let whole = known_whole(touched.iter().map(|order| self.key(order)).collect(), known).await?;
        let mut records = self.records(touched, &whole, &mut scope.unread).await?;
        records.extend(again);
        let next = Position { place, scope }.write()?;
        Ok(Batch { records, unchanged, next, more })
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
            let scope = |created_from| Reading { created_from, unread: BTreeSet::new() };
            let mut kept_scope = scope(kept);
            kept_scope.unread.insert(PoNumber(7));
            let cursor = Position { place: started.clone(), scope: kept_scope }.write().unwrap();
            let read = Position::read(Some(&cursor), &scope(wanted)).unwrap();
            assert_eq!(read.scope.unread.len(), usize::from(goes_on), "the whole is read again, or what could not be");
            assert_eq!(read.place == started, goes_on, "{kept:?} to {wanted:?}");
            assert_eq!(read.scope.created_from, wanted);
        }
    }
}
