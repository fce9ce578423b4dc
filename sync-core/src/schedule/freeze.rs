//! Days on which nothing is posted: named ones, and those around the turn of each month.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate};

use super::InvalidCalendar;

const FORM: &str = "is no freeze: write a day (2026-12-31), days (2026-12-24..2027-01-02) or working days around the \
                    turn of the month (WD-2..WD+3)";

/// A working day counted from the turn of the month, as closing calendars do: WD-1 is the last one of
/// the old month, WD+1 the first one of the new month. At most 15 to either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkingDay(i8);

/// Days on which nothing is posted, the first and the last included.
///
/// ```
/// use sync_core::schedule::Freeze;
/// for freeze in ["2026-12-31", "2026-12-24..2027-01-02", "WD-2..WD+3", "WD-3..WD-1", "WD+1..WD+5"] {
///     assert_eq!(freeze.parse::<Freeze>()?.to_string(), freeze);
/// }
/// # Ok::<(), sync_core::schedule::InvalidCalendar>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Freeze {
    /// These days of the calendar.
    Days {
        /// The first.
        from: NaiveDate,
        /// The last.
        to: NaiveDate,
    },
    /// Around the turn of every month, and all days between the two, worked or not.
    MonthEnd {
        /// The first.
        from: WorkingDay,
        /// The last.
        to: WorkingDay,
    },
}

impl FromStr for Freeze {
    type Err = InvalidCalendar;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let (from, to) = (from.trim(), to.trim());
        let (freeze, ordered) = if let (Ok(from), Ok(to)) = (from.parse(), to.parse()) {
            (Self::Days { from, to }, from <= to)
        } else if let (Some(from), Some(to)) = (WorkingDay::parse(from), WorkingDay::parse(to)) {
            (Self::MonthEnd { from, to }, from <= to)
        } else {
            return Err(InvalidCalendar::new(text, FORM));
        };
        if ordered { Ok(freeze) } else { Err(InvalidCalendar::new(text, "ends before it begins: turn it round")) }
    }
}

impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days { from, to } if from == to => write!(f, "{from}"),
            Self::Days { from, to } => write!(f, "{from}..{to}"),
            Self::MonthEnd { from, to } if from == to => write!(f, "{from}"),
            Self::MonthEnd { from, to } => write!(f, "{from}..{to}"),
        }
    }
}

impl fmt::Display for WorkingDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WD{:+}", self.0)
    }
}

impl Freeze {
    /// The last day of this freeze if it covers a day.
    pub(super) fn last_day(self, day: NaiveDate, is_worked: &dyn Fn(NaiveDate) -> bool) -> Option<NaiveDate> {
        match self {
            Self::Days { from, to } => (from <= day && day <= to).then_some(to),
            Self::MonthEnd { from, to } => {
                let month = day.with_day(1)?;
                // The turn behind, the one ahead, and, where holidays draw a close out, the one before.
                let turns =
                    [month.checked_sub_months(Months::new(1))?, month, month.checked_add_months(Months::new(1))?];
                turns.into_iter().find_map(|turn| {
                    let (first, last) = (from.after(turn, is_worked)?, to.after(turn, is_worked)?);
                    (first <= day && day <= last).then_some(last)
                })
            }
        }
    }
}

impl WorkingDay {
    fn parse(text: &str) -> Option<Self> {
        let number: i8 = text.strip_prefix("WD")?.parse().ok()?;
        (number != 0 && number.abs() <= 15).then_some(Self(number))
    }

    /// The date, given the first day of the new month.
    fn after(self, turn: NaiveDate, is_worked: &dyn Fn(NaiveDate) -> bool) -> Option<NaiveDate> {
        let step = |day: NaiveDate| if self.0 > 0 { day.succ_opt() } else { day.pred_opt() };
        let start = if self.0 > 0 { turn } else { turn.checked_sub_days(Days::new(1))? };
        // Two months of holidays end the search: such a calendar has no working days.
        let mut worked = std::iter::successors(Some(start), |day| step(*day)).take(62).filter(|day| is_worked(*day));
        worked.nth(usize::from(self.0.unsigned_abs()) - 1)
    }
}
