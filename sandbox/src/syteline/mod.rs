//! An Infor ION gateway with a `SyteLine` site behind it.
//!
//! ```text
//! /{ti}/as/token.oauth2 .............................. as in front of M3
//! /{ti}/CSI/IDORequestService/ido/load|update|invoke .. gateway -> IDOs (schema) -> rules -> tables
//! ```

mod by_hand;
mod cell;
mod config;
mod filter;
mod load;
mod rules;
mod schema;
mod site;
mod store;
mod tenant;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

pub use config::{NestedChanges, SyteLineConfig};

use chrono::NaiveDate;

use crate::by_hand::{ByHand, Touch, TypedInvoice, TypedOrder};
use crate::clock::Clock;
use crate::control::Erp;
use crate::faults::Injector;
use crate::front::Front;
use crate::http::Server;
use crate::limiter::Limiter;
use crate::stats::Counters;
use crate::{Account, AnsweredCall, Document, Error, FaultKind, Faults, Matcher, Stats, Supplier};
use tenant::SyteLineTenant;

/// A running gateway and `SyteLine` tenant. It stops when dropped.
pub struct SyteLine {
    server: Server,
    front: Arc<Front<SyteLineTenant>>,
}

impl std::fmt::Debug for SyteLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SyteLine").field("server", &self.server).finish_non_exhaustive()
    }
}

impl SyteLine {
    /// Starts a tenant on the current Tokio runtime.
    pub async fn start(config: SyteLineConfig) -> Result<Self, Error> {
        let (listener, address) = Server::bind(&config.addr).await?;
        let clock = Arc::new(Clock::default());
        let front = Arc::new(Front {
            injector: Injector::new(config.faults.clone()),
            limiter: Limiter::new(config.per_minute),
            retry_after: config.retry_after,
            tenant: SyteLineTenant::new(config, Arc::clone(&clock)),
            clock,
            counters: Arc::new(Counters::default()),
        });
        let server = Server::start(listener, address, Arc::clone(&front));
        Ok(Self { server, front })
    }

    /// `http://127.0.0.1:PORT`, without a final slash.
    pub fn base_url(&self) -> String {
        self.server.url()
    }

    /// A complete `.ionapi` file for this tenant, with all keys a backend service's file has.
    pub fn ionapi_json(&self) -> String {
        self.front.tenant.gateway.ionapi_json(&self.base_url())
    }

    /// The purchase orders and vouchers, in the order of their numbers.
    pub fn documents(&self) -> Vec<Document> {
        self.front.tenant.all_documents()
    }

    /// All records of an IDO as they are kept, in the order of their keys.
    pub fn rows(&self, ido: &str) -> Vec<BTreeMap<String, String>> {
        self.front.tenant.site().store.rows(ido).cloned().collect()
    }

    /// Adds a vendor, or replaces the one of that number.
    pub fn add_supplier(&self, supplier: &Supplier) {
        self.front.tenant.add_supplier(supplier);
    }

    /// Removes the vendor of this number, if it is there.
    pub fn remove_supplier(&self, number: &str) {
        self.front.tenant.site().remove_supplier(number);
    }

    /// Adds an account (dimension 1) or a unit code 1 (any other dimension).
    pub fn add_account(&self, account: &Account) {
        self.front.tenant.add_account(account);
    }

    /// Sets a fiscal period, by its first and last day, to closed or open. It is shown by the IDO
    /// `SLPeriods` as `PerStart`, `PerEnd` and `Closed`: an assumption.
    pub fn set_period(&self, from: NaiveDate, to: NaiveDate, closed: bool) {
        let [from, to] = [from, to].map(|day| day.format("%Y%m%d 00:00:00.000").to_string());
        self.front.tenant.site().set_period(&from, &to, closed);
    }

    /// Types an order in, as a person does at the screen; answers its number.
    pub fn type_order(&self, order: &TypedOrder) -> String {
        self.front.tenant.type_order(order)
    }

    /// Deletes an order, if it is there, whatever has become of it.
    pub fn delete_order(&self, number: &str) -> bool {
        self.front.tenant.delete_order(number)
    }

    /// Posts a voucher, as finance does: it leaves those not yet posted, and our reference with it.
    pub fn post_voucher(&self, number: &str) -> bool {
        self.front.tenant.post_voucher(number)
    }

    /// Pays so much of a vendor's invoice, which need not be there yet: payments stand among the posted vouchers.
    pub fn pay(&self, supplier: &str, number: &str, day: NaiveDate, amount: rust_decimal::Decimal) {
        self.front.tenant.pay(supplier, number, day, amount);
    }

    /// Changes an order's line, as a person does at the screen.
    pub fn touch(&self, number: &str, touch: Touch) -> bool {
        self.front.tenant.touch(number, touch)
    }

    /// Closes an order's line, as a person does at the screen of what will not come; answers whether there is one.
    pub fn close_line(&self, number: &str, line: u32) -> bool {
        self.front.tenant.close_line(number, line)
    }

    /// Changes an order's reference, as a person does at the screen; answers whether there is one.
    pub fn refer(&self, number: &str, reference: &str) -> bool {
        self.front.tenant.refer(number, reference)
    }

    /// Types an invoice in, as a person does at the screen; answers its number.
    pub fn type_invoice(&self, invoice: &TypedInvoice) -> String {
        self.front.tenant.type_invoice(invoice)
    }

    /// Deletes an invoice, if it is there and not in the ledger.
    pub fn delete_invoice(&self, number: &str) -> bool {
        self.front.tenant.delete_invoice(number)
    }

    /// Changes what a line of an invoice comes to, and the whole with it, as a person does at the screen.
    pub fn touch_invoice(&self, number: &str, line: u32, amount: rust_decimal::Decimal) -> bool {
        self.front.tenant.touch_invoice(number, line, amount)
    }

    /// Takes the privilege to change an IDO away, or gives it back.
    pub fn deny(&self, ido: &str, denied: bool) {
        let denials = &mut self.front.tenant.site().denied;
        if denied {
            denials.insert(ido.to_owned())
        } else {
            denials.remove(ido)
        };
    }

    /// Finance posts an invoice to the ledger.
    pub fn post_invoice(&self, number: &str) -> bool {
        self.front.tenant.post_invoice(number)
    }

    /// All tokens given out so far: none of them should be found where it does not belong.
    pub fn issued_tokens(&self) -> Vec<String> {
        self.front.tenant.gateway.issued_tokens()
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

    /// Replaces the faults from the next call on.
    pub fn set_faults(&self, faults: Faults) {
        self.front.injector.set(faults);
    }

    /// Makes the next matching call fail in this way, once.
    pub fn fault_next(&self, matcher: Matcher, kind: FaultKind) {
        self.front.injector.once(matcher, kind);
    }

    /// Moves the tenant's clock forward: tokens expire.
    pub fn advance(&self, by: Duration) {
        self.front.clock.advance(by);
    }

    /// Stops the tenant's clock at a moment: it goes on only as [`advance`](Self::advance) moves it, so that months pass
    /// as fast as a test goes through them.
    pub fn stop_clock_at(&self, at: DateTime<Utc>) {
        self.front.clock.stop_at(at);
    }
}
