//! What orders and bills are to people: vendor, number and amount.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use sync_core::{Kind, Label};

use crate::bill::{self, ApprovedBill, MinorUnit};
use crate::purchase_order::{self, ApprovedOrder};

/// What a record of the ledger is to people, by its kind and content; empty for kinds that are no documents.
pub fn label(kind: &Kind, payload: &Value) -> Label {
    match kind.as_str() {
        purchase_order::KIND => ApprovedOrder::deserialize(payload).map(of_order).unwrap_or_default(),
        bill::KIND => ApprovedBill::deserialize(payload).map(of_bill).unwrap_or_default(),
        _ => Label::default(),
    }
}

fn of_order(ApprovedOrder { order, .. }: ApprovedOrder) -> Label {
    let vendor = order.pref_vendor.and_then(|vendor| vendor.name);
    let currency = order.purchased_currency.and_then(|currency| currency.name);
    named(vendor.or(order.vendor_name), order.number, order.total, currency)
}

fn of_bill(ApprovedBill { bill, .. }: ApprovedBill) -> Label {
    let vendor = bill.vendor.and_then(|vendor| vendor.name);
    let currency = bill.currency.and_then(|currency| currency.name);
    named(vendor.or(bill.vendor_name), bill.invoice_number, bill.total_cost_with_tax, currency)
}

fn named<T: AsRef<str>>(vendor: Option<T>, number: Option<T>, total: Option<Decimal>, currency: Option<T>) -> Label {
    let text = |text: Option<T>| {
        let text = text.map(|text| text.as_ref().trim().to_owned());
        text.filter(|text| !text.is_empty())
    };
    let currency = text(currency);
    let total = total.map(|total| {
        let mut total = total.normalize();
        // What has no part of the smallest unit is written with all its decimals; what has one is shown as it is.
        let decimals = MinorUnit::of(currency.as_deref().unwrap_or_default()).decimals;
        total.rescale(total.scale().max(decimals));
        total.to_string()
    });
    Label { vendor: text(vendor), number: text(number), total, currency }
}
