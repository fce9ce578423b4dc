//! The error of one M3 transaction, whether M3 refused it, the call around it failed, or it was never sent.

use std::fmt;
use std::sync::Arc;

use tenant_http::{Error, ErrorKind, Outcome, RequestIds};

use super::fault::MiFault;

/// Why one transaction has no result, and whether it may have happened all the same.
///
/// [`outcome`](Self::outcome) is what a caller that moves money must look at:
/// - `NotProcessed`: M3 did not run it; it may be sent again.
/// - `Rejected`: M3 (or its gateway) answered no; sending the same again would be answered the same.
/// - `Unknown`: it may have been done. Look before creating anything again.
///
/// Each transaction of a failed call gets the call's error.
#[derive(Clone)]
pub struct TransactionError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    program: String,
    transaction: String,
    cause: Cause,
    request_id: Option<Arc<str>>,
}

#[derive(Clone)]
enum Cause {
    /// M3 or its REST layer answered no.
    Fault(MiFault),
    /// The whole call failed.
    Call(Error),
    /// Anything else, in words.
    Other { kind: ErrorKind, outcome: Outcome, message: String },
}

impl TransactionError {
    pub(crate) fn fault_of(program: &str, transaction: &str, fault: MiFault) -> Self {
        Self::with(program, transaction, Cause::Fault(fault))
    }

    pub(crate) fn call_of(program: &str, transaction: &str, error: Error) -> Self {
        Self::with(program, transaction, Cause::Call(error))
    }

    pub(crate) fn other(
        program: &str,
        transaction: &str,
        kind: ErrorKind,
        outcome: Outcome,
        message: impl Into<String>,
    ) -> Self {
        Self::with(program, transaction, Cause::Other { kind, outcome, message: message.into() })
    }

    /// Refused by this crate before anything was sent.
    pub(crate) fn unsent(program: &str, transaction: &str, message: impl Into<String>) -> Self {
        Self::other(program, transaction, ErrorKind::Validation, Outcome::NotProcessed, message)
    }

    /// A list that may have been cut by a ceiling that nobody tells of.
    pub(crate) fn cut(program: &str, transaction: &str, message: impl Into<String>) -> Self {
        Self::other(program, transaction, ErrorKind::Decode, Outcome::Unknown, message)
    }

    fn with(program: &str, transaction: &str, cause: Cause) -> Self {
        let (program, transaction) = (program.to_owned(), transaction.to_owned());
        Self(Box::new(Inner { program, transaction, cause, request_id: None }))
    }

    /// Told in the answer to this request.
    pub(crate) fn of_request(mut self, ids: &RequestIds) -> Self {
        self.0.request_id = ids.clone().into_iter().next();
        self
    }

    /// The server's id of the request that it was answered to, if it gave one.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref().or_else(|| self.call_error()?.request_id())
    }

    /// What a program should make of it.
    pub fn kind(&self) -> ErrorKind {
        match &self.0.cause {
            Cause::Fault(fault) => fault.kind(),
            Cause::Call(error) => error.kind(),
            Cause::Other { kind, .. } => *kind,
        }
    }

    /// Whether it happened.
    pub fn outcome(&self) -> Outcome {
        match &self.0.cause {
            Cause::Fault(fault) => fault.outcome(),
            Cause::Call(error) => error.outcome(),
            Cause::Other { outcome, .. } => *outcome,
        }
    }

    /// The program, such as `PPS370MI`.
    pub fn program(&self) -> &str {
        &self.0.program
    }

    /// The transaction, such as `AddLine`.
    pub fn transaction(&self) -> &str {
        &self.0.transaction
    }

    /// M3's own words, if M3 refused it.
    pub fn fault(&self) -> Option<&MiFault> {
        match &self.0.cause {
            Cause::Fault(fault) => Some(fault),
            _ => None,
        }
    }

    /// The error of the HTTP call around it, if that is what failed.
    pub fn call_error(&self) -> Option<&Error> {
        match &self.0.cause {
            Cause::Call(error) => Some(error),
            _ => None,
        }
    }

    /// What happened, without the names of program and transaction.
    pub fn message(&self) -> String {
        match &self.0.cause {
            Cause::Fault(fault) => fault.to_string(),
            Cause::Call(error) => error.to_string(),
            Cause::Other { message, .. } => message.clone(),
        }
    }
}

impl fmt::Display for TransactionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.0.program, self.0.transaction, self.message())
    }
}

impl fmt::Debug for TransactionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransactionError({:?}, {:?}, {self})", self.kind(), self.outcome())
    }
}

impl std::error::Error for TransactionError {}

/// Keeps kind, outcome and words; what M3 said can no longer be asked for field by field.
impl From<TransactionError> for Error {
    fn from(error: TransactionError) -> Self {
        let (kind, outcome) = (error.kind(), error.outcome());
        let operation = format!("{} {}", error.0.program, error.0.transaction);
        let id = error.request_id().map(str::to_owned);
        match error.0.cause {
            Cause::Call(call) => call,
            Cause::Fault(fault) => Error::new(kind, outcome, operation, fault.to_string()).with_request_id(id),
            Cause::Other { message, .. } => Error::new(kind, outcome, operation, message).with_request_id(id),
        }
    }
}
