//! A purchase order of Procurify with its lines, as it is kept in the ledger and given to mappers.

use procurify_client::{
    Account, AccountId, Department, DepartmentId, OrderItem, OrderItemId, OrderItemStatus, PurchaseOrder,
    PurchaseOrderDetail, PurchaseOrderLine, PurchaseOrderState, Text,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync_core::{Lifecycle, Revision};
use tenant_http::{Error, ErrorKind, Outcome, decimal};

/// A purchase order with its lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovedOrder {
    /// The order as lists show it. The vendor's payment methods and cards are left out on purpose.
    pub order: PurchaseOrder,
    /// Its lines, in the order of their numbers.
    pub lines: Vec<OrderLine>,
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
    /// The account code's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_code: Option<Text>,
    /// The department that bears the cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// The department's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_name: Option<Text>,
    /// Its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<OrderItemStatus>,
}

impl OrderLine {
    /// A line as order-item lists show it; `account` is the budget account it names.
    pub(crate) fn of_item(item: OrderItem, account: Option<&BudgetAccount>) -> Self {
        Self {
            id: item.id,
            number: item.po_line_num,
            name: item.name,
            sku: item.sku.filter(|sku| !sku.trim().is_empty()),
            quantity: item.quantity,
            unit: item.unit,
            price: item.price,
            account_code: item
                .account_code
                .filter(|code| !code.trim().is_empty())
                .or_else(|| account.and_then(|account| account.code.clone())),
            department: account.and_then(|account| account.department),
            department_name: account.and_then(|account| account.department_name.clone()),
            status: item.status,
        }
    }

    /// A line as an order's detail shows it.
    pub(crate) fn of_detail(line: PurchaseOrderLine) -> Self {
        let account = line.account.map(|account| BudgetAccount::new(account).1);
        Self {
            id: line.id,
            number: line.po_line_num,
            name: line.name,
            sku: line.sku.filter(|sku| !sku.trim().is_empty()),
            quantity: line.quantity,
            unit: line.unit,
            price: line.price,
            account_code: line
                .account_code
                .filter(|code| !code.trim().is_empty())
                .or_else(|| account.as_ref().and_then(|account| account.code.clone())),
            department: account.as_ref().and_then(|account| account.department),
            department_name: account.and_then(|account| account.department_name),
            status: line.status,
        }
    }

    /// Whether it was turned down, so that it is no part of what was bought.
    pub fn is_refused(&self) -> bool {
        matches!(self.status, Some(OrderItemStatus::RejectedForPurchase | OrderItemStatus::ApprovalDenied))
    }
}

/// What a budget account says about a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BudgetAccount {
    pub code: Option<Text>,
    pub department: Option<DepartmentId>,
    pub department_name: Option<Text>,
}

impl BudgetAccount {
    pub fn new(account: Account) -> (AccountId, Self) {
        let code = account.account_code.and_then(|code| code.code);
        let (department, department_name) = match account.department {
            Some(Department { id, name, .. }) => (Some(id), name),
            None => (None, None),
        };
        (account.id, Self { code, department, department_name })
    }
}

impl ApprovedOrder {
    /// Joins an order and its lines.
    pub(crate) fn new(mut order: PurchaseOrder, mut lines: Vec<OrderLine>) -> Self {
        if let Some(vendor) = &mut order.pref_vendor {
            vendor.payment_methods.clear();
            vendor.credit_cards.clear();
        }
        lines.sort_by_key(|line| (line.number, line.id));
        Self { order, lines }
    }

    /// What makes two readings the same: all that [`DefaultOrderMapper`](super::DefaultOrderMapper) uses, and no time
    /// stamps, which move without a change. A change of anything else is not noticed.
    pub(crate) fn revision(&self) -> Revision {
        let order = &self.order;
        let vendor = order.pref_vendor.as_ref().map(|vendor| vendor.id);
        let amount = |amount: Option<Decimal>| amount.map(|amount| amount.normalize().to_string());
        let lines: Vec<Value> = self
            .lines
            .iter()
            .map(|line| {
                json!([
                    line.id,
                    line.number,
                    line.name,
                    line.sku,
                    amount(line.quantity),
                    line.unit,
                    amount(line.price),
                    line.account_code,
                    line.department,
                    line.is_refused(),
                ])
            })
            .collect();
        Revision::of(&json!({
            "vendor": vendor,
            "currency": order.purchased_currency.as_ref().and_then(|currency| currency.name.clone()),
            "date": order.date,
            "promise_date": order.promise_date,
            "freight": amount(order.freight),
            "other": amount(order.other),
            "discount": order.discount.as_ref().map(|discount| (amount(discount.value), &discount.kind)),
            "subtotal": amount(order.subtotal),
            "lines": lines,
        }))
    }
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

/// A detail as the order that lists show, and its lines.
pub(crate) fn split(mut detail: PurchaseOrderDetail) -> Result<(PurchaseOrder, Vec<OrderLine>), Error> {
    let lines = std::mem::take(&mut detail.order_items).into_iter().map(OrderLine::of_detail).collect();
    // A list's fields are among a detail's, under the same names.
    let order = serde_json::to_value(detail).and_then(serde_json::from_value).map_err(|error| {
        let (kind, outcome) = (ErrorKind::Decode, Outcome::NotProcessed);
        Error::new(kind, outcome, "GET /api/v2/purchase_orders/", format!("the order's detail cannot be kept: {error}"))
    })?;
    Ok((order, lines))
}
