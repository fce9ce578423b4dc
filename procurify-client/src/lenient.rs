//! Reading what real tenants send: other forms of the same fact are taken, none is made up.

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, TimeZone, Utc};
use compact_str::ToCompactString;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::Text;

/// A date of an accounting document, which Procurify writes as a day or as a timestamp.
///
/// Kept as written: which day a timestamp means depends on the tenant's time zone, which only the
/// host knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayOrTime {
    /// A day.
    Day(NaiveDate),
    /// A point in time.
    Time(DateTime<Utc>),
}

impl DayOrTime {
    /// The day it means in a time zone.
    pub fn day_in<Tz: TimeZone>(&self, zone: &Tz) -> NaiveDate {
        match self {
            Self::Day(day) => *day,
            Self::Time(time) => time.with_timezone(zone).date_naive(),
        }
    }
}

impl fmt::Display for DayOrTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Time(time) => f.write_str(&time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        }
    }
}

impl Serialize for DayOrTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DayOrTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        day_or_time(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no date")))
    }
}

/// `2026-03-04` or `2026-03-04T10:00:00.123456Z`, as nearly all are written: chrono's formats cost ten times as much.
fn usual_form(text: &[u8]) -> Option<DayOrTime> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0u32, |n, digit| digit.is_ascii_digit().then(|| n * 10 + u32::from(digit - b'0')))
    };
    let (date, rest) = text.split_at_checked(10)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else { return None };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)?;
    if rest.is_empty() {
        return Some(DayOrTime::Day(day));
    }
    let (clock, fraction) = rest.strip_suffix(b"Z")?.split_at_checked(9)?;
    let [b'T', h1, h2, b':', m1, m2, b':', s1, s2] = *clock else { return None };
    let nanoseconds = match fraction {
        [] => 0,
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
            number(digits)? * 10u32.pow(u32::try_from(9 - digits.len()).ok()?)
        }
        _ => return None,
    };
    let time = day.and_hms_nano_opt(number(&[h1, h2])?, number(&[m1, m2])?, number(&[s1, s2])?, nanoseconds)?;
    Some(DayOrTime::Time(time.and_utc()))
}

fn day_or_time(text: &str) -> Option<DayOrTime> {
    let text = text.trim();
    usual_form(text.as_bytes()).or_else(|| other_form(text).filter(|read| is_of_our_era(read.day_in(&Utc))))
}

/// Nobody means another year, and where counting ends a day more is an overflow.
fn is_of_our_era(day: NaiveDate) -> bool {
    (0..=9999).contains(&day.year())
}

fn other_form(text: &str) -> Option<DayOrTime> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(DayOrTime::Day(day));
    }
    let with_offset = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"];
    let zoned = DateTime::<FixedOffset>::parse_from_rfc3339(text)
        .ok()
        .or_else(|| with_offset.iter().find_map(|f| DateTime::parse_from_str(text, f).ok()));
    if let Some(time) = zoned {
        return Some(DayOrTime::Time(time.with_timezone(&Utc)));
    }
    // Without an offset Procurify's servers mean UTC.
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|f| NaiveDateTime::parse_from_str(text, f).ok())
        .map(|naive| DayOrTime::Time(naive.and_utc()))
}

/// Reads a date from text where it stands; null and blank are none.
struct DateVisitor<T>(fn(&str) -> Option<T>);

impl<'de, T> Visitor<'de> for DateVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        (self.0)(text).map(Some).ok_or_else(|| E::custom(format!("{text:?} is no date")))
    }
}

/// An accounting date; null and blank are `None`.
pub(crate) fn moment<'de, D: Deserializer<'de>>(d: D) -> Result<Option<DayOrTime>, D::Error> {
    d.deserialize_option(DateVisitor(day_or_time))
}

/// A timestamp; a bare day is its midnight in UTC; null and blank are `None`.
pub(crate) fn time<'de, D: Deserializer<'de>>(d: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Ok(moment(d)?.map(|moment| match moment {
        DayOrTime::Time(time) => time,
        DayOrTime::Day(day) => day.and_time(chrono::NaiveTime::MIN).and_utc(),
    }))
}

/// A day; of a timestamp the day as written.
pub(crate) fn day<'de, D: Deserializer<'de>>(d: D) -> Result<Option<NaiveDate>, D::Error> {
    d.deserialize_option(DateVisitor(|text| {
        let written = text.trim().get(..10)?;
        NaiveDate::parse_from_str(written, "%Y-%m-%d").ok().filter(|day| is_of_our_era(*day))
    }))
}

/// A list; null is empty.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

/// Text, also where a number or a truth value is sent.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text>, D::Error> {
    deserializer.deserialize_option(TextVisitor)
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<Text>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(text.into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_compact_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_compact_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_compact_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_compact_string()))
    }
}

/// An id, also where the whole object is sent in its place.
pub(crate) fn id<'de, D: Deserializer<'de>, T: From<i64>>(d: D) -> Result<Option<T>, D::Error> {
    Ok(d.deserialize_any(IdVisitor)?.map(T::from))
}

struct IdVisitor;

#[derive(Deserialize)]
struct WithId {
    #[serde(default, deserialize_with = "id")]
    id: Option<i64>,
}

impl<'de> Visitor<'de> for IdVisitor {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id, or an object that has one")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, id: i64) -> Result<Self::Value, E> {
        Ok(Some(id))
    }

    fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<Self::Value, E> {
        i64::try_from(id).map(Some).map_err(|_| E::custom(format!("{id} is no id")))
    }

    fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<Self::Value, E> {
        id.trim().parse().map(Some).map_err(|_| E::custom(format!("{id:?} is no id")))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let record = WithId::deserialize(MapAccessDeserializer::new(map))?;
        record.id.map(Some).ok_or_else(|| A::Error::custom("the object has no id"))
    }
}

/// A record, also where only its id is sent.
pub(crate) fn record<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    d.deserialize_any(RecordVisitor(PhantomData))
}

struct RecordVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for RecordVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record or its id")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: serde::de::Error>(self, id: i64) -> Result<Self::Value, E> {
        T::deserialize(serde_json::json!({ "id": id })).map(Some).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<Self::Value, E> {
        self.visit_i64(i64::try_from(id).map_err(E::custom)?)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_all_their_forms_and_written_so_that_they_read_back() {
        for (text, shown) in [
            ("2026-03-04", "2026-03-04"),
            ("2026-03-04T00:30:00+09:00", "2026-03-03T15:30:00Z"),
            ("2026-03-04T10:00:00.123456Z", "2026-03-04T10:00:00.123456Z"),
            ("2026-03-04T10:00:00-0800", "2026-03-04T18:00:00Z"),
            ("2026-03-04T10:00:00", "2026-03-04T10:00:00Z"),
            ("2026-03-04 10:00:00+00:00", "2026-03-04T10:00:00Z"),
        ] {
            let read = day_or_time(text).map(|moment| moment.to_string());
            assert_eq!(read.as_deref(), Some(shown), "{text}");
            assert_eq!(day_or_time(shown), day_or_time(text), "{text}");
        }
        for text in ["yesterday", "-262143-01-01", "+262142-12-31T23:59:59Z", "+10000-01-01T00:00:00+00:00"] {
            assert_eq!(day_or_time(text), None, "{text}");
        }
    }

    #[test]
    fn the_day_of_a_timestamp_depends_on_the_zone_but_a_bare_day_does_not() {
        let vancouver = FixedOffset::west_opt(8 * 3600).unwrap();
        let midnight = day_or_time("2026-03-04T08:00:00Z").unwrap();
        assert_eq!(midnight.day_in(&vancouver).to_string(), "2026-03-04");
        let day = day_or_time("2026-03-04").unwrap();
        assert_eq!(day.day_in(&vancouver).to_string(), "2026-03-04");
    }
}
