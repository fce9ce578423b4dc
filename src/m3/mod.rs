//! Infor M3 as the target: its masters, and its purchase orders.

mod amend;
mod documents;
mod masters;
mod price;
mod product;
mod purchase_orders;
mod settle;

pub use product::M3Product;
pub use purchase_orders::{M3OrderSettings, M3PurchaseOrders};
