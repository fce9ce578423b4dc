//! Users, permissions and roles.

use tenant_http::{Error, Method};

use crate::query::filters;
use crate::{
    List, Permission, PermissionGroup, PermissionGroupId, ProcurifyClient, UserId, UserInvite, UserProfile, UserUpdate,
};

/// Users of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Users<'a>(pub(crate) &'a ProcurifyClient);

impl Users<'_> {
    /// Users.
    pub fn list(&self) -> List<UserProfile> {
        List::new(self.0, "/api/v3/users/")
    }

    /// Invites users.
    pub async fn create(&self, bodies: &[UserInvite]) -> Result<Vec<UserProfile>, Error> {
        self.0.write(Method::POST, "/api/v3/users/", bodies).await
    }

    /// Replaces a user.
    pub async fn update(&self, id: UserId, body: &UserUpdate) -> Result<UserProfile, Error> {
        self.0.write(Method::PUT, &format!("/api/v3/users/{id}/"), body).await
    }

    /// Deactivates a user.
    pub async fn deactivate(&self, id: UserId) -> Result<(), Error> {
        self.0.request(Method::DELETE, &format!("/api/v3/users/{id}/")).send().await?;
        Ok(())
    }
}

filters! { UserProfile {
    is_active: bool = "is_active", "Active or not.";
    location: &str = "location", "Of this location.";
    pending_invite: bool = "pending_invite", "With an invitation that is not yet taken, or without.";
    permission: &str = "permission", "With this permission.";
    role: PermissionGroupId = "role", "In this role.";
    search: &str = "search", "Matching these words.";
} }

/// Permissions and roles. They can only be read.
#[derive(Debug, Clone, Copy)]
pub struct Permissions<'a>(pub(crate) &'a ProcurifyClient);

impl Permissions<'_> {
    /// Permissions that users may have.
    pub fn list(&self) -> List<Permission> {
        List::new(self.0, "/api/v3/permissions/")
    }

    /// Roles with their permissions.
    pub fn groups(&self) -> List<PermissionGroup> {
        List::new(self.0, "/api/v3/permissions/groups/")
    }
}

filters! { Permission {
    search: &str = "search", "Matching these words.";
} }

filters! { PermissionGroup {
    permission: &str = "permission", "With this permission.";
    search: &str = "search", "Matching these words.";
    kind: i64 = "type", "Of this type.";
    user: i64 = "user", "Of this login.";
    user_profile: UserId = "userprofile", "Of this user.";
} }
