//! Fiscal periods that are closed in the ERP: what is dated in one waits until it is open again, or is booked on the
//! first open day, as the host wants it.
//!
//! Which periods are closed is read in the ERP where the tenant has a list of them ([`PeriodList`]), and is said by the
//! settings where it has none. What is in the ERP already is linked whatever its period, and may be changed as far as
//! the ERP lets it.

use chrono::NaiveDate;
use sync_core::{Failure, FailureKind, Match, Missing, Reference, References};

use crate::bill::InvoiceDraft;
use crate::connection::BuildError;
use crate::purchase_order::OrderDraft;
use crate::reference::CLOSED_PERIOD;

/// What is done about a document whose day lies in a closed period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnClosed {
    /// It is held until the period is open again, or its day is changed in Procurify.
    #[default]
    Hold,
    /// It is booked on the first day after, that lies in no closed period. Only for bills: an order is booked nowhere,
    /// and keeps its day.
    Move,
    /// It is posted as it is; the ERP decides.
    Ignore,
}

/// Which periods are closed, and what that means to documents. By default no period is known to be closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeriodSettings {
    /// All days up to this one are closed.
    pub closed_until: Option<NaiveDate>,
    /// Where the ERP lists its periods; it is read with the other reference data.
    pub list: Option<PeriodList>,
    /// For orders, by their order date.
    pub orders: OnClosed,
    /// For bills, by their GL post date. One that has none is judged by its invoice date, as if the ERP booked it on
    /// that day.
    pub bills: OnClosed,
}

/// A list of the ERP with an entry for each period, in the tenant's own names.
///
/// In M3 it is a table, which `EXPORTMI` reads; in SyteLine an IDO; in OData services `SERVICE/ENTITY_SET`. None of the
/// three documents such a list in public: its names have no default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeriodList {
    /// The table, IDO, or service and entity set.
    pub name: String,
    /// The field of the first day.
    pub start: String,
    /// The field of the last day.
    pub end: String,
    /// The field that says whether the period is closed.
    pub status: String,
    /// What that field says of a closed one.
    pub closed: Vec<String>,
}

/// A period that is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedPeriod {
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
    /// How that is known, such as `its Status in SLPeriods is C`.
    pub why: String,
}

impl PeriodList {
    /// The fields that are read: first day, last day, status.
    pub(crate) fn fields(&self) -> [&str; 3] {
        [&self.start, &self.end, &self.status]
    }

    /// The period of an entry, if it is closed.
    ///
    /// # Errors
    /// A closed one does not say from when to when it is.
    pub(crate) fn period(
        &self,
        start: Option<NaiveDate>,
        end: Option<NaiveDate>,
        status: Option<String>,
    ) -> Result<Option<ClosedPeriod>, Failure> {
        let Some(status) = status.filter(|status| self.closed.contains(status)) else { return Ok(None) };
        let why = format!("its {} in {} is {status}", self.status, self.name);
        match (start, end) {
            (Some(from), Some(to)) => Ok(Some(ClosedPeriod { from, to, why })),
            _ => Err(self.unreadable(&format!("a closed period has no {} or no {}", self.start, self.end))),
        }
    }

    /// That its entries cannot be read.
    pub(crate) fn unreadable(&self, why: &dyn std::fmt::Display) -> Failure {
        let message = format!("the fiscal periods in {} cannot be read ({why}): check their names", self.name);
        Failure::new(FailureKind::Other, message)
    }
}

impl ClosedPeriod {
    /// As a line of the cross-reference table.
    pub(crate) fn line(&self) -> Reference {
        let span = format!("{}..{}", self.from, self.to);
        let found = Match::Blocked { target: span.clone(), why: self.why.clone() };
        Reference { kind: CLOSED_PERIOD.to_owned(), source: span, label: String::new(), found }
    }

    fn of_line(line: &Reference) -> Option<Self> {
        let (from, to) = line.source.split_once("..")?;
        let Match::Blocked { why, .. } = &line.found else { return None };
        Some(Self { from: from.parse().ok()?, to: to.parse().ok()?, why: why.clone() })
    }

    fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }
}

impl PeriodSettings {
    /// Whether they can be carried out.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        if self.orders == OnClosed::Move {
            return Err(BuildError::OrdersKeepTheirDay);
        }
        if let Some(list) = &self.list {
            let names = [&list.name, &list.start, &list.end, &list.status];
            if names.iter().any(|name| name.trim().is_empty()) || list.closed.is_empty() {
                return Err(BuildError::PeriodList);
            }
        }
        Ok(())
    }

    /// What stands against an order.
    pub(crate) fn check_order(&self, draft: &OrderDraft, references: &References) -> Vec<Missing> {
        let closed = || self.closed_on(draft.order_date, references);
        match (self.orders, closed()) {
            (OnClosed::Hold | OnClosed::Move, Some(period)) => {
                vec![missing(
                    "order is of",
                    draft.order_date,
                    &period,
                    "or enter it there by hand and link it (`link purchase_order`)",
                )]
            }
            _ => Vec::new(),
        }
    }

    /// What stands against a bill; one that is to be booked on another day is changed so.
    pub(crate) fn check_bill(
        &self,
        draft: &mut InvoiceDraft,
        decisions: &mut Vec<String>,
        references: &References,
    ) -> Vec<Missing> {
        let day = draft.posting_date.unwrap_or(draft.invoice_date);
        let Some(period) = self.closed_on(day, references).filter(|_| self.bills != OnClosed::Ignore) else {
            return Vec::new();
        };
        let open = (self.bills == OnClosed::Move).then(|| self.first_open_after(day, references)).flatten();
        match open {
            Some(open) => {
                draft.posting_date = Some(open);
                draft.moved_from = Some(day);
                decisions
                    .push(format!("it is booked on {open}, the first open day, for {day} is closed ({})", period.why));
                Vec::new()
            }
            None => vec![missing("bill is to be booked on", day, &period, "or set a later GL post date in Procurify")],
        }
    }

    fn closed_on(&self, day: NaiveDate, references: &References) -> Option<ClosedPeriod> {
        let by_hand = self.closed_until.filter(|until| day <= *until).map(|to| ClosedPeriod {
            from: NaiveDate::MIN,
            to,
            why: format!("all days up to {to} are, by closed_until in the settings"),
        });
        let read = references.of_kind(CLOSED_PERIOD).filter_map(ClosedPeriod::of_line);
        // Of several always the same one, or people would be told again each time that another comes first.
        by_hand.or_else(|| read.filter(|period| period.holds(day)).min_by_key(|period| (period.from, period.to)))
    }

    fn first_open_after(&self, day: NaiveDate, references: &References) -> Option<NaiveDate> {
        let mut day = day;
        while let Some(period) = self.closed_on(day, references) {
            day = period.to.succ_opt()?;
        }
        Some(day)
    }
}

fn missing(what: &str, day: NaiveDate, period: &ClosedPeriod, otherwise: &str) -> Missing {
    let value = match period.from {
        NaiveDate::MIN => format!("up to {}", period.to),
        from => format!("{from} to {}", period.to),
    };
    let hint =
        format!("the {what} {day}, and this period is closed ({}): have it opened in the ERP, {otherwise}", period.why);
    Missing { kind: "fiscal_period".to_owned(), value, hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn bill(posting: Option<&str>, invoiced: &str) -> InvoiceDraft {
        serde_json::from_value(serde_json::json!({
            "supplier": "S17", "number": "INV-7", "currency": "CAD", "invoice_date": invoiced,
            "posting_date": posting, "total": "1", "tax": "0", "freight": "0", "lines": [],
        }))
        .unwrap()
    }

    fn table() -> References {
        let closed = |from: &str, to: &str| ClosedPeriod { from: day(from), to: day(to), why: "it is".to_owned() };
        let periods = [closed("2026-09-01", "2026-09-30"), closed("2026-10-01", "2026-10-31")];
        References::new(periods.iter().map(ClosedPeriod::line), None)
    }

    #[test]
    fn a_list_that_would_close_nothing_is_refused() {
        let list = PeriodList {
            name: "SLPeriods".to_owned(),
            start: "Start".to_owned(),
            end: "End".to_owned(),
            status: "Status".to_owned(),
            closed: vec!["C".to_owned()],
        };
        let check = |list: PeriodList| PeriodSettings { list: Some(list), ..PeriodSettings::default() }.check();
        assert!(check(list.clone()).is_ok());
        assert!(matches!(check(PeriodList { closed: Vec::new(), ..list.clone() }), Err(BuildError::PeriodList)));
        assert!(matches!(check(PeriodList { status: " ".to_owned(), ..list }), Err(BuildError::PeriodList)));
    }

    #[test]
    fn a_bill_is_judged_by_its_posting_date_and_by_its_invoice_date_without_one() {
        let settings = PeriodSettings::default();
        for (posting, invoiced, held) in [
            (None, "2026-09-30", true),
            (None, "2026-08-31", false),
            (Some("2026-11-01"), "2026-09-30", false),
            (Some("2026-10-01"), "2026-08-31", true),
        ] {
            let missing = settings.check_bill(&mut bill(posting, invoiced), &mut Vec::new(), &table());
            assert_eq!(!missing.is_empty(), held, "{posting:?} {invoiced}: {missing:?}");
        }
        let missing = settings.check_bill(&mut bill(None, "2026-09-30"), &mut Vec::new(), &table());
        let words = missing[0].to_string();
        assert!(words.starts_with("fiscal period 2026-09-01 to 2026-09-30: the bill is to be booked on 2026-09-30"));
        assert!(words.contains("have it opened in the ERP, or set a later GL post date in Procurify"), "{words}");
    }

    #[test]
    fn of_periods_that_overlap_always_the_same_one_is_told() {
        let closed = |to: &str| ClosedPeriod { from: day("2026-09-01"), to: day(to), why: "it is".to_owned() };
        for _ in 0..64 {
            let periods = ["2026-09-30", "2026-12-31", "2026-09-15"].map(closed);
            let table = References::new(periods.iter().map(ClosedPeriod::line), None);
            let missing = PeriodSettings::default().check_bill(&mut bill(None, "2026-09-10"), &mut Vec::new(), &table);
            assert_eq!(missing[0].value, "2026-09-01 to 2026-09-15");
        }
    }

    #[test]
    fn what_is_moved_goes_behind_all_closed_periods_and_says_so() {
        let settings = PeriodSettings { bills: OnClosed::Move, ..PeriodSettings::default() };
        let (mut draft, mut decisions) = (bill(None, "2026-09-12"), Vec::new());
        assert!(settings.check_bill(&mut draft, &mut decisions, &table()).is_empty());
        assert_eq!((draft.posting_date, draft.invoice_date), (Some(day("2026-11-01")), day("2026-09-12")));
        assert!(decisions[0].contains("2026-11-01, the first open day, for 2026-09-12 is closed"), "{decisions:?}");
    }

    #[test]
    fn days_are_closed_by_the_settings_where_the_erp_has_no_list() {
        let settings = PeriodSettings { closed_until: Some(day("2026-11-30")), ..PeriodSettings::default() };
        let none = References::default();
        let missing = settings.check_bill(&mut bill(None, "2026-11-30"), &mut Vec::new(), &none);
        assert!(missing[0].to_string().starts_with("fiscal period up to 2026-11-30: "), "{}", missing[0]);
        assert!(settings.check_bill(&mut bill(None, "2026-12-01"), &mut Vec::new(), &none).is_empty());
        let ignoring = PeriodSettings { bills: OnClosed::Ignore, ..settings };
        assert!(ignoring.check_bill(&mut bill(None, "2026-11-30"), &mut Vec::new(), &none).is_empty());
    }

    #[test]
    fn a_list_whose_closed_entries_say_no_days_is_an_error_and_open_ones_are_left_out() {
        let list = PeriodList { status: "Stat".into(), closed: vec!["C".into()], ..PeriodList::default() };
        assert_eq!(list.period(None, None, Some("O".into())).unwrap(), None);
        assert!(list.period(Some(day("2026-09-01")), None, Some("C".into())).is_err());
    }
}
