//! Reference data made or renamed from outside. As in the real service, nothing keeps two records from being alike.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::reference::{department_row, full_vendor};
use super::render::account_code;
use super::tenant::{Data, not_found};
use crate::http::Reply;
use crate::scenario::{AccountCode, CURRENCIES, Department, Vendor};

fn created(body: &Value) -> Reply {
    Reply::json(StatusCode::CREATED, &json!({ "metadata": {}, "data": body }))
}

/// A refusal in the service's form, if a field that must be there is not.
fn lacking(body: &Value, required: &[&str]) -> Option<Reply> {
    let missing: serde_json::Map<String, Value> = required
        .iter()
        .filter(|name| body.get(**name).is_none())
        .map(|name| ((*name).to_owned(), json!(["This field is required."])))
        .collect();
    (!missing.is_empty()).then(|| Reply::json(StatusCode::BAD_REQUEST, &json!({ "errors": missing })))
}

fn text(body: &Value, name: &str) -> Option<String> {
    body[name].as_str().map(str::to_owned).filter(|text| !text.is_empty())
}

pub(super) fn add_vendor(data: &mut Data, name: &str, external_id: Option<String>, currency: usize) -> u64 {
    let vendors = &mut data.masters.vendors;
    let id = vendors.iter().map(|vendor| vendor.id).max().unwrap_or(100) + 1;
    vendors.push(Vendor {
        id,
        name: name.to_owned(),
        erp_name: name.to_owned(),
        number: external_id.clone().unwrap_or_default(),
        external_id,
        currency,
        city: ("Vancouver", "BC", "CA", "V6B 1A1"),
        missing: false,
        active: true,
    });
    id
}

pub(super) fn new_vendor(data: &mut Data, body: &Value) -> Reply {
    if let Some(refusal) = lacking(body, &["name", "email", "type", "overall_score"]) {
        return refusal;
    }
    let currency = body["currency"].as_u64().map_or(0, |id| usize::try_from(id).unwrap_or(1).saturating_sub(1));
    if currency >= CURRENCIES.len() {
        return Reply::json(StatusCode::BAD_REQUEST, &json!({ "errors": { "currency": ["Invalid pk."] } }));
    }
    let name = text(body, "name").unwrap_or_default();
    add_vendor(data, &name, text(body, "external_id"), currency);
    data.masters.vendors.last().map_or_else(not_found, |vendor| created(&full_vendor(vendor)))
}

pub(super) fn changed_vendor(data: &mut Data, id: u64, body: &Value) -> Reply {
    let Some(vendor) = data.masters.vendors.iter_mut().find(|vendor| vendor.id == id) else {
        return not_found();
    };
    if let Some(name) = text(body, "name") {
        vendor.name = name;
    }
    if body.get("external_id").is_some() {
        vendor.external_id = text(body, "external_id");
    }
    Reply::ok(&json!({ "metadata": {}, "data": full_vendor(vendor) }))
}

pub(super) fn new_account_code(data: &mut Data, body: &Value) -> Reply {
    if let Some(refusal) = lacking(body, &["code", "description"]) {
        return refusal;
    }
    let accounts = &mut data.masters.accounts;
    let id = accounts.iter().map(|account| account.id).max().unwrap_or(300) + 1;
    let (code, description) = (text(body, "code").unwrap_or_default(), text(body, "description").unwrap_or_default());
    let kind = body["account_type"].as_i64();
    let account = AccountCode { id, code, description, kind, missing: false };
    let reply = created(&account_code(&account));
    accounts.push(account);
    reply
}

/// Replaces an account code: what the body leaves out is gone.
pub(super) fn changed_account_code(data: &mut Data, id: u64, body: &Value) -> Reply {
    if let Some(refusal) = lacking(body, &["code", "description"]) {
        return refusal;
    }
    let Some(account) = data.masters.accounts.iter_mut().find(|account| account.id == id) else {
        return not_found();
    };
    account.code = text(body, "code").unwrap_or_default();
    account.description = text(body, "description").unwrap_or_default();
    account.kind = body["account_type"].as_i64();
    Reply::ok(&json!({ "metadata": {}, "data": account_code(account) }))
}

/// Replaces a department: what the body leaves out is gone.
pub(super) fn changed_department(data: &mut Data, id: u64, body: &Value) -> Reply {
    if let Some(refusal) = lacking(body, &["branch", "name"]) {
        return refusal;
    }
    let location = data.masters.locations.iter().position(|place| Some(place.id) == body["branch"].as_u64());
    let index = data.masters.departments.iter().position(|department| department.id == id);
    let (Some(location), Some(index)) = (location, index) else { return not_found() };
    let department = &mut data.masters.departments[index];
    department.name = text(body, "name").unwrap_or_default();
    department.external_id = text(body, "external_id");
    department.location = location;
    Reply::ok(&json!({ "metadata": {}, "data": department_row(data, index) }))
}

pub(super) fn new_department(data: &mut Data, body: &Value) -> Reply {
    if let Some(refusal) = lacking(body, &["branch", "name"]) {
        return refusal;
    }
    let Some(location) = data.masters.locations.iter().position(|place| Some(place.id) == body["branch"].as_u64())
    else {
        return Reply::json(StatusCode::BAD_REQUEST, &json!({ "errors": { "branch": ["Invalid pk."] } }));
    };
    let name = text(body, "name").unwrap_or_default();
    add_department(data, &name, text(body, "external_id"), location);
    created(&department_row(data, data.masters.departments.len() - 1))
}

pub(super) fn add_department(data: &mut Data, name: &str, external_id: Option<String>, location: usize) -> u64 {
    let departments = &mut data.masters.departments;
    let id = departments.iter().map(|department| department.id).max().unwrap_or(10) + 1;
    let cost_center = external_id.clone().unwrap_or_default();
    departments.push(Department { id, name: name.to_owned(), cost_center, external_id, location });
    id
}
