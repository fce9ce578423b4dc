//! What the services publish: entity sets, their keys, and the properties they have.

/// An entity set.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    pub(super) key: &'static str,
    pub(super) properties: &'static [&'static str],
    /// Properties of the entities under `Lines`, if there are any.
    pub(super) lines: &'static [&'static str],
    pub(super) required: &'static [&'static str],
}

/// All sets, by the names that clients take by default.
pub(super) const SETS: [Set; 8] = [
    Set {
        service: "tcapi.comBusinessPartner",
        name: "Suppliers",
        key: "Supplier",
        properties: &["Supplier", "Name", "Status", "Currency", "PaymentTerms", "ChangedOn"],
        lines: &[],
        required: &["Name"],
    },
    Set {
        service: "tcapi.comBusinessPartner",
        name: "Customers",
        key: "Customer",
        properties: &["Customer", "Name", "Status", "Currency", "ChangedOn"],
        lines: &[],
        required: &["Customer", "Name"],
    },
    Set {
        service: "tdapi.purPurchaseOrder",
        name: "Orders",
        key: "Order",
        properties: &[
            "Order",
            "Supplier",
            "Currency",
            "OrderDate",
            "Reference",
            "Status",
            "Total",
            "ChangedOn",
            "PaymentTerms",
        ],
        lines: &[
            "Line",
            "Item",
            "Description",
            "Quantity",
            "Unit",
            "Price",
            "DeliveryDate",
            "LedgerAccount",
            "CostCenter",
            "Amount",
            "TaxCode",
        ],
        required: &["Supplier"],
    },
    Set {
        service: "tfapi.acpPurchaseInvoice",
        name: "Invoices",
        key: "Invoice",
        properties: &[
            "Invoice",
            "Supplier",
            "SupplierInvoice",
            "Currency",
            "InvoiceDate",
            "DueDate",
            "PostingDate",
            "Amount",
            "TaxAmount",
            "Order",
            "Reference",
            "Status",
            "ChangedOn",
            "PaymentTerms",
            "Attachments",
        ],
        lines: &["Line", "Description", "Amount", "LedgerAccount", "CostCenter", "Order", "OrderLine", "TaxCode"],
        required: &["Supplier", "SupplierInvoice", "Amount"],
    },
    Set {
        service: "tfapi.gldLedgerAccount",
        name: "LedgerAccounts",
        key: "LedgerAccount",
        properties: &["LedgerAccount", "Description", "Blocked", "ChangedOn"],
        lines: &[],
        required: &["LedgerAccount"],
    },
    Set {
        service: "tfapi.gldDimension",
        name: "Dimensions",
        key: "Dimension",
        properties: &["Dimension", "Description", "Blocked", "ChangedOn"],
        lines: &[],
        required: &["Dimension"],
    },
    Set {
        service: "tcapi.ibdItem",
        name: "Items",
        key: "Item",
        properties: &["Item", "Description", "Unit", "Blocked", "ChangedOn"],
        lines: &[],
        required: &["Item"],
    },
    Set {
        service: "tfapi.gldFiscalPeriod",
        name: "Periods",
        key: "Period",
        properties: &["Period", "StartDate", "EndDate", "Status", "ChangedOn"],
        lines: &[],
        required: &["Period"],
    },
];

impl Set {
    pub(super) fn find(service: &str, name: &str) -> Option<&'static Self> {
        SETS.iter().find(|set| set.service == service && set.name == name)
    }
}
