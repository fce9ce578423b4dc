//! A Procurify tenant: a Django application with slashes at the ends of its paths.

mod bills;
mod control;
mod detail;
mod edits;
mod items;
mod lines;
mod orders;
mod page;
mod query;
mod reference;
mod render;
mod tenant;
mod token;
mod write;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

pub use bills::BillEdit;
pub use control::{Amount, BillBump, Bump, Bumped};
pub use detail::Detail;

use crate::clock::Clock;
use crate::faults::Injector;
use crate::front::Front;
use crate::http::Server;
use crate::limiter::Limiter;
use crate::stats::Counters;
use crate::{AnsweredCall, Edit, Error, FaultKind, Faults, Matcher, Scenario, Stats};
use tenant::ProcurifyTenant;

/// How a Procurify tenant behaves.
#[derive(Debug, Clone)]
pub struct ProcurifyConfig {
    /// Loopback address and port to listen on; port 0 takes a free one.
    pub addr: String,
    /// What the tenant holds.
    pub scenario: Scenario,
    /// OAuth client id.
    pub client_id: String,
    /// OAuth client secret.
    pub client_secret: String,
    /// How long a token is good for.
    pub token_lifetime: Duration,
    /// Whether a call without `X-Procurify-Client: api` is refused.
    pub require_client_header: bool,
    /// Rows a page when the call does not say.
    pub page_size_default: usize,
    /// Larger page sizes are cut down to this one.
    pub page_size_max: usize,
    /// Hours the tenant's time zone is ahead of UTC: the days that day filters mean.
    pub utc_offset_hours: i8,
    /// Calls a minute before a 429; 0 for no limit.
    pub per_minute: u32,
    /// Whether such a 429 carries `Retry-After`.
    pub retry_after: bool,
    /// Calls a minute after which each further one is delayed by `delay_step` more; 0 for never.
    pub delay_after: u32,
    /// Step of the growing delay.
    pub delay_step: Duration,
    /// Every so many list calls one order is created and one changed; 0 for never.
    pub bump_every: u32,
    /// Faults to begin with.
    pub faults: Faults,
}

impl Default for ProcurifyConfig {
    fn default() -> Self {
        Self {
            addr: "127.0.0.1:0".to_owned(),
            scenario: Scenario::default(),
            client_id: "sandbox".to_owned(),
            client_secret: "sandbox".to_owned(),
            token_lifetime: Duration::from_secs(86_400),
            require_client_header: true,
            page_size_default: 100,
            page_size_max: 500,
            utc_offset_hours: -8,
            per_minute: 0,
            retry_after: true,
            delay_after: 0,
            delay_step: Duration::from_millis(20),
            bump_every: 0,
            faults: Faults::default(),
        }
    }
}

/// A running Procurify tenant. It stops when dropped.
pub struct Procurify {
    server: Server,
    front: Arc<Front<ProcurifyTenant>>,
}

impl std::fmt::Debug for Procurify {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Procurify").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Procurify {
    /// Starts a tenant on the current Tokio runtime.
    pub async fn start(config: ProcurifyConfig) -> Result<Self, Error> {
        let (listener, address) = Server::bind(&config.addr).await?;
        let clock = Arc::new(Clock::default());
        let counters = Arc::new(Counters::default());
        let front = Arc::new(Front {
            injector: Injector::new(config.faults.clone()),
            limiter: Limiter::smoothing(config.per_minute, config.delay_after, config.delay_step),
            retry_after: config.retry_after,
            tenant: ProcurifyTenant::new(config, Arc::clone(&clock), Arc::clone(&counters)),
            clock,
            counters,
        });
        let server = Server::start(listener, address, Arc::clone(&front));
        Ok(Self { server, front })
    }

    /// `http://127.0.0.1:PORT`, without a final slash.
    pub fn base_url(&self) -> String {
        self.server.url()
    }

    /// What has been asked so far.
    pub fn stats(&self) -> Stats {
        self.front.stats()
    }

    /// Keeps each call from now on, with the id of its answer.
    pub fn keep_calls(&self) {
        self.front.counters.keep_calls();
    }

    /// The calls that were kept, in the order of their answers.
    pub fn kept_calls(&self) -> Vec<AnsweredCall> {
        self.front.counters.kept_calls()
    }

    /// All tokens given out so far: none of them should be found where it does not belong.
    pub fn issued_tokens(&self) -> Vec<String> {
        self.front.tenant.issued_tokens()
    }

    /// Replaces the faults from the next call on.
    pub fn set_faults(&self, faults: Faults) {
        self.front.injector.set(faults);
    }

    /// Makes the next matching call fail in this way, once.
    pub fn fault_next(&self, matcher: Matcher, kind: FaultKind) {
        self.front.injector.once(matcher, kind);
    }

    /// Moves the tenant's clock forward.
    pub fn advance(&self, by: Duration) {
        self.front.clock.advance(by);
    }

    /// Stops the tenant's clock at a moment: it goes on only as [`advance`](Self::advance) moves it, so that months pass
    /// as fast as a test goes through them.
    pub fn stop_clock_at(&self, at: DateTime<Utc>) {
        self.front.clock.stop_at(at);
    }

    /// Adds an order that was made then and is approved now; answers its number.
    pub fn add_order(&self, made: DateTime<Utc>) -> u64 {
        self.front.tenant.add_order(made)
    }

    /// A vendor's invoice of all lines of an order comes in and is approved, unless that is changed at once. Answers the
    /// bill's id; none if there is no such order.
    pub fn add_bill(&self, order: u64, change: impl FnOnce(&mut BillEdit)) -> Option<u64> {
        self.front.tenant.add_bill(order, change)
    }

    /// What each order comes to, in the order of their numbers.
    pub fn order_amounts(&self) -> Vec<Amount> {
        self.front.tenant.order_amounts()
    }

    /// What each bill comes to, in the order of their ids.
    pub fn bill_amounts(&self) -> Vec<Amount> {
        self.front.tenant.data().bill_amounts()
    }

    /// Edits one order, as a buyer does; answers whether there is such an order, and such a line in it.
    pub fn edit(&self, order: u64, edit: Edit) -> bool {
        self.front.tenant.edit(order, edit)
    }

    /// Adds a vendor, as a person in Procurify would, and gives its id.
    pub fn add_vendor(&self, name: &str, external_id: Option<&str>) -> u64 {
        write::add_vendor(&mut self.front.tenant.data(), name, external_id.map(str::to_owned), 0)
    }

    /// Adds a department of the headquarters, as a person in Procurify would, and gives its id.
    pub fn add_department(&self, name: &str, external_id: Option<&str>) -> u64 {
        write::add_department(&mut self.front.tenant.data(), name, external_id.map(str::to_owned), 0)
    }

    /// Deactivates a vendor; answers whether there is one of this id.
    pub fn deactivate_vendor(&self, id: u64) -> bool {
        let mut data = self.front.tenant.data();
        let vendor = data.masters.vendors.iter_mut().find(|vendor| vendor.id == id);
        vendor.map(|vendor| vendor.active = false).is_some()
    }

    /// Creates, changes and cancels orders, as `POST /_sandbox/bump` does.
    pub fn bump(&self, bump: Bump) -> Bumped {
        self.front.tenant.bump(bump)
    }

    /// Creates, changes and withdraws bills.
    pub fn bump_bills(&self, bump: BillBump) -> Bumped {
        self.front.tenant.bump_bills(bump)
    }

    /// Changes one bill; answers whether there is one of this id.
    pub fn edit_bill(&self, id: u64, change: impl FnOnce(&mut BillEdit)) -> bool {
        self.front.tenant.edit_bill(id, change)
    }

    /// Shows an order's detail so from now on, without touching it; answers whether there is one of this number.
    pub fn show_order(&self, number: u64, detail: Detail) -> bool {
        let mut data = self.front.tenant.data();
        data.order_details.insert(number, detail);
        data.orders.get(number).is_some()
    }

    /// Shows a bill's detail so from now on, without touching it; answers whether there is one of this id.
    pub fn show_bill(&self, id: u64, detail: Detail) -> bool {
        let mut data = self.front.tenant.data();
        let known = data.has_bill(id);
        data.bill_details.insert(id, detail);
        known
    }

    /// The ids of the bills for orders that are approved or further.
    pub fn approved_bills(&self) -> Vec<u64> {
        self.front.tenant.approved_bills()
    }
}
