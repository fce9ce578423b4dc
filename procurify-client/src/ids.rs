//! Ids as types of their own, so that a vendor's id cannot be passed for a department's.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// Procurify's own number of a purchase order (`procurify_PO`); never changes, unlike the number users see.
    PoNumber;
    /// Id of an order item, which becomes a line of a purchase order.
    OrderItemId;
    /// Number of the request (order) that an item was asked for in.
    OrderNumber;
    /// Id of a vendor.
    VendorId;
    /// Id of an account code, a GL account in Procurify's words.
    AccountCodeId;
    /// Id of an account, that is an account code in one department.
    AccountId;
    /// Id of a department.
    DepartmentId;
    /// Id of a location, which older parts of the API call branch.
    LocationId;
    /// Id of a bill; its detail is addressed by [`Uuid`].
    BillId;
    /// Id of one line of a bill.
    BillItemId;
    /// Id of a group of bills that are paid together.
    BillGroupId;
    /// Id of a user.
    UserId;
    /// Id of a currency; its code is the name of a [`Currency`](crate::Currency).
    CurrencyId;
    /// Id of a catalog item.
    CatalogItemId;
    /// Id of a contract.
    ContractId;
    /// Id of a payment.
    PaymentId;
    /// Id of a card transaction.
    TransactionId;
    /// Id of a receipt item.
    ReceiptItemId;
    /// Id of a bundle of catalog items.
    CatalogBundleId;
    /// Id of a custom field.
    CustomFieldId;
    /// Id of a permission.
    PermissionId;
    /// Id of a group of permissions, that is a role.
    PermissionGroupId;
    /// Id of a payment method.
    PaymentMethodId;
    /// Id of a legal entity.
    LegalEntityId;
    /// Id of an address.
    AddressId;
    /// Id of a term: payment term, shipping term, or method.
    TermId;
    /// Id of a credit card.
    CreditCardId;
    /// Id of a tax.
    TaxId;
}

/// A UUID as Procurify writes it, with or without dashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uuid(pub String);

impl Uuid {
    /// Whether it is made of hex digits and dashes only, and so can stand in a path.
    pub fn is_well_formed(&self) -> bool {
        let digits = self.0.chars().filter(char::is_ascii_hexdigit).count();
        digits == 32 && self.0.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
    }

    /// The same UUID without dashes, as the older API takes it.
    pub fn without_dashes(&self) -> Self {
        Self(self.0.replace('-', ""))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&str> for Uuid {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Uuid {
    fn from(text: String) -> Self {
        Self(text)
    }
}
