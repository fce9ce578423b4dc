//! What hangs off a client.

#[allow(clippy::wildcard_imports, reason = "all of them, by design")]
use super::*;
use crate::ProcurifyClient;

macro_rules! resources {
    ($($(#[$doc:meta])* $name:ident: $ty:ident;)*) => {
        impl ProcurifyClient {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> $ty<'_> {
                    $ty(self)
                }
            )*
        }
    };
}

resources! {
    /// Purchase orders.
    purchase_orders: PurchaseOrders;
    /// Order items: the lines of hundreds of orders in one call.
    order_items: OrderItems;
    /// Orders, that is what was requested.
    orders: Orders;
    /// Requisitions.
    requisitions: Requisitions;
    /// Receipts.
    receipt_items: ReceiptItems;
    /// Bills.
    bills: Bills;
    /// Items of bills, billed or waiting to be.
    ap_items: ApItems;
    /// Payments.
    payments: Payments;
    /// Card transactions.
    transactions: Transactions;
    /// The ways in which the company pays.
    company_payment_methods: CompanyPaymentMethods;
    /// The ways in which vendors are paid.
    vendor_payment_methods: VendorPaymentMethods;
    /// Vendors.
    vendors: Vendors;
    /// Catalog items.
    catalog_items: CatalogItems;
    /// Bundles of catalog items.
    catalog_bundles: CatalogBundles;
    /// Custom fields of order items.
    custom_fields: CustomFields;
    /// Account codes, that is GL accounts.
    account_codes: AccountCodes;
    /// Accounts, that is account codes in departments, with their budgets.
    accounts: Accounts;
    /// Departments.
    departments: Departments;
    /// Locations.
    locations: Locations;
    /// Currencies.
    currencies: Currencies;
    /// Users.
    users: Users;
    /// Permissions and roles.
    permissions: Permissions;
}
