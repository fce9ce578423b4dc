//! Polling without holes: what was changed since a cursor, and the next cursor.
//!
//! Procurify filters by day or by time, and pages by number, while records are created, changed and
//! deleted under the reader's eyes. So a scan
//!
//! * orders by a field that never changes, and filters by a lower bound only: a record that changes
//!   during the scan keeps its place;
//! * reads pages that overlap: each begins at or before the last record of the one before it. Where
//!   it does, nothing that the scan still has to see can have slipped through between the two,
//!   whatever was deleted or added; where it does not, the scan goes back until it does. (Payments can be
//!   ordered by times only, which many may share: there each page begins at the last time, and a time that
//!   more share than a page holds is read until all of them have come);
//! * ends with a cursor that is the *server's* clock when the scan began, less an overlap that is
//!   longer than a call may take. Filters by day are floored and widened by a day for the tenant's
//!   time zone.
//!
//! A record may come twice; none is missed: each whose last change precedes the cursor of the last
//! batch was given at that change or later. What was deleted is not reported.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use procurify_client::Cursor;
//!
//! # async fn run(procurify: procurify_client::ProcurifyClient, kept: Option<String>) -> Result<(), Box<dyn std::error::Error>> {
//! let cursor: Cursor = kept.map_or(Ok(Cursor::beginning()), |text| serde_json::from_str(&text))?;
//! let mut batches = procurify.bills().changes_since(&cursor).batches();
//! while let Some(batch) = batches.try_next().await? {
//!     for bill in &batch.records { /* ... */ }
//!     // Once the records are safe: from here on a stopped reading goes on.
//!     let kept = serde_json::to_string(&batch.cursor)?;
//! }
//! # Ok(())
//! # }
//! ```

mod cursor;
mod keyset;
mod scan;
mod tracked;
mod window;

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use tenant_http::{Error, ErrorKind, Outcome, RequestIds};

use crate::List;

pub use cursor::Cursor;
pub use tracked::Tracked;

/// Pages that are fetched ahead unless told otherwise.
const AHEAD: usize = 2;
/// Longer than a transaction of the server's stays open.
const OVERLAP: TimeDelta = TimeDelta::minutes(2);

const NO_CLOCK: &str = "the answer has no Date header: changes are told by the server's clock only";
const NO_ORDER: &str = "the server does not keep the order that was asked for";

/// One page of changes, and where to go on after it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Batch<T> {
    /// The records, in a fixed order.
    pub records: Vec<T>,
    /// Where a reading that has kept these records goes on.
    pub cursor: Cursor,
    /// Whether this was the last batch: the cursor is where the next poll starts.
    pub is_last: bool,
    /// Procurify's id of the request that the records came by.
    pub request_ids: RequestIds,
}

/// A reading of what changed since a cursor.
#[derive(Debug)]
#[must_use = "changes are not read until batches() is"]
pub struct Changes<T> {
    list: List<T>,
    cursor: Cursor,
    page_size: u64,
    ahead: usize,
    overlap: TimeDelta,
}

impl<T: Tracked> Changes<T> {
    pub(crate) fn new(list: List<T>, cursor: &Cursor) -> Self {
        let page_size = list.size_of_pages();
        // What an answer shows may be as old as the call, and so may what was being written then.
        let of_calls = TimeDelta::from_std(list.timeout().saturating_mul(2)).unwrap_or(TimeDelta::MAX);
        Self { list, cursor: cursor.clone(), page_size, ahead: AHEAD, overlap: OVERLAP.max(of_calls) }
    }

    /// Records a page, at least 2. Pages overlap, and so differ a little in size.
    pub fn page_size(mut self, records: u64) -> Self {
        self.page_size = records.max(2);
        self
    }

    /// Pages that may be under way at a time, at least 1. Default 2.
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.ahead = pages.max(1);
        self
    }

    /// How far the next cursor reaches back before the server's clock. Default twice the timeout of a request, and at
    /// least two minutes.
    ///
    /// It must be longer than a call may take and than what was changed takes to be seen, or changes are missed.
    pub fn overlap(mut self, overlap: TimeDelta) -> Self {
        self.overlap = overlap.max(TimeDelta::zero());
        self
    }

    /// The changes, page by page. Memory does not grow with their number; dropping the stream stops the work.
    ///
    /// An error ends the stream; a new one goes on from the cursor of the last batch.
    pub fn batches(self) -> BoxStream<'static, Result<Batch<T>, Error>> {
        T::batches(self)
    }

    /// All changes, and where the next poll starts. For what fits in memory.
    pub async fn all(self) -> Result<(Vec<T>, Cursor), Error> {
        let kept = self.cursor.clone();
        let fold = self.batches().try_fold((Vec::new(), kept), |(mut all, _), batch| async move {
            all.extend(batch.records);
            Ok((all, batch.cursor))
        });
        fold.await
    }
}

fn protocol_error(path: &str, what: &str, order: &str) -> Error {
    let message = format!("{what} (ordered by {order})");
    Error::new(ErrorKind::Protocol, Outcome::Unknown, format!("GET {path}"), message)
}
