//! Refusals of the MI layer: missing, overlong, unknown and unreadable input fields.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Field, Kind, Transaction};
use crate::m3::answer::Refusal;
use crate::m3::company::Row;

/// Fields whose values M3 keeps in capitals.
const CODES: [&str; 26] = [
    "SPYN", "STEM", "SUNO", "ITNO", "CUCD", "FACI", "WHLO", "ORTY", "PUUN", "PPUN", "AIT1", "AIT2", "AIT3", "AIT4",
    "AIT5", "AIT6", "AIT7", "AITM", "COCE", "BAOR", "CUNO", "FRSU", "TOSU", "BUYE", "TEPY", "PRSU",
];

/// The company and division may be given to any transaction.
const ALWAYS: [&str; 2] = ["CONO", "DIVI"];

/// Checks one transaction's input and brings its values into M3's own form.
///
/// A field that only other transactions of the program have is ignored: public loaders send one
/// record to several transactions. `is_a_field` tells which names those are.
pub(in crate::m3) fn check(
    transaction: &Transaction,
    input: Row,
    is_a_field: impl Fn(&str) -> bool,
) -> Result<Row, Refusal> {
    let mut record = Row::new();
    for (name, value) in input {
        let value = value.trim_end();
        if value.is_empty() {
            continue;
        }
        match transaction.input.iter().find(|field| field.name == name) {
            Some(field) => {
                let value = read(field, value)?;
                record.insert(name, value);
            }
            None if ALWAYS.contains(&name.as_str()) || is_a_field(&name) => {}
            None => {
                return Err(Refusal::mi("InputFieldNotFound", &name, format!("Input field {name} does not exist")));
            }
        }
    }
    match transaction.input.iter().find(|field| field.required && !record.contains_key(field.name)) {
        Some(field) => Err(Refusal::mi(
            "MandatoryInputFieldNotFound",
            field.name,
            format!("Mandatory input field {} is missing", field.name),
        )),
        None => Ok(record),
    }
}

fn read(field: &Field, value: &str) -> Result<String, Refusal> {
    let length = match field.kind {
        Kind::Number => value.chars().filter(char::is_ascii_digit).count(),
        _ => value.chars().count(),
    };
    if let Some(most) = field.length
        && length > most
    {
        return Err(Refusal::mi(
            "InputFieldTooLong",
            field.name,
            format!("Input field {} is longer than {most}", field.name),
        ));
    }
    let unreadable = |what| Err(Refusal::nok("CPF9898", field.name, format!("{} must be {what}", field.name)));
    match field.kind {
        // A lone question mark stands for blank or zero in M3's entry programs.
        _ if value == "?" => Ok(value.to_owned()),
        Kind::Number if value.trim().parse::<Decimal>().is_err() => unreadable("a number with a decimal point"),
        Kind::Date if value != "0" && NaiveDate::parse_from_str(value, "%Y%m%d").is_err() => {
            unreadable("a date YYYYMMDD")
        }
        Kind::Date if value.len() != 8 && value != "0" => unreadable("a date YYYYMMDD"),
        Kind::Text if CODES.contains(&field.name) => Ok(value.to_uppercase()),
        _ => Ok(value.trim_end().to_owned()),
    }
}
