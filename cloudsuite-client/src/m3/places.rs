//! Facilities (`CRS008MI`) and warehouses (`MMS005MI`).

use super::M3;
use super::TransactionError;
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

    /// What is wrong with the facility and warehouse that were set, such as `facility ZZ9`, which does not exist.
    ///
    /// M3's batch entry takes orders for places that do not exist, and fails them later.
    ///
    /// # Errors
    /// As any call; the user needs the right to `CRS008MI` and `MMS005MI`.
    pub async fn wrong_places(&self) -> Result<Vec<String>, TransactionError> {
        let mut wrong = Vec::new();
        if let Some(set) = &self.scope.facility {
            let found = self.facilities().all().await?.into_iter().find(|facility| facility.code == *set);
            let division = found.map(|facility| facility.division.unwrap_or_default());
            wrong.extend(self.wrong_place("facility", set.as_str(), division));
        }
        if let Some(set) = &self.scope.warehouse {
            let found = self.warehouses().all().await?.into_iter().find(|warehouse| warehouse.code == *set);
            let division = found.map(|warehouse| warehouse.division.unwrap_or_default());
            wrong.extend(self.wrong_place("warehouse", set.as_str(), division));
        }
        Ok(wrong)
    }

    /// What is wrong with a place; `division` is the one it belongs to, blank for none, if the place is there.
    fn wrong_place(&self, what: &str, code: &str, division: Option<String>) -> Option<String> {
        let Some(division) = division else {
            return Some(format!("{what} {code}"));
        };
        let set = self.scope.division.as_ref()?;
        let elsewhere = !division.is_empty() && division != set.as_str();
        elsewhere.then(|| format!("{what} {code} in division {set} (it belongs to {division})"))
    }
}
