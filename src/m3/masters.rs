//! M3's masters, as far as records of Procurify are matched to them.

use std::collections::HashMap;

use cloudsuite_client::m3::{
    Dimension, GlAccount, ItemNumber, M3, MiErrorType, OrderNumber, Supplier, SupplierNumber, Transaction,
    TransactionError,
};
use tenant_http::ErrorKind;

use crate::product::{KnownOrder, Masters};
use crate::reference::{Master, Validity};

/// Reads all of them.
pub(super) async fn read(m3: &M3, cost_center: Option<Dimension>) -> Result<Masters, TransactionError> {
    let suppliers = m3.suppliers().list().all().await?.into_iter().map(supplier).collect();
    let accounts = identities(m3, Dimension::ACCOUNT).await?;
    let cost_centers = match cost_center {
        Some(dimension) => identities(m3, dimension).await?,
        None => Vec::new(),
    };
    Ok(Masters { suppliers, accounts, cost_centers })
}

/// The currencies of these suppliers, one answer for each.
pub(super) async fn currencies(m3: &M3, numbers: &[String]) -> Result<Vec<Option<String>>, TransactionError> {
    let known: Vec<SupplierNumber> = numbers.iter().filter_map(|number| SupplierNumber::new(number).ok()).collect();
    let mut by_number = HashMap::new();
    for supplier in m3.suppliers().get(&known).await {
        by_number.extend(supplier?.and_then(|supplier| Some((supplier.number.to_string(), supplier.currency?))));
    }
    Ok(numbers.iter().map(|number| by_number.get(number).cloned()).collect())
}

/// Those of these currencies that CRS055 has; none where the user may not ask for them.
pub(super) async fn known_currencies(m3: &M3, codes: &[String]) -> Result<Option<Vec<String>>, TransactionError> {
    let ask = |code: &String| Transaction::new("GetBasicData").field("CUCD", code);
    let fit: Vec<&String> = codes.iter().filter(|code| code.chars().count() <= 3).collect();
    if fit.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let answers = m3.bulk("CRS055MI").extend(fit.iter().map(|code| ask(code))).carry_on().send().await;
    let mut known = Vec::new();
    for (code, answer) in fit.into_iter().zip(answers) {
        match answer {
            Ok(_) => known.push(code.clone()),
            Err(error) if error.fault().is_some_and(|fault| fault.says_absent("CUCD")) => {}
            Err(error) if is_closed(&error) => {
                tracing::info!(%error, "currencies cannot be checked in this tenant");
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Some(known))
}

/// Whether PPS095 has this order type; none where the user may not ask for it.
pub(super) async fn has_order_type(m3: &M3, code: &str) -> Result<Option<bool>, TransactionError> {
    match m3.execute("PPS095MI", "LstOrderType").field("ORTY", code).send().await {
        Ok(rows) => Ok(Some(rows.iter().any(|row| row.text("ORTY") == Some(code.trim())))),
        Err(error) if error.fault().is_some_and(|fault| fault.says_absent("ORTY")) => Ok(Some(false)),
        Err(error) if is_closed(&error) => {
            tracing::info!(%error, "the order type cannot be checked in this tenant");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether the user may not use the transaction, or the tenant does not have it.
fn is_closed(error: &TransactionError) -> bool {
    let is_absent = || error.fault().is_some_and(|fault| fault.error_type == MiErrorType::TransactionNotFound);
    matches!(error.kind(), ErrorKind::Permission) || is_absent()
}

/// Warehouses as `FACILITY/WAREHOUSE`.
pub(super) async fn warehouses(m3: &M3) -> Result<Vec<Master>, TransactionError> {
    let warehouses = m3.warehouses().all().await?.into_iter();
    Ok(warehouses
        .filter_map(|warehouse| {
            let id = format!("{}/{}", warehouse.facility?, warehouse.code);
            Some(Master { id, name: warehouse.name.unwrap_or_default(), ..Master::default() })
        })
        .collect())
}

/// Those of these items that there are. What cannot be an item's number is none.
pub(super) async fn items(m3: &M3, numbers: &[String]) -> Result<Vec<Master>, TransactionError> {
    let numbers: Vec<ItemNumber> = numbers.iter().filter_map(|number| ItemNumber::new(number).ok()).collect();
    let mut found = Vec::new();
    for item in m3.items().get(&numbers).await {
        found.extend(item?.map(|item| {
            let status = item.status.as_deref().filter(|status| *status != "20");
            let blocked = status.map(|status| format!("its status in MMS001 is {status}, not 20"));
            Master { id: item.number.to_string(), name: item.name.unwrap_or_default(), blocked, ..Master::default() }
        }));
    }
    Ok(found)
}

/// Those of these orders that there are. What cannot be an order's number is none.
pub(super) async fn orders(m3: &M3, numbers: &[String]) -> Result<Vec<KnownOrder>, TransactionError> {
    let numbers: Vec<OrderNumber> = numbers.iter().filter_map(|number| OrderNumber::new(number).ok()).collect();
    let mut found = Vec::new();
    for head in m3.purchase_orders().get_heads(&numbers).await {
        found.extend(head?.map(|head| KnownOrder {
            number: head.number.to_string(),
            supplier: head.supplier.map(|supplier| supplier.to_string()),
        }));
    }
    Ok(found)
}

pub(super) async fn identities(m3: &M3, dimension: Dimension) -> Result<Vec<Master>, TransactionError> {
    let mut accounts = m3.gl_accounts().list(dimension).all().await?;
    // A division's own identity overrides the company's of the same name: the last one counts.
    accounts.sort_by_key(|account| account.division.is_some());
    Ok(accounts.into_iter().map(identity).collect())
}

fn supplier(supplier: Supplier) -> Master {
    let blocked = match supplier.is_active() {
        Some(false) => {
            Some(format!("its status in CRS620 is {}, not 20", supplier.status.as_deref().unwrap_or("blank")))
        }
        Some(true) | None => None,
    };
    Master { id: supplier.number.to_string(), name: supplier.name.unwrap_or_default(), blocked, ..Master::default() }
}

fn identity(account: GlAccount) -> Master {
    Master {
        id: account.id.to_string(),
        name: account.description.or(account.name).unwrap_or_default(),
        blocked: account.blocked.then(|| "it is blocked in CRS630".to_owned()),
        valid: Validity { from: account.valid_from, to: account.valid_to },
    }
}
