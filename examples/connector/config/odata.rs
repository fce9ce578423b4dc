//! The `[cloudsuite.odata]` section: one company's OData services, and how orders and invoices are entered there.

use std::collections::BTreeMap;

use cloudsuite_client::CloudSuiteClient;
use cloudsuite_client::odata::BatchFormat;
use procurify_cloudsuite::odata::{ODataInvoiceSettings, ODataOrderSettings, ODataProduct};
use procurify_cloudsuite::product::Product;
use serde::Deserialize;

use super::{Text, default_settle, given, yes};

#[derive(Debug, Deserialize)]
pub(super) struct OData {
    #[serde(default)]
    pub(super) company: String,
    pub(super) root: Option<String>,
    pub(super) service_item: Option<String>,
    #[serde(default = "yes")]
    pub(super) cost_centers: bool,
    pub(super) writes_per_batch: Option<usize>,
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

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Batches {
    #[default]
    Json,
    Multipart,
}

impl OData {
    pub(super) fn product(&self, client: &CloudSuiteClient) -> Box<dyn Product> {
        let mut odata = client.odata(&self.company);
        if let Some(root) = &self.root {
            odata = odata.root(root);
        }
        if let Some(writes) = self.writes_per_batch {
            odata = odata.writes_per_batch(writes);
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
