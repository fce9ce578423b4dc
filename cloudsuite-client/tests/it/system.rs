use cloudsuite_client::m3::Company;
use serde_json::json;

use crate::support::{ok, on_get, on_transactions, tenant};

#[tokio::test]
async fn a_ping_tells_who_we_are_and_what_time_it_is_there() {
    let (server, m3) = tenant().await;
    on_transactions(&server, |name, _| match name {
        "GetUserInfo" => json!({"records": [{"ZZUSID": "SVC", "ZDCONO": "100", "ZDDIVI": "AAA", "TIZO": "PST"}]}),
        _ => json!({"records": [{"DATE": "20261124", "TIME": " 91502"}]}),
    })
    .await;
    let ping = m3.ping().await.unwrap();
    assert_eq!((ping.user.user.as_deref(), ping.user.company), (Some("SVC"), Some(100)));
    assert_eq!(ping.server_time.unwrap().to_string(), "2026-11-24 09:15:02");
    assert_eq!(m3.client().requests(), 2, "a login and one call");
}

#[tokio::test]
async fn a_ping_of_a_company_without_rights_says_so() {
    let (server, m3) = tenant().await;
    on_transactions(&server, |_, _| {
        json!({"errorMessage": "Not authorized for company 200", "errorType": "ServerReturnedNOK", "errorCode": "XAU0008"})
    })
    .await;
    let error = m3.client().m3(Company(200)).ping().await.unwrap_err();
    assert_eq!(error.kind(), cloudsuite_client::ErrorKind::Permission);
}

#[tokio::test]
async fn what_a_program_offers_can_be_asked() {
    let (server, m3) = tenant().await;
    on_get(
        &server,
        ok(json!({"results": [{"records": [{"TRNM": "AddHead", "TRDS": "Add order head"}, {"TRNM": "AddLine"}]}]})),
    )
    .await;
    let offered = m3.transactions("PPS370MI").await.unwrap();
    assert_eq!(offered.iter().map(|transaction| transaction.name.as_str()).collect::<Vec<_>>(), ["AddHead", "AddLine"]);
}
