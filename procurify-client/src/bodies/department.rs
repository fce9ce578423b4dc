//! Departments.

use crate::LocationId;

body! {
    /// A department to be created, or as it is to be.
    DepartmentUpsert(branch: val LocationId = "branch", name: text = "name") {
        external_id: null String = "external_id",
        active: val bool = "active",
        punchout_email: null String = "punchout_email",
    }
}
