//! Orders of all users, that is what was requested, and new requisitions.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use tenant_http::{Error, Method};

use crate::query::filters;
use crate::{
    AccountCodeId, DepartmentId, List, LocationId, Order, OrderItem, OrderNumber, OrderStatus, ProcurifyClient,
    Requisition, RequisitionCreate, UserId, VendorId,
};

/// Orders of a tenant. They can only be read; a [requisition](Requisitions) makes one.
#[derive(Debug, Clone, Copy)]
pub struct Orders<'a>(pub(crate) &'a ProcurifyClient);

impl Orders<'_> {
    /// Orders of all users.
    pub fn list(&self) -> List<Order> {
        List::new(self.0, "/api/v2/global/orders/")
    }

    /// Order items of all orders: what [`OrderItems`](crate::OrderItems) gives, by its older address.
    pub fn items(&self) -> List<OrderItem> {
        List::new(self.0, "/api/v2/global/order_items/")
    }
}

filters! { Order {
    account_code: AccountCodeId = "account_code", "With an item on this account code.";
    branch: LocationId = "branch", "Of this location, by its older name.";
    required: DateTime<Utc> = "dateRequired", "Required at this time.";
    created_since: NaiveDate = "date_0", "Requested on this day or later.";
    created_until: NaiveDate = "date_1", "Requested on this day or earlier.";
    department: DepartmentId = "department", "Of this department.";
    has_blanket_order_items: bool = "has_blanket_order_items", "With or without blanket items.";
    is_punchout: bool = "is_punchout", "From a punchout or not.";
    line_count: i64 = "lineCount", "With so many items.";
    location: LocationId = "location", "Of this location.";
    modified_since: NaiveDate = "modified_date_0", "Modified on this day or later.";
    modified_until: NaiveDate = "modified_date_1", "Modified on this day or earlier.";
    order: OrderNumber = "order", "This one order.";
    search: &str = "search", "Matching these words.";
    vendor: VendorId = "pref_vendor", "With an item of this vendor.";
    requester: UserId = "requester", "Requested by this user.";
    required_since: NaiveDate = "required_date_0", "Required on this day or later.";
    required_until: NaiveDate = "required_date_1", "Required on this day or earlier.";
    status: OrderStatus = "status", "In this status.";
    total_price: Decimal = "totalPrice", "Of this total price.";
} }

/// Requisitions. They can only be created; [`Orders`] reads them.
#[derive(Debug, Clone, Copy)]
pub struct Requisitions<'a>(pub(crate) &'a ProcurifyClient);

impl Requisitions<'_> {
    /// Creates a requisition.
    pub async fn create(&self, body: &RequisitionCreate) -> Result<Requisition, Error> {
        self.0.write(Method::POST, "/api/v3/requisitions/", body).await
    }
}
