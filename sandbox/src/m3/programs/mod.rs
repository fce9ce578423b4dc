//! The MI programs of this tenant, one a file.

mod aps450;
mod crs620;
mod crs630;
mod export;
mod general;
mod masters;
mod mrs001;
mod pps200;
mod pps200_changes;
mod pps370;
mod search;

use super::answer::{Outcome, Refusal};
use super::company::{Company, Row, Table};
use super::mi::Facts;

/// The company, division, facility and warehouse of the service account.
pub(super) const COMPANY: u32 = 100;
pub(super) const DIVISION: &str = "AAA";

/// What a transaction runs under.
pub(super) struct Session<'a> {
    pub(super) facts: &'a Facts,
    pub(super) company: u32,
    pub(super) division: String,
    /// Rows a list gives at most.
    pub(super) limit: usize,
    pub(super) exclude_start: bool,
    pub(super) export_mi: bool,
}

impl Session<'_> {
    /// The rows of a table in key order from a start key on.
    fn list(&self, table: &Table, start: &str) -> Vec<Row> {
        table
            .range(start.to_owned()..)
            .filter(|(key, _)| !(self.exclude_start && key.as_str() == start))
            .take(self.limit)
            .map(|(_, row)| row.clone())
            .collect()
    }
}

/// Runs one transaction whose input has been checked.
pub(super) fn run(company: &mut Company, session: &Session<'_>, program: &str, name: &str, input: &Row) -> Outcome {
    if !["Lst", "List", "Get", "Search", "Select"].iter().any(|reading| name.starts_with(reading)) {
        *company.writes.entry(program.to_owned()).or_default() += 1;
    }
    let mut rows = match program {
        "GENERAL" => general::run(company, session, name),
        "MRS001MI" => mrs001::run(session, name, input),
        "CRS620MI" => crs620::run(company, session, name, input),
        "CRS630MI" => crs630::run(company, session, name, input),
        "CRS055MI" | "CRS610MI" | "MMS200MI" | "CRS008MI" | "MMS005MI" | "PPS095MI" => {
            masters::run(company, session, program, name, input)
        }
        "PPS370MI" => pps370::run(company, name, input),
        "PPS200MI" => match name {
            "UpdHead" | "UpdLine" | "AddLine" | "DltLine" => pps200_changes::run(company, name, input),
            _ => pps200::run(company, session, name, input),
        },
        "APS450MI" | "APS455MI" | "APS200MI" => aps450::run(company, session, program, name, input),
        "EXPORTMI" => export::run(company, session, input),
        _ => return Err(missing(name)),
    }?;
    for row in &mut rows {
        row.insert("CONO".to_owned(), session.company.to_string());
    }
    Ok(rows)
}

fn missing(name: &str) -> Refusal {
    Refusal::mi("TransactionNotFound", "", format!("Transaction {name} does not exist"))
}

/// An input field, blank when it was not given.
fn given<'a>(input: &'a Row, name: &str) -> &'a str {
    super::batch::field(input, name)
}
