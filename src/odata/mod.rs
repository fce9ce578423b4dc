//! A product with OData services, such as Infor LN: its masters, its purchase orders, and its invoices.

mod amend;
mod book;
mod documents;
mod invoice_changes;
mod invoices;
mod product;
mod purchase_orders;

pub use invoices::ODataInvoiceSettings;
pub use product::ODataProduct;
pub use purchase_orders::{ODataOrderSettings, ODataPurchaseOrders};
