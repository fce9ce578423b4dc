//! The codes by which M3 names things, each a type of its own, checked for length and characters.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::value::BLANKING;
pub use crate::codes::InvalidCode;
use crate::codes::{check, code, refused};

/// The trimmed code, if it is one of at most `length` characters that M3 does not take for something else.
pub(crate) fn check_code(what: &'static str, text: &str, length: usize) -> Result<String, InvalidCode> {
    let code = check(what, text, length)?;
    if code == BLANKING {
        return Err(refused(what, &code, "a lone ? would tell M3 to blank the field".to_owned()));
    }
    Ok(code)
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $length:literal;)*) => {$(
        code! {
            $(#[$doc])*
            $name, $what, $length, check_code, "If it is blank, too long, a lone `?`, or has control characters."
        }
    )*};
}

codes! {
    /// A division (`DIVI`).
    Division, "division", 3;
    /// A facility (`FACI`).
    Facility, "facility", 3;
    /// A warehouse (`WHLO`).
    Warehouse, "warehouse", 3;
    /// A supplier's number (`SUNO`).
    SupplierNumber, "supplier number", 10;
    /// An item's number (`ITNO`): 15 characters in older releases, more in newer ones; the server judges.
    ItemNumber, "item number", 40;
    /// A purchase order's number (`PUNO`).
    OrderNumber, "purchase order number", 10;
    /// The number of a message of the purchase order batch entry (`MSGN`).
    MessageNumber, "message number", 15;
    /// Where entered orders come from (`BAOR`); set up in PPS090, it decides numbering and automatic processing.
    BatchOrigin, "batch origin", 3;
    /// A customer's number (`CUNO`).
    CustomerNumber, "customer number", 10;
    /// The number of an AP invoice that is not in the ledger yet (`INBN`).
    InvoiceBatchNumber, "invoice batch number", 10;
    /// A value of an accounting dimension (`AITM`): an account, a cost centre, ...
    AccountId, "accounting identity", 10;
}

/// A company (`CONO`), 1 to 999. Numbers outside are refused when the first call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Company(pub u16);

impl Company {
    pub(crate) fn check(self) -> Result<Self, InvalidCode> {
        if (1..=999).contains(&self.0) {
            return Ok(self);
        }
        Err(InvalidCode { value: self.0.to_string(), what: "company", reason: "it must be 1 to 999".to_owned() })
    }
}

impl fmt::Display for Company {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One of the seven accounting dimensions (`AITP`). The first is the account; the cost centre is often the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dimension(u8);

impl Dimension {
    /// The first dimension: the GL account.
    pub const ACCOUNT: Self = Self(1);

    /// The dimension of this number, 1 to 7.
    pub const fn new(number: u8) -> Option<Self> {
        if matches!(number, 1..=7) { Some(Self(number)) } else { None }
    }

    /// Its number, 1 to 7.
    pub const fn number(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn codes_are_trimmed_and_keep_their_leading_zeros() {
        assert_eq!(SupplierNumber::new(" 00042  ").unwrap().as_str(), "00042");
    }

    #[test]
    fn what_cannot_be_a_code_is_refused_with_its_reason() {
        for (text, reason) in [("", "blank"), ("ABCDEFGHIJK", "at most 10"), ("?", "lone ?"), ("A\u{7}B", "control")] {
            let error = SupplierNumber::new(text).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains("supplier number"), "{error}");
        }
        assert!(Company(0).check().is_err() && Company(1000).check().is_err() && Company(999).check().is_ok());
        assert!(Dimension::new(0).is_none() && Dimension::new(8).is_none());
    }

    #[test]
    fn a_stored_code_is_checked_when_it_is_read_again() {
        let number: OrderNumber = serde_json::from_str("\"2000001\"").unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), "\"2000001\"");
        assert!(serde_json::from_str::<OrderNumber>("\"\"").is_err());
    }
}
