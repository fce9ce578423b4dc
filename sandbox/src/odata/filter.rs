//! `$filter`: as much of it as business objects need.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::str::Chars;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// A condition that has been understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(String, String, Value),
    In(String, Vec<Value>),
    Contains(String, String),
    StartsWith(String, String),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

impl Condition {
    /// Understands a filter on entities with these properties.
    pub(super) fn read(properties: &[&str], text: &str) -> Result<Self, String> {
        let mut reader = Reader { properties, tokens: tokens(text)?.into_iter().peekable() };
        let condition = reader.or()?;
        match reader.tokens.next() {
            None => Ok(condition),
            Some(token) => Err(format!("{token:?} is not expected there")),
        }
    }

    pub(super) fn holds(&self, entity: &Map<String, Value>) -> bool {
        let value = |name: &str| entity.get(name).unwrap_or(&Value::Null);
        match self {
            Self::And(a, b) => a.holds(entity) && b.holds(entity),
            Self::Or(a, b) => a.holds(entity) || b.holds(entity),
            Self::Not(a) => !a.holds(entity),
            Self::In(name, values) => values.iter().any(|wanted| compare(value(name), wanted) == Some(Ordering::Equal)),
            Self::Contains(name, text) => value(name).as_str().is_some_and(|value| value.contains(text.as_str())),
            Self::StartsWith(name, text) => value(name).as_str().is_some_and(|value| value.starts_with(text.as_str())),
            Self::Compare(name, operator, wanted) => {
                let order = compare(value(name), wanted);
                match operator.as_str() {
                    "eq" => order == Some(Ordering::Equal),
                    "ne" => order != Some(Ordering::Equal),
                    "lt" => order == Some(Ordering::Less),
                    "le" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    "gt" => order == Some(Ordering::Greater),
                    _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                }
            }
        }
    }
}

/// How two values stand to each other; nothing stands to null but null.
pub(super) fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    let number = |value: &Value| match value {
        Value::Number(number) => number.to_string().parse::<Decimal>().ok(),
        _ => None,
    };
    match (a, b) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Number(_), Value::Number(_)) => Some(number(a)?.cmp(&number(b)?)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

struct Reader<'a> {
    properties: &'a [&'a str],
    tokens: Peekable<std::vec::IntoIter<Token>>,
}

impl Reader<'_> {
    fn or(&mut self) -> Result<Condition, String> {
        let mut left = self.and()?;
        while self.takes("or") {
            left = Condition::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Condition, String> {
        let mut left = self.not()?;
        while self.takes("and") {
            left = Condition::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Condition, String> {
        if self.takes("not") {
            return Ok(Condition::Not(Box::new(self.not()?)));
        }
        if self.sign('(') {
            let inner = self.or()?;
            return self.expect(')').map(|()| inner);
        }
        let Some(Token::Word(word)) = self.tokens.next() else {
            return Err("a property is expected".to_owned());
        };
        if matches!(word.as_str(), "contains" | "startswith") {
            self.expect('(')?;
            let name = self.property()?;
            self.expect(',')?;
            let Some(Token::Text(text)) = self.tokens.next() else { return Err("a text is expected".to_owned()) };
            self.expect(')')?;
            return Ok(if word == "contains" {
                Condition::Contains(name, text)
            } else {
                Condition::StartsWith(name, text)
            });
        }
        let name = self.known(word)?;
        if self.takes("in") {
            self.expect('(')?;
            let mut values = vec![self.value()?];
            while self.sign(',') {
                values.push(self.value()?);
            }
            return self.expect(')').map(|()| Condition::In(name, values));
        }
        match self.tokens.next() {
            Some(Token::Word(word)) if ["eq", "ne", "lt", "le", "gt", "ge"].contains(&word.as_str()) => {
                Ok(Condition::Compare(name, word, self.value()?))
            }
            other => Err(format!("{other:?} is no operator")),
        }
    }

    fn property(&mut self) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Word(word)) => self.known(word),
            other => Err(format!("{other:?} is no property")),
        }
    }

    fn known(&self, name: String) -> Result<String, String> {
        if self.properties.contains(&name.as_str()) { Ok(name) } else { Err(format!("there is no property {name}")) }
    }

    fn value(&mut self) -> Result<Value, String> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Value::String(text)),
            Some(Token::Word(word)) => match word.as_str() {
                "null" => Ok(Value::Null),
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                // A date is no number, and is kept as its text.
                _ if word.contains(':') || word.matches('-').count() > 1 => Ok(Value::String(word)),
                _ => serde_json::from_str(&word).map_err(|_| format!("{word} is no value")),
            },
            other => Err(format!("{other:?} is no value")),
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Word(own) if own == word)).is_some()
    }

    fn sign(&mut self, sign: char) -> bool {
        self.tokens.next_if(|token| *token == Token::Sign(sign)).is_some()
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.sign(sign) { Ok(()) } else { Err(format!("{sign} is expected")) }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(&c) = rest.peek() {
        match c {
            ' ' => {
                rest.next();
            }
            '\'' => tokens.push(Token::Text(literal(&mut rest)?)),
            '(' | ')' | ',' => {
                rest.next();
                tokens.push(Token::Sign(c));
            }
            _ if c.is_ascii_alphanumeric() || "_-".contains(c) => {
                let mut word = String::new();
                while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || "_-.:/+".contains(*c)) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
            other => return Err(format!("{other:?} is not allowed")),
        }
    }
    Ok(tokens)
}

/// A literal from its opening apostrophe on.
pub(super) fn literal(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
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
    use serde_json::json;

    #[test]
    fn conditions_hold_as_odata_has_it() {
        let order = json!({"Order": "PO1", "Name": "O'Neil", "Total": 12.5, "Blocked": false, "Day": "2026-11-24"});
        let order = order.as_object().unwrap();
        for (filter, expected) in [
            ("Order eq 'PO1'", true),
            ("Order eq 'x' or Order eq 'PO1'", true),
            ("Order in ('x','PO1')", true),
            ("Name eq 'O''Neil' and Total gt 12", true),
            ("not (Blocked eq true)", true),
            ("contains(Name,'Neil') and startswith(Order,'P')", true),
            ("Day ge 2026-11-24", true),
            ("Day lt 2026-11-24", false),
            ("Missing eq null", true),
        ] {
            let read = Condition::read(&["Order", "Name", "Total", "Blocked", "Day", "Missing"], filter).unwrap();
            assert_eq!(read.holds(order), expected, "{filter}");
        }
        for filter in ["Order", "Order eq", "Other eq 1", "Order eq 'x", "Order eq 'x')"] {
            assert!(Condition::read(&["Order"], filter).is_err(), "{filter}");
        }
    }
}
