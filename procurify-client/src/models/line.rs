//! Lines of purchase orders.

use crate::{
    Account, AccountCode, AdjustmentType, Attachment, CatalogItemId, Comment, CostDetails, Currency, CustomFieldValue,
    DepartmentId, Duration, Frequency, LogEntry, OrderItemId, OrderItemStatus, OrderItemType, OrderNumber, OrderStatus,
    PoNumber, ReceiveMethod, SpendAccount, User, UserId, Uuid, Vendor,
};

model! {
    /// One line of a purchase order, or the order item behind a bill's line.
    PurchaseOrderLine {
        /// All purchase orders it was bought in; an item can be purchased in parts.
        po: list PoNumber = "PO",
        /// Its line number in the order.
        po_line_num: opt i64 = "PO_line_num",
        /// The budget account, which names account code and department.
        account: opt Account = "account",
        /// The account code as text.
        account_code: text = "accountCode",
        active: opt bool = "active",
        approved_currency_rate: dec = "approved_currency_rate",
        approved_datetime: time = "approved_datetime",
        approved_price: dec = "approved_price",
        approved_quantity: dec = "approved_quantity",
        approved_shipping_amount: dec = "approved_shipping_amount",
        approved_tax_amount: dec = "approved_tax_amount",
        /// Files, or in the lines of bills one name.
        attachments: opt LineAttachments = "attachments",
        catalog_item: opt Box<CatalogItem> = "catalog_item",
        created_at: time = "created_at",
        currency: opt Currency = "currency",
        date_invoiced: time = "dateInvoiced",
        external_id: text = "external_id",
        hot: opt bool = "hot",
        id: key OrderItemId = "id",
        inventory_item: opt i64 = "inventoryItem",
        is_active: opt bool = "is_active",
        item_attachments: list Attachment = "item_attachments",
        last_changed_by: id UserId = "last_changed_by",
        /// Last change.
        last_modified: time = "last_modified",
        line_comment: text = "lineComment",
        name: text = "name",
        num: text = "num",
        order_num: id OrderNumber = "orderNum",
        order_number: id OrderNumber = "order_number",
        po_note: text = "po_note",
        po_version: opt i64 = "po_version",
        pref_vendor: opt Box<Vendor> = "pref_vendor",
        /// Price of one unit, in the line's currency.
        price: dec = "price",
        /// The purchase order it is on.
        purchase_order: id PoNumber = "purchase_order",
        purchaser: opt User = "purchaser",
        /// Ordered quantity.
        quantity: dec = "quantity",
        received_fail_qty: dec = "receivedFailQty",
        received_pass_qty: dec = "receivedPassQty",
        shipping_amount: dec = "shipping_amount",
        sku: text = "sku",
        status: opt OrderItemStatus = "status",
        tax_amount: dec = "tax_amount",
        /// Price times quantity, with tax and shipping as Procurify adds them.
        total_cost: dec = "total_cost",
        unit: text = "unit",
        updated_at: time = "updated_at",
        vendor: text = "vendor",
        receive_method: opt ReceiveMethod = "receive_method",
        kind: opt OrderItemType = "type",
        blanket: opt Blanket = "blanket",
        comments: list Comment = "comments",
        confirmation_status: opt i64 = "confirmation_status",
        confirmation_status_description: text = "confirmation_status_description",
        cost_details: opt CostDetails = "cost_details",
        custom_fields: list CustomFieldValue = "custom_fields",
        date_required: time = "date_required",
        fully_received_actual_receive_date: day = "fully_received_actual_receive_date",
        has_sibling_items: opt bool = "has_sibling_items",
        /// The same again, by its other name.
        line_comment_copy: text = "line_comment",
        logs: list LogEntry = "logs",
        order_description: text = "order_description",
        order_status: opt OrderStatus = "order_status",
        order_uuid: opt Uuid = "order_uuid",
        punchout_supplier_icon: text = "punchout_supplier_icon",
        punchout_supplier_name: text = "punchout_supplier_name",
        punchout_system: opt i64 = "punchout_system",
        punchout_vendor_reference: opt i64 = "punchout_vendor_reference",
        punchout_supplier_can_update_quantity: opt bool = "punchout_supplier_can_update_quantity",
        purchase_order_number: text = "purchase_order_number",
        purchase_order_uuid: opt Uuid = "purchase_order_uuid",
        purchased_currency_rate: dec = "purchased_currency_rate",
        recurrence: opt Recurrence = "recurrence",
        requester: opt User = "requester",
        /// How its cost is split over accounts.
        spend_allocation: list Allocation = "spend_allocation",
        submitted_date: time = "submitted_date",
        taxes: list Adjustment = "taxes",
        receive_log_count: opt i64 = "receive_log_count",
        approval_history: list LogEntry = "approval_history",
        flags: list Flag = "flags",
        approved_total_cost: dec = "approved_total_cost",
    }
}

model! {
    /// An item of the catalog.
    CatalogItem {
        id: key CatalogItemId = "id",
        name: text = "name",
        image: text = "image",
        unit_type: text = "unitType",
        pref_vendor: opt Vendor = "pref_vendor",
        account_code: opt AccountCode = "account_code",
        internal_sku: text = "internalSKU",
        description: text = "description",
        product_url: text = "product_url",
        currency: opt Currency = "currency",
        price: dec = "price",
        rfo_lock: opt bool = "rfo_lock",
        departments: list DepartmentId = "departments",
        custom_fields: list CustomFieldValue = "custom_fields",
        requested_count: opt i64 = "requested_count",
        last_requested_date: time = "last_requested_date",
        selected_account: opt serde_json::Value = "selected_account",
        /// How much of it is in a bundle.
        quantity: dec = "quantity",
    }
}

model! {
    /// A tax on one line.
    Adjustment {
        id: opt i64 = "id",
        /// `percent` or `amount`, also written `0` or `1`.
        kind: opt AdjustmentType = "type",
        value: dec = "value",
        name: text = "name",
    }
}

model! {
    /// A part of a line's cost on one account.
    Allocation {
        id: opt i64 = "id",
        amount: dec = "amount",
        account: opt SpendAccount = "account",
    }
}

model! {
    /// How often a recurring item is bought.
    Recurrence {
        id: opt i64 = "id",
        start_date: day = "start_date",
        frequency: opt Frequency = "frequency",
        duration: opt Duration = "duration",
        duration_quantity: opt i64 = "duration_quantity",
        recurring_price: dec = "recurring_price",
        periods_count: opt i64 = "periods_count",
    }
}

model! {
    /// What a blanket item may cost in all.
    Blanket {
        price: dec = "price",
        quantity: dec = "quantity",
        amount: dec = "amount",
    }
}

model! {
    /// A mark on a line.
    Flag {
        color: text = "color",
        symbol: text = "symbol",
        object_id: opt i64 = "object_id",
        content_type: opt i64 = "content_type",
    }
}

/// The `attachments` of a line: files on purchase orders, text on bills.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum LineAttachments {
    /// Files.
    Files(Vec<Attachment>),
    /// Text.
    Text(String),
}
