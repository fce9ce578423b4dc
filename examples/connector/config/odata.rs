//! The `[cloudsuite.odata]` section: one company's OData services, and how orders and invoices are entered there.

use std::collections::BTreeMap;

use cloudsuite_client::CloudSuiteClient;
use cloudsuite_client::odata::{BatchFormat, EntityNames, ODataNames};
use procurify_cloudsuite::odata::{ODataInvoiceSettings, ODataOrderSettings, ODataProduct};
use procurify_cloudsuite::product::Product;
use serde::Deserialize;

use super::{Text, default_settle, given, yes};

#[derive(Debug, Deserialize)]
pub(super) struct OData {
    #[serde(default)]
    pub(super) company: String,
    pub(super) root: Option<String>,
    /// Sent with each call.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    names: Names,
    pub(super) service_item: Option<String>,
    #[serde(default = "yes")]
    pub(super) cost_centers: bool,
    pub(super) writes_per_batch: Option<usize>,
    pub(super) bytes_per_batch: Option<usize>,
    /// Whether lines of a document that exists are changed inside a change of their head.
    #[serde(default)]
    pub(super) deep_updates: bool,
    /// Whether a batch is JSON or, as some services know no other, multipart.
    #[serde(default)]
    pub(super) batch_format: Batches,
    pub(super) cancelled_status: Option<String>,
    pub(super) open_status: Option<String>,
    /// Blank for none.
    pub(super) posting_date_property: Option<String>,
    pub(super) attachments_property: Option<String>,
    /// Of orders and invoices alike.
    pub(super) payment_terms_property: Option<String>,
    pub(super) tax_code_property: Option<String>,
    /// Of the numbers of new suppliers; without it none are made.
    pub(super) supplier_prefix: Option<String>,
    /// What new records have besides number, name and currency.
    #[serde(default)]
    pub(super) supplier_properties: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) account_properties: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) cost_center_properties: BTreeMap<String, String>,
    #[serde(default = "default_settle")]
    pub(super) settle: Text,
    #[serde(default)]
    pub(super) units: BTreeMap<String, String>,
}

/// What services, entity sets and properties are called in the tenant; what is not said, by the defaults.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Names {
    suppliers: Renamed,
    purchase_orders: Renamed,
    invoices: Renamed,
    accounts: Renamed,
    cost_centers: Renamed,
    items: Renamed,
    customers: Renamed,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Renamed {
    service: Option<String>,
    set: Option<String>,
    /// Theirs by ours.
    properties: BTreeMap<String, String>,
}

impl Names {
    fn read(&self) -> ODataNames {
        let mut names = ODataNames::default();
        for (name, said) in [
            (&mut names.suppliers, &self.suppliers),
            (&mut names.purchase_orders, &self.purchase_orders),
            (&mut names.invoices, &self.invoices),
            (&mut names.accounts, &self.accounts),
            (&mut names.cost_centers, &self.cost_centers),
            (&mut names.items, &self.items),
            (&mut names.customers, &self.customers),
        ] {
            said.rename(name);
        }
        names
    }
}

impl Renamed {
    fn rename(&self, names: &mut EntityNames) {
        for (name, said) in [(&mut names.service, &self.service), (&mut names.set, &self.set)] {
            if let Some(said) = said {
                said.clone_into(name);
            }
        }
        for (ours, theirs) in &self.properties {
            *names = names.clone().rename(ours, theirs);
        }
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Batches {
    #[default]
    Json,
    Multipart,
}

impl OData {
    pub(super) fn product(&self, client: &CloudSuiteClient) -> Box<dyn Product> {
        let mut odata = client.odata(&self.company).names(self.names.read()).deep_updates(self.deep_updates);
        for (name, value) in &self.headers {
            odata = odata.header(name, value);
        }
        if let Some(root) = &self.root {
            odata = odata.root(root);
        }
        if let Some(writes) = self.writes_per_batch {
            odata = odata.writes_per_batch(writes);
        }
        if let Some(bytes) = self.bytes_per_batch {
            odata = odata.bytes_per_batch(bytes);
        }
        if self.batch_format == Batches::Multipart {
            odata = odata.batch_format(BatchFormat::Multipart);
        }
        let mut product = ODataProduct::new(odata).orders(self.orders()).invoices(self.invoices());
        if let Some(prefix) = &self.supplier_prefix {
            product = product.supplier_prefix(prefix);
        }
        product
            .supplier_properties(self.supplier_properties.clone())
            .account_properties(self.account_properties.clone())
            .cost_center_properties(self.cost_center_properties.clone())
            .into()
    }

    fn orders(&self) -> ODataOrderSettings {
        let default = ODataOrderSettings::default();
        ODataOrderSettings {
            service_item: self.service_item.clone().unwrap_or(default.service_item),
            cost_centers: self.cost_centers,
            cancelled_status: self.cancelled_status.clone().unwrap_or(default.cancelled_status),
            open_status: self.open_status.clone().unwrap_or(default.open_status),
            blocked_statuses: default.blocked_statuses,
            payment_terms: self.payment_terms_property.clone().and_then(given),
            tax_code: self.tax_code_property.clone().and_then(given),
        }
    }

    fn invoices(&self) -> ODataInvoiceSettings {
        let default = ODataInvoiceSettings::default();
        ODataInvoiceSettings {
            posting_date: self.posting_date_property.clone().map_or(default.posting_date, given),
            cancelled_status: self.cancelled_status.clone().unwrap_or(default.cancelled_status),
            open_status: self.open_status.clone().unwrap_or(default.open_status),
            attachments: self.attachments_property.clone().and_then(given),
            payment_terms: self.payment_terms_property.clone().and_then(given),
            tax_code: self.tax_code_property.clone().and_then(given),
        }
    }
}
