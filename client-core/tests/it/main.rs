//! The promises of the crate, proven over real HTTP on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod decimals;
mod limits;
mod outcomes;
mod pages;
mod redirects;
mod retries;
mod secrets;
mod support;
mod tokens;
