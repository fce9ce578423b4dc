//! How M3 writes dates, numbers and texts, in one place.
//!
//! All values travel as text. Dates are `YYYYMMDD`, none is blank or zero. Numbers are written with a point and
//! without exponent; they are read with point or comma, leading blanks or zeros, and a minus at either end, because
//! the user's profile on the server decides how they look.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

/// A value that is not what its field should hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{value}\" is not {expected}")]
pub struct ValueError {
    /// The value, shortened.
    pub value: String,
    /// What was expected in its place.
    pub expected: &'static str,
}

fn error(value: &str, expected: &'static str) -> ValueError {
    ValueError { value: value.chars().take(40).collect(), expected }
}

/// A date as M3 takes it: `20261124`.
pub fn write_date(date: NaiveDate) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// A date as M3 gives it; blank, zeros and nines (no end) are none.
pub fn read_date(text: &str) -> Result<Option<NaiveDate>, ValueError> {
    let text = text.trim();
    if text.bytes().all(|b| b == b'0') || (text.len() == 8 && text.bytes().all(|b| b == b'9')) {
        return Ok(None);
    }
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(error(text, "a date as YYYYMMDD"));
    }
    NaiveDate::parse_from_str(text, "%Y%m%d").map(Some).map_err(|_| error(text, "a date as YYYYMMDD"))
}

/// A number as M3 takes it: point, no exponent, no zeros at the end.
///
/// ```
/// # use cloudsuite_client::m3::value::write_decimal;
/// assert_eq!(write_decimal("10.500".parse()?), "10.5");
/// assert_eq!(write_decimal("-0.00".parse()?), "0");
/// # Ok::<(), rust_decimal::Error>(())
/// ```
pub fn write_decimal(number: Decimal) -> String {
    number.normalize().to_string()
}

/// A number as M3 gives it, exactly; blank is none.
///
/// ```
/// # use cloudsuite_client::m3::value::read_decimal;
/// assert_eq!(read_decimal("  0012,50-")?, Some("-12.50".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_decimal(text: &str) -> Result<Option<Decimal>, ValueError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    let wrong = || error(trimmed, "a number");
    let (digits, negative) = match (trimmed.strip_prefix('-'), trimmed.strip_suffix('-')) {
        (Some(rest), None) | (None, Some(rest)) => (rest, true),
        (None, None) => (trimmed.strip_prefix('+').unwrap_or(trimmed), false),
        (Some(_), Some(_)) => return Err(wrong()),
    };
    let digits = digits.trim().replace(',', ".");
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !plain || digits.matches('.').count() > 1 || !digits.bytes().any(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    // Leading zeros would count against the digits a decimal can hold exactly.
    let digits = digits.trim_start_matches('0');
    let digits = digits.strip_suffix('.').unwrap_or(digits);
    let digits = if digits.is_empty() || digits.starts_with('.') { format!("0{digits}") } else { digits.to_owned() };
    let mut number = Decimal::from_str_exact(&digits).map_err(|_| wrong())?;
    number.set_sign_negative(negative && !number.is_zero());
    Ok(Some(number))
}

/// A whole number as M3 gives it; blank is none.
pub fn read_integer(text: &str) -> Result<Option<i64>, ValueError> {
    let Some(number) = read_decimal(text)? else {
        return Ok(None);
    };
    if !number.fract().is_zero() {
        return Err(error(text, "a whole number"));
    }
    i64::try_from(number.mantissa() / 10_i128.pow(number.scale())).map(Some).map_err(|_| error(text, "a whole number"))
}

/// Free text made fit for a field of `length` characters: control characters and runs of blanks become one blank,
/// what is too long is cut. `None` if nothing is left, or only a lone `?`, which M3 would take as an order to blank
/// the field.
///
/// ```
/// # use cloudsuite_client::m3::value::fit_text;
/// assert_eq!(fit_text("Hex bolt\n M8 ", 10).as_deref(), Some("Hex bolt M"));
/// assert_eq!(fit_text(" ? ", 10), None);
/// ```
pub fn fit_text(text: &str, length: usize) -> Option<String> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let cut: String = words.join(" ").chars().take(length).collect();
    let cut = cut.trim_end();
    (!cut.is_empty() && cut != BLANKING).then(|| cut.to_owned())
}

/// The value by which M3's entry programs blank a field instead of taking its default. Never sent.
pub(crate) const BLANKING: &str = "?";

/// A value that may be sent, trimmed at its end; an explanation if it must not be.
pub(crate) fn check_value(value: &str) -> Result<&str, &'static str> {
    let value = value.trim_end();
    if value.trim_start() == BLANKING {
        return Err("a lone ? would tell M3 to blank the field");
    }
    if value.chars().any(char::is_control) {
        return Err("it has control characters");
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn dates_are_read_and_written_as_eight_digits() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 4).unwrap();
        assert_eq!(write_date(day), "20261104");
        assert_eq!(read_date(" 20261104 ").unwrap(), Some(day));
        for none in ["", "  ", "0", "00000000", "99999999"] {
            assert_eq!(read_date(none).unwrap(), None, "{none:?}");
        }
        for bad in ["2026-11-04", "261104", "20261340", "2026110a", "+2026110"] {
            assert!(read_date(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn numbers_are_written_with_a_point_and_nothing_superfluous() {
        for (number, text) in
            [("10.50", "10.5"), ("100", "100"), ("0.000", "0"), ("-3.10", "-3.1"), ("0.0000001", "0.0000001")]
        {
            assert_eq!(write_decimal(number.parse().unwrap()), text);
        }
        assert_eq!(write_decimal(Decimal::from_scientific("1E20").unwrap()), "100000000000000000000");
    }

    #[test]
    fn numbers_are_read_however_a_profile_shows_them() {
        for (text, number) in [
            ("12.50", "12.50"),
            ("12,50", "12.50"),
            ("   7", "7"),
            ("0007.10", "7.10"),
            ("-5", "-5"),
            ("5-", "-5"),
            ("5.25 -", "-5.25"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0", "0"),
            ("00.00", "0"),
            ("0-", "0"),
            ("00000000000000000000000000000000001.5", "1.5"),
        ] {
            assert_eq!(read_decimal(text).unwrap().unwrap(), number.parse::<Decimal>().unwrap(), "{text:?}");
        }
        assert_eq!(read_decimal("   ").unwrap(), None);
        for bad in ["1.234,56", "1_000", "-", ".", "1e5", "-5-", "twelve", "0.12345678901234567890123456789"] {
            assert!(read_decimal(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn whole_numbers_may_be_written_with_decimals_of_zero() {
        assert_eq!(read_integer(" 010 ").unwrap(), Some(10));
        assert_eq!(read_integer("10.00").unwrap(), Some(10));
        assert_eq!(read_integer("").unwrap(), None);
        assert!(read_integer("1.5").is_err());
    }

    #[test]
    fn a_lone_question_mark_is_never_let_through() {
        assert!(check_value("?").is_err());
        assert!(check_value(" ? ").is_err());
        assert_eq!(check_value("why?").unwrap(), "why?");
        assert_eq!(fit_text("? ? ?", 1), None, "cutting must not make one either");
    }
}
