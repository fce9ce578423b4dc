use chrono::NaiveDate;
use cloudsuite_client::Outcome;
use cloudsuite_client::m3::{
    BatchOrigin, EntryError, EntryLine, ItemNumber, M3, MessageNumber, PurchaseOrderEntry, PurchaseOrderEntryProgram,
    SupplierNumber,
};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::support::{EXECUTE, m3_requests, on_bulk, on_transactions, tenant, transactions};

fn program(m3: &M3) -> PurchaseOrderEntryProgram {
    m3.purchase_order_entry(BatchOrigin::new("PFY").unwrap())
}

fn message(number: usize) -> MessageNumber {
    MessageNumber::new(number.to_string()).unwrap()
}

fn order(number: usize, lines: usize) -> PurchaseOrderEntry {
    let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    let mut order = PurchaseOrderEntry::new(format!("PFY{number}"), SupplierNumber::new("S001").unwrap(), day, day);
    order.lines = (0..lines)
        .map(|n| {
            let mut line =
                EntryLine::new(ItemNumber::new(format!("I{n}")).unwrap(), "2".parse().unwrap(), "1.5".parse().unwrap());
            line.accounting[0] = Some("5410".to_owned());
            line
        })
        .collect();
    order
}

/// M3's answer to a transaction of the entry: numbers as the messages', refusals of item `BAD`.
fn answer(name: &str, record: &Value) -> Value {
    match name {
        "StartEntry" => json!({"records": [{"MSGN": "0000000077"}]}),
        "AddHead" => json!({"records": [{"PUNO": format!("20000{}", record["MSGN"].as_str().unwrap())}]}),
        "AddLine" if record["ITNO"] == "BAD" => {
            json!({"errorMessage": "Item BAD does not exist   ", "errorType": "ServerReturnedNOK", "errorCode": "WIT0103", "errorField": "ITNO"})
        }
        "AddLine" => json!({"records": [{"PUNO": "x", "PNLI": "1"}]}),
        _ => json!({}),
    }
}

#[tokio::test]
async fn orders_go_from_start_to_finish_in_one_call_a_step() {
    let (server, m3) = tenant().await;
    on_transactions(&server, answer).await;
    let entry = program(&m3);
    let started = entry.start(2).await;
    assert_eq!(started[0].as_ref().unwrap().as_str(), "0000000077", "leading zeros stay");
    let orders = [order(1, 2), order(2, 1)];
    let numbers = entry.enter(&[(message(11), &orders[0]), (message(12), &orders[1])]).await;
    assert_eq!(numbers[0].as_ref().unwrap().as_str(), "2000011");
    assert_eq!(numbers[1].as_ref().unwrap().as_str(), "2000012");
    assert!(entry.finish(&[message(11), message(12)]).await.iter().all(Result::is_ok));
    assert!(entry.delete(&[message(13)]).await.iter().all(Result::is_ok));

    let requests = m3_requests(&server).await;
    let names: Vec<String> = requests
        .iter()
        .map(|request| {
            let name = |sent: &Value| {
                format!(
                    "{}({})",
                    sent["transaction"].as_str().unwrap(),
                    sent["record"]["MSGN"].as_str().unwrap_or("PFY")
                )
            };
            transactions(request).iter().map(name).collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(
        names,
        [
            "StartEntry(PFY) StartEntry(PFY)",
            "AddHead(11) AddLine(11) AddAccString(11) AddLine(11) AddAccString(11) AddHead(12) AddLine(12) AddAccString(12)",
            "FinishEntry(11) FinishEntry(12)",
            "DeleteEntry(13)",
        ]
    );
    let entered = transactions(&requests[1]);
    assert_eq!(entered[4]["record"], json!({"MSGN": "11", "HREF": "1", "LREF": "2", "AIT1": "5410"}));
}

#[tokio::test]
async fn a_refused_line_fails_its_order_and_no_other() {
    let (server, m3) = tenant().await;
    on_transactions(&server, answer).await;
    let mut orders = [order(1, 2), order(2, 3), order(3, 1), order(4, 1)];
    orders[1].lines[1].item = ItemNumber::new("BAD").unwrap();
    orders[2].currency = Some("DOLLARS".to_owned());
    let entries: Vec<_> = orders.iter().enumerate().map(|(n, order)| (message(n + 1), order)).collect();
    let results = program(&m3).enter(&entries).await;
    assert!(results[0].is_ok() && results[3].is_ok());
    let error = results[1].as_ref().unwrap_err();
    assert_eq!((error.outcome(), error.line()), (Outcome::Rejected, Some(2)));
    assert_eq!(error.fault().unwrap().field.as_deref(), Some("ITNO"));
    assert_eq!(error.order_number().unwrap().as_str(), "200002");
    assert_eq!(error.to_string(), "line 2: PPS370MI AddLine: Item BAD does not exist (WIT0103, field ITNO)");
    let error = results[2].as_ref().unwrap_err();
    assert_eq!((error.outcome(), error.line()), (Outcome::NotProcessed, None));
    let sent = transactions(&m3_requests(&server).await[0]);
    assert!(sent.iter().all(|sent| sent["record"]["MSGN"] != "3"), "nothing of an unfit order is sent");
}

#[tokio::test]
async fn orders_may_straddle_calls_and_a_lost_call_leaves_each_with_its_outcome() {
    let (server, m3) = tenant().await;
    Mock::given(method("POST"))
        .and(path(EXECUTE))
        .respond_with(|request: &wiremock::Request| {
            let result = |sent: &Value| answer(sent["transaction"].as_str().unwrap(), &sent["record"]);
            let results: Vec<Value> = transactions(request).iter().map(result).collect();
            crate::support::ok(json!({"results": results}))
        })
        .up_to_n_times(1)
        .mount(&server)
        .await;
    on_bulk(&server, |_| ResponseTemplate::new(504)).await;
    // Three transactions an order, four a call: the second order straddles the first two calls.
    let orders: Vec<_> = (1..=5).map(|n| order(n, 1)).collect();
    let entries: Vec<_> = orders.iter().enumerate().map(|(n, order)| (message(n + 1), order)).collect();
    let results = program(&m3.transactions_per_call(4)).enter(&entries).await;
    let outcomes: Vec<_> = results.iter().map(|result| result.as_ref().err().map(EntryError::outcome)).collect();
    let (unknown, unsent) = (Some(Outcome::Unknown), Some(Outcome::NotProcessed));
    assert_eq!(outcomes, [None, unknown, unknown, unknown, unsent]);
    assert_eq!(results[1].as_ref().unwrap_err().order_number().unwrap().as_str(), "200002");
    assert_eq!(m3_requests(&server).await.len(), 3, "two calls in a row failed: the rest is not sent");
}

#[tokio::test]
async fn several_orders_in_one_message_have_heads_of_their_own() {
    let (server, m3) = tenant().await;
    on_transactions(&server, answer).await;
    let orders = [order(1, 1), order(2, 1)];
    program(&m3).enter(&[(message(7), &orders[0]), (message(7), &orders[1])]).await;
    let heads: Vec<_> =
        transactions(&m3_requests(&server).await[0]).iter().map(|sent| sent["record"]["HREF"].clone()).collect();
    assert_eq!(heads, ["1", "1", "1", "2", "2", "2"]);
}

#[tokio::test]
async fn an_order_needs_a_facility_and_a_warehouse_from_somewhere() {
    let (server, m3) = tenant().await;
    on_transactions(&server, answer).await;
    let bare = m3.client().m3(cloudsuite_client::m3::Company(100));
    let mut order = order(1, 1);
    let error = program(&bare).enter(&[(message(1), &order)]).await.remove(0).unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotProcessed);
    assert!(error.to_string().contains("facility"), "{error}");
    order.facility = Some("B02".parse().unwrap());
    order.warehouse = Some("002".parse().unwrap());
    assert!(program(&bare).enter(&[(message(1), &order)]).await[0].is_ok());
    let sent = transactions(&m3_requests(&server).await[0]);
    assert_eq!((&sent[0]["record"]["FACI"], &sent[0]["record"]["WHLO"]), (&json!("B02"), &json!("002")));
}

#[tokio::test]
async fn a_finish_whose_answer_is_lost_is_unknown_and_not_sent_again() {
    for response in [ResponseTemplate::new(504), ResponseTemplate::new(500), ResponseTemplate::new(200)] {
        let (server, m3) = tenant().await;
        on_bulk(&server, move |_| response.clone()).await;
        let results = program(&m3).finish(&[message(1), message(2)]).await;
        for result in results {
            assert_eq!(result.unwrap_err().outcome(), Outcome::Unknown);
        }
        assert_eq!(m3_requests(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn a_message_without_a_number_is_an_error() {
    let (server, m3) = tenant().await;
    on_transactions(&server, |_, _| json!({"records": []})).await;
    let error = program(&m3).start(1).await.remove(0).unwrap_err();
    assert!(error.to_string().contains("MSGN"), "{error}");
}
