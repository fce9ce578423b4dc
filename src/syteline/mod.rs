//! Infor `SyteLine` (`CloudSuite` Industrial) as the product: its masters, and its purchase orders.

mod amend;
mod document;
mod documents;
mod leftovers;
mod masters;
mod product;
mod purchase_orders;

pub use product::SyteLineProduct;
pub use purchase_orders::{SyteLineOrderSettings, SyteLinePurchaseOrders};
