//! What is moved: records, the keys that name them, and the reference by which their documents are found again.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::request::RequestIds;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the name as it is.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }
    };
}

name!(
    /// One pair of tenants joined by a host, such as `acme`. Contains no slash.
    ConnectionId
);
name!(
    /// A kind of document, such as `purchase_order`. Contains no slash.
    Kind
);
name!(
    /// What makes two readings of a record the same content; a version, or a hash of what is mapped.
    Revision
);
name!(
    /// Who made an entry in the ledger: a worker's or a person's name.
    Actor
);

impl Revision {
    /// The revision of a piece of content: a hash of its JSON text, with object keys in sorted order.
    pub fn of(content: &Value) -> Self {
        // serde_json's default map keeps keys sorted, so equal content has equal text.
        Self(hex(&Sha256::digest(content.to_string().as_bytes())[..16]))
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Names one record for ever: `connection/kind/id`, such as `acme/purchase_order/10482`.
///
/// The id is the source system's own immutable id; never a name, and never a number a user can edit.
///
/// ```
/// use sync_core::RecordKey;
/// let key: RecordKey = "acme/purchase_order/10482".parse()?;
/// assert_eq!(key.id(), "10482");
/// assert_eq!(key.to_string(), "acme/purchase_order/10482");
/// # Ok::<(), sync_core::InvalidKey>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordKey {
    connection: ConnectionId,
    kind: Kind,
    id: String,
}

impl RecordKey {
    /// Joins the three parts.
    pub fn new(connection: ConnectionId, kind: Kind, id: impl Into<String>) -> Self {
        Self { connection, kind, id: id.into() }
    }

    /// The pair of tenants.
    pub fn connection(&self) -> &ConnectionId {
        &self.connection
    }

    /// The kind of document.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The source system's id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.connection, self.kind, self.id)
    }
}

/// A text that does not name a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no record: write connection/kind/id, such as acme/purchase_order/10482")]
pub struct InvalidKey(String);

impl FromStr for RecordKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(connection), Some(kind), Some(id))
                if !connection.is_empty() && !kind.is_empty() && !id.is_empty() =>
            {
                Ok(Self::new(connection.into(), kind.into(), id))
            }
            _ => Err(InvalidKey(text.to_owned())),
        }
    }
}

impl TryFrom<String> for RecordKey {
    type Error = InvalidKey;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RecordKey> for String {
    fn from(key: RecordKey) -> Self {
        key.to_string()
    }
}

/// The short stable text written into the target's document, by which it can be found again.
///
/// It is built from the key alone, so it survives the loss of the ledger, and holds only letters and
/// digits, so that no search syntax needs quoting. Five characters stand for the connection, so that
/// two source tenants that post into one target never find each other's documents.
///
/// ```
/// use sync_core::{ExternalRef, RecordKey};
/// let key: RecordKey = "acme/purchase_order/10482".parse()?;
/// let reference = ExternalRef::of(&key);
/// assert!(reference.as_str().starts_with("PFYPO") && reference.as_str().ends_with("10482"));
/// assert!(reference.as_str().len() <= ExternalRef::MAX_LENGTH);
/// # Ok::<(), sync_core::InvalidKey>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExternalRef(String);

impl ExternalRef {
    /// The longest reference ever built, in characters.
    pub const MAX_LENGTH: usize = 30;

    /// The reference of a key.
    pub fn of(key: &RecordKey) -> Self {
        let head = format!("PFY{}{}", initials(key.kind()), base32(key.connection().as_str(), 5));
        // Padding adds leading zeros, so an id that has its own is not readable back.
        let readable = key.id().bytes().all(|byte| byte.is_ascii_digit()) && !key.id().starts_with('0');
        if readable && head.len() + key.id().len() < Self::MAX_LENGTH {
            return Self(format!("{head}{:0>8}", key.id()));
        }
        // A letter no readable id is preceded by keeps the two forms apart.
        Self(format!("{head}X{}", base32(key.id(), Self::MAX_LENGTH - head.len() - 1)))
    }

    /// The reference as text: letters and digits only.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExternalRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first letters of a kind's words, three at most: `purchase_order` is `PO`.
fn initials(kind: &Kind) -> String {
    kind.as_str()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| word.chars().next())
        .take(3)
        .map(|letter| letter.to_ascii_uppercase())
        .collect()
}

/// The first characters of a hash of a text, in Crockford's alphabet (no I, L, O, U).
fn base32(text: &str, length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    Sha256::digest(text.as_bytes())
        .iter()
        .cycle()
        .take(length)
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect()
}

/// Where a record stands in the system it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// It is wanted in the target.
    Active,
    /// It was cancelled at the source.
    Cancelled,
}

/// One reading of a record at its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which record.
    pub key: RecordKey,
    /// What its content was.
    pub revision: Revision,
    /// A cheap mark of this reading (a version and a timestamp): while it stays the same, a source
    /// need not read the record's details again.
    pub stamp: String,
    /// Whether it is wanted.
    pub lifecycle: Lifecycle,
    /// The content itself, all that a mapper needs.
    pub payload: Value,
    /// What the source calls the requests that this reading came from. No part of the content.
    #[serde(default, skip_serializing_if = "RequestIds::is_empty")]
    pub request_ids: RequestIds,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> RecordKey {
        RecordKey::new("acme".into(), "purchase_order".into(), id)
    }

    #[test]
    fn references_of_different_keys_differ_and_hold_only_letters_and_digits() {
        let other_tenant = RecordKey::new("globex".into(), "purchase_order".into(), "7");
        let long = "7b0e6f1e-9c1b-4a6e-8a52-0d2f4b7f3d11";
        let references = [
            ExternalRef::of(&key("7")),
            ExternalRef::of(&key("70")),
            ExternalRef::of(&key("007")),
            ExternalRef::of(&key("00000007")),
            ExternalRef::of(&key(long)),
            ExternalRef::of(&key("a 'quote")),
            ExternalRef::of(&other_tenant),
        ];
        for (index, reference) in references.iter().enumerate() {
            assert!(reference.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric()));
            assert!(reference.as_str().len() <= ExternalRef::MAX_LENGTH);
            assert!(references[index + 1..].iter().all(|later| later != reference));
        }
    }

    #[test]
    fn a_reference_never_changes_between_releases() {
        assert_eq!(ExternalRef::of(&key("10482")).as_str(), "PFYPO2BKD700010482");
    }

    #[test]
    fn a_text_without_three_parts_is_no_key() {
        for text in ["", "acme", "acme/purchase_order", "acme//1", "acme/purchase_order/"] {
            assert!(text.parse::<RecordKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_order_of_object_keys_does_not_change_a_revision() {
        let one: Value = serde_json::from_str(r#"{"a": 1, "b": "2"}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"b": "2", "a": 1}"#).unwrap();
        assert_eq!(Revision::of(&one), Revision::of(&two));
    }
}
