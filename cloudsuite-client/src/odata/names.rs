//! What services, entity sets and properties are called in a tenant: defaults that every part of can be renamed.

use std::collections::BTreeMap;

/// Where one kind of business object is found, and what its properties are called.
///
/// ```
/// use cloudsuite_client::odata::ODataNames;
///
/// let mut names = ODataNames::default();
/// names.purchase_orders = names.purchase_orders.at("tdapi.purPurchaseOrder", "PurchaseOrders").rename("Reference", "ReferenceA");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntityNames {
    /// The service.
    pub service: String,
    /// The entity set.
    pub set: String,
    renamed: BTreeMap<String, String>,
}

impl EntityNames {
    /// A service and a set of it, whose properties are called as this crate calls them.
    pub fn new(service: &str, set: &str) -> Self {
        Self { service: service.to_owned(), set: set.to_owned(), renamed: BTreeMap::new() }
    }

    /// The same properties in another service and set.
    pub fn at(mut self, service: &str, set: &str) -> Self {
        service.clone_into(&mut self.service);
        set.clone_into(&mut self.set);
        self
    }

    /// What a property that this crate calls `ours` is called there.
    pub fn rename(mut self, ours: &str, theirs: &str) -> Self {
        self.renamed.insert(ours.to_owned(), theirs.to_owned());
        self
    }

    /// What a property is called there.
    pub fn property<'a>(&'a self, ours: &'a str) -> &'a str {
        self.renamed.get(ours).map_or(ours, String::as_str)
    }
}

/// All kinds of business objects. The defaults follow the names of Infor LN as far as they are public; what a tenant
/// has stands in the `$metadata` of its services.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ODataNames {
    /// `tcapi.comBusinessPartner/Suppliers`: `Supplier`, `Name`, `Status`, `Currency`, `PaymentTerms`, `ChangedOn`.
    pub suppliers: EntityNames,
    /// `tdapi.purPurchaseOrder/Orders`: `Order`, `Supplier`, `Currency`, `OrderDate`, `Reference`, `Status`, `Total`,
    /// `ChangedOn`, and `Lines`: `Line`, `Item`, `Description`, `Quantity`, `Unit`, `Price`, `DeliveryDate`,
    /// `LedgerAccount`, `CostCenter`, `Amount`.
    pub purchase_orders: EntityNames,
    /// `tfapi.acpPurchaseInvoice/Invoices`: `Invoice`, `Supplier`, `SupplierInvoice`, `Currency`, `InvoiceDate`,
    /// `DueDate`, `Amount`, `TaxAmount`, `Order`, `Reference`, `Status`, and `Lines`: `Line`, `Description`, `Amount`,
    /// `LedgerAccount`, `CostCenter`, `Order`, `OrderLine`.
    pub invoices: EntityNames,
    /// `tfapi.gldLedgerAccount/LedgerAccounts`: `LedgerAccount`, `Description`, `Blocked`.
    pub accounts: EntityNames,
    /// `tfapi.gldDimension/Dimensions`: `Dimension`, `Description`, `Blocked`.
    pub cost_centers: EntityNames,
    /// `tcapi.ibdItem/Items`: `Item`, `Description`, `Unit`, `Blocked`.
    pub items: EntityNames,
    /// `tcapi.comBusinessPartner/Customers`: `Customer`, `Name`, `Status`, `Currency`.
    pub customers: EntityNames,
}

impl Default for ODataNames {
    fn default() -> Self {
        Self {
            suppliers: EntityNames::new("tcapi.comBusinessPartner", "Suppliers"),
            purchase_orders: EntityNames::new("tdapi.purPurchaseOrder", "Orders"),
            invoices: EntityNames::new("tfapi.acpPurchaseInvoice", "Invoices"),
            accounts: EntityNames::new("tfapi.gldLedgerAccount", "LedgerAccounts"),
            cost_centers: EntityNames::new("tfapi.gldDimension", "Dimensions"),
            items: EntityNames::new("tcapi.ibdItem", "Items"),
            customers: EntityNames::new("tcapi.comBusinessPartner", "Customers"),
        }
    }
}
