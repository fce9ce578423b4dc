//! A purchase order of Procurify with its lines, as it is kept in the ledger and given to mappers.

use std::collections::BTreeMap;

use procurify_client::{
    Account, AccountId, CustomFieldValue, Department, DepartmentId, FulfilmentStatus, LocationId, OrderItem,
    OrderItemId, OrderItemStatus, PurchaseOrder, PurchaseOrderDetail, PurchaseOrderLine, PurchaseOrderState, Text,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync_core::{Lifecycle, Revision};
use tenant_http::{Error, ErrorKind, Outcome, decimal};

use crate::details;

/// A purchase order with its lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovedOrder {
    /// The order as lists show it. The vendor's payment methods and cards are left out on purpose.
    pub order: PurchaseOrder,
    /// Its lines, in the order of their numbers.
    pub lines: Vec<OrderLine>,
    /// The order's own custom fields by name, where they were read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<String, String>,
    /// Why its lines could not be read, if so: then it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// One line of it: what Procurify's two ways of showing lines have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderLine {
    /// What identifies it for ever.
    pub id: OrderItemId,
    /// Its number in the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// What is bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The vendor's item number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Text>,
    /// How many.
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    /// The unit of measure, as somebody typed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Text>,
    /// The price of one, in the order's currency.
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// The names of its taxes, joined by ` + `, where they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_name: Option<Text>,
    /// The account code's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_code: Option<Text>,
    /// The department that bears the cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// The department's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_name: Option<Text>,
    /// The department's location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationId>,
    /// The location's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_name: Option<Text>,
    /// Its custom fields by name, where they were read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<String, String>,
    /// Its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<OrderItemStatus>,
}

impl OrderLine {
    /// A line as order-item lists show it; `account` is the budget account it names.
    pub(crate) fn of_item(item: OrderItem, account: Option<&BudgetAccount>) -> Self {
        let BudgetAccount { code, department, department_name, location, location_name } =
            account.cloned().unwrap_or_default();
        Self {
            id: item.id,
            number: item.po_line_num,
            name: item.name,
            sku: item.sku.filter(|sku| !sku.trim().is_empty()),
            quantity: item.quantity,
            unit: item.unit,
            price: item.price,
            tax_name: None,
            account_code: item.account_code.filter(|code| !code.trim().is_empty()).or(code),
            department,
            department_name,
            location,
            location_name,
            custom_fields: BTreeMap::new(),
            status: item.status,
        }
    }

    /// A line as an order's detail shows it.
    pub(crate) fn of_detail(line: PurchaseOrderLine) -> Self {
        let BudgetAccount { code, department, department_name, location, location_name } =
            line.account.map(|account| BudgetAccount::new(account).1).unwrap_or_default();
        let mut taxes: Vec<Text> = line.taxes.into_iter().filter_map(|tax| tax.name).collect();
        // In whatever order they are told, they are the same taxes.
        taxes.sort();
        Self {
            id: line.id,
            number: line.po_line_num,
            name: line.name,
            sku: line.sku.filter(|sku| !sku.trim().is_empty()),
            quantity: line.quantity,
            unit: line.unit,
            price: line.price,
            tax_name: (!taxes.is_empty()).then(|| taxes.join(" + ").into()),
            account_code: line.account_code.filter(|code| !code.trim().is_empty()).or(code),
            department,
            department_name,
            location,
            location_name,
            custom_fields: custom_fields(line.custom_fields),
            status: line.status,
        }
    }

    /// Whether it was turned down, so that it is no part of what was bought.
    pub fn is_refused(&self) -> bool {
        matches!(self.status, Some(OrderItemStatus::RejectedForPurchase | OrderItemStatus::ApprovalDenied))
    }
}

/// What a budget account says about a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BudgetAccount {
    pub code: Option<Text>,
    pub department: Option<DepartmentId>,
    pub department_name: Option<Text>,
    pub location: Option<LocationId>,
    pub location_name: Option<Text>,
}

impl BudgetAccount {
    pub fn new(account: Account) -> (AccountId, Self) {
        let code = account.account_code.and_then(|code| code.code);
        let (department, department_name, place) = match account.department {
            Some(Department { id, name, branch, location, .. }) => (Some(id), name, branch.or(location)),
            None => (None, None, None),
        };
        let (location, location_name) = place.map_or((None, None), |place| (Some(place.id), place.name));
        (account.id, Self { code, department, department_name, location, location_name })
    }
}

impl ApprovedOrder {
    /// Joins an order and its lines.
    pub(crate) fn new(read: ReadOrder) -> Self {
        let ReadOrder { mut order, mut lines, custom_fields } = read;
        if let Some(vendor) = &mut order.pref_vendor {
            vendor.payment_methods.clear();
            vendor.credit_cards.clear();
        }
        lines.sort_by_key(|line| (line.number, line.id));
        Self { order, lines, custom_fields, unread: None }
    }

    /// Whether it was closed though not all of it has come: what is missing is wanted no more. Procurify closes an order
    /// of which all has come by itself, and that says nothing new.
    pub fn is_closed_short(&self) -> bool {
        self.order.state == Some(PurchaseOrderState::Closed)
            && matches!(self.order.fulfilment_status, Some(FulfilmentStatus::Empty | FulfilmentStatus::Partial))
    }

    /// An order as lists show it, with why there is no more of it.
    pub(crate) fn as_listed(order: PurchaseOrder, reason: String) -> Self {
        let read = ReadOrder { order, lines: Vec::new(), custom_fields: BTreeMap::new() };
        Self { unread: Some(reason), ..Self::new(read) }
    }

    /// The mark of this reading; one of what could not be read whole is no mark of the whole.
    pub(crate) fn stamp(&self) -> String {
        details::mark(stamp(&self.order), self.unread.is_some())
    }

    /// What makes two readings the same: all that [`DefaultOrderMapper`](super::DefaultOrderMapper) and account mappings
    /// use, and no time stamps, which move without a change. A change of anything else is not noticed.
    pub(crate) fn revision(&self) -> Revision {
        let order = &self.order;
        let vendor = order.pref_vendor.as_ref().map(|vendor| vendor.id);
        let amount = |amount: Option<Decimal>| amount.map(|amount| amount.normalize().to_string());
        let lines: Vec<Value> = self
            .lines
            .iter()
            .map(|line| {
                let mut content = vec![
                    json!(line.id),
                    json!(line.number),
                    json!(line.name),
                    json!(line.sku),
                    json!(amount(line.quantity)),
                    json!(line.unit),
                    json!(amount(line.price)),
                    json!(line.account_code),
                    json!(line.department),
                    json!(line.department_name),
                    json!(line.location),
                    json!(line.location_name),
                    json!(line.is_refused()),
                ];
                content.extend((!line.custom_fields.is_empty()).then(|| json!(line.custom_fields)));
                content.extend(line.tax_name.as_ref().map(|name| json!({ "tax": name })));
                Value::Array(content)
            })
            .collect();
        let mut content = json!({
            "vendor": vendor,
            "currency": order.purchased_currency.as_ref().and_then(|currency| currency.name.clone()),
            "date": order.date,
            "promise_date": order.promise_date,
            "freight": amount(order.freight),
            "other": amount(order.other),
            "discount": order.discount.as_ref().map(|discount| (amount(discount.value), &discount.kind)),
            "subtotal": amount(order.subtotal),
            "lines": lines,
        });
        if let Some(terms) = order.payment_terms.as_ref().filter(|terms| !terms.trim().is_empty()) {
            content["payment_terms"] = json!(terms);
        }
        if !self.custom_fields.is_empty() {
            content["custom_fields"] = json!(self.custom_fields);
        }
        if self.is_closed_short() {
            content["closed_short"] = json!(true);
        }
        // Why it could not be read is no content: it may be another reason each time.
        if self.unread.is_some() {
            content["unread"] = json!(true);
        }
        Revision::of(&content)
    }
}

/// Custom fields by name, those that say something.
pub(crate) fn custom_fields(fields: Vec<CustomFieldValue>) -> BTreeMap<String, String> {
    let text = |value: Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text).filter(|text| !text.trim().is_empty()),
        other => Some(other.to_string()),
    };
    fields.into_iter().filter_map(|one| Some((one.field?.name?.to_string(), text(one.value?)?))).collect()
}

/// A cheap mark of one reading of an order.
pub(crate) fn stamp(order: &PurchaseOrder) -> String {
    let state = order.state.map(PurchaseOrderState::code);
    let modified = order.last_modified.map(|at| at.to_rfc3339());
    format!("{}:{}:{}", order.version.unwrap_or_default(), state.unwrap_or(-1), modified.unwrap_or_default())
}

pub(crate) fn lifecycle(order: &PurchaseOrder) -> Lifecycle {
    match order.state {
        Some(PurchaseOrderState::Cancelled) => Lifecycle::Cancelled,
        _ => Lifecycle::Active,
    }
}

/// An order as it was read.
pub(crate) struct ReadOrder {
    pub order: PurchaseOrder,
    pub lines: Vec<OrderLine>,
    pub custom_fields: BTreeMap<String, String>,
}

/// A detail as the order that lists show, and its lines.
pub(crate) fn split(mut detail: PurchaseOrderDetail) -> Result<ReadOrder, Error> {
    let fields = custom_fields(std::mem::take(&mut detail.custom_fields));
    let lines = std::mem::take(&mut detail.order_items).into_iter().map(OrderLine::of_detail).collect();
    // A list's fields are among a detail's, under the same names.
    let order = serde_json::to_value(detail).and_then(serde_json::from_value).map_err(|error| {
        let (kind, outcome) = (ErrorKind::Decode, Outcome::NotProcessed);
        Error::new(kind, outcome, "GET /api/v2/purchase_orders/", format!("the order's detail cannot be kept: {error}"))
    })?;
    Ok(ReadOrder { order, lines, custom_fields: fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(change: impl FnOnce(&mut Value)) -> Revision {
        let mut order = json!({
            "order": { "procurify_PO": 10_001 },
            "lines": [{ "id": 1, "department": 5, "department_name": "Works", "location": 3,
                "location_name": "Vancouver" }],
        });
        change(&mut order);
        serde_json::from_value::<ApprovedOrder>(order).unwrap().revision()
    }

    #[test]
    fn a_correction_of_whatever_an_account_mapping_may_use_is_a_new_revision() {
        let mut seen = vec![revision(|_| ())];
        for change in [
            |order: &mut Value| order["lines"][0]["location"] = json!(9),
            |order: &mut Value| order["lines"][0]["location_name"] = json!("Victoria"),
            |order: &mut Value| order["lines"][0]["department_name"] = json!("Yards"),
            |order: &mut Value| order["lines"][0]["custom_fields"] = json!({ "Project": "P1" }),
            |order: &mut Value| order["lines"][0]["custom_fields"] = json!({ "Project": "P2" }),
            |order: &mut Value| order["lines"][0]["tax_name"] = json!("GST"),
            |order: &mut Value| order["order"]["payment_terms"] = json!("Net 30"),
        ] {
            seen.push(revision(change));
        }
        for (place, one) in seen.iter().enumerate() {
            assert!(!seen[..place].contains(one), "the change of place {place} is not seen");
        }
    }
}
