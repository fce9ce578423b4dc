//! Records that are read one by one: one that cannot be read does not keep the others from being read.

use std::collections::HashSet;

use futures_util::{StreamExt, stream};
use procurify_client::{Error, ErrorKind};
use sync_core::{Failure, Known, RecordKey, SourceError};

use crate::failure::{is_of_the_record, of_call};

/// Records that are read at a time.
const AT_A_TIME: usize = 4;
/// Records that fail one after the other before the reading is given up.
const GIVE_UP: usize = 5;

/// Why a record was not read.
pub(crate) struct Unread {
    pub failure: Failure,
    /// In words that are the same time after time.
    pub reason: String,
    pub whose: Whose,
}

/// Whose fault it is that a record was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// That of the record itself.
    Record,
    /// That of the whole reading.
    Reading,
    /// The service failed: at this record, or altogether.
    Unclear,
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        let whose = match error.kind() {
            _ if is_of_the_record(&error) => Whose::Record,
            ErrorKind::Unavailable | ErrorKind::Permission | ErrorKind::Timeout => Whose::Unclear,
            _ => Whose::Reading,
        };
        let status = error.status().map(|status| format!(" (HTTP {status})")).unwrap_or_default();
        Self { failure: of_call(&error), reason: format!("{}{status}", error.message()), whose }
    }
}

/// That a record was read and cannot be kept.
impl From<Failure> for Unread {
    fn from(failure: Failure) -> Self {
        Self { reason: failure.message.clone(), failure, whose: Whose::Reading }
    }
}

/// Why a record is held that could not be read.
pub(crate) fn hint(reason: &str) -> String {
    format!(
        "its lines cannot be read ({reason}): correct it in Procurify, or ask Procurify's support; it is asked for again \
         with each reading, and goes on once it can be read"
    )
}

/// How the mark of a record ends that was read as listed only, though its detail is wanted.
const UNREAD: &str = ":unread";
/// How the mark of a record ends that is wanted as listed only.
pub(crate) const LEFT: &str = ":left";

/// The mark of a reading; one of what could not be read whole is no mark of the whole.
pub(crate) fn mark(stamp: String, unread: bool) -> String {
    if unread { format!("{stamp}{UNREAD}") } else { stamp }
}

/// Those of these records that were read whole before.
pub(crate) async fn known_whole(keys: Vec<RecordKey>, known: &dyn Known) -> Result<HashSet<RecordKey>, SourceError> {
    let is_of_the_whole = |stamp: &str| !stamp.ends_with(UNREAD) && !stamp.ends_with(LEFT);
    let stamps = known.stamps(&keys).await?;
    let whole = keys.into_iter().zip(stamps).filter(|(_, stamp)| stamp.as_deref().is_some_and(is_of_the_whole));
    Ok(whole.map(|(key, _)| key).collect())
}

/// What was read, and what was not.
pub(crate) struct Details<T, R> {
    pub read: Vec<R>,
    pub unread: Vec<(T, Unread)>,
}

/// Reads each of these. What fails now and then is asked for again, for one record that was not read would make all
/// others be read again. What fails time after time is the record's own failure, unless many fail in a row and none that
/// was read before can be read any more.
pub(crate) async fn read_each<T, R, F>(wanted: Vec<T>, read: impl Fn(T) -> F) -> Result<Details<T, R>, Failure>
where
    T: Clone,
    F: Future<Output = Result<R, Unread>>,
{
    let mut details = Details { read: Vec::new(), unread: Vec::new() };
    let (mut open, mut readable) = (wanted, None::<T>);
    while !open.is_empty() {
        let (before, mut failed, mut in_a_row) = (open.len(), Vec::new(), 0);
        let answers = stream::iter(open).map(|one| {
            let answer = Box::pin(read(one.clone()));
            async { (answer.await, one) }
        });
        let mut answers = std::pin::pin!(answers.buffer_unordered(AT_A_TIME));
        while let Some((answer, one)) = answers.next().await {
            match answer {
                Ok(record) => {
                    in_a_row = 0;
                    details.read.push(record);
                    readable = Some(one);
                }
                Err(why) => {
                    in_a_row = if why.whose == Whose::Unclear { in_a_row + 1 } else { 0 };
                    let over = in_a_row >= GIVE_UP
                        && match &readable {
                            Some(one) => Box::pin(read(one.clone())).await.is_err(),
                            None => true,
                        };
                    if over || why.whose == Whose::Reading {
                        return Err(why.failure);
                    }
                    failed.push((one, why));
                }
            }
        }
        if failed.len() == before {
            details.unread = failed;
            break;
        }
        open = failed.into_iter().map(|(one, _)| one).collect();
    }
    Ok(details)
}
