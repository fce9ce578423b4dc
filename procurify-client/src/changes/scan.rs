//! The scan: windows fetched ahead, joined or read again from further back.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream, FuturesOrdered, StreamExt};
use tenant_http::{Error, Page};

use super::cursor::Place;
use super::tracked::ById;
use super::window::Window;
use super::{Batch, Changes, Cursor, protocol_error};
use crate::{List, OrderBy};

type Fetch<T> = Pin<Box<dyn Future<Output = Result<Option<Page<T>>, Error>> + Send>>;

struct Scan<T> {
    list: Arc<List<T>>,
    cursor: Cursor,
    place: Option<Place>,
    overlap: chrono::TimeDelta,
    ahead: usize,
    largest: u64,
    /// The server gives no more than `largest` a page, whatever is asked for.
    capped: bool,
    /// The record that the next window must reach back to, numbered from 0.
    reach_back_to: u64,
    /// How far the last step back was.
    stepped_back: u64,
    /// Records in the list when last told.
    count: Option<u64>,
    windows: VecDeque<Window>,
    under_way: FuturesOrdered<Fetch<T>>,
}

/// What a page turned out to be.
enum Read<T> {
    Batch(Batch<T>),
    /// It does not join what was read: ask again, from elsewhere or in another size.
    Again,
}

pub(super) fn batches<T: ById>(changes: Changes<T>) -> BoxStream<'static, Result<Batch<T>, Error>> {
    let Changes { list, cursor, page_size, ahead, overlap } = changes;
    let list = cursor.time().map_or_else(|| list.clone(), |time| T::from(list.clone(), time));
    let place = cursor.place();
    let scan = Scan {
        list: Arc::new(list.order_by(OrderBy::ascending(T::ORDER))),
        reach_back_to: place.map_or(0, last_read),
        cursor,
        place,
        overlap,
        ahead: ahead.max(1),
        largest: page_size.max(2),
        capped: false,
        stepped_back: 0,
        count: None,
        windows: VecDeque::new(),
        under_way: FuturesOrdered::new(),
    };
    let next = |scan: Option<Scan<T>>| async move {
        let Some(mut scan) = scan else { return Ok(None) };
        let batch = scan.next_batch().await?;
        let rest = (!batch.is_last).then_some(scan);
        Ok::<_, Error>(Some((batch, rest)))
    };
    stream::try_unfold(Some(scan), next).boxed()
}

/// The last record read, numbered from 0.
fn last_read(place: Place) -> u64 {
    place.read.saturating_sub(1)
}

impl<T: ById> Scan<T> {
    async fn next_batch(&mut self) -> Result<Batch<T>, Error> {
        loop {
            self.fetch_ahead();
            let answer = self.under_way.next().await;
            let (Some(answer), Some(window)) = (answer, self.windows.pop_front()) else {
                return Err(self.error("no page was under way"));
            };
            match self.read(window, answer?)? {
                Read::Batch(batch) => return Ok(batch),
                Read::Again => {
                    self.windows.clear();
                    self.under_way = FuturesOrdered::new();
                }
            }
        }
    }

    /// Asks for the next windows, taking those under way for full.
    fn fetch_ahead(&mut self) {
        // Only an answer tells how long the list is.
        let ahead = if self.count.is_some() { self.ahead } else { 1 };
        while self.windows.len() < ahead {
            let at = self.windows.back().map_or(self.reach_back_to, |window| window.end() - 1);
            let beyond_the_end = self.count.is_some_and(|count| at + 1 >= count);
            if beyond_the_end && !self.windows.is_empty() {
                return;
            }
            let window = Window::over(at, self.largest);
            let list = Arc::clone(&self.list);
            self.windows.push_back(window);
            self.under_way.push_back(Box::pin(async move { list.fetch(window.page, window.size).await }));
        }
    }

    fn read(&mut self, window: Window, page: Option<Page<T>>) -> Result<Read<T>, Error> {
        let Some(page) = page.filter(|page| !page.items.is_empty() || window.start() == 0) else {
            // The list has become shorter than what was read of it.
            return Ok(self.step_back());
        };
        self.count = Some(page.count);
        let len = u64::try_from(page.items.len()).unwrap_or(u64::MAX);
        let has_more = page.page < page.num_pages;
        if has_more && len < window.size {
            return self.accept_smaller_pages(len);
        }
        let keys = self.keys(&page)?;
        if !self.joins(window, &keys) {
            return Ok(self.step_back());
        }
        let started = self.started(&page)?;
        let known = self.place.map(|place| place.last);
        let place = self.place_after(window, len, &keys, started);
        let request_ids = page.request_ids;
        let records = page.items.into_iter().zip(&keys);
        let is_new = |key: i64| known.is_none_or(|last| key > last);
        let records = records.filter(|(_, key)| is_new(**key)).map(|(record, _)| record).collect();
        self.stepped_back = 0;
        if let Some(place) = place {
            self.reach_back_to = last_read(place);
            self.place = Some(place);
        }
        let cursor = match place {
            Some(place) if has_more => self.cursor.at(place),
            _ => Cursor::after(started, self.overlap),
        };
        Ok(Read::Batch(Batch { records, cursor, is_last: !has_more, request_ids }))
    }

    /// Whether nothing can have slipped through between what was read and this window.
    fn joins(&self, window: Window, keys: &[i64]) -> bool {
        let (Some(place), Some(first)) = (self.place, keys.first()) else {
            return true;
        };
        window.start() == 0 || *first <= place.last
    }

    /// Where the scan is after a window; where it was, if all of the window was known.
    fn place_after(&self, window: Window, len: u64, keys: &[i64], started: DateTime<Utc>) -> Option<Place> {
        let last = *keys.last()?;
        if self.place.is_some_and(|place| last < place.last) {
            return self.place.map(|place| Place { read: window.start() + len, ..place });
        }
        Some(Place { started, read: window.start() + len, last })
    }

    fn step_back(&mut self) -> Read<T> {
        self.stepped_back = (self.stepped_back * 2).max(self.largest);
        self.reach_back_to = self.reach_back_to.saturating_sub(self.stepped_back);
        tracing::debug!(to = self.reach_back_to, "pages do not join, reading again from further back");
        Read::Again
    }

    /// The server gives fewer records a page than it was asked for: so do we.
    fn accept_smaller_pages(&mut self, given: u64) -> Result<Read<T>, Error> {
        if given < 2 || given >= self.largest && self.capped {
            return Err(self.error("the server's pages are of another size than asked for and change"));
        }
        self.largest = given;
        self.capped = true;
        if let Some(place) = self.place {
            self.reach_back_to = last_read(place);
        }
        Ok(Read::Again)
    }

    fn keys(&self, page: &Page<T>) -> Result<Vec<i64>, Error> {
        let keys: Vec<i64> = page.items.iter().map(T::key).collect();
        let in_order = keys.windows(2).all(|pair| pair[0] < pair[1]);
        if in_order { Ok(keys) } else { Err(self.error(super::NO_ORDER)) }
    }

    fn started(&self, page: &Page<T>) -> Result<DateTime<Utc>, Error> {
        let known = self.place.map(|place| place.started).or(page.server_date);
        known.ok_or_else(|| self.error(super::NO_CLOCK))
    }

    fn error(&self, what: &str) -> Error {
        protocol_error(self.list.path(), what, T::ORDER)
    }
}
