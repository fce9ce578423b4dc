//! Bills: read from Procurify, mapped, and drafted as an ERP's invoices.
//!
//! ```text
//! BillSource -> ApprovedBill -> BillMapper -> InvoiceDraft -> a product's sink, such as m3's batch invoices
//! ```
//!
//! A bill for purchase orders waits until those are posted, and refers to what they became.

mod amounts;
mod approved;
mod book;
mod currency;
mod draft;
mod leftover;
mod limits;
mod mapper;
mod sink;
mod source;
mod wanted;

pub use approved::{ApprovedBill, BillLine, BillPart};
pub use draft::{InvoiceDraft, InvoiceLineDraft, OrderLink};
pub use limits::InvoiceLimits;
pub use mapper::{BillMapper, CostPlace, DefaultBillMapper};
pub use source::{BillSettings, BillSource};

pub use crate::mapping::Mapped;
pub(crate) use book::{InvoiceBook, LineThere, Missing, Present, Sought, Trouble};
pub(crate) use limits::BillMapperAdapter;
pub(crate) use sink::{InvoiceSink, Prepared};

/// The kind of these records in the ledger.
pub const KIND: &str = "bill";
