//! Records whose details are not shown as they should be.

use hyper::StatusCode;
use serde_json::json;

use super::tenant::not_found;
use crate::http::Reply;

/// How a record's detail is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Detail {
    /// As it should be.
    #[default]
    Shown,
    /// With a 400. The lines of such an order are in no list either.
    Refused,
    /// Without its id. Lists show the lines of such an order so too.
    Garbled,
    /// With a 500, time after time. So is each list of lines that shows lines of such an order.
    Broken,
    /// With a 404: it was deleted, and no list shows it.
    Gone,
}

impl Detail {
    /// What is answered instead of the detail of such a record.
    pub(super) fn instead(self, what: &str) -> Option<Reply> {
        match self {
            Self::Shown | Self::Garbled => None,
            Self::Refused => {
                let why = format!("This {what} cannot be shown.");
                Some(Reply::json(StatusCode::BAD_REQUEST, &json!({ "errors": { what: [why] } })))
            }
            Self::Broken => Some(broken()),
            Self::Gone => Some(not_found()),
        }
    }
}

pub(super) fn broken() -> Reply {
    Reply::json(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "detail": "A server error occurred." }))
}
