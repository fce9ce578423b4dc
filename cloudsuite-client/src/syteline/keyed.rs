//! Records inserted under a key of ours: what an answer leaves open is looked up, and nothing is inserted twice.

use std::future::Future;

use tenant_http::{Error, Outcome, RequestIds, Traced};

use super::SyteLine;
use super::change::Change;
use super::lookup::by_values;
use super::row::IdoRow;
use super::update::{Update, Verdict, unconfirmed};
use super::value::Value;

/// A record that is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inserted {
    /// The server confirmed the insert, and shows as much of the record as it likes.
    Created(Traced<IdoRow>),
    /// It is there, though no answer of ours confirmed the insert: by an answer that was cut short, or by an earlier
    /// try. Compare it before relying on it.
    Found(IdoRow),
}

impl Inserted {
    /// The server's id of the call that inserted it, as far as that is known.
    pub fn request_ids(&self) -> RequestIds {
        match self {
            Self::Created(row) => row.request_ids.clone(),
            Self::Found(_) => RequestIds::none(),
        }
    }

    /// The record, as far as it was shown.
    pub fn row(&self) -> &IdoRow {
        match self {
            Self::Created(row) => row,
            Self::Found(row) => row,
        }
    }
}

impl From<Inserted> for RequestIds {
    fn from(inserted: Inserted) -> Self {
        inserted.request_ids()
    }
}

/// Inserts, and settles what the answers leave open.
pub(crate) struct Inserts<'a> {
    pub syteline: &'a SyteLine,
    pub ido: &'a str,
    pub changes: Vec<Change>,
    /// Whether the database refuses a second record of the same key. Then a change that a call most likely never came
    /// to is simply sent again; otherwise it is looked up first.
    pub unique: bool,
}

/// Inserts records of which the database takes one of each `key`, showing `properties` of those that are there already.
pub(crate) async fn insert_unique(
    syteline: &SyteLine,
    ido: &str,
    key: &str,
    properties: &[&str],
    new: Vec<(Value, Change)>,
) -> Vec<Result<Inserted, Error>> {
    let (keys, changes): (Vec<Value>, Vec<Change>) = new.into_iter().unzip();
    let all = &syteline.load(ido).properties(properties).order_by(key).unique_order();
    let keys = &keys;
    Inserts { syteline, ido, changes, unique: true }
        .send(|places| async move {
            let wanted = places.iter().map(|&place| &keys[place]);
            let rows = by_values(all, key, wanted.clone().cloned().collect()).await?;
            let of = |value: &Value| rows.iter().find(|row| row.text(key) == value.as_str().map(str::trim)).cloned();
            Ok(wanted.map(of).collect())
        })
        .await
}

impl Inserts<'_> {
    /// Sends them; `find` gives for each of these places the record that is there, if any.
    ///
    /// A call that failed as a whole is not settled here: its changes keep its error, for they may still be under way.
    pub(crate) async fn send<F, Fut>(self, find: F) -> Vec<Result<Inserted, Error>>
    where
        F: Fn(Vec<usize>) -> Fut,
        Fut: Future<Output = Result<Vec<Option<IdoRow>>, Error>>,
    {
        let mut results: Vec<Option<Result<Inserted, Error>>> = vec![None; self.changes.len()];
        let (mut again, mut doubtful, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        let mut unshown = Vec::new();
        let first = Update::new(self.syteline.clone(), self.ido).extend(self.changes.iter().cloned()).run().await;
        for (place, verdict) in first.into_iter().enumerate() {
            match verdict {
                Verdict::Confirmed(row) => results[place] = Some(Ok(Inserted::Created(row))),
                Verdict::Failed(error) => results[place] = Some(Err(error)),
                Verdict::Refused(error) => refused.push((place, error)),
                Verdict::Unconfirmed { first_only: true } if self.unique => {
                    unshown.push(place);
                    again.push(place);
                }
                Verdict::Unconfirmed { .. } | Verdict::HeadOnly | Verdict::RefusedAmongOthers(_) => {
                    doubtful.push(place);
                }
            }
        }
        if !doubtful.is_empty() {
            again.extend(self.look(&find, doubtful, &mut results).await);
        }
        again.sort_unstable();
        // One at a time, so that each gets an answer of its own.
        for (n, &place) in again.iter().enumerate() {
            let alone = Update::new(self.syteline.clone(), self.ido).push(self.changes[place].clone());
            match alone.run().await.pop() {
                Some(Verdict::Confirmed(row)) => results[place] = Some(Ok(Inserted::Created(row))),
                Some(Verdict::Refused(error)) => refused.push((place, error)),
                Some(Verdict::Failed(error)) => {
                    results[place] = Some(Err(error));
                    self.leave(&again[n + 1..], &mut results);
                    break;
                }
                _ => results[place] = Some(Err(unconfirmed(&self.operation()))),
            }
        }
        self.settle_refused(&find, refused, &mut results).await;
        if unshown.iter().any(|&place| matches!(results[place], Some(Ok(Inserted::Found(_))))) {
            self.syteline.batch_size().rise_again();
        }
        results.into_iter().map(|result| result.unwrap_or_else(|| Err(unconfirmed(&self.operation())))).collect()
    }

    /// A refusal may mean that the record is there already.
    async fn settle_refused<F, Fut>(
        &self,
        find: &F,
        refused: Vec<(usize, Error)>,
        results: &mut [Option<Result<Inserted, Error>>],
    ) where
        F: Fn(Vec<usize>) -> Fut,
        Fut: Future<Output = Result<Vec<Option<IdoRow>>, Error>>,
    {
        if refused.is_empty() {
            return;
        }
        let absent = self.look(find, refused.iter().map(|(place, _)| *place).collect(), results).await;
        for (place, error) in refused {
            if absent.contains(&place) {
                results[place] = Some(Err(error));
            }
        }
    }

    /// Looks these up; those that are there are settled, the others are returned.
    async fn look<F, Fut>(
        &self,
        find: &F,
        places: Vec<usize>,
        results: &mut [Option<Result<Inserted, Error>>],
    ) -> Vec<usize>
    where
        F: Fn(Vec<usize>) -> Fut,
        Fut: Future<Output = Result<Vec<Option<IdoRow>>, Error>>,
    {
        match find(places.clone()).await {
            Ok(found) => {
                let mut absent = Vec::new();
                for (place, row) in places.into_iter().zip(found) {
                    match row {
                        Some(row) => results[place] = Some(Ok(Inserted::Found(row))),
                        None => absent.push(place),
                    }
                }
                absent
            }
            Err(error) => {
                let message = format!("it may have been made, and looking for it failed: {}", error.message());
                let error = error.with_outcome(Outcome::Unknown).with_message(message);
                for place in places {
                    results[place] = Some(Err(error.clone()));
                }
                Vec::new()
            }
        }
    }

    /// What is not sent again after a failure has been sent before: nobody knows.
    fn leave(&self, places: &[usize], results: &mut [Option<Result<Inserted, Error>>]) {
        for &place in places {
            results[place] = Some(Err(unconfirmed(&self.operation())));
        }
    }

    fn operation(&self) -> String {
        format!("POST update {}", self.ido)
    }
}
