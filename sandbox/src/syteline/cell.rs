//! How the database compares: numbers by value, dates by moment, texts whatever their case and trailing blanks.

use std::cmp::Ordering;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;

use super::schema::Kind;

/// A value ready to be compared; nulls come first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    Null,
    Number(Decimal),
    Time(NaiveDateTime),
    Text(String),
}

impl Cell {
    pub(super) fn of(kind: Kind, value: Option<&str>) -> Self {
        let Some(value) = value else { return Self::Null };
        match kind {
            Kind::Number | Kind::Flag => value.trim().parse().map_or_else(|_| Self::text(value), Self::Number),
            Kind::Date => read_time(value).map_or_else(|| Self::text(value), Self::Time),
            Kind::Code | Kind::Text | Kind::Shown => Self::text(value),
        }
    }

    fn text(value: &str) -> Self {
        Self::Text(value.trim_end().to_lowercase())
    }
}

/// Two rows by the cells they are ordered by, each ascending or not.
pub(super) fn compare(a: &[Cell], b: &[Cell], descending: &[bool]) -> Ordering {
    for ((a, b), descending) in a.iter().zip(b).zip(descending) {
        let order = if *descending { b.cmp(a) } else { a.cmp(b) };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// A moment in the forms that the database reads under every language setting.
pub(super) fn read_time(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    let moment = ["%Y%m%d %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let day = || ["%Y%m%d", "%Y-%m-%d"].iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
    moment.or_else(|| day().map(|day| day.and_time(NaiveTime::MIN)))
}

/// A moment as records show it.
pub(super) fn write_time(time: NaiveDateTime) -> String {
    time.format("%Y%m%d %H:%M:%S%.3f").to_string()
}
