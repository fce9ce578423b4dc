//! Simulated Procurify, Infor M3, SyteLine and OData tenants on loopback sockets, with faults on demand.
//!
//! ```text
//!            one seeded Scenario
//!            /                 \
//!    Procurify tenant     ION gateway + M3, SyteLine or OData tenant
//!    (orders, vendors)    (suppliers, accounts, purchase orders)
//!            \                 /
//!      front: stats, limits, faults, HTTP/1.1 on 127.0.0.1
//! ```
//!
//! The tenants share no code with the clients they are there to test, so that they cannot share a
//! client's mistakes. They are strict where the real ones are strict, and fail on demand.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), sandbox::Error> {
//! use sandbox::{M3, M3Config, Procurify, ProcurifyConfig, Scenario};
//!
//! let scenario = Scenario { orders: 20, lines: 3, ..Scenario::default() };
//! let procurify = Procurify::start(ProcurifyConfig { scenario: scenario.clone(), ..ProcurifyConfig::default() }).await?;
//! let m3 = M3::start(M3Config { scenario, ..M3Config::default() }).await?;
//!
//! assert!(procurify.base_url().starts_with("http://127.0.0.1:"));
//! assert!(m3.ionapi_json().contains("saak"));
//! assert!(m3.documents().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! Time is the tenant's own: `advance` moves its clock, so that tokens expire, batch jobs run and
//! search indexes catch up without a test having to wait.

#![recursion_limit = "256"] // Whole records as JSON literals.

mod by_hand;
mod clock;
mod control;
mod error;
mod faults;
mod front;
mod http;
mod limiter;
mod m3;
mod odata;
mod procurify;
mod rng;
mod scenario;
mod stats;
mod syteline;

pub use by_hand::{Touch, TypedInvoice, TypedLine, TypedOrder};
pub use error::Error;
pub use faults::{FaultKind, Faults, Matcher};
pub use m3::{Account, Document, DocumentLine, M3, M3Config, Message, MessageStatus, Supplier};
pub use odata::{DeepUpdates, OData, ODataConfig};
pub use procurify::{Amount, BillBump, BillEdit, Bump, Bumped, Detail, Procurify, ProcurifyConfig};
pub use scenario::{Edit, Scenario};
pub use stats::{AnsweredCall, Stats};
pub use syteline::{NestedChanges, SyteLine, SyteLineConfig};
