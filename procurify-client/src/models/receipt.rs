//! What was received.

use crate::{OrderItemId, ReceiptItemId, User};

model! {
    /// One receiving action on one order item.
    ReceiptItem {
        id: key ReceiptItemId = "id",
        /// Quantity taken.
        pass_quantity: dec = "pass_quantity",
        /// Quantity refused.
        fail_quantity: dec = "fail_quantity",
        order_item: id OrderItemId = "order_item",
        created_at: time = "created_at",
        is_edited: opt bool = "is_edited",
        created_by: opt User = "created_by",
        total_quantity: dec = "total_quantity",
        received_at: day = "received_at",
    }
}
