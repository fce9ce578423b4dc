//! The site's tables: records by key, unique as the database has it.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDateTime;

use super::cell::{Cell, write_time};
use super::schema::{Ido, Kind, pad};
use crate::rng::Rng;

/// One record; what is not in it is null.
pub(super) type Row = BTreeMap<String, String>;
/// What names a record in its table.
pub(super) type Key = Vec<Cell>;

/// All tables.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) idos: BTreeMap<&'static str, Ido>,
    tables: BTreeMap<&'static str, BTreeMap<Key, Row>>,
    pointers: HashMap<String, (&'static str, Key)>,
    rng: Rng,
    /// What was there before, of changes that may be taken back.
    undo: Vec<(&'static str, Key, Option<Row>)>,
    /// Records of one millisecond differ all the same.
    last_stamp: Option<NaiveDateTime>,
}

impl Store {
    pub(super) fn new(seed: u64) -> Self {
        let idos = Ido::all();
        let tables = idos.keys().map(|name| (*name, BTreeMap::new())).collect();
        Self { idos, tables, pointers: HashMap::new(), rng: Rng::of(seed, 9), undo: Vec::new(), last_stamp: None }
    }

    pub(super) fn rows(&self, ido: &str) -> impl Iterator<Item = &Row> {
        self.tables.get(ido).into_iter().flat_map(BTreeMap::values)
    }

    pub(super) fn len(&self, ido: &str) -> usize {
        self.tables.get(ido).map_or(0, BTreeMap::len)
    }

    pub(super) fn get(&self, ido: &str, key: &[(&str, &str)]) -> Option<&Row> {
        let ido = self.idos.get(ido)?;
        let key: Key = key.iter().map(|(name, value)| cell_of(ido, name, Some(value))).collect();
        self.tables.get(ido.name)?.get(&key)
    }

    /// The records whose key begins with these values.
    pub(super) fn starting(&self, ido: &str, prefix: &[(&str, &str)]) -> Vec<&Row> {
        let Some(ido) = self.idos.get(ido) else { return Vec::new() };
        let prefix: Key = prefix.iter().map(|(name, value)| cell_of(ido, name, Some(value))).collect();
        let table = self.tables.get(ido.name);
        let range = table.into_iter().flat_map(|table| table.range(prefix.clone()..));
        range.take_while(|(key, _)| key.starts_with(&prefix)).map(|(_, row)| row).collect()
    }

    /// The record of a key that a row's properties make.
    pub(super) fn key_of(&self, ido: &str, row: &Row) -> Option<Key> {
        let ido = self.idos.get(ido)?;
        Some(ido.keys.iter().map(|name| cell_of(ido, name, row.get(*name).map(String::as_str))).collect())
    }

    pub(super) fn by_key(&self, ido: &str, key: &Key) -> Option<&Row> {
        self.tables.get(ido)?.get(key)
    }

    /// The record that an item id names.
    pub(super) fn by_pointer(&self, ido: &str, pointer: &str) -> Option<(Key, &Row)> {
        let (name, key) = self.pointers.get(pointer)?;
        (*name == ido).then(|| self.by_key(ido, key).map(|row| (key.clone(), row)))?
    }

    /// Puts a record there, stamped with the moment, and gives it as it then is.
    pub(super) fn put(&mut self, ido: &str, mut row: Row, now: NaiveDateTime) -> Option<Row> {
        let name = self.idos.get(ido)?.name;
        let key = self.key_of(ido, &row)?;
        let stamp = match self.last_stamp {
            Some(last) if last >= now => last + chrono::TimeDelta::milliseconds(1),
            _ => now,
        };
        self.last_stamp = Some(stamp);
        row.insert("RecordDate".to_owned(), write_time(stamp));
        let pointer = row.entry("RowPointer".to_owned()).or_insert_with(|| self.rng.uuid()).clone();
        self.pointers.insert(pointer, (name, key.clone()));
        let before = self.tables.get_mut(name)?.insert(key.clone(), row.clone());
        self.undo.push((name, key, before));
        Some(row)
    }

    pub(super) fn remove(&mut self, ido: &str, key: &Key) {
        let Some(name) = self.idos.get(ido).map(|ido| ido.name) else { return };
        if let Some(row) = self.tables.get_mut(name).and_then(|table| table.remove(key)) {
            self.undo.push((name, key.clone(), Some(row)));
        }
    }

    /// What was changed so far stays.
    pub(super) fn commit(&mut self) {
        self.undo.clear();
    }

    /// What was changed since the last commit is taken back.
    pub(super) fn roll_back(&mut self) {
        while let Some((name, key, before)) = self.undo.pop() {
            let Some(table) = self.tables.get_mut(name) else { continue };
            match before {
                Some(row) => table.insert(key, row),
                None => table.remove(&key),
            };
        }
    }
}

/// A property's value as keys and conditions compare it.
pub(super) fn cell_of(ido: &Ido, name: &str, value: Option<&str>) -> Cell {
    let Some(property) = ido.property(name) else { return Cell::Null };
    match (property.kind, property.length, value) {
        (Kind::Code, Some(length), Some(value)) => Cell::of(Kind::Code, Some(&pad(value, length))),
        (kind, _, value) => Cell::of(kind, value),
    }
}

/// A record from pairs, blanks being null.
pub(super) fn row<const N: usize>(pairs: [(&str, &str); N]) -> Row {
    let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
