//! Changes of a document that exists, and of its lines: all of them, or none.
//!
//! In `OData` 4.0 a change of an entity takes no others inside it. Lines are therefore changed by their own keys, in one
//! change set with their head, whose state guards all of it. Services of 4.01 may want them inside the head's change.

use tenant_http::{Error, RequestIds};

use super::Service;
use super::batch::Write;
use super::entity::{NewEntity, Properties};
use super::key::Key;
use super::names::EntityNames;
use super::value::Value;

/// What this crate calls the number of a line, by which it is known.
const LINE: &str = "Line";

/// A line of a document, with its number.
#[derive(Debug, Clone)]
pub struct NewLine(pub(super) Properties);

impl NewLine {
    fn key(&self) -> Key {
        let number = self.0.iter().find(|(name, _)| name == LINE).map_or(Value::Null, |(_, number)| number.clone());
        Key::of(number)
    }

    fn entity(&self, names: &EntityNames) -> NewEntity {
        NewEntity::named(&self.0, names)
    }

    /// What of it can change: not its number.
    fn values(&self, names: &EntityNames) -> NewEntity {
        NewEntity::named(self.0.iter().filter(|(name, _)| name != LINE), names)
    }
}

#[derive(Debug, Clone)]
enum LineChange {
    Kept(NewLine),
    Added(NewLine),
    Changed(NewLine, Option<String>),
    Removed(i64, Option<String>),
}

/// What is to change of an order or an invoice; the rest stays as it is.
#[derive(Debug, Clone, Default)]
pub struct DocumentChanges {
    properties: Properties,
    lines: Vec<LineChange>,
}

impl DocumentChanges {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A property, such as `Status` or `OrderDate`.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }

    /// A line that stays as it is. A service that takes lines inside their head's change
    /// ([`OData::deep_updates`](super::OData::deep_updates)) removes all that it is not told of.
    pub fn keep_line(self, line: impl Into<NewLine>) -> Self {
        self.line(LineChange::Kept(line.into()))
    }

    /// A line that is not there yet.
    pub fn add_line(self, line: impl Into<NewLine>) -> Self {
        self.line(LineChange::Added(line.into()))
    }

    /// A line that takes these values, at the state in which it was read (`None`: whatever it has become).
    pub fn change_line(self, line: impl Into<NewLine>, etag: Option<&str>) -> Self {
        self.line(LineChange::Changed(line.into(), etag.map(str::to_owned)))
    }

    /// A line that goes, at the state in which it was read (`None`: whatever it has become).
    pub fn remove_line(self, number: i64, etag: Option<&str>) -> Self {
        self.line(LineChange::Removed(number, etag.map(str::to_owned)))
    }

    fn line(mut self, change: LineChange) -> Self {
        self.lines.push(change);
        self
    }

    fn changes_lines(&self) -> bool {
        self.lines.iter().any(|line| !matches!(line, LineChange::Kept(_)))
    }

    /// The head with all its lines inside.
    fn deep(&self, names: &EntityNames) -> NewEntity {
        let line = |change: &LineChange| match change {
            LineChange::Kept(line) | LineChange::Added(line) | LineChange::Changed(line, _) => Some(line.entity(names)),
            LineChange::Removed(..) => None,
        };
        let lines = self.lines.iter().filter_map(line).collect();
        NewEntity::named(&self.properties, names).children(names.property("Lines"), lines)
    }

    /// The head, then each line that is not kept.
    fn by_key(&self, names: &EntityNames, key: &Key, etag: Option<&str>) -> Vec<Write> {
        let lines = names.property("Lines");
        let write = |change: &LineChange| {
            let write = match change {
                LineChange::Kept(_) => return None,
                LineChange::Added(line) => Write::create(lines, line.entity(names)),
                LineChange::Changed(line, etag) => {
                    Write::patch(lines, &line.key(), etag.as_deref(), line.values(names))
                }
                LineChange::Removed(number, etag) => Write::delete(lines, &Key::of(*number), etag.as_deref()),
            };
            Some(write.inside(&names.set, key))
        };
        let head = Write::patch(&names.set, key, etag, NewEntity::named(&self.properties, names));
        std::iter::once(head).chain(self.lines.iter().filter_map(write)).collect()
    }
}

impl Service {
    /// Makes these changes of a document, all or nothing, at the state in which it was read.
    pub(super) async fn change(
        &self,
        names: &EntityNames,
        number: &str,
        etag: Option<&str>,
        changes: &DocumentChanges,
    ) -> Result<RequestIds, Error> {
        let key = Key::of(number);
        if changes.changes_lines() && self.takes_deep_updates() {
            let made = self.write(&Write::patch(&names.set, &key, etag, changes.deep(names)).deep()).await?;
            return Ok(made.request_ids);
        }
        let made = self.write_together(&changes.by_key(names, &key, etag)).await?;
        Ok(made.into_iter().flat_map(|one| one.request_ids).collect())
    }
}
