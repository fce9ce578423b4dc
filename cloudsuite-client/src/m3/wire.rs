//! The JSON that M3's REST service (v2) answers, read with every tolerance that servers are known to need.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};
use serde_json::value::RawValue;
use tenant_http::RequestIds;

use super::fault::{MiErrorType, MiFault};
use super::record::MiRecord;

/// A readable answer, to one transaction or many.
#[derive(Debug)]
pub(crate) struct Answer {
    pub results: Vec<ResultEntry>,
    /// The server's id of the call.
    pub request_ids: RequestIds,
    /// Why the server stopped before the end, if it did.
    pub terminated: Option<Termination>,
}

#[derive(Debug)]
pub(crate) struct Termination {
    pub error_type: MiErrorType,
    pub reason: String,
}

/// Why a body is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Nothing, or a text that is not JSON at all, such as a gateway's HTML page.
    Foreign,
    /// JSON that breaks off or has an unexpected shape.
    Broken(String),
    /// JSON of something other than M3.
    OtherJson,
    /// The older service's form.
    VersionOne,
}

/// What one transaction's entry says.
#[derive(Debug)]
pub(crate) enum Verdict {
    Done(Vec<MiRecord>),
    Fault(MiFault),
    /// Some rows, and then a failure: an incomplete list is no list.
    Incomplete(MiFault, usize),
    NotProcessed,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultEntry {
    pub transaction: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub parameters: Option<MiRecord>,
    #[serde(default, deserialize_with = "one_or_many")]
    records: Vec<MiRecord>,
    error_message: Option<String>,
    error_type: Option<String>,
    error_code: Option<String>,
    error_field: Option<String>,
    #[serde(default, deserialize_with = "truth")]
    not_processed: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    #[serde(default, deserialize_with = "present_one_or_many")]
    results: Option<Vec<ResultEntry>>,
    #[serde(default, deserialize_with = "truth")]
    was_terminated: bool,
    termination_reason: Option<String>,
    termination_error_type: Option<String>,
    #[serde(rename = "MIRecord")]
    v1_records: Option<Box<RawValue>>,
    #[serde(rename = "ErrorMessage")]
    v1_error: Option<Box<RawValue>>,
    #[serde(rename = "@type")]
    v1_type: Option<Box<RawValue>>,
}

/// Reads a body as an answer.
pub(crate) fn read(body: &[u8]) -> Result<Answer, Unreadable> {
    if body.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Unreadable::Foreign);
    }
    // To look at the encoding of all at once is quicker than to look at each text's.
    let envelope = match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str::<Envelope>(text),
        Err(_) => serde_json::from_slice(body),
    };
    let envelope = envelope.map_err(|error| Unreadable::Broken(error.to_string()))?;
    if envelope.v1_records.is_some() || envelope.v1_error.is_some() || envelope.v1_type.is_some() {
        return Err(Unreadable::VersionOne);
    }
    let error_type = envelope.termination_error_type.unwrap_or_default();
    let terminated = (envelope.was_terminated || !error_type.trim().is_empty()).then(|| Termination {
        error_type: MiErrorType::read(&error_type),
        reason: envelope.termination_reason.as_deref().unwrap_or("no reason given").trim().to_owned(),
    });
    match envelope.results {
        None if terminated.is_none() => Err(Unreadable::OtherJson),
        results => Ok(Answer { results: results.unwrap_or_default(), request_ids: RequestIds::none(), terminated }),
    }
}

impl ResultEntry {
    pub(crate) fn verdict(self) -> Verdict {
        let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        if self.not_processed {
            return Verdict::NotProcessed;
        }
        let records: Vec<MiRecord> = self.records.into_iter().filter(|record| !record.is_empty()).collect();
        if !given(&self.error_message) && !given(&self.error_type) && !given(&self.error_code) {
            return Verdict::Done(records);
        }
        let fault = MiFault::new(
            MiErrorType::read(self.error_type.as_deref().unwrap_or_default()),
            self.error_code.as_deref(),
            self.error_field.as_deref(),
            self.error_message.as_deref().unwrap_or_default(),
        );
        if records.is_empty() { Verdict::Fault(fault) } else { Verdict::Incomplete(fault, records.len()) }
    }
}

/// A list, a single object standing for a list of one, or nothing.
fn one_or_many<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    present_one_or_many(deserializer).map(Option::unwrap_or_default)
}

fn present_one_or_many<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let Some(raw) = Option::<Box<RawValue>>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let read = if raw.get().starts_with('{') {
        serde_json::from_str(raw.get()).map(|one| vec![one])
    } else {
        serde_json::from_str(raw.get())
    };
    read.map(Some).map_err(serde::de::Error::custom)
}

/// An echo that is only compared: what cannot be read counts as absent.
fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<MiRecord>, D::Error> {
    let raw = Option::<Box<RawValue>>::deserialize(deserializer)?;
    Ok(raw.and_then(|raw| serde_json::from_str(raw.get()).ok()))
}

/// A truth value, also as text.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let raw = Option::<Box<RawValue>>::deserialize(deserializer)?;
    Ok(raw.is_some_and(|raw| raw.get().trim_matches('"').eq_ignore_ascii_case("true")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn only(entry: &str) -> Verdict {
        let mut answer = read(format!(r#"{{"results": [{entry}]}}"#).as_bytes()).unwrap();
        assert_eq!(answer.results.len(), 1);
        answer.results.remove(0).verdict()
    }

    #[test]
    fn rows_may_be_absent_null_a_list_or_one_object() {
        for (records, rows) in [
            (r#""x": 1"#, 0),
            (r#""records": null"#, 0),
            (r#""records": []"#, 0),
            (r#""records": [{}]"#, 0),
            (r#""records": {"SUNO": "1"}"#, 1),
            (r#""records": [{"SUNO": "1"}, {"SUNO": "2"}]"#, 2),
        ] {
            match only(&format!(r#"{{"transaction": "Lst", {records}}}"#)) {
                Verdict::Done(list) => assert_eq!(list.len(), rows, "{records}"),
                other => panic!("{records}: {other:?}"),
            }
        }
        let one = read(br#"{"results": {"records": {"SUNO": "1"}}}"#).unwrap();
        assert_eq!(one.results.len(), 1);
    }

    #[test]
    fn an_error_beside_empty_rows_is_a_fault_and_beside_rows_an_incomplete_list() {
        for records in ["[]", "null", "{}"] {
            let entry =
                format!(r#"{{"records": {records}, "errorMessage": "no   ", "errorType": "ServerReturnedNOK"}}"#);
            assert!(matches!(only(&entry), Verdict::Fault(_)), "{records}");
        }
        assert!(matches!(
            only(r#"{"records": [{"A": "1"}], "errorMessage": "lost", "errorType": "ServerReturnedNOK"}"#),
            Verdict::Incomplete(_, 1)
        ));
        assert!(
            matches!(only(r#"{"errorMessage": "  ", "errorCode": null}"#), Verdict::Done(_)),
            "blanks are no error"
        );
    }

    #[test]
    fn not_processed_is_read_as_such() {
        assert!(matches!(only(r#"{"transaction": "AddHead", "notProcessed": true}"#), Verdict::NotProcessed));
        assert!(matches!(only(r#"{"transaction": "AddHead", "notProcessed": "true"}"#), Verdict::NotProcessed));
    }

    #[test]
    fn what_is_no_answer_is_told_apart() {
        assert_eq!(read(b"").unwrap_err(), Unreadable::Foreign);
        assert_eq!(read(b"<html>busy</html>").unwrap_err(), Unreadable::Foreign);
        assert!(matches!(read(br#"{"results": [{"transac"#).unwrap_err(), Unreadable::Broken(_)));
        assert_eq!(read(br#"{"error": "Unauthorized"}"#).unwrap_err(), Unreadable::OtherJson);
        for v1 in [
            r#"{"Program": "CRS620MI", "MIRecord": [{"RowIndex": 0, "NameValue": []}]}"#,
            r#"{"@type": "ServerReturnedNOK", "@code": "WSU0103", "Message": "no"}"#,
            r#"{"MIRecord": [], "ErrorMessage": {"Message": "no"}}"#,
        ] {
            assert_eq!(read(v1.as_bytes()).unwrap_err(), Unreadable::VersionOne, "{v1}");
        }
    }

    #[test]
    fn a_termination_without_results_is_an_answer() {
        let answer = read(
            br#"{"wasTerminated": true, "terminationErrorType": "TransactionNotFound", "terminationReason": "x "}"#,
        )
        .unwrap();
        let termination = answer.terminated.unwrap();
        let whole = br#"{"results": [], "wasTerminated": false, "terminationErrorType": ""}"#;
        assert!(read(whole).unwrap().terminated.is_none());
        assert_eq!((termination.error_type, termination.reason.as_str()), (MiErrorType::TransactionNotFound, "x"));
    }
}
