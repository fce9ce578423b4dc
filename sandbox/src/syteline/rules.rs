//! What the site demands of a record before it is inserted or changed.

use rust_decimal::Decimal;

use super::schema::{Ido, Kind, pad};
use super::site::{Site, decimal};
use super::store::Row;

/// A value brought into the database's form, or why it cannot be.
pub(super) fn value(ido: &Ido, name: &str, value: &str) -> Result<String, String> {
    let property = ido.property(name).ok_or_else(|| format!("Property {name} does not exist in IDO {}", ido.name))?;
    let value = value.trim_end();
    if property.length.is_some_and(|length| value.trim_start().chars().count() > length) {
        return Err(format!("The value of {name} is too long"));
    }
    match property.kind {
        Kind::Shown => Err(format!("Property {name} is read-only")),
        Kind::Code => Ok(pad(value, property.length.unwrap_or(0))),
        Kind::Number if value.trim().parse::<Decimal>().is_err() => Err(format!("{name} is not a valid number")),
        Kind::Flag if !matches!(value, "0" | "1") => Err(format!("{name} must be 0 or 1")),
        Kind::Date => super::cell::read_time(value)
            .map(super::cell::write_time)
            .ok_or_else(|| format!("{name} is not a valid date")),
        _ => Ok(value.to_owned()),
    }
}

/// Fills in what is not given.
pub(super) fn complete(site: &mut Site, ido: &str, row: &mut Row) {
    let mut default = |name: &str, value: String| {
        row.entry(name.to_owned()).or_insert(value);
    };
    match ido {
        "SLVendors" => {
            default("VendNum", pad(&site.next_vendor.to_string(), 7));
            default("Stat", "A".to_owned());
            site.next_vendor += 1;
        }
        "SLPos" => {
            default("PoNum", format!("P{:09}", site.next_order));
            default("Type", "R".to_owned());
            default("Stat", "P".to_owned());
            default("OrderDate", super::cell::write_time(site.now.date().and_time(chrono::NaiveTime::MIN)));
            site.next_order += 1;
        }
        "SLPoItems" => {
            let number = row.get("PoNum").cloned().unwrap_or_default();
            let last = site.lines(&number).into_iter().map(|line| decimal(line, "PoLine")).max().unwrap_or_default();
            row.entry("PoLine".to_owned()).or_insert_with(|| (last + Decimal::ONE).to_string());
            row.entry("PoRelease".to_owned()).or_insert_with(|| "0".to_owned());
            row.entry("Stat".to_owned()).or_insert_with(|| "P".to_owned());
        }
        "SLAptrxs" => {
            default("Voucher", site.next_voucher.to_string());
            default("Type", "V".to_owned());
            default("ApAcct", "20000".to_owned());
            site.next_voucher += 1;
        }
        "SLCustomers" => default("CustSeq", "0".to_owned()),
        _ => {}
    }
}

/// Whether the record may stand as it is.
pub(super) fn check(site: &Site, ido: &Ido, row: &Row) -> Result<(), String> {
    if let Some(missing) = ido.properties.iter().find(|property| property.required && !row.contains_key(property.name))
    {
        return Err(format!("{} is required", missing.name));
    }
    let text = |name: &str| row.get(name).map(String::as_str);
    let exists = |ido: &str, key: &str, value: Option<&str>| match value {
        Some(value) if site.store.get(ido, &[(key, value)]).is_none() => {
            Err(format!("{key} [{}] is not valid", value.trim()))
        }
        _ => Ok(()),
    };
    match ido.name {
        "SLPos" | "SLAptrxs" => {
            exists("SLVendors", "VendNum", text("VendNum"))?;
            let vendor = text("VendNum").and_then(|number| site.store.get("SLVendors", &[("VendNum", number)]));
            if vendor.and_then(|vendor| vendor.get("Stat")).is_some_and(|status| status != "A") {
                return Err("The vendor is not active".to_owned());
            }
            exists("SLTerms", "TermsCode", text("TermsCode"))?;
            exists("SLWhses", "Whse", text("Whse"))
        }
        "SLPoItems" => {
            exists("SLPos", "PoNum", text("PoNum"))?;
            if decimal(row, "QtyOrderedConv") < decimal(row, "QtyReceived") {
                return Err("QtyOrderedConv is less than QtyReceived".to_owned());
            }
            if decimal(row, "QtyOrderedConv") <= Decimal::ZERO {
                return Err("QtyOrderedConv must be greater than zero".to_owned());
            }
            if text("Item").is_some_and(|item| site.store.get("SLItems", &[("Item", item)]).is_none())
                && text("NonInvAcct").is_none()
            {
                return Err("NonInvAcct is required for a non-inventory item".to_owned());
            }
            exists("SLChartAccts", "Acct", text("NonInvAcct"))?;
            exists("SLUnitcd1s", "Unit1", text("NonInvAcctUnit1"))
        }
        "SLAptrxds" => {
            let (vendor, voucher) = (text("VendNum").unwrap_or_default(), text("Voucher").unwrap_or_default());
            if site.store.get("SLAptrxs", &[("VendNum", vendor), ("Voucher", voucher)]).is_none() {
                return Err(format!("Voucher [{voucher}] is not valid"));
            }
            exists("SLChartAccts", "Acct", text("Acct"))?;
            exists("SLUnitcd1s", "Unit1", text("AcctUnit1"))
        }
        _ => Ok(()),
    }
}
