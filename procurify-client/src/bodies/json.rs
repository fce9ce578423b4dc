//! Values as the API takes them: decimals as strings, times in UTC.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

/// A value that a field of a body may have.
pub(crate) trait Json {
    fn json(&self) -> Value;
}

macro_rules! plain {
    ($($ty:ty),* $(,)?) => {$(
        impl Json for $ty {
            fn json(&self) -> Value {
                Value::from(self.clone())
            }
        }
    )*};
}

plain! { bool, i64, u32, String, Value }

macro_rules! ids {
    ($($id:ident),* $(,)?) => {$(
        impl Json for crate::$id {
            fn json(&self) -> Value {
                Value::from(self.0)
            }
        }
    )*};
}

ids! {
    AccountCodeId, AddressId, BillGroupId, CatalogItemId, ContractId, CreditCardId, CurrencyId, DepartmentId,
    LegalEntityId, LocationId, OrderItemId, PaymentMethodId, PermissionGroupId, TaxId, TermId, UserId, VendorId,
}

macro_rules! codes {
    ($($code:ident),* $(,)?) => {$(
        impl Json for crate::$code {
            fn json(&self) -> Value {
                Value::from(self.code())
            }
        }
    )*};
}

codes! { AccountType, Language, PaymentMethodType, ReceiveMethod, VendorType }

impl Json for crate::FieldType {
    fn json(&self) -> Value {
        Value::from(self.as_str())
    }
}

impl Json for crate::Uuid {
    fn json(&self) -> Value {
        Value::from(self.0.as_str())
    }
}

impl Json for Decimal {
    fn json(&self) -> Value {
        Value::from(self.to_string())
    }
}

impl Json for NaiveDate {
    fn json(&self) -> Value {
        Value::from(self.to_string())
    }
}

impl Json for DateTime<Utc> {
    fn json(&self) -> Value {
        Value::from(self.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl<T: Json> Json for Vec<T> {
    fn json(&self) -> Value {
        self.iter().map(Json::json).collect()
    }
}

impl<T: Json> Json for Option<T> {
    fn json(&self) -> Value {
        self.as_ref().map_or(Value::Null, Json::json)
    }
}
