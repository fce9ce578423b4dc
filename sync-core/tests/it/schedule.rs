//! The calendar against a walk through the year, minute by minute, that knows nothing of its arithmetic.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc, Weekday};
use sync_core::Schedule;
use sync_core::schedule::{Calendar, Freeze, Hours, Tz};

/// Half-hour changes, changes at midnight and at one minute past, both hemispheres, and none at all.
const ZONES: [Tz; 11] = [
    Tz::America__Vancouver,
    Tz::America__New_York,
    Tz::America__St_Johns,
    Tz::America__Havana,
    Tz::America__Santiago,
    Tz::Europe__London,
    Tz::Europe__Berlin,
    Tz::Africa__Cairo,
    Tz::Australia__Sydney,
    Tz::Australia__Lord_Howe,
    Tz::Asia__Kolkata,
];

/// `SplitMix64`: a seed gives the same calendars again.
struct Random(u64);

impl Random {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        from[usize::try_from((z ^ (z >> 31)) % from.len() as u64).unwrap()]
    }
}

/// A calendar drawn at random, as the calendar and as the walk see it.
struct Drawn {
    calendar: Calendar,
    opens: NaiveTime,
    /// `None`: midnight.
    closes: Option<NaiveTime>,
    every: i64,
    off_hours_every: i64,
}

fn draw(random: &mut Random, zone: Tz) -> Drawn {
    let (from, to) = random.pick(&[
        ("00:00", "24:00"),
        ("08:00", "18:00"),
        ("01:15", "02:30"),
        ("02:15", "23:30"),
        ("00:30", "01:00"),
    ]);
    let every = random.pick(&[1, 7, 10, 15, 45]);
    let off_hours_every = random.pick(&[10, 37, 60, 240, 1440]);
    let (year, month) = (2026, random.pick(&[3, 4, 9, 10, 11]));
    let minutes = |minutes: i64| Duration::from_secs(60 * u64::try_from(minutes).unwrap());
    Drawn {
        calendar: Calendar {
            time_zone: zone,
            business_hours: format!("{from}-{to}").parse::<Hours>().unwrap(),
            // Clocks change on Sundays, and Cairo's on Fridays.
            weekdays: random
                .pick(&[&[Weekday::Mon, Weekday::Fri, Weekday::Sun], &[Weekday::Sat, Weekday::Sun, Weekday::Thu]])
                .to_vec(),
            holidays: BTreeSet::from([NaiveDate::from_ymd_opt(year, month, 8).unwrap()]),
            every: minutes(every),
            off_hours_every: minutes(off_hours_every),
            freezes: Vec::new(),
        },
        opens: from.parse().unwrap(),
        closes: (to != "24:00").then(|| to.parse().unwrap()),
        every,
        off_hours_every,
    }
}

/// All runs of some days, found by looking at the wall clock every minute.
fn walk(drawn: &Drawn, from: DateTime<Utc>, days: i64) -> Vec<DateTime<Utc>> {
    #[derive(PartialEq, Clone, Copy)]
    enum Part {
        Before,
        Open,
        After,
    }
    let shown = |at: DateTime<Utc>| at.with_timezone(&drawn.calendar.time_zone).naive_local();
    let minutes: Vec<DateTime<Utc>> = (0..days * 1440).map(|minute| from + TimeDelta::minutes(minute)).collect();
    let (mut day, mut part, mut since) = (NaiveDate::MIN, Part::Before, 0);
    let mut runs = Vec::new();
    for (index, at) in minutes.iter().enumerate() {
        let now = shown(*at);
        let begun = now.date() > day;
        if begun {
            (day, part) = (now.date(), Part::Before);
        }
        let mut started = begun;
        let worked = drawn.calendar.weekdays.contains(&day.weekday()) && !drawn.calendar.holidays.contains(&day);
        if part == Part::Before && worked && now.date() == day && now.time() >= drawn.opens {
            (part, started) = (Part::Open, true);
        }
        if part == Part::Open
            && let Some(closes) = drawn.closes
        {
            // Closed once the clocks show no earlier time of this day any more.
            let ahead = minutes[index..].iter().take(180).map(|at| shown(*at));
            let still_open = ahead.clone().any(|later| later.date() == day && later.time() < closes);
            if !still_open {
                (part, started) = (Part::After, true);
            }
        }
        since = if started { 0 } else { since + 1 };
        let pace = if part == Part::Open { drawn.every } else { drawn.off_hours_every };
        if since % pace == 0 {
            runs.push(*at);
        }
    }
    runs
}

/// The noons (UTC) of the days on which this zone's clocks change in 2026.
fn changes(zone: Tz) -> Vec<DateTime<Utc>> {
    let offset = |at: &DateTime<Utc>| at.with_timezone(&zone).naive_local() - at.naive_utc();
    let mut noon: DateTime<Utc> = "2026-01-01T12:00:00Z".parse().unwrap();
    let mut changes = Vec::new();
    while noon.year() == 2026 {
        let next = noon + TimeDelta::days(1);
        if offset(&noon) != offset(&next) {
            changes.push(next);
        }
        noon = next;
    }
    changes
}

#[test]
fn around_both_changes_of_the_clocks_no_run_is_skipped_doubled_early_or_late() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_124);
    println!("seed {seed}");
    let mut random = Random(seed);
    let mut changed = 0;
    for zone in ZONES {
        let noons = changes(zone);
        changed += noons.len();
        let noons = if noons.is_empty() { vec!["2026-06-15T12:00:00Z".parse().unwrap()] } else { noons };
        for noon in noons {
            for _ in 0..12 {
                let drawn = draw(&mut random, zone);
                // Whole days on either side, since the walk learns the day's state only from its start.
                let from = noon - TimeDelta::days(4);
                let walked = walk(&drawn, from, 8);
                let sure = noon - TimeDelta::days(2);
                let walked: Vec<_> = walked.into_iter().filter(|run| *run > sure).collect();
                let mut runs = Vec::new();
                let mut at = sure;
                while runs.len() < walked.len() {
                    at = drawn.calendar.next_run(at).unwrap();
                    runs.push(at);
                }
                assert_eq!(runs, walked, "seed {seed}, {:?}", drawn.calendar);
            }
        }
    }
    assert!(changed >= 18, "only {changed} changes of clocks were met");
}

#[test]
fn from_every_hour_of_the_year_the_next_run_is_the_first_one_after_it() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    println!("seed {seed}");
    let mut random = Random(seed);
    for zone in ZONES {
        let calendar = draw(&mut random, zone).calendar;
        let slowest = TimeDelta::from_std(calendar.every.max(calendar.off_hours_every)).unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (mut hour, end) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        let mut run = calendar.next_run(hour).unwrap();
        while hour < end {
            while run <= hour {
                run = calendar.next_run(run).unwrap();
            }
            for at in [hour, hour + TimeDelta::nanoseconds(1)] {
                let next = calendar.next_run(at).unwrap();
                assert_eq!(next, run, "{zone} after {at}");
                assert!(next > at && next - at <= slowest, "{zone}: {at} waits until {next}");
            }
            assert_eq!(calendar.next_run(run - TimeDelta::nanoseconds(1)), Some(run), "{zone} just before {run}");
            hour += TimeDelta::hours(1);
        }
    }
}

fn vancouver(holidays: &[&str], freezes: &[&str]) -> Calendar {
    Calendar {
        time_zone: Tz::America__Vancouver,
        holidays: holidays.iter().map(|day| day.parse().unwrap()).collect(),
        freezes: freezes.iter().map(|freeze| freeze.parse().unwrap()).collect(),
        ..Calendar::default()
    }
}

/// The frozen days of some months, by their dates.
fn frozen_days(calendar: &Calendar, from: &str, days: i64) -> Vec<String> {
    let from: NaiveDate = from.parse().unwrap();
    let noon = |day: NaiveDate| day.and_hms_opt(20, 0, 0).unwrap().and_utc();
    let days = (0..days).map(|day| from + TimeDelta::days(day));
    days.filter(|day| calendar.frozen(noon(*day)).is_some()).map(|day| day.format("%m-%d").to_string()).collect()
}

#[test]
fn a_month_end_freeze_counts_working_days_to_both_sides_of_the_turn() {
    let plain = vancouver(&[], &["WD-2..WD+3"]);
    assert_eq!(
        frozen_days(&plain, "2026-10-15", 35),
        // Thursday and Friday, the weekend with Sunday the 1st, then Monday to Wednesday.
        ["10-29", "10-30", "10-31", "11-01", "11-02", "11-03", "11-04"]
    );
    let holidays = vancouver(&["2026-12-25", "2026-12-28", "2027-01-01"], &["WD-4..WD-1"]);
    assert_eq!(
        frozen_days(&holidays, "2026-12-10", 30),
        ["12-24", "12-25", "12-26", "12-27", "12-28", "12-29", "12-30", "12-31"]
    );
    let first = vancouver(&["2027-01-01"], &["WD+1"]);
    assert_eq!(frozen_days(&first, "2026-12-20", 30), ["01-04"], "the first day worked");
    let idle = Calendar { weekdays: Vec::new(), ..vancouver(&[], &["WD-2..WD+3"]) };
    assert!(frozen_days(&idle, "2026-10-15", 35).is_empty(), "without working days there is nothing to count");
}

#[test]
fn a_freeze_ends_with_the_first_day_that_no_freeze_covers() {
    let calendar = vancouver(&[], &["2026-12-24..2026-12-27", "2026-12-28", "WD-4..WD+1"]);
    let frozen = calendar.frozen("2026-12-24T08:00:00Z".parse().unwrap()).unwrap();
    // The 28th is the fourth working day from the end; the 1st of January is worked here.
    assert_eq!(frozen.until, "2027-01-02T00:00:00-08:00".parse::<DateTime<Utc>>().unwrap());
    assert!(frozen.reason.contains("2026-12-24..2026-12-27"), "{}", frozen.reason);
    let before = "2026-12-23T23:59:59-08:00".parse().unwrap();
    assert_eq!(calendar.frozen(before), None);
    for zone in ZONES {
        let calendar = Calendar { time_zone: zone, ..vancouver(&[], &["WD-2..WD+3"]) };
        let mut hour: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut frozen_hours = 0;
        while hour.year() == 2026 {
            if let Some(frozen) = calendar.frozen(hour) {
                assert!(frozen.until > hour && calendar.frozen(frozen.until).is_none(), "{zone} at {hour}");
                assert!(calendar.frozen(frozen.until - TimeDelta::nanoseconds(1)).is_some(), "{zone} at {hour}");
                assert!(frozen.until.with_timezone(&zone).hour() <= 1, "{zone}: it ends with a day");
                frozen_hours += 1;
            }
            hour += TimeDelta::hours(1);
        }
        assert!(frozen_hours > 11 * 5 * 24, "{zone}: only {frozen_hours} hours of freeze in a year");
    }
}

#[test]
fn what_is_done_once_a_day_begins_with_the_opening() {
    let calendar = Calendar { business_hours: "08:00-18:00".parse().unwrap(), ..vancouver(&[], &[]) };
    let day = |at: &str| calendar.day_begun(at.parse().unwrap()).map(|day| day.to_string());
    assert_eq!(day("2026-11-24T07:59:59-08:00"), None);
    assert_eq!(day("2026-11-24T08:00:00-08:00").as_deref(), Some("2026-11-24"));
    assert_eq!(day("2026-11-24T23:59:59-08:00").as_deref(), Some("2026-11-24"));
    assert_eq!(day("2026-11-22T09:00:00-08:00").as_deref(), Some("2026-11-22"), "a Sunday too");
}

#[test]
fn what_is_no_calendar_is_refused_with_the_form_to_write() {
    for (text, told) in [
        ("8-18", "write 08:00-18:00"),
        ("08:00-25:00", "write 08:00-18:00"),
        ("08:60-09:00", "write 08:00-18:00"),
        ("8:00-18:00", "write 08:00-18:00"),
        ("18:00-08:00", "ends before it begins"),
        ("09:00-09:00", "ends before it begins"),
    ] {
        let error = text.parse::<Hours>().unwrap_err().to_string();
        assert!(error.contains(text) && error.contains(told), "{error}");
    }
    for (text, told) in [
        ("month-end", "WD-2..WD+3"),
        ("WD0", "WD-2..WD+3"),
        ("WD-16..WD+1", "WD-2..WD+3"),
        ("WD+3..WD-2", "ends before it begins"),
        ("2026-12-24..WD+3", "WD-2..WD+3"),
        ("2026-02-30", "2026-12-31"),
        ("2027-01-02..2026-12-24", "ends before it begins"),
    ] {
        let error = text.parse::<Freeze>().unwrap_err().to_string();
        assert!(error.contains(text) && error.contains(told), "{error}");
    }
}

#[test]
fn freezes_that_leave_no_day_open_end_the_search_for_their_end() {
    let always = Calendar { freezes: vec!["WD-15..WD+15".parse().unwrap()], ..Calendar::default() };
    let from: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
    for days in 0..800 {
        let at = from + TimeDelta::days(days);
        let frozen = always.frozen(at).expect("no day is open");
        let ahead = frozen.until - at;
        assert!(TimeDelta::days(300) < ahead && ahead < TimeDelta::days(500), "{at}: {frozen:?}");
        assert!(frozen.reason.contains("WD-15..WD+15"), "{frozen:?}");
    }
}
