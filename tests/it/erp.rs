//! The simulated products, as far as a test does not care which one it is.

/// What the simulated products do alike, each by its own means.
macro_rules! as_simulated {
    () => {
        fn stop_clock_at(&self, at: chrono::DateTime<chrono::Utc>) {
            self.stop_clock_at(at);
        }

        fn move_clock(&self, by: std::time::Duration) {
            self.advance(by);
        }

        fn ionapi(&self) -> String {
            self.ionapi_json()
        }

        fn issued_tokens(&self) -> Vec<String> {
            self.issued_tokens()
        }

        fn all_documents(&self) -> Vec<sandbox::Document> {
            self.documents()
        }

        fn put_supplier(&self, supplier: &sandbox::Supplier) {
            self.add_supplier(supplier);
        }

        fn put_account(&self, account: &sandbox::Account) {
            self.add_account(account);
        }

        fn seen(&self) -> sandbox::Stats {
            self.stats()
        }

        fn keep_calls(&self) {
            Self::keep_calls(self);
        }

        fn kept_calls(&self) -> Vec<sandbox::AnsweredCall> {
            Self::kept_calls(self)
        }

        fn fail(&self, faults: sandbox::Faults) {
            self.set_faults(faults);
        }

        fn type_in(&self, order: &sandbox::TypedOrder) -> String {
            self.type_order(order)
        }

        fn delete(&self, number: &str) {
            assert!(self.delete_order(number), "{number} is not there");
        }

        fn change(&self, number: &str, touch: sandbox::Touch) {
            assert!(self.touch(number, touch), "{number} has no line {}", touch.line);
        }

        fn set_reference(&self, number: &str, reference: &str) {
            assert!(self.refer(number, reference), "{number} is not there");
        }

        fn type_invoice(&self, invoice: &sandbox::TypedInvoice) -> String {
            self.type_invoice(invoice)
        }

        fn delete_invoice(&self, number: &str) {
            assert!(self.delete_invoice(number), "{number} is not there");
        }

        fn touch_invoice(&self, number: &str, line: u32, amount: rust_decimal::Decimal) {
            assert!(self.touch_invoice(number, line, amount), "{number} has no line {line}");
        }

        fn post_invoice(&self, number: &str) {
            assert!(self.post_invoice(number), "{number} is not there");
        }

        fn fault_next_of(&self, calls: sandbox::Matcher, kind: sandbox::FaultKind) {
            self.fault_next(calls, kind);
        }

        fn close_period(&self, from: chrono::NaiveDate, to: chrono::NaiveDate, closed: bool) {
            self.set_period(from, to, closed);
        }
    };
}

mod m3;
mod odata;
mod syteline;

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use procurify_cloudsuite::CloudSuiteClient;
use procurify_cloudsuite::bill::InvoiceDraft;
use procurify_cloudsuite::periods::PeriodList;
use procurify_cloudsuite::product::Product;
use rust_decimal::Decimal;
use sandbox::{
    Account, AnsweredCall, Document, FaultKind, Faults, Matcher, Scenario, Stats, Supplier, Touch, TypedInvoice,
    TypedOrder,
};

pub use m3::m3_config;

/// The supplier whose settings new ones begin with, where a product needs one.
pub const TEMPLATE: &str = "TMPL";

/// How long tokens live where that is short.
pub const HOUR: Duration = Duration::from_secs(3600);

/// Where the tax of bills goes, where it must go somewhere.
const TAX: &str = "60100";

/// A simulated product.
pub trait Erp: Sized + Send + Sync + 'static {
    /// So much in one call makes a sync of some hundred calls.
    const SMALL_CALL: usize;
    /// The account that an invoice's tax stands on, as a line after the others, where it does not stand in the head.
    const TAX_ACCOUNT: Option<&str> = None;
    /// Whether a line of an invoice that is not posted can be changed or taken away.
    const CHANGES_INVOICE_LINES: bool = true;
    /// Whether GL accounts and cost centres can be made and renamed from outside.
    const MAKES_ACCOUNTS: bool = true;
    /// Whether an invoice that was cancelled can come back.
    const REOPENS_INVOICES: bool = false;
    /// The ways in which its calls can fail.
    fn fault_kinds() -> Vec<FaultKind>;
    /// A tenant that does its work quickly and does not ration logins.
    fn start(scenario: &Scenario, faults: Faults) -> impl Future<Output = Self> + Send;
    /// A tenant whose tokens live an hour, for months of its own clock.
    fn start_for_months(scenario: &Scenario) -> impl Future<Output = Self> + Send;
    fn stop_clock_at(&self, at: DateTime<Utc>);
    fn move_clock(&self, by: Duration);
    fn ionapi(&self) -> String;
    /// All tokens given out so far.
    fn issued_tokens(&self) -> Vec<String>;
    fn all_documents(&self) -> Vec<Document>;
    fn put_supplier(&self, supplier: &Supplier);
    fn put_account(&self, account: &Account);
    fn seen(&self) -> Stats;
    /// Keeps each call from now on, with the id of its answer.
    fn keep_calls(&self);
    fn kept_calls(&self) -> Vec<AnsweredCall>;
    /// From now on its calls fail so.
    fn fail(&self, faults: Faults);
    /// Calls so far that wrote to the ERP's orders.
    fn writes(&self) -> u64 {
        let of = |operation: &str| {
            ["POST PPS", "POST update", "PATCH", "POST $batch", "POST Orders", "POST Invoices"]
                .iter()
                .any(|write| operation.starts_with(write))
        };
        self.seen().requests.iter().filter(|(operation, _)| of(operation)).map(|(_, count)| count).sum()
    }
    /// An order typed in by a person; answers its number.
    fn type_in(&self, order: &TypedOrder) -> String;
    fn delete(&self, number: &str);
    /// A person changes a line.
    fn change(&self, number: &str, touch: Touch);
    /// A person changes what stands where our reference is kept in an order.
    fn set_reference(&self, number: &str, reference: &str);
    /// An invoice typed in by a person; answers its number.
    fn type_invoice(&self, invoice: &TypedInvoice) -> String;
    /// A person deletes an invoice.
    fn delete_invoice(&self, number: &str);
    /// A person changes what a line of an invoice comes to.
    fn touch_invoice(&self, number: &str, line: u32, amount: Decimal);
    /// A person changes its tax, where nobody else can.
    fn tax_invoice(&self, number: &str, _amount: Decimal) {
        unreachable!("{number} needs no person");
    }
    /// Finance posts an invoice to the ledger.
    fn post_invoice(&self, number: &str);
    /// The product as the crates see it, writing so much in one call.
    fn product(&self, client: &CloudSuiteClient, per_call: usize) -> Box<dyn Product>;
    /// As [`product`](Self::product), adding lines to orders that exist even where that takes leave.
    fn product_adding_lines(&self, client: &CloudSuiteClient, per_call: usize) -> Box<dyn Product> {
        self.product(client, per_call)
    }
    /// Makes the next call that changes an order go wrong.
    fn fault_next_change(&self, kind: FaultKind);
    /// The calls that make invoices.
    fn new_invoices() -> Matcher;
    /// The calls that change an invoice.
    fn invoice_changes() -> Vec<Matcher>;
    /// Makes the next call of these go wrong.
    fn fault_next_of(&self, calls: Matcher, kind: FaultKind);
    /// A person closes a fiscal period, or opens it again.
    fn close_period(&self, from: NaiveDate, to: NaiveDate, closed: bool);
    /// Where it lists its fiscal periods.
    fn periods() -> PeriodList;
    /// Makes the next call that makes orders count go wrong.
    fn fault_next_order(&self, kind: FaultKind);
    /// Finance enters an invoice by hand, of this amount in place of its own; answers the ERP's number.
    fn enter_invoice(
        &self,
        client: &CloudSuiteClient,
        invoice: &InvoiceDraft,
        amount: Decimal,
    ) -> impl Future<Output = String> + Send;
    /// The connector's settings of it, writing so much in one call.
    fn settings(per_call: usize) -> String;
}

/// Every way in which the sandbox can make a call fail.
fn every_kind() -> Vec<FaultKind> {
    [FaultKind::COMMON.as_slice(), &[FaultKind::PartialRecords, FaultKind::Hang]].concat()
}

fn period_list([name, start, end, status, closed]: [&str; 5]) -> PeriodList {
    PeriodList {
        name: name.into(),
        start: start.into(),
        end: end.into(),
        status: status.into(),
        closed: vec![closed.into()],
    }
}
