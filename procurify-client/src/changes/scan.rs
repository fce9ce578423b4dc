//! The scan: windows fetched ahead, joined or read again from further back.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream, FuturesOrdered, StreamExt};
use tenant_http::{Error, ErrorKind, Outcome, Page};

use super::cursor::Place;
use super::window::Window;
use super::{Batch, Changes, Cursor, Tracked};
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
    done: bool,
}

/// What a page turned out to be.
enum Read<T> {
    Batch(Batch<T>),
    /// It does not join what was read: ask again, from elsewhere or in another size.
    Again,
}

pub(super) fn batches<T: Tracked>(changes: Changes<T>) -> BoxStream<'static, Result<Batch<T>, Error>> {
    let Changes { list, cursor, page_size, ahead, overlap } = changes;
    let list = cursor.time().map_or_else(|| list.clone(), |time| T::from(list.clone(), time));
    let place = cursor.place();
    let scan = Scan {
        list: Arc::new(list.order_by(OrderBy::ascending(T::ORDER))),
        reach_back_to: place.map_or(0, reach_back_to::<T>),
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
        done: false,
    };
    stream::unfold(Some(scan), |scan| async move {
        let mut scan = scan.filter(|scan| !scan.done)?;
        match scan.next_batch().await {
            Ok(batch) => Some((Ok(batch), Some(scan))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

/// The last record read. Where several may be ordered by the same, the one before them all.
fn reach_back_to<T: Tracked>(place: Place) -> u64 {
    let beyond = if T::UNIQUE { 1 } else { place.ties + 2 };
    place.read.saturating_sub(beyond)
}

impl<T: Tracked> Scan<T> {
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
        // Where several are ordered by the same, only a page that was read tells how far to reach back.
        let ahead = if T::UNIQUE && self.count.is_some() { self.ahead } else { 1 };
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
        let records = page.items.into_iter().zip(&keys);
        let is_new = |key: i64| known.is_none_or(|last| if T::UNIQUE { key > last } else { key >= last });
        let records = records.filter(|(_, key)| is_new(**key)).map(|(record, _)| record).collect();
        self.stepped_back = 0;
        self.done = !has_more;
        if let Some(place) = place {
            self.reach_back_to = self.next_reach(place);
            self.place = Some(place);
        }
        let cursor = match place {
            Some(place) if has_more => self.cursor.at(place),
            _ => Cursor::since(started.checked_sub_signed(self.overlap).unwrap_or(DateTime::<Utc>::MIN_UTC)),
        };
        Ok(Read::Batch(Batch { records, cursor, is_last: self.done }))
    }

    /// Whether nothing can have slipped through between what was read and this window.
    fn joins(&self, window: Window, keys: &[i64]) -> bool {
        let (Some(place), Some(first)) = (self.place, keys.first()) else {
            return true;
        };
        let reaches_back = if T::UNIQUE || self.capped { *first <= place.last } else { *first < place.last };
        window.start() == 0 || reaches_back
    }

    /// Where the scan is after a window; where it was, if all of the window was known.
    fn place_after(&self, window: Window, len: u64, keys: &[i64], started: DateTime<Utc>) -> Option<Place> {
        let last = *keys.last()?;
        if self.place.is_some_and(|place| last < place.last) {
            return self.place.map(|place| Place { read: window.start() + len, ..place });
        }
        let same = keys.iter().rev().take_while(|key| **key == last).count();
        let ties = u64::try_from(same.saturating_sub(1)).unwrap_or(u64::MAX);
        Some(Place { started, read: window.start() + len, last, ties })
    }

    fn next_reach(&mut self, place: Place) -> u64 {
        let needed = place.ties + 3;
        if needed <= self.largest {
            return reach_back_to::<T>(place);
        }
        if self.capped {
            // More of the same than a page holds: their order is the server's.
            return place.read.saturating_sub(1);
        }
        self.largest = needed * 2;
        reach_back_to::<T>(place)
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
            self.reach_back_to = self.next_reach(place);
        }
        Ok(Read::Again)
    }

    fn keys(&self, page: &Page<T>) -> Result<Vec<i64>, Error> {
        let keys: Option<Vec<i64>> = page.items.iter().map(T::order).collect();
        let keys = keys.ok_or_else(|| self.error("a record lacks the field that the list is ordered by"))?;
        let in_order = keys.windows(2).all(|pair| if T::UNIQUE { pair[0] < pair[1] } else { pair[0] <= pair[1] });
        if in_order { Ok(keys) } else { Err(self.error("the server does not keep the order that was asked for")) }
    }

    fn started(&self, page: &Page<T>) -> Result<DateTime<Utc>, Error> {
        let known = self.place.map(|place| place.started).or(page.server_date);
        known.ok_or_else(|| self.error("the answer has no Date header: changes are told by the server's clock only"))
    }

    fn error(&self, what: &str) -> Error {
        let operation = format!("GET {}", self.list.path());
        Error::new(ErrorKind::Protocol, Outcome::Unknown, operation, format!("{what} (ordered by {})", T::ORDER))
    }
}
