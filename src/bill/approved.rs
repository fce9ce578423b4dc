//! A bill of Procurify with its lines, as it is kept in the ledger and given to mappers.

use chrono::{DateTime, Utc};
use procurify_client::{
    Bill, BillItem, BillItemId, BillStatus, BillSummary, BillType, CostAllocation, CustomFieldValue, DepartmentId,
    LocationId, OrderItemId, PoNumber, Text,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync_core::{Failure, FailureKind, Lifecycle, Revision};
use tenant_http::decimal;

use super::wanted::Wanted;
use crate::details;
use crate::purchase_order::{BudgetAccount, custom_fields};

/// A bill with its lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovedBill {
    /// The bill without its lines. Payment methods, cards, comments and who did what are left out on purpose.
    pub bill: Bill,
    /// Its lines, in the order of the bill.
    #[serde(default)]
    pub lines: Vec<BillLine>,
    /// Costs of the whole bill that are on accounts.
    #[serde(default)]
    pub costs: Vec<BillPart>,
    /// Whether only what lists show of it was read: one that is not moved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed_only: bool,
    /// Why the rest of it could not be read, if that was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// One line of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BillLine {
    /// What identifies it for ever.
    pub id: BillItemId,
    /// What is billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// How many.
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    /// What it costs without tax.
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub cost: Option<Decimal>,
    /// The tax on it.
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub tax: Option<Decimal>,
    /// That tax's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_name: Option<Text>,
    /// Whether its price includes that tax.
    #[serde(default)]
    pub tax_is_inclusive: bool,
    /// Its share of the shipping.
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Decimal>,
    /// What it costs with tax.
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub total: Option<Decimal>,
    /// The purchase order that it bills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<PoNumber>,
    /// That order's number as people know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<Text>,
    /// The order's line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_item: Option<OrderItemId>,
    /// How its cost is split over accounts; at least one part.
    pub parts: Vec<BillPart>,
    /// Its custom fields, for account mappings and mappers of your own: no product's invoices have fields for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<CustomFieldValue>,
}

/// A part of a cost on an account code and a department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPart {
    /// What it is for, if that is not said by a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The amount; none for the whole.
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
    /// The account code's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_code: Option<Text>,
    /// The department that bears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// The department's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_name: Option<Text>,
    /// The location of the department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationId>,
    /// The location's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_name: Option<Text>,
}

impl BillPart {
    fn new(name: Option<Text>, amount: Option<Decimal>, account: Option<procurify_client::Account>) -> Self {
        let BudgetAccount { code, department, department_name, location, location_name } =
            account.map(|account| BudgetAccount::new(account).1).unwrap_or_default();
        Self {
            name,
            amount,
            account_code: code.filter(|code| !code.trim().is_empty()),
            department,
            department_name,
            location,
            location_name,
        }
    }
}

impl BillLine {
    fn new(item: BillItem) -> Self {
        let mut ordered = item.order_item;
        let on_order = ordered.as_ref().and_then(|line| line.purchase_order.or_else(|| line.po.first().copied()));
        let (po, po_number) = match item.po {
            Some(po) => (po.id.map(PoNumber), po.number),
            None => (None, None),
        };
        let mut parts: Vec<BillPart> = item
            .cost_allocations
            .into_iter()
            .map(|CostAllocation { amount, budget, .. }| BillPart::new(None, amount, budget))
            .collect();
        if parts.is_empty() {
            let account = ordered.as_mut().and_then(|line| line.account.take());
            let account = account.or_else(|| item.expense.and_then(|expense| expense.account));
            parts.push(BillPart::new(None, None, account));
        }
        Self {
            id: item.id,
            description: item.description.or_else(|| ordered.as_ref().and_then(|line| line.name.clone())),
            quantity: item.quantity,
            cost: item.total_cost,
            tax: item.tax_amount,
            tax_name: item.tax_name.filter(|name| !name.trim().is_empty()),
            tax_is_inclusive: item.tax_is_inclusive.unwrap_or(false),
            shipping: item.shipping_amount,
            total: item.total_cost_with_tax,
            order: on_order.or(po),
            order_number: po_number.or_else(|| ordered.as_ref().and_then(|line| line.purchase_order_number.clone())),
            order_item: ordered.map(|line| line.id),
            parts,
            custom_fields: item.custom_fields,
        }
    }
}

impl ApprovedBill {
    /// A bill as its detail shows it.
    pub(crate) fn of_detail(mut bill: Bill) -> Self {
        let lines = std::mem::take(&mut bill.items).into_iter().filter(|item| item.archived != Some(true));
        let lines = lines.map(BillLine::new).collect();
        let (on_accounts, beside): (Vec<_>, Vec<_>) = std::mem::take(&mut bill.costs)
            .into_iter()
            .partition(|cost| cost.cost_allocation.as_ref().is_some_and(|allocation| allocation.budget.is_some()));
        bill.costs = beside;
        let costs = on_accounts.into_iter().map(|cost| {
            let account = cost.cost_allocation.and_then(|allocation| allocation.budget);
            BillPart::new(cost.name, cost.amount, account)
        });
        let costs = costs.collect();
        spare(&mut bill);
        Self { bill, lines, costs, listed_only: false, unread: None }
    }

    /// A bill as lists show it.
    pub(crate) fn of_summary(summary: &BillSummary) -> Result<Self, Failure> {
        let fields = json!({
            "id": summary.id,
            "uuid": summary.uuid,
            "status": summary.status,
            "type": summary.kind,
            "version": summary.version,
            "currency": summary.currency,
            "invoice_number": summary.invoice_number,
            "invoice_date": summary.invoice_date,
            "total_cost_with_tax": summary.total_cost_with_tax.map(|total| total.to_string()),
        });
        let bill = serde_json::from_value(fields).map_err(|error| {
            Failure::new(FailureKind::Other, format!("bill {} cannot be kept: {error}", summary.id))
        })?;
        Ok(Self { bill, lines: Vec::new(), costs: Vec::new(), listed_only: true, unread: None })
    }

    /// What makes two readings the same: all that [`DefaultBillMapper`](super::DefaultBillMapper) and account mappings
    /// use, and no time stamps, which move without a change. A change of anything else is not noticed, nor one of the keys
    /// to attachments, which every reading changes.
    pub(crate) fn revision(&self, wanted: &Wanted) -> Revision {
        let bill = &self.bill;
        let amount = |amount: Option<Decimal>| amount.map(|amount| amount.normalize().to_string());
        let part = |part: &BillPart| {
            json!([
                part.name,
                amount(part.amount),
                part.account_code,
                part.department,
                part.department_name,
                part.location,
                part.location_name,
            ])
        };
        let lines: Vec<Value> = self
            .lines
            .iter()
            .map(|line| {
                let mut content = vec![
                    json!(line.id),
                    json!(line.description),
                    json!(amount(line.quantity)),
                    json!(amount(line.cost)),
                    json!(amount(line.tax)),
                    json!(line.tax_is_inclusive),
                    json!(amount(line.shipping)),
                    json!(amount(line.total)),
                    json!(line.order),
                    json!(line.order_item),
                    line.parts.iter().map(part).collect(),
                ];
                let fields = custom_fields(line.custom_fields.clone());
                content.extend((!fields.is_empty()).then(|| json!(fields)));
                content.extend(line.tax_name.as_ref().map(|name| json!({ "tax": name })));
                Value::Array(content)
            })
            .collect();
        let beside: Vec<Value> = bill.costs.iter().map(|cost| json!([cost.name, amount(cost.amount)])).collect();
        let mut content = json!({
            "moved": wanted.refusal(bill.kind, bill.status).is_none(),
            "vendor": bill.vendor.as_ref().map(|vendor| vendor.id),
            "currency": bill.currency.as_ref().and_then(|currency| currency.name.clone()),
            "number": bill.invoice_number,
            "dates": [bill.invoice_date, bill.due_date, bill.gl_post_date],
            "tax": [amount(bill.tax_amount), amount(bill.inclusive_tax_amount), amount(bill.exclusive_tax_amount)],
            "shipping": amount(bill.shipping_amount),
            "total": amount(bill.total_cost_with_tax),
            "costs": self.costs.iter().map(part).collect::<Vec<_>>(),
            "costs_beside": beside,
            "lines": lines,
        });
        if let Some(terms) = bill.payment_terms.as_ref().filter(|terms| !terms.trim().is_empty()) {
            content["payment_terms"] = json!(terms);
        }
        if wanted.attachments && !bill.invoice_attachments.is_empty() {
            let mut files: Vec<&str> = bill.invoice_attachments.iter().filter_map(|file| file.url()).collect();
            files.sort_unstable();
            content["attachments"] = json!(files);
        }
        // Why it could not be read is no content: it may be another reason each time.
        if self.unread.is_some() {
            content["unread"] = json!(true);
        }
        Revision::of(&content)
    }

    /// The mark of this reading; one of what could not be read whole is no mark of the whole.
    pub(crate) fn stamp(&self, wanted: &Wanted) -> String {
        let bill = &self.bill;
        let stamp = mark(bill.version, bill.status, bill.kind, bill.last_modified_datetime, wanted);
        details::mark(stamp, self.unread.is_some())
    }

    pub(crate) fn lifecycle(&self, wanted: &Wanted) -> Lifecycle {
        let ended = matches!(self.bill.status, Some(BillStatus::Denied | BillStatus::Withdrawn));
        let moved = wanted.refusal(self.bill.kind, self.bill.status).is_none();
        if (ended && !moved) || self.bill.active == Some(false) { Lifecycle::Cancelled } else { Lifecycle::Active }
    }
}

/// A cheap mark of one reading of a bill.
pub(crate) fn stamp(bill: &BillSummary, wanted: &Wanted) -> String {
    mark(bill.version, bill.status, bill.kind, bill.last_modified_datetime, wanted)
}

fn mark(
    version: Option<i64>,
    status: Option<BillStatus>,
    kind: Option<BillType>,
    modified: Option<DateTime<Utc>>,
    wanted: &Wanted,
) -> String {
    let moved = wanted.refusal(kind, status).is_none();
    format!(
        "{}:{}:{}{}",
        version.unwrap_or_default(),
        status.map_or(-1, BillStatus::code),
        modified.map(|at| at.to_rfc3339()).unwrap_or_default(),
        if moved { ":moved" } else { details::LEFT }
    )
}

/// Leaves out what no mapper needs and no ledger should hold.
fn spare(bill: &mut Bill) {
    if let Some(vendor) = &mut bill.vendor {
        vendor.payment_methods.clear();
        vendor.credit_cards.clear();
    }
    // What follows the question mark of a file's address is a key to it, for an hour or so.
    for file in &mut bill.invoice_attachments {
        for address in [&mut file.file, &mut file.attachment].into_iter().flatten() {
            address.truncate(address.find('?').unwrap_or(address.len()));
        }
    }
    bill.comments.clear();
    bill.bill_statuses.clear();
    bill.version_choices.clear();
    bill.next_approver_choices.clear();
    (bill.user, bill.approver, bill.creator, bill.last_export_user) = (None, None, None, None);
    (bill.bill_payment, bill.credit_card, bill.credit_card_name) = (None, None, None);
    (bill.payment_method, bill.payment_method_name) = (None, None);
}

#[cfg(test)]
mod tests {
    use crate::bill::BillSettings;

    use super::*;

    fn revision(change: impl FnOnce(&mut Value)) -> Revision {
        let mut bill = json!({
            "bill": { "id": 7, "status": 2, "type": 0 },
            "lines": [{ "id": 1, "parts": [{ "department": 5, "department_name": "Works", "location": 3,
                "location_name": "Vancouver" }] }],
            "costs": [{ "department": 5, "department_name": "Works", "location": 3, "location_name": "Vancouver" }],
        });
        change(&mut bill);
        let bill: ApprovedBill = serde_json::from_value(bill).unwrap();
        bill.revision(&BillSettings::default().wanted())
    }

    #[test]
    fn a_correction_of_whatever_an_account_mapping_may_use_is_a_new_revision() {
        let field = |value: &str| json!([{ "field": { "id": 1, "name": "Project" }, "value": value }]);
        let mut seen = vec![revision(|_| ())];
        for change in [
            |bill: &mut Value| bill["lines"][0]["parts"][0]["location"] = json!(9),
            |bill: &mut Value| bill["lines"][0]["parts"][0]["location_name"] = json!("Victoria"),
            |bill: &mut Value| bill["lines"][0]["parts"][0]["department_name"] = json!("Yards"),
            |bill: &mut Value| bill["costs"][0]["location"] = json!(9),
        ] {
            seen.push(revision(change));
        }
        seen.push(revision(|bill| bill["lines"][0]["custom_fields"] = field("P1")));
        seen.push(revision(|bill| bill["lines"][0]["custom_fields"] = field("P2")));
        for (place, one) in seen.iter().enumerate() {
            assert!(!seen[..place].contains(one), "the change of place {place} is not seen");
        }
        let empty = revision(|bill| bill["lines"][0]["custom_fields"] = field(" "));
        assert_eq!(empty, seen[0], "a field that says nothing");
    }
}
