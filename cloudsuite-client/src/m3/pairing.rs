//! Which answer belongs to which transaction, and what an absent one means.

use tenant_http::{ErrorKind, Outcome, RequestIds, Traced};

use super::error::TransactionError;
use super::record::MiRecord;
use super::transaction::Transaction;
use super::wire::{Answer, ResultEntry, Termination, Verdict};

/// What each of the sent transactions got, in their order.
pub(crate) type Results = Vec<Result<Traced<Vec<MiRecord>>, TransactionError>>;

/// Pairs by position. From the first entry that is recognisably another transaction's, and from the end of a list that
/// is too short, nothing is known about the transactions that remain.
pub(crate) fn pair(program: &str, sent: &[Transaction], answer: Answer) -> Results {
    let Answer { results, request_ids, terminated } = answer;
    let surplus = results.len() > sent.len();
    let mut entries = results.into_iter();
    let mut in_step = !surplus;
    sent.iter()
        .map(|transaction| {
            let entry = entries.next().filter(|_| in_step);
            let own = entry.filter(|entry| belongs(entry, transaction));
            in_step = own.is_some();
            let rows = own.map_or_else(
                || Err(unanswered(program, transaction, sent.len() == 1, terminated.as_ref())),
                |entry| judge(program, transaction, entry.verdict(), terminated.as_ref()),
            );
            match rows {
                Ok(rows) => Ok(Traced::new(rows, request_ids.clone())),
                Err(error) => Err(error.of_request(&request_ids)),
            }
        })
        .collect()
}

/// The calls of transactions that answer nothing else.
pub(crate) fn ids_of(results: Results) -> Vec<Result<RequestIds, TransactionError>> {
    results.into_iter().map(|result| result.map(|rows| rows.request_ids)).collect()
}

fn belongs(entry: &ResultEntry, transaction: &Transaction) -> bool {
    let same_name = entry.transaction.as_deref().is_none_or(|name| name.trim() == transaction.name());
    let echoed = transaction.fields().next().and_then(|(field, sent)| {
        let echo = entry.parameters.as_ref()?.text(field)?;
        Some(same_code(sent, echo))
    });
    same_name && echoed.unwrap_or(true)
}

/// An echo may be upper-cased, padded, or lose its leading zeros.
fn same_code(a: &str, b: &str) -> bool {
    let bare = |text: &str| text.trim().trim_start_matches('0').to_uppercase();
    bare(a) == bare(b)
}

fn judge(
    program: &str,
    transaction: &Transaction,
    verdict: Verdict,
    terminated: Option<&Termination>,
) -> Result<Vec<MiRecord>, TransactionError> {
    let name = transaction.name();
    match verdict {
        Verdict::Done(records) => Ok(records),
        Verdict::Fault(fault) => Err(TransactionError::fault_of(program, name, fault)),
        Verdict::Incomplete(fault, rows) => {
            let message = format!("it failed after {rows} rows, so they are not all: {fault}");
            Err(TransactionError::other(program, name, ErrorKind::Unavailable, Outcome::Unknown, message))
        }
        Verdict::NotProcessed => {
            let message = match terminated {
                Some(end) => format!("not processed, for the server stopped before it: {}", end.words()),
                None => "not processed".to_owned(),
            };
            Err(TransactionError::other(program, name, ErrorKind::Unavailable, Outcome::NotProcessed, message))
        }
    }
}

fn unanswered(
    program: &str,
    transaction: &Transaction,
    alone: bool,
    terminated: Option<&Termination>,
) -> TransactionError {
    let name = transaction.name();
    let Some(end) = terminated else {
        let message = "the answer has no result for it: it may have been done";
        return TransactionError::other(program, name, ErrorKind::Decode, Outcome::Unknown, message);
    };
    // Among many, the ones before the culprit may have been done, though their results are lost.
    if alone && end.error_type.is_before_m3() {
        return TransactionError::unsent(program, name, format!("refused before M3 ran it: {}", end.words()));
    }
    let message = format!("the server stopped without a result for it, it may have been done: {}", end.words());
    TransactionError::other(program, name, ErrorKind::Unavailable, Outcome::Unknown, message)
}

impl Termination {
    fn words(&self) -> String {
        format!("{} {}", self.error_type, self.reason).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::m3::wire;

    fn get(number: &str) -> Transaction {
        Transaction::new("GetHead").field("PUNO", number)
    }

    fn pair_of(sent: &[Transaction], answer: &str) -> Vec<Result<usize, Outcome>> {
        pair("PPS200MI", sent, wire::read(answer.as_bytes()).unwrap())
            .into_iter()
            .map(|result| result.map(|rows| rows.len()).map_err(|error| error.outcome()))
            .collect()
    }

    #[test]
    fn a_short_answer_leaves_the_rest_unknown() {
        let answers = pair_of(&[get("1"), get("2")], r#"{"results": [{"records": [{"PUNO": "1"}]}]}"#);
        assert_eq!(answers, [Ok(1), Err(Outcome::Unknown)]);
    }

    #[test]
    fn more_answers_than_questions_are_no_answers() {
        let answers = pair_of(&[get("1")], r#"{"results": [{"records": []}, {"records": []}]}"#);
        assert_eq!(answers, [Err(Outcome::Unknown)]);
    }

    #[test]
    fn an_answer_that_belongs_to_another_ends_the_pairing() {
        let sent = [get("1"), get("02"), get("3")];
        let echo = r#"{"results": [{"parameters": {"PUNO": "1"}}, {"parameters": {"PUNO": "3"}}]}"#;
        assert_eq!(pair_of(&sent, echo), [Ok(0), Err(Outcome::Unknown), Err(Outcome::Unknown)]);
        let other =
            r#"{"results": [{"transaction": "GetHead"}, {"transaction": "LstLine"}, {"transaction": "GetHead"}]}"#;
        assert_eq!(pair_of(&sent, other), [Ok(0), Err(Outcome::Unknown), Err(Outcome::Unknown)]);
        let same =
            r#"{"results": [{"parameters": {"PUNO": "1  "}}, {"parameters": {"PUNO": "2"}}, {"parameters": {}}]}"#;
        assert_eq!(pair_of(&sent, same), [Ok(0), Ok(0), Ok(0)]);
    }

    #[test]
    fn what_a_terminated_call_marks_as_not_processed_may_be_sent_again() {
        let answer = r#"{"results": [{"records": []}, {"notProcessed": true}], "wasTerminated": true, "terminationReason": "time"}"#;
        assert_eq!(
            pair_of(&[get("1"), get("2"), get("3")], answer),
            [Ok(0), Err(Outcome::NotProcessed), Err(Outcome::Unknown)]
        );
    }

    #[test]
    fn a_termination_before_m3_clears_a_lone_transaction_only() {
        let answer = r#"{"wasTerminated": true, "terminationErrorType": "TransactionNotFound"}"#;
        assert_eq!(pair_of(&[get("1")], answer), [Err(Outcome::NotProcessed)]);
        assert_eq!(pair_of(&[get("1"), get("2")], answer), [Err(Outcome::Unknown), Err(Outcome::Unknown)]);
    }
}
