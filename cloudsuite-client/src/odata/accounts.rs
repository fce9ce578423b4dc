//! GL accounts and cost centres: read, created, and changed at the state in which they were read.

use tenant_http::{Error, Traced};

use super::batch::Write;
use super::entity::{Entity, NewEntity, Properties};
use super::key::Key;
use super::lookup::by_values;
use super::masters::query;
use super::names::EntityNames;
use super::query::Query;
use super::value::Value;
use super::{FieldError, OData, Service};

/// A GL account, or a cost centre.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// `LedgerAccount`, or `Dimension`.
    pub code: String,
    /// `Description`.
    pub description: Option<String>,
    /// `Blocked`.
    pub blocked: bool,
    /// The state at which it was read.
    pub etag: Option<String>,
}

/// A GL account, or a cost centre, to be created.
#[derive(Debug, Clone)]
pub struct NewAccount {
    code: String,
    properties: Properties,
}

impl NewAccount {
    /// An account of this code and name.
    pub fn new(code: &str, description: &str) -> Self {
        Self { code: code.to_owned(), properties: vec![("Description".to_owned(), description.into())] }
    }

    /// Any other property, such as those a tenant demands.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }
}

/// What can be asked and done about GL accounts, or about cost centres.
#[derive(Debug, Clone)]
pub struct Accounts {
    odata: OData,
    names: EntityNames,
    key: &'static str,
}

impl Accounts {
    pub(crate) fn new(odata: &OData, names: &EntityNames, key: &'static str) -> Self {
        Self { odata: odata.clone(), names: names.clone(), key }
    }

    fn key(&self) -> &str {
        self.names.property(self.key)
    }

    fn service(&self) -> Service {
        self.odata.service(&self.names.service)
    }

    /// All of them, by code. Narrow it with [`Query::filter`].
    pub fn list(&self) -> Query<Account> {
        let key = self.key;
        let read = move |entity: &Entity, names: &EntityNames| -> Result<Account, FieldError> {
            Ok(Account {
                code: entity.required(names.property(key))?,
                description: entity.text(names.property("Description")),
                blocked: entity.flag(names.property("Blocked"))?,
                etag: entity.etag(),
            })
        };
        query(&self.odata, &self.names, key, read)
    }

    /// Those of these codes, one answer for each; `None` for those that do not exist.
    ///
    /// # Errors
    /// As [`Query::page`].
    pub async fn get(&self, codes: &[impl AsRef<str>]) -> Result<Vec<Option<Account>>, Error> {
        let found = by_values(&self.list(), self.key(), codes).await?;
        let of = |code: &str| found.iter().find(|account| account.code == code.trim()).cloned();
        Ok(codes.iter().map(|code| of(code.as_ref())).collect())
    }

    /// Creates accounts, one result for each: the account as far as the server shows it. A code that is taken is
    /// refused by the server, for it is the key.
    pub async fn create(&self, accounts: &[NewAccount]) -> Vec<Result<Traced<Entity>, Error>> {
        let write = |new: &NewAccount| {
            let entity = NewEntity::named(&new.properties, &self.names).set(self.key(), new.code.as_str());
            Write::create(&self.names.set, entity)
        };
        let writes: Vec<Write> = accounts.iter().map(write).collect();
        self.service().write_many(&writes).await
    }

    /// Renames an account, at the state in which it was read (`None`: whatever it has become).
    ///
    /// # Errors
    /// Of kind `Conflict` if it has changed since, `NotFound` if there is none.
    pub async fn rename(&self, code: &str, etag: Option<&str>, description: &str) -> Result<Traced<Entity>, Error> {
        let changes: Properties = vec![("Description".to_owned(), description.into())];
        let changes = NewEntity::named(&changes, &self.names);
        self.service().write(&Write::patch(&self.names.set, &Key::of(code), etag, changes)).await
    }
}
