//! The engine against a simulated target, in one thread, under a seed, crashed between any two awaits.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod alerts;
mod amend;
mod crash;
mod digest;
mod faults;
mod flow;
mod freeze;
mod mended;
mod needed;
mod races;
mod requests;
mod schedule;
mod stores;
mod trouble;
mod twins;
mod unlike;
mod unprocessed;
mod workers;
mod world;
