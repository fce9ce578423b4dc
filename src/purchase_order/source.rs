//! Purchase orders from Procurify, those changed since a cursor, each with its lines.

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use futures_util::StreamExt;
use procurify_client::{OrderBy, ProcurifyClient, PurchaseOrder, Role, Status};
use sync_core::{Batch, ConnectionId, Cursor, Failure, FailureKind, Known, Record, RecordKey, Source, SourceError};

use super::KIND;
use super::cursor::Position;
use super::lines::LineReader;
use super::order::{ApprovedOrder, OrderLine, lifecycle, stamp};
use crate::failure::of_call;
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
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self { page_size: 100, orders_per_poll: 1_000, created_from: None }
    }
}

/// Gives purchase orders, each with its lines, as [`ApprovedOrder`]s.
///
/// An order is noticed when Procurify moves its last modification: an edit of a line that does not move it is seen
/// with the order's next change.
pub struct PurchaseOrderSource {
    connection: ConnectionId,
    procurify: ProcurifyClient,
    lines: LineReader,
    settings: SourceSettings,
}

impl PurchaseOrderSource {
    /// A source of a tenant's orders, whose records bear this connection's name.
    pub fn new(connection: ConnectionId, procurify: ProcurifyClient, settings: SourceSettings) -> Self {
        let lines = LineReader::new(procurify.clone(), settings.page_size.max(1));
        Self { connection, procurify, lines, settings }
    }

    /// Orders of the next pages, where to go on, and whether there are more.
    async fn pages(&self, position: &Position) -> Result<(Vec<PurchaseOrder>, Position, bool), Failure> {
        let changes = self.procurify.purchase_orders().changes_since(&position.place);
        // Nothing is fetched ahead that this poll would not take in.
        let mut batches = changes.page_size(self.settings.page_size).prefetch(1).batches();
        let mut orders = Vec::new();
        let mut position = position.clone();
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| of_call(&error))?;
            position.place = batch.cursor;
            orders.extend(batch.records);
            let enough = u64::try_from(orders.len()).is_ok_and(|read| read >= self.settings.orders_per_poll);
            if batch.is_last || enough {
                return Ok((orders, position, !batch.is_last));
            }
        }
        Ok((orders, position, false))
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
            let now = orders.drain(..together.min(orders.len())).collect();
            for (order, lines) in self.lines.lines(now).await.map_err(|error| of_call(&error))? {
                records.push(self.record(order, lines)?);
            }
        }
        Ok(records)
    }

    fn is_wanted(&self, order: &PurchaseOrder) -> bool {
        self.settings.created_from.is_none_or(|first| order.date.is_none_or(|date| date.date_naive() >= first))
    }

    /// The orders that are not known as they are, and how many are.
    async fn changed(
        &self,
        orders: Vec<PurchaseOrder>,
        known: &dyn Known,
    ) -> Result<(Vec<PurchaseOrder>, u64), SourceError> {
        let keys: Vec<RecordKey> = orders.iter().map(|order| self.key(order)).collect();
        let stamps = known.stamps(&keys).await?;
        let (changed, same): (Vec<_>, Vec<_>) =
            orders.into_iter().zip(stamps).partition(|(order, seen)| seen.as_ref() != Some(&stamp(order)));
        let changed = changed.into_iter().map(|(order, _)| order).collect();
        Ok((changed, u64::try_from(same.len()).unwrap_or(u64::MAX)))
    }

    fn key(&self, order: &PurchaseOrder) -> RecordKey {
        RecordKey::new(self.connection.clone(), KIND.into(), order.procurify_po.to_string())
    }

    fn record(&self, order: PurchaseOrder, lines: Vec<OrderLine>) -> Result<Record, Failure> {
        let (key, stamp, lifecycle) = (self.key(&order), stamp(&order), lifecycle(&order));
        let order = ApprovedOrder::new(order, lines);
        let revision = order.revision();
        let payload = serde_json::to_value(&order)
            .map_err(|error| Failure::new(FailureKind::Other, format!("{key} cannot be kept: {error}")))?;
        Ok(Record { key, revision, stamp, lifecycle, payload })
    }
}

#[async_trait]
impl Source for PurchaseOrderSource {
    async fn poll(&self, after: Option<&Cursor>, known: &dyn Known) -> Result<Batch, SourceError> {
        let position = Position::read(after, self.settings.created_from)?;
        if !position.place.is_within_a_scan() {
            self.lines.forget();
        }
        let (mut orders, next, more) = self.pages(&position).await?;
        orders.retain(|order| self.is_wanted(order));
        let (changed, unchanged) = self.changed(orders, known).await?;
        let complete = self.lines.lines(changed).await.map_err(|error| of_call(&error))?;
        let records: Result<Vec<Record>, Failure> =
            complete.into_iter().map(|(order, lines)| self.record(order, lines)).collect();
        Ok(Batch { records: records?, unchanged, next: next.write()?, more })
    }
}
