//! `CRS620MI`: suppliers.

use super::search::Search;
use super::{Session, given, missing};
use crate::m3::answer::{Outcome, Refusal};
use crate::m3::company::{Company, Row, row};

pub(super) fn run(company: &mut Company, session: &Session<'_>, name: &str, input: &Row) -> Outcome {
    let number = given(input, "SUNO").to_owned();
    match name {
        "LstSuppliers" => Ok(list(company, session, input)),
        "LstByNumber" => Ok(session.list(&company.suppliers, &number)),
        "LstByName" => Ok(by_name(company, session, given(input, "SUNM"))),
        "SearchSupplier" => {
            let search = Search::read(given(input, "SQRY"))?;
            Ok(company.suppliers.values().filter(|row| search.holds(row)).take(session.limit).cloned().collect())
        }
        "GetBasicData" => match company.suppliers.get(&number).cloned().or_else(|| template(&number)) {
            Some(row) => Ok(vec![row]),
            None => Err(Refusal::nok("WSU0103", "SUNO", format!("Supplier {number} does not exist"))),
        },
        "AddSupplier" => {
            if company.suppliers.contains_key(&number) {
                return Err(Refusal::nok("WSU0104", "SUNO", format!("Supplier {number} already exists")));
            }
            let mut row = input.clone();
            row.entry("STAT".to_owned()).or_insert_with(|| "20".to_owned());
            company.mark(&mut row);
            company.suppliers.insert(number, row);
            Ok(Vec::new())
        }
        "CopyTemplate" => {
            let of = given(input, "STEM").to_owned();
            let Some(mut row) = company.suppliers.get(&of).cloned().or_else(|| template(&of)) else {
                return Err(Refusal::nok("WSU0103", "STEM", format!("Supplier {of} does not exist")));
            };
            if company.suppliers.contains_key(&number) {
                return Err(Refusal::nok("WSU0104", "SUNO", format!("Supplier {number} already exists")));
            }
            row.insert("SUNO".to_owned(), number.clone());
            company.mark(&mut row);
            company.suppliers.insert(number, row);
            Ok(Vec::new())
        }
        "UpdSupplier" => {
            let Some(mut row) = company.suppliers.get(&number).cloned() else {
                return Err(Refusal::nok("WSU0103", "SUNO", format!("Supplier {number} does not exist")));
            };
            for (field, value) in input {
                let value = if value == "?" { "" } else { value };
                row.insert(field.clone(), value.to_owned());
            }
            company.mark(&mut row);
            company.suppliers.insert(number, row);
            Ok(Vec::new())
        }
        _ => Err(missing(name)),
    }
}

/// The tenant's template for new suppliers, which no list shows.
fn template(number: &str) -> Option<Row> {
    let fields = [
        ("SUNO", "TEMPLATE"),
        ("SUNM", "Template for new suppliers"),
        ("CUCD", "CAD"),
        ("STAT", "20"),
        ("SUTY", "0"),
        ("CSCD", "CA"),
        ("LNCD", "GB"),
        ("TEPY", "N30"),
        ("PYME", "CHK"),
        ("ORTY", "P10"),
    ];
    (number == "TEMPLATE").then(|| row(fields))
}

fn list(company: &Company, session: &Session<'_>, input: &Row) -> Vec<Row> {
    let (from, to) = (given(input, "FRSU"), given(input, "TOSU"));
    let since: i64 = given(input, "LMTS").parse().unwrap_or(0);
    let stamp = |row: &Row| row.get("LMTS").and_then(|stamp| stamp.parse().ok()).unwrap_or(0);
    company
        .suppliers
        .range(from.to_owned()..)
        .filter(|(key, _)| !(session.exclude_start && key.as_str() == from))
        .take_while(|(key, _)| to.is_empty() || key.as_str() <= to)
        .filter(|(_, row)| stamp(row) >= since)
        .take(session.limit)
        .map(|(_, row)| row.clone())
        .collect()
}

fn by_name(company: &Company, session: &Session<'_>, start: &str) -> Vec<Row> {
    let mut rows: Vec<&Row> = company.suppliers.values().filter(|row| given(row, "SUNM") >= start).collect();
    rows.sort_by_key(|row| given(row, "SUNM"));
    rows.into_iter()
        .filter(|row| !(session.exclude_start && given(row, "SUNM") == start))
        .take(session.limit)
        .cloned()
        .collect()
}
