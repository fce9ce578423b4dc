//! Departments and locations.

use tenant_http::{Error, Method};

use crate::query::filters;
use crate::{
    AccountCodeId, Department, DepartmentId, DepartmentUpsert, List, Location, LocationId, LocationUpsert,
    ProcurifyClient, Requestable, UserId,
};

/// Departments of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Departments<'a>(pub(crate) &'a ProcurifyClient);

impl Departments<'_> {
    /// Departments.
    pub fn list(&self) -> List<Department> {
        List::new(self.0, "/api/v3/departments/")
    }

    /// Creates a department.
    pub async fn create(&self, body: &DepartmentUpsert) -> Result<Department, Error> {
        self.0.write(Method::POST, "/api/v3/departments/", body).await
    }

    /// Replaces a department.
    pub async fn update(&self, id: DepartmentId, body: &DepartmentUpsert) -> Result<Department, Error> {
        self.0.write(Method::PUT, &format!("/api/v3/departments/{id}/"), body).await
    }
}

filters! { Department {
    branch: LocationId = "branch", "Of this location.";
    include_is_active_for_account_code: AccountCodeId = "include_is_active_for_account_code", "Says of each whether it has an active account of this code.";
    location_perm_override: bool = "location_perm_override", "Together with permission and user only.";
    permission: i64 = "permission", "Where the user has this permission, by its number.";
    requestable: Requestable = "requestable", "That may request this.";
    search: &str = "search", "Matching these words.";
    user: UserId = "user", "Of this user.";
} }

impl List<Department> {
    /// Of one of these locations.
    ///
    /// Sets the parameter `locations`, once for each.
    pub fn locations(mut self, locations: &[LocationId]) -> Self {
        for location in locations {
            self = self.repeated("locations", location.to_string());
        }
        self
    }
}

/// Locations of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Locations<'a>(pub(crate) &'a ProcurifyClient);

impl Locations<'_> {
    /// Locations.
    pub fn list(&self) -> List<Location> {
        List::new(self.0, "/api/v2/locations/")
    }

    /// Creates a location. Only a superuser may.
    pub async fn create(&self, body: &LocationUpsert) -> Result<Location, Error> {
        self.0.write(Method::POST, "/api/v2/locations/", body).await
    }

    /// One location.
    pub async fn get(&self, id: LocationId) -> Result<Location, Error> {
        self.0.single(&format!("/api/v2/locations/{id}/")).await
    }
}

filters! { Location {
    active: bool = "active", "Active or not.";
    headquarter: bool = "headquarter", "The headquarters or the others.";
    search: &str = "search", "Matching these words.";
} }
