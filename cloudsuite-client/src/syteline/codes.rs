//! The codes by which `SyteLine` names things: fixed-length texts, of which numeric ones are right-justified.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use crate::m3::InvalidCode;

/// The trimmed code, if it is one of at most `length` characters.
fn check(what: &'static str, text: &str, length: usize) -> Result<String, InvalidCode> {
    let code = text.trim();
    let refuse = |reason: String| {
        Err(InvalidCode { value: code.chars().take(40).flat_map(char::escape_default).collect(), what, reason })
    };
    match code.chars().count() {
        0 => refuse("it is blank".to_owned()),
        n if n > length => refuse(format!("it has {n} characters, at most {length} are allowed")),
        _ if code.chars().any(char::is_control) => refuse("it has control characters".to_owned()),
        _ => Ok(code.to_owned()),
    }
}

/// A code as the database has it: one of digits only is right-justified with blanks, any other stands as it is.
///
/// ```
/// use cloudsuite_client::syteline::pad;
/// assert_eq!(pad("12", 7), "     12");
/// assert_eq!(pad("DP00009000", 10), "DP00009000");
/// assert_eq!(pad("S12", 7), "S12");
/// ```
pub fn pad(code: &str, length: usize) -> String {
    let code = code.trim();
    let numeric = !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit());
    if numeric { format!("{code:>length$}") } else { code.to_owned() }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $length:literal, $padded:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("The longest ", $what, ", in characters.")]
            pub const MAX_LENGTH: usize = $length;

            #[doc = concat!("A ", $what, ", blanks around it removed.")]
            ///
            /// # Errors
            /// If it is blank, too long, or has control characters.
            pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidCode> {
                check($what, text.as_ref(), Self::MAX_LENGTH).map(Self)
            }

            /// The code as it is shown: without blanks around it.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The code as it is compared and written: see [`pad`].
            pub fn padded(&self) -> String {
                if $padded { pad(&self.0, Self::MAX_LENGTH) } else { self.0.clone() }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidCode;

            fn from_str(text: &str) -> Result<Self, InvalidCode> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidCode;

            fn try_from(text: String) -> Result<Self, InvalidCode> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> String {
                code.0
            }
        }

        impl From<&$name> for super::Value {
            fn from(code: &$name) -> Self {
                Self::text(code.padded())
            }
        }
    )*};
}

codes! {
    /// A vendor's number (`VendNum`).
    VendorNumber, "vendor number", 7, true;
    /// A customer's number (`CustNum`).
    CustomerNumber, "customer number", 7, true;
    /// A purchase order's number (`PoNum`).
    PoNumber, "purchase order number", 10, true;
    /// A voucher's number (`Voucher`).
    VoucherNumber, "voucher number", 10, false;
    /// An item's number (`Item`).
    ItemCode, "item", 30, false;
    /// An account of the chart (`Acct`).
    AccountNumber, "account", 12, false;
    /// A unit code (`Unit1` to `Unit4`): 4 characters as delivered, more where a tenant has widened it.
    UnitCode, "unit code", 20, false;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numeric_codes_are_shown_trimmed_and_written_right_justified() {
        let vendor = VendorNumber::new("     12").unwrap();
        assert_eq!((vendor.as_str(), vendor.padded().as_str()), ("12", "     12"));
        assert_eq!(PoNumber::new("PF00010482").unwrap().padded(), "PF00010482");
        assert_eq!(PoNumber::new("42").unwrap().padded(), "        42");
        assert_eq!(AccountNumber::new("60100").unwrap().padded(), "60100", "accounts are left-justified");
    }

    #[test]
    fn what_cannot_be_a_code_is_refused_with_its_reason() {
        for (text, reason) in [("", "blank"), ("12345678", "at most 7"), ("A\u{0}B", "control")] {
            let error = VendorNumber::new(text).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains("vendor number"), "{error}");
        }
    }
}
