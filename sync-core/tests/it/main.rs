//! The engine against a simulated target, in one thread, under a seed, crashed between any two awaits.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod amend;
mod crash;
mod faults;
mod flow;
mod races;
mod stores;
mod workers;
mod world;
