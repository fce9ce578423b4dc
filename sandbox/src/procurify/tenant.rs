//! The tenant's state, and the way of a call through it: slash, token, header, route.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, FixedOffset, NaiveDate, Offset, Utc};
use hyper::{Method, StatusCode};
use serde_json::json;

use super::ProcurifyConfig;
use super::detail::Detail;
use super::page::Page;
use super::query::Query;
use super::token::Tokens;
use super::{bills, items, orders, reference, write};
use crate::clock::Clock;
use crate::faults::{CallKind, Fault};
use crate::front::Tenant;
use crate::http::{Call, Reply};
use crate::rng::Rng;
use crate::scenario::{Masters, Orders};
use crate::stats::Counters;

/// What a Procurify tenant holds.
pub(super) struct ProcurifyTenant {
    pub(super) config: ProcurifyConfig,
    pub(super) clock: Arc<Clock>,
    pub(super) counters: Arc<Counters>,
    pub(super) data: Mutex<Data>,
    tokens: Mutex<Tokens>,
}

/// The records, under one lock.
pub(super) struct Data {
    pub(super) masters: Masters,
    pub(super) orders: Orders,
    pub(super) rng: Rng,
    pub(super) bills: usize,
    /// How many orders there were when they were written.
    pub(super) billed: usize,
    /// The places of bills by their UUIDs.
    pub(super) bill_places: HashMap<String, usize>,
    /// Where bills come from that were made later, by their places.
    pub(super) bills_made: BTreeMap<usize, bills::Made>,
    /// Changes of bills, by their places.
    pub(super) bill_edits: BTreeMap<usize, bills::Edited>,
    /// How the details of bills are shown, by id, where not as they should be.
    pub(super) bill_details: BTreeMap<u64, Detail>,
    /// How the details of orders are shown, by number, likewise.
    pub(super) order_details: BTreeMap<u64, Detail>,
    pub(super) offset: FixedOffset,
    lists: u32,
}

impl Data {
    /// How an order's detail is shown.
    pub(super) fn order_detail(&self, number: u64) -> Detail {
        self.order_details.get(&number).copied().unwrap_or_default()
    }

    /// The day a moment falls on for the people of this tenant.
    pub(super) fn day(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.offset).date_naive()
    }
}

impl ProcurifyTenant {
    pub(super) fn new(config: ProcurifyConfig, clock: Arc<Clock>, counters: Arc<Counters>) -> Self {
        let masters = Masters::new(&config.scenario);
        let orders = Orders::new(&config.scenario, &masters);
        let seed = config.scenario.seed;
        let offset = FixedOffset::east_opt(i32::from(config.utc_offset_hours) * 3600);
        let data = Data {
            masters,
            orders,
            rng: Rng::of(seed, 3),
            bills: config.scenario.bills,
            billed: config.scenario.orders,
            bill_places: bills::places(0..config.scenario.bills).collect(),
            bills_made: BTreeMap::new(),
            bill_edits: BTreeMap::new(),
            bill_details: BTreeMap::new(),
            order_details: BTreeMap::new(),
            offset: offset.unwrap_or_else(|| Utc.fix()),
            lists: 0,
        };
        Self { tokens: Mutex::new(Tokens::new(seed)), data: Mutex::new(data), config, clock, counters }
    }

    pub(super) fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn issued_tokens(&self) -> Vec<String> {
        self.tokens().issued()
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Data changes while it is read, where the settings ask for it.
    fn drift(&self, data: &mut Data) {
        data.lists += 1;
        if self.config.bump_every > 0 && data.lists.is_multiple_of(self.config.bump_every) {
            data.bump(super::Bump { create: 1, change: 1, cancel: 0 }, self.clock.now());
        }
    }

    fn refused(&self, call: &Call) -> Option<Reply> {
        let detail = |status, text: &str| Some(Reply::json(status, &json!({ "detail": text })));
        match call.bearer() {
            None => {
                return detail(StatusCode::UNAUTHORIZED, "Authentication credentials were not provided.");
            }
            Some(token) if !self.tokens().accepts(token, self.clock.now()) => {
                return detail(StatusCode::UNAUTHORIZED, "Invalid or expired token.");
            }
            Some(_) => {}
        }
        if self.config.require_client_header && call.header("x-procurify-client") != Some("api") {
            return detail(StatusCode::BAD_REQUEST, "The header X-Procurify-Client: api is required.");
        }
        None
    }

    /// What the tenant takes of writes: reference data, and of that only what is made or renamed.
    fn write(&self, call: &Call, route: Route<'_>) -> Option<Reply> {
        let mut data = self.data();
        let body = || serde_json::from_slice(&call.body);
        let written = match (&call.method, route) {
            (&Method::POST, Route::Vendors("")) => body().map(|body| write::new_vendor(&mut data, &body)),
            (&Method::PUT | &Method::PATCH, Route::Vendor(id)) => {
                body().map(|body| write::changed_vendor(&mut data, id, &body))
            }
            (&Method::POST, Route::AccountCodes) => body().map(|body| write::new_account_code(&mut data, &body)),
            (&Method::PUT, Route::AccountCode(id)) => {
                body().map(|body| write::changed_account_code(&mut data, id, &body))
            }
            (&Method::PUT, Route::Department(id)) => body().map(|body| write::changed_department(&mut data, id, &body)),
            (&Method::POST, Route::Departments) => body().map(|body| write::new_department(&mut data, &body)),
            _ => return None,
        };
        let wrong = |error: serde_json::Error| {
            Reply::json(StatusCode::BAD_REQUEST, &json!({ "detail": format!("JSON parse error - {error}") }))
        };
        Some(written.unwrap_or_else(wrong))
    }

    fn route(&self, call: &Call) -> Reply {
        let Some(route) = Route::of(&call.path) else {
            return not_found();
        };
        if !matches!(call.method, Method::GET | Method::HEAD) {
            self.counters.write(route.resource());
            if let Some(reply) = self.write(call, route) {
                return reply;
            }
            return Reply::json(
                StatusCode::METHOD_NOT_ALLOWED,
                &json!({ "detail": format!("Method \"{}\" not allowed.", call.method) }),
            );
        }
        let mut query = Query::new(&call.query);
        let page = Page::new(&query, self.config.page_size_default, self.config.page_size_max);
        let mut data = self.data();
        let list = List { call, page };
        let answer = match route {
            Route::Orders { role, status } => {
                self.drift(&mut data);
                orders::list(&data, &mut query, list, role, status)
            }
            Route::Order(id) => Ok(orders::detail(&data, id)),
            Route::Items => {
                self.drift(&mut data);
                items::list(&data, &mut query, list)
            }
            Route::Vendors(group) => reference::vendors(&data, &mut query, list, group),
            Route::Vendor(id) => Ok(reference::vendor(&data, id)),
            Route::AccountCodes => reference::account_codes(&data, &mut query, list),
            Route::Accounts => reference::accounts(&data, &mut query, list),
            Route::Departments => reference::departments(&data, &mut query, list),
            Route::Locations => reference::locations(&data, &mut query, list),
            Route::Location(id) => Ok(reference::location(&data, id)),
            Route::Currencies => reference::currencies(&data, &mut query, list),
            // As in the real service, one of them is written to only.
            Route::AccountCode(_) | Route::Department(_) => Ok(not_found()),
            Route::Me => Ok(reference::me(&data)),
            Route::Bills => bills::list(&data, &mut query, list),
            Route::Bill(id) => Ok(bills::detail(&data, id)),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }
}

/// A list call: what its answer's envelope is made from.
#[derive(Clone, Copy)]
pub(super) struct List<'a> {
    pub(super) call: &'a Call,
    pub(super) page: Page,
}

pub(super) fn not_found() -> Reply {
    Reply::json(StatusCode::NOT_FOUND, &json!({ "detail": "Not found." }))
}

/// What a path means.
#[derive(Debug, Clone, Copy)]
enum Route<'a> {
    Orders { role: &'a str, status: &'a str },
    Order(&'a str),
    Items,
    Vendors(&'a str),
    Vendor(u64),
    AccountCodes,
    AccountCode(u64),
    Accounts,
    Departments,
    Department(u64),
    Locations,
    Location(u64),
    Currencies,
    Me,
    Bills,
    Bill(&'a str),
}

impl<'a> Route<'a> {
    /// The route of a path with or without its final slash.
    fn of(path: &'a str) -> Option<Self> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        Some(match segments.strip_prefix(&["api"])? {
            ["v2", "purchase_orders", role @ ("purchased" | "receivable"), status] => Self::Orders { role, status },
            ["v2", "purchase_orders", id] | ["v3", "purchase-orders", id, ..] => Self::Order(id),
            ["v3", "order-items"] | ["v2", "global", "order_items"] => Self::Items,
            ["v3", "vendors"] => Self::Vendors(""),
            ["v3", "vendors", id] => match id.parse() {
                Ok(id) => Self::Vendor(id),
                Err(_) => Self::Vendors(id),
            },
            ["v3", "account-codes"] => Self::AccountCodes,
            ["v3", "account-codes", id] => Self::AccountCode(id.parse().ok()?),
            ["v3", "accounts"] => Self::Accounts,
            ["v3", "departments"] => Self::Departments,
            ["v3", "departments", id] => Self::Department(id.parse().ok()?),
            ["v2", "locations"] => Self::Locations,
            ["v2", "locations", id] => Self::Location(id.parse().ok()?),
            ["v2", "currencies"] => Self::Currencies,
            ["v3", "users", "me"] => Self::Me,
            ["v3", "ap", "bills"] => Self::Bills,
            ["v2", "ap", "bills", id] => Self::Bill(id),
            _ => return None,
        })
    }

    fn resource(self) -> &'static str {
        match self {
            Self::Orders { .. } | Self::Order(_) => "purchase_orders",
            Self::Items => "order_items",
            Self::Vendors(_) | Self::Vendor(_) => "vendors",
            Self::AccountCodes | Self::AccountCode(_) => "account_codes",
            Self::Accounts => "accounts",
            Self::Departments | Self::Department(_) => "departments",
            Self::Locations | Self::Location(_) => "locations",
            Self::Currencies => "currencies",
            Self::Me => "users",
            Self::Bills | Self::Bill(_) => "bills",
        }
    }
}

impl Tenant for ProcurifyTenant {
    fn operation(&self, call: &Call) -> String {
        let pattern = match Route::of(&call.path) {
            Some(
                Route::Order(_)
                | Route::Vendor(_)
                | Route::AccountCode(_)
                | Route::Department(_)
                | Route::Location(_)
                | Route::Bill(_),
            ) => {
                let mut segments: Vec<&str> = call.path.split('/').collect();
                // The id is the fourth segment of all of these but bills, where it is the fifth.
                let at = if segments.get(3) == Some(&"ap") { 5 } else { 4 };
                if let Some(id) = segments.get_mut(at) {
                    *id = "{id}";
                }
                segments.join("/")
            }
            _ => call.path.clone(),
        };
        format!("{} {pattern}", call.method)
    }

    fn kind(&self, call: &Call) -> CallKind {
        if call.path.starts_with("/oauth/") { CallKind::Token } else { CallKind::Single }
    }

    fn answer(&self, call: &Call, _fault: Option<Fault>) -> Reply {
        let reply = if matches!(call.path.as_str(), "/oauth/token" | "/oauth/token/") {
            self.tokens().answer(&self.config, call, self.clock.now())
        } else if !call.path.ends_with('/') {
            slashless(call)
        } else {
            self.refused(call).unwrap_or_else(|| self.route(call))
        };
        let id = self.data().rng.uuid();
        reply.with("x-request-id", &id)
    }

    fn expire(&self, call: &Call) {
        if let Some(token) = call.bearer() {
            self.tokens().expire(token);
        }
    }

    fn control(&self, call: &Call) -> Reply {
        self.control_call(call)
    }

    fn documents(&self) -> BTreeMap<String, u64> {
        let data = self.data();
        let count = [("purchase_order", data.orders.all().len()), ("invoice", data.bills)];
        count.into_iter().map(|(kind, n)| (kind.to_owned(), n as u64)).collect()
    }

    fn error(&self, status: StatusCode, text: &str) -> Reply {
        Reply::json(status, &json!({ "detail": text }))
    }
}

/// A GET is sent to the path with a slash; anything else has lost its way.
fn slashless(call: &Call) -> Reply {
    if Route::of(&call.path).is_none() || call.method != Method::GET {
        return not_found();
    }
    let query = if call.query.is_empty() { String::new() } else { format!("?{}", call.query) };
    Reply::empty(StatusCode::MOVED_PERMANENTLY).with("location", &format!("{}/{query}", call.path))
}
