//! Batch invoices that exist in M3 and are not in the ledger yet, as far as `APS450MI` lets them be changed.
//!
//! A head's number, days and amounts can be changed (`UpdHead`) and lines added (`AddLineRecode`); no transaction changes
//! or deletes a line, so that a bill whose lines were corrected is left to people, with each difference named. An
//! invoice whose bill was cancelled is rejected (`RejectInvoice`), and stays so.
//!
//! Nothing guards against changes in between, but a head's change names the values that it is to have, so that carrying
//! it out again changes nothing, and which lines are there is read before any is added. M3 shows their amounts alone:
//! which of the lines that were sent they are is told by these, and left to people where they do not tell.

use cloudsuite_client::m3::{
    InvoiceBatchNumber, InvoiceChanges, InvoiceHead, InvoiceLine, NewInvoiceLine, OrderNumber, TransactionError,
};
use sync_core::{Amended, Failure, FailureKind, RequestIds};
use tenant_http::Outcome;

use super::M3InvoiceSettings;
use super::entries::Entry;
use super::invoices::{M3Invoices, invalid};
use crate::bill::{
    InvoiceDraft, InvoiceLineDraft, LineStep, LineThere, Now, Ours, Plan, Shown, Standing, StandingLine, missing,
};
use crate::failure::of_transaction;

pub(super) async fn now(book: &M3Invoices, ours: &[Ours<'_>]) -> Vec<Result<Now, Failure>> {
    let mut heads = heads(book, ours).await;
    let open = |head: &Result<Option<InvoiceHead>, Failure>| match head {
        Ok(Some(head)) => Some(head.number.clone()),
        _ => None,
    };
    let numbers: Vec<InvoiceBatchNumber> = heads.iter().filter_map(open).collect();
    let mut lines =
        if numbers.is_empty() { Vec::new() } else { book.m3.invoices().lines_of(&numbers).await }.into_iter();
    let mut found = Vec::with_capacity(ours.len());
    for (ours, head) in ours.iter().zip(heads.drain(..)) {
        found.push(match head {
            Err(failure) => Err(failure),
            Ok(Some(head)) => {
                let lines = lines.next().unwrap_or(Ok(Vec::new())).map_err(|error| of_transaction(&error));
                lines.map(|lines| judge(book, ours, head, &lines))
            }
            Ok(None) => elsewhere(book, ours).await,
        });
    }
    found
}

/// The heads of these numbers; `None` for what is none of a batch invoice.
async fn heads(book: &M3Invoices, ours: &[Ours<'_>]) -> Vec<Result<Option<InvoiceHead>, Failure>> {
    let is_number = |one: &Ours<'_>| one.number.bytes().all(|byte| byte.is_ascii_digit());
    let number = |one: &Ours<'_>| InvoiceBatchNumber::new(one.number).ok().filter(|_| is_number(one));
    let numbers: Vec<Option<InvoiceBatchNumber>> = ours.iter().map(number).collect();
    let known: Vec<InvoiceBatchNumber> = numbers.iter().flatten().cloned().collect();
    let mut got = if known.is_empty() { Vec::new() } else { book.m3.invoices().get(&known).await }.into_iter();
    numbers
        .iter()
        .map(|number| match number {
            Some(_) => got.next().unwrap_or(Ok(None)).map_err(|error| of_transaction(&error)),
            None => Ok(None),
        })
        .collect()
}

fn judge(book: &M3Invoices, ours: &Ours<'_>, head: InvoiceHead, lines: &[InvoiceLine]) -> Now {
    if let Some(voucher) = head.voucher {
        return Now::Closed { why: format!("is in the ledger as voucher {voucher}"), standing: None };
    }
    if head.reference.as_deref() != Some(ours.reference.as_str()) {
        return Now::Foreign;
    }
    let lines = ours.sent.and_then(|sent| standing_lines(&book.settings.lines(sent), lines));
    Now::Open(Box::new(Standing {
        number: head.number.to_string(),
        guard: None,
        supplier: head.supplier.map(|supplier| supplier.to_string()),
        currency: head.currency,
        invoice: head.supplier_invoice,
        invoice_date: Shown::As(head.invoice_date),
        due_date: Shown::As(head.due_date),
        posting_date: Shown::As(head.accounting_date),
        total: head.amount,
        tax: head.tax,
        lines,
        cancelled: head.rejected.is_some(),
    }))
}

/// The lines that are there, as they were sent: their accounts are shown nowhere.
fn standing_lines(sent: &[InvoiceLineDraft], lines: &[InvoiceLine]) -> Option<Vec<StandingLine>> {
    let there: Vec<LineThere> =
        lines.iter().map(|line| LineThere { amount: line.amount.unwrap_or_default(), place: None }).collect();
    let missing = missing(sent, &there)?;
    let kept = (1..).zip(sent.iter().enumerate()).filter(|(_, (place, _))| !missing.contains(place));
    let line = |(number, (_, line)): (i64, (usize, &InvoiceLineDraft))| StandingLine {
        number,
        guard: None,
        text: None,
        amount: line.amount,
        account: Some(line.account.clone()),
        cost_center: line.cost_center.clone(),
        dimensions: Some(line.dimensions.clone()),
    };
    Some(kept.map(line).collect())
}

/// What has become of an invoice that is no batch invoice under its number.
async fn elsewhere(book: &M3Invoices, ours: &Ours<'_>) -> Result<Now, Failure> {
    let closed = |why: &str| Ok(Now::Closed { why: why.to_owned(), standing: None });
    let Some(sent) = ours.sent else {
        return closed("is not in batch entry, and it is not known what was sent of it");
    };
    let entries = book.entries(&[(&sent.supplier, &sent.number)]).await.pop().unwrap_or(Ok(Vec::new()))?;
    match entries.iter().find(|entry| !entry.is_void()) {
        Some(Entry::Ledger(_)) => closed("is in the ledger"),
        Some(entry @ Entry::Batch(_)) => {
            closed(&format!("is not there any more, but {} of the same number is", entry.number()))
        }
        None if !book.settings.search_ledger => {
            closed("is not in batch entry, and the ledger is not looked at (search_ledger)")
        }
        None => Ok(Now::Gone),
    }
}

pub(super) fn refusal(settings: &M3InvoiceSettings, plan: &Plan) -> Option<String> {
    if plan.invoice.is_none() {
        let none = settings.rejection_reason.is_none();
        return none.then(|| "M3 rejects an invoice by a reason code, and none is set (rejection_reason): reject or delete it by hand".to_owned());
    }
    if plan.reopen {
        return Some("a rejected invoice does not come back in M3: enter it by hand".to_owned());
    }
    let adds = |step: &LineStep| matches!(step, LineStep::Add { .. });
    let all_new = plan.steps.iter().all(adds);
    (!all_new).then(|| {
        "no transaction of M3 changes or deletes a line of an invoice: correct it in APS450 by hand".to_owned()
    })
}

pub(super) async fn change(book: &M3Invoices, plans: &[Plan]) -> Vec<Amended> {
    let mut ends: Vec<Option<Amended>> = vec![None; plans.len()];
    reject(book, plans, &mut ends).await;
    update_heads(book, plans, &mut ends).await;
    add_lines(book, plans, &mut ends).await;
    ends.into_iter().map(|end| end.unwrap_or_else(|| Amended::Done(RequestIds::none()))).collect()
}

fn number_of(plan: &Plan) -> Result<InvoiceBatchNumber, Failure> {
    InvoiceBatchNumber::new(&plan.number).map_err(|error| invalid(&error))
}

/// Takes in what became of the transactions of a plan: the worst of it, or by which calls all were done.
fn note(end: &mut Option<Amended>, answers: Vec<Option<Result<tenant_http::RequestIds, TransactionError>>>) {
    for answer in answers {
        let now = match answer {
            Some(Ok(by)) => {
                if let Amended::Done(all) = end.get_or_insert_with(|| Amended::Done(RequestIds::none())) {
                    all.extend(by.iter());
                }
                continue;
            }
            Some(Err(error)) => match error.outcome() {
                Outcome::Rejected => Amended::Refused(of_transaction(&error)),
                Outcome::NotProcessed => Amended::NotDone(of_transaction(&error)),
                Outcome::Unknown => Amended::Unknown(of_transaction(&error)),
            },
            None => {
                Amended::Unknown(Failure::new(FailureKind::Other, "M3 gave no answer for a change of this invoice"))
            }
        };
        let weight = |end: &Amended| match end {
            Amended::Done(_) => 0,
            Amended::NotDone(_) => 1,
            Amended::Refused(_) => 2,
            Amended::Unknown(_) => 3,
        };
        if end.as_ref().is_none_or(|before| weight(&now) > weight(before)) {
            *end = Some(now);
        }
    }
}

async fn reject(book: &M3Invoices, plans: &[Plan], ends: &mut [Option<Amended>]) {
    let Some(reason) = &book.settings.rejection_reason else { return };
    let ended: Vec<usize> = (0..plans.len()).filter(|at| plans[*at].invoice.is_none()).collect();
    let numbers: Vec<InvoiceBatchNumber> = ended.iter().filter_map(|at| number_of(&plans[*at]).ok()).collect();
    if numbers.is_empty() {
        return;
    }
    let mut answers = book.m3.invoices().reject(&numbers, reason).await.into_iter();
    for at in ended {
        note(&mut ends[at], vec![answers.next()]);
    }
}

async fn update_heads(book: &M3Invoices, plans: &[Plan], ends: &mut [Option<Amended>]) {
    let mut wanted: Vec<(usize, InvoiceChanges)> = Vec::new();
    for (at, plan) in plans.iter().enumerate() {
        let Some(invoice) = plan.invoice.as_ref().filter(|_| !plan.head.is_none()) else { continue };
        match number_of(plan).and_then(|number| head_changes(&number, plan, invoice)) {
            Ok(changes) => wanted.push((at, changes)),
            Err(failure) => ends[at] = Some(Amended::Refused(failure)),
        }
    }
    if wanted.is_empty() {
        return;
    }
    let (places, changes): (Vec<usize>, Vec<InvoiceChanges>) = wanted.into_iter().unzip();
    let mut answers = book.m3.invoices().update(&changes).await.into_iter();
    for at in places {
        note(&mut ends[at], vec![answers.next()]);
    }
}

fn head_changes(number: &InvoiceBatchNumber, plan: &Plan, invoice: &InvoiceDraft) -> Result<InvoiceChanges, Failure> {
    let (mut changes, head) = (InvoiceChanges::new(number), &plan.head);
    if let Some(number) = &head.invoice {
        changes = changes.supplier_invoice(number);
    }
    if let Some(day) = head.invoice_date {
        changes = changes.date(day);
    }
    if let Some(day) = head.due_date {
        changes = changes.due(day);
    }
    if let Some(day) = head.posting_date {
        changes = changes.accounting_date(day);
    }
    if let Some(amount) = head.total {
        changes = changes.amount(amount);
    }
    if let Some(amount) = head.tax {
        changes = changes.tax(amount);
    }
    if let [order] = invoice.orders().as_slice() {
        changes = changes.order(&OrderNumber::new(order).map_err(|error| invalid(&error))?);
    }
    Ok(changes)
}

/// Adds the lines of those whose heads were changed: until they are there, M3 books none of them, for they do not make
/// the head's amount.
async fn add_lines(book: &M3Invoices, plans: &[Plan], ends: &mut [Option<Amended>]) {
    let mut wanted: Vec<(usize, Vec<NewInvoiceLine>)> = Vec::new();
    for (at, plan) in plans.iter().enumerate() {
        let Some(invoice) = plan.invoice.as_ref().filter(|_| matches!(ends[at], None | Some(Amended::Done(_)))) else {
            continue;
        };
        let lines: Result<Vec<NewInvoiceLine>, Failure> = number_of(plan).and_then(|number| {
            let wanted = book.settings.lines(invoice);
            let added = plan.steps.iter().filter_map(|step| match step {
                LineStep::Add { place } => wanted.get(*place),
                LineStep::Change { .. } | LineStep::Remove { .. } => None,
            });
            added.map(|line| book.line(&number, line)).collect()
        });
        match lines {
            Ok(lines) if lines.is_empty() => {}
            Ok(lines) => wanted.push((at, lines)),
            Err(failure) => ends[at] = Some(Amended::Refused(failure)),
        }
    }
    let sent: Vec<NewInvoiceLine> = wanted.iter().flat_map(|(_, lines)| lines).cloned().collect();
    if sent.is_empty() {
        return;
    }
    let mut answers = book.m3.invoices().add_lines(&sent).await.into_iter();
    for (at, lines) in wanted {
        let answers = lines.iter().map(|_| answers.next()).collect();
        note(&mut ends[at], answers);
    }
}
