//! What names one entity of a set.

use std::fmt::Write as _;

use super::value::{Value, check_name};

/// The key of an entity: one value, or several by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(Vec<(Option<String>, Value)>);

impl Key {
    /// A key of one value.
    pub fn of(value: impl Into<Value>) -> Self {
        Self(vec![(None, value.into())])
    }

    /// The first part of a key of several values.
    pub fn part(name: &str, value: impl Into<Value>) -> Self {
        Self(vec![(Some(name.to_owned()), value.into())])
    }

    /// A further part.
    pub fn and(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.push((Some(name.to_owned()), value.into()));
        self
    }

    /// `Set('key')`, percent-encoded.
    pub(crate) fn target(&self, set: &str) -> Result<String, String> {
        let part = |(name, value): &(Option<String>, Value)| {
            let literal = encode(&value.literal()?);
            match name {
                Some(name) => check_name(name).map(|()| format!("{name}={literal}")),
                None => Ok(literal),
            }
        };
        let parts = self.0.iter().map(part).collect::<Result<Vec<_>, _>>()?;
        Ok(format!("{set}({})", parts.join(",")))
    }
}

/// Everything but what needs no encoding anywhere, and the apostrophes around a text.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'\'') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::Dice;

    /// The text that a part of a key stands for: an implementation of its own.
    fn text(part: &str) -> String {
        let (mut bytes, mut rest) = (Vec::new(), part.bytes());
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                plain => plain,
            });
        }
        let literal = String::from_utf8(bytes).unwrap();
        let inner = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).expect("a literal in quotes");
        assert_eq!(inner.replace("''", "").matches('\'').count(), 0, "{inner} ends its literal");
        inner.replace("''", "'")
    }

    #[test]
    fn no_value_breaks_out_of_its_key() {
        let mut dice = Dice::thrown("no_value_breaks_out_of_its_key");
        let parts =
            ["'", "''", "')", "(", ",", ",Line=", "=", "/", "?", "#", "&", "%27", "%", "..", ";", "é", "A", " "];
        let mut thrown = || (0..dice.below(10)).map(|_| parts[dice.below(parts.len())]).collect::<String>();
        for _ in 0..20_000 {
            let (one, two) = (thrown(), thrown());
            let alone = Key::of(one.as_str()).target("Orders").unwrap();
            let inner = alone.strip_prefix("Orders(").and_then(|rest| rest.strip_suffix(')')).unwrap();
            assert!(!inner.contains(['(', ')', ',', '/', '?', '#', '&', '=', ';', ' ']), "{alone}");
            assert_eq!(text(inner), one, "{alone}");
            let both = Key::part("Order", one.as_str()).and("Line", two.as_str()).target("Lines").unwrap();
            let inner = both.strip_prefix("Lines(Order=").and_then(|rest| rest.strip_suffix(')')).unwrap();
            let (first, second) = inner.split_once(",Line=").unwrap();
            assert_eq!((text(first), text(second)), (one, two), "{both}");
        }
    }

    #[test]
    fn keys_cannot_leave_their_place_in_the_address() {
        assert_eq!(Key::of("PO1").target("Orders").unwrap(), "Orders('PO1')");
        assert_eq!(Key::of("a/b')?x#'").target("Orders").unwrap(), "Orders('a%2Fb''%29%3Fx%23''')");
        let both = Key::part("Order", "PO1").and("Line", 10_i64);
        assert_eq!(both.target("Lines").unwrap(), "Lines(Order='PO1',Line=10)");
        assert!(Key::part("a b", 1_i64).target("Lines").is_err());
    }
}
