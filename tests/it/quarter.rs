//! A simulated quarter into each product: 3,000 orders and 4,000 bills as they come, change and are late, on a virtual
//! clock and by the procurement calendar.

mod clock;
mod held;
mod script;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use procurify_cloudsuite::bill::{BillSettings, DefaultBillMapper};
use procurify_cloudsuite::purchase_order::{DefaultOrderMapper, SourceSettings};
use procurify_cloudsuite::reconcile::{Comparison, Period};
use procurify_cloudsuite::reference::{Direction, ReferenceSettings};
use procurify_cloudsuite::{Connection, Event, FlowKind, Report};
use rust_decimal::Decimal;
use sandbox::{Amount, Document, FaultKind, Faults, M3, OData, Scenario, SyteLine};
use sync_core::ledger::list_all;
use sync_core::{Backoff, Calendar, Clock, ExternalRef, Query, RecordKey, Schedule, Settings, StateName};

use self::clock::CommonClock;
use self::held::Planted;
use self::script::{
    BILLS, FIRST_BILL, FIRST_ORDER, Happening, LATE, ORDERS, Script, System, calendar, last_day, quarter,
};
use crate::erp::{Erp, HOUR};
use crate::world::{World, bill_key, key};

const FLOWS: [FlowKind; 2] = [FlowKind::PurchaseOrders, FlowKind::Bills];

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_into_m3_ends_with_nothing_missing_doubled_or_unexplained() {
    a_quarter::<M3>("M3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_into_syteline_ends_with_nothing_missing_doubled_or_unexplained() {
    a_quarter::<SyteLine>("SyteLine").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_into_odata_services_ends_with_nothing_missing_doubled_or_unexplained() {
    a_quarter::<OData>("OData").await;
}

#[test]
fn the_quarter_holds_both_changes_of_the_clocks_on_working_days() {
    let (calendar, (first, last)) = (calendar(), quarter());
    let length = |day: &NaiveDate| (calendar.start_of(day.succ_opt().unwrap()) - calendar.start_of(*day)).num_hours();
    let odd: Vec<(NaiveDate, i64)> = first
        .iter_days()
        .take_while(|day| *day <= last)
        .map(|day| (day, length(&day)))
        .filter(|day| day.1 != 24)
        .collect();
    assert_eq!(odd, [("2026-02-15".parse().unwrap(), 25), ("2026-03-22".parse().unwrap(), 23)]);
    assert!(odd.iter().all(|(day, _)| calendar.is_working_day(*day)));
}

/// What the quarter comes to, to be printed.
#[derive(Default)]
struct Figures {
    runs: Vec<DateTime<Utc>>,
    failed: u64,
    frozen: u64,
    posted: u64,
    amended: u64,
    most_held: u64,
}

struct Quarter<E: Erp> {
    world: Arc<World<E>>,
    clock: Arc<CommonClock<E>>,
    calendar: Calendar,
    connection: Connection,
    events: VecDeque<(DateTime<Utc>, Happening)>,
    planted: Planted,
    down: BTreeSet<&'static str>,
    /// Whether CloudSuite goes down in the middle of the next run.
    breaks_off: Cell<bool>,
    made: (u64, u64),
    figures: Figures,
}

async fn a_quarter<E: Erp>(product: &str) {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(6);
    println!("a quarter into {product}: seed {seed}");
    let started = Instant::now();
    let scenario = Scenario {
        orders: 0,
        lines: 2,
        vendors: 400,
        accounts: 300,
        departments: 40,
        missing: LATE,
        seed,
        ..Scenario::default()
    };
    let script = Script::new(seed, &scenario);
    let mut quarter = Quarter::<E>::new(scenario, script.events).await;
    quarter.pass_by().await;
    quarter.held_is_what_was_planted().await;
    let now = quarter.clock.now() + TimeDelta::minutes(1);
    quarter.events.extend(script.last.into_iter().map(|happening| (now, happening)));
    quarter.happen_until(now);
    assert!(quarter.planted.is_empty(), "{:?}", quarter.planted);
    let reports = quarter.run().await;
    assert!(
        reports.iter().all(Report::is_all_done),
        "{:?}",
        reports.iter().map(|one| &one.concerns).collect::<Vec<_>>()
    );
    quarter.ran_by_the_calendar();
    quarter.is_all_there().await;
    quarter.reconciles().await;
    quarter.has_nothing_left_to_write().await;
    let Quarter { figures, connection, .. } = &quarter;
    println!(
        "a quarter into {product}: {} runs ({} in freezes, {} while a system was down), {} + {} requests, {} posted, {} \
         amended, at most {} held at a time, {:.1} s",
        figures.runs.len(),
        figures.frozen,
        figures.failed,
        connection.procurify_requests(),
        connection.cloudsuite_requests(),
        figures.posted,
        figures.amended,
        figures.most_held,
        started.elapsed().as_secs_f64(),
    );
}

impl<E: Erp> Quarter<E> {
    async fn new(scenario: Scenario, events: Vec<(DateTime<Utc>, Happening)>) -> Self {
        let calendar = calendar();
        let erp = E::start_for_months(&scenario).await;
        let planted = Planted::of(&scenario);
        let world = World::around(
            scenario,
            |config| {
                config.token_lifetime = HOUR;
                config.utc_offset_hours = 1;
            },
            erp,
        )
        .await;
        let world = Arc::new(world);
        let clock = Arc::new(CommonClock::at(calendar.start_of(quarter().0), Arc::clone(&world)));
        let zone = calendar.time_zone;
        let connection = world
            .build_amending(|connection| {
                connection
                    .clock(Arc::clone(&clock) as Arc<dyn Clock>)
                    .schedule(Arc::new(calendar.clone()))
                    .mapper(DefaultOrderMapper { time_zone: zone, ..DefaultOrderMapper::default() })
                    .bill_mapper(DefaultBillMapper { time_zone: zone, ..DefaultBillMapper::default() })
                    .reference(ReferenceSettings {
                        gl_accounts: Direction::ToProcurify,
                        ..ReferenceSettings::default()
                    })
                    .source(SourceSettings::default())
                    .bills(BillSettings::default())
                    .engine_settings(Settings::default())
                    .retry(Arc::new(Backoff::seeded(1)))
            })
            .await;
        Self {
            world,
            clock,
            calendar,
            connection,
            events: events.into(),
            planted,
            down: BTreeSet::new(),
            breaks_off: Cell::new(false),
            made: (0, 0),
            figures: Figures::default(),
        }
    }

    /// The quarter, run by run, as `watch` makes it: the first at once, each next one by the calendar from when the last
    /// one ended.
    async fn pass_by(&mut self) {
        let end = self.calendar.start_of(last_day());
        loop {
            self.figures.runs.push(self.clock.now());
            self.run().await;
            let next = self.calendar.next_run(self.clock.now()).unwrap();
            if next > end {
                break;
            }
            self.happen_until(next);
        }
        assert!(self.events.is_empty(), "{:?} is still to come", self.events.front());
        assert_eq!(self.made, (ORDERS as u64, BILLS as u64));
    }

    /// Lets time pass, and everything happen at its moment.
    fn happen_until(&mut self, until: DateTime<Utc>) {
        while let Some((at, _)) = self.events.front().filter(|(at, _)| *at <= until) {
            self.clock.wait_until(*at);
            if let Some((_, happening)) = self.events.pop_front() {
                self.happen(happening);
            }
        }
        self.clock.wait_until(until);
    }

    fn happen(&mut self, happening: Happening) {
        let (procurify, erp) = (&self.world.procurify, &self.world.erp);
        match happening {
            Happening::Order { made } => {
                assert_eq!(procurify.add_order(made), FIRST_ORDER + self.made.0);
                self.made.0 += 1;
            }
            Happening::Edit { order, edit } => assert!(procurify.edit(order, edit), "{edit:?} of {order}"),
            Happening::Bill { order, as_first } => {
                let bill = procurify.add_bill(order, |edit| as_first.make(edit));
                assert_eq!(bill, Some(FIRST_BILL + self.made.1));
                self.planted.bill(FIRST_BILL + self.made.1, as_first.off_by);
                self.made.1 += 1;
            }
            Happening::Correct { bill, to } => {
                assert!(procurify.edit_bill(bill, |edit| to.make(edit)));
                self.planted.bill(bill, to.off_by);
            }
            Happening::Supplier(supplier) => {
                erp.put_supplier(&supplier);
                self.planted.supplier(&supplier);
            }
            Happening::Account(account) => {
                erp.put_account(&account);
                self.planted.account(&account);
            }
            Happening::Down(System::CloudSuite) => {
                self.breaks_off.set(true);
                self.down.insert("CloudSuite");
            }
            Happening::Up(System::CloudSuite) => {
                erp.fail(Faults::default());
                self.down.remove("CloudSuite");
            }
            Happening::Down(System::Procurify) => {
                procurify.set_faults(Faults::always(FaultKind::Unavailable));
                self.down.insert("Procurify");
            }
            Happening::Up(System::Procurify) => {
                procurify.set_faults(Faults::default());
                self.down.remove("Procurify");
            }
        }
    }

    /// One pass of both flows.
    async fn run(&mut self) -> Vec<Report> {
        let frozen = self.calendar.frozen(self.clock.now()).is_some();
        self.figures.frozen += u64::from(frozen);
        let (began, before) = (self.clock.now(), self.world.erp.seen());
        let mut reports = Vec::new();
        for flow in FLOWS {
            let told = |event: Event<'_>| {
                if matches!(event, Event::Polled(_)) && self.breaks_off.take() {
                    self.world.erp.fail(Faults::always(FaultKind::Unavailable));
                }
            };
            match self.connection.sync_in_pass(flow, began, told, || true).await {
                Ok(report) => reports.push(report),
                Err(error) => assert!(!self.down.is_empty(), "{flow:?} at {}: {error}", self.clock.now()),
            }
        }
        self.figures.failed += u64::from(reports.len() < FLOWS.len());
        if frozen {
            let after = self.world.erp.seen();
            assert_eq!((after.writes, after.documents), (before.writes, before.documents), "written to in a freeze");
        }
        for report in &reports {
            self.figures.posted += report.posted.len() as u64;
            self.figures.amended += report.amended.len() as u64;
            self.planted.explain(&self.connection, report, self.clock.now()).await;
        }
        let held = reports.iter().map(|report| report.count(StateName::Held)).sum();
        self.figures.most_held = self.figures.most_held.max(held);
        reports
    }

    /// Before the last is mended, something is held, and reconcile misses exactly that.
    async fn held_is_what_was_planted(&self) {
        for flow in FLOWS {
            let report = self.connection.status(flow).await.unwrap();
            let held = report.count(StateName::Held);
            assert!(held > 0, "nothing is held at the end: {:?}", report.counts);
            assert_eq!(report.concerns.len() as u64, held, "{:?}", report.concerns);
            let comparison = self.compared(flow).await;
            let missing: BTreeSet<&RecordKey> = comparison.missing.iter().map(|one| &one.key).collect();
            assert_eq!(missing, report.concerns.iter().map(|concern| &concern.key).collect());
            assert!(comparison.missing.iter().all(|one| one.reason.is_some()));
            assert!(comparison.extra.is_empty() && comparison.differing.is_empty(), "{comparison:?}");
        }
    }

    /// On each working day at its opening and its closing by the clocks on the wall, and at each midnight.
    fn ran_by_the_calendar(&self) {
        let mut by_day: BTreeMap<NaiveDate, Vec<NaiveTime>> = BTreeMap::new();
        for run in &self.figures.runs {
            let shown = run.with_timezone(&self.calendar.time_zone).naive_local();
            by_day.entry(shown.date()).or_default().push(shown.time());
        }
        let (first, last) = quarter();
        for day in first.iter_days().take_while(|day| *day <= last) {
            let hours: &[u32] = if self.calendar.is_working_day(day) { &[0, 8, 18] } else { &[0] };
            let due: Vec<NaiveTime> = hours.iter().map(|hour| NaiveTime::from_hms_opt(*hour, 0, 0).unwrap()).collect();
            assert_eq!(by_day.get(&day), Some(&due), "on {day}");
        }
        assert!(
            self.figures.frozen > 20 && self.figures.failed >= 4,
            "{} {}",
            self.figures.frozen,
            self.figures.failed
        );
    }

    /// By the tenants' own books: each order and bill that stands once, of the right amount, and nothing else.
    async fn is_all_there(&self) {
        let (orders, bills) = (self.world.procurify.order_amounts(), self.world.procurify.bill_amounts());
        assert_eq!((orders.len(), bills.len()), (ORDERS, BILLS));
        let documents = self.world.erp.all_documents();
        let order = |one: &Amount| key(usize::try_from(one.id).unwrap());
        for (kind, flow, wanted, key_of) in [
            ("purchase_order", FLOWS[0], &orders, &order as &dyn Fn(&Amount) -> RecordKey),
            ("invoice", FLOWS[1], &bills, &|one: &Amount| bill_key(one.id)),
        ] {
            let there = documents.iter().filter(|document| document.kind == kind);
            let mut by_reference: BTreeMap<&str, Vec<&Document>> = BTreeMap::new();
            for document in there {
                by_reference.entry(&document.external_ref).or_default().push(document);
            }
            let (mut source, mut target): (BTreeMap<&str, Decimal>, BTreeMap<&str, Decimal>) = Default::default();
            for one in wanted {
                let key = key_of(one);
                let copies = by_reference.remove(ExternalRef::of(&key).as_str()).unwrap_or_default();
                // Of an order that was cancelled after it was posted the head stays.
                assert!(copies.len() == 1 || !one.is_wanted && copies.is_empty(), "{key}: {} times", copies.len());
                if let (true, [there]) = (one.is_wanted, copies.as_slice()) {
                    assert_eq!((&there.currency, there.total), (&one.currency, one.total), "{key}");
                    *source.entry(&one.currency).or_default() += one.total;
                    *target.entry(&there.currency).or_default() += there.total;
                }
            }
            assert!(by_reference.is_empty(), "the ERP holds what Procurify does not: {by_reference:?}");
            assert_eq!(source, target);
            let standing = wanted.iter().filter(|one| one.is_wanted).count() as u64;
            let status = self.connection.status(flow).await.unwrap();
            assert_eq!(status.count(StateName::Posted), standing, "{:?}", status.counts);
            assert_eq!(status.counts.values().sum::<u64>(), wanted.len() as u64, "not every record was read");
        }
    }

    async fn compared(&self, flow: FlowKind) -> Comparison {
        self.connection.reconcile(flow, Period::default()).await.unwrap()
    }

    async fn reconciles(&self) {
        let (orders, bills) = (self.world.procurify.order_amounts(), self.world.procurify.bill_amounts());
        for (flow, amounts) in [(FlowKind::PurchaseOrders, orders), (FlowKind::Bills, bills)] {
            let comparison = self.compared(flow).await;
            assert!(comparison.is_clean(), "{comparison:?}");
            assert_eq!(comparison.source_total, comparison.target_total);
            let mut totals: BTreeMap<String, Decimal> = BTreeMap::new();
            for one in amounts.iter().filter(|one| one.is_wanted) {
                *totals.entry(one.currency.clone()).or_default() += one.total;
            }
            assert_eq!(comparison.target_total, totals);
            assert_eq!(comparison.matched, amounts.iter().filter(|one| one.is_wanted).count() as u64);
        }
    }

    /// Another pass writes nothing, and nothing but reference data was ever written to Procurify.
    async fn has_nothing_left_to_write(&mut self) {
        let writes = self.world.erp.seen().writes;
        let back = self.world.procurify.stats().writes;
        self.clock.wait_until(self.clock.now() + TimeDelta::hours(5));
        let reports = self.run().await;
        assert!(reports.iter().all(Report::is_all_done) && reports.iter().all(|report| report.posted.is_empty()));
        assert_eq!(self.world.erp.seen().writes, writes);
        assert_eq!(self.world.procurify.stats().writes, back);
        assert_eq!(back.keys().collect::<Vec<_>>(), ["account_codes"], "{back:?}");
        for flow in FLOWS {
            let query = Query::of(self.connection.engine().connection(), &flow.kind());
            for head in list_all(self.connection.engine().store().as_ref(), query).await.unwrap() {
                let ended = matches!(head.state.name(), StateName::Posted | StateName::Cancelled | StateName::Skipped);
                assert!(ended, "{} is {}", head.key, head.state.name());
            }
        }
    }
}
