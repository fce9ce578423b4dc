//! Customers (`SLCustomers`).

use chrono::NaiveDateTime;

use super::codes::CustomerNumber;
use super::filter::Filter;
use super::load::Load;
use super::row::IdoRow;
use super::{FieldError, SyteLine};

const PROPERTIES: [&str; 6] = ["CustNum", "CustSeq", "Name", "CurrCode", "RecordDate", "RowPointer"];

/// A customer, or one of its delivery addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Customer {
    /// `CustNum`.
    pub number: CustomerNumber,
    /// `CustSeq`: 0 is the customer itself, the others are addresses.
    pub sequence: i64,
    /// `Name`.
    pub name: Option<String>,
    /// `CurrCode`.
    pub currency: Option<String>,
    /// `RecordDate`, the last change by the server's clock.
    pub changed: Option<NaiveDateTime>,
}

impl Customer {
    fn read(row: &IdoRow) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.code("CustNum")?,
            sequence: row.integer("CustSeq")?.unwrap_or(0),
            name: row.owned("Name"),
            currency: row.owned("CurrCode"),
            changed: row.time("RecordDate")?,
        })
    }
}

/// What can be asked about customers.
#[derive(Debug, Clone)]
pub struct Customers {
    syteline: SyteLine,
}

impl Customers {
    pub(crate) fn new(syteline: SyteLine) -> Self {
        Self { syteline }
    }

    /// All customers and their addresses, by number.
    pub fn list(&self) -> Load<Customer> {
        Load::new(self.syteline.clone(), &self.syteline.ido_names().customers, Customer::read)
            .properties(&PROPERTIES)
            .order_by("CustNum")
            .order_by("CustSeq")
            .unique_order()
            .read_only()
    }

    /// The customers changed since then (`RecordDate`), by the server's clock.
    pub fn changed_since(&self, moment: NaiveDateTime) -> Load<Customer> {
        self.list().filter(Filter::property("RecordDate").ge(moment))
    }
}
