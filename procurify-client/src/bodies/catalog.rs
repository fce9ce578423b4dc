//! Catalog items, and the choices of custom fields.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::{AccountCodeId, CatalogItemId, CurrencyId, DepartmentId, FieldType, VendorId};

body! {
    /// A catalog item to be created, or as it is to be.
    CatalogItemUpsert(
        name: text = "name",
        currency: val CurrencyId = "currency",
        custom_fields: list Value = "custom_fields",
    ) {
        id: val CatalogItemId = "id",
        image: text = "image",
        unit_type: text = "unitType",
        vendor: null VendorId = "pref_vendor",
        account_code: null AccountCodeId = "account_code",
        internal_sku: text = "internalSKU",
        description: null String = "description",
        product_url: null String = "product_url",
        price: val Decimal = "price",
        rfo_lock: val bool = "rfo_lock",
        departments: list DepartmentId = "departments",
    }
}

body! {
    /// A custom field of order items with its choices.
    CustomFieldUpdate(name: text = "name", field_type: val FieldType = "field_type") {
        default_value: text = "default_value",
        is_required: val bool = "is_required",
        field_choices: list String = "field_choices",
    }
}
