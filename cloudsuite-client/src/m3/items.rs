//! Items (`MMS200MI`).

use super::M3;
use super::codes::ItemNumber;
use super::error::TransactionError;
use super::keyset::List;
use super::lookup::Lookup;
use super::record::{FieldError, MiRecord};
use super::suppliers::FIRST;

const PROGRAM: &str = "MMS200MI";

/// The columns wanted of `LstItmByItm`.
const COLUMNS: [&str; 10] = ["ITNO", "ITDS", "FUDS", "STAT", "UNMS", "PUUN", "PPUN", "ITTY", "ITGR", "DCCD"];

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// `ITNO`.
    pub number: ItemNumber,
    /// `ITDS`, 30 characters.
    pub name: Option<String>,
    /// `FUDS`, 60 characters.
    pub description: Option<String>,
    /// `STAT`: 20 is active.
    pub status: Option<String>,
    /// `UNMS`, the basic unit of measure.
    pub basic_unit: Option<String>,
    /// `PUUN`, the unit of purchase.
    pub purchase_unit: Option<String>,
    /// `PPUN`, the unit of the purchase price.
    pub price_unit: Option<String>,
    /// `ITTY`.
    pub item_type: Option<String>,
    /// `ITGR`.
    pub group: Option<String>,
    /// `DCCD`, decimals of quantities.
    pub decimals: Option<i64>,
}

impl Item {
    fn read(row: &MiRecord) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.code("ITNO")?,
            name: row.owned("ITDS"),
            description: row.owned("FUDS"),
            status: row.owned("STAT"),
            basic_unit: row.owned("UNMS"),
            purchase_unit: row.owned("PUUN"),
            price_unit: row.owned("PPUN"),
            item_type: row.owned("ITTY"),
            group: row.owned("ITGR"),
            decimals: row.integer("DCCD")?,
        })
    }
}

/// What can be asked about items.
#[derive(Debug, Clone)]
pub struct Items {
    m3: M3,
}

impl Items {
    pub(crate) fn new(m3: M3) -> Self {
        Self { m3 }
    }

    /// All items, by number (`LstItmByItm`). The transaction demands a first number; `!` is sent.
    pub fn list(&self) -> List<Item> {
        List::new(self.m3.clone(), PROGRAM, "LstItmByItm", Item::read)
            .key("ITNO", "ITNO")
            .starting_at(FIRST)
            .columns(&COLUMNS)
    }

    /// The items changed on or after this day, and some of the day before (`LstItmByChgDate`): the list may begin after
    /// the day that it is asked to start from.
    ///
    /// The day is the list's only key. A day on which so many items changed that a server's ceiling may have cut them
    /// is an error: read them all then.
    pub fn changed_since(&self, day: chrono::NaiveDate) -> List<Item> {
        let before = day.pred_opt().unwrap_or(day);
        List::new(self.m3.clone(), PROGRAM, "LstItmByChgDate", Item::read)
            .key("FLMD", "LMDT")
            .starting_at(super::value::write_date(before))
    }

    /// The items of these numbers (bulk `GetItmBasic`); `None` for those that do not exist.
    pub async fn get(&self, numbers: &[ItemNumber]) -> Vec<Result<Option<Item>, TransactionError>> {
        let lookup = Lookup { program: PROGRAM, transaction: "GetItmBasic", key: "ITNO", read: Item::read };
        lookup.get(&self.m3, numbers).await
    }
}
