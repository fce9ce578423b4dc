//! The records of the API.
//!
//! Only what identifies a record is required; whatever else is missing, null or unknown is let pass.
//! A record that is written as JSON and read again is the same record.

#[macro_use]
mod macros;
mod term;

mod bill;
mod bill_item;
mod line;
mod money;
mod order_item;
mod people;
mod places;
mod purchase_order;
mod vendor;

pub use bill::{Bill, BillCost, BillPayment, BillPurchaseOrder, BillStatusChange, BillSummary, BillVersion, Payment};
pub use bill_item::{BillItem, CostAllocation, Expense, ExpenseReport, UnitCostChange};
pub use line::{Adjustment, Allocation, Blanket, CatalogItem, Flag, PurchaseOrderLine, Recurrence};
pub use money::{
    Account, AccountCode, CostDetails, CreditCard, Currency, CustomField, CustomFieldValue, PaymentMethod,
    PriceModifier,
};
pub use order_item::OrderItem;
pub use people::{Approver, Attachment, Comment, LogEntry, User};
pub use places::{Address, Department, LegalEntity, Location, LocationSummary};
pub use purchase_order::{Contract, PurchaseOrder, PurchaseOrderDetail};
pub use term::Term;
pub use vendor::{EmailConfiguration, Vendor, VendorBreakdown, VendorPerformance, VendorRequest, VendorScore};
