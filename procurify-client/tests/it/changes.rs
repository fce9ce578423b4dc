//! Polling misses nothing, whatever happens to the data while it is read.
//!
//! Each history is one tenant under one seed: records are created, changed, cancelled and deleted
//! between any two requests, many of them on one timestamp; the reader stops now and then, keeps its
//! cursor as JSON, and goes on later. `HISTORIES` and `SEED` in the environment choose others.

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

/// A tenant that does not stand still.
struct Tenant {
    rng: Rng,
    clock: DateTime<Utc>,
    records: BTreeMap<i64, Stored>,
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
        let mut tenant = Self { rng, clock, records: BTreeMap::new(), next_id: 1, zone, cap, busy: true, requests: 0 };
        let records = tenant.rng.below(45);
        tenant.create(records);
        tenant
    }

    /// All on one timestamp.
    fn create(&mut self, records: u64) {
        for _ in 0..records {
            let stored = Stored { created: self.clock, changed: self.clock, version: 1, cancelled: false };
            self.records.insert(self.next_id, stored);
            self.next_id += 1;
        }
    }

    fn pick(&mut self) -> Option<i64> {
        let at = usize::try_from(self.rng.below(self.records.len() as u64)).unwrap();
        self.records.keys().nth(at).copied()
    }

    fn touch(&mut self, times: u64, cancel: bool) {
        for _ in 0..times {
            let Some(id) = self.pick() else { return };
            let clock = self.clock;
            let record = self.records.get_mut(&id).unwrap();
            record.version += 1;
            record.changed = clock;
            record.cancelled |= cancel;
        }
    }

    fn delete(&mut self, records: u64) {
        for _ in 0..records {
            let Some(id) = self.pick() else { return };
            self.records.remove(&id);
        }
    }

    /// What happens between two requests.
    fn live(&mut self) {
        self.clock += TimeDelta::milliseconds(i64::try_from(self.rng.below(4000)).unwrap());
        if !self.busy || self.rng.one_in(3) {
            return;
        }
        match self.rng.below(6) {
            0 => self.create(1),
            1 => {
                let many = 1 + self.rng.below(20);
                self.touch(many, false);
            }
            2 => self.touch(1, true),
            3 => self.delete(1),
            4 => {
                // Seen from outside the count is what it was.
                let many = 1 + self.rng.below(4);
                self.delete(many);
                self.create(many);
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
        let cap = if kind == Kind::Payments { 1000 } else { self.cap };
        let (page, size) = (number("page"), number("page_size").min(cap));
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
    Bills,
    Payments,
}

impl Kind {
    fn of(path: &str) -> Self {
        if path.contains("purchase_orders") {
            Self::PurchaseOrders
        } else if path.contains("bills") {
            Self::Bills
        } else {
            Self::Payments
        }
    }

    fn passes(self, record: &Stored, query: &BTreeMap<String, String>, zone: FixedOffset) -> bool {
        let time = |name: &str| query.get(name).map(|text| text.parse::<DateTime<Utc>>().unwrap());
        match self {
            Self::PurchaseOrders => {
                let from = query.get("modified_date_0").map(|day| day.parse::<NaiveDate>().unwrap());
                from.is_none_or(|from| record.changed.with_timezone(&zone).date_naive() >= from)
            }
            Self::Bills => time("last_modified_datetime_0").is_none_or(|from| record.changed >= from),
            Self::Payments => time("updated_at_after").is_none_or(|from| record.changed >= from),
        }
    }

    fn render(self, id: i64, record: &Stored) -> Value {
        let version = record.version;
        match self {
            Self::PurchaseOrders => {
                let state = i32::from(record.cancelled);
                json!({"procurify_PO": id, "version": version, "state": state, "last_modified": record.changed})
            }
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
    rng: &mut Rng,
    seen: &mut BTreeMap<i64, i64>,
    read: impl Fn(&T) -> (i64, i64),
    between: impl Fn(),
) -> Cursor {
    loop {
        let page_size = if rng.one_in(4) { 2 + rng.below(40) } else { 2 + rng.below(12) };
        let ahead = usize::try_from(1 + rng.below(4)).unwrap();
        let reading = changes(&cursor).page_size(page_size).prefetch(ahead).overlap(TimeDelta::seconds(10));
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

async fn history(address: &str, tenants: &Tenants, seed: u64) -> Result<(), String> {
    let name = format!("t{seed}");
    tenants.0.lock().unwrap().insert(name.clone(), Tenant::new(seed));
    let client = ProcurifyClient::builder("acme")
        .base_url(format!("{address}/{name}").parse().unwrap())
        .credentials("app-id", "app-secret")
        .requests_per_minute(1_000_000)
        .build()
        .unwrap();
    let mut rng = Rng(seed ^ 0x5EED);
    let kind = [Kind::PurchaseOrders, Kind::Bills, Kind::Payments][usize::try_from(rng.below(3)).unwrap()];
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
                poll(|at| resource.changes_since(at), cursor, &mut rng, &mut known, read, stop).await
            }
            Kind::Bills => {
                let resource = client.bills();
                let read = |bill: &BillSummary| (bill.id.0, bill.version.unwrap());
                poll(|at| resource.changes_since(at), cursor, &mut rng, &mut known, read, stop).await
            }
            Kind::Payments => {
                let resource = client.payments();
                let read = |payment: &PaymentResponse| {
                    (payment.id.0, payment.amount.unwrap().to_string().parse::<i64>().unwrap())
                };
                poll(|at| resource.changes_since(at), cursor, &mut rng, &mut known, read, stop).await
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
        if let Err(what) = history(&server.uri(), &tenants, seed).await {
            panic!("SEED={seed} HISTORIES=1: {what}");
        }
    }
}

#[tokio::test]
async fn a_first_load_goes_on_at_the_page_it_stopped_at() {
    let (server, tenants) = tenants().await;
    let mut tenant = Tenant::new(1);
    tenant.busy = false;
    tenant.cap = 1000;
    tenant.records.clear();
    tenant.create(1000);
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
