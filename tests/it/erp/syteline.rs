//! The simulated SyteLine.

use procurify_cloudsuite::CloudSuiteClient;
use procurify_cloudsuite::bill::{CostPlace, InvoiceDraft};
use procurify_cloudsuite::periods::PeriodList;
use procurify_cloudsuite::product::Product;
use procurify_cloudsuite::syteline::{SyteLineInvoiceSettings, SyteLineProduct};
use rust_decimal::Decimal;
use sandbox::{FaultKind, Faults, Matcher, Scenario, SyteLine, SyteLineConfig};

use super::{Erp, HOUR, TAX, every_kind, period_list};

impl Erp for SyteLine {
    const SMALL_CALL: usize = 5;
    const TAX_ACCOUNT: Option<&str> = Some(TAX);

    as_simulated!();

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
