//! Why a step towards the target did not succeed, in the few distinctions the engine acts on.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What kind of trouble a call met. Decides whether and when it is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureKind {
    /// Too many requests: come back later.
    RateLimited,
    /// The system could not be reached or is in trouble.
    Unavailable,
    /// The credentials were refused, or may not do this.
    Denied,
    /// The content was refused; the same content will be refused again.
    Invalid,
    /// Anything else.
    Other,
}

/// A failed call, told for people and for the ledger. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of trouble.
    pub kind: FailureKind,
    /// What happened, where, and what to do about it.
    pub message: String,
    /// How long the system asked us to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
    /// The system's own id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Failure {
    /// A failure with a message.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, request_id: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.request_id {
            // A client's words may name it already.
            Some(id) if !self.message.contains(id.as_str()) => write!(f, " (request {id})"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}
