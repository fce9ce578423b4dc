//! An answer that is read as it comes: for exports that need not fit in memory.

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};

use super::request::Request;
use super::response::text;
use super::send::broken_off;
use crate::{Error, Permit};

/// An answer whose body has not been read. It holds its place in the limiter until it is dropped.
///
/// The request's timeout is for the whole body: raise it for large ones. The largest body that is
/// read otherwise does not bound it.
pub struct Download {
    /// HTTP status.
    pub status: u16,
    /// Media type of the body.
    pub content_type: Option<String>,
    /// All headers.
    pub headers: HeaderMap,
    body: BoxStream<'static, Result<Bytes, Error>>,
}

impl Download {
    pub(super) fn new(
        request: &Request,
        status: StatusCode,
        headers: HeaderMap,
        response: reqwest::Response,
        permit: Permit,
    ) -> Self {
        let state = Open { request: request.clone(), status, headers: headers.clone(), response, _permit: permit };
        let body = stream::unfold(Some(state), |state| async move {
            let mut state = state?;
            match state.response.chunk().await {
                Ok(Some(chunk)) => Some((Ok(chunk), Some(state))),
                Ok(None) => None,
                Err(error) => Some((Err(broken_off(&state.request, error, state.status, &state.headers)), None)),
            }
        });
        Self {
            status: status.as_u16(),
            content_type: text(&headers, CONTENT_TYPE.as_str()).map(ToOwned::to_owned),
            headers,
            body: body.boxed(),
        }
    }

    /// The body in pieces, decompressed. An error ends it: what came before is only a part.
    pub fn bytes(self) -> BoxStream<'static, Result<Bytes, Error>> {
        self.body
    }
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

struct Open {
    request: Request,
    status: StatusCode,
    headers: HeaderMap,
    response: reqwest::Response,
    _permit: Permit,
}
