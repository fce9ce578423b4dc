//! Polling misses nothing, whatever happens to the data while it is read.
//!
//! Each history is one tenant under one seed: records are created, changed, cancelled and deleted
//! between any two requests, many of them on one timestamp; the reader stops now and then, keeps its
//! cursor as JSON, and goes on later. Some changes are seen only seconds after the time that they carry, as those of
//! transactions that stay open. `HISTORIES` and `SEED` in the environment choose others.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use futures_util::TryStreamExt;
use procurify_client::*;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::support;

/// A generator that gives the same numbers for the same seed.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

#[derive(Debug, Clone)]
struct Stored {
    created: DateTime<Utc>,
    changed: DateTime<Utc>,
    version: i64,
    cancelled: bool,
}

/// The longest that a change takes to be seen.
const LATEST: i64 = 8;

/// The longest that calls are under way together, in the tenant's time: up to four go ahead of one, in whatever order they
/// get there, each of up to 4 s; and a second for the clock, which is shown without its fractions.
const UNDER_WAY: i64 = 5 * 4 + 2;

/// A tenant that does not stand still.
struct Tenant {
    rng: Rng,
    clock: DateTime<Utc>,
    records: BTreeMap<i64, Stored>,
    /// What is written and not seen yet, and from when on it is.
    late: Vec<(DateTime<Utc>, i64, Stored)>,
    next_id: i64,
    /// What the tenant's day is told by.
    zone: FixedOffset,
    /// The largest page it gives.
    cap: u64,
    busy: bool,
    requests: u64,
}

impl Tenant {
    fn new(seed: u64) -> Self {
        let mut rng = Rng(seed);
        let clock = "2026-03-01T22:00:00Z".parse::<DateTime<Utc>>().unwrap();
        let hours = i32::try_from(rng.below(27)).unwrap() - 12;
        let cap = if rng.one_in(3) { 13 + rng.below(6) } else { 1000 };
        let zone = FixedOffset::east_opt(hours * 3600).unwrap();
        let (records, late) = (BTreeMap::new(), Vec::new());
        let mut tenant = Self { rng, clock, records, late, next_id: 1, zone, cap, busy: true, requests: 0 };
        let records = tenant.rng.below(45);
        tenant.create(records, false);
        tenant
    }

    /// All on one timestamp.
    fn create(&mut self, records: u64, late: bool) {
        for _ in 0..records {
            let stored = Stored { created: self.clock, changed: self.clock, version: 1, cancelled: false };
            self.write(self.next_id, stored, late);
            self.next_id += 1;
        }
    }

    fn write(&mut self, id: i64, record: Stored, late: bool) {
        if late {
            let seen = record.changed + TimeDelta::milliseconds(i64::try_from(self.rng.below(8000)).unwrap());
            self.late.push((seen, id, record));
        } else {
            self.records.insert(id, record);
        }
    }

    /// Shows what has been written long enough ago.
    fn commit(&mut self) {
        for (_, id, record) in self.late.extract_if(.., |(seen, ..)| *seen <= self.clock) {
            // Nobody writes to a record that another one is writing to.
            self.records.insert(id, record);
        }
    }

    fn pick(&mut self) -> Option<i64> {
        let at = usize::try_from(self.rng.below(self.records.len() as u64)).unwrap();
        self.records.keys().nth(at).copied()
    }

    fn is_being_written(&self, id: i64) -> bool {
        self.late.iter().any(|(_, late, _)| *late == id)
    }

    fn touch(&mut self, times: u64, cancel: bool, late: bool) {
        for _ in 0..times {
            let Some(id) = self.pick() else { return };
            if self.is_being_written(id) {
                continue;
            }
            let mut record = self.records[&id].clone();
            record.version += 1;
            record.changed = self.clock;
            record.cancelled |= cancel;
            self.write(id, record, late);
        }
    }

    fn delete(&mut self, records: u64) {
        for _ in 0..records {
            let Some(id) = self.pick() else { return };
            if !self.is_being_written(id) {
                self.records.remove(&id);
            }
        }
    }

    /// What happens between two requests.
    fn live(&mut self) {
        self.clock += TimeDelta::milliseconds(i64::try_from(self.rng.below(4000)).unwrap());
        self.commit();
        let late = self.rng.one_in(4);
        if !self.busy || self.rng.one_in(3) {
            return;
        }
        match self.rng.below(6) {
            0 => self.create(1, late),
            1 => {
                let many = 1 + self.rng.below(20);
                self.touch(many, false, late);
            }
            2 => self.touch(1, true, late),
            3 => self.delete(1),
            4 => {
                // Seen from outside the count is what it was.
                let many = 1 + self.rng.below(4);
                self.delete(many);
                self.create(many, late);
            }
            _ => {
                let many = 1 + self.rng.below(12);
                self.delete(many);
            }
        }
    }

    fn answer(&mut self, request: &Request) -> ResponseTemplate {
        self.requests += 1;
        self.live();
        let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
        let kind = Kind::of(request.url.path());
        let mut rows: Vec<(i64, Stored)> = self
            .records
            .iter()
            .filter(|(_, record)| kind.passes(record, &query, self.zone))
            .map(|(id, record)| (*id, record.clone()))
            .collect();
        if kind == Kind::Payments {
            // Of the same time: in no order that holds.
            let salt = self.rng.next();
            rows.sort_by_key(|(id, record)| (record.created, Rng(salt ^ u64::try_from(*id).unwrap()).next()));
        }
        let number = |name: &str| query[name].parse::<u64>().unwrap();
        let (page, size) = (number("page"), number("page_size").min(self.cap));
        let count = rows.len() as u64;
        let pages = count.div_ceil(size).max(1);
        if page > pages {
            return ResponseTemplate::new(404).set_body_json(json!({"detail": "Invalid page."}));
        }
        let start = usize::try_from((page - 1) * size).unwrap();
        let data: Vec<Value> = rows
            .iter()
            .skip(start)
            .take(usize::try_from(size).unwrap())
            .map(|(id, record)| kind.render(*id, record))
            .collect();
        let server_clock = self.clock.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let pagination = json!({"count": count, "next": null, "previous": null, "page_size": size,
            "num_pages": pages, "current_page": page});
        ResponseTemplate::new(200)
            .insert_header("date", server_clock)
            .set_body_json(json!({"metadata": {"pagination": pagination}, "data": data}))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    PurchaseOrders,
    Orders,
    OrderItems,
    Bills,
    Payments,
}

impl Kind {
    fn of(path: &str) -> Self {
        if path.contains("purchase_orders") {
            Self::PurchaseOrders
        } else if path.contains("orders") {
            Self::Orders
        } else if path.contains("order-items") || path.contains("order_items") {
            Self::OrderItems
        } else if path.contains("bills") {
            Self::Bills
        } else {
            Self::Payments
        }
    }

    fn passes(self, record: &Stored, query: &BTreeMap<String, String>, zone: FixedOffset) -> bool {
        let time = |name: &str| query.get(name).map(|text| text.parse::<DateTime<Utc>>().unwrap());
        match self {
            Self::PurchaseOrders | Self::Orders | Self::OrderItems => {
                let name = if self == Self::OrderItems { "last_modified_0" } else { "modified_date_0" };
                let from = query.get(name).map(|day| day.parse::<NaiveDate>().unwrap());
                from.is_none_or(|from| record.changed.with_timezone(&zone).date_naive() >= from)
            }
            Self::Bills => time("last_modified_datetime_0").is_none_or(|from| record.changed >= from),
            Self::Payments => {
                time("updated_at_after").is_none_or(|from| record.changed >= from)
                    && time("updated_at_before").is_none_or(|until| record.changed <= until)
                    && time("created_at_after").is_none_or(|from| record.created >= from)
                    && time("created_at_before").is_none_or(|until| record.created <= until)
            }
        }
    }

    fn render(self, id: i64, record: &Stored) -> Value {
        let version = record.version;
        match self {
            Self::PurchaseOrders => {
                let state = i32::from(record.cancelled);
                json!({"procurify_PO": id, "version": version, "state": state, "last_modified": record.changed})
            }
            // Neither has a version, so it stands in for another number.
            Self::Orders => json!({"num": id, "lineCount": version}),
            Self::OrderItems => json!({"id": id, "quantity": version}),
            Self::Bills => json!({"id": id, "version": version, "last_modified_datetime": record.changed}),
            Self::Payments => json!({"id": id, "amount": version.to_string(), "created_at": record.created,
                "updated_at": record.changed}),
        }
    }
}

/// Tenants by the first segment of the path.
#[derive(Clone, Default)]
struct Tenants(Arc<Mutex<BTreeMap<String, Tenant>>>);

impl Respond for Tenants {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if request.url.path().ends_with("/oauth/token") {
            return ResponseTemplate::new(200).set_body_json(support::token("t"));
        }
        let name = request.url.path().split('/').nth(1).unwrap();
        self.0.lock().unwrap().get_mut(name).unwrap().answer(request)
    }
}

/// Reads changes until they end, stopping now and then; what was seen goes into `seen`.
async fn poll<T: Tracked>(
    changes: impl Fn(&Cursor) -> Changes<T>,
    mut cursor: Cursor,
    overlap: TimeDelta,
    rng: &mut Rng,
    seen: &mut BTreeMap<i64, i64>,
    read: impl Fn(&T) -> (i64, i64),
    between: impl Fn(),
) -> Cursor {
    loop {
        let page_size = if rng.one_in(4) { 2 + rng.below(40) } else { 2 + rng.below(12) };
        let ahead = usize::try_from(1 + rng.below(4)).unwrap();
        let reading = changes(&cursor).page_size(page_size).prefetch(ahead).overlap(overlap);
        let mut batches = reading.batches();
        while let Some(batch) = batches.try_next().await.unwrap() {
            for (id, version) in batch.records.iter().map(&read) {
                let known = seen.entry(id).or_default();
                *known = (*known).max(version);
            }
            cursor = serde_json::from_str(&serde_json::to_string(&batch.cursor).unwrap()).unwrap();
            assert_eq!(cursor.is_within_a_scan(), !batch.is_last);
            if batch.is_last {
                return cursor;
            }
            if rng.one_in(6) {
                between();
                break;
            }
        }
    }
}

/// Everything that last changed before the cursor was seen at that change or later.
fn check(tenant: &Tenant, cursor: &Cursor, seen: &BTreeMap<i64, i64>) -> Result<(), String> {
    let time = cursor.time().unwrap();
    for (id, record) in tenant.records.iter().filter(|(_, record)| record.changed <= time) {
        let known = seen.get(id).copied().unwrap_or(0);
        if known < record.version {
            return Err(format!("record {id} is at version {} since {}, seen {known}", record.version, record.changed));
        }
    }
    Ok(())
}

async fn history(address: &str, tenants: &Tenants, seed: u64, overlap: TimeDelta) -> Result<(), String> {
    let name = format!("t{seed}");
    tenants.0.lock().unwrap().insert(name.clone(), Tenant::new(seed));
    let client = ProcurifyClient::builder("acme")
        .base_url(format!("{address}/{name}").parse().unwrap())
        .credentials("app-id", "app-secret")
        .requests_per_minute(1_000_000)
        .build()
        .unwrap();
    let mut rng = Rng(seed ^ 0x5EED);
    let kinds = [Kind::PurchaseOrders, Kind::Bills, Kind::Payments, Kind::Orders, Kind::OrderItems];
    let kind = kinds[usize::try_from(rng.below(5)).unwrap()];
    let change = |many: u64, hours: i64| {
        let mut all = tenants.0.lock().unwrap();
        let tenant = all.get_mut(&name).unwrap();
        tenant.clock += TimeDelta::hours(hours);
        for _ in 0..many {
            tenant.live();
        }
    };
    let (mut cursor, mut known) = (Cursor::beginning(), BTreeMap::new());
    for _ in 0..2 + rng.below(3) {
        let stop = || change(6, 1);
        cursor = match kind {
            Kind::PurchaseOrders => {
                let resource = client.purchase_orders();
                let read = |order: &PurchaseOrder| (order.procurify_po.0, order.version.unwrap());
                poll(|at| resource.changes_since(at), cursor, overlap, &mut rng, &mut known, read, stop).await
            }
            Kind::Orders => {
                let resource = client.orders();
                let read = |order: &Order| (order.num.0, order.line_count.unwrap());
                poll(|at| resource.changes_since(at), cursor, overlap, &mut rng, &mut known, read, stop).await
            }
            Kind::OrderItems => {
                let (newer, older) = (client.order_items(), client.orders());
                let changes = |at: &Cursor| {
                    if seed.is_multiple_of(2) { newer.changes_since(at) } else { older.item_changes_since(at) }
                };
                let read = |item: &OrderItem| (item.id.0, item.quantity.unwrap().to_string().parse::<i64>().unwrap());
                poll(changes, cursor, overlap, &mut rng, &mut known, read, stop).await
            }
            Kind::Bills => {
                let resource = client.bills();
                let read = |bill: &BillSummary| (bill.id.0, bill.version.unwrap());
                poll(|at| resource.changes_since(at), cursor, overlap, &mut rng, &mut known, read, stop).await
            }
            Kind::Payments => {
                let resource = client.payments();
                let read = |payment: &PaymentResponse| {
                    (payment.id.0, payment.amount.unwrap().to_string().parse::<i64>().unwrap())
                };
                poll(|at| resource.changes_since(at), cursor, overlap, &mut rng, &mut known, read, stop).await
            }
        };
        check(&tenants.0.lock().unwrap()[&name], &cursor, &known)?;
        change(rng.below(6), i64::try_from(rng.below(30)).unwrap());
    }
    Ok(())
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

async fn tenants() -> (MockServer, Tenants) {
    let server = MockServer::builder().disable_request_recording().start().await;
    let tenants = Tenants::default();
    Mock::given(any()).respond_with(tenants.clone()).mount(&server).await;
    (server, tenants)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_changed_before_the_cursor_was_read_at_that_change_or_later() {
    let (histories, first) = (setting("HISTORIES", 1000), setting("SEED", 20_260_301));
    println!("{histories} histories from seed {first}");
    let (server, tenants) = tenants().await;
    for seed in first..first + histories {
        if let Err(what) = history(&server.uri(), &tenants, seed, TimeDelta::seconds(LATEST + UNDER_WAY)).await {
            panic!("SEED={seed} HISTORIES=1: {what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_overlap_what_is_seen_late_is_missed() {
    let (server, tenants) = tenants().await;
    for seed in 0..500 {
        if history(&server.uri(), &tenants, seed, TimeDelta::zero()).await.is_err() {
            return;
        }
    }
    panic!("500 histories do not need the overlap that they are to show the need of");
}

#[tokio::test]
async fn the_overlap_grows_with_the_timeouts() {
    for (timeout, overlap) in [(10, 120), (60, 120), (600, 1200)] {
        let server = support::tenant().await;
        let page = json!({"metadata": {"pagination": support::pagination(1, 1, 0)}, "data": []});
        let answer = ResponseTemplate::new(200).insert_header("date", "Tue, 24 Nov 2026 20:00:00 GMT");
        Mock::given(any()).respond_with(answer.set_body_json(page)).mount(&server).await;
        let request = std::time::Duration::from_secs(timeout);
        let client = support::builder(&server).timeouts(Timeouts { request, ..Timeouts::default() }).build().unwrap();
        let (_, cursor) = client.bills().changes_since(&Cursor::beginning()).all().await.unwrap();
        let began: DateTime<Utc> = "2026-11-24T20:00:00Z".parse().unwrap();
        assert_eq!(began - cursor.time().unwrap(), TimeDelta::seconds(overlap), "a timeout of {timeout} s");
    }
}

/// Payments of one time in no order that holds, on a server that gives ten at a time.
async fn forty_of_one_time(answers: impl Respond + 'static) -> Result<(Vec<i64>, Cursor), Error> {
    let server = support::tenant().await;
    Mock::given(any()).respond_with(answers).mount(&server).await;
    let client = support::client(&server);
    let read = client.payments().changes_since(&Cursor::beginning()).all().await;
    read.map(|(payments, cursor)| (payments.iter().map(|payment| payment.id.0).collect(), cursor))
}

#[tokio::test]
async fn more_payments_of_one_time_than_a_page_holds_are_read_in_whatever_order_they_come() {
    let mut tenant = Tenant::new(1);
    (tenant.busy, tenant.cap, tenant.next_id) = (false, 10, 1);
    tenant.records.clear();
    tenant.create(40, false);
    let created = tenant.clock;
    tenant.clock += TimeDelta::minutes(1);
    tenant.create(3, false);
    let tenants = Tenants::default();
    tenants.0.lock().unwrap().insert("api".into(), tenant);
    let (mut read, cursor) = forty_of_one_time(tenants).await.unwrap();
    read.sort_unstable();
    read.dedup();
    assert_eq!(read, (1..=43).collect::<Vec<_>>());
    assert!(cursor.time().unwrap() > created - TimeDelta::minutes(5));
}

#[tokio::test]
async fn payments_of_one_time_that_never_all_come_are_an_error() {
    let first_ten = |_: &Request| {
        let data: Vec<Value> = (1..=10).map(|id| json!({"id": id, "created_at": "2026-03-04T10:00:00Z"})).collect();
        ResponseTemplate::new(200)
            .insert_header("date", "Tue, 24 Nov 2026 20:00:00 GMT")
            .set_body_json(json!({"metadata": {"pagination": support::pagination(1, 4, 40)}, "data": data}))
    };
    let error = forty_of_one_time(first_ten).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.message().contains("one time"), "{error}");
}

#[tokio::test]
async fn a_first_load_goes_on_at_the_page_it_stopped_at() {
    let (server, tenants) = tenants().await;
    let mut tenant = Tenant::new(1);
    tenant.busy = false;
    tenant.cap = 1000;
    tenant.records.clear();
    tenant.create(1000, false);
    tenants.0.lock().unwrap().insert("load".into(), tenant);
    let client = ProcurifyClient::builder("acme")
        .base_url(format!("{}/load", server.uri()).parse().unwrap())
        .credentials("app-id", "app-secret")
        .requests_per_minute(1_000_000)
        .build()
        .unwrap();
    let (mut cursor, mut ids) = (Cursor::beginning(), Vec::new());
    loop {
        // One batch at a time, as if the process ended after each.
        let mut batches = client.bills().changes_since(&cursor).page_size(100).prefetch(1).batches();
        let batch = batches.try_next().await.unwrap().unwrap();
        ids.extend(batch.records.iter().map(|bill| bill.id.0));
        cursor = batch.cursor;
        if batch.is_last {
            break;
        }
    }
    assert_eq!(ids.len(), 1000, "nothing twice, nothing missed");
    assert!(ids.is_sorted());
    assert_eq!(tenants.0.lock().unwrap()["load"].requests, 11, "ten pages and what the overlap costs");
}

#[tokio::test]
async fn a_server_that_ignores_the_order_is_refused() {
    let server = support::tenant().await;
    let page = json!({"metadata": {"pagination": support::pagination(1, 1, 2)},
        "data": [{"id": 2}, {"id": 1}]});
    support::answer(&server, "/api/v3/ap/bills/", page).await;
    let error = support::client(&server).bills().changes_since(&Cursor::beginning()).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.message().contains("order"), "{error}");
}
