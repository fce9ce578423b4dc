//! One line of an order: as the items list shows it, and as its order's detail does.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::detail::Detail;
use super::orders::tax;
use super::render::{budget, currency_id, currency_summary, moment, number, person, person_summary, text, vendor};
use super::tenant::Data;
use crate::scenario::{Line, Order, line_amount};

/// 3 received, 5 received in part, 2 purchased.
pub(super) fn status_of(order: &Order, line: &Line) -> u8 {
    match received(order, line) {
        none if none.is_zero() => 2,
        part if part < line.quantity => 5,
        _ => 3,
    }
}

/// How much of an order has come.
pub(super) fn fulfilment(order: &Order) -> &'static str {
    if order.state == 3 && !order.closed_short {
        return "full";
    }
    // Of an order that nobody has edited nothing has come.
    let lines = order.edited.as_deref().unwrap_or_default();
    if !lines.is_empty() && lines.iter().all(|line| received(order, line) >= line.quantity) {
        "full"
    } else if lines.iter().any(|line| !received(order, line).is_zero()) {
        "partial"
    } else {
        "empty"
    }
}

/// How many have come.
fn received(order: &Order, line: &Line) -> Decimal {
    if order.state == 3 && !order.closed_short { line.quantity } else { line.received }
}

/// An item as the list shows it: references as ids, numbers as decimal strings.
pub(super) fn row(data: &Data, order: &Order, line: &Line) -> Value {
    let masters = &data.masters;
    let seller = &masters.vendors[order.vendor];
    let account = &masters.accounts[line.account];
    let mut row = common(order, line);
    row["account"] = json!(masters.budget_id(order.department, line.account));
    row["accountCode"] = json!(account.code);
    row["currency"] = json!(currency_id(seller.currency));
    row["pref_vendor"] = json!(seller.id);
    row["vendor"] = json!(seller.name);
    row["purchaser"] = json!(masters.people[order.purchaser].id);
    row["quantity"] = json!(text(line.quantity, 5));
    row["approved_quantity"] = json!(text(line.quantity, 5));
    row["receivedFailQty"] = json!("0.00000");
    row["receivedPassQty"] = json!(text(received(order, line), 5));
    row["attachments"] = json!("");
    if data.order_detail(order.number) == Detail::Garbled {
        row["id"] = Value::Null;
    }
    row
}

/// What its tax is called; nothing where it has none.
pub(super) fn tax_name(order: &Order) -> String {
    if order.tax_rate == 0 { String::new() } else { format!("Sales tax {}%", order.tax_rate) }
}

fn taxes(order: &Order) -> Value {
    match tax_name(order) {
        none if none.is_empty() => json!([]),
        name => json!([{ "id": 1, "type": "percent", "value": text(order.tax_rate.into(), 8), "name": name }]),
    }
}

/// An item as its order's detail shows it: references in full, quantities as JSON numbers.
pub(super) fn line(data: &Data, order: &Order, line: &Line) -> Value {
    let masters = &data.masters;
    let seller = &masters.vendors[order.vendor];
    let mut item = common(order, line);
    item["account"] = budget(masters, order.department, line.account);
    item["accountCode"] = json!(masters.accounts[line.account].code);
    item["currency"] = currency_summary(seller.currency);
    item["pref_vendor"] = vendor(seller);
    item["vendor"] = json!(seller.name);
    item["purchaser"] = person(masters, order.purchaser);
    item["requester"] = person_summary(masters.people[order.purchaser]);
    item["quantity"] = number(line.quantity);
    item["approved_quantity"] = number(line.quantity);
    item["receivedFailQty"] = json!(0.0);
    item["receivedPassQty"] = number(received(order, line));
    item["attachments"] = json!([]);
    item["purchase_order_number"] = json!(format!("PO-{}", order.number));
    item["purchase_order_uuid"] = json!(order.uuid);
    item["purchased_currency_rate"] = json!(crate::scenario::CURRENCIES[seller.currency].2);
    item["approved_total_cost"] = json!(text(line.quantity * line.price, 8));
    for (name, value) in [
        ("comments", json!([])),
        ("custom_fields", json!([])),
        ("spend_allocation", json!([])),
        ("logs", json!([])),
        ("taxes", taxes(order)),
        ("flags", json!([])),
        ("approval_history", json!([])),
        ("recurrence", Value::Null),
        ("catalog_item", Value::Null),
        ("date_required", json!(moment(order.promised()))),
        ("submitted_date", json!(moment(order.created))),
        ("line_comment", json!("")),
        ("order_description", json!("")),
        ("order_status", json!(3)),
        ("receive_log_count", json!(0)),
        ("has_sibling_items", json!(false)),
    ] {
        item[name] = value;
    }
    item
}

fn common(order: &Order, line: &Line) -> Value {
    let amount = line_amount(line.quantity, line.price);
    let price = text(line.price, 8);
    json!({
        "PO": [order.number],
        "PO_line_num": line.number,
        "active": true,
        "approved_currency_rate": "1.000000",
        "approved_datetime": moment(order.created),
        "approved_price": price,
        "approved_shipping_amount": "0.00000000",
        "approved_tax_amount": text(tax(amount, order.tax_rate), 8),
        "blanket": line.blanket.then(|| json!({ "price": price, "quantity": 1.0, "amount": number(amount) })),
        "catalog_item": null,
        "created_at": moment(order.created),
        "dateInvoiced": null,
        "external_id": "",
        "hot": false,
        "id": line.id,
        "inventoryItem": null,
        "is_active": true,
        "item_attachments": [],
        "last_changed_by": null,
        "last_modified": moment(line.modified),
        "lineComment": "",
        "name": line.name,
        "num": format!("{}-{}", order.number, line.number),
        "orderNum": order.number + 20_000,
        "order_number": order.number + 20_000,
        "po_note": "",
        "po_version": order.version,
        "price": price,
        "purchase_order": order.number,
        "receive_method": 0,
        "shipping_amount": "0.00000000",
        "sku": line.sku,
        "status": status_of(order, line),
        "tax_amount": text(tax(amount, order.tax_rate), 8),
        "total_cost": text(amount, 2),
        "type": 0,
        "unit": line.unit,
        "updated_at": moment(line.modified),
    })
}
