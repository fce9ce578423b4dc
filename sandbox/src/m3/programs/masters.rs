//! Items, customers, facilities, warehouses and order types: read only.

use super::{Session, given, missing};
use crate::m3::answer::{Outcome, Refusal};
use crate::m3::company::{Company, Row, row};

/// The purchase order types of this company.
const ORDER_TYPES: [(&str, &str); 2] = [("100", "Normal order"), ("200", "Service order")];

pub(super) fn run(company: &Company, session: &Session<'_>, program: &str, name: &str, input: &Row) -> Outcome {
    let item = given(input, "ITNO");
    match (program, name) {
        ("MMS200MI", "GetItmBasic") => match company.items.get(item) {
            Some(row) => Ok(vec![row.clone()]),
            None => Err(Refusal::nok("WIT0103", "ITNO", format!("Item {item} does not exist"))),
        },
        ("MMS200MI", "LstItmByItm") => Ok(session.list(&company.items, item)),
        ("MMS200MI", "LstItmByChgDate") => Ok(by_change(company, session, input)),
        ("CRS055MI", "GetBasicData") => {
            let code = given(input, "CUCD");
            if company.currencies.contains(code) {
                Ok(vec![row([("CUCD", code), ("TX15", code), ("DCCD", "2")])])
            } else {
                Err(Refusal::nok("WCUCD03", "CUCD", format!("Currency {code} does not exist")))
            }
        }
        ("CRS610MI", "GetBasicData") => match company.customers.get(given(input, "CUNO")) {
            Some(row) => Ok(vec![row.clone()]),
            None => Err(Refusal::nok("WCU0103", "CUNO", format!("Customer {} does not exist", given(input, "CUNO")))),
        },
        ("CRS610MI", "LstByNumber") => Ok(session.list(&company.customers, given(input, "CUNO"))),
        ("CRS008MI", "ListFacility") => Ok(session.list(&company.facilities, given(input, "FACI"))),
        ("MMS005MI", "LstWarehouses") => {
            let to = given(input, "TWHL");
            let mut rows = session.list(&company.warehouses, given(input, "FWHL"));
            rows.retain(|row| to.is_empty() || given(row, "WHLO") <= to);
            Ok(rows)
        }
        ("PPS095MI", "LstOrderType") => {
            let types = ORDER_TYPES.iter().filter(|(code, _)| *code >= given(input, "ORTY"));
            Ok(types.map(|(code, words)| row([("ORTY", *code), ("TX15", *words), ("TX40", *words)])).collect())
        }
        _ => Err(missing(name)),
    }
}

/// Items by the day of their last change, from one day to another.
fn by_change(company: &Company, session: &Session<'_>, input: &Row) -> Vec<Row> {
    let (from, to) = (given(input, "FLMD"), given(input, "TLMD"));
    let mut rows: Vec<&Row> = company.items.values().filter(|row| given(row, "LMDT") >= from).collect();
    rows.retain(|row| to.is_empty() || given(row, "LMDT") <= to);
    rows.sort_by_key(|row| given(row, "LMDT"));
    rows.into_iter().take(session.limit).cloned().collect()
}
