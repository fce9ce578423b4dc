//! Why an order could not be entered.

use std::fmt;

use tenant_http::{ErrorKind, Outcome};

use crate::m3::{MiFault, OrderNumber, TransactionError};

/// Why an order could not be entered, and where in it.
///
/// It is the first failure of the order's transactions: later ones follow from it. As long as the message is not
/// finished, none of them has created an order.
#[derive(Clone)]
pub struct EntryError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    line: Option<usize>,
    number: Option<OrderNumber>,
    error: TransactionError,
}

impl EntryError {
    pub(crate) fn new(line: Option<usize>, error: TransactionError) -> Self {
        Self(Box::new(Inner { line, number: None, error }))
    }

    pub(crate) fn with_number(mut self, number: Option<OrderNumber>) -> Self {
        self.0.number = number;
        self
    }

    /// The line at fault, counted from 1; `None` for the head.
    pub fn line(&self) -> Option<usize> {
        self.0.line
    }

    /// The number that M3 gave the order before it failed.
    pub fn order_number(&self) -> Option<&OrderNumber> {
        self.0.number.as_ref()
    }

    /// The transaction's own error.
    pub fn transaction_error(&self) -> &TransactionError {
        &self.0.error
    }

    /// M3's own words, if M3 refused it.
    pub fn fault(&self) -> Option<&MiFault> {
        self.0.error.fault()
    }

    /// What a program should make of it.
    pub fn kind(&self) -> ErrorKind {
        self.0.error.kind()
    }

    /// Whether it happened.
    pub fn outcome(&self) -> Outcome {
        self.0.error.outcome()
    }
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.line {
            Some(line) => write!(f, "line {line}: {}", self.0.error),
            None => write!(f, "head: {}", self.0.error),
        }
    }
}

impl fmt::Debug for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryError({:?}, {:?}, {self})", self.kind(), self.outcome())
    }
}

impl std::error::Error for EntryError {}
