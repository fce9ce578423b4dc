//! Customers (`CRS610MI`).

use super::M3;
use super::codes::CustomerNumber;
use super::error::TransactionError;
use super::keyset::List;
use super::lookup::Lookup;
use super::record::{FieldError, MiRecord};

const PROGRAM: &str = "CRS610MI";
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

    /// All customers, by number (`LstByNumber`); with `since`, those changed since that timestamp (`LMTS` of an
    /// earlier answer of the same tenant).
    pub fn list(&self, since: Option<u64>) -> List<Customer> {
        let list = List::new(self.m3.clone(), PROGRAM, "LstByNumber", Customer::read).key("CUNO", "CUNO");
        let list = list.columns(&COLUMNS);
        match since {
            Some(since) => list.field("LMTS", since.to_string()),
            None => list,
        }
    }

    /// The customers of these numbers (bulk `GetBasicData`); `None` for those that do not exist.
    pub async fn get(&self, numbers: &[CustomerNumber]) -> Vec<Result<Option<Customer>, TransactionError>> {
        let lookup = Lookup { program: PROGRAM, transaction: "GetBasicData", key: "CUNO", read: Customer::read };
        lookup.get(&self.m3, numbers).await
    }
}
