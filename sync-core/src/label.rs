//! What a record is to people, who do not know it by its key.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whom a record is with, its number and what it comes to, as its source writes them. Displays as
/// `Pioneer Paper Inc., 4711, 1234.50 CAD`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The vendor's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The number that people know it by: an order's own, the vendor's of an invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// All that it comes to, an exact decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// The currency of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl Label {
    /// Whether nothing is known of it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = match (&self.total, &self.currency) {
            (Some(total), Some(currency)) => Some(format!("{total} {currency}")),
            (total, _) => total.clone(),
        };
        let parts: Vec<&str> =
            [&self.vendor, &self.number, &amount].into_iter().flatten().map(String::as_str).collect();
        f.write_str(&parts.join(", "))
    }
}
