//! Values as `OData` writes them: in a body, and as a literal in an address.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::m3::value::write_decimal;

/// A value to be written to a property, or compared with one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    Null,
    /// A text.
    Text(String),
    /// A number, exactly.
    Number(Decimal),
    /// Yes or no.
    Bool(bool),
    /// A day.
    Date(NaiveDate),
    /// A moment.
    Time(DateTime<Utc>),
}

impl Value {
    /// As it stands in a filter or a key.
    pub(crate) fn literal(&self) -> Result<String, String> {
        Ok(match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) if text.chars().any(char::is_control) => {
                let shown: String = text.chars().take(40).flat_map(char::escape_default).collect();
                return Err(format!("{shown:?} has control characters"));
            }
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Self::Number(number) => write_decimal(*number),
            Self::Bool(truth) => truth.to_string(),
            Self::Date(day) => day.format("%Y-%m-%d").to_string(),
            Self::Time(time) => time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        })
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            // As a number, whose digits never pass through a float.
            Self::Number(number) => {
                RawValue::from_string(write_decimal(*number)).map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Date(_) | Self::Time(_) => serializer.serialize_str(&self.literal().map_err(S::Error::custom)?),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Date(day)
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Time(time)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Names go into addresses as they are: letters, digits and underscores, and `/` or `.` between them.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let fits = name.len() <= 128 && name.split(['/', '.']).all(word);
    if fits { Ok(()) } else { Err(format!("{:?} is no name", name.chars().take(40).collect::<String>())) }
}
