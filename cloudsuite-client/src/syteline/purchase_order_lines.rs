//! Lines of purchase orders (`SLPoItems`): as they are read, and as they are written.

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;

use super::change::Change;
use super::codes::{AccountNumber, ItemCode, PoNumber, UnitCode};
use super::names::IdoNames;
use super::row::IdoRow;
use super::value::Value;
use super::{FieldError, SyteLine};
use crate::m3::value::fit_text;

/// The properties wanted. Both spellings of the cost are, for releases differ in which one is kept.
pub(crate) const PROPERTIES: [&str; 23] = [
    "PoNum",
    "PoLine",
    "PoRelease",
    "Item",
    "Description",
    "QtyOrderedConv",
    "UM",
    "ItemCostConv",
    "UnitMatCostConv",
    "DueDate",
    "Stat",
    "Whse",
    "NonInvAcct",
    "NonInvAcctUnit1",
    "NonInvAcctUnit2",
    "NonInvAcctUnit3",
    "NonInvAcctUnit4",
    "TaxCode1",
    "QtyReceived",
    "QtyVoucher",
    "PoVendNum",
    "RecordDate",
    "RowPointer",
];

/// A line's name: the order, its number, and 0 or the number of a release of a blanket order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineKey {
    /// `PoNum`.
    pub order: PoNumber,
    /// `PoLine`, from 1.
    pub line: u32,
    /// `PoRelease`, 0 for a regular order.
    pub release: u32,
}

/// An order's line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PurchaseOrderLine {
    /// `PoNum`, `PoLine`, `PoRelease`.
    pub key: LineKey,
    /// `Item`; it need not be in the item master.
    pub item: Option<ItemCode>,
    /// `Description`.
    pub description: Option<String>,
    /// `QtyOrderedConv`, in `unit`.
    pub quantity: Option<Decimal>,
    /// `UM`.
    pub unit: Option<String>,
    /// `ItemCostConv` or, where that is absent, `UnitMatCostConv`: the cost of one `unit` in the vendor's currency.
    pub cost: Option<Decimal>,
    /// `DueDate`.
    pub due_date: Option<NaiveDate>,
    /// `Stat`.
    pub status: Option<String>,
    /// `Whse`.
    pub warehouse: Option<String>,
    /// `NonInvAcct`, for an item that is not in the item master.
    pub account: Option<AccountNumber>,
    /// `NonInvAcctUnit1` to `NonInvAcctUnit4`; the cost centre is one of them.
    pub unit_codes: [Option<UnitCode>; 4],
    /// `TaxCode1`.
    pub tax_code: Option<String>,
    /// `QtyReceived`, in the item's own unit.
    pub received: Option<Decimal>,
    /// `QtyVoucher`, in the item's own unit.
    pub vouchered: Option<Decimal>,
    /// `RecordDate`, the last change by the server's clock.
    pub changed: Option<NaiveDateTime>,
    /// What an update names it by; absent in read-only loads.
    pub item_id: Option<String>,
}

impl PurchaseOrderLine {
    pub(crate) fn read(row: &IdoRow) -> Result<Self, FieldError> {
        let number = |name: &str| {
            let number = row.integer(name)?.unwrap_or(0);
            let wrong = || FieldError::Unreadable { field: name.to_owned(), reason: format!("{number} is too large") };
            u32::try_from(number).map_err(|_| wrong())
        };
        Ok(Self {
            key: LineKey { order: row.code("PoNum")?, line: number("PoLine")?, release: number("PoRelease")? },
            item: row.maybe_code("Item")?,
            description: row.owned("Description"),
            quantity: row.decimal("QtyOrderedConv")?,
            unit: row.owned("UM"),
            cost: row.decimal("ItemCostConv")?.map_or_else(|| row.decimal("UnitMatCostConv"), |cost| Ok(Some(cost)))?,
            due_date: row.date("DueDate")?,
            status: row.owned("Stat"),
            warehouse: row.owned("Whse"),
            account: row.maybe_code("NonInvAcct")?,
            unit_codes: [
                row.maybe_code("NonInvAcctUnit1")?,
                row.maybe_code("NonInvAcctUnit2")?,
                row.maybe_code("NonInvAcctUnit3")?,
                row.maybe_code("NonInvAcctUnit4")?,
            ],
            tax_code: row.owned("TaxCode1"),
            received: row.decimal("QtyReceived")?,
            vouchered: row.decimal("QtyVoucher")?,
            changed: row.time("RecordDate")?,
            item_id: row.item_id().map(str::to_owned),
        })
    }
}

/// A line to be inserted into an order that exists.
#[derive(Debug, Clone)]
pub struct NewPurchaseOrderLine {
    pub(crate) key: LineKey,
    item: ItemCode,
    quantity: Decimal,
    cost: Decimal,
    properties: Vec<(String, Value)>,
}

impl NewPurchaseOrderLine {
    /// Line `line` (from 1) of an order: so many of an item at this cost each, in the vendor's currency. An item that
    /// is not in the item master makes a line without inventory, which needs an [`account`](Self::account).
    pub fn new(order: PoNumber, line: u32, item: ItemCode, quantity: Decimal, cost: Decimal) -> Self {
        let key = LineKey { order, line, release: 0 };
        Self { key, item, quantity, cost, properties: Vec::new() }
    }

    /// `Description`, made fit for 40 characters.
    pub fn description(self, text: &str) -> Self {
        match fit_text(text, 40) {
            Some(text) => self.property("Description", text),
            None => self,
        }
    }

    /// `UM`.
    pub fn unit(self, code: &str) -> Self {
        self.property("UM", code)
    }

    /// `DueDate`.
    pub fn due(self, day: NaiveDate) -> Self {
        self.property("DueDate", day)
    }

    /// `Stat`.
    pub fn status(self, status: &super::OrderStatus) -> Self {
        self.property("Stat", status.code())
    }

    /// `Whse`.
    pub fn warehouse(self, code: &str) -> Self {
        self.property("Whse", code)
    }

    /// `NonInvAcct`.
    pub fn account(self, account: &AccountNumber) -> Self {
        self.property("NonInvAcct", account)
    }

    /// `NonInvAcctUnit1` to `NonInvAcctUnit4`, by its number from 1 to 4.
    pub fn unit_code(self, number: u8, code: &UnitCode) -> Self {
        self.property(&format!("NonInvAcctUnit{number}"), code)
    }

    /// `TaxCode1`.
    pub fn tax_code(self, code: &str) -> Self {
        self.property("TaxCode1", code)
    }

    /// Any other property, such as those a tenant demands.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn change(&self, names: &IdoNames) -> Change {
        let change = Change::insert()
            .set("PoNum", &self.key.order)
            .set("PoLine", i64::from(self.key.line))
            .set("PoRelease", i64::from(self.key.release))
            .set("Item", &self.item)
            .set("QtyOrderedConv", self.quantity)
            .set(&names.line_cost, self.cost);
        self.properties.iter().fold(change, |change, (name, value)| change.set(name, value.clone()))
    }
}

/// Lines of any orders, by order and line.
pub(crate) fn load(syteline: &SyteLine) -> super::Load<PurchaseOrderLine> {
    super::Load::new(syteline.clone(), &syteline.ido_names().purchase_order_lines, PurchaseOrderLine::read)
        .properties(&PROPERTIES)
        .order_by("PoNum")
        .order_by("PoLine")
        .order_by("PoRelease")
        .unique_order()
}
