//! What the configuration says about bills, and about the invoices that they become.

use std::path::Path;

use procurify_client::{BillStatus, BillType};
use procurify_cloudsuite::bill::{BillSettings, CostPlace, DefaultBillMapper};
use procurify_cloudsuite::m3::M3InvoiceSettings;
use procurify_cloudsuite::odata::ODataInvoiceSettings;
use procurify_cloudsuite::purchase_order::DefaultOrderMapper;
use procurify_cloudsuite::syteline::SyteLineInvoiceSettings;

use super::{Config, M3, OData, Problem, SyteLine, first_day};

impl Config {
    pub(super) fn bill_mapper(&self, folder: &Path) -> Result<DefaultBillMapper, Problem> {
        let DefaultOrderMapper { time_zone, cost_centers, accounts, .. } = self.mapper(folder)?;
        let freight = self
            .cloudsuite
            .freight_account
            .clone()
            .map(|account| CostPlace { account, cost_center: self.cloudsuite.freight_cost_center.clone() });
        let wait_for_orders = self.flows.bills_wait_for_orders.unwrap_or(self.flows.purchase_orders);
        Ok(DefaultBillMapper { time_zone, cost_centers, accounts, wait_for_orders, freight })
    }

    pub(super) fn bills(&self) -> Result<BillSettings, Problem> {
        let mut bills = BillSettings {
            page_size: self.procurify.page_size,
            invoiced_from: first_day("flows.bills_from", self.flows.bills_from.as_deref())?,
            ..BillSettings::default()
        };
        if let Some(statuses) = &self.procurify.bill_statuses {
            bills.statuses = statuses.iter().copied().map(BillStatus::from).collect();
        }
        if let Some(types) = &self.procurify.bill_types {
            bills.types = types.iter().copied().map(BillType::from).collect();
        }
        Ok(bills)
    }
}

impl M3 {
    pub(super) fn invoices(&self) -> M3InvoiceSettings {
        M3InvoiceSettings {
            cost_center_dimension: (self.cost_center_dimension != 0).then_some(self.cost_center_dimension),
            match_orders: self.match_orders,
            validate: self.validate_invoices,
            search_ledger: self.search_ledger,
            rejection_reason: self.rejection_reason.clone().and_then(given),
        }
    }
}

impl SyteLine {
    pub(super) fn invoices(&self) -> SyteLineInvoiceSettings {
        SyteLineInvoiceSettings {
            cost_center_unit: self.orders().cost_center_unit,
            tax: self
                .tax_account
                .clone()
                .map(|account| CostPlace { account, cost_center: self.tax_cost_center.clone() }),
            search_posted: self.search_posted,
        }
    }
}

impl OData {
    pub(super) fn invoices(&self) -> ODataInvoiceSettings {
        let default = ODataInvoiceSettings::default();
        ODataInvoiceSettings {
            posting_date: self.posting_date_property.clone().map_or(default.posting_date, given),
            attachment: self.attachment_property.clone().and_then(given),
            cancelled_status: self.cancelled_status.clone().unwrap_or(default.cancelled_status),
            open_status: self.open_status.clone().unwrap_or(default.open_status),
        }
    }
}

/// A text that is not blank.
fn given(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}
