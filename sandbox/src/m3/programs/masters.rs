//! Items, customers, facilities and warehouses: read only.

use super::{Session, given, missing};
use crate::m3::answer::{Outcome, Refusal};
use crate::m3::company::{Company, Row};

pub(super) fn run(company: &Company, session: &Session<'_>, program: &str, name: &str, input: &Row) -> Outcome {
    let item = given(input, "ITNO");
    match (program, name) {
        ("MMS200MI", "GetItmBasic") => match company.items.get(item) {
            Some(row) => Ok(vec![row.clone()]),
            None => Err(Refusal::nok("WIT0103", "ITNO", format!("Item {item} does not exist"))),
        },
        ("MMS200MI", "LstItmByItm") => Ok(session.list(&company.items, item)),
        ("CRS610MI", "LstByNumber") => Ok(session.list(&company.customers, given(input, "CUNO"))),
        ("CRS008MI", "ListFacility") => Ok(session.list(&company.facilities, given(input, "FACI"))),
        ("MMS005MI", "LstWarehouses") => {
            let to = given(input, "TWHL");
            let mut rows = session.list(&company.warehouses, given(input, "FWHL"));
            rows.retain(|row| to.is_empty() || given(row, "WHLO") <= to);
            Ok(rows)
        }
        _ => Err(missing(name)),
    }
}
