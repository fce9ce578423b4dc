//! What people do at the screens of both systems, as `_sandbox` calls do it.

use sandbox::{M3, M3Config, OData, ODataConfig, ProcurifyConfig, SyteLine, SyteLineConfig};
use serde_json::{Value, json};

use crate::client::{Caller, Clerk, send, small};

async fn call(method: &str, url: &str, body: &Value) -> (u16, Value) {
    let answer = send(method, url, &[("content-type", "application/json")], body.to_string()).await;
    (answer.status.as_u16(), answer.json())
}

/// Types an order in, changes its first line, deletes it.
async fn types_changes_and_deletes(base: &str) {
    let documents = format!("{base}/_sandbox/documents");
    let listed = async || call("GET", &documents, &Value::Null).await.1.as_array().unwrap().clone();
    let before = listed().await.len();
    let line = json!({ "quantity": "2", "price": "9.95" });
    let order = json!({ "supplier": "S10001", "date": "2026-10-29", "lines": [line] });
    let (status, added) = call("POST", &documents, &order).await;
    assert_eq!(status, 201, "{added}");
    let number = added["added"][0]["number"].as_str().unwrap();
    let one = format!("{documents}/{number}");
    assert_eq!(call("PATCH", &one, &json!({ "line": 1, "quantity": "3" })).await.0, 200);
    assert_eq!(call("PATCH", &one, &json!({ "line": 7, "quantity": "3" })).await.0, 404);
    assert_eq!(call("PATCH", &one, &json!({ "quantity": "3" })).await.0, 400);
    let now = listed().await;
    let typed = now.iter().find(|document| document["number"] == number).unwrap();
    assert_eq!((now.len(), &typed["total"]), (before + 1, &json!("29.85")), "{typed}");
    assert_eq!(call("DELETE", &one, &Value::Null).await.0, 200);
    assert_eq!(call("DELETE", &one, &Value::Null).await.0, 404);
    assert_eq!(listed().await.len(), before);
    assert_eq!(call("POST", &documents, &json!({ "supplier": "S10001" })).await.0, 400);
}

/// Types an invoice in, changes its first line, deletes it; posts another, which stays.
async fn types_changes_posts_and_deletes_an_invoice(base: &str) {
    let documents = format!("{base}/_sandbox/documents");
    let invoice = |number: &str| json!({ "kind": "invoice", "supplier": "S10001", "number": number, "date": "2026-10-29", "lines": [{ "price": "9.95" }] });
    let type_in = async |number: &str| {
        let (status, added) = call("POST", &documents, &invoice(number)).await;
        assert_eq!(status, 201, "{added}");
        format!("{documents}/{}", added["added"][0]["number"].as_str().unwrap())
    };
    let total = async || {
        let listed = call("GET", &documents, &Value::Null).await.1;
        let invoices = listed.as_array().unwrap().iter().filter(|document| document["kind"] == "invoice");
        invoices.map(|document| document["total"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let one = type_in("INV-1").await;
    assert_eq!(call("PATCH", &one, &json!({ "line": 1, "price": "12.00" })).await.0, 200);
    assert_eq!(call("PATCH", &one, &json!({ "line": 7, "price": "12.00" })).await.0, 404);
    assert_eq!(total().await, ["12.00"]);
    assert_eq!(call("DELETE", &one, &Value::Null).await.0, 200);
    assert!(total().await.is_empty());
    let other = type_in("INV-2").await;
    assert_eq!(call("POST", &format!("{other}/post"), &Value::Null).await.0, 200);
    assert_eq!(call("POST", &format!("{one}/post"), &Value::Null).await.0, 404);
    assert_eq!(
        call(
            "POST",
            &documents,
            &json!({ "kind": "invoice", "supplier": "S10001", "date": "2026-10-29", "lines": [] })
        )
        .await
        .0,
        400
    );
}

#[tokio::test]
async fn invoices_are_typed_in_changed_posted_and_deleted_in_each_product() {
    let scenario = small();
    let m3 = M3::start(M3Config { scenario: scenario.clone(), ..M3Config::default() }).await.unwrap();
    types_changes_posts_and_deletes_an_invoice(&m3.base_url()).await;
    let syteline = SyteLineConfig { scenario: scenario.clone(), ..SyteLineConfig::default() };
    types_changes_posts_and_deletes_an_invoice(&SyteLine::start(syteline).await.unwrap().base_url()).await;
    let odata = ODataConfig { scenario, ..ODataConfig::default() };
    types_changes_posts_and_deletes_an_invoice(&OData::start(odata).await.unwrap().base_url()).await;
}

#[tokio::test]
async fn orders_are_typed_in_changed_and_deleted_in_each_product() {
    let scenario = small();
    let m3 = M3::start(M3Config { scenario: scenario.clone(), ..M3Config::default() }).await.unwrap();
    types_changes_and_deletes(&m3.base_url()).await;
    let syteline = SyteLineConfig { scenario: scenario.clone(), ..SyteLineConfig::default() };
    types_changes_and_deletes(&SyteLine::start(syteline).await.unwrap().base_url()).await;
    let odata = ODataConfig { scenario, ..ODataConfig::default() };
    types_changes_and_deletes(&OData::start(odata).await.unwrap().base_url()).await;
}

#[tokio::test]
async fn a_buyer_edits_cancels_closes_and_reopens_an_order() {
    let caller = Caller::new(ProcurifyConfig { scenario: small(), ..ProcurifyConfig::default() }).await;
    let path = "/api/v2/purchase_orders/10001/";
    let url = caller.url("/_sandbox/orders/10001");
    let order = async || caller.get(path).await.json()["data"].clone();
    let before = order().await;
    let count = before["order_items"].as_array().unwrap().len();
    for (edit, field, expected) in [
        (json!({ "do": "add_line" }), "item_count", json!(count + 1)),
        (json!({ "do": "remove_line", "line": 1 }), "item_count", json!(count)),
        (json!({ "do": "quantity", "line": 2, "quantity": "7" }), "version", json!(4)),
        (json!({ "do": "cancel" }), "state", json!(1)),
        (json!({ "do": "reopen" }), "state", json!(0)),
        (json!({ "do": "close" }), "state", json!(3)),
    ] {
        assert_eq!(call("POST", &url, &edit).await.0, 200, "{edit}");
        assert_eq!(order().await[field], expected, "{edit}");
    }
    assert_eq!(order().await["order_items"][0]["quantity"], json!(7.0));
    assert_eq!(call("POST", &url, &json!({ "do": "remove_line", "line": 99 })).await.0, 404);
    assert_eq!(call("POST", &url, &json!({ "do": "sing" })).await.0, 400);
}

#[tokio::test]
async fn lines_of_an_order_in_m3_are_changed_added_and_deleted_at_once_unless_they_have_come() {
    let clerk = Clerk::small().await;
    let line = sandbox::TypedLine { quantity: 2.into(), price: 5.into(), account: String::new() };
    let typed = sandbox::TypedOrder {
        supplier: "S10001".to_owned(),
        currency: "CAD".to_owned(),
        date: "2026-10-29".parse().unwrap(),
        external_ref: String::new(),
        lines: vec![line.clone(), line],
    };
    let number = clerk.tenant.type_order(&typed);
    let lines = async || {
        let answer = clerk.one(&format!("PPS200MI/LstLine?PUNO={number}")).await;
        let records = answer["records"].as_array().unwrap().clone();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().trim().to_owned();
        records.iter().map(|row| format!("{} x{}", text(row, "PNLI"), text(row, "ORQA"))).collect::<Vec<_>>()
    };
    let change = |name: &'static str, fields: Value| (name, fields);
    let answers = clerk
        .bulk(
            "PPS200MI",
            &[
                change("UpdLine", json!({ "PUNO": number, "PNLI": "1", "PNLS": "0", "ORQA": "9" })),
                change("AddLine", json!({ "PUNO": number, "PNLI": "3", "ITNO": "SERVICE", "ORQA": "4", "PUPR": "1" })),
                change("DltLine", json!({ "PUNO": number, "PNLI": "2" })),
            ],
        )
        .await;
    assert!(answers.iter().all(|answer| answer["errorCode"].is_null()), "{answers:?}");
    assert_eq!(lines().await, ["1 x9", "3 x4"]);
    let again = json!({ "PUNO": number, "PNLI": "3", "ITNO": "SERVICE", "ORQA": "4" });
    let answers = clerk.bulk("PPS200MI", &[change("AddLine", again)]).await;
    assert_eq!(answers[0]["errorCode"], "WPN0104");
    assert!(clerk.tenant.touch(&number, sandbox::Touch { line: 1, received: Some(1.into()), ..Default::default() }));
    let answers = clerk.bulk("PPS200MI", &[change("DltLine", json!({ "PUNO": number, "PNLI": "1" }))]).await;
    assert_eq!(answers[0]["errorCode"], "PP20036");
    assert_eq!(lines().await, ["1 x9", "3 x4"]);
}
