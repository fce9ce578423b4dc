//! Receipts: one row for each receiving action.

use tenant_http::Error;

use crate::query::filters;
use crate::{List, OrderItemId, ProcurifyClient, ReceiptItem, ReceiptItemCreate};

/// Receipt items of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct ReceiptItems<'a>(pub(crate) &'a ProcurifyClient);

impl ReceiptItems<'_> {
    /// Receipt items.
    pub fn list(&self) -> List<ReceiptItem> {
        List::new(self.0, "/api/v3/receipt/items/")
    }

    /// Records that something was received.
    pub async fn create(&self, body: &ReceiptItemCreate) -> Result<ReceiptItem, Error> {
        self.0.write_bare("/api/v3/receipt/items/", body).await
    }
}

filters! { ReceiptItem {
    order_item: OrderItemId = "order_item", "Of this order item.";
    search: &str = "search", "Matching these words.";
} }
