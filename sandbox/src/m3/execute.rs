//! One transaction by GET.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::answer::{Outcome, Refusal, result, version_one as version_one_answer};
use super::company::{Company, Row};
use super::mi::check;
use super::options::Options;
use super::programs::{self, Session};
use super::tenant::M3Tenant;
use crate::faults::{Fault, FaultKind};
use crate::http::{Call, Reply};

/// Program, transaction and matrix parameters of the path's end.
pub(super) fn parts(path: &str) -> (&str, &str, &str) {
    let (names, matrix) = path.split_once(';').unwrap_or((path, ""));
    let (program, transaction) = names.split_once('/').unwrap_or((names, ""));
    (program, transaction.trim_end_matches('/'), matrix)
}

pub(super) fn answer(tenant: &M3Tenant, call: &Call, path: &str, version_one: bool, fault: Option<Fault>) -> Reply {
    let (program, name, matrix) = parts(path);
    let Some(transaction) = tenant.facts.transaction(program, name) else {
        // Through the gateway an unknown transaction is a bare 400.
        return Reply::empty(StatusCode::BAD_REQUEST);
    };
    let (input, options) = read(tenant, &call.query, matrix);
    let outcome = run(tenant, &mut tenant.company(), &options, program, name, input.clone());
    let mut entry = result(name, Some(transaction), outcome, &options, &options.columns, &tenant.config);
    if fault.is_some_and(|fault| fault.kind == FaultKind::PartialRecords) {
        break_off(&mut entry);
    }
    if version_one {
        return Reply::ok(&version_one_answer(program, &entry));
    }
    if options.extended {
        entry["parameters"] = json!(input);
    }
    let failed = u64::from(entry.get("errorMessage").is_some());
    Reply::ok(&json!({
        "results": [entry],
        "wasTerminated": false,
        "nrOfSuccessfullTransactions": 1 - failed,
        "nrOfFailedTransactions": failed,
        "nrOfNotProcessedTransactions": 0,
    }))
}

/// Input fields and options of the query and the matrix parameters, of which the latter win.
fn read(tenant: &M3Tenant, query: &str, matrix: &str) -> (Row, Options) {
    let mut options = Options::default();
    let mut input = Row::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        // Fields are in capitals, options in small letters: CONO is a field, cono an option.
        if key.starts_with(|first: char| first.is_ascii_uppercase()) {
            input.insert(key.into_owned(), value.into_owned());
        } else if !tenant.config.matrix_options_only {
            options.set(&key, &value);
        }
    }
    for parameter in matrix.split(';') {
        if let Some((key, value)) = url::form_urlencoded::parse(parameter.as_bytes()).next() {
            options.set(&key, &value);
        }
    }
    (input, options)
}

/// Half the records, then an error in the same result.
fn break_off(entry: &mut Value) {
    if let Some(records) = entry["records"].as_array_mut() {
        records.truncate(records.len() / 2);
        entry["errorMessage"] = json!("The list could not be completed");
        entry["errorType"] = json!("ServerReturnedNOK");
        entry["errorCode"] = json!("CPF9898");
    }
}

/// Checks and runs one transaction.
pub(super) fn run(
    tenant: &M3Tenant,
    company: &mut Company,
    options: &Options,
    program: &str,
    name: &str,
    input: Row,
) -> Outcome {
    let config = &tenant.config;
    let Some(transaction) = tenant.facts.transaction(program, name) else {
        return Err(Refusal::mi("TransactionNotFound", "", format!("Transaction {name} is not in {program}")));
    };
    let known = |field: &str| !config.refuse_unknown_fields || tenant.facts.program_has(program, field);
    let input = check(transaction, input, known)?;
    let company_number = options.company.unwrap_or(programs::COMPANY);
    if config.only_own_company && company_number != programs::COMPANY {
        return Err(Refusal::nok("XAU0008", "CONO", format!("Not authorized for company {company_number}")));
    }
    let session = Session {
        facts: &tenant.facts,
        company: company_number,
        division: options.division.clone().unwrap_or_else(|| programs::DIVISION.to_owned()),
        limit: options.limit(config),
        exclude_start: config.exclude_start_key,
        export_mi: config.export_mi,
    };
    programs::run(company, &session, program, name, &input)
}
