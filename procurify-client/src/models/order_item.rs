//! Order items as lists show them.

use crate::{
    AccountId, Blanket, CatalogItemId, CurrencyId, OrderItemId, OrderItemStatus, OrderItemType, OrderNumber, PoNumber,
    ReceiveMethod, UserId, VendorId,
};

model! {
    /// An order item as lists show it: related records by their ids.
    OrderItem {
        /// All purchase orders it was bought in; an item can be purchased in parts.
        po: list PoNumber = "PO",
        /// Its line number in the order.
        po_line_num: opt i64 = "PO_line_num",
        /// The budget account, which names account code and department.
        account: id AccountId = "account",
        /// The account code as text.
        account_code: text = "accountCode",
        active: opt bool = "active",
        approved_currency_rate: dec = "approved_currency_rate",
        approved_datetime: time = "approved_datetime",
        approved_price: dec = "approved_price",
        approved_quantity: dec = "approved_quantity",
        approved_shipping_amount: dec = "approved_shipping_amount",
        approved_tax_amount: dec = "approved_tax_amount",
        attachments: text = "attachments",
        catalog_item: id CatalogItemId = "catalog_item",
        created_at: time = "created_at",
        currency: id CurrencyId = "currency",
        date_invoiced: time = "dateInvoiced",
        external_id: text = "external_id",
        hot: opt bool = "hot",
        id: key OrderItemId = "id",
        inventory_item: opt i64 = "inventoryItem",
        is_active: opt bool = "is_active",
        item_attachments: list i64 = "item_attachments",
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
        pref_vendor: id VendorId = "pref_vendor",
        /// Price of one unit, in the line's currency.
        price: dec = "price",
        /// The purchase order it is on.
        purchase_order: id PoNumber = "purchase_order",
        purchaser: id UserId = "purchaser",
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
    }
}
