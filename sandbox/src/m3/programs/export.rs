//! `EXPORTMI Select`: a filtered read of one table: of the order heads (`MPHEAD`, whose columns begin with `IA`), of
//! the suppliers (`CIDMAS` and `ID`), or of the fiscal periods (`CSYPER` and `CP`, an assumption).

use std::cmp::Ordering;

use super::{Session, given, pps200};
use crate::m3::answer::{Outcome, Refusal};
use crate::m3::company::{Company, Row, row};

const WIDTH: usize = 984;

pub(super) fn run(company: &Company, session: &Session<'_>, input: &Row) -> Outcome {
    if !session.export_mi {
        return Err(Refusal::nok("XAU0008", "", "Not authorized to use EXPORTMI"));
    }
    let query = given(input, "QERY");
    let Some(select) = Select::read(query) else {
        return Err(Refusal::nok("CPF9898", "QERY", format!("The query cannot be read: {query}")));
    };
    let Some((prefix, table)) = table(company, session, &select.table) else {
        return Err(Refusal::nok("CPF9898", "QERY", format!("Table {} cannot be read", select.table)));
    };
    let separator = given(input, "SEPC");
    let named = matches!(separator, "*" | "#");
    let reply = |values: Vec<String>, prefix: bool| {
        let cells = values.into_iter().zip(&select.columns).map(|(value, column)| match separator {
            "" => format!("{value:<36}"),
            _ if named && prefix => format!("{column}{value}"),
            _ => value,
        });
        let line: String = cells.collect::<Vec<_>>().join(separator);
        row([("REPL", &line.chars().take(WIDTH).collect::<String>())])
    };
    let mut rows = Vec::new();
    if given(input, "HDRS") == "1" {
        rows.push(reply(select.columns.clone(), false));
    }
    let limit = session.limit.saturating_sub(rows.len());
    let found = table
        .into_iter()
        .filter(|head| select.condition.as_ref().is_none_or(|condition| condition.holds(head, prefix)))
        .take(limit);
    rows.extend(
        found.map(|head| {
            reply(select.columns.iter().map(|column| cell(&head, prefix, column).to_owned()).collect(), true)
        }),
    );
    Ok(rows)
}

/// A table's rows, and what its columns begin with.
fn table(company: &Company, session: &Session<'_>, name: &str) -> Option<(&'static str, Vec<Row>)> {
    let of_company = |mut row: Row| {
        row.insert("CONO".to_owned(), session.company.to_string());
        row
    };
    match name.to_uppercase().as_str() {
        "MPHEAD" => Some(("IA", company.orders.values().map(pps200::head).map(of_company).collect())),
        "CIDMAS" => Some(("ID", company.suppliers.values().cloned().map(of_company).collect())),
        "CSYPER" => Some(("CP", company.periods.values().cloned().map(of_company).collect())),
        _ => None,
    }
}

/// A column of the table, which is a field with the table's prefix.
fn cell<'a>(head: &'a Row, prefix: &str, column: &str) -> &'a str {
    column.strip_prefix(prefix).map_or("", |field| given(head, field))
}

struct Select {
    columns: Vec<String>,
    table: String,
    condition: Option<Condition>,
}

enum Condition {
    Compare { column: String, operator: String, value: String },
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

impl Condition {
    fn holds(&self, head: &Row, prefix: &str) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(head, prefix)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(head, prefix)),
            Self::Compare { column, operator, value } => {
                let cell = cell(head, prefix, column);
                let order = match (cell.parse::<i64>(), value.parse::<i64>()) {
                    (Ok(cell), Ok(value)) => cell.cmp(&value),
                    _ => cell.cmp(value),
                };
                match operator.as_str() {
                    "=" => order == Ordering::Equal,
                    "<>" | "!=" => order != Ordering::Equal,
                    "<" => order == Ordering::Less,
                    ">" => order == Ordering::Greater,
                    "<=" => order != Ordering::Greater,
                    ">=" => order != Ordering::Less,
                    _ => like(cell, value),
                }
            }
        }
    }
}

/// `%` for any characters, `_` for one.
fn like(text: &str, pattern: &str) -> bool {
    let mut pattern = pattern.chars();
    match pattern.next() {
        None => text.is_empty(),
        Some('%') => {
            let rest = pattern.as_str();
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| like(&text[at..], rest))
        }
        Some(expected) => {
            let mut text = text.chars();
            text.next().is_some_and(|c| expected == '_' || c == expected) && like(text.as_str(), pattern.as_str())
        }
    }
}

impl Select {
    fn read(query: &str) -> Option<Self> {
        let mut words = Words { words: words(query)?, at: 0 };
        if words.peek()?.eq_ignore_ascii_case("select") {
            words.at += 1;
        }
        let mut columns = Vec::new();
        loop {
            columns.push(words.next()?);
            match words.next()?.as_str() {
                "," => {}
                "from" => break,
                _ => return None,
            }
        }
        let table = words.next()?;
        let condition = match words.next() {
            None => None,
            Some(word) if word == "where" => Some(words.any()?),
            Some(_) => return None,
        };
        (words.at == words.words.len()).then_some(Self { columns, table, condition })
    }
}

/// Splits a query; a quoted text begins with its quote, so that it is not taken for a key word.
fn words(query: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut chars = query.chars().peekable();
    while let Some(c) = chars.next() {
        let mut word = String::from(c);
        match c {
            c if c.is_whitespace() => continue,
            '\'' => loop {
                match chars.next()? {
                    '\'' if chars.peek() == Some(&'\'') => word.extend(chars.next()),
                    '\'' => break,
                    c => word.push(c),
                }
            },
            '(' | ')' | ',' => {}
            '<' | '>' | '=' | '!' => word.extend(chars.next_if(|c| matches!(c, '=' | '>'))),
            _ => {
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '*')) {
                    word.push(c);
                }
            }
        }
        words.push(word);
    }
    Some(words)
}

struct Words {
    words: Vec<String>,
    at: usize,
}

impl Words {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Option<String> {
        let word = self.words.get(self.at)?.clone();
        self.at += 1;
        Some(word)
    }

    fn any(&mut self) -> Option<Condition> {
        let mut parts = vec![self.all()?];
        while self.peek() == Some("or") {
            self.at += 1;
            parts.push(self.all()?);
        }
        Some(Condition::Any(parts))
    }

    fn all(&mut self) -> Option<Condition> {
        let mut parts = vec![self.one()?];
        while self.peek() == Some("and") {
            self.at += 1;
            parts.push(self.one()?);
        }
        Some(Condition::All(parts))
    }

    fn one(&mut self) -> Option<Condition> {
        if self.peek() == Some("(") {
            self.at += 1;
            let inner = self.any()?;
            return (self.next()? == ")").then_some(inner);
        }
        let column = self.next()?;
        let operator = self.next()?;
        if !matches!(operator.as_str(), "=" | "<>" | "!=" | "<" | ">" | "<=" | ">=" | "like") {
            return None;
        }
        let value = self.next()?;
        let value = value.strip_prefix('\'').map_or_else(|| value.clone(), str::to_owned);
        Some(Condition::Compare { column, operator, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_select_as_they_read() {
        let head = row([("PUNO", "1000001"), ("YRE1", "O'Neil"), ("PUDT", "20261101")]);
        for (condition, expected) in [
            ("IAYRE1 = 'O''Neil'", true),
            ("IAYRE1 like 'O%l'", true),
            ("IAYRE1 like 'P%'", false),
            ("IAPUDT >= 20261101 and IAPUDT < 20261201", true),
            ("IAYRE1 = 'x' or (IAPUNO = '1000001' and IAPUDT <> 0)", true),
        ] {
            let select = Select::read(&format!("IAPUNO, IAYRE1 from MPHEAD where {condition}"));
            let select = select.unwrap_or_else(|| panic!("{condition} is a condition"));
            assert_eq!(select.columns, ["IAPUNO", "IAYRE1"]);
            assert_eq!(select.condition.map(|c| c.holds(&head, "IA")), Some(expected), "{condition}");
        }
        assert!(Select::read("IAPUNO from MPHEAD where").is_none());
        assert!(Select::read("IAPUNO from MPHEAD where IAPUNO = 'open").is_none());
    }
}
