//! What a transaction gives: rows or a refusal, in the REST layer's JSON.

use serde_json::{Map, Value, json};

use super::M3Config;
use super::company::Row;
use super::mi::{Field, Kind, Transaction};
use super::options::Options;

/// A transaction that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) kind: &'static str,
    pub(super) code: &'static str,
    pub(super) field: String,
    pub(super) message: String,
}

impl Refusal {
    /// M3's own refusal. By M3's convention a code that ends in 03 means "does not exist".
    pub(super) fn nok(code: &'static str, field: &str, message: impl Into<String>) -> Self {
        Self { kind: "ServerReturnedNOK", code, field: field.to_owned(), message: message.into() }
    }

    /// A refusal of the MI layer, before M3 ran.
    pub(super) fn mi(kind: &'static str, field: &str, message: impl Into<String>) -> Self {
        Self { kind, code: "", field: field.to_owned(), message: message.into() }
    }
}

/// What became of one transaction.
pub(super) type Outcome = Result<Vec<Row>, Refusal>;

/// M3 sends messages in a field of this width.
const MESSAGE_WIDTH: usize = 80;

/// The result entry of one transaction.
pub(super) fn result(
    name: &str,
    transaction: Option<&Transaction>,
    outcome: Outcome,
    options: &Options,
    columns: &[String],
    config: &M3Config,
) -> Value {
    let mut entry = json!({ "transaction": name });
    match outcome {
        Ok(rows) => {
            let output = transaction.map_or(&[][..], |transaction| &transaction.output);
            entry["records"] = rows.into_iter().map(|row| record(output, row, options, columns)).collect();
        }
        Err(refusal) => {
            entry["errorMessage"] = json!(format!("{:<MESSAGE_WIDTH$}", refusal.message));
            entry["errorType"] = json!(refusal.kind);
            if config.error_codes {
                entry["errorCode"] = if config.general_codes && name.ends_with("Entry") {
                    json!("CPF9898")
                } else {
                    json!(refusal.code)
                };
            }
            entry["errorField"] = json!(refusal.field);
            entry["errorCfg"] = json!("");
            if config.records_beside_errors {
                entry["records"] = json!([]);
            }
        }
    }
    entry
}

/// A row with the fields the transaction has, as wide or narrow as the call wants them.
fn record(output: &[Field], mut row: Row, options: &Options, columns: &[String]) -> Value {
    let mut record = Map::new();
    for field in output {
        if !columns.is_empty() && !columns.iter().any(|column| column == field.name) {
            continue;
        }
        let value = row.remove(field.name).unwrap_or_default();
        if value.is_empty() && options.exclude_empty() {
            continue;
        }
        let value = match field.length {
            Some(width) if field.kind == Kind::Text && !options.right_trim() => format!("{value:<width$}"),
            _ => value,
        };
        record.insert(field.name.to_owned(), Value::String(value));
    }
    Value::Object(record)
}

/// The older service's form of the same answer.
pub(super) fn version_one(program: &str, entry: &Value) -> Value {
    if entry.get("errorMessage").is_some() {
        return json!({
            "@type": entry["errorType"],
            "@code": entry["errorCode"],
            "@field": entry["errorField"],
            "@cfg": null,
            "Message": entry["errorMessage"],
        });
    }
    let records = entry["records"].as_array().map_or(&[][..], Vec::as_slice);
    let rows: Vec<Value> = records
        .iter()
        .enumerate()
        .map(|(index, record)| {
            let pairs = record.as_object().into_iter().flatten();
            let pairs: Vec<Value> = pairs.map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
            json!({ "RowIndex": index, "NameValue": pairs })
        })
        .collect();
    json!({ "Program": program, "Transaction": entry["transaction"], "MIRecord": rows })
}
