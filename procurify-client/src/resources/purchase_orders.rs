//! Purchase orders: lists without lines, details with them.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use tenant_http::{Error, Method, Traced};

use crate::envelope::Single;
use crate::query::filters;
use crate::{
    AccountCodeId, BillingHistory, ContractId, CurrencyId, List, Metadata, PoNumber, ProcurifyClient, PurchaseOrder,
    PurchaseOrderClosed, PurchaseOrderDetail, PurchaseOrderUpdate, PurchaseOrderUpdated, UserId, Uuid, VendorId,
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
        self.get_traced(order).await.map(|order| order.value)
    }

    /// As [`get`](Self::get), with Procurify's id of the request.
    pub async fn get_traced(&self, order: impl Into<PurchaseOrderRef>) -> Result<Traced<PurchaseOrderDetail>, Error> {
        let id = segment(order.into())?;
        self.0.single_traced(&format!("/api/v2/purchase_orders/{id}/")).await
    }

    /// What the user of the credentials may do to an order.
    pub async fn metadata(&self, order: impl Into<PurchaseOrderRef>) -> Result<Metadata, Error> {
        let id = segment(order.into())?;
        let path = format!("/api/v2/purchase_orders/{id}/");
        let (_, metadata) = self.0.single_with_metadata::<serde::de::IgnoredAny>(&path).await?;
        Ok(metadata)
    }

    /// Updates an order, built on the version that was read.
    pub async fn update(&self, order: PoNumber, body: &PurchaseOrderUpdate) -> Result<PurchaseOrderUpdated, Error> {
        self.0.write(Method::PUT, &format!("/api/v3/purchase-orders/{order}/"), body).await
    }

    /// Revises an order, by the deprecated operation: prefer [`update`](Self::update).
    ///
    /// A number of your own that is used already is refused unless `accept_duplicate_number`.
    pub async fn revise(
        &self,
        order: PoNumber,
        body: &PurchaseOrderUpdate,
        accept_duplicate_number: bool,
    ) -> Result<PurchaseOrderDetail, Error> {
        let path = format!("/api/v2/purchase_order/revise/{order}/");
        let accept = if accept_duplicate_number { "True" } else { "False" };
        let request = self.0.request(Method::PUT, &path).query(&[("confirm_duplicate_external_po_number", accept)]);
        let single: Single<PurchaseOrderDetail> = request.json(body).send().await?.json(&format!("PUT {path}"))?;
        Ok(single.data)
    }

    /// Closes an order.
    pub async fn close(&self, order: PoNumber) -> Result<PurchaseOrderClosed, Error> {
        let path = format!("/api/v3/purchase-orders/{order}/close/");
        let answer = self.0.request(Method::POST, &path).send().await?;
        let single: Single<PurchaseOrderClosed> = answer.json(&format!("POST {path}"))?;
        Ok(single.data)
    }

    /// Opens a closed or cancelled order again.
    pub async fn reopen(&self, order: PoNumber) -> Result<(), Error> {
        self.0.request(Method::POST, &format!("/api/v3/purchase-orders/{order}/reopen/")).send().await?;
        Ok(())
    }

    /// What of the orders was billed and received.
    pub async fn billing_history(&self) -> Result<Vec<BillingHistory>, Error> {
        self.0.single("/api/v3/purchase-orders/billing-history/").await
    }
}

fn segment(order: PurchaseOrderRef) -> Result<String, Error> {
    match order {
        PurchaseOrderRef::Number(number) => Ok(number.to_string()),
        PurchaseOrderRef::Uuid(uuid) => super::in_path(&uuid),
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
