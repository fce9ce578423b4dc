//! What stands beside records: permissions, sums and counts.

model! {
    /// The metadata of an answer, as far as this list or record has it.
    #[derive(Default)]
    Metadata {
        permissions: opt DocumentPermissions = "permissions",
        /// As some records have them, without the wrapping.
        can_edit: opt bool = "can_edit",
        /// As some records have them, without the wrapping.
        can_delete: opt bool = "can_delete",
        summary: opt ListSummary = "summary",
        counts: opt PurchaseOrderCounts = "counts",
    }
}

model! {
    /// What the user of the credentials may do.
    DocumentPermissions {
        can_edit: opt bool = "can_edit",
        can_delete: opt bool = "can_delete",
        can_approve: opt bool = "can_approve",
    }
}

model! {
    /// Sums of a whole list.
    ListSummary {
        has_multiple_currency: opt bool = "has_multiple_currency",
        total_items: opt i64 = "total_items",
        total_cost: dec = "total_cost",
    }
}

model! {
    /// Purchase orders by role.
    PurchaseOrderCounts {
        purchased: opt PurchaseOrderBreakdown = "purchased",
        receivable: opt PurchaseOrderBreakdown = "receivable",
    }
}

model! {
    /// Purchase orders by status.
    PurchaseOrderBreakdown {
        all: opt i64 = "all",
        open: opt i64 = "open",
        partial: opt i64 = "partial",
        closed: opt i64 = "closed",
        cancelled: opt i64 = "cancelled",
        page: opt i64 = "page",
    }
}
