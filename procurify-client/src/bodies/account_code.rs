//! Account codes.

use crate::{AccountCodeId, AccountType, DepartmentId};

body! {
    /// An account code to be created.
    AccountCodeCreate(code: text = "code", description: text = "description") {
        parent: null AccountCodeId = "parent",
        account_type: val AccountType = "account_type",
        departments: list DepartmentId = "departments",
    }
}

body! {
    /// An account code as it is to be.
    AccountCodeUpdate(code: text = "code", description: text = "description") {
        account_type: val AccountType = "account_type",
        parent: null AccountCodeId = "parent",
    }
}
