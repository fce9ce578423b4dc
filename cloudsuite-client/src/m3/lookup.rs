//! Many records by their keys, in as few calls as may be.

use tenant_http::{ErrorKind, Outcome};

use super::M3;
use super::error::TransactionError;
use super::record::{FieldError, MiRecord};
use super::transaction::Transaction;

/// A `Get` transaction that takes one key and gives one record.
pub(crate) struct Lookup<T> {
    pub program: &'static str,
    pub transaction: &'static str,
    /// The key's field, in and out.
    pub key: &'static str,
    pub read: fn(&MiRecord) -> Result<T, FieldError>,
}

impl<T> Lookup<T> {
    /// One answer for each key, in their order. `None` only where M3 clearly says that there is no such record.
    pub(crate) async fn get<K: AsRef<str>>(&self, m3: &M3, keys: &[K]) -> Vec<Result<Option<T>, TransactionError>> {
        let get = |key: &K| Transaction::new(self.transaction).field(self.key, key);
        let answers = m3.bulk(self.program).extend(keys.iter().map(get)).rows().await;
        keys.iter().zip(answers).map(|(key, answer)| self.judge(key.as_ref(), answer)).collect()
    }

    fn judge(&self, key: &str, answer: Result<Vec<MiRecord>, TransactionError>) -> Result<Option<T>, TransactionError> {
        let rows = match answer {
            Err(error) if error.fault().is_some_and(|fault| fault.says_absent(self.key)) => return Ok(None),
            other => other?,
        };
        let Some(row) = rows.into_iter().next() else {
            return Ok(None);
        };
        if let Some(came) = row.text(self.key).filter(|came| !came.eq_ignore_ascii_case(key)) {
            return Err(self.unreadable(format!("asked for {} {key}, {came} came", self.key)));
        }
        (self.read)(&row).map(Some).map_err(|error| self.unreadable(format!("{} {key}: {error}", self.key)))
    }

    fn unreadable(&self, message: String) -> TransactionError {
        TransactionError::other(self.program, self.transaction, ErrorKind::Decode, Outcome::Unknown, message)
    }
}
