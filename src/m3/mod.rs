//! Infor M3 as the target: its masters, its purchase orders, and its invoices.

mod amend;
mod documents;
mod entries;
mod invoice_changes;
mod invoice_documents;
mod invoices;
mod masters;
mod price;
mod product;
mod purchase_orders;
mod settle;
mod suppliers;

pub use invoices::{CostRoute, M3InvoiceSettings};
pub use product::M3Product;
pub use purchase_orders::{M3OrderSettings, M3PurchaseOrders};
