//! The simulated OData services.

use procurify_cloudsuite::CloudSuiteClient;
use procurify_cloudsuite::bill::InvoiceDraft;
use procurify_cloudsuite::odata::ODataProduct;
use procurify_cloudsuite::periods::PeriodList;
use procurify_cloudsuite::product::Product;
use rust_decimal::Decimal;
use sandbox::{FaultKind, Faults, Matcher, OData, ODataConfig, Scenario};

use super::{Erp, HOUR, every_kind, period_list};

impl Erp for OData {
    const SMALL_CALL: usize = 1;
    const REOPENS_INVOICES: bool = true;

    as_simulated!();

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
