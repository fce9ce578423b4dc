//! A product with OData services, such as Infor LN: its masters, and its purchase orders.

mod amend;
mod documents;
mod product;
mod purchase_orders;

pub use product::ODataProduct;
pub use purchase_orders::{ODataOrderSettings, ODataPurchaseOrders};
