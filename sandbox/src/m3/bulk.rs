//! Many transactions of one program by POST.

use std::fmt;

use hyper::StatusCode;
use serde::Deserialize;
use serde::de::{self, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use super::answer::result;
use super::company::Row;
use super::execute::run;
use super::options::Options;
use super::tenant::M3Tenant;
use crate::faults::{Fault, FaultKind};
use crate::http::{Call, Reply};

/// The body, of which `transactions` must be the last member: the server streams it.
struct Body {
    members: Map<String, Value>,
    transactions: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    transaction: String,
    #[serde(default)]
    record: Map<String, Value>,
    #[serde(default)]
    selected_columns: Vec<String>,
}

impl Entry {
    /// The input as text. Numbers are taken for their digits, as a lenient reader of JSON does.
    fn input(&self) -> Row {
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.record.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Body;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object whose last member is `transactions`")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
                let mut members = Map::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name != "transactions" {
                        members.insert(name, map.next_value()?);
                        continue;
                    }
                    let transactions = map.next_value()?;
                    if let Some(late) = map.next_key::<String>()? {
                        return Err(de::Error::custom(format!("`{late}` comes after `transactions`")));
                    }
                    return Ok(Body { members, transactions });
                }
                Err(de::Error::missing_field("transactions"))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn refused(status: StatusCode, text: &str) -> Reply {
    Reply::json(status, &json!({ "message": text }))
}

pub(super) fn answer(tenant: &M3Tenant, call: &Call, fault: Option<Fault>) -> Reply {
    let config = &tenant.config;
    if call.body.len() > config.max_body {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, &format!("The body is larger than {} bytes.", config.max_body));
    }
    let body: Body = match serde_json::from_slice(&call.body) {
        Ok(body) => body,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    if body.transactions.len() > config.max_transactions {
        return refused(StatusCode::BAD_REQUEST, &format!("More than {} transactions.", config.max_transactions));
    }
    let program = body.members.get("program").and_then(Value::as_str).unwrap_or_default();
    if !tenant.facts.programs.contains_key(program) {
        return Reply::empty(StatusCode::BAD_REQUEST);
    }
    let mut options = Options::default();
    for (key, value) in url::form_urlencoded::parse(call.query.as_bytes()) {
        options.set(&key, &value);
    }
    for (name, value) in &body.members {
        options.default_to(name, value);
    }
    process(tenant, program, &body.transactions, &options, &Cut::of(fault, body.transactions.len()))
}

/// How a fault cuts a bulk call short.
struct Cut {
    /// Transactions that are run.
    processed: usize,
    /// Entries the answer has.
    answered: usize,
    terminated: bool,
    status: StatusCode,
}

impl Cut {
    fn of(fault: Option<Fault>, count: usize) -> Self {
        let whole = Self { processed: count, answered: count, terminated: false, status: StatusCode::OK };
        let Some(fault) = fault else { return whole };
        let below = |dice: u64, end: usize| usize::try_from(dice % (end.max(1) as u64)).unwrap_or(0);
        let some = below(fault.dice, count);
        match fault.kind {
            FaultKind::BulkTerminated => Self { processed: some, terminated: true, ..whole },
            FaultKind::BulkBadRequest => {
                Self { processed: some, terminated: true, status: StatusCode::BAD_REQUEST, ..whole }
            }
            FaultKind::ShortResults => {
                Self { answered: some, processed: some + below(fault.dice >> 32, count - some + 1), ..whole }
            }
            _ => whole,
        }
    }
}

fn process(tenant: &M3Tenant, program: &str, entries: &[Entry], options: &Options, cut: &Cut) -> Reply {
    let mut results = Vec::with_capacity(cut.answered);
    let (mut succeeded, mut failed) = (0, 0);
    let mut company = tenant.company();
    for (index, entry) in entries.iter().enumerate() {
        if index >= cut.processed {
            if cut.terminated {
                results.push(json!({ "transaction": entry.transaction, "notProcessed": true }));
            }
            continue;
        }
        let outcome = run(tenant, &mut company, options, program, &entry.transaction, entry.input());
        let counter = if outcome.is_ok() { &mut succeeded } else { &mut failed };
        *counter += 1;
        if index >= cut.answered {
            continue;
        }
        let columns = if entry.selected_columns.is_empty() { &options.columns } else { &entry.selected_columns };
        let transaction = tenant.facts.transaction(program, &entry.transaction);
        let mut result = result(&entry.transaction, transaction, outcome, options, columns, &tenant.config);
        if options.extended {
            result["parameters"] = json!(entry.record);
        }
        results.push(result);
    }
    let mut body = json!({
        "results": results,
        "wasTerminated": cut.terminated,
        "nrOfSuccessfullTransactions": succeeded,
        "nrOfFailedTransactions": failed,
        "nrOfNotProcessedTransactions": if cut.terminated { entries.len() - cut.processed } else { 0 },
    });
    if cut.terminated {
        body["terminationReason"] = json!("The job was stopped.");
        body["terminationErrorType"] = json!("ServerException");
    }
    Reply::json(cut.status, &body)
}
