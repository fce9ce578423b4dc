//! Purchase orders with their lines, which are created together with their order in one write.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use tenant_http::{Error, RequestIds, Traced};

use super::batch::Write;
use super::changes::{DocumentChanges, NewLine};
use super::entity::{Entity, NewEntity, Properties};
use super::filter::Filter;
use super::key::Key;
use super::lookup::by_values;
use super::masters::query;
use super::names::EntityNames;
use super::query::Query;
use super::value::Value;
use super::{FieldError, OData, Service};

/// An order with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PurchaseOrder {
    /// `Order`.
    pub number: String,
    /// `Supplier`.
    pub supplier: Option<String>,
    /// `Currency`.
    pub currency: Option<String>,
    /// `OrderDate`.
    pub order_date: Option<NaiveDate>,
    /// `Reference`: where this project keeps its own.
    pub reference: Option<String>,
    /// `Status`, in the tenant's own words.
    pub status: Option<String>,
    /// `Total`.
    pub total: Option<Decimal>,
    /// `ChangedOn`.
    pub changed: Option<DateTime<Utc>>,
    /// `Lines`.
    pub lines: Vec<PurchaseOrderLine>,
    /// The state at which it was read.
    pub etag: Option<String>,
}

/// An order's line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PurchaseOrderLine {
    /// `Line`.
    pub number: Option<i64>,
    /// `Item`.
    pub item: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `Quantity`, in `unit`.
    pub quantity: Option<Decimal>,
    /// `Unit`.
    pub unit: Option<String>,
    /// `Price` of one `unit`, in the order's currency.
    pub price: Option<Decimal>,
    /// `DeliveryDate`.
    pub delivery_date: Option<NaiveDate>,
    /// `LedgerAccount`.
    pub account: Option<String>,
    /// `CostCenter`.
    pub cost_center: Option<String>,
    /// `Amount`.
    pub amount: Option<Decimal>,
    /// The state at which it was read, where lines have one of their own.
    pub etag: Option<String>,
}

impl PurchaseOrder {
    fn read(entity: &Entity, names: &EntityNames) -> Result<Self, FieldError> {
        let text = |ours: &str| entity.text(names.property(ours));
        let lines = entity.children(names.property("Lines"))?;
        Ok(Self {
            number: entity.required(names.property("Order"))?,
            supplier: text("Supplier"),
            currency: text("Currency"),
            order_date: entity.date(names.property("OrderDate"))?,
            reference: text("Reference"),
            status: text("Status"),
            total: entity.decimal(names.property("Total"))?,
            changed: entity.time(names.property("ChangedOn"))?,
            lines: lines.iter().map(|line| PurchaseOrderLine::read(line, names)).collect::<Result<_, _>>()?,
            etag: entity.etag(),
        })
    }
}

impl PurchaseOrderLine {
    fn read(entity: &Entity, names: &EntityNames) -> Result<Self, FieldError> {
        let text = |ours: &str| entity.text(names.property(ours));
        Ok(Self {
            number: entity.integer(names.property("Line"))?,
            item: text("Item"),
            description: text("Description"),
            quantity: entity.decimal(names.property("Quantity"))?,
            unit: text("Unit"),
            price: entity.decimal(names.property("Price"))?,
            delivery_date: entity.date(names.property("DeliveryDate"))?,
            account: text("LedgerAccount"),
            cost_center: text("CostCenter"),
            amount: entity.decimal(names.property("Amount"))?,
            etag: entity.etag(),
        })
    }
}

/// An order to be created with its lines.
#[derive(Debug, Clone)]
pub struct NewPurchaseOrder {
    properties: Properties,
    lines: Vec<NewPurchaseOrderLine>,
}

impl NewPurchaseOrder {
    /// An order at this supplier, with the external reference by which it can be found again.
    pub fn new(supplier: &str, reference: &str) -> Self {
        let properties = vec![("Supplier".to_owned(), supplier.into()), ("Reference".to_owned(), reference.into())];
        Self { properties, lines: Vec::new() }
    }

    /// `Order`, where the tenant lets the caller choose it: a second order of the number is then refused.
    pub fn number(self, number: &str) -> Self {
        self.property("Order", number)
    }

    /// `Currency`.
    pub fn currency(self, code: &str) -> Self {
        self.property("Currency", code)
    }

    /// `OrderDate`.
    pub fn order_date(self, day: NaiveDate) -> Self {
        self.property("OrderDate", day)
    }

    /// Any other property.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a line.
    pub fn line(mut self, line: NewPurchaseOrderLine) -> Self {
        self.lines.push(line);
        self
    }

    fn entity(&self, names: &EntityNames) -> NewEntity {
        let lines = self.lines.iter().map(|line| NewEntity::named(&line.properties, names)).collect();
        NewEntity::named(&self.properties, names).children(names.property("Lines"), lines)
    }
}

/// A line to be created with its order.
#[derive(Debug, Clone)]
pub struct NewPurchaseOrderLine {
    properties: Properties,
}

impl From<NewPurchaseOrderLine> for NewLine {
    fn from(line: NewPurchaseOrderLine) -> Self {
        Self(line.properties)
    }
}

impl NewPurchaseOrderLine {
    /// So many of an item at this price each, in the order's currency.
    pub fn new(line: i64, item: &str, quantity: Decimal, price: Decimal) -> Self {
        let properties = vec![
            ("Line".to_owned(), line.into()),
            ("Item".to_owned(), item.into()),
            ("Quantity".to_owned(), quantity.into()),
            ("Price".to_owned(), price.into()),
        ];
        Self { properties }
    }

    /// `Description`.
    pub fn description(self, text: &str) -> Self {
        self.property("Description", text)
    }

    /// `Unit`.
    pub fn unit(self, code: &str) -> Self {
        self.property("Unit", code)
    }

    /// `DeliveryDate`.
    pub fn delivery_date(self, day: NaiveDate) -> Self {
        self.property("DeliveryDate", day)
    }

    /// `LedgerAccount`.
    pub fn account(self, code: &str) -> Self {
        self.property("LedgerAccount", code)
    }

    /// `CostCenter`.
    pub fn cost_center(self, code: &str) -> Self {
        self.property("CostCenter", code)
    }

    /// Any other property.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }
}

/// What can be asked and done about purchase orders.
#[derive(Debug, Clone)]
pub struct PurchaseOrders {
    odata: OData,
}

impl PurchaseOrders {
    pub(crate) fn new(odata: OData) -> Self {
        Self { odata }
    }

    fn names(&self) -> &EntityNames {
        &self.odata.entity_names().purchase_orders
    }

    fn service(&self) -> Service {
        self.odata.service(&self.names().service)
    }

    /// All orders with their lines, by number. Narrow it with [`Query::filter`].
    pub fn list(&self) -> Query<PurchaseOrder> {
        let names = self.names();
        query(&self.odata, names, "Order", PurchaseOrder::read).expand(&[names.property("Lines")])
    }

    /// The orders changed since then (`ChangedOn`).
    pub fn changed_since(&self, moment: DateTime<Utc>) -> Query<PurchaseOrder> {
        self.list().filter(Filter::property(self.names().property("ChangedOn")).ge(moment))
    }

    /// The orders of these days (`OrderDate`), both included, with their lines.
    pub fn dated(&self, first: NaiveDate, last: NaiveDate) -> Query<PurchaseOrder> {
        let day = || Filter::property(self.names().property("OrderDate"));
        self.list().filter(day().ge(first).and(day().le(last)))
    }

    /// All orders that carry one of these external references.
    ///
    /// # Errors
    /// As [`Query::page`].
    pub async fn find_by_reference(&self, references: &[impl AsRef<str>]) -> Result<Vec<PurchaseOrder>, Error> {
        self.find("Reference", references).await
    }

    /// The orders of these numbers, one answer for each; `None` for those that do not exist.
    ///
    /// # Errors
    /// As [`Query::page`].
    pub async fn get(&self, numbers: &[impl AsRef<str>]) -> Result<Vec<Option<PurchaseOrder>>, Error> {
        let found = self.find("Order", numbers).await?;
        let of = |number: &str| found.iter().find(|order| order.number == number.trim()).cloned();
        Ok(numbers.iter().map(|number| of(number.as_ref())).collect())
    }

    async fn find(&self, ours: &str, values: &[impl AsRef<str>]) -> Result<Vec<PurchaseOrder>, Error> {
        by_values(&self.list(), self.names().property(ours), values).await
    }

    /// Creates orders with their lines, one result for each: the order as far as the server shows it.
    ///
    /// Nothing is created twice by this: what is `Unknown` is for the caller to look up by its reference.
    pub async fn create(&self, orders: &[NewPurchaseOrder]) -> Vec<Result<Traced<Entity>, Error>> {
        let names = self.names();
        let writes: Vec<Write> = orders.iter().map(|order| Write::create(&names.set, order.entity(names))).collect();
        self.service().write_many(&writes).await
    }

    /// The number of an order that [`create`](Self::create) gave.
    pub fn number_of(&self, order: &Entity) -> Option<String> {
        order.text(self.names().property("Order"))
    }

    /// Changes properties of an order, at the state in which it was read (`None`: whatever it has become).
    ///
    /// # Errors
    /// Of kind `Conflict` if it has changed since.
    pub async fn amend(&self, number: &str, etag: Option<&str>, changes: NewEntity) -> Result<Traced<Entity>, Error> {
        self.service().write(&Write::patch(&self.names().set, &Key::of(number), etag, changes)).await
    }

    /// Makes these changes of an order, all or nothing, at the state in which it was read (`None`: whatever it has
    /// become).
    ///
    /// # Errors
    /// Of kind `Conflict` if it has changed since.
    pub async fn change(
        &self,
        number: &str,
        etag: Option<&str>,
        changes: &DocumentChanges,
    ) -> Result<RequestIds, Error> {
        self.service().change(self.names(), number, etag, changes).await
    }

    /// Deletes an order, at the state in which it was read (`None`: whatever it has become).
    ///
    /// # Errors
    /// Of kind `Conflict` if it has changed since.
    pub async fn delete(&self, number: &str, etag: Option<&str>) -> Result<(), Error> {
        self.service().write(&Write::delete(&self.names().set, &Key::of(number), etag)).await.map(drop)
    }
}
