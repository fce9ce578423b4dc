//! Purchase orders: the list by role and status, and one order with its lines.

use std::cmp::Ordering;

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::detail::Detail;
use super::lines;
use super::query::{Days, Query};
use super::render::{address, branch, currency_summary, moment, number, payment_term, person, text, vendor};
use super::tenant::{Data, List, not_found};
use crate::http::Reply;
use crate::scenario::{Order, line_amount};

/// Subtotal, tax and total of an order.
pub(super) struct Totals {
    pub(super) subtotal: Decimal,
    pub(super) tax: Decimal,
    /// Freight, less what is taken off.
    beside: Decimal,
}

impl Totals {
    pub(super) fn of(data: &Data, order: &Order) -> Self {
        let beside = order.freight - order.discount;
        let mut totals = Self { subtotal: Decimal::ZERO, tax: Decimal::ZERO, beside };
        for line in data.orders.lines(order) {
            let amount = line_amount(line.quantity, line.price);
            totals.subtotal += amount;
            totals.tax += tax(amount, order.tax_rate);
        }
        totals
    }

    pub(super) fn total(&self) -> Decimal {
        self.subtotal + self.tax + self.beside
    }
}

/// The tax on an amount, to the cent.
pub(super) fn tax(amount: Decimal, rate: u32) -> Decimal {
    (amount * Decimal::new(i64::from(rate), 2)).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The list's filters.
struct Filter {
    created: Days,
    modified: Days,
    promised: Days,
    vendor: Option<u64>,
    currency: Option<u64>,
    number: Option<u64>,
    purchaser: Option<u64>,
    account_code: Option<u64>,
    at_least: Option<Decimal>,
    at_most: Option<Decimal>,
    blanket: Option<bool>,
    /// Asks for what this tenant has none of: contracts, expiry dates.
    impossible: bool,
}

impl Filter {
    fn new(query: &mut Query) -> Self {
        let contract = query.int("contract").is_some();
        let expires = query.date("expiry_date_0").is_some() | query.date("expiry_date_1").is_some();
        Self {
            created: query.days("date"),
            modified: query.days("modified_date"),
            promised: query.days("promise_date"),
            vendor: query.int("pref_vendor"),
            currency: query.int("currency"),
            number: query.int("purchase_order"),
            purchaser: query.int("purchaser").or(query.int("requester")),
            account_code: query.int("account_code"),
            at_least: query.decimal("total_0"),
            at_most: query.decimal("total_1"),
            blanket: query.flag("has_blanket_order_items"),
            impossible: contract || expires,
        }
    }

    fn holds(&self, data: &Data, order: &Order) -> bool {
        let vendor = &data.masters.vendors[order.vendor];
        !self.impossible
            && self.blanket.is_none_or(|wanted| wanted == order.has_blanket_lines())
            && self.vendor.is_none_or(|id| id == vendor.id)
            && self.currency.is_none_or(|id| id == super::render::currency_id(vendor.currency))
            && self.number.is_none_or(|number| number == order.number)
            && self.purchaser.is_none_or(|id| id == data.masters.people[order.purchaser].id)
            && self.created.holds(data.day(order.created))
            && self.modified.holds(data.day(order.modified))
            && self.promised.holds(data.day(order.promised()))
            && self.holds_lines(data, order)
    }

    /// The filters that need the lines, which are made for them alone.
    fn holds_lines(&self, data: &Data, order: &Order) -> bool {
        let code = self
            .account_code
            .is_none_or(|id| data.orders.lines(order).iter().any(|line| data.masters.accounts[line.account].id == id));
        if self.at_least.is_none() && self.at_most.is_none() {
            return code;
        }
        let total = Totals::of(data, order).total();
        code && self.at_least.is_none_or(|least| least <= total) && self.at_most.is_none_or(|most| total <= most)
    }
}

fn in_status(order: &Order, status: &str) -> bool {
    match status {
        "open" => matches!(order.state, 0 | 5),
        "closed" => order.state == 3,
        "cancelled" => order.state == 1,
        "paid" => order.state == 4,
        // Nothing is received here, hence nothing partly.
        "partial" => false,
        _ => true,
    }
}

pub(super) fn list(data: &Data, query: &mut Query, list: List<'_>, role: &str, status: &str) -> Result<Reply, Reply> {
    if !matches!(status, "all" | "cancelled" | "closed" | "open" | "paid" | "partial") {
        return Err(not_found());
    }
    let filter = Filter::new(query);
    query.check()?;
    let is_listed = |order: &&Order| data.order_detail(order.number) != Detail::Gone && in_status(order, status);
    let mut rows: Vec<&Order> =
        data.orders.all().iter().filter(is_listed).filter(|order| filter.holds(data, order)).collect();
    sort(&mut rows, query);
    let count = |status| data.orders.all().iter().filter(|order| in_status(order, status)).count();
    let counts = json!({
        "all": data.orders.all().len(), "open": count("open"), "partial": 0,
        "closed": count("closed"), "cancelled": count("cancelled"), "page": rows.len(),
    });
    let metadata = json!({ "counts": { role: counts } });
    Ok(list.page.reply_with(list.call, &rows, metadata, |order| head(data, order)))
}

/// Newest first unless asked otherwise, and by number where the wish does not decide.
fn sort(rows: &mut [&Order], query: &Query) {
    let (field, descending) = query.order_by().unwrap_or(("procurify_PO", true));
    let compare = |a: &&Order, b: &&Order| -> Ordering {
        match field {
            "last_modified" => a.modified.cmp(&b.modified).then(a.number.cmp(&b.number)),
            "date" => a.created.cmp(&b.created).then(a.number.cmp(&b.number)),
            _ => a.number.cmp(&b.number),
        }
    };
    let known = matches!(field, "procurify_PO" | "id" | "number" | "last_modified" | "date");
    if descending || !known {
        rows.sort_unstable_by(|a, b| compare(b, a));
    } else {
        rows.sort_unstable_by(compare);
    }
}

pub(super) fn detail(data: &Data, id: &str) -> Reply {
    let found = match id.parse() {
        Ok(number) => data.orders.get(number),
        Err(_) => data.orders.all().iter().find(|order| order.uuid == id || order.uuid.replace('-', "") == id),
    };
    let Some(order) = found else { return not_found() };
    let shown = data.order_detail(order.number);
    if let Some(reply) = shown.instead("purchase_order") {
        return reply;
    }
    let mut body = head(data, order);
    let lines: Vec<Value> = data.orders.lines(order).iter().map(|line| lines::line(data, order, line)).collect();
    body["order_items"] = json!(lines);
    body["shipping_method"] = Value::Null;
    body["creditcard"] = Value::Null;
    body["creditcard_is_editable"] = json!(false);
    body["custom_fields"] = project(order.number);
    body["payment_term"] = payment_term();
    body["shipping_term"] = Value::Null;
    body["punchout_is_retriable"] = json!(false);
    if shown == Detail::Garbled {
        body["procurify_PO"] = Value::Null;
    }
    Reply::ok(&json!({ "metadata": { "permissions": { "can_edit": true, "can_delete": false } }, "data": body }))
}

/// The custom field that tenants often have: every third order is for a project.
fn project(order: u64) -> Value {
    if !order.is_multiple_of(3) {
        return json!([]);
    }
    let field = json!({ "id": 1, "name": "Project", "field_type": 0, "field_label": "Project", "is_active": true });
    json!([{ "id": order, "value": "Spring campaign", "field": field }])
}

fn head(data: &Data, order: &Order) -> Value {
    let masters = &data.masters;
    let seller = &masters.vendors[order.vendor];
    let totals = Totals::of(data, order);
    let department = &masters.departments[order.department];
    let location = &masters.locations[department.location];
    let (city, state, country, postal) = location.city;
    let mut head = json!({
        "number": format!("PO-{}", order.number),
        "uuid": order.uuid,
        "purchaser": person(masters, order.purchaser),
        "procurify_PO": order.number,
        "PO_Num": null,
        "date": moment(order.created),
        "buyer_address": address(location),
        "receiver_address": address(location),
        "pref_vendor": vendor(seller),
        "vendor_name": seller.name,
        "vendor_contact": "",
        "vendor_addressLineOne": format!("{} Commercial Drive", seller.id),
        "vendor_postalCode": seller.city.3,
        "vendor_city": seller.city.0,
        "vendor_state_province": seller.city.1,
        "vendor_country": seller.city.2,
        "payment_terms": "Net 30",
        "shipping_terms": "",
        "shipping_method": "",
        "promise_date": moment(order.promised()),
        "subtotal": text(totals.subtotal, 2),
        "freight": text(order.freight, 6),
        "tax": { "value": number(totals.tax), "type": "amount" },
        "discount": { "value": number(order.discount), "type": "amount" },
        "other": "0.000000",
        "total": text(totals.total(), 2),
        "comment": "",
        "purchased_currency": currency_summary(seller.currency),
        "purchased_currency_rate": crate::scenario::CURRENCIES[seller.currency].2,
        "active": true,
        "state": order.state,
        "fulfilment_status": lines::fulfilment(order),
        "recorded_date": moment(order.created),
        "closed_date": (order.state == 3).then(|| moment(order.modified)),
        "last_modified": moment(order.modified),
        "staged_for_export": false,
        "version": order.version,
        "item_count": order.line_count(),
        "most_recent_version": order.version,
        "punchout_system": null,
        "purchase_agreement": null,
        "purchase_agreement_status": null,
        "has_blanket_order_items": order.has_blanket_lines(),
        "expiry_date": null,
        "contract": null,
    });
    for side in ["buyer", "receiver"] {
        head[format!("{side}_name")] = branch(masters, department)["name"].clone();
        head[format!("{side}_contact")] = json!("");
        head[format!("{side}_addressLineOne")] = json!("1 Water Street");
        head[format!("{side}_postalCode")] = json!(postal);
        head[format!("{side}_city")] = json!(city);
        head[format!("{side}_state_province")] = json!(state);
        head[format!("{side}_country")] = json!(country);
    }
    head
}
