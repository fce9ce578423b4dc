//! What MI transactions take and give, and the checks the MI layer makes before M3 runs.

mod check;
mod facts;

pub(super) use check::check;
pub(super) use facts::{Facts, Field, Kind, Transaction};
