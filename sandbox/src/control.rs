//! What tests and people may do to an ERP tenant from outside, whatever its product: documents, suppliers, accounts.

use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::by_hand::{self, ByHand};
use crate::http::{Call, Reply};
use crate::m3::control::{account, supplier};
use crate::scenario::Masters;
use crate::{Account, Document, Scenario, Supplier};

/// An ERP that can be looked at and added to.
pub(crate) trait Erp: ByHand {
    fn scenario(&self) -> &Scenario;
    fn all_documents(&self) -> Vec<Document>;
    fn add_supplier(&self, supplier: &Supplier);
    fn add_account(&self, account: &Account);
}

/// Answers a call under `/_sandbox/`.
pub(crate) fn answer(erp: &impl Erp, call: &Call) -> Reply {
    if let Some(reply) = by_hand::answer(erp, call) {
        return reply;
    }
    let added = match (&call.method, call.path.trim_end_matches('/')) {
        (&Method::GET, "/_sandbox/documents") => return Reply::ok(&json!(erp.all_documents())),
        (&Method::POST, "/_sandbox/suppliers") => objects(call).and_then(|objects| add_suppliers(erp, &objects)),
        (&Method::POST, "/_sandbox/accounts") => objects(call).and_then(|objects| add_accounts(erp, &objects)),
        (_, "/_sandbox/documents" | "/_sandbox/suppliers" | "/_sandbox/accounts") => {
            return Reply::empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        _ => {
            let text = "there are GET /_sandbox/stats, GET and POST /_sandbox/documents, PATCH and DELETE of one, POST /_sandbox/suppliers and accounts";
            return Reply::json(StatusCode::NOT_FOUND, &json!({ "error": text }));
        }
    };
    match added {
        Ok(added) => Reply::json(StatusCode::CREATED, &json!({ "added": added })),
        Err(error) => Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": error })),
    }
}

/// What the body lists: one object or several; none means all that the scenario lacks.
fn objects(call: &Call) -> Result<Vec<Map<String, Value>>, String> {
    let complaint = || "send a JSON object, a list of them, or nothing".to_owned();
    if call.body.is_empty() {
        return Ok(Vec::new());
    }
    match serde_json::from_slice(&call.body).map_err(|_| complaint())? {
        Value::Null => Ok(Vec::new()),
        Value::Object(object) if object.is_empty() => Ok(Vec::new()),
        Value::Object(object) => Ok(vec![object]),
        Value::Array(values) => {
            values.into_iter().map(|value| value.as_object().cloned().ok_or_else(complaint)).collect()
        }
        _ => Err(complaint()),
    }
}

fn add_suppliers(erp: &impl Erp, objects: &[Map<String, Value>]) -> Result<Vec<Value>, String> {
    let masters = Masters::new(erp.scenario());
    let suppliers = if objects.is_empty() {
        erp.scenario().missing_suppliers()
    } else {
        objects.iter().map(|object| supplier(&masters, object)).collect::<Result<_, _>>()?
    };
    for supplier in &suppliers {
        erp.add_supplier(supplier);
    }
    Ok(suppliers.iter().map(|supplier| json!({ "number": supplier.number, "name": supplier.name })).collect())
}

fn add_accounts(erp: &impl Erp, objects: &[Map<String, Value>]) -> Result<Vec<Value>, String> {
    let accounts = if objects.is_empty() {
        erp.scenario().missing_accounts()
    } else {
        objects.iter().map(account).collect::<Result<_, _>>()?
    };
    for account in &accounts {
        erp.add_account(account);
    }
    let added =
        |account: &Account| json!({ "dimension": account.dimension, "code": account.code, "name": account.name });
    Ok(accounts.iter().map(added).collect())
}
