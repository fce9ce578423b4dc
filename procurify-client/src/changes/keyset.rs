//! Payments, which are ordered by a time that many of them may share: each page goes on from the last time, not from a
//! page's number.
//!
//! A time that more share than a page holds is read by itself, until as many different ones have come as there are, for
//! among them the server may keep no order. There only those are counted that were last updated before the scan began:
//! their number can but fall, and whenever it does they are counted anew.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream::{self, BoxStream, StreamExt};
use tenant_http::{Error, Page};

use super::cursor::Place;
use super::{Batch, Changes, Cursor, protocol_error};
use crate::{List, OrderBy, PaymentId, PaymentResponse};

/// Larger pages are not asked for by ourselves, to have all of one time in one.
const LARGEST_PAGE: u64 = 1000;
/// So many times over all pages of one time are read without anything new before it is given up.
const PASSES: u64 = 20;

struct Scan {
    list: List<PaymentResponse>,
    cursor: Cursor,
    overlap: TimeDelta,
    size: u64,
    started: Option<DateTime<Utc>>,
    /// Everything created before it was read.
    from: Option<DateTime<Utc>>,
    tie: Option<Tie>,
}

/// Payments of one time, of which a page holds only a part.
struct Tie {
    at: DateTime<Utc>,
    page: u64,
    seen: HashSet<PaymentId>,
    count: Option<u64>,
    /// Pages since one had anything new.
    barren: u64,
}

impl Tie {
    fn at(at: DateTime<Utc>) -> Self {
        Self { at, page: 1, seen: HashSet::new(), count: None, barren: 0 }
    }

    /// Takes a page in; whether this was all.
    fn add(&mut self, page: &Page<PaymentResponse>) -> bool {
        if self.count != Some(page.count) {
            self.seen.clear();
            self.count = Some(page.count);
        }
        let known = self.seen.len();
        self.seen.extend(page.items.iter().map(|payment| payment.id));
        self.barren = if self.seen.len() > known { 0 } else { self.barren + 1 };
        self.page = if page.page < page.num_pages { page.page + 1 } else { 1 };
        u64::try_from(self.seen.len()).is_ok_and(|seen| seen >= page.count)
    }
}

pub(super) fn batches(changes: Changes<PaymentResponse>) -> BoxStream<'static, Result<Batch<PaymentResponse>, Error>> {
    let Changes { list, cursor, page_size, overlap, .. } = changes;
    let list = cursor.time().map_or_else(|| list.clone(), |time| list.clone().modified_since(time));
    let place = cursor.place();
    let scan = Scan {
        list: list.order_by(OrderBy::ascending("created_at")),
        started: place.map(|place| place.started),
        from: place.and_then(|place| DateTime::from_timestamp_micros(place.last)),
        cursor,
        overlap,
        size: page_size,
        tie: None,
    };
    let next = |scan: Option<Scan>| async move {
        let Some(mut scan) = scan else { return Ok(None) };
        let batch = scan.next_batch().await?;
        let rest = (!batch.is_last).then_some(scan);
        Ok::<_, Error>(Some((batch, rest)))
    };
    stream::try_unfold(Some(scan), next).boxed()
}

impl Scan {
    async fn next_batch(&mut self) -> Result<Batch<PaymentResponse>, Error> {
        match self.tie.take() {
            Some(tie) => self.read_tie(tie).await,
            None => self.read_on().await,
        }
    }

    async fn read_on(&mut self) -> Result<Batch<PaymentResponse>, Error> {
        loop {
            let rest = self.from.map_or_else(|| self.list.clone(), |from| self.list.clone().created_since(from));
            let page = self.fetch(&rest, 1).await?;
            let times = self.times(&page)?;
            let has_more = page.page < page.num_pages;
            let (Some(first), Some(last)) = (times.first(), times.last()) else {
                return if has_more { Err(self.error("a page is empty that is not the last")) } else { self.end(page) };
            };
            if self.from.is_some_and(|from| *first < from) {
                return Err(self.error("the server gives what was created before the time that was asked for"));
            }
            if !has_more {
                return self.end(page);
            }
            if first == last {
                let is_full = u64::try_from(page.items.len()).is_ok_and(|len| len >= self.size);
                if is_full && self.size < LARGEST_PAGE {
                    self.size = (self.size * 2).min(LARGEST_PAGE);
                    continue;
                }
                self.tie = Some(Tie::at(*last));
            }
            self.from = Some(*last);
            return self.batch(page);
        }
    }

    async fn read_tie(&mut self, mut tie: Tie) -> Result<Batch<PaymentResponse>, Error> {
        let mut list = self.list.clone().created_since(tie.at).created_until(tie.at);
        if let Some(started) = self.started {
            list = list.modified_until(started);
        }
        let page = self.fetch(&list, tie.page).await?;
        self.times(&page)?;
        let patience = PASSES.saturating_mul(page.num_pages.max(1));
        if tie.add(&page) {
            self.from = Some(tie.at + TimeDelta::microseconds(1));
        } else if tie.barren > patience {
            return Err(self.error("many records share one time, and the server does not give as many as it counts"));
        } else {
            self.tie = Some(tie);
        }
        self.batch(page)
    }

    async fn fetch(&mut self, list: &List<PaymentResponse>, number: u64) -> Result<Page<PaymentResponse>, Error> {
        let page = match list.fetch(number, self.size).await? {
            // The list has become shorter.
            None if number > 1 => list.fetch(1, self.size).await?,
            found => found,
        };
        let page = page.ok_or_else(|| self.error("the list has no first page"))?;
        if self.started.is_none() {
            self.started = Some(page.server_date.ok_or_else(|| self.error(super::NO_CLOCK))?);
        }
        Ok(page)
    }

    fn times(&self, page: &Page<PaymentResponse>) -> Result<Vec<DateTime<Utc>>, Error> {
        let times: Option<Vec<_>> = page.items.iter().map(|payment| payment.created_at).collect();
        let times = times.ok_or_else(|| self.error("a payment has no time of its creation"))?;
        if times.is_sorted() { Ok(times) } else { Err(self.error(super::NO_ORDER)) }
    }

    fn batch(&self, page: Page<PaymentResponse>) -> Result<Batch<PaymentResponse>, Error> {
        let (Some(started), Some(from)) = (self.started, self.from) else { return self.end(page) };
        let cursor = self.cursor.at(Place { started, read: 0, last: from.timestamp_micros() });
        Ok(Batch { records: page.items, cursor, is_last: false, request_ids: page.request_ids })
    }

    fn end(&self, page: Page<PaymentResponse>) -> Result<Batch<PaymentResponse>, Error> {
        let started = self.started.ok_or_else(|| self.error(super::NO_CLOCK))?;
        let cursor = Cursor::after(started, self.overlap);
        Ok(Batch { records: page.items, cursor, is_last: true, request_ids: page.request_ids })
    }

    fn error(&self, what: &str) -> Error {
        protocol_error(self.list.path(), what, "created_at")
    }
}
