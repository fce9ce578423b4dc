//! Users.

use crate::{DepartmentId, LocationId, PermissionGroupId, UserId};

body! {
    /// A department that a user may act in.
    DepartmentAccess(id: val DepartmentId = "id") {}
}

body! {
    /// A location that a user may act in.
    LocationAccess(id: val LocationId = "id") {
        all_departments: val bool = "all_departments",
        departments: list DepartmentAccess = "departments",
    }
}

body! {
    /// A user to be invited.
    UserInvite(email: text = "email") {
        send_invitation_email: val bool = "send_invitation_email",
        first_name: text = "first_name",
        last_name: text = "last_name",
        phone: text = "phone",
        position: text = "position",
        role: val PermissionGroupId = "role_id",
        all_locations: val bool = "all_locations",
        locations: list LocationAccess = "locations",
        home_department: val DepartmentId = "home_department",
        home_location: val LocationId = "home_location",
    }
}

body! {
    /// A user as they are to be.
    UserUpdate(
        email: text = "email",
        first_name: text = "firstName",
        last_name: text = "lastName",
        location: val Option<LocationId> = "location",
        department: val Option<DepartmentId> = "department",
    ) {
        id: val UserId = "id",
        /// The login behind the profile.
        user: val i64 = "user",
        position: text = "position",
        phone: text = "phone",
        profile_image: null String = "profile_image",
        is_sso_enabled: val bool = "is_sso_enabled",
        mark_for_skip: val bool = "mark_for_skip",
        mark_for_delete: val bool = "mark_for_delete",
    }
}
