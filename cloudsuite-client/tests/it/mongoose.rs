//! A SyteLine server on premise, reached without ION; and what a server tells of itself.

use std::time::Duration;

use cloudsuite_client::syteline::SyteLine;
use cloudsuite_client::{CloudSuiteBuilder, CloudSuiteClient, ErrorKind, Ionapi, Mongoose, Outcome, RetryPolicy};
use sandbox::{Scenario, SyteLineConfig};
use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{issue_tokens, ok};

const TOKEN: &str = "/IDORequestService/ido/token/ACME%20DALS";
const VENDORS: &str = "/IDORequestService/ido/load/SLVendors";

fn on_premise(server: &MockServer) -> CloudSuiteBuilder {
    let login = Mongoose::new(server.uri().parse().unwrap(), "ACME DALS", "sync", "pa$$ w0rd".into());
    assert!(!format!("{login:?}").contains("w0rd"));
    let retry = RetryPolicy { base: Duration::ZERO, ..RetryPolicy::default() };
    CloudSuiteClient::on_premise(login).requests_per_minute(60_000).retry(retry)
}

/// Gives tokens by these answers in turn, the last one ever after.
async fn give_tokens(server: &MockServer, answers: Vec<ResponseTemplate>) {
    let last = answers.len() - 1;
    for (place, answer) in answers.into_iter().enumerate() {
        let mut mock = Mock::given(method("GET"))
            .and(path(TOKEN))
            .and(header("username", "sync"))
            .and(header("password", "pa$$ w0rd"))
            .respond_with(answer)
            .with_priority(u8::try_from(place + 1).unwrap());
        if place < last {
            mock = mock.up_to_n_times(1);
        }
        mock.mount(server).await;
    }
}

fn token(text: &str) -> ResponseTemplate {
    ok(json!({"Message": null, "Success": true, "Token": text}))
}

fn sent<'a>(requests: &'a [Request], to: &str) -> Vec<&'a Request> {
    requests.iter().filter(|request| request.url.path() == to).collect()
}

#[tokio::test]
async fn a_server_on_premise_is_logged_in_to_by_headers_and_its_token_is_sent_bare() {
    let server = MockServer::start().await;
    give_tokens(&server, vec![token("b/Xd+first=="), token("b/Xd+second==")]).await;
    let vendor = json!({"VendNum": "     12", "Name": "Bolt", "RowPointer": "1"});
    let page = ok(json!({"Success": true, "Message": null, "MoreRowsExist": false, "Items": [vendor]}));
    Mock::given(path(VENDORS)).respond_with(ResponseTemplate::new(401)).up_to_n_times(1).mount(&server).await;
    Mock::given(path(VENDORS)).and(header("authorization", "b/Xd+second==")).respond_with(page).mount(&server).await;

    let client = on_premise(&server).build().unwrap();
    let syteline: SyteLine = client.syteline("ACME DALS");
    for _ in 0..2 {
        let vendors = syteline.vendors().list().all().await.unwrap();
        assert_eq!(vendors[0].number.as_str(), "12");
    }
    assert_eq!(client.tenant(), "ACME DALS");
    let requests = server.received_requests().await.unwrap();
    let (logins, loads) = (sent(&requests, TOKEN), sent(&requests, VENDORS));
    assert_eq!((logins.len(), loads.len()), (2, 3), "a token that has ended is replaced once, and then kept");
    assert!(logins.iter().all(|login| !login.headers.contains_key("authorization") && login.url.query().is_none()));
    assert_eq!(loads[0].headers["authorization"], "b/Xd+first==");
    assert!(loads.iter().all(|load| load.headers["x-infor-mongooseconfig"] == "ACME DALS"));
}

#[tokio::test]
async fn a_refused_user_is_told_once_without_the_password() {
    let refused = |message: Option<&str>| ok(json!({"Message": message, "Success": false, "Token": null}));
    for (answer, kind, words) in [
        (refused(Some("User sync/pa$$ w0rd is not valid")), ErrorKind::Auth, "User sync/*** is not valid"),
        (refused(None), ErrorKind::Auth, "check configuration, user and password"),
        (token(""), ErrorKind::Auth, "gave no token"),
        (ResponseTemplate::new(401), ErrorKind::Auth, ""),
        (ok(json!([])), ErrorKind::Decode, "not the JSON of the IDO service"),
    ] {
        let server = MockServer::start().await;
        give_tokens(&server, vec![answer]).await;
        let syteline = on_premise(&server).build().unwrap().syteline("ACME DALS");
        let error = syteline.vendors().list().all().await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::NotProcessed), "{error}");
        assert!(error.to_string().contains(words) && !format!("{error:?}").contains("w0rd"), "{error:?}");
        let requests = server.received_requests().await.unwrap();
        assert!(requests.iter().all(|request| request.url.path() == TOKEN), "asked for a vendor without a token");
        assert!(kind != ErrorKind::Auth || requests.len() == 1, "refused credentials are not tried in a loop");
    }
}

#[tokio::test]
async fn plain_http_to_a_server_on_premise_is_refused_unsent() {
    let login = Mongoose::new("http://erp.acme.example".parse().unwrap(), "ACME", "sync", "secret".into());
    let error = CloudSuiteClient::on_premise(login).build().unwrap_err();
    assert!(error.to_string().contains("use https"), "{error}");
}

#[tokio::test]
async fn the_service_may_be_elsewhere_on_a_server() {
    let server = MockServer::start().await;
    let (tokens, load) = ("/SL9/ido/token/ACME", "/SL9/ido/load/SLVendors");
    Mock::given(path(tokens)).respond_with(token("t")).mount(&server).await;
    let page = json!({"Success": true, "Message": null, "MoreRowsExist": false, "Items": []});
    Mock::given(path(load)).respond_with(ok(page)).mount(&server).await;
    let login = Mongoose::new(server.uri().parse().unwrap(), "ACME", "sync", "secret".into()).service_path("SL9/ido/");
    let client = CloudSuiteClient::on_premise(login).build().unwrap();
    assert!(client.syteline("ACME").vendors().list().all().await.unwrap().is_empty());
}

async fn through_ion(body: serde_json::Value) -> (MockServer, SyteLine) {
    let server = MockServer::start().await;
    issue_tokens(&server).await;
    Mock::given(method("GET")).respond_with(ok(body)).mount(&server).await;
    let syteline = crate::support::builder(&server).build().unwrap().syteline("ACME_DALS");
    (server, syteline)
}

#[tokio::test]
async fn configurations_and_properties_are_told_by_the_server() {
    let scenario = Scenario { orders: 1, ..Scenario::default() };
    let tenant = sandbox::SyteLine::start(SyteLineConfig { scenario, ..SyteLineConfig::default() }).await.unwrap();
    let ionapi = Ionapi::parse(tenant.ionapi_json().as_bytes()).unwrap();
    let client = CloudSuiteClient::builder(ionapi).build().unwrap();
    let syteline = client.syteline("ACME_DALS");
    assert_eq!(syteline.configurations().await.unwrap(), ["ACME_DALS"]);
    let orders = syteline.info("SLPos").await.unwrap();
    assert_eq!(orders.keys, ["PoNum"]);
    let number = orders.property("PoNum").unwrap();
    assert_eq!((number.length, number.read_only, number.data_type.as_deref()), (Some(10), false, Some("String")));
    let cost = orders.property("PoCost").unwrap();
    assert!(cost.read_only && !cost.required && orders.property("pocost").is_none());
    let error = syteline.info("SLNothing").await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Validation, Outcome::Rejected));
    assert!(error.to_string().contains("SLNothing"), "{error}");
    assert_eq!(syteline.info("a/../b").await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn properties_are_read_as_servers_are_documented_to_give_them() {
    let body = json!({
        // As the guide to the service has it: not a success, and all properties.
        "Message": null, "Success": false, "Keys": ["UserId"],
        "Properties": [
            {"Name": "UserId", "DataType": "Decimal", "ClrTypeName": "Decimal", "DecimalPos": 0, "Length": 11,
             "ReadOnly": true, "Required": true, "InputMask": ""},
            {"Name": "Note", "DataType": "", "Length": "-1", "ReadOnly": "0", "Required": 1, "DecimalPos": null},
        ],
        "SubCollections": [{"IDOName": "MGCore.UserGroupMaps", "Name": "UserGroupMaps",
            "LinkBy": [{"Child": "UserId", "Parent": "UserId"}]}],
    });
    let (server, syteline) = through_ion(body).await;
    let info = syteline.info("UserNames").await.unwrap();
    let (id, note) = (info.property("UserId").unwrap(), info.property("Note").unwrap());
    assert_eq!((id.length, id.decimals, id.required, id.read_only), (Some(11), Some(0), true, true));
    assert_eq!((note.length, note.data_type.as_deref(), note.required, note.read_only), (None, None, true, false));
    assert_eq!(info.sub_collections, ["UserGroupMaps"]);
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[1].url.path(), "/ACME_TST/CSI/IDORequestService/ido/info/UserNames");
    assert_eq!(requests[1].headers["x-infor-mongooseconfig"], "ACME_DALS");

    let (_server, syteline) =
        through_ion(json!({"Success": false, "Message": "no right", "Configurations": null})).await;
    let error = syteline.configurations().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Validation && error.to_string().contains("no right"), "{error}");
    let (_server, syteline) = through_ion(json!({"Success": true, "Configurations": "ACME"})).await;
    assert_eq!(syteline.configurations().await.unwrap_err().kind(), ErrorKind::Decode);
}
