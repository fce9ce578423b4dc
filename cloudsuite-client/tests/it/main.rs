//! The client over real HTTP on a loopback socket, protocol shape by protocol shape.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod bulk;
mod ceilings;
mod entry;
mod execute;
mod histories;
mod invoices;
mod ionapi;
mod lists;
#[cfg(target_os = "linux")]
mod memory;
mod mongoose;
mod odata;
mod odata_batches;
mod orders;
mod secrets;
mod support;
mod system;
mod syteline;
mod syteline_errors;
mod tenants;
#[allow(dead_code, reason = "the unit tests use the rest of it")]
#[path = "../../src/testing.rs"]
mod testing;
mod token;
mod traced;
