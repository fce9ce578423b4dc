//! `APS450MI`, `APS455MI`, `APS200MI`: supplier invoices, before and after validation.

use rust_decimal::Decimal;

use super::search::Search;
use super::{Session, given, missing};
use crate::m3::answer::{Outcome, Refusal};
use crate::m3::company::{Company, Row, row};
use crate::m3::invoices::{Invoice, key};

pub(super) fn run(company: &mut Company, session: &Session<'_>, program: &str, name: &str, input: &Row) -> Outcome {
    let number = given(input, "INBN").trim_start_matches('0').to_owned();
    match (program, name) {
        ("APS450MI", "AddHead") => return add_head(company, input),
        ("APS450MI", "LstInvBySupInv") => return Ok(by_invoice(company, session, input)),
        ("APS450MI", "LstInvBatchNo") => return Ok(by_payee(company, session, input)),
        ("APS200MI", "SearchSupInvoic") => {
            let search = Search::read(given(input, "SQRY"))?;
            let posted =
                company.invoices.values().filter(|invoice| invoice.voucher.is_some() && search.holds(&invoice.head));
            return Ok(posted.take(session.limit).map(in_ledger).collect());
        }
        ("APS200MI", "GetInvoice") => {
            let journal = given(input, "JRNO").trim_start_matches('0');
            let is = |invoice: &&Invoice| invoice.voucher.is_some() && journal_of(invoice) == journal;
            let found = company.invoices.values().find(is);
            return match found {
                Some(invoice) => Ok(vec![in_ledger(invoice)]),
                None => Err(Refusal::nok("WJR0103", "JRNO", format!("Journal {journal} does not exist"))),
            };
        }
        _ => {}
    }
    if !company.invoices.contains_key(&number) {
        return Err(Refusal::nok("WIN0103", "INBN", format!("Invoice batch number {number} does not exist")));
    }
    match (program, name) {
        ("APS450MI", "AddLine" | "AddLineRecode") => add_line(company, &number, name, input),
        ("APS450MI", "UpdHead" | "RejectInvoice") if company.invoices[&number].voucher.is_some() => {
            Err(Refusal::nok("AP45020", "INBN", format!("Invoice {number} is in the ledger")))
        }
        ("APS450MI", "UpdHead") => {
            company.change_invoice(&number, input);
            Ok(Vec::new())
        }
        ("APS455MI", "ValidByBatchNo") => {
            validate(company, &number);
            Ok(Vec::new())
        }
        _ => {
            let invoice = company.invoices.get_mut(&number).ok_or_else(|| missing(name))?;
            match (program, name) {
                ("APS450MI", "GetHead") => Ok(vec![head(invoice)]),
                ("APS450MI", "LstLines") => Ok(lines(invoice, session, given(input, "TRNO"))),
                ("APS450MI", "RejectInvoice") => {
                    invoice.head.insert("SCRE".to_owned(), given(input, "SCRE").to_owned());
                    Ok(Vec::new())
                }
                _ => Err(missing(name)),
            }
        }
    }
}

/// An invoice's lines from one on.
fn lines(invoice: &Invoice, session: &Session<'_>, start: &str) -> Vec<Row> {
    let start: u64 = start.parse().unwrap_or(0);
    let number = |line: &&Row| given(line, "TRNO").parse().unwrap_or(0);
    let follows = |line: &&Row| number(line) > start || (number(line) == start && !session.exclude_start);
    invoice.lines.iter().filter(follows).take(session.limit).cloned().collect()
}

fn add_head(company: &mut Company, input: &Row) -> Outcome {
    let supplier = given(input, "SUNO");
    let Some(known) = company.suppliers.get(supplier) else {
        return Err(Refusal::nok("WSU0103", "SUNO", format!("Supplier {supplier} does not exist")));
    };
    let mut head = input.clone();
    let mut default = |name: &str, value: &str| {
        head.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    };
    default("SPYN", company.payee(supplier));
    default("IBTP", "20");
    default("CUCD", given(known, "CUCD"));
    default("SUPA", "10");
    let year = |row: &Row| given(row, "IVDT").get(..4).unwrap_or_default().to_owned();
    let key = key(&head);
    let namesakes = company.by_invoice.get(&key).into_iter().flatten();
    let taken = company.rules.refuse_duplicates
        && namesakes.filter_map(|number| company.invoices.get(number)).any(|other| year(&other.head) == year(&head));
    if taken {
        return Err(Refusal::nok(
            "AP45010",
            "SINO",
            format!("Supplier invoice {} already exists", given(&head, "SINO")),
        ));
    }
    let number = company.enter_invoice(head, Vec::new());
    Ok(vec![row([("INBN", &number)])])
}

fn add_line(company: &mut Company, number: &str, name: &str, input: &Row) -> Outcome {
    for (dimension, field) in [(1_u8, "AIT1"), (2, "AIT2")] {
        let code = given(input, field).to_owned();
        if !code.is_empty() && !company.identities.contains_key(&(dimension, code.clone())) {
            return Err(Refusal::nok("WAI0103", field, format!("Identity {code} does not exist")));
        }
    }
    let of_order = of_order(company, input)?;
    let Some(invoice) = company.invoices.get_mut(number) else { return Err(missing(name)) };
    if invoice.voucher.is_some() {
        return Err(Refusal::nok("AP45020", "INBN", format!("Invoice {number} is in the ledger")));
    }
    let line = (invoice.lines.len() + 1).to_string();
    let mut fields = input.clone();
    fields.extend(of_order);
    fields.insert("TRNO".to_owned(), line.clone());
    if name == "AddLineRecode" {
        fields.insert("RDTP".to_owned(), "8".to_owned());
    }
    fields.insert("IBLE".to_owned(), "0".to_owned());
    invoice.lines.push(fields);
    Ok(vec![row([("TRNO", &line)])])
}

/// The account and cost centre of the order's line that an invoice's line is for.
fn of_order(company: &Company, input: &Row) -> Result<Row, Refusal> {
    let (order, line) = (given(input, "PUNO"), given(input, "PNLI"));
    if order.is_empty() {
        return Ok(Row::new());
    }
    let lines = company.orders.get(order).map(|order| order.lines.as_slice()).unwrap_or_default();
    let found = lines.iter().find(|found| found.number.to_string() == line);
    let found = found
        .ok_or_else(|| Refusal::nok("WPN0103", "PNLI", format!("Purchase order line {order} {line} does not exist")))?;
    Ok(row([("AIT1", given(&found.fields, "AIT1")), ("AIT2", given(&found.fields, "AIT2"))]))
}

/// Books it if its lines and taxes make its amount, or M3 codes the rest itself.
fn validate(company: &mut Company, number: &str) {
    let (voucher, codes_rest) = (company.next_voucher(), !company.rules.accounting_lines);
    let Some(invoice) = company.invoices.get_mut(number) else { return };
    if invoice.voucher.is_some() {
        return;
    }
    let number = |row: &Row, name: &str| given(row, name).parse::<Decimal>().unwrap_or_default();
    let sum = invoice.lines_total() + number(&invoice.head, "VTAM");
    invoice.head_error = sum != number(&invoice.head, "CUAM") && !codes_rest;
    if !invoice.head_error {
        invoice.voucher = Some(voucher);
    }
}

fn head(invoice: &Invoice) -> Row {
    let mut head = invoice.head.clone();
    let voucher = invoice.voucher.unwrap_or(0).to_string();
    let status = if invoice.voucher.is_some() { "90" } else { given(&invoice.head, "SUPA") };
    head.extend(row([
        ("SUPA", if invoice.head_error { "78" } else { status }),
        ("IBHE", if invoice.head_error { "1" } else { "0" }),
        ("IBLE", "0"),
        ("VONO", &voucher),
        ("TLNA", &invoice.lines_total().to_string()),
    ]));
    head
}

/// Journals have shorter numbers than vouchers.
fn journal_of(invoice: &Invoice) -> String {
    (invoice.voucher.unwrap_or(0) % 10_000_000).to_string()
}

/// An invoice as the ledger shows it.
fn in_ledger(invoice: &Invoice) -> Row {
    let mut row = invoice.head.clone();
    let voucher = invoice.voucher.unwrap_or(0).to_string();
    let year = given(&invoice.head, "IVDT").get(..4).unwrap_or_default().to_owned();
    row.extend(crate::m3::company::row([
        ("DIVI", super::DIVISION),
        ("YEA4", &year),
        ("INYR", &year),
        ("JRNO", &journal_of(invoice)),
        ("JSNO", "1"),
        ("VONO", &voucher),
    ]));
    row
}

fn by_invoice(company: &Company, session: &Session<'_>, input: &Row) -> Vec<Row> {
    let numbers = company.by_invoice.get(&key(input)).into_iter().flatten();
    let found = numbers.filter_map(|number| company.invoices.get(number)).take(session.limit);
    found
        .map(|invoice| {
            row([("INBN", given(&invoice.head, "INBN")), ("IBTP", given(&invoice.head, "IBTP")), ("SUPA", "10")])
        })
        .collect()
}

/// The batch invoices of a payee; those that finance entered in the ledger itself are none.
fn by_payee(company: &Company, session: &Session<'_>, input: &Row) -> Vec<Row> {
    let payee = given(input, "SPYN");
    let numbers = company.by_invoice.iter().filter(|(key, _)| key[0] == payee).flat_map(|(_, numbers)| numbers);
    let mut found: Vec<&Invoice> = numbers.filter_map(|number| company.invoices.get(number)).collect();
    found.sort_by_key(|invoice| given(&invoice.head, "INBN").parse::<u64>().unwrap_or_default());
    let listed = found.into_iter().take(session.limit).map(|invoice| {
        let of = |name| given(&invoice.head, name);
        let status = if invoice.voucher.is_some() { "90" } else { of("SUPA") };
        row([("INBN", of("INBN")), ("SUNO", of("SUNO")), ("SINO", of("SINO")), ("IBTP", of("IBTP")), ("SUPA", status)])
    });
    listed.collect()
}
