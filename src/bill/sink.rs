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
//! the bill still is what was sent then; if not, a person decides, and nothing else is made meanwhile. An invoice that people have entered themselves is
//! linked if it is the same, and left to a person if it is not.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::Datelike;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sync_core::sink::UNNAMED;
use sync_core::{Committed, Draft, ExternalRef, Failure, FailureKind, Found, Handle, Lookup, Sink, Staged, TargetRef};

use super::book::{InvoiceBook, LineThere, Missing, Present, Sought, Trouble};
use super::draft::{InvoiceDraft, InvoiceLineDraft};
use super::leftover::changes;

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
struct Left {
    number: String,
    missing: Vec<usize>,
}

impl Prepared {
    fn read(handle: &Handle) -> Result<Self, Failure> {
        serde_json::from_value(handle.0.clone())
            .map_err(|error| Failure::new(FailureKind::Invalid, format!("the ledger's handle cannot be read: {error}")))
    }

    fn sought(&self) -> Sought<'_> {
        Sought { invoice: &self.invoice, reference: &self.reference }
    }
}

/// Makes invoices in a product.
pub(crate) struct InvoiceSink<B> {
    book: B,
}

/// What is there of an invoice.
enum There {
    Nothing,
    /// Ours, with so many of its lines; the last of all it needs may be missing.
    Part(Left),
    /// Ours, and whole.
    Whole(Present),
    /// Not ours, but the very same.
    Same(Present),
    /// Ours, but not as it should be, in words.
    Other(String),
    /// Somebody else's, in words.
    Foreign(String),
}

impl<B: InvoiceBook> InvoiceSink<B> {
    pub fn new(book: B) -> Self {
        Self { book }
    }

    /// What is there of each of these.
    async fn look(&self, sought: &[Sought<'_>]) -> Vec<Result<There, Failure>> {
        if sought.is_empty() {
            return Vec::new();
        }
        let found = self.book.find(sought).await;
        let mut ours: Vec<(usize, Present)> = Vec::new();
        let mut there: Vec<Result<There, Failure>> = Vec::with_capacity(sought.len());
        for (place, (one, found)) in sought.iter().zip(found).enumerate() {
            there.push(found.map(|found| {
                let (mut mine, others): (Vec<_>, Vec<_>) =
                    found.into_iter().partition(|present| present.reference.as_deref() == Some(one.reference.as_str()));
                match (mine.pop(), mine.is_empty()) {
                    (Some(_), false) => There::Other(self.twice(one)),
                    (Some(present), true) => {
                        ours.push((place, present));
                        There::Nothing
                    }
                    (None, _) => self.foreign(one, &others),
                }
            }));
        }
        for (place, judged) in self.judge(sought, ours).await {
            there[place] = judged;
        }
        there.resize_with(sought.len(), || Err(no_answer()));
        there
    }

    /// Why these cannot be made: what an earlier attempt sent of them, when the bills were something else, is there.
    async fn leftovers(&self, wanted: &[(Option<&Prepared>, &InvoiceDraft)]) -> Vec<Result<Option<Failure>, Failure>> {
        let changed: Vec<Option<(&Prepared, Vec<String>)>> = wanted
            .iter()
            .map(|(earlier, invoice)| Some(((*earlier)?, changes(&(*earlier)?.invoice, invoice))))
            .map(|changed| changed.filter(|(_, changes)| !changes.is_empty()))
            .collect();
        let sought: Vec<Sought<'_>> = changed.iter().flatten().map(|(earlier, _)| earlier.sought()).collect();
        let mut there = self.look(&sought).await.into_iter();
        let mut leftover = |(earlier, changes): &(&Prepared, Vec<String>)| {
            let number = match there.next().unwrap_or_else(|| Err(no_answer()))? {
                There::Nothing | There::Foreign(_) => return Ok(None),
                There::Part(left) => left.number,
                There::Whole(present) | There::Same(present) => present.number,
                There::Other(why) => return Ok(Some(Failure::new(FailureKind::Other, why))),
            };
            let why = format!(
                "an earlier attempt left invoice {} of supplier {} in {} as {number}, and the bill has changed since ({}): \
                 delete it there, or make the bill what it was, then replay the bill",
                earlier.invoice.number,
                earlier.invoice.supplier,
                self.book.place(),
                changes.join("; ")
            );
            Ok(Some(Failure::new(FailureKind::Other, why)))
        };
        changed.iter().map(|changed| changed.as_ref().map_or(Ok(None), &mut leftover)).collect()
    }

    /// Whether our invoices that are there are whole.
    async fn judge(&self, sought: &[Sought<'_>], ours: Vec<(usize, Present)>) -> Vec<(usize, Result<There, Failure>)> {
        let open: Vec<(&str, Sought<'_>)> = ours
            .iter()
            .filter(|(_, present)| !self.is_past(present))
            .map(|(place, present)| (present.number.as_str(), sought[*place]))
            .collect();
        let mut lines = if open.is_empty() { Vec::new() } else { self.book.lines(&open).await }.into_iter();
        let judged: Vec<_> = ours
            .iter()
            .map(|(place, present)| {
                if self.is_past(present) {
                    return (*place, Ok(There::Whole(present.clone())));
                }
                let lines = lines.next().unwrap_or_else(|| Err(no_answer()));
                (*place, lines.map(|lines| self.part(&sought[*place], present, &lines)))
            })
            .collect();
        judged
    }

    fn is_past(&self, present: &Present) -> bool {
        present.finished || self.book.creates_whole()
    }

    /// What an invoice of ours lacks, if it is what is wanted now.
    fn part(&self, sought: &Sought<'_>, present: &Present, lines: &[LineThere]) -> There {
        let (number, place) = (&present.number, self.book.place());
        let same_head = present.amount.is_none_or(|amount| amount == sought.invoice.total);
        let missing = missing(&self.book.wanted_lines(sought.invoice), lines).filter(|_| same_head);
        match (missing, &present.fault) {
            (Some(missing), Some(fault)) if missing.is_empty() => There::Other(format!(
                "invoice {number} in {place} has an error ({fault}): mend it there, then replay the bill"
            )),
            (Some(missing), _) => There::Part(Left { number: number.clone(), missing }),
            (None, _) => There::Other(format!(
                "invoice {number} in {place} is this bill's, but it cannot be told which of the bill's lines it holds, or \
                 one of the two was changed since: complete or delete it there, then replay the bill"
            )),
        }
    }

    /// What invoices are that bear another reference than ours, or none.
    fn foreign(&self, sought: &Sought<'_>, others: &[Present]) -> There {
        let invoice = sought.invoice;
        // Suppliers that count anew each year use a number again.
        let of_another_year = |present: &&Present| {
            let other_year = present.day.is_some_and(|day| day.year() != invoice.invoice_date.year());
            other_year && present.amount.is_some_and(|amount| amount != invoice.total)
        };
        let others: Vec<&Present> = others.iter().filter(|present| !of_another_year(present)).collect();
        let Some(first) = others.first() else { return There::Nothing };
        let of_another_bill = |present: &&&Present| {
            let begins_alike = |reference: &str| reference.get(..4) == sought.reference.as_str().get(..4);
            present.reference.as_deref().is_some_and(begins_alike)
        };
        if let Some(other) = others.iter().find(of_another_bill) {
            return There::Foreign(format!(
                "invoice {} of supplier {} is in {} already as {}, from another bill of Procurify: one of the two bills is \
                 a duplicate",
                invoice.number,
                invoice.supplier,
                self.book.place(),
                other.number
            ));
        }
        match others.iter().find(|present| is_same(present, invoice)) {
            Some(same) => There::Same((*same).clone()),
            None => There::Foreign(format!(
                "invoice {} of supplier {} was entered by hand as {} in {}, with {}, where the bill has {} {} of {}: \
                 correct one of the two, then replay the bill",
                invoice.number,
                invoice.supplier,
                first.number,
                self.book.place(),
                first.words(),
                invoice.currency,
                invoice.total,
                invoice.invoice_date
            )),
        }
    }

    fn twice(&self, sought: &Sought<'_>) -> String {
        format!(
            "invoice {} of supplier {} is in {} twice under the reference {}: delete one of the two",
            sought.invoice.number,
            sought.invoice.supplier,
            self.book.place(),
            sought.reference
        )
    }

    fn found(&self, there: Result<There, Failure>, asked: &Asked) -> Found {
        match there {
            Err(failure) => Found::Unanswered(failure),
            Ok(There::Whole(present)) => Found::Found(TargetRef(present.number)),
            Ok(There::Part(left)) if !self.book.books() && left.missing.is_empty() => {
                Found::Found(TargetRef(left.number))
            }
            // Later only what is posted, and shows nobody's reference there, can be ours; what people typed waits until
            // it is sure that ours will not come too.
            Ok(There::Same(present)) if asked.before || present.hides_reference() => {
                Found::Found(TargetRef(present.number))
            }
            // What is not whole counts for nothing yet; the next attempt completes it.
            Ok(There::Nothing | There::Part(_) | There::Same(_)) => Found::Absent,
            Ok(There::Other(why) | There::Foreign(why)) => Found::Differs(Failure::new(FailureKind::Other, why)),
        }
    }
}

/// The places of the lines that are not there; none if that cannot be told, or if other lines are there.
///
/// Lines are told apart by their places, or by their amounts: of several with one amount that are there in part it is
/// known only if they are all on the same account, cost centre and order.
fn missing(wanted: &[InvoiceLineDraft], there: &[LineThere]) -> Option<Vec<usize>> {
    let mut missing: Vec<usize> = (0..wanted.len()).collect();
    let placed = there.iter().filter_map(|line| Some((line.place?, line.amount)));
    for (place, amount) in placed {
        wanted.get(place).filter(|line| line.amount == amount)?;
        let at = missing.iter().position(|other| *other == place)?;
        missing.remove(at);
    }
    let mut amounts: Vec<Decimal> = there.iter().filter(|line| line.place.is_none()).map(|line| line.amount).collect();
    amounts.sort();
    for alike in amounts.chunk_by(|one, other| one == other) {
        let candidates: Vec<usize> =
            missing.iter().copied().filter(|place| wanted[*place].amount == alike[0]).collect();
        let same = |place: &usize| InvoiceLineDraft { text: String::new(), ..wanted[*place].clone() };
        let told_apart =
            alike.len() == candidates.len() || candidates.windows(2).all(|pair| same(&pair[0]) == same(&pair[1]));
        if alike.len() > candidates.len() || !told_apart {
            return None;
        }
        missing.retain(|place| !candidates[..alike.len()].contains(place));
    }
    Some(missing)
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

impl Present {
    fn hides_reference(&self) -> bool {
        self.finished && self.reference.is_none()
    }

    fn words(&self) -> String {
        let amount = self.amount.map_or_else(|| "an amount that is not shown".to_owned(), |amount| amount.to_string());
        let currency = self.currency.as_deref().map(|currency| format!("{currency} ")).unwrap_or_default();
        let day = self.day.map(|day| format!(" of {day}")).unwrap_or_default();
        format!("{currency}{amount}{day}")
    }
}

/// Whether an invoice that people entered is the same document: its amount must be known and equal.
fn is_same(present: &Present, invoice: &InvoiceDraft) -> bool {
    present.amount == Some(invoice.total)
        && present.currency.as_ref().is_none_or(|currency| *currency == invoice.currency)
        && present.day.is_none_or(|day| day == invoice.invoice_date)
}

fn invoice_of(document: &serde_json::Value) -> Result<InvoiceDraft, Failure> {
    serde_json::from_value(document.clone())
        .map_err(|error| Failure::new(FailureKind::Invalid, format!("the draft cannot be read: {error}")))
}

fn no_answer() -> Failure {
    Failure::new(FailureKind::Other, "there is no answer for this invoice")
}

fn being_made() -> Failure {
    Failure::new(FailureKind::Other, "an invoice of this number is being made for another bill")
}

fn answered<T>(answers: &mut impl Iterator<Item = Result<T, Trouble>>) -> Result<T, Trouble> {
    answers.next().unwrap_or_else(|| Err(Trouble::Unknown(no_answer())))
}

/// What one commit does of an invoice, step by step.
struct Making {
    prepared: Prepared,
    /// The places of the lines that are to be added.
    places: Vec<usize>,
    /// The product's number, once the head is there.
    number: Option<String>,
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
        for one in making.iter_mut().filter(|one| one.number.is_none()) {
            match answered(&mut added) {
                Ok(number) => one.number = Some(number),
                Err(Trouble::Rejected(failure)) => one.end = Some(Committed::Rejected(failure)),
                Err(Trouble::NotProcessed(failure)) => one.end = Some(Committed::NotProcessed(failure)),
                Err(Trouble::Unknown(failure)) => one.end = Some(Committed::Unknown(failure)),
            }
        }
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
                Ok(()) => continue,
                Err(Trouble::Rejected(failure)) => Some(Committed::Rejected(self.left_behind(number, failure))),
                // The head is there: what has become of the lines is found out before any is added again.
                Err(Trouble::NotProcessed(failure) | Trouble::Unknown(failure)) => Some(Committed::Unknown(failure)),
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
                Ok(()) if self.book.books() => Committed::Accepted,
                Ok(()) => Committed::Created(TargetRef(number)),
                Err(Trouble::Rejected(failure)) => Committed::Rejected(failure),
                Err(Trouble::NotProcessed(failure) | Trouble::Unknown(failure)) => Committed::Unknown(failure),
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

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        if let Err(failure) = self.book.ready().await {
            return vec![Staged::NotStaged(failure); drafts.len()];
        }
        let prepared: Vec<Result<(Prepared, Option<Prepared>), Failure>> = drafts
            .iter()
            .map(|draft| {
                let invoice = invoice_of(&draft.document)?;
                self.book.check(&invoice)?;
                let earlier = draft.earlier.as_ref().map(Prepared::read).transpose()?;
                Ok((Prepared { reference: draft.reference.clone(), invoice, left: None }, earlier))
            })
            .collect();
        let sought: Vec<Sought<'_>> = prepared.iter().flatten().map(|(prepared, _)| prepared.sought()).collect();
        let mut there = self.look(&sought).await.into_iter();
        let wanted: Vec<(Option<&Prepared>, &InvoiceDraft)> =
            prepared.iter().flatten().map(|(prepared, earlier)| (earlier.as_ref(), &prepared.invoice)).collect();
        let mut leftovers = self.leftovers(&wanted).await.into_iter();
        let mut numbers = HashSet::new();
        let mut staged = Vec::with_capacity(prepared.len());
        for prepared in &prepared {
            staged.push(match prepared {
                Err(failure) => Staged::Rejected(failure.clone()),
                Ok((prepared, earlier)) => {
                    let there = there.next().unwrap_or_else(|| Err(no_answer()));
                    let leftover = leftovers.next().unwrap_or_else(|| Err(no_answer()));
                    // Of two bills with one number the second waits, to be told then that it is a duplicate.
                    let first = numbers.insert((&prepared.invoice.supplier, &prepared.invoice.number));
                    match leftover {
                        Err(failure) => Staged::NotStaged(failure),
                        Ok(Some(leftover)) => Staged::Rejected(leftover),
                        Ok(None) if first => self.staged(prepared, earlier.as_ref(), there),
                        Ok(None) => Staged::NotStaged(being_made()),
                    }
                }
            });
        }
        staged
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
                return Staged::Rejected(Failure::new(FailureKind::Other, why));
            }
            Ok(There::Part(left)) => Some(left),
            Ok(There::Whole(present)) => Some(Left { number: present.number, missing: Vec::new() }),
            Ok(There::Same(present)) => {
                let why = format!(
                    "invoice {} of supplier {} was entered as {} in {} meanwhile: replay the bill to link it",
                    prepared.invoice.number,
                    prepared.invoice.supplier,
                    present.number,
                    self.book.place()
                );
                return Staged::Rejected(Failure::new(FailureKind::Other, why));
            }
            Ok(There::Other(why) | There::Foreign(why)) => {
                return Staged::Rejected(Failure::new(FailureKind::Other, why));
            }
        };
        match serde_json::to_value(Prepared { left, ..prepared.clone() }) {
            Ok(handle) => Staged::Staged(Handle(handle)),
            Err(error) => Staged::NotStaged(Failure::new(FailureKind::Other, error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn wanted(lines: &[(&str, &str)]) -> Vec<InvoiceLineDraft> {
        let line = |(amount, account): &(&str, &str)| InvoiceLineDraft {
            text: format!("{amount} on {account}"),
            amount: amount.parse().unwrap(),
            account: (*account).to_owned(),
            cost_center: None,
            tax_code: None,
            dimensions: BTreeMap::new(),
            order: None,
        };
        lines.iter().map(line).collect()
    }

    fn there(lines: &[(&str, Option<usize>)]) -> Vec<LineThere> {
        lines.iter().map(|(amount, place)| LineThere { amount: amount.parse().unwrap(), place: *place }).collect()
    }

    #[test]
    fn lines_that_are_missing_are_told_by_their_amounts_even_between_others() {
        let lines = wanted(&[("10", "A"), ("20", "B"), ("30", "A")]);
        assert_eq!(missing(&lines, &[]), Some(vec![0, 1, 2]));
        assert_eq!(missing(&lines, &there(&[("30.00", None), ("10", None)])), Some(vec![1]));
        assert_eq!(missing(&lines, &there(&[("10", None), ("20", None), ("30", None)])), Some(vec![]));
    }

    #[test]
    fn of_equal_amounts_on_different_accounts_it_cannot_be_told_which_is_there() {
        let different = wanted(&[("10", "A"), ("10", "B"), ("30", "A")]);
        assert_eq!(missing(&different, &there(&[("10", None)])), None);
        assert_eq!(missing(&different, &there(&[("10", None), ("10", None)])), Some(vec![2]));
        assert_eq!(missing(&different, &there(&[("10", Some(1))])), Some(vec![0, 2]), "unless the product tells");
        let same = wanted(&[("10", "A"), ("10", "A")]);
        assert_eq!(missing(&same, &there(&[("10", None)])), Some(vec![1]));
    }

    #[test]
    fn a_line_that_is_not_wanted_is_no_part_of_the_invoice() {
        let lines = wanted(&[("10", "A"), ("20", "B")]);
        assert_eq!(missing(&lines, &there(&[("10", None), ("10", None)])), None);
        assert_eq!(missing(&lines, &there(&[("15", None)])), None);
        assert_eq!(missing(&lines, &there(&[("15", Some(0))])), None);
        assert_eq!(missing(&lines, &there(&[("10", Some(7))])), None);
    }
}
