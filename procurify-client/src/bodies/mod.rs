//! What writes send: bodies that cannot be built without what the API requires.
//!
//! A body's `new` takes the required fields; a method of each further field sets it. Only what was
//! set is sent. A field that may be null takes a [`Patch`], which tells leaving from clearing.
//!
//! ```
//! use procurify_client::{Patch, VendorPatch};
//!
//! let change = VendorPatch::new().external_id("SUP-100").fax(Patch::Clear).phone_one(Patch::Leave);
//! assert_eq!(serde_json::to_string(&change)?, r#"{"external_id":"SUP-100","fax":null}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```

#[macro_use]
mod macros;
mod json;
mod patch;

mod account_code;
mod bills;
mod catalog;
mod department;
mod location;
mod payment_method;
mod purchase_order;
mod receipt;
mod requisition;
mod user;
mod vendor;

pub use account_code::{AccountCodeCreate, AccountCodeUpdate};
pub use bills::MarkBillsAsPaid;
pub use catalog::{CatalogItemUpsert, CustomFieldUpdate};
pub use department::DepartmentUpsert;
pub use location::{AddressBody, LocationUpsert};
pub use patch::Patch;
pub use payment_method::{CompanyPaymentMethodCreate, PaymentMethodData, VendorPaymentMethodCreate};
pub use purchase_order::{OrderItemEdit, Party, PriceModifierBody, PurchaseOrderUpdate};
pub use receipt::ReceiptItemCreate;
pub use requisition::{LineCustomField, RequisitionCreate, RequisitionLine};
pub use user::{DepartmentAccess, LocationAccess, UserInvite, UserUpdate};
pub use vendor::{EmailConfigurationBody, TermBody, VendorPatch, VendorUpsert};
