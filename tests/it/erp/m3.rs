//! The simulated M3.

use std::time::Duration;

use procurify_cloudsuite::bill::InvoiceDraft;
use procurify_cloudsuite::m3::{M3InvoiceSettings, M3OrderSettings, M3Product};
use procurify_cloudsuite::periods::PeriodList;
use procurify_cloudsuite::product::Product;
use procurify_cloudsuite::{CloudSuiteClient, Company};
use rust_decimal::Decimal;
use sandbox::{FaultKind, Faults, M3, M3Config, Matcher, Scenario};

use super::{Erp, HOUR, TEMPLATE, every_kind, period_list};

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

    as_simulated!();

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

    fn tax_invoice(&self, number: &str, amount: Decimal) {
        assert!(self.tax_invoice(number, amount), "{number} is not there");
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
