//! What changed between two readings of a record, field by field, in words.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::sink::Difference;

/// More are not worth reading.
const MOST: usize = 40;

/// Longer values are cut, in characters.
const LONGEST: usize = 80;

/// What of it people can read that differs: texts, amounts, days. Numbers that stand for something else (ids, codes)
/// are left out.
///
/// Entries of lists are paired by their `id`, and named by what people see of them.
pub(crate) fn between(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found.truncate(MOST);
    found
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            for name in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
                let (one, other) = (one.get(name), other.get(name));
                compare(&join(path, name), one.unwrap_or(&Value::Null), other.unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(one), Value::Array(other)) => entries(path, one, other, found),
        (one, other) if one == other => {}
        (one, other) => {
            let (before, after) = (words(one), words(other));
            if before != after {
                found.push(Difference { what: path.to_owned(), before, after });
            }
        }
    }
}

fn entries(path: &str, before: &[Value], after: &[Value], found: &mut Vec<Difference>) {
    let path = path.strip_suffix('s').unwrap_or(path);
    let id = |place: usize, entry: &Value| match &entry["id"] {
        Value::Null => format!("#{place}"),
        id => id.to_string(),
    };
    let keyed = |entries: &[Value]| -> Vec<(String, usize)> {
        entries.iter().enumerate().map(|(place, entry)| (id(place, entry), place)).collect()
    };
    let (old, new) = (keyed(before), keyed(after));
    for (key, place) in &old {
        let name = named(path, *place, &before[*place]);
        let now = new.iter().find(|(other, _)| other == key).map_or(&Value::Null, |(_, place)| &after[*place]);
        compare(&name, &before[*place], now, found);
    }
    for (key, place) in new.iter().filter(|(key, _)| old.iter().all(|(other, _)| other != key)) {
        let _ = key;
        compare(&named(path, *place, &after[*place]), &Value::Null, &after[*place], found);
    }
}

fn named(path: &str, place: usize, entry: &Value) -> String {
    let number = entry["number"].as_i64().unwrap_or_else(|| i64::try_from(place + 1).unwrap_or(i64::MAX));
    format!("{path} {number}")
}

fn join(path: &str, name: &str) -> String {
    let name = name.replace('_', " ");
    if path.is_empty() { name } else { format!("{path} {name}") }
}

/// A value as people read it; none if there is nothing to read.
fn words(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Object(fields) => {
            let parts = fields.iter().filter_map(|(name, value)| Some(format!("{} {}", join("", name), words(value)?)));
            parts.collect::<Vec<_>>().join(", ")
        }
        Value::Array(entries) => entries.iter().filter_map(words).collect::<Vec<_>>().join("; "),
        Value::Null | Value::Number(_) => return None,
    };
    let cut = |text: String| match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    };
    Some(cut(text)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<String> {
        between(before, after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_change_is_told_by_field_with_what_it_was_and_what_it_is() {
        let before = json!({
            "order": { "promise_date": "2026-11-30", "note": "urgent", "state": 1 },
            "lines": [{ "id": 52, "number": 1, "price": "10.00" }, { "id": 53, "number": 2, "name": "Nuts", "price": "1" }],
        });
        let after = json!({
            "order": { "promise_date": "2026-12-04", "state": 3 },
            "lines": [{ "id": 52, "number": 1, "price": "12.00" }, { "id": 54, "number": 3, "name": "Oil", "price": "7" }],
        });
        assert_eq!(
            told(&before, &after),
            [
                "line 1 price 10.00 -> 12.00",
                "line 2 removed: name Nuts, price 1",
                "line 3 added: name Oil, price 7",
                "order note removed: urgent",
                "order promise date 2026-11-30 -> 2026-12-04",
            ]
        );
        assert_eq!(told(&before, &before), Vec::<String>::new());
    }

    #[test]
    fn values_and_lists_without_end_are_cut() {
        let many: Vec<Value> = (0..500).map(|id| json!({ "id": id, "name": "x".repeat(500) })).collect();
        let found = between(&json!({ "lines": [] }), &json!({ "lines": many }));
        assert_eq!(found.len(), MOST);
        assert!(found.iter().all(|one| one.after.as_ref().is_some_and(|text| text.chars().count() <= LONGEST + 3)));
    }
}
