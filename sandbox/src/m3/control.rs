//! What tests and people may do to the tenant from outside: documents, suppliers, accounts.

use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::company::{Account, Supplier};
use super::tenant::M3Tenant;
use crate::by_hand;
use crate::http::{Call, Reply};
use crate::scenario::Masters;

/// Adds masters from JSON objects and says what it added.
type Adder = fn(&M3Tenant, &[Map<String, Value>]) -> Result<Vec<Value>, String>;

impl M3Tenant {
    pub(super) fn control_call(&self, call: &Call) -> Reply {
        if let Some(reply) = by_hand::answer(self, call) {
            return reply;
        }
        match (&call.method, call.path.trim_end_matches('/')) {
            (&Method::GET, "/_sandbox/documents") => {
                let documents = self.company().documents();
                Reply::ok(&json!(documents))
            }
            (&Method::POST, "/_sandbox/suppliers") => self.add(call, Self::add_suppliers),
            (&Method::POST, "/_sandbox/accounts") => self.add(call, Self::add_accounts),
            (_, "/_sandbox/documents" | "/_sandbox/suppliers" | "/_sandbox/accounts") => {
                Reply::empty(StatusCode::METHOD_NOT_ALLOWED)
            }
            _ => Reply::json(
                StatusCode::NOT_FOUND,
                &json!({ "error": "there are GET /_sandbox/stats, GET and POST /_sandbox/documents, PATCH and DELETE of one, POST /_sandbox/suppliers and accounts" }),
            ),
        }
    }

    /// Adds what the body lists: one object or several; no body means all that the scenario lacks.
    fn add(&self, call: &Call, add: Adder) -> Reply {
        let body = if call.body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&call.body) };
        let objects = match body {
            Ok(Value::Null) => Some(Vec::new()),
            Ok(Value::Object(object)) if object.is_empty() => Some(Vec::new()),
            Ok(Value::Object(object)) => Some(vec![object]),
            Ok(Value::Array(values)) => values.into_iter().map(|value| value.as_object().cloned()).collect(),
            _ => None,
        };
        let added = objects.ok_or_else(|| "send a JSON object, a list of them, or nothing".to_owned());
        match added.and_then(|objects| add(self, &objects)) {
            Ok(added) => Reply::json(StatusCode::CREATED, &json!({ "added": added })),
            Err(error) => Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": error })),
        }
    }

    fn add_suppliers(&self, objects: &[Map<String, Value>]) -> Result<Vec<Value>, String> {
        let masters = Masters::new(&self.config.scenario);
        let suppliers = if objects.is_empty() {
            self.config.scenario.missing_suppliers()
        } else {
            objects.iter().map(|object| supplier(&masters, object)).collect::<Result<_, _>>()?
        };
        let mut company = self.company();
        let added = |supplier: &Supplier| json!({ "number": supplier.number, "name": supplier.name });
        for supplier in &suppliers {
            company.add_supplier(supplier);
        }
        Ok(suppliers.iter().map(added).collect())
    }

    fn add_accounts(&self, objects: &[Map<String, Value>]) -> Result<Vec<Value>, String> {
        let accounts = if objects.is_empty() {
            self.config.scenario.missing_accounts()
        } else {
            objects.iter().map(account).collect::<Result<_, _>>()?
        };
        let mut company = self.company();
        let added =
            |account: &Account| json!({ "dimension": account.dimension, "code": account.code, "name": account.name });
        for account in &accounts {
            company.add_account(account);
        }
        Ok(accounts.iter().map(added).collect())
    }
}

/// The first of these members that is there, a number being taken for its digits.
pub(crate) fn member(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match object.get(*name)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// `{"number", "name", "currency", "status"}`, or M3's names for them. A number that is not given
/// is that of the vendor of this name, or a new one.
pub(crate) fn supplier(masters: &Masters, object: &Map<String, Value>) -> Result<Supplier, String> {
    let name = member(object, &["name", "SUNM", "supplier_name"]);
    let number = member(object, &["number", "SUNO", "suno", "supplier", "code", "id", "external_id"]);
    let known = masters.vendors.iter().find(|vendor| {
        number.as_deref().is_some_and(|number| number.eq_ignore_ascii_case(&vendor.number))
            || name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&vendor.name) || name == vendor.erp_name)
    });
    let number = number.or_else(|| known.map(|vendor| vendor.number.clone()));
    let name = name.or_else(|| known.map(|vendor| vendor.erp_name.clone()));
    let name = name.ok_or("a supplier needs a `name`")?;
    let number = number.unwrap_or_else(|| {
        format!("N{:x}", name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31) ^ u32::from(byte)))
    });
    if number.chars().count() > 10 || name.chars().count() > 36 {
        return Err("a supplier's `number` has at most 10 characters, its `name` 36".to_owned());
    }
    let currency = member(object, &["currency", "CUCD"]).or_else(|| known.map(|vendor| vendor.supplier().currency));
    let mut supplier = Supplier::new(number, name, currency.unwrap_or_else(|| "CAD".to_owned()));
    if let Some(status) = member(object, &["status", "STAT"]) {
        supplier.status = status;
    }
    Ok(supplier)
}

/// `{"code", "name", "dimension", "blocked"}`, or M3's names for them.
pub(crate) fn account(object: &Map<String, Value>) -> Result<Account, String> {
    let code =
        member(object, &["code", "AITM", "aitm", "number", "account", "id"]).ok_or("an account needs a `code`")?;
    let name = member(object, &["name", "TX40", "description"]).unwrap_or_else(|| code.clone());
    if code.chars().count() > 10 || name.chars().count() > 40 {
        return Err("an account's `code` has at most 10 characters, its `name` 40".to_owned());
    }
    let mut account = Account::new(code, name);
    if let Some(dimension) = member(object, &["dimension", "AITP"]) {
        account.dimension = dimension.parse().ok().filter(|n| (1..=7).contains(n)).ok_or("`dimension` is 1 to 7")?;
    }
    account.blocked = object.get("blocked").and_then(Value::as_bool).unwrap_or(false);
    Ok(account)
}
