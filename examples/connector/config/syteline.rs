//! The `[cloudsuite.syteline]` section: one SyteLine site, and how orders and vouchers are entered there.

use std::collections::BTreeMap;

use cloudsuite_client::CloudSuiteClient;
use procurify_cloudsuite::bill::CostPlace;
use procurify_cloudsuite::product::Product;
use procurify_cloudsuite::syteline::{SyteLineInvoiceSettings, SyteLineOrderSettings, SyteLineProduct};
use serde::Deserialize;

use super::{Text, default_settle, given, yes};

#[derive(Debug, Deserialize)]
pub(super) struct SyteLine {
    pub(super) configuration: String,
    pub(super) site: Option<String>,
    pub(super) warehouse: Option<String>,
    pub(super) number_prefix: Option<String>,
    pub(super) service_item: Option<String>,
    /// 1 to 4; 0 for none.
    pub(super) cost_center_unit: Option<u8>,
    pub(super) vendor_prefix: Option<String>,
    #[serde(default)]
    pub(super) vendor_properties: BTreeMap<String, String>,
    /// What new accounts have besides number and name.
    pub(super) account_properties: Option<BTreeMap<String, String>>,
    pub(super) price_decimals: Option<u32>,
    pub(super) max_changes_per_request: Option<usize>,
    /// Where the tax of invoices is distributed; without it, bills with tax are held.
    pub(super) tax_account: Option<String>,
    pub(super) tax_cost_center: Option<String>,
    #[serde(default = "yes")]
    pub(super) search_posted: bool,
    /// Where the addresses of attachments go, such as a user-defined property of vouchers.
    pub(super) attachments_property: Option<String>,
    #[serde(default = "default_settle")]
    pub(super) settle: Text,
    #[serde(default)]
    pub(super) units: BTreeMap<String, String>,
}

impl SyteLine {
    pub(super) fn product(&self, client: &CloudSuiteClient) -> Box<dyn Product> {
        let mut syteline = client.syteline(&self.configuration);
        if let Some(site) = &self.site {
            syteline = syteline.site(site);
        }
        if let Some(changes) = self.max_changes_per_request {
            syteline = syteline.max_changes_per_request(changes);
        }
        let mut product = SyteLineProduct::new(syteline).orders(self.orders()).invoices(self.invoices());
        if let Some(prefix) = &self.vendor_prefix {
            product = product.vendor_prefix(prefix);
        }
        if let Some(properties) = &self.account_properties {
            product = product.account_properties(properties.clone());
        }
        product.vendor_properties(self.vendor_properties.clone()).into()
    }

    fn orders(&self) -> SyteLineOrderSettings {
        let default = SyteLineOrderSettings::default();
        SyteLineOrderSettings {
            number_prefix: self.number_prefix.clone().unwrap_or(default.number_prefix),
            service_item: self.service_item.clone().unwrap_or(default.service_item),
            cost_center_unit: match self.cost_center_unit {
                None => default.cost_center_unit,
                Some(unit) => (unit != 0).then_some(unit),
            },
            warehouse: self.warehouse.clone(),
            price_decimals: self.price_decimals.unwrap_or(default.price_decimals),
        }
    }

    fn invoices(&self) -> SyteLineInvoiceSettings {
        SyteLineInvoiceSettings {
            cost_center_unit: self.orders().cost_center_unit,
            tax: self
                .tax_account
                .clone()
                .map(|account| CostPlace { account, cost_center: self.tax_cost_center.clone() }),
            search_posted: self.search_posted,
            attachments: self.attachments_property.clone().and_then(given),
        }
    }
}
