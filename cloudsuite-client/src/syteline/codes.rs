//! The codes by which `SyteLine` names things: fixed-length texts, of which numeric ones are right-justified.

pub use crate::codes::InvalidCode;
use crate::codes::{check, code};

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
        code! {
            $(#[$doc])*
            $name, $what, $length, check, "If it is blank, too long, or has control characters."
        }

        impl $name {
            /// The code as it is compared and written: see [`pad`].
            pub fn padded(&self) -> String {
                if $padded { pad(&self.0, Self::MAX_LENGTH) } else { self.0.clone() }
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
