//! The API's resources, one a file, all of the same shape: a handle with `list` and `get`, and the list's filters.

mod accounts;
mod bills;
mod order_items;
mod places;
mod purchase_orders;
mod vendors;

pub use accounts::{AccountCodes, Accounts};
pub use bills::Bills;
pub use order_items::OrderItems;
pub use places::{Departments, Locations};
pub use purchase_orders::{PurchaseOrderRef, PurchaseOrders, Role, Status};
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
