//! What sources of all kinds of records share: where a reading goes on, and which of what was read is new.

use futures_util::StreamExt;
use procurify_client::{Changes, Cursor as Place, Tracked};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sync_core::{Cursor, Failure, FailureKind, Known, RecordKey, SourceError};
use tenant_http::Traced;

use crate::failure::of_call;

/// What a source was told to read, as it was set when it read it.
pub(crate) trait Scope: Clone + PartialEq + Serialize + DeserializeOwned {
    /// Whether all that this scope wants has been read under that one.
    fn is_within(&self, kept: &Self) -> bool;

    /// This scope, going on from where that one was.
    fn going_on(self, kept: Self) -> Self {
        let _ = kept;
        self
    }
}

/// The position behind a [`Cursor`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position<S> {
    /// Where the client goes on.
    pub place: Place,
    /// What was wanted when records were read.
    #[serde(flatten)]
    pub scope: S,
}

impl<S: Scope> Position<S> {
    /// Reads a cursor; from the beginning if there is none, or if more is wanted now than was then.
    pub fn read(cursor: Option<&Cursor>, scope: &S) -> Result<Self, Failure> {
        let beginning = Self { place: Place::beginning(), scope: scope.clone() };
        let Some(cursor) = cursor else { return Ok(beginning) };
        let kept: Self = serde_json::from_str(&cursor.0).map_err(|error| {
            let message = format!("the saved cursor `{}` cannot be read: {error}", cursor.0);
            Failure::new(FailureKind::Invalid, message)
        })?;
        if !scope.is_within(&kept.scope) {
            return Ok(beginning);
        }
        Ok(Self { place: kept.place, scope: scope.clone().going_on(kept.scope) })
    }

    pub fn write(&self) -> Result<Cursor, Failure> {
        serde_json::to_string(self)
            .map(Cursor)
            .map_err(|error| Failure::new(FailureKind::Other, format!("the cursor cannot be written: {error}")))
    }
}

/// The next pages of changes, until so many records are there: the records, each with the request of its page, where to
/// go on, and whether there are more.
pub(crate) async fn pages<T: Tracked>(
    changes: Changes<T>,
    page_size: u64,
    enough: u64,
    from: &Place,
) -> Result<(Vec<Traced<T>>, Place, bool), Failure> {
    // Nothing is fetched ahead that this poll would not take in.
    let mut batches = changes.page_size(page_size).prefetch(1).batches();
    let (mut records, mut place) = (Vec::new(), from.clone());
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| of_call(&error))?;
        place = batch.cursor;
        records.extend(batch.records.into_iter().map(|record| Traced::new(record, batch.request_ids.clone())));
        let is_enough = u64::try_from(records.len()).is_ok_and(|read| read >= enough);
        if batch.is_last || is_enough {
            return Ok((records, place, !batch.is_last));
        }
    }
    Ok((records, place, false))
}

/// The records that the ledger does not know as they are, and how many it does.
pub(crate) async fn changed<T: Send>(
    records: Vec<T>,
    known: &dyn Known,
    mark: impl Fn(&T) -> (RecordKey, String) + Send,
) -> Result<(Vec<T>, u64), SourceError> {
    let (keys, marks): (Vec<RecordKey>, Vec<String>) = records.iter().map(mark).unzip();
    let stamps = known.stamps(&keys).await?;
    let seen = stamps.into_iter().zip(marks).map(|(seen, now)| seen.as_ref() == Some(&now));
    let (same, changed): (Vec<_>, Vec<_>) = records.into_iter().zip(seen).partition(|(_, seen)| *seen);
    let changed = changed.into_iter().map(|(record, _)| record).collect();
    Ok((changed, u64::try_from(same.len()).unwrap_or(u64::MAX)))
}

/// Whether a first day reaches back as far as this one; none reaches back for ever.
pub(crate) fn reaches_back(kept: Option<chrono::NaiveDate>, wanted: Option<chrono::NaiveDate>) -> bool {
    match (kept, wanted) {
        (None, _) => true,
        (Some(kept), Some(wanted)) => kept <= wanted,
        (Some(_), None) => false,
    }
}
