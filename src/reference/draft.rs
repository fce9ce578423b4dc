//! What is to be made in a system that does not have it yet.

use procurify_client::{CurrencyId, LocationId};
use serde::{Deserialize, Serialize};

/// A supplier, GL account or cost centre to be made in the ERP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterDraft {
    /// Its number or code, which we choose: a second one of the same number is refused by the ERP.
    pub number: String,
    /// Its name.
    pub name: String,
    /// ISO 4217 code of a supplier's currency; the ERP's default if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// A vendor to be made in Procurify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VendorDraft {
    /// The supplier's number, by which it is found again.
    pub external_id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<CurrencyId>,
}

/// An account code to be made in Procurify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountCodeDraft {
    pub code: String,
    pub description: String,
}

/// A department to be made in Procurify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DepartmentDraft {
    /// The cost centre, by which it is found again.
    pub external_id: String,
    pub name: String,
    pub location: LocationId,
}
