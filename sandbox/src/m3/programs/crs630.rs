//! `CRS630MI`: identities of the accounting dimensions.

use super::{Session, given, missing};
use crate::m3::answer::{Outcome, Refusal};
use crate::m3::company::{Company, Row};

pub(super) fn run(company: &Company, session: &Session<'_>, name: &str, input: &Row) -> Outcome {
    let code = given(input, "AITM").to_owned();
    let dimension: u8 = given(input, "AITP").parse().unwrap_or(0);
    if !(1..=7).contains(&dimension) {
        return Err(Refusal::nok("WAI0101", "AITP", "Accounting dimension must be 1 to 7"));
    }
    match name {
        "LstAccountID" => Ok(company
            .identities
            .range((dimension, code.clone())..)
            .take_while(|((of, _), _)| *of == dimension)
            .filter(|((_, key), _)| !(session.exclude_start && *key == code))
            .take(session.limit)
            .map(|(_, row)| row.clone())
            .collect()),
        "GetAccountID" => match company.identities.get(&(dimension, code.clone())) {
            Some(row) => Ok(vec![row.clone()]),
            None => Err(Refusal::nok("WAI0103", "AITM", format!("Identity {code} does not exist"))),
        },
        _ => Err(missing(name)),
    }
}
