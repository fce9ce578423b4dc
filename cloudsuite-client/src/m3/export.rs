//! Tables read straight (`EXPORTMI Select`): order heads, and whatever has no list transaction.
//!
//! Each row is one text of columns joined by a separator, which free text may hold as well, and M3 cuts rows at 984
//! characters without saying so. A row that may have been cut, or has another number of fields than columns were asked
//! for, is an error: no column is taken for another, and no half text for a whole one. The company is always the
//! session's, and need not be (indeed cannot be) asked for.

use super::M3;
use super::codes::{OrderNumber, SupplierNumber};
use super::error::TransactionError;
use super::record::MiRecord;
use super::transaction::{Transaction, check_name};
use tenant_http::{ErrorKind, Outcome};

pub(crate) const PROGRAM: &str = "EXPORTMI";
pub(crate) const SELECT: &str = "Select";

/// A read of one table, put together.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until rows()"]
pub struct Export {
    m3: M3,
    table: String,
    columns: Vec<String>,
    conditions: Vec<String>,
    separator: char,
    refused: Option<String>,
}

impl Export {
    pub(crate) fn new(m3: M3, table: &str, columns: &[&str]) -> Self {
        let names = columns.iter().copied().chain([table]);
        let mut refused = names.map(|name| check_name("table or column", name).err()).find_map(|reason| reason);
        if columns.is_empty() {
            refused.get_or_insert("no column is asked for".to_owned());
        }
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self { m3, table: table.to_owned(), columns, conditions: Vec::new(), separator: SEPARATOR, refused }
    }

    /// Only rows of which this column is equal to this value.
    pub fn equal(self, column: &str, value: &str) -> Self {
        self.condition(column, "=", value)
    }

    /// Only rows of which this column is this value or more, such as a date `YYYYMMDD` of the last change.
    pub fn at_least(self, column: &str, value: &str) -> Self {
        self.condition(column, ">=", value)
    }

    /// The character between columns, where a text of theirs may hold the usual `;`. It is no letter, digit, blank or
    /// quotation mark, nor `*` or `#`, for which M3 writes names into the row.
    pub fn separator(mut self, separator: char) -> Self {
        if separator.is_alphanumeric()
            || separator.is_whitespace()
            || separator.is_control()
            || "*#'?".contains(separator)
        {
            self.refused.get_or_insert(format!("{separator:?} cannot stand between columns"));
        }
        self.separator = separator;
        self
    }

    /// The rows, each field under its column's name; not those whose columns are all blank, if only one is asked for.
    ///
    /// There are no pages: a list that a server's ceiling may have cut is an error, and wants narrower conditions.
    ///
    /// # Errors
    /// Also if `EXPORTMI` is not [allowed](M3::export_mi), if a row may have been cut at 984 characters (ask for fewer
    /// columns), or if it has another number of fields than columns were asked for, as when a text holds the
    /// [separator](Self::separator).
    pub async fn rows(self) -> Result<Vec<MiRecord>, TransactionError> {
        let unsent = |reason: &str| Err(TransactionError::unsent(PROGRAM, SELECT, reason));
        if !self.m3.export_mi {
            return unsent("EXPORTMI is not allowed here: allow it by M3::export_mi if the tenant does");
        }
        if let Some(reason) = &self.refused {
            return unsent(reason);
        }
        let mut query = format!("{} from {}", self.columns.join(", "), self.table);
        if !self.conditions.is_empty() {
            query.push_str(" where ");
            query.push_str(&self.conditions.join(" and "));
        }
        let list = self.m3.list(PROGRAM, SELECT).field("QERY", query).field("SEPC", self.separator.to_string());
        let rows = list.field("HDRS", "0").page_size(100_000).all().await?;
        let texts = rows.iter().map(|row| row.text("REPL").unwrap_or_default());
        let read = |(place, row): (usize, &str)| {
            self.read(row).map_err(|why| {
                let begins: String = row.chars().take(60).collect();
                let message = format!("row {} of {} ({begins:?}...) {why}", place + 1, self.table);
                TransactionError::other(PROGRAM, SELECT, ErrorKind::Decode, Outcome::Unknown, message)
            })
        };
        texts.enumerate().map(read).collect()
    }

    fn read(&self, row: &str) -> Result<MiRecord, String> {
        if may_be_cut(row) {
            return Err(format!("may have been cut at {WIDTH} characters: ask for fewer columns"));
        }
        let values: Vec<&str> = row.split(self.separator).map(str::trim).collect();
        if values.len() != self.columns.len() {
            return Err(format!(
                "has {} fields where {} columns were asked for: a text may hold the separator {:?}, choose another",
                values.len(),
                self.columns.len(),
                self.separator
            ));
        }
        Ok(self.columns.iter().map(String::as_str).zip(values).collect())
    }

    fn condition(mut self, column: &str, operator: &str, value: &str) -> Self {
        if let Err(reason) = check_name("column", column) {
            self.refused.get_or_insert(reason);
        }
        if value.chars().any(char::is_control) {
            self.refused.get_or_insert(format!("the value of {column} has control characters"));
        }
        self.conditions.push(format!("{column} {operator} '{}'", value.replace('\'', "''")));
        self
    }
}

/// Stands between columns. Codes do not hold it; free text may.
const SEPARATOR: char = ';';
/// The most characters that a row has.
const WIDTH: usize = 984;
/// A row that was cut after blanks within a text comes shorter by them, for blanks at a row's end are trimmed.
const BLANKS: usize = 24;

fn may_be_cut(row: &str) -> bool {
    row.chars().count() + BLANKS >= WIDTH
}

/// An order's head as its table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportedHead {
    /// `IAPUNO`.
    pub number: OrderNumber,
    /// `IASUNO`.
    pub supplier: SupplierNumber,
    /// `IAYRE1`.
    pub reference: String,
}

/// Selects the heads of a reference, which must consist of letters and digits.
pub(crate) fn select_heads(reference: &str) -> Transaction {
    let query = format!("IAPUNO, IASUNO, IAYRE1 from MPHEAD where IAYRE1 = '{reference}'");
    Transaction::new(SELECT).field("QERY", query).field("SEPC", SEPARATOR.to_string()).field("HDRS", "0")
}

/// The heads among the rows; a row of other columns or another reference is an error, for the server has then
/// understood something else.
pub(crate) fn read_heads(reference: &str, rows: &[MiRecord]) -> Result<Vec<ExportedHead>, String> {
    rows.iter().filter_map(|row| row.text("REPL")).map(|row| read_head(reference, row)).collect()
}

fn read_head(reference: &str, row: &str) -> Result<ExportedHead, String> {
    let columns: Vec<&str> = row.split(SEPARATOR).map(str::trim).collect();
    let [number, supplier, found] = columns[..] else {
        return Err(format!("a row has {} columns instead of 3: {row:?}", columns.len()));
    };
    if found != reference {
        return Err(format!("asked for reference {reference}, a row of {found:?} came"));
    }
    Ok(ExportedHead {
        number: OrderNumber::new(number).map_err(|error| error.to_string())?,
        supplier: SupplierNumber::new(supplier).map_err(|error| error.to_string())?,
        reference: found.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_select_names_table_columns_and_quoted_values() {
        let client = crate::CloudSuiteClient::from_ionapi(
            br#"{"ti": "T", "ci": "c", "cs": "s", "iu": "https://a.example.com", "pu": "https://b.example.com/as/",
            "oa": "a", "ot": "t", "or": "r", "saak": "k", "sask": "p"}"#,
        );
        let m3 = client.unwrap().m3(crate::m3::Company(100));
        let export = Export::new(m3.clone(), "CIDMAS", &["IDSUNO", "IDSUNM"]).equal("IDSUNM", "O'Neil' or 1=1");
        assert_eq!(export.conditions, ["IDSUNM = 'O''Neil'' or 1=1'"]);
        assert!(export.refused.is_none());
        assert_eq!(export.read("S1; O'Neil").unwrap().text("IDSUNM"), Some("O'Neil"));
        assert!(export.read("S1").unwrap_err().contains("1 fields where 2"));
        assert!(export.read("S1; Nuts; Bolts").unwrap_err().contains("separator"));
        let bars = Export::new(m3.clone(), "CIDMAS", &["IDSUNO", "IDSUNM"]).separator('|');
        assert_eq!(bars.read("S1| Nuts; Bolts").unwrap().text("IDSUNM"), Some("Nuts; Bolts"));
        for separator in ['*', '#', 'A', '1', ' ', '\n', '\'', '?'] {
            assert!(bars.clone().separator(separator).refused.is_some(), "{separator:?}");
        }
        assert!(Export::new(m3.clone(), "CIDMAS; drop", &["A"]).refused.is_some());
        assert!(Export::new(m3.clone(), "CIDMAS", &[]).refused.is_some());
        assert!(Export::new(m3, "CIDMAS", &["A"]).at_least("A", "\u{0}").refused.is_some());
    }

    #[test]
    fn a_row_of_the_largest_width_may_have_been_cut_also_within_blanks() {
        assert!(!may_be_cut(&"x".repeat(WIDTH - BLANKS - 1)));
        assert!(may_be_cut(&"é".repeat(WIDTH)));
        let text = format!("{}  two blanks before this", "x".repeat(WIDTH - 2));
        let cut: String = text.chars().take(WIDTH).collect();
        assert!(may_be_cut(cut.trim_end()));
    }

    fn rows(texts: &[&str]) -> Vec<MiRecord> {
        texts.iter().map(|&text| MiRecord::from_iter([("REPL", text)])).collect()
    }

    #[test]
    fn rows_are_split_and_checked() {
        let heads = read_heads("PFY1", &rows(&["2000001 ;S001;PFY1   "])).unwrap();
        assert_eq!((heads[0].number.as_str(), heads[0].supplier.as_str()), ("2000001", "S001"));
        assert!(read_heads("PFY1", &[]).unwrap().is_empty());
        for bad in ["2000001;S001", "2000001;S001;PFY2", ";S001;PFY1", "1;2;3;PFY1"] {
            assert!(read_heads("PFY1", &rows(&[bad])).is_err(), "{bad}");
        }
    }
}
