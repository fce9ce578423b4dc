//! The tenant's entities by key, and what is demanded of new ones.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

use super::model::{SETS, Set};
use super::renamed::Renamed;
use super::{DeepUpdates, ODataConfig};
use crate::scenario::{Masters, products};
use crate::{Account, Document, DocumentLine, Supplier};

/// An entity and the number of its state.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) entity: Map<String, Value>,
    pub(super) version: u64,
}

impl Stored {
    pub(super) fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }
}

/// A refusal: HTTP status, code, what about, in words.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) target: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, target: &str, message: impl Into<String>) -> Self {
        Self { status, target: target.to_owned(), message: message.into() }
    }

    pub(super) fn body(&self) -> Value {
        json!({ "error": { "code": self.status.to_string(), "message": self.message, "target": self.target } })
    }
}

/// All entities.
#[derive(Debug, Clone)]
pub(super) struct Store {
    sets: BTreeMap<&'static str, BTreeMap<String, Stored>>,
    unique_references: bool,
    deep_updates: DeepUpdates,
    pub(super) renamed: Renamed,
    /// Writes by entity set.
    pub(super) writes: BTreeMap<String, u64>,
    next: u64,
    version: u64,
    pub(super) now: DateTime<Utc>,
}

impl Store {
    pub(super) fn new(config: &ODataConfig, now: DateTime<Utc>) -> Self {
        let sets = SETS.iter().map(|set| (set.name, BTreeMap::new())).collect();
        let mut store = Self {
            sets,
            unique_references: config.unique_references,
            deep_updates: config.deep_updates,
            renamed: Renamed(config.renamed.clone()),
            writes: BTreeMap::new(),
            next: 1,
            version: 0,
            now,
        };
        store.stock(&Masters::new(&config.scenario));
        store
    }

    fn stock(&mut self, masters: &Masters) {
        for vendor in masters.vendors.iter().filter(|vendor| !vendor.missing) {
            self.add_supplier(&vendor.supplier());
        }
        for account in masters.accounts.iter().filter(|account| !account.missing) {
            self.add_account(&account.identity());
        }
        for department in &masters.departments {
            self.add_account(&Account::cost_center(&department.cost_center, &department.name));
        }
        for (number, name, unit) in products().chain([("SERVICE".to_owned(), "Services and free text", "ea")]) {
            self.put("Items", &number, json!({"Item": number, "Description": name, "Unit": unit, "Blocked": false}));
        }
        for (number, name) in [("C1001", "Alder Retail"), ("C1002", "Birchwood Clinics"), ("C1003", "Cedar Foods")] {
            self.put(
                "Customers",
                number,
                json!({"Customer": number, "Name": name, "Status": "Active", "Currency": "CAD"}),
            );
        }
    }

    pub(super) fn add_supplier(&mut self, supplier: &Supplier) {
        let status = if supplier.status == "20" { "Active" } else { "Blocked" };
        let entity = json!({"Supplier": supplier.number, "Name": supplier.name, "Status": status,
            "Currency": supplier.currency, "PaymentTerms": "N30"});
        self.put("Suppliers", &supplier.number, entity);
    }

    pub(super) fn set_period(&mut self, from: &str, to: &str, status: &str) {
        let entity = json!({"Period": from, "StartDate": from, "EndDate": to, "Status": status});
        self.put("Periods", from, entity);
    }

    pub(super) fn add_account(&mut self, account: &Account) {
        let (set, key) =
            if account.dimension == 1 { ("LedgerAccounts", "LedgerAccount") } else { ("Dimensions", "Dimension") };
        let entity = json!({key: account.code, "Description": account.name, "Blocked": account.blocked});
        self.put(set, &account.code, entity);
    }

    pub(super) fn all(&self, set: &str) -> impl Iterator<Item = (&String, &Stored)> {
        self.sets.get(set).into_iter().flatten()
    }

    pub(super) fn get(&self, set: &str, key: &str) -> Option<&Stored> {
        self.sets.get(set)?.get(key)
    }

    fn put(&mut self, set: &str, key: &str, mut entity: Value) -> Option<&Stored> {
        self.version += 1;
        entity["ChangedOn"] = json!(self.now.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        let entity = entity.as_object().cloned().unwrap_or_default();
        let stored = Stored { entity, version: self.version };
        let set = self.sets.get_mut(set)?;
        set.insert(key.to_owned(), stored);
        set.get(key)
    }

    /// A new entity, with its lines.
    pub(super) fn create(&mut self, set: &Set, body: &Value) -> Result<Stored, Refusal> {
        *self.writes.entry(set.name.to_owned()).or_default() += 1;
        let mut entity = body.as_object().cloned().ok_or_else(|| Refusal::new(400, "", "an object is expected"))?;
        check_names(set, &entity)?;
        if let Some(missing) = set.required.iter().find(|name| entity.get(**name).is_none_or(Value::is_null)) {
            return Err(Refusal::new(422, missing, format!("{missing} is required")));
        }
        self.check(set, &mut entity)?;
        let key = entity.get(set.key).and_then(Value::as_str).map_or_else(|| self.number(set), str::to_owned);
        if self.get(set.name, &key).is_some() {
            return Err(Refusal::new(409, set.key, format!("{} {key} exists already", set.key)));
        }
        entity.insert(set.key.to_owned(), json!(key));
        entity.entry("Status".to_owned()).or_insert(json!("Open"));
        self.put(set.name, &key, Value::Object(entity))
            .cloned()
            .ok_or_else(|| Refusal::new(500, "", "it could not be stored"))
    }

    fn number(&mut self, set: &Set) -> String {
        let number = format!("{}{:08}", &set.name[..2].to_uppercase(), self.next);
        self.next += 1;
        number
    }

    pub(super) fn remove_supplier(&mut self, number: &str) {
        if let Some(suppliers) = self.sets.get_mut("Suppliers") {
            suppliers.remove(number);
        }
    }

    /// Removes an entity, if it is there.
    pub(super) fn remove(&mut self, set: &str, key: &str) -> bool {
        self.sets.get_mut(set).is_some_and(|set| set.remove(key).is_some())
    }

    /// Puts an entity in the place of another, whatever its state, and works out what follows from it.
    pub(super) fn replace(&mut self, set: &str, key: &str, entity: Value) -> bool {
        let (Some(set), Value::Object(mut entity)) = (SETS.iter().find(|other| other.name == set), entity) else {
            return false;
        };
        self.check(set, &mut entity).is_ok() && self.put(set.name, key, Value::Object(entity)).is_some()
    }

    pub(super) fn patch(&mut self, set: &Set, key: &str, etag: Option<&str>, body: &Value) -> Result<Stored, Refusal> {
        *self.writes.entry(set.name.to_owned()).or_default() += 1;
        let mut entity = self.open(set, key, etag)?.entity;
        let mut changes = body.as_object().cloned().ok_or_else(|| Refusal::new(400, "", "an object is expected"))?;
        check_names(set, &changes)?;
        match self.deep_updates {
            DeepUpdates::Refused if changes.contains_key("Lines") => {
                return Err(Refusal::new(400, "Lines", "a change takes no related entities inside it"));
            }
            DeepUpdates::Ignored => drop(changes.remove("Lines")),
            DeepUpdates::Refused | DeepUpdates::Accepted => {}
        }
        entity.extend(changes);
        self.changed(set, key, entity)
    }

    /// Changes the lines of an entity, whatever its own state.
    pub(super) fn change_lines(
        &mut self,
        set: &Set,
        key: &str,
        change: impl FnOnce(&mut Vec<Value>) -> Result<(), Refusal>,
    ) -> Result<Stored, Refusal> {
        *self.writes.entry(format!("{}/Lines", set.name)).or_default() += 1;
        let mut entity = self.open(set, key, Some("*"))?.entity;
        let lines = entity.entry("Lines".to_owned()).or_insert_with(|| json!([]));
        change(lines.as_array_mut().ok_or_else(|| Refusal::new(404, "Lines", "there are no lines"))?)?;
        self.changed(set, key, entity)
    }

    fn changed(&mut self, set: &Set, key: &str, mut entity: Map<String, Value>) -> Result<Stored, Refusal> {
        self.check(set, &mut entity)?;
        self.put(set.name, key, Value::Object(entity))
            .cloned()
            .ok_or_else(|| Refusal::new(500, "", "it could not be stored"))
    }

    /// An entity at this state that may still be changed.
    fn open(&self, set: &Set, key: &str, etag: Option<&str>) -> Result<Stored, Refusal> {
        let stored = self.at_state(set, key, etag)?;
        if let Some(status @ ("Received" | "Posted" | "Paid")) = stored.entity.get("Status").and_then(Value::as_str) {
            let status = status.to_lowercase();
            return Err(Refusal::new(422, "Status", format!("{key} has been {status} and cannot be changed")));
        }
        Ok(stored)
    }

    pub(super) fn delete(&mut self, set: &Set, key: &str, etag: Option<&str>) -> Result<(), Refusal> {
        *self.writes.entry(set.name.to_owned()).or_default() += 1;
        self.at_state(set, key, etag)?;
        if let Some(set) = self.sets.get_mut(set.name) {
            set.remove(key);
        }
        Ok(())
    }

    fn at_state(&self, set: &Set, key: &str, etag: Option<&str>) -> Result<Stored, Refusal> {
        let stored =
            self.get(set.name, key).ok_or_else(|| Refusal::new(404, set.key, format!("{key} does not exist")))?;
        match etag {
            None => Err(Refusal::new(428, "", "If-Match is required")),
            Some(etag) if etag != "*" && etag != stored.etag() => Err(Refusal::new(412, "", "the entity has changed")),
            Some(_) => Ok(stored.clone()),
        }
    }

    /// What an order or an invoice demands, and what is worked out of it.
    fn check(&self, set: &Set, entity: &mut Map<String, Value>) -> Result<(), Refusal> {
        if set.lines.is_empty() {
            return Ok(());
        }
        let text =
            |entity: &Map<String, Value>, name: &str| entity.get(name).and_then(Value::as_str).map(str::to_owned);
        let supplier = text(entity, "Supplier").unwrap_or_default();
        let known = self.get("Suppliers", &supplier);
        let known =
            known.ok_or_else(|| Refusal::new(422, "Supplier", format!("Supplier {supplier} does not exist")))?;
        if known.entity.get("Status").and_then(Value::as_str) == Some("Blocked") {
            return Err(Refusal::new(422, "Supplier", format!("Supplier {supplier} is blocked")));
        }
        let currency = known.entity.get("Currency").cloned().unwrap_or_default();
        entity.entry("Currency".to_owned()).or_insert(currency);
        let key = text(entity, set.key);
        if self.unique_references
            && let Some(reference) = text(entity, "Reference")
            && self.all(set.name).any(|(own, stored)| {
                Some(own) != key.as_ref() && text(&stored.entity, "Reference").as_deref() == Some(&reference)
            })
        {
            return Err(Refusal::new(409, "Reference", format!("Reference {reference} exists already")));
        }
        let mut total = Decimal::ZERO;
        if let Some(lines) = entity.get_mut("Lines").and_then(Value::as_array_mut) {
            for (place, line) in lines.iter_mut().enumerate() {
                let line = line.as_object_mut().ok_or_else(|| Refusal::new(400, "Lines", "an object is expected"))?;
                total += self.check_line(set, place, line)?;
            }
        }
        if set.properties.contains(&"Total") {
            entity.insert("Total".to_owned(), number(total));
        }
        Ok(())
    }

    fn check_line(&self, set: &Set, place: usize, line: &mut Map<String, Value>) -> Result<Decimal, Refusal> {
        if let Some(name) = line.keys().find(|name| !set.lines.contains(&name.as_str())) {
            return Err(Refusal::new(400, name, format!("there is no property {name}")));
        }
        for (property, table) in [("LedgerAccount", "LedgerAccounts"), ("CostCenter", "Dimensions"), ("Item", "Items")]
        {
            if let Some(code) = line.get(property).and_then(Value::as_str)
                && self.get(table, code).is_none()
            {
                return Err(Refusal::new(422, property, format!("{property} {code} does not exist")));
            }
        }
        line.entry("Line".to_owned()).or_insert(json!(10 * (place + 1)));
        if !set.lines.contains(&"Quantity") {
            return Ok(decimal(line, "Amount"));
        }
        if decimal(line, "Quantity") <= Decimal::ZERO {
            return Err(Refusal::new(422, "Quantity", "Quantity must be greater than zero"));
        }
        let amount = decimal(line, "Quantity") * decimal(line, "Price");
        let amount = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        line.insert("Amount".to_owned(), number(amount));
        Ok(amount)
    }

    /// Orders and invoices, in the order of their numbers.
    pub(super) fn documents(&self) -> Vec<Document> {
        let of = |set: &'static str, kind: &'static str, key: &'static str| {
            self.all(set).map(move |(_, stored)| document(kind, key, &stored.entity))
        };
        of("Orders", "purchase_order", "Order").chain(of("Invoices", "invoice", "Invoice")).collect()
    }

    pub(super) fn len(&self, set: &str) -> usize {
        self.sets.get(set).map_or(0, BTreeMap::len)
    }
}

/// The state of a line, which knows nothing of its head's.
pub(super) fn line_etag(line: &Value) -> String {
    // FNV-1a.
    let hash = line
        .to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("W/\"{hash:x}\"")
}

fn check_names(set: &Set, entity: &Map<String, Value>) -> Result<(), Refusal> {
    let known = |name: &str| set.properties.contains(&name) || (name == "Lines" && !set.lines.is_empty());
    match entity.keys().find(|name| !known(name)) {
        Some(name) => Err(Refusal::new(400, name, format!("there is no property {name}"))),
        None => Ok(()),
    }
}

fn decimal(entity: &Map<String, Value>, name: &str) -> Decimal {
    let text = match entity.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    text.parse().unwrap_or_default()
}

/// A number of the answer: amounts are short enough to survive as they are.
fn number(value: Decimal) -> Value {
    serde_json::from_str(&value.to_string()).unwrap_or_default()
}

fn document(kind: &str, key: &str, entity: &Map<String, Value>) -> Document {
    let text = |name: &str| entity.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let line = |line: &Value| {
        let empty = Map::new();
        let line = line.as_object().unwrap_or(&empty);
        let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let order = kind == "purchase_order";
        DocumentLine {
            item: text("Item"),
            quantity: if order { decimal(line, "Quantity") } else { Decimal::ONE },
            price: if order { decimal(line, "Price") } else { decimal(line, "Amount") },
            account: text("LedgerAccount"),
            cost_center: text("CostCenter"),
            number: line.get("Line").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            name: text("Description"),
            unit: text("Unit"),
        }
    };
    let mut total = decimal(entity, if kind == "purchase_order" { "Total" } else { "Amount" });
    total.rescale(2);
    Document {
        kind: kind.to_owned(),
        number: text(key),
        external_ref: text("Reference"),
        supplier: text("Supplier"),
        currency: text("Currency"),
        total,
        lines: entity
            .get("Lines")
            .and_then(Value::as_array)
            .map(|lines| lines.iter().map(line).collect())
            .unwrap_or_default(),
        ordered: text(if kind == "purchase_order" { "OrderDate" } else { "InvoiceDate" }).replace('-', ""),
        requested: text("DueDate").replace('-', ""),
    }
}
