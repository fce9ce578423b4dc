//! Items and customers, which are only read.

use super::entity::Entity;
use super::names::EntityNames;
use super::query::Query;
use super::{FieldError, OData};

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// `Item`.
    pub code: String,
    /// `Description`.
    pub description: Option<String>,
    /// `Unit`.
    pub unit: Option<String>,
    /// `Blocked`.
    pub blocked: bool,
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Customer {
    /// `Customer`.
    pub number: String,
    /// `Name`.
    pub name: Option<String>,
    /// `Status`, in the tenant's own words.
    pub status: Option<String>,
    /// `Currency`.
    pub currency: Option<String>,
}

/// A query by its key, read by names that the tenant may have changed.
pub(crate) fn query<T: Send + 'static>(
    odata: &OData,
    names: &EntityNames,
    key: &str,
    read: impl Fn(&Entity, &EntityNames) -> Result<T, FieldError> + Send + Sync + 'static,
) -> Query<T> {
    let (service, known) = (odata.service(&names.service), names.clone());
    Query::new(service, &names.set, move |entity| read(entity, &known)).order_by(names.property(key))
}

pub(crate) fn items(odata: &OData) -> Query<Item> {
    query(odata, &odata.entity_names().items, "Item", |entity, names| {
        Ok(Item {
            code: entity.required(names.property("Item"))?,
            description: entity.text(names.property("Description")),
            unit: entity.text(names.property("Unit")),
            blocked: entity.flag(names.property("Blocked"))?,
        })
    })
}

pub(crate) fn customers(odata: &OData) -> Query<Customer> {
    query(odata, &odata.entity_names().customers, "Customer", |entity, names| {
        let text = |ours: &str| entity.text(names.property(ours));
        Ok(Customer {
            number: entity.required(names.property("Customer"))?,
            name: text("Name"),
            status: text("Status"),
            currency: text("Currency"),
        })
    })
}
