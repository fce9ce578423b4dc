//! M3's lists and single transactions: options, keys, ceilings, field rules.

use hyper::StatusCode;
use sandbox::{M3Config, Scenario};
use serde_json::Value;

use crate::client::{Clerk, send, small};

fn column(result: &Value, name: &str) -> Vec<String> {
    let records = result["records"].as_array().unwrap();
    records.iter().map(|record| record[name].as_str().unwrap().trim_end().to_owned()).collect()
}

#[tokio::test]
async fn a_list_begins_with_its_start_key_and_is_in_key_order() {
    let clerk = Clerk::small().await;
    let result = clerk.one("CRS620MI/LstByNumber?SUNO=S10005&maxrecs=3").await;
    assert_eq!(column(&result, "SUNO"), ["S10005", "S10006", "S10007"]);

    let excluding = Clerk::new(M3Config { exclude_start_key: true, scenario: small(), ..M3Config::default() }).await;
    let result = excluding.one("CRS620MI/LstByNumber?SUNO=S10005&maxrecs=3").await;
    assert_eq!(column(&result, "SUNO"), ["S10006", "S10007", "S10008"]);
}

#[tokio::test]
async fn a_list_gives_100_rows_by_default_and_the_hidden_ceiling_at_most() {
    let scenario = Scenario { vendors: 1_100, ..small() };
    let clerk = Clerk::new(M3Config { scenario, ..M3Config::default() }).await;
    for (options, rows) in [("", 100), ("?maxrecs=7", 7), ("?maxrecs=0", 1000), (";maxrecs=150", 150)] {
        let result = clerk.one(&format!("CRS620MI/LstSuppliers{options}")).await;
        assert_eq!(result["records"].as_array().unwrap().len(), rows, "{options}");
    }
}

#[tokio::test]
async fn one_grid_hears_options_as_matrix_parameters_only() {
    let scenario = Scenario { vendors: 150, ..small() };
    let clerk = Clerk::new(M3Config { matrix_options_only: true, scenario, ..M3Config::default() }).await;
    let rows = async |call: &str| clerk.one(call).await["records"].as_array().unwrap().len();
    assert_eq!(rows("CRS620MI/LstSuppliers?maxrecs=0").await, 100);
    assert_eq!(rows("CRS620MI/LstSuppliers;maxrecs=0?maxrecs=0").await, 149);
    let fields = async |call: &str| clerk.one(call).await["records"][0].as_object().unwrap().len();
    assert!(fields("CRS620MI/LstSuppliers?returncols=SUNO").await > 1);
    assert_eq!(fields("CRS620MI/LstSuppliers;returncols=SUNO").await, 1);
}

#[tokio::test]
async fn texts_are_padded_until_trimmed_and_empty_fields_there_until_excluded() {
    let clerk = Clerk::small().await;
    let plain = clerk.one("CRS620MI/GetBasicData?SUNO=S10001").await;
    assert_eq!(plain["records"][0]["SUNO"], "S10001    ");
    assert_eq!(plain["records"][0]["VRNO"].as_str().unwrap().trim(), "");
    let call = "CRS620MI/GetBasicData?SUNO=S10001&righttrim=true&excludeempty=true&_rid=9";
    let trimmed = clerk.one(call).await;
    assert_eq!(trimmed["records"][0]["SUNO"], "S10001");
    assert!(trimmed["records"][0].get("VRNO").is_none());
    let two = clerk.one("CRS620MI/GetBasicData/;returncols=SUNO%2CSTAT?SUNO=s10001").await;
    assert_eq!(two["records"][0].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn refusals_say_which_layer_refused() {
    let clerk = Clerk::small().await;
    for (call, kind, field) in [
        ("CRS620MI/GetBasicData", "MandatoryInputFieldNotFound", "SUNO"),
        ("CRS620MI/GetBasicData?SUNO=S100010000", "ServerReturnedNOK", "SUNO"),
        ("CRS620MI/GetBasicData?SUNO=S10001000001", "InputFieldTooLong", "SUNO"),
        ("CRS620MI/GetBasicData?SUNO=S10001&SUNOX=1", "InputFieldNotFound", "SUNOX"),
        ("CRS630MI/LstAccountID?AITP=x", "ServerReturnedNOK", "AITP"),
    ] {
        let result = clerk.one(call).await;
        assert_eq!(result["errorType"], kind, "{call}");
        assert_eq!(result["errorField"], field, "{call}");
        assert!(result["errorMessage"].as_str().unwrap().ends_with("   "), "{call}");
    }
    let missing = clerk.one("CRS620MI/GetBasicData?SUNO=S99999").await;
    assert_eq!(missing["errorCode"], "WSU0103");
    assert_eq!(missing["records"], serde_json::json!([]));
}

#[tokio::test]
async fn a_refusal_may_come_without_a_code_and_without_records() {
    let config =
        M3Config { error_codes: false, records_beside_errors: false, scenario: small(), ..M3Config::default() };
    let clerk = Clerk::new(config).await;
    let missing = clerk.one("CRS620MI/GetBasicData?SUNO=S99999").await;
    assert_eq!(missing["errorType"], "ServerReturnedNOK");
    assert!(missing.get("errorCode").is_none() && missing.get("records").is_none());
}

#[tokio::test]
async fn an_unknown_transaction_is_a_bare_400_and_an_unknown_product_a_404() {
    let clerk = Clerk::small().await;
    for call in ["CRS620MI/Nothing", "NOTHINGMI/Get", "crs620mi/LstSuppliers"] {
        let answer = clerk.get(call).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::BAD_REQUEST, 0), "{call}");
    }
    let bearer = [("authorization", clerk.bearer.as_str())];
    let url = format!("{}/SANDBOX_TST/CSI/anything", clerk.tenant.base_url());
    assert_eq!(send("GET", &url, &bearer, "").await.status, StatusCode::NOT_FOUND);
    let url = format!("{}/OTHER_TST/M3/m3api-rest/v2/execute/GENERAL/GetUserInfo", clerk.tenant.base_url());
    assert_eq!(send("GET", &url, &bearer, "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_older_service_answers_in_its_own_form() {
    let clerk = Clerk::small().await;
    let base = format!("{}/SANDBOX_TST/M3/m3api-rest/execute", clerk.tenant.base_url());
    let bearer = [("authorization", clerk.bearer.as_str())];
    let found = send("GET", &format!("{base}/CRS620MI/LstSuppliers;maxrecs=1"), &bearer, "").await.json();
    assert_eq!(found["MIRecord"].as_array().unwrap().len(), 1);
    let refused = send("GET", &format!("{base}/CRS620MI/GetBasicData?SUNO=NO"), &bearer, "").await.json();
    assert_eq!(refused["@type"], "ServerReturnedNOK");
}

#[tokio::test]
async fn a_tenant_says_what_it_offers() {
    let clerk = Clerk::small().await;
    let programs = clerk.one("MRS001MI/LstPrograms?righttrim=true").await;
    assert!(column(&programs, "MINM").contains(&"PPS370MI".to_owned()));
    let transactions = clerk.one("MRS001MI/LstTransactions?MINM=PPS370MI").await;
    assert_eq!(column(&transactions, "TRNM").len(), 9);
    let fields = clerk.one("MRS001MI/LstFields?MINM=PPS370MI&TRNM=AddHead&TRTP=I").await;
    let records = fields["records"].as_array().unwrap();
    let reference = records.iter().find(|field| field["FLNM"].as_str().unwrap().trim() == "YRE1").unwrap();
    assert_eq!(reference["LENG"], "36");
}

#[tokio::test]
async fn suppliers_can_be_added_changed_and_found_by_time() {
    let clerk = Clerk::small().await;
    let stamp = clerk.one("GENERAL/GetServerTime").await["records"][0]["LMTS"].as_str().unwrap().to_owned();
    let required = "SUNO=NEW1&SUNM=New%20One&SUTY=0&CSCD=CA&ECAR=BC&LNCD=GB&DTFM=YMD&MEPF=01&SUCL=A&QUCL=A&ORTY=P10\
        &TEDL=FOB&MODL=TRK&TEAF=A&TEPA=A&DT4T=0&DTCD=0&CUCD=CAD&CRTP=1&TEPY=N30&PYME=CHK&ATPR=0&ACRF=STD";
    clerk.tenant.advance(std::time::Duration::from_secs(5));
    let added = clerk.one(&format!("CRS620MI/AddSupplier?{required}")).await;
    assert!(added.get("errorMessage").is_none(), "{added}");
    let twice = clerk.one(&format!("CRS620MI/AddSupplier?{required}")).await;
    assert_eq!(twice["errorCode"], "WSU0104");
    let updated = clerk.one("CRS620MI/UpdSupplier?SUNO=NEW1&SUNM=Newer").await;
    assert!(updated.get("errorMessage").is_none());
    let later: u64 = stamp.parse::<u64>().unwrap() + 1_000;
    let changed = clerk.one(&format!("CRS620MI/LstSuppliers?LMTS={later}")).await;
    assert_eq!(column(&changed, "SUNM"), ["Newer"]);
    let found = clerk.one("CRS620MI/SearchSupplier?SQRY=SUNO:NEW1").await;
    assert_eq!(column(&found, "SUNM"), ["Newer"]);
}

#[tokio::test]
async fn masters_are_there_for_orders_to_refer_to() {
    let clerk = Clerk::small().await;
    for (call, field, value) in [
        ("MMS200MI/GetItmBasic?ITNO=SERVICE", "STAT", "20"),
        ("CRS630MI/GetAccountID?AITP=2&AITM=CC100", "TX40", "Operations"),
        ("CRS008MI/ListFacility", "FACI", "A01"),
        ("MMS005MI/LstWarehouses", "WHLO", "001"),
        ("CRS610MI/LstByNumber", "CUNO", "C1001"),
        ("GENERAL/GetUserInfo", "ZDCONO", "100"),
    ] {
        let result = clerk.one(&format!("{call}{}righttrim=true", if call.contains('?') { '&' } else { '?' })).await;
        assert_eq!(result["records"][0][field], value, "{call}");
    }
}

#[tokio::test]
async fn another_company_is_served_or_refused_by_setting() {
    let clerk = Clerk::small().await;
    let served = clerk.one("CRS620MI/GetBasicData?SUNO=S10001&cono=409").await;
    assert_eq!(served["records"][0]["CONO"], "409");
    let strict = Clerk::new(M3Config { only_own_company: true, scenario: small(), ..M3Config::default() }).await;
    let refused = strict.one("CRS620MI/GetBasicData?SUNO=S10001&cono=409").await;
    assert_eq!(refused["errorCode"], "XAU0008");
}
