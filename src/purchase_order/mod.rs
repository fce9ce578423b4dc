//! Purchase orders: read from Procurify, mapped, and drafted for an ERP.
//!
//! ```text
//! PurchaseOrderSource -> ApprovedOrder -> OrderMapper -> OrderDraft -> a product's sink, such as m3::M3PurchaseOrders
//! ```

mod charges;
pub(crate) mod copies;
mod draft;
mod lines;
mod mapper;
mod order;
pub(crate) mod revised;
mod source;

pub(crate) use charges::beside;
pub use charges::{ChargeAccount, ChargesAsLines};
pub use draft::{LineDraft, OrderDraft};
pub use mapper::{DefaultOrderMapper, OrderMapper};
pub use order::{ApprovedOrder, OrderLine};
pub use source::{PurchaseOrderSource, SourceSettings};

pub use crate::mapping::Mapped;
pub(crate) use mapper::OrderMapperAdapter;
pub(crate) use order::{BudgetAccount, custom_fields};

/// The kind of these records in the ledger.
pub const KIND: &str = "purchase_order";
