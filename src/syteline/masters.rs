//! SyteLine's masters, as far as records of Procurify are matched to them.

use cloudsuite_client::syteline::{Account, SyteLine, UnitCodeName, Vendor};
use tenant_http::Error;

use crate::product::Masters;
use crate::reference::Master;

/// Reads vendors, the chart of accounts, and the unit codes that hold cost centres.
pub(super) async fn read(syteline: &SyteLine, cost_center_unit: Option<u8>) -> Result<Masters, Error> {
    let vendors = syteline.vendors().list().read_only().all().await?;
    let accounts = syteline.accounts().list().all().await?;
    let cost_centers = match cost_center_unit {
        Some(number) => syteline.unit_codes().list(number).all().await?,
        None => Vec::new(),
    };
    Ok(Masters {
        suppliers: vendors.into_iter().map(vendor).collect(),
        accounts: accounts.into_iter().map(account).collect(),
        cost_centers: cost_centers.into_iter().map(unit_code).collect(),
    })
}

fn vendor(vendor: Vendor) -> Master {
    let blocked = match vendor.is_active() {
        Some(false) => {
            Some(format!("its status in SyteLine is {}, not A", vendor.status.as_deref().unwrap_or("blank")))
        }
        Some(true) | None => None,
    };
    Master { id: vendor.number.to_string(), name: vendor.name.unwrap_or_default(), blocked }
}

fn account(account: Account) -> Master {
    Master { id: account.number.to_string(), name: account.description.unwrap_or_default(), blocked: None }
}

fn unit_code(code: UnitCodeName) -> Master {
    Master { id: code.code.to_string(), name: code.description.unwrap_or_default(), blocked: None }
}
