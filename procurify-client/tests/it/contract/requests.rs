//! Every operation is called, with every parameter and every field of its body, in the documented types.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use rust_decimal::Decimal;
use serde_json::Value;

use super::facts::{Facts, Operation, Parameter};
use super::server::{Seen, all_calls};

/// Parameters that have no method, each for a reason.
fn passed_over(operation: &Operation, parameter: &Parameter) -> bool {
    let is_list = operation.parameters.iter().any(|parameter| parameter.name == "page");
    match parameter.name.as_str() {
        // Of one record, or of a write: the answer is read as JSON.
        "format" => !is_list,
        _ => false,
    }
}

fn is_of_type(kind: &str, text: &str) -> bool {
    match kind {
        "string" | "" => true,
        "integer" => text.parse::<i64>().is_ok(),
        "number" | "string(decimal)" => text.parse::<Decimal>().is_ok(),
        "boolean" => matches!(text, "true" | "false"),
        "string(date)" => text.parse::<NaiveDate>().is_ok(),
        "string(date-time)" => DateTime::parse_from_rfc3339(text).is_ok(),
        "string(uuid)" => text.len() == 36,
        other => panic!("no parameter type {other}"),
    }
}

/// The values that a parameter was sent with.
fn values(operation: &Operation, parameter: &Parameter, calls: &[&Seen]) -> BTreeSet<String> {
    if parameter.in_path {
        let hole = format!("{{{}}}", parameter.name);
        let at = operation.path.split('/').position(|segment| segment == hole).unwrap();
        return calls.iter().map(|call| call.path.split('/').nth(at).unwrap().to_owned()).collect();
    }
    let all = calls.iter().flat_map(|call| &call.query).filter(|(name, _)| *name == parameter.name);
    if parameter.is_list {
        return all.flat_map(|(_, value)| value.split(',').map(ToOwned::to_owned)).collect();
    }
    all.map(|(_, value)| value.clone()).collect()
}

fn parameter_fault(operation: &Operation, parameter: &Parameter, calls: &[&Seen]) -> Option<String> {
    if passed_over(operation, parameter) {
        return None;
    }
    let sent = values(operation, parameter, calls);
    if sent.is_empty() {
        return Some("is never sent".to_owned());
    }
    if parameter.values.is_empty() {
        let wrong = sent.iter().find(|text| !is_of_type(&parameter.kind, text));
        return wrong.map(|text| format!("is sent as {text}, which is no {}", parameter.kind));
    }
    // What a call without the parameter gives need not be asked for.
    let by_default = |value: &&String| parameter.name == "format" && *value == "json";
    if let Some(unknown) = sent.iter().find(|text| !parameter.values.contains(text)) {
        return Some(format!("is sent as {unknown}, which is none of its values"));
    }
    let missing: Vec<_> = parameter.values.iter().filter(|v| !sent.contains(*v) && !by_default(v)).collect();
    (!missing.is_empty()).then(|| format!("is never sent as {missing:?}"))
}

#[tokio::test]
async fn every_operation_and_parameter_is_reached_in_its_type() {
    let facts = Arc::new(Facts::read());
    let seen = all_calls(&facts).await;
    let mut faults = Vec::new();
    for operation in &facts.operations {
        let of_it = |call: &&Seen| {
            facts
                .operation(&call.method, &call.path)
                .is_some_and(|o| o.path == operation.path && o.method == operation.method)
        };
        let calls: Vec<&Seen> = seen.iter().filter(of_it).collect();
        let name = format!("{} {}", operation.method, operation.path);
        if calls.is_empty() {
            faults.push(format!("{name} is never called"));
            continue;
        }
        for parameter in &operation.parameters {
            let fault = parameter_fault(operation, parameter, &calls);
            faults.extend(fault.map(|fault| format!("{name}: {} {fault}", parameter.name)));
        }
        let known: BTreeSet<&str> = operation.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        for (sent, _) in calls.iter().flat_map(|call| &call.query) {
            // Purchase orders come as CSV too, though their list does not name the parameter.
            let is_export = sent == "format" && operation.path.starts_with("/api/v2/purchase_orders/");
            if !known.contains(sent.as_str()) && !is_export {
                faults.push(format!("{name}: {sent} is sent, and is no parameter"));
            }
        }
    }
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What was seen of the fields of one schema.
#[derive(Default)]
struct Bodies {
    sent: BTreeSet<String>,
    cleared: BTreeSet<String>,
    faults: Vec<String>,
}

fn look(facts: &Facts, schema: &str, body: &Value, all: &mut BTreeMap<String, Bodies>) {
    let Some(fields) = body.as_object() else {
        all.entry(schema.to_owned()).or_default().faults.push(format!("{schema} is sent as {body}"));
        return;
    };
    for field in facts.schema(schema) {
        let Some(value) = fields.get(&field.name) else {
            if field.required && !field.read_only {
                let fault = format!("{schema}: a body without the required {}", field.name);
                all.entry(schema.to_owned()).or_default().faults.push(fault);
            }
            continue;
        };
        let entry = all.entry(schema.to_owned()).or_default();
        entry.sent.insert(field.name.clone());
        if value.is_null() {
            entry.cleared.insert(field.name.clone());
            if !field.nullable {
                entry.faults.push(format!("{schema}.{} may not be null", field.name));
            }
            continue;
        }
        look_at_value(facts, schema, &field.name, &field.kind, value, all);
    }
    let known: BTreeSet<&str> = facts.schema(schema).iter().map(|field| field.name.as_str()).collect();
    for name in fields.keys().filter(|name| !known.contains(name.as_str())) {
        all.entry(schema.to_owned()).or_default().faults.push(format!("{schema} has no {name}"));
    }
}

fn look_at_value(
    facts: &Facts,
    schema: &str,
    name: &str,
    kind: &str,
    value: &Value,
    all: &mut BTreeMap<String, Bodies>,
) {
    if let Some(inner) = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
        for item in value.as_array().into_iter().flatten() {
            look_at_value(facts, schema, name, inner, item, all);
        }
        return;
    }
    if facts.schemas.contains_key(kind) {
        return look(facts, kind, value, all);
    }
    let text = value.as_str();
    let right = match kind {
        "integer" | "integer(int64)" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "string(decimal)" => text.is_some_and(|text| text.parse::<Decimal>().is_ok()),
        "string(date)" => text.is_some_and(|text| text.parse::<NaiveDate>().is_ok()),
        "string(date-time)" => text.is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok()),
        "object" | "any" => true,
        _ => match facts.enums.get(kind) {
            Some(values) => values.values.contains(&text.map_or_else(|| value.to_string(), ToOwned::to_owned)),
            None => text.is_some(),
        },
    };
    if !right {
        all.entry(schema.to_owned()).or_default().faults.push(format!("{schema}.{name} is sent as {value}"));
    }
}

#[tokio::test]
async fn every_field_of_every_body_can_be_sent_and_none_goes_out_without_what_is_required() {
    let facts = Arc::new(Facts::read());
    let seen = all_calls(&facts).await;
    let mut all = BTreeMap::new();
    for call in &seen {
        let operation = facts.operation(&call.method, &call.path).unwrap();
        let Some(body) = &operation.body else { continue };
        match body.strip_prefix('[').and_then(|body| body.strip_suffix(']')) {
            Some(inner) => call.body.as_array().unwrap().iter().for_each(|body| look(&facts, inner, body, &mut all)),
            None => look(&facts, body, &call.body, &mut all),
        }
    }
    let mut faults: Vec<String> = all.values().flat_map(|bodies| bodies.faults.clone()).collect();
    for (schema, bodies) in &all {
        for field in facts.schema(schema).iter().filter(|field| !field.read_only) {
            if !bodies.sent.contains(&field.name) {
                faults.push(format!("{schema}.{} cannot be sent", field.name));
            }
            let is_patch = schema.starts_with("Patched");
            if is_patch && field.nullable && !bodies.cleared.contains(&field.name) {
                faults.push(format!("{schema}.{} cannot be cleared", field.name));
            }
        }
    }
    assert!(all.len() >= 18, "only {:?}", all.keys());
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
