//! Records of an IDO, page by page: each page starts at the bookmark that the one before ended with.

use std::fmt::Write as _;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use tenant_http::{Error, ErrorKind, Outcome};

use super::SyteLine;
use super::call::{accepted, load};
use super::filter::{Filter, check_property};
use super::lookup::encoded_length;
use super::row::IdoRow;
use crate::ahead::Ahead;
use crate::m3::FieldError;
use crate::progress::Progress;

/// Ends an order that is not known to be unique, for a bookmark among equals would skip or repeat some.
const ROW_POINTER: &str = "RowPointer";

/// Where a page ended, to start the next one. Only the server knows what is in it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Bookmark(pub(crate) String);

/// One page of a load.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadPage<T> {
    /// The records of this page.
    pub items: Vec<T>,
    /// Where the next page starts; `None` if this was the last.
    pub next: Option<Bookmark>,
}

/// A load being put together.
///
/// A record that is neither inserted nor deleted while the pages are read comes exactly once, provided that the
/// properties it is ordered by do not change either.
#[derive(Clone)]
#[must_use = "nothing is sent until the stream is polled"]
pub struct Load<T = IdoRow> {
    syteline: SyteLine,
    ido: String,
    properties: Vec<String>,
    filter: Option<Filter>,
    order: Vec<String>,
    unique: bool,
    cap: u32,
    distinct: bool,
    read_only: bool,
    refused: Option<String>,
    read: fn(&IdoRow) -> Result<T, FieldError>,
}

impl<T: Send + 'static> Load<T> {
    pub(crate) fn new(syteline: SyteLine, ido: &str, read: fn(&IdoRow) -> Result<T, FieldError>) -> Self {
        Self {
            syteline,
            ido: ido.to_owned(),
            properties: Vec::new(),
            filter: None,
            order: Vec::new(),
            unique: false,
            cap: 500,
            distinct: false,
            read_only: false,
            refused: check_property(ido).err(),
            read,
        }
    }

    /// The properties wanted. Default: all (`*`).
    pub fn properties(mut self, names: &[&str]) -> Self {
        for name in names {
            self.check(name);
        }
        self.properties = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// Only records of which this holds, besides what was asked for before.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(match self.filter.take() {
            Some(before) => before.and(filter),
            None => filter,
        });
        self
    }

    /// Orders by this property, within those named before. Unless [`unique_order`](Self::unique_order) is called,
    /// `RowPointer` comes last, so that no two records are equal.
    pub fn order_by(mut self, property: &str) -> Self {
        self.check(property);
        self.order.push(property.to_owned());
        self
    }

    /// Orders by this property, largest first.
    pub fn order_by_descending(mut self, property: &str) -> Self {
        self.check(property);
        self.order.push(format!("{property} DESC"));
        self
    }

    /// States that no two records are equal in the order's properties.
    pub fn unique_order(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Records a page, at least 1. Default 500.
    pub fn record_cap(mut self, records: u32) -> Self {
        self.cap = records.max(1);
        self
    }

    /// Each combination of the properties once.
    pub fn distinct(mut self) -> Self {
        self.distinct = true;
        self
    }

    /// Without `_ItemId`, which is faster: for records that will not be updated.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// The page at a bookmark, or the first one.
    ///
    /// # Errors
    /// What failed, what the server refused, or the record that cannot be read.
    pub async fn page(&self, at: Option<&Bookmark>) -> Result<LoadPage<T>, Error> {
        let operation = format!("GET load {}", self.ido);
        if let Some(reason) = &self.refused {
            return Err(Error::config(operation, reason));
        }
        let query = self.query(at).map_err(|reason| Error::config(operation.as_str(), reason))?;
        let path = format!("{}/load/{}", self.syteline.path(), self.ido);
        let request = self.syteline.client().http().get(&path).query(&query);
        let answer = load(&self.syteline, &operation, request).await?;
        if let (Some(false), Some(rows @ 1..)) = (answer.success, answer.items.as_ref().map(Vec::len)) {
            return Err(broken_off(&operation, rows, &answer.complaint()));
        }
        let answer = accepted(&self.syteline, &operation, answer)?;
        let rows = answer.items.unwrap_or_default();
        let more = answer.more_rows_exist == Some(true);
        let next = more.then(|| Bookmark(answer.bookmark.unwrap_or_default()));
        if more && rows.is_empty() {
            return Err(stuck(&operation, "a page without records says that more exist"));
        }
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            items.push(self.read_row(&operation, row)?);
        }
        Ok(LoadPage { items, next })
    }

    /// The pages, each asked for while the one before is used. An error ends the stream; the bookmark of the last page leads back to it.
    ///
    /// A bookmark that does not move on is an error, not a loop.
    pub fn pages(self, from: Option<Bookmark>) -> BoxStream<'static, Result<LoadPage<T>, Error>> {
        let load = Arc::new(self);
        let walk = Some((from, Progress::new(), None::<Ahead<Result<LoadPage<T>, Error>>>));
        stream::try_unfold((load, walk), |(load, walk)| async move {
            let Some((at, mut progress, ahead)) = walk else { return Ok(None) };
            let fetched = match ahead {
                Some(ahead) => ahead.outcome().await,
                None => None,
            };
            let page = match fetched {
                Some(page) => page?,
                None => load.page(at.as_ref()).await?,
            };
            let Some(next) = page.next.clone() else { return Ok(Some((page, (load, None)))) };
            if next.0.trim().is_empty() || at.as_ref() == Some(&next) || !progress.moves_on_to(next.clone()) {
                let operation = format!("GET load {}", load.ido);
                return Err(stuck(&operation, "the bookmark does not move on"));
            }
            let (asking, place) = (Arc::clone(&load), next.clone());
            let ahead = Ahead::start(async move { asking.page(Some(&place)).await }).await;
            Ok(Some((page, (load, Some((Some(next), progress, Some(ahead)))))))
        })
        .boxed()
    }

    /// The records one by one, page by page as they are polled. An error ends the stream.
    pub fn stream(self) -> BoxStream<'static, Result<T, Error>> {
        self.pages(None).map_ok(|page| stream::iter(page.items.into_iter().map(Ok))).try_flatten().boxed()
    }

    /// All records at once.
    ///
    /// # Errors
    /// The first error; there is no half list.
    pub async fn all(self) -> Result<Vec<T>, Error> {
        self.stream().try_collect().await
    }

    fn check(&mut self, property: &str) {
        if let Err(reason) = check_property(property) {
            self.refused.get_or_insert(reason);
        }
    }

    fn query(&self, at: Option<&Bookmark>) -> Result<Vec<(&'static str, String)>, String> {
        let properties = if self.properties.is_empty() { "*".to_owned() } else { self.properties.join(",") };
        let mut query = vec![("properties", properties)];
        if let Some(filter) = &self.filter {
            query.push(("filter", filter.checked().map_err(str::to_owned)?.to_owned()));
        }
        query.push(("orderBy", self.order_text()));
        query.push(("recordCap", self.cap.to_string()));
        if self.distinct {
            query.push(("distinct", "true".to_owned()));
        }
        if self.read_only {
            query.push(("readonly", "true".to_owned()));
        }
        if let Some(Bookmark(bookmark)) = at {
            query.push(("loadType", "NEXT".to_owned()));
            query.push(("bookmark", bookmark.clone()));
        }
        Ok(query)
    }

    /// Bytes of the query of a page, at most.
    pub(crate) fn query_length(&self, at: Option<&Bookmark>) -> usize {
        let query = self.query(at).unwrap_or_default();
        query.iter().map(|(name, value)| name.len() + encoded_length(value) + 2).sum()
    }

    fn order_text(&self) -> String {
        let mut order = self.order.join(",");
        let ends_so = self.order.last().is_some_and(|last| last.split(' ').next() == Some(ROW_POINTER));
        if !(self.unique || ends_so || self.distinct) {
            let comma = if order.is_empty() { "" } else { "," };
            let _ = write!(order, "{comma}{ROW_POINTER}");
        }
        order
    }

    /// What cannot be read names the record by what it is ordered by.
    fn read_row(&self, operation: &str, row: &IdoRow) -> Result<T, Error> {
        (self.read)(row).map_err(|error| {
            let name = |order: &String| order.split(' ').next().unwrap_or_default().to_owned();
            let place = self.order.iter().map(name).map(|name| {
                let value = row.text(&name).unwrap_or("(blank)").to_owned();
                format!("{name} {value}: ")
            });
            let message = format!("{}{error}", place.collect::<String>());
            Error::new(ErrorKind::Decode, Outcome::Unknown, operation, message)
        })
    }
}

/// Some records, and then a failure: an incomplete page is none, and no refusal either.
fn broken_off(operation: &str, rows: usize, complaint: &str) -> Error {
    let message = format!("it failed after {rows} records, so they are not all: {complaint}");
    Error::new(ErrorKind::Unavailable, Outcome::Unknown, operation, message)
}

fn stuck(operation: &str, what: &str) -> Error {
    let message = format!("{what}: the list cannot be read to its end in this order");
    Error::new(ErrorKind::Protocol, Outcome::Unknown, operation, message)
}
