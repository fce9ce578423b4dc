//! Filters: SQL conditions on property names, and nothing more of SQL.

use std::iter::Peekable;
use std::str::Chars;

use chrono::NaiveDateTime;

use super::cell::{Cell, write_time};
use super::schema::{Ido, Kind};

/// A condition that has been understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(&'static str, Kind, Operator, Cell),
    Like(&'static str, String),
    In(&'static str, Kind, Vec<Cell>),
    Null(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Name(String),
    Text(String),
    Number(String),
    Sign(&'static str),
}

impl Condition {
    /// Understands a filter on an IDO; `now` is what `GETDATE()` gives.
    pub(super) fn read(ido: &Ido, text: &str, now: NaiveDateTime) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut reader = Reader { ido, tokens: tokens.into_iter().peekable(), now };
        let condition = reader.or()?;
        match reader.tokens.next() {
            None => Ok(condition),
            Some(token) => Err(format!("{token:?} is not expected there")),
        }
    }

    /// Whether it holds; `value` gives a property's value. What is compared with null never holds.
    pub(super) fn holds(&self, value: &impl Fn(&str) -> Option<String>) -> bool {
        let cell = |name: &str, kind: Kind| Cell::of(kind, value(name).as_deref());
        match self {
            Self::And(a, b) => a.holds(value) && b.holds(value),
            Self::Or(a, b) => a.holds(value) || b.holds(value),
            Self::Not(a) => !a.holds(value),
            Self::Null(name) => value(name).is_none(),
            Self::In(name, kind, cells) => cells.contains(&cell(name, *kind)),
            Self::Like(name, pattern) => value(name).is_some_and(|text| {
                let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
                let text: Vec<char> = text.to_lowercase().chars().collect();
                is_like(&pattern, &text)
            }),
            Self::Compare(name, kind, operator, wanted) => {
                let cell = cell(name, *kind);
                cell != Cell::Null
                    && match operator {
                        Operator::Equal => cell == *wanted,
                        Operator::NotEqual => cell != *wanted,
                        Operator::Less => cell < *wanted,
                        Operator::LessOrEqual => cell <= *wanted,
                        Operator::Greater => cell > *wanted,
                        Operator::GreaterOrEqual => cell >= *wanted,
                    }
            }
        }
    }
}

/// SQL's patterns: `%`, `_`, `[abc]`.
fn is_like(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.iter().all(|c| *c == ' '),
        ['%', rest @ ..] => (0..=text.len()).any(|skipped| is_like(rest, &text[skipped..])),
        ['_', rest @ ..] => !text.is_empty() && is_like(rest, &text[1..]),
        ['[', rest @ ..] => match rest.iter().position(|c| *c == ']') {
            Some(end) => text.first().is_some_and(|c| rest[..end].contains(c)) && is_like(&rest[end + 1..], &text[1..]),
            None => false,
        },
        [c, rest @ ..] => text.first() == Some(c) && is_like(rest, &text[1..]),
    }
}

struct Reader<'a> {
    ido: &'a Ido,
    tokens: Peekable<std::vec::IntoIter<Token>>,
    now: NaiveDateTime,
}

impl Reader<'_> {
    fn or(&mut self) -> Result<Condition, String> {
        let mut left = self.and()?;
        while self.takes_word("OR") {
            left = Condition::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Condition, String> {
        let mut left = self.not()?;
        while self.takes_word("AND") {
            left = Condition::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Condition, String> {
        if self.takes_word("NOT") {
            return Ok(Condition::Not(Box::new(self.not()?)));
        }
        if self.takes_sign("(") {
            let inner = self.or()?;
            return self.expect(")").map(|()| inner);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Condition, String> {
        let Some(Token::Name(name)) = self.tokens.next() else {
            return Err("a property name is expected".to_owned());
        };
        let property = self.ido.property(&name).ok_or_else(|| format!("property {name} does not exist"))?;
        let (name, kind) = (property.name, property.kind);
        if self.takes_word("IS") {
            let negated = self.takes_word("NOT");
            return if self.takes_word("NULL") {
                let null = Condition::Null(name);
                Ok(if negated { Condition::Not(Box::new(null)) } else { null })
            } else {
                Err("NULL is expected".to_owned())
            };
        }
        let negated = self.takes_word("NOT");
        let wrap = |condition| if negated { Condition::Not(Box::new(condition)) } else { condition };
        if self.takes_word("LIKE") {
            return match self.tokens.next() {
                Some(Token::Text(pattern)) => Ok(wrap(Condition::Like(name, pattern))),
                _ => Err("LIKE needs a text".to_owned()),
            };
        }
        if self.takes_word("IN") {
            self.expect("(")?;
            let mut cells = vec![self.value(kind)?];
            while self.takes_sign(",") {
                cells.push(self.value(kind)?);
            }
            return self.expect(")").map(|()| wrap(Condition::In(name, kind, cells)));
        }
        let operator = match self.tokens.next() {
            Some(Token::Sign("=")) => Operator::Equal,
            Some(Token::Sign("<>")) => Operator::NotEqual,
            Some(Token::Sign("<")) => Operator::Less,
            Some(Token::Sign("<=")) => Operator::LessOrEqual,
            Some(Token::Sign(">")) => Operator::Greater,
            Some(Token::Sign(">=")) => Operator::GreaterOrEqual,
            other => return Err(format!("{other:?} is no operator")),
        };
        Ok(Condition::Compare(name, kind, operator, self.value(kind)?))
    }

    fn value(&mut self, kind: Kind) -> Result<Cell, String> {
        match self.tokens.next() {
            Some(Token::Text(text) | Token::Number(text)) => Ok(Cell::of(kind, Some(&text))),
            Some(Token::Name(name)) if name.eq_ignore_ascii_case("GETDATE") => {
                self.expect("(")?;
                self.expect(")")?;
                Ok(Cell::of(Kind::Date, Some(&write_time(self.now))))
            }
            other => Err(format!("{other:?} is no value")),
        }
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Name(name) if name.eq_ignore_ascii_case(word))).is_some()
    }

    fn takes_sign(&mut self, sign: &'static str) -> bool {
        self.tokens.next_if(|token| *token == Token::Sign(sign)).is_some()
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), String> {
        if self.takes_sign(sign) { Ok(()) } else { Err(format!("{sign} is expected")) }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(&c) = rest.peek() {
        let sign = match c {
            _ if c.is_whitespace() => {
                rest.next();
                continue;
            }
            '\'' => {
                tokens.push(Token::Text(literal(&mut rest)?));
                continue;
            }
            _ if c.is_ascii_digit() || c == '-' || c == '.' => {
                tokens.push(Token::Number(run(&mut rest, |c| c.is_ascii_digit() || "-.".contains(c))));
                continue;
            }
            _ if c.is_ascii_alphabetic() || c == '_' => {
                let name = run(&mut rest, |c| c.is_ascii_alphanumeric() || c == '_');
                let prefix = name == "N" && rest.peek() == Some(&'\'');
                tokens.push(if prefix { Token::Text(literal(&mut rest)?) } else { Token::Name(name) });
                continue;
            }
            '(' => "(",
            ')' => ")",
            ',' => ",",
            '=' => "=",
            '<' => "<",
            '>' => ">",
            other => return Err(format!("{other:?} is not allowed")),
        };
        rest.next();
        let sign = match (sign, rest.peek()) {
            ("<", Some('>')) => "<>",
            ("<", Some('=')) => "<=",
            (">", Some('=')) => ">=",
            _ => sign,
        };
        if sign.len() == 2 {
            rest.next();
        }
        tokens.push(Token::Sign(sign));
    }
    Ok(tokens)
}

fn run(rest: &mut Peekable<Chars<'_>>, belongs: impl Fn(char) -> bool) -> String {
    let mut text = String::new();
    while let Some(c) = rest.next_if(|c| belongs(*c)) {
        text.push(c);
    }
    text
}

/// A literal from its opening apostrophe on.
fn literal(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    rest.next();
    let mut text = String::new();
    while let Some(c) = rest.next() {
        if c != '\'' {
            text.push(c);
        } else if rest.next_if_eq(&'\'').is_some() {
            text.push('\'');
        } else {
            return Ok(text);
        }
    }
    Err("a literal does not end".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn holds(filter: &str) -> Result<bool, String> {
        let ido = &Ido::all()["SLPos"];
        let now = super::super::cell::read_time("20261124 12:00:00").unwrap();
        let value = |name: &str| match name {
            "PoNum" => Some("        42".to_owned()),
            "Buyer" => Some("O'Neil 100%".to_owned()),
            "OrderDate" => Some("20261101 00:00:00.000".to_owned()),
            "Freight" => Some("12.50".to_owned()),
            _ => None,
        };
        Condition::read(ido, filter, now).map(|condition| condition.holds(&value))
    }

    #[test]
    fn conditions_hold_as_sql_has_it() {
        for (filter, expected) in [
            ("PoNum = N'        42'", true),
            ("PoNum = N'42'", false),
            ("PoNum IN (N'1', N'        42  ')", true),
            ("Buyer = 'o''neil 100%'", true),
            ("Buyer LIKE N'O''Neil 100[%]%'", true),
            ("Buyer LIKE '%neil%' AND NOT (Freight > 13)", true),
            ("Buyer NOT LIKE '%x%'", true),
            ("Freight = 12.5", true),
            ("OrderDate >= '2026-11-01 00:00:00.000' AND OrderDate < GETDATE()", true),
            ("OrderDate > '20261101'", false),
            ("Stat IS NULL OR Stat = 'O'", true),
            ("Stat <> 'O'", false),
            ("(VendNum IS NOT NULL)", false),
        ] {
            assert_eq!(holds(filter), Ok(expected), "{filter}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for filter in
            ["PoNum", "PoNum = ", "Nothing = '1'", "PoNum = 'a' --", "PoNum = (SELECT 1)", "PoNum = 'a", "ponum = '1'"]
        {
            assert!(holds(filter).is_err(), "{filter}");
        }
    }
}
