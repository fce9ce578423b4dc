//! A procurement calendar: one pace in business hours, another outside them, freezes around month-end.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

use super::{Freeze, Frozen, InvalidCalendar, Schedule};

/// Minutes in a day of the clock.
const DAY: u16 = 24 * 60;

/// How far the end of a freeze is looked for where one follows the other without a gap.
const FARTHEST: Days = Days::new(400);

/// From when to when people are at work, by the clock on their wall.
///
/// ```
/// use sync_core::schedule::Hours;
/// assert!("08:00-18:00".parse::<Hours>().is_ok());
/// assert!("00:00-24:00".parse::<Hours>().is_ok(), "all day");
/// assert!("18:00-08:00".parse::<Hours>().is_err(), "they begin before they end");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// Minutes since midnight.
    from: u16,
    /// Minutes since midnight, more than `from` and at most [`DAY`].
    to: u16,
}

impl FromStr for Hours {
    type Err = InvalidCalendar;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || InvalidCalendar::new(text, "is no time of day: write 08:00-18:00, or 00:00-24:00 for all day");
        let (from, to) = text.split_once('-').ok_or_else(form)?;
        let (from, to) = (minutes(from).ok_or_else(form)?, minutes(to).ok_or_else(form)?);
        if from >= to {
            return Err(InvalidCalendar::new(text, "ends before it begins: business hours lie within one day"));
        }
        Ok(Self { from, to })
    }
}

fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let two_digits = |text: &str| (text.len() == 2).then(|| text.parse::<u16>().ok()).flatten();
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= DAY).then_some(all)
}

/// When a tenant's passes run, and when nothing is posted.
///
/// Runs are counted off from the beginning of the day, from the opening and from the closing: with
/// business hours from 08:00 to 18:00, `every` 10 minutes and `off_hours_every` hour, they are at 00:00,
/// 01:00, ... 07:00, 08:00, 08:10, ... 17:50, 18:00, 19:00. On days that are not worked the whole day is
/// off-hours.
///
/// They are counted in time that passed, not by the hands of the clock: the day on which clocks go
/// forward has an hour's runs less, the other one an hour's more, and none comes late, early or twice.
/// An opening or closing that the clocks jump over is at the jump. Of an hour that they show twice, business
/// begins in the first and ends in the last.
///
/// ```
/// use std::time::Duration;
/// use sync_core::Schedule;
/// use sync_core::schedule::Calendar;
///
/// let calendar = Calendar {
///     time_zone: "America/Vancouver".parse()?,
///     business_hours: "08:00-18:00".parse()?,
///     every: Duration::from_secs(600),
///     off_hours_every: Duration::from_secs(3600),
///     freezes: vec!["WD-2..WD+3".parse()?],
///     ..Calendar::default()
/// };
/// let tuesday = "2026-11-24T12:34:56-08:00".parse::<chrono::DateTime<chrono::Utc>>()?;
/// assert_eq!(calendar.next_run(tuesday), Some("2026-11-24T12:40:00-08:00".parse()?));
/// assert!(calendar.frozen(tuesday).is_none());
/// let close = "2026-11-30T12:00:00-08:00".parse()?;
/// // The third working day of December ends with Thursday the 3rd.
/// assert_eq!(calendar.frozen(close).map(|frozen| frozen.until), Some("2026-12-04T00:00:00-08:00".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Whose clock all of it goes by. Default UTC.
    pub time_zone: Tz,
    /// When the first pace holds, on working days. Default all day.
    pub business_hours: Hours,
    /// The days of the week that are worked. Default Monday to Friday.
    pub weekdays: Vec<Weekday>,
    /// Days that are not worked whatever day of the week they are.
    pub holidays: BTreeSet<NaiveDate>,
    /// The pace in business hours; at least a second. Default 10 minutes.
    pub every: Duration,
    /// The pace at all other times; at least a second, and once a day is the slowest. Default 10 minutes.
    pub off_hours_every: Duration,
    /// When nothing is posted.
    pub freezes: Vec<Freeze>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self {
            time_zone: Tz::UTC,
            business_hours: Hours { from: 0, to: DAY },
            weekdays: vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri],
            holidays: BTreeSet::new(),
            every: Duration::from_secs(600),
            off_hours_every: Duration::from_secs(600),
            freezes: Vec::new(),
        }
    }
}

/// A stretch of one day in which one pace holds.
struct Stretch {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    pace: Duration,
}

impl Stretch {
    fn next_run(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = if after < self.start {
            self.start
        } else {
            let pace = TimeDelta::from_std(self.pace.max(Duration::from_secs(1))).ok()?;
            let runs = (after - self.start).num_milliseconds() / pace.num_milliseconds() + 1;
            self.start.checked_add_signed(pace.checked_mul(i32::try_from(runs).ok()?)?)?
        };
        (next < self.end).then_some(next)
    }
}

impl Calendar {
    /// Whether a day is worked.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        self.weekdays.contains(&day.weekday()) && !self.holidays.contains(&day)
    }

    /// The day that a moment belongs to, once that day's business hours have begun: for what is to be
    /// done once a day. On a day that is not worked, they begin at the same hour.
    pub fn day_begun(&self, at: DateTime<Utc>) -> Option<NaiveDate> {
        let day = self.day_of(at);
        (self.first(day, self.business_hours.from) <= at).then_some(day)
    }

    fn day_of(&self, at: DateTime<Utc>) -> NaiveDate {
        // The date on the wall, but for an hour that clocks set back show with the date before.
        let shown = at.with_timezone(&self.time_zone).date_naive();
        if self.start_of(next(shown)) <= at { next(shown) } else { shown }
    }

    /// When a day begins.
    pub fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        self.first(day, 0)
    }

    /// The first moment at which clocks show a time of day; where they jump over it, the jump.
    fn first(&self, day: NaiveDate, minutes: u16) -> DateTime<Utc> {
        let shown = clock(day, minutes);
        // The longest jump there ever was is a whole day.
        (0..=2 * i64::from(DAY))
            .find_map(|later| self.time_zone.from_local_datetime(&(shown + TimeDelta::minutes(later))).earliest())
            .map_or_else(|| shown.and_utc(), |at| at.to_utc())
    }

    /// When clocks have shown the last minute before a time of day for the last time; where they jump over it, the jump.
    fn closing(&self, day: NaiveDate, minutes: u16) -> DateTime<Utc> {
        let shown = self.time_zone.from_local_datetime(&clock(day, minutes - 1)).latest();
        shown.map_or_else(|| self.first(day, minutes - 1), |at| at.to_utc() + TimeDelta::minutes(1))
    }

    fn stretches(&self, day: NaiveDate) -> [Stretch; 3] {
        let (start, end) = (self.start_of(day), self.start_of(next(day)));
        let (opening, closing) = if self.is_working_day(day) {
            (self.first(day, self.business_hours.from), self.closing(day, self.business_hours.to))
        } else {
            (end, end)
        };
        let opening = opening.clamp(start, end);
        let closing = closing.clamp(opening, end);
        [
            Stretch { start, end: opening, pace: self.off_hours_every },
            Stretch { start: opening, end: closing, pace: self.every },
            Stretch { start: closing, end, pace: self.off_hours_every },
        ]
    }

    fn freeze_on(&self, day: NaiveDate) -> Option<(&Freeze, NaiveDate)> {
        self.freezes.iter().find_map(|freeze| Some((freeze, freeze.last_day(day, &|day| self.is_working_day(day))?)))
    }
}

impl Schedule for Calendar {
    fn next_run(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut day = self.day_of(after);
        loop {
            let run = self.stretches(day).iter().find_map(|stretch| stretch.next_run(after));
            if run.is_some() || day == NaiveDate::MAX {
                return run;
            }
            day = next(day);
        }
    }

    fn frozen(&self, at: DateTime<Utc>) -> Option<Frozen> {
        let mut day = self.day_of(at);
        let (freeze, last) = self.freeze_on(day)?;
        // Freezes that leave no day open, such as WD-15..WD+15, never end: it is asked again after so long.
        let farthest = day.checked_add_days(FARTHEST).unwrap_or(NaiveDate::MAX);
        day = next(last);
        // One freeze may follow the other without a gap.
        while let Some((_, last)) = self.freeze_on(day).filter(|_| day < farthest) {
            day = next(last);
        }
        Some(Frozen { until: self.start_of(day), reason: format!("posting is frozen by {freeze}") })
    }
}

fn next(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(NaiveDate::MAX)
}

fn clock(day: NaiveDate, minutes: u16) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minutes))
}
