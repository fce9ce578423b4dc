//! Many changes of one IDO, in as few calls as the server proves to take.
//!
//! It is not known of any server beforehand whether it processes more than the first change of a call, nor whether a
//! call is one database transaction. So no call is believed as a whole: each change is matched to its own answer, and
//! what has none is unknown. A server that answers the first change of many only gets one at a time from then on.

use serde_json::value::RawValue;
use tenant_http::{Error, ErrorKind, Outcome, Traced};

use super::SyteLine;
use super::call::{call, garbled};
use super::change::Change;
use super::filter::check_property;
use super::row::IdoRow;
use super::wire::{Answer, Refreshed};
use crate::whole::{of_each, too_large};

/// Changes being gathered; [`send`](Self::send) makes them, in order.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until send()"]
pub struct Update {
    syteline: SyteLine,
    ido: String,
    changes: Vec<Change>,
}

/// What became of one change.
#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    /// Done; the record as it now is, as far as the server shows it, and the call that did it.
    Confirmed(Traced<IdoRow>),
    /// Sent alone, and refused.
    Refused(Error),
    /// The call was a success, but shows nothing of it.
    Unconfirmed {
        /// The call shows its first change and nothing else.
        first_only: bool,
    },
    /// Done, as far as the record itself goes; of the changes inside it the answer does not show all.
    HeadOnly,
    /// Sent among others, one of which was refused.
    RefusedAmongOthers(Error),
    /// The call failed, or was not made.
    Failed(Error),
}

impl Verdict {
    fn is_too_large(&self) -> bool {
        matches!(self, Self::Failed(error) if too_large(error))
    }

    /// What a caller is told who settles nothing by itself.
    fn judge(self, operation: &str) -> Result<Traced<IdoRow>, Error> {
        match self {
            Self::Confirmed(row) => Ok(row),
            Self::Refused(error) | Self::Failed(error) => Err(error),
            Self::Unconfirmed { .. } => Err(unconfirmed(operation)),
            Self::HeadOnly => {
                let message = "the answer shows the change but not all of those inside it, which may not have been \
                               made: load them before anything is sent again";
                Err(Error::new(ErrorKind::Decode, Outcome::Unknown, operation, message))
            }
            Self::RefusedAmongOthers(error) => Err(error.with_outcome(Outcome::Unknown)),
        }
    }
}

impl Update {
    pub(crate) fn new(syteline: SyteLine, ido: &str) -> Self {
        Self { syteline, ido: ido.to_owned(), changes: Vec::new() }
    }

    /// Adds a change.
    pub fn push(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Adds changes.
    pub fn extend(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.changes.extend(changes);
        self
    }

    /// Makes the changes and returns one result for each, in their order: the record as it now is, with the server's id
    /// of the call that changed it, or an error whose
    /// outcome says whether the change may have been made all the same.
    ///
    /// - `Unknown`: the answer shows nothing of it, or it was among others of which one was refused. Look before
    ///   sending it again.
    /// - `Rejected`: it was sent alone and refused.
    /// - `NotProcessed`: it was not sent, for it cannot be, or because a call before it failed.
    ///
    /// Dropping the future gives up: the call under way may still be processed, the ones after it are not sent.
    pub async fn send(self) -> Vec<Result<Traced<IdoRow>, Error>> {
        let operation = self.operation();
        self.run().await.into_iter().map(|verdict| verdict.judge(&operation)).collect()
    }

    /// As [`send`](Self::send), for changes that may be made twice without harm: what a server left out that proves to
    /// process only the first change of a call is sent again, one by one.
    pub(crate) async fn send_repeatable(self) -> Vec<Result<Traced<IdoRow>, Error>> {
        let operation = self.operation();
        let verdicts = self.run().await;
        let left_out = |verdict: &Verdict| matches!(verdict, Verdict::Unconfirmed { first_only: true });
        let places: Vec<usize> = (0..verdicts.len()).filter(|&place| left_out(&verdicts[place])).collect();
        let mut results: Vec<_> = verdicts.into_iter().map(|verdict| verdict.judge(&operation)).collect();
        if !places.is_empty() {
            let again = Self::new(self.syteline.clone(), &self.ido)
                .extend(places.iter().map(|&place| self.changes[place].clone()));
            for (place, verdict) in places.into_iter().zip(again.run().await) {
                // Whatever comes of the second time, the first may have been processed all the same.
                results[place] = verdict.judge(&operation).map_err(|error| error.with_outcome(Outcome::Unknown));
            }
        }
        results
    }

    /// Makes the changes, in calls as large as they may be.
    pub(crate) async fn run(&self) -> Vec<Verdict> {
        let mut verdicts: Vec<Option<Verdict>> = self.changes.iter().map(|change| self.unfit(change)).collect();
        let fit: Vec<usize> = (0..self.changes.len()).filter(|&place| verdicts[place].is_none()).collect();
        let mut rest = fit.as_slice();
        let mut most = usize::MAX;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(self.next_call(rest).min(most));
            let answers = self.send_one(now).await;
            if now.len() > 1 && answers.iter().all(Verdict::is_too_large) {
                tracing::info!(ido = self.ido, sent = now.len(), "the server takes no update as large as that");
                most = now.len() / 2;
                continue;
            }
            let failed = answers.iter().any(|verdict| matches!(verdict, Verdict::Failed(_)));
            for (&place, verdict) in now.iter().zip(answers) {
                verdicts[place] = Some(verdict);
            }
            rest = if failed { &[] } else { later };
        }
        verdicts.into_iter().map(|verdict| verdict.unwrap_or_else(|| Verdict::Failed(self.unsent()))).collect()
    }

    /// How many of the changes at these places fit into one call.
    fn next_call(&self, places: &[usize]) -> usize {
        let mut bytes = 256;
        let fits = |&&place: &&usize| {
            bytes += self.changes[place].body(0).map_or(0, |body| body.len() + 8);
            bytes <= self.syteline.bytes_per_request()
        };
        places.iter().take(self.syteline.batch_size().of_next_call()).take_while(fits).count().max(1)
    }

    /// One call with the changes at these places.
    async fn send_one(&self, places: &[usize]) -> Vec<Verdict> {
        let operation = self.operation();
        let changes: Vec<&Change> = places.iter().map(|&place| &self.changes[place]).collect();
        let all = |verdict: Verdict| vec![verdict; changes.len()];
        let body = match self.body(&changes) {
            Ok(body) => body,
            Err(error) => {
                let error = Error::config(operation, "the changes could not be written as JSON").with_source(error);
                return all(Verdict::Failed(error));
            }
        };
        let path = format!("{}/update/{}", self.syteline.path(), self.ido);
        let request = self.syteline.client().http().post(&path).query(&[("refresh", "true")]).json(&body);
        let answer = match call(&self.syteline, &operation, false, request).await {
            Ok(answer) => answer,
            Err(error) => return all(self.failed(error, changes.len())),
        };
        if answer.success != Some(true) {
            let error = self.syteline.refusals().judge(&operation, &answer);
            return if changes.len() == 1 {
                // What any change would meet is no refusal of this one.
                let refused = error.outcome() == Outcome::Rejected;
                vec![if refused { Verdict::Refused(error) } else { Verdict::Failed(error) }]
            } else {
                let message = format!("one of {} changes was refused: {}", changes.len(), error.message());
                all(Verdict::RefusedAmongOthers(error.with_message(message)))
            };
        }
        self.confirm(&operation, &changes, &answer)
    }

    /// What the failure of a call with so many changes says of each.
    fn failed(&self, error: Error, changes: usize) -> Verdict {
        if too_large(&error) {
            return if changes == 1 { Verdict::Refused(error) } else { Verdict::Failed(error) };
        }
        let hint = "check the address and the path of the IDO service";
        Verdict::Failed(of_each(error, changes, self.syteline.batch_size(), hint))
    }

    /// What a successful answer confirms.
    fn confirm(&self, operation: &str, changes: &[&Change], answer: &Answer) -> Vec<Verdict> {
        let refreshed = match answer.refreshed() {
            Ok(refreshed) => refreshed,
            // It was a success, of one change; how the record looks now is not known, and need not be.
            Err(_) if changes.len() == 1 => Vec::new(),
            Err(error) => return vec![Verdict::Failed(garbled(operation, error)); changes.len()],
        };
        if let ([change], true) = (changes, refreshed.is_empty()) {
            let whole = change.nested().is_empty();
            let done = || Verdict::Confirmed(Traced::new(IdoRow::default(), answer.request_ids.clone()));
            return vec![if whole { done() } else { Verdict::HeadOnly }];
        }
        let rows = pair(changes, refreshed);
        let confirmed = rows.iter().filter(|row| row.is_some()).count();
        let first_only = changes.len() > 1 && confirmed <= 1 && rows.iter().skip(1).all(Option::is_none);
        if first_only {
            tracing::info!(ido = self.ido, sent = changes.len(), "the server shows no more than the first change");
            self.syteline.batch_size().fall_to_one();
        }
        let verdict = |row: Option<Shown>| match row {
            Some(Shown { row, whole: true }) => Verdict::Confirmed(Traced::new(row, answer.request_ids.clone())),
            Some(_) => Verdict::HeadOnly,
            None => Verdict::Unconfirmed { first_only },
        };
        rows.into_iter().map(verdict).collect()
    }

    fn body(&self, changes: &[&Change]) -> Result<Box<RawValue>, serde_json::Error> {
        let bodies: Result<Vec<String>, _> =
            changes.iter().enumerate().map(|(place, change)| change.body(place)).collect();
        let name = serde_json::Value::from(self.ido.as_str());
        RawValue::from_string(format!(
            "{{\"IDOName\":{name},\"RefreshAfterSave\":true,\"Changes\":[{}]}}",
            bodies?.join(",")
        ))
    }

    fn operation(&self) -> String {
        format!("POST update {}", self.ido)
    }

    /// Why a change cannot be sent.
    fn unfit(&self, change: &Change) -> Option<Verdict> {
        let reason = check_property(&self.ido).err().or(change.refused().map(str::to_owned))?;
        let error = Error::new(ErrorKind::Validation, Outcome::NotProcessed, self.operation(), reason);
        Some(Verdict::Failed(error))
    }

    fn unsent(&self) -> Error {
        let message = "not sent, because the call before it failed";
        Error::new(ErrorKind::Unavailable, Outcome::NotProcessed, self.operation(), message)
    }
}

pub(crate) fn unconfirmed(operation: &str) -> Error {
    let message = "the answer is a success but does not show this change: it may or may not have been made";
    Error::new(ErrorKind::Decode, Outcome::Unknown, operation, message)
}

/// What an answer shows of a change.
#[derive(Clone)]
struct Shown {
    row: IdoRow,
    /// Whether all changes inside it are shown too.
    whole: bool,
}

/// Which refreshed record belongs to which change: by the places they name, or else one after the other if there are
/// as many. What is recognisably another record belongs to none.
fn pair(changes: &[&Change], refreshed: Vec<Refreshed>) -> Vec<Option<Shown>> {
    let mut rows: Vec<Option<Shown>> = vec![None; changes.len()];
    let places: Vec<Option<usize>> = refreshed.iter().map(Refreshed::place).collect();
    let named = places.iter().enumerate().all(|(n, place)| place.is_some() && !places[..n].contains(place));
    if !named && refreshed.len() != changes.len() {
        return rows;
    }
    for (position, item) in refreshed.into_iter().enumerate() {
        let place = if named { places[position].unwrap_or(position) } else { position };
        let Some(change) = changes.get(place).filter(|change| item.is_of(change.action())) else { continue };
        let whole = shows_nested(change, &item);
        let row = item.into_row();
        if is_same(change, &row) {
            rows[place] = Some(Shown { row, whole });
        }
    }
    rows
}

/// Whether an answer shows each of the changes inside this one.
fn shows_nested(change: &Change, item: &Refreshed) -> bool {
    change.nested().iter().all(|nested| {
        let changes: Vec<&Change> = nested.changes.iter().collect();
        let shown = item.inside(&nested.sub_collection).map(|shown| pair(&changes, shown)).unwrap_or_default();
        shown.len() == changes.len() && shown.iter().all(|one| one.as_ref().is_some_and(|one| one.whole))
    })
}

/// Whether a record may be the change's: the server may pad, or show another case.
fn is_same(change: &Change, row: &IdoRow) -> bool {
    let Some((name, sent)) = change.identity() else { return true };
    row.text(name).is_none_or(|came| came.eq_ignore_ascii_case(sent.trim()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn paired(numbers: &[&str], answer: &str) -> Vec<bool> {
        let changes: Vec<Change> = numbers.iter().map(|number| Change::insert().set("PoNum", *number)).collect();
        let answer: Answer = serde_json::from_str(&format!(r#"{{"RefreshItems": [{answer}]}}"#)).unwrap();
        let rows = pair(&changes.iter().collect::<Vec<_>>(), answer.refreshed().unwrap());
        rows.iter().map(Option::is_some).collect()
    }

    #[test]
    fn records_are_paired_by_their_place_and_never_with_another_record() {
        let item = |place: &str, number: &str| {
            format!(r#"{{"Action": 1{place}, "Properties": [{{"Name": "PoNum", "Value": "{number}"}}]}}"#)
        };
        let (a, b) = (item(r#", "ItemNo": 0"#, " A"), item(r#", "ItemNo": 1"#, "B"));
        assert_eq!(paired(&["A", "B"], &format!("{b},{a}")), [true, true]);
        assert_eq!(paired(&["A", "B"], &b), [false, true]);
        assert_eq!(paired(&["A", "B"], &item(r#", "ItemNo": 1"#, "A")), [false, false], "another record");
        let (a, b) = (item("", "A"), item("", "B"));
        assert_eq!(paired(&["A", "B"], &format!("{a},{b}")), [true, true], "as many, one after the other");
        assert_eq!(paired(&["A", "B"], &a), [false, false], "fewer, and none says which");
        let twice = item(r#", "ItemNo": 0"#, "A");
        assert_eq!(paired(&["A", "A"], &format!("{twice},{twice}")), [true, true]);
        assert_eq!(paired(&["A", "B"], &format!("{twice},{twice}")), [true, false]);
        assert_eq!(paired(&["A"], &item(r#", "ItemNo": 7"#, "A")), [false]);
    }
}
