//! One transaction to be run: its name, its input fields, the columns wanted back.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::value::check_value;

/// A transaction of a bulk call.
///
/// Blank values are not sent: M3 takes its default for them. A lone `?`, by which M3's entry programs blank a field
/// in spite of its default, is refused, as are control characters: the transaction then answers `NotProcessed` and
/// is not sent. Free text is best made fit by [`fit_text`](super::value::fit_text).
///
/// The first field should be the one that says what the transaction is about, such as the order's number: where the
/// server repeats the input in its answer, it is compared, so that no answer is taken for another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    name: Cow<'static, str>,
    fields: Vec<(Cow<'static, str>, String)>,
    columns: Vec<String>,
    refused: Option<String>,
}

impl Transaction {
    /// A transaction of this name, without input.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        let refused = check_name("transaction", &name).err();
        Self { name, fields: Vec::new(), columns: Vec::new(), refused }
    }

    /// Sets an input field.
    pub fn field(mut self, name: impl Into<Cow<'static, str>>, value: impl AsRef<str>) -> Self {
        let name = name.into();
        match (check_name("field", &name), check_value(value.as_ref())) {
            (Ok(()), Ok("")) => {}
            (Ok(()), Ok(value)) => self.fields.push((name, value.to_owned())),
            (Err(reason), _) => self.refuse(reason),
            (_, Err(reason)) => self.refuse(format!("field {name} cannot be sent: {reason}")),
        }
        self
    }

    /// Sets an input field if there is a value.
    pub fn maybe(self, name: impl Into<Cow<'static, str>>, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// Asks for these output fields only.
    pub fn columns(mut self, columns: &[&str]) -> Self {
        self.columns = columns.iter().map(|&column| column.to_owned()).collect();
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its name says that it only reads.
    pub fn is_read(&self) -> bool {
        is_read(&self.name)
    }

    /// The input fields to be sent.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_ref(), value.as_str()))
    }

    pub(crate) fn selected_columns(&self) -> &[String] {
        &self.columns
    }

    /// Why it cannot be sent.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    fn refuse(&mut self, reason: String) {
        self.refused.get_or_insert(reason);
    }
}

impl Serialize for Transaction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Record<'a>(&'a Transaction);
        impl Serialize for Record<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.fields())
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("transaction", &self.name)?;
        map.serialize_entry("record", &Record(self))?;
        if !self.columns.is_empty() {
            map.serialize_entry("selectedColumns", &self.columns)?;
        }
        map.end()
    }
}

/// Whether a transaction of this name only reads: M3's own are named so throughout.
pub(crate) fn is_read(name: &str) -> bool {
    ["Lst", "List", "Get", "Sel", "Search"].iter().any(|verb| name.starts_with(verb))
}

/// Names go into addresses and keys: letters, digits and underscores only.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), String> {
    let fits = !name.is_empty() && name.len() <= 32 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits { Ok(()) } else { Err(format!("{:?} is no {what} name", name.chars().take(40).collect::<String>())) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_is_written_compactly_and_in_order() {
        let transaction = Transaction::new("AddLine")
            .field("MSGN", "77")
            .field("ITNO", "A\"1  ")
            .field("PITD", "  ")
            .maybe("COCE", None::<&str>)
            .columns(&["PNLI"]);
        assert_eq!(
            serde_json::to_string(&transaction).unwrap(),
            r#"{"transaction":"AddLine","record":{"MSGN":"77","ITNO":"A\"1"},"selectedColumns":["PNLI"]}"#
        );
    }

    #[test]
    fn values_that_m3_would_misread_are_refused() {
        assert!(Transaction::new("AddLine").field("PITD", " ?").refused().unwrap().contains("PITD"));
        assert!(Transaction::new("AddLine").field("PITD", "a\nb").refused().is_some());
        assert!(Transaction::new("Add/Line").refused().is_some());
        assert!(Transaction::new("AddLine").field("A&B", "1").refused().is_some());
        assert!(Transaction::new("AddLine").field("PITD", "why?").refused().is_none());
    }

    #[test]
    fn only_names_that_read_are_reads() {
        for (name, read) in [
            ("LstByNumber", true),
            ("GetHead", true),
            ("SearchHead", true),
            ("Select", true),
            ("SelItem", true),
            ("AddHead", false),
            ("UpdHead", false),
            ("FinishEntry", false),
            ("CtrlBatch", false),
        ] {
            assert_eq!(is_read(name), read, "{name}");
        }
    }
}
