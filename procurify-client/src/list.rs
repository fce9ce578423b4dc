//! A list request: filters chained, then one page, a stream of pages, a stream of records, or all.

use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use serde::de::DeserializeOwned;
use tenant_http::{Bytes, Error, ErrorKind, Outcome, Page, Undecoded, page};

use crate::envelope::Described;
use crate::{Metadata, OrderBy, ProcurifyClient};

/// Pages that are fetched ahead unless told otherwise.
const AHEAD: usize = 2;

/// A list being asked for. Its filters are methods of the list of each record, such as `List<PurchaseOrder>`.
#[derive(Debug)]
#[must_use = "a list does nothing until it is read"]
pub struct List<T> {
    client: ProcurifyClient,
    path: String,
    query: Vec<(&'static str, String)>,
    page_size: u64,
    from_page: u64,
    ahead: usize,
    record: PhantomData<fn() -> T>,
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            page_size: self.page_size,
            from_page: self.from_page,
            ahead: self.ahead,
            record: PhantomData,
        }
    }
}

impl<T> List<T> {
    pub(crate) fn new(client: &ProcurifyClient, path: impl Into<String>) -> Self {
        Self {
            page_size: client.page_size(),
            client: client.clone(),
            path: path.into(),
            query: Vec::new(),
            from_page: 1,
            ahead: AHEAD,
            record: PhantomData,
        }
    }

    /// Sets a parameter, in place of an earlier value.
    pub(crate) fn parameter(mut self, name: &'static str, value: String) -> Self {
        self.query.retain(|(given, _)| *given != name);
        self.query.push((name, value));
        self
    }

    /// Adds one more value of a parameter that may be repeated.
    pub(crate) fn repeated(mut self, name: &'static str, value: String) -> Self {
        self.query.push((name, value));
        self
    }

    pub(crate) fn size_of_pages(&self) -> u64 {
        self.page_size
    }

    /// How long one call may take.
    pub(crate) fn timeout(&self) -> std::time::Duration {
        self.client.request_timeout()
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn first_page(&self) -> u64 {
        self.from_page
    }

    /// What errors call this request.
    pub(crate) fn operation(&self) -> String {
        format!("GET {}", self.path)
    }

    /// One page as CSV.
    pub(crate) async fn open_csv(&self, page: u64) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        let request = self.client.get(&self.path).query(&self.query_with(page, self.page_size));
        let request = request.query(&[("format", "csv")]).header("accept", "text/csv, */*");
        let download = request.timeout(self.timeout().saturating_mul(10)).send_open().await?;
        if download.content_type.as_deref().is_some_and(|kind| kind.contains("json")) {
            let message = "JSON came instead of CSV: this list has none here";
            let error = Error::new(ErrorKind::Protocol, Outcome::Unknown, self.operation(), message);
            return Err(error.with_status(download.status));
        }
        Ok(download.bytes())
    }

    fn query_with(&self, page: u64, size: u64) -> Vec<(&'static str, String)> {
        let mut query = self.query.clone();
        query.push(("page", page.to_string()));
        query.push(("page_size", size.to_string()));
        query
    }

    /// The order of the records. An immutable field keeps pages joined while records change.
    pub fn order_by(self, order: OrderBy) -> Self {
        self.parameter("order_by", order.into())
    }

    /// Records a page, at least 1.
    pub fn page_size(mut self, records: u64) -> Self {
        self.page_size = records.max(1);
        self
    }

    /// Pages that are fetched beyond the one being read, 0 for none. Default 2. The client's concurrency bounds them
    /// too.
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.ahead = pages;
        self
    }

    /// Starts the streams at this page: where an earlier reading stopped.
    pub fn from_page(mut self, page: u64) -> Self {
        self.from_page = page.max(1);
        self
    }
}

impl<T: DeserializeOwned + Send + 'static> List<T> {
    /// One page; the first is 1. Beyond the end it is empty.
    pub async fn send_page(&self, page: u64) -> Result<Page<T>, Error> {
        let fetched = self.fetch(page, self.page_size).await?;
        Ok(fetched.unwrap_or_else(|| {
            let mut end = Page::new(page, Vec::new());
            end.num_pages = page.saturating_sub(1);
            end
        }))
    }

    /// One page in a size of its own; `None` beyond the end.
    pub(crate) async fn fetch(&self, page: u64, size: u64) -> Result<Option<Page<T>>, Error> {
        match self.ask(page, size).await? {
            Some(answer) => Ok(Some(self.decode(page, answer).await?)),
            None => Ok(None),
        }
    }

    async fn ask(&self, page: u64, size: u64) -> Result<Option<Undecoded>, Error> {
        self.client.undecoded_page(&self.path, &self.query_with(page, size), page).await
    }

    async fn decode(&self, page: u64, answer: Undecoded) -> Result<Page<T>, Error> {
        let operation = self.operation();
        answer.decode(|answer| crate::envelope::page(answer, &operation, page)).await
    }

    /// The pages in order, the next ones fetched ahead. Dropping the stream stops the work.
    ///
    /// An error ends the stream; go on [from](Self::from_page) the page after the last one read.
    pub fn pages(self) -> BoxStream<'static, Result<Page<T>, Error>> {
        let (first, ahead) = (self.from_page, self.ahead);
        let list = Arc::new(self);
        let asking = Arc::clone(&list);
        let fetch = move |n| {
            let list = Arc::clone(&asking);
            async move { list.ask(n, list.page_size).await }
        };
        let decode = move |n, answer| {
            let list = Arc::clone(&list);
            async move { list.decode(n, answer).await }
        };
        page::pages(first, ahead, fetch, decode)
    }

    /// The records in order, the next pages fetched ahead.
    pub fn stream(self) -> BoxStream<'static, Result<T, Error>> {
        page::items(self.pages())
    }

    /// All records. For lists that fit in memory.
    pub async fn all(self) -> Result<Vec<T>, Error> {
        self.stream().try_collect().await
    }

    /// What stands beside the records: permissions, sums and counts of the whole list. Reads one record.
    pub async fn metadata(&self) -> Result<Metadata, Error> {
        let mut query = self.query.clone();
        query.extend([("page", "1".to_owned()), ("page_size", "1".to_owned())]);
        let response = self.client.get(&self.path).query(&query).send().await?;
        let described: Described<serde::de::IgnoredAny> = response.json(&self.operation())?;
        Ok(described.metadata.unwrap_or_default())
    }
}
