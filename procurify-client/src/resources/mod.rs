//! The API's resources, one a file, all of the same shape: a handle with `list` and `get`, and the list's filters.

mod access;
mod accounts;
mod ap_items;
mod bills;
mod catalog;
mod currencies;
mod order_items;
mod orders;
mod payment_methods;
mod payments;
mod places;
mod purchase_orders;
mod receipt_items;
mod transactions;
mod users;
mod vendors;

pub use accounts::{AccountCodes, Accounts};
pub use ap_items::ApItems;
pub use bills::Bills;
pub use catalog::{CatalogBundles, CatalogItems, CustomFields};
pub use currencies::Currencies;
pub use order_items::OrderItems;
pub use orders::{Orders, Requisitions};
pub use payment_methods::{CompanyPaymentMethods, VendorPaymentMethods};
pub use payments::Payments;
pub use places::{Departments, Locations};
pub use purchase_orders::{PurchaseOrderRef, PurchaseOrders, Role, Status};
pub use receipt_items::ReceiptItems;
pub use transactions::Transactions;
pub use users::{Permissions, Users};
pub use vendors::{VendorGroup, VendorTypeName, Vendors};

use tenant_http::Error;

use crate::Uuid;

/// A UUID as a path segment; what is none could lead elsewhere.
fn in_path(uuid: &Uuid) -> Result<String, Error> {
    if uuid.is_well_formed() {
        return Ok(uuid.0.to_lowercase());
    }
    Err(Error::config("reading by UUID", format!("{:?} is no UUID", uuid.0)))
}
