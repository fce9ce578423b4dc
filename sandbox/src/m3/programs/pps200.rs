//! `PPS200MI`: purchase orders that exist.

use super::search::Search;
use super::{Session, given, missing};
use crate::m3::answer::{Outcome, Refusal};
use crate::m3::company::{Company, Row, row};
use crate::m3::documents::{OrderLine, PurchaseOrder};

pub(super) fn run(company: &Company, session: &Session<'_>, name: &str, input: &Row) -> Outcome {
    if name == "SearchHead" {
        return search(company, session, given(input, "SQRY"));
    }
    let number = given(input, "PUNO");
    let Some(order) = company.orders.get(number) else {
        return Err(Refusal::nok("WPU0103", "PUNO", format!("Purchase order {number} does not exist")));
    };
    match name {
        "GetHead" => Ok(vec![head(order)]),
        "LstLine" => Ok(order.lines.iter().take(session.limit).map(|row| line(order, row)).collect()),
        _ => Err(missing(name)),
    }
}

/// An order's head as `GetHead` and the table `MPHEAD` show it.
pub(super) fn head(order: &PurchaseOrder) -> Row {
    let total = order.total().to_string();
    let quantity: rust_decimal::Decimal = order.lines.iter().map(|line| line.quantity).sum();
    let mut head = order.head.clone();
    head.extend(row([
        ("DIVI", "AAA"),
        ("POTC", "20"),
        ("LOCD", "CAD"),
        ("NTAM", &total),
        ("BRAM", &total),
        ("COAM", &total),
        ("TOQT", &quantity.to_string()),
        ("PUSL", "15"),
        ("PUST", "15"),
    ]));
    head
}

fn line(order: &PurchaseOrder, line: &OrderLine) -> Row {
    let mut fields = line.fields.clone();
    for name in ["FACI", "WHLO", "SUNO", "DWDT"] {
        if given(&fields, name).is_empty() {
            fields.insert(name.to_owned(), given(&order.head, name).to_owned());
        }
    }
    fields.extend(row([
        ("PUNO", given(&order.head, "PUNO")),
        ("PNLI", &line.number.to_string()),
        ("PNLS", "0"),
        ("PUSL", "15"),
        ("PUST", "15"),
        ("ORQA", &line.quantity.to_string()),
        ("LNAM", &line.amount().to_string()),
        ("RVQA", &line.received.to_string()),
        ("IVQA", "0"),
    ]));
    fields
}

/// The search index, which lags behind the table.
fn search(company: &Company, session: &Session<'_>, query: &str) -> Outcome {
    let search = Search::read(query)?;
    let fresh = |order: &&PurchaseOrder| order.searchable <= company.now;
    let holds = |order: &&PurchaseOrder| fresh(order) && search.holds(&head(order));
    // A query for certain references or numbers need not look at every order.
    Ok(match search.any_of(&["YRE1", "PUNO"]) {
        Some(values) => {
            let mut numbers: Vec<&str> = Vec::new();
            for (field, value) in values {
                match company.by_reference.get(value) {
                    Some(found) if field == "YRE1" => numbers.extend(found.iter().map(String::as_str)),
                    _ => numbers.push(value),
                }
            }
            numbers.sort_unstable();
            numbers.dedup();
            let orders = numbers.into_iter().filter_map(|number| company.orders.get(number));
            orders.filter(holds).take(session.limit).map(head).collect()
        }
        None => company.orders.values().filter(holds).take(session.limit).map(head).collect(),
    })
}
