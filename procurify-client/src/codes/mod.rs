//! Codes of the API as enums that keep what they do not know.

use std::fmt;
use std::marker::PhantomData;

use serde::de::Visitor;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// A code that this version does not know.
            Other(i64),
        }

        impl $name {
            /// The code as the API writes it.
            pub fn code(self) -> i64 {
                match self { $(Self::$variant => $code,)* Self::Other(code) => code }
            }
        }

        impl From<i64> for $name {
            fn from(code: i64) -> Self {
                match code { $($code => Self::$variant,)* other => Self::Other(other) }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.code())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(super::CodeVisitor).map(Self::from)
            }
        }
    )*};
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// A word that this version does not know.
            Other(crate::Text),
        }

        impl $name {
            /// The word as the API writes it.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $word,)* Self::Other(word) => word }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word { $($word => Self::$variant,)* _ => Self::Other(word.into()) }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                Self::from(word.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(super::WordVisitor::new())
            }
        }
    )*};
}

/// Reads a word, also where a number is sent.
struct WordVisitor<T>(PhantomData<T>);

impl<T> WordVisitor<T> {
    fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: for<'a> From<&'a str>> Visitor<'_> for WordVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word")
    }

    fn visit_str<E>(self, word: &str) -> Result<T, E> {
        Ok(word.into())
    }

    fn visit_i64<E>(self, code: i64) -> Result<T, E> {
        Ok(code.to_string().as_str().into())
    }

    fn visit_u64<E>(self, code: u64) -> Result<T, E> {
        Ok(code.to_string().as_str().into())
    }
}

/// Reads a code written as a number or as a numeric string.
struct CodeVisitor;

impl Visitor<'_> for CodeVisitor {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a numeric code")
    }

    fn visit_i64<E: serde::de::Error>(self, code: i64) -> Result<i64, E> {
        Ok(code)
    }

    fn visit_u64<E: serde::de::Error>(self, code: u64) -> Result<i64, E> {
        i64::try_from(code).map_err(E::custom)
    }

    fn visit_str<E: serde::de::Error>(self, code: &str) -> Result<i64, E> {
        code.trim().parse().map_err(|_| E::custom(format!("{code:?} is no numeric code")))
    }
}

mod details;
mod documents;
mod words;

pub use details::*;
pub use documents::*;
pub use words::*;
