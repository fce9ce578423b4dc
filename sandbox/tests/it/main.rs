//! The tenants' behaviour, over real HTTP on loopback sockets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bulk;
mod by_hand;
mod client;
mod entry;
mod faults;
mod lists;
mod odata;
mod orders;
mod program;
mod reference;
mod syteline;
mod tokens;
mod world;
