//! `PPS370MI`: purchase order batch entry. Nothing is checked here but that the message is open
//! and that references within it hold.

use super::{given, missing};
use crate::m3::answer::{Outcome, Refusal};
use crate::m3::batch::{Entry, Head, Line, MessageStatus};
use crate::m3::company::{Company, Row, row};

/// The only batch origin that is set up.
const ORIGIN: &str = "PFY";
const MOST_LINES: u32 = 999;

pub(super) fn run(company: &mut Company, name: &str, input: &Row) -> Outcome {
    if name == "StartEntry" {
        return start(company, given(input, "BAOR"));
    }
    let number = given(input, "MSGN").to_owned();
    let Some(entry) = company.messages.get(&number) else {
        return Err(Refusal::nok("WMSG103", "MSGN", format!("Message number {number} does not exist")));
    };
    if entry.status != MessageStatus::Open {
        return Err(Refusal::nok("PP37010", "MSGN", format!("Message number {number} is not in entry")));
    }
    match name {
        "FinishEntry" => {
            company.finish(&number);
            Ok(Vec::new())
        }
        "DeleteEntry" => {
            company.messages.remove(&number);
            Ok(Vec::new())
        }
        "AddHead" => {
            let order = company.new_order_number();
            let mut fields = input.clone();
            fields.insert("PUNO".to_owned(), order.clone());
            open(company, &number)?.heads.push(Head { fields, lines: Vec::new() });
            Ok(vec![row([("PUNO", &order)])])
        }
        "AddLine" => add_line(find_head(open(company, &number)?, input)?, input),
        "AddAccString" => {
            let line = find_line(find_head(open(company, &number)?, input)?, input)?;
            let dimensions = input.iter().filter(|(name, _)| name.starts_with("AIT"));
            line.fields.extend(dimensions.map(|(name, value)| (name.clone(), value.clone())));
            Ok(Vec::new())
        }
        // Texts, charges and addresses are taken, and change nothing a document shows.
        "AddCharge" | "AddText" | "AddAddress" => {
            let head = find_head(open(company, &number)?, input)?;
            if !given(input, "PNLI").is_empty() || !given(input, "LREF").is_empty() {
                find_line(head, input)?;
            }
            Ok(Vec::new())
        }
        _ => Err(missing(name)),
    }
}

fn start(company: &mut Company, origin: &str) -> Outcome {
    if origin != ORIGIN {
        return Err(Refusal::nok("WBA0103", "BAOR", format!("Batch origin {origin} does not exist")));
    }
    let number = company.new_message_number();
    company.messages.insert(number.clone(), Entry::open());
    Ok(vec![row([("MSGN", &number)])])
}

fn open<'a>(company: &'a mut Company, number: &str) -> Result<&'a mut Entry, Refusal> {
    let gone = || Refusal::nok("WMSG103", "MSGN", format!("Message number {number} does not exist"));
    company.messages.get_mut(number).ok_or_else(gone)
}

/// The head that `PUNO` or `HREF` names. Of two with the same reference the later one is meant.
fn find_head<'a>(entry: &'a mut Entry, input: &Row) -> Result<&'a mut Head, Refusal> {
    let (order, reference) = (given(input, "PUNO"), given(input, "HREF"));
    let (field, value) = if order.is_empty() { ("HREF", reference) } else { ("PUNO", order) };
    if value.is_empty() {
        return Err(Refusal::nok("WPU0102", "PUNO", "Purchase order number or head reference must be entered"));
    }
    let unknown = || Refusal::nok("WPU0103", field, format!("Purchase order {value} does not exist in the message"));
    entry.heads.iter_mut().rev().find(|head| given(&head.fields, field) == value).ok_or_else(unknown)
}

fn find_line<'a>(head: &'a mut Head, input: &Row) -> Result<&'a mut Line, Refusal> {
    let (number, reference) = (given(input, "PNLI"), given(input, "LREF"));
    let found = match number.trim().parse::<u32>() {
        Ok(number) => head.lines.iter_mut().rev().find(|line| line.number == number),
        Err(_) if reference.is_empty() => {
            return Err(Refusal::nok("WPN0102", "PNLI", "Purchase order line or line reference must be entered"));
        }
        Err(_) => head.lines.iter_mut().rev().find(|line| given(&line.fields, "LREF") == reference),
    };
    found.ok_or_else(|| Refusal::nok("WPN0103", "PNLI", "The purchase order line does not exist in the message"))
}

fn add_line(head: &mut Head, input: &Row) -> Outcome {
    let highest = head.lines.iter().map(|line| line.number).max().unwrap_or(0);
    let number = given(input, "PNLI").trim().parse().unwrap_or(highest + 1);
    if number == 0 || number > MOST_LINES {
        return Err(Refusal::nok("WPN0101", "PNLI", format!("Purchase order line {number} is not valid")));
    }
    if head.lines.iter().any(|line| line.number == number) {
        return Err(Refusal::nok("WPN0104", "PNLI", format!("Purchase order line {number} already exists")));
    }
    let order = given(&head.fields, "PUNO").to_owned();
    head.lines.push(Line { number, fields: input.clone() });
    Ok(vec![row([("PUNO", &order), ("PNLI", &number.to_string())])])
}
