//! The JSON that the IDO service answers, read with every tolerance that servers are known to need.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tenant_http::RequestIds;

use super::row::IdoRow;
use crate::fields::scalar;

/// A readable answer to a load, an update or an invoke.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Answer<I = Box<RawValue>> {
    /// Of the HTTP answer, which is a success also where this one is not.
    #[serde(skip)]
    pub status: u16,
    /// The server's id of the call.
    #[serde(skip)]
    pub request_ids: RequestIds,
    #[serde(default, deserialize_with = "truth")]
    pub success: Option<bool>,
    #[serde(default, deserialize_with = "text")]
    pub message: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub message_code: Option<String>,
    /// A load's records; on some servers also an update's refreshed ones, which are of another shape.
    pub items: Option<I>,
    pub refresh_items: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "text")]
    pub bookmark: Option<String>,
    #[serde(default, deserialize_with = "truth")]
    pub more_rows_exist: Option<bool>,
    #[serde(default, deserialize_with = "texts")]
    pub parameters: Vec<Option<String>>,
    #[serde(default, deserialize_with = "text")]
    pub return_value: Option<String>,
}

/// One refreshed record of an update's answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Refreshed {
    #[serde(default, deserialize_with = "text")]
    item_no: Option<String>,
    #[serde(default, deserialize_with = "text")]
    action: Option<String>,
    #[serde(default, deserialize_with = "text")]
    item_id: Option<String>,
    #[serde(default)]
    properties: Option<Vec<Property>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Property {
    name: String,
    #[serde(default, deserialize_with = "text")]
    value: Option<String>,
    nested_collection: Option<Box<RawValue>>,
}

impl Answer {
    /// What an update says to have done.
    pub(crate) fn refreshed(&self) -> Result<Vec<Refreshed>, serde_json::Error> {
        list(self.refresh_items.as_deref().or(self.items.as_deref()))
    }
}

impl<I> Answer<I> {
    /// What the server says about a failure, in one line.
    pub(crate) fn complaint(&self) -> String {
        let message = self.message.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        let message = if message.is_empty() { "refused without a message".to_owned() } else { message };
        match self.message_code.as_deref().map(str::trim).filter(|code| !code.is_empty() && *code != "0") {
            Some(code) => format!("{message} (code {code})"),
            None => message,
        }
    }
}

impl Refreshed {
    /// Its place in the call, if it says so.
    pub(crate) fn place(&self) -> Option<usize> {
        self.item_no.as_deref()?.trim().parse().ok()
    }

    /// Whether it may be the answer to a change of this action.
    pub(crate) fn is_of(&self, action: u8) -> bool {
        self.action.as_deref().is_none_or(|text| text.trim() == action.to_string())
    }

    /// What the answer shows of the records inside this one, in the collection of that name.
    pub(crate) fn inside(&self, sub_collection: &str) -> Result<Vec<Self>, serde_json::Error> {
        let properties = self.properties.iter().flatten();
        let shown = properties.filter(|property| property.name == sub_collection).find_map(|property| {
            let shown = property.nested_collection.as_deref()?;
            Some(serde_json::from_str::<Answer>(shown.get()).and_then(|answer| answer.refreshed()))
        });
        shown.unwrap_or_else(|| Ok(Vec::new()))
    }

    /// The record as it now is.
    pub(crate) fn into_row(self) -> IdoRow {
        let properties = self.properties.unwrap_or_default().into_iter();
        let known = properties.filter_map(|property| Some((property.name, property.value?)));
        let id = self.item_id.map(|id| (super::row::ITEM_ID.to_owned(), id));
        known.chain(id).collect()
    }
}

fn list<T: DeserializeOwned>(raw: Option<&RawValue>) -> Result<Vec<T>, serde_json::Error> {
    let read = raw.map(|raw| serde_json::from_str::<Option<Vec<T>>>(raw.get())).transpose()?;
    Ok(read.flatten().unwrap_or_default())
}

/// A text, also if written as a number; null is none.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = Option::<Box<RawValue>>::deserialize(deserializer)?;
    let text = raw.map_or(Ok(None), |raw| scalar(&raw)).map_err(D::Error::custom)?;
    Ok(text.map(String::from))
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Option<String>>, D::Error> {
    let raw = Option::<Vec<Box<RawValue>>>::deserialize(deserializer)?.unwrap_or_default();
    raw.iter().map(|raw| scalar(raw).map(|text| text.map(String::from)).map_err(D::Error::custom)).collect()
}

/// A truth value, also as text or number.
pub(crate) fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let Some(text) = text(deserializer)? else { return Ok(None) };
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(Some(true)),
        "false" | "0" => Ok(Some(false)),
        "" => Ok(None),
        other => Err(D::Error::custom(format!("{other:?} is neither true nor false"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn refreshed_records_come_under_either_name() {
        for name in ["RefreshItems", "Items"] {
            let body = format!(
                r#"{{"Success": "true", "{name}": [{{"Action": 1, "ItemNo": "1", "ItemId": "PBT=[po]",
                "Properties": [{{"Name": "PoNum", "Value": "PF1"}}, {{"Name": "Buyer", "Value": null}}]}}]}}"#
            );
            let answer: Answer = serde_json::from_str(&body).unwrap();
            let item = answer.refreshed().unwrap().remove(0);
            assert_eq!((item.place(), item.is_of(1), item.is_of(4)), (Some(1), true, false));
            let row = item.into_row();
            assert_eq!((row.text("PoNum"), row.item_id(), row.text("Buyer")), (Some("PF1"), Some("PBT=[po]"), None));
        }
    }

    #[test]
    fn a_complaint_is_one_line_with_the_code() {
        let answer: Answer =
            serde_json::from_str(r#"{"Success": false, "Message": "The row\r\n exists.", "MessageCode": 16}"#).unwrap();
        assert_eq!(answer.complaint(), "The row exists. (code 16)");
        let silent: Answer = serde_json::from_str(r#"{"Success": 0, "Message": null, "MessageCode": 0}"#).unwrap();
        assert_eq!((silent.success, silent.complaint().as_str()), (Some(false), "refused without a message"));
    }
}
