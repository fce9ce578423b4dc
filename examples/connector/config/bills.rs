//! What the configuration says about bills, and about the invoices that they become.

use std::path::Path;

use chrono::NaiveDate;
use procurify_client::{BillStatus, BillType};
use procurify_cloudsuite::bill::{BillSettings, CostPlace, DefaultBillMapper};
use procurify_cloudsuite::purchase_order::DefaultOrderMapper;

use super::{Config, Problem, first_day};

impl Config {
    pub(super) fn bill_mapper(&self, folder: &Path) -> Result<DefaultBillMapper, Problem> {
        let DefaultOrderMapper { time_zone, cost_centers, accounts, payment_terms, tax_codes, .. } =
            self.mapper(folder)?;
        let (freight, discount) = (self.freight(), self.discount());
        let wait_for_orders = self.flows.bills_wait_for_orders.unwrap_or(self.flows.purchase_orders);
        let orders_from = self.orders_from()?;
        let mapper =
            DefaultBillMapper { time_zone, cost_centers, accounts, payment_terms, tax_codes, ..Default::default() };
        Ok(DefaultBillMapper { wait_for_orders, orders_from, freight, discount, ..mapper })
    }

    /// The first day of the orders that are read.
    pub(super) fn orders_from(&self) -> Result<Option<NaiveDate>, Problem> {
        first_day("flows.purchase_orders_from", self.flows.purchase_orders_from.as_deref())
    }

    /// Where freight of bills goes that Procurify has on no account.
    pub fn freight(&self) -> Option<CostPlace> {
        let account = self.cloudsuite.freight_account.clone()?;
        Some(CostPlace { account, cost_center: self.cloudsuite.freight_cost_center.clone() })
    }

    /// Where discounts of bills go that Procurify has on no account.
    pub fn discount(&self) -> Option<CostPlace> {
        let account = self.cloudsuite.discount_account.clone()?;
        Some(CostPlace { account, cost_center: self.cloudsuite.discount_cost_center.clone() })
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
