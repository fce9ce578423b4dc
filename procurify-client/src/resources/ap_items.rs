//! Items of bills, billed or waiting to be.

use chrono::NaiveDate;

use crate::query::filters;
use crate::{
    AccountId, BillId, BillItem, BillItemId, DepartmentId, List, LocationId, ProcurifyClient, UserId, Uuid, VendorId,
};

/// Items of accounts payable. They can only be read.
#[derive(Debug, Clone, Copy)]
pub struct ApItems<'a>(pub(crate) &'a ProcurifyClient);

impl ApItems<'_> {
    /// Billed and unbilled items.
    pub fn list(&self) -> List<BillItem> {
        List::new(self.0, "/api/v2/ap/items/")
    }
}

filters! { BillItem {
    bill: BillId = "bill", "Of this bill.";
    bill_uuid: Uuid = "bill_uuid", "Of this bill.";
    billed: bool = "billed", "Billed or not.";
    budget: AccountId = "budget", "On this budget account.";
    created_since: NaiveDate = "created_at_0", "Created on this day or later.";
    created_until: NaiveDate = "created_at_1", "Created on this day or earlier.";
    department: DepartmentId = "department", "Of this department.";
    exclude: &[BillItemId] = "exclude", "None of these items.";
    location: LocationId = "location", "Of this location.";
    search: &str = "search", "Matching these words.";
    received_since: NaiveDate = "received_on_0", "Received on this day or later.";
    received_until: NaiveDate = "received_on_1", "Received on this day or earlier.";
    reimburse: bool = "reimburse", "To be reimbursed or not.";
    requester: UserId = "requester", "Requested by this user.";
    vendor: VendorId = "vendor", "Of this vendor.";
} }
