//! An invoice as the ERP has it against the one that its bill has become: what changes of its head, which lines change,
//! go, or are new.
//!
//! The ERP's lines do not bear Procurify's line ids: they are paired by what they are (amount, account, cost centre,
//! dimensions, and the text where it is shown), and what is left over by its place, if amount or account is the same.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sync_core::Difference;
use tenant_http::decimal;

use super::draft::{InvoiceDraft, InvoiceLineDraft};

/// A day of an invoice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The ERP does not show it: what was sent is all that is known.
    #[default]
    Nowhere,
    /// It is this, or empty.
    As(Option<NaiveDate>),
}

/// An invoice that is there. What the ERP does not show is `None`, and taken to be as wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The ERP's number of it.
    pub number: String,
    /// The state in which it was read, for products that refuse a change of anything later.
    pub guard: Option<String>,
    pub supplier: Option<String>,
    pub currency: Option<String>,
    /// The supplier's number of it.
    pub invoice: Option<String>,
    pub invoice_date: Shown,
    pub due_date: Shown,
    pub posting_date: Shown,
    pub total: Option<Decimal>,
    pub tax: Option<Decimal>,
    /// Its lines; none if they cannot be told.
    pub lines: Option<Vec<StandingLine>>,
    /// Whether it was cancelled there.
    pub cancelled: bool,
}

/// A line of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StandingLine {
    /// The number by which the ERP names it.
    pub number: i64,
    /// As that of the invoice.
    pub guard: Option<String>,
    pub text: Option<String>,
    pub amount: Decimal,
    pub account: Option<String>,
    pub cost_center: Option<String>,
    /// Further dimensions; none if they are not shown.
    pub dimensions: Option<BTreeMap<u8, String>>,
}

/// What a head is to have; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeadChanges {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posting_date: Option<NaiveDate>,
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub total: Option<Decimal>,
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    pub tax: Option<Decimal>,
    /// The addresses of the bill's attachments, in one text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments: Option<String>,
}

impl HeadChanges {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// A step from the lines that are there to those that are wanted; places count from 0 in the wanted lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LineStep {
    /// A line takes other values.
    Change { number: i64, guard: Option<String>, place: usize },
    /// A line goes.
    Remove { number: i64, guard: Option<String> },
    /// A line is new.
    Add { place: usize },
}

/// What is to be done with an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The ERP's number of it.
    pub number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<String>,
    /// The invoice that is wanted; none if it is to be cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<InvoiceDraft>,
    #[serde(default, skip_serializing_if = "HeadChanges::is_none")]
    pub head: HeadChanges,
    /// The steps; where an invoice is cancelled, its lines, which all go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<LineStep>,
    /// The number of each wanted line: the one that it has, or a free one; as the product numbers lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<i64>,
    /// Whether it was cancelled and is wanted again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reopen: bool,
}

impl Plan {
    /// What ends an invoice.
    pub fn cancelling(standing: &Standing) -> (Self, Vec<Difference>) {
        let lines = standing.lines.iter().flatten();
        let steps = lines.map(|line| LineStep::Remove { number: line.number, guard: line.guard.clone() });
        let plan = Self { steps: steps.collect(), ..Self::of(standing, None) };
        let total = standing.total.map_or_else(|| "open".to_owned(), |total| format!("open, {}", total.normalize()));
        let what = format!("invoice {}", standing.number);
        (plan, vec![Difference { what, before: Some(total), after: Some("cancelled".to_owned()) }])
    }

    fn of(standing: &Standing, invoice: Option<InvoiceDraft>) -> Self {
        Self {
            number: standing.number.clone(),
            guard: standing.guard.clone(),
            invoice,
            head: HeadChanges::default(),
            steps: Vec::new(),
            numbers: Vec::new(),
            reopen: false,
        }
    }

    /// What makes an invoice the one that is wanted, whose lines the product holds so; nothing if it is it.
    ///
    /// `number` gives the number of a new line, by its place, above the highest that there is.
    pub fn amending(
        standing: &Standing,
        wanted: &InvoiceDraft,
        lines: &[InvoiceLineDraft],
        number: fn(usize, i64) -> i64,
    ) -> (Self, Vec<Difference>) {
        let mut plan = Self { reopen: standing.cancelled, ..Self::of(standing, Some(wanted.clone())) };
        let mut differences = Vec::new();
        if standing.cancelled {
            differences.push(told(&format!("invoice {}", standing.number), Some("cancelled"), Some("open")));
        }
        plan.head = head(standing, wanted, &mut differences);
        let there = standing.lines.as_deref().unwrap_or_default();
        let pairs = pairs(there, lines);
        let mut last = there.iter().map(|line| line.number).max().unwrap_or(0);
        for (place, (pair, line)) in pairs.iter().zip(lines).enumerate() {
            let Some(pair) = *pair else {
                last = number(place, last);
                plan.numbers.push(last);
                plan.steps.push(LineStep::Add { place });
                differences.push(told(&format!("line {}", place + 1), None, Some(&words(line))));
                continue;
            };
            let old = &there[pair];
            plan.numbers.push(old.number);
            if !old.is(line) {
                plan.steps.push(LineStep::Change { number: old.number, guard: old.guard.clone(), place });
                differences.extend(old.differences(place + 1, line));
            }
        }
        for (place, line) in there.iter().enumerate().filter(|(place, _)| !pairs.contains(&Some(*place))) {
            plan.steps.push(LineStep::Remove { number: line.number, guard: line.guard.clone() });
            differences.push(told(&format!("line {}", place + 1), Some(&line.words()), None));
        }
        (plan, differences)
    }
}

fn told(what: &str, before: Option<&str>, after: Option<&str>) -> Difference {
    Difference { what: what.to_owned(), before: before.map(str::to_owned), after: after.map(str::to_owned) }
}

fn head(standing: &Standing, wanted: &InvoiceDraft, differences: &mut Vec<Difference>) -> HeadChanges {
    let mut differ = |what: &str, before: Option<String>, after: String| {
        differences.push(told(what, before.as_deref(), Some(&after)));
    };
    let mut changes = HeadChanges::default();
    // What was moved out of a closed period stays where it is booked: that one may be closed by now as well.
    let posting_date = wanted.posting_date.filter(|_| wanted.moved_from.is_none());
    if let Some(there) = standing.invoice.as_ref().filter(|there| there.trim() != wanted.number.trim()) {
        differ("invoice number", Some(there.clone()), wanted.number.clone());
        changes.invoice = Some(wanted.number.clone());
    }
    for (what, there, wanted, change) in [
        ("invoice date", standing.invoice_date, Some(wanted.invoice_date), &mut changes.invoice_date),
        ("due date", standing.due_date, wanted.due_date, &mut changes.due_date),
        ("posting date", standing.posting_date, posting_date, &mut changes.posting_date),
    ] {
        // A day that the bill does not have is the ERP's to choose.
        if let (Shown::As(there), Some(wanted)) = (there, wanted)
            && there != Some(wanted)
        {
            differ(what, there.map(|day| day.to_string()), wanted.to_string());
            *change = Some(wanted);
        }
    }
    for (what, there, wanted, change) in [
        ("total", standing.total, wanted.total, &mut changes.total),
        ("tax", standing.tax, wanted.tax, &mut changes.tax),
    ] {
        if let Some(there) = there.filter(|there| *there != wanted) {
            differ(what, Some(there.normalize().to_string()), wanted.normalize().to_string());
            *change = Some(wanted);
        }
    }
    changes
}

impl StandingLine {
    /// Whether it is this line, as far as it is shown.
    pub fn is(&self, wanted: &InvoiceLineDraft) -> bool {
        self.amount == wanted.amount
            && self.is_booked_as(wanted)
            && self.text.as_ref().is_none_or(|text| *text == wanted.text)
    }

    fn is_booked_as(&self, wanted: &InvoiceLineDraft) -> bool {
        self.account.as_ref().is_none_or(|account| *account == wanted.account)
            && (self.account.is_none() || self.cost_center == wanted.cost_center)
            && self.dimensions.as_ref().is_none_or(|dimensions| *dimensions == wanted.dimensions)
    }

    fn differences(&self, number: usize, wanted: &InvoiceLineDraft) -> Vec<Difference> {
        let mut differences = Vec::new();
        if self.amount != wanted.amount {
            let (before, after) = (self.amount.normalize().to_string(), wanted.amount.normalize().to_string());
            differences.push(told(&format!("line {number} amount"), Some(&before), Some(&after)));
        }
        if !self.is_booked_as(wanted) {
            let before = place(self.account.as_deref(), self.cost_center.as_deref(), self.dimensions.as_ref());
            let after = place(
                Some(&wanted.account),
                wanted.cost_center.as_deref(),
                self.dimensions.as_ref().map(|_| &wanted.dimensions),
            );
            differences.push(told(&format!("line {number} account"), Some(&before), Some(&after)));
        }
        if let Some(text) = self.text.as_ref().filter(|text| **text != wanted.text) {
            differences.push(told(&format!("line {number} text"), Some(text), Some(&wanted.text)));
        }
        differences
    }

    fn words(&self) -> String {
        let place = place(self.account.as_deref(), self.cost_center.as_deref(), self.dimensions.as_ref());
        format!("{} on {place}", self.amount.normalize())
    }
}

fn words(line: &InvoiceLineDraft) -> String {
    let place = place(Some(&line.account), line.cost_center.as_deref(), Some(&line.dimensions));
    format!("{} on {place} `{}`", line.amount.normalize(), line.text)
}

fn place(account: Option<&str>, center: Option<&str>, dimensions: Option<&BTreeMap<u8, String>>) -> String {
    let further = dimensions.into_iter().flatten().map(|(number, value)| format!("{number}:{value}"));
    let parts = account.into_iter().chain(center).map(str::to_owned).chain(further);
    let place = parts.collect::<Vec<_>>().join("/");
    if place.is_empty() { "an account that is not shown".to_owned() } else { place }
}

/// For each wanted line, the place of the one that is it or becomes it.
fn pairs(there: &[StandingLine], wanted: &[InvoiceLineDraft]) -> Vec<Option<usize>> {
    let mut pairs: Vec<Option<usize>> = vec![None; wanted.len()];
    let mut open: Vec<usize> = (0..there.len()).collect();
    let mut pair = |alike: &dyn Fn(&StandingLine, &InvoiceLineDraft) -> bool, by_place: bool| {
        for (at, line) in wanted.iter().enumerate() {
            if pairs[at].is_some() {
                continue;
            }
            // The one in the same place first, so that lines that look alike stay in their places.
            let mut candidates = open.iter().copied().filter(|place| alike(&there[*place], line));
            let found = if by_place {
                candidates.find(|place| *place == at)
            } else {
                candidates.clone().find(|place| *place == at).or_else(|| candidates.next())
            };
            if let Some(place) = found {
                open.retain(|other| *other != place);
                pairs[at] = Some(place);
            }
        }
    };
    pair(&|old, new| old.is(new), false);
    pair(&|old, new| old.amount == new.amount && old.is_booked_as(new), false);
    pair(&|old, new| old.is_booked_as(new), true);
    pair(&|old, new| old.amount == new.amount, true);
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(amount: i64, account: &str) -> InvoiceLineDraft {
        InvoiceLineDraft {
            text: "Bolts".to_owned(),
            amount: amount.into(),
            account: account.to_owned(),
            cost_center: None,
            tax_code: None,
            dimensions: BTreeMap::new(),
            order: None,
        }
    }

    fn there(number: i64, amount: i64, account: &str) -> StandingLine {
        StandingLine { number, amount: amount.into(), account: Some(account.to_owned()), ..StandingLine::default() }
    }

    fn draft(total: i64) -> InvoiceDraft {
        InvoiceDraft {
            supplier: "S1".to_owned(),
            number: "INV-1".to_owned(),
            currency: "CAD".to_owned(),
            invoice_date: NaiveDate::default(),
            due_date: None,
            posting_date: None,
            moved_from: None,
            payment_terms: None,
            total: total.into(),
            tax: Decimal::ZERO,
            freight: Decimal::ZERO,
            lines: Vec::new(),
            attachments: Vec::new(),
            others: Vec::new(),
        }
    }

    fn amended(there: Vec<StandingLine>, lines: &[InvoiceLineDraft]) -> (Plan, Vec<String>) {
        let standing = Standing { number: "7".to_owned(), lines: Some(there), ..Standing::default() };
        let (plan, differences) = Plan::amending(&standing, &draft(0), lines, |_, last| last + 1);
        (plan, differences.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn lines_that_stay_the_same_are_not_touched_in_whatever_order_they_are() {
        let (plan, told) = amended(vec![there(1, 10, "A"), there(2, 20, "B")], &[wanted(20, "B"), wanted(10, "A")]);
        assert!(plan.steps.is_empty() && plan.head.is_none(), "{plan:?}");
        assert_eq!((told.len(), plan.numbers), (0, vec![2, 1]));
    }

    #[test]
    fn a_line_in_its_place_changes_its_amount_or_its_account_and_others_come_and_go() {
        let standing = vec![there(1, 10, "A"), there(2, 20, "B"), there(3, 30, "C")];
        let lines = [wanted(11, "A"), wanted(20, "D"), wanted(99, "E")];
        let (plan, told) = amended(standing, &lines);
        let change = |number, place| LineStep::Change { number, guard: None, place };
        let expected =
            [change(1, 0), change(2, 1), LineStep::Add { place: 2 }, LineStep::Remove { number: 3, guard: None }];
        assert_eq!(plan.steps, expected);
        assert_eq!(plan.numbers, [1, 2, 4]);
        let expected = [
            "line 1 amount 10 -> 11",
            "line 2 account B -> D",
            "line 3 added: 99 on E `Bolts`",
            "line 3 removed: 30 on C",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_head_changes_in_what_is_shown_and_differs() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day);
        let standing = Standing {
            invoice: Some("INV-2 ".to_owned()),
            invoice_date: Shown::As(Some(NaiveDate::default())),
            due_date: Shown::As(day(1)),
            total: Some(Decimal::TEN),
            ..Standing::default()
        };
        let wanted = InvoiceDraft { due_date: day(5), posting_date: day(6), ..draft(12) };
        let (plan, differences) = Plan::amending(&standing, &wanted, &[], |_, last| last + 1);
        let told: Vec<String> = differences.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["invoice number INV-2  -> INV-1", "due date 2026-11-01 -> 2026-11-05", "total 10 -> 12"],
            "a posting date that is not shown is taken to be as wanted"
        );
        assert_eq!(plan.head.posting_date, None);
    }

    #[test]
    fn a_posting_date_follows_the_bill_and_stays_where_it_was_moved_out_of_a_closed_period() {
        let day = |month| NaiveDate::from_ymd_opt(2026, month, 1);
        let standing = Standing { posting_date: Shown::As(day(10)), ..Standing::default() };
        let plan = |wanted| Plan::amending(&standing, &wanted, &[], |_, last| last + 1).0;
        let later = InvoiceDraft { posting_date: day(11), ..draft(12) };
        assert_eq!(plan(later.clone()).head.posting_date, day(11));
        assert_eq!(plan(InvoiceDraft { moved_from: day(9), ..later.clone() }).head.posting_date, None);
        let empty = Standing { posting_date: Shown::As(None), ..Standing::default() };
        let (plan, differences) = Plan::amending(&empty, &later, &[], |_, last| last + 1);
        assert_eq!(
            (plan.head.posting_date, differences[0].to_string()),
            (day(11), "posting date added: 2026-11-01".into())
        );
    }
}
