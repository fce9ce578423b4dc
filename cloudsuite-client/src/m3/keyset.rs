//! Lists read to their end: M3 has no cursor, so each page starts from the last key of the page before.
//!
//! Whether a list gives its start key again, and where a server silently stops, differs and is found out on the way:
//! rows already given are dropped, a page of exactly the asked number of rows or of a known ceiling (100, 1,000,
//! 10,000) is followed by another, a page that does not get past its start key is asked again twice as large, and a
//! list that ignores its start key or goes in circles is an error rather than an endless loop.

use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use tenant_http::{ErrorKind, Outcome};

use super::M3;
use super::error::TransactionError;
use super::record::{FieldError, MiRecord};
use crate::ahead::Ahead;
use crate::progress::Progress;

/// Numbers of rows at which servers are known to stop without saying so.
const CEILINGS: [usize; 3] = [100, 1_000, 10_000];
/// No page is asked larger than this.
const LARGEST_PAGE: usize = 1_000_000;

/// A list transaction, read page by page in the order of its key.
///
/// A row that changes while the list is read may come twice; none is left out.
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

    /// Where the first page starts, for the last declared part of the key. Default: at the beginning.
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
            let fresh = walk.absorb(page).map_err(|reason| list.broken(reason))?;
            let rows = fresh.iter().map(|row| list.read_row(row)).collect::<Result<Vec<T>, _>>()?;
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

/// The walk along a list's keys, without any IO.
struct Walk {
    /// Names of the key's output fields.
    key: Vec<String>,
    /// Where the next page starts.
    start: Option<Vec<String>>,
    /// How many rows to ask for.
    page: usize,
    /// Rows of the start key that were given already.
    given: Vec<MiRecord>,
    /// Whether the start keys move on.
    progress: Progress<Vec<String>>,
    /// Rows of the last page that did not get past its start key.
    stuck_at: usize,
    ended: bool,
}

impl Walk {
    fn new(key: Vec<String>, page: usize) -> Self {
        Self { key, start: None, page, given: Vec::new(), progress: Progress::new(), stuck_at: 0, ended: false }
    }

    /// Takes a page and gives those of its rows that are new.
    fn absorb(&mut self, rows: Vec<MiRecord>) -> Result<Vec<MiRecord>, String> {
        let full = rows.len() >= self.page || CEILINGS.contains(&rows.len());
        if !full {
            self.ended = true;
            return Ok(self.fresh(rows));
        }
        if self.key.is_empty() {
            return Err(format!("{} rows came, which may not be all: declare the list's key", rows.len()));
        }
        let Some(last) = rows.last().map(|row| self.key_of(row)).transpose()? else {
            self.ended = true;
            return Ok(rows);
        };
        if self.start.as_ref() == Some(&last) { self.stay(rows) } else { self.advance(rows, last) }
    }

    fn advance(&mut self, rows: Vec<MiRecord>, last: Vec<String>) -> Result<Vec<MiRecord>, String> {
        if !self.progress.moves_on_to(last.clone()) {
            return Err(format!("the list came back to {}: it cannot be read by this key", last.join("/")));
        }
        let at_last: Vec<MiRecord> =
            rows.iter().filter(|row| self.key_of(row).is_ok_and(|key| key == last)).cloned().collect();
        let fresh = self.fresh(rows);
        self.given = at_last;
        self.start = Some(last);
        self.stuck_at = 0;
        Ok(fresh)
    }

    /// The page ended where it started: more rows share the key than the page holds.
    fn stay(&mut self, rows: Vec<MiRecord>) -> Result<Vec<MiRecord>, String> {
        let key = self.start.clone().unwrap_or_default();
        if rows.first().map(|row| self.key_of(row)).transpose()?.as_ref() != Some(&key) {
            return Err(format!("the list does not start at {} as asked: check its start field", key.join("/")));
        }
        if rows.len() <= self.stuck_at || self.page >= LARGEST_PAGE {
            return Err(format!(
                "the list does not get past {}, which {} rows or more share: choose another page size or key",
                key.join("/"),
                rows.len()
            ));
        }
        self.stuck_at = rows.len();
        self.page *= 2;
        let fresh = self.fresh(rows);
        self.given.extend(fresh.iter().cloned());
        Ok(fresh)
    }

    fn fresh(&self, rows: Vec<MiRecord>) -> Vec<MiRecord> {
        rows.into_iter().filter(|row| !self.given.contains(row)).collect()
    }

    fn key_of(&self, row: &MiRecord) -> Result<Vec<String>, String> {
        let part = |name: &String| row.text(name).unwrap_or_default().to_owned();
        let key: Vec<String> = self.key.iter().map(part).collect();
        if key.iter().all(String::is_empty) {
            return Err(format!("a row has no {}, by which the list is read", self.key.join(" or ")));
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// How a server behaves: whether it gives the start key again, and where it silently stops.
    #[derive(Clone, Copy, Debug)]
    struct Server {
        repeats_start: bool,
        ceiling: usize,
        heeds_start: bool,
    }

    const PLAIN: Server = Server { repeats_start: true, ceiling: usize::MAX, heeds_start: true };

    impl Server {
        fn page(self, table: &[MiRecord], start: Option<&str>, rows: usize) -> Vec<MiRecord> {
            let after = |row: &&MiRecord| match start.filter(|_| self.heeds_start) {
                None => true,
                Some(start) if self.repeats_start => row.text("K").unwrap() >= start,
                Some(start) => row.text("K").unwrap() > start,
            };
            table.iter().filter(after).take(rows.min(self.ceiling)).cloned().collect()
        }

        /// All rows that a walk gives, and the number of calls it makes.
        fn walk(self, table: &[MiRecord], page: usize) -> Result<(Vec<MiRecord>, usize), String> {
            let mut walk = Walk::new(vec!["K".to_owned()], page);
            let (mut rows, mut calls) = (Vec::new(), 0);
            while !walk.ended {
                let start = walk.start.as_ref().map(|start| start[0].clone());
                rows.extend(walk.absorb(self.page(table, start.as_deref(), walk.page))?);
                calls += 1;
                assert!(calls < 10_000, "endless");
            }
            Ok((rows, calls))
        }
    }

    fn rows(keys: impl IntoIterator<Item = usize>) -> Vec<MiRecord> {
        keys.into_iter()
            .enumerate()
            .map(|(n, key)| MiRecord::from_iter([("K", format!("{key:06}")), ("N", n.to_string())]))
            .collect()
    }

    #[test]
    fn every_row_comes_once_whatever_the_size_the_page_and_the_start() {
        for size in [0, 1, 2, 3, 7, 99, 100, 101, 200, 1_000, 1_001] {
            let table = rows(0..size);
            for page in [2, 3, 50, 100, 150, 1_000] {
                for repeats_start in [true, false] {
                    for ceiling in [usize::MAX, 100] {
                        let server = Server { repeats_start, ceiling, ..PLAIN };
                        let (read, _) = server.walk(&table, page).unwrap();
                        assert_eq!(read, table, "{size} rows, page {page}, {server:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_short_page_ends_the_list_without_another_call() {
        assert_eq!(PLAIN.walk(&rows(0..999), 1_000).unwrap().1, 1);
        assert_eq!(PLAIN.walk(&rows(0..1_500), 1_000).unwrap().1, 2);
        assert_eq!(PLAIN.walk(&rows(0..100), 1_000).unwrap().1, 2, "100 rows may be a ceiling");
    }

    #[test]
    fn rows_that_share_a_key_all_come_even_if_a_page_is_full_of_them() {
        for copies in [2, 3, 5, 9] {
            let table = rows((0..20).flat_map(|key| std::iter::repeat_n(key, copies)));
            for page in [2, 4, 7] {
                assert_eq!(PLAIN.walk(&table, page).unwrap().0, table, "{copies} copies, page {page}");
            }
        }
    }

    #[test]
    fn a_list_that_cannot_be_read_by_its_key_is_an_error_and_no_endless_loop() {
        let deaf = Server { heeds_start: false, ..PLAIN };
        assert!(deaf.walk(&rows(0..10), 4).unwrap_err().contains("start field"));
        let narrow = Server { ceiling: 100, ..PLAIN };
        assert!(narrow.walk(&rows(std::iter::repeat_n(7, 150)), 1_000).unwrap_err().contains("get past 000007"));
        let nameless = vec![MiRecord::from_iter([("X", "1")]), MiRecord::from_iter([("X", "2")])];
        assert!(Walk::new(vec!["K".to_owned()], 2).absorb(nameless.clone()).unwrap_err().contains("no K"));
        assert!(Walk::new(Vec::new(), 2).absorb(nameless).unwrap_err().contains("declare"));
        let mut circle = Walk::new(vec!["K".to_owned()], 2);
        circle.absorb(rows([1, 2])).unwrap();
        circle.absorb(rows([2, 3])).unwrap();
        assert!(circle.absorb(rows([1, 2])).unwrap_err().contains("came back"));
    }
}
