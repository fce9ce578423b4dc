//! Procurify's reference data, as it is to be recognised in the ERP.

use futures_util::TryStreamExt;
use procurify_client::{AccountCode, Department, Error, ProcurifyClient, Vendor};

use super::Subject;

/// Vendors, account codes and departments of one tenant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subjects {
    pub vendors: Vec<Subject>,
    pub account_codes: Vec<Subject>,
    pub departments: Vec<Subject>,
}

impl Subjects {
    pub async fn read(procurify: &ProcurifyClient, page_size: u64) -> Result<Self, Error> {
        let vendors = procurify.vendors().list().page_size(page_size).stream();
        let account_codes = procurify.account_codes().list().page_size(page_size).stream();
        let departments = procurify.departments().list().page_size(page_size).stream();
        Ok(Self {
            vendors: vendors.map_ok(vendor).try_collect().await?,
            account_codes: account_codes.try_filter_map(|code| async { Ok(account_code(code)) }).try_collect().await?,
            departments: departments.map_ok(department).try_collect().await?,
        })
    }
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
