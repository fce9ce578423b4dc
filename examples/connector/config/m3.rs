//! The `[cloudsuite.m3]` section: one M3 company, and how orders and invoices are entered there.

use std::collections::BTreeMap;

use cloudsuite_client::CloudSuiteClient;
use cloudsuite_client::m3::Company;
use procurify_cloudsuite::m3::{CostRoute, M3InvoiceSettings, M3OrderSettings, M3Product};
use procurify_cloudsuite::product::Product;
use serde::Deserialize;

use super::{Text, default_settle, given, yes};

#[derive(Debug, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // Independent switches of a configuration file.
pub(super) struct M3 {
    pub(super) company: u16,
    /// Where the REST service is under the tenant's address.
    pub(super) path: Option<String>,
    pub(super) division: Option<String>,
    pub(super) facility: String,
    pub(super) warehouse: String,
    pub(super) order_type: Option<String>,
    pub(super) buyer: Option<String>,
    pub(super) supplier_template: Option<String>,
    pub(super) supplier_prefix: Option<String>,
    #[serde(default = "default_batch_origin")]
    pub(super) batch_origin: String,
    #[serde(default = "default_service_item")]
    pub(super) service_item: String,
    /// Only `YRE1` is known.
    pub(super) reference_field: Option<String>,
    /// 0 for none.
    #[serde(default = "default_cost_center_dimension")]
    pub(super) cost_center_dimension: u8,
    #[serde(default = "default_transactions")]
    pub(super) transactions_per_call: usize,
    #[serde(default = "default_bytes")]
    pub(super) bytes_per_call: usize,
    #[serde(default = "default_price_decimals")]
    pub(super) price_decimals: u32,
    #[serde(default = "default_settle")]
    pub(super) settle: Text,
    #[serde(default = "yes")]
    pub(super) settle_by_delete: bool,
    #[serde(default)]
    pub(super) export_mi: bool,
    /// Whether M3 matches the lines of invoices with those of orders.
    #[serde(default)]
    pub(super) match_orders: bool,
    /// Where the other cost of invoices goes.
    #[serde(default)]
    pub(super) cost_route: Route,
    /// `IMCD` of invoices that are matched with no order; blank for none.
    pub(super) unmatched_code: Option<String>,
    /// Whether invoices are validated, which books them.
    #[serde(default)]
    pub(super) validate_invoices: bool,
    #[serde(default = "yes")]
    pub(super) search_ledger: bool,
    /// With which a batch invoice is rejected whose bill was cancelled.
    pub(super) rejection_reason: Option<String>,
    #[serde(default)]
    pub(super) add_lines: bool,
    #[serde(default)]
    pub(super) units: BTreeMap<String, String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Route {
    #[default]
    AccountingLines,
    Head,
}

fn default_batch_origin() -> String {
    M3OrderSettings::default().batch_origin
}

fn default_service_item() -> String {
    M3OrderSettings::default().service_item
}

fn default_cost_center_dimension() -> u8 {
    2
}

fn default_transactions() -> usize {
    100
}

fn default_bytes() -> usize {
    32 * 1024
}

fn default_price_decimals() -> u32 {
    M3OrderSettings::default().price_decimals
}

impl M3 {
    pub(super) fn product(&self, client: &CloudSuiteClient, bills: bool) -> Box<dyn Product> {
        let mut company = client.m3(Company(self.company)).facility(&self.facility).warehouse(&self.warehouse);
        if let Some(division) = &self.division {
            company = company.division(division);
        }
        let company = company.transactions_per_call(self.transactions_per_call).bytes_per_call(self.bytes_per_call);
        let mut product = M3Product::new(company).orders(self.orders());
        if let Some(template) = &self.supplier_template {
            product = product.supplier_template(template);
        }
        if let Some(prefix) = &self.supplier_prefix {
            product = product.supplier_prefix(prefix);
        }
        if bills { product.invoices(self.invoices()).into() } else { product.into() }
    }

    fn orders(&self) -> M3OrderSettings {
        M3OrderSettings {
            batch_origin: self.batch_origin.clone(),
            service_item: self.service_item.clone(),
            order_type: self.order_type.clone().and_then(given),
            buyer: self.buyer.clone(),
            cost_center_dimension: (self.cost_center_dimension != 0).then_some(self.cost_center_dimension),
            price_decimals: self.price_decimals,
            settle_by_delete: self.settle_by_delete,
            export_mi: self.export_mi,
            add_lines: self.add_lines,
        }
    }

    fn invoices(&self) -> M3InvoiceSettings {
        let default = M3InvoiceSettings::default();
        M3InvoiceSettings {
            cost_center_dimension: (self.cost_center_dimension != 0).then_some(self.cost_center_dimension),
            match_orders: self.match_orders,
            cost_route: match self.cost_route {
                Route::AccountingLines => CostRoute::AccountingLines,
                Route::Head => CostRoute::Head,
            },
            unmatched_code: self.unmatched_code.clone().unwrap_or(default.unmatched_code),
            validate: self.validate_invoices,
            search_ledger: self.search_ledger,
            rejection_reason: self.rejection_reason.clone().and_then(given),
        }
    }
}
