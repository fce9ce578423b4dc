//! Payments: of the public API, and of the deprecated one before it.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use tenant_http::Error;

use crate::query::filters;
use crate::{
    Approver, BillGroupId, CurrencyId, List, PaymentId, PaymentListRead, PaymentMethodType, PaymentResponse,
    PaymentResponseStatus, ProcurifyClient, UserId, VendorId,
};

/// Payments of a tenant. They can only be read.
#[derive(Debug, Clone, Copy)]
pub struct Payments<'a>(pub(crate) &'a ProcurifyClient);

impl Payments<'_> {
    /// Payments.
    ///
    /// Ordered by `created_at` or `updated_at` only.
    pub fn list(&self) -> List<PaymentResponse> {
        List::new(self.0, "/api/public/v1/payments/")
    }

    /// Payments by the API that was to go after June 2026; they have an amount for each bill.
    #[deprecated = "Procurify replaces it by `list`; where a tenant still answers, it alone tells the amount of each bill"]
    pub fn list_v2(&self) -> List<PaymentListRead> {
        List::new(self.0, "/api/v2/ap/payments/")
    }

    /// Who may approve a payment.
    pub async fn approver_choices(&self, id: PaymentId) -> Result<Vec<Approver>, Error> {
        self.0.single(&format!("/api/v2/ap/payments/{id}/approver-choices/")).await
    }
}

filters! { PaymentResponse {
    bill_groups: &[BillGroupId] = "bill_groups", "Of bills in one of these groups.";
    created_since: DateTime<Utc> = "created_at_after", "Created at this time or later.";
    created_until: DateTime<Utc> = "created_at_before", "Created at this time or earlier.";
    currency: CurrencyId = "currency", "In this currency.";
    ids: &[PaymentId] = "ids", "One of these payments.";
    invoice_number: &str = "invoice_number", "Of the bill with exactly this invoice number.";
    payment_amount: Decimal = "payment_amount", "Of exactly this amount.";
    processed_since: DateTime<Utc> = "processing_date_after", "Processed at this time or later.";
    processed_until: DateTime<Utc> = "processing_date_before", "Processed at this time or earlier.";
    statuses: &[PaymentResponseStatus] = "status", "In one of these statuses.";
    modified_since: DateTime<Utc> = "updated_at_after", "Updated at this time or later.";
    modified_until: DateTime<Utc> = "updated_at_before", "Updated at this time or earlier.";
    vendor: VendorId = "vendor", "To this vendor.";
} }

filters! { PaymentListRead {
    approver: UserId = "approver", "To be approved by this user.";
    currency: CurrencyId = "currency", "In this currency.";
    search: &str = "search", "Matching these words.";
    paid_since: NaiveDate = "payment_date_0", "Paid on this day or later.";
    paid_until: NaiveDate = "payment_date_1", "Paid on this day or earlier.";
    payment_method_type: PaymentMethodType = "payment_method__type", "Paid in this way.";
} }
