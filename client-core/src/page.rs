//! Lists that come in numbered pages, as streams that fetch a bounded number of pages ahead.
//!
//! The first page is fetched alone, for only it tells how many there are; then up to `ahead`
//! requests are under way at a time, and pages come out in order. They go on while the caller is
//! busy with a page, each as a task of the runtime; dropping the stream ends them. The end is looked
//! for anew on each page, so that a list that grows or shrinks while it is read ends where it really
//! ends.

use std::future::Future;

use chrono::{DateTime, Utc};
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream, FuturesOrdered, StreamExt, TryStreamExt};
use url::Url;

use crate::{Error, ErrorKind, Outcome};

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
}

impl<T> Page<T> {
    /// A page of `items`, the only one until told otherwise.
    pub fn new(page: u64, items: Vec<T>) -> Self {
        let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
        Self { items, count, page, num_pages: page, page_size: count, next: None, server_date: None }
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
        }
    }
}

/// The pages from number `first` on, with at most `ahead` (at least 1) requests under way.
///
/// `fetch` gives page `n`, or `None` when the list has ended before it. An error ends the stream;
/// the caller has the number of the last page it got and may start again from the next.
pub fn pages<T, F, Fut>(first: u64, ahead: usize, fetch: F) -> BoxStream<'static, Result<Page<T>, Error>>
where
    T: Send + 'static,
    F: Fn(u64) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Option<Page<T>>, Error>> + Send + 'static,
{
    let ahead = ahead.max(1);
    let reader = Reader { fetch, under_way: FuturesOrdered::new(), next: first, last: first, ahead };
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

/// A page being fetched.
type Fetch<T> = BoxFuture<'static, Result<Option<Page<T>>, Error>>;

/// Lets a fetch go on while nobody polls it. Dropping what is given ends it.
fn on_its_own<T, Fut>(fetch: Fut) -> Fetch<T>
where
    T: Send + 'static,
    Fut: Future<Output = Result<Option<Page<T>>, Error>> + Send + 'static,
{
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return fetch.boxed();
    };
    let mut task = EndedOnDrop(runtime.spawn(fetch));
    async move {
        match (&mut task.0).await {
            Ok(page) => page,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::new(
                    ErrorKind::Other,
                    Outcome::Unknown,
                    "fetching a page",
                    "the runtime was shut down meanwhile",
                )),
            },
        }
    }
    .boxed()
}

struct EndedOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for EndedOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Reader<T, F> {
    fetch: F,
    under_way: FuturesOrdered<Fetch<T>>,
    next: u64,
    last: u64,
    ahead: usize,
}

impl<T, F, Fut> Reader<T, F>
where
    T: Send + 'static,
    F: Fn(u64) -> Fut,
    Fut: Future<Output = Result<Option<Page<T>>, Error>> + Send + 'static,
{
    async fn next_page(&mut self) -> Result<Option<Page<T>>, Error> {
        while self.next <= self.last && self.under_way.len() < self.ahead {
            let fetch = (self.fetch)(self.next);
            // Where there is nothing ahead, nothing is asked for before it is wanted.
            let alone = self.ahead == 1 || self.next == self.last;
            self.under_way.push_back(if alone { fetch.boxed() } else { on_its_own(fetch) });
            self.next += 1;
        }
        let Some(answer) = self.under_way.next().await else {
            return Ok(None);
        };
        let page = answer?;
        if let Some(page) = &page {
            self.last = page.num_pages;
        }
        Ok(page)
    }
}
