//! Codes of the API as enums that keep what they do not know.

use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// A code that this version does not know.
            Other(i64),
        }

        impl $name {
            /// The code as the API writes it.
            pub fn code(self) -> i64 {
                match self { $(Self::$variant => $code,)* Self::Other(code) => code }
            }
        }

        impl From<i64> for $name {
            fn from(code: i64) -> Self {
                match code { $($code => Self::$variant,)* other => Self::Other(other) }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.code())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(CodeVisitor).map(Self::from)
            }
        }
    )*};
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// A word that this version does not know.
            Other(String),
        }

        impl $name {
            /// The word as the API writes it.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $word,)* Self::Other(word) => word }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() { $($word => Self::$variant,)* _ => Self::Other(word) }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }
    )*};
}

/// Reads a code written as a number or as a numeric string.
struct CodeVisitor;

impl Visitor<'_> for CodeVisitor {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a numeric code")
    }

    fn visit_i64<E: serde::de::Error>(self, code: i64) -> Result<i64, E> {
        Ok(code)
    }

    fn visit_u64<E: serde::de::Error>(self, code: u64) -> Result<i64, E> {
        i64::try_from(code).map_err(E::custom)
    }

    fn visit_str<E: serde::de::Error>(self, code: &str) -> Result<i64, E> {
        code.trim().parse().map_err(|_| E::custom(format!("{code:?} is no numeric code")))
    }
}

codes! {
    /// State of a purchase order.
    PurchaseOrderState {
        /// Sent to the vendor.
        Purchased = 0,
        /// Called off; may be reopened.
        Cancelled = 1,
        /// From an older version of Procurify.
        Legacy = 2,
        /// Done.
        Closed = 3,
        /// Paid.
        Paid = 4,
        /// Open again after it was closed or cancelled.
        Reopened = 5,
    }

    /// Status of an order item.
    OrderItemStatus {
        /// Approved, not purchased.
        PurchasePending = 0,
        /// On a purchaser's list.
        PurchaserInUse = 1,
        /// Purchased, nothing received.
        ReceivePending = 2,
        /// All received.
        Received = 3,
        /// Turned down in procurement.
        RejectedForPurchase = 4,
        /// Partly received.
        PartiallyReceived = 5,
        /// Received and fulfilled.
        Fulfilled = 6,
        /// Turned down in approval.
        ApprovalDenied = 7,
        /// A draft request.
        Draft = 8,
    }

    /// Kind of an order item.
    OrderItemType {
        /// Bought once.
        OneTime = 0,
        /// Bought again and again.
        Recurring = 1,
        /// Called off from a blanket order.
        Blanket = 2,
    }

    /// How an item is received.
    ReceiveMethod {
        /// By quantity.
        Quantity = 0,
        /// By amount of money.
        CurrencyAmount = 1,
    }

    /// Status of the request that an item belongs to.
    OrderStatus {
        /// Waiting for approval.
        Pending = 0,
        /// Approved.
        Approved = 1,
        /// Denied.
        Denied = 2,
        /// Purchased.
        Purchased = 3,
        /// Cancelled.
        Cancelled = 4,
        /// Received.
        Received = 5,
        /// Draft.
        Draft = 6,
    }

    /// Status of a contract-like purchase agreement.
    PurchaseAgreementStatus {
        /// Open.
        Open = 0,
        /// Pending.
        Pending = 1,
        /// Closed.
        Closed = 2,
        /// Cancelled.
        Cancelled = 3,
        /// Denied.
        Denied = 4,
        /// Draft.
        Draft = 5,
    }

    /// Status of a bill.
    BillStatus {
        /// Being written.
        Draft = 0,
        /// Submitted.
        Confirmed = 1,
        /// Approved for payment.
        Approved = 2,
        /// Denied.
        Denied = 3,
        /// Paid.
        Paid = 4,
        /// Withdrawn.
        Withdrawn = 5,
        /// Its payment is submitted.
        PaymentConfirmed = 6,
        /// Its payment is approved.
        PaymentApproved = 7,
        /// Its payment hangs.
        PaymentLimbo = 8,
    }

    /// Kind of a bill.
    BillType {
        /// For goods and services ordered.
        Order = 0,
        /// An expense report.
        Expense = 1,
        /// A credit card statement.
        CreditCard = 2,
    }

    /// Status of a payment.
    PaymentStatus {
        /// Draft.
        Draft = 0,
        /// Submitted.
        Confirmed = 1,
        /// Approved.
        Approved = 2,
        /// Denied.
        Denied = 3,
        /// Voided.
        Void = 4,
        /// Paid.
        Paid = 5,
        /// Partly paid.
        PartiallyPaid = 6,
        /// Under way.
        Processing = 7,
        /// Failed.
        Failed = 8,
        /// Set for a later day.
        Scheduled = 9,
    }

    /// Way of paying.
    PaymentMethodType {
        /// Another way.
        OtherWay = 0,
        /// Check.
        Check = 1,
        /// ACH.
        Ach = 2,
        /// EFT.
        Eft = 3,
        /// Wire.
        Wire = 4,
        /// Check sent by Procurify.
        ProcurifyCheck = 5,
        /// ACH through Procurify.
        ProcurifyAch = 6,
        /// Wire through Procurify.
        ProcurifyWire = 7,
        /// Airwallex.
        Airwallex = 8,
    }

    /// Kind of a vendor. Others than the documented ones occur.
    VendorType {
        /// Not a vendor: names typed into requests.
        Unlisted = 1,
        /// Amazon punchout, reserved by the system.
        AmazonPunchout = 2,
        /// Preferred; the default.
        Preferred = 3,
        /// Regular: seen in procurement and accounts payable only.
        Regular = 4,
        /// An employee.
        Employee = 5,
        /// A credit card provider.
        CreditCardProvider = 6,
        /// Checkout.
        Checkout = 7,
    }

    /// Kind of an account code.
    AccountType {
        /// Assets.
        Assets = 0,
        /// Liability.
        Liability = 1,
        /// Expense.
        Expense = 2,
        /// Income.
        Income = 3,
        /// Equity.
        Equity = 4,
        /// Any other.
        OtherType = 5,
    }
}

words! {
    /// How much of a purchase order has been received.
    FulfilmentStatus {
        /// Nothing.
        Empty = "empty",
        /// Some.
        Partial = "partial",
        /// All.
        Full = "full",
    }

    /// Whether a tax or discount is an amount or a percentage.
    PriceModifierType {
        /// In money.
        Amount = "amount",
        /// In percent.
        Percentage = "percentage",
    }

    /// Type of a custom field.
    FieldType {
        /// Short text.
        Text = "t",
        /// Long text.
        LargeText = "a",
        /// Whole number.
        Integer = "i",
        /// Decimal number.
        Decimal = "f",
        /// Yes or no.
        Boolean = "b",
        /// One of several choices.
        Dropdown = "m",
        /// Day.
        Date = "d",
        /// Day and time.
        DateTime = "h",
    }
}
