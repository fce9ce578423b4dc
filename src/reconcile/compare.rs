//! What was approved against what the ERP holds: pure, the same for every product and kind of document.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sync_core::{ExternalRef, RecordKey};

use super::document::{Document, DocumentLine};
use super::{Comparison, Differing, Extra, Missing};

/// A record of Procurify, and the document that the ERP is to hold of it.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    pub key: RecordKey,
    /// Whether there is to be a document at all, and if not, why.
    pub unwanted: Option<String>,
    /// Why it is known not to be there yet, such as what it is held for.
    pub reason: Option<String>,
    /// What is known of it, with the number that the ledger has; the supplier is unknown of what is held.
    pub document: Document,
}

/// The sums of both sides by currency.
#[derive(Default)]
struct Totals(BTreeMap<String, Decimal>);

impl Totals {
    fn add(&mut self, document: &Document) {
        let currency = document.currency.clone().unwrap_or_else(|| "unknown".to_owned());
        *self.0.entry(currency).or_default() += document.total();
    }
}

/// Which record a document is of, by the reference of that record.
struct Whose<'a> {
    references: HashSet<&'a str>,
    by_number: HashMap<&'a str, &'a str>,
}

impl<'a> Whose<'a> {
    fn of(expected: &'a [Expected], references: &'a [ExternalRef]) -> Self {
        let numbered = expected.iter().zip(references).filter(|(one, _)| !one.document.number.is_empty());
        Self {
            references: references.iter().map(ExternalRef::as_str).collect(),
            by_number: numbered.map(|(one, own)| (one.document.number.as_str(), own.as_str())).collect(),
        }
    }

    /// The reference that it bears; if that is no known one, of an order that of the record whose number it has in the
    /// ledger, for people change what stands there. (Invoices are recognised by the supplier's number of them.)
    fn reference(&self, document: &'a Document) -> Option<&'a str> {
        let bears = document.reference.as_deref();
        let is_order = document.supplier_invoice.is_none();
        let numbered = || self.by_number.get(document.number.as_str()).copied().filter(|_| is_order);
        bears.filter(|bears| self.references.contains(bears)).or_else(numbered).or(bears)
    }
}

/// Compares; `date` is what people call a document's day, `dated` tells which days are compared.
pub(crate) fn compare(
    expected: &[Expected],
    documents: &[Document],
    date: &str,
    dated: impl Fn(NaiveDate) -> bool,
) -> Comparison {
    let references: Vec<ExternalRef> = expected.iter().map(|one| ExternalRef::of(&one.key)).collect();
    let whose = Whose::of(expected, &references);
    let mut by_reference: HashMap<&str, Vec<&Document>> = HashMap::new();
    let mut comparison = Comparison::default();
    let (mut source, mut target) = (Totals::default(), Totals::default());
    let alive = documents.iter().filter(|document| !document.void);
    for document in alive {
        target.add(document);
        match whose.reference(document) {
            Some(reference) => by_reference.entry(reference).or_default().push(document),
            None => comparison.extra.push(Extra::of(document)),
        }
    }
    for (one, reference) in expected.iter().zip(&references) {
        let mut copies = by_reference.remove(reference.as_str()).unwrap_or_default();
        let inside = one.document.date.is_none_or(&dated);
        if !inside && copies.iter().all(|copy| copy.date.is_some_and(|date| !dated(date))) {
            continue;
        }
        if one.unwanted.is_none() {
            source.add(&one.document);
        }
        // Of several, the one that the ledger knows is ours.
        let own = copies.iter().position(|copy| copy.number == one.document.number).unwrap_or(0);
        let first = if copies.is_empty() { None } else { Some(copies.remove(own)) };
        comparison.extra.extend(copies.into_iter().map(Extra::of));
        match (first, &one.unwanted) {
            (None, None) => comparison.missing.push(Missing::of(one)),
            (None, Some(_)) => {}
            (Some(there), Some(why)) => {
                let target = format!("{} is there", there.number);
                comparison.differing.push(Differing::new(&one.key, there, "status", why.clone(), target));
            }
            (Some(there), None) => {
                let differences = differences(one, there, date);
                if differences.is_empty() {
                    comparison.matched += 1;
                }
                comparison.differing.extend(differences);
            }
        }
    }
    comparison.extra.extend(by_reference.into_values().flatten().map(Extra::of));
    comparison.extra.sort_by(|a, b| a.number.cmp(&b.number));
    comparison.source_total = source.0;
    comparison.target_total = target.0;
    comparison
}

fn differences(expected: &Expected, there: &Document, date: &str) -> Vec<Differing> {
    let ours = &expected.document;
    let mut found = Vec::new();
    let mut differ = |field: &str, source: String, target: String| {
        if source != target {
            found.push(Differing::new(&expected.key, there, field, source, target));
        }
    };
    let bears = there.reference.clone().unwrap_or_else(|| "none".to_owned());
    differ("reference", ExternalRef::of(&expected.key).to_string(), bears);
    let day = |document: &Document| document.date.map(|date| date.to_string());
    let number = |document: &Document| document.supplier_invoice.as_ref().map(|number| number.trim().to_uppercase());
    for (field, ours, theirs) in [
        ("supplier", ours.supplier.clone(), there.supplier.clone()),
        ("invoice_number", number(ours), number(there)),
        ("currency", ours.currency.clone(), there.currency.clone()),
        (date, day(ours), day(there)),
    ] {
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            differ(field, ours, theirs);
        }
    }
    differ("total", money(ours.total()), money(there.total()));
    if ours.lines_hidden || there.lines_hidden {
        return found;
    }
    let (ours, theirs) = unpaired(&ours.lines, &there.lines);
    for index in 0..ours.len().max(theirs.len()) {
        let (our, their) = (ours.get(index), theirs.get(index));
        let number = our.or(their).map_or(0, |(number, _)| *number);
        match (our, their) {
            (Some((_, our)), Some((_, their))) => line_differences(number, our, their, &mut differ),
            _ => differ(&format!("line {number}"), words(our), words(their)),
        }
    }
    found
}

/// A line with its place in the document.
type Numbered<'a> = (usize, &'a DocumentLine);

/// The lines of each side that the other has not, with their numbers.
fn unpaired<'a>(ours: &'a [DocumentLine], theirs: &'a [DocumentLine]) -> (Vec<Numbered<'a>>, Vec<Numbered<'a>>) {
    let mut left: Vec<Numbered<'_>> = (1..).zip(theirs).collect();
    let alone = (1..).zip(ours).filter(|(number, our)| {
        let equal = |(_, their): &&(usize, &DocumentLine)| is_same(our, their);
        // The one in the same place first, so that lines that look alike stay in their places.
        let own = left.iter().position(|place| place.0 == *number && is_same(our, place.1));
        match own.or_else(|| left.iter().position(|place| equal(&place))) {
            Some(place) => {
                left.remove(place);
                false
            }
            None => true,
        }
    });
    (alone.collect(), left)
}

fn is_same(our: &DocumentLine, their: &DocumentLine) -> bool {
    let same = |ours: &Option<String>, theirs: &Option<String>| ours.is_none() || theirs.is_none() || ours == theirs;
    let amounts = our.amount.zip(their.amount);
    amounts.is_none_or(|(ours, theirs)| ours == theirs)
        && our.quantity == their.quantity
        && our.price == their.price
        && same(&unit(our), &unit(their))
        && same(&our.account, &their.account)
        && same(&our.cost_center, &their.cost_center)
}

/// In capitals, as M3 keeps it.
fn unit(line: &DocumentLine) -> Option<String> {
    line.unit.as_ref().map(|unit| unit.to_uppercase())
}

fn line_differences(
    number: usize,
    our: &DocumentLine,
    their: &DocumentLine,
    differ: &mut impl FnMut(&str, String, String),
) {
    let plain = |number: Decimal| number.normalize().to_string();
    if let (Some(ours), Some(theirs)) = (our.amount, their.amount) {
        differ(&format!("line {number} amount"), money(ours), money(theirs));
    }
    differ(&format!("line {number} quantity"), plain(our.quantity), plain(their.quantity));
    differ(&format!("line {number} price"), plain(our.price), plain(their.price));
    for (field, ours, theirs) in [
        ("unit", &unit(our), &unit(their)),
        ("account", &our.account, &their.account),
        ("cost_center", &our.cost_center, &their.cost_center),
    ] {
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            differ(&format!("line {number} {field}"), ours.clone(), theirs.clone());
        }
    }
}

fn words(line: Option<&(usize, &DocumentLine)>) -> String {
    line.map_or_else(
        || "none".to_owned(),
        |(_, line)| match line.amount.filter(|_| line.quantity.is_zero()) {
            Some(amount) => format!("{}{}", money(amount), place(line)),
            None => format!("{} at {}", line.quantity.normalize(), line.price.normalize()),
        },
    )
}

fn place(line: &DocumentLine) -> String {
    let center = line.cost_center.as_ref().map(|center| format!("/{center}")).unwrap_or_default();
    line.account.as_ref().map(|account| format!(" on {account}{center}")).unwrap_or_default()
}

/// An amount with two decimals, more where it has more.
pub(crate) fn money(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: i64, price: &str) -> DocumentLine {
        DocumentLine { quantity: quantity.into(), price: price.parse().unwrap(), ..DocumentLine::default() }
    }

    fn document(number: &str, id: &str, lines: Vec<DocumentLine>) -> Document {
        Document {
            number: number.to_owned(),
            reference: Some(ExternalRef::of(&key(id)).to_string()),
            supplier: Some("S1".to_owned()),
            currency: Some("CAD".to_owned()),
            lines,
            ..Document::default()
        }
    }

    fn key(id: &str) -> RecordKey {
        RecordKey::new("acme".into(), "purchase_order".into(), id)
    }

    fn expected(id: &str, lines: Vec<DocumentLine>) -> Expected {
        Expected { key: key(id), unwanted: None, reason: None, document: document("", id, lines) }
    }

    fn compared(expected: &[Expected], documents: &[Document]) -> Comparison {
        compare(expected, documents, "order_date", |_| true)
    }

    #[test]
    fn what_is_the_same_on_both_sides_is_matched_however_its_decimals_are_written() {
        let ours = expected("1", vec![line(2, "10.00"), line(1, "0.1250")]);
        let theirs = document("P1", "1", vec![line(2, "10"), line(1, "0.125")]);
        let comparison = compared(&[ours], &[theirs]);
        assert!(comparison.is_clean(), "{comparison:?}");
        assert_eq!(comparison.source_total, comparison.target_total);
        assert_eq!(comparison.target_total["CAD"], "20.13".parse().unwrap());
    }

    #[test]
    fn a_second_copy_and_what_bears_no_reference_of_ours_are_extra() {
        let line = || vec![line(1, "5")];
        let documents = [
            document("P1", "1", line()),
            document("P2", "1", line()),
            document("P3", "77", line()),
            Document { reference: None, ..document("P4", "1", line()) },
        ];
        let comparison = compared(&[expected("1", line())], &documents);
        let numbers: Vec<&str> = comparison.extra.iter().map(|extra| extra.number.as_str()).collect();
        assert_eq!((comparison.matched, numbers), (1, vec!["P2", "P3", "P4"]));
    }

    #[test]
    fn an_order_whose_reference_was_changed_is_known_by_its_number() {
        let posted = |id: &str, number: &str| {
            let mut one = expected(id, vec![line(1, "5")]);
            one.document.number = number.to_owned();
            one
        };
        let bearing = |number: &str, reference: Option<&str>| Document {
            reference: reference.map(str::to_owned),
            ..document(number, "1", vec![line(1, "5")])
        };
        let comparison = compared(
            &[posted("1", "P1"), posted("2", "P2"), posted("3", "P3")],
            &[bearing("P1", Some("as agreed")), bearing("P2", None), document("P3", "3", vec![line(1, "5")])],
        );
        assert!(comparison.missing.is_empty() && comparison.extra.is_empty(), "{comparison:?}");
        let told: Vec<(&str, &str, &str)> = comparison
            .differing
            .iter()
            .map(|one| (one.number.as_str(), one.field.as_str(), one.target.as_str()))
            .collect();
        assert_eq!(told, [("P1", "reference", "as agreed"), ("P2", "reference", "none")]);
        assert_eq!(comparison.matched, 1);
    }

    #[test]
    fn each_difference_is_named_with_both_values() {
        let ours = expected("1", vec![line(2, "10"), line(3, "1"), line(4, "7")]);
        let theirs = document("P1", "1", vec![line(2, "10"), line(4, "7"), line(3, "2"), line(9, "9")]);
        let comparison = compared(&[ours], &[theirs]);
        let told: Vec<(&str, &str, &str)> = comparison
            .differing
            .iter()
            .map(|one| (one.field.as_str(), one.source.as_str(), one.target.as_str()))
            .collect();
        assert_eq!(told, [("total", "51.00", "135.00"), ("line 2 price", "1", "2"), ("line 4", "none", "9 at 9")]);
    }

    #[test]
    fn what_was_cancelled_on_both_sides_is_no_difference_and_counts_nowhere() {
        let ours = Expected { unwanted: Some("it was cancelled".to_owned()), ..expected("1", vec![line(1, "5")]) };
        let void = Document { void: true, ..document("P1", "1", vec![line(1, "5")]) };
        assert!(compared(std::slice::from_ref(&ours), std::slice::from_ref(&void)).is_clean());
        let alive = Document { void: false, ..void };
        let comparison = compared(&[ours], &[alive]);
        assert_eq!(comparison.differing[0].field, "status");
        assert!(comparison.source_total.is_empty() && !comparison.target_total.is_empty());
    }
}
