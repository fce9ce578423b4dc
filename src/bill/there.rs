//! What is there of an invoice that is to be made: nothing, a part of it, the whole, or somebody else's.

use chrono::{Datelike, NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use sync_core::{Failure, FailureKind};

use super::book::{InvoiceBook, LineThere, Present, Sought};
use super::draft::{InvoiceDraft, InvoiceLineDraft};
use super::leftover::changes;
use super::sink::{InvoiceSink, Left, Prepared, no_answer};

/// What is there of an invoice.
pub(super) enum There {
    Nothing,
    /// Ours, with so many of its lines; the last of all it needs may be missing.
    Part(Left),
    /// Ours, and whole.
    Whole(Present),
    /// Not ours, but the very same.
    Same(Present),
    /// Ours, but not as it should be, in words.
    Other(String),
    /// Ours, and rejected or cancelled there, in words.
    Void(String),
    /// Somebody else's, in words.
    Foreign(String),
}

impl<B: InvoiceBook> InvoiceSink<B> {
    /// What is there of each of these.
    pub(super) async fn look(&self, sought: &[Sought<'_>]) -> Vec<Result<There, Failure>> {
        if sought.is_empty() {
            return Vec::new();
        }
        let found = self.book.find(sought).await;
        let mut ours: Vec<(usize, Present)> = Vec::new();
        let mut there: Vec<Result<There, Failure>> = Vec::with_capacity(sought.len());
        for (place, (one, found)) in sought.iter().zip(found).enumerate() {
            there.push(found.map(|found| {
                let is_ours = |present: &Present| present.reference.as_deref() == Some(one.reference.as_str());
                let (mut mine, others): (Vec<_>, Vec<_>) =
                    found.into_iter().partition(|present| is_ours(present) && !present.void);
                match (mine.pop(), mine.is_empty()) {
                    (Some(_), false) => There::Other(self.twice(one)),
                    (Some(present), true) => {
                        ours.push((place, present));
                        There::Nothing
                    }
                    (None, _) => match (self.foreign(one, &others), others.iter().find(|other| is_ours(other))) {
                        (There::Nothing, Some(ended)) => There::Void(self.ended(one, ended)),
                        (there, _) => there,
                    },
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
    pub(super) async fn leftovers(
        &self,
        wanted: &[(Option<&Prepared>, &InvoiceDraft)],
    ) -> Vec<Result<Option<Failure>, Failure>> {
        let written = |invoice: &InvoiceDraft| InvoiceDraft {
            lines: self.book.wanted_lines(invoice),
            ..self.carried(invoice.clone())
        };
        let since = |earlier: &InvoiceDraft, invoice: &InvoiceDraft| {
            let mut changes = changes(&written(earlier), &written(invoice));
            changes.extend(self.other_files(earlier, invoice).map(|files| files.to_string()));
            changes
        };
        let changed: Vec<Option<(&Prepared, Vec<String>)>> = wanted
            .iter()
            .map(|(earlier, invoice)| Some(((*earlier)?, since(&(*earlier)?.invoice, invoice))))
            .map(|changed| changed.filter(|(_, changes)| !changes.is_empty()))
            .collect();
        let sought: Vec<Sought<'_>> = changed.iter().flatten().map(|(earlier, _)| earlier.sought()).collect();
        let mut there = self.look(&sought).await.into_iter();
        let mut leftover = |(earlier, changes): &(&Prepared, Vec<String>)| {
            let there = there.next().unwrap_or_else(|| Err(no_answer()))?;
            if let There::Other(why) = there {
                return Ok(Some(Failure::new(FailureKind::Other, why)));
            }
            let told = |left: String| {
                let all = changes.join("; ");
                format!(
                    "{left}, and the bill has changed since ({all}): delete it there, or make the bill what it was, then \
                     replay the bill"
                )
            };
            Ok(self.standing(earlier, there).map(|left| Failure::new(FailureKind::Other, told(left))))
        };
        changed.iter().map(|changed| changed.as_ref().map_or(Ok(None), &mut leftover)).collect()
    }

    /// What stands there of what an earlier attempt sent, in words. What people typed in is theirs; what shows nobody's
    /// reference may be ours.
    pub(super) fn standing(&self, earlier: &Prepared, there: There) -> Option<String> {
        let (left, number) = match there {
            There::Same(present) if present.hides_reference => ("may have left", present.number),
            There::Nothing | There::Foreign(_) | There::Void(_) | There::Same(_) => return None,
            There::Part(left) => ("left", left.number),
            There::Whole(present) => ("left", present.number),
            There::Other(why) => return Some(why),
        };
        Some(format!(
            "an earlier attempt {left} invoice {} of supplier {} in {} as {number}",
            earlier.invoice.number,
            earlier.invoice.supplier,
            self.book.place()
        ))
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

    /// Whether its lines are no matter here: it can take no more, or is not what was sent by its very head.
    fn is_past(&self, present: &Present) -> bool {
        present.finished || present.renamed || self.book.creates_whole()
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

    /// What invoices are that bear another reference than ours, or none; those that were rejected or cancelled bind
    /// nobody, and are nothing.
    pub(super) fn foreign(&self, sought: &Sought<'_>, others: &[Present]) -> There {
        let invoice = sought.invoice;
        let of_another_year =
            |present: &Present| present.day.is_some_and(|day| is_of_another_year(day, invoice.invoice_date));
        let of_another_bill = |present: &Present| {
            let begins_alike = |reference: &str| reference.get(..4) == sought.reference.as_str().get(..4);
            present.reference.as_deref().is_some_and(begins_alike)
        };
        // A year that somebody mistyped makes no other invoice: the amount must be another, or a person say so.
        let is_another = |present: &Present| {
            let other_amount = present.amount.is_some_and(|amount| amount != invoice.total);
            invoice.others.contains(&present.number) || (of_another_year(present) && other_amount)
        };
        let others: Vec<&Present> = others.iter().filter(|present| !present.void && !is_another(present)).collect();
        let Some(first) = others.first() else { return There::Nothing };
        let way_out = |present: &Present| {
            if !of_another_year(present) {
                return String::new();
            }
            let command = format!("link other_invoice BILL \"{}\"", present.number);
            format!(", or say that it is another invoice (`{command}`, with the bill's id)")
        };
        if let Some(other) = others.iter().find(|present| of_another_bill(present)) {
            return There::Foreign(format!(
                "invoice {} of supplier {} is in {} already as {}, from another bill of Procurify: one of the two bills is \
                 a duplicate: withdraw it{}, then replay the bill",
                invoice.number,
                invoice.supplier,
                self.book.place(),
                other.number,
                way_out(other)
            ));
        }
        match others.iter().find(|present| is_same(present, invoice)) {
            Some(same) => There::Same((*same).clone()),
            None => There::Foreign(format!(
                "invoice {} of supplier {} was entered by hand as {} in {}, with {}, where the bill has {} {} of {}: \
                 correct one of the two{}, then replay the bill",
                invoice.number,
                invoice.supplier,
                first.number,
                self.book.place(),
                first.words(),
                invoice.currency,
                invoice.total,
                invoice.invoice_date,
                way_out(first)
            )),
        }
    }

    fn ended(&self, sought: &Sought<'_>, present: &Present) -> String {
        format!(
            "invoice {} of supplier {} was made as {} in {}, and rejected or cancelled there: if it is owed, enter it by \
             hand or delete that one, then replay the bill",
            sought.invoice.number,
            sought.invoice.supplier,
            present.number,
            self.book.place()
        )
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
}

/// How many days at least lie between two invoices of one number of a supplier that counts anew each year. Days that
/// people take for one invoice, such as those of its writing and of its coming, lie closer, at a year's end too.
const COUNTED_ANEW: TimeDelta = TimeDelta::days(180);

/// Whether an invoice of this day and one of that, of one number, are of two years in which the supplier counts anew.
pub(crate) fn is_of_another_year(one: NaiveDate, other: NaiveDate) -> bool {
    one.year() != other.year() && (one - other).abs() >= COUNTED_ANEW
}

/// The places of the lines that are not there; none if that cannot be told, or if other lines are there.
///
/// Lines are told apart by their places, or by their amounts: of several with one amount that are there in part it is
/// known only if they are all on the same account, cost centre and order.
pub(crate) fn missing(wanted: &[InvoiceLineDraft], there: &[LineThere]) -> Option<Vec<usize>> {
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

impl Present {
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
