//! Values as query parameters, and filters as methods.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// A value that a query parameter may have.
pub(crate) trait QueryValue {
    fn text(&self) -> String;
}

macro_rules! shown {
    ($($ty:ty),* $(,)?) => {$(
        impl QueryValue for $ty {
            fn text(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

shown! {
    bool, i64, &str, rust_decimal::Decimal, NaiveDate, crate::Uuid,
    crate::PoNumber, crate::OrderItemId, crate::OrderNumber, crate::VendorId, crate::AccountCodeId,
    crate::AccountId, crate::DepartmentId, crate::LocationId, crate::BillGroupId, crate::UserId,
    crate::CurrencyId, crate::CatalogItemId, crate::ContractId, crate::FulfilmentStatus, crate::BillId, crate::PermissionGroupId,
    crate::BillItemId, crate::PaymentId, crate::CatalogBundleId, crate::FieldType, crate::PaymentMethodCategory,
    crate::PaymentResponseStatus, crate::ReconciliationStatus, crate::Requestable,
}

macro_rules! coded {
    ($($ty:ty),* $(,)?) => {$(
        impl QueryValue for $ty {
            fn text(&self) -> String {
                self.code().to_string()
            }
        }
    )*};
}

coded! {
    crate::OrderItemStatus, crate::OrderItemType, crate::OrderStatus, crate::BillType,
    crate::VendorType, crate::PaymentMethodType,
}

impl QueryValue for DateTime<Utc> {
    fn text(&self) -> String {
        self.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}

/// Several ids in one parameter, with commas between.
impl<T: QueryValue> QueryValue for &[T] {
    fn text(&self) -> String {
        self.iter().map(T::text).collect::<Vec<_>>().join(",")
    }
}

/// Filters of a list as methods: `name: type = "parameter", "what it does";`
macro_rules! filters {
    ($record:ty { $($name:ident: $ty:ty = $parameter:literal, $doc:literal;)* }) => {
        impl $crate::List<$record> {
            $(
                #[doc = $doc]
                #[doc = concat!("\n\nSets the parameter `", $parameter, "`.")]
                pub fn $name(self, value: $ty) -> Self {
                    let text = $crate::query::QueryValue::text(&value);
                    self.parameter($parameter, text)
                }
            )*
        }
    };
}

pub(crate) use filters;
