//! Purchase orders (`SLPos`) and what can be done about them and their lines.
//!
//! The caller chooses an order's number: a second insert of the same number is refused by the database itself, which
//! makes the number the surest key against doubles. Where only the server gives numbers, an order is known by its
//! external reference, of which the server takes several.
//!
//! Lines are inserted apart from their order: an order may be there with some of its lines only, and is then to be
//! completed line by line.

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use tenant_http::{Error, Traced};

use super::change::Change;
use super::codes::{PoNumber, VendorNumber};
use super::filter::Filter;
use super::keyed::{Inserted, Inserts};
use super::load::Load;
use super::lookup::by_values;
use super::purchase_order_lines::{self as lines, LineKey, NewPurchaseOrderLine, PurchaseOrderLine};
use super::row::IdoRow;
use super::value::Value;
use super::{FieldError, SyteLine};

/// The properties wanted.
const PROPERTIES: [&str; 18] = [
    "PoNum",
    "VendNum",
    "Type",
    "Stat",
    "OrderDate",
    "TermsCode",
    "Whse",
    "VenCurrCode",
    "Buyer",
    "VendOrder",
    "ReqNum",
    "PoCost",
    "VendorName",
    "Charfld1",
    "Charfld2",
    "Charfld3",
    "RecordDate",
    "RowPointer",
];

/// An order's status (`Stat`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderStatus {
    /// `P`: planned, binding nobody.
    Planned,
    /// `O`: ordered.
    Ordered,
    /// `C`: complete.
    Complete,
    /// Any other.
    Other(String),
}

impl OrderStatus {
    /// As the server has it.
    pub fn code(&self) -> &str {
        match self {
            Self::Planned => "P",
            Self::Ordered => "O",
            Self::Complete => "C",
            Self::Other(code) => code,
        }
    }
}

impl From<&str> for OrderStatus {
    fn from(code: &str) -> Self {
        match code.trim() {
            "P" => Self::Planned,
            "O" => Self::Ordered,
            "C" => Self::Complete,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An order without its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PurchaseOrder {
    /// `PoNum`.
    pub number: PoNumber,
    /// `VendNum`.
    pub vendor: Option<VendorNumber>,
    /// `Type`: `R` is a regular order, `B` a blanket.
    pub order_type: Option<String>,
    /// `Stat`.
    pub status: Option<OrderStatus>,
    /// `OrderDate`.
    pub order_date: Option<NaiveDate>,
    /// `TermsCode`.
    pub terms: Option<String>,
    /// `Whse`.
    pub warehouse: Option<String>,
    /// `VenCurrCode`, the vendor's currency, which is the order's.
    pub currency: Option<String>,
    /// `Buyer`.
    pub buyer: Option<String>,
    /// `PoCost`, the sum of the lines as the server has it.
    pub cost: Option<Decimal>,
    /// `RecordDate`, the last change by the server's clock.
    pub changed: Option<NaiveDateTime>,
    /// What an update names it by; absent in read-only loads.
    pub item_id: Option<String>,
    /// The whole record.
    pub row: IdoRow,
}

impl PurchaseOrder {
    fn read(row: &IdoRow) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.code("PoNum")?,
            vendor: row.maybe_code("VendNum")?,
            order_type: row.owned("Type"),
            status: row.text("Stat").map(OrderStatus::from),
            order_date: row.date("OrderDate")?,
            terms: row.owned("TermsCode"),
            warehouse: row.owned("Whse"),
            currency: row.owned("VenCurrCode"),
            buyer: row.owned("Buyer"),
            cost: row.decimal("PoCost")?,
            changed: row.time("RecordDate")?,
            item_id: row.item_id().map(str::to_owned),
            row: row.clone(),
        })
    }
}

/// An order to be inserted, without its lines.
#[derive(Debug, Clone)]
pub struct NewPurchaseOrder {
    number: Option<PoNumber>,
    vendor: VendorNumber,
    reference: Option<String>,
    properties: Vec<(String, Value)>,
}

impl NewPurchaseOrder {
    /// A regular order of this number at this vendor. Build the number from your own key: it is what keeps the order
    /// from being there twice. With `None` the server numbers it: then give it a reference of its own.
    pub fn new(number: impl Into<Option<PoNumber>>, vendor: VendorNumber) -> Self {
        Self { number: number.into(), vendor, reference: None, properties: Vec::new() }
    }

    /// `Stat`; the server's default is `P`, planned.
    pub fn status(self, status: &OrderStatus) -> Self {
        self.property("Stat", status.code())
    }

    /// `OrderDate`.
    pub fn order_date(self, day: NaiveDate) -> Self {
        self.property("OrderDate", day)
    }

    /// `TermsCode`; the vendor's by default.
    pub fn terms(self, code: &str) -> Self {
        self.property("TermsCode", code)
    }

    /// `Whse`.
    pub fn warehouse(self, code: &str) -> Self {
        self.property("Whse", code)
    }

    /// `Buyer`.
    pub fn buyer(self, name: &str) -> Self {
        self.property("Buyer", name)
    }

    /// The external reference, in the property that [`IdoNames::order_reference`](super::IdoNames) names.
    pub fn reference(mut self, reference: &str) -> Self {
        self.reference = Some(reference.to_owned());
        self
    }

    /// Any other property, such as those a tenant demands.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }

    fn change(&self, reference_property: &str) -> Change {
        // What tells it from others comes first.
        let (named, reference) = match &self.number {
            Some(number) => (Change::insert().set("PoNum", number), self.reference.as_deref()),
            None => (Change::insert().maybe(reference_property, self.reference.as_deref()), None),
        };
        let change = named.set("VendNum", &self.vendor).set("Type", "R").maybe(reference_property, reference);
        self.properties.iter().fold(change, |change, (name, value)| change.set(name, value.clone()))
    }
}

/// What can be asked and done about purchase orders.
#[derive(Debug, Clone)]
pub struct PurchaseOrders {
    syteline: SyteLine,
}

impl PurchaseOrders {
    pub(crate) fn new(syteline: SyteLine) -> Self {
        Self { syteline }
    }

    fn ido(&self) -> &str {
        &self.syteline.ido_names().purchase_orders
    }

    /// All orders, by number. Narrow it with [`Load::filter`]: `VendNum`, `Stat`, `OrderDate`, `RecordDate`.
    pub fn list(&self) -> Load<PurchaseOrder> {
        let load = Load::new(self.syteline.clone(), self.ido(), PurchaseOrder::read);
        load.properties(&PROPERTIES).order_by("PoNum").unique_order()
    }

    /// The orders changed since then (`RecordDate`), by the server's clock.
    pub fn changed_since(&self, moment: NaiveDateTime) -> Load<PurchaseOrder> {
        self.list().filter(Filter::property("RecordDate").ge(moment))
    }

    /// The orders of these numbers, one answer for each; `None` for those that do not exist.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn get(&self, numbers: &[PoNumber]) -> Result<Vec<Option<PurchaseOrder>>, Error> {
        let found = by_values(&self.list(), "PoNum", numbers.iter().map(Value::from).collect()).await?;
        let of = |number: &PoNumber| found.iter().find(|order| order.number == *number).cloned();
        Ok(numbers.iter().map(of).collect())
    }

    /// All orders that carry one of these external references.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn find_by_reference(&self, references: &[impl AsRef<str>]) -> Result<Vec<PurchaseOrder>, Error> {
        let values = references.iter().map(|reference| Value::text(reference.as_ref())).collect();
        by_values(&self.list(), &self.syteline.ido_names().order_reference, values).await
    }

    /// All lines of these orders, by order and line.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn lines(&self, numbers: &[PoNumber]) -> Result<Vec<PurchaseOrderLine>, Error> {
        by_values(&lines::load(&self.syteline), "PoNum", numbers.iter().map(Value::from).collect()).await
    }

    /// The external reference of an order, in the property that holds it in this tenant.
    pub fn reference_of<'a>(&self, order: &'a PurchaseOrder) -> Option<&'a str> {
        order.row.text(&self.syteline.ido_names().order_reference)
    }

    /// The property of a line that holds its unit cost in this tenant.
    pub fn line_cost_property(&self) -> &str {
        &self.syteline.ido_names().line_cost
    }

    /// Inserts orders without their lines, one result for each. One that is there already is [`Inserted::Found`]: of
    /// those that the server numbers, as far as an answer left it open. Look for their references before.
    pub async fn insert(&self, orders: &[NewPurchaseOrder]) -> Vec<Result<Inserted, Error>> {
        let reference = &self.syteline.ido_names().order_reference;
        let inserts = Inserts {
            syteline: &self.syteline,
            ido: self.ido(),
            changes: orders.iter().map(|order| order.change(reference)).collect(),
            unique: orders.iter().all(|order| order.number.is_some()),
        };
        inserts
            .send(|places| async move {
                let wanted: Vec<&NewPurchaseOrder> = places.iter().map(|&place| &orders[place]).collect();
                self.there(&wanted).await
            })
            .await
    }

    /// What is there of orders to be inserted.
    async fn there(&self, orders: &[&NewPurchaseOrder]) -> Result<Vec<Option<IdoRow>>, Error> {
        let numbers: Vec<PoNumber> = orders.iter().filter_map(|order| order.number.clone()).collect();
        let unnumbered = orders.iter().filter(|order| order.number.is_none());
        let references: Vec<&str> = unnumbered.filter_map(|order| order.reference.as_deref()).collect();
        let mut found: Vec<PurchaseOrder> = self.get(&numbers).await?.into_iter().flatten().collect();
        if !references.is_empty() {
            found.extend(self.find_by_reference(&references).await?);
        }
        let is_it = |order: &NewPurchaseOrder, there: &PurchaseOrder| match &order.number {
            Some(number) => there.number == *number,
            None => order.reference.is_some() && self.reference_of(there) == order.reference.as_deref(),
        };
        let of = |order: &&NewPurchaseOrder| found.iter().find(|there| is_it(order, there)).map(|one| one.row.clone());
        Ok(orders.iter().map(of).collect())
    }

    /// Inserts lines into orders that exist, one result for each. One that is there already is [`Inserted::Found`].
    pub async fn insert_lines(&self, new: &[NewPurchaseOrderLine]) -> Vec<Result<Inserted, Error>> {
        let names = self.syteline.ido_names();
        let inserts = Inserts {
            syteline: &self.syteline,
            ido: &names.purchase_order_lines,
            changes: new.iter().map(|line| line.change(names)).collect(),
            unique: true,
        };
        let load = self
            .syteline
            .load(&names.purchase_order_lines)
            .properties(&lines::PROPERTIES)
            .order_by("PoNum")
            .order_by("PoLine")
            .order_by("PoRelease")
            .unique_order();
        let load = &load;
        inserts
            .send(|places| async move {
                let keys: Vec<&LineKey> = places.iter().map(|&place| &new[place].key).collect();
                let rows = by_values(load, "PoNum", keys.iter().map(|key| Value::from(&key.order)).collect()).await?;
                Ok(keys.iter().map(|key| rows.iter().find(|row| is_line(row, key)).cloned()).collect())
            })
            .await
    }

    /// Sets the status of orders by their numbers, whatever else has changed; one result for each.
    pub async fn set_status(&self, numbers: &[PoNumber], status: &OrderStatus) -> Vec<Result<Traced<IdoRow>, Error>> {
        let change = |number: &PoNumber| Change::update_by_key().key("PoNum", number).set("Stat", status.code());
        self.syteline.update(self.ido()).extend(numbers.iter().map(change)).send_repeatable().await
    }

    /// Changes of orders, to be sent: amendments and deletions by [`Change::update`] and [`Change::delete`].
    pub fn update(&self) -> super::Update {
        self.syteline.update(self.ido())
    }

    /// Changes of lines, to be sent.
    pub fn update_lines(&self) -> super::Update {
        self.syteline.update(&self.syteline.ido_names().purchase_order_lines)
    }
}

fn is_line(row: &IdoRow, key: &LineKey) -> bool {
    let number = |name: &str| row.integer(name).ok().flatten().unwrap_or(0);
    row.text("PoNum") == Some(key.order.as_str())
        && number("PoLine") == i64::from(key.line)
        && number("PoRelease") == i64::from(key.release)
}
