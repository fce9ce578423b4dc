//! The chart of accounts (`SLChartAccts`).

use chrono::NaiveDateTime;
use tenant_http::Error;

use super::codes::AccountNumber;
use super::load::Load;
use super::lookup::by_values;
use super::row::IdoRow;
use super::value::Value;
use super::{FieldError, SyteLine};

const PROPERTIES: [&str; 9] = [
    "Acct",
    "Description",
    "Type",
    "AccessUnit1",
    "AccessUnit2",
    "AccessUnit3",
    "AccessUnit4",
    "RecordDate",
    "RowPointer",
];

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// `Acct`.
    pub number: AccountNumber,
    /// `Description`.
    pub description: Option<String>,
    /// `Type`, such as `E` for expense.
    pub account_type: Option<String>,
    /// `AccessUnit1` to `AccessUnit4`: whether the account may, must or must not have that unit code, in the tenant's
    /// own letters.
    pub unit_access: [Option<String>; 4],
    /// `RecordDate`, the last change by the server's clock.
    pub changed: Option<NaiveDateTime>,
}

impl Account {
    fn read(row: &IdoRow) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.code("Acct")?,
            description: row.owned("Description"),
            account_type: row.owned("Type"),
            unit_access: ["AccessUnit1", "AccessUnit2", "AccessUnit3", "AccessUnit4"].map(|name| row.owned(name)),
            changed: row.time("RecordDate")?,
        })
    }
}

/// What can be asked about accounts.
#[derive(Debug, Clone)]
pub struct Accounts {
    syteline: SyteLine,
}

impl Accounts {
    pub(crate) fn new(syteline: SyteLine) -> Self {
        Self { syteline }
    }

    /// Those of these accounts that there are.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn get(&self, numbers: &[AccountNumber]) -> Result<Vec<Account>, Error> {
        by_values(&self.list(), "Acct", numbers.iter().map(Value::from).collect()).await
    }

    /// All accounts, by number.
    pub fn list(&self) -> Load<Account> {
        Load::new(self.syteline.clone(), &self.syteline.ido_names().accounts, Account::read)
            .properties(&PROPERTIES)
            .order_by("Acct")
            .unique_order()
            .read_only()
    }
}
