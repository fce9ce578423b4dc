//! Moves every approved Procurify purchase order and bill into Infor CloudSuite exactly once, and can prove it.
//!
//! ```no_run
//! use procurify_cloudsuite::{CloudSuiteClient, Company, Connection, FlowKind, ProcurifyClient};
//! use sync_store::SqliteStore;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let procurify = ProcurifyClient::builder("acme").credentials("id", "secret").build()?;
//! let m3 = CloudSuiteClient::from_ionapi(&std::fs::read("acme.ionapi")?)?
//!     .m3(Company(100)).division("AAA").facility("A01").warehouse("001");
//!
//! let acme = Connection::builder("acme")
//!     .procurify(procurify)
//!     .cloudsuite(m3)
//!     .store(SqliteStore::open("ledger.db").await?)
//!     .build()?;
//!
//! let report = acme.sync(FlowKind::PurchaseOrders).await?;
//! for concern in &report.concerns {
//!     println!("{}: {}", concern.key, concern.reason);
//! }
//! if let Some(key) = report.posted.first() {
//!     println!("{}", acme.trail(key).await?); // what happened to one order, in words
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`purchase_order`] | orders read from Procurify, mapped, and drafted for an ERP |
//! | [`bill`] | bills read from Procurify, mapped, and drafted as an ERP's invoices |
//! | [`accounts`] | which account and cost centre a line is booked on |
//! | [`product`] | what a CloudSuite product must offer |
//! | [`m3`], [`syteline`], [`odata`] | the products |
//! | [`codes`] | payment terms and taxes as the ERP's codes |
//! | [`periods`] | fiscal periods that are closed in the ERP |
//! | [`reconcile`] | both systems compared: missing, extra, differing, totals |
//! | [`mod@reference`] | vendors, account codes and departments, matched before any order moves |
//!
//! The engine and its promises are in [`sync_core`]; the clients can be used alone.

pub mod accounts;
pub mod bill;
pub mod codes;
mod connection;
mod details;
mod dimensions;
mod failure;
mod label;
pub mod m3;
mod mapping;
pub mod odata;
pub mod periods;
pub mod product;
pub mod purchase_order;
mod reading;
pub mod reconcile;
pub mod reference;
mod sync;
pub mod syteline;
#[cfg(feature = "sqlite")]
mod tokens;
mod webhook;

pub use cloudsuite_client::m3::{Company, M3};
pub use cloudsuite_client::{CloudSuiteClient, Ionapi};
pub use connection::{BuildError, Connection, ConnectionBuilder};
pub use label::label;
pub use procurify_client::ProcurifyClient;
pub use sync::{Concern, Event, FlowKind, Report, SyncError};
#[cfg(feature = "sqlite")]
pub use tokens::VaultTokens;
pub use webhook::{Webhook, WebhookError};

/// The README's program must compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
