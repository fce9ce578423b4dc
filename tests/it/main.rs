//! The promise over real sockets and a real database: simulated tenants, SQLite, and the connector as a process.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod audit;
mod bad_input;
mod bills;
mod both_ways;
mod ceilings;
mod changes;
mod charges;
mod codes;
mod earlier_orders;
mod erp;
mod extract;
mod faults;
mod flow;
mod holds;
mod kill;
mod left;
mod life;
mod life_bills;
mod lines;
mod mapping;
#[cfg(target_os = "linux")]
#[path = "../../cloudsuite-client/tests/it/memory.rs"]
mod memory;
mod numbered;
mod outages;
mod periods;
mod plan;
mod quarter;
mod reconcile;
mod reconcile_bills;
mod renamed;
mod requests;
mod secrets;
mod settings;
mod trails;
mod unclear;
mod vault;
#[cfg(unix)]
mod watch;
mod webhook;
mod whole;
mod world;
