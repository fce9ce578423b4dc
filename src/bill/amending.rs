//! Invoices of bills that were corrected, withdrawn or denied after they were posted.
//!
//! ```text
//! open, and ours -> compared with the bill, each difference named -> changed, or refused where the product cannot
//! in the ledger  -> never touched: people are told what differs, and correct it there
//! typed in       -> never touched either
//! ```
//!
//! Nothing is sent twice: after a lost answer the invoice is read and compared anew.

use std::collections::BTreeSet;

use serde_json::Value;
use sync_core::{Amended, Amendment, Compared, Difference, Failure, FailureKind, Handle};

use super::book::{InvoiceBook, Now, Ours, Sought};
use super::draft::{InvoiceDraft, InvoiceLineDraft};
use super::leftover::{changes, posting_days};
use super::revised::{Plan, Shown, Standing};
use super::sink::{InvoiceSink, invoice_of, no_answer};
use super::there::There;
use crate::failure::naming;

/// An amendment, as it can be compared.
struct Asked<'a> {
    amendment: &'a Amendment,
    sent: Option<InvoiceDraft>,
    /// The invoice that is wanted; none if it is to be cancelled.
    wanted: Option<InvoiceDraft>,
}

impl Asked<'_> {
    /// What of the bill is not as it was sent, in words; none if nothing is, or that is not known.
    fn changes(&self, wanted: &InvoiceDraft) -> Option<String> {
        let changes = changes(self.sent.as_ref()?, wanted);
        (!changes.is_empty()).then(|| changes.join("; "))
    }
}

fn refused(why: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Invalid, why)
}

fn files(sent: &InvoiceDraft, wanted: &InvoiceDraft) -> Difference {
    Difference { what: "attachments".to_owned(), before: sent.attachment_links(), after: wanted.attachment_links() }
}

/// What is booked of an invoice: without texts, links and attachments.
fn booked(invoice: &InvoiceDraft) -> InvoiceDraft {
    let plain = |line: &InvoiceLineDraft| InvoiceLineDraft { text: String::new(), order: None, ..line.clone() };
    InvoiceDraft { lines: invoice.lines.iter().map(plain).collect(), attachments: Vec::new(), ..invoice.clone() }
}

/// What is different from what was sent, and is not compared with what is there: payment terms, days that are not
/// shown, and the tax codes of lines that else stay the same.
fn uncompared(standing: &Standing, sent: &InvoiceDraft, wanted: &InvoiceDraft) -> Option<&'static str> {
    if sent.payment_terms != wanted.payment_terms {
        return Some("payment terms");
    }
    let posting = posting_days(sent, wanted);
    for (what, shown, sent, wanted) in [
        ("invoice date", standing.invoice_date, Some(sent.invoice_date), Some(wanted.invoice_date)),
        ("due date", standing.due_date, sent.due_date, wanted.due_date),
        ("posting date", standing.posting_date, posting.0, posting.1),
    ] {
        if sent != wanted && shown == Shown::Nowhere {
            return Some(what);
        }
    }
    let (sent, wanted) = (booked(sent), booked(wanted));
    let untaxed = |line: &InvoiceLineDraft| InvoiceLineDraft { tax_code: None, ..line.clone() };
    let retaxed = wanted
        .lines
        .iter()
        .any(|line| !sent.lines.contains(line) && sent.lines.iter().any(|other| untaxed(other) == untaxed(line)));
    retaxed.then_some("a line's tax code")
}

impl<B: InvoiceBook> InvoiceSink<B> {
    pub(super) async fn compare_all(&self, wanted: &[Amendment]) -> Vec<Compared> {
        let asked: Vec<Result<Asked<'_>, Failure>> = wanted.iter().map(|one| self.asked(one)).collect();
        let ours: Vec<Ours<'_>> = asked
            .iter()
            .flatten()
            .map(|asked| Ours {
                number: &asked.amendment.target.0,
                reference: &asked.amendment.reference,
                sent: asked.sent.as_ref(),
            })
            .collect();
        let mut now = if ours.is_empty() { Vec::new() } else { self.book.now(&ours).await }.into_iter();
        let mut compared = Vec::with_capacity(asked.len());
        for asked in &asked {
            compared.push(match asked {
                Err(failure) => Compared::Refused(failure.clone()),
                Ok(asked) => match now.next().unwrap_or_else(|| Err(no_answer())) {
                    Err(failure) => Compared::Unanswered(failure),
                    Ok(now) => self.compared(asked, &now).await.unwrap_or_else(Compared::Refused),
                },
            });
        }
        compared
    }

    fn asked<'a>(&self, amendment: &'a Amendment) -> Result<Asked<'a>, Failure> {
        let read = |document: &Option<Value>| {
            let invoice = document.as_ref().map(invoice_of).transpose()?;
            Ok::<_, Failure>(invoice.map(|invoice| self.carried(invoice)))
        };
        Ok(Asked { amendment, sent: read(&amendment.sent)?, wanted: read(&amendment.document)? })
    }

    /// An invoice without the payment terms that the product has no place for.
    pub(super) fn carried(&self, invoice: InvoiceDraft) -> InvoiceDraft {
        if self.book.carries_terms() { invoice } else { InvoiceDraft { payment_terms: None, ..invoice } }
    }

    async fn compared(&self, asked: &Asked<'_>, now: &Now) -> Result<Compared, Failure> {
        let (number, place) = (&asked.amendment.target, self.book.place());
        match (now, &asked.wanted) {
            (Now::Gone, None) => Ok(Compared::Same),
            (Now::Gone, Some(_)) => Err(refused(format!(
                "invoice {number} is not in {place} any more, and is not in its ledger: enter it by hand, if it is owed"
            ))),
            (Now::Open(standing), None) => self.cancellation(standing),
            (Now::Open(standing), Some(wanted)) => self.change_of(asked, standing, wanted).await,
            (Now::Closed { why, .. }, None) => {
                Err(refused(format!("invoice {number} {why}, and is never touched: enter a credit note by hand")))
            }
            (Now::Closed { why, standing }, Some(wanted)) => self.closed(asked, why, standing.as_deref(), wanted),
            (Now::Foreign, None) => Err(refused(format!(
                "invoice {number} was typed into {place} by hand, and is never touched: delete or reverse it there"
            ))),
            (Now::Foreign, Some(wanted)) => {
                let why = format!("was typed into {place} by hand");
                self.closed(asked, &why, None, wanted)
            }
        }
    }

    fn cancellation(&self, standing: &Standing) -> Result<Compared, Failure> {
        if standing.cancelled {
            return Ok(Compared::Same);
        }
        let (plan, differences) = Plan::cancelling(standing);
        self.differs(&plan, standing, differences)
    }

    /// An invoice that may not be changed: the same as it is wanted, or told with what differs.
    fn closed(
        &self,
        asked: &Asked<'_>,
        why: &str,
        standing: Option<&Standing>,
        wanted: &InvoiceDraft,
    ) -> Result<Compared, Failure> {
        let number = &asked.amendment.target;
        let closed = format!("invoice {number} {why}, and is never touched: correct it by hand");
        let files = self.unsure_files(asked, wanted).filter(|files| files.before != files.after);
        if let Some(standing) = standing {
            let (_, mut differences) = self.plan(standing, wanted);
            differences.extend(files);
            let hidden = asked.sent.as_ref().filter(|sent| uncompared(standing, sent, wanted).is_some());
            return match hidden {
                None if differences.is_empty() => Ok(Compared::Same),
                Some(sent) if differences.is_empty() => {
                    Err(refused(format!("{closed} ({})", changes(sent, wanted).join("; "))))
                }
                _ => Err(naming(refused(closed), &differences)),
            };
        }
        let sent = asked.sent.as_ref();
        // Of what shows no lines it is known only from what was sent, and not at all if that was being changed.
        let is_as_booked = sent.is_some_and(|sent| changes(&booked(sent), &booked(wanted)).is_empty());
        if files.is_none() && is_as_booked && !asked.amendment.unsettled {
            return Ok(Compared::Same);
        }
        let told: Vec<String> = asked.changes(wanted).into_iter().chain(files.map(|files| files.to_string())).collect();
        let told = if told.is_empty() {
            "it may have been changed in part before: compare it with the bill".to_owned()
        } else {
            told.join("; ")
        };
        Err(refused(format!("{closed} ({told})")))
    }

    /// The addresses of attachments, if an invoice has them in a field and they are not those that were sent.
    pub(super) fn other_files(&self, sent: &InvoiceDraft, wanted: &InvoiceDraft) -> Option<Difference> {
        let same = sent.attachments.iter().collect::<BTreeSet<_>>() == wanted.attachments.iter().collect();
        (self.book.carries_attachments() && !same).then(|| files(sent, wanted))
    }

    /// The addresses of attachments, as [`other_files`](Self::other_files), or if it is not known whether they were
    /// sent. They are not read again.
    fn unsure_files(&self, asked: &Asked<'_>, wanted: &InvoiceDraft) -> Option<Difference> {
        let sent = asked.sent.as_ref().filter(|_| self.book.carries_attachments())?;
        let unsure = asked.amendment.unsettled && !wanted.attachments.is_empty();
        self.other_files(sent, wanted).or_else(|| unsure.then(|| files(sent, wanted)))
    }

    fn plan(&self, standing: &Standing, wanted: &InvoiceDraft) -> (Plan, Vec<Difference>) {
        Plan::amending(standing, wanted, &self.book.wanted_lines(wanted), self.book.line_number())
    }

    async fn change_of(
        &self,
        asked: &Asked<'_>,
        standing: &Standing,
        wanted: &InvoiceDraft,
    ) -> Result<Compared, Failure> {
        let (number, place) = (&standing.number, self.book.place());
        let since = asked.changes(wanted).map(|all| format!(" ({all})")).unwrap_or_default();
        for (what, there, wanted) in
            [("supplier", &standing.supplier, &wanted.supplier), ("currency", &standing.currency, &wanted.currency)]
        {
            if let Some(there) = there.as_ref().filter(|there| there.trim() != wanted.trim()) {
                return Err(refused(format!(
                    "invoice {number} in {place} is of {what} {there}, and the bill now of {wanted}: end the one there, and \
                     enter the other by hand{since}"
                )));
            }
        }
        if let Some(what) = asked.sent.as_ref().and_then(|sent| uncompared(standing, sent, wanted)) {
            return Err(refused(format!(
                "{what} is not the same any more, which is not changed in an invoice that exists: correct invoice {number} \
                 in {place} by hand{since}"
            )));
        }
        if standing.lines.is_none() {
            return Err(refused(format!(
                "it cannot be told which of the bill's lines invoice {number} in {place} holds, or it was changed by hand: \
                 correct it there{since}"
            )));
        }
        let (mut plan, mut differences) = self.plan(standing, wanted);
        if let Some(files) = self.unsure_files(asked, wanted) {
            plan.head.attachments = Some(files.after.clone().unwrap_or_default());
            differences.push(files);
        }
        if plan.head.invoice.is_some()
            && let Some(answer) = self.taken(asked, standing, wanted).await
        {
            return match answer {
                Compared::Refused(why) => Err(naming(why, &differences)),
                answer => Ok(answer),
            };
        }
        self.differs(&plan, standing, differences)
    }

    /// What is to be said if another invoice of the supplier has the number that this one is to get, or if that is not
    /// known; none if it is free.
    async fn taken(&self, asked: &Asked<'_>, standing: &Standing, wanted: &InvoiceDraft) -> Option<Compared> {
        let sought = Sought { invoice: wanted, reference: &asked.amendment.reference, may_be_renamed: false };
        let mut found = match self.book.find(&[sought]).await.pop().unwrap_or_else(|| Err(no_answer())) {
            Ok(found) => found,
            Err(failure) => return Some(Compared::Unanswered(failure)),
        };
        found.retain(|present| present.number != standing.number);
        match self.foreign(&sought, &found) {
            There::Nothing => None,
            There::Foreign(why) => Some(Compared::Refused(refused(why))),
            _ => Some(Compared::Refused(refused(format!(
                "invoice {} of supplier {} is in {} already: one of the two is a duplicate",
                wanted.number,
                wanted.supplier,
                self.book.place()
            )))),
        }
    }

    fn differs(&self, plan: &Plan, standing: &Standing, differences: Vec<Difference>) -> Result<Compared, Failure> {
        if differences.is_empty() && plan.head.is_none() && plan.steps.is_empty() {
            return Ok(Compared::Same);
        }
        if let Some(why) = self.book.refusal(plan, standing) {
            return Err(naming(refused(why), &differences));
        }
        // What is never written, as finance typed it in, need not be something that we could write.
        if let Some(wanted) = &plan.invoice {
            self.book.check(wanted).map_err(|why| naming(why, &differences))?;
        }
        let handle = serde_json::to_value(plan)
            .map_err(|error| Failure::new(FailureKind::Other, format!("the changes cannot be kept: {error}")))?;
        Ok(Compared::Differs { handle: Handle(handle), differences })
    }

    pub(super) async fn amend_all(&self, handles: &[Handle]) -> Vec<Amended> {
        let plans: Vec<Result<Plan, serde_json::Error>> =
            handles.iter().map(|handle| serde_json::from_value(handle.0.clone())).collect();
        let read: Vec<Plan> = plans.iter().flatten().cloned().collect();
        let mut changed = if read.is_empty() { Vec::new() } else { self.book.change(&read).await }.into_iter();
        plans
            .into_iter()
            .map(|plan| match plan {
                Ok(_) => changed.next().unwrap_or_else(|| Amended::Unknown(no_answer())),
                Err(error) => {
                    Amended::NotDone(Failure::new(FailureKind::Other, format!("the changes are lost: {error}")))
                }
            })
            .collect()
    }
}
