//! The type that each record of an answer is read as.

use std::collections::BTreeMap;

#[allow(clippy::wildcard_imports, reason = "all of them, by design")]
use procurify_client::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads one type of record and writes it again.
#[derive(Clone, Copy)]
pub struct Decoder {
    /// The type; several schemas may be read as one.
    pub record: &'static str,
    pub decode: fn(&[u8]) -> Result<Value, serde_json::Error>,
}

fn decode<T: DeserializeOwned + Serialize>() -> Decoder {
    let record = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
    Decoder { record, decode: |bytes| serde_json::to_value(serde_json::from_slice::<T>(bytes)?) }
}

/// Decoders by the name of the schema.
pub fn types() -> BTreeMap<&'static str, Decoder> {
    BTreeMap::from([
        ("AccountCodeRead", decode::<AccountCode>()),
        ("ApproverReadDocs", decode::<Approver>()),
        ("ApproverChoicesMetadataDocs", decode::<Metadata>()),
        ("BillItemsMetadataDocs", decode::<Metadata>()),
        ("BillRead", decode::<Bill>()),
        ("CatalogItemBundleRead", decode::<CatalogBundle>()),
        ("CatalogItemRead", decode::<CatalogItem>()),
        ("ChartOfAccountsAccount", decode::<Account>()),
        ("CompanyPaymentMethod", decode::<CompanyPaymentMethod>()),
        ("CompanyPaymentMethodRead", decode::<CompanyPaymentMethod>()),
        ("Currency", decode::<Currency>()),
        ("CustomFieldRead", decode::<CustomField>()),
        ("DepartmentRead", decode::<Department>()),
        ("ItemReadSerializer_v2", decode::<BillItem>()),
        ("ListBillsMetadataDocs", decode::<Metadata>()),
        ("LocationView", decode::<Location>()),
        ("MarkBillsAsPaid", decode::<BillsMarkedAsPaid>()),
        ("OptimizedVendor", decode::<Vendor>()),
        ("OrderItem", decode::<OrderItem>()),
        ("OrderRead", decode::<Order>()),
        ("PaymentListRead", decode::<PaymentListRead>()),
        ("PaymentMetadataDocs", decode::<Metadata>()),
        ("PaymentResponse", decode::<PaymentResponse>()),
        ("PermissionGroupRead", decode::<PermissionGroup>()),
        ("PermissionRead", decode::<Permission>()),
        ("PermissionsEditDelete", decode::<Metadata>()),
        ("PurchaseOrderBillingHistory", decode::<BillingHistory>()),
        ("PurchaseOrderDetail", decode::<PurchaseOrderDetail>()),
        ("PurchaseOrderDocs", decode::<PurchaseOrder>()),
        ("PurchaseOrderListMeta", decode::<Metadata>()),
        ("PurchaseOrderReadDocs", decode::<PurchaseOrderClosed>()),
        ("PurchaseOrderUpdate", decode::<PurchaseOrderUpdated>()),
        ("ReceiptItemRead", decode::<ReceiptItem>()),
        ("RequisitionRead", decode::<Requisition>()),
        ("SimpleBill", decode::<BillSummary>()),
        ("SingleBillMetadataDocs", decode::<Metadata>()),
        ("Transaction", decode::<Transaction>()),
        ("UserProfileMe", decode::<Me>()),
        ("UserProfileUnoptimized", decode::<UserProfile>()),
        ("Vendor", decode::<Vendor>()),
        ("VendorDetail", decode::<Vendor>()),
        ("VendorPaymentMethodRead", decode::<VendorPaymentMethod>()),
    ])
}
