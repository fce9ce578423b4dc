//! Items (`SLItems`).

use chrono::NaiveDateTime;

use super::codes::ItemCode;
use super::filter::Filter;
use super::load::Load;
use super::lookup::by_values;
use super::row::IdoRow;
use super::value::Value;
use super::{FieldError, SyteLine};

const PROPERTIES: [&str; 7] = ["Item", "Description", "UM", "Stat", "ProductCode", "RecordDate", "RowPointer"];

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// `Item`.
    pub code: ItemCode,
    /// `Description`.
    pub description: Option<String>,
    /// `UM`, its own unit of measure.
    pub unit: Option<String>,
    /// `Stat`: `A` is active.
    pub status: Option<String>,
    /// `ProductCode`.
    pub product_code: Option<String>,
    /// `RecordDate`, the last change by the server's clock.
    pub changed: Option<NaiveDateTime>,
}

impl Item {
    fn read(row: &IdoRow) -> Result<Self, FieldError> {
        Ok(Self {
            code: row.code("Item")?,
            description: row.owned("Description"),
            unit: row.owned("UM"),
            status: row.owned("Stat"),
            product_code: row.owned("ProductCode"),
            changed: row.time("RecordDate")?,
        })
    }
}

/// What can be asked about items.
#[derive(Debug, Clone)]
pub struct Items {
    syteline: SyteLine,
}

impl Items {
    pub(crate) fn new(syteline: SyteLine) -> Self {
        Self { syteline }
    }

    /// All items, by code.
    pub fn list(&self) -> Load<Item> {
        Load::new(self.syteline.clone(), &self.syteline.ido_names().items, Item::read)
            .properties(&PROPERTIES)
            .order_by("Item")
            .unique_order()
            .read_only()
    }

    /// The items changed since then (`RecordDate`), by the server's clock.
    pub fn changed_since(&self, moment: NaiveDateTime) -> Load<Item> {
        self.list().filter(Filter::property("RecordDate").ge(moment))
    }

    /// The items of these codes, one answer for each; `None` for those that do not exist.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn get(&self, codes: &[ItemCode]) -> Result<Vec<Option<Item>>, tenant_http::Error> {
        let found = by_values(&self.list(), "Item", codes.iter().map(Value::from).collect()).await?;
        let of = |code: &ItemCode| found.iter().find(|item| item.code == *code).cloned();
        Ok(codes.iter().map(of).collect())
    }
}
