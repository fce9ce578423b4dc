//! Procurify's reference data, as it is to be recognised in the ERP.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt;
use procurify_client::{AccountCode, AccountType, CurrencyId, Department, Error, ProcurifyClient, Vendor, VendorType};

use super::Subject;

/// Vendors, account codes and departments of one tenant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subjects {
    pub vendors: Vec<Subject>,
    pub account_codes: Vec<Subject>,
    pub departments: Vec<Subject>,
    /// Vendors that the ERP is not to have: those no longer active, employees, card providers, names outside the list.
    pub unsuitable: HashSet<String>,
    /// Account codes that are of another type than expenses, and that type in words; of an unknown one none.
    pub other_accounts: HashMap<String, Option<&'static str>>,
    /// Currencies that are in use.
    pub currency_codes: Vec<String>,
    /// The currencies of vendors, by the vendor's id.
    pub currencies: HashMap<String, CurrencyId>,
}

impl Subjects {
    pub async fn read(procurify: &ProcurifyClient, page_size: u64) -> Result<Self, Error> {
        let read = procurify.vendors().list().page_size(page_size).all().await?;
        let used = procurify.currencies().list().active(true).page_size(page_size).all().await?;
        let unsuitable = read.iter().filter(|vendor| is_unsuitable(vendor));
        let unsuitable = unsuitable.map(|vendor| vendor.id.to_string()).collect();
        let currencies = read.iter().filter_map(|vendor| Some((vendor.id.to_string(), vendor.currency?))).collect();
        let account_codes = procurify.account_codes().list().page_size(page_size).all().await?;
        let other = account_codes.iter().filter(|one| one.account_type != Some(AccountType::Expense));
        let other_accounts = other
            .filter_map(|one| Some((one.code.clone()?.to_string(), one.account_type.and_then(in_words))))
            .collect();
        let departments = procurify.departments().list().page_size(page_size).stream();
        Ok(Self {
            vendors: read.into_iter().map(vendor).collect(),
            unsuitable,
            currency_codes: used.into_iter().filter_map(|currency| currency.name.map(Into::into)).collect(),
            currencies,
            account_codes: account_codes.into_iter().filter_map(account_code).collect(),
            other_accounts,
            departments: departments.map_ok(department).try_collect().await?,
        })
    }
}

fn in_words(kind: AccountType) -> Option<&'static str> {
    Some(match kind {
        AccountType::Assets => "assets",
        AccountType::Liability => "liability",
        AccountType::Expense => "expense",
        AccountType::Income => "income",
        AccountType::Equity => "equity",
        _ => return None,
    })
}

fn is_unsuitable(vendor: &Vendor) -> bool {
    let usual = |kind: &VendorType| matches!(kind, VendorType::Preferred | VendorType::Regular);
    vendor.active == Some(false) || vendor.kind.as_ref().is_some_and(|kind| !usual(kind))
}

fn vendor(vendor: Vendor) -> Subject {
    Subject {
        source: vendor.id.to_string(),
        label: vendor.name.unwrap_or_default().into(),
        external_id: vendor.external_id.filter(|id| !id.trim().is_empty()).map(Into::into),
        code: None,
    }
}

/// Lines of orders name an account by its code, so the code is its id.
fn account_code(account: AccountCode) -> Option<Subject> {
    let code = account.code.filter(|code| !code.trim().is_empty())?;
    Some(Subject {
        source: code.to_string(),
        label: account.description.unwrap_or_default().into(),
        external_id: None,
        code: Some(code.into()),
    })
}

fn department(department: Department) -> Subject {
    Subject {
        source: department.id.to_string(),
        label: department.name.unwrap_or_default().into(),
        external_id: department.external_id.filter(|id| !id.trim().is_empty()).map(Into::into),
        code: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_erp_is_not_to_have_vendors_that_are_no_longer_active_or_are_none() {
        for (active, kind, unsuitable) in [
            (json!(true), json!(3), false),
            (json!(null), json!(3), false),
            (json!(false), json!(3), true),
            (json!(true), json!(1), true),
        ] {
            let vendor = json!({ "id": 1, "name": "Bolt", "active": active, "type": kind });
            assert_eq!(is_unsuitable(&serde_json::from_value(vendor.clone()).unwrap()), unsuitable, "{vendor}");
        }
    }
}
