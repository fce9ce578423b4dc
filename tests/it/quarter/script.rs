//! What happens in the quarter, and when: all of it decided beforehand by a seed.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, TimeZone, Utc};
use rust_decimal::Decimal;
use sandbox::{Account, BillEdit, Edit, Scenario, Supplier};
use sync_core::Calendar;

pub const ORDERS: usize = 3_000;
pub const BILLS: usize = 4_000;
pub const FIRST_ORDER: u64 = 10_001;
pub const FIRST_BILL: u64 = 7_001;

/// Suppliers, and as many accounts, that the ERP gets in the course of the quarter.
pub const LATE: usize = 8;

/// In Procurify's numbers.
const DRAFT: u8 = 0;
const DENIED: u8 = 3;
const APPROVED: u8 = 2;
const PAID: u8 = 4;
const WITHDRAWN: u8 = 5;

/// A year and a zone whose clocks change twice within three months: in Morocco they go back for Ramadan, on the 15th of
/// February 2026, and forth again on the 22nd of March. The Sundays are worked, so that the changes are on working days.
pub fn calendar() -> Calendar {
    let holidays = ["2026-01-01", "2026-01-11", "2026-01-14", "2026-03-19"];
    Calendar {
        time_zone: chrono_tz::Africa::Casablanca,
        business_hours: "08:00-18:00".parse().unwrap(),
        weekdays: ["sun", "mon", "tue", "wed", "thu"].map(|day| day.parse().unwrap()).to_vec(),
        holidays: holidays.map(|day| day.parse().unwrap()).into(),
        every: Duration::from_secs(10 * 3600),
        off_hours_every: Duration::from_secs(24 * 3600),
        freezes: vec!["WD-2..WD+2".parse().unwrap()],
    }
}

/// The days of the quarter.
pub fn quarter() -> (NaiveDate, NaiveDate) {
    ("2026-01-01".parse().unwrap(), "2026-03-31".parse().unwrap())
}

/// The last day of all: the quarter's bills have come in, and its close is over.
pub fn last_day() -> NaiveDate {
    "2026-04-11".parse().unwrap()
}

/// One of the two systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    Procurify,
    CloudSuite,
}

/// What people and vendors do, and what breaks.
#[derive(Debug, Clone)]
pub enum Happening {
    /// An order is approved that was made then.
    Order {
        made: DateTime<Utc>,
    },
    Edit {
        order: u64,
        edit: Edit,
    },
    /// A vendor's invoice of an order comes in.
    Bill {
        order: u64,
        as_first: Change,
    },
    /// A bill is changed.
    Correct {
        bill: u64,
        to: Change,
    },
    /// The ERP gets a supplier, or an account.
    Supplier(Supplier),
    Account(Account),
    /// Procurify gets a vendor.
    Vendor(String),
    Down(System),
    Up(System),
}

/// What of a bill is changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Change {
    pub status: Option<u8>,
    pub kind: Option<u8>,
    pub off_by: Decimal,
    pub fault: Option<Fault>,
}

/// What a bill turns out to have had wrong, once it is posted.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Its invoice number.
    Number,
    /// Its due date, and freight that was left out.
    Freight,
    /// What its first line costs.
    Price,
    /// Its department.
    Department,
}

impl Change {
    pub fn make(self, bill: u64, edit: &mut BillEdit) {
        edit.status = self.status.or(edit.status);
        edit.kind = self.kind.or(edit.kind);
        edit.off_by = self.off_by;
        match self.fault {
            Some(Fault::Number) => edit.invoice_number = Some(format!("RE-{bill}")),
            Some(Fault::Freight) => (edit.freight, edit.due_in) = (Decimal::new(1250, 2), Some(45)),
            Some(Fault::Price) => edit.more = Decimal::TEN,
            Some(Fault::Department) => edit.moved = true,
            None => {}
        }
    }
}

/// All of it, in the order of time.
pub struct Script {
    pub events: Vec<(DateTime<Utc>, Happening)>,
    /// What happens last of all, so that until then something is held.
    pub last: Vec<Happening>,
}

/// Numbers that depend on the seed alone (`SplitMix64`).
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).unwrap();
        low + i64::try_from(self.next() % span).unwrap()
    }

    fn hours(&mut self, low: i64, high: i64) -> TimeDelta {
        TimeDelta::minutes(self.between(low * 60, high * 60))
    }
}

/// A moment in business hours of a working day for most, any moment for some.
fn moment(dice: &mut Dice, calendar: &Calendar, days: &[NaiveDate], working: &[NaiveDate]) -> DateTime<Utc> {
    let at_work = dice.between(1, 100) > 4;
    let days = if at_work { working } else { days };
    let day = days[usize::try_from(dice.between(0, i64::try_from(days.len()).unwrap() - 1)).unwrap()];
    let minute = if at_work { dice.between(8 * 60, 18 * 60 - 1) } else { dice.between(0, 24 * 60 - 1) };
    let shown = day.and_hms_opt(0, 0, 0).unwrap() + TimeDelta::minutes(minute);
    // Of an hour that the clocks show twice the last one, and one that they leave out an hour later.
    let zone = calendar.time_zone;
    let at = zone.from_local_datetime(&shown).latest().or_else(|| {
        let later = shown + TimeDelta::hours(1);
        zone.from_local_datetime(&later).latest()
    });
    at.unwrap().to_utc()
}

/// A day's opening.
fn opening(calendar: &Calendar, day: &str) -> DateTime<Utc> {
    calendar.start_of(day.parse().unwrap()) + TimeDelta::hours(10)
}

impl Script {
    pub fn new(seed: u64, scenario: &Scenario, changes_lines: bool) -> Self {
        let (dice, calendar) = (&mut Dice(seed), calendar());
        let mut script = Self { events: Vec::new(), last: Vec::new() };
        let bills = script.orders(dice, &calendar);
        script.bills(dice, &calendar, bills, changes_lines);
        script.masters(scenario, &calendar);
        for (at, happening) in [
            ("2026-02-10", Happening::Down(System::CloudSuite)),
            ("2026-02-11", Happening::Up(System::CloudSuite)),
            ("2026-03-04", Happening::Down(System::Procurify)),
            ("2026-03-05", Happening::Up(System::Procurify)),
        ] {
            script.events.push((opening(&calendar, at), happening));
        }
        script.events.sort_by_key(|(at, _)| *at);
        script
    }

    fn add(&mut self, at: DateTime<Utc>, happening: Happening) {
        self.events.push((at, happening));
    }

    /// Orders with what becomes of them; answers from when on each can be billed. Those that are cancelled are not.
    fn orders(&mut self, dice: &mut Dice, calendar: &Calendar) -> Vec<(u64, DateTime<Utc>)> {
        let (first, last) = quarter();
        let days: Vec<NaiveDate> = first.iter_days().take_while(|day| *day <= last).collect();
        let working: Vec<NaiveDate> = days.iter().copied().filter(|day| calendar.is_working_day(*day)).collect();
        let mut approvals: Vec<DateTime<Utc>> = (0..ORDERS).map(|_| moment(dice, calendar, &days, &working)).collect();
        approvals.sort();
        let mut billable = Vec::new();
        for (order, approved) in (FIRST_ORDER..).zip(approvals) {
            let late = dice.between(1, 100) <= 6;
            let made = approved - if late { dice.hours(24, 120) } else { TimeDelta::minutes(dice.between(1, 90)) };
            self.add(approved, Happening::Order { made });
            let mut at = approved;
            let mut edit = |at: DateTime<Utc>, edit| self.events.push((at, Happening::Edit { order, edit }));
            let fate = dice.between(1, 100);
            match fate {
                1..=3 => {
                    at += dice.hours(1, 40);
                    edit(at, Edit::Cancel);
                    continue;
                }
                4 => {
                    at += dice.hours(1, 40);
                    edit(at, Edit::Cancel);
                    at += dice.hours(1, 40);
                    edit(at, Edit::Reopen);
                }
                5..=12 => {
                    for _ in 0..dice.between(1, 2) {
                        at += dice.hours(1, 40);
                        edit(at, Edit::Quantity { line: 1, quantity: Decimal::from(dice.between(1, 60)) });
                    }
                }
                13..=14 => {
                    at += dice.hours(1, 40);
                    edit(at, Edit::RemoveLine { line: 2 });
                }
                15..=16 => {
                    at += dice.hours(1, 40);
                    edit(at, Edit::AddLine);
                }
                17..=20 => {
                    at += dice.hours(1, 40);
                    edit(at, Edit::Close);
                }
                _ => {}
            }
            billable.push((order, at));
        }
        billable
    }

    /// Bills of these orders, with what becomes of them; whose costs they are is corrected only if an invoice's lines
    /// can be changed.
    fn bills(&mut self, dice: &mut Dice, calendar: &Calendar, orders: Vec<(u64, DateTime<Utc>)>, changes_lines: bool) {
        let end = calendar.start_of(last_day()) - TimeDelta::days(1);
        // Most orders are billed once, some twice.
        let again: BTreeSet<i64> = {
            let mut chosen = BTreeSet::new();
            while chosen.len() < BILLS - orders.len() {
                chosen.insert(dice.between(0, i64::try_from(orders.len()).unwrap() - 1));
            }
            chosen
        };
        let twice: Vec<(u64, DateTime<Utc>)> =
            again.iter().map(|place| orders[usize::try_from(*place).unwrap()]).collect();
        let mut due: Vec<(DateTime<Utc>, u64)> = Vec::new();
        for (order, at) in orders.into_iter().chain(twice) {
            due.push(((at + dice.hours(24, 220)).min(end - TimeDelta::hours(10)), order));
        }
        due.sort();
        for (bill, (at, order)) in (FIRST_BILL..).zip(due) {
            let mut as_first = Change { status: Some(APPROVED), ..Change::default() };
            let mut later = None;
            match dice.between(1, 100) {
                1..=10 => {
                    as_first.status = Some(DRAFT);
                    later = Some((dice.hours(1, 72), Change { status: Some(APPROVED), ..Change::default() }));
                }
                11..=13 => {
                    as_first.status = Some(DRAFT);
                    later = Some((dice.hours(1, 72), Change { status: Some(DENIED), ..Change::default() }));
                }
                14..=15 => as_first.kind = Some(1),
                16 => as_first.kind = Some(2),
                17..=18 => {
                    as_first.off_by = Decimal::new(dice.between(1, 900), 0);
                    later = Some((dice.hours(6, 60), Change::default()));
                }
                19..=26 => later = Some((dice.hours(80, 300), Change { status: Some(PAID), ..Change::default() })),
                27..=29 => later = Some((dice.hours(80, 300), Change { status: Some(WITHDRAWN), ..Change::default() })),
                30..=35 => {
                    let faults = [Fault::Number, Fault::Freight, Fault::Price, Fault::Department];
                    let faults = &faults[..if changes_lines { 4 } else { 3 }];
                    let fault = faults[usize::try_from(dice.between(0, 11)).unwrap() % faults.len()];
                    later = Some((dice.hours(20, 300), Change { fault: Some(fault), ..Change::default() }));
                }
                _ => {}
            }
            self.add(at, Happening::Bill { order, as_first });
            match later {
                Some((_, to)) if !as_first.off_by.is_zero() && self.last.is_empty() => {
                    self.last.push(Happening::Correct { bill, to });
                }
                Some((after, to)) => self.add((at + after).min(end), Happening::Correct { bill, to }),
                None => {}
            }
        }
    }

    /// Suppliers and accounts that orders are on already, one after the other; the last of each comes last of all: the
    /// suppliers are released, the accounts made. And accounts, suppliers and vendors that only one of the systems has.
    fn masters(&mut self, scenario: &Scenario, calendar: &Calendar) {
        let (mut suppliers, mut accounts) = (scenario.missing_suppliers(), scenario.missing_accounts());
        self.last.extend(suppliers.pop().map(Happening::Supplier));
        self.last.extend(accounts.pop().map(Happening::Account));
        let on = |day: usize| calendar.start_of(quarter().0 + Days::new(day as u64)) + TimeDelta::hours(9);
        for (nth, supplier) in suppliers.into_iter().enumerate() {
            self.add(on(9 + nth * 10), Happening::Supplier(supplier));
        }
        for (nth, account) in accounts.into_iter().enumerate() {
            self.add(on(13 + nth * 10), Happening::Account(account));
        }
        for nth in 0..5 {
            let account = Account::new(format!("7900{nth}"), format!("New in the quarter {nth}"));
            self.add(on(5 + nth * 17), Happening::Account(account));
            let supplier = Supplier::new(format!("S7700{nth}"), format!("Quill Stationers {nth}"), "CAD");
            self.add(on(7 + nth * 15), Happening::Supplier(supplier));
            self.add(on(11 + nth * 16), Happening::Vendor(format!("Tern Boatbuilders {nth}")));
        }
    }
}
