//! The stores on real files.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod conformance;
mod kill;
mod open;
mod vault;
