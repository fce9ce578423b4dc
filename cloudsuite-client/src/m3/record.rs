//! One row of an answer: field names and their text.

use std::fmt;

use chrono::NaiveDate;
use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tenant_http::{ErrorKind, Outcome};

use super::error::TransactionError;
use super::value::{self, ValueError};
use crate::fields::{Fields, scalar};

/// One row of an answer. Values lose the blanks at their ends; blank fields read as absent.
///
/// ```
/// use cloudsuite_client::m3::MiRecord;
///
/// let row: MiRecord = serde_json::from_str(r#"{"SUNO": "00042     ", "PUPR": "12,50", "BUYE": "  "}"#)?;
/// assert_eq!(row.text("SUNO"), Some("00042"));
/// assert_eq!(row.text("BUYE"), None);
/// assert_eq!(row.decimal("PUPR")?, Some("12.50".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct MiRecord(Fields);

/// A field of a row that is missing, or not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The row lacks a field that the answer must have.
    #[error("field {0} is missing or blank")]
    Missing(String),
    /// The field's text is not what it should be.
    #[error("field {field}: {reason}")]
    Unreadable {
        /// The field's name.
        field: String,
        /// What is wrong, quoting the value.
        reason: String,
    },
}

impl FieldError {
    /// As the error of the transaction whose answer it was.
    pub(crate) fn of(&self, program: &str, transaction: &str) -> TransactionError {
        TransactionError::other(program, transaction, ErrorKind::Decode, Outcome::Unknown, self.to_string())
    }
}

impl MiRecord {
    /// A field's text without the blanks around it; `None` if absent or blank.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(str::trim).filter(|text| !text.is_empty())
    }

    /// Like [`text`](Self::text), owned.
    pub fn owned(&self, field: &str) -> Option<String> {
        self.text(field).map(str::to_owned)
    }

    /// A field's text that must be there.
    pub fn required(&self, field: &str) -> Result<&str, FieldError> {
        self.text(field).ok_or_else(|| FieldError::Missing(field.to_owned()))
    }

    /// A field that must hold a code, such as a supplier's number.
    pub fn code<T>(&self, field: &str) -> Result<T, FieldError>
    where
        T: std::str::FromStr<Err: fmt::Display>,
    {
        self.required(field)?.parse().map_err(|error: T::Err| unreadable(field, &error))
    }

    /// A field's number, exactly.
    pub fn decimal(&self, field: &str) -> Result<Option<Decimal>, FieldError> {
        self.read(field, value::read_decimal)
    }

    /// A field's whole number.
    pub fn integer(&self, field: &str) -> Result<Option<i64>, FieldError> {
        self.read(field, value::read_integer)
    }

    /// A field's date, as it comes with `dateformat=YMD8`, which all calls of this crate ask for.
    pub fn date(&self, field: &str) -> Result<Option<NaiveDate>, FieldError> {
        self.read(field, value::read_date)
    }

    /// A field that holds yes (`1`) or no (`0` or blank).
    pub fn flag(&self, field: &str) -> Result<bool, FieldError> {
        Ok(self.integer(field)?.unwrap_or(0) != 0)
    }

    /// Whether the row has no field at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All fields in the order of their names, values as they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter()
    }

    fn read<T>(&self, field: &str, read: fn(&str) -> Result<Option<T>, ValueError>) -> Result<Option<T>, FieldError> {
        self.text(field).map_or(Ok(None), |text| read(text).map_err(|error| unreadable(field, &error)))
    }
}

fn unreadable(field: &str, reason: &dyn fmt::Display) -> FieldError {
    FieldError::Unreadable { field: field.to_owned(), reason: reason.to_string() }
}

impl fmt::Debug for MiRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for MiRecord {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, text)| (name.into(), text.into())).collect())
    }
}

impl<'de> Deserialize<'de> for MiRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::read(deserializer, without_trailing_blanks).map(Self)
    }
}

/// M3 fills fields with blanks to their width.
fn without_trailing_blanks(raw: &RawValue) -> Result<Option<CompactString>, serde_json::Error> {
    let text = scalar(raw)?;
    Ok(text.map(|mut text| {
        text.truncate(text.trim_end().len());
        text
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_in_the_json_keep_every_digit() {
        let row: MiRecord =
            serde_json::from_str(r#"{"A": 0.10, "B": 12345678901234567.89, "C": null, "D": 1}"#).unwrap();
        assert_eq!(row.text("A"), Some("0.10"));
        assert_eq!(row.decimal("B").unwrap().unwrap().to_string(), "12345678901234567.89");
        assert_eq!(row.text("C"), None);
        assert!(row.flag("D").unwrap() && !row.flag("C").unwrap());
    }

    #[test]
    fn what_cannot_be_read_names_the_field_and_the_value() {
        let row = MiRecord::from_iter([("PUDT", "soon")]);
        let error = row.date("PUDT").unwrap_err().to_string();
        assert!(error.contains("PUDT") && error.contains("soon"), "{error}");
        assert_eq!(row.required("PUNO"), Err(FieldError::Missing("PUNO".to_owned())));
    }
}
