//! Suppliers: read, created, and changed at the state in which they were read.

use chrono::{DateTime, Utc};
use tenant_http::{Error, Traced};

use super::batch::Write;
use super::entity::{Entity, NewEntity, Properties};
use super::filter::Filter;
use super::key::Key;
use super::lookup::by_values;
use super::masters::query;
use super::names::EntityNames;
use super::query::Query;
use super::value::Value;
use super::{FieldError, OData, Service};

/// A supplier.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Supplier {
    /// `Supplier`.
    pub number: String,
    /// `Name`.
    pub name: Option<String>,
    /// `Status`, in the tenant's own words.
    pub status: Option<String>,
    /// `Currency`.
    pub currency: Option<String>,
    /// `PaymentTerms`.
    pub payment_terms: Option<String>,
    /// `ChangedOn`.
    pub changed: Option<DateTime<Utc>>,
    /// The state at which it was read.
    pub etag: Option<String>,
}

impl Supplier {
    fn read(entity: &Entity, names: &EntityNames) -> Result<Self, FieldError> {
        let text = |ours: &str| entity.text(names.property(ours));
        Ok(Self {
            number: entity.required(names.property("Supplier"))?,
            name: text("Name"),
            status: text("Status"),
            currency: text("Currency"),
            payment_terms: text("PaymentTerms"),
            changed: entity.time(names.property("ChangedOn"))?,
            etag: entity.etag(),
        })
    }
}

/// A supplier to be created.
#[derive(Debug, Clone)]
pub struct NewSupplier {
    properties: Properties,
}

impl NewSupplier {
    /// A supplier of this name, numbered by the server.
    pub fn new(name: &str) -> Self {
        Self { properties: vec![("Name".to_owned(), name.into())] }
    }

    /// `Supplier`, where the tenant lets the caller choose it: a second supplier of the number is then refused.
    pub fn number(self, number: &str) -> Self {
        self.property("Supplier", number)
    }

    /// `Currency`.
    pub fn currency(self, code: &str) -> Self {
        self.property("Currency", code)
    }

    /// `PaymentTerms`.
    pub fn payment_terms(self, code: &str) -> Self {
        self.property("PaymentTerms", code)
    }

    /// Any other property.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }
}

/// What is to change of a supplier; the rest stays as it is.
#[derive(Debug, Clone, Default)]
pub struct SupplierChanges {
    properties: Properties,
}

impl SupplierChanges {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// `Name`.
    pub fn name(self, name: &str) -> Self {
        self.property("Name", name)
    }

    /// `Status`, in the tenant's own words.
    pub fn status(self, status: &str) -> Self {
        self.property("Status", status)
    }

    /// Any property; `None` empties it.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }
}

/// What can be asked and done about suppliers.
///
/// ```no_run
/// use cloudsuite_client::CloudSuiteClient;
/// use cloudsuite_client::odata::{NewSupplier, SupplierChanges};
///
/// # async fn run(client: CloudSuiteClient) -> Result<(), Box<dyn std::error::Error>> {
/// let suppliers = client.odata("100").suppliers();
/// for created in suppliers.create(&[NewSupplier::new("Bolt & Co").number("PF0017").currency("CAD")]).await {
///     println!("{:?}", suppliers.number_of(&created?.value));
/// }
/// if let Some(bolt) = &suppliers.get(&["PF0017"]).await?[0] {
///     suppliers.change("PF0017", bolt.etag.as_deref(), &SupplierChanges::new().name("Bolt and Nut")).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Suppliers {
    odata: OData,
}

impl Suppliers {
    pub(crate) fn new(odata: OData) -> Self {
        Self { odata }
    }

    fn names(&self) -> &EntityNames {
        &self.odata.entity_names().suppliers
    }

    fn service(&self) -> Service {
        self.odata.service(&self.names().service)
    }

    /// All suppliers, by number. Narrow it with [`Query::filter`].
    pub fn list(&self) -> Query<Supplier> {
        query(&self.odata, self.names(), "Supplier", Supplier::read)
    }

    /// The suppliers changed since then (`ChangedOn`).
    pub fn changed_since(&self, moment: DateTime<Utc>) -> Query<Supplier> {
        self.list().filter(Filter::property(self.names().property("ChangedOn")).ge(moment))
    }

    /// The suppliers of these numbers, one answer for each; `None` for those that do not exist.
    ///
    /// # Errors
    /// As [`Query::page`].
    pub async fn get(&self, numbers: &[impl AsRef<str>]) -> Result<Vec<Option<Supplier>>, Error> {
        let found = by_values(&self.list(), self.names().property("Supplier"), numbers).await?;
        let of = |number: &str| found.iter().find(|supplier| supplier.number == number.trim()).cloned();
        Ok(numbers.iter().map(|number| of(number.as_ref())).collect())
    }

    /// Creates suppliers, one result for each: the supplier as far as the server shows it.
    ///
    /// Nothing is created twice by this: what is `Unknown` is for the caller to look up by its number or name.
    pub async fn create(&self, suppliers: &[NewSupplier]) -> Vec<Result<Traced<Entity>, Error>> {
        let names = self.names();
        let create = |new: &NewSupplier| Write::create(&names.set, NewEntity::named(&new.properties, names));
        let writes: Vec<Write> = suppliers.iter().map(create).collect();
        self.service().write_many(&writes).await
    }

    /// What the property of a supplier's name is called, for filters.
    pub fn name_property(&self) -> &str {
        self.names().property("Name")
    }

    /// The number of a supplier that [`create`](Self::create) gave.
    pub fn number_of(&self, supplier: &Entity) -> Option<String> {
        supplier.text(self.names().property("Supplier"))
    }

    /// Changes a supplier, at the state in which it was read (`None`: whatever it has become).
    ///
    /// # Errors
    /// Of kind `Conflict` if it has changed since, `NotFound` if there is none.
    pub async fn change(
        &self,
        number: &str,
        etag: Option<&str>,
        changes: &SupplierChanges,
    ) -> Result<Traced<Entity>, Error> {
        let names = self.names();
        let changes = NewEntity::named(&changes.properties, names);
        self.service().write(&Write::patch(&names.set, &Key::of(number), etag, changes)).await
    }
}
