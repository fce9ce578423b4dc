//! The days on which an account, a cost centre or another dimension may be booked on.
//!
//! They are kept beside the ERP's own values in the cross-references, for it is the day of a document that they are
//! held against, not the one on which they were read.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sync_core::{Match, MatchedBy, Missing, Reference, References};

use super::resolve::code;
use super::{COST_CENTER, GL_ACCOUNT, Master, dimension_kind};
use crate::bill::InvoiceDraft;
use crate::purchase_order::OrderDraft;

/// The days on which a value may be used, both included. By default all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Validity {
    /// The first one; ever before if none.
    pub from: Option<NaiveDate>,
    /// The last one; ever after if none.
    pub to: Option<NaiveDate>,
}

impl Validity {
    /// Whether it may be used on this day.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// `2026-01-01..2026-12-31`, either of which may be left out.
    fn span(self) -> String {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        format!("{}..{}", day(self.from), day(self.to))
    }

    fn of_span(span: &str) -> Option<Self> {
        let day = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
        let (from, to) = span.split_once("..")?;
        Some(Self { from: day(from)?, to: day(to)? })
    }

    fn words(self) -> String {
        match (self.from, self.to) {
            (Some(from), Some(to)) => format!("from {from} to {to}"),
            (Some(from), None) => format!("from {from} on"),
            (None, Some(to)) => format!("up to {to}"),
            (None, None) => "always".to_owned(),
        }
    }
}

/// The kind under which the validities of a kind's values stand in the table.
pub(super) fn validity_kind(kind: &str) -> String {
    format!("valid_{kind}")
}

/// The validities of a kind's values, of those that have a beginning or an end, as lines of the table. Of several values
/// of one number the last one counts, as it does among the values themselves.
pub(super) fn lines(kind: &str, masters: &[Master]) -> Vec<Reference> {
    let by_number: BTreeMap<String, Validity> = masters.iter().map(|master| (code(&master.id), master.valid)).collect();
    let bounded = by_number.into_iter().filter(|(_, valid)| *valid != Validity::default());
    let line = |(source, valid): (String, Validity)| Reference {
        kind: validity_kind(kind),
        source,
        label: String::new(),
        found: Match::Matched { target: valid.span(), by: MatchedBy::Code },
    };
    bounded.map(line).collect()
}

/// What of an order may not be booked on at its date.
pub(crate) fn check_order(order: &OrderDraft, references: &References) -> Vec<Missing> {
    let mut check = Check::new(order.order_date, references);
    let otherwise = "enter it there by hand and link it (`link purchase_order`)";
    for line in &order.lines {
        check.place("order is of", otherwise, &line.account, line.cost_center.as_deref(), &line.dimensions);
    }
    check.missing
}

/// What of a bill may not be booked on at its posting date, or at its invoice date if it has none.
pub(crate) fn check_bill(bill: &InvoiceDraft, references: &References) -> Vec<Missing> {
    let mut check = Check::new(bill.posting_date.unwrap_or(bill.invoice_date), references);
    let otherwise = "set another GL post date in Procurify";
    for line in &bill.lines {
        check.place("bill is to be booked on", otherwise, &line.account, line.cost_center.as_deref(), &line.dimensions);
    }
    check.missing
}

/// A document's day held against the validities of all that it is booked on.
struct Check<'a> {
    day: NaiveDate,
    references: &'a References,
    missing: Vec<Missing>,
}

impl<'a> Check<'a> {
    fn new(day: NaiveDate, references: &'a References) -> Self {
        Self { day, references, missing: Vec::new() }
    }

    /// `what` says what is of the day, `otherwise` what people can do but have the validity changed.
    fn place(
        &mut self,
        what: &str,
        otherwise: &str,
        account: &str,
        cost_center: Option<&str>,
        dimensions: &BTreeMap<u8, String>,
    ) {
        let center = cost_center.map(|center| (COST_CENTER.to_owned(), center));
        let others = dimensions.iter().map(|(number, value)| (dimension_kind(*number), value.as_str()));
        for (kind, value) in [(GL_ACCOUNT.to_owned(), account)].into_iter().chain(center).chain(others) {
            let Some(valid) = self.validity(&kind, value).filter(|valid| !valid.holds(self.day)) else { continue };
            let hint = format!(
                "it is valid {} in the ERP, and the {what} {}: have its validity changed there, or {otherwise}",
                valid.words(),
                self.day
            );
            let missing = Missing { kind, value: value.to_owned(), hint };
            if !self.missing.contains(&missing) {
                self.missing.push(missing);
            }
        }
    }

    fn validity(&self, kind: &str, value: &str) -> Option<Validity> {
        let line = self.references.get(&validity_kind(kind), &code(value))?;
        line.found.targets().first().and_then(|span| Validity::of_span(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn valid(from: Option<&str>, to: Option<&str>) -> Validity {
        Validity { from: from.map(day), to: to.map(day) }
    }

    #[test]
    fn a_span_is_read_as_it_was_written_and_holds_its_first_and_last_day() {
        for valid in [
            valid(Some("2026-01-01"), Some("2026-12-31")),
            valid(None, Some("2026-12-31")),
            valid(Some("2026-01-01"), None),
        ] {
            assert_eq!(Validity::of_span(&valid.span()), Some(valid));
            for (text, inside) in [
                ("2025-12-31", valid.from.is_none()),
                ("2026-01-01", true),
                ("2026-12-31", true),
                ("2027-01-01", valid.to.is_none()),
            ] {
                assert_eq!(valid.holds(day(text)), inside, "{valid:?} on {text}");
            }
        }
        assert_eq!(Validity::of_span("soon"), None);
    }

    #[test]
    fn a_division_s_own_value_is_valid_as_it_says_whatever_the_company_s_of_its_number_does() {
        let master = |valid| Master { id: "61000".to_owned(), valid, ..Master::default() };
        let ended = valid(None, Some("2026-12-31"));
        assert!(lines(GL_ACCOUNT, &[master(ended), master(Validity::default())]).is_empty());
        assert_eq!(lines(GL_ACCOUNT, &[master(Validity::default()), master(ended)]).len(), 1);
    }
}
