//! Requisitions.

use chrono::NaiveDate;
use rust_decimal::Decimal;

body! {
    /// A custom field of a line, by its name.
    LineCustomField(name: text = "custom_field_name", value: text = "custom_field_value") {}
}

body! {
    /// One line of a requisition. Everything is named, not numbered.
    RequisitionLine(
        item_name: text = "item_name",
        vendor_name: text = "vendor_name",
        account_code: text = "account_code",
        quantity: val Decimal = "quantity",
        unit: text = "unit",
        unit_price: val Decimal = "unit_price",
        currency_code: text = "currency_code",
        custom_fields: list LineCustomField = "custom_fields",
    ) {}
}

body! {
    /// A requisition to be created.
    RequisitionCreate(
        required_date: val NaiveDate = "required_date",
        location_name: text = "location_name",
        department_name: text = "department_name",
        line_items: list RequisitionLine = "line_items",
    ) {}
}
