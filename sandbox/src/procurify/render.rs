//! Pieces of JSON that several resources share, with each value in the form its schema says.

use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::scenario::{AccountCode, CURRENCIES, Department, Location, Masters, Person, Vendor};

pub(super) const CREATED: &str = "2019-03-04T17:00:00Z";

pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A decimal string with so many decimals, as the tenant's database keeps it.
pub(super) fn text(value: Decimal, decimals: u32) -> String {
    let mut value = value.round_dp(decimals);
    value.rescale(decimals);
    value.to_string()
}

/// A JSON number; the digits of a scenario's amounts all fit a double's.
pub(super) fn number(value: Decimal) -> Value {
    json!(value.normalize().to_string().parse::<f64>().unwrap_or_default())
}

pub(super) fn currency_id(index: usize) -> u64 {
    index as u64 + 1
}

pub(super) fn currency(index: usize) -> Value {
    let (name, description, rate, base) = CURRENCIES[index];
    json!({ "id": currency_id(index), "name": name, "description": description, "rate": rate, "base": base, "active": true })
}

pub(super) fn currency_summary(index: usize) -> Value {
    let (name, _, rate, base) = CURRENCIES[index];
    json!({ "id": currency_id(index), "name": name, "rate": rate, "base": base })
}

pub(super) fn branch(masters: &Masters, department: &Department) -> Value {
    let location = &masters.locations[department.location];
    json!({ "id": location.id, "name": location.name })
}

pub(super) fn department_summary(masters: &Masters, index: usize) -> Value {
    let department = &masters.departments[index];
    json!({
        "id": department.id,
        "branch": branch(masters, department),
        "external_id": department.external_id,
        "name": department.name,
        "punchout_email": null,
        "active": true,
    })
}

pub(super) fn account_code(account: &AccountCode) -> Value {
    json!({
        "id": account.id,
        "applied_accounts_count": 1,
        "code": account.code,
        "code_length": account.code.len(),
        "description": account.description,
        "account_type": account.kind,
        "active": true,
        "parent": null,
    })
}

/// The budget account that joins a department and an account code.
pub(super) fn budget(masters: &Masters, department: usize, account: usize) -> Value {
    json!({
        "id": masters.budget_id(department, account),
        "account_code": account_code(&masters.accounts[account]),
        "department": department_summary(masters, department),
        "warning_indicator": false,
        "budget_used_approved": 0.0,
        "budget_used_purchased": 0.0,
        "start_datetime": null,
        "end_datetime": null,
        "budget": "250000.00",
        "balance_approved": "250000.00",
        "balance_purchased": "250000.00",
        "active": true,
    })
}

pub(super) fn person_summary(person: Person) -> Value {
    json!({
        "id": person.id,
        "firstName": person.first,
        "lastName": person.last,
        "email": email(person),
        "position": "Buyer",
        "profile_image": null,
        "approval_delegatee": null,
        "expected_return_date": null,
    })
}

pub(super) fn person(masters: &Masters, index: usize) -> Value {
    let person = masters.people[index];
    let mut value = person_summary(person);
    value["department"] = department_summary(masters, index % masters.departments.len());
    value["created_at"] = json!(CREATED);
    value["updated_at"] = json!(CREATED);
    value["phone"] = Value::Null;
    value["address"] = Value::Null;
    value["notifications"] = json!(true);
    value["is_active"] = json!(true);
    value["mobile"] = json!(false);
    value["slack_user_id"] = json!("");
    value["is_sso_enabled"] = json!(false);
    value["last_changed_by"] = Value::Null;
    value["user"] = json!(person.id);
    value
}

fn email(person: Person) -> String {
    format!("{}.{}@example.com", person.first, person.last).to_lowercase()
}

/// A vendor with references as ids.
pub(super) fn vendor(vendor: &Vendor) -> Value {
    let (city, state, country, postal) = vendor.city;
    json!({
        "id": vendor.id,
        "name": vendor.name,
        "active": vendor.active,
        "addressLineOne": format!("{} Commercial Drive", vendor.id),
        "addressLineTwo": "",
        "postalCode": postal,
        "city": city,
        "state_province": state,
        "country": country,
        "phoneOne": "604-555-0100",
        "phoneTwo": "",
        "fax": "",
        "email": ["orders@example.com"],
        "comments": "",
        "contact": "",
        "url": "",
        "external_id": vendor.external_id,
        "dateModified": CREATED,
        "currency": currency_id(vendor.currency),
        "payment_term_ref": 1,
        "shipping_term_ref": null,
        "payment_method_ref": null,
        "shipping_method_ref": null,
        "payment_methods": [],
        "tax": null,
        "type": if vendor.id.is_multiple_of(7) { 4 } else { 3 },
        "default_payment_method": null,
        "creditcards": [],
        "is_1099_eligible": false,
        "overall_score": null,
        "is_auto_email_po_enabled": false,
        "po_pdf_labels": "",
        "email_configurations": {},
    })
}

pub(super) fn payment_term() -> Value {
    json!({ "id": 1, "name": "Net 30", "description": "", "active": true })
}

pub(super) fn address(location: &Location) -> Value {
    let (city, state, country, postal) = location.city;
    json!({
        "id": location.id,
        "name": location.name,
        "addressLineOne": "1 Water Street",
        "addressLineTwo": "",
        "city": city,
        "postalCode": postal,
        "state_province": state,
        "country": country,
    })
}
