//! SyteLine's masters, as far as records of Procurify are matched to them.

use std::collections::HashMap;

use cloudsuite_client::syteline::{Account, IdoRow, Item, ItemCode, SyteLine, UnitCodeName, Vendor, VendorNumber};
use tenant_http::Error;

use crate::product::Masters;
use crate::reference::Master;

/// Reads vendors, the chart of accounts, and the unit codes that hold cost centres.
pub(super) async fn read(syteline: &SyteLine, cost_center_unit: Option<u8>) -> Result<Masters, Error> {
    let vendors = syteline.vendors().list().read_only().all().await?;
    let accounts = syteline.accounts().list().read_only().all().await?;
    let cost_centers = match cost_center_unit {
        Some(number) => unit_codes(syteline, number).await?,
        None => Vec::new(),
    };
    Ok(Masters {
        suppliers: vendors.into_iter().map(vendor).collect(),
        accounts: accounts.into_iter().map(account).collect(),
        cost_centers,
    })
}

/// The currencies of these vendors, one answer for each.
pub(super) async fn currencies(syteline: &SyteLine, numbers: &[String]) -> Result<Vec<Option<String>>, Error> {
    let known: Vec<VendorNumber> = numbers.iter().filter_map(|number| VendorNumber::new(number).ok()).collect();
    let found = syteline.vendors().get(&known).await?.into_iter().flatten();
    let by_number: HashMap<String, String> =
        found.filter_map(|vendor| Some((vendor.number.to_string(), vendor.currency?))).collect();
    Ok(numbers.iter().map(|number| by_number.get(number).cloned()).collect())
}

/// The values of a unit code, 1 to 4.
pub(super) async fn unit_codes(syteline: &SyteLine, number: u8) -> Result<Vec<Master>, Error> {
    Ok(syteline.unit_codes().list(number).read_only().all().await?.into_iter().map(unit_code).collect())
}

/// The warehouses of the site.
pub(super) async fn warehouses(syteline: &SyteLine) -> Result<Vec<Master>, Error> {
    let rows = syteline.load("SLWhses").properties(&["Whse", "Name"]).order_by("Whse").unique_order().all().await?;
    let text = |row: &IdoRow, name: &str| row.owned(name).unwrap_or_default();
    Ok(rows.iter().map(|row| Master { id: text(row, "Whse"), name: text(row, "Name"), ..Master::default() }).collect())
}

/// Those of these items that there are. What cannot be an item's code is none.
pub(super) async fn items(syteline: &SyteLine, codes: &[String]) -> Result<Vec<Master>, Error> {
    let codes: Vec<ItemCode> = codes.iter().filter_map(|code| ItemCode::new(code).ok()).collect();
    let found = syteline.items().get(&codes).await?;
    let item = |item: Item| {
        let status = item.status.filter(|status| status != "A");
        let blocked = status.map(|status| format!("its status in SyteLine is {status}, not A"));
        Master { id: item.code.to_string(), name: item.description.unwrap_or_default(), blocked, ..Master::default() }
    };
    Ok(found.into_iter().flatten().map(item).collect())
}

fn vendor(vendor: Vendor) -> Master {
    let blocked = match vendor.is_active() {
        Some(false) => {
            Some(format!("its status in SyteLine is {}, not A", vendor.status.as_deref().unwrap_or("blank")))
        }
        Some(true) | None => None,
    };
    Master { id: vendor.number.to_string(), name: vendor.name.unwrap_or_default(), blocked, ..Master::default() }
}

fn account(account: Account) -> Master {
    Master { id: account.number.to_string(), name: account.description.unwrap_or_default(), ..Master::default() }
}

fn unit_code(code: UnitCodeName) -> Master {
    Master { id: code.code.to_string(), name: code.description.unwrap_or_default(), ..Master::default() }
}
