//! One change of an update: a record to be inserted, updated or deleted.

use serde::ser::{Serialize, SerializeMap, Serializer};
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
    refused: Option<String>,
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
        Self { action, item_id: item_id.to_owned(), properties: Vec::new(), refused: None }
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
        map.serialize_entry("Properties", &self.change.properties)?;
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
    fn what_must_not_be_written_is_refused() {
        assert!(Change::insert().set("Po Num", "1").refused().is_some());
        assert!(Change::insert().set("Name", "a\u{0}").refused().unwrap().contains("Name"));
    }
}
