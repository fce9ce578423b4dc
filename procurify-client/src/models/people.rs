//! People and what they leave on documents: comments, approvals, log entries, files.

use crate::{
    Department, LogAction, OrderItemAttachmentType, OrderItemId, OrderNumber, PoNumber, RoleSummary, UserId, Uuid,
};

model! {
    /// A user, in as much detail as the place where it stands gives.
    User {
        id: id UserId = "id",
        department: rec Department = "department",
        created_at: time = "created_at",
        updated_at: time = "updated_at",
        first_name: text = "firstName",
        last_name: text = "lastName",
        email: text = "email",
        position: text = "position",
        phone: text = "phone",
        address: text = "address",
        notifications: opt bool = "notifications",
        is_active: opt bool = "is_active",
        mobile: opt bool = "mobile",
        profile_image: text = "profile_image",
        slack_user_id: text = "slack_user_id",
        is_sso_enabled: opt bool = "is_sso_enabled",
        last_changed_by: id UserId = "last_changed_by",
        user: opt i64 = "user",
        /// Who approves in their place.
        approval_delegatee: rec Box<User> = "approval_delegatee",
        expected_return_date: day = "expected_return_date",
        role: rec RoleSummary = "role",
        is_approval_delegatee: opt bool = "is_approval_delegatee",
        uuid: opt Uuid = "uuid",
        pending_invite: opt bool = "pending_invite",
        /// Only in the older document.
        department_name: text = "department_name",
        /// Only in the older document.
        branch_name: text = "branch_name",
    }
}

model! {
    /// A comment on a document.
    Comment {
        userprofile: opt User = "userprofile",
        id: opt i64 = "id",
        comment: text = "comment",
        submit_date: time = "submit_date",
    }
}

model! {
    /// Somebody who may approve, and up to what amount.
    Approver {
        id: opt i64 = "id",
        user: opt User = "user",
        amount_limit: dec = "amount_limit",
        item_variance_amount_limit: dec = "item_variance_amount_limit",
        item_variance_percentage_limit: dec = "item_variance_percentage_limit",
        approval_level: opt i64 = "approval_level",
        bill_amount_limit: dec = "bill_amount_limit",
    }
}

model! {
    /// One step of a document's history.
    LogEntry {
        id: opt i64 = "id",
        user: opt User = "user",
        next_approver: opt User = "next_approver",
        next_approvers: list i64 = "next_approvers",
        /// The same again, by its other name.
        next_approver_copy: opt User = "nextApprover",
        approval_delegation: opt Box<ApprovalDelegation> = "approval_delegation",
        date_time: time = "dateTime",
        action: opt LogAction = "action",
        line_qty_pass: dec = "line_qty_pass",
        line_qty_fail: dec = "line_qty_fail",
        order: id OrderNumber = "order",
        line_item: id OrderItemId = "lineItem",
        po: id PoNumber = "PO",
        inventory_item: opt i64 = "inventoryItem",
        stocking_parent: opt i64 = "stocking_parent",
    }
}

model! {
    /// Who approves in whose place, and who said so.
    ApprovalDelegation {
        approval_delegatee: opt User = "approval_delegatee",
        expected_return_date: day = "expected_return_date",
        delegator: opt User = "delegator",
        setter: opt User = "setter",
    }
}

model! {
    /// A file attached to a document: [`url`](Attachment::url) is where it can be fetched.
    Attachment {
        id: opt i64 = "id",
        uuid: opt Uuid = "uuid",
        file: text = "file",
        name: text = "name",
        user: id UserId = "user",
        description: text = "description",
        mimetype: text = "mimetype",
        length: opt i64 = "length",
        sha1_hash: text = "sha1_hash",
        created_at: time = "created_at",
        attachment: text = "attachment",
        upload_datetime: time = "upload_datetime",
        kind: opt OrderItemAttachmentType = "type",
        item: id OrderItemId = "item",
    }
}

impl Attachment {
    /// Where the file can be fetched, whichever field this kind of attachment has it in.
    ///
    /// These links are signed and expire: fetch soon, without the API's token.
    pub fn url(&self) -> Option<&str> {
        self.file.as_deref().or(self.attachment.as_deref()).filter(|url| !url.is_empty())
    }
}
