//! A typed client of the Procurify API.
//!
//! ```no_run
//! use procurify_client::{OrderBy, ProcurifyClient, Role, Status};
//! use futures_util::TryStreamExt;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let procurify = ProcurifyClient::builder("acme").credentials("id", "secret").build()?;
//! let since = "2026-03-01".parse()?;
//! let mut orders = procurify
//!     .purchase_orders()
//!     .list(Role::Purchased, Status::All)
//!     .modified_since(since)
//!     .order_by(OrderBy::ascending("procurify_PO"))
//!     .stream();
//! while let Some(order) = orders.try_next().await? {
//!     let detail = procurify.purchase_orders().get(order.procurify_po).await?;
//!     println!("{:?}: {} lines", order.number, detail.order_items.len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! * A client is built once and cloned cheaply; all clones share one token, one pace and one retry budget.
//! * Resources hang off the client; a list is a value built by methods named as the API names its
//!   parameters, and ended by [`send_page`](List::send_page), [`pages`](List::pages),
//!   [`stream`](List::stream) or [`all`](List::all).
//! * Records tolerate what tenants leave out or add; only what identifies a record is required.
//! * Money is [`rust_decimal::Decimal`], read from the raw text of the answer.
//! * Errors tell whether the call happened: [`Error::outcome`].
//! * What is not typed yet is reached through [`ProcurifyClient::get`].

// The macro of the models takes two steps a field.
#![recursion_limit = "256"]

mod bodies;
mod changes;
mod client;
mod codes;
mod envelope;
mod explain;
mod ids;
mod lenient;
mod list;
mod login;
mod models;
mod order_by;
mod query;
mod reader;
mod resources;

/// Text of a record. It is a `str` in all but its keeping: up to 24 bytes, which most texts of a record are, lie in
/// the record itself.
pub type Text = compact_str::CompactString;

pub use bodies::*;
pub use changes::{Batch, Changes, Cursor, Tracked};
pub use client::{ProcurifyClient, ProcurifyClientBuilder};
pub use codes::*;
pub use ids::*;
pub use lenient::DayOrTime;
pub use list::List;
pub use models::*;
pub use order_by::OrderBy;
pub use reader::{ReadBills, ReadPurchaseOrders, Reader};
pub use resources::*;
pub use tenant_http::{
    AccessToken, Bytes, Error, ErrorKind, Exchange, Limiter, Observer, Outcome, Page, RetryPolicy, SecretString,
    Timeouts, TokenCache,
};
