//! Bills: lists of summaries, details by UUID.

use chrono::{DateTime, NaiveDate, Utc};
use tenant_http::{Error, ErrorKind, Response, Traced};

use crate::envelope::{Described, Single};
use crate::query::filters;
use crate::{
    AccountCodeId, Bill, BillGroupId, BillSummary, BillType, BillsMarkedAsPaid, ContractId, CurrencyId, DepartmentId,
    List, LocationId, MarkBillsAsPaid, Metadata, ProcurifyClient, UserId, Uuid, VendorId,
};

/// Bills of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Bills<'a>(pub(crate) &'a ProcurifyClient);

impl Bills<'_> {
    /// Bills without their lines. There is no filter by status: read it from each.
    pub fn list(&self) -> List<BillSummary> {
        List::new(self.0, "/api/v3/ap/bills/")
    }

    /// One bill with its lines.
    ///
    /// The newer API takes the UUID with dashes, the older one only without: when the UUID as given
    /// is not found, the form without dashes is asked for once.
    pub async fn get(&self, uuid: &Uuid) -> Result<Bill, Error> {
        self.get_traced(uuid).await.map(|bill| bill.value)
    }

    /// As [`get`](Self::get), with Procurify's id of the request.
    pub async fn get_traced(&self, uuid: &Uuid) -> Result<Traced<Bill>, Error> {
        let (answer, operation) = self.answer(uuid).await?;
        let single: Single<Bill> = answer.json(&operation)?;
        Ok(Traced::new(single.data, answer.request_ids()))
    }

    /// Marks approved bills without payments as paid.
    pub async fn mark_as_paid(&self, body: &MarkBillsAsPaid) -> Result<BillsMarkedAsPaid, Error> {
        self.0.write_bare("/api/v3/ap/bills/mark-as-paid/", body).await
    }

    /// What the user of the credentials may do to a bill, and its sum. The bill is found as by [`get`](Self::get).
    pub async fn metadata(&self, uuid: &Uuid) -> Result<Metadata, Error> {
        let (answer, operation) = self.answer(uuid).await?;
        let described: Described<serde::de::IgnoredAny> = answer.json(&operation)?;
        Ok(described.metadata.unwrap_or_default())
    }

    /// The answer that holds a bill, and what it was the answer to.
    async fn answer(&self, uuid: &Uuid) -> Result<(Response, String), Error> {
        let id = super::in_path(uuid)?;
        match self.ask(&id).await {
            Err(error) if error.kind() == ErrorKind::NotFound && id.contains('-') => {
                self.ask(&uuid.without_dashes().0).await
            }
            found => found,
        }
    }

    async fn ask(&self, id: &str) -> Result<(Response, String), Error> {
        let path = format!("/api/v2/ap/bills/{id}/");
        let answer = self.0.get(&path).send().await?;
        Ok((answer, format!("GET {path}")))
    }
}

filters! { BillSummary {
    account_code: AccountCodeId = "account_code", "With a line on this account code.";
    approver: UserId = "approver", "To be approved by this user.";
    contract: ContractId = "contract", "For purchase orders under this contract.";
    creator: UserId = "creator", "Created by this user.";
    currency: CurrencyId = "currency", "In this currency.";
    department: DepartmentId = "department", "Of this department.";
    due_since: NaiveDate = "due_date_0", "Due on this day or later.";
    due_until: NaiveDate = "due_date_1", "Due on this day or earlier.";
    exclude_bill_groups: &[BillGroupId] = "exclude_bill_group_ids", "In none of these groups.";
    exclude_expense_bills: bool = "exclude_expense_bills", "Without expense bills.";
    expense: &str = "expense", "Of this expense.";
    gl_posted_since: NaiveDate = "gl_post_date_0", "Posted on this day or later.";
    gl_posted_until: NaiveDate = "gl_post_date_1", "Posted on this day or earlier.";
    group: BillGroupId = "group", "In this group.";
    has_payment: bool = "has_payment", "With a payment or without.";
    has_posting_date: bool = "has_posting_date", "With a posting date or without.";
    include_bill_groups: &[BillGroupId] = "include_bill_group_ids", "Also those in these groups.";
    invoiced_since: NaiveDate = "invoice_date_0", "Invoiced on this day or later.";
    invoiced_until: NaiveDate = "invoice_date_1", "Invoiced on this day or earlier.";
    is_exported: bool = "is_exported", "Exported or not.";
    is_invoice_created: bool = "is_invoice_created", "Drafted from an invoice by Procurify or not.";
    last_exported_since: NaiveDate = "last_export_date_0", "Last exported on this day or later.";
    last_exported_until: NaiveDate = "last_export_date_1", "Last exported on this day or earlier.";
    last_export_user: UserId = "last_export_user", "Last exported by this user.";
    modified_since: DateTime<Utc> = "last_modified_datetime_0", "Touched at this time or later.";
    modified_until: DateTime<Utc> = "last_modified_datetime_1", "Touched at this time or earlier.";
    modified_day_since: NaiveDate = "modified_date_0", "Modified on this day or later. The API deprecates it: prefer `modified_since`.";
    modified_day_until: NaiveDate = "modified_date_1", "Modified on this day or earlier. The API deprecates it: prefer `modified_until`.";
    location: LocationId = "location", "Of this location.";
    paid_since: NaiveDate = "payment_date_0", "Paid on this day or later.";
    paid_until: NaiveDate = "payment_date_1", "Paid on this day or earlier.";
    search: &str = "search", "Matching these words.";
    submitted_since: NaiveDate = "submitted_date_0", "Submitted on this day or later.";
    submitted_until: NaiveDate = "submitted_date_1", "Submitted on this day or earlier.";
    sync_status: &str = "sync_status_v2", "In this state of synchronisation.";
    sync_status_v1: &str = "sync_status", "In this state of synchronisation, as the older document names it.";
    kind: BillType = "type", "Of this kind.";
    user: UserId = "user", "Last modified by this user.";
    vendor: VendorId = "vendor", "Of this vendor.";
} }

impl List<BillSummary> {
    /// Of one of these vendors.
    ///
    /// Sets the parameter `vendor[]`, once for each.
    pub fn vendors(mut self, vendors: &[VendorId]) -> Self {
        for vendor in vendors {
            self = self.repeated("vendor[]", vendor.to_string());
        }
        self
    }
}
