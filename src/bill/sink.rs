//! Invoices into a product that has no staging for them, each exactly once.
//!
//! ```text
//! stage:  nothing is made; what an earlier attempt left is found by supplier, number and our reference
//! commit: add heads, add lines, have them booked where that is ours to do
//! settle: no certain answer: an invoice that is there with all its lines was made; one that is not there, or not
//!         whole, at two lookups a settle time apart is made by the next attempt, from where the last one stopped
//! ```
//!
//! So the settle time must be longer than a call may stay under way. What an earlier attempt left is completed only if
//! the bill still is what was sent then; if not, a person decides, and nothing else is made meanwhile. An invoice that
//! people have entered themselves is linked if it is the same, and left to a person if it is not.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sync_core::sink::UNNAMED;
use sync_core::{
    Amended, Amendment, Committed, Compared, Draft, ExternalRef, Failure, FailureKind, Found, Handle, Lookup,
    RequestIds, Sink, Staged, TargetRef,
};

use super::book::{InvoiceBook, Missing, Sought, Trouble};
use super::draft::InvoiceDraft;
use super::there::There;
use crate::failure::stands_in_a_plan;

/// An invoice ready to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Prepared {
    pub reference: ExternalRef,
    pub invoice: InvoiceDraft,
    /// What an earlier attempt left of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left: Option<Left>,
}

/// An invoice's head that is there, and the places of the lines that are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Left {
    pub number: String,
    pub missing: Vec<usize>,
}

impl Prepared {
    fn read(handle: &Handle) -> Result<Self, Failure> {
        serde_json::from_value(handle.0.clone())
            .map_err(|error| Failure::new(FailureKind::Invalid, format!("the ledger's handle cannot be read: {error}")))
    }

    pub(super) fn sought(&self) -> Sought<'_> {
        Sought { invoice: &self.invoice, reference: &self.reference, may_be_renamed: true }
    }
}

/// Makes invoices in a product.
pub(crate) struct InvoiceSink<B> {
    pub(super) book: B,
}

impl<B: InvoiceBook> InvoiceSink<B> {
    pub fn new(book: B) -> Self {
        Self { book }
    }

    fn found(&self, there: Result<There, Failure>, asked: &Asked) -> Found {
        match there {
            Err(failure) => Found::Unanswered(failure),
            Ok(There::Whole(present)) => Found::Found(TargetRef(present.number)),
            Ok(There::Part(left)) if !self.book.books() && left.missing.is_empty() => {
                Found::Found(TargetRef(left.number))
            }
            // Later only what shows nobody's reference can be ours; what people typed waits until it is sure that ours
            // will not come too.
            Ok(There::Same(present)) if asked.before || present.hides_reference => {
                Found::Found(TargetRef(present.number))
            }
            // What is not whole counts for nothing yet; the next attempt completes it.
            Ok(There::Part(_)) => Found::InPart,
            Ok(There::Nothing | There::Same(_)) => Found::Absent,
            Ok(There::Other(why) | There::Foreign(why) | There::Void(why)) => {
                Found::Differs(Failure::new(FailureKind::Other, why))
            }
        }
    }
}

/// A question, as it can be asked.
struct Asked {
    prepared: Prepared,
    /// Whether it is asked before anything is sent in this attempt.
    before: bool,
    /// What an earlier attempt sent.
    earlier: Option<Prepared>,
}

impl Asked {
    fn new(lookup: &Lookup) -> Result<Self, Failure> {
        if let Some(handle) = &lookup.handle {
            return Ok(Self { prepared: Prepared::read(handle)?, before: false, earlier: None });
        }
        let document = lookup.document.as_ref().ok_or_else(|| {
            Failure::new(FailureKind::Other, "an invoice can be looked for by its supplier and number only")
        })?;
        let invoice = invoice_of(document)?;
        let earlier = lookup.earlier.as_ref().map(Prepared::read).transpose()?;
        Ok(Self {
            prepared: Prepared { reference: lookup.reference.clone(), invoice, left: None },
            before: true,
            earlier,
        })
    }
}

pub(super) fn invoice_of(document: &serde_json::Value) -> Result<InvoiceDraft, Failure> {
    serde_json::from_value(document.clone())
        .map_err(|error| Failure::new(FailureKind::Invalid, format!("the draft cannot be read: {error}")))
}

pub(super) fn no_answer() -> Failure {
    Failure::new(FailureKind::Other, "there is no answer for this invoice")
}

fn answered<T>(answers: &mut impl Iterator<Item = Result<T, Trouble>>) -> Result<T, Trouble> {
    answers.next().unwrap_or_else(|| Err(Trouble::Unknown(no_answer())))
}

/// A draft that is being staged.
struct Staging<'a> {
    draft: &'a Draft,
    prepared: Prepared,
    /// What an earlier attempt sent of it.
    earlier: Option<Prepared>,
}

/// What one commit does of an invoice, step by step.
struct Making {
    prepared: Prepared,
    /// The places of the lines that are to be added.
    places: Vec<usize>,
    /// The product's number, once the head is there.
    number: Option<String>,
    /// The product's ids of the requests so far.
    request_ids: RequestIds,
    /// The end of it, once that is reached.
    end: Option<Committed>,
}

impl<B: InvoiceBook> InvoiceSink<B> {
    /// Makes the heads that are not there yet.
    async fn make_heads(&self, making: &mut [Making]) {
        let new: Vec<&Prepared> = making.iter().filter(|one| one.number.is_none()).map(|one| &one.prepared).collect();
        if new.is_empty() {
            return;
        }
        let mut added = self.book.add(&new).await.into_iter();
        let mut taken = Vec::new();
        for one in making.iter_mut().filter(|one| one.number.is_none()) {
            match answered(&mut added) {
                Ok(number) => {
                    one.number = Some(number.value);
                    one.request_ids.extend(number.request_ids.iter());
                }
                Err(Trouble::Rejected(failure)) => one.end = Some(Committed::Rejected(failure)),
                Err(Trouble::Taken(failure)) => taken.push((one, failure)),
                Err(Trouble::NotProcessed(failure)) => one.end = Some(Committed::NotProcessed(failure)),
                Err(Trouble::Unknown(failure)) => one.end = Some(Committed::Unknown(failure)),
            }
        }
        let sought: Vec<Sought<'_>> = taken.iter().map(|(one, _)| one.prepared.sought()).collect();
        let mut there = self.look(&sought).await.into_iter();
        for (one, failure) in taken {
            one.end = Some(match there.next() {
                Some(Ok(There::Nothing)) => Committed::Rejected(self.taken_by_none(failure)),
                // The doubt finds out what has it.
                _ => Committed::Unknown(failure),
            });
        }
    }

    /// The product does not take a number that nothing binds, such as that of an invoice that was rejected.
    fn taken_by_none(&self, failure: Failure) -> Failure {
        let message = format!(
            "{} (nothing that is owed has that number in {}: if it is one that was rejected there, or another invoice of \
             that number, free the number or enter the invoice by hand, then replay the bill)",
            failure.message,
            self.book.place()
        );
        Failure { message, ..failure }
    }

    async fn make_lines(&self, making: &mut [Making]) {
        let missing: Vec<Missing<'_>> = making
            .iter()
            .filter_map(|one| {
                Some(Missing { number: one.number.as_deref()?, prepared: &one.prepared, places: &one.places })
            })
            .collect();
        if missing.is_empty() || self.book.creates_whole() {
            return;
        }
        let mut added = self.book.add_lines(&missing).await.into_iter();
        for one in making.iter_mut() {
            let Some(number) = &one.number else { continue };
            one.end = match answered(&mut added) {
                Ok(by) => {
                    one.request_ids.extend(by.iter());
                    continue;
                }
                Err(Trouble::Rejected(failure)) => Some(Committed::RejectedInPart(self.left_behind(number, failure))),
                // The head is there: what has become of the lines is found out before any is added again.
                Err(Trouble::NotProcessed(failure) | Trouble::Taken(failure) | Trouble::Unknown(failure)) => {
                    Some(Committed::Unknown(failure))
                }
            };
        }
    }

    fn left_behind(&self, number: &str, failure: Failure) -> Failure {
        let message = format!(
            "{} (invoice {number} stays in {} without all its lines: replay the bill once the cause is mended, and it is \
             completed, or delete it there)",
            failure.message,
            self.book.place()
        );
        Failure { message, ..failure }
    }

    fn not_booked(&self, number: &str, failure: Failure) -> Failure {
        let message = format!(
            "{} (invoice {number} stays in {} and is not booked: replay the bill once the cause is mended)",
            failure.message,
            self.book.place()
        );
        Failure { message, ..failure }
    }

    async fn finish(&self, making: &mut [Making]) {
        let open = |one: &Making| one.end.is_none() && one.number.is_some();
        let numbers: Vec<&str> =
            making.iter().filter(|one| open(one)).filter_map(|one| one.number.as_deref()).collect();
        if numbers.is_empty() {
            return;
        }
        let mut finished = self.book.finish(&numbers).await.into_iter();
        for one in making.iter_mut().filter(|one| open(one)) {
            let number = one.number.clone().unwrap_or_default();
            one.end = Some(match answered(&mut finished) {
                Ok(by) => {
                    one.request_ids.extend(by.iter());
                    let by = std::mem::take(&mut one.request_ids);
                    if self.book.books() { Committed::Accepted(by) } else { Committed::Created(TargetRef(number), by) }
                }
                Err(Trouble::Rejected(failure)) => Committed::RejectedInPart(self.not_booked(&number, failure)),
                Err(Trouble::NotProcessed(failure) | Trouble::Taken(failure) | Trouble::Unknown(failure)) => {
                    Committed::Unknown(failure)
                }
            });
        }
    }
}

#[async_trait]
impl<B: InvoiceBook> Sink for InvoiceSink<B> {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let asked: Vec<Result<Asked, Failure>> = wanted.iter().map(Asked::new).collect();
        let sought: Vec<Sought<'_>> = asked.iter().flatten().map(|asked| asked.prepared.sought()).collect();
        let mut there = self.look(&sought).await.into_iter();
        let wanted: Vec<(Option<&Prepared>, &InvoiceDraft)> =
            asked.iter().flatten().map(|asked| (asked.earlier.as_ref(), &asked.prepared.invoice)).collect();
        let mut leftovers = self.leftovers(&wanted).await.into_iter();
        let answer = |asked: &Result<Asked, Failure>| {
            let asked = match asked {
                Err(failure) => return Found::Unanswered(failure.clone()),
                Ok(asked) => asked,
            };
            let there = there.next().unwrap_or_else(|| Err(no_answer()));
            match leftovers.next().unwrap_or_else(|| Err(no_answer())) {
                Err(failure) => Found::Unanswered(failure),
                Ok(Some(leftover)) => Found::Differs(leftover),
                Ok(None) => self.found(there, asked),
            }
        };
        asked.iter().map(answer).collect()
    }

    /// Staging sends nothing.
    async fn check(&self, drafts: &[Draft]) -> Vec<Option<Staged>> {
        self.stage(drafts).await.into_iter().map(|staged| Some(staged).filter(stands_in_a_plan)).collect()
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        let read: Vec<Result<Staging<'_>, Failure>> = drafts.iter().map(|draft| self.read(draft)).collect();
        let staging: Vec<&Staging<'_>> = read.iter().flatten().collect();
        let invoices: Vec<&InvoiceDraft> = staging.iter().map(|one| &one.prepared.invoice).collect();
        let mut waits_for = self.book.waits_for(&invoices).await.into_iter();
        let mut there = self.look_again(&staging).await.into_iter();
        let answer = |one: &Result<Staging<'_>, Failure>| {
            let one = match one {
                Ok(one) => one,
                Err(failure) => return Staged::Rejected(failure.clone()),
            };
            let (there, leftover) = there.next().unwrap_or_else(|| (Err(no_answer()), Ok(None)));
            match (waits_for.next().unwrap_or_else(|| Err(no_answer())), leftover) {
                (Err(failure), _) | (_, Err(failure)) => Staged::NotStaged(failure),
                (_, Ok(Some(leftover))) => Staged::Blocked(leftover),
                (Ok(missing), _) if !missing.is_empty() => Staged::Held(missing),
                _ => self.staged(&one.prepared, one.earlier.as_ref(), there),
            }
        };
        read.iter().map(answer).collect()
    }

    fn known_by(&self, handle: &Handle) -> Option<String> {
        Some(Prepared::read(handle).ok()?.invoice.known_by())
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let read: Vec<Result<Prepared, Failure>> = handles.iter().map(Prepared::read).collect();
        let mut making: Vec<Making> = read
            .iter()
            .flatten()
            .map(|prepared| Making {
                number: prepared.left.as_ref().map(|left| left.number.clone()),
                places: match &prepared.left {
                    Some(left) => left.missing.clone(),
                    None => (0..self.book.wanted_lines(&prepared.invoice).len()).collect(),
                },
                prepared: prepared.clone(),
                request_ids: RequestIds::none(),
                end: None,
            })
            .collect();
        self.make_heads(&mut making).await;
        self.make_lines(&mut making).await;
        self.finish(&mut making).await;
        let mut made = making.into_iter();
        read.into_iter()
            .map(|prepared| match prepared {
                Err(failure) => Committed::NotProcessed(failure),
                Ok(_) => made.next().and_then(|one| one.end).unwrap_or_else(|| Committed::Unknown(no_answer())),
            })
            .collect()
    }

    async fn compare(&self, wanted: &[Amendment]) -> Vec<Compared> {
        self.compare_all(wanted).await
    }

    async fn amend(&self, handles: &[Handle]) -> Vec<Amended> {
        self.amend_all(handles).await
    }

    async fn left_behind(&self, handles: &[Handle]) -> Vec<Result<Option<Failure>, Failure>> {
        let read: Vec<Result<Prepared, Failure>> = handles.iter().map(Prepared::read).collect();
        let sought: Vec<Sought<'_>> = read.iter().flatten().map(Prepared::sought).collect();
        let mut there = self.look(&sought).await.into_iter();
        read.iter()
            .map(|prepared| {
                let prepared = prepared.as_ref().map_err(Clone::clone)?;
                let there = there.next().unwrap_or_else(|| Err(no_answer()))?;
                let why = match there {
                    There::Other(why) => Some(why),
                    there => {
                        let left = self.standing(prepared, there);
                        left.map(|left| format!("{left}: delete it there, then replay the bill"))
                    }
                };
                Ok(why.map(|why| Failure::new(FailureKind::Other, why)))
            })
            .collect()
    }

    fn describe(&self, handle: &Handle) -> String {
        match Prepared::read(handle) {
            Ok(Prepared { reference, invoice, .. }) => format!(
                "invoice {} of supplier {}, with the reference {reference}, in {}",
                invoice.number,
                invoice.supplier,
                self.book.place()
            ),
            Err(_) => UNNAMED.to_owned(),
        }
    }
}

impl<B: InvoiceBook> InvoiceSink<B> {
    fn read<'a>(&self, draft: &'a Draft) -> Result<Staging<'a>, Failure> {
        let invoice = invoice_of(&draft.document)?;
        self.book.check(&invoice)?;
        let earlier = draft.earlier.as_ref().map(Prepared::read).transpose()?;
        Ok(Staging { draft, prepared: Prepared { reference: draft.reference.clone(), invoice, left: None }, earlier })
    }

    /// What is there of these, and why what was sent of them earlier forbids that they are made; nothing of those that
    /// were not there a moment ago.
    async fn look_again(
        &self,
        staging: &[&Staging<'_>],
    ) -> Vec<(Result<There, Failure>, Result<Option<Failure>, Failure>)> {
        let asked = || staging.iter().filter(|one| !one.draft.absent);
        // Of what was never sent, nothing can bear our reference that was not found before this attempt.
        let sought: Vec<Sought<'_>> =
            asked().map(|one| Sought { may_be_renamed: one.earlier.is_some(), ..one.prepared.sought() }).collect();
        let mut there = self.look(&sought).await.into_iter();
        let sent: Vec<(Option<&Prepared>, &InvoiceDraft)> =
            asked().map(|one| (one.earlier.as_ref(), &one.prepared.invoice)).collect();
        let mut leftovers = self.leftovers(&sent).await.into_iter();
        let mut answer = |one: &&Staging<'_>| {
            if one.draft.absent {
                return (Ok(There::Nothing), Ok(None));
            }
            let there = there.next().unwrap_or_else(|| Err(no_answer()));
            (there, leftovers.next().unwrap_or_else(|| Err(no_answer())))
        };
        staging.iter().map(&mut answer).collect()
    }

    fn staged(&self, prepared: &Prepared, earlier: Option<&Prepared>, there: Result<There, Failure>) -> Staged {
        let left = match there {
            Err(failure) => return Staged::NotStaged(failure),
            Ok(There::Nothing) => None,
            Ok(There::Part(left)) if earlier.is_none() && !left.missing.is_empty() => {
                let why = format!(
                    "invoice {} of supplier {} is in {} already as {}, without all its lines, and it is not known what was \
                     sent then: complete or delete it there, then replay the bill",
                    prepared.invoice.number,
                    prepared.invoice.supplier,
                    self.book.place(),
                    left.number
                );
                return Staged::Blocked(Failure::new(FailureKind::Other, why));
            }
            Ok(There::Part(left)) => Some(left),
            Ok(There::Whole(present)) if present.renamed => {
                let why = format!(
                    "{} in {} bears this bill's reference {}, under another supplier or number: replay the bill to link \
                     it",
                    present.number,
                    self.book.place(),
                    prepared.reference
                );
                return Staged::Blocked(Failure::new(FailureKind::Other, why));
            }
            Ok(There::Whole(present)) => Some(Left { number: present.number, missing: Vec::new() }),
            Ok(There::Same(present)) => {
                let why = format!(
                    "invoice {} of supplier {} was entered as {} in {} meanwhile: replay the bill to link it",
                    prepared.invoice.number,
                    prepared.invoice.supplier,
                    present.number,
                    self.book.place()
                );
                return Staged::Blocked(Failure::new(FailureKind::Other, why));
            }
            Ok(There::Other(why) | There::Foreign(why) | There::Void(why)) => {
                return Staged::Blocked(Failure::new(FailureKind::Other, why));
            }
        };
        match serde_json::to_value(Prepared { left, ..prepared.clone() }) {
            Ok(handle) => Handle(handle).into(),
            Err(error) => Staged::NotStaged(Failure::new(FailureKind::Other, error.to_string())),
        }
    }
}
