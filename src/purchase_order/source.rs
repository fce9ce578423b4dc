//! Purchase orders from Procurify, those changed since a cursor.
//!
//! Orders are filtered by the *day* of their last change and come in numbered pages. So the scan is in
//! the order of a number that never changes, with a lower bound only, and the next cursor is the
//! server's time when the scan began, less an overlap. If the server counts fewer orders than before
//! while a scan is under way, pages have moved up, and as many are read again.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use procurify_client::{OrderBy, ProcurifyClient, PurchaseOrder, Role, Status};
use sync_core::{Batch, ConnectionId, Cursor, Failure, FailureKind, Known, Record, RecordKey, Source, SourceError};

use super::KIND;
use super::cursor::{Position, Scan};
use super::lines::LineReader;
use super::order::{ApprovedOrder, lifecycle, stamp};
use crate::failure::of_call;

/// How purchase orders are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSettings {
    /// Records a page. Default 100, which Procurify is known to take; 500 needs a fifth of the calls.
    pub page_size: u64,
    /// Orders that one poll takes into the ledger, rounded up to whole pages. Default 1,000.
    pub orders_per_poll: u64,
    /// Only orders created on this day or later; all by default.
    pub created_from: Option<NaiveDate>,
    /// How far a poll reaches back behind the beginning of the last one. Default 10 minutes, for
    /// changes that were under way when it began.
    pub overlap: Duration,
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self { page_size: 100, orders_per_poll: 1_000, created_from: None, overlap: Duration::from_secs(600) }
    }
}

/// Gives purchase orders, each with its lines, as [`ApprovedOrder`]s.
pub struct PurchaseOrderSource {
    connection: ConnectionId,
    procurify: ProcurifyClient,
    lines: LineReader,
    settings: SourceSettings,
}

/// Pages of one poll.
struct Pages {
    orders: Vec<PurchaseOrder>,
    scan: Scan,
    more: bool,
}

impl PurchaseOrderSource {
    /// A source of a tenant's orders, whose records bear this connection's name.
    pub fn new(connection: ConnectionId, procurify: ProcurifyClient, settings: SourceSettings) -> Self {
        let lines = LineReader::new(procurify.clone(), settings.page_size.max(1));
        Self { connection, procurify, lines, settings }
    }

    async fn pages(&self, since: Option<DateTime<Utc>>, scan: Option<Scan>) -> Result<Pages, Failure> {
        let page_size = scan.as_ref().map_or(self.settings.page_size.max(1), |scan| u64::from(scan.page_size));
        let mut list = self
            .procurify
            .purchase_orders()
            .list(Role::Purchased, Status::All)
            .order_by(OrderBy::ascending("procurify_PO"))
            .page_size(page_size);
        if let Some(day) = self.settings.created_from {
            list = list.created_since(day);
        }
        if let Some(since) = since {
            // A day of the server's may begin up to a day before or after one of ours.
            list = list.modified_since(since.date_naive() - TimeDelta::days(1));
        }
        let mut orders = Vec::new();
        let mut next = scan.as_ref().map_or(1, |scan| u64::from(scan.page));
        let mut scan = scan;
        loop {
            let page = list.send_page(next).await.map_err(|error| of_call(&error))?;
            let started = match (&scan, page.server_date) {
                (Some(scan), _) => scan.started,
                (None, Some(date)) => date,
                (None, None) => return Err(no_clock()),
            };
            let shrunk_by = scan.as_ref().map_or(0, |scan| scan.count.saturating_sub(page.count));
            if shrunk_by > 0 && next > 1 {
                next = next.saturating_sub(shrunk_by.div_ceil(page_size)).max(1);
                scan = Some(at(started, next, page.count, page_size)?);
                continue;
            }
            let more = page.page < page.num_pages && !page.items.is_empty();
            next = page.page + 1;
            orders.extend(page.items);
            let position = at(started, next, page.count, page_size)?;
            if !more || u64::try_from(orders.len()).is_ok_and(|read| read >= self.settings.orders_per_poll) {
                return Ok(Pages { orders, scan: position, more });
            }
            scan = Some(position);
        }
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

    fn record(&self, order: PurchaseOrder, lines: Vec<super::OrderLine>) -> Result<Record, Failure> {
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
        let position = Position::read(after)?;
        let Pages { orders, scan, more } = self.pages(position.since, position.scan).await?;
        let (changed, unchanged) = self.changed(orders, known).await?;
        let lines = self.lines.lines(&changed).await.map_err(|error| of_call(&error))?;
        let mut records = Vec::with_capacity(changed.len());
        for (order, lines) in changed.into_iter().zip(lines) {
            // An order that vanished between list and detail was deleted: there is nothing to post.
            if let Some(lines) = lines {
                records.push(self.record(order, lines)?);
            }
        }
        let next = if more {
            Position { since: position.since, scan: Some(scan) }
        } else {
            let overlap = TimeDelta::from_std(self.settings.overlap).unwrap_or(TimeDelta::MAX);
            Position { since: Some(scan.started - overlap), scan: None }
        };
        Ok(Batch { records, unchanged, next: next.write()?, more })
    }
}

fn at(started: DateTime<Utc>, page: u64, count: u64, page_size: u64) -> Result<Scan, Failure> {
    let small = |number: u64| {
        u32::try_from(number)
            .map_err(|_| Failure::new(FailureKind::Other, format!("page {number} is beyond all reason")))
    };
    Ok(Scan { started, page: small(page)?, count, page_size: small(page_size)? })
}

fn no_clock() -> Failure {
    let message =
        "Procurify's answer has no Date header, by which the next poll's start is set: is a proxy removing it?";
    Failure::new(FailureKind::Other, message)
}
