//! Catalog items and bundles, and the custom fields of order items.

use rust_decimal::Decimal;
use tenant_http::{Error, Method};

use crate::query::filters;
use crate::{
    CatalogBundle, CatalogBundleId, CatalogItem, CatalogItemId, CatalogItemUpsert, CurrencyId, CustomField,
    CustomFieldId, CustomFieldUpdate, DepartmentId, FieldType, List, LocationId, ProcurifyClient, VendorId,
};

/// Catalog items of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct CatalogItems<'a>(pub(crate) &'a ProcurifyClient);

impl CatalogItems<'_> {
    /// Catalog items.
    pub fn list(&self) -> List<CatalogItem> {
        List::new(self.0, "/api/v3/catalog-items/")
    }

    /// Creates a catalog item.
    pub async fn create(&self, body: &CatalogItemUpsert) -> Result<CatalogItem, Error> {
        self.0.write(Method::POST, "/api/v3/catalog-items/", body).await
    }

    /// Replaces a catalog item.
    pub async fn update(&self, id: CatalogItemId, body: &CatalogItemUpsert) -> Result<CatalogItem, Error> {
        self.0.write(Method::PUT, &format!("/api/v3/catalog-items/{id}/"), body).await
    }
}

filters! { CatalogItem {
    bundle: CatalogBundleId = "bundle", "In this bundle.";
    currency: CurrencyId = "currency", "In this currency.";
    departments: &[DepartmentId] = "department", "Of one of these departments.";
    internal_sku: &str = "internalSKU", "With this SKU.";
    locations: &[LocationId] = "location", "Of one of these locations.";
    max_price: Decimal = "max_price", "At this price or less.";
    min_price: Decimal = "min_price", "At this price or more.";
    vendor: VendorId = "pref_vendor", "Of this vendor.";
    search: &str = "search", "Matching these words.";
} }

/// Bundles of catalog items. They can only be read.
#[derive(Debug, Clone, Copy)]
pub struct CatalogBundles<'a>(pub(crate) &'a ProcurifyClient);

impl CatalogBundles<'_> {
    /// Bundles with their items.
    pub fn list(&self) -> List<CatalogBundle> {
        List::new(self.0, "/api/v3/catalog-bundles/")
    }
}

filters! { CatalogBundle {
    search: &str = "search", "Matching these words.";
} }

/// Custom fields of order items.
#[derive(Debug, Clone, Copy)]
pub struct CustomFields<'a>(pub(crate) &'a ProcurifyClient);

impl CustomFields<'_> {
    /// Custom fields of order items, active and inactive.
    pub fn order_items(&self) -> List<CustomField> {
        List::new(self.0, "/api/v3/custom-fields/order-items/")
    }

    /// Replaces a custom field, and so its choices.
    pub async fn update(&self, id: CustomFieldId, body: &CustomFieldUpdate) -> Result<CustomField, Error> {
        self.0.write(Method::PUT, &format!("/api/v3/custom-fields/{id}/"), body).await
    }
}

filters! { CustomField {
    field_type: FieldType = "field_type", "Of this type.";
    is_active: bool = "meta__is_active", "Active or not.";
} }
