//! OData over simulated services: pages, deep inserts, batches of which each part has its own outcome.

use chrono::NaiveDate;
use cloudsuite_client::odata::{
    BatchFormat, DocumentChanges, Filter, Key, NewEntity, NewInvoice, NewInvoiceLine, NewPurchaseOrder,
    NewPurchaseOrderLine, OData, ODataNames, Write,
};
use cloudsuite_client::{CloudSuiteClient, ErrorKind, Ionapi, Outcome, RetryPolicy};
use sandbox::{DeepUpdates, FaultKind, Matcher, ODataConfig, Scenario};
use serde_json::json;
use wiremock::matchers::path_regex;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{builder, issue_tokens, ok};

async fn company(config: ODataConfig) -> (sandbox::OData, OData) {
    let scenario = Scenario { orders: 1, ..Scenario::default() };
    let tenant = sandbox::OData::start(ODataConfig { scenario, ..config }).await.unwrap();
    let ionapi = Ionapi::parse(tenant.ionapi_json().as_bytes()).unwrap();
    let retry = RetryPolicy { base: std::time::Duration::ZERO, ..RetryPolicy::default() };
    let client = CloudSuiteClient::builder(ionapi).requests_per_minute(60_000).retry(retry).build().unwrap();
    (tenant, client.odata("100"))
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
}

fn order(n: usize, lines: i64) -> NewPurchaseOrder {
    let line = |line| {
        NewPurchaseOrderLine::new(line * 10, "SERVICE", 2.into(), "10.25".parse().unwrap())
            .description("Bolts")
            .account("60100")
            .cost_center("CC100")
            .delivery_date(day())
    };
    let order = NewPurchaseOrder::new("S10001", &format!("PFY{n}")).order_date(day());
    (1..=lines).fold(order, |order, n| order.line(line(n)))
}

#[tokio::test]
async fn orders_are_created_with_their_lines_and_read_the_same() {
    let (tenant, odata) = company(ODataConfig::default()).await;
    let orders = odata.purchase_orders();
    let created = orders.create(&[order(1, 3), order(2, 1)]).await;
    let number = orders.number_of(created[0].as_ref().unwrap()).unwrap();
    let found = orders.get(&[number.as_str(), "none"]).await.unwrap();
    let read = found[0].clone().unwrap();
    assert!(found[1].is_none());
    assert_eq!((read.reference.as_deref(), read.supplier.as_deref()), (Some("PFY1"), Some("S10001")));
    assert_eq!((read.total, read.order_date, read.lines.len()), (Some("61.50".parse().unwrap()), Some(day()), 3));
    assert_eq!((read.lines[2].number, read.lines[2].cost_center.as_deref()), (Some(30), Some("CC100")));
    assert_eq!(orders.find_by_reference(&["PFY2", "PFY9"]).await.unwrap().len(), 1);
    assert_eq!(tenant.documents().len(), 2);

    let change = || NewEntity::new().set("Status", "Closed");
    orders.amend(&number, read.etag.as_deref(), change()).await.unwrap();
    let stale = orders.amend(&number, read.etag.as_deref(), change()).await.unwrap_err();
    assert_eq!((stale.kind(), stale.outcome()), (ErrorKind::Conflict, Outcome::Rejected));
    orders.delete(&number, None).await.unwrap();
    assert_eq!(orders.delete(&number, None).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_thousand_orders_of_ten_lines_need_at_most_400_requests() {
    let (tenant, odata) = company(ODataConfig::default()).await;
    let new: Vec<_> = (0..1_000).map(|n| order(n, 10)).collect();
    assert!(odata.purchase_orders().create(&new).await.iter().all(Result::is_ok));
    let total = tenant.stats().total;
    println!("{total} requests for 1,000 orders of 10 lines; one by one 1,001");
    assert!(total <= 400, "{total}");

    let (tenant, odata) = company(ODataConfig::default()).await;
    assert!(odata.writes_per_batch(1).purchase_orders().create(&new[..20]).await.iter().all(Result::is_ok));
    assert_eq!(tenant.stats().requests["POST Orders"], 20, "without batches, one by one");
}

#[tokio::test]
async fn each_part_of_a_batch_has_its_own_outcome() {
    let (tenant, odata) = company(ODataConfig { unique_references: true, ..ODataConfig::default() }).await;
    let orders = odata.purchase_orders();
    let wrong = NewPurchaseOrder::new("NOBODY", "PFY2");
    let results = orders.create(&[order(1, 1), wrong, order(1, 1), order(3, 1)]).await;
    let judged: Vec<_> =
        results.iter().map(|one| one.as_ref().map(|_| ()).map_err(|e| (e.kind(), e.outcome()))).collect();
    let refused = |kind| Err((kind, Outcome::Rejected));
    assert_eq!(judged, [Ok(()), refused(ErrorKind::Validation), refused(ErrorKind::Conflict), Ok(())]);
    assert!(results[1].as_ref().unwrap_err().message().contains("Supplier NOBODY does not exist"));

    tenant.fault_next(Matcher::operation("POST $batch"), FaultKind::BulkTerminated);
    let stopped = orders.create(&[order(11, 1), order(12, 1), order(13, 1)]).await;
    let made = tenant.documents().len() - 2;
    assert!(stopped[made..].iter().all(|one| one.as_ref().is_err_and(|e| e.outcome() == Outcome::NotProcessed)));

    tenant.fault_next(Matcher::operation("POST $batch"), FaultKind::ShortResults);
    let short = orders.create(&[order(21, 1), order(22, 1), order(23, 1)]).await;
    let unknown =
        |one: &Result<_, cloudsuite_client::Error>| one.as_ref().is_err_and(|e| e.outcome() == Outcome::Unknown);
    assert!(short.iter().all(|one| one.is_ok() || unknown(one)) && short.iter().any(unknown));

    tenant.fault_next(Matcher::operation("POST $batch"), FaultKind::ServerErrorAfter);
    assert!(orders.create(&[order(31, 1), order(32, 1)]).await.iter().all(unknown));
}

#[tokio::test]
async fn lists_are_read_page_by_page_by_links_of_either_kind() {
    for relative_links in [false, true] {
        let (tenant, odata) = company(ODataConfig { relative_links, page_size: 7, ..ODataConfig::default() }).await;
        let suppliers = odata.suppliers().list().all().await.unwrap();
        assert_eq!((suppliers.len(), tenant.stats().requests["GET Suppliers"]), (59, 9));
        assert!(suppliers.windows(2).all(|pair| pair[0].number < pair[1].number));
        assert_eq!(odata.suppliers().list().top(10).all().await.unwrap().len(), 10);
        let page = odata.suppliers().list().count().page_size(3).page(None).await.unwrap();
        assert_eq!((page.items.len(), page.count), (3, Some(59)));
        assert!(page.next.is_some());
    }
    let (_tenant, odata) = company(ODataConfig::default()).await;
    assert_eq!(odata.accounts().list().all().await.unwrap().len(), 39);
    assert_eq!(odata.cost_centers().list().all().await.unwrap()[0].code, "CC100");
    assert_eq!(odata.customers().all().await.unwrap().len(), 3);
    assert!(!odata.items().filter(Filter::property("Blocked").eq(false)).all().await.unwrap().is_empty());
    odata.ping().await.unwrap();
}

#[tokio::test]
async fn lines_that_the_server_pages_inside_their_order_are_read_to_the_end() {
    for relative_links in [false, true] {
        let config = ODataConfig { page_size: 4, expanded_page_size: 3, relative_links, ..ODataConfig::default() };
        let (tenant, odata) = company(config).await;
        let orders = odata.purchase_orders();
        let created = orders.create(&[order(1, 15), order(2, 3), order(3, 4)]).await;
        let number = orders.number_of(created[0].as_ref().unwrap()).unwrap();
        let read = orders.list().all().await.unwrap();
        let lines: Vec<i64> = read[0].lines.iter().filter_map(|line| line.number).collect();
        assert_eq!(lines, (1..=15).map(|line| line * 10).collect::<Vec<_>>(), "relative: {relative_links}");
        assert_eq!((read[1].lines.len(), read[2].lines.len()), (3, 4));
        // 3 with the order, then 4 at a time.
        assert_eq!(tenant.stats().requests["GET Orders({id})/Lines"], 3 + 1);
        let service = odata.service("tdapi.purPurchaseOrder");
        let one = service.get("Orders", &Key::of(number.as_str()), &["Lines"]).await.unwrap().unwrap();
        assert_eq!(one.children("Lines").unwrap().len(), 15);
    }
}

#[tokio::test]
async fn half_of_a_collection_is_never_taken_for_all_of_it() {
    let half = json!({"Order": "1", "Lines": [{"Line": 10}], "Lines@odata.nextLink": "Orders('1')/Lines?$skip=1"});
    let entity: cloudsuite_client::odata::Entity = serde_json::from_str(&half.to_string()).unwrap();
    assert!(entity.children("Lines").is_err());
    for (link, words) in [("Lines?$skip=1", "does not move on"), ("https://evil.example.com/x", "another host")] {
        let server = MockServer::start().await;
        issue_tokens(&server).await;
        let rest = json!({"value": [{"Line": 20}], "@odata.nextLink": link});
        Mock::given(path_regex("Lines")).respond_with(ok(rest)).mount(&server).await;
        Mock::given(path_regex("/lnapi/")).respond_with(ok(json!({"value": [half.clone()]}))).mount(&server).await;
        let odata = builder(&server).build().unwrap().odata("100");
        let error = odata.purchase_orders().list().all().await.unwrap_err();
        assert!(error.message().contains(words), "{link}: {error}");
        assert!(server.received_requests().await.unwrap().len() <= 5);
    }
}

#[tokio::test]
async fn lines_are_changed_by_their_keys_with_their_head_or_inside_it_where_that_is_set() {
    for (deep, format) in [(false, BatchFormat::Json), (false, BatchFormat::Multipart), (true, BatchFormat::Json)] {
        let deep_updates = if deep { DeepUpdates::Accepted } else { DeepUpdates::Refused };
        let (tenant, odata) = company(ODataConfig { deep_updates, ..ODataConfig::default() }).await;
        let odata = odata.deep_updates(deep).batch_format(format);
        let orders = odata.purchase_orders();
        let created = orders.create(&[order(1, 3)]).await.remove(0).unwrap();
        let number = orders.number_of(&created).unwrap();
        let read = async || orders.get(&[&number]).await.unwrap().remove(0).unwrap();
        let before = read().await;
        let line = |number: i64, quantity: i64| {
            NewPurchaseOrderLine::new(number, "SERVICE", quantity.into(), "10.25".parse().unwrap()).account("60100")
        };
        let changes = || {
            DocumentChanges::new()
                .property("Status", "Sent")
                .keep_line(line(10, 2))
                .change_line(line(20, 7), before.lines[1].etag.as_deref())
                .add_line(line(40, 1))
                .remove_line(30, before.lines[2].etag.as_deref())
        };
        orders.change(&number, before.etag.as_deref(), &changes()).await.unwrap();
        let after = read().await;
        let lines: Vec<_> = after.lines.iter().map(|line| (line.number, line.quantity.unwrap())).collect();
        assert_eq!(lines, [(Some(10), 2.into()), (Some(20), 7.into()), (Some(40), 1.into())], "{deep} {format:?}");
        assert_eq!(after.status.as_deref(), Some("Sent"));
        // The head, or a line of it, has changed since: nothing of the changes is made.
        for etag in [before.etag.as_deref(), None] {
            if deep && etag.is_none() {
                continue;
            }
            let stale = orders.change(&number, etag, &changes()).await.unwrap_err();
            assert_eq!((stale.kind(), stale.outcome()), (ErrorKind::Conflict, Outcome::Rejected), "{stale}");
            assert_eq!(read().await.lines, after.lines, "{deep} {format:?}");
        }
        assert_eq!(tenant.documents().len(), 1);
    }
}

#[tokio::test]
async fn invoices_are_found_by_the_suppliers_number_and_by_the_reference() {
    let (tenant, odata) = company(ODataConfig::default()).await;
    let invoices = odata.invoices();
    let new = NewInvoice::new("S10001", "o'neil 1/2", day(), "50.00".parse().unwrap(), "PFYB1")
        .line(NewInvoiceLine::new(1, "60100", "50.00".parse().unwrap()).cost_center("CC100"));
    assert!(invoices.create(&[new]).await[0].is_ok());
    let found = invoices.find_by_invoice(&[("S10001", " O'Neil 1/2"), ("S10002", "O'Neil 1/2")]).await.unwrap();
    assert_eq!((found[0].len(), found[0][0].lines[0].account.as_deref(), found[1].len()), (1, Some("60100"), 0));
    assert_eq!(invoices.find_by_reference(&["PFYB1"]).await.unwrap()[0].amount, Some("50.00".parse().unwrap()));
    assert_eq!(tenant.documents()[0].kind, "invoice");
}

async fn answering(response: ResponseTemplate) -> (MockServer, OData) {
    let server = MockServer::start().await;
    issue_tokens(&server).await;
    Mock::given(path_regex("/lnapi/")).respond_with(response).mount(&server).await;
    let odata = builder(&server).build().unwrap().odata("100");
    (server, odata)
}

#[tokio::test]
async fn every_failure_has_its_kind_and_says_whether_a_write_may_have_been_made() {
    use ErrorKind::{Auth, Conflict, Decode, NotFound, Permission, RateLimited, Timeout, Unavailable, Validation};
    use Outcome::{NotProcessed, Rejected, Unknown};
    let body = json!({"error": {"code": "x", "message": "why", "target": "Supplier"}});
    for (status, kind, outcome) in [
        (400, Validation, Rejected),
        (401, Auth, NotProcessed),
        (403, Permission, NotProcessed),
        (404, NotFound, NotProcessed),
        (409, Conflict, Rejected),
        (412, Conflict, Rejected),
        (422, Validation, Rejected),
        (428, Validation, NotProcessed),
        (429, RateLimited, NotProcessed),
        (500, Unavailable, Unknown),
        (503, Unavailable, Unknown),
        (504, Timeout, Unknown),
    ] {
        let (_server, odata) = answering(ResponseTemplate::new(status).set_body_json(&body)).await;
        let error = odata.service("s").write(&Write::create("Orders", NewEntity::new())).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{status}: {error}");
        assert!(error.message().contains("why"), "{error}");
    }
    let (_server, odata) = answering(ResponseTemplate::new(400)).await;
    let error = odata.service("s").write(&Write::create("Orders", NewEntity::new())).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (Validation, Unknown), "a bare 400 proves nothing");
    let (_server, odata) = answering(ok(json!({"results": []}))).await;
    let error = odata.suppliers().list().all().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (Decode, Unknown));
    let (_server, odata) = answering(ResponseTemplate::new(201)).await;
    assert!(odata.service("s").write(&Write::create("Orders", NewEntity::new())).await.unwrap().is_empty());
}

#[tokio::test]
async fn links_are_followed_on_the_same_host_only_and_never_in_circles() {
    for (link, words) in [
        ("https://evil.example.com/next", "another host"),
        ("//evil.example.com/next", "another host"),
        ("http://[broken", "no address"),
        ("Suppliers?$orderby=Supplier", "does not move on"),
    ] {
        let (server, odata) = answering(ok(json!({"value": [{"Supplier": "1"}], "@odata.nextLink": link}))).await;
        let error = odata.suppliers().list().all().await.unwrap_err();
        assert!(error.message().contains(words), "{link}: {error}");
        assert!(server.received_requests().await.unwrap().len() <= 5);
    }
}

#[tokio::test]
async fn names_are_the_tenants_own_and_values_stay_in_their_place() {
    let (server, _) = answering(ok(json!({"value": []}))).await;
    let mut names = ODataNames::default();
    names.purchase_orders = names.purchase_orders.at("my.orders", "POs").rename("Reference", "RefA");
    let odata = builder(&server).build().unwrap().odata("200").root("/X/odata/").names(names).header("x-a", "b");
    let odata = &odata;
    Mock::given(path_regex("/X/odata/my.orders")).respond_with(ok(json!({"value": []}))).mount(&server).await;
    odata.purchase_orders().find_by_reference(&["a' or 1 eq 1&$top=1#"]).await.unwrap();
    let service = odata.service("my.orders");
    let _ = service.write(&Write::delete("POs", &Key::of("a/../b?x"), Some("W/\"1\""))).await;
    let requests = server.received_requests().await.unwrap();
    let query: Vec<(String, String)> = requests[1].url.query_pairs().into_owned().collect();
    assert_eq!(query[0], ("$filter".to_owned(), "RefA eq 'a'' or 1 eq 1&$top=1#'".to_owned()));
    assert!(query.iter().all(|(name, _)| name != "$top"));
    assert_eq!(
        (&requests[1].headers["x-infor-lncompany"], &requests[1].headers["x-a"]),
        (&"200".parse().unwrap(), &"b".parse().unwrap())
    );
    assert_eq!(requests[2].url.path(), "/ACME_TST/X/odata/my.orders/POs('a%2F..%2Fb%3Fx')");
    assert_eq!(requests[2].headers["if-match"], "W/\"1\"");
}
