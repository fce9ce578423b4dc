//! Whether what was read and written again is what was sent.

use chrono::DateTime;
use procurify_client::DayOrTime;
use rust_decimal::Decimal;
use serde_json::Value;

/// The first place where `read` lacks or changes something of `sent`.
pub fn difference(sent: &Value, read: &Value) -> Option<String> {
    match (sent, read) {
        (Value::Object(fields), Value::Object(known)) => fields
            .iter()
            // Which page it is is no part of the records.
            .filter(|(name, sent)| *name != "pagination" && !nothing(sent))
            .find_map(|(name, sent)| match known.get(name) {
                None => Some(format!("{name} is missing")),
                Some(read) => difference(sent, read).map(|what| format!("{name}.{what}")),
            }),
        (Value::Array(sent), Value::Array(read)) if sent.len() == read.len() => {
            sent.iter().zip(read).find_map(|(sent, read)| difference(sent, read))
        }
        // A related record of which only the id is kept, or of which only the id or name was sent.
        (Value::Object(fields), Value::Number(_)) if fields.get("id") == Some(read) => None,
        (_, Value::Object(known)) if known.get("id") == Some(sent) || known.get("name") == Some(sent) => None,
        _ if scalar(sent, read) => None,
        _ => Some(format!(" {sent} became {read}")),
    }
}

fn nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn scalar(sent: &Value, read: &Value) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let (sent, read) = (text(sent), text(read));
    let decimal = |text: &str| text.parse::<Decimal>().ok();
    let time = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    let moment = |text: &str| serde_json::from_value::<DayOrTime>(Value::from(text)).ok().map(|m| m.to_string());
    sent == read
        || (decimal(&sent).is_some() && decimal(&sent) == decimal(&read))
        || (time(&sent).is_some() && time(&sent) == time(&read))
        || (moment(&sent).is_some() && moment(&sent) == moment(&read))
}
