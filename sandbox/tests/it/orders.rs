//! Procurify's purchase orders and order items: strictness, pages, filters, changes.

use hyper::StatusCode;
use rust_decimal::Decimal;
use sandbox::{Bump, ProcurifyConfig};
use serde_json::{Value, json};

use crate::client::{Caller, send, small};

const ALL: &str = "/api/v2/purchase_orders/purchased/all/";

#[tokio::test]
async fn a_call_needs_a_token_the_client_header_and_the_slash() {
    let caller = Caller::small().await;
    let url = caller.url(ALL);
    let bearer = ("authorization", caller.bearer.as_str());
    let client = ("x-procurify-client", "api");
    assert_eq!(send("GET", &url, &[client], "").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(send("GET", &url, &[bearer], "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(send("GET", &url, &[bearer, client], "").await.status, StatusCode::OK);

    let bare = caller.url("/api/v3/vendors?page=1");
    let moved = send("GET", &bare, &[bearer, client], "").await;
    assert_eq!(moved.status, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(moved.header("location"), Some("/api/v3/vendors/?page=1"));
    assert_eq!(send("POST", &bare, &[bearer, client], "{}").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_switch_lets_calls_without_the_client_header_pass() {
    let config = ProcurifyConfig { require_client_header: false, scenario: small(), ..ProcurifyConfig::default() };
    let caller = Caller::new(config).await;
    let bearer = ("authorization", caller.bearer.as_str());
    assert_eq!(send("GET", &caller.url(ALL), &[bearer], "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn answers_carry_the_servers_time_and_a_request_id() {
    let caller = Caller::small().await;
    let answer = caller.get(ALL).await;
    assert!(answer.header("date").unwrap().ends_with(" GMT"));
    assert_eq!(answer.headers.get_all("date").iter().count(), 1);
    assert!(answer.header("x-request-id").is_some());
}

#[tokio::test]
async fn pages_join_without_holes_and_end_with_a_404() {
    let caller = Caller::small().await;
    let mut numbers = Vec::new();
    let mut next = Some(caller.url(&format!("{ALL}?order_by=procurify_PO&page_size=25")));
    while let Some(url) = next {
        let page = send("GET", &url, &caller.headers(), "").await.json();
        let pagination = &page["metadata"]["pagination"];
        assert_eq!(pagination["count"], 60);
        assert_eq!(pagination["num_pages"], 3);
        numbers.extend(page["data"].as_array().unwrap().iter().map(|row| row["procurify_PO"].as_u64().unwrap()));
        next = pagination["next"].as_str().map(str::to_owned);
    }
    assert_eq!(numbers, (10_001..=10_060).collect::<Vec<_>>());

    let beyond = caller.get(&format!("{ALL}?page=4&page_size=25")).await;
    assert_eq!(beyond.status, StatusCode::NOT_FOUND);
    assert_eq!(beyond.json(), json!({ "detail": "Invalid page." }));
    // Newest first when nothing is asked for.
    assert_eq!(caller.rows(ALL).await[0]["procurify_PO"], 10_060);
}

#[tokio::test]
async fn a_page_size_beyond_the_largest_is_cut_down() {
    let config = ProcurifyConfig { page_size_max: 20, scenario: small(), ..ProcurifyConfig::default() };
    let caller = Caller::new(config).await;
    let page = caller.get(&format!("{ALL}?page_size=1000")).await.json();
    assert_eq!(page["metadata"]["pagination"]["page_size"], 20);
    assert_eq!(page["data"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn unknown_parameters_are_ignored_and_wrong_types_refused() {
    let caller = Caller::small().await;
    assert_eq!(caller.rows(&format!("{ALL}?no_such_filter=1")).await.len(), 60);
    for parameter in ["modified_date_0=yesterday", "pref_vendor=Bolt", "total_0=much"] {
        let answer = caller.get(&format!("{ALL}?{parameter}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{parameter}");
        let (name, _) = parameter.split_once('=').unwrap();
        assert!(answer.json()["errors"][name].is_array(), "{parameter}");
    }
}

#[tokio::test]
async fn filters_select_what_they_say() {
    let caller = Caller::small().await;
    let all = caller.rows(ALL).await;
    let vendor = all[0]["pref_vendor"]["id"].as_u64().unwrap();
    let of_vendor = caller.rows(&format!("{ALL}?pref_vendor={vendor}")).await;
    let expected = all.iter().filter(|row| row["pref_vendor"]["id"] == vendor).count();
    assert_eq!(of_vendor.len(), expected);

    let closed = caller.rows("/api/v2/purchase_orders/purchased/closed/").await;
    assert!(closed.iter().all(|row| row["state"] == 3));
    let open = caller.rows("/api/v2/purchase_orders/purchased/open/").await;
    assert_eq!(open.len() + closed.len(), 60);
    assert_eq!(caller.get("/api/v2/purchase_orders/purchased/nonsense/").await.status, StatusCode::NOT_FOUND);

    let large = caller.rows(&format!("{ALL}?total_0=100000")).await;
    let total = |row: &Value| row["total"].as_str().unwrap().parse::<Decimal>().unwrap();
    assert_eq!(large.len(), all.iter().filter(|row| total(row) >= Decimal::from(100_000)).count());
}

#[tokio::test]
async fn day_filters_mean_the_tenants_days_not_utc() {
    // The last order of a day is made at 02:05 in UTC, which is 18:05 of the day before in the tenant.
    let caller = Caller::small().await;
    let number = 10_020;
    let order = caller.get(&format!("/api/v2/purchase_orders/{number}/")).await.json()["data"].clone();
    let created = order["date"].as_str().unwrap();
    assert!(created.contains("T02:05:"), "{created}");
    let utc_day = &created[..10];
    let rows = caller.rows(&format!("{ALL}?date_0={utc_day}&date_1={utc_day}")).await;
    assert!(rows.iter().all(|row| row["procurify_PO"] != number));
    let rows = caller.rows(&format!("{ALL}?date_1={utc_day}")).await;
    assert!(rows.iter().any(|row| row["procurify_PO"] == number));
}

#[tokio::test]
async fn an_order_is_found_by_number_and_by_uuid_with_amounts_that_add_up() {
    let caller = Caller::small().await;
    let order = caller.get("/api/v2/purchase_orders/10001/").await.json()["data"].clone();
    let by_uuid = caller.get(&format!("/api/v2/purchase_orders/{}/", order["uuid"].as_str().unwrap())).await;
    assert_eq!(by_uuid.json()["data"], order);
    assert_eq!(caller.get("/api/v2/purchase_orders/99/").await.status, StatusCode::NOT_FOUND);

    let text = |value: &Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
    let lines = order["order_items"].as_array().unwrap();
    assert_eq!(lines.len(), 3);
    let mut subtotal = Decimal::ZERO;
    for line in lines {
        assert!(line["quantity"].is_number() && line["price"].is_string());
        subtotal += text(&line["total_cost"]);
    }
    let tax: Decimal = order["tax"]["value"].to_string().parse().unwrap();
    assert_eq!(text(&order["subtotal"]), subtotal);
    assert_eq!(text(&order["total"]), subtotal + tax);
}

#[tokio::test]
async fn order_items_give_the_same_lines_as_the_details() {
    let caller = Caller::small().await;
    let items = caller.rows("/api/v3/order-items/?order_by=id&page_size=500").await;
    assert_eq!(items.len(), 180);
    let ids: Vec<u64> = items.iter().map(|item| item["id"].as_u64().unwrap()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));

    let detail = caller.get("/api/v2/purchase_orders/10033/").await.json();
    let lines = detail["data"]["order_items"].as_array().unwrap();
    let of_order: Vec<&Value> = items.iter().filter(|item| item["purchase_order"] == 10_033).collect();
    assert_eq!(of_order.len(), lines.len());
    for (item, line) in of_order.iter().zip(lines) {
        assert!(item["quantity"].is_string());
        for same in ["id", "PO_line_num", "name", "price", "sku", "unit", "total_cost", "accountCode"] {
            assert_eq!(item[same], line[same], "{same}");
        }
        assert_eq!(item["account"], line["account"]["id"]);
    }
    let pages: usize = {
        let mut sum = 0;
        for page in 1..=4 {
            sum += caller.rows(&format!("/api/v3/order-items/?page_size=50&page={page}")).await.len();
        }
        sum
    };
    assert_eq!(pages, 180);
}

#[tokio::test]
async fn items_are_filtered_by_account_code_vendor_and_day() {
    let caller = Caller::small().await;
    let items = caller.rows("/api/v3/order-items/?page_size=500").await;
    let code = items[0]["accountCode"].as_str().unwrap();
    let codes = caller.rows(&format!("/api/v3/account-codes/?code={code}")).await;
    let id = codes[0]["id"].as_u64().unwrap();
    let filtered = caller.rows(&format!("/api/v3/order-items/?account_code={id}&page_size=500")).await;
    assert_eq!(filtered.len(), items.iter().filter(|item| item["accountCode"] == code).count());
    assert!(caller.rows("/api/v3/order-items/?last_modified_0=2027-01-01").await.is_empty());
    assert_eq!(caller.rows("/api/v3/order-items/?last_modified_0=2020-01-01&page_size=500").await.len(), 180);
}

#[tokio::test]
async fn a_bump_creates_changes_and_cancels() {
    let caller = Caller::small().await;
    let today = chrono_today();
    let bumped = caller.tenant.bump(Bump { create: 2, change: 3, cancel: 1 });
    assert_eq!(bumped.created, [10_061, 10_062]);
    assert_eq!((bumped.changed.len(), bumped.cancelled.len()), (3, 1));

    let rows = caller.rows(&format!("{ALL}?modified_date_0={today}&order_by=procurify_PO")).await;
    let numbers: Vec<u64> = rows.iter().map(|row| row["procurify_PO"].as_u64().unwrap()).collect();
    for number in bumped.created.iter().chain(&bumped.changed).chain(&bumped.cancelled) {
        assert!(numbers.contains(number), "{number} of {numbers:?}");
    }
    let changed = caller.get(&format!("/api/v2/purchase_orders/{}/", bumped.changed[0])).await.json();
    assert!(changed["data"]["version"].as_u64().unwrap() >= 2);
    let cancelled = caller.get(&format!("/api/v2/purchase_orders/{}/", bumped.cancelled[0])).await.json();
    assert_eq!(cancelled["data"]["state"], 1);
    // The items list still has every line once, and in order.
    let items = caller.rows("/api/v3/order-items/?order_by=id&page_size=500").await;
    let ids: Vec<u64> = items.iter().map(|item| item["id"].as_u64().unwrap()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(ids.len() >= 186);
}

/// Yesterday, by the wall clock: no later than the tenant's own day.
fn chrono_today() -> String {
    (chrono::Utc::now() - chrono::TimeDelta::days(1)).format("%Y-%m-%d").to_string()
}

#[tokio::test]
async fn the_bump_endpoint_does_the_same_and_refuses_what_it_cannot_read() {
    let caller = Caller::small().await;
    let url = caller.url("/_sandbox/bump");
    let answer = send("POST", &url, &[], r#"{"create": 1}"#).await;
    assert_eq!(answer.json()["created"], json!([10_061]));
    assert_eq!(send("POST", &url, &[], r#"{"creates": 1}"#).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(caller.tenant.stats().total, 1, "the token only");
}

#[tokio::test]
async fn data_changes_between_pages_when_asked_to() {
    let config = ProcurifyConfig { bump_every: 2, scenario: small(), ..ProcurifyConfig::default() };
    let caller = Caller::new(config).await;
    let count = async || caller.get(ALL).await.json()["metadata"]["pagination"]["count"].as_u64().unwrap();
    assert_eq!([count().await, count().await, count().await, count().await], [60, 61, 61, 62]);
}

#[tokio::test]
async fn orders_and_bills_cannot_be_written_and_attempts_are_counted() {
    let caller = Caller::small().await;
    for (method, path) in [
        ("PUT", "/api/v3/purchase-orders/10001/"),
        ("POST", "/api/v3/ap/bills/"),
        ("DELETE", "/api/v2/purchase_orders/10001/"),
    ] {
        let answer = send(method, &caller.url(path), &caller.headers(), "{}").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
    let writes = caller.tenant.stats().writes;
    assert_eq!((writes["purchase_orders"], writes["bills"]), (2, 1));
}
