//! Customers (`CRS610MI`).

use chrono::NaiveDate;
use futures_util::future;
use futures_util::stream::{self, Stream, TryStreamExt};

use super::M3;
use super::codes::CustomerNumber;
use super::error::TransactionError;
use super::keyset::List;
use super::lookup::Lookup;
use super::record::{FieldError, MiRecord};

const PROGRAM: &str = "CRS610MI";
/// Customers read at a time.
const READ: usize = 1_000;
const COLUMNS: [&str; 8] = ["CUNO", "CUNM", "STAT", "CUCD", "CSCD", "TEPY", "VRNO", "MAIL"];

/// A customer. Fields that the transaction used does not give are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Customer {
    /// `CUNO`.
    pub number: CustomerNumber,
    /// `CUNM`, 36 characters.
    pub name: Option<String>,
    /// `STAT`: 20 is active.
    pub status: Option<String>,
    /// `CUCD`.
    pub currency: Option<String>,
    /// `CSCD`, the country.
    pub country: Option<String>,
    /// `TEPY`.
    pub payment_terms: Option<String>,
    /// `VRNO`, the VAT registration number.
    pub vat_number: Option<String>,
    /// `MAIL`.
    pub email: Option<String>,
    /// `LMDT`, day of the last change.
    pub changed: Option<NaiveDate>,
}

impl Customer {
    fn read(row: &MiRecord) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.code("CUNO")?,
            name: row.owned("CUNM"),
            status: row.owned("STAT"),
            currency: row.owned("CUCD"),
            country: row.owned("CSCD"),
            payment_terms: row.owned("TEPY"),
            vat_number: row.owned("VRNO"),
            email: row.owned("MAIL"),
            changed: row.date("LMDT")?,
        })
    }
}

/// What can be asked about customers.
#[derive(Debug, Clone)]
pub struct Customers {
    m3: M3,
}

impl Customers {
    pub(crate) fn new(m3: M3) -> Self {
        Self { m3 }
    }

    /// All customers, by number (`LstByNumber`).
    ///
    /// Its input `LMTS`, a timestamp in a unit that Infor does not publish, is in no answer about customers: those that
    /// changed are told by [`changed_since`](Self::changed_since).
    pub fn list(&self) -> List<Customer> {
        List::new(self.m3.clone(), PROGRAM, "LstByNumber", Customer::read).key("CUNO", "CUNO").columns(&COLUMNS)
    }

    /// The customers that changed on or after this day (`LMDT`), with all fields, and those that do not say when they
    /// did.
    ///
    /// No transaction filters by it: all are listed (`LstByNumber`) and read (bulk `GetBasicData`), and only these are
    /// given. Those deleted in between are left out. Days are all the precision there is: overlap by one.
    pub fn changed_since(
        &self,
        day: NaiveDate,
    ) -> impl Stream<Item = Result<Customer, TransactionError>> + Send + use<> {
        let customers = self.clone();
        let numbers = self.list().stream().map_ok(|customer| customer.number);
        let read = numbers.try_chunks(READ).map_err(|error| error.1).and_then(move |numbers| {
            let customers = customers.clone();
            async move { Ok(stream::iter(customers.get(&numbers).await)) }
        });
        let recent = move |customer: &Customer| customer.changed.is_none_or(|changed| changed >= day);
        read.try_flatten().try_filter_map(move |customer| future::ready(Ok(customer.filter(recent))))
    }

    /// The customers of these numbers (bulk `GetBasicData`); `None` for those that do not exist.
    pub async fn get(&self, numbers: &[CustomerNumber]) -> Vec<Result<Option<Customer>, TransactionError>> {
        let lookup = Lookup { program: PROGRAM, transaction: "GetBasicData", key: "CUNO", read: Customer::read };
        lookup.get(&self.m3, numbers).await
    }
}
