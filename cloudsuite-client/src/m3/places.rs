//! Facilities (`CRS008MI`) and warehouses (`MMS005MI`).

use super::M3;
use super::codes::{Facility, Warehouse};
use super::keyset::List;
use super::record::{FieldError, MiRecord};

/// A facility and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FacilityInfo {
    /// `FACI`.
    pub code: Facility,
    /// `FACN`.
    pub name: Option<String>,
    /// `DIVI`.
    pub division: Option<String>,
    /// `WHLO`, its main warehouse.
    pub warehouse: Option<String>,
}

/// A warehouse and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WarehouseInfo {
    /// `WHLO`.
    pub code: Warehouse,
    /// `WHNM`.
    pub name: Option<String>,
    /// `DIVI`.
    pub division: Option<String>,
    /// `FACI`, the facility it belongs to.
    pub facility: Option<String>,
}

fn facility(row: &MiRecord) -> Result<FacilityInfo, FieldError> {
    Ok(FacilityInfo {
        code: row.code("FACI")?,
        name: row.owned("FACN"),
        division: row.owned("DIVI"),
        warehouse: row.owned("WHLO"),
    })
}

fn warehouse(row: &MiRecord) -> Result<WarehouseInfo, FieldError> {
    Ok(WarehouseInfo {
        code: row.code("WHLO")?,
        name: row.owned("WHNM"),
        division: row.owned("DIVI"),
        facility: row.owned("FACI"),
    })
}

impl M3 {
    /// All facilities, by code (`CRS008MI ListFacility`).
    pub fn facilities(&self) -> List<FacilityInfo> {
        List::new(self.clone(), "CRS008MI", "ListFacility", facility).key("FACI", "FACI")
    }

    /// All warehouses, by code (`MMS005MI LstWarehouses`).
    pub fn warehouses(&self) -> List<WarehouseInfo> {
        List::new(self.clone(), "MMS005MI", "LstWarehouses", warehouse).key("FWHL", "WHLO")
    }
}
