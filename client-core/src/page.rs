//! Lists that come in numbered pages, as streams that fetch a bounded number of pages ahead.
//!
//! The first page is fetched alone, for only it tells how many there are; then up to `ahead` pages
//! are fetched beyond the one that is waited for, and come out in order. That goes on while the caller
//! is busy with a page, each as a task of the runtime; dropping the stream ends them. The end is looked
//! for anew on each page, so that a list that grows or shrinks while it is read ends where it really
//! ends.

use std::future::Future;
use std::num::NonZero;
use std::task::{Context, Poll};

use chrono::{DateTime, Utc};
use futures_util::future::{self, BoxFuture, FutureExt, TryFutureExt};
use futures_util::stream::{self, BoxStream, FuturesOrdered, StreamExt, TryStreamExt};
use url::Url;

use crate::task::shut_down;
use crate::{Error, RequestIds};

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records of this page.
    pub items: Vec<T>,
    /// Records in the whole list, as of this page.
    pub count: u64,
    /// Number of this page; the first is 1.
    pub page: u64,
    /// Pages in the whole list, as of this page.
    pub num_pages: u64,
    /// Records a full page holds.
    pub page_size: u64,
    /// Address of the next page, if there is one.
    pub next: Option<Url>,
    /// The server's clock when it answered.
    pub server_date: Option<DateTime<Utc>>,
    /// The server's id of the request.
    pub request_ids: RequestIds,
}

impl<T> Page<T> {
    /// A page of `items`, the only one until told otherwise.
    pub fn new(page: u64, items: Vec<T>) -> Self {
        let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
        let request_ids = RequestIds::none();
        Self { items, count, page, num_pages: page, page_size: count, next: None, server_date: None, request_ids }
    }

    /// The same page with each record turned into another.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(turn).collect(),
            count: self.count,
            page: self.page,
            num_pages: self.num_pages,
            page_size: self.page_size,
            next: self.next,
            server_date: self.server_date,
            request_ids: self.request_ids,
        }
    }
}

/// The pages from number `first` on, with at most `ahead` more beyond the one that is waited for or being read.
///
/// `fetch` gives the answer of page `n`, or `None` when the list has ended before it; `decode` makes the page of it.
/// An answer that has come makes room for the next request while it is decoded, and no more answers are decoded at a
/// time than there are cores: the others wait as they came, which takes less memory. An error ends the stream; the
/// caller has the number of the last page it got and may start again from the next.
pub fn pages<A, T, F, Fetched, D, Decoded>(
    first: u64,
    ahead: usize,
    fetch: F,
    decode: D,
) -> BoxStream<'static, Result<Page<T>, Error>>
where
    A: Send + 'static,
    T: Send + 'static,
    F: Fn(u64) -> Fetched + Send + 'static,
    Fetched: Future<Output = Result<Option<A>, Error>> + Send + 'static,
    D: Fn(u64, A) -> Decoded + Send + 'static,
    Decoded: Future<Output = Result<Page<T>, Error>> + Send + 'static,
{
    let reader = Reader {
        fetch,
        decode,
        fetching: FuturesOrdered::new(),
        decoding: FuturesOrdered::new(),
        next: first,
        last: first,
        ahead,
        cores: std::thread::available_parallelism().map_or(1, NonZero::get),
    };
    stream::unfold(Some(reader), |reader| async move {
        let mut reader = reader?;
        match reader.next_page().await {
            Ok(Some(page)) => Some((Ok(page), Some(reader))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

/// The records of a stream of pages, one by one.
pub fn items<T: Send + 'static>(
    pages: BoxStream<'static, Result<Page<T>, Error>>,
) -> BoxStream<'static, Result<T, Error>> {
    pages.map_ok(|page| stream::iter(page.items.into_iter().map(Ok))).try_flatten().boxed()
}

/// Work on one page.
type Work<T> = BoxFuture<'static, Result<T, Error>>;

/// Lets work go on while nobody polls it. Dropping what is given ends it.
fn on_its_own<T: Send + 'static>(work: impl Future<Output = Result<T, Error>> + Send + 'static) -> Work<T> {
    crate::task::on_its_own(work).map(|done| done.unwrap_or_else(|| Err(shut_down("fetching a page")))).boxed()
}

struct Reader<A, T, F, D> {
    fetch: F,
    decode: D,
    fetching: FuturesOrdered<Work<Option<(u64, A)>>>,
    decoding: FuturesOrdered<Work<Option<Page<T>>>>,
    next: u64,
    last: u64,
    ahead: usize,
    cores: usize,
}

impl<A, T, F, Fetched, D, Decoded> Reader<A, T, F, D>
where
    A: Send + 'static,
    T: Send + 'static,
    F: Fn(u64) -> Fetched,
    Fetched: Future<Output = Result<Option<A>, Error>> + Send + 'static,
    D: Fn(u64, A) -> Decoded,
    Decoded: Future<Output = Result<Page<T>, Error>> + Send + 'static,
{
    async fn next_page(&mut self) -> Result<Option<Page<T>>, Error> {
        let Some(page) = future::poll_fn(|context| self.poll(context)).await else {
            return Ok(None);
        };
        let page = page?;
        if let Some(page) = &page {
            self.last = page.num_pages;
            self.fetch_up_to(self.ahead);
        }
        Ok(page)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Option<Page<T>>, Error>>> {
        // The one that is waited for, and those ahead of it.
        let width = self.ahead.saturating_add(1);
        self.fetch_up_to(width);
        while self.decoding.len() < self.cores
            && let Poll::Ready(Some(answer)) = self.fetching.poll_next_unpin(context)
        {
            self.decode(answer);
            self.fetch_up_to(width);
        }
        match self.decoding.poll_next_unpin(context) {
            Poll::Ready(None) if !self.fetching.is_empty() => Poll::Pending,
            polled => polled,
        }
    }

    fn fetch_up_to(&mut self, width: usize) {
        while self.next <= self.last && self.fetching.len() + self.decoding.len() < width {
            let n = self.next;
            let fetch = (self.fetch)(n).map_ok(move |answer| answer.map(|answer| (n, answer)));
            // Where there is nothing ahead, nothing is asked for before it is wanted.
            let alone = self.ahead == 0 || n == self.last;
            self.fetching.push_back(if alone { fetch.boxed() } else { on_its_own(fetch) });
            self.next += 1;
        }
    }

    fn decode(&mut self, answer: Result<Option<(u64, A)>, Error>) {
        self.decoding.push_back(match answer {
            Ok(Some((n, answer))) => on_its_own((self.decode)(n, answer).map_ok(Some)),
            Ok(None) => future::ready(Ok(None)).boxed(),
            Err(error) => future::ready(Err(error)).boxed(),
        });
    }
}
