//! The OData tenant, as version 4 has it.

use hyper::StatusCode;
use sandbox::{OData, ODataConfig};
use serde_json::{Value, json};

use crate::client::{Answer, FORM, JSON, form, send, small};

/// A caller that has the tenant's token.
struct Clerk {
    tenant: OData,
    bearer: String,
    root: String,
}

const ORDERS: &str = "tdapi.purPurchaseOrder/Orders";

impl Clerk {
    async fn new(config: ODataConfig) -> Self {
        let tenant = OData::start(ODataConfig { scenario: small(), ..config }).await.unwrap();
        let file: Value = serde_json::from_str(&tenant.ionapi_json()).unwrap();
        let key = |name: &str| file[name].as_str().unwrap().to_owned();
        let (user, password, id, secret) = (key("saak"), key("sask"), key("ci"), key("cs"));
        let login = [
            ("grant_type", "password"),
            ("username", &user),
            ("password", &password),
            ("client_id", &id),
            ("client_secret", &secret),
        ];
        let answer = send("POST", &format!("{}{}", key("pu"), key("ot")), &[FORM], form(&login)).await;
        let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
        let root = format!("{}/{}/LN/lnapi/odata", key("iu"), key("ti"));
        Self { tenant, bearer, root }
    }

    async fn call(&self, method: &str, target: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let mut all = vec![("authorization", self.bearer.as_str()), ("x-infor-lncompany", "100"), JSON];
        all.extend_from_slice(headers);
        send(method, &format!("{}/{target}", self.root), &all, body).await
    }

    async fn get(&self, target: &str) -> Answer {
        self.call("GET", target, &[], String::new()).await
    }
}

fn order(reference: &str) -> Value {
    let line =
        json!({"Item": "SERVICE", "Quantity": 2.5, "Price": 10.025, "LedgerAccount": "60100", "CostCenter": "CC100"});
    json!({"Supplier": "S10001", "Reference": reference, "Lines": [line]})
}

#[tokio::test]
async fn an_order_is_created_with_its_lines_and_changed_at_its_state() {
    let clerk = Clerk::new(ODataConfig::default()).await;
    let created = clerk.call("POST", ORDERS, &[], order("PFY1").to_string()).await;
    assert_eq!(created.status, StatusCode::CREATED);
    let number = created.json()["Order"].as_str().unwrap().to_owned();
    assert_eq!(created.json()["Total"].to_string(), "25.06");
    let one = format!("{ORDERS}('{number}')");
    assert!(clerk.get(&one).await.json().get("Lines").is_none(), "lines come if expanded");
    let read = clerk.get(&format!("{one}?$expand=Lines")).await;
    assert_eq!(read.json()["Lines"][0]["Line"], 10);

    let etag = read.header("etag").unwrap().to_owned();
    let change = json!({"Status": "Closed"}).to_string();
    let patch = async |headers: &[(&str, &str)]| clerk.call("PATCH", &one, headers, change.clone()).await.status;
    assert_eq!(patch(&[]).await, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(patch(&[("if-match", &etag)]).await, StatusCode::OK);
    assert_eq!(patch(&[("if-match", &etag)]).await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(clerk.call("DELETE", &one, &[("if-match", "*")], String::new()).await.status, StatusCode::NO_CONTENT);
    assert!(clerk.tenant.documents().is_empty());
}

#[tokio::test]
async fn what_the_company_lacks_is_refused_in_odatas_words() {
    let clerk = Clerk::new(ODataConfig { unique_references: true, ..ODataConfig::default() }).await;
    let with = |name: &str, value: Value| {
        let mut order = order("PFY1");
        order[name] = value;
        order.to_string()
    };
    let line = |name: &str, value: Value| {
        let mut order = order("PFY1");
        order["Lines"][0][name] = value;
        order.to_string()
    };
    for (body, status, target) in [
        (with("Supplier", json!("NOBODY")), 422, "Supplier"),
        (with("Nonsense", json!(1)), 400, "Nonsense"),
        (line("LedgerAccount", json!("1")), 422, "LedgerAccount"),
        (line("Quantity", json!(0)), 422, "Quantity"),
    ] {
        let answer = clerk.call("POST", ORDERS, &[], body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"]["target"].as_str()),
            (status, Some(target)),
            "{body}"
        );
    }
    assert_eq!(clerk.call("POST", ORDERS, &[], order("PFY1").to_string()).await.status, StatusCode::CREATED);
    assert_eq!(clerk.call("POST", ORDERS, &[], order("PFY1").to_string()).await.status, StatusCode::CONFLICT);
    assert_eq!(clerk.get(&format!("{ORDERS}?$filter=Nothing%20eq%201")).await.status, StatusCode::BAD_REQUEST);
    let elsewhere = [("authorization", clerk.bearer.as_str()), ("x-infor-lncompany", "999")];
    assert_eq!(send("GET", &format!("{}/{ORDERS}", clerk.root), &elsewhere, "").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_batch_stops_at_a_failure_unless_it_is_told_to_go_on() {
    for (go_on, made) in [(false, 1), (true, 2)] {
        let clerk = Clerk::new(ODataConfig::default()).await;
        let part =
            |id: &str, body: Value| json!({"id": id, "method": "POST", "url": "Orders", "headers": {}, "body": body});
        let wrong = json!({"Supplier": "NOBODY"});
        let body = json!({"requests": [part("a", order("1")), part("b", wrong), part("c", order("3"))]}).to_string();
        let headers: &[(&str, &str)] = if go_on { &[("prefer", "odata.continue-on-error")] } else { &[] };
        let answer = clerk.call("POST", "tdapi.purPurchaseOrder/$batch", headers, body).await.json();
        let statuses: Vec<u64> =
            answer["responses"].as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [201, 422, if go_on { 201 } else { 424 }]);
        assert_eq!(clerk.tenant.documents().len(), made);
    }
}

#[tokio::test]
async fn lists_are_filtered_ordered_counted_and_paged() {
    let clerk = Clerk::new(ODataConfig { page_size: 5, ..ODataConfig::default() }).await;
    let set = "tcapi.comBusinessPartner/Suppliers";
    let page = clerk.get(&format!("{set}?$count=true&$orderby=Name%20desc&$select=Name")).await.json();
    assert_eq!((page["@odata.count"].as_u64(), page["value"].as_array().unwrap().len()), (Some(59), 5));
    let names: Vec<&str> = page["value"].as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap()).collect();
    assert!(names.windows(2).all(|pair| pair[0] >= pair[1]), "{names:?}");
    let next = page["@odata.nextLink"].as_str().unwrap();
    let headers = [("authorization", clerk.bearer.as_str()), ("x-infor-lncompany", "100")];
    let second = send("GET", next, &headers, "").await.json();
    assert!(second["value"][0]["Name"].as_str().unwrap() <= names[4]);
    let some = clerk
        .get(&format!("{set}?$filter=Supplier%20in%20('S10001','S10002')%20and%20not%20(Status%20eq%20'Blocked')"))
        .await;
    assert_eq!(some.json()["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_multipart_batch_needs_change_sets_that_are_all_or_nothing() {
    let clerk = Clerk::new(ODataConfig { json_batches: false, ..ODataConfig::default() }).await;
    let request = |id: &str, line: &str, body: &str| {
        format!(
            "--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {id}\r\n\r\n\
             {line} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{body}\r\n"
        )
    };
    let set = |requests: &str| format!("--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n{requests}--c--\r\n");
    let good = |id: &str| request(id, "POST Orders", &order(id).to_string());
    let bad = request("9", "POST Orders", r#"{"Supplier": "NOBODY"}"#);
    let batch =
        format!("{}{}--b--\r\n", set(&format!("{}{bad}", good("1"))), set(&format!("{}{}", good("2"), good("3"))));
    let send_batch = async |headers: &[(&str, &str)], body: String| {
        let url = format!("{}/tdapi.purPurchaseOrder/$batch", clerk.root);
        let own = [("authorization", clerk.bearer.as_str()), ("x-infor-lncompany", "100")];
        send("POST", &url, &[&own, headers].concat(), body).await
    };
    let multipart = ("content-type", "multipart/mixed; boundary=b");
    let answer = send_batch(&[multipart, ("prefer", "odata.continue-on-error")], batch.clone()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let text = answer.text();
    assert_eq!((text.matches("HTTP/1.1 422").count(), text.matches("HTTP/1.1 201").count()), (1, 2), "{text}");
    assert!(!text.contains("Content-ID: 1\r") && text.contains("Content-ID: 3\r"), "{text}");
    assert_eq!(clerk.tenant.documents().len(), 2, "of the first set nothing stays");
    // Without being told to go on, it stops at the failure.
    let text = send_batch(&[multipart], batch.replace("Content-ID: 2", "Content-ID: 7")).await.text();
    assert!(!text.contains("HTTP/1.1 201"), "{text}");
    let bare = format!("--b\r\n{}--b--\r\n", good("5").trim_start_matches("--c\r\n"));
    assert_eq!(send_batch(&[multipart], bare).await.status, StatusCode::BAD_REQUEST, "a write outside of a set");
    let json = json!({"requests": []}).to_string();
    assert_eq!(send_batch(&[JSON], json).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(clerk.tenant.documents().len(), 2);
}
