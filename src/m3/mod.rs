//! Infor M3 as the target: its masters, and its purchase orders.

mod masters;
mod price;
mod product;
mod purchase_orders;
mod settle;
mod suppliers;

pub use product::M3Product;
pub use purchase_orders::{M3OrderSettings, M3PurchaseOrders};
