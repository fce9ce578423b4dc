//! Each result of a write names the call that it came in.

use cloudsuite_client::m3::Transaction;
use cloudsuite_client::odata::{NewPurchaseOrder, NewPurchaseOrderLine};
use cloudsuite_client::syteline::{NewPurchaseOrder as NewSyteLineOrder, OrderStatus, PoNumber, VendorNumber};
use cloudsuite_client::{CloudSuiteClient, Ionapi, RequestIds};
use sandbox::{AnsweredCall, ODataConfig, Scenario, SyteLineConfig};
use serde_json::{Value, json};

use crate::support::{ok, on_bulk, tenant, transactions};

fn ids(request_ids: &RequestIds) -> Vec<String> {
    request_ids.iter().map(str::to_owned).collect()
}

/// The calls in whose body a text is.
fn with(calls: &[AnsweredCall], text: &str) -> Vec<String> {
    calls.iter().filter(|call| call.body.contains(text)).map(|call| call.request_id.clone()).collect()
}

#[tokio::test]
async fn transactions_of_a_bulk_name_their_call_whether_done_or_refused() {
    let (server, m3) = tenant().await;
    on_bulk(&server, |request| {
        let result = |transaction: &Value| match transaction["record"]["SUNO"].as_str() {
            Some("S3") => json!({"errorMessage": "no", "errorType": "ServerReturnedNOK", "errorCode": "X"}),
            _ => json!({"records": [{"SUNO": "1"}]}),
        };
        let sent = transactions(request);
        let first = sent[0]["record"]["SUNO"].as_str().unwrap();
        let results: Vec<Value> = sent.iter().map(result).collect();
        ok(json!({ "results": results })).insert_header("x-request-id", format!("from-{first}").as_str())
    })
    .await;
    let add = |n: usize| Transaction::new("AddSupplier").field("SUNO", format!("S{n}"));
    let results = m3.transactions_per_call(2).bulk("CRS620MI").extend((1..=5).map(add)).send().await;
    let told: Vec<Vec<String>> = results
        .iter()
        .map(|result| match result {
            Ok(rows) => ids(&rows.request_ids),
            Err(error) => error.request_id().map(str::to_owned).into_iter().collect(),
        })
        .collect();
    assert_eq!(told, [["from-S1"], ["from-S1"], ["from-S3"], ["from-S3"], ["from-S5"]]);
    assert!(results[2].is_err());
}

#[tokio::test]
async fn changes_of_syteline_name_their_call() {
    let scenario = Scenario { orders: 1, ..Scenario::default() };
    let site = sandbox::SyteLine::start(SyteLineConfig { scenario, ..SyteLineConfig::default() }).await.unwrap();
    site.keep_calls();
    let client = CloudSuiteClient::builder(Ionapi::parse(site.ionapi_json().as_bytes()).unwrap());
    let client = client.requests_per_minute(60_000).build().unwrap();
    let orders = client.syteline("ACME_DALS").site("DALS").max_changes_per_request(2).purchase_orders();
    let number = |n: usize| PoNumber::new(format!("PF{n:08}")).unwrap();
    let new = |n| NewSyteLineOrder::new(number(n), VendorNumber::new("12").unwrap()).status(&OrderStatus::Planned);
    let inserted = orders.insert(&[new(1), new(2), new(3)]).await;
    let inserts = site.kept_calls();
    let set = orders.set_status(&[number(1), number(2), number(3)], &OrderStatus::Ordered).await;
    let updates = site.kept_calls().split_off(inserts.len());
    for n in 1..=3 {
        assert_eq!(ids(&inserted[n - 1].as_ref().unwrap().request_ids()), with(&inserts, number(n).as_str()));
        assert_eq!(ids(&set[n - 1].as_ref().unwrap().request_ids), with(&updates, number(n).as_str()));
    }
    assert_ne!(with(&inserts, number(1).as_str()), with(&inserts, number(3).as_str()));
}

#[tokio::test]
async fn writes_of_an_odata_service_name_their_call_alone_or_in_a_batch() {
    let scenario = Scenario { orders: 1, ..Scenario::default() };
    let company = sandbox::OData::start(ODataConfig { scenario, ..ODataConfig::default() }).await.unwrap();
    company.keep_calls();
    let client = CloudSuiteClient::builder(Ionapi::parse(company.ionapi_json().as_bytes()).unwrap());
    let client = client.requests_per_minute(60_000).build().unwrap();
    let orders = client.odata("100").writes_per_batch(2).purchase_orders();
    let new = |n: usize| {
        let line = NewPurchaseOrderLine::new(10, "SERVICE", 2.into(), 10.into()).account("60100");
        NewPurchaseOrder::new("S10001", &format!("PFY{n}")).line(line)
    };
    let created = orders.create(&[new(1), new(2), new(3)]).await;
    let calls = company.kept_calls();
    for n in 1..=3 {
        assert_eq!(ids(&created[n - 1].as_ref().unwrap().request_ids), with(&calls, &format!("PFY{n}")));
    }
    assert!(calls.iter().any(|call| call.path.ends_with("$batch")), "two of them in one");
    assert_ne!(with(&calls, "PFY1"), with(&calls, "PFY3"));
}
