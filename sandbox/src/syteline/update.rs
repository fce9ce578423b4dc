//! Updates: changes of one IDO, one or many in a call.

use serde::Deserialize;
use serde_json::{Value, json};

use super::config::NestedChanges;
use super::rules;
use super::site::Site;
use super::store::Row;
use super::tenant::SyteLineTenant;
use crate::faults::{Fault, FaultKind};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Body {
    #[serde(rename = "IDOName")]
    name: Option<String>,
    #[serde(default)]
    refresh_after_save: Option<bool>,
    changes: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    action: u8,
    #[serde(default)]
    item_id: Option<String>,
    #[serde(default)]
    item_no: Option<Value>,
    #[serde(default)]
    properties: Vec<Property>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Property {
    name: String,
    value: Option<String>,
    #[serde(default)]
    is_null: bool,
    #[serde(default)]
    modified: bool,
    #[serde(default)]
    is_nested_collection: bool,
    nested_collection: Option<Body>,
}

/// How many changes a call carries.
pub(super) fn changes_in(body: &[u8]) -> usize {
    serde_json::from_slice::<Body>(body).map_or(0, |body| body.changes.len())
}

/// How many of the changes are made, and how many of those are shown.
struct Cut {
    made: usize,
    shown: usize,
    stopped: bool,
}

impl Cut {
    fn of(tenant: &SyteLineTenant, fault: Option<Fault>, count: usize) -> Self {
        let count = if tenant.config.first_change_only { count.min(1) } else { count };
        let whole = Self { made: count, shown: count, stopped: false };
        let Some(fault) = fault else { return whole };
        let below = |dice: u64, end: usize| usize::try_from(dice % (end.max(1) as u64)).unwrap_or(0);
        let some = below(fault.dice, count);
        match fault.kind {
            FaultKind::BulkTerminated | FaultKind::BulkBadRequest => Self { made: some, shown: 0, stopped: true },
            FaultKind::ShortResults => {
                Self { shown: some, made: some + below(fault.dice >> 32, count - some + 1), ..whole }
            }
            _ => whole,
        }
    }
}

/// Makes the changes; an error is what the service says about the one that it refused.
pub(super) fn run(
    tenant: &SyteLineTenant,
    site: &mut Site,
    ido: &str,
    body: &Body,
    refresh: bool,
    fault: Option<Fault>,
) -> Result<Value, String> {
    let renamed = tenant.config.renamed.get(ido).map_or(ido, String::as_str);
    if body.name.as_deref().is_some_and(|name| name != renamed) {
        return Err("The IDO of the body is not that of the address".to_owned());
    }
    if body.changes.len() > tenant.config.max_changes {
        return Err(format!("More than {} changes in one request", tenant.config.max_changes));
    }
    if site.denied.contains(ido) {
        return Err(format!("You do not have the privilege to update {ido}."));
    }
    let cut = Cut::of(tenant, fault, body.changes.len());
    let mut shown = Vec::new();
    for (place, change) in body.changes.iter().take(cut.made).enumerate() {
        *site.writes.entry(ido.to_owned()).or_default() += 1;
        let numbered = change.properties.iter().any(|property| property.name == "PoNum" && property.value.is_some());
        let applied = if tenant.config.server_numbers && ido == "SLPos" && change.action == 1 && numbered {
            Err("PoNum is numbered by the system.".to_owned())
        } else {
            apply(site, ido, change).and_then(|row| Ok((nested(tenant, site, ido, change, &row)?, row)))
        };
        match applied {
            Ok((inside, row)) if place < cut.shown => {
                let mut outer = refreshed(site, ido, change, place, &row);
                if let Some(properties) = outer["Properties"].as_array_mut() {
                    properties.extend(inside);
                }
                shown.push(outer);
            }
            Ok(_) => {}
            Err(message) => {
                if tenant.config.atomic_updates {
                    site.store.roll_back();
                } else {
                    site.store.commit();
                }
                return Err(message);
            }
        }
    }
    if cut.stopped {
        if tenant.config.atomic_updates {
            site.store.roll_back();
        } else {
            site.store.commit();
        }
        return Err("The request was stopped.".to_owned());
    }
    site.store.commit();
    let list = if tenant.config.items_for_refresh_items { "Items" } else { "RefreshItems" };
    let shown = if refresh && body.refresh_after_save.unwrap_or(true) { json!(shown) } else { Value::Null };
    Ok(json!({ "Success": true, "Message": null, list: shown, "Bookmark": null }))
}

/// Makes the changes inside a record; gives what is shown of them, among its properties.
fn nested(
    tenant: &SyteLineTenant,
    site: &mut Site,
    outer: &str,
    change: &Change,
    row: &Row,
) -> Result<Vec<Value>, String> {
    let mode = tenant.config.nested_changes;
    let collections = change.properties.iter().filter(|property| property.is_nested_collection);
    let mut shown = Vec::new();
    for property in collections.filter(|_| mode != NestedChanges::Ignored) {
        let body = property.nested_collection.as_ref().ok_or("NestedCollection is missing")?;
        let (_, inner) = super::schema::sub_collections(outer)
            .into_iter()
            .find(|(name, _)| *name == property.name)
            .ok_or_else(|| format!("{} is no collection of IDO {outer}", property.name))?;
        if body.name.as_deref().is_some_and(|name| name != inner) {
            return Err(format!("{} holds records of IDO {inner}", property.name));
        }
        let keys = site.store.idos.get(outer).map(|ido| ido.keys.clone()).unwrap_or_default();
        let linked: Row = keys.iter().filter_map(|key| Some(((*key).to_owned(), row.get(*key)?.clone()))).collect();
        let mut items = Vec::new();
        for (place, change) in body.changes.iter().enumerate() {
            *site.writes.entry(inner.to_owned()).or_default() += 1;
            let after = apply_linked(site, inner, change, &linked)?;
            items.push(refreshed(site, inner, change, place, &after));
        }
        if mode == NestedChanges::Shown {
            let items = json!({ "RefreshItems": items });
            shown.push(json!({ "Name": property.name, "IsNestedCollection": true, "NestedCollection": items }));
        }
    }
    Ok(shown)
}

fn apply(site: &mut Site, name: &str, change: &Change) -> Result<Row, String> {
    apply_linked(site, name, change, &Row::new())
}

/// Makes a change of a record that is linked to an outer one by these properties.
fn apply_linked(site: &mut Site, name: &str, change: &Change, linked: &Row) -> Result<Row, String> {
    let ido = site.store.idos.get(name).cloned().ok_or_else(|| format!("IDO {name} does not exist"))?;
    let mut given: Vec<(&str, Option<String>)> =
        linked.iter().map(|(name, value)| (name.as_str(), Some(value.clone()))).collect();
    for property in change.properties.iter().filter(|property| !property.is_nested_collection) {
        let value = match &property.value {
            Some(value) if !property.is_null && !value.trim().is_empty() => {
                Some(rules::value(&ido, &property.name, value)?)
            }
            _ => ido
                .property(&property.name)
                .map(|_| None)
                .ok_or_else(|| format!("Property {} does not exist in IDO {name}", property.name))?,
        };
        if property.modified || change.action != 1 {
            given.push((&property.name, value));
        }
    }
    match change.action {
        1 => {
            let mut row: Row = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
            rules::complete(site, name, &mut row);
            rules::check(site, &ido, &row)?;
            let key = site.store.key_of(name, &row).unwrap_or_default();
            if site.store.by_key(name, &key).is_some() {
                return Err(format!("The {} record already exists.", ido.table));
            }
            site.store.put(name, row, site.now).ok_or_else(|| "The record could not be written.".to_owned())
        }
        2 => {
            let (_, mut row) = find(site, name, change, &given)?;
            for (property, value) in given {
                match value {
                    Some(value) => row.insert(property.to_owned(), value),
                    None => row.remove(property),
                };
            }
            rules::check(site, &ido, &row)?;
            site.store.put(name, row, site.now).ok_or_else(|| "The record could not be written.".to_owned())
        }
        4 => {
            let (key, row) = find(site, name, change, &given)?;
            let lines = row.get("PoNum").map_or(0, |number| site.lines(number).len());
            if name == "SLPos" && lines > 0 {
                return Err("The order has lines.".to_owned());
            }
            site.store.remove(name, &key);
            Ok(row)
        }
        other => Err(format!("Action {other} is not valid")),
    }
}

/// The record that a change is about: by its item id, at the state in which it was loaded, or by its key.
fn find(
    site: &Site,
    name: &str,
    change: &Change,
    given: &[(&str, Option<String>)],
) -> Result<(super::store::Key, Row), String> {
    let id = change.item_id.as_deref().unwrap_or_default();
    if let Some(pointer) = between(id, "ID=[") {
        let (key, row) = site.store.by_pointer(name, pointer).ok_or("The record does not exist.")?;
        let loaded = between(id, "DT=[").and_then(super::cell::read_time);
        let stands = row.get("RecordDate").and_then(|text| super::cell::read_time(text));
        if loaded != stands {
            return Err("The record was changed by another user.".to_owned());
        }
        return Ok((key, row.clone()));
    }
    let properties: Row = given.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))).collect();
    let key = site.store.key_of(name, &properties).unwrap_or_default();
    let row = site.store.by_key(name, &key).ok_or("The record does not exist.")?;
    Ok((key, row.clone()))
}

fn between<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(']').map(|(inner, _)| inner)
}

/// What names a record, at its present state, to an update.
pub(super) fn item_id(site: &Site, name: &str, row: &Row) -> String {
    let table = site.store.idos.get(name).map_or(name, |ido| ido.table);
    let alias: String = table.chars().take(3).collect();
    let of = |name: &str| row.get(name).map_or("", String::as_str);
    let stamp = super::cell::read_time(of("RecordDate"));
    let stamp = stamp.map(|stamp| stamp.format("%Y-%m-%d %H:%M:%S%.3f").to_string()).unwrap_or_default();
    format!("PBT=[{table}] {alias}.DT=[{stamp}] {alias}.ID=[{}]", of("RowPointer"))
}

fn refreshed(site: &Site, name: &str, change: &Change, place: usize, row: &Row) -> Value {
    let properties: Vec<Value> = match site.store.idos.get(name) {
        Some(ido) => ido
            .properties
            .iter()
            .map(|property| json!({ "Name": property.name, "Value": site.value(ido, row, property.name) }))
            .collect(),
        None => Vec::new(),
    };
    json!({
        "Action": change.action,
        "ItemId": item_id(site, name, row),
        "ItemNo": change.item_no.clone().unwrap_or_else(|| json!(place)),
        "Properties": properties,
    })
}
