//! Filters of a load: SQL conditions on properties, whose values cannot break out of their literals.
//!
//! ```
//! use cloudsuite_client::syteline::{Filter, VendorNumber};
//!
//! let vendor = VendorNumber::new("12")?;
//! let filter = Filter::property("VendNum").eq(&vendor).and(Filter::property("Name").starts_with("O'Neil 100%"));
//! assert_eq!(filter.to_string(), "(VendNum = N'     12') AND (Name LIKE N'O''Neil 100[%]%')");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use super::value::{Quoting, Value};

/// A condition on a record's properties.
///
/// What cannot be asked (a property name with blanks, a control character, an empty list) is reported by the load that
/// it is handed to, before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    text: String,
    refused: Option<String>,
}

/// A property that is about to be compared.
#[derive(Debug, Clone)]
#[must_use = "a property alone is no filter"]
pub struct Property(Result<String, String>);

impl Filter {
    /// Starts a comparison of this property.
    pub fn property(name: &str) -> Property {
        Property(check_property(name).map(|()| name.to_owned()))
    }

    /// Both.
    pub fn and(self, other: Self) -> Self {
        self.joined("AND", other)
    }

    /// Either.
    pub fn or(self, other: Self) -> Self {
        self.joined("OR", other)
    }

    /// Not this.
    #[expect(clippy::should_implement_trait, reason = "reads as the other words do")]
    pub fn not(self) -> Self {
        Self { text: format!("NOT ({})", self.text), refused: self.refused }
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
    /// Equal. Codes are compared padded if handed over as codes, not as text.
    pub fn eq(self, value: impl Into<Value>) -> Filter {
        self.compared("=", &value.into())
    }

    /// Not equal.
    pub fn ne(self, value: impl Into<Value>) -> Filter {
        self.compared("<>", &value.into())
    }

    /// Less.
    pub fn lt(self, value: impl Into<Value>) -> Filter {
        self.compared("<", &value.into())
    }

    /// Less or equal.
    pub fn le(self, value: impl Into<Value>) -> Filter {
        self.compared("<=", &value.into())
    }

    /// Greater.
    pub fn gt(self, value: impl Into<Value>) -> Filter {
        self.compared(">", &value.into())
    }

    /// Greater or equal.
    pub fn ge(self, value: impl Into<Value>) -> Filter {
        self.compared(">=", &value.into())
    }

    /// Begins with exactly this text.
    pub fn starts_with(self, text: &str) -> Filter {
        self.compared("LIKE", &Value::text(format!("{}%", escape_pattern(text))))
    }

    /// Holds exactly this text somewhere.
    pub fn contains(self, text: &str) -> Filter {
        self.compared("LIKE", &Value::text(format!("%{}%", escape_pattern(text))))
    }

    /// One of these, of which there must be at least one.
    pub fn one_of<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Filter {
        let literals: Result<Vec<String>, String> = values.into_iter().map(|value| literal(&value.into())).collect();
        match literals {
            Ok(list) if list.is_empty() => refused("an empty list is asked for, which nothing is in".to_owned()),
            Ok(list) => self.ending(&format!("IN ({})", list.join(", "))),
            Err(reason) => refused(reason),
        }
    }

    /// Has no value.
    pub fn is_null(self) -> Filter {
        self.ending("IS NULL")
    }

    /// Has a value.
    pub fn is_not_null(self) -> Filter {
        self.ending("IS NOT NULL")
    }

    fn compared(self, operator: &str, value: &Value) -> Filter {
        if value.as_str().is_none() {
            return refused("nothing is equal to null: ask with is_null or is_not_null".to_owned());
        }
        match literal(value) {
            Ok(literal) => self.ending(&format!("{operator} {literal}")),
            Err(reason) => refused(reason),
        }
    }

    fn ending(self, rest: &str) -> Filter {
        match self.0 {
            Ok(name) => Filter { text: format!("{name} {rest}"), refused: None },
            Err(reason) => refused(reason),
        }
    }
}

fn refused(reason: String) -> Filter {
    Filter { text: "(refused)".to_owned(), refused: Some(reason) }
}

/// Names go into conditions as they are: letters, digits and underscores, and a letter first.
pub(crate) fn check_property(name: &str) -> Result<(), String> {
    let fits = name.len() <= 64
        && name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits { Ok(()) } else { Err(format!("{:?} is no property name", name.chars().take(40).collect::<String>())) }
}

/// A value as SQL has it. `N` keeps every character as it is, so that none turns into an apostrophe on the way.
fn literal(value: &Value) -> Result<String, String> {
    let text = value.as_str().ok_or_else(|| "null cannot be in a list".to_owned())?;
    if text.chars().any(char::is_control) {
        let shown: String = text.chars().take(40).flat_map(char::escape_default).collect();
        return Err(format!("{shown:?} has control characters"));
    }
    let quoted = text.replace('\'', "''");
    Ok(match value.quoting() {
        Quoting::Text => format!("N'{quoted}'"),
        Quoting::Date => format!("'{quoted}'"),
        Quoting::Number => text.to_owned(),
    })
}

/// Takes their meaning from the signs that patterns are made of.
fn escape_pattern(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        if matches!(c, '%' | '_' | '[') {
            escaped.extend(['[', c, ']']);
        } else {
            escaped.push(c);
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::Dice;

    /// What SQL makes of a condition, word by word: an implementation of its own.
    fn words(condition: &str) -> Vec<String> {
        let (mut words, mut rest) = (Vec::new(), condition.chars().peekable());
        while let Some(&c) = rest.peek() {
            if c.is_whitespace() {
                rest.next();
            } else if c == '\'' {
                rest.next();
                let mut text = "text:".to_owned();
                loop {
                    match rest.next().expect("a literal that ends") {
                        '\'' if rest.peek() == Some(&'\'') => text.push(rest.next().unwrap()),
                        '\'' => break,
                        other => text.push(other),
                    }
                }
                words.push(text);
            } else if c.is_alphanumeric() || c == '_' {
                let mut word = String::new();
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                // The N of N'...' belongs to its literal.
                if !(word == "N" && rest.peek() == Some(&'\'')) {
                    words.push(word);
                }
            } else {
                words.push(rest.next().unwrap().to_string());
            }
        }
        words
    }

    /// What values are made of to break out.
    const PARTS: [&str; 19] = [
        "'",
        "''",
        "N'",
        " OR 1=1 --",
        ")",
        "(",
        ";",
        "%",
        "_",
        "[",
        "]",
        "^",
        "-",
        "\u{2019}",
        "\u{2bc}",
        "\\",
        "é",
        "A",
        " ",
    ];

    fn thrown(dice: &mut Dice, most: usize) -> String {
        (0..dice.below(most + 1)).map(|_| PARTS[dice.below(PARTS.len())]).collect()
    }

    /// Whether SQL finds a text like a pattern: an implementation of its own.
    fn is_like(text: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|from| is_like(&text[from..], rest)),
            ['_', rest @ ..] => text.split_first().is_some_and(|(_, text)| is_like(text, rest)),
            ['[', set @ ..] if set.iter().skip(1).any(|c| *c == ']') => {
                let Some((first, text)) = text.split_first() else { return false };
                let end = 1 + set.iter().skip(1).position(|c| *c == ']').unwrap();
                let (others, members) = match &set[..end] {
                    ['^', members @ ..] => (true, members),
                    members => (false, members),
                };
                members.contains(first) != others && is_like(text, &set[end + 1..])
            }
            [c, rest @ ..] => text.split_first().is_some_and(|(first, text)| first == c && is_like(text, rest)),
        }
    }

    /// Whether a value is to be found in a text.
    type IsFound = fn(text: &str, value: &str) -> bool;

    #[test]
    fn a_beginning_and_a_part_are_found_as_they_are_written_and_nothing_else_is() {
        let mut dice = Dice::thrown("a_beginning_and_a_part");
        let mut alike = 0;
        for _ in 0..20_000 {
            let (value, before, after) = (thrown(&mut dice, 4), thrown(&mut dice, 2), thrown(&mut dice, 3));
            let with = format!("{before}{value}{after}");
            let wanted: [(Filter, IsFound); 2] = [
                (Filter::property("Name").starts_with(&value), |text, value| text.starts_with(value)),
                (Filter::property("Name").contains(&value), |text, value| text.contains(value)),
            ];
            for (filter, is_found) in wanted {
                let words = words(filter.checked().unwrap());
                let [name, like, literal] = words.as_slice() else { panic!("{value:?} broke out: {words:?}") };
                assert_eq!((name.as_str(), like.as_str()), ("Name", "LIKE"), "{value:?}");
                let pattern: Vec<char> = literal.strip_prefix("text:").unwrap().chars().collect();
                for text in [&with, &before, &after] {
                    let found = is_like(&text.chars().collect::<Vec<_>>(), &pattern);
                    assert_eq!(found, is_found(text, &value), "{value:?} in {text:?} by {literal:?}");
                    alike += usize::from(found);
                }
            }
        }
        assert!(alike > 10_000, "only {alike} texts were alike");
    }

    #[test]
    fn no_value_breaks_out_of_its_literal() {
        let mut dice = Dice::thrown("no_value_breaks_out_of_its_literal");
        for _ in 0..20_000 {
            let value = thrown(&mut dice, 11);
            let kept = value.trim_end();
            let filter = Filter::property("Name").eq(value.as_str());
            assert_eq!(words(filter.checked().unwrap()), ["Name", "=", &format!("text:{kept}")], "{value:?}");
            let list = Filter::property("Name").one_of([value.as_str(), "x"]);
            let (one, open) = (format!("text:{kept}"), words(list.checked().unwrap()));
            assert_eq!(open, ["Name", "IN", "(", &one, ",", "text:x", ")"], "{value:?}");
        }
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for filter in [
            Filter::property("Name; DROP").eq("x"),
            Filter::property("").eq("x"),
            Filter::property("1a").is_null(),
            Filter::property("Name").eq("a\0b"),
            Filter::property("Name").eq(None::<&str>),
            Filter::property("Name").one_of(Vec::<&str>::new()),
            Filter::property("A").eq("x").and(Filter::property("B\n").eq("y")),
        ] {
            assert!(filter.checked().is_err(), "{filter}");
        }
    }

    #[test]
    fn dates_and_numbers_stand_as_sql_reads_them() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        assert_eq!(Filter::property("RecordDate").ge(day).to_string(), "RecordDate >= '20261124 00:00:00.000'");
        assert_eq!(Filter::property("PoLine").ne(3_i64).not().to_string(), "NOT (PoLine <> 3)");
    }
}
