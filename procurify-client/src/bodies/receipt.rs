//! Receipts.

use rust_decimal::Decimal;

use crate::OrderItemId;

body! {
    /// What was received of one order item: how much was taken, how much refused.
    ReceiptItemCreate(
        order_item: val OrderItemId = "order_item",
        pass_quantity: val Decimal = "pass_quantity",
        fail_quantity: val Decimal = "fail_quantity",
    ) {}
}
