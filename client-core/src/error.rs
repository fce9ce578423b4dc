//! The one error type of a client: what failed, where, what to do, and whether it *happened*.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What went wrong, for programs to branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting or an argument is wrong; nothing was processed.
    Config,
    /// The credentials or the token were refused.
    Auth,
    /// The credentials are good but lack a permission.
    Permission,
    /// There is no such thing, or no such path.
    NotFound,
    /// The server refused the content of the request.
    Validation,
    /// The request contradicts the present state of the thing it is about.
    Conflict,
    /// Too many requests; see [`Error::retry_after`].
    RateLimited,
    /// The server failed or is down for now (5xx).
    Unavailable,
    /// No answer in time.
    Timeout,
    /// The connection could not be made, or broke.
    Connect,
    /// The answer is not of the expected shape.
    Decode,
    /// The answer breaks the protocol: an HTML page, a redirect to another host, a broken encoding.
    Protocol,
    /// The request or the answer is larger than allowed.
    TooLarge,
    /// None of the above.
    Other,
}

/// What the caller may assume about the request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Proven: the server did not process it. Sending it again creates nothing twice.
    NotProcessed,
    /// The server processed it and refused it. Sending the same again will be refused again.
    Rejected,
    /// It may have happened. Look before sending it again.
    Unknown,
}

/// A failed call.
///
/// `Display` is one sentence without secrets; the cause is behind [`source`](StdError::source) and
/// is not repeated in the sentence. Cloning is cheap enough for sharing one failure among waiters.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    outcome: Outcome,
    operation: String,
    message: String,
    status: Option<u16>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `operation` (for example `GET /api/v3/vendors/`); `message` says what failed and what to do.
    pub fn new(kind: ErrorKind, outcome: Outcome, operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            outcome,
            operation: operation.into(),
            message: message.into(),
            status: None,
            request_id: None,
            retry_after: None,
            source: None,
        }))
    }

    /// A wrong setting or argument: nothing was sent.
    pub fn config(operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, Outcome::NotProcessed, operation, message)
    }

    /// The same error of another kind.
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same error with another outcome.
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// The same error in other words.
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// With the HTTP status of the answer.
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// With the server's id of the request, if it gave one.
    pub fn with_request_id(mut self, id: impl Into<Option<String>>) -> Self {
        self.0.request_id = id.into();
        self
    }

    /// With the wait the server asked for.
    pub fn with_retry_after(mut self, wait: impl Into<Option<Duration>>) -> Self {
        self.0.retry_after = wait.into();
        self
    }

    /// With the underlying cause. Its `Display` must hold no secret.
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the request happened.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// What was being done, such as `POST PPS370MI` or `GET /api/v3/vendors/`.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// What failed and what to do, in words.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The server's id of the request, to be quoted to its support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the server asks to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.0.operation, self.0.message)?;
        match (self.0.status, &self.0.request_id) {
            (Some(status), Some(id)) => write!(f, " (HTTP {status}, request {id})"),
            (Some(status), None) => write!(f, " (HTTP {status})"),
            (None, Some(id)) => write!(f, " (request {id})"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("outcome", &self.0.outcome)
            .field("operation", &self.0.operation)
            .field("message", &self.0.message)
            .field("status", &self.0.status)
            .field("request_id", &self.0.request_id)
            .field("retry_after", &self.0.retry_after)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
