//! Entities: as they are read, and as they are written.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::names::EntityNames;
use super::value::Value;
use crate::fields::Fields;
use crate::m3::FieldError;

/// The annotation that holds the state at which an entity was read.
const ETAG: &str = "@odata.etag";

/// An entity of an answer: its properties by name, numbers with every digit.
///
/// ```
/// use cloudsuite_client::odata::Entity;
///
/// let order: Entity = serde_json::from_str(r#"{"@odata.etag": "W/\"1\"", "Order": "PO1 ", "Total": 12.50,
///     "Lines": [{"Line": 10}]}"#)?;
/// assert_eq!(order.text("Order").as_deref(), Some("PO1"));
/// assert_eq!(order.decimal("Total")?, Some("12.50".parse()?));
/// assert_eq!(order.children("Lines")?[0].integer("Line")?, Some(10));
/// assert_eq!(order.etag().as_deref(), Some("W/\"1\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Entity(Fields);

impl Entity {
    /// A property's text without the blanks around it, also if written as a number; `None` if null, absent or blank.
    pub fn text(&self, property: &str) -> Option<String> {
        let json = self.0.get(property)?;
        let text = match json.as_bytes().first() {
            // Without an escape the text is what stands between the quotation marks.
            Some(b'"') if !json.contains('\\') => json.trim_matches('"').to_owned(),
            Some(b'"') => serde_json::from_str::<String>(json).ok()?,
            Some(b'{' | b'[' | b'n') => return None,
            _ => json.to_owned(),
        };
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A property's text that must be there.
    pub fn required(&self, property: &str) -> Result<String, FieldError> {
        self.text(property).ok_or_else(|| FieldError::Missing(property.to_owned()))
    }

    /// A property's number, exactly, whether written as number or text.
    pub fn decimal(&self, property: &str) -> Result<Option<Decimal>, FieldError> {
        self.read(property, tenant_http::decimal::parse)
    }

    /// A property's whole number.
    pub fn integer(&self, property: &str) -> Result<Option<i64>, FieldError> {
        self.read(property, |text| text.parse::<i64>().map_err(|_| format!("{text:?} is not a whole number")))
    }

    /// A property's day, also if it is written as a moment.
    pub fn date(&self, property: &str) -> Result<Option<NaiveDate>, FieldError> {
        self.read(property, |text| {
            let day = text.get(..10).unwrap_or(text);
            NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| format!("{text:?} is not a date"))
        })
    }

    /// A property's moment.
    pub fn time(&self, property: &str) -> Result<Option<DateTime<Utc>>, FieldError> {
        self.read(property, |text| {
            DateTime::parse_from_rfc3339(text)
                .map(|time| time.to_utc())
                .map_err(|_| format!("{text:?} is not a moment"))
        })
    }

    /// A property that holds yes or no; absent is no.
    pub fn flag(&self, property: &str) -> Result<bool, FieldError> {
        let read = |text: &str| match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Ok(true),
            "false" | "0" | "no" => Ok(false),
            _ => Err(format!("{text:?} is neither true nor false")),
        };
        Ok(self.read(property, read)?.unwrap_or(false))
    }

    /// Entities inside this one, such as an order's lines, as far as they were expanded. A part of them that the
    /// server goes on with elsewhere is an error.
    pub fn children(&self, property: &str) -> Result<Vec<Self>, FieldError> {
        let Some(json) = self.0.get(property) else { return Ok(Vec::new()) };
        if self.rest_of(property).is_some() {
            let reason = "the server gave only a part of it: expand it in the query".to_owned();
            return Err(FieldError::Unreadable { field: property.to_owned(), reason });
        }
        serde_json::from_str::<Option<Vec<Self>>>(json)
            .map(Option::unwrap_or_default)
            .map_err(|error| FieldError::Unreadable { field: property.to_owned(), reason: error.to_string() })
    }

    /// Where the server goes on with the entities inside this one.
    pub(super) fn rest_of(&self, property: &str) -> Option<String> {
        self.text(&format!("{property}@odata.nextLink"))
    }

    /// Adds entities inside this one; `next` is where the server goes on.
    pub(super) fn extend(
        &mut self,
        property: &str,
        more: Vec<Box<RawValue>>,
        next: Option<String>,
    ) -> Result<(), serde_json::Error> {
        let there = self.0.get(property).unwrap_or("[]");
        let mut all: Vec<Box<RawValue>> = serde_json::from_str(there)?;
        all.extend(more);
        let next = serde_json::Value::from(next);
        self.0.insert(property, &serde_json::to_string(&all)?);
        self.0.insert(&format!("{property}@odata.nextLink"), &next.to_string());
        Ok(())
    }

    /// The state at which it was read, for a change of it.
    pub fn etag(&self) -> Option<String> {
        self.text(ETAG)
    }

    /// Whether it has no property at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With the state that a header tells, if its own text does not.
    pub(crate) fn at_state(mut self, etag: Option<&str>) -> Self {
        if let Some(etag) = etag
            && self.0.get(ETAG).is_none()
        {
            self.0.insert(ETAG, &serde_json::Value::from(etag).to_string());
        }
        self
    }

    fn read<T>(&self, name: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, FieldError> {
        let unreadable = |reason| FieldError::Unreadable { field: name.to_owned(), reason };
        self.text(name).map_or(Ok(None), |text| read(&text).map(Some).map_err(unreadable))
    }
}

impl<'de> Deserialize<'de> for Entity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Each value as it stands in the JSON.
        Fields::read(deserializer, |raw| Ok(Some(raw.get().into()))).map(Self)
    }
}

impl fmt::Debug for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter()).finish()
    }
}

/// Properties set under the names that this crate has for them.
pub(super) type Properties = Vec<(String, Value)>;

/// An entity to be written, or the properties of one that are to change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewEntity {
    properties: Vec<(String, Value)>,
    children: Vec<(String, Vec<NewEntity>)>,
}

impl NewEntity {
    /// One without properties.
    pub fn new() -> Self {
        Self::default()
    }

    /// One with these properties, under the names that the tenant has for them.
    pub(super) fn named<'a>(properties: impl IntoIterator<Item = &'a (String, Value)>, names: &EntityNames) -> Self {
        let set = |entity: Self, (name, value): &(String, Value)| entity.set(names.property(name), value.clone());
        properties.into_iter().fold(Self::new(), set)
    }

    /// Sets a property.
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a property if there is a value.
    pub fn maybe(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Entities inside this one, created together with it.
    pub fn children(mut self, name: &str, children: Vec<NewEntity>) -> Self {
        self.children.push((name.to_owned(), children));
        self
    }
}

impl Serialize for NewEntity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.properties {
            map.serialize_entry(name, value)?;
        }
        for (name, children) in &self.children {
            map.serialize_entry(name, children)?;
        }
        map.end()
    }
}
