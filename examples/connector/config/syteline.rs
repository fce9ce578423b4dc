//! The `[cloudsuite.syteline]` section: one SyteLine site, and how orders and vouchers are entered there.

use std::collections::BTreeMap;

use cloudsuite_client::CloudSuiteClient;
use cloudsuite_client::syteline::{IdoNames, Refusals};
use procurify_cloudsuite::bill::CostPlace;
use procurify_cloudsuite::product::Product;
use procurify_cloudsuite::syteline::{SyteLineInvoiceSettings, SyteLineOrderSettings, SyteLineProduct};
use serde::Deserialize;

use super::{Text, default_settle, given, yes};

#[derive(Debug, Deserialize)]
pub(super) struct SyteLine {
    pub(super) configuration: String,
    pub(super) site: Option<String>,
    /// Of the IDO service, under the tenant's address at ION.
    pub(super) service_path: Option<String>,
    #[serde(default)]
    names: Names,
    /// Words of refusals that are about the user, or about the settings, and not about a record.
    denied_words: Option<Vec<String>>,
    misconfigured_words: Option<Vec<String>>,
    pub(super) warehouse: Option<String>,
    pub(super) number_prefix: Option<String>,
    /// Whether SyteLine numbers orders, and takes no number of ours.
    #[serde(default)]
    pub(super) server_numbers: bool,
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

/// What IDOs and a few properties are called in the tenant; what is not said, as in most releases.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    vendors: Option<String>,
    purchase_orders: Option<String>,
    purchase_order_lines: Option<String>,
    vouchers: Option<String>,
    distributions: Option<String>,
    posted_vouchers: Option<String>,
    accounts: Option<String>,
    unit_codes: Option<[String; 4]>,
    items: Option<String>,
    customers: Option<String>,
    sites: Option<String>,
    order_reference: Option<String>,
    line_cost: Option<String>,
    voucher_reference: Option<String>,
}

impl Names {
    fn read(&self) -> IdoNames {
        let mut names = IdoNames::default();
        for (name, said) in [
            (&mut names.vendors, &self.vendors),
            (&mut names.purchase_orders, &self.purchase_orders),
            (&mut names.purchase_order_lines, &self.purchase_order_lines),
            (&mut names.vouchers, &self.vouchers),
            (&mut names.distributions, &self.distributions),
            (&mut names.posted_vouchers, &self.posted_vouchers),
            (&mut names.accounts, &self.accounts),
            (&mut names.items, &self.items),
            (&mut names.customers, &self.customers),
            (&mut names.sites, &self.sites),
            (&mut names.order_reference, &self.order_reference),
            (&mut names.line_cost, &self.line_cost),
            (&mut names.voucher_reference, &self.voucher_reference),
        ] {
            if let Some(said) = said {
                said.clone_into(name);
            }
        }
        if let Some(said) = &self.unit_codes {
            said.clone_into(&mut names.unit_codes);
        }
        names
    }
}

impl SyteLine {
    pub(super) fn product(&self, client: &CloudSuiteClient) -> Box<dyn Product> {
        let mut syteline =
            client.syteline(&self.configuration).names(self.names.read()).refusals_known_by(self.refusals());
        if let Some(path) = &self.service_path {
            syteline = syteline.service_path(path);
        }
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

    fn refusals(&self) -> Refusals {
        let mut refusals = Refusals::default();
        for (words, said) in
            [(&mut refusals.denied, &self.denied_words), (&mut refusals.misconfigured, &self.misconfigured_words)]
        {
            if let Some(said) = said {
                said.clone_into(words);
            }
        }
        refusals
    }

    fn orders(&self) -> SyteLineOrderSettings {
        let default = SyteLineOrderSettings::default();
        SyteLineOrderSettings {
            number_prefix: self.number_prefix.clone().unwrap_or(default.number_prefix),
            server_numbers: self.server_numbers,
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
