//! Infor `SyteLine` (`CloudSuite` Industrial) as the product: its masters, its purchase orders, and its invoices.

mod amend;
mod book;
mod document;
mod documents;
mod invoice_changes;
mod invoice_documents;
mod invoices;
mod leftovers;
mod masters;
mod product;
mod purchase_orders;
mod vendors;

pub use invoices::SyteLineInvoiceSettings;
pub use product::SyteLineProduct;
pub use purchase_orders::{SyteLineOrderSettings, SyteLinePurchaseOrders};
