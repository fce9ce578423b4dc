//! Permissions and the roles that give them.

use crate::{PermissionGroupId, PermissionId};

model! {
    /// A permission.
    Permission {
        id: key PermissionId = "id",
        codename: text = "codename",
        /// `Basic` or `Pro`.
        tier: text = "tier",
    }
}

model! {
    /// A role: a group of permissions.
    PermissionGroup {
        id: key PermissionGroupId = "id",
        name: text = "name",
        user_count: opt i64 = "user_count",
        permissions: list Permission = "permissions",
        kind: opt i64 = "type",
        tier: text = "tier",
    }
}
