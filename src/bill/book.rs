//! What a product must be able to do for invoices to be made in it exactly once.

use async_trait::async_trait;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use sync_core::{Amended, ExternalRef, Failure};
use tenant_http::{RequestIds, Traced};

use super::draft::{InvoiceDraft, InvoiceLineDraft};
use super::revised::{Plan, Standing};
use super::sink::Prepared;

/// An invoice that is looked for: by supplier and number, and where the product can, by our reference.
#[derive(Clone, Copy)]
pub(crate) struct Sought<'a> {
    pub invoice: &'a InvoiceDraft,
    pub reference: &'a ExternalRef,
    /// Whether it may bear our reference under another supplier or number.
    pub may_be_renamed: bool,
}

/// The references of those that may bear them under another supplier or number.
pub(crate) fn references<'a>(sought: &[Sought<'a>]) -> Vec<&'a str> {
    sought.iter().filter(|one| one.may_be_renamed).map(|one| one.reference.as_str()).collect()
}

/// An invoice that is there under a supplier and number, or bears our reference.
#[allow(clippy::struct_excessive_bools)] // Independent things that a product shows of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Present {
    /// The product's own number of it.
    pub number: String,
    /// Whether it bears our reference under another supplier or number than what is looked for: only comparing the two
    /// tells what of it differs.
    pub renamed: bool,
    /// What stands where we write our reference.
    pub reference: Option<String>,
    /// All in all.
    pub amount: Option<Decimal>,
    pub currency: Option<String>,
    pub day: Option<NaiveDate>,
    /// Whether it is in the ledger, or past all that we do with it.
    pub finished: bool,
    /// Whether it shows nobody's reference, as what is only in a ledger: it may be ours, or what people typed in.
    pub hides_reference: bool,
    /// Whether it was rejected or cancelled, and binds nobody.
    pub void: bool,
    /// What the product finds wrong with it, for people.
    pub fault: Option<String>,
}

/// What was found by supplier and number, and what bears our references under others, each in its place.
pub(crate) fn with_renamed(
    sought: &[Sought<'_>],
    mut found: Vec<Vec<Present>>,
    by_reference: &[Present],
) -> Vec<Vec<Present>> {
    for (one, found) in sought.iter().zip(&mut found) {
        let ours = by_reference.iter().filter(|other| other.reference.as_deref() == Some(one.reference.as_str()));
        let renamed: Vec<&Present> =
            ours.filter(|other| !found.iter().any(|present| present.number == other.number)).collect();
        found.extend(renamed.into_iter().map(|present| Present { renamed: true, ..present.clone() }));
    }
    found
}

/// Why something was not done.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// The product itself refused it.
    Rejected(Failure),
    /// The product says that the supplier's number is taken, which may be by what we sent ourselves.
    Taken(Failure),
    /// It is proven that nothing was done.
    NotProcessed(Failure),
    /// It may have been done.
    Unknown(Failure),
}

impl Trouble {
    /// Of the trouble that an invoice's lines met, by their numbers from 1, the first refusal: it is final, whatever
    /// else went wrong; else the first. Without any, the requests that added them.
    pub fn worst(answers: impl Iterator<Item = (usize, Result<RequestIds, Self>)>) -> Result<RequestIds, Self> {
        let (mut request_ids, mut met) = (RequestIds::none(), Vec::new());
        for (line, answer) in answers {
            match answer {
                Ok(by) => request_ids.extend(by),
                Err(trouble) => met.push((line, trouble)),
            }
        }
        let first = met.into_iter().min_by_key(|(_, trouble)| !matches!(trouble, Self::Rejected(_)));
        let Some((line, trouble)) = first else { return Ok(request_ids) };
        let named = |failure: Failure| Failure { message: format!("line {line}: {}", failure.message), ..failure };
        Err(match trouble {
            Self::Rejected(failure) => Self::Rejected(named(failure)),
            Self::Taken(failure) => Self::Taken(named(failure)),
            Self::NotProcessed(failure) => Self::NotProcessed(named(failure)),
            Self::Unknown(failure) => Self::Unknown(named(failure)),
        })
    }
}

/// A line of an invoice that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineThere {
    pub amount: Decimal,
    /// Which of the invoice's lines it is, from 0, where the product tells.
    pub place: Option<usize>,
}

/// Lines that an invoice lacks.
pub(crate) struct Missing<'a> {
    /// The product's number of the invoice.
    pub number: &'a str,
    pub prepared: &'a Prepared,
    /// Their places, from 0.
    pub places: &'a [usize],
}

/// An invoice that was posted for a bill, and is to be compared with what the bill has become.
#[derive(Clone, Copy)]
pub(crate) struct Ours<'a> {
    /// The product's number of it.
    pub number: &'a str,
    pub reference: &'a ExternalRef,
    /// What was sent of it last, if the ledger has it.
    pub sent: Option<&'a InvoiceDraft>,
}

/// How such an invoice stands now.
#[derive(Debug, Clone)]
pub(crate) enum Now {
    /// It may be changed.
    Open(Box<Standing>),
    /// It is past all change, in the ledger for example.
    Closed {
        /// Why, for people.
        why: String,
        /// All of it, where the product shows that.
        standing: Option<Box<Standing>>,
    },
    /// It is there, and people typed it in.
    Foreign,
    /// It is not there any more.
    Gone,
}

/// Where the product keeps supplier invoices. Each method takes a batch and answers each item, in order.
#[async_trait]
pub(crate) trait InvoiceBook: Send + Sync {
    /// Where people look for an invoice, such as `APS450`.
    fn place(&self) -> &'static str;

    /// Whether an invoice has a field for the addresses of a bill's attachments.
    fn carries_attachments(&self) -> bool {
        false
    }

    /// Whether an invoice has payment terms.
    fn carries_terms(&self) -> bool {
        true
    }

    /// Whether an invoice is created together with its lines, all or nothing.
    fn creates_whole(&self) -> bool;

    /// Whether codes and amounts can be written at all.
    fn check(&self, invoice: &InvoiceDraft) -> Result<(), Failure>;

    /// What each of these waits for in the product, which people can see to; a failure if the product does not offer
    /// what it needs, or that cannot be told.
    async fn waits_for(&self, invoices: &[&InvoiceDraft]) -> Vec<Result<Vec<sync_core::Missing>, Failure>> {
        vec![Ok(Vec::new()); invoices.len()]
    }

    /// The invoices of these suppliers and numbers, also those that people have posted, ours or not; and of those that
    /// may be renamed, what bears our references under others ([`with_renamed`]), where the product can be asked for
    /// that: one question more for all of them.
    async fn find(&self, sought: &[Sought<'_>]) -> Vec<Result<Vec<Present>, Failure>>;

    /// The lines of these invoices.
    async fn lines(&self, invoices: &[(&str, Sought<'_>)]) -> Vec<Result<Vec<LineThere>, Failure>>;

    /// The lines of an invoice as the product is to hold them.
    fn wanted_lines(&self, invoice: &InvoiceDraft) -> Vec<InvoiceLineDraft> {
        invoice.lines.clone()
    }

    /// Makes invoices: their heads, or all of them where they are created whole. Answers the product's numbers, and its
    /// ids of the requests.
    async fn add(&self, invoices: &[&Prepared]) -> Vec<Result<Traced<String>, Trouble>>;

    /// Adds the lines that are missing. Trouble with one line is the trouble of its invoice.
    async fn add_lines(&self, invoices: &[Missing<'_>]) -> Vec<Result<RequestIds, Trouble>>;

    /// How invoices of ours stand now. One that cannot be found is `Gone` only if it is not in the ledger either.
    async fn now(&self, ours: &[Ours<'_>]) -> Vec<Result<Now, Failure>>;

    /// The number of a line that is added: above the highest that there is.
    fn line_number(&self) -> fn(place: usize, highest: i64) -> i64 {
        |_, highest| highest + 1
    }

    /// Why the product cannot carry out a plan for an invoice that stands so, for people; none if it can.
    fn refusal(&self, plan: &Plan, standing: &Standing) -> Option<String>;

    /// Carries out plans, each as far as it goes.
    async fn change(&self, plans: &[Plan]) -> Vec<Amended>;

    /// Whether it is ours to have invoices booked.
    fn books(&self) -> bool {
        false
    }

    /// Has invoices booked: taken, to be done later. May be asked again without harm.
    async fn finish(&self, numbers: &[&str]) -> Vec<Result<RequestIds, Trouble>> {
        vec![Ok(RequestIds::none()); numbers.len()]
    }
}
