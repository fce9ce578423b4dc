//! The client against a server on loopback: shapes of requests, and what answers may look like.
#![allow(clippy::unwrap_used, clippy::expect_used)]
#![recursion_limit = "256"]

mod building;
mod changes;
mod contract;
mod csv;
mod errors;
mod filters;
mod filters_more;
mod logins;
mod paging;
mod records;
mod requests;
mod support;
mod trouble;
mod watching;
