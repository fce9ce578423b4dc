//! Order items: the lines of many orders in one call, grouped by their purchase order afterwards.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::query::filters;
use crate::{
    AccountCodeId, AccountId, CatalogItemId, CurrencyId, DepartmentId, FulfilmentStatus, List, LocationId, OrderItem,
    OrderItemId, OrderItemStatus, OrderItemType, OrderNumber, OrderStatus, ProcurifyClient, UserId, VendorId,
};

/// Order items of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct OrderItems<'a>(pub(crate) &'a ProcurifyClient);

impl OrderItems<'_> {
    /// Order items of all orders. There is no filter by purchase order: group them.
    pub fn list(&self) -> List<OrderItem> {
        List::new(self.0, "/api/v3/order-items/")
    }
}

filters! { OrderItem {
    account: AccountId = "account", "On this budget account.";
    account_code: AccountCodeId = "account_code", "On this account code.";
    active: bool = "active", "Active or not.";
    approved_since: NaiveDate = "approved_datetime_0", "Approved on this day or later.";
    approved_until: NaiveDate = "approved_datetime_1", "Approved on this day or earlier.";
    approved_price: Decimal = "approved_price", "Approved at this price.";
    approved_quantity: Decimal = "approved_quantity", "Approved in this quantity.";
    approver: UserId = "approver", "To be approved by this user.";
    approver_id: UserId = "approver_id", "Approved by this user.";
    branch: LocationId = "branch", "Of this location, by its older name.";
    catalog: bool = "catalog", "From the catalog or not.";
    catalog_items: &[CatalogItemId] = "catalog_item", "One of these catalog items.";
    currency: CurrencyId = "currency", "In this currency.";
    department: DepartmentId = "department", "Of this department.";
    departments: &[DepartmentId] = "departments", "Of one of these departments.";
    exclude: &[OrderItemId] = "exclude", "None of these items.";
    exclude_punchout: bool = "exclude_punchout", "Without punchout items.";
    fulfilment_status: FulfilmentStatus = "fulfilment_status", "Received so far.";
    is_purchased: bool = "is_purchased", "Purchased or not.";
    is_recurring: bool = "is_recurring", "Recurring or not.";
    last_changed_by: UserId = "last_changed_by", "Last changed by this user.";
    modified_since: NaiveDate = "last_modified_0", "Modified on this day or later.";
    modified_until: NaiveDate = "last_modified_1", "Modified on this day or earlier.";
    line_comment: &str = "lineComment", "With this comment.";
    location: LocationId = "location", "Of this location.";
    locations: &[LocationId] = "locations", "Of one of these locations.";
    name: &str = "name", "Of this name.";
    num: &str = "num", "With this number.";
    order: OrderNumber = "orderNum", "Of this request.";
    order_status: OrderStatus = "orderNum__status", "Of requests in this status.";
    order_created_since: NaiveDate = "order_created_date_0", "Requested on this day or later.";
    order_created_until: NaiveDate = "order_created_date_1", "Requested on this day or earlier.";
    po_created_since: NaiveDate = "po_created_date_0", "On purchase orders created on this day or later.";
    po_created_until: NaiveDate = "po_created_date_1", "On purchase orders created on this day or earlier.";
    po_vendor: VendorId = "po_vendor", "On purchase orders to this vendor.";
    vendor: VendorId = "pref_vendor", "Of this vendor.";
    price: Decimal = "price", "At this price.";
    purchase_agreement: i64 = "purchase_agreement", "Under this purchase agreement.";
    purchased_since: NaiveDate = "purchased_date_0", "Purchased on this day or later.";
    purchased_until: NaiveDate = "purchased_date_1", "Purchased on this day or earlier.";
    purchaser: UserId = "purchaser", "Purchased by this user.";
    quantity: Decimal = "quantity", "In this quantity.";
    received_fail_qty: Decimal = "receivedFailQty", "With this quantity refused on receipt.";
    received_pass_qty: Decimal = "receivedPassQty", "With this quantity received.";
    requester: UserId = "requester", "Requested by this user.";
    search: &str = "search", "Matching these words.";
    sku: &str = "sku", "With this SKU.";
    status: OrderItemStatus = "status", "In this status.";
    kind: OrderItemType = "type", "Of this kind.";
    unit: &str = "unit", "In this unit.";
} }
