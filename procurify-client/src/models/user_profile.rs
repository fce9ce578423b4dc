//! Users as their own lists show them, and the user that the client acts as.

use crate::{Department, LocationSummary, User, UserId, UserRole, Uuid};

model! {
    /// A user with role and place.
    UserProfile {
        id: key UserId = "id",
        first_name: text = "firstName",
        last_name: text = "lastName",
        user: opt i64 = "user",
        email: text = "email",
        department: opt Department = "department",
        location: opt LocationSummary = "location",
        profile_image: text = "profile_image",
        is_active: opt bool = "is_active",
        phone: text = "phone",
        position: text = "position",
        role: opt RoleSummary = "role",
        approval_delegatee: opt User = "approval_delegatee",
        pending_approvals_count: opt PendingApprovals = "pending_approvals_count",
        expected_return_date: day = "expected_return_date",
    }
}

model! {
    /// A role by its name.
    RoleSummary {
        id: opt i64 = "id",
        name: text = "name",
        kind: opt i64 = "type",
    }
}

model! {
    /// How much waits for a user's approval.
    PendingApprovals {
        order: opt i64 = "order",
        expense: opt i64 = "expense",
        travel: opt i64 = "travel",
        bill: opt i64 = "bill",
        payment: opt i64 = "payment",
    }
}

model! {
    /// The user that the credentials act as.
    Me {
        id: id UserId = "id",
        domains: opt Domains = "domains",
        headquarter_logo: text = "headquarter_logo",
        systemaccess_cache: opt serde_json::Value = "systemaccess_cache",
        approval_delegatee: opt User = "approval_delegatee",
        is_approval_delegatee: opt bool = "is_approval_delegatee",
        department: opt MyDepartment = "department",
        created_at: time = "created_at",
        updated_at: time = "updated_at",
        uuid: opt Uuid = "uuid",
        first_name: text = "firstName",
        last_name: text = "lastName",
        email: text = "email",
        position: text = "position",
        phone: text = "phone",
        address: text = "address",
        notifications: opt bool = "notifications",
        is_active: opt bool = "is_active",
        pending_invite: opt bool = "pending_invite",
        role: opt UserRole = "role",
        mobile: opt bool = "mobile",
        profile_image: text = "profile_image",
        slack_user_id: text = "slack_user_id",
        is_sso_enabled: opt bool = "is_sso_enabled",
        last_changed_by: id UserId = "last_changed_by",
        user: opt i64 = "user",
    }
}

model! {
    /// The department of the logged-in user, with all of its location.
    MyDepartment {
        id: opt crate::DepartmentId = "id",
        branch: opt Box<crate::Location> = "branch",
        external_id: text = "external_id",
        name: text = "name",
        active: opt bool = "active",
        punchout_email: text = "punchout_email",
        is_active_for_account_code: opt bool = "is_active_for_account_code",
    }
}

model! {
    /// The tenants that a user may switch between.
    Domains {
        active: opt bool = "active",
        procurify_domains: list Domain = "procurify_domains",
    }
}

model! {
    /// One tenant.
    Domain {
        subdomain: text = "subdomain",
        name: text = "name",
    }
}
