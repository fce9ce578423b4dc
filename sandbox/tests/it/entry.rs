//! The life of a batch entry message: entry, finish, job, index, and what `DeleteEntry` may still do.

use std::time::Duration;

use sandbox::{Account, M3Config, MessageStatus, Supplier};
use serde_json::{Value, json};

use crate::client::{Clerk, order, send, small};

fn code(result: &Value) -> &str {
    result["errorCode"].as_str().unwrap_or("")
}

async fn clerk(change: impl FnOnce(&mut M3Config)) -> Clerk {
    let mut config = M3Config {
        scenario: small(),
        batch_delay: Duration::from_secs(60),
        index_lag: Duration::from_secs(60),
        ..M3Config::default()
    };
    change(&mut config);
    Clerk::new(config).await
}

async fn head(clerk: &Clerk, number: &str) -> Value {
    clerk.one(&format!("PPS200MI/GetHead?PUNO={number}&righttrim=true&excludeempty=true")).await
}

#[tokio::test]
async fn an_order_gets_its_number_at_once_and_exists_only_after_the_job() {
    let clerk = clerk(|_| {}).await;
    let started = clerk.bulk("PPS370MI", &[("StartEntry", json!({ "BAOR": "PFY" }))]).await;
    let message = started[0]["records"][0]["MSGN"].as_str().unwrap().to_owned();
    assert_eq!(message.len(), 15);
    let results = clerk.bulk("PPS370MI", &order(&message, "PFY10001", "S10001", "60100")).await;
    let number = results[0]["records"][0]["PUNO"].as_str().unwrap().to_owned();
    assert_eq!(results[1]["records"][0], json!({ "PUNO": number, "PNLI": "1" }));

    clerk.finish(&message).await;
    assert_eq!(code(&head(&clerk, &number).await), "WPU0103");
    assert!(clerk.tenant.documents().is_empty());

    let search = "PPS200MI/SearchHead?SQRY=YRE1:PFY10001";
    clerk.tenant.advance(Duration::from_secs(61));
    let found = head(&clerk, &number).await;
    assert_eq!(found["records"][0]["YRE1"], "PFY10001");
    assert_eq!(found["records"][0]["NTAM"], "25.06");
    assert_eq!(clerk.one(search).await["records"], json!([]), "the index lags");

    clerk.tenant.advance(Duration::from_secs(61));
    let found = clerk.one(search).await;
    assert_eq!(found["records"][0]["PUNO"].as_str().unwrap().trim(), number);
    let lines = clerk.one(&format!("PPS200MI/LstLine?PUNO={number}&excludeempty=true&righttrim=true")).await;
    assert_eq!(lines["records"][0]["PITD"], "Bolts");
    assert_eq!(lines["records"][0]["PUPR"], "10.0250");
}

#[tokio::test]
async fn a_message_is_finished_once_and_deleted_only_before() {
    let clerk = clerk(|_| {}).await;
    let message = clerk.staged("PFY1").await;
    let delete = |message: &str| [("DeleteEntry", json!({ "MSGN": message }))];
    assert!(clerk.finish(&message).await.get("errorMessage").is_none());
    assert_eq!(code(&clerk.finish(&message).await), "PP37010");
    assert_eq!(code(&clerk.bulk("PPS370MI", &delete(&message)).await[0]), "PP37010");
    let late = clerk.bulk("PPS370MI", &order(&message, "PFY1", "S10001", "60100")).await;
    assert!(late.iter().all(|result| code(result) == "PP37010"));

    let other = clerk.staged("PFY2").await;
    assert!(clerk.bulk("PPS370MI", &delete(&other)).await[0].get("errorMessage").is_none());
    assert_eq!(code(&clerk.finish(&other).await), "WMSG103");
    assert_eq!(code(&clerk.bulk("PPS370MI", &delete(&other)).await[0]), "WMSG103");

    clerk.tenant.advance(Duration::from_secs(61));
    let references: Vec<_> = clerk.tenant.documents().into_iter().map(|d| d.external_ref).collect();
    assert_eq!(references, ["PFY1"]);
}

#[tokio::test]
async fn nothing_is_checked_at_entry_and_errors_are_seen_in_pps370_only() {
    let clerk = clerk(|_| {}).await;
    let mut blocked = Supplier::new("BLOCKED", "Blocked Ltd", "CAD");
    "90".clone_into(&mut blocked.status);
    clerk.tenant.add_supplier(&blocked);
    for (supplier, account, error) in [
        ("NOBODY", "60100", "Supplier NOBODY does not exist"),
        ("BLOCKED", "60100", "Supplier BLOCKED is not active"),
        ("S10001", "99999", "Identity 99999 does not exist in dimension 1"),
    ] {
        let message = clerk.staged_on("PFY3", supplier, account).await;
        assert!(clerk.finish(&message).await.get("errorMessage").is_none());
        clerk.tenant.advance(Duration::from_secs(61));
        let seen = clerk.tenant.messages().into_iter().find(|seen| seen.number == message).unwrap();
        assert_eq!((seen.status, seen.error.as_deref()), (MessageStatus::Failed, Some(error)));
        assert_eq!(code(&head(&clerk, &seen.orders[0]).await), "WPU0103");
    }
    assert!(clerk.tenant.documents().is_empty());
}

#[tokio::test]
async fn a_failed_message_can_be_released_once_its_cause_is_gone() {
    let clerk = clerk(|_| {}).await;
    let message = clerk.staged_on("PFY4", "LATER", "70000").await;
    clerk.finish(&message).await;
    clerk.tenant.advance(Duration::from_secs(61));
    assert!(!clerk.tenant.release(&message));
    clerk.tenant.add_supplier(&Supplier::new("LATER", "Later Inc", "USD"));
    assert!(!clerk.tenant.release(&message));
    clerk.tenant.add_account(&Account::new("70000", "Later too"));
    assert!(clerk.tenant.release(&message));
    assert_eq!(clerk.tenant.documents().len(), 1);
    assert!(!clerk.tenant.release(&message), "once only");
}

#[tokio::test]
async fn at_auto_level_1_a_message_waits_for_a_person() {
    let clerk = clerk(|config| config.auto_level = 1).await;
    let message = clerk.staged("PFY5").await;
    clerk.finish(&message).await;
    clerk.tenant.advance(Duration::from_secs(100_000));
    assert!(clerk.tenant.documents().is_empty());
    assert_eq!(clerk.tenant.messages()[0].status, MessageStatus::Finished);
    assert!(clerk.tenant.release(&message));
    assert_eq!(clerk.tenant.documents().len(), 1);
}

#[tokio::test]
async fn some_messages_wait_or_fail_when_asked_to() {
    let waiting = clerk(|config| config.waiting_per_mille = 1000).await;
    let message = waiting.staged("PFY6").await;
    waiting.finish(&message).await;
    waiting.tenant.advance(Duration::from_secs(61));
    assert_eq!(waiting.tenant.messages()[0].status, MessageStatus::Finished);

    let failing = clerk(|config| config.failing_per_mille = 1000).await;
    let message = failing.staged("PFY6").await;
    failing.finish(&message).await;
    failing.tenant.advance(Duration::from_secs(61));
    assert_eq!(failing.tenant.messages()[0].status, MessageStatus::Failed);
    assert!(failing.tenant.release(&message));
}

#[tokio::test]
async fn our_reference_is_not_unique() {
    let clerk = clerk(|_| {}).await;
    for _ in 0..2 {
        let message = clerk.staged("PFY7").await;
        clerk.finish(&message).await;
    }
    clerk.tenant.advance(Duration::from_secs(200));
    assert_eq!(clerk.tenant.documents().len(), 2);
    let found = clerk.one("PPS200MI/SearchHead?SQRY=YRE1:PFY7%20OR%20YRE1:PFY8").await;
    assert_eq!(found["records"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn references_within_a_message_must_hold() {
    let clerk = clerk(|_| {}).await;
    let message = clerk.staged("PFY8").await;
    let line = |changes: Value| {
        let mut record = json!({ "MSGN": message, "ITNO": "SERVICE", "ORQA": "1" });
        record.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        record
    };
    let results = clerk
        .bulk(
            "PPS370MI",
            &[
                ("AddLine", line(json!({ "HREF": "NONE" }))),
                ("AddLine", line(json!({}))),
                ("AddLine", line(json!({ "HREF": "H1", "PNLI": "1" }))),
                ("AddLine", line(json!({ "HREF": "H1", "PNLI": "7" }))),
                ("AddAccString", json!({ "MSGN": message, "HREF": "H1", "LREF": "9", "AIT1": "60100" })),
                ("AddAccString", json!({ "MSGN": message, "HREF": "H1", "PNLI": "7", "AIT1": "60110" })),
                ("StartEntry", json!({ "BAOR": "XYZ" })),
            ],
        )
        .await;
    let codes: Vec<&str> = results.iter().map(code).collect();
    assert_eq!(codes, ["WPU0103", "WPU0102", "WPN0104", "", "WPN0103", "", "WBA0103"]);
    clerk.finish(&message).await;
    clerk.tenant.advance(Duration::from_secs(61));
    let documents = clerk.tenant.documents();
    let lines: Vec<_> = documents[0].lines.iter().map(|line| (line.number, line.account.as_str())).collect();
    assert_eq!(lines, [(1, "60100"), (7, "60110")]);
}

#[tokio::test]
async fn overlong_and_unreadable_fields_are_refused_at_entry() {
    let clerk = clerk(|_| {}).await;
    let started = clerk.bulk("PPS370MI", &[("StartEntry", json!({ "BAOR": "PFY" }))]).await;
    let message = started[0]["records"][0]["MSGN"].as_str().unwrap();
    for (transaction, field, value, kind) in [
        (0, "YRE1", "x".repeat(37), "InputFieldTooLong"),
        (0, "HREF", "x".repeat(21), "InputFieldTooLong"),
        (0, "DWDT", "2026-11-30".to_owned(), "ServerReturnedNOK"),
        (0, "DWDT", String::new(), "MandatoryInputFieldNotFound"),
        (0, "YREF", "1".to_owned(), "InputFieldNotFound"),
        (1, "PITD", "é".repeat(31), "InputFieldTooLong"),
        (1, "ITNO", "x".repeat(16), "InputFieldTooLong"),
        (1, "ORQA", "1,5".to_owned(), "ServerReturnedNOK"),
        (1, "COCE", "x".repeat(11), "InputFieldTooLong"),
        (2, "AIT7", "x".repeat(11), "InputFieldTooLong"),
    ] {
        let mut transactions = order(message, "PFY9", "S10001", "60100");
        transactions[transaction].1[field] = json!(value);
        let results = clerk.bulk("PPS370MI", &transactions).await;
        assert_eq!(results[transaction]["errorType"], kind, "{field}");
        assert_eq!(results[transaction]["errorField"], field);
    }
}

#[tokio::test]
async fn the_documents_endpoint_shows_orders_with_exact_amounts() {
    let clerk = clerk(|_| {}).await;
    let message = clerk.staged("PFY10").await;
    clerk.finish(&message).await;
    clerk.tenant.advance(Duration::from_secs(61));
    let url = format!("{}/_sandbox/documents", clerk.tenant.base_url());
    let documents = send("GET", &url, &[], "").await.json();
    assert_eq!(
        documents,
        json!([{
            "kind": "purchase_order", "number": "1000001", "external_ref": "PFY10", "supplier": "S10001",
            "currency": "CAD", "total": "25.06",
            "lines": [{
                "item": "SERVICE", "quantity": "2.5", "price": "10.0250",
                "account": "60100", "cost_center": "CC100",
            }],
        }])
    );
    let stats = clerk.tenant.stats();
    assert_eq!(stats.documents["purchase_order"], 1);
    assert_eq!(stats.requests["POST PPS370MI"], 3);
    assert_eq!(stats.requests["POST /SANDBOX_TST/as/token.oauth2"], 1);
    assert_eq!(stats.total, 4);
}

#[tokio::test]
async fn orders_can_be_exported_where_the_tenant_allows_it() {
    let query = "EXPORTMI/Select?SEPC=;&HDRS=1&righttrim=true&QERY=IAPUNO,%20IAYRE1%20from%20MPHEAD%20where%20IAYRE1%20=%20'PFY11'";
    let query = query.replace("SEPC=;", "SEPC=%3B");
    let closed = clerk(|_| {}).await;
    assert_eq!(code(&closed.one(&query).await), "XAU0008");

    let open = clerk(|config| config.export_mi = true).await;
    for reference in ["PFY11", "PFY12"] {
        let message = open.staged(reference).await;
        open.finish(&message).await;
    }
    open.tenant.advance(Duration::from_secs(61));
    let rows = open.one(&query).await["records"].clone();
    assert_eq!(rows, json!([{ "REPL": "IAPUNO;IAYRE1" }, { "REPL": "1000001;PFY11" }]));
}
