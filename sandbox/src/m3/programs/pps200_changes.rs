//! `PPS200MI`: changes of purchase orders that exist, carried out at once.

use rust_decimal::Decimal;

use super::{given, missing};
use crate::m3::answer::{Outcome, Refusal};
use crate::m3::batch::Line;
use crate::m3::company::{Company, Row, row};

pub(super) fn run(company: &mut Company, name: &str, input: &Row) -> Outcome {
    let number = given(input, "PUNO").to_owned();
    if !company.orders.contains_key(&number) {
        return Err(Refusal::nok("WPU0103", "PUNO", format!("Purchase order {number} does not exist")));
    }
    let done = change(company, &number, name, input)?;
    company.mark_changed(&number);
    Ok(done)
}

fn change(company: &mut Company, number: &str, name: &str, input: &Row) -> Outcome {
    if name == "AddLine" {
        return add(company, number, input);
    }
    let Some(order) = company.orders.get_mut(number) else { return Err(missing(name)) };
    if name == "UpdHead" {
        let given = input.iter().filter(|(field, _)| field.as_str() != "PUNO");
        order.head.extend(given.map(|(field, value)| (field.clone(), value.clone())));
        return Ok(Vec::new());
    }
    let wanted: u32 = given(input, "PNLI").trim().parse().unwrap_or(0);
    let Some(place) = order.lines.iter().position(|line| line.number == wanted) else {
        return Err(Refusal::nok("WPN0103", "PNLI", format!("Purchase order line {wanted} does not exist")));
    };
    if order.lines[place].received > Decimal::ZERO {
        return Err(Refusal::nok("PP20036", "PNLI", format!("Purchase order line {wanted} has been received")));
    }
    if name == "DltLine" {
        order.lines.remove(place);
        return Ok(Vec::new());
    }
    let line = &mut order.lines[place];
    let keys = ["PUNO", "PNLI", "PNLS"];
    let changed = input.iter().filter(|(field, _)| !keys.contains(&field.as_str()));
    line.fields.extend(changed.map(|(field, value)| (field.clone(), value.clone())));
    let amount = |fields: &Row, name: &str| given(fields, name).trim().parse::<Decimal>().ok();
    if let Some(quantity) = amount(input, "ORQA") {
        line.quantity = quantity;
    }
    if input.contains_key("PUPR") || input.contains_key("PUCD") {
        let units = amount(&line.fields, "PUCD").filter(|units| !units.is_zero()).unwrap_or(Decimal::ONE);
        line.price = amount(&line.fields, "PUPR").unwrap_or_default() / units;
    }
    Ok(Vec::new())
}

fn add(company: &mut Company, number: &str, input: &Row) -> Outcome {
    let highest = company.orders[number].lines.iter().map(|line| line.number).max().unwrap_or(0);
    let line = given(input, "PNLI").trim().parse().unwrap_or(highest + 1);
    if company.orders[number].lines.iter().any(|other| other.number == line) {
        return Err(Refusal::nok("WPN0104", "PNLI", format!("Purchase order line {line} already exists")));
    }
    let built = company.build_line(&Line { number: line, fields: input.clone() });
    let built = built.map_err(|error| Refusal::nok("PP20001", "", error))?;
    if let Some(order) = company.orders.get_mut(number) {
        order.lines.push(built);
        order.lines.sort_by_key(|line| line.number);
    }
    Ok(vec![row([("PUNO", number), ("PNLI", &line.to_string())])])
}
