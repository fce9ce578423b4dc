//! Shapes of requests: tokens, headers, paths.

use procurify_client::{LocationId, PoNumber, ProcurifyClient, Role, Status, Uuid, VendorId};
use serde_json::{Value, json};
use wiremock::matchers::{any, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{answer, asked, builder, client, tenant, token};

#[tokio::test]
async fn a_login_is_asked_for_as_documented_once_and_every_call_carries_both_headers() {
    let server = tenant().await;
    answer(&server, "/api/v3/users/me/", json!({"data": {"id": 7, "email": "a@b.c"}})).await;
    let client = client(&server);
    client.me().await.unwrap();
    client.clone().me().await.unwrap();

    let requests = server.received_requests().await.unwrap();
    let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!(
        body,
        json!({
            "client_id": "app-id",
            "client_secret": "app-secret",
            "audience": "https://api.procurify.com/",
            "grant_type": "client_credentials",
        })
    );
    assert_eq!(requests[0].headers["content-type"], "application/json");
    assert!(!requests[0].headers.contains_key("authorization"));
    for request in &requests {
        assert_eq!(request.headers["x-procurify-client"], "api", "{}", request.url);
    }
    for request in &requests[1..] {
        assert_eq!(request.headers["authorization"], "Bearer token-1");
    }
    assert_eq!((requests.len(), client.requests()), (3, 3));
}

#[tokio::test]
async fn a_401_renews_the_token_once() {
    let server = MockServer::start().await;
    for (turn, name) in [(1, "token-1"), (2, "token-2")] {
        Mock::given(method("POST"))
            .and(path("/oauth/token"))
            .respond_with(ResponseTemplate::new(200).set_body_json(token(name)))
            .up_to_n_times(1)
            .with_priority(turn)
            .mount(&server)
            .await;
    }
    Mock::given(header("authorization", "Bearer token-1"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    Mock::given(header("authorization", "Bearer token-2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": {"id": 1}})))
        .mount(&server)
        .await;
    let client = client(&server);
    client.vendors().get(VendorId(1)).await.unwrap();
    assert_eq!(client.requests(), 4);
}

#[tokio::test]
async fn each_list_asks_its_own_path_with_page_and_size() {
    let server = tenant().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": []}))).mount(&server).await;
    let client = builder(&server).page_size(50).build().unwrap();
    let c: &ProcurifyClient = &client;
    c.purchase_orders().list(Role::Purchased, Status::All).send_page(1).await.unwrap();
    c.purchase_orders().list(Role::Receivable, Status::Cancelled).send_page(3).await.unwrap();
    c.order_items().list().page_size(200).send_page(1).await.unwrap();
    c.vendors().list().send_page(1).await.unwrap();
    c.account_codes().list().send_page(1).await.unwrap();
    c.accounts().list().send_page(1).await.unwrap();
    c.departments().list().send_page(1).await.unwrap();
    c.locations().list().send_page(1).await.unwrap();
    c.bills().list().send_page(1).await.unwrap();
    assert_eq!(
        asked(&server).await,
        [
            "/api/v2/purchase_orders/purchased/all/?page=1&page_size=50",
            "/api/v2/purchase_orders/receivable/cancelled/?page=3&page_size=50",
            "/api/v3/order-items/?page=1&page_size=200",
            "/api/v3/vendors/?page=1&page_size=50",
            "/api/v3/account-codes/?page=1&page_size=50",
            "/api/v3/accounts/?page=1&page_size=50",
            "/api/v3/departments/?page=1&page_size=50",
            "/api/v2/locations/?page=1&page_size=50",
            "/api/v3/ap/bills/?page=1&page_size=50",
        ]
    );
}

#[tokio::test]
async fn each_detail_asks_its_own_path() {
    let uuid = "0F3A1B2C-0000-4000-8000-00000000000d";
    let server = tenant().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": {"id": 1, "procurify_PO": 1}})))
        .mount(&server)
        .await;
    let client = client(&server);
    client.purchase_orders().get(PoNumber(10482)).await.unwrap();
    client.purchase_orders().get(Uuid::from(uuid)).await.unwrap();
    client.vendors().get(VendorId(5)).await.unwrap();
    client.locations().get(LocationId(6)).await.unwrap();
    client.bills().get(&Uuid::from(uuid)).await.unwrap();
    assert_eq!(
        asked(&server).await,
        [
            "/api/v2/purchase_orders/10482/",
            "/api/v2/purchase_orders/0f3a1b2c-0000-4000-8000-00000000000d/",
            "/api/v3/vendors/5/",
            "/api/v2/locations/6/",
            "/api/v2/ap/bills/0f3a1b2c-0000-4000-8000-00000000000d/",
        ]
    );
    let sent = client.requests();
    for bad in ["../vendors/1", "", "zz3a1b2c-0000-4000-8000-00000000000d"] {
        client.bills().get(&Uuid::from(bad)).await.unwrap_err();
        client.purchase_orders().get(Uuid::from(bad)).await.unwrap_err();
    }
    assert_eq!(client.requests(), sent);
}

#[tokio::test]
async fn a_bill_is_asked_for_without_dashes_when_it_is_not_found_with_them() {
    let server = tenant().await;
    answer(&server, "/api/v2/ap/bills/0f3a1b2c00004000800000000000000d/", json!({"metadata": {}, "data": {"id": 9}}))
        .await;
    let client = client(&server);
    let bill = client.bills().get(&"0f3a1b2c-0000-4000-8000-00000000000d".into()).await.unwrap();
    assert_eq!(bill.id.0, 9);
    let missing = client.bills().get(&"ffffffffffffffffffffffffffffffff".into()).await.unwrap_err();
    assert_eq!(missing.status(), Some(404));
    assert_eq!(asked(&server).await.len(), 3);
    client.bills().metadata(&"0f3a1b2c-0000-4000-8000-00000000000d".into()).await.unwrap();
    assert_eq!(asked(&server).await.len(), 5);
}

#[tokio::test]
async fn what_is_not_typed_is_reached_with_token_and_header() {
    let server = tenant().await;
    Mock::given(path("/api/v2/currencies/"))
        .and(header("authorization", "Bearer token-1"))
        .and(header("x-procurify-client", "api"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": [{"id": 1}]})))
        .mount(&server)
        .await;
    let answer = client(&server).get("/api/v2/currencies/").send().await.unwrap();
    let json: Value = answer.json("currencies").unwrap();
    assert_eq!(json["data"][0]["id"], 1);
}
