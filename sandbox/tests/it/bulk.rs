//! The bulk endpoint: order, limits, and transactions that fail among others.

use hyper::StatusCode;
use sandbox::M3Config;
use serde_json::{Value, json};

use crate::client::{Clerk, body, small};

fn get(number: &str) -> (&'static str, Value) {
    ("GetBasicData", json!({ "SUNO": number }))
}

#[tokio::test]
async fn results_come_in_order_and_a_failure_stops_nothing() {
    let clerk = Clerk::small().await;
    let answer = clerk
        .post(
            "CRS620MI",
            &[get("S10001"), get("NO"), ("Nothing", json!({})), ("GetBasicData", json!({})), get("S10002")],
        )
        .await
        .json();
    let kinds: Vec<&str> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["errorType"].as_str().unwrap_or("ok"))
        .collect();
    assert_eq!(kinds, ["ok", "ServerReturnedNOK", "TransactionNotFound", "MandatoryInputFieldNotFound", "ok"]);
    assert_eq!(answer["nrOfSuccessfullTransactions"], 2);
    assert_eq!(answer["nrOfFailedTransactions"], 3);
    assert_eq!(answer["wasTerminated"], false);
}

#[tokio::test]
async fn selected_columns_and_numbers_are_understood() {
    let clerk = Clerk::small().await;
    let body = r#"{"program": "CRS620MI", "cono": "100", "rightTrim": true, "transactions": [
        {"transaction": "GetBasicData", "record": {"SUNO": "S10001", "CONO": 100}, "selectedColumns": ["SUNM"]}]}"#;
    let answer = clerk.try_post(body.to_owned()).await.unwrap().json();
    assert_eq!(answer["results"][0]["records"][0].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn one_record_may_serve_several_transactions_of_a_program() {
    let clerk = Clerk::small().await;
    let record = json!({ "SUNO": "S10001", "SUNM": "Renamed", "FRSU": "S10001", "TOSU": "S10001" });
    let names = ["UpdSupplier", "GetBasicData", "LstSuppliers"];
    let results = clerk.bulk("CRS620MI", &names.map(|name| (name, record.clone()))).await;
    assert_eq!(results[1]["records"][0]["SUNM"], "Renamed");
    assert_eq!(results[2]["records"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn transactions_must_be_the_last_member() {
    let clerk = Clerk::small().await;
    for body in [
        r#"{"transactions": [], "program": "CRS620MI"}"#,
        r#"{"program": "CRS620MI"}"#,
        r#"{"program": "CRS620MI", "transactions": [}"#,
        r#"{"program": "NOTHINGMI", "transactions": []}"#,
    ] {
        let answer = clerk.try_post(body.to_owned()).await.unwrap();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn too_many_transactions_and_too_many_bytes_are_refused_whole() {
    let config = M3Config { max_transactions: 3, max_body: 500, scenario: small(), ..M3Config::default() };
    let clerk = Clerk::new(config).await;
    let start = ("StartEntry", json!({ "BAOR": "PFY" }));
    let three = vec![start.clone(); 3];
    assert_eq!(clerk.bulk("PPS370MI", &three).await.len(), 3);
    assert_eq!(clerk.post("PPS370MI", &vec![start; 4]).await.status, StatusCode::BAD_REQUEST);
    let long = body("PPS370MI", &[("StartEntry", json!({ "BAOR": "PFY", "PAD": "x".repeat(500) }))]);
    assert_eq!(clerk.try_post(long).await.unwrap().status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(clerk.tenant.messages().len(), 3);
}

#[tokio::test]
async fn thousands_of_transactions_make_their_orders() {
    let clerk = Clerk::small().await;
    let started = clerk.bulk("PPS370MI", &vec![("StartEntry", json!({ "BAOR": "PFY" })); 200]).await;
    let mut transactions = Vec::new();
    let mut messages = Vec::new();
    for (index, result) in started.iter().enumerate() {
        let message = result["records"][0]["MSGN"].as_str().unwrap().to_owned();
        let reference = format!("PFY{index}");
        transactions.extend(crate::client::order(&message, &reference, "S10001", "60100"));
        messages.push(message);
    }
    for chunk in transactions.chunks(250) {
        let results = clerk.bulk("PPS370MI", chunk).await;
        assert!(results.iter().all(|result| result.get("errorMessage").is_none()));
    }
    let finish: Vec<_> = messages.iter().map(|message| ("FinishEntry", json!({ "MSGN": message }))).collect();
    clerk.bulk("PPS370MI", &finish).await;
    clerk.tenant.advance(std::time::Duration::from_secs(1));
    assert_eq!(clerk.tenant.documents().len(), 200);
}
