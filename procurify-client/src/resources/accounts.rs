//! Account codes (GL accounts), and accounts (account codes in departments).

use tenant_http::{Error, Method};

use crate::query::filters;
use crate::{
    Account, AccountCode, AccountCodeCreate, AccountCodeId, AccountCodeUpdate, AccountId, DepartmentId, List,
    LocationId, ProcurifyClient,
};

/// Account codes of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct AccountCodes<'a>(pub(crate) &'a ProcurifyClient);

impl AccountCodes<'_> {
    /// Account codes.
    pub fn list(&self) -> List<AccountCode> {
        List::new(self.0, "/api/v3/account-codes/")
    }

    /// Creates an account code.
    pub async fn create(&self, body: &AccountCodeCreate) -> Result<AccountCode, Error> {
        self.0.write(Method::POST, "/api/v3/account-codes/", body).await
    }

    /// Replaces an account code.
    pub async fn update(&self, id: AccountCodeId, body: &AccountCodeUpdate) -> Result<AccountCode, Error> {
        self.0.write(Method::PUT, &format!("/api/v3/account-codes/{id}/"), body).await
    }
}

filters! { AccountCode {
    active: bool = "active", "Active or not.";
    code: &str = "code", "With this code.";
    is_parent: bool = "is_parent", "With codes below it or not.";
    search: &str = "search", "Matching these words.";
} }

/// Accounts of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a>(pub(crate) &'a ProcurifyClient);

impl Accounts<'_> {
    /// Accounts with their budgets.
    pub fn list(&self) -> List<Account> {
        List::new(self.0, "/api/v3/accounts/")
    }
}

filters! { Account {
    account_codes: &[AccountCodeId] = "account_code", "Of one of these account codes.";
    active: bool = "active", "Active or not.";
    department: DepartmentId = "department", "Of this department.";
    departments: &[DepartmentId] = "departments", "Of one of these departments.";
    id: AccountId = "id", "This one account.";
    in_effect: bool = "in_effect", "In effect now or not.";
    locations: &[LocationId] = "locations", "Of one of these locations.";
    search: &str = "search", "Matching these words.";
    with_expired_budgets: bool = "with_expired_budgets", "With expired budgets too.";
} }
