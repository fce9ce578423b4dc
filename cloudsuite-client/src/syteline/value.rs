//! How `SyteLine` writes values, in one place: everything travels as text, or as null.
//!
//! Numbers have a point and no exponent, truth values are `1` and `0`, dates are `YYYYMMDD hh:mm:ss.fff`: the form
//! that SQL Server reads the same way under every language setting.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;

use crate::m3::value::{ValueError, write_decimal};

/// A value to be written to a property, or compared with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    text: Option<String>,
    quoting: Quoting,
}

/// How a value stands in a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// `N'...'`
    Text,
    /// `'...'`
    Date,
    /// As it is.
    Number,
}

impl Value {
    /// A text, blanks at its end removed.
    pub fn text(text: impl Into<String>) -> Self {
        let mut text = text.into();
        text.truncate(text.trim_end().len());
        Self { text: Some(text), quoting: Quoting::Text }
    }

    /// No value.
    pub const NULL: Self = Self { text: None, quoting: Quoting::Text };

    /// The text that is sent; `None` for null.
    pub fn as_str(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub(crate) fn quoting(&self) -> Quoting {
        self.quoting
    }

    fn with(text: String, quoting: Quoting) -> Self {
        Self { text: Some(text), quoting }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::text(text.as_str())
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::with(write_decimal(number), Quoting::Number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::with(number.to_string(), Quoting::Number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::with(i64::from(truth).to_string(), Quoting::Number)
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        day.and_time(NaiveTime::MIN).into()
    }
}

impl From<NaiveDateTime> for Value {
    fn from(time: NaiveDateTime) -> Self {
        Self::with(write_time(time), Quoting::Date)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::NULL, Into::into)
    }
}

/// A moment as the server takes it: `20261124 13:45:00.000`.
pub fn write_time(time: NaiveDateTime) -> String {
    time.format("%Y%m%d %H:%M:%S%.3f").to_string()
}

/// The forms in which servers give moments.
const FORMS: [&str; 5] =
    ["%Y%m%d %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.fZ", "%Y%m%d %H:%M"];

/// A moment as the server gives it, with dashes or without, with or without a time; blank is none.
///
/// # Errors
/// If the text is no date.
pub fn read_time(text: &str) -> Result<Option<NaiveDateTime>, ValueError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let moment = FORMS.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let day = || {
        let day = ["%Y%m%d", "%Y-%m-%d"].iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
        day.map(|day| day.and_time(NaiveTime::MIN))
    };
    let wrong = || ValueError { value: text.chars().take(40).collect(), expected: "a date as YYYYMMDD hh:mm:ss" };
    moment.or_else(day).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn dates_are_read_in_every_form_the_server_has() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 4).unwrap();
        assert_eq!(write_time(day.and_hms_milli_opt(13, 5, 0, 117).unwrap()), "20261104 13:05:00.117");
        for text in
            ["20261104", "2026-11-04", "20261104 00:00:00.000", "2026-11-04 00:00:00.000", "2026-11-04T00:00:00"]
        {
            assert_eq!(read_time(text).unwrap(), Some(day.and_time(NaiveTime::MIN)), "{text}");
        }
        assert_eq!(read_time("  ").unwrap(), None);
        for bad in ["soon", "20261340", "11/04/2026"] {
            assert!(read_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn values_are_text_or_null() {
        assert_eq!(Value::from("a ").as_str(), Some("a"));
        assert_eq!(Value::from(true).as_str(), Some("1"));
        assert_eq!(Value::from("2.50".parse::<Decimal>().unwrap()).as_str(), Some("2.5"));
        assert_eq!(Value::from(None::<&str>).as_str(), None);
    }
}
