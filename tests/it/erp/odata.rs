//! The simulated OData services.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use procurify_cloudsuite::CloudSuiteClient;
use procurify_cloudsuite::bill::InvoiceDraft;
use procurify_cloudsuite::odata::ODataProduct;
use procurify_cloudsuite::periods::PeriodList;
use procurify_cloudsuite::product::Product;
use rust_decimal::Decimal;
use sandbox::{
    Account, AnsweredCall, Document, FaultKind, Faults, Matcher, OData, ODataConfig, Scenario, Stats, Supplier, Touch,
    TypedInvoice, TypedOrder,
};

use super::{Erp, HOUR, every_kind, period_list};

impl Erp for OData {
    const SMALL_CALL: usize = 1;
    const REOPENS_INVOICES: bool = true;

    fn fault_kinds() -> Vec<FaultKind> {
        // A page of OData's has no place for an error beside its rows: it is whole, or it breaks off (`TruncatedBody`).
        every_kind().into_iter().filter(|kind| *kind != FaultKind::PartialRecords).collect()
    }

    async fn start(scenario: &Scenario, faults: Faults) -> Self {
        let config = ODataConfig { scenario: scenario.clone(), faults, logins_per_minute: 0, ..Default::default() };
        OData::start(config).await.unwrap()
    }

    async fn start_for_months(scenario: &Scenario) -> Self {
        let config = ODataConfig { scenario: scenario.clone(), token_lifetime: HOUR, ..Default::default() };
        OData::start(config).await.unwrap()
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
        ODataProduct::new(client.odata("100").writes_per_batch(per_call)).supplier_prefix("PF").into()
    }

    fn fault_next_change(&self, kind: FaultKind) {
        self.fault_next(Matcher::operation("POST $batch").containing("PATCH"), kind);
    }

    fn new_invoices() -> Matcher {
        Matcher::operation("POST $batch").containing("POST")
    }

    fn invoice_changes() -> Vec<Matcher> {
        vec![Matcher::operation("POST $batch").containing("PATCH")]
    }

    fn fault_next_of(&self, calls: Matcher, kind: FaultKind) {
        self.fault_next(calls, kind);
    }

    fn close_period(&self, from: NaiveDate, to: NaiveDate, closed: bool) {
        self.set_period(from, to, closed);
    }

    fn periods() -> PeriodList {
        period_list(["tfapi.gldFiscalPeriod/Periods", "StartDate", "EndDate", "Status", "Closed"])
    }

    fn fault_next_order(&self, kind: FaultKind) {
        self.fault_next(Matcher::operation("POST $batch"), kind);
    }

    async fn enter_invoice(&self, client: &CloudSuiteClient, invoice: &InvoiceDraft, amount: Decimal) -> String {
        let day = invoice.invoice_date;
        let new = cloudsuite_client::odata::NewInvoice::new(&invoice.supplier, &invoice.number, day, amount, "TYPED")
            .currency(&invoice.currency);
        let invoices = client.odata("100").invoices();
        invoices.number_of(invoices.create(&[new]).await[0].as_ref().unwrap()).unwrap()
    }

    fn settings(per_call: usize) -> String {
        format!(
            r#"
            product = "odata"
            [cloudsuite.odata]
            company = "100"
            writes_per_batch = {per_call}
            settle = "1s"
            "#
        )
    }
}
