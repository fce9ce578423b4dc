//! Which way reference data goes, and which system a field belongs to.

use std::fmt;

use procurify_client::LocationId;

/// Where records are made that only one of the systems has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// Nowhere: records are matched, and what is missing is waited for.
    #[default]
    Off,
    /// In Procurify, of those that only the ERP has.
    ToProcurify,
    /// In the ERP, of those that only Procurify has.
    ToCloudSuite,
    /// In each, of those that only the other has.
    Both,
}

impl Direction {
    /// Whether records are made in Procurify.
    pub fn to_procurify(self) -> bool {
        matches!(self, Self::ToProcurify | Self::Both)
    }

    /// Whether records are made in the ERP.
    pub fn to_cloudsuite(self) -> bool {
        matches!(self, Self::ToCloudSuite | Self::Both)
    }
}

/// A system, as the owner of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Procurify.
    Procurify,
    /// The ERP.
    CloudSuite,
}

/// What is done about reference data beyond matching it. Default: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferenceSettings {
    /// Vendors and suppliers.
    pub vendors: Direction,
    /// Account codes and GL accounts. No transaction of M3 makes accounts: there off, or to Procurify.
    pub gl_accounts: Direction,
    /// Departments and cost centres, likewise.
    pub departments: Direction,
    /// The location that departments are made in. Default: the headquarters.
    pub department_location: Option<LocationId>,
    /// Whose name of a vendor is right where the two systems' differ: it is written into the other system. Default:
    /// both stay as they are.
    pub vendor_names: Option<System>,
    /// Likewise of an account's description. M3's cannot be written: there only CloudSuite can be the owner.
    pub gl_account_names: Option<System>,
    /// Likewise of a department's or cost centre's name.
    pub department_names: Option<System>,
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Procurify => "Procurify",
            Self::CloudSuite => "CloudSuite",
        })
    }
}
