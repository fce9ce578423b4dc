//! Every known way in which the IDO service fails, and what it proves.

use cloudsuite_client::syteline::{Change, Inserted, NewPurchaseOrder, PoNumber, Refusals, SyteLine, VendorNumber};
use cloudsuite_client::{CloudSuiteClient, ErrorKind, Ionapi, Outcome};
use sandbox::{Scenario, SyteLineConfig};
use serde_json::json;
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{builder, issue_tokens, ok};

async fn answering(response: ResponseTemplate) -> (MockServer, SyteLine) {
    let server = MockServer::start().await;
    issue_tokens(&server).await;
    Mock::given(path_regex("/IDORequestService/")).respond_with(response).mount(&server).await;
    let syteline = builder(&server).build().unwrap().syteline("ACME_DALS");
    (server, syteline)
}

fn html(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw("<html><body>Bad Gateway</body></html>", "text/html")
}

fn json_with(status: u16, body: serde_json::Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

#[tokio::test]
async fn every_failure_has_its_kind_and_says_whether_a_change_may_have_been_made() {
    use ErrorKind::{
        Auth, Config, Decode, Permission, Protocol, RateLimited, Timeout, TooLarge, Unavailable, Validation,
    };
    use Outcome::{NotProcessed, Rejected, Unknown};
    let refused = |code| json!({"Success": false, "Message": "The po record already exists.", "MessageCode": code});
    let said = |message| json!({"Success": false, "Message": message});
    for (name, response, kind, outcome) in [
        ("refused", ok(refused(16)), Validation, Rejected),
        ("refused without code", ok(json!({"Success": false, "Message": "no"})), Validation, Rejected),
        ("refused without words", ok(json!({"Success": false, "Message": null})), Validation, Rejected),
        ("refused in text", ok(json!({"Success": "false", "Message": "no"})), Validation, Rejected),
        ("refused as 400", json_with(400, refused(16)), Validation, Rejected),
        ("bare 400", ResponseTemplate::new(400), Validation, Unknown),
        ("illegal filter", ok(json!({"Success": false, "Message": "IllegalFilterException: x"})), Validation, Rejected),
        ("no privilege", ok(said("You do not have the privilege.")), Permission, NotProcessed),
        ("unknown property", ok(said("Property Xy does not exist in IDO SLPos")), Config, NotProcessed),
        ("bad configuration", ok(said("The configuration is not valid.")), Config, NotProcessed),
        ("token refused", json_with(401, json!({"error": "Unauthorized"})), Auth, NotProcessed),
        ("no right", ResponseTemplate::new(403), Permission, NotProcessed),
        ("no product", ResponseTemplate::new(404), Config, NotProcessed),
        ("wrong verb", ResponseTemplate::new(405), Config, NotProcessed),
        ("no such way", ResponseTemplate::new(501), Config, NotProcessed),
        ("too large", ResponseTemplate::new(413), TooLarge, Rejected),
        ("too many", ResponseTemplate::new(429), RateLimited, NotProcessed),
        ("failed", ResponseTemplate::new(500), Unavailable, Unknown),
        ("down", ResponseTemplate::new(503), Unavailable, Unknown),
        ("gave up", ResponseTemplate::new(504), Timeout, Unknown),
        ("a page of the gateway", html(502), Unavailable, Unknown),
        ("a page as if all were well", html(200), Protocol, Unknown),
        ("half an answer", ok_text(r#"{"Success": tr"#), Protocol, Unknown),
        ("another answer", ok(json!({"results": []})), Decode, Unknown),
    ] {
        let (_server, syteline) = answering(response).await;
        let change = Change::insert().set("PoNum", "PF1");
        let error = syteline.update("SLPos").push(change).send().await.remove(0).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_token_that_ends_between_two_of_many_changes_is_renewed_once_and_nothing_is_sent_twice() {
    for for_good in [false, true] {
        let server = MockServer::start().await;
        issue_tokens(&server).await;
        let calls = std::sync::atomic::AtomicUsize::new(0);
        Mock::given(method("POST"))
            .and(path_regex("/update/"))
            .respond_with(move |request: &wiremock::Request| {
                let call = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if call == 1 || (for_good && call > 1) {
                    return ResponseTemplate::new(401).set_body_json(json!({"error": "Unauthorized"}));
                }
                let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                let shown = body["Changes"].as_array().unwrap().clone();
                ok(json!({"Success": true, "Message": null, "RefreshItems": shown}))
            })
            .mount(&server)
            .await;
        let syteline = builder(&server).build().unwrap().syteline("ACME_DALS").max_changes_per_request(2);
        let changes = ["PF1", "PF2", "PF3", "PF4", "PF5", "PF6"].map(|number| Change::insert().set("PoNum", number));
        let results = syteline.update("SLPos").extend(changes).send().await;
        let outcomes: Vec<_> =
            results.iter().map(|one| one.as_ref().err().map(cloudsuite_client::Error::outcome)).collect();
        let rest = for_good.then_some(Outcome::NotProcessed);
        assert_eq!(outcomes, [None, None, rest, rest, rest, rest]);
        let refused = results[2].as_ref().err().map(cloudsuite_client::Error::kind);
        assert_eq!(refused, for_good.then_some(ErrorKind::Auth));
        let requests = server.received_requests().await.unwrap();
        let logins = requests.iter().filter(|request| request.url.path().ends_with("token.oauth2")).count();
        assert_eq!((logins, requests.len() - logins), (2, if for_good { 3 } else { 4 }));
    }
}

fn ok_text(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

#[tokio::test]
async fn a_refusal_among_many_says_nothing_of_any_of_them() {
    let (server, syteline) = answering(ok(json!({"Success": false, "Message": "no"}))).await;
    let changes = ["PF1", "PF2"].map(|number| Change::insert().set("PoNum", number));
    let results = syteline.update("SLPos").extend(changes).send().await;
    assert!(results.iter().all(|one| one.as_ref().is_err_and(|error| error.outcome() == Outcome::Unknown)));
    let request = server.received_requests().await.unwrap().pop().unwrap();
    assert_eq!(request.headers["x-infor-mongooseconfig"], "ACME_DALS");
    assert_eq!(request.url.query(), Some("refresh=true"));
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((body["IDOName"].as_str(), body["Changes"][1]["ItemNo"].as_i64()), (Some("SLPos"), Some(1)));
}

#[tokio::test]
async fn the_words_of_refusals_that_are_about_no_record_are_the_tenants_own() {
    let said = |message: &str| ok(json!({"Success": false, "Message": message}));
    for (message, kind) in [
        ("Zugriff VERWEIGERT", ErrorKind::Permission),
        ("Die Konfiguration fehlt", ErrorKind::Config),
        ("You do not have the privilege.", ErrorKind::Validation),
    ] {
        let (_server, syteline) = answering(said(message)).await;
        let mut words = Refusals::default();
        words.denied = vec!["zugriff verweigert".to_owned()];
        words.misconfigured = vec!["Konfiguration".to_owned()];
        let syteline = syteline.refusals_known_by(words);
        let loaded = syteline.vendors().list().all().await.unwrap_err();
        let change = Change::insert().set("PoNum", "PF1");
        let changed = syteline.update("SLPos").push(change).send().await.remove(0).unwrap_err();
        assert_eq!((loaded.kind(), changed.kind()), (kind, kind), "{loaded} {changed}");
    }
}

#[tokio::test]
async fn no_status_of_a_whole_call_refuses_the_changes_in_it() {
    for status in [409, 411, 414, 415, 422, 426, 431] {
        let (_server, syteline) = answering(ResponseTemplate::new(status)).await;
        let changes = ["PF1", "PF2"].map(|number| Change::insert().set("PoNum", number));
        let results = syteline.update("SLPos").extend(changes).send().await;
        let proven = if status == 415 { Outcome::NotProcessed } else { Outcome::Unknown };
        assert!(results.iter().all(|one| one.as_ref().is_err_and(|error| error.outcome() == proven)), "{results:?}");
        assert_eq!(
            syteline.changes_per_request(),
            if status == 415 { 100 } else { 1 },
            "what it was about shows alone"
        );
    }
}

#[tokio::test]
async fn an_update_that_is_too_large_is_halved_until_it_passes() {
    let config = SyteLineConfig {
        scenario: Scenario { orders: 1, ..Scenario::default() },
        max_body: 2_000,
        ..SyteLineConfig::default()
    };
    let tenant = sandbox::SyteLine::start(config).await.unwrap();
    let ionapi = Ionapi::parse(tenant.ionapi_json().as_bytes()).unwrap();
    let syteline = CloudSuiteClient::builder(ionapi).requests_per_minute(60_000).build().unwrap().syteline("ACME_DALS");
    let vendor = syteline.vendors().list().all().await.unwrap().remove(0).number;
    let order = |n: usize| NewPurchaseOrder::new(PoNumber::new(format!("PF{n}")).unwrap(), vendor.clone());
    let orders: Vec<NewPurchaseOrder> = (100..140).map(order).collect();
    let inserted = syteline.purchase_orders().insert(&orders).await;
    assert!(inserted.iter().all(|one| matches!(one, Ok(Inserted::Created(_)))), "{inserted:?}");
    assert_eq!(tenant.documents().len(), 40);
    assert!(tenant.stats().requests["POST update/SLPos"] < 20, "{:?}", tenant.stats().requests);
}

#[tokio::test]
async fn a_success_that_shows_one_of_three_leaves_two_unknown_and_makes_the_next_calls_small() {
    let shown = json!({"Action": 1, "ItemNo": 0, "Properties": [{"Name": "PoNum", "Value": "PF1"}]});
    let (_server, syteline) = answering(ok(json!({"Success": true, "RefreshItems": [shown]}))).await;
    let changes = ["PF1", "PF2", "PF3"].map(|number| Change::insert().set("PoNum", number));
    let results = syteline.update("SLPos").extend(changes).send().await;
    assert!(results[0].is_ok());
    assert!(results[1..].iter().all(|one| one.as_ref().is_err_and(|error| error.outcome() == Outcome::Unknown)));
    assert_eq!(syteline.clone().changes_per_request(), 1);
}

#[tokio::test]
async fn a_server_that_had_processed_more_than_it_showed_gets_full_calls_again() {
    let server = MockServer::start().await;
    issue_tokens(&server).await;
    Mock::given(method("POST"))
        .and(path_regex("/update/"))
        .respond_with(|request: &wiremock::Request| {
            let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            match body["Changes"].as_array().unwrap().len() {
                1 => ok(json!({"Success": false, "Message": "exists"})),
                _ => ok(json!({"Success": true, "RefreshItems": []})),
            }
        })
        .mount(&server)
        .await;
    let there = json!({"Items": [{"PoNum": "PF1"}, {"PoNum": "PF2"}], "MoreRowsExist": false, "Success": true});
    Mock::given(method("GET")).respond_with(ok(there)).mount(&server).await;
    let syteline = builder(&server).build().unwrap().syteline("ACME_DALS");
    let order = |number: &str| NewPurchaseOrder::new(PoNumber::new(number).unwrap(), VendorNumber::new("1").unwrap());
    for (round, size) in [(1, 100), (2, 100), (3, 1)] {
        let inserted = syteline.purchase_orders().insert(&[order("PF1"), order("PF2")]).await;
        assert!(inserted.iter().all(|one| matches!(one, Ok(Inserted::Found(_)))), "{inserted:?}");
        assert_eq!(syteline.changes_per_request(), size, "round {round}");
    }
}

#[tokio::test]
async fn a_load_that_fails_after_some_records_is_neither_a_page_nor_a_refusal() {
    let failed =
        |items: serde_json::Value| json!({"Success": false, "Message": "The connection was lost.", "Items": items});
    for (items, kind, outcome) in [
        (json!([{"VendNum": "1"}]), ErrorKind::Unavailable, Outcome::Unknown),
        (json!([]), ErrorKind::Validation, Outcome::Rejected),
        (json!(null), ErrorKind::Validation, Outcome::Rejected),
    ] {
        let (_server, syteline) = answering(ok(failed(items))).await;
        let error = syteline.vendors().list().all().await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{error}");
        assert!(error.message().contains("The connection was lost."), "{error}");
    }
}

#[tokio::test]
async fn a_bookmark_that_does_not_move_on_is_an_error_and_no_loop() {
    let page = |bookmark: serde_json::Value| json!({"Items": [{"VendNum": "1"}], "Bookmark": bookmark, "MoreRowsExist": true, "Success": true});
    for answer in [page(json!("<B>1</B>")), page(json!("")), page(json!(null))] {
        let (server, syteline) = answering(ok(answer)).await;
        let error = syteline.vendors().list().all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.message().contains("does not move on"), "{error}");
        assert!(server.received_requests().await.unwrap().len() <= 4);
    }
    let empty = json!({"Items": [], "Bookmark": "<B/>", "MoreRowsExist": true, "Success": true});
    let (_server, syteline) = answering(ok(empty)).await;
    assert!(syteline.vendors().list().all().await.is_err());
}

#[tokio::test]
async fn bookmarks_that_go_in_circles_are_noticed() {
    let server = MockServer::start().await;
    issue_tokens(&server).await;
    let turn = std::sync::atomic::AtomicUsize::new(0);
    Mock::given(method("GET"))
        .respond_with(move |_: &wiremock::Request| {
            let n = turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            assert!(n < 60, "endless");
            ok(json!({"Items": [{"VendNum": "1"}], "Bookmark": format!("<B>{}</B>", n % 5), "MoreRowsExist": true, "Success": true}))
        })
        .mount(&server)
        .await;
    let syteline = builder(&server).build().unwrap().syteline("ACME_DALS");
    assert!(syteline.vendors().list().all().await.unwrap_err().message().contains("does not move on"));
}
