//! What the server tells of itself: its configurations, and the properties of an IDO.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tenant_http::{Error, ErrorKind, Outcome, Replay};

use super::SyteLine;
use super::call::CONFIGURATION;
use super::filter::check_property;
use super::wire::{self, Answer};

/// An IDO as `GET /info/{ido}` tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdoInfo {
    /// All properties, in the server's order.
    pub properties: Vec<PropertyInfo>,
    /// The properties that name a record.
    pub keys: Vec<String>,
    /// Names of the collections inside it.
    pub sub_collections: Vec<String>,
}

/// A property of an IDO.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PropertyInfo {
    /// Its name, which is case-sensitive.
    pub name: String,
    /// `DataType`, such as `String`, `Decimal` or `Date`.
    pub data_type: Option<String>,
    /// The most characters, if that is told.
    pub length: Option<u32>,
    /// Digits after the decimal point, if that is told.
    pub decimals: Option<u32>,
    /// Whether a record must have it.
    pub required: bool,
    /// Whether it is shown and cannot be written.
    pub read_only: bool,
}

impl IdoInfo {
    /// A property by its exact name.
    pub fn property(&self, name: &str) -> Option<&PropertyInfo> {
        self.properties.iter().find(|property| property.name == name)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configurations {
    #[serde(default)]
    configurations: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(default)]
    properties: Option<Vec<Property>>,
    #[serde(default)]
    keys: Option<Vec<String>>,
    #[serde(default)]
    sub_collections: Option<Vec<SubCollection>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Property {
    name: String,
    #[serde(default)]
    data_type: Option<String>,
    #[serde(default, deserialize_with = "count")]
    length: Option<u32>,
    #[serde(default, deserialize_with = "count")]
    decimal_pos: Option<u32>,
    #[serde(default, deserialize_with = "wire::truth")]
    required: Option<bool>,
    #[serde(default, deserialize_with = "wire::truth")]
    read_only: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SubCollection {
    name: String,
}

/// A whole number that may be written as text; what is none, or below 0, is not told.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Ok(wire::text(deserializer)?.and_then(|text| text.trim().parse().ok()))
}

impl From<Property> for PropertyInfo {
    fn from(property: Property) -> Self {
        Self {
            name: property.name,
            data_type: property.data_type.filter(|kind| !kind.is_empty()),
            length: property.length,
            decimals: property.decimal_pos,
            required: property.required.unwrap_or(false),
            read_only: property.read_only.unwrap_or(false),
        }
    }
}

impl SyteLine {
    /// The configurations that the server has, of which each call names one (`GET /configurations`).
    ///
    /// # Errors
    /// What failed or was refused.
    pub async fn configurations(&self) -> Result<Vec<String>, Error> {
        let operation = "GET configurations";
        let (answer, body) = self.tell::<Configurations>(operation, "configurations").await?;
        match body.configurations {
            Some(configurations) if answer.success != Some(false) => Ok(configurations),
            _ => Err(self.refusals().judge(operation, &answer)),
        }
    }

    /// The properties, keys and inner collections of an IDO (`GET /info/{ido}`).
    ///
    /// # Errors
    /// What failed or was refused: there is no such IDO.
    pub async fn info(&self, ido: &str) -> Result<IdoInfo, Error> {
        let operation = format!("GET info {ido}");
        check_property(ido).map_err(|reason| Error::config(operation.as_str(), reason))?;
        let (answer, body) = self.tell::<Info>(&operation, &format!("info/{ido}")).await?;
        // Servers are documented to say `Success: false` beside properties that they do give.
        let Some(properties) = body.properties.filter(|properties| !properties.is_empty()) else {
            return Err(self.refusals().judge(&operation, &answer));
        };
        Ok(IdoInfo {
            properties: properties.into_iter().map(PropertyInfo::from).collect(),
            keys: body.keys.unwrap_or_default(),
            sub_collections: body.sub_collections.unwrap_or_default().into_iter().map(|inner| inner.name).collect(),
        })
    }

    /// An answer twice: what all have, and what only this one has.
    async fn tell<T: DeserializeOwned>(&self, operation: &str, target: &str) -> Result<(Answer, T), Error> {
        let request = self.client().http().get(&format!("{}/{target}", self.path()));
        let request = request.operation(operation).header(CONFIGURATION, self.configuration());
        let response = request.replay(Replay::Safe).accept_status(&[400]).send().await?;
        let both = serde_json::from_slice::<Answer<Box<RawValue>>>(&response.body)
            .and_then(|answer| Ok((answer, serde_json::from_slice::<T>(&response.body)?)));
        both.map_err(|cause| {
            let words = "the answer is not of the shape the IDO service gives: check its path and the configuration";
            Error::new(ErrorKind::Decode, Outcome::Unknown, operation, words)
                .with_source(cause)
                .with_status(response.status)
                .with_request_id(response.request_id.clone())
        })
    }
}
