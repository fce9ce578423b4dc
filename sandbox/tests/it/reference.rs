//! Procurify's reference data and bills.

use hyper::StatusCode;
use rust_decimal::Decimal;
use serde_json::json;

use crate::client::{Caller, JSON, send};

#[tokio::test]
async fn vendors_are_listed_by_group_and_got_by_id() {
    let caller = Caller::small().await;
    let vendors = caller.rows("/api/v3/vendors/").await;
    assert_eq!(vendors.len(), 60);
    assert_eq!(caller.rows("/api/v3/vendors/all/").await.len(), 60);
    let preferred = caller.rows("/api/v3/vendors/preferred/").await;
    let expected = vendors.iter().filter(|vendor| vendor["type"] == 3).count();
    assert_eq!(preferred.len(), expected);
    assert_eq!(caller.get("/api/v3/vendors/nonsense/").await.status, StatusCode::NOT_FOUND);

    let one = caller.get("/api/v3/vendors/101/").await.json();
    assert_eq!(one["data"]["name"], vendors[0]["name"]);
    let external = vendors[0]["external_id"].as_str().unwrap();
    assert_eq!(caller.rows(&format!("/api/v3/vendors/?external_id={external}")).await.len(), 1);
    let backwards = caller.rows("/api/v3/vendors/?order_by=-id").await;
    assert_eq!(backwards[0]["id"], 160);
}

#[tokio::test]
async fn budget_accounts_join_departments_and_account_codes() {
    let caller = Caller::small().await;
    let departments = caller.rows("/api/v3/departments/").await;
    let codes = caller.rows("/api/v3/account-codes/").await;
    let accounts = caller.rows("/api/v3/accounts/?page_size=500").await;
    assert_eq!(accounts.len(), departments.len() * codes.len());
    let one = &accounts[codes.len() + 2];
    assert_eq!(one["department"]["id"], departments[1]["id"]);
    assert_eq!(one["account_code"]["id"], codes[2]["id"]);
}

#[tokio::test]
async fn locations_currencies_and_the_user_are_there() {
    let caller = Caller::small().await;
    assert_eq!(caller.rows("/api/v2/locations/").await.len(), 3);
    assert_eq!(caller.get("/api/v2/locations/1/").await.json()["data"]["headquarter"], true);
    assert_eq!(caller.rows("/api/v2/currencies/?base=true").await[0]["name"], "CAD");
    assert!(caller.get("/api/v3/users/me/").await.json()["data"]["email"].is_string());
    assert_eq!(caller.get("/api/v3/nothing/").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn bills_are_got_by_uuid_with_and_without_dashes() {
    let caller = Caller::small().await;
    let bills = caller.rows("/api/v3/ap/bills/").await;
    assert_eq!(bills.len(), 7);
    let uuid = bills[0]["uuid"].as_str().unwrap();
    let detail = caller.get(&format!("/api/v2/ap/bills/{uuid}/")).await.json();
    let undashed = caller.get(&format!("/api/v2/ap/bills/{}/", uuid.replace('-', ""))).await.json();
    assert_eq!(detail, undashed);
    let number = |name: &str| detail["data"][name].to_string().parse::<Decimal>().unwrap();
    assert_eq!(number("total_cost") + number("tax_amount"), number("total_cost_with_tax"));
    let later = "/api/v3/ap/bills/?last_modified_datetime_0=2030-01-01T00:00:00Z";
    assert!(caller.rows(later).await.is_empty());
}

#[tokio::test]
async fn bills_are_created_changed_and_withdrawn_by_a_bump_and_add_up_afterwards() {
    let caller = Caller::small().await;
    let body = json!({ "bills": { "create": 2, "change": 1, "cancel": 1 } }).to_string();
    let answer = send("POST", &caller.url("/_sandbox/bump"), &[JSON], body).await.json();
    let bumped = &answer["bills"];
    assert_eq!((bumped["created"].as_array().unwrap().len(), answer["created"].as_array().unwrap().len()), (2, 0));
    let bills = caller.rows("/api/v3/ap/bills/").await;
    assert_eq!(bills.len(), 9);
    let bill = |id: &serde_json::Value| bills.iter().find(|bill| bill["id"] == *id).unwrap();
    assert_eq!(bill(&bumped["cancelled"][0])["status"], 5);
    let changed = bill(&bumped["changed"][0]);
    assert_eq!(changed["version"], 2);
    for bill in &bills {
        let detail = caller.get(&format!("/api/v2/ap/bills/{}/", bill["uuid"].as_str().unwrap())).await.json();
        let number = |name: &str| detail["data"][name].to_string().parse::<Decimal>().unwrap();
        assert_eq!(number("total_cost") + number("tax_amount"), number("total_cost_with_tax"), "{bill}");
    }
}
