//! Whether a vendor may be given a document now.

use cloudsuite_client::syteline::{Vendor, VendorNumber};
use sync_core::Missing;

use crate::failure::SUPPLIER;

/// What stands against a document of this currency: the vendor is gone or not active, or has another currency, in which
/// SyteLine would silently put it.
pub(super) fn hindrance(
    document: &str,
    currency: &str,
    number: &VendorNumber,
    vendor: Option<&Vendor>,
) -> Option<Missing> {
    let unusable = |hint| Some(Missing { kind: SUPPLIER.to_owned(), value: number.to_string(), hint });
    let Some(vendor) = vendor else {
        let hint = "it is not in SyteLine any more: add it there again, or correct the vendor's external id";
        return unusable(hint.to_owned());
    };
    if vendor.is_active() == Some(false) {
        let status = vendor.status.as_deref().unwrap_or("blank");
        return unusable(format!("its status in SyteLine is {status}, not A: activate it there"));
    }
    let other = vendor.currency.as_deref().filter(|other| *other != currency)?;
    let hint = format!("the {document} is in it, but vendor {number} sells in {other}: correct one of the two");
    Some(Missing { kind: "currency".to_owned(), value: currency.to_owned(), hint })
}
