//! A batch as a JSON document: `requests` with ids, and `responses` with the same.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Answered, Write};
use crate::odata::entity::{Entity, NewEntity};

pub(super) const CONTENT_TYPE: &str = "application/json";

#[derive(Serialize)]
struct Requests<'a> {
    requests: Vec<Request<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    atomicity_group: Option<&'a str>,
    method: &'a str,
    url: &'a str,
    headers: Headers<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a NewEntity>,
}

#[derive(Serialize)]
struct Headers<'a> {
    #[serde(rename = "content-type")]
    content_type: &'a str,
    #[serde(rename = "if-match", skip_serializing_if = "Option::is_none")]
    if_match: Option<&'a str>,
}

#[derive(Deserialize)]
struct Responses {
    responses: Vec<Response>,
}

#[derive(Deserialize)]
struct Response {
    id: String,
    status: u16,
    #[serde(default)]
    headers: Option<Entity>,
    #[serde(default)]
    body: Option<Box<RawValue>>,
}

/// The writes, each with its place; all or none of them if `together`.
pub(super) fn encode(writes: &[(usize, &Write)], together: bool) -> Result<Vec<u8>, serde_json::Error> {
    let requests = writes.iter().map(|(place, write)| Request {
        id: place.to_string(),
        atomicity_group: together.then_some("g"),
        method: write.method,
        url: &write.target,
        headers: Headers { content_type: CONTENT_TYPE, if_match: write.etag.as_deref() },
        body: write.body.as_ref(),
    });
    serde_json::to_vec(&Requests { requests: requests.collect() })
}

/// The answers by the places they name.
pub(super) fn decode(body: &[u8]) -> Result<Vec<(usize, Answered)>, String> {
    let read: Responses = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let answered = |response: Response| {
        let headers = response.headers.as_ref();
        let answered = Answered {
            status: response.status,
            etag: headers.and_then(|headers| headers.text("etag").or_else(|| headers.text("ETag"))),
            body: response.body.map(|body| body.get().as_bytes().to_vec()).unwrap_or_default(),
        };
        Some((response.id.parse().ok()?, answered))
    };
    Ok(read.responses.into_iter().filter_map(answered).collect())
}
