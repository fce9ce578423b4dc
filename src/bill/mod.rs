//! Bills: read from Procurify, mapped, and drafted as an ERP's invoices.
//!
//! ```text
//! BillSource -> ApprovedBill -> BillMapper -> InvoiceDraft -> a product's sink, such as m3's batch invoices
//! ```
//!
//! A bill for purchase orders waits until those are posted, and refers to what they became.

mod amending;
mod amounts;
mod approved;
mod book;
mod currency;
mod draft;
mod leftover;
mod limits;
mod mapper;
mod revised;
mod sink;
mod source;
mod there;
mod wanted;

pub use approved::{ApprovedBill, BillLine, BillPart};
pub use draft::{InvoiceDraft, InvoiceLineDraft, OrderLink};
pub use limits::InvoiceLimits;
pub use mapper::{BillMapper, CostPlace, DefaultBillMapper};
pub use source::{BillSettings, BillSource};

pub use crate::mapping::Mapped;
pub(crate) use amounts::is_rounding;
pub(crate) use book::{InvoiceBook, LineThere, Missing, Now, Ours, Present, Sought, Trouble, references, with_renamed};
pub(crate) use currency::MinorUnit;
pub(crate) use limits::BillMapperAdapter;
pub(crate) use revised::{LineStep, Plan, Shown, Standing, StandingLine};
pub(crate) use sink::{InvoiceSink, Prepared};
pub(crate) use there::{is_of_another_year, missing};

/// The kind of these records in the ledger.
pub const KIND: &str = "bill";
