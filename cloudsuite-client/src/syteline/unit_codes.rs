//! Unit codes (`SLUnitcd1s` to `SLUnitcd4s`), of which an account takes up to four; the cost centre is one of them.

use tenant_http::Error;

use super::change::Change;
use super::codes::UnitCode;
use super::keyed::{Inserted, insert_unique};
use super::load::Load;
use super::lookup::by_values;
use super::row::IdoRow;
use super::update::Update;
use super::value::Value;
use super::{FieldError, SyteLine};

/// A unit code and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnitCodeName {
    /// `Unit1`, `Unit2`, `Unit3` or `Unit4`.
    pub code: UnitCode,
    /// `Description`.
    pub description: Option<String>,
    /// What an update names it by; absent in read-only loads.
    pub item_id: Option<String>,
}

impl UnitCodeName {
    fn read(row: &IdoRow) -> Result<Self, FieldError> {
        // Whichever of the four it is: a record has one of them only.
        let name = ["Unit1", "Unit2", "Unit3", "Unit4"].into_iter().find(|name| row.text(name).is_some());
        Ok(Self {
            code: row.code(name.unwrap_or("Unit1"))?,
            description: row.owned("Description"),
            item_id: row.item_id().map(str::to_owned),
        })
    }
}

/// What can be asked and done about unit codes.
#[derive(Debug, Clone)]
pub struct UnitCodes {
    syteline: SyteLine,
}

impl UnitCodes {
    pub(crate) fn new(syteline: SyteLine) -> Self {
        Self { syteline }
    }

    /// The IDO and the property of one of the four kinds.
    fn kind(&self, number: u8) -> (&str, String) {
        let number = number.clamp(1, 4);
        (&self.syteline.ido_names().unit_codes[usize::from(number) - 1], format!("Unit{number}"))
    }

    /// All codes of one of the four kinds, by code; a number out of 1 to 4 is taken for the nearest.
    pub fn list(&self, number: u8) -> Load<UnitCodeName> {
        let (ido, property) = self.kind(number);
        Load::new(self.syteline.clone(), ido, UnitCodeName::read)
            .properties(&[&property, "Description"])
            .order_by(&property)
            .unique_order()
    }

    /// Those of these codes that there are.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn get(&self, number: u8, codes: &[UnitCode]) -> Result<Vec<UnitCodeName>, Error> {
        by_values(&self.list(number), &self.kind(number).1, codes.iter().map(Value::from).collect()).await
    }

    /// Adds codes and their names, one result for each. One that is taken already is [`Inserted::Found`].
    pub async fn insert(&self, number: u8, codes: &[(UnitCode, &str)]) -> Vec<Result<Inserted, Error>> {
        let (ido, property) = self.kind(number);
        let change = |(code, name): &(UnitCode, &str)| {
            (Value::from(code), Change::insert().set(&property, code).set("Description", *name))
        };
        let new = codes.iter().map(change).collect();
        insert_unique(&self.syteline, ido, &property, &[&property, "Description"], new).await
    }

    /// Changes of codes of one of the four kinds, many in a call.
    pub fn update(&self, number: u8) -> Update {
        self.syteline.update(self.kind(number).0)
    }
}
