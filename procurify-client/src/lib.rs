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
//!
//! # What does not compile
//!
//! Filters by day take a day, filters by time a time; a body has what is required; what can only be read has no writes.
//!
//! ```
//! use chrono::{NaiveDate, Utc};
//! use procurify_client::{ProcurifyClient, Role, Status, VendorType, VendorUpsert};
//!
//! # fn run(procurify: &ProcurifyClient, day: NaiveDate) {
//! let _ = procurify.purchase_orders().list(Role::Purchased, Status::All).modified_since(day);
//! let _ = procurify.bills().list().modified_since(Utc::now());
//! let _ = procurify.vendors().create(&VendorUpsert::new("Acme", [], VendorType::Regular, None));
//! let _ = procurify.payments().list();
//! let _ = procurify.vendors().list().csv();
//! # }
//! ```
//!
//! ```compile_fail,E0308
//! # use procurify_client::{ProcurifyClient, Role, Status};
//! # fn run(procurify: &ProcurifyClient) {
//! let _ = procurify.purchase_orders().list(Role::Purchased, Status::All).modified_since(chrono::Utc::now());
//! # }
//! ```
//!
//! ```compile_fail,E0308
//! # fn run(procurify: &procurify_client::ProcurifyClient, day: chrono::NaiveDate) {
//! let _ = procurify.bills().list().modified_since(day);
//! # }
//! ```
//!
//! ```compile_fail,E0061
//! # use procurify_client::VendorUpsert;
//! let _ = VendorUpsert::new("Acme"); // without addresses, type and score
//! ```
//!
//! ```compile_fail,E0599
//! # use procurify_client::VendorUpsert;
//! let _ = VendorUpsert::default();
//! ```
//!
//! ```compile_fail,E0599
//! # async fn run(procurify: &procurify_client::ProcurifyClient) {
//! let _ = procurify.payments().create(&()).await;
//! # }
//! ```
//!
//! ```compile_fail,E0599
//! # async fn run(procurify: &procurify_client::ProcurifyClient, id: procurify_client::OrderItemId) {
//! let _ = procurify.order_items().update(id, &()).await;
//! # }
//! ```
//!
//! ```compile_fail,E0599
//! # async fn run(procurify: &procurify_client::ProcurifyClient) {
//! let _ = procurify.transactions().create(&()).await;
//! # }
//! ```
//!
//! ```compile_fail,E0599
//! # async fn run(procurify: &procurify_client::ProcurifyClient) {
//! let _ = procurify.payments().list().csv().await; // the API has them as JSON only
//! # }
//! ```

// The macro of the models takes two steps a field.
#![recursion_limit = "256"]

mod bodies;
mod changes;
mod client;
mod codes;
mod csv;
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
pub use csv::InCsv;
pub use ids::*;
pub use lenient::DayOrTime;
pub use list::List;
pub use models::*;
pub use order_by::OrderBy;
pub use reader::{ReadBills, ReadPurchaseOrders, Reader};
pub use resources::*;
pub use tenant_http::{
    AccessToken, Bytes, Error, ErrorKind, Exchange, Limiter, Observer, Outcome, Page, RequestIds, RetryPolicy,
    SecretString, Timeouts, TokenCache, Traced,
};
