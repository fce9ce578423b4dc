//! Reference data first: vendors, account codes and departments of Procurify, matched to the ERP's.
//!
//! Both systems are read and compared; what matches goes into the cross-references, by which orders
//! are mapped. What is missing or ambiguous holds the orders that need it, and lets them go by itself
//! once a later comparison finds it.

mod align;
mod book;
mod directions;
mod draft;
mod link;
mod mapper;
mod matching;
mod names;
mod renaming;
mod resolve;
mod source;
mod subjects;
mod sync;
mod to_procurify;
mod validity;

use sync_core::{Failure, StoreError};

use crate::failure::of_call;

pub(crate) use align::Aligner;
pub(crate) use book::{Kept, MasterBook};
pub use directions::{Direction, ReferenceSettings, System};
pub use draft::MasterDraft;
pub use link::{KINDS, Link, LinkError, MappingLine, WrongLink};
pub use matching::{Master, Subject, align, normalised};
pub use names::NameDraft;
pub(crate) use names::fit as fit_name;
pub(crate) use renaming::{Renames, Renaming};
pub use resolve::{dimension_kind, erp_kind, in_erp, kind_in_words, resolve};
pub(crate) use resolve::{quoted, usable};
pub(crate) use source::Shelf;
pub use sync::{NewMasters, NewSuppliers, OneSidedRecord, ReferenceReport};
pub(crate) use sync::{Parts, ReferenceFlows, check};
pub use validity::Validity;
pub(crate) use validity::{check_bill, check_order};

/// Cross-references from a vendor's id to the ERP's supplier number.
pub const VENDOR: &str = "vendor";
/// Suppliers of the ERP that are to become vendors.
pub const SUPPLIER: &str = "supplier";
/// Account codes that are to become GL accounts.
pub const ACCOUNT_CODE: &str = "account_code";
/// Departments that are to become cost centres.
pub const DEPARTMENT: &str = "department";
/// Vendors' names that are to become those of their suppliers.
pub const VENDOR_NAME: &str = "vendor_name";
/// Suppliers' names that are to become those of their vendors.
pub const SUPPLIER_NAME: &str = "supplier_name";
/// Account codes' descriptions that are to become those of their GL accounts.
pub const ACCOUNT_CODE_NAME: &str = "account_code_name";
/// GL accounts' descriptions that are to become those of their account codes.
pub const GL_ACCOUNT_NAME: &str = "gl_account_name";
/// Departments' names that are to become those of their cost centres.
pub const DEPARTMENT_NAME: &str = "department_name";
/// Cost centres' names that are to become those of their departments.
pub const COST_CENTER_NAME: &str = "cost_center_name";
/// Cross-references from an account code to the ERP's GL account.
pub const GL_ACCOUNT: &str = "gl_account";
/// Cross-references from a department's id to the ERP's cost centre.
pub const COST_CENTER: &str = "cost_center";
/// Cross-references from a SKU to the ERP's item number. Never aligned: linked by hand or by a file.
pub const ITEM: &str = "item";
/// Under the source "": what the item of lines bought by their text alone is in the ERP.
pub const SERVICE_ITEM: &str = "service_item";
/// Cross-references from a unit of measure, in lower case, to the ERP's. Never aligned.
pub const UNIT: &str = "unit";
/// Cross-references from a currency's code to the ERP's, where it has another. Never aligned.
pub const CURRENCY: &str = "currency";
/// Cross-references from a location's id to the ERP's warehouse, in M3 `FACILITY/WAREHOUSE`. Never aligned.
pub const LOCATION: &str = "location";

/// Cross-references from payment terms, in lower case, to the ERP's. Never aligned.
pub const PAYMENT_TERMS: &str = "payment_terms";
/// Cross-references from the names of taxes, in lower case and alphabetical order, to the ERP's tax codes. Never aligned.
pub const TAX: &str = "tax";
/// Cross-references from the id of an order that is not posted by itself, such as one from before the first day of orders,
/// to the ERP's number of it, or to [`NO_ORDER`]: what bills of it refer to. One that has a number is not posted. Never
/// aligned.
pub const PURCHASE_ORDER: &str = crate::purchase_order::KIND;
/// In place of an order's number: bills refer to none.
pub const NO_ORDER: &str = "none";
/// Cross-references from a bill's id to the ERP's numbers, with commas between them, of invoices that have the bill's
/// supplier and number and are others all the same. Never aligned.
pub const OTHER_INVOICE: &str = "other_invoice";
/// Spans of days, such as `2026-09-01..2026-09-30`, of fiscal periods that are closed in the ERP.
pub const CLOSED_PERIOD: &str = "closed_period";

/// The kinds of reference data that become records of the ledger, each with a trail of its own.
pub const FLOWS: [&str; 12] = [
    VENDOR,
    SUPPLIER,
    ACCOUNT_CODE,
    GL_ACCOUNT,
    DEPARTMENT,
    COST_CENTER,
    VENDOR_NAME,
    SUPPLIER_NAME,
    ACCOUNT_CODE_NAME,
    GL_ACCOUNT_NAME,
    DEPARTMENT_NAME,
    COST_CENTER_NAME,
];

/// Why reference data could not be aligned.
#[derive(Debug, thiserror::Error)]
pub enum AlignError {
    /// One of the systems did not answer as it should; nothing was changed.
    #[error("the reference data of {system} could not be read: {failure}")]
    Read {
        /// Which.
        system: System,
        /// Why.
        failure: Failure,
    },
    /// The cross-references could not be saved.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AlignError {
    pub(crate) fn procurify(error: &tenant_http::Error) -> Self {
        Self::Read { system: System::Procurify, failure: of_call(error) }
    }

    pub(crate) fn cloudsuite(failure: Failure) -> Self {
        Self::Read { system: System::CloudSuite, failure }
    }
}
