//! An order as the ERP has it against the order that is wanted now: which lines change, go, or are new.
//!
//! The ERP's lines do not bear Procurify's line ids, and people change orders by hand: so lines are paired by what they
//! are. Those that are the same come first, then those of the same item and name, then those of the same item (for what
//! is bought by its text: of the same quantity and price, under another name). What is left over on the ERP's side goes,
//! what is left over on ours is new: a line is never turned into one of something else.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;
use sync_core::{Amendment, Compared, Difference, ExternalRef, Failure, FailureKind};

use super::{LineDraft, OrderDraft};

/// A line, as the ERP has it or as it is wanted. What the ERP does not show is `None`, and taken to be as wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub number: i64,
    /// Bought by its text: its item says nothing about what it is.
    pub free_text: bool,
    pub item: Option<String>,
    pub name: Option<String>,
    /// The unit of measure that quantity and price are of; wanted as `None`, the item's own, which nobody knows here.
    pub unit: Option<String>,
    pub quantity: Decimal,
    pub price: Decimal,
    pub account: Option<String>,
    pub cost_center: Option<String>,
    pub due: Option<NaiveDate>,
    /// How many have come or were invoiced: such a line is left alone.
    pub taken: Decimal,
}

impl Line {
    /// The lines of an order that is wanted, numbered from 1; `name` brings a name into the ERP's form.
    pub fn wanted(order: &OrderDraft, service_item: &str, name: impl Fn(&str) -> Option<String>) -> Vec<Self> {
        let line = |(number, line): (i64, &LineDraft)| Self {
            number,
            free_text: line.item.is_none(),
            item: Some(line.item.clone().unwrap_or_else(|| service_item.to_owned())),
            name: name(&line.name),
            unit: line.unit.clone(),
            quantity: line.quantity,
            price: line.price,
            account: Some(line.account.clone()),
            cost_center: line.cost_center.clone(),
            due: Some(order.delivery_date),
            taken: Decimal::ZERO,
        };
        (1..).zip(&order.lines).map(line).collect()
    }

    fn words(&self) -> String {
        let name = self.name.as_deref().or(self.item.as_deref()).unwrap_or_default();
        let center = self.cost_center.as_ref().map(|center| format!("/{center}")).unwrap_or_default();
        let account = self.account.as_ref().map(|account| format!(" on {account}{center}")).unwrap_or_default();
        format!("{} x {name} at {}{account}", self.quantity.normalize(), self.price.normalize())
    }
}

/// Tells lines that are there what they were sent with, where the ERP does not show it.
pub(crate) fn recall(there: &mut [Line], sent: &[Line], recall: impl Fn(&mut Line, &Line)) {
    for (sent, pair) in sent.iter().zip(Steps::between(there, sent).pairs) {
        if let Some(line) = pair.and_then(|place| there.get_mut(place)) {
            recall(line, sent);
        }
    }
}

fn same<T: PartialEq>(there: Option<&T>, wanted: Option<&T>) -> bool {
    there.is_none() || wanted.is_none() || there == wanted
}

/// A step from the lines that are there to those that are wanted, by their places in the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Change { there: usize, wanted: usize },
    Remove { there: usize },
    Add { wanted: usize },
}

/// What differs between an order that is there and the one that is wanted.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    pub steps: Vec<Step>,
    /// Which line that is there each wanted line is, if any.
    pub pairs: Vec<Option<usize>>,
}

impl Steps {
    pub fn between(there: &[Line], wanted: &[Line]) -> Self {
        let mut pairs: Vec<Option<usize>> = vec![None; wanted.len()];
        let alike: [fn(&Line, &Line) -> bool; 5] = [
            |there, wanted| there.number == wanted.number && is_same(there, wanted),
            is_same,
            |there, wanted| is_named_alike(there, wanted) && is_booked_alike(there, wanted),
            is_named_alike,
            |there, wanted| {
                let renamed = there.quantity == wanted.quantity && there.price == wanted.price;
                same(there.item.as_ref(), wanted.item.as_ref()) && (!wanted.free_text || renamed)
            },
        ];
        for alike in alike {
            for place in 0..wanted.len() {
                if pairs[place].is_none() {
                    let free = (0..there.len()).filter(|index| !pairs.contains(&Some(*index)));
                    pairs[place] = free.into_iter().find(|&index| alike(&there[index], &wanted[place]));
                }
            }
        }
        let mut steps: Vec<Step> = Vec::new();
        for (place, pair) in pairs.iter().enumerate() {
            match pair {
                Some(index) if is_same(&there[*index], &wanted[place]) => {}
                Some(index) => steps.push(Step::Change { there: *index, wanted: place }),
                None => steps.push(Step::Add { wanted: place }),
            }
        }
        let gone = (0..there.len()).filter(|index| !pairs.contains(&Some(*index)));
        steps.extend(gone.map(|there| Step::Remove { there }));
        Self { steps, pairs }
    }

    /// Why they must not be taken: what has come, or was invoiced, stays as it was ordered.
    pub fn refusal(&self, there: &[Line]) -> Option<Failure> {
        let taken = self.steps.iter().find_map(|step| match step {
            Step::Change { there: place, .. } | Step::Remove { there: place } => {
                Some(&there[*place]).filter(|line| !line.taken.is_zero())
            }
            Step::Add { .. } => None,
        })?;
        let why = format!("{} of line {} have been received or invoiced", taken.taken.normalize(), taken.number);
        Some(Failure::new(FailureKind::Invalid, why))
    }

    /// Each difference in words; `number` gives the number of an added line.
    pub fn differences(&self, there: &[Line], wanted: &[Line], number: impl Fn(usize) -> i64) -> Vec<Difference> {
        let mut differences = Vec::new();
        for step in &self.steps {
            match *step {
                Step::Change { there: old, wanted: new } => changed(&there[old], &wanted[new], &mut differences),
                Step::Remove { there: old } => differences.push(Difference {
                    what: format!("line {}", there[old].number),
                    before: Some(there[old].words()),
                    after: None,
                }),
                Step::Add { wanted: new } => differences.push(Difference {
                    what: format!("line {}", number(new)),
                    before: None,
                    after: Some(wanted[new].words()),
                }),
            }
        }
        differences
    }
}

fn is_named_alike(there: &Line, wanted: &Line) -> bool {
    same(there.item.as_ref(), wanted.item.as_ref()) && there.name == wanted.name
}

/// Whether a line is on the account and cost centre that are wanted, as far as the ERP shows them.
pub(crate) fn is_booked_alike(there: &Line, wanted: &Line) -> bool {
    same(there.account.as_ref(), wanted.account.as_ref())
        && same(there.cost_center.as_ref(), wanted.cost_center.as_ref())
}

/// Whether a line is in the unit that is wanted. One of which none is shown is in no certain one.
/// M3 keeps units in capitals.
pub(crate) fn is_in_unit(there: &Line, wanted: &Line) -> bool {
    let is = |unit: &String| there.unit.as_ref().is_some_and(|there| there.eq_ignore_ascii_case(unit));
    wanted.unit.as_ref().is_none_or(is)
}

/// Whether nothing of a line must change. When what has come is due is no matter any more.
fn is_same(there: &Line, wanted: &Line) -> bool {
    same(there.item.as_ref(), wanted.item.as_ref())
        && same(there.name.as_ref(), wanted.name.as_ref())
        && there.quantity == wanted.quantity
        && there.price == wanted.price
        && is_in_unit(there, wanted)
        && is_booked_alike(there, wanted)
        && (!there.taken.is_zero() || same(there.due.as_ref(), wanted.due.as_ref()))
}

fn changed(there: &Line, wanted: &Line, differences: &mut Vec<Difference>) {
    let plain = |number: Decimal| Some(number.normalize().to_string());
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    let unit = there.unit.clone().or_else(|| Some("the item's own".to_owned()));
    let other_unit = wanted.unit.clone().filter(|_| !is_in_unit(there, wanted));
    for (what, before, after) in [
        ("unit", unit, other_unit),
        ("quantity", plain(there.quantity), plain(wanted.quantity)),
        ("price", plain(there.price), plain(wanted.price)),
        ("name", there.name.clone(), wanted.name.clone()),
        ("account", there.account.clone(), wanted.account.clone()),
        ("cost centre", there.cost_center.clone(), wanted.cost_center.clone()),
        ("delivery date", day(there.due), day(wanted.due)),
    ] {
        if let (Some(before), Some(after)) = (before, after)
            && before != after
        {
            differences.push(Difference {
                what: format!("line {} {what}", there.number),
                before: Some(before),
                after: Some(after),
            });
        }
    }
}

/// Why an order cannot become this one, as far as the head tells.
pub(crate) fn other_head(
    number: &str,
    supplier: Option<&str>,
    currency: Option<&str>,
    wanted: &OrderDraft,
) -> Option<Failure> {
    let differs = |what: &str, there: Option<&str>, wanted: &str| {
        let there = there.filter(|there| *there != wanted)?;
        Some(format!("the {what} {there} and should have {wanted}"))
    };
    let others = [differs("supplier", supplier, &wanted.supplier), differs("currency", currency, &wanted.currency)];
    let others: Vec<String> = others.into_iter().flatten().collect();
    let why = || format!("order {number} has {}, which no order can change to", others.join(", "));
    (!others.is_empty()).then(|| Failure::new(FailureKind::Invalid, why()))
}

/// What becomes of an order that is not there any more: it is as good as cancelled, and cannot be changed.
pub(crate) fn absent(amendment: &Amendment) -> Compared {
    if amendment.document.is_none() {
        return Compared::Same;
    }
    let why = format!("order {} is not in the ERP any more", amendment.target);
    Compared::Refused(Failure::new(FailureKind::Invalid, why))
}

/// That the order of this number does not bear our reference any more, if it does not: people change what stands there,
/// and whose order it is now, only they can tell.
pub(crate) fn foreign(amendment: &Amendment, reference: Option<&str>) -> Option<Failure> {
    let why = bears_another(&amendment.target.0, &amendment.reference, reference)?;
    Some(Failure::new(FailureKind::Invalid, format!("{why}, or change the order by hand")))
}

/// That an order of this number does not bear our reference, if it does not, and what to do about it.
pub(crate) fn bears_another(number: &str, ours: &ExternalRef, reference: Option<&str>) -> Option<String> {
    let bears = match reference {
        Some(reference) if reference == ours.as_str() => return None,
        Some(other) => format!("the reference {other}"),
        None => "no reference".to_owned(),
    };
    Some(format!("order {number} is there and bears {bears} where {ours} stood: put that back"))
}

/// What an order cannot follow its record in, and the ERP's order is not compared in, if any of it is not what was sent:
/// that it was closed before all of it came, payment terms, warehouse, and of lines that stay their tax codes, further
/// dimensions, and that they are to be in the item's own unit again.
pub(crate) fn uncarried(amendment: &Amendment) -> Option<Failure> {
    let read = |document: &Option<Value>| serde_json::from_value::<OrderDraft>(document.clone()?).ok();
    let (sent, wanted) = (read(&amendment.sent)?, read(&amendment.document)?);
    let mut changes = Vec::new();
    if sent.closed_short != wanted.closed_short {
        let status = |order: &OrderDraft| if order.closed_short { "closed before all of it came" } else { "open" };
        changes.push(format!("status: {} -> {}", status(&sent), status(&wanted)));
    }
    let mut compare = |what: String, sent: Option<&str>, wanted: Option<&str>| {
        if sent != wanted {
            let default = "the ERP's own";
            changes.push(format!("{what}: {} -> {}", sent.unwrap_or(default), wanted.unwrap_or(default)));
        }
    };
    compare("payment terms".to_owned(), sent.payment_terms.as_deref(), wanted.payment_terms.as_deref());
    compare("warehouse".to_owned(), sent.warehouse.as_deref(), wanted.warehouse.as_deref());
    for (number, sent, wanted) in staying(&sent, &wanted) {
        compare(format!("line {number} tax code"), sent.tax_code.as_deref(), wanted.tax_code.as_deref());
        if wanted.unit.is_none() {
            compare(format!("line {number} unit"), sent.unit.as_deref(), None);
        }
        let (before, after) = (dimensions(sent), dimensions(wanted));
        compare(format!("line {number} dimensions"), before.as_deref(), after.as_deref());
    }
    if changes.is_empty() {
        return None;
    }
    let (number, changes) = (&amendment.target, changes.join("; "));
    let why =
        format!("{changes}: this is not changed in an order that exists: correct order {number} in the ERP by hand");
    Some(Failure::new(FailureKind::Invalid, why))
}

/// The lines that stay, with their numbers, as they were sent and as they are wanted.
fn staying<'a>(
    sent: &'a OrderDraft,
    wanted: &'a OrderDraft,
) -> impl Iterator<Item = (usize, &'a LineDraft, &'a LineDraft)> {
    let lines = |order: &OrderDraft| Line::wanted(order, "", |name| Some(name.to_owned()));
    let pairs = Steps::between(&lines(sent), &lines(wanted)).pairs;
    let pairs = (1..).zip(pairs).zip(&wanted.lines);
    pairs.filter_map(|((number, pair), line)| Some((number, sent.lines.get(pair?)?, line)))
}

fn dimensions(line: &LineDraft) -> Option<String> {
    let values: Vec<String> = line.dimensions.iter().map(|(number, value)| format!("{number}:{value}")).collect();
    (!values.is_empty()).then(|| values.join(" "))
}

/// The difference that a cancellation makes.
pub(crate) fn cancelled(number: &str, before: &str) -> Difference {
    Difference { what: format!("order {number}"), before: Some(before.to_owned()), after: Some("cancelled".to_owned()) }
}

#[cfg(test)]
mod tests {
    use sync_core::{RecordKey, TargetRef};

    use super::*;

    fn line(number: i64, name: &str, quantity: i64) -> Line {
        Line {
            number,
            free_text: true,
            item: Some("SERVICE".to_owned()),
            name: Some(name.to_owned()),
            quantity: quantity.into(),
            price: Decimal::TEN,
            account: Some("6100".to_owned()),
            ..Line::default()
        }
    }

    fn draft(name: &str, tax: &str, project: &str) -> LineDraft {
        LineDraft {
            item: None,
            supplier_item: None,
            name: name.to_owned(),
            quantity: Decimal::ONE,
            unit: None,
            price: Decimal::TEN,
            tax_code: Some(tax.to_owned()),
            account: "6100".to_owned(),
            cost_center: None,
            dimensions: [(3, project.to_owned())].into(),
        }
    }

    /// What an order of these lines cannot follow if it is to have those.
    fn left(sent: &[LineDraft], wanted: &[LineDraft]) -> String {
        let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let order = |lines: &[LineDraft]| {
            let order = OrderDraft {
                supplier: "S1".to_owned(),
                currency: "CAD".to_owned(),
                order_date: day,
                delivery_date: day,
                number: "PO-7".to_owned(),
                payment_terms: None,
                warehouse: None,
                closed_short: false,
                lines: lines.to_vec(),
            };
            serde_json::to_value(order).ok()
        };
        let key = RecordKey::new("acme".into(), "purchase_order".into(), "7");
        let amendment = Amendment {
            reference: ExternalRef::of(&key),
            key,
            target: TargetRef("1000123".to_owned()),
            sent: order(sent),
            document: order(wanted),
            unsettled: false,
        };
        uncarried(&amendment).map(|failure| failure.message).unwrap_or_default()
    }

    #[test]
    fn a_line_that_was_renamed_and_put_on_other_codes_is_told() {
        let sent = [draft("bolts", "GST", "CAN"), draft("nuts", "GST", "CAN")];
        let told = left(&sent, &[draft("bolts M8", "PST", "USA"), draft("nuts", "GST", "CAN")]);
        assert!(told.starts_with("line 1 tax code: GST -> PST; line 1 dimensions: 3:CAN -> 3:USA: "), "{told}");
        let renamed = [draft("bolts M8", "GST", "CAN"), draft("nuts", "GST", "CAN")];
        assert_eq!(left(&sent, &renamed), "", "another name alone is carried over");
    }

    #[test]
    fn of_lines_that_look_alike_each_has_its_own_codes() {
        let [one, other] = ["P1", "P2"].map(|project| draft("bolts", "GST", project));
        let sent = [one.clone(), other.clone()];
        let told = left(&sent, &[one.clone(), one.clone()]);
        assert!(told.starts_with("line 2 dimensions: 3:P2 -> 3:P1: "), "{told}");
        let told = left(&sent, &[other.clone(), one.clone()]);
        assert!(told.starts_with("line 1 dimensions: 3:P1 -> 3:P2; line 2 dimensions: 3:P2 -> 3:P1: "), "{told}");
        assert_eq!(left(&sent, &sent), "");
    }

    fn told(there: &[Line], wanted: &[Line]) -> Vec<String> {
        let steps = Steps::between(there, wanted);
        steps.differences(there, wanted, |_| 9).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_that_goes_leaves_the_others_alone_wherever_it_stood() {
        let there = [line(1, "bolts", 1), line(2, "nuts", 2), line(3, "screws", 3)];
        let wanted = [line(1, "bolts", 1), line(2, "screws", 3)];
        assert_eq!(told(&there, &wanted), ["line 2 removed: 2 x nuts at 10 on 6100"]);
    }

    #[test]
    fn a_changed_line_is_known_by_its_item_and_name() {
        let there = [line(1, "bolts", 1), line(2, "nuts", 2)];
        let wanted = [line(1, "nuts", 5), line(2, "bolts", 1), line(3, "screws", 4)];
        assert_eq!(told(&there, &wanted), ["line 2 quantity 2 -> 5", "line 9 added: 4 x screws at 10 on 6100"]);
    }

    #[test]
    fn a_line_never_becomes_one_of_another_item() {
        let other = Line { item: Some("A1".to_owned()), ..line(1, "bolts", 1) };
        assert_eq!(
            Steps::between(&[line(1, "bolts", 1)], &[other]).steps,
            [Step::Add { wanted: 0 }, Step::Remove { there: 0 }]
        );
    }

    #[test]
    fn of_lines_named_alike_each_stays_on_its_account() {
        let other = |line: Line| Line { account: Some("6200".to_owned()), ..line };
        let there = [line(1, "bolts", 1), line(2, "nuts", 2), other(line(3, "bolts", 3))];
        let wanted = [line(1, "nuts", 2), other(line(2, "bolts", 9))];
        assert_eq!(told(&there, &wanted), ["line 3 quantity 3 -> 9", "line 1 removed: 1 x bolts at 10 on 6100"]);
    }

    #[test]
    fn a_text_that_was_edited_is_a_change_and_another_text_another_line() {
        let there = [line(1, "bolts", 1), line(2, "nuts", 2)];
        let edited = [line(1, "bolts", 1), line(2, "nuts M8", 2)];
        assert_eq!(told(&there, &edited), ["line 2 name nuts -> nuts M8"]);
        let other = [line(1, "bolts", 1), line(2, "screws", 7)];
        assert_eq!(
            told(&there, &other),
            ["line 9 added: 7 x screws at 10 on 6100", "line 2 removed: 2 x nuts at 10 on 6100"]
        );
    }

    #[test]
    fn a_line_in_another_unit_is_another_order() {
        let of = |unit: Option<&str>| Line { unit: unit.map(str::to_owned), ..line(1, "bolts", 5) };
        assert_eq!(told(&[of(Some("BX"))], &[of(Some("EA"))]), ["line 1 unit BX -> EA"]);
        assert_eq!(told(&[of(None)], &[of(Some("EA"))]), ["line 1 unit the item's own -> EA"]);
        assert_eq!(told(&[of(Some("BX"))], &[of(None)]), [""; 0], "the item's own may be that one");
        assert_eq!(told(&[of(Some("BX"))], &[of(Some("bx"))]), [""; 0]);
    }

    #[test]
    fn that_a_line_is_to_be_in_the_item_s_own_unit_again_is_told() {
        let boxed = LineDraft { unit: Some("BX".to_owned()), ..draft("bolts", "GST", "P1") };
        let told = left(std::slice::from_ref(&boxed), &[draft("bolts", "GST", "P1")]);
        assert!(told.starts_with("line 1 unit: BX -> the ERP's own: "), "{told}");
        assert_eq!(left(&[draft("bolts", "GST", "P1")], &[boxed]), "", "that is carried over");
    }

    #[test]
    fn a_line_of_which_some_have_come_is_left_alone_and_its_due_day_matters_no_more() {
        let day = NaiveDate::from_ymd_opt(2026, 12, 1);
        let there = [Line { taken: Decimal::ONE, due: day, ..line(1, "bolts", 3) }];
        let later = [Line { due: day.and_then(|day| day.succ_opt()), ..line(1, "bolts", 3) }];
        assert!(Steps::between(&there, &later).steps.is_empty());
        let fewer = [line(1, "bolts", 2)];
        let refusal = Steps::between(&there, &fewer).refusal(&there).unwrap();
        assert!(refusal.message.contains("1 of line 1 have been received"), "{refusal}");
        assert!(Steps::between(&there, &[]).refusal(&there).is_some());
    }

    #[test]
    fn what_the_erp_does_not_show_is_taken_to_be_as_wanted() {
        let there = [Line { account: None, due: None, ..line(1, "bolts", 3) }];
        assert!(Steps::between(&there, &[line(1, "bolts", 3)]).steps.is_empty());
    }

    #[test]
    fn lines_that_look_alike_stay_in_their_places() {
        let there = [line(1, "bolts", 1), line(2, "bolts", 1), line(3, "bolts", 1)];
        let wanted = [line(1, "bolts", 1), line(2, "bolts", 2), line(3, "bolts", 1)];
        assert_eq!(told(&there, &wanted), ["line 2 quantity 1 -> 2"]);
    }
}
