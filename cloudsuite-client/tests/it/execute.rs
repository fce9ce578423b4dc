use cloudsuite_client::m3::{Company, MiErrorType};
use cloudsuite_client::{CloudSuiteClient, ErrorKind, Ionapi, Outcome};
use sandbox::{M3Config, Scenario};
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, ResponseTemplate};

use crate::support::{EXECUTE, builder, has, m3_requests, ok, on_get, query, tenant};

#[tokio::test]
async fn options_go_before_the_query_and_into_it() {
    let (server, m3) = tenant().await;
    on_get(&server, ok(json!({"results": [{"records": [{"SUNO": "S1        ", "SUNM": "Bolt & Co"}]}]}))).await;
    let rows = m3
        .execute("CRS620MI", "LstSuppliers")
        .field("FRSU", "S 1+&")
        .field("TOSU", "")
        .max_records(250)
        .columns(&["SUNO", "SUNM"])
        .send()
        .await
        .unwrap();
    assert_eq!((rows[0].text("SUNO"), rows[0].text("SUNM")), (Some("S1"), Some("Bolt & Co")));

    let request = &m3_requests(&server).await[0];
    let options = "maxrecs=250;returncols=SUNO,SUNM;cono=100;divi=AAA;dateformat=YMD8;excludeempty=true;righttrim=true";
    assert_eq!(request.url.path(), format!("{EXECUTE}/CRS620MI/LstSuppliers;{options}"));
    let query = query(request);
    for (name, value) in [
        ("FRSU", "S 1+&"),
        ("maxrecs", "250"),
        ("returncols", "SUNO,SUNM"),
        ("cono", "100"),
        ("divi", "AAA"),
        ("dateformat", "YMD8"),
        ("excludeempty", "true"),
        ("righttrim", "true"),
    ] {
        assert!(has(&query, name, value), "{name}: {query:?}");
    }
    assert!(query.iter().all(|(name, _)| name != "TOSU"), "empty parameters are left out");
}

#[tokio::test]
async fn every_option_can_be_set_and_goes_both_ways() {
    let (server, m3) = tenant().await;
    on_get(&server, ok(json!({"results": [{"parameters": {"SUNO": "S1"}, "records": [{"SUNO": "S1"}]}]}))).await;
    let get = m3.execute("CRS620MI", "GetBasicData").field("SUNO", "S1");
    let execute = get.clone().option("cono", "200").option("divi", "").option("righttrim", "false").extended_result();
    execute.option("format", "PRETTY;divi=B/%2F").send().await.unwrap();

    let request = &m3_requests(&server).await[0];
    let path = "maxrecs=0;dateformat=YMD8;excludeempty=true;cono=200;divi=;righttrim=false;extendedresult=true;\
                format=PRETTY%3Bdivi%3DB%2F%252F";
    assert_eq!(request.url.path(), format!("{EXECUTE}/CRS620MI/GetBasicData;{path}"));
    let sent = query(request);
    for (name, wanted) in [
        ("cono", "200"),
        ("divi", ""),
        ("righttrim", "false"),
        ("extendedresult", "true"),
        ("format", "PRETTY;divi=B/%2F"),
        ("dateformat", "YMD8"),
    ] {
        let values: Vec<&str> =
            sent.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, [wanted], "{name}: {sent:?}");
    }

    // What M3 repeats is compared.
    let error = m3.execute("CRS620MI", "GetBasicData").field("SUNO", "S2").extended_result().send().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Unknown));

    let sent = m3_requests(&server).await.len();
    for (name, value) in
        [("dateformat", "MDY"), ("maxrecs", "1"), ("CONO", "1"), ("a;b", "1"), ("", "1"), ("divi", "\n")]
    {
        let error = get.clone().option(name, value).send().await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Validation, Outcome::NotProcessed), "{error}");
    }
    assert_eq!(m3_requests(&server).await.len(), sent);
}

#[tokio::test]
async fn a_server_that_hears_options_before_the_query_only_is_understood() {
    let scenario = Scenario { vendors: 150, ..Scenario::default() };
    let tenant =
        sandbox::M3::start(M3Config { matrix_options_only: true, scenario, ..M3Config::default() }).await.unwrap();
    let ionapi = Ionapi::parse(tenant.ionapi_json().as_bytes()).unwrap();
    let m3 = CloudSuiteClient::builder(ionapi).build().unwrap().m3(Company(100)).division("AAA");
    let list = m3.execute("CRS620MI", "LstByNumber").field("SUNO", "!").columns(&["SUNO", "VRNO"]);
    let rows = list.send().await.unwrap();
    assert!(rows.len() > 100, "{} rows", rows.len());
    assert!(rows.iter().all(|row| row.iter().eq([("SUNO", row.text("SUNO").unwrap())])), "columns, without empty ones");
}

#[tokio::test]
async fn the_path_of_m3_and_the_base_address_are_settings() {
    let (server, _) = tenant().await;
    on_get(&server, ok(json!({"results": []}))).await;
    let base = format!("{}/infor", server.uri()).parse().unwrap();
    let client = builder(&server).base_url(base).m3_path("M3/m3api-rest/v2/").build().unwrap();
    // An answer without results says nothing of what was asked.
    let error = client.m3(Company(1)).execute("GENERAL", "GetUserInfo").send().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    let request = &m3_requests(&server).await[0];
    assert!(request.url.path().starts_with("/infor/M3/m3api-rest/v2/execute/GENERAL/GetUserInfo;maxrecs=0;cono=1;"));
    assert!(query(request).iter().all(|(name, _)| name != "divi"));
}

/// One shape of a failure, and what must be made of it.
type Case = (&'static str, ResponseTemplate, ErrorKind, Outcome);

/// Each case as the answer to a write, which must be sent again only if that is safe.
async fn check(cases: impl IntoIterator<Item = Case>) {
    for (name, response, kind, outcome) in cases {
        let (server, m3) = tenant().await;
        on_get(&server, response).await;
        let error = m3.execute("PPS370MI", "AddHead").field("MSGN", "77").send().await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{name}: {error}");
        assert_eq!((error.program(), error.transaction()), ("PPS370MI", "AddHead"));
        let plain: cloudsuite_client::Error = error.clone().into();
        assert_eq!((plain.kind(), plain.outcome()), (kind, outcome), "{name}: {plain}");
        if outcome != Outcome::NotProcessed {
            assert_eq!(m3_requests(&server).await.len(), 1, "{name}: a write is not sent again");
        }
    }
}

/// Results of one transaction that are errors, as M3 is known to word them.
pub fn refusals() -> Vec<(Value, ErrorKind, Outcome)> {
    use ErrorKind::{NotFound, Permission, Unavailable, Validation};
    use Outcome::{NotProcessed, Rejected, Unknown};
    let cases = [
        (json!({"errorType": "ServerReturnedNOK", "errorCode": "WSU0103", "errorField": "SUNO"}), NotFound, Rejected),
        (json!({"errorType": "ServerReturnedNOK", "errorCode": "XIM0002", "errorCfg": ""}), Validation, Rejected),
        (json!({"errorType": "ServerReturnedNOK", "errorCode": "CPF9898", "records": []}), Validation, Rejected),
        (json!({"errorType": "ServerReturnedNOK", "errorCode": null, "records": []}), Validation, Rejected),
        (json!({"errorType": "ServerReturnedNOK", "records": null}), Validation, Rejected),
        (json!({"errorType": "ServerReturnedNOK", "errorCode": "XAU0008"}), Permission, Rejected),
        (json!({"errorType": "MandatoryInputFieldNotFound", "errorField": "SUNO"}), Validation, NotProcessed),
        (json!({"errorType": "InputFieldTooLong", "errorField": "SUNO"}), Validation, NotProcessed),
        (json!({"errorType": "TransactionNotFound"}), Validation, NotProcessed),
        (json!({"errorType": "BackendGone"}), Unavailable, Unknown),
        (
            json!({"errorType": "ServerReturnedNOK", "errorCode": "WSU0103", "records": [{"A": "1"}]}),
            Unavailable,
            Unknown,
        ),
    ];
    let worded = |(mut result, kind, outcome): (Value, ErrorKind, Outcome)| {
        result["errorMessage"] = "It is wrong            ".into();
        (result, kind, outcome)
    };
    cases.map(worded).into()
}

#[tokio::test]
async fn each_refusal_by_m3_has_its_kind_and_outcome() {
    check(refusals().into_iter().map(|(mut result, kind, outcome)| {
        result["transaction"] = "AddHead".into();
        ("200 with an error", ok(json!({"results": [result], "nrOfFailedTransactions": 1})), kind, outcome)
    }))
    .await;
}

#[tokio::test]
async fn each_odd_answer_has_its_kind_and_outcome() {
    use ErrorKind::{Decode, Protocol, Unavailable, Validation};
    use Outcome::{NotProcessed, Rejected, Unknown};
    let json_of = |status, body: Value| ResponseTemplate::new(status).set_body_json(body);
    let text = |status, body: &str, media: &str| ResponseTemplate::new(status).set_body_raw(body, media);
    let broken = |status| text(status, r#"{"results": [{"transac"#, "application/json");
    let stopped = json!({"results": [{"transaction": "AddHead", "notProcessed": true}], "wasTerminated": true});
    let unknown_transaction = json!({"wasTerminated": true, "terminationErrorType": "TransactionNotFound"});
    let nok = json!({"results": [{"errorMessage": "no", "errorType": "ServerReturnedNOK"}]});
    check([
        ("not processed", ok(stopped), Unavailable, NotProcessed),
        ("no result", ok(json!({"results": []})), Decode, Unknown),
        ("another transaction's", ok(json!({"results": [{"transaction": "AddLine"}]})), Decode, Unknown),
        ("400 with M3's answer", json_of(400, nok), Validation, Rejected),
        ("400, terminated", json_of(400, unknown_transaction), Validation, NotProcessed),
        ("400, bare", ResponseTemplate::new(400), Validation, Unknown),
        ("400, html", text(400, "<html>no</html>", "text/html"), Validation, Unknown),
        ("400, other JSON", json_of(400, json!({"error": "bad request"})), Validation, Unknown),
        ("400, broken off", broken(400), Protocol, Unknown),
        ("200, broken off", broken(200), Protocol, Unknown),
        ("200, html", text(200, "<html>login</html>", "text/html"), Protocol, Unknown),
        ("200, no JSON", text(200, "busy", "text/plain"), Protocol, Unknown),
        ("200, other JSON", ok(json!({"status": "up"})), Decode, Unknown),
        ("v1", ok(json!({"Program": "X", "MIRecord": []})), Decode, Unknown),
    ])
    .await;
}

#[tokio::test]
async fn each_answer_of_the_gateway_has_its_kind_and_outcome() {
    use ErrorKind::{Auth, NotFound, Permission, RateLimited, Timeout, Unavailable, Validation};
    use Outcome::{NotProcessed, Unknown};
    let cases = [
        (401, Auth, NotProcessed),
        (403, Permission, NotProcessed),
        (404, NotFound, NotProcessed),
        (405, Validation, NotProcessed),
        (408, Timeout, Unknown),
        (429, RateLimited, NotProcessed),
        (500, Unavailable, Unknown),
        (502, Unavailable, Unknown),
        (503, Unavailable, Unknown),
        (504, Timeout, Unknown),
    ];
    check(cases.map(|(status, kind, outcome)| ("gateway", ResponseTemplate::new(status), kind, outcome))).await;
    // The gateway's own pages, and its JSON.
    let page = |status| ResponseTemplate::new(status).set_body_raw("<html>busy</html>", "text/html");
    check(cases.map(|(status, kind, outcome)| ("page", page(status), kind, outcome))).await;
    let words = |status| ResponseTemplate::new(status).set_body_json(json!({"error": "Unauthorized"}));
    check(cases.map(|(status, kind, outcome)| ("JSON", words(status), kind, outcome))).await;
}

#[tokio::test]
async fn m3s_own_words_are_kept_field_by_field() {
    let (server, m3) = tenant().await;
    let result = json!({"errorMessage": "WSU0103 Supplier S2 does not exist   ", "errorType": "ServerReturnedNOK",
        "errorCode": "WSU0103", "errorField": "SUNO"});
    on_get(&server, ok(json!({"results": [result]}))).await;
    let error = m3.execute("CRS620MI", "GetBasicData").field("SUNO", "S2").send().await.unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!(fault.error_type, MiErrorType::ServerReturnedNok);
    assert_eq!((fault.code.as_deref(), fault.field.as_deref()), (Some("WSU0103"), Some("SUNO")));
    assert_eq!(fault.message, "Supplier S2 does not exist");
    assert_eq!(error.to_string(), "CRS620MI GetBasicData: Supplier S2 does not exist (WSU0103, field SUNO)");
}

#[tokio::test]
async fn an_older_service_is_recognised() {
    let (server, m3) = tenant().await;
    on_get(&server, ok(json!({"@type": "ServerReturnedNOK", "@code": "WSU0103", "Message": "no  "}))).await;
    let error = m3.execute("CRS620MI", "GetBasicData").send().await.unwrap_err();
    assert!(error.to_string().contains("v2"), "{error}");
}

#[tokio::test]
async fn reads_are_sent_again_and_writes_only_if_unprocessed() {
    for (transaction, failure, again) in [
        ("LstByNumber", ResponseTemplate::new(503), true),
        ("GetBasicData", ResponseTemplate::new(504), true),
        ("SearchSupplier", ResponseTemplate::new(200).set_body_raw(r#"{"results": [{"#, "application/json"), true),
        ("AddSupplier", ResponseTemplate::new(503), false),
        ("AddSupplier", ResponseTemplate::new(200).set_body_raw(r#"{"results": [{"#, "application/json"), false),
        ("AddSupplier", ResponseTemplate::new(429), true),
    ] {
        let (server, m3) = tenant().await;
        Mock::given(method("GET")).respond_with(failure).up_to_n_times(1).mount(&server).await;
        on_get(&server, ok(json!({"results": [{"records": []}]}))).await;
        let result = m3.execute("CRS620MI", transaction).send().await;
        assert_eq!(result.is_ok(), again, "{transaction}: {result:?}");
        assert_eq!(m3_requests(&server).await.len(), if again { 2 } else { 1 }, "{transaction}");
    }
}

#[tokio::test]
async fn a_caller_can_vouch_for_a_transaction_that_only_reads() {
    let (server, m3) = tenant().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(503)).up_to_n_times(1).mount(&server).await;
    on_get(&server, ok(json!({"results": [{"records": []}]}))).await;
    assert!(m3.execute("CMS999MI", "ShowOrders").read().send().await.is_ok());
}

#[tokio::test]
async fn what_must_not_be_sent_is_refused_before_it_is() {
    let (server, m3) = tenant().await;
    let refused = [
        m3.execute("CRS620MI", "LstByNumber").field("SUNO", "?"),
        m3.execute("CRS620MI", "LstByNumber").field("SUNO", "a\u{0}b"),
        m3.execute("CRS620MI", "Lst/../ByNumber"),
        m3.execute("CRS620MI;a=b", "LstByNumber"),
        m3.clone().division("TOOLONG").execute("CRS620MI", "LstByNumber"),
        m3.client().m3(Company(0)).execute("CRS620MI", "LstByNumber"),
    ];
    for execute in refused {
        let error = execute.send().await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Validation, Outcome::NotProcessed), "{error}");
    }
    assert!(m3.clone().warehouse("").check().is_err());
    assert!(m3.check().is_ok());
    assert_eq!(m3.client().requests(), 0);
    assert!(m3_requests(&server).await.is_empty());
}
