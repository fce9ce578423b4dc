//! Vendors.

use tenant_http::{Error, Method};

use crate::query::filters;
use crate::{List, ProcurifyClient, Vendor, VendorId, VendorPatch, VendorType, VendorUpsert};

/// A named group of vendors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VendorGroup {
    /// All.
    All,
    /// Credit card providers.
    CreditCardProviders,
    /// Preferred and regular ones: what the API gives by default.
    Default,
    /// Only the reserved vendor for names outside the list.
    Other,
    /// Preferred ones.
    Preferred,
    /// Those that may be purchased from.
    Purchasable,
    /// Those that may be requested from.
    Requestable,
}

/// A vendor's type by name, as `type__in` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VendorTypeName {
    /// Amazon punchout.
    AmazonPunchout,
    /// Credit card provider.
    CreditCardProvider,
    /// Checkout.
    Checkout,
    /// Employee.
    Employee,
    /// Names outside the list.
    Other,
    /// Requested and not yet approved.
    Pending,
    /// Preferred.
    Preferred,
    /// Regular.
    Regular,
}

/// Vendors of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Vendors<'a>(pub(crate) &'a ProcurifyClient);

impl Vendors<'_> {
    /// Active vendors.
    pub fn list(&self) -> List<Vendor> {
        List::new(self.0, "/api/v3/vendors/")
    }

    /// One vendor.
    pub async fn get(&self, id: VendorId) -> Result<Vendor, Error> {
        self.0.single(&format!("/api/v3/vendors/{id}/")).await
    }

    /// Creates a vendor. One of the same name may be among the deleted ones.
    pub async fn create(&self, body: &VendorUpsert) -> Result<Vendor, Error> {
        self.0.write(Method::POST, "/api/v3/vendors/", body).await
    }

    /// Replaces a vendor.
    pub async fn update(&self, id: VendorId, body: &VendorUpsert) -> Result<Vendor, Error> {
        self.0.write(Method::PUT, &format!("/api/v3/vendors/{id}/"), body).await
    }

    /// Changes what is set in `body`, and nothing else.
    pub async fn patch(&self, id: VendorId, body: &VendorPatch) -> Result<Vendor, Error> {
        self.0.write(Method::PATCH, &format!("/api/v3/vendors/{id}/"), body).await
    }
}

filters! { Vendor {
    exclude_other: bool = "exclude_other", "Without names outside the list.";
    external_id: &str = "external_id", "With this id of another system.";
    name: &str = "name", "Of this name.";
    search: &str = "search", "Matching these words.";
    kind: VendorType = "type", "Of this type.";
} }

impl List<Vendor> {
    /// One of these types, by name.
    ///
    /// Sets the parameter `type__in`, once for each.
    pub fn kinds(mut self, kinds: &[VendorTypeName]) -> Self {
        for kind in kinds {
            let name = match kind {
                VendorTypeName::AmazonPunchout => "amazon_punchout",
                VendorTypeName::CreditCardProvider => "cc_provider",
                VendorTypeName::Checkout => "checkout",
                VendorTypeName::Employee => "employee",
                VendorTypeName::Other => "other",
                VendorTypeName::Pending => "pending",
                VendorTypeName::Preferred => "preferred",
                VendorTypeName::Regular => "regular",
            };
            self = self.repeated("type__in", name.to_owned());
        }
        self
    }

    /// Of a named group.
    ///
    /// Sets the parameter `vendor_group`.
    pub fn group(self, group: VendorGroup) -> Self {
        let name = match group {
            VendorGroup::All => "all",
            VendorGroup::CreditCardProviders => "credit_card_providers",
            VendorGroup::Default => "default",
            VendorGroup::Other => "other",
            VendorGroup::Preferred => "preferred",
            VendorGroup::Purchasable => "purchasable",
            VendorGroup::Requestable => "requestable",
        };
        self.parameter("vendor_group", name.to_owned())
    }
}
