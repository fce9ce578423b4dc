//! Money and quantities, exactly: read from the raw JSON text, string or number, and written as a string.
//!
//! A JSON number such as `19.99` never passes through a float: its digits are taken as they stand.
//! What we write is a string, so that a record kept as a [`serde_json::Value`] reads back unchanged.
//!
//! ```
//! use rust_decimal::Decimal;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Line {
//!     #[serde(with = "tenant_http::decimal::required")]
//!     price: Decimal,
//!     #[serde(default, with = "tenant_http::decimal::option", skip_serializing_if = "Option::is_none")]
//!     quantity: Option<Decimal>,
//! }
//!
//! let line: Line = serde_json::from_str(r#"{"price": 1234567890123456.789, "quantity": "2.50"}"#)?;
//! assert_eq!(line.price.to_string(), "1234567890123456.789");
//! assert_eq!(serde_json::to_string(&line)?, r#"{"price":"1234567890123456.789","quantity":"2.50"}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! Works with `from_str`, `from_slice`, `from_reader` and `from_value`. It does not work below
//! `#[serde(flatten)]` or inside untagged enums, where serde has turned the number into a float before.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde_json::value::RawValue;

/// Reads a decimal as people and servers write it: `12`, `-0.50`, `1.5e3`, `.5`, surrounding blanks.
///
/// Exact or an error: nothing is rounded.
pub fn parse(text: &str) -> Result<Decimal, String> {
    let trimmed = text.trim();
    let read = match trimmed.split_once(['e', 'E']) {
        None => Decimal::from_str_exact(trimmed).ok(),
        Some((mantissa, exponent)) => scientific(mantissa, exponent),
    };
    read.ok_or_else(|| format!("{trimmed:?} is not a decimal of at most 28 digits"))
}

fn scientific(mantissa: &str, exponent: &str) -> Option<Decimal> {
    let mantissa = Decimal::from_str_exact(mantissa).ok()?.normalize();
    if mantissa.is_zero() {
        return Some(Decimal::ZERO);
    }
    let scale = i32::try_from(mantissa.scale()).ok()?.checked_sub(exponent.parse().ok()?)?;
    let (digits, scale) = if let Ok(scale) = u32::try_from(scale) {
        (mantissa.mantissa(), scale)
    } else {
        let zeros = 10i128.checked_pow(scale.unsigned_abs())?;
        (mantissa.mantissa().checked_mul(zeros)?, 0)
    };
    Decimal::try_from_i128_with_scale(digits, scale).ok()
}

/// The text of a JSON string or number; `None` for null and for a blank string.
fn text_of(raw: &RawValue) -> Result<Option<Cow<'_, str>>, String> {
    let raw = raw.get();
    let text = match raw.as_bytes().first() {
        Some(b'"') => match raw.get(1..raw.len() - 1).filter(|text| !text.contains('\\')) {
            Some(plain) => Cow::Borrowed(plain),
            None => Cow::Owned(serde_json::from_str::<String>(raw).map_err(|e| e.to_string())?),
        },
        Some(b'-' | b'0'..=b'9') => Cow::Borrowed(raw),
        Some(b'n') => return Ok(None),
        _ => {
            let shown = crate::scrub::shorten(raw, 40);
            return Err(format!("expected a decimal, found {shown}"));
        }
    };
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

/// For a field of type `Decimal` that must be there.
pub mod required {
    use super::{Decimal, RawValue, parse, text_of};
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the decimal as a JSON string.
    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    /// Reads a JSON string or number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        text_of(&raw)
            .and_then(|text| text.ok_or_else(|| "expected a decimal, found none".to_owned()))
            .and_then(|text| parse(&text))
            .map_err(D::Error::custom)
    }
}

/// For a field of type `Option<Decimal>`; null and a blank string are `None`.
pub mod option {
    use super::{Decimal, RawValue, parse, text_of};
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the decimal as a JSON string, or null.
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a JSON string, number or null.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        let Some(raw) = Option::<Box<RawValue>>::deserialize(deserializer)? else {
            return Ok(None);
        };
        text_of(&raw).and_then(|text| text.map(|text| parse(&text)).transpose()).map_err(D::Error::custom)
    }
}
