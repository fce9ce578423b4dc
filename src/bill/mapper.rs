//! From an approved bill to the invoice an ERP is to hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use procurify_client::{DayOrTime, OrderItemId, Text};
use rust_decimal::Decimal;
use serde::Deserialize;
use sync_core::{Head, Missing, References, State};

use super::amounts::{self, Beside};
use super::approved::{ApprovedBill, BillLine, BillPart};
use super::currency::MinorUnit;
use super::draft::{InvoiceDraft, InvoiceLineDraft, OrderLink};
use crate::accounts::{AccountMapping, Booking, Direct, Spend};
use crate::codes::CodeTable;
use crate::mapping::{Mapped, Resolver};
use crate::purchase_order::{self, OrderLine, custom_fields};
use crate::reference::{COST_CENTER, GL_ACCOUNT, NO_ORDER, PAYMENT_TERMS, PURCHASE_ORDER, TAX, VENDOR, usable};

/// Decides what an approved bill becomes in the ERP. Pure, as [`sync_core::Mapper`] is.
///
/// To change a detail, wrap [`DefaultBillMapper`] and amend the draft it gives, as
/// [`OrderMapper`](crate::purchase_order::OrderMapper) shows.
pub trait BillMapper: Send + Sync {
    /// What becomes of this bill.
    fn map(&self, bill: &ApprovedBill, references: &References) -> Mapped<InvoiceDraft>;

    /// The time zone in which a moment of Procurify becomes a day. Default UTC.
    fn time_zone(&self) -> Tz {
        Tz::UTC
    }

    /// The further accounting dimensions that it books on, for the ERP's values of them to be read. Default none.
    fn dimensions(&self) -> BTreeSet<u8> {
        BTreeSet::new()
    }

    /// Whether an account code is the GL account that is booked on, so that one may be made of the other. Default no.
    fn codes_are_accounts(&self) -> bool {
        false
    }
}

/// An account and cost centre of the ERP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostPlace {
    /// The ERP's GL account.
    pub account: String,
    /// The ERP's cost centre, if there is one.
    pub cost_center: Option<String>,
}

/// The rules that suit most tenants: each reference by the cross-reference table, each amount exact, what does not add
/// up held.
#[derive(Debug, Clone)]
pub struct DefaultBillMapper {
    /// The time zone in which a moment of Procurify becomes a day. Default UTC.
    pub time_zone: Tz,
    /// Whether each line needs a cost centre. Default yes.
    pub cost_centers: bool,
    /// Where costs are booked. Default: [`Direct`].
    pub accounts: Arc<dyn AccountMapping>,
    /// The ERP's payment terms. Default: the supplier's own.
    pub payment_terms: CodeTable,
    /// The ERP's tax codes, for lines. Default: the ERP's own.
    pub tax_codes: CodeTable,
    /// Whether a bill waits until the orders that it bills are posted. Where it does not, it refers to those that are.
    /// Default yes.
    pub wait_for_orders: bool,
    /// The first day of the orders that are read
    /// ([`created_from`](crate::purchase_order::SourceSettings::created_from)), for those who read why a bill waits for
    /// an earlier one. Default: all are read.
    pub orders_from: Option<NaiveDate>,
    /// Where freight and other costs go that Procurify has on no account. By default into the ERP's own field for
    /// them; where it has none, the bill is held.
    pub freight: Option<CostPlace>,
    /// Where discounts go that Procurify has on no account: what a bill's costs take off its total. Without it such
    /// bills are held.
    pub discount: Option<CostPlace>,
}

impl Default for DefaultBillMapper {
    fn default() -> Self {
        Self {
            time_zone: Tz::UTC,
            cost_centers: true,
            accounts: Arc::new(Direct),
            payment_terms: CodeTable::default(),
            tax_codes: CodeTable::default(),
            wait_for_orders: true,
            orders_from: None,
            freight: None,
            discount: None,
        }
    }
}

impl BillMapper for DefaultBillMapper {
    fn map(&self, bill: &ApprovedBill, references: &References) -> Mapped<InvoiceDraft> {
        let mut resolver = Resolver::new(references);
        let draft = self.draft(bill, references, &mut resolver);
        resolver.conclude(draft)
    }

    fn time_zone(&self) -> Tz {
        self.time_zone
    }

    fn dimensions(&self) -> BTreeSet<u8> {
        self.accounts.dimensions()
    }

    fn codes_are_accounts(&self) -> bool {
        self.accounts.codes_are_accounts()
    }
}

/// A line before its amount is rounded.
struct Rough {
    amount: Decimal,
    line: InvoiceLineDraft,
}

impl DefaultBillMapper {
    fn draft(&self, bill: &ApprovedBill, references: &References, resolver: &mut Resolver<'_>) -> Option<InvoiceDraft> {
        let head = &bill.bill;
        let supplier = match &head.vendor {
            Some(vendor) => {
                let name = vendor.name.as_deref().unwrap_or_default();
                resolver.resolve(VENDOR, &vendor.id.to_string(), name)
            }
            None => resolver.absent("vendor", "none", "the bill has no vendor: choose one in Procurify"),
        };
        let text =
            |text: Option<&Text>| text.map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        let currency = text(head.currency.as_ref().and_then(|currency| currency.name.as_ref()));
        let unit = MinorUnit::of(currency.as_deref().unwrap_or_default());
        let currency = currency
            .or_else(|| resolver.absent("currency", "none", "the bill has no currency: set it in Procurify"))
            .map(|code| resolver.currency(code));
        let number = text(head.invoice_number.as_ref()).or_else(|| {
            resolver.absent("invoice_number", "none", "the bill has no invoice number: enter it in Procurify")
        });
        let invoice_date = self
            .day(head.invoice_date.as_ref())
            .or_else(|| resolver.absent("invoice_date", "none", "the bill has no invoice date: enter it in Procurify"));
        let total = Self::total(bill, unit, resolver);
        let payment_terms = resolver.coded(PAYMENT_TERMS, head.payment_terms.as_deref(), &self.payment_terms);
        let mut beside = Beside::of(bill);
        let rough = self.lines(bill, unit, references, resolver);
        let (mut rough, total) = (rough?, total?);
        for (place, amount, text, setting) in [
            (&self.freight, &mut beside.freight, "Freight and other costs", "freight_account"),
            (&self.discount, &mut beside.discount, "Discount", "discount_account"),
        ] {
            let Some(place) = place.as_ref().filter(|_| !amount.is_zero()) else { continue };
            for Missing { kind, value, hint } in place.unusable(references, setting) {
                resolver.miss(&kind, &value, &hint);
            }
            let amount = std::mem::take(amount);
            rough.push(Rough { amount, line: place.line(text, amount) });
        }
        if !beside.discount.is_zero() {
            let hint = "it is on no account: put it on one in Procurify, or set the account for discounts \
                        (discount_account)";
            return resolver.absent("discount", &beside.discount.normalize().to_string(), hint);
        }
        let (lines, tax) = Self::in_whole_units(rough, total, &beside, unit, resolver)?;
        // In whatever order Procurify lists them, they are the same files.
        let files: BTreeSet<String> =
            head.invoice_attachments.iter().filter_map(|file| file.url().map(str::to_owned)).collect();
        Some(InvoiceDraft {
            supplier: supplier?,
            number: number?,
            currency: currency?,
            invoice_date: invoice_date?,
            due_date: self.day(head.due_date.as_ref()),
            posting_date: self.day(head.gl_post_date.as_ref()),
            moved_from: None,
            payment_terms,
            total,
            tax,
            freight: unit.round(beside.freight),
            lines,
            attachments: files.into_iter().collect(),
            others: Vec::new(),
        })
    }

    /// What is to be paid, which a currency's smallest unit must allow.
    fn total(bill: &ApprovedBill, unit: MinorUnit, resolver: &mut Resolver<'_>) -> Option<Decimal> {
        let Some(total) = bill.bill.total_cost_with_tax else {
            return resolver.absent("total", "none", "Procurify shows no total of the bill");
        };
        if !unit.is_exact(total) {
            let hint = format!(
                "it has more decimals than the {} of its currency, and cannot be paid: correct it in Procurify",
                unit.decimals
            );
            return resolver.absent("total", &total.normalize().to_string(), &hint);
        }
        Some(unit.round(total))
    }

    fn lines(
        &self,
        bill: &ApprovedBill,
        unit: MinorUnit,
        references: &References,
        resolver: &mut Resolver<'_>,
    ) -> Option<Vec<Rough>> {
        let mut rough = Vec::new();
        let mut complete = true;
        for line in &bill.lines {
            let order = self.order(line, references, resolver);
            let tax_code = resolver.coded(TAX, line.tax_name.as_deref(), &self.tax_codes);
            let text = line.description.clone().unwrap_or_else(|| format!("Line {}", line.id).into());
            let amounts = amounts::parts(line, unit).unwrap_or_else(|why| {
                resolver.miss("line", &text, &format!("{why}: check it in Procurify"));
                complete = false;
                Vec::new()
            });
            let fields = custom_fields(line.custom_fields.clone());
            for (part, amount) in line.parts.iter().zip(amounts) {
                let placed = self.place(part, &text, &fields, resolver);
                complete &= placed.is_some();
                rough.extend(placed.map(|line| Rough {
                    amount,
                    line: InvoiceLineDraft { order: order.clone(), tax_code: tax_code.clone(), ..line },
                }));
            }
        }
        for cost in &bill.costs {
            let name = cost.name.as_deref().unwrap_or("Other costs");
            let placed = self.place(cost, name, &BTreeMap::new(), resolver);
            complete &= placed.is_some();
            rough.extend(placed.map(|line| Rough { amount: cost.amount.unwrap_or_default(), line }));
        }
        complete.then_some(rough)
    }

    /// A line on the account and cost centre of a part.
    fn place(
        &self,
        part: &BillPart,
        text: &str,
        fields: &BTreeMap<String, String>,
        resolver: &mut Resolver<'_>,
    ) -> Option<InvoiceLineDraft> {
        let booking = resolver.book(self.accounts.as_ref(), &spend(part, text, fields), self.cost_centers)?;
        let Booking { account, cost_center, dimensions } = booking;
        let place = CostPlace { account, cost_center };
        Some(InvoiceLineDraft { dimensions, ..place.line(text, Decimal::ZERO) })
    }

    /// The ERP's order that a line bills: what it was posted as, or what a person has linked it to.
    fn order(&self, line: &BillLine, references: &References, resolver: &mut Resolver<'_>) -> Option<OrderLink> {
        let order = line.order?;
        let name = line.order_number.clone().unwrap_or_else(|| order.to_string().into());
        let head = references.record(purchase_order::KIND, &order.to_string());
        if let Some((head, target)) = head.and_then(|head| Some((head, head.target()?))) {
            resolver.decide(format!("purchase order {name} is {target}"));
            let place = line.order_item.and_then(|item| line_in_the_erp(head, item));
            let quantity = line.quantity.filter(|_| line.parts.len() == 1).map(|quantity| quantity.normalize());
            return Some(OrderLink { number: target.0.clone(), line: place, quantity, by_hand: false });
        }
        if let Some(number) = resolver.linked(PURCHASE_ORDER, &order.to_string()) {
            if number == NO_ORDER {
                resolver.decide(format!("what bills {name} refers to no order"));
                return None;
            }
            resolver.decide(format!("what bills {name} refers to {number} as a whole: of its lines nothing is known"));
            return Some(OrderLink { number, line: None, quantity: None, by_hand: true });
        }
        if self.wait_for_orders {
            let command = format!("`link purchase_order {order}");
            let by_hand =
                format!("link it to its number in the ERP ({command} NUMBER`), or to none ({command} {NO_ORDER}`)");
            let hint = match (head.map(|head| &head.state), self.orders_from) {
                (None, Some(first)) => format!(
                    "it was not read, as none is that was created before {first} (purchase_orders_from): if it is such an \
                     order, {by_hand}; if not, the bill goes on once it is posted"
                ),
                (None, None) => "it was not read yet: the bill goes on once the order is posted".to_owned(),
                (Some(State::Skipped { reason }), _) => format!("it is not posted itself ({reason}): {by_hand}"),
                (Some(State::Cancelled { .. }), _) => format!("it is cancelled itself: {by_hand}"),
                (Some(state @ (State::Rejected { .. } | State::Parked { .. })), _) => format!(
                    "it is {} itself: the bill goes on once the order is posted; if it is in the ERP all the same, {by_hand}",
                    state.name().words()
                ),
                (Some(state), _) => {
                    format!("it is {} itself: the bill goes on once the order is posted", state.name().words())
                }
            };
            resolver.miss("purchase_order", &name, &hint);
        }
        None
    }

    /// The lines with amounts in whole units of the currency, and the tax, if all that is billed comes to the total.
    fn in_whole_units(
        rough: Vec<Rough>,
        total: Decimal,
        beside: &Beside,
        unit: MinorUnit,
        resolver: &mut Resolver<'_>,
    ) -> Option<(Vec<InvoiceLineDraft>, Decimal)> {
        let amounts: Vec<Decimal> = rough.iter().map(|line| line.amount).collect();
        let Some(fitted) = amounts::fit(&amounts, beside, total, unit) else {
            let lines: Decimal = amounts.iter().sum();
            let sum = lines + beside.tax + beside.freight;
            let hint = format!(
                "its lines come to {}, its tax is {}, its freight {}: together {}, and its total is {total}, a \
                 difference of {}: check it in Procurify",
                lines.normalize(),
                beside.tax.normalize(),
                beside.freight.normalize(),
                sum.normalize(),
                (sum - total).normalize()
            );
            return resolver.absent("total", &total.to_string(), &hint);
        };
        if fitted.tax != beside.tax {
            let (tax, shown) = (fitted.tax.normalize(), beside.tax.normalize());
            resolver
                .decide(format!("the tax of {shown} is {tax} for rounding, so that all comes to the total of {total}"));
        }
        for (rough, amount) in rough.iter().zip(&fitted.lines).filter(|(one, other)| unit.round(one.amount) != **other)
        {
            let (shown, text) = (rough.amount.normalize(), &rough.line.text);
            resolver.decide(format!("{shown} of `{text}` is {amount} for rounding, so that all comes to the total"));
        }
        let lines =
            rough.into_iter().zip(fitted.lines).map(|(rough, amount)| InvoiceLineDraft { amount, ..rough.line });
        let lines: Vec<InvoiceLineDraft> = lines.filter(|line| !line.amount.is_zero()).collect();
        if lines.is_empty() {
            return resolver.absent("line", "none", "the bill has no line that costs anything");
        }
        Some((lines, fitted.tax))
    }

    fn day(&self, moment: Option<&DayOrTime>) -> Option<NaiveDate> {
        moment.map(|moment| moment.day_in(&self.time_zone))
    }
}

/// What an account mapping may know of a part of a cost.
fn spend(part: &BillPart, text: &str, custom_fields: &BTreeMap<String, String>) -> Spend {
    let department = (part.department, part.department_name.as_ref());
    let location = (part.location, part.location_name.as_ref());
    Spend::of(text, part.account_code.as_ref(), department, location, custom_fields.clone())
}

impl CostPlace {
    /// What of it the ERP does not have, or does not let be booked on. `setting` names it.
    pub(crate) fn unusable(&self, references: &References, setting: &str) -> Vec<Missing> {
        let account = (GL_ACCOUNT, Some(&self.account));
        let named = [account, (COST_CENTER, self.cost_center.as_ref())];
        let values = named.into_iter().filter_map(|(kind, value)| Some((kind, value?)));
        let missing = values.filter_map(|(kind, value)| {
            let why = usable(references, kind, value).err()?;
            let hint =
                format!("the settings name it ({setting}), and it {why}: mend that there, or correct the setting");
            Some(Missing { kind: kind.to_owned(), value: value.clone(), hint })
        });
        missing.collect()
    }

    /// A line of this amount on it.
    pub(crate) fn line(&self, text: &str, amount: Decimal) -> InvoiceLineDraft {
        InvoiceLineDraft {
            text: text.to_owned(),
            amount,
            tax_code: None,
            account: self.account.clone(),
            cost_center: self.cost_center.clone(),
            dimensions: BTreeMap::new(),
            order: None,
        }
    }
}

/// Which line of the ERP's order a line of Procurify's has become: they are numbered as the order was sent, so that it
/// is known only as long as no line came or went since.
fn line_in_the_erp(order: &Head, item: OrderItemId) -> Option<u32> {
    let unchanged = !order.renumbered && order.sent.as_ref().is_none_or(|sent| *sent == order.revision);
    let lines = Vec::<OrderLine>::deserialize(&order.payload["lines"]).ok().filter(|_| unchanged)?;
    let place = lines.iter().filter(|line| !line.is_refused()).position(|line| line.id == item)?;
    u32::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use serde_json::{Value, json};
    use sync_core::{Failure, FailureKind, Match, MatchedBy, RecordKey, Reference, TargetRef};

    use super::*;
    use crate::reference::{COST_CENTER, GL_ACCOUNT};

    fn bill() -> Value {
        json!({
            "bill": {
                "id": 7, "uuid": "u", "status": 2, "type": 0, "invoice_number": " INV-7 ",
                "invoice_date": "2026-11-24T06:30:00Z", "due_date": "2026-12-24", "gl_post_date": "2026-11-30",
                "vendor": { "id": 17, "name": "Bolt" }, "currency": { "name": "CAD" },
                "tax_amount": "12.00", "total_cost_with_tax": "112.00",
            },
            "lines": [{
                "id": 1, "description": "Bolts", "quantity": "4", "cost": "100.00", "tax": "12.00", "total": "112.00",
                "order": 10001, "order_number": "PO-10001", "order_item": 52,
                "parts": [{ "amount": "100.00", "account_code": "6100", "department": 5, "department_name": "Works" }],
            }],
        })
    }

    fn references() -> References {
        let line = |kind: &str, source: &str, target: &str| Reference {
            kind: kind.to_owned(),
            source: source.to_owned(),
            label: source.to_owned(),
            found: Match::Matched { target: target.to_owned(), by: MatchedBy::Code },
        };
        let lines = [line(VENDOR, "17", "S17"), line(GL_ACCOUNT, "6100", "6100"), line(COST_CENTER, "5", "CC5")];
        References::new(lines, None)
    }

    /// The order of the bill, posted with three lines of which the second was turned down.
    fn order() -> Head {
        let key = RecordKey::new("acme".into(), purchase_order::KIND.into(), "10001");
        let mut order = Head::foreseen(key, TargetRef("1000001".to_owned()), DateTime::<Utc>::UNIX_EPOCH);
        order.payload = json!({ "lines": [{ "id": 50 }, { "id": 51, "status": 4 }, { "id": 52 }] });
        order
    }

    fn posted() -> References {
        references().with_records([order()])
    }

    fn mapped(bill: Value, references: &References, mapper: &DefaultBillMapper) -> Mapped<InvoiceDraft> {
        mapper.map(&serde_json::from_value(bill).unwrap(), references)
    }

    fn draft(bill: Value, references: &References, mapper: &DefaultBillMapper) -> InvoiceDraft {
        match mapped(bill, references, mapper) {
            Mapped::Draft { draft, .. } => draft,
            other => panic!("{other:?}"),
        }
    }

    /// What a changed bill is held for.
    fn held_for(change: impl FnOnce(&mut Value)) -> String {
        let mut bill = bill();
        change(&mut bill);
        match mapped(bill, &posted(), &DefaultBillMapper::default()) {
            Mapped::Hold(missing) => missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_bill_is_drafted_with_its_dates_and_the_line_of_the_order_that_it_bills() {
        let vancouver = DefaultBillMapper { time_zone: Tz::America__Vancouver, ..DefaultBillMapper::default() };
        let draft = draft(bill(), &posted(), &vancouver);
        assert_eq!((draft.supplier.as_str(), draft.number.as_str(), draft.currency.as_str()), ("S17", "INV-7", "CAD"));
        assert_eq!(draft.invoice_date.to_string(), "2026-11-23", "the day in the tenant's time zone");
        assert_eq!(draft.due_date.unwrap().to_string(), "2026-12-24");
        assert_eq!(draft.posting_date.unwrap().to_string(), "2026-11-30");
        assert_eq!((draft.total, draft.tax, draft.freight), (112.into(), 12.into(), Decimal::ZERO));
        let line = &draft.lines[0];
        assert_eq!((line.account.as_str(), line.cost_center.as_deref()), ("6100", Some("CC5")));
        assert_eq!(
            line.order,
            Some(OrderLink { number: "1000001".to_owned(), line: Some(2), quantity: Some(4.into()), by_hand: false })
        );
    }

    #[test]
    fn the_line_of_an_order_that_has_changed_since_it_was_sent_is_not_known() {
        let changed = Head { sent: Some(sync_core::Revision::new("older")), ..order() };
        let draft = draft(bill(), &references().with_records([changed]), &DefaultBillMapper::default());
        assert_eq!(draft.lines[0].order.as_ref().unwrap().line, None);
    }

    #[test]
    fn a_bill_waits_for_its_order_unless_it_need_not() {
        let waiting = mapped(bill(), &references(), &DefaultBillMapper::default());
        let Mapped::Hold(missing) = waiting else { panic!("{waiting:?}") };
        assert!(missing[0].to_string().starts_with("purchase order PO-10001: it was not read yet"), "{missing:?}");
        let held = Head { state: State::Held { missing: Vec::new() }, ..order() };
        let waiting = mapped(bill(), &references().with_records([held]), &DefaultBillMapper::default());
        let Mapped::Hold(missing) = waiting else { panic!("{waiting:?}") };
        assert!(missing[0].hint.contains("it is held itself"), "{missing:?}");
        let failure = || Failure::new(FailureKind::Other, "it is not clear");
        for state in [
            State::Rejected { failure: failure(), there: false },
            State::Parked { failure: failure(), doubt: None, again: None },
            State::Cancelled { target: TargetRef("1000001".to_owned()) },
        ] {
            let name = state.name().words();
            let waiting =
                mapped(bill(), &references().with_records([Head { state, ..order() }]), &DefaultBillMapper::default());
            let Mapped::Hold(missing) = waiting else { panic!("{waiting:?}") };
            let hint = &missing[0].hint;
            assert!(hint.contains(name) && hint.contains("`link purchase_order 10001 NUMBER`"), "{hint}");
        }
        let at_once = DefaultBillMapper { wait_for_orders: false, ..DefaultBillMapper::default() };
        assert_eq!(draft(bill(), &references(), &at_once).lines[0].order, None);
    }

    #[test]
    fn freight_on_no_account_goes_where_it_is_set_to_go() {
        let mut bill = bill();
        bill["bill"]["shipping_amount"] = json!("20.00");
        bill["bill"]["total_cost_with_tax"] = json!("132.00");
        assert_eq!(draft(bill.clone(), &posted(), &DefaultBillMapper::default()).freight, 20.into());
        let place = CostPlace { account: "6200".to_owned(), cost_center: None };
        let mapper = DefaultBillMapper { freight: Some(place), ..DefaultBillMapper::default() };
        let draft = draft(bill, &posted(), &mapper);
        assert_eq!(draft.freight, Decimal::ZERO);
        assert_eq!((draft.lines[1].account.as_str(), draft.lines[1].amount), ("6200", 20.into()));
    }

    #[test]
    fn a_discount_on_no_account_goes_where_it_is_set_to_go_and_is_never_freight() {
        let discounted = |sign: &str, off: &str| {
            let mut bill = bill();
            let line = &mut bill["lines"][0];
            for (name, amount) in [("cost", "100.00"), ("tax", "12.00"), ("total", "112.00")] {
                line[name] = json!(format!("{sign}{amount}"));
            }
            line["parts"][0]["amount"] = json!(format!("{sign}100.00"));
            let head = &mut bill["bill"];
            head["tax_amount"] = json!(format!("{sign}12.00"));
            head["total_cost_with_tax"] = json!(format!("{sign}107.00"));
            head["costs"] = json!([{ "id": 1, "name": "Early payment", "amount": off }]);
            bill
        };
        let place = CostPlace { account: "6200".to_owned(), cost_center: None };
        let mapper = DefaultBillMapper { discount: Some(place), ..DefaultBillMapper::default() };
        for (sign, off) in [("", "-5.00"), ("-", "5.00")] {
            let held = mapped(discounted(sign, off), &posted(), &DefaultBillMapper::default());
            let Mapped::Hold(missing) = held else { panic!("{held:?}") };
            assert!(missing[0].to_string().contains("(discount_account)"), "{missing:?}");
            let draft = draft(discounted(sign, off), &posted(), &mapper);
            assert_eq!(draft.freight, Decimal::ZERO);
            assert_eq!((draft.lines[1].account.as_str(), draft.lines[1].amount), ("6200", off.parse().unwrap()));
        }
    }

    #[test]
    fn what_is_missing_is_named_all_at_once() {
        let reason = held_for(|bill| {
            bill["bill"]["vendor"] = json!({ "id": 99, "name": "Nobody" });
            bill["bill"]["invoice_number"] = json!(" ");
            bill["lines"][0]["parts"][0]["account_code"] = json!("9999");
            bill["lines"][0]["parts"][0]["department"] = Value::Null;
        });
        for words in ["vendor 99 (Nobody)", "no invoice number", "GL account 9999", "no department"] {
            assert!(reason.contains(words), "`{words}` is not in `{reason}`");
        }
    }

    #[test]
    fn a_total_that_nothing_explains_is_held_with_the_difference() {
        let reason = held_for(|bill| bill["bill"]["total_cost_with_tax"] = json!("115.50"));
        assert!(reason.contains("together 112") && reason.contains("a difference of -3.5"), "{reason}");
        let reason = held_for(|bill| bill["lines"][0]["total"] = json!("113.00"));
        assert!(reason.contains("a difference of -1") && !reason.contains("together"), "{reason}");
    }

    /// A bill of one line without tax, in this currency, of this amount.
    fn of(currency: &str, amount: &str) -> Value {
        let mut bill = bill();
        bill["bill"]["currency"]["name"] = json!(currency);
        bill["bill"]["tax_amount"] = json!("0");
        bill["bill"]["total_cost_with_tax"] = json!(amount);
        bill["lines"][0]["tax"] = json!("0");
        for (line, field) in [("/lines/0", "cost"), ("/lines/0", "total"), ("/lines/0/parts/0", "amount")] {
            bill.pointer_mut(line).unwrap()[field] = json!(amount);
        }
        bill
    }

    #[test]
    fn an_invoice_has_the_decimals_of_its_currency() {
        for (currency, amount) in [("KWD", "100.004"), ("JPY", "1005"), ("CAD", "100.05")] {
            let draft = draft(of(currency, amount), &posted(), &DefaultBillMapper::default());
            assert_eq!((draft.total.to_string(), draft.lines[0].amount.to_string()), (amount.into(), amount.into()));
        }
    }

    #[test]
    fn a_total_that_its_currency_cannot_pay_is_held() {
        for (currency, amount) in [("CAD", "100.004"), ("JPY", "100.5"), ("KWD", "100.0045")] {
            let reason = held_for(|bill| *bill = of(currency, amount));
            assert!(reason.contains(amount) && reason.contains("more decimals"), "{reason}");
        }
    }
}
