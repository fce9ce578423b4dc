//! One transaction in one call.

use super::M3;
use super::call::{call, options};
use super::error::TransactionError;
use super::pairing::pair;
use super::record::MiRecord;
use super::transaction::{Transaction, check_name, is_read};

/// A transaction being put together; [`send`](Self::send) runs it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until send()"]
pub struct Execute {
    m3: M3,
    program: String,
    transaction: Transaction,
    max_records: u32,
    read: bool,
}

impl Execute {
    pub(crate) fn new(m3: M3, program: &str, transaction: &str) -> Self {
        Self {
            m3,
            program: program.to_owned(),
            read: is_read(transaction),
            transaction: Transaction::new(transaction.to_owned()),
            max_records: 0,
        }
    }

    /// Sets an input field. Blank values are not sent; what must not be sent is reported by [`send`](Self::send).
    pub fn field(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.transaction = self.transaction.field(name.to_owned(), value);
        self
    }

    /// Sets an input field if there is a value.
    pub fn maybe(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// The most rows to return. Default 0: no limit, save that servers may have a ceiling of their own (1,000 and
    /// 10,000 are known) and say nothing of it; [`M3::list`] finds the rest.
    pub fn max_records(mut self, rows: u32) -> Self {
        self.max_records = rows;
        self
    }

    /// Asks for these output fields only.
    pub fn columns(mut self, columns: &[&str]) -> Self {
        self.transaction = self.transaction.columns(columns);
        self
    }

    /// Declares that the transaction only reads, so that it may be sent again after any failure. `Lst`, `Get`, `Sel`
    /// and `Search` transactions are taken to do so; others are sent again only if proven unprocessed.
    pub fn read(mut self) -> Self {
        self.read = true;
        self
    }

    /// Runs the transaction and returns its rows, none for a transaction that gives none.
    ///
    /// # Errors
    /// M3's refusal with its [`MiFault`](super::MiFault); a failed call; an incomplete list.
    pub async fn send(self) -> Result<Vec<MiRecord>, TransactionError> {
        let (program, name) = (self.program.as_str(), self.transaction.name());
        let refused = check_name("program", program).err().or(self.transaction.refused().map(str::to_owned));
        if let Some(reason) = refused {
            return Err(TransactionError::unsent(program, name, reason));
        }
        self.m3.check().map_err(|invalid| TransactionError::unsent(program, name, invalid.to_string()))?;
        let operation = format!("GET {program}/{name}");
        let (path, query) = (self.path(), self.query());
        let http = self.m3.client.http();
        let answer = call(&operation, self.read, || http.get(&path).query(&query))
            .await
            .map_err(|error| TransactionError::call_of(program, name, error))?;
        pair(program, std::slice::from_ref(&self.transaction), answer)
            .pop()
            .unwrap_or_else(|| Err(TransactionError::unsent(program, name, "nothing was sent")))
    }

    /// Options go before the query and into it: one server is known to ignore the row limit in the query.
    fn path(&self) -> String {
        let mut path = format!(
            "{}/execute/{}/{};maxrecs={}",
            self.m3.client.m3_path(),
            self.program,
            self.transaction.name(),
            self.max_records
        );
        if let Some(columns) = self.column_list() {
            path.push_str(";returncols=");
            path.push_str(&columns);
        }
        path
    }

    fn query(&self) -> Vec<(String, String)> {
        let mut query: Vec<_> =
            self.transaction.fields().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        query.push(("maxrecs".to_owned(), self.max_records.to_string()));
        if let Some(columns) = self.column_list() {
            query.push(("returncols".to_owned(), columns));
        }
        query.extend(options(&self.m3));
        query
    }

    fn column_list(&self) -> Option<String> {
        let columns = self.transaction.selected_columns();
        (!columns.is_empty()).then(|| columns.join(","))
    }
}
