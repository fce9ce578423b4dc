//! Orders, that is requests, and their way through approval.

use crate::{Branch, Currency, DenialReason, Department, LogEntry, OrderNumber, OrderStatus, User, UserId, Uuid};

model! {
    /// An order: what was requested, before it is purchased.
    Order {
        num: key OrderNumber = "num",
        uuid: opt Uuid = "uuid",
        branch: opt Box<Branch> = "branch",
        user: opt User = "user",
        department: opt Department = "department",
        currency: opt Currency = "currency",
        total_cost_in_base_currency: dec = "total_cost_in_base_currency",
        logs: list LogEntry = "logs",
        item_count: opt i64 = "item_count",
        ip_address: text = "ip_address",
        date: time = "date",
        description: text = "description",
        date_required: time = "dateRequired",
        /// Last change; the filter on it takes days.
        date_modified: time = "dateModified",
        line_count: opt i64 = "lineCount",
        purchased_count: opt i64 = "purchasedCount",
        total_price: dec = "totalPrice",
        status: opt OrderStatus = "status",
        next_approver: opt User = "next_approver",
        next_approvers: list User = "next_approvers",
        approval_delegatee: id UserId = "approval_delegatee",
        punchout_group: opt Named = "punchout_group",
        punchout_shipping_address: opt Named = "punchout_shipping_address",
        punchout_items_rejected: opt bool = "punchout_items_rejected",
        punchout_supplier_name: text = "punchout_supplier_name",
        punchout_supplier_icon: text = "punchout_supplier_icon",
        punchout_vendor_reference: opt i64 = "punchout_vendor_reference",
        punchout_is_retriable: opt bool = "punchout_is_retriable",
        punchout_order_purchase_order_id: opt i64 = "punchout_order_purchase_order_id",
        has_blanket_order_items: opt bool = "has_blanket_order_items",
        approval_workflow: opt ApprovalWorkflow = "approval_workflow",
        denial_reason: opt DenialReason = "denial_reason",
        denial_comment: text = "denial_comment",
    }
}

model! {
    /// Something with an id and a name.
    Named {
        id: opt i64 = "id",
        name: text = "name",
    }
}

model! {
    /// Where an order stands in approval.
    ApprovalWorkflow {
        is_complete: opt bool = "is_complete",
        updated_at: time = "updated_at",
        can_self_approve: opt bool = "can_self_approve",
        can_peer_review: opt bool = "can_peer_review",
        current_step: opt ApprovalStep = "current_step",
        next_step: opt ApprovalStep = "next_step",
    }
}

model! {
    /// One step of approval.
    ApprovalStep {
        status: opt i64 = "status",
        step_number: opt i64 = "step_number",
        group_id: opt i64 = "group_id",
        group_name: text = "group_name",
        /// Of the step under way.
        approver: opt ApproverGroup = "approver",
        /// Of the step to come: who may be chosen.
        options: list serde_json::Value = "options",
    }
}

model! {
    /// Those who may approve a step.
    ApproverGroup {
        approvers: list User = "approvers",
        is_pooled: opt bool = "is_pooled",
        level: opt i64 = "level",
        group_id: opt i64 = "group_id",
        group_name: text = "group_name",
    }
}

model! {
    /// A request that was created.
    Requisition {
        uuid: opt Uuid = "uuid",
    }
}
