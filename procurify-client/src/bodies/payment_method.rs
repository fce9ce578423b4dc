//! Payment methods of the company and of vendors.

use serde_json::{Value, json};

use super::json::Json;
use crate::{CurrencyId, PaymentMethodType, VendorId};

/// What a payment method holds, by its type. It has no `Debug`: it may hold account numbers.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum PaymentMethodData {
    /// Of another kind.
    Other {
        /// In words.
        description: String,
    },
    /// A check.
    Check {
        /// To whom.
        payable_to: String,
    },
    /// ACH.
    Ach {
        /// Routing number.
        routing_number: String,
        /// Account number.
        account_number: String,
        /// Whose account.
        company_name: String,
    },
    /// As the API takes it, for the types whose fields are not documented.
    Raw(Value),
}

impl Json for PaymentMethodData {
    fn json(&self) -> Value {
        match self {
            Self::Other { description } => json!({ "description": description }),
            Self::Check { payable_to } => json!({ "payable_to": payable_to }),
            Self::Ach { routing_number, account_number, company_name } => json!({
                "routing_number": routing_number,
                "account_number": account_number,
                "company_name": company_name,
            }),
            Self::Raw(value) => value.clone(),
        }
    }
}

body! {
    /// A way in which the company pays, to be created.
    CompanyPaymentMethodCreate(data: val PaymentMethodData = "data") {
        name: text = "name",
        kind: val PaymentMethodType = "type",
        currency: val CurrencyId = "currency",
        gl_code: text = "gl_code",
    }
}

body! {
    /// A way in which a vendor is paid, to be created.
    VendorPaymentMethodCreate(vendor: val VendorId = "vendor", data: val PaymentMethodData = "data") {
        name: text = "name",
        kind: val PaymentMethodType = "type",
        currency: val CurrencyId = "currency",
    }
}
