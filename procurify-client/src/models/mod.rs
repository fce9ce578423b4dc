//! The records of the API.
//!
//! Only what identifies a record is required; whatever else is missing, null or unknown is let pass.
//! A record that is written as JSON and read again is the same record.

#[macro_use]
mod macros;
mod term;

mod bill;
mod bill_item;
mod catalog;
mod line;
mod metadata;
mod money;
mod order;
mod order_item;
mod payment;
mod people;
mod permission;
mod places;
mod purchase_order;
mod purchase_order_answers;
mod receipt;
mod transaction;
mod user_profile;
mod vendor;

pub use bill::*;
pub use bill_item::*;
pub use catalog::CatalogBundle;
pub use line::*;
pub use metadata::*;
pub use money::*;
pub use order::*;
pub use order_item::OrderItem;
pub use payment::*;
pub use people::*;
pub use permission::{Permission, PermissionGroup};
pub use places::*;
pub use purchase_order::*;
pub use purchase_order_answers::*;
pub use receipt::ReceiptItem;
pub use term::Term;
pub use transaction::*;
pub use user_profile::*;
pub use vendor::*;
