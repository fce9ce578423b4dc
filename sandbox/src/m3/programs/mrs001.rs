//! `MRS001MI`: what this tenant's MI programs take and give.

use super::{Session, given, missing};
use crate::m3::answer::{Outcome, Refusal};
use crate::m3::company::{Row, row};

pub(super) fn run(session: &Session<'_>, name: &str, input: &Row) -> Outcome {
    let program = given(input, "MINM");
    let found = session.facts.programs.get(program);
    let unknown = || Refusal::nok("WMI0103", "MINM", format!("Program {program} does not exist"));
    let mut rows: Vec<Row> = match name {
        "LstPrograms" => session.facts.programs.keys().map(|program| row([("MINM", program)])).collect(),
        "LstTransactions" => found
            .ok_or_else(unknown)?
            .keys()
            .map(|name| row([("MINM", program), ("TRNM", name), ("STAT", "20"), ("SIMU", simu(name))]))
            .collect(),
        "LstFields" => {
            let transaction = found.ok_or_else(unknown)?.get(given(input, "TRNM"));
            let transaction = transaction.ok_or_else(|| {
                Refusal::nok("WTR0103", "TRNM", format!("Transaction {} does not exist", given(input, "TRNM")))
            })?;
            let direction = given(input, "TRTP");
            let fields = if direction == "O" { &transaction.output } else { &transaction.input };
            let mut position = 16;
            fields
                .iter()
                .map(|field| {
                    let length = field.length.unwrap_or(10);
                    let from = position;
                    position += length;
                    row([
                        ("MINM", program),
                        ("TRNM", given(input, "TRNM")),
                        ("TRTP", direction),
                        ("FLNM", field.name),
                        ("LENG", &length.to_string()),
                        ("TYPE", field.kind.letter()),
                        ("MAND", if field.required { "1" } else { "0" }),
                        ("FRPO", &from.to_string()),
                        ("TOPO", &(position - 1).to_string()),
                    ])
                })
                .collect()
        }
        _ => return Err(missing(name)),
    };
    rows.truncate(session.limit);
    Ok(rows)
}

/// M for a transaction that gives several rows, S for a single one.
fn simu(name: &str) -> &'static str {
    if name.starts_with("Lst") || name.starts_with("List") || name.starts_with("Search") || name.starts_with("Sel") {
        "M"
    } else {
        "S"
    }
}
