//! Vouchers that exist in SyteLine and are not posted yet, changed distribution by distribution, and deleted where their
//! bill is cancelled.
//!
//! Each change names the state in which its record was read, so that SyteLine refuses it once anybody has changed the
//! record since: a change of ours that comes late as well. Changes are sent one a call, since of several in a call it
//! would not be told which one was refused. SyteLine posts a voucher only if its distributions make its amount, which
//! they mostly do not in between; and what is posted in between is told.

use std::collections::BTreeMap;

use cloudsuite_client::syteline::{Change, Distribution, IdoRow, PoNumber, VendorNumber, Voucher, VoucherNumber};
use rust_decimal::Decimal;
use sync_core::{Amended, Failure, FailureKind, RequestIds};
use tenant_http::{Error, Outcome};

use super::amend::alone;
use super::invoices::{SyteLineInvoices, another, invalid, is_another, posted};
use crate::bill::{InvoiceDraft, LineStep, Now, Ours, Plan, Shown, Standing, StandingLine};
use crate::failure::of_call;

pub(super) async fn now(book: &SyteLineInvoices, ours: &[Ours<'_>]) -> Vec<Result<Now, Failure>> {
    match read(book, ours).await {
        Ok(read) => ours.iter().map(|one| Ok(read.judge(book, one))).collect(),
        Err(error) => vec![Err(of_call(&error)); ours.len()],
    }
}

/// All that is read of vouchers of ours.
struct Read {
    vouchers: Vec<Voucher>,
    posted: Vec<IdoRow>,
    distributions: Vec<Distribution>,
}

async fn read(book: &SyteLineInvoices, ours: &[Ours<'_>]) -> Result<Read, Error> {
    let client = book.syteline.vouchers();
    let references: Vec<&str> = ours.iter().map(|one| one.reference.as_str()).collect();
    let mut vouchers = client.find_by_reference(&references).await?;
    let is_found = |one: &Ours<'_>| vouchers.iter().any(|voucher| is(voucher, one.number));
    let key = |one: &Ours<'_>| {
        let sent = one.sent?;
        Some((VendorNumber::new(&sent.supplier).ok()?, sent.number.clone()))
    };
    let absent: Vec<(VendorNumber, String)> = ours.iter().filter(|one| !is_found(one)).filter_map(key).collect();
    let mut posted = Vec::new();
    if !absent.is_empty() {
        vouchers.extend(client.find_by_invoice(&absent).await?.into_iter().flatten());
        if book.settings.search_posted {
            posted.extend(client.find_posted_by_invoice(&absent).await?.into_iter().flatten());
        }
    }
    let numbers: Vec<VoucherNumber> = vouchers.iter().filter_map(|voucher| voucher.number.clone()).collect();
    let distributions = if numbers.is_empty() { Vec::new() } else { client.distributions(&numbers).await? };
    Ok(Read { vouchers, posted, distributions })
}

fn is(voucher: &Voucher, number: &str) -> bool {
    voucher.number.as_ref().is_some_and(|own| own.as_str() == number)
}

impl Read {
    fn judge(&self, book: &SyteLineInvoices, ours: &Ours<'_>) -> Now {
        if let Some(voucher) = self.vouchers.iter().find(|voucher| is(voucher, ours.number)) {
            let reference = book.syteline.vouchers().reference_of(&voucher.row);
            return if reference == Some(ours.reference.as_str()) {
                Now::Open(Box::new(self.standing(book, voucher)))
            } else {
                Now::Foreign
            };
        }
        // One that was linked may bear words before its number.
        let in_ledger = |row: &&IdoRow| {
            let number = posted(row).number;
            ours.number == number || ours.number.ends_with(&format!(" {number}"))
        };
        let closed = |why: &str| Now::Closed { why: why.to_owned(), standing: None };
        match (self.posted.iter().find(in_ledger), ours.sent) {
            (Some(_), _) => closed("is posted"),
            (None, None) => closed("is not among the vouchers, and it is not known what was sent of it"),
            (None, Some(_)) if !book.settings.search_posted => {
                closed("is not among the vouchers, and whether it was posted is not looked at (search_posted)")
            }
            (None, Some(_)) => Now::Gone,
        }
    }

    fn standing(&self, book: &SyteLineInvoices, voucher: &Voucher) -> Standing {
        let mine = self
            .distributions
            .iter()
            .filter(|one| Some(&one.voucher) == voucher.number.as_ref() && one.vendor == voucher.vendor);
        Standing {
            number: voucher.number.as_ref().map(ToString::to_string).unwrap_or_default(),
            guard: voucher.item_id.clone(),
            supplier: Some(voucher.vendor.to_string()),
            currency: None,
            invoice: voucher.invoice_number.clone(),
            invoice_date: Shown::As(voucher.invoice_date),
            due_date: Shown::As(voucher.due_date),
            posting_date: Shown::As(voucher.distribution_date),
            total: voucher.amount,
            tax: voucher.sales_tax,
            lines: Some(mine.map(|one| line(one, book.settings.cost_center_unit)).collect()),
            cancelled: false,
        }
    }
}

fn line(line: &Distribution, cost_center_unit: Option<u8>) -> StandingLine {
    let codes =
        (1..).zip(&line.unit_codes).filter_map(|(unit, code): (u8, _)| Some((unit, code.as_ref()?.to_string())));
    let mut dimensions: BTreeMap<u8, String> = codes.collect();
    let cost_center = cost_center_unit.and_then(|unit| dimensions.remove(&unit));
    StandingLine {
        number: line.sequence,
        guard: line.item_id.clone(),
        text: None,
        amount: line.amount.unwrap_or_default(),
        account: line.account.as_ref().map(ToString::to_string),
        cost_center,
        dimensions: Some(dimensions),
    }
}

pub(super) fn refusal(plan: &Plan, standing: &Standing) -> Option<String> {
    let guarded = |step: &LineStep| match step {
        LineStep::Change { guard, .. } | LineStep::Remove { guard, .. } => guard.is_some(),
        LineStep::Add { .. } => true,
    };
    if plan.guard.is_none() || !plan.steps.iter().all(guarded) {
        return Some(
            "SyteLine shows no state of the voucher, so that it cannot be changed safely: change it by hand".to_owned(),
        );
    }
    let is_credit = |total: Decimal| total < Decimal::ZERO;
    let before = standing.total.unwrap_or_default();
    plan.head.total.filter(|total| is_credit(*total) != is_credit(before)).map(|_| {
        "a voucher does not become an adjustment, nor the other way round: delete it, and enter the other by hand"
            .to_owned()
    })
}

pub(super) async fn change(book: &SyteLineInvoices, plans: &[Plan]) -> Vec<Amended> {
    let mut changed = Vec::with_capacity(plans.len());
    for plan in plans {
        changed.push(match &plan.invoice {
            Some(invoice) => carry_out(book, plan, invoice).await,
            None => delete(book, plan).await,
        });
    }
    changed
}

/// One change after the other, up to the first that is not made: the head first, so that what it comes to differs from
/// its distributions until the last.
async fn carry_out(book: &SyteLineInvoices, plan: &Plan, invoice: &InvoiceDraft) -> Amended {
    let vouchers = book.syteline.vouchers();
    let mut request_ids = RequestIds::none();
    if !plan.head.is_none() {
        let Some(guard) = &plan.guard else { return unguarded() };
        match alone(vouchers.update().push(head_change(book, guard, plan, invoice)).send().await) {
            Ok(by) => request_ids.extend(by.iter()),
            Err(error) => return failed(&error),
        }
    }
    let lines = book.settings.distributed(invoice);
    for step in &plan.steps {
        let made = match step {
            LineStep::Remove { guard: Some(guard), .. } => {
                alone(vouchers.update_distributions().push(Change::delete(guard)).send().await)
            }
            LineStep::Change { guard: Some(guard), place, .. } => {
                let Some(line) = lines.get(*place) else { return lost("line") };
                let unit = |number: u8| {
                    let center = line.cost_center.as_deref().filter(|_| book.settings.cost_center_unit == Some(number));
                    center.or_else(|| line.dimensions.get(&number).map(String::as_str)).unwrap_or_default().to_owned()
                };
                let mut change = Change::update(guard).set("Amount", line.amount).set("Acct", line.account.as_str());
                for number in 1..=4 {
                    change = change.set(&format!("AcctUnit{number}"), unit(number).as_str());
                }
                alone(vouchers.update_distributions().push(change).send().await)
            }
            LineStep::Add { place } => {
                let (Some(line), Some(sequence)) = (lines.get(*place), plan.numbers.get(*place)) else {
                    return lost("line");
                };
                let vendor = VendorNumber::new(&invoice.supplier).map_err(|error| invalid(&error));
                let voucher = VoucherNumber::new(&plan.number).map_err(|error| invalid(&error));
                let new = vendor.and_then(|vendor| book.distribution(&vendor, &voucher?, *sequence, line));
                let new = match new {
                    Ok(new) => new,
                    Err(failure) => return Amended::Refused(failure),
                };
                let inserted = vouchers.insert_distributions(&[new]).await;
                if inserted.iter().flatten().any(|one| is_another(one, line)) {
                    return Amended::NotDone(another());
                }
                alone(inserted)
            }
            LineStep::Remove { guard: None, .. } | LineStep::Change { guard: None, .. } => return unguarded(),
        };
        match made {
            Ok(by) => request_ids.extend(by.iter()),
            Err(error) => return failed(&error),
        }
    }
    Amended::Done(request_ids)
}

/// The distributions, then the voucher.
async fn delete(book: &SyteLineInvoices, plan: &Plan) -> Amended {
    let vouchers = book.syteline.vouchers();
    let mut request_ids = RequestIds::none();
    for step in &plan.steps {
        let LineStep::Remove { guard: Some(guard), .. } = step else { return unguarded() };
        match alone(vouchers.update_distributions().push(Change::delete(guard)).send().await) {
            Ok(by) => request_ids.extend(by.iter()),
            Err(error) => return failed(&error),
        }
    }
    let Some(guard) = &plan.guard else { return unguarded() };
    match alone(vouchers.update().push(Change::delete(guard)).send().await) {
        Ok(by) => {
            request_ids.extend(by.iter());
            Amended::Done(request_ids)
        }
        Err(error) => failed(&error),
    }
}

fn head_change(book: &SyteLineInvoices, guard: &str, plan: &Plan, invoice: &InvoiceDraft) -> Change {
    let head = &plan.head;
    let order = match invoice.orders().as_slice() {
        [order] => PoNumber::new(order).ok(),
        _ => None,
    };
    let revalued = head.total.is_some() || head.tax.is_some();
    let change = match (&book.settings.attachments, &head.attachments) {
        (Some(property), Some(links)) => Change::update(guard).set(property, links.as_str()),
        _ => Change::update(guard),
    };
    change
        .maybe("InvNum", head.invoice.as_deref())
        .maybe("InvDate", head.invoice_date)
        .maybe("DueDate", head.due_date)
        .maybe("DistDate", head.posting_date)
        .maybe("InvAmt", head.total)
        .maybe("SalesTax", head.tax)
        .maybe("PurchAmt", revalued.then(|| invoice.lines_total()))
        .maybe("PoNum", order.as_ref())
}

fn unguarded() -> Amended {
    lost("state of a record")
}

fn lost(what: &str) -> Amended {
    Amended::Refused(Failure::new(FailureKind::Other, format!("the ledger's changes have no {what}")))
}

fn failed(error: &Error) -> Amended {
    // Somebody else was quicker, or finance has posted it: what is there now is compared anew.
    let overtaken = ["another user", "does not exist"].iter().any(|words| error.message().contains(words));
    match error.outcome() {
        Outcome::Rejected if overtaken => {
            Amended::NotDone(Failure { kind: FailureKind::Unavailable, ..of_call(error) })
        }
        Outcome::Rejected => Amended::Refused(of_call(error)),
        Outcome::NotProcessed => Amended::NotDone(of_call(error)),
        Outcome::Unknown => Amended::Unknown(of_call(error)),
    }
}
