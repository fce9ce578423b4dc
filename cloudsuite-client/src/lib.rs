//! A typed client of Infor CloudSuite: `.ionapi` files, OAuth, and M3, SyteLine or OData over the ION API gateway.
//!
//! ```no_run
//! use cloudsuite_client::{CloudSuiteClient, m3::{Company, Dimension}};
//! use futures_util::TryStreamExt;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = CloudSuiteClient::from_ionapi(&std::fs::read("acme.ionapi")?)?;
//! let m3 = client.m3(Company(100)).division("AAA").facility("A01").warehouse("001");
//!
//! // Any transaction, in M3's own words:
//! let rows = m3.execute("CRS620MI", "LstSuppliers").field("FRSU", "S1").columns(&["SUNO", "SUNM"]).send().await?;
//!
//! // Typed lists, read page by page:
//! let mut accounts = std::pin::pin!(m3.gl_accounts().list(Dimension::ACCOUNT).stream());
//! while let Some(account) = accounts.try_next().await? {
//!     println!("{} {}", account.id, account.name.unwrap_or_default());
//! }
//! # let _ = rows;
//! # Ok(())
//! # }
//! ```
//!
//! Rules that hold throughout:
//! * Only reads, and calls proven unprocessed, are sent again. Creating twice is never the client's decision.
//! * Every failure says by its [`Outcome`] whether the thing may have happened: see [`m3::TransactionError`].
//! * All clones of a client share one pace, one token and one count of requests.
//! * Secrets appear in no `Debug`, no error and no log.

pub mod m3;
pub mod odata;
pub mod syteline;

mod ahead;
mod batch_size;
mod client;
mod codes;
mod fields;
mod ionapi;
mod mongoose;
mod oauth;
mod progress;
mod spelling;
#[cfg(test)]
mod testing;
mod whole;

pub use client::{CloudSuiteBuilder, CloudSuiteClient};
pub use ionapi::{Ionapi, IonapiError};
pub use mongoose::Mongoose;
pub use oauth::ClientAuthentication;
pub use tenant_http::{
    AccessToken, Error, ErrorKind, Http, Limiter, Outcome, RequestIds, RetryPolicy, SecretString, Timeouts, TokenCache,
    Traced, Url,
};
