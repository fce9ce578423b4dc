//! Words of Procurify that are codes in the ERP: payment terms and taxes.
//!
//! Neither system lists them in a way by which they could be matched, so a person says which word is which code: in a
//! [`CodeTable`], or by a link ([`Connection::link`](crate::Connection::link)), which goes before it.

use std::collections::BTreeMap;

/// What becomes of a word that nobody has said the code of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unlisted {
    /// It is not carried over: the ERP takes the supplier's own, or the item's.
    #[default]
    Default,
    /// The document is held until somebody says the code.
    Hold,
}

/// The ERP's codes by Procurify's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeTable {
    codes: BTreeMap<String, String>,
    /// What becomes of words that are not in it and not linked.
    pub unlisted: Unlisted,
}

impl CodeTable {
    /// A table of these words and codes. Words are compared whatever their case, without blanks around them.
    ///
    /// ```
    /// use procurify_cloudsuite::codes::CodeTable;
    /// let terms = CodeTable::new([("Net 30", "N30")]);
    /// assert_eq!(terms.get(" NET 30"), Some("N30"));
    /// let taxes = CodeTable::new([("PST + GST", "12")]);
    /// assert_eq!(taxes.get("GST + PST"), Some("12"));
    /// ```
    pub fn new<K: AsRef<str>, V: Into<String>>(codes: impl IntoIterator<Item = (K, V)>) -> Self {
        let codes = codes.into_iter().map(|(word, code)| (key(word.as_ref()), code.into())).collect();
        Self { codes, unlisted: Unlisted::default() }
    }

    /// What is not in it is held.
    pub fn or_hold(mut self) -> Self {
        self.unlisted = Unlisted::Hold;
        self
    }

    /// The code of a word.
    pub fn get(&self, word: &str) -> Option<&str> {
        self.codes.get(&key(word)).map(String::as_str)
    }

    /// Whether it says anything, so that the words must be read.
    pub fn is_used(&self) -> bool {
        !self.codes.is_empty() || self.unlisted == Unlisted::Hold
    }
}

/// Words as they are compared; several taxes on one line in whatever order.
pub(crate) fn key(word: &str) -> String {
    let mut parts: Vec<String> = word.split(" + ").map(|part| part.trim().to_lowercase()).collect();
    parts.sort();
    parts.join(" + ")
}
