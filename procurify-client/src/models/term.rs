//! Payment terms, shipping terms and methods: sent as an object, as a name, or as an id alone.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::Text;

/// A payment term, shipping term, or method of payment or shipping.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Term {
    /// Its id, unless it came as a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Its name, unless it came as an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Whether it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

#[derive(Deserialize)]
struct Whole {
    id: Option<i64>,
    name: Option<Text>,
    description: Option<Text>,
    active: Option<bool>,
}

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TermVisitor)
    }
}

struct TermVisitor;

impl<'de> Visitor<'de> for TermVisitor {
    type Value = Term;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a term as an object, a name or an id")
    }

    fn visit_str<E>(self, name: &str) -> Result<Term, E> {
        Ok(Term { name: Some(name.into()), ..Term::default() })
    }

    fn visit_i64<E>(self, id: i64) -> Result<Term, E> {
        Ok(Term { id: Some(id), ..Term::default() })
    }

    fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<Term, E> {
        self.visit_i64(i64::try_from(id).map_err(E::custom)?)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Term, A::Error> {
        let whole = Whole::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Term { id: whole.id, name: whole.name, description: whole.description, active: whole.active })
    }
}
