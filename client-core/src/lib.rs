//! What clients of rate-limited tenant APIs share over HTTP: tokens, limits, retries, errors, pages.
//!
//! ```text
//! Request ──> token (one login in flight) ──> limiter (pace, width) ──> HTTP ──> Response
//!    ^                                                                  │
//!    └──────── retry: only reads, or what proved unprocessed <──────────┘──> Error { kind, outcome }
//! ```
//!
//! A client of one API is a thin layer on [`Http`]: it names paths, bodies and answers, and leaves
//! to this crate what is easily got wrong once money moves:
//!
//! * [`Error::outcome`] tells whether a failed call [was not processed](Outcome::NotProcessed), was
//!   [processed and refused](Outcome::Rejected), or [may have happened](Outcome::Unknown).
//! * A write is sent again only where the failure proves that nothing came of the first sending.
//! * [`TokenManager`] logs in once however many callers wait, and never loops on refused credentials.
//! * [`Limiter`] keeps all clones of a client at one pace and slows down by itself.
//! * [`decimal`] reads money from the raw JSON text, never through a float.
//! * `https` only (save for loopback), and no redirect carries credentials elsewhere.
//!
//! ```
//! use tenant_http::{Http, Limiter, Url};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let http = Http::builder(Url::parse("https://acme.example.com/tenant")?)
//!     .limiter(Limiter::per_minute(300).concurrency(4))
//!     .header("x-client", "api")
//!     .build()?;
//! let request = http.get("/orders/").query(&[("page", "1")]);
//! # let _ = request;
//! # Ok(())
//! # }
//! ```

pub mod decimal;
pub mod page;

mod error;
mod http;
mod limit;
mod retry;
mod scrub;
mod task;
mod token;
mod traced;

pub use bytes::Bytes;
pub use error::{Error, ErrorKind, Outcome};
pub use http::{
    Download, Exchange, Explain, Http, HttpBuilder, Observer, RateLimit, Replay, Request, RequestCounter, Response,
    Timeouts, Undecoded,
};
pub use limit::{Limiter, Permit};
pub use page::Page;
pub use reqwest::{self, Method};
pub use retry::{Jitter, RetryBudget, RetryPolicy};
pub use secrecy::{ExposeSecret, SecretString};
pub use task::on_its_own;
pub use token::{AccessToken, ExpiresIn, Login, TokenCache, TokenManager, TokenSource};
pub use traced::{RequestIds, Traced};
pub use url::Url;
