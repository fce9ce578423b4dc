//! Query parameters as a Django filter set reads them: unknown ones ignored, wrong types refused.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use hyper::StatusCode;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::http::Reply;

/// The parameters of one call, and the complaints about them so far.
#[derive(Debug)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
    complaints: Map<String, Value>,
}

impl Query {
    pub(super) fn new(raw: &str) -> Self {
        let pairs = url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
        Self { pairs, complaints: Map::new() }
    }

    /// The last value given, unless it is empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.pairs.iter().rev().find(|(key, _)| key == name)?;
        (!value.is_empty()).then_some(value)
    }

    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(key, value)| key == name && !value.is_empty()).map(|(_, v)| v.as_str()).collect()
    }

    fn typed<T>(&mut self, name: &str, complaint: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = read(self.text(name)?);
        if value.is_none() {
            self.complaints.insert(name.to_owned(), json!([complaint]));
        }
        value
    }

    pub(super) fn int(&mut self, name: &str) -> Option<u64> {
        self.typed(name, "Enter a number.", |text| text.parse().ok())
    }

    /// Ids separated by commas.
    pub(super) fn ids(&mut self, name: &str) -> Option<Vec<u64>> {
        self.typed(name, "Enter a list of numbers.", |text| text.split(',').map(|id| id.trim().parse().ok()).collect())
    }

    pub(super) fn decimal(&mut self, name: &str) -> Option<Decimal> {
        self.typed(name, "Enter a number.", |text| text.parse().ok())
    }

    pub(super) fn date(&mut self, name: &str) -> Option<NaiveDate> {
        self.typed(name, "Enter a valid date.", |text| text.parse().ok())
    }

    pub(super) fn instant(&mut self, name: &str) -> Option<DateTime<Utc>> {
        self.typed(name, "Enter a valid date/time.", |text| {
            // An unescaped plus sign has become a blank on the way.
            let text = text.replace(' ', "+");
            let zoned = DateTime::parse_from_rfc3339(&text).map(|at| at.to_utc());
            let bare = || text.replace('+', "T").parse().map(|at: NaiveDateTime| at.and_utc());
            let day = || text.parse().map(|day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc());
            zoned.or_else(|_| bare()).or_else(|_| day()).ok()
        })
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.typed(name, "Must be a valid boolean.", |text| match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        })
    }

    /// A pair of parameters `NAME_0` and `NAME_1`, both inclusive days.
    pub(super) fn days(&mut self, name: &str) -> Days {
        Days { from: self.date(&format!("{name}_0")), to: self.date(&format!("{name}_1")) }
    }

    pub(super) fn order_by(&self) -> Option<(&str, bool)> {
        let text = self.text("order_by")?;
        Some(text.strip_prefix('-').map_or((text, false), |field| (field, true)))
    }

    /// Refuses the call if any parameter had the wrong type.
    pub(super) fn check(&self) -> Result<(), Reply> {
        if self.complaints.is_empty() {
            return Ok(());
        }
        Err(Reply::json(StatusCode::BAD_REQUEST, &json!({ "errors": self.complaints })))
    }
}

/// A range of days, open where nothing was given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

impl Days {
    pub(super) fn holds(self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}
