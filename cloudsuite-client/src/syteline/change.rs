//! One change of an update: a record to be inserted, updated or deleted.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::json;

use super::filter::check_property;
use super::value::Value;

/// A change of an update.
///
/// The first property set should be the record's key: where the server repeats the record in its answer, it is
/// compared, so that no answer is taken for another's. A value with control
/// characters, or a name that is none, is refused: the change is then not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    action: u8,
    item_id: String,
    properties: Vec<Property>,
    nested: Vec<Nested>,
    refused: Option<String>,
}

/// Changes of the records inside the one that is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nested {
    pub sub_collection: String,
    ido: String,
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Property {
    name: String,
    value: Value,
    modified: bool,
}

const INSERT: u8 = 1;
const UPDATE: u8 = 2;
const DELETE: u8 = 4;

impl Change {
    /// A new record.
    pub fn insert() -> Self {
        Self::new(INSERT, "")
    }

    /// A change of the record that a load has given with this `_ItemId`: refused if it has changed since.
    pub fn update(item_id: &str) -> Self {
        Self::new(UPDATE, item_id)
    }

    /// A change of the record that [`key`](Self::key) names, whatever has become of it.
    pub fn update_by_key() -> Self {
        Self::new(UPDATE, "")
    }

    /// The end of the record that a load has given with this `_ItemId`.
    pub fn delete(item_id: &str) -> Self {
        Self::new(DELETE, item_id)
    }

    fn new(action: u8, item_id: &str) -> Self {
        Self { action, item_id: item_id.to_owned(), properties: Vec::new(), nested: Vec::new(), refused: None }
    }

    /// Sets a property.
    pub fn set(self, name: &str, value: impl Into<Value>) -> Self {
        self.with(name, value.into(), true)
    }

    /// Sets a property if there is a value.
    pub fn maybe(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Names the record by a property of its key, which does not change.
    pub fn key(self, name: &str, value: impl Into<Value>) -> Self {
        self.with(name, value.into(), false)
    }

    /// Changes records inside this one in the same call: those of `ido`, in this one's collection of that name
    /// ([`IdoInfo::sub_collections`](super::IdoInfo::sub_collections) lists them). The server is to fill in what links
    /// them to it.
    ///
    /// The update's published schema has such changes (`IsNestedCollection`, `NestedCollection`); that they stand among
    /// the properties is inferred, and no server is known to take them over REST: try yours first. What the answer does
    /// not show of them is an error of unknown outcome, for the record itself may have been changed without them. The
    /// typed operations send lines as changes of their own.
    pub fn nest(mut self, sub_collection: &str, ido: &str, changes: impl IntoIterator<Item = Self>) -> Self {
        let changes: Vec<Self> = changes.into_iter().collect();
        let names = [sub_collection, ido].into_iter().find_map(|name| check_property(name).err());
        let reason = names.or_else(|| changes.iter().find_map(|change| change.refused.clone()));
        self.refused = self.refused.or(reason);
        self.nested.push(Nested { sub_collection: sub_collection.to_owned(), ido: ido.to_owned(), changes });
        self
    }

    fn with(mut self, name: &str, value: Value, modified: bool) -> Self {
        if let Err(reason) = check_property(name) {
            self.refused.get_or_insert(reason);
        }
        if value.as_str().is_some_and(|text| text.chars().any(char::is_control)) {
            self.refused.get_or_insert(format!("the value of {name} has control characters"));
        }
        self.properties.push(Property { name: name.to_owned(), value, modified });
        self
    }

    pub(crate) fn action(&self) -> u8 {
        self.action
    }

    pub(crate) fn nested(&self) -> &[Nested] {
        &self.nested
    }

    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// The first property with a value: what an answer is compared by.
    pub(crate) fn identity(&self) -> Option<(&str, &str)> {
        self.properties.iter().find_map(|property| Some((property.name.as_str(), property.value.as_str()?)))
    }

    /// As it stands in a call, at this place.
    pub(crate) fn body(&self, place: usize) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Placed { change: self, place })
    }
}

impl Serialize for Property {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("Name", &self.name)?;
        map.serialize_entry("Value", &self.value.as_str())?;
        map.serialize_entry("Modified", &self.modified)?;
        map.serialize_entry("IsNull", &self.value.as_str().is_none())?;
        map.end()
    }
}

struct Placed<'a> {
    change: &'a Change,
    place: usize,
}

impl Serialize for Placed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("Action", &self.change.action)?;
        map.serialize_entry("ItemId", &self.change.item_id)?;
        map.serialize_entry("ItemNo", &self.place)?;
        // By row: the record is refused if anybody has changed it since it was loaded.
        map.serialize_entry("UpdateLocking", &json!(0))?;
        map.serialize_entry("Properties", &Properties(self.change))?;
        map.end()
    }
}

struct Properties<'a>(&'a Change);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for property in &self.0.properties {
            list.serialize_element(property)?;
        }
        for nested in &self.0.nested {
            list.serialize_element(nested)?;
        }
        list.end()
    }
}

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let changes: Vec<Placed<'_>> =
            self.changes.iter().enumerate().map(|(place, change)| Placed { change, place }).collect();
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("Name", &self.sub_collection)?;
        map.serialize_entry("Modified", &true)?;
        map.serialize_entry("IsNestedCollection", &true)?;
        map.serialize_entry("NestedCollection", &Collection { ido: &self.ido, changes })?;
        map.end()
    }
}

struct Collection<'a> {
    ido: &'a str,
    changes: Vec<Placed<'a>>,
}

impl Serialize for Collection<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("IDOName", self.ido)?;
        map.serialize_entry("RefreshAfterSave", &true)?;
        map.serialize_entry("Changes", &self.changes)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_change_is_written_as_the_service_reads_it() {
        let change = Change::insert().set("PoNum", "PF1").set("Voucher", Value::NULL).maybe("Buyer", None::<&str>);
        let body: serde_json::Value = serde_json::from_str(&change.body(3).unwrap()).unwrap();
        assert_eq!(
            body,
            json!({"Action": 1, "ItemId": "", "ItemNo": 3, "UpdateLocking": 0, "Properties": [
                {"Name": "PoNum", "Value": "PF1", "Modified": true, "IsNull": false},
                {"Name": "Voucher", "Value": null, "Modified": true, "IsNull": true}]})
        );
        assert_eq!(change.identity(), Some(("PoNum", "PF1")));
    }

    #[test]
    fn changes_inside_a_record_stand_among_its_properties() {
        let line = |number: &str| Change::insert().set("PoLine", number);
        let change = Change::insert().set("PoNum", "PF1").nest("PoItems", "SLPoItems", [line("1"), line("2")]);
        let body: serde_json::Value = serde_json::from_str(&change.body(0).unwrap()).unwrap();
        let nested = &body["Properties"][1];
        assert_eq!((&nested["Name"], &nested["IsNestedCollection"]), (&json!("PoItems"), &json!(true)));
        assert_eq!(nested["NestedCollection"]["IDOName"], "SLPoItems");
        assert_eq!(nested["NestedCollection"]["Changes"][1]["ItemNo"], 1);
        let wrong = Change::insert().nest("PoItems", "SLPoItems", [Change::insert().set("Item", "a\u{0}")]);
        assert!(wrong.refused().unwrap().contains("Item"));
        assert!(Change::insert().nest("Po Items", "SLPoItems", []).refused().is_some());
    }

    #[test]
    fn what_must_not_be_written_is_refused() {
        assert!(Change::insert().set("Po Num", "1").refused().is_some());
        assert!(Change::insert().set("Name", "a\u{0}").refused().unwrap().contains("Name"));
    }
}
