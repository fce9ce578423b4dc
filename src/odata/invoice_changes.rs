//! Invoices that exist in an OData service, each changed by one `PATCH`, all or nothing.
//!
//! The state in which the invoice was read goes along (`If-Match`): the service refuses the change once anybody has
//! changed or posted the invoice since, a change of ours that comes late as well. Only an invoice of the open status is
//! changed at all.

use cloudsuite_client::odata::{Invoice, InvoiceChanges, InvoiceLine, NewInvoiceLine};
use sync_core::{Amended, Failure, FailureKind};
use tenant_http::{Error, ErrorKind, Outcome};

use super::invoices::{ODataInvoices, entity_line};
use crate::bill::{Now, Ours, Plan, Shown, Standing, StandingLine};
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
        guard: None,
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
    changed
}

async fn carry_out(book: &ODataInvoices, plan: &Plan) -> Amended {
    let settings = &book.settings;
    let mut changes = InvoiceChanges::new();
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
    if let Some(number) = &head.invoice {
        changes = changes.property("SupplierInvoice", number.as_str());
    }
    for (name, amount) in [("Amount", head.total), ("TaxAmount", head.tax)] {
        if let Some(amount) = amount {
            changes = changes.property(name, amount);
        }
    }
    // Lines are sent whole, each under the number that it has.
    if let Some(invoice) = plan.invoice.as_ref().filter(|_| !plan.steps.is_empty()) {
        let lines = plan.numbers.iter().zip(&invoice.lines);
        let lines: Vec<NewInvoiceLine> = lines.map(|(number, line)| entity_line(*number, line, settings)).collect();
        changes = changes.lines(lines);
    }
    match book.odata.invoices().change(&plan.number, plan.guard.as_deref(), &changes).await {
        Ok(_) => Amended::Done,
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
