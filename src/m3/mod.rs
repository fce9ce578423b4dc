//! Infor M3 as the target: its masters, and its purchase orders.

mod masters;
mod price;
mod purchase_orders;

pub use masters::M3Masters;
pub use purchase_orders::{M3OrderSettings, M3PurchaseOrders};
