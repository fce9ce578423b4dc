//! Lists read to their end: M3 has no cursor, so each page starts from a key of the page before.
//!
//! How the pages join, whatever the list does with its start key, is told in `walk`.

use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use tenant_http::{ErrorKind, Outcome};

use super::M3;
use super::error::TransactionError;
use super::record::{FieldError, MiRecord};
use super::walk::{LARGEST_PAGE, Walk};
use crate::ahead::Ahead;

/// A list transaction, read page by page in the order of its key.
///
/// Many rows may share a key, and the list may begin with its start key or after it: each row comes once. A row that
/// changes while the list is read may come twice; none is left out.
#[derive(Clone)]
#[must_use = "nothing is sent until the stream is polled"]
pub struct List<T = MiRecord> {
    m3: M3,
    program: String,
    transaction: String,
    fields: Vec<(String, String)>,
    columns: Vec<String>,
    /// Input field, output field, first value.
    key: Vec<(String, String, Option<String>)>,
    page_size: usize,
    read: fn(&MiRecord) -> Result<T, FieldError>,
}

impl<T: Send + 'static> List<T> {
    pub(crate) fn new(m3: M3, program: &str, transaction: &str, read: fn(&MiRecord) -> Result<T, FieldError>) -> Self {
        Self {
            m3,
            program: program.to_owned(),
            transaction: transaction.to_owned(),
            fields: Vec::new(),
            columns: Vec::new(),
            key: Vec::new(),
            page_size: 1_000,
            read,
        }
    }

    /// Declares a part of the list's key: the input field that says where to start, and the output field it compares
    /// with. Without any, only one page is read, and it is an error if that may not be all.
    pub fn key(mut self, input: &str, output: &str) -> Self {
        self.key.push((input.to_owned(), output.to_owned(), None));
        self
    }

    /// Where the first page starts, for the last declared part of the key. Default: at the beginning. A list that
    /// begins after its start key leaves this very value out.
    pub fn starting_at(mut self, value: impl Into<String>) -> Self {
        if let Some((_, _, start)) = self.key.last_mut() {
            *start = Some(value.into());
        }
        self
    }

    /// Sets an input field that is the same for all pages.
    pub fn field(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// Asks for these output fields only; those of the key must be among them.
    pub fn columns(mut self, columns: &[&str]) -> Self {
        self.columns = columns.iter().map(|&column| column.to_owned()).collect();
        self
    }

    /// Rows a page. Default 1,000, at least 2.
    pub fn page_size(mut self, rows: usize) -> Self {
        self.page_size = rows.clamp(2, LARGEST_PAGE);
        self
    }

    /// The rows, each page asked for while the one before is used. An error ends the stream.
    pub fn stream(self) -> impl Stream<Item = Result<T, TransactionError>> + Send {
        let outputs = self.key.iter().map(|(_, output, _)| output.clone()).collect();
        let walk = Walk::new(outputs, self.page_size);
        let start = (Arc::new(self), walk, None::<Ahead<Result<Vec<MiRecord>, TransactionError>>>);
        stream::try_unfold(start, |(list, mut walk, ahead)| async move {
            if walk.ended {
                return Ok(None);
            }
            let fetched = match ahead {
                Some(ahead) => ahead.outcome().await,
                None => None,
            };
            let page = match fetched {
                Some(page) => page?,
                None => list.page(walk.start.as_deref(), walk.page).await?,
            };
            let fresh = walk.take(page).map_err(|reason| list.broken(reason))?;
            let mut rows = Vec::with_capacity(fresh.len());
            for row in &fresh {
                rows.push(list.read_row(row)?);
            }
            let mut ahead = None;
            if !walk.ended {
                let (asking, place, size) = (Arc::clone(&list), walk.start.clone(), walk.page);
                let request = async move { asking.page(place.as_deref(), size).await };
                ahead = Some(Ahead::start(request).await);
            }
            Ok(Some((stream::iter(rows.into_iter().map(Ok)), (list, walk, ahead))))
        })
        .try_flatten()
        .boxed()
    }

    /// All rows at once.
    ///
    /// # Errors
    /// The first error; there is no half list.
    pub async fn all(self) -> Result<Vec<T>, TransactionError> {
        self.stream().try_collect().await
    }

    /// A page of so many rows from this key on.
    async fn page(&self, at: Option<&[String]>, size: usize) -> Result<Vec<MiRecord>, TransactionError> {
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let rows = u32::try_from(size).unwrap_or(u32::MAX);
        let mut execute = self.m3.execute(&self.program, &self.transaction).read().max_records(rows).columns(&columns);
        for (index, (input, _, first)) in self.key.iter().enumerate() {
            let start = at.map_or(first.as_ref(), |start| start.get(index));
            execute = execute.maybe(input, start);
        }
        for (name, value) in &self.fields {
            execute = execute.field(name, value);
        }
        execute.send().await
    }

    /// What cannot be read names the row by its key.
    fn read_row(&self, row: &MiRecord) -> Result<T, TransactionError> {
        (self.read)(row).map_err(|error| {
            let named = |(_, output, _): &(String, String, Option<String>)| {
                format!("{output} {}: ", row.text(output).unwrap_or("(blank)"))
            };
            let key: String = self.key.iter().map(named).collect();
            self.broken(format!("{key}{error}"))
        })
    }

    fn broken(&self, reason: String) -> TransactionError {
        TransactionError::other(&self.program, &self.transaction, ErrorKind::Decode, Outcome::Unknown, reason)
    }
}
