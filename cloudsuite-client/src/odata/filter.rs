//! Filters of a query, whose values cannot break out of their literals.
//!
//! ```
//! use cloudsuite_client::odata::Filter;
//!
//! let filter = Filter::property("Name").contains("O'Neil").and(Filter::property("Blocked").eq(false));
//! assert_eq!(filter.to_string(), "(contains(Name,'O''Neil')) and (Blocked eq false)");
//! ```

use std::fmt;

use super::value::{Value, check_name};

/// A condition on an entity's properties.
///
/// What cannot be asked (a name with blanks, a control character, an empty list) is reported by the query that it is
/// handed to, before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    text: String,
    refused: Option<String>,
}

/// A property that is about to be compared. Paths such as `Supplier/Name` are properties too.
#[derive(Debug, Clone)]
#[must_use = "a property alone is no filter"]
pub struct Property(Result<String, String>);

impl Filter {
    /// Starts a comparison of this property.
    pub fn property(name: &str) -> Property {
        Property(check_name(name).map(|()| name.to_owned()))
    }

    /// Both.
    pub fn and(self, other: Self) -> Self {
        self.joined("and", other)
    }

    /// Either.
    pub fn or(self, other: Self) -> Self {
        self.joined("or", other)
    }

    /// Not this.
    #[expect(clippy::should_implement_trait, reason = "reads as the other words do")]
    pub fn not(self) -> Self {
        Self { text: format!("not ({})", self.text), refused: self.refused }
    }

    /// The condition, or why it cannot be asked.
    pub(crate) fn checked(&self) -> Result<&str, &str> {
        self.refused.as_deref().map_or(Ok(self.text.as_str()), Err)
    }

    fn joined(self, word: &str, other: Self) -> Self {
        let text = format!("({}) {word} ({})", self.text, other.text);
        Self { text, refused: self.refused.or(other.refused) }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Property {
    /// Equal; with [`Value::Null`], without a value.
    pub fn eq(self, value: impl Into<Value>) -> Filter {
        self.compared("eq", &value.into())
    }

    /// Not equal.
    pub fn ne(self, value: impl Into<Value>) -> Filter {
        self.compared("ne", &value.into())
    }

    /// Less.
    pub fn lt(self, value: impl Into<Value>) -> Filter {
        self.compared("lt", &value.into())
    }

    /// Less or equal.
    pub fn le(self, value: impl Into<Value>) -> Filter {
        self.compared("le", &value.into())
    }

    /// Greater.
    pub fn gt(self, value: impl Into<Value>) -> Filter {
        self.compared("gt", &value.into())
    }

    /// Greater or equal.
    pub fn ge(self, value: impl Into<Value>) -> Filter {
        self.compared("ge", &value.into())
    }

    /// Holds this text somewhere.
    pub fn contains(self, text: &str) -> Filter {
        self.function("contains", text)
    }

    /// Begins with this text.
    pub fn starts_with(self, text: &str) -> Filter {
        self.function("startswith", text)
    }

    /// One of these, of which there must be at least one. Written with `or`, which every server of version 4 takes.
    pub fn one_of<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Filter {
        let name = match self.0 {
            Ok(name) => name,
            Err(reason) => return refused(reason),
        };
        let equal = |value: V| value.into().literal().map(|literal| format!("{name} eq {literal}"));
        match values.into_iter().map(equal).collect::<Result<Vec<_>, _>>() {
            Ok(list) if list.is_empty() => refused("an empty list is asked for, which nothing is in".to_owned()),
            Ok(list) => Filter { text: list.join(" or "), refused: None },
            Err(reason) => refused(reason),
        }
    }

    fn compared(self, operator: &str, value: &Value) -> Filter {
        match self.0.and_then(|name| Ok((name, value.literal()?))) {
            Ok((name, literal)) => Filter { text: format!("{name} {operator} {literal}"), refused: None },
            Err(reason) => refused(reason),
        }
    }

    fn function(self, function: &str, text: &str) -> Filter {
        match self.0.and_then(|name| Ok((name, Value::from(text).literal()?))) {
            Ok((name, literal)) => Filter { text: format!("{function}({name},{literal})"), refused: None },
            Err(reason) => refused(reason),
        }
    }
}

fn refused(reason: String) -> Filter {
    Filter { text: "(refused)".to_owned(), refused: Some(reason) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::Dice;

    /// The literals of a condition, and what is left of it without them: an implementation of its own.
    fn split(condition: &str) -> (String, Vec<String>) {
        let (mut bare, mut literals, mut rest) = (String::new(), Vec::new(), condition.chars().peekable());
        while let Some(c) = rest.next() {
            if c != '\'' {
                bare.push(c);
                continue;
            }
            let mut text = String::new();
            loop {
                match rest.next().expect("a literal that ends") {
                    '\'' if rest.next_if_eq(&'\'').is_some() => text.push('\''),
                    '\'' => break,
                    other => text.push(other),
                }
            }
            bare.push('$');
            literals.push(text);
        }
        (bare, literals)
    }

    #[test]
    fn no_value_breaks_out_of_its_literal() {
        let mut dice = Dice::thrown("no_value_breaks_out_of_its_literal");
        let parts = ["'", "''", " or 1 eq 1", ")", "(", ",", "%27", "%", "&", "$filter=", "#", "/", "é", "A", " "];
        for _ in 0..20_000 {
            let value: String = (0..dice.below(12)).map(|_| parts[dice.below(parts.len())]).collect();
            let filter = Filter::property("Name").eq(value.as_str()).and(Filter::property("Name").contains(&value));
            let (bare, literals) = split(filter.checked().unwrap());
            assert_eq!(bare, "(Name eq $) and (contains(Name,$))", "{value:?}");
            assert_eq!(literals, [value.clone(), value.clone()], "{bare}");
            let begins = Filter::property("Name").starts_with(&value).not();
            assert_eq!(split(begins.checked().unwrap()), ("not (startswith(Name,$))".to_owned(), vec![value.clone()]));
            let list = Filter::property("Name").one_of([value.as_str(), "x"]);
            let (bare, literals) = split(list.checked().unwrap());
            assert_eq!((bare.as_str(), literals), ("Name eq $ or Name eq $", vec![value, "x".to_owned()]));
        }
    }

    #[test]
    fn values_stand_as_odata_reads_them() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        assert_eq!(Filter::property("OrderDate").ge(day).to_string(), "OrderDate ge 2026-11-24");
        assert_eq!(
            Filter::property("Price").lt("2.50".parse::<rust_decimal::Decimal>().unwrap()).to_string(),
            "Price lt 2.5"
        );
        assert_eq!(Filter::property("A").one_of(["x", "y"]).not().to_string(), "not (A eq 'x' or A eq 'y')");
        assert_eq!(Filter::property("A").eq(Value::Null).to_string(), "A eq null");
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for filter in [
            Filter::property("Name eq 1 or").eq("x"),
            Filter::property("").eq("x"),
            Filter::property("A").eq("a\u{7}"),
            Filter::property("A").one_of(Vec::<&str>::new()),
        ] {
            assert!(filter.checked().is_err(), "{filter}");
        }
    }
}
