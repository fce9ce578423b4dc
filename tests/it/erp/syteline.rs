//! The simulated SyteLine.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use procurify_cloudsuite::CloudSuiteClient;
use procurify_cloudsuite::bill::{CostPlace, InvoiceDraft};
use procurify_cloudsuite::periods::PeriodList;
use procurify_cloudsuite::product::Product;
use procurify_cloudsuite::syteline::{SyteLineInvoiceSettings, SyteLineProduct};
use rust_decimal::Decimal;
use sandbox::{
    Account, AnsweredCall, Document, FaultKind, Faults, Matcher, Scenario, Stats, Supplier, SyteLine, SyteLineConfig,
    Touch, TypedInvoice, TypedOrder,
};

use super::{Erp, HOUR, TAX, every_kind, period_list};

impl Erp for SyteLine {
    const SMALL_CALL: usize = 5;
    const TAX_ACCOUNT: Option<&str> = Some(TAX);

    fn fault_kinds() -> Vec<FaultKind> {
        every_kind()
    }

    async fn start(scenario: &Scenario, faults: Faults) -> Self {
        let config = SyteLineConfig { scenario: scenario.clone(), faults, logins_per_minute: 0, ..Default::default() };
        SyteLine::start(config).await.unwrap()
    }

    async fn start_for_months(scenario: &Scenario) -> Self {
        let config = SyteLineConfig { scenario: scenario.clone(), token_lifetime: HOUR, ..Default::default() };
        SyteLine::start(config).await.unwrap()
    }

    fn stop_clock_at(&self, at: DateTime<Utc>) {
        self.stop_clock_at(at);
    }

    fn move_clock(&self, by: Duration) {
        self.advance(by);
    }

    fn ionapi(&self) -> String {
        self.ionapi_json()
    }

    fn issued_tokens(&self) -> Vec<String> {
        self.issued_tokens()
    }

    fn all_documents(&self) -> Vec<Document> {
        self.documents()
    }

    fn put_supplier(&self, supplier: &Supplier) {
        self.add_supplier(supplier);
    }

    fn put_account(&self, account: &Account) {
        self.add_account(account);
    }

    fn set_faults_to(&self, faults: Faults) {
        self.set_faults(faults);
    }

    fn seen(&self) -> Stats {
        self.stats()
    }

    fn keep_calls(&self) {
        Self::keep_calls(self);
    }

    fn kept_calls(&self) -> Vec<AnsweredCall> {
        Self::kept_calls(self)
    }

    fn fail(&self, faults: Faults) {
        self.set_faults(faults);
    }

    fn type_in(&self, order: &TypedOrder) -> String {
        self.type_order(order)
    }

    fn delete(&self, number: &str) {
        assert!(self.delete_order(number), "{number} is not there");
    }

    fn change(&self, number: &str, touch: Touch) {
        assert!(self.touch(number, touch), "{number} has no line {}", touch.line);
    }

    fn set_reference(&self, number: &str, reference: &str) {
        assert!(self.refer(number, reference), "{number} is not there");
    }

    fn type_invoice(&self, invoice: &TypedInvoice) -> String {
        self.type_invoice(invoice)
    }

    fn delete_invoice(&self, number: &str) {
        assert!(self.delete_invoice(number), "{number} is not there");
    }

    fn touch_invoice(&self, number: &str, line: u32, amount: Decimal) {
        assert!(self.touch_invoice(number, line, amount), "{number} has no line {line}");
    }

    fn post_invoice(&self, number: &str) {
        assert!(self.post_invoice(number), "{number} is not there");
    }

    fn product(&self, client: &CloudSuiteClient, per_call: usize) -> Box<dyn Product> {
        let site = client.syteline("ACME_DALS").site("DALS").max_changes_per_request(per_call);
        // SyteLine posts a voucher only if its distributions make its amount.
        let tax = Some(CostPlace { account: TAX.to_owned(), cost_center: None });
        let invoices = SyteLineInvoiceSettings { tax, ..SyteLineInvoiceSettings::default() };
        SyteLineProduct::new(site).invoices(invoices).into()
    }

    fn fault_next_change(&self, kind: FaultKind) {
        self.fault_next(Matcher::operation("POST update/SLPoItems"), kind);
    }

    fn new_invoices() -> Matcher {
        Matcher::operation("POST update/SLAptrxs")
    }

    fn invoice_changes() -> Vec<Matcher> {
        vec![Matcher::operation("POST update/SLAptrxds"), Matcher::operation("POST update/SLAptrxs")]
    }

    fn fault_next_of(&self, calls: Matcher, kind: FaultKind) {
        self.fault_next(calls, kind);
    }

    fn close_period(&self, from: NaiveDate, to: NaiveDate, closed: bool) {
        self.set_period(from, to, closed);
    }

    fn periods() -> PeriodList {
        period_list(["SLPeriods", "PerStart", "PerEnd", "Closed", "1"])
    }

    fn fault_next_order(&self, kind: FaultKind) {
        // Its last step: the order is no plan any more.
        self.fault_next(Matcher::operation("POST update/SLPos").containing("\"Action\":2"), kind);
    }

    async fn enter_invoice(&self, client: &CloudSuiteClient, invoice: &InvoiceDraft, amount: Decimal) -> String {
        let vendor = cloudsuite_client::syteline::VendorNumber::new(&invoice.supplier).unwrap();
        let new = cloudsuite_client::syteline::NewVoucher::new(vendor, &invoice.number, invoice.invoice_date, amount);
        let syteline = client.syteline("ACME_DALS").site("DALS");
        let inserted = syteline.vouchers().insert(&[new]).await.remove(0).unwrap();
        inserted.row().text("Voucher").unwrap().to_owned()
    }

    fn settings(per_call: usize) -> String {
        format!(
            r#"
            product = "syteline"
            [cloudsuite.syteline]
            configuration = "ACME_DALS"
            site = "DALS"
            tax_account = "{TAX}"
            max_changes_per_request = {per_call}
            settle = "1s"
            "#
        )
    }
}
