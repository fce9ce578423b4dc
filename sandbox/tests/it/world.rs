//! The two tenants match, but for what the scenario says is missing.

use std::collections::BTreeSet;

use sandbox::{M3, M3Config, ProcurifyConfig, Scenario};
use serde_json::Value;

use crate::client::{Caller, Clerk, send, small};

fn texts(rows: &[Value], field: &str) -> BTreeSet<String> {
    rows.iter().filter_map(|row| row[field].as_str()).map(|text| text.trim().to_owned()).collect()
}

#[tokio::test]
async fn every_vendor_account_and_department_has_its_match_but_the_missing_ones() {
    let scenario = Scenario { missing: 2, ..small() };
    let caller = Caller::new(ProcurifyConfig { scenario: scenario.clone(), ..ProcurifyConfig::default() }).await;
    let clerk = Clerk::new(M3Config { scenario: scenario.clone(), ..M3Config::default() }).await;
    let rows = async |call: &str| clerk.one(call).await["records"].as_array().unwrap().clone();

    let suppliers = rows("CRS620MI/LstSuppliers?maxrecs=0").await;
    let numbers = texts(&suppliers, "SUNO");
    let plain = |name: &str| {
        let name = name.to_lowercase().replace('.', "");
        let forms = ["ltd", "limited", "inc", "corp", "corporation", "llc", "& co"];
        name.split(' ').filter(|word| !forms.contains(word)).collect::<Vec<_>>().join(" ")
    };
    let names: BTreeSet<String> = texts(&suppliers, "SUNM").iter().map(|name| plain(name)).collect();
    let vendors = caller.rows("/api/v3/vendors/").await;
    let unmatched: Vec<&Value> = vendors
        .iter()
        .filter(|vendor| match vendor["external_id"].as_str() {
            Some(number) => !numbers.contains(number),
            None => !names.contains(&plain(vendor["name"].as_str().unwrap())),
        })
        .collect();
    assert_eq!(unmatched.len(), 2, "{unmatched:?}");
    assert!(vendors.iter().any(|vendor| vendor["external_id"].is_null()));

    let accounts = texts(&rows("CRS630MI/LstAccountID?AITP=1&maxrecs=0").await, "AITM");
    let codes = texts(&caller.rows("/api/v3/account-codes/").await, "code");
    assert_eq!(codes.difference(&accounts).count(), 2);

    let centres = rows("CRS630MI/LstAccountID?AITP=2&maxrecs=0").await;
    for department in caller.rows("/api/v3/departments/").await {
        let found = match department["external_id"].as_str() {
            Some(code) => texts(&centres, "AITM").contains(code),
            None => texts(&centres, "TX40").contains(department["name"].as_str().unwrap()),
        };
        assert!(found, "{department}");
    }
}

#[tokio::test]
async fn what_is_missing_can_be_added_while_it_runs() {
    let scenario = small();
    let clerk = Clerk::new(M3Config { scenario: scenario.clone(), ..M3Config::default() }).await;
    let missing = &scenario.missing_suppliers()[0];
    let call = format!("CRS620MI/GetBasicData?SUNO={}", missing.number);
    assert_eq!(clerk.one(&call).await["errorCode"], "WSU0103");
    let url = format!("{}/_sandbox", clerk.tenant.base_url());
    let body = serde_json::json!({ "name": missing.name }).to_string();
    assert_eq!(send("POST", &format!("{url}/suppliers"), &[], body).await.status, 201);
    assert_eq!(clerk.one(&call).await["records"][0]["STAT"], "20");

    let account = &scenario.missing_accounts()[0];
    assert_eq!(send("POST", &format!("{url}/accounts"), &[], "").await.status, 201);
    let call = format!("CRS630MI/GetAccountID?AITP=1&AITM={}", account.code);
    assert_eq!(clerk.one(&call).await["records"][0]["LCCD"], "0");
    for body in ["[1]", "{\"name\": 1", "{\"currency\": \"CAD\"}"] {
        assert_eq!(send("POST", &format!("{url}/suppliers"), &[], body).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn a_seed_means_the_same_orders_over_http() {
    let list = async |seed| {
        let scenario = Scenario { seed, ..small() };
        let caller = Caller::new(ProcurifyConfig { scenario, ..ProcurifyConfig::default() }).await;
        caller.rows("/api/v2/purchase_orders/purchased/all/?page_size=500").await
    };
    assert_eq!(list(3).await, list(3).await);
    assert_ne!(list(3).await, list(4).await);
}

#[tokio::test]
async fn only_loopback_addresses_are_served() {
    for (address, complaint) in [("0.0.0.0:0", "loopback"), ("example.com", "is not an address")] {
        let config = M3Config { addr: address.to_owned(), ..M3Config::default() };
        let error = M3::start(config).await.unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
    }
}

#[tokio::test]
async fn a_dropped_tenant_stops_listening() {
    let clerk = Clerk::small().await;
    let address = clerk.tenant.base_url().replace("http://", "");
    drop(clerk);
    // The listener is closed by its task as soon as that runs.
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
