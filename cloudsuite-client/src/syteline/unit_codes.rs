//! Unit codes (`SLUnitcd1s` to `SLUnitcd4s`), of which an account takes up to four; the cost centre is one of them.

use super::codes::UnitCode;
use super::load::Load;
use super::row::IdoRow;
use super::{FieldError, SyteLine};

/// A unit code and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnitCodeName {
    /// `Unit1`, `Unit2`, `Unit3` or `Unit4`.
    pub code: UnitCode,
    /// `Description`.
    pub description: Option<String>,
}

impl UnitCodeName {
    fn read(row: &IdoRow) -> Result<Self, FieldError> {
        // Whichever of the four it is: a record has one of them only.
        let name = ["Unit1", "Unit2", "Unit3", "Unit4"].into_iter().find(|name| row.text(name).is_some());
        Ok(Self { code: row.code(name.unwrap_or("Unit1"))?, description: row.owned("Description") })
    }
}

/// What can be asked about unit codes.
#[derive(Debug, Clone)]
pub struct UnitCodes {
    syteline: SyteLine,
}

impl UnitCodes {
    pub(crate) fn new(syteline: SyteLine) -> Self {
        Self { syteline }
    }

    /// All codes of one of the four kinds, by code; a number out of 1 to 4 is taken for the nearest.
    pub fn list(&self, number: u8) -> Load<UnitCodeName> {
        let number = usize::from(number.clamp(1, 4));
        let property = format!("Unit{number}");
        Load::new(self.syteline.clone(), &self.syteline.ido_names().unit_codes[number - 1], UnitCodeName::read)
            .properties(&[&property, "Description"])
            .order_by(&property)
            .unique_order()
            .read_only()
    }
}
