//! The simulated products, as far as a test does not care which one it is.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use procurify_cloudsuite::bill::{CostPlace, InvoiceDraft};
use procurify_cloudsuite::m3::{M3InvoiceSettings, M3OrderSettings, M3Product};
use procurify_cloudsuite::odata::ODataProduct;
use procurify_cloudsuite::periods::PeriodList;
use procurify_cloudsuite::product::Product;
use procurify_cloudsuite::syteline::{SyteLineInvoiceSettings, SyteLineProduct};
use procurify_cloudsuite::{CloudSuiteClient, Company};
use rust_decimal::Decimal;
use sandbox::{
    Account, AnsweredCall, Document, FaultKind, Faults, M3, M3Config, Matcher, OData, ODataConfig, Scenario, Stats,
    Supplier, SyteLine, SyteLineConfig, Touch, TypedInvoice, TypedOrder,
};

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
    fn set_faults_to(&self, faults: Faults);
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

/// A gateway whose batch job is quick, and that does not ration logins.
pub fn m3_config(scenario: &Scenario) -> M3Config {
    M3Config {
        scenario: scenario.clone(),
        logins_per_minute: 0,
        batch_delay: Duration::from_millis(20),
        index_lag: Duration::from_millis(50),
        export_mi: true,
        // What keeps an invoice from being made twice must not be M3.
        refuse_duplicates: false,
        ..M3Config::default()
    }
}

impl Erp for M3 {
    const SMALL_CALL: usize = 15;
    const CHANGES_INVOICE_LINES: bool = false;
    const MAKES_ACCOUNTS: bool = false;

    fn fault_kinds() -> Vec<FaultKind> {
        every_kind()
    }

    async fn start(scenario: &Scenario, faults: Faults) -> Self {
        M3::start(M3Config { faults, ..m3_config(scenario) }).await.unwrap()
    }

    async fn start_for_months(scenario: &Scenario) -> Self {
        let batch_delay = Duration::from_secs(3);
        let index_lag = Duration::from_secs(60);
        let config = M3Config { token_lifetime: HOUR, batch_delay, index_lag, ..m3_config(scenario) };
        M3::start(config).await.unwrap()
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

    fn tax_invoice(&self, number: &str, amount: Decimal) {
        assert!(self.tax_invoice(number, amount), "{number} is not there");
    }

    fn post_invoice(&self, number: &str) {
        assert!(self.post_invoice(number), "{number} is not there");
    }

    fn product(&self, client: &CloudSuiteClient, per_call: usize) -> Box<dyn Product> {
        let m3 = client.m3(Company(100)).division("AAA").facility("A01").warehouse("001");
        let invoices = M3InvoiceSettings { rejection_reason: Some("BC".to_owned()), ..M3InvoiceSettings::default() };
        M3Product::new(m3.transactions_per_call(per_call)).invoices(invoices).supplier_template(TEMPLATE).into()
    }

    fn product_adding_lines(&self, client: &CloudSuiteClient, per_call: usize) -> Box<dyn Product> {
        let m3 = client.m3(Company(100)).division("AAA").facility("A01").warehouse("001");
        let orders = M3OrderSettings { add_lines: true, ..M3OrderSettings::default() };
        let invoices = M3InvoiceSettings { rejection_reason: Some("BC".to_owned()), ..M3InvoiceSettings::default() };
        let product = M3Product::new(m3.transactions_per_call(per_call)).orders(orders).invoices(invoices);
        product.supplier_template(TEMPLATE).into()
    }

    fn fault_next_change(&self, kind: FaultKind) {
        self.fault_next(Matcher::operation("POST PPS200MI").containing("UpdLine"), kind);
    }

    fn new_invoices() -> Matcher {
        Matcher::operation("POST APS450MI").containing("AddHead")
    }

    fn invoice_changes() -> Vec<Matcher> {
        vec![
            Matcher::operation("POST APS450MI").containing("UpdHead"),
            Matcher::operation("POST APS450MI").containing("AddLineRecode"),
        ]
    }

    fn fault_next_of(&self, calls: Matcher, kind: FaultKind) {
        self.fault_next(calls, kind);
    }

    fn close_period(&self, from: NaiveDate, to: NaiveDate, closed: bool) {
        self.set_period(from, to, closed);
    }

    fn periods() -> PeriodList {
        period_list(["CSYPER", "CPFDAT", "CPTDAT", "CPPSTS", "9"])
    }

    fn fault_next_order(&self, kind: FaultKind) {
        self.fault_next(Matcher::operation("POST PPS370MI").containing("FinishEntry"), kind);
    }

    async fn enter_invoice(&self, client: &CloudSuiteClient, invoice: &InvoiceDraft, amount: Decimal) -> String {
        let supplier = cloudsuite_client::m3::SupplierNumber::new(&invoice.supplier).unwrap();
        let day = invoice.invoice_date;
        let head = cloudsuite_client::m3::NewInvoice::new(&supplier, &invoice.number, day, amount, "TYPED")
            .currency(&invoice.currency);
        let m3 = client.m3(Company(100)).division("AAA");
        m3.invoices().add(&[head]).await.remove(0).unwrap().to_string()
    }

    fn settings(per_call: usize) -> String {
        format!(
            r#"
            product = "m3"
            [cloudsuite.m3]
            company = 100
            division = "AAA"
            facility = "A01"
            warehouse = "001"
            transactions_per_call = {per_call}
            settle = "1s"
            "#
        )
    }
}

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

fn period_list([name, start, end, status, closed]: [&str; 5]) -> PeriodList {
    PeriodList {
        name: name.into(),
        start: start.into(),
        end: end.into(),
        status: status.into(),
        closed: vec![closed.into()],
    }
}
