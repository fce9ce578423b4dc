//! The chart of accounts (`SLChartAccts`).

use chrono::NaiveDateTime;
use tenant_http::Error;

use super::change::Change;
use super::codes::AccountNumber;
use super::keyed::{Inserted, insert_unique};
use super::load::Load;
use super::lookup::by_values;
use super::row::IdoRow;
use super::update::Update;
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
    /// What an update names it by; absent in read-only loads.
    pub item_id: Option<String>,
}

impl Account {
    fn read(row: &IdoRow) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.code("Acct")?,
            description: row.owned("Description"),
            account_type: row.owned("Type"),
            unit_access: ["AccessUnit1", "AccessUnit2", "AccessUnit3", "AccessUnit4"].map(|name| row.owned(name)),
            changed: row.time("RecordDate")?,
            item_id: row.item_id().map(str::to_owned),
        })
    }
}

/// An account to be added.
#[derive(Debug, Clone)]
pub struct NewAccount {
    number: AccountNumber,
    change: Change,
}

impl NewAccount {
    /// An account of this number and name.
    pub fn new(number: AccountNumber, description: &str) -> Self {
        let change = Change::insert().set("Acct", &number).set("Description", description);
        Self { number, change }
    }

    /// `Type`, such as `E` for expense.
    pub fn account_type(self, letter: &str) -> Self {
        self.property("Type", letter)
    }

    /// Any other property, such as those a site demands.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.change = self.change.set(name, value);
        self
    }
}

/// What can be asked and done about accounts.
#[derive(Debug, Clone)]
pub struct Accounts {
    syteline: SyteLine,
}

impl Accounts {
    pub(crate) fn new(syteline: SyteLine) -> Self {
        Self { syteline }
    }

    fn ido(&self) -> &str {
        &self.syteline.ido_names().accounts
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
        Load::new(self.syteline.clone(), self.ido(), Account::read)
            .properties(&PROPERTIES)
            .order_by("Acct")
            .unique_order()
    }

    /// Adds accounts, one result for each. One whose number is taken already is [`Inserted::Found`].
    pub async fn insert(&self, accounts: &[NewAccount]) -> Vec<Result<Inserted, Error>> {
        let new = accounts.iter().map(|account| (Value::from(&account.number), account.change.clone())).collect();
        insert_unique(&self.syteline, self.ido(), "Acct", &PROPERTIES, new).await
    }

    /// Changes of accounts, many in a call.
    pub fn update(&self) -> Update {
        self.syteline.update(self.ido())
    }
}
