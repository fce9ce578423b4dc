//! Reference data: vendors, account codes, budget accounts, departments, locations, currencies, the user.

use serde_json::{Value, json};

use super::query::Query;
use super::render::{
    CREATED, account_code, address, currency, department_summary, payment_term, person, vendor as plain_vendor,
};
use super::tenant::{Data, List, not_found};
use crate::http::Reply;
use crate::scenario::{CURRENCIES, Location, Vendor};

type Answer = Result<Reply, Reply>;

/// Descending when the call asks for it by any of these fields, which all ascend with the list.
fn ordered<T>(mut rows: Vec<T>, query: &Query, key: impl Fn(&T, &str) -> Option<String>) -> Vec<T> {
    if let Some((field, descending)) = query.order_by() {
        rows.sort_by_key(|row| key(row, field));
        if descending {
            rows.reverse();
        }
    }
    rows
}

fn matches(query: &Query, name: &str) -> bool {
    query.text("search").is_none_or(|text| name.to_lowercase().contains(&text.to_lowercase()))
}

fn id_key(id: u64) -> String {
    format!("{id:020}")
}

pub(super) fn vendors(data: &Data, query: &mut Query, list: List<'_>, group: &str) -> Answer {
    let group =
        if group.is_empty() { query.text("vendor_group").unwrap_or("all").to_owned() } else { group.to_owned() };
    let kind = query.int("type");
    let kinds: Vec<u64> = query
        .all("type__in")
        .into_iter()
        .map(|name| {
            if name == "preferred" {
                3
            } else if name == "regular" {
                4
            } else {
                0
            }
        })
        .collect();
    query.check()?;
    if !matches!(
        group.as_str(),
        "all" | "credit_card_providers" | "default" | "other" | "preferred" | "purchasable" | "requestable"
    ) {
        return Err(not_found());
    }
    let kind_of = |vendor: &Vendor| if vendor.id.is_multiple_of(7) { 4 } else { 3 };
    let in_group = |vendor: &Vendor| match group.as_str() {
        "credit_card_providers" | "other" => false,
        "preferred" | "requestable" => kind_of(vendor) == 3,
        _ => true,
    };
    let rows = data
        .masters
        .vendors
        .iter()
        .filter(|vendor| {
            vendor.active
                && in_group(vendor)
                && kind.is_none_or(|kind| kind == kind_of(vendor))
                && (kinds.is_empty() || kinds.contains(&kind_of(vendor)))
                && query.text("external_id").is_none_or(|id| vendor.external_id.as_deref() == Some(id))
                && query.text("name").is_none_or(|name| vendor.name == name)
                && matches(query, &vendor.name)
        })
        .collect();
    let rows = ordered(rows, query, |vendor: &&Vendor, field| match field {
        "name" => Some(vendor.name.clone()),
        "id" => Some(id_key(vendor.id)),
        _ => None,
    });
    Ok(list.page.reply(list.call, &rows, |vendor| full_vendor(vendor)))
}

pub(super) fn vendor(data: &Data, id: u64) -> Reply {
    let Some(found) = data.masters.vendors.iter().find(|vendor| vendor.id == id) else {
        return not_found();
    };
    let mut body = full_vendor(found);
    body["performance"] = Value::Null;
    Reply::ok(&json!({ "metadata": {}, "data": body }))
}

pub(super) fn full_vendor(found: &Vendor) -> Value {
    let mut body = plain_vendor(found);
    body["payment_term_ref"] = payment_term();
    body["vendor_request"] = Value::Null;
    body
}

pub(super) fn account_codes(data: &Data, query: &mut Query, list: List<'_>) -> Answer {
    let active = query.flag("active").unwrap_or(true);
    let parent = query.flag("is_parent").unwrap_or(false);
    query.check()?;
    let rows = data
        .masters
        .accounts
        .iter()
        .filter(|account| {
            active
                && !parent
                && query.text("code").is_none_or(|code| account.code == code)
                && (matches(query, &account.code) || matches(query, &account.description))
        })
        .collect();
    let rows = ordered(rows, query, |account: &&crate::scenario::AccountCode, field| match field {
        "code" => Some(account.code.clone()),
        "description" => Some(account.description.clone()),
        "id" => Some(id_key(account.id)),
        _ => None,
    });
    Ok(list.page.reply(list.call, &rows, |account| account_code(account)))
}

pub(super) fn accounts(data: &Data, query: &mut Query, list: List<'_>) -> Answer {
    let id = query.int("id");
    let codes = query.ids("account_code");
    let departments = query.int("department").map(|id| vec![id]).or(query.ids("departments"));
    let active = query.flag("active").unwrap_or(true);
    query.check()?;
    let masters = &data.masters;
    // What was made since has no budgets yet.
    let (departments_there, accounts_there) = masters.budgeted;
    let all = (0..departments_there).flat_map(|d| (0..accounts_there).map(move |a| (d, a)));
    let rows: Vec<(usize, usize)> = all
        .filter(|&(d, a)| {
            active
                && id.is_none_or(|id| masters.budget_id(d, a) == id)
                && codes.as_ref().is_none_or(|codes| codes.contains(&masters.accounts[a].id))
                && departments.as_ref().is_none_or(|ids| ids.contains(&masters.departments[d].id))
                && matches(query, &masters.accounts[a].code)
        })
        .collect();
    let rows = ordered(rows, query, |&(d, a), field| (field == "id").then(|| id_key(masters.budget_id(d, a))));
    Ok(list.page.reply(list.call, &rows, |&(d, a)| {
        json!({
            "id": masters.budget_id(d, a),
            "account_code": account_code(&masters.accounts[a]),
            "department": department_row(data, d),
            "start_datetime": null,
            "end_datetime": null,
            "budget": "250000.00",
            "budget_used_approved": "0.00",
            "budget_used_purchased": "0.00",
            "balance_approved": "250000.00",
            "balance_purchased": "250000.00",
            "active": true,
        })
    }))
}

pub(super) fn department_row(data: &Data, index: usize) -> Value {
    let mut row = department_summary(&data.masters, index);
    row["branch"]["headquarter"] = json!(data.masters.departments[index].location == 0);
    row["is_active_for_account_code"] = json!(true);
    row
}

pub(super) fn departments(data: &Data, query: &mut Query, list: List<'_>) -> Answer {
    let branch = query.int("branch");
    query.check()?;
    let masters = &data.masters;
    let rows = (0..masters.departments.len())
        .filter(|&d| {
            let department = &masters.departments[d];
            branch.is_none_or(|id| masters.locations[department.location].id == id) && matches(query, &department.name)
        })
        .collect();
    let rows = ordered(rows, query, |&d: &usize, field| match field {
        "name" => Some(masters.departments[d].name.clone()),
        "id" => Some(id_key(masters.departments[d].id)),
        _ => None,
    });
    Ok(list.page.reply(list.call, &rows, |&d| department_row(data, d)))
}

pub(super) fn locations(data: &Data, query: &mut Query, list: List<'_>) -> Answer {
    let headquarter = query.flag("headquarter");
    let active = query.flag("active").unwrap_or(true);
    query.check()?;
    let rows = data
        .masters
        .locations
        .iter()
        .filter(|place| active && headquarter.is_none_or(|yes| yes == (place.id == 1)) && matches(query, place.name))
        .collect();
    let rows = ordered(rows, query, |place: &&Location, field| match field {
        "name" => Some(place.name.to_owned()),
        "id" => Some(id_key(place.id)),
        _ => None,
    });
    Ok(list.page.reply(list.call, &rows, |place| location_view(data, place)))
}

pub(super) fn location(data: &Data, id: u64) -> Reply {
    let Some(found) = data.masters.locations.iter().find(|place| place.id == id) else {
        return not_found();
    };
    Reply::ok(&json!({ "metadata": {}, "data": location_view(data, found) }))
}

fn location_view(data: &Data, place: &Location) -> Value {
    let here = |d: &&crate::scenario::Department| data.masters.locations[d.location].id == place.id;
    json!({
        "id": place.id,
        "name": place.name,
        "url": null,
        "logo": "",
        "currency": currency(0),
        "phoneOne": "604-555-0100",
        "fax": null,
        "email": null,
        "primary_billing_address": address(place),
        "primary_shipping_address": address(place),
        "shipping_addresses": [address(place)],
        "language": 1,
        "locationTimezone": "America/Vancouver",
        "headquarter": place.id == 1,
        "department_count": data.masters.departments.iter().filter(here).count(),
        "active": true,
        "external_id": if place.id == 1 { json!("001") } else { Value::Null },
        "legal_entity": null,
    })
}

pub(super) fn currencies(_data: &Data, query: &mut Query, list: List<'_>) -> Answer {
    let base = query.flag("base");
    let active = query.flag("active").unwrap_or(true);
    query.check()?;
    let rows: Vec<usize> = (0..CURRENCIES.len())
        .filter(|&i| {
            let (name, _, _, is_base) = CURRENCIES[i];
            active && base.is_none_or(|base| base == is_base) && query.text("name").is_none_or(|text| text == name)
        })
        .collect();
    Ok(list.page.reply(list.call, &rows, |&i| currency(i)))
}

pub(super) fn me(data: &Data) -> Reply {
    let mut user = person(&data.masters, 0);
    user["domains"] = json!({ "active": false, "procurify_domains": [] });
    user["headquarter_logo"] = json!("");
    user["systemaccess_cache"] = Value::Null;
    user["is_approval_delegatee"] = json!(false);
    user["pending_invite"] = json!(false);
    user["role"] = json!(7);
    user["uuid"] = json!("0b0f2c0e-58a1-4d5e-9d4f-3c1f6a7b8c9d");
    user["created_at"] = json!(CREATED);
    Reply::ok(&json!({ "metadata": {}, "data": user }))
}
