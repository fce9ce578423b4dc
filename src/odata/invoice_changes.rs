//! Invoices that exist in an OData service, each changed all or nothing: its head by a `PATCH`, its lines by their keys
//! in one change set with it.
//!
//! The state in which the invoice was read goes along (`If-Match`): the service refuses the change once anybody has
//! changed or posted the invoice since, a change of ours that comes late as well. Only an invoice of the open status is
//! changed at all. A success is believed once the invoice has been read again and is what it should be.

use cloudsuite_client::odata::{DocumentChanges, Invoice, InvoiceLine};
use sync_core::{Amended, Failure, FailureKind};
use tenant_http::{Error, ErrorKind, Outcome};

use super::amend::not_as_said;
use super::invoices::{ODataInvoices, entity_line};
use crate::bill::{InvoiceBook, LineStep, Now, Ours, Plan, Shown, Standing, StandingLine};
use crate::failure::of_call;

/// The property that is read as the day on which an invoice is booked.
const POSTING_DATE: &str = "PostingDate";

pub(super) async fn now(book: &ODataInvoices, ours: &[Ours<'_>]) -> Vec<Result<Now, Failure>> {
    let numbers: Vec<&str> = ours.iter().map(|one| one.number).collect();
    let found = match book.odata.invoices().get(&numbers).await {
        Ok(found) => found,
        Err(error) => return vec![Err(of_call(&error)); ours.len()],
    };
    let judge = |(ours, invoice): (&Ours<'_>, Option<Invoice>)| {
        let Some(invoice) = invoice else { return Ok(Now::Gone) };
        if invoice.reference.as_deref() != Some(ours.reference.as_str()) {
            return Ok(Now::Foreign);
        }
        let standing = Box::new(standing(book, &invoice));
        Ok(match invoice.status {
            Some(status) if status == book.settings.open_status || standing.cancelled => Now::Open(standing),
            Some(status) => Now::Closed { why: format!("has the status {status}"), standing: Some(standing) },
            None => Now::Closed { why: "shows no status".to_owned(), standing: Some(standing) },
        })
    };
    ours.iter().zip(found).map(judge).collect()
}

fn standing(book: &ODataInvoices, invoice: &Invoice) -> Standing {
    let settings = &book.settings;
    let shows_posting = settings.posting_date.as_deref() == Some(POSTING_DATE);
    Standing {
        number: invoice.number.clone(),
        guard: invoice.etag.clone(),
        supplier: invoice.supplier.clone(),
        currency: invoice.currency.clone(),
        invoice: invoice.supplier_invoice.clone(),
        invoice_date: Shown::As(invoice.invoice_date),
        due_date: Shown::As(invoice.due_date),
        posting_date: if shows_posting { Shown::As(invoice.posting_date) } else { Shown::Nowhere },
        total: invoice.amount,
        tax: invoice.tax,
        lines: Some((1..).zip(&invoice.lines).map(line).collect()),
        cancelled: invoice.status.as_ref() == Some(&settings.cancelled_status),
    }
}

fn line((place, line): (i64, &InvoiceLine)) -> StandingLine {
    StandingLine {
        number: line.number.unwrap_or(place),
        guard: line.etag.clone(),
        text: line.description.clone(),
        amount: line.amount.unwrap_or_default(),
        account: line.account.clone(),
        cost_center: line.cost_center.clone(),
        dimensions: None,
    }
}

pub(super) async fn change(book: &ODataInvoices, plans: &[Plan]) -> Vec<Amended> {
    let mut changed = Vec::with_capacity(plans.len());
    for plan in plans {
        changed.push(carry_out(book, plan).await);
    }
    let made: Vec<usize> = (0..plans.len()).filter(|&place| matches!(changed[place], Amended::Done(_))).collect();
    let proven = read_again(book, &made.iter().map(|&place| &plans[place]).collect::<Vec<_>>()).await;
    for (place, proven) in made.into_iter().zip(proven) {
        if let Err(otherwise) = proven {
            changed[place] = otherwise;
        }
    }
    changed
}

/// Whether invoices that the service says it has changed are what they should be, or what else became of them.
async fn read_again(book: &ODataInvoices, plans: &[&Plan]) -> Vec<Result<(), Amended>> {
    let numbers: Vec<&str> = plans.iter().map(|plan| plan.number.as_str()).collect();
    let found = match book.odata.invoices().get(&numbers).await {
        Ok(found) => found,
        Err(error) => return vec![Err(Amended::Unknown(of_call(&error))); plans.len()],
    };
    let judge = |(plan, invoice): (&&Plan, Option<Invoice>)| {
        let Some(invoice) = invoice else {
            return Err(Amended::NotDone(not_as_said("invoice", &plan.number, &["it is not there".to_owned()])));
        };
        let standing = standing(book, &invoice);
        let left: Vec<String> = match &plan.invoice {
            None if standing.cancelled => return Ok(()),
            None => vec![format!("its status is {}", invoice.status.as_deref().unwrap_or("not shown"))],
            Some(wanted) => {
                let (_, left) = Plan::amending(&standing, wanted, &book.wanted_lines(wanted), book.line_number());
                left.iter().map(ToString::to_string).collect()
            }
        };
        if left.is_empty() { Ok(()) } else { Err(Amended::NotDone(not_as_said("invoice", &plan.number, &left))) }
    };
    plans.iter().zip(found).map(judge).collect()
}

async fn carry_out(book: &ODataInvoices, plan: &Plan) -> Amended {
    let settings = &book.settings;
    let mut changes = DocumentChanges::new();
    match &plan.invoice {
        None => changes = changes.property("Status", settings.cancelled_status.as_str()),
        Some(_) if plan.reopen => changes = changes.property("Status", settings.open_status.as_str()),
        Some(_) => {}
    }
    let head = &plan.head;
    for (name, day) in [("InvoiceDate", head.invoice_date), ("DueDate", head.due_date)] {
        if let Some(day) = day {
            changes = changes.property(name, day);
        }
    }
    if let (Some(property), Some(day)) = (&settings.posting_date, head.posting_date) {
        changes = changes.property(property, day);
    }
    if let (Some(property), Some(links)) = (&settings.attachments, &head.attachments) {
        changes = changes.property(property, links.as_str());
    }
    if let Some(number) = &head.invoice {
        changes = changes.property("SupplierInvoice", number.as_str());
    }
    for (name, amount) in [("Amount", head.total), ("TaxAmount", head.tax)] {
        if let Some(amount) = amount {
            changes = changes.property(name, amount);
        }
    }
    // Lines are sent whole, each under the number that it has.
    for (place, (number, line)) in plan.numbers.iter().zip(plan.invoice.iter().flat_map(|one| &one.lines)).enumerate() {
        let line = entity_line(*number, line, settings);
        let step = plan.steps.iter().find_map(|step| match step {
            LineStep::Change { guard, place: of, .. } if *of == place => Some(Some(guard)),
            LineStep::Add { place: of } if *of == place => Some(None),
            _ => None,
        });
        changes = match step {
            None => changes.keep_line(line),
            Some(None) => changes.add_line(line),
            Some(Some(guard)) => changes.change_line(line, guard.as_deref()),
        };
    }
    // A cancelled invoice keeps its lines.
    for step in plan.steps.iter().filter(|_| plan.invoice.is_some()) {
        if let LineStep::Remove { number, guard } = step {
            changes = changes.remove_line(*number, guard.as_deref());
        }
    }
    match book.odata.invoices().change(&plan.number, plan.guard.as_deref(), &changes).await {
        Ok(by) => Amended::Done(by.iter().collect()),
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> Amended {
    match error.outcome() {
        // Somebody else was quicker: what is there now is compared anew.
        Outcome::Rejected if error.kind() == ErrorKind::Conflict => {
            Amended::NotDone(Failure { kind: FailureKind::Unavailable, ..of_call(error) })
        }
        Outcome::Rejected => Amended::Refused(of_call(error)),
        Outcome::NotProcessed => Amended::NotDone(of_call(error)),
        Outcome::Unknown => Amended::Unknown(of_call(error)),
    }
}
