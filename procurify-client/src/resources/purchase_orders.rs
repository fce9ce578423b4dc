//! Purchase orders: lists without lines, details with them.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use tenant_http::Error;

use crate::query::filters;
use crate::{
    AccountCodeId, ContractId, CurrencyId, List, PoNumber, ProcurifyClient, PurchaseOrder, PurchaseOrderDetail, UserId,
    Uuid, VendorId,
};

/// In which role orders are listed: as the API's path names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Orders that were purchased.
    Purchased,
    /// Orders that may be received.
    Receivable,
}

/// Which orders are listed: as the API's path names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All.
    All,
    /// Open.
    Open,
    /// Partly received.
    Partial,
    /// Closed.
    Closed,
    /// Cancelled.
    Cancelled,
    /// Paid.
    Paid,
}

/// What a purchase order's detail is addressed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PurchaseOrderRef {
    /// Procurify's own number.
    Number(PoNumber),
    /// UUID.
    Uuid(Uuid),
}

impl From<PoNumber> for PurchaseOrderRef {
    fn from(number: PoNumber) -> Self {
        Self::Number(number)
    }
}

impl From<Uuid> for PurchaseOrderRef {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

/// Purchase orders of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct PurchaseOrders<'a>(pub(crate) &'a ProcurifyClient);

impl PurchaseOrders<'_> {
    /// Orders in a role and status, without their lines.
    pub fn list(&self, role: Role, status: Status) -> List<PurchaseOrder> {
        let role = match role {
            Role::Purchased => "purchased",
            Role::Receivable => "receivable",
        };
        let status = match status {
            Status::All => "all",
            Status::Open => "open",
            Status::Partial => "partial",
            Status::Closed => "closed",
            Status::Cancelled => "cancelled",
            Status::Paid => "paid",
        };
        List::new(self.0, format!("/api/v2/purchase_orders/{role}/{status}/"))
    }

    /// One order with its lines.
    pub async fn get(&self, order: impl Into<PurchaseOrderRef>) -> Result<PurchaseOrderDetail, Error> {
        let id = match order.into() {
            PurchaseOrderRef::Number(number) => number.to_string(),
            PurchaseOrderRef::Uuid(uuid) => super::in_path(&uuid)?,
        };
        self.0.single(&format!("/api/v2/purchase_orders/{id}/")).await
    }
}

filters! { PurchaseOrder {
    created_since: NaiveDate = "date_0", "Created on this day or later.";
    created_until: NaiveDate = "date_1", "Created on this day or earlier.";
    modified_since: NaiveDate = "modified_date_0", "Modified on this day or later.";
    modified_until: NaiveDate = "modified_date_1", "Modified on this day or earlier.";
    promised_since: NaiveDate = "promise_date_0", "Promised for this day or later.";
    promised_until: NaiveDate = "promise_date_1", "Promised for this day or earlier.";
    expires_since: NaiveDate = "expiry_date_0", "Expires on this day or later.";
    expires_until: NaiveDate = "expiry_date_1", "Expires on this day or earlier.";
    total_from: Decimal = "total_0", "Total of this amount or more.";
    total_to: Decimal = "total_1", "Total of this amount or less.";
    account_code: AccountCodeId = "account_code", "With a line on this account code.";
    contract: ContractId = "contract", "Under this contract.";
    currency: CurrencyId = "currency", "In this currency.";
    has_blanket_order_items: bool = "has_blanket_order_items", "With or without blanket items.";
    vendor: VendorId = "pref_vendor", "Of this vendor.";
    purchase_order: PoNumber = "purchase_order", "This one order.";
    purchaser: UserId = "purchaser", "Purchased by this user.";
    requester: UserId = "requester", "Requested by this user.";
} }
