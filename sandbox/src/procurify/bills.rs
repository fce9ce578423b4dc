//! Bills: the list, and one bill with its items. Bill `n` bills all the lines of one order.
//!
//! Most are plain. Some have freight on an account, some lines split over two departments, some prices that include
//! their tax, some are credit notes.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::Amount;
use super::detail::Detail;
use super::orders::tax;
use super::query::{Days, Query};
use super::render::{budget, currency, currency_id, moment, number, person, person_summary, text, vendor};
use super::tenant::{Data, List, not_found};
use crate::http::Reply;
use crate::rng::Rng;
use crate::scenario::{CURRENCIES, Line, Order, line_amount};

const FIRST_ID: u64 = 7_001;

/// What was changed of a bill since it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BillEdit {
    /// Its status in Procurify's numbers.
    pub status: Option<u8>,
    /// Its type in Procurify's numbers.
    pub kind: Option<u8>,
    /// The vendor's invoice number.
    pub invoice_number: Option<String>,
    /// Added to its total, but to nothing that makes it up.
    pub off_by: Decimal,
    /// Further freight, on an account.
    pub freight: Decimal,
    /// Added to what its first line costs, and so to its total.
    pub more: Decimal,
    /// Whether its costs are those of the next department.
    pub moved: bool,
    /// Days from its order to its invoice date, if not by chance.
    pub invoiced_in: Option<i64>,
    /// Days from its invoice date to its due date, if not 30.
    pub due_in: Option<i64>,
    /// Days from its invoice date to its GL post date, if not one or none by chance.
    pub posted_in: Option<i64>,
    /// The addresses of its attachments.
    pub attachments: Vec<String>,
}

/// Where a bill that was not there from the beginning comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    /// The place of the order that it bills.
    order: usize,
    /// When the vendor wrote it, if it is known.
    invoiced: Option<DateTime<Utc>>,
}

/// A [`BillEdit`] and when it was made.
#[derive(Debug, Clone)]
pub(super) struct Edited {
    pub(super) edit: BillEdit,
    pub(super) version: u32,
    pub(super) at: DateTime<Utc>,
}

#[allow(clippy::struct_excessive_bools)] // Independent ways in which a bill can be unusual.
struct Bill<'a> {
    id: u64,
    uuid: String,
    order: &'a Order,
    /// 2 Approved and what follows it for most, a few drafts and denials.
    status: u8,
    /// 0 order, 1 expense, 2 credit card.
    kind: u8,
    version: u32,
    invoice_number: String,
    invoice_date: DateTime<Utc>,
    modified: DateTime<Utc>,
    posted_in: Option<i64>,
    credit: bool,
    tax_included: bool,
    split: bool,
    freight: Decimal,
    off_by: Decimal,
    more: Decimal,
    first_line: Option<u64>,
    moved: bool,
    due_in: i64,
}

impl<'a> Bill<'a> {
    fn nth(data: &'a Data, n: usize) -> Option<Self> {
        let orders = data.orders.all();
        let made = data.bills_made.get(&n);
        let order = match made {
            Some(made) => orders.get(made.order)?,
            // Orders that come later leave the bills that were there at theirs.
            None => orders.get(n.checked_rem(data.billed)?)?,
        };
        let id = FIRST_ID + n as u64;
        let mut rng = Rng::of(id, 5);
        let uuid = rng.uuid();
        let invoice_date = order.created + TimeDelta::days(rng.between(2, 9));
        let invoice_date = made.and_then(|made| made.invoiced).unwrap_or(invoice_date);
        let status = *rng.pick(&[2, 2, 2, 2, 2, 2, 6, 7, 8, 4, 0, 3]);
        let kind = *rng.pick(&[0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
        let modified = invoice_date + TimeDelta::minutes(rng.between(10, 600));
        let mut bill = Self {
            id,
            uuid,
            order,
            status,
            kind,
            version: 1,
            invoice_number: format!("INV-{id}"),
            invoice_date,
            modified,
            posted_in: (rng.below(3) == 0).then_some(1),
            credit: rng.below(12) == 0,
            tax_included: rng.below(8) == 0,
            split: rng.below(6) == 0,
            freight: if rng.below(6) == 0 { Decimal::new(rng.between(500, 9_900), 2) } else { Decimal::ZERO },
            off_by: Decimal::ZERO,
            more: Decimal::ZERO,
            first_line: None,
            moved: false,
            due_in: 30,
        };
        if let Some(edited) = data.bill_edits.get(&n) {
            bill.apply(edited);
        }
        if !bill.more.is_zero() {
            bill.first_line = data.orders.lines(order).first().map(|line| line.id);
        }
        Some(bill)
    }

    fn apply(&mut self, Edited { edit, version, at }: &Edited) {
        self.status = edit.status.unwrap_or(self.status);
        self.kind = edit.kind.unwrap_or(self.kind);
        if let Some(number) = &edit.invoice_number {
            self.invoice_number.clone_from(number);
        }
        self.freight += edit.freight;
        (self.off_by, self.version, self.modified) = (edit.off_by, *version, *at);
        (self.more, self.moved) = (edit.more, edit.moved);
        if let Some(days) = edit.invoiced_in {
            self.invoice_date = self.order.created + TimeDelta::days(days);
        }
        self.due_in = edit.due_in.unwrap_or(self.due_in);
        self.posted_in = edit.posted_in.or(self.posted_in);
    }

    /// Whether it is for an order, and approved or further.
    fn is_approved(&self) -> bool {
        self.kind == 0 && matches!(self.status, 2 | 6 | 7 | 8 | 4)
    }

    fn due(&self) -> DateTime<Utc> {
        self.invoice_date + TimeDelta::days(self.due_in)
    }

    /// A credit note's amounts are negative.
    fn signed(&self, amount: Decimal) -> Decimal {
        if self.credit { -amount } else { amount }
    }

    fn amounts(&self, line: &Line) -> Amounts {
        let more = if self.first_line == Some(line.id) { self.more } else { Decimal::ZERO };
        let priced = line_amount(line.quantity, line.price) + more;
        let (net, tax) = if self.tax_included {
            let net = priced / (Decimal::ONE + Decimal::new(i64::from(self.order.tax_rate), 2));
            let net = net.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
            (net, priced - net)
        } else {
            (priced, tax(priced, self.order.tax_rate))
        };
        Amounts { net: self.signed(net), tax: self.signed(tax) }
    }

    /// What all lines cost.
    fn lines(&self, data: &Data) -> Amounts {
        let lines = data.orders.lines(self.order);
        lines
            .iter()
            .map(|line| self.amounts(line))
            .fold(Amounts::default(), |sum, line| Amounts { net: sum.net + line.net, tax: sum.tax + line.tax })
    }

    fn total(&self, data: &Data) -> Decimal {
        let lines = self.lines(data);
        lines.net + lines.tax + self.signed(self.freight) + self.off_by
    }
}

/// UUIDs, without their dashes, of the bills at these places.
pub(super) fn places(range: std::ops::Range<usize>) -> impl Iterator<Item = (String, usize)> {
    range.map(|n| (Rng::of(FIRST_ID + n as u64, 5).uuid().replace('-', ""), n))
}

/// Without tax, and the tax.
#[derive(Default)]
struct Amounts {
    net: Decimal,
    tax: Decimal,
}

impl Data {
    /// Makes more bills, changed last at that moment; answers their ids.
    pub(super) fn add_bills(&mut self, count: usize, now: DateTime<Utc>) -> Vec<u64> {
        let orders = self.orders.all().len();
        let places = (self.bills..self.bills + count).filter_map(|n| n.checked_rem(orders));
        let made: Vec<Made> = places.map(|order| Made { order, invoiced: None }).collect();
        made.into_iter().map(|made| self.make_bill(made, |_| (), now)).collect()
    }

    /// Makes a bill of all lines of an order, written by the vendor at that moment; approved, unless that is changed.
    /// Answers its id; none if there is no such order.
    pub(super) fn add_bill(
        &mut self,
        order: u64,
        change: impl FnOnce(&mut BillEdit),
        now: DateTime<Utc>,
    ) -> Option<u64> {
        let order = self.orders.place(order)?;
        Some(self.make_bill(Made { order, invoiced: Some(now) }, change, now))
    }

    fn make_bill(&mut self, made: Made, change: impl FnOnce(&mut BillEdit), now: DateTime<Utc>) -> u64 {
        let n = self.bills;
        self.bills += 1;
        self.bill_places.extend(places(n..n + 1));
        self.bills_made.insert(n, made);
        let mut edit = BillEdit { status: Some(2), kind: Some(0), ..BillEdit::default() };
        change(&mut edit);
        self.bill_edits.insert(n, Edited { edit, version: 1, at: now });
        FIRST_ID + n as u64
    }

    /// Changes a bill.
    pub(super) fn edit_bill(&mut self, id: u64, change: impl FnOnce(&mut BillEdit), now: DateTime<Utc>) -> bool {
        let place = id.checked_sub(FIRST_ID).and_then(|n| usize::try_from(n).ok()).filter(|n| *n < self.bills);
        let Some(n) = place else { return false };
        let edited = self.bill_edits.entry(n).or_insert(Edited { edit: BillEdit::default(), version: 1, at: now });
        change(&mut edited.edit);
        edited.version += 1;
        edited.at = now;
        true
    }

    pub(super) fn has_bill(&self, id: u64) -> bool {
        id.checked_sub(FIRST_ID).is_some_and(|n| n < self.bills as u64)
    }

    /// The ids of bills for orders that are approved or further.
    pub(super) fn approved_bills(&self) -> Vec<u64> {
        all(self).filter(Bill::is_approved).map(|bill| bill.id).collect()
    }

    /// What all bills come to.
    pub(super) fn bill_amounts(&self) -> Vec<Amount> {
        all(self)
            .map(|bill| Amount {
                id: bill.id,
                currency: CURRENCIES[self.masters.vendors[bill.order.vendor].currency].0.to_owned(),
                total: bill.total(self),
                is_wanted: bill.is_approved(),
            })
            .collect()
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
    let is_listed = |bill: &Bill<'_>| data.bill_details.get(&bill.id) != Some(&Detail::Gone);
    let mut rows: Vec<Bill<'_>> = all(data).filter(|bill| is_listed(bill) && filter.holds(data, bill)).collect();
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
        "version": bill.version,
        "locked": bill.status != 0,
        "currency": { "id": currency_id(seller.currency), "name": name, "rate": rate },
        "items": data.orders.lines(bill.order).iter().map(|line| line.id).collect::<Vec<_>>(),
        "vendor": { "id": seller.id, "name": seller.name },
        "due_date": moment(bill.due()),
        "invoice_date": moment(bill.invoice_date),
        "total_cost_with_tax": number(bill.total(data)),
        "next_approver_choices": [],
        "last_export_user": null,
        "last_export_date": null,
        "last_modified_datetime": moment(bill.modified),
        "submitted_date": moment(bill.invoice_date),
        "gl_post_date": bill.posted_in.map(|days| moment(bill.invoice_date + TimeDelta::days(days))),
        "invoice_number": bill.invoice_number,
        "group": null,
        "user": buyer,
        "creator": buyer,
        "approver": null,
        "past_due": false,
        "invoice_created": false,
        "invoice_uuid": "",
        "invoice_total": number(bill.total(data)),
    })
}

pub(super) fn detail(data: &Data, id: &str) -> Reply {
    let place = data.bill_places.get(&id.replace('-', ""));
    let Some(bill) = place.and_then(|n| Bill::nth(data, *n)) else {
        return not_found();
    };
    let shown = data.bill_details.get(&bill.id).copied().unwrap_or_default();
    if let Some(reply) = shown.instead("bill") {
        return reply;
    }
    let masters = &data.masters;
    let seller = &masters.vendors[bill.order.vendor];
    let sum = bill.lines(data);
    let (included, added) = if bill.tax_included { (sum.tax, Decimal::ZERO) } else { (Decimal::ZERO, sum.tax) };
    let total_cost = sum.net + bill.signed(bill.freight);
    let lines = data.orders.lines(bill.order);
    let mut body = summary(data, &bill);
    body["vendor"] = vendor(seller);
    body["currency"] = currency(seller.currency);
    body["user"] = person(masters, bill.order.purchaser);
    body["creator"] = person(masters, bill.order.purchaser);
    body["items"] = lines.iter().map(|line| item(data, &bill, line)).collect();
    for (name, value) in [
        ("approval_chain", Value::Null),
        ("costs", costs(data, &bill, &lines)),
        ("invoice_attachments", attachments(data, bill.id)),
        ("bill_statuses", json!([])),
        ("comments", json!([])),
        ("version_choices", json!([])),
        ("tax_amount", number(sum.tax)),
        ("inclusive_tax_amount", number(included)),
        ("exclusive_tax_amount", number(added)),
        ("subtotal_cost", number(sum.net)),
        ("total_cost", number(total_cost)),
        ("converted_total_cost", number(total_cost)),
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
                "currency": CURRENCIES[seller.currency].0, "total_amount": text(bill.total(data), 2),
            }]),
        ),
    ] {
        body[name] = value;
    }
    if shown == Detail::Garbled {
        body["id"] = Value::Null;
    }
    let metadata = json!({
        "permissions": { "can_edit": true, "can_delete": false, "can_approve": false },
        "summary": { "has_multiple_currency": false, "total_cost": number(total_cost) },
    });
    Reply::ok(&json!({ "metadata": metadata, "data": body }))
}

fn item(data: &Data, bill: &Bill<'_>, line: &Line) -> Value {
    let order = bill.order;
    let seller = &data.masters.vendors[order.vendor];
    let Amounts { net, tax } = bill.amounts(line);
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
        "quantity": text(bill.signed(line.quantity), 8),
        "currency": currency(seller.currency),
        "total_cost": number(net),
        "packing_slips": [],
        "cost_allocations": allocations(data, bill, line, net),
        "archived": false,
        "expense_report": null,
        "same_unit_cost": true,
        "creditcard_item": null,
        "is_edited": false,
        "unit_cost_diff_log": null,
        "tax_name": super::lines::tax_name(order),
        "tax_percentage": text(Decimal::from(order.tax_rate), 8),
        "tax_amount": number(tax),
        "tax_is_inclusive": bill.tax_included,
        "tax": null,
        "total_cost_with_tax": number(net + tax),
        "shipping_amount": "0.00000000",
        "unit_cost": number(line.price),
        "custom_fields": [],
        "type": "order_item",
        "bill_by_cost": false,
    })
}

fn attachments(data: &Data, id: u64) -> Value {
    let edited = usize::try_from(id - FIRST_ID).ok().and_then(|n| data.bill_edits.get(&n));
    let addresses = edited.map(|edited| edited.edit.attachments.as_slice()).unwrap_or_default();
    let file = |(n, address): (usize, &String)| json!({ "id": n + 1, "file": address, "name": format!("{n}.pdf") });
    addresses.iter().enumerate().map(file).collect()
}

/// A line's cost on its budget account, or 60 to 40 on those of two departments.
fn allocations(data: &Data, bill: &Bill<'_>, line: &Line, net: Decimal) -> Value {
    let order = bill.order;
    let first = if bill.split { (net * Decimal::new(6, 1)).round_dp(2) } else { net };
    let after = |department: usize| (department + 1) % data.masters.departments.len();
    let department = if bill.moved { after(order.department) } else { order.department };
    let parts = [(department, first), (after(department), net - first)];
    let count = if bill.split { 2 } else { 1 };
    let part = |(place, (department, amount)): (usize, &(usize, Decimal))| {
        json!({
            "id": line.id * 2 + place as u64,
            "budget": budget(&data.masters, *department, line.account),
            "object_id": line.id,
            "amount": text(*amount, 8),
            "currency": currency(data.masters.vendors[order.vendor].currency),
            "created_on": moment(bill.invoice_date),
        })
    };
    parts.iter().take(count).enumerate().map(part).collect()
}

fn costs(data: &Data, bill: &Bill<'_>, lines: &[Line]) -> Value {
    let (amount, line) = (bill.signed(bill.freight), lines.first());
    let Some(line) = line.filter(|_| !amount.is_zero()) else { return json!([]) };
    json!([{
        "id": bill.id,
        "cost_allocation": {
            "id": bill.id * 2,
            "budget": budget(&data.masters, bill.order.department, line.account),
            "object_id": bill.id,
            "amount": text(amount, 8),
            "currency": currency(data.masters.vendors[bill.order.vendor].currency),
            "created_on": moment(bill.invoice_date),
        },
        "name": "Freight",
        "amount": text(amount, 8),
        "bill": bill.id,
        "cost": 1,
        "currency": currency_id(data.masters.vendors[bill.order.vendor].currency),
    }])
}
