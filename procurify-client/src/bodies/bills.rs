//! Bills.

use chrono::NaiveDate;

use crate::{BillGroupId, Uuid};

body! {
    /// Approved bills without payments that were paid elsewhere.
    MarkBillsAsPaid(bill_uuids: list Uuid = "bill_uuids", payment_date: val NaiveDate = "payment_date") {
        bill_group_ids: list BillGroupId = "bill_group_ids",
    }
}
