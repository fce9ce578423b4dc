//! Currencies.

use rust_decimal::Decimal;

use crate::query::filters;
use crate::{Currency, List, ProcurifyClient};

/// Currencies of a tenant. They can only be read.
#[derive(Debug, Clone, Copy)]
pub struct Currencies<'a>(pub(crate) &'a ProcurifyClient);

impl Currencies<'_> {
    /// Currencies, active and inactive.
    pub fn list(&self) -> List<Currency> {
        List::new(self.0, "/api/v2/currencies/")
    }
}

filters! { Currency {
    active: bool = "active", "Active or not.";
    base: bool = "base", "The base currency or the others.";
    description: &str = "description", "With this description.";
    name: &str = "name", "With this code.";
    search: &str = "search", "Matching these words.";
    rate: Decimal = "rate", "At this rate.";
} }
