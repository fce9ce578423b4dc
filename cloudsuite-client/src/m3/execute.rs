//! One transaction in one call.
//!
//! Options go into the address twice: as matrix parameters before the query, and into it. Servers differ in where they
//! look, and what they do not know they ignore.

use std::fmt::Write as _;

use tenant_http::Traced;

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
    /// In place of those that every call sends, or beside them.
    options: Vec<(String, String)>,
    /// Why an option cannot be sent.
    refused: Option<String>,
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
            options: Vec::new(),
            refused: None,
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

    /// Sets an option of the call, beside those that every call sends or in place of them: `cono` and `divi` (here
    /// also blank, for the blank division), `excludeempty`, `righttrim`, `extendedresult`, `format`,
    /// `returnSystemFields`, or what else a server knows. Names begin with a small letter: fields are in capitals.
    ///
    /// `maxrecs` and `returncols` are [`max_records`](Self::max_records) and [`columns`](Self::columns). `dateformat`
    /// is always `YMD8`, for dates are read and written in one place, and in no other form. What must not be sent is
    /// reported by [`send`](Self::send).
    pub fn option(mut self, name: &str, value: &str) -> Self {
        if let Err(reason) = check_option(name, value) {
            self.refused.get_or_insert(reason);
        }
        self.options.retain(|(set, _)| set != name);
        self.options.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Has M3 repeat the input in its answer: an answer that proves to be another call's is then an error.
    pub fn extended_result(self) -> Self {
        self.option("extendedresult", "true")
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
        self.send_traced().await.map(|rows| rows.value)
    }

    /// As [`send`](Self::send), with the server's id of the request.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_traced(self) -> Result<Traced<Vec<MiRecord>>, TransactionError> {
        let (program, name) = (self.program.as_str(), self.transaction.name());
        let refused = check_name("program", program).err().or(self.transaction.refused().map(str::to_owned));
        if let Some(reason) = refused.or(self.refused.clone()) {
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

    fn path(&self) -> String {
        let program = &self.program;
        let mut path = format!("{}/execute/{program}/{}", self.m3.client.m3_path(), self.transaction.name());
        for (name, value) in self.options() {
            let _ = write!(path, ";{name}={}", encoded(&value));
        }
        path
    }

    fn query(&self) -> Vec<(String, String)> {
        let fields = self.transaction.fields().map(|(name, value)| (name.to_owned(), value.to_owned()));
        fields.chain(self.options()).collect()
    }

    fn options(&self) -> Vec<(String, String)> {
        let mut all = vec![("maxrecs".to_owned(), self.max_records.to_string())];
        let columns = self.transaction.selected_columns();
        if !columns.is_empty() {
            all.push(("returncols".to_owned(), columns.join(",")));
        }
        all.extend(options(&self.m3).into_iter().filter(|(name, _)| self.options.iter().all(|(set, _)| set != name)));
        all.extend(self.options.iter().cloned());
        all
    }
}

fn check_option(name: &str, value: &str) -> Result<(), String> {
    if ["maxrecs", "returncols", "dateformat"].contains(&name) {
        return Err(format!("{name} is not set as an option: see Execute::option"));
    }
    let named = name.starts_with(|first: char| first.is_ascii_lowercase());
    if !named || !name.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Err(format!("{:?} is no option's name", name.chars().take(40).collect::<String>()));
    }
    if value.chars().any(char::is_control) {
        return Err(format!("the value of option {name} has control characters"));
    }
    Ok(())
}

/// A value as a matrix parameter: nothing in it ends it.
fn encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
