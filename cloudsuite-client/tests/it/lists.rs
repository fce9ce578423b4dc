use chrono::NaiveDate;
use cloudsuite_client::m3::{AccountId, Dimension, ItemNumber, SupplierNumber};
use cloudsuite_client::{ErrorKind, Outcome};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request};

use crate::support::{has, m3_requests, of_program, ok, on_get, on_transactions, query, tenant};

/// Answers a list from this table: from the start field on, as many as asked, `ceiling` at most.
async fn serve(server: &MockServer, start_field: &'static str, key: &'static str, table: Vec<Value>, ceiling: usize) {
    serve_from(server, start_field, key, table, ceiling, true).await;
}

/// The same, with the rows of the start key or without them.
async fn serve_from(
    server: &MockServer,
    start_field: &'static str,
    key: &'static str,
    table: Vec<Value>,
    ceiling: usize,
    with_start: bool,
) {
    Mock::given(of_program("[A-Z0-9]+"))
        .respond_with(move |request: &Request| {
            let value = |name: &str| query(request).into_iter().find(|(n, _)| n == name).map(|(_, value)| value);
            let start = value(start_field).unwrap_or_default();
            let asked: usize = value("maxrecs").unwrap().parse().unwrap();
            let follows = |row: &&Value| match row[key].as_str().unwrap() {
                same if same == start => with_start,
                other => other > start.as_str(),
            };
            let records: Vec<&Value> = table.iter().filter(follows).take(asked.min(ceiling)).collect();
            ok(json!({"results": [{"records": records}]}))
        })
        .mount(server)
        .await;
}

fn suppliers(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({"SUNO": format!("S{n:05}"), "SUNM": format!("Supplier {n}  "), "STAT": "20"})).collect()
}

#[tokio::test]
async fn suppliers_are_listed_page_by_page_past_a_hidden_ceiling() {
    let (server, m3) = tenant().await;
    serve(&server, "SUNO", "SUNO", suppliers(2_345), 1_000).await;
    let all = m3.suppliers().list().page_size(5_000).all().await.unwrap();
    assert_eq!(all.len(), 2_345);
    assert_eq!(all[2_344].number.as_str(), "S02344");
    assert_eq!((all[7].name.as_deref(), all[7].is_active()), (Some("Supplier 7"), Some(true)));
    let requests = m3_requests(&server).await;
    assert_eq!(requests.len(), 3);
    assert!(has(&query(&requests[0]), "SUNO", "!"), "a first number is demanded");
    assert!(has(&query(&requests[1]), "SUNO", "S00998"), "the last number that is known to be complete");
    assert!(has(&query(&requests[2]), "SUNO", "S01997"), "the last of a list that begins with its start number");
}

#[tokio::test]
async fn no_list_is_cut_at_100_nor_1000_nor_10000_rows() {
    for (ceiling, count) in [(100, 230), (1_000, 2_001), (10_000, 10_500)] {
        for with_start in [true, false] {
            let (server, m3) = tenant().await;
            serve_from(&server, "SUNO", "SUNO", suppliers(count), ceiling, with_start).await;
            let all = m3.suppliers().list().page_size(50_000).all().await.unwrap();
            let numbers: Vec<&str> = all.iter().map(|supplier| supplier.number.as_str()).collect();
            assert!(numbers.is_sorted() && numbers.len() == count, "{} of {count} past {ceiling}", numbers.len());
        }
    }
}

#[tokio::test]
async fn a_list_without_a_key_that_may_have_been_cut_is_refused() {
    for ceiling in [100, 1_000, 10_000] {
        for (count, whole) in [(ceiling - 1, true), (ceiling, false), (ceiling + 1, false)] {
            let (server, m3) = tenant().await;
            serve(&server, "SUNO", "SUNO", suppliers(count), ceiling).await;
            let list = m3.list("CRS620MI", "LstSuppliers").page_size(50_000).all().await;
            assert_eq!(list.is_ok(), whole, "{count} rows under a ceiling of {ceiling}");
            assert!(list.is_ok_and(|rows| rows.len() == count) || !whole);
        }
    }
}

#[tokio::test]
async fn items_that_changed_on_the_same_day_all_come_however_pages_fall() {
    let table: Vec<Value> =
        (0..60).map(|n| json!({"ITNO": format!("I{n:03}"), "LMDT": (20_261_101 + n / 7).to_string()})).collect();
    for (page, with_start) in [(3, true), (3, false), (8, true), (8, false), (14, false)] {
        let (server, m3) = tenant().await;
        serve_from(&server, "FLMD", "LMDT", table.clone(), 1_000, with_start).await;
        let day = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
        let items = m3.items().changed_since(day).page_size(page).all().await.unwrap();
        let numbers: Vec<&str> = items.iter().map(|item| item.number.as_str()).collect();
        let first = if with_start { 0 } else { 7 };
        let wanted: Vec<&str> = table[first..].iter().map(|row| row["ITNO"].as_str().unwrap()).collect();
        assert_eq!(numbers, wanted, "page {page}, with the start key {with_start}");
    }
}

#[tokio::test]
async fn the_other_list_of_suppliers_starts_without_a_number() {
    let (server, m3) = tenant().await;
    serve(&server, "FRSU", "SUNO", suppliers(5), 1_000).await;
    let all = m3.suppliers().list_terms().field("LMTS", "99").all().await.unwrap();
    assert_eq!((all.len(), all[0].currency.as_deref()), (5, None));
    let query = query(&m3_requests(&server).await[0]);
    assert!(has(&query, "LMTS", "99") && query.iter().all(|(name, _)| name != "FRSU"));
}

#[tokio::test]
async fn a_stream_asks_for_at_most_one_page_more_than_is_taken() {
    let (server, m3) = tenant().await;
    serve(&server, "SUNO", "SUNO", suppliers(500), 1_000).await;
    let some: Vec<_> = m3.suppliers().list().page_size(100).stream().take(150).try_collect().await.unwrap();
    assert_eq!(some.len(), 150);
    assert!((2..=3).contains(&m3_requests(&server).await.len()));
}

#[tokio::test]
async fn an_error_ends_a_list_and_half_a_list_is_none() {
    let (server, m3) = tenant().await;
    let broken = json!({"records": [{"SUNO": "S1"}], "errorMessage": "lost", "errorType": "ServerReturnedNOK"});
    on_get(&server, ok(json!({"results": [broken]}))).await;
    let rows: Vec<_> = m3.suppliers().list().stream().collect().await;
    assert_eq!(rows.len(), 1);
    assert!(rows[0].as_ref().unwrap_err().to_string().contains("after 1 rows"));
    assert!(m3.suppliers().list().all().await.is_err());
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named() {
    let (server, m3) = tenant().await;
    on_get(&server, ok(json!({"results": [{"records": [{"AITP": "1", "AITM": "5410", "VFDT": "soon"}]}]}))).await;
    let error = m3.gl_accounts().list(Dimension::ACCOUNT).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    for part in ["AITM 5410", "VFDT", "soon"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn accounts_come_with_their_validity_and_their_demands() {
    let (server, m3) = tenant().await;
    let table = vec![
        json!({"AITP": "1", "AITM": "5410", "TX15": "Cleaning", "TX40": "Cleaning services", "LCCD": "0", "AT13": "0",
            "VFDT": "20200101", "VTDT": "99999999", "ACR2": "1", "DIVI": "AAA"}),
        json!({"AITP": "1", "AITM": "5420", "LCCD": "1", "VFDT": "0", "VTDT": "20251231"}),
    ];
    serve(&server, "AITM", "AITM", table, 1_000).await;
    let accounts = m3.gl_accounts().list(Dimension::ACCOUNT).all().await.unwrap();
    let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    assert_eq!((accounts[0].id.as_str(), accounts[0].name.as_deref()), ("5410", Some("Cleaning")));
    assert_eq!(accounts[0].dimensions, [1, 0, 0, 0, 0, 0]);
    assert!(accounts[0].is_usable_on(day) && !accounts[0].blocked);
    assert!(accounts[1].blocked && !accounts[1].is_usable_on(day));
    assert_eq!(accounts[1].valid_to, NaiveDate::from_ymd_opt(2025, 12, 31));
    assert!(has(&query(&m3_requests(&server).await[0]), "AITP", "1"));
}

#[tokio::test]
async fn accounts_changed_since_a_day_are_picked_out_of_all() {
    let (server, m3) = tenant().await;
    let row = |id: usize, day: &str| json!({"AITP": "1", "AITM": format!("{id:04}"), "LMDT": day});
    let mut table: Vec<Value> = (0..20).map(|id| row(id, "20261101")).collect();
    table.extend([row(20, "20261123"), row(21, "20261124"), row(22, "20261125"), row(23, "")]);
    serve(&server, "AITM", "AITM", table, 1_000).await;
    let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    let changed = m3.gl_accounts().changed_since(Dimension::ACCOUNT, day);
    let ids: Vec<String> = changed.map_ok(|account| account.id.to_string()).try_collect().await.unwrap();
    assert_eq!(ids, ["0021", "0022", "0023"]);
}

#[tokio::test]
async fn many_are_fetched_in_one_call_and_the_absent_are_none() {
    let (server, m3) = tenant().await;
    on_transactions(&server, |name, record| {
        let (key, field) = match name {
            "GetBasicData" => ("SUNO", "SUNM"),
            "GetItmBasic" => ("ITNO", "ITDS"),
            _ => ("AITM", "TX15"),
        };
        match record[key].as_str().unwrap() {
            "A" => json!({"records": [{key: "A", field: "Name", "AITP": "2"}]}),
            "GONE" => json!({"errorMessage": "x", "errorType": "ServerReturnedNOK", "errorCode": "WXX0103", "errorField": key}),
            "SHUT" => json!({"errorMessage": "x", "errorType": "ServerReturnedNOK", "errorCode": "XAU0008", "errorField": key}),
            "EMPTY" => json!({"records": []}),
            _ => json!({"records": [{key: "OTHER", "AITP": "2"}]}),
        }
    })
    .await;
    let keys = ["A", "GONE", "SHUT", "EMPTY"];
    let suppliers: Vec<_> = keys.iter().chain(&["ODD"]).map(|key| SupplierNumber::new(key).unwrap()).collect();
    let found = m3.suppliers().get(&suppliers).await;
    assert_eq!(found[0].as_ref().unwrap().as_ref().unwrap().name.as_deref(), Some("Name"));
    assert!(found[1].as_ref().unwrap().is_none() && found[3].as_ref().unwrap().is_none());
    assert_eq!(found[2].as_ref().unwrap_err().kind(), ErrorKind::Permission);
    assert!(found[4].as_ref().unwrap_err().to_string().contains("OTHER came"));

    let items: Vec<_> = keys.iter().map(|key| ItemNumber::new(key).unwrap()).collect();
    let found = m3.items().get(&items).await;
    assert_eq!(found[0].as_ref().unwrap().as_ref().unwrap().name.as_deref(), Some("Name"));
    assert!(found[1].as_ref().unwrap().is_none() && found[2].is_err());

    let ids: Vec<_> = keys.iter().map(|key| AccountId::new(key).unwrap()).collect();
    let found = m3.gl_accounts().get(Dimension::new(2).unwrap(), &ids).await;
    assert_eq!(found[0].as_ref().unwrap().as_ref().unwrap().dimension.number(), 2);
    assert!(found[1].as_ref().unwrap().is_none());
    assert_eq!(found[2].as_ref().unwrap_err().outcome(), Outcome::Rejected);
    assert_eq!(m3_requests(&server).await.len(), 3);
}

#[tokio::test]
async fn suppliers_are_found_by_the_beginning_of_their_name() {
    let (server, m3) = tenant().await;
    let rows =
        json!([{"SUNO": "1", "SUNM": "BOLT & CO"}, {"SUNO": "2", "SUNM": "Boltworks"}, {"SUNO": "3", "SUNM": "Nuts"}]);
    on_get(&server, ok(json!({"results": [{"records": rows}]}))).await;
    let found = m3.suppliers().find_by_name("bolt").await.unwrap();
    assert_eq!(found.iter().map(|supplier| supplier.number.as_str()).collect::<Vec<_>>(), ["1", "2"]);
}

#[tokio::test]
async fn all_suppliers_of_a_name_are_found_whatever_the_page_and_the_start() {
    let row = |(n, name): (usize, String)| json!({"SUNO": format!("S{n:03}"), "SUNM": name});
    let others = ["Acme".to_owned(), "Bola".to_owned(), "Zinc".to_owned()];
    let mut names: Vec<String> = (0..230).map(|n| format!("Bolt {:03}", n / 2)).chain(others).collect();
    names.extend((0..900).map(|n| format!("Nuts {n:03}")));
    names.push("Bolt".to_owned());
    names.sort();
    let table: Vec<Value> = names.into_iter().enumerate().map(row).collect();
    for with_start in [true, false] {
        let (server, m3) = tenant().await;
        serve_from(&server, "SUNM", "SUNM", table.clone(), 100, with_start).await;
        let suppliers = m3.suppliers();
        assert_eq!(suppliers.find_by_name("Bolt").await.unwrap().len(), 231, "{with_start}");
        assert_eq!(suppliers.find_by_name("Bolt 114").await.unwrap().len(), 2, "{with_start}");
        assert_eq!(suppliers.find_by_name("Z").await.unwrap().len(), 1, "{with_start}");
        assert!(suppliers.find_by_name("Copper").await.unwrap().is_empty(), "{with_start}");
    }
}

#[tokio::test]
async fn items_and_any_other_list_are_read_the_same_way() {
    let (server, m3) = tenant().await;
    let table =
        (0..30).map(|n| json!({"ITNO": format!("I{n:03}"), "ITDS": "Thing", "UNMS": "PCS", "DCCD": "2"})).collect();
    serve(&server, "ITNO", "ITNO", table, 1_000).await;
    let items = m3.items().list().page_size(7).all().await.unwrap();
    assert_eq!((items.len(), items[29].decimals), (30, Some(2)));
    let rows =
        m3.list("MMS200MI", "LstItmByItm").key("ITNO", "ITNO").starting_at("I010").page_size(7).all().await.unwrap();
    assert_eq!((rows.len(), rows[0].text("ITNO")), (20, Some("I010")));
}
