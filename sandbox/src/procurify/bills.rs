//! Bills: the list, and one bill with its items. Bill `n` bills all the lines of one order.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::orders::{Totals, tax};
use super::query::{Days, Query};
use super::render::{budget, currency, currency_id, moment, number, person, person_summary, text, vendor};
use super::tenant::{Data, List, not_found};
use crate::http::Reply;
use crate::rng::Rng;
use crate::scenario::{CURRENCIES, Line, Order, line_amount};

const FIRST_ID: u64 = 7_001;

struct Bill<'a> {
    id: u64,
    uuid: String,
    order: &'a Order,
    /// 2 Approved and what follows it for most, a few drafts and denials.
    status: u8,
    /// 0 order, 1 expense, 2 credit card.
    kind: u8,
    invoice_date: DateTime<Utc>,
    modified: DateTime<Utc>,
}

impl<'a> Bill<'a> {
    fn nth(data: &'a Data, n: usize) -> Option<Self> {
        let orders = data.orders.all();
        let order = orders.get(n.checked_rem(orders.len())?)?;
        let id = FIRST_ID + n as u64;
        let mut rng = Rng::of(id, 5);
        let uuid = rng.uuid();
        let invoice_date = order.created + TimeDelta::days(rng.between(2, 9));
        Some(Self {
            id,
            uuid,
            order,
            status: *rng.pick(&[2, 2, 2, 2, 2, 2, 6, 7, 8, 4, 0, 3]),
            kind: *rng.pick(&[0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
            invoice_date,
            modified: invoice_date + TimeDelta::minutes(rng.between(10, 600)),
        })
    }

    fn due(&self) -> DateTime<Utc> {
        self.invoice_date + TimeDelta::days(30)
    }

    fn invoice_number(&self) -> String {
        format!("INV-{}", self.id)
    }
}

fn all(data: &Data) -> impl Iterator<Item = Bill<'_>> {
    (0..data.bills).filter_map(|n| Bill::nth(data, n))
}

struct Filter {
    modified_days: Days,
    invoiced: Days,
    due: Days,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    vendors: Vec<u64>,
    currency: Option<u64>,
    kind: Option<u64>,
}

impl Filter {
    fn new(query: &mut Query) -> Self {
        let vendors = query.text("vendor").into_iter().chain(query.all("vendor[]"));
        Self {
            vendors: vendors.flat_map(|ids| ids.split(',')).filter_map(|id| id.trim().parse().ok()).collect(),
            modified_days: query.days("modified_date"),
            invoiced: query.days("invoice_date"),
            due: query.days("due_date"),
            from: query.instant("last_modified_datetime_0"),
            to: query.instant("last_modified_datetime_1"),
            currency: query.int("currency"),
            kind: query.int("type"),
        }
    }

    fn holds(&self, data: &Data, bill: &Bill<'_>) -> bool {
        let vendor = &data.masters.vendors[bill.order.vendor];
        (self.vendors.is_empty() || self.vendors.contains(&vendor.id))
            && self.currency.is_none_or(|id| id == currency_id(vendor.currency))
            && self.kind.is_none_or(|kind| kind == u64::from(bill.kind))
            && self.from.is_none_or(|from| from <= bill.modified)
            && self.to.is_none_or(|to| bill.modified <= to)
            && self.modified_days.holds(data.day(bill.modified))
            && self.invoiced.holds(data.day(bill.invoice_date))
            && self.due.holds(data.day(bill.due()))
    }
}

pub(super) fn list(data: &Data, query: &mut Query, list: List<'_>) -> Result<Reply, Reply> {
    let filter = Filter::new(query);
    query.check()?;
    let mut rows: Vec<Bill<'_>> = all(data).filter(|bill| filter.holds(data, bill)).collect();
    let (field, descending) = query.order_by().unwrap_or(("id", true));
    match field {
        "last_modified_datetime" | "last_modified" => rows.sort_by_key(|bill| (bill.modified, bill.id)),
        "invoice_date" | "date" => rows.sort_by_key(|bill| (bill.invoice_date, bill.id)),
        "due_date" => rows.sort_by_key(|bill| (bill.due(), bill.id)),
        _ => rows.sort_by_key(|bill| bill.id),
    }
    if descending {
        rows.reverse();
    }
    let metadata = json!({
        "permissions": { "can_edit": true, "can_delete": false, "can_approve": false },
        "summary": { "has_multiple_currency": true, "total_cost": 0.0 },
    });
    Ok(list.page.reply_with(list.call, &rows, metadata, |bill| summary(data, bill)))
}

fn summary(data: &Data, bill: &Bill<'_>) -> Value {
    let seller = &data.masters.vendors[bill.order.vendor];
    let (name, _, rate, _) = CURRENCIES[seller.currency];
    let buyer = person_summary(data.masters.people[bill.order.purchaser]);
    json!({
        "id": bill.id,
        "uuid": bill.uuid,
        "status": bill.status,
        "type": bill.kind,
        "version": 1,
        "locked": bill.status != 0,
        "currency": { "id": currency_id(seller.currency), "name": name, "rate": rate },
        "items": data.orders.lines(bill.order).iter().map(|line| line.id).collect::<Vec<_>>(),
        "vendor": { "id": seller.id, "name": seller.name },
        "due_date": moment(bill.due()),
        "invoice_date": moment(bill.invoice_date),
        "total_cost_with_tax": number(Totals::of(data, bill.order).total()),
        "next_approver_choices": [],
        "last_export_user": null,
        "last_export_date": null,
        "last_modified_datetime": moment(bill.modified),
        "submitted_date": moment(bill.invoice_date),
        "gl_post_date": null,
        "invoice_number": bill.invoice_number(),
        "group": null,
        "user": buyer,
        "creator": buyer,
        "approver": null,
        "past_due": false,
        "invoice_created": false,
        "invoice_uuid": "",
        "invoice_total": number(Totals::of(data, bill.order).total()),
    })
}

pub(super) fn detail(data: &Data, id: &str) -> Reply {
    let Some(bill) = all(data).find(|bill| bill.uuid == id || bill.uuid.replace('-', "") == id) else {
        return not_found();
    };
    let masters = &data.masters;
    let seller = &masters.vendors[bill.order.vendor];
    let totals = Totals::of(data, bill.order);
    let lines = data.orders.lines(bill.order);
    let mut body = summary(data, &bill);
    body["vendor"] = vendor(seller);
    body["currency"] = currency(seller.currency);
    body["user"] = person(masters, bill.order.purchaser);
    body["creator"] = person(masters, bill.order.purchaser);
    body["items"] = lines.iter().map(|line| item(data, &bill, line)).collect();
    for (name, value) in [
        ("approval_chain", Value::Null),
        ("costs", json!([])),
        ("invoice_attachments", json!([])),
        ("bill_statuses", json!([])),
        ("comments", json!([])),
        ("version_choices", json!([])),
        ("tax_amount", number(totals.tax)),
        ("inclusive_tax_amount", json!(0.0)),
        ("exclusive_tax_amount", number(totals.tax)),
        ("subtotal_cost", number(totals.subtotal)),
        ("total_cost", number(totals.subtotal)),
        ("converted_total_cost", number(totals.subtotal)),
        ("bill_payment", Value::Null),
        ("vendor_name", json!(seller.name)),
        ("payment_terms", json!("Net 30")),
        ("active", json!(true)),
        ("note", json!("")),
        ("payment_method", Value::Null),
        ("shipping_amount", json!(0.0)),
        (
            "added_purchase_orders",
            json!([{
                "id": bill.order.number, "number": format!("PO-{}", bill.order.number),
                "currency": CURRENCIES[seller.currency].0, "total_amount": text(totals.total(), 2),
            }]),
        ),
    ] {
        body[name] = value;
    }
    let metadata = json!({
        "permissions": { "can_edit": true, "can_delete": false, "can_approve": false },
        "summary": { "has_multiple_currency": false, "total_cost": number(totals.subtotal) },
    });
    Reply::ok(&json!({ "metadata": metadata, "data": body }))
}

fn item(data: &Data, bill: &Bill<'_>, line: &Line) -> Value {
    let order = bill.order;
    let seller = &data.masters.vendors[order.vendor];
    let amount = line_amount(line.quantity, line.price);
    let tax = tax(amount, order.tax_rate);
    json!({
        "id": line.id,
        "orderitem": super::lines::line(data, order, line),
        "expense": null,
        "bill": bill.id,
        "vendor": vendor(seller),
        "sku": line.sku,
        "description": line.name,
        "po": { "number": format!("PO-{}", order.number), "id": order.number, "uuid": order.uuid },
        "unit": line.unit,
        "quantity": text(line.quantity, 8),
        "currency": currency(seller.currency),
        "total_cost": number(amount),
        "packing_slips": [],
        "cost_allocations": [{
            "id": line.id,
            "budget": budget(&data.masters, order.department, line.account),
            "object_id": line.id,
            "amount": text(amount, 8),
            "currency": currency(seller.currency),
            "created_on": moment(bill.invoice_date),
        }],
        "archived": false,
        "expense_report": null,
        "same_unit_cost": true,
        "creditcard_item": null,
        "is_edited": false,
        "unit_cost_diff_log": null,
        "tax_name": "",
        "tax_percentage": text(Decimal::from(order.tax_rate), 8),
        "tax_amount": number(tax),
        "tax_is_inclusive": false,
        "tax": null,
        "total_cost_with_tax": number(amount + tax),
        "shipping_amount": "0.00000000",
        "unit_cost": number(line.price),
        "custom_fields": [],
        "type": "order_item",
        "bill_by_cost": false,
    })
}
