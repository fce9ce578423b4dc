//! The table of programs, transactions and fields that this tenant offers.

use std::collections::BTreeMap;

use crate::m3::M3Config;

const TABLE: &str = include_str!("facts.txt");

/// A field's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::m3) enum Kind {
    Text,
    Number,
    Date,
}

impl Kind {
    pub(in crate::m3) fn letter(self) -> &'static str {
        match self {
            Self::Text => "A",
            Self::Number => "N",
            Self::Date => "D",
        }
    }
}

/// One field of a transaction.
#[derive(Debug, Clone)]
pub(in crate::m3) struct Field {
    pub(in crate::m3) name: &'static str,
    pub(in crate::m3) kind: Kind,
    /// Largest number of characters, where it is known.
    pub(in crate::m3) length: Option<usize>,
    pub(in crate::m3) required: bool,
}

impl Field {
    /// Reads `NAME:A10*`.
    fn read(text: &'static str) -> Option<Self> {
        let (name, rest) = text.split_once(':')?;
        let (rest, required) = rest.strip_suffix('*').map_or((rest, false), |rest| (rest, true));
        let kind = match rest.get(..1)? {
            "N" => Kind::Number,
            "D" => Kind::Date,
            _ => Kind::Text,
        };
        Some(Self { name, kind, length: rest.get(1..)?.parse().ok(), required })
    }
}

/// The fields of one transaction.
#[derive(Debug, Clone, Default)]
pub(in crate::m3) struct Transaction {
    pub(in crate::m3) input: Vec<Field>,
    pub(in crate::m3) output: Vec<Field>,
}

/// All programs by name, each with its transactions by name.
#[derive(Debug)]
pub(in crate::m3) struct Facts {
    pub(in crate::m3) programs: BTreeMap<&'static str, BTreeMap<&'static str, Transaction>>,
}

impl Facts {
    /// What a tenant that behaves so offers.
    pub(in crate::m3) fn of(config: &M3Config) -> Self {
        let mut facts = Self::load();
        if !config.accounting_lines
            && let Some(invoices) = facts.programs.get_mut("APS450MI")
        {
            invoices.remove("AddLineRecode");
        }
        facts
    }

    fn load() -> Self {
        let mut programs: BTreeMap<_, BTreeMap<_, Transaction>> = BTreeMap::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_ascii_whitespace();
            let (Some(program), Some(name), Some(direction)) = (words.next(), words.next(), words.next()) else {
                continue;
            };
            let transaction = programs.entry(program).or_default().entry(name).or_default();
            let fields = words.filter_map(Field::read).collect();
            let side = if direction == "in" { &mut transaction.input } else { &mut transaction.output };
            *side = fields;
        }
        Self { programs }
    }

    /// Whether any transaction of the program takes this field.
    pub(in crate::m3) fn program_has(&self, program: &str, field: &str) -> bool {
        let transactions = self.programs.get(program).into_iter().flat_map(BTreeMap::values);
        transactions.flat_map(|transaction| &transaction.input).any(|known| known.name == field)
    }

    pub(in crate::m3) fn transaction(&self, program: &str, name: &str) -> Option<&Transaction> {
        self.programs.get(program)?.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let facts = Facts::load();
        let head = facts.transaction("PPS370MI", "AddHead").expect("the transaction");
        let reference = head.input.iter().find(|field| field.name == "YRE1").expect("the field");
        assert_eq!((reference.kind, reference.length, reference.required), (Kind::Text, Some(36), false));
        let message = &head.input[0];
        assert_eq!((message.name, message.length, message.required), ("MSGN", Some(15), true));
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(facts.programs.values().map(BTreeMap::len).sum::<usize>() * 2, lines);
    }
}
