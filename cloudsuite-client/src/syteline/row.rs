//! One record of an answer: property names and their text.

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer};

use super::value::read_time;
use crate::fields::{Fields, scalar};
use crate::m3::FieldError;
use crate::m3::value::{ValueError, read_decimal, read_integer};

/// The property by which an update finds the record of a load again, at the state in which it was loaded.
pub(crate) const ITEM_ID: &str = "_ItemId";

/// One record of an answer. Nulls and blanks read as absent; codes are shown without the blanks around them.
///
/// ```
/// use cloudsuite_client::syteline::IdoRow;
///
/// let row: IdoRow = serde_json::from_str(r#"{"VendNum": "     12", "Name": null, "PoCost": "12.50"}"#)?;
/// assert_eq!(row.text("VendNum"), Some("12"));
/// assert_eq!(row.raw("VendNum"), Some("     12"));
/// assert_eq!(row.text("Name"), None);
/// assert_eq!(row.decimal("PoCost")?, Some("12.50".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct IdoRow(Fields);

impl IdoRow {
    /// A property's text without the blanks around it; `None` if null, absent or blank.
    pub fn text(&self, property: &str) -> Option<&str> {
        self.0.get(property).map(str::trim).filter(|text| !text.is_empty())
    }

    /// A property's text as it came; `None` if null or absent.
    pub fn raw(&self, property: &str) -> Option<&str> {
        self.0.get(property)
    }

    /// Like [`text`](Self::text), owned.
    pub fn owned(&self, property: &str) -> Option<String> {
        self.text(property).map(str::to_owned)
    }

    /// A property's text that must be there.
    pub fn required(&self, property: &str) -> Result<&str, FieldError> {
        self.text(property).ok_or_else(|| FieldError::Missing(property.to_owned()))
    }

    /// A property that must hold a code, such as a vendor's number.
    pub fn code<T>(&self, property: &str) -> Result<T, FieldError>
    where
        T: std::str::FromStr<Err: fmt::Display>,
    {
        self.required(property)?.parse().map_err(|error: T::Err| unreadable(property, &error))
    }

    /// A property that may hold a code.
    pub fn maybe_code<T>(&self, property: &str) -> Result<Option<T>, FieldError>
    where
        T: std::str::FromStr<Err: fmt::Display>,
    {
        self.text(property).map(|_| self.code(property)).transpose()
    }

    /// A property's number, exactly.
    pub fn decimal(&self, property: &str) -> Result<Option<Decimal>, FieldError> {
        self.read(property, read_decimal)
    }

    /// A property's whole number.
    pub fn integer(&self, property: &str) -> Result<Option<i64>, FieldError> {
        self.read(property, read_integer)
    }

    /// A property's moment, by the server's clock.
    pub fn time(&self, property: &str) -> Result<Option<NaiveDateTime>, FieldError> {
        self.read(property, read_time)
    }

    /// A property's day.
    pub fn date(&self, property: &str) -> Result<Option<NaiveDate>, FieldError> {
        Ok(self.time(property)?.map(|time| time.date()))
    }

    /// A property that holds yes (`1`) or no (`0`, blank or null).
    pub fn flag(&self, property: &str) -> Result<bool, FieldError> {
        Ok(self.integer(property)?.unwrap_or(0) != 0)
    }

    /// What names this record, at this state of it, to an update; absent where a load was read-only.
    pub fn item_id(&self) -> Option<&str> {
        self.text(ITEM_ID)
    }

    /// Whether there is no property at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All properties that are not null, in the order of their names, as they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter()
    }

    fn read<T>(&self, name: &str, read: fn(&str) -> Result<Option<T>, ValueError>) -> Result<Option<T>, FieldError> {
        self.text(name).map_or(Ok(None), |text| read(text).map_err(|error| unreadable(name, &error)))
    }
}

fn unreadable(field: &str, reason: &dyn fmt::Display) -> FieldError {
    FieldError::Unreadable { field: field.to_owned(), reason: reason.to_string() }
}

impl fmt::Debug for IdoRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for IdoRow {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(properties: I) -> Self {
        Self(properties.into_iter().map(|(name, text)| (name.into(), text.into())).collect())
    }
}

impl<'de> Deserialize<'de> for IdoRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::read(deserializer, scalar).map(Self)
    }
}
