//! Order heads read straight from their table (`EXPORTMI Select`).
//!
//! Each row is one text of columns joined by a separator. The company is always the session's, and need not be
//! (indeed cannot be) asked for.

use super::codes::{OrderNumber, SupplierNumber};
use super::record::MiRecord;
use super::transaction::Transaction;

pub(crate) const PROGRAM: &str = "EXPORTMI";
pub(crate) const SELECT: &str = "Select";

/// Stands between columns: none of those selected can hold it.
const SEPARATOR: char = ';';

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
