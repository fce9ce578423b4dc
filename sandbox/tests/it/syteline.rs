//! The SyteLine tenant, as its IDO service is known to behave.

use hyper::StatusCode;
use sandbox::{FaultKind, Matcher, SyteLine, SyteLineConfig};
use serde_json::{Value, json};

use crate::client::{Answer, FORM, JSON, form, send, small};

/// A caller that has the tenant's token.
struct Clerk {
    tenant: SyteLine,
    bearer: String,
    service: String,
}

impl Clerk {
    async fn new(config: SyteLineConfig) -> Self {
        let tenant = SyteLine::start(SyteLineConfig { scenario: small(), ..config }).await.unwrap();
        let file: Value = serde_json::from_str(&tenant.ionapi_json()).unwrap();
        let key = |name: &str| file[name].as_str().unwrap().to_owned();
        let login = [
            ("grant_type", "password".to_owned()),
            ("username", key("saak")),
            ("password", key("sask")),
            ("client_id", key("ci")),
            ("client_secret", key("cs")),
        ];
        let login: Vec<(&str, &str)> = login.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = send("POST", &format!("{}{}", key("pu"), key("ot")), &[FORM], form(&login)).await;
        let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
        let service = format!("{}/{}/CSI/IDORequestService/ido", key("iu"), key("ti"));
        Self { tenant, bearer, service }
    }

    async fn call(&self, method: &str, path: &str, body: String) -> Answer {
        let headers = [("authorization", self.bearer.as_str()), ("x-infor-mongooseconfig", "ACME_DALS"), JSON];
        send(method, &format!("{}/{path}", self.service), &headers, body).await
    }

    async fn load(&self, ido: &str, query: &[(&str, &str)]) -> Value {
        self.call("GET", &format!("load/{ido}?{}", form(query)), String::new()).await.json()
    }

    async fn insert(&self, ido: &str, rows: &[Value]) -> Value {
        let changes: Vec<Value> = rows
            .iter()
            .enumerate()
            .map(|(place, row)| {
                let properties: Vec<Value> = row
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(name, value)| json!({"Name": name, "Value": value, "Modified": true, "IsNull": value.is_null()}))
                    .collect();
                json!({"Action": 1, "ItemId": "", "ItemNo": place, "UpdateLocking": 0, "Properties": properties})
            })
            .collect();
        let body = json!({"IDOName": ido, "RefreshAfterSave": true, "Changes": changes}).to_string();
        self.call("POST", &format!("update/{ido}?refresh=true"), body).await.json()
    }
}

fn numbers(answer: &Value) -> Vec<String> {
    let items = answer["Items"].as_array().unwrap();
    items.iter().map(|item| item["VendNum"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_are_joined_by_bookmarks_whatever_is_inserted_before_them() {
    let clerk = Clerk::new(SyteLineConfig::default()).await;
    let all = clerk.load("SLVendors", &[("properties", "VendNum"), ("recordcap", "0")]).await;
    assert_eq!((all["MoreRowsExist"].as_bool(), all["Success"].as_bool()), (Some(false), Some(true)));
    assert_eq!(numbers(&all)[..2], ["      7", "     12"], "numeric codes are right-justified, and come first");

    let mut read = Vec::new();
    let mut bookmark = String::new();
    loop {
        let page = clerk
            .load(
                "SLVendors",
                &[
                    ("properties", "VendNum"),
                    ("orderBy", "VendNum"),
                    ("recordCap", "7"),
                    ("loadType", "NEXT"),
                    ("bookmark", &bookmark),
                ],
            )
            .await;
        read.extend(numbers(&page));
        if read.len() == 7 {
            clerk.insert("SLVendors", &[json!({"VendNum": "1", "Name": "Early"})]).await;
        }
        if page["MoreRowsExist"] == false {
            break;
        }
        bookmark = page["Bookmark"].as_str().unwrap().to_owned();
    }
    assert_eq!(read, numbers(&all));
    let back =
        clerk.load("SLVendors", &[("properties", "VendNum"), ("orderby", "VendNum DESC"), ("recordcap", "2")]).await;
    assert_eq!(numbers(&back)[0], *read.last().unwrap());
}

#[tokio::test]
async fn a_number_that_is_taken_is_refused_inside_http_200() {
    let clerk = Clerk::new(SyteLineConfig::default()).await;
    let order = json!({"PoNum": "PF00000001", "VendNum": " S10001", "VendOrder": "PFY1"});
    let first = clerk.insert("SLPos", std::slice::from_ref(&order)).await;
    assert_eq!((first["Success"].as_bool(), first["RefreshItems"][0]["ItemNo"].as_i64()), (Some(true), Some(0)));
    let second = clerk.insert("SLPos", &[order]).await;
    assert_eq!((second["Success"].as_bool(), second["MessageCode"].as_i64()), (Some(false), Some(16)));
    assert!(second["Message"].as_str().unwrap().contains("already exists"));
    let document = &clerk.tenant.documents()[0];
    assert_eq!((document.number.as_str(), document.external_ref.as_str()), ("PF00000001", "PFY1"));
}

#[tokio::test]
async fn what_the_site_lacks_is_refused() {
    let clerk = Clerk::new(SyteLineConfig::default()).await;
    clerk.insert("SLPos", &[json!({"PoNum": "PF1", "VendNum": "12"})]).await;
    for (ido, row, complaint) in [
        ("SLPos", json!({"VendNum": "999"}), "VendNum"),
        ("SLPos", json!({"VendNum": "12", "Nonsense": "1"}), "Nonsense"),
        ("SLPoItems", json!({"PoNum": "PF9", "Item": "X", "QtyOrderedConv": "1"}), "PoNum"),
        ("SLPoItems", json!({"PoNum": "PF1", "Item": "FREE TEXT", "QtyOrderedConv": "1"}), "NonInvAcct"),
        ("SLPoItems", json!({"PoNum": "PF1", "Item": "X", "QtyOrderedConv": "1", "NonInvAcct": "999"}), "Acct [999]"),
        ("SLPoItems", json!({"PoNum": "PF1", "Item": "X", "QtyOrderedConv": "many", "NonInvAcct": "60100"}), "number"),
        ("SLPos", json!({"VendNum": "12", "VendOrder": "x".repeat(26)}), "too long"),
    ] {
        let answer = clerk.insert(ido, std::slice::from_ref(&row)).await;
        assert_eq!(answer["Success"], false, "{row}");
        assert!(answer["Message"].as_str().unwrap().contains(complaint), "{answer}");
    }
    for (filter, complaint) in [("VendNum = ", "IllegalFilterException"), ("1 = 1", "IllegalFilterException")] {
        let answer = clerk.load("SLVendors", &[("properties", "VendNum"), ("filter", filter)]).await;
        assert!(answer["Message"].as_str().unwrap().contains(complaint), "{answer}");
    }
    let elsewhere = [("authorization", clerk.bearer.as_str()), ("x-infor-mongooseconfig", "OTHER")];
    let answer = send("GET", &format!("{}/load/SLVendors?properties=*", clerk.service), &elsewhere, "").await;
    assert_eq!((answer.status, answer.json()["Success"].as_bool()), (StatusCode::OK, Some(false)));
    assert_eq!(clerk.call("POST", "load/SLVendors", String::new()).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_site_may_process_the_first_change_only_and_say_nothing() {
    let clerk = Clerk::new(SyteLineConfig { first_change_only: true, ..SyteLineConfig::default() }).await;
    let rows = ["PF1", "PF2", "PF3"].map(|number| json!({"PoNum": number, "VendNum": "12"}));
    let answer = clerk.insert("SLPos", &rows).await;
    assert_eq!((answer["Success"].as_bool(), answer["RefreshItems"].as_array().unwrap().len()), (Some(true), 1));
    assert_eq!(clerk.tenant.rows("SLPos").len(), 1);
}

#[tokio::test]
async fn a_refused_change_takes_the_others_back_or_leaves_them() {
    for atomic_updates in [false, true] {
        let clerk = Clerk::new(SyteLineConfig { atomic_updates, ..SyteLineConfig::default() }).await;
        let rows = ["12", "999", "7"].map(|vendor| json!({"VendNum": vendor}));
        assert_eq!(clerk.insert("SLPos", &rows).await["Success"], false);
        assert_eq!(clerk.tenant.rows("SLPos").len(), usize::from(!atomic_updates));
    }
}

#[tokio::test]
async fn a_record_that_has_changed_since_it_was_loaded_is_not_overwritten() {
    let clerk = Clerk::new(SyteLineConfig::default()).await;
    clerk.insert("SLPos", &[json!({"PoNum": "PF1", "VendNum": "12"})]).await;
    let loaded = clerk.load("SLPos", &[("properties", "PoNum")]).await;
    let id = loaded["Items"][0]["_ItemId"].as_str().unwrap();
    let change = |value: &str| {
        let property = json!({"Name": "Stat", "Value": value, "Modified": true, "IsNull": false});
        json!({"IDOName": "SLPos", "Changes": [{"Action": 2, "ItemId": id, "Properties": [property]}]}).to_string()
    };
    assert_eq!(clerk.call("POST", "update/SLPos", change("O")).await.json()["Success"], true);
    assert_eq!(clerk.call("POST", "update/SLPos", change("C")).await.json()["Success"], false);
    assert_eq!(clerk.tenant.rows("SLPos")[0]["Stat"], "O");
}

#[tokio::test]
async fn faults_strike_here_as_in_m3() {
    let clerk = Clerk::new(SyteLineConfig::default()).await;
    let rows = ["PF1", "PF2"].map(|number| json!({"PoNum": number, "VendNum": "12"}));
    clerk.tenant.fault_next(Matcher::operation("POST update/SLPos"), FaultKind::BulkTerminated);
    assert_eq!(clerk.insert("SLPos", &rows).await["Success"], false);
    clerk.tenant.fault_next(Matcher::operation("GET load/SLPos"), FaultKind::TokenExpired);
    let answer = clerk.call("GET", "load/SLPos?properties=PoNum", String::new()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let stats = clerk.tenant.stats();
    assert_eq!((stats.requests["POST update/SLPos"], stats.requests["GET load/SLPos"]), (1, 1));
}
