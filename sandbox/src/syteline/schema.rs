//! The table of IDOs and their properties.

use std::collections::BTreeMap;

const TABLE: &str = include_str!("schema.txt");

/// A property's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A fixed-length code.
    Code,
    Text,
    Number,
    Date,
    Flag,
    /// Shown, never written.
    Shown,
}

/// A property of an IDO.
#[derive(Debug, Clone)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) length: Option<usize>,
    pub(super) required: bool,
}

/// An IDO.
#[derive(Debug, Clone)]
pub(super) struct Ido {
    pub(super) name: &'static str,
    pub(super) table: &'static str,
    pub(super) keys: Vec<&'static str>,
    pub(super) properties: Vec<Property>,
}

impl Property {
    /// Reads `Name:A60*`.
    fn read(text: &'static str) -> Option<Self> {
        let (name, rest) = text.split_once(':')?;
        let (rest, required) = rest.strip_suffix('*').map_or((rest, false), |rest| (rest, true));
        let kind = match rest.get(..1)? {
            "K" => Kind::Code,
            "N" => Kind::Number,
            "D" => Kind::Date,
            "L" => Kind::Flag,
            "V" => Kind::Shown,
            _ => Kind::Text,
        };
        Some(Self { name, kind, length: rest.get(1..)?.parse().ok(), required })
    }
}

/// What every record has.
const COMMON: [Property; 2] = [
    Property { name: "RecordDate", kind: Kind::Date, length: None, required: false },
    Property { name: "RowPointer", kind: Kind::Text, length: Some(36), required: false },
];

impl Ido {
    /// All IDOs by name.
    pub(super) fn all() -> BTreeMap<&'static str, Self> {
        TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(Self::read).map(|ido| (ido.name, ido)).collect()
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (name, table, keys) = (words.next()?, words.next()?, words.next()?);
        let properties = words.filter_map(Property::read).chain(COMMON).collect();
        Some(Self { name, table, keys: keys.split(',').collect(), properties })
    }

    /// A property of exactly this name: names are case-sensitive.
    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

/// The collections inside records of an IDO, each with the IDO of its records.
pub(super) fn sub_collections(ido: &str) -> Vec<(&'static str, &'static str)> {
    match ido {
        "SLPos" => vec![("PoItems", "SLPoItems")],
        "SLAptrxs" => vec![("Aptrxds", "SLAptrxds")],
        _ => Vec::new(),
    }
}

/// A code as the database has it.
pub(super) fn pad(code: &str, length: usize) -> String {
    let code = code.trim();
    let numeric = !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit());
    if numeric { format!("{code:>length$}") } else { code.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let idos = Ido::all();
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(idos.len(), lines);
        let orders = &idos["SLPos"];
        assert_eq!(
            (orders.keys.as_slice(), orders.property("PoNum").map(|p| p.length)),
            (&["PoNum"][..], Some(Some(10)))
        );
        assert!(orders.property("RowPointer").is_some() && orders.property("ponum").is_none());
        for ido in idos.values() {
            assert!(ido.keys.iter().all(|key| ido.property(key).is_some()), "{}", ido.name);
        }
    }
}
