//! Names and values of one record of an answer, as every product's rows keep them.

use std::fmt;

use compact_str::CompactString;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Sorted by name. Most names and values are short and lie in the list itself: a list of a million rows is read
/// without an allocation for each of them.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Fields {
    all: Vec<(CompactString, CompactString)>,
    /// A bit for each name that is there: most that are asked for and absent are known by it.
    names: u64,
}

/// The bit of a name. Several names share one.
fn bit(name: &str) -> u64 {
    let [first, .., last] = name.as_bytes() else { return 1 };
    1 << ((name.len() + 5 * usize::from(*first) + usize::from(*last)) % 64)
}

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        /// Up to here it is quicker to look at each name, most of which differ in length.
        const FEW: usize = 24;
        if self.names & bit(name) == 0 {
            return None;
        }
        let field = if self.all.len() <= FEW {
            self.all.iter().find(|(other, _)| other.as_str() == name)
        } else {
            let place = self.all.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()?;
            self.all.get(place)
        };
        field.map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn insert(&mut self, name: &str, value: &str) {
        self.names |= bit(name);
        match self.all.binary_search_by(|(other, _)| other.as_str().cmp(name)) {
            Ok(place) => self.all[place].1 = value.into(),
            Err(place) => self.all.insert(place, (name.into(), value.into())),
        }
    }

    /// Reads an object; `value` gives what is kept of each value, or nothing.
    pub(crate) fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        value: fn(&RawValue) -> Result<Option<CompactString>, serde_json::Error>,
    ) -> Result<Self, D::Error> {
        struct Object(fn(&RawValue) -> Result<Option<CompactString>, serde_json::Error>);
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some((name, raw)) = map.next_entry::<CompactString, &RawValue>()? {
                    if let Some(text) = (self.0)(raw).map_err(A::Error::custom)? {
                        fields.push((name, text));
                    }
                }
                Ok(Fields::sorted(fields))
            }
        }
        deserializer.deserialize_map(Object(value))
    }

    /// Of two values of one name the later counts.
    fn sorted(mut fields: Vec<(CompactString, CompactString)>) -> Self {
        fields.sort_by(|(name, _), (other, _)| name.cmp(other));
        fields.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        let names = fields.iter().fold(0, |names, (name, _)| names | bit(name));
        Self { all: fields, names }
    }
}

impl<K: Into<CompactString>, V: Into<CompactString>> FromIterator<(K, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        Self::sorted(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// The text of a value as it was written; numbers keep every digit. `None` for null.
pub(crate) fn scalar(raw: &RawValue) -> Result<Option<CompactString>, serde_json::Error> {
    let json = raw.get();
    match json.as_bytes().first() {
        // Without an escape the text is what stands between the quotation marks.
        Some(b'"') if !json.contains('\\') => Ok(json.get(1..json.len().saturating_sub(1)).map(Into::into)),
        Some(b'"') => serde_json::from_str(json).map(Some),
        Some(b'{' | b'[') => Err(serde_json::Error::custom("a value is neither text nor number")),
        _ if json == "null" => Ok(None),
        _ => Ok(Some(json.into())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fields_are_found_by_name_and_the_later_of_two_counts() {
        let mut fields = Fields::from_iter([("b", "1"), ("a", "2"), ("b", "3")]);
        fields.insert("c", "4");
        fields.insert("a", "5");
        let all: Vec<_> = fields.iter().collect();
        assert_eq!(all, [("a", "5"), ("b", "3"), ("c", "4")]);
        assert_eq!((fields.get("b"), fields.get("d")), (Some("3"), None));
        let many: Fields = (0..100).map(|n| (format!("P{n}"), n.to_string())).collect();
        assert_eq!((many.get("P77"), many.get("P100")), (Some("77"), None));
    }
}
