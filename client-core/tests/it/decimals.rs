//! Money survives every way in and out.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tenant_http::decimal;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    #[serde(with = "decimal::required")]
    price: Decimal,
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    tax: Option<Decimal>,
}

fn line(price: &str) -> Result<Line, serde_json::Error> {
    serde_json::from_str(&format!(r#"{{"price": {price}}}"#))
}

#[test]
fn decimals_are_read_exactly_whether_string_or_number() {
    for (json, expected) in [
        ("19.99", "19.99"),
        ("\"19.990\"", "19.990"),
        ("-0.50", "-0.50"),
        ("1234567890123456789.12345678", "1234567890123456789.12345678"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("1.5e3", "1500"),
        ("1E-7", "0.0000001"),
        ("\"2.50E+2\"", "250"),
        ("0e99", "0"),
        ("0", "0"),
        ("\" 7 \"", "7"),
        ("\"1\\u0030\"", "10"),
    ] {
        assert_eq!(line(json).unwrap().price.to_string(), expected, "{json}");
    }
}

#[test]
fn what_is_no_exact_decimal_is_an_error_that_shows_it() {
    for json in [
        "\"12,50\"",
        "true",
        "[1]",
        "null",
        "\"\"",
        "1e400",
        "1e-40",
        "0.12345678901234567890123456789",
        "\"1e\"",
        "1e-2147483648",
        "1e2147483648",
        "1e99999999999",
    ] {
        let error = line(json).unwrap_err().to_string();
        assert!(error.contains("decimal"), "{json}: {error}");
    }
}

#[test]
fn an_optional_decimal_may_be_missing_null_or_blank() {
    for json in [r#"{"price": 1}"#, r#"{"price": 1, "tax": null}"#, r#"{"price": 1, "tax": " "}"#] {
        assert_eq!(serde_json::from_str::<Line>(json).unwrap().tax, None, "{json}");
    }
}

#[test]
fn a_record_kept_as_a_value_reads_back_unchanged() {
    let line: Line = serde_json::from_str(r#"{"price": 0.10000000000000000001, "tax": "5.000"}"#).unwrap();
    let kept = serde_json::to_value(&line).unwrap();
    assert_eq!(kept, serde_json::json!({"price": "0.10000000000000000001", "tax": "5.000"}));
    let back: Line = serde_json::from_value(kept.clone()).unwrap();
    assert_eq!(back, line);
    assert_eq!(back.tax.unwrap().to_string(), "5.000");
    // By reference, from a reader, and a number inside a value.
    assert_eq!(Line::deserialize(&kept).unwrap(), line);
    assert_eq!(serde_json::from_reader::<_, Line>(kept.to_string().as_bytes()).unwrap(), line);
    let number: Line = serde_json::from_value(serde_json::json!({"price": 12.5})).unwrap();
    assert_eq!(number.price.to_string(), "12.5");
}
