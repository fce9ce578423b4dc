//! From an approved bill to the invoice an ERP is to hold.

use chrono::NaiveDate;
use chrono_tz::Tz;
use procurify_client::{DayOrTime, OrderItemId};
use rust_decimal::Decimal;
use serde::Deserialize;
use sync_core::{Head, References, State};

use super::amounts::{self, Beside, cents};
use super::approved::{ApprovedBill, BillLine, BillPart};
use super::draft::{InvoiceDraft, InvoiceLineDraft, OrderLink};
use crate::mapping::{Mapped, Resolver};
use crate::purchase_order::{self, OrderLine};
use crate::reference::{COST_CENTER, GL_ACCOUNT, VENDOR};

/// Decides what an approved bill becomes in the ERP. Pure, as [`sync_core::Mapper`] is.
///
/// To change a detail, wrap [`DefaultBillMapper`] and amend the draft it gives, as
/// [`OrderMapper`](crate::purchase_order::OrderMapper) shows.
pub trait BillMapper: Send + Sync {
    /// What becomes of this bill.
    fn map(&self, bill: &ApprovedBill, references: &References) -> Mapped<InvoiceDraft>;
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
    /// Whether a bill waits until the orders that it bills are posted. Where it does not, it refers to those that are.
    /// Default yes.
    pub wait_for_orders: bool,
    /// Where freight and other costs go that Procurify has on no account. By default into the ERP's own field for
    /// them; where it has none, the bill is held.
    pub freight: Option<CostPlace>,
}

impl Default for DefaultBillMapper {
    fn default() -> Self {
        Self { time_zone: Tz::UTC, cost_centers: true, wait_for_orders: true, freight: None }
    }
}

impl BillMapper for DefaultBillMapper {
    fn map(&self, bill: &ApprovedBill, references: &References) -> Mapped<InvoiceDraft> {
        let mut resolver = Resolver::new(references);
        let draft = self.draft(bill, references, &mut resolver);
        resolver.conclude(draft)
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
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let currency = text(&head.currency.as_ref().and_then(|currency| currency.name.clone()))
            .or_else(|| resolver.absent("currency", "none", "the bill has no currency: set it in Procurify"));
        let number = text(&head.invoice_number).or_else(|| {
            resolver.absent("invoice_number", "none", "the bill has no invoice number: enter it in Procurify")
        });
        let invoice_date = self
            .day(head.invoice_date.as_ref())
            .or_else(|| resolver.absent("invoice_date", "none", "the bill has no invoice date: enter it in Procurify"));
        let total = head
            .total_cost_with_tax
            .map(cents)
            .or_else(|| resolver.absent("total", "none", "Procurify shows no total of the bill"));
        let Beside { tax, mut freight } = Beside::of(bill);
        let rough = self.lines(bill, references, resolver);
        let (mut rough, total) = (rough?, total?);
        if let Some(place) = self.freight.as_ref().filter(|_| !freight.is_zero()) {
            rough.push(Rough { amount: freight, line: place.line("Freight and other costs", freight) });
            freight = Decimal::ZERO;
        }
        let lines = Self::to_the_cent(rough, total, tax, freight, resolver)?;
        Some(InvoiceDraft {
            supplier: supplier?,
            number: number?,
            currency: currency?,
            invoice_date: invoice_date?,
            due_date: self.day(head.due_date.as_ref()),
            posting_date: self.day(head.gl_post_date.as_ref()),
            total,
            tax,
            freight,
            lines,
            attachments: head.invoice_attachments.iter().filter_map(|file| file.url().map(str::to_owned)).collect(),
        })
    }

    fn lines(&self, bill: &ApprovedBill, references: &References, resolver: &mut Resolver<'_>) -> Option<Vec<Rough>> {
        let mut rough = Vec::new();
        let mut complete = true;
        for line in &bill.lines {
            let order = self.order(line, references, resolver);
            let text = line.description.clone().unwrap_or_else(|| format!("Line {}", line.id));
            let amounts = amounts::parts(line).unwrap_or_else(|why| {
                resolver.miss("line", &text, &format!("{why}: check it in Procurify"));
                complete = false;
                Vec::new()
            });
            for (part, amount) in line.parts.iter().zip(amounts) {
                let placed = self.place(part, &text, resolver);
                complete &= placed.is_some();
                rough.extend(
                    placed.map(|line| Rough { amount, line: InvoiceLineDraft { order: order.clone(), ..line } }),
                );
            }
        }
        for cost in &bill.costs {
            let placed = self.place(cost, cost.name.as_deref().unwrap_or("Other costs"), resolver);
            complete &= placed.is_some();
            rough.extend(placed.map(|line| Rough { amount: cost.amount.unwrap_or_default(), line }));
        }
        complete.then_some(rough)
    }

    /// A line on the account and cost centre of a part.
    fn place(&self, part: &BillPart, text: &str, resolver: &mut Resolver<'_>) -> Option<InvoiceLineDraft> {
        for (what, there) in [
            ("account code", part.account_code.is_some()),
            ("department", part.department.is_some() || !self.cost_centers),
        ] {
            if !there {
                resolver.miss("line", text, &format!("it has no {what}: complete it in Procurify"));
            }
        }
        let account = part.account_code.as_ref().and_then(|code| resolver.resolve(GL_ACCOUNT, code, code));
        let department = part.department.filter(|_| self.cost_centers);
        let cost_center = department.map(|department| {
            let name = part.department_name.as_deref().unwrap_or_default();
            resolver.resolve(COST_CENTER, &department.to_string(), name)
        });
        if cost_center == Some(None) {
            return None;
        }
        let place = CostPlace { account: account?, cost_center: cost_center.flatten() };
        Some(place.line(text, Decimal::ZERO))
    }

    /// The ERP's order that a line bills.
    fn order(&self, line: &BillLine, references: &References, resolver: &mut Resolver<'_>) -> Option<OrderLink> {
        let order = line.order?;
        let name = line.order_number.clone().unwrap_or_else(|| order.to_string());
        let head = references.record(purchase_order::KIND, &order.to_string());
        if let Some((head, target)) = head.and_then(|head| Some((head, head.target()?))) {
            resolver.decide(format!("purchase order {name} is {target}"));
            let line = line.order_item.and_then(|item| line_in_the_erp(head, item));
            return Some(OrderLink { number: target.0.clone(), line });
        }
        if self.wait_for_orders {
            let hint = match head.map(|head| &head.state) {
                None => "it was not read yet: the bill goes on once the order is posted".to_owned(),
                Some(State::Skipped { reason }) => {
                    format!("it is not posted itself ({reason}): decide what the bill is for")
                }
                Some(state) => format!("it is {} itself: the bill goes on once the order is posted", words(state)),
            };
            resolver.miss("purchase_order", &name, &hint);
        }
        None
    }

    /// The lines with amounts to the cent, if all that is billed comes to the total.
    fn to_the_cent(
        rough: Vec<Rough>,
        total: Decimal,
        tax: Decimal,
        freight: Decimal,
        resolver: &mut Resolver<'_>,
    ) -> Option<Vec<InvoiceLineDraft>> {
        let amounts: Vec<Decimal> = rough.iter().map(|line| line.amount).collect();
        let Some(fitted) = amounts::fit(&amounts, total - tax - freight) else {
            let lines: Decimal = amounts.iter().sum();
            let sum = lines + tax + freight;
            let hint = format!(
                "its lines come to {}, its tax is {tax}, its freight {freight}: together {}, and its total is {total}, a \
                 difference of {}: check it in Procurify",
                lines.normalize(),
                sum.normalize(),
                (sum - total).normalize()
            );
            return resolver.absent("total", &total.to_string(), &hint);
        };
        let lines = rough.into_iter().zip(fitted).map(|(rough, amount)| InvoiceLineDraft { amount, ..rough.line });
        let lines: Vec<InvoiceLineDraft> = lines.filter(|line| !line.amount.is_zero()).collect();
        if lines.is_empty() {
            return resolver.absent("line", "none", "the bill has no line that costs anything");
        }
        Some(lines)
    }

    fn day(&self, moment: Option<&DayOrTime>) -> Option<NaiveDate> {
        moment.map(|moment| moment.day_in(&self.time_zone))
    }
}

impl CostPlace {
    /// A line of this amount on it.
    pub(crate) fn line(&self, text: &str, amount: Decimal) -> InvoiceLineDraft {
        InvoiceLineDraft {
            text: text.to_owned(),
            amount,
            account: self.account.clone(),
            cost_center: self.cost_center.clone(),
            order: None,
        }
    }
}

/// Which line of the ERP's order a line of Procurify's has become: they are numbered as the order was sent, so that it
/// is known only while the order has not changed since.
fn line_in_the_erp(order: &Head, item: OrderItemId) -> Option<u32> {
    let unchanged = order.sent.as_ref().is_none_or(|sent| *sent == order.revision);
    let lines = Vec::<OrderLine>::deserialize(&order.payload["lines"]).ok().filter(|_| unchanged)?;
    let place = lines.iter().filter(|line| !line.is_refused()).position(|line| line.id == item)?;
    u32::try_from(place + 1).ok()
}

fn words(state: &State) -> String {
    state.name().to_string().replace('_', " ")
}
