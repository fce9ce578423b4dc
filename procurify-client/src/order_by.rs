//! The order of a list.

use std::fmt;

/// The field that a list is ordered by. An immutable one keeps pages joined while records change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBy(String);

impl OrderBy {
    /// Smallest first.
    pub fn ascending(field: impl Into<String>) -> Self {
        Self(field.into())
    }

    /// Largest first.
    pub fn descending(field: impl Into<String>) -> Self {
        Self(format!("-{}", field.into()))
    }
}

impl fmt::Display for OrderBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<OrderBy> for String {
    fn from(order: OrderBy) -> Self {
        order.0
    }
}
