//! An Infor ION gateway with an M3 tenant behind it.
//!
//! ```text
//! /{ti}/as/token.oauth2 ............ token, revoke_token
//! /{ti}/M3/m3api-rest/v2/execute ... gateway -> mi (fields, lengths) -> programs -> company
//! ```

mod answer;
mod batch;
mod bulk;
mod by_hand;
mod company;
mod config;
pub(crate) mod control;
mod documents;
mod execute;
pub(crate) mod gateway;
mod invoices;
mod ionapi;
mod mi;
mod options;
mod programs;
mod tenant;
mod token;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

pub use batch::{Message, MessageStatus};
pub use company::{Account, Supplier};
pub use config::M3Config;
pub use documents::{Document, DocumentLine};

use chrono::NaiveDate;

use crate::by_hand::{ByHand, Touch, TypedInvoice, TypedOrder};
use crate::clock::Clock;
use crate::faults::Injector;
use crate::front::Front;
use crate::http::Server;
use crate::limiter::Limiter;
use crate::stats::Counters;
use crate::{AnsweredCall, Error, FaultKind, Faults, Matcher, Stats};
use tenant::M3Tenant;

/// A running gateway and M3 tenant. It stops when dropped.
pub struct M3 {
    server: Server,
    front: Arc<Front<M3Tenant>>,
}

impl std::fmt::Debug for M3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("M3").field("server", &self.server).finish_non_exhaustive()
    }
}

impl M3 {
    /// Starts a tenant on the current Tokio runtime.
    pub async fn start(config: M3Config) -> Result<Self, Error> {
        let (listener, address) = Server::bind(&config.addr).await?;
        let clock = Arc::new(Clock::default());
        let front = Arc::new(Front {
            injector: Injector::new(config.faults.clone()),
            limiter: Limiter::smoothing(config.per_minute, config.delay_after, config.delay_step),
            retry_after: config.retry_after,
            tenant: M3Tenant::new(config, Arc::clone(&clock)),
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
        ionapi::file(&self.front.tenant.config, &self.base_url())
    }

    /// The purchase orders that the batch job has made, in the order of their numbers.
    pub fn documents(&self) -> Vec<Document> {
        self.front.tenant.company().documents()
    }

    /// The batch entry messages: what a person sees in PPS370.
    pub fn messages(&self) -> Vec<Message> {
        self.front.tenant.company().messages()
    }

    /// Lets a message that waits for a person, or has failed, be processed (again) now.
    /// Answers whether it made its orders.
    pub fn release(&self, message: &str) -> bool {
        self.front.tenant.company().release(message)
    }

    /// Adds a supplier, or replaces the one of that number.
    pub fn add_supplier(&self, supplier: &Supplier) {
        self.front.tenant.company().add_supplier(supplier);
    }

    /// Removes the supplier of this number, if it is there.
    pub fn remove_supplier(&self, number: &str) {
        self.front.tenant.company().suppliers.remove(number);
    }

    /// Sets the status of an item: 20 is active.
    pub fn set_item_status(&self, number: &str, status: &str) {
        self.front.tenant.company().set_item_status(number, status);
    }

    /// A person gives a customer another name; answers whether there is one.
    pub fn rename_customer(&self, number: &str, name: &str) -> bool {
        self.front.tenant.company().rename_customer(number, name)
    }

    /// Adds a currency, or removes it.
    pub fn set_currency(&self, code: &str, is_there: bool) {
        let mut company = self.front.tenant.company();
        if is_there {
            company.currencies.insert(code.to_owned())
        } else {
            company.currencies.remove(code)
        };
    }

    /// Adds an identity of an accounting dimension, or replaces the one of that code.
    pub fn add_account(&self, account: &Account) {
        self.front.tenant.company().add_account(account);
    }

    /// Sets a fiscal period, by its first and last day, to closed or open. It is shown by `EXPORTMI` in the
    /// table `CSYPER` as `CPFDAT`, `CPTDAT` and `CPPSTS`, 9 for closed: an assumption.
    pub fn set_period(&self, from: NaiveDate, to: NaiveDate, closed: bool) {
        let [from, to] = [from, to].map(|day| day.format("%Y%m%d").to_string());
        self.front.tenant.company().set_period(&from, &to, if closed { "9" } else { "1" });
    }

    /// Types an order in, as a person does at the screen; answers its number.
    pub fn type_order(&self, order: &TypedOrder) -> String {
        self.front.tenant.type_order(order)
    }

    /// Deletes an order, if it is there, whatever has become of it.
    pub fn delete_order(&self, number: &str) -> bool {
        self.front.tenant.delete_order(number)
    }

    /// Changes an order's line, as a person does at the screen.
    pub fn touch(&self, number: &str, touch: Touch) -> bool {
        self.front.tenant.touch(number, touch)
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

    /// Changes an invoice's tax, and the whole with it; answers whether there is such an invoice.
    pub fn tax_invoice(&self, number: &str, amount: rust_decimal::Decimal) -> bool {
        let mut company = self.front.tenant.company();
        let invoice = company.invoices.get_mut(number);
        invoice.map(|invoice| invoice.tax(amount)).is_some()
    }

    /// Finance posts an invoice to the ledger.
    pub fn post_invoice(&self, number: &str) -> bool {
        self.front.tenant.post_invoice(number)
    }

    /// Removes an account (dimension 1), if it is there.
    pub fn remove_account(&self, code: &str) {
        self.front.tenant.company().identities.remove(&(1, code.to_uppercase()));
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

    /// Finance enters a supplier's invoice in the ledger itself (day as `YYYYMMDD`); answers its voucher.
    pub fn book_invoice(
        &self,
        supplier: &str,
        number: &str,
        day: &str,
        currency: &str,
        amount: rust_decimal::Decimal,
    ) -> u64 {
        self.front.tenant.company().book_invoice(supplier, number, day, currency, amount)
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

    /// Moves the tenant's clock forward: tokens expire, batch jobs run, the search index catches up.
    pub fn advance(&self, by: Duration) {
        self.front.clock.advance(by);
    }

    /// Stops the tenant's clock at a moment: it goes on only as [`advance`](Self::advance) moves it, so that months pass
    /// as fast as a test goes through them.
    pub fn stop_clock_at(&self, at: DateTime<Utc>) {
        self.front.clock.stop_at(at);
    }
}
