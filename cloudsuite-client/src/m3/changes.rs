//! Which records changed since a day, where no list tells: asked of the table itself.

use std::fmt::Display;
use std::str::FromStr;

use chrono::NaiveDate;

use super::M3;
use super::error::TransactionError;
use super::export::{PROGRAM, SELECT};
use super::record::MiRecord;
use super::value::write_date;

/// A table that says when its records were last changed (`EXPORTMI Select`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeTable {
    table: String,
    number: String,
    changed: String,
}

impl ChangeTable {
    /// A table, its column of the record's number, and that of the day of its last change.
    pub fn new(table: impl Into<String>, number: impl Into<String>, changed: impl Into<String>) -> Self {
        Self { table: table.into(), number: number.into(), changed: changed.into() }
    }

    /// The numbers of the records changed on or after this day, in order.
    pub(crate) async fn since<N>(&self, m3: &M3, day: NaiveDate) -> Result<Vec<N>, TransactionError>
    where
        N: FromStr<Err: Display> + Ord,
    {
        let rows =
            m3.export(&self.table, &[self.number.as_str()]).at_least(&self.changed, &write_date(day)).rows().await?;
        let number = |row: &MiRecord| row.code(&self.number).map_err(|error| error.of(PROGRAM, SELECT));
        let mut numbers: Vec<N> = rows.iter().map(number).collect::<Result<_, _>>()?;
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }
}
