//! Batches in both formats: each write with its own outcome, or a change set all or nothing. And suppliers.

use cloudsuite_client::odata::{
    BatchFormat, Filter, Key, NewEntity, NewPurchaseOrder, NewPurchaseOrderLine, NewSupplier, OData, SupplierChanges,
    Write,
};
use cloudsuite_client::{CloudSuiteClient, ErrorKind, Ionapi, Outcome, RetryPolicy};
use sandbox::{FaultKind, Matcher, ODataConfig, Scenario};
use wiremock::matchers::path_regex;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{builder, issue_tokens};

/// A tenant that takes batches in this format, and in the multipart format only if that is it.
async fn company(format: BatchFormat) -> (sandbox::OData, OData) {
    company_with(format, |_| ()).await
}

async fn company_with(format: BatchFormat, amend: impl FnOnce(&mut ODataConfig)) -> (sandbox::OData, OData) {
    let json_batches = format == BatchFormat::Json;
    let scenario = Scenario { orders: 1, ..Scenario::default() };
    let mut config = ODataConfig { scenario, json_batches, unique_references: true, ..ODataConfig::default() };
    amend(&mut config);
    let tenant = sandbox::OData::start(config).await.unwrap();
    let ionapi = Ionapi::parse(tenant.ionapi_json().as_bytes()).unwrap();
    let retry = RetryPolicy { base: std::time::Duration::ZERO, ..RetryPolicy::default() };
    let client = CloudSuiteClient::builder(ionapi).requests_per_minute(60_000).retry(retry).build().unwrap();
    (tenant, client.odata("100").batch_format(format))
}

const FORMATS: [BatchFormat; 2] = [BatchFormat::Json, BatchFormat::Multipart];

fn order(n: usize) -> NewPurchaseOrder {
    let line = NewPurchaseOrderLine::new(10, "SERVICE", 2.into(), "10.25".parse().unwrap())
        .description("Bolts, \"M8\"\r\n--changes--\r\n--batch")
        .account("60100");
    NewPurchaseOrder::new("S10001", &format!("PFY{n}")).line(line)
}

/// Services that answer everything so.
async fn answering(answer: ResponseTemplate) -> (MockServer, OData) {
    let server = MockServer::start().await;
    issue_tokens(&server).await;
    Mock::given(path_regex("/lnapi/")).respond_with(answer).mount(&server).await;
    let odata = builder(&server).build().unwrap().odata("100");
    (server, odata)
}

fn judged<T: std::fmt::Debug>(results: &[Result<T, cloudsuite_client::Error>]) -> Vec<(ErrorKind, Outcome)> {
    results.iter().map(|one| one.as_ref().unwrap_err()).map(|error| (error.kind(), error.outcome())).collect()
}

fn unknown<T>(one: &Result<T, cloudsuite_client::Error>) -> bool {
    one.as_ref().is_err_and(|error| error.outcome() == Outcome::Unknown)
}

#[tokio::test]
async fn each_part_of_a_batch_has_its_own_outcome_in_either_format() {
    for format in FORMATS {
        let (tenant, odata) = company(format).await;
        let orders = odata.purchase_orders();
        let results = orders.create(&[order(1), NewPurchaseOrder::new("NOBODY", "PFY2"), order(1), order(3)]).await;
        let judged: Vec<_> =
            results.iter().map(|one| one.as_ref().map(|_| ()).map_err(|e| (e.kind(), e.outcome()))).collect();
        let refused = |kind| Err((kind, Outcome::Rejected));
        assert_eq!(
            judged,
            [Ok(()), refused(ErrorKind::Validation), refused(ErrorKind::Conflict), Ok(())],
            "{format:?}"
        );
        assert!(results[1].as_ref().unwrap_err().message().contains("Supplier NOBODY does not exist"));
        let number = orders.number_of(results[3].as_ref().unwrap()).unwrap();
        let read = orders.get(&[&number]).await.unwrap().remove(0).unwrap();
        assert_eq!((read.reference.as_deref(), read.etag), (Some("PFY3"), results[3].as_ref().unwrap().etag()));
        assert!(read.lines[0].description.as_ref().unwrap().ends_with("--batch"), "texts come as they were sent");
        assert_eq!(tenant.stats().requests["POST $batch"], 1);

        tenant.fault_next(Matcher::operation("POST $batch"), FaultKind::BulkTerminated);
        let stopped = orders.create(&[order(11), order(12), order(13)]).await;
        let made = tenant.documents().len() - 2;
        assert!(stopped[..made].iter().all(Result::is_ok), "{format:?}");
        assert!(stopped[made..].iter().all(|one| one.as_ref().is_err_and(|e| e.outcome() == Outcome::NotProcessed)));

        tenant.fault_next(Matcher::operation("POST $batch"), FaultKind::ShortResults);
        let short = orders.create(&[order(21), order(22), order(23)]).await;
        assert!(short.iter().all(|one| one.is_ok() || unknown(one)) && short.iter().any(unknown), "{format:?}");

        tenant.fault_next(Matcher::operation("POST $batch"), FaultKind::ServerErrorAfter);
        assert!(orders.create(&[order(31), order(32)]).await.iter().all(unknown), "{format:?}");
    }
}

#[tokio::test]
async fn a_change_set_is_made_whole_or_not_at_all_in_either_format() {
    for format in FORMATS {
        let (tenant, odata) = company(format).await;
        let orders = odata.purchase_orders();
        let created = orders.create(&[order(1)]).await.remove(0).unwrap();
        let number = orders.number_of(&created).unwrap();
        let service = odata.service("tdapi.purPurchaseOrder");
        let new = |reference: &str| {
            Write::create("Orders", NewEntity::new().set("Supplier", "S10001").set("Reference", reference))
        };
        let close = |etag: Option<String>| {
            let change = NewEntity::new().set("Status", "Closed");
            Write::patch("Orders", &Key::of(number.as_str()), etag.as_deref(), change)
        };
        let made = service.write_together(&[new("PFY2"), close(created.etag()), new("PFY3")]).await.unwrap();
        assert_eq!(made.iter().map(|one| one.text("Reference").unwrap()).collect::<Vec<_>>(), ["PFY2", "PFY1", "PFY3"]);
        assert_eq!(tenant.documents().len(), 3);

        // The last one is stale: nothing of the set stays.
        let stale = service.write_together(&[new("PFY4"), new("PFY5"), close(created.etag())]).await.unwrap_err();
        assert_eq!((stale.kind(), stale.outcome()), (ErrorKind::Conflict, Outcome::Rejected), "{format:?}: {stale}");
        assert_eq!(tenant.documents().len(), 3, "{format:?}");

        tenant.fault_next(Matcher::operation("POST $batch"), FaultKind::ResetAfter);
        let lost = service.write_together(&[new("PFY6"), new("PFY7")]).await;
        assert!(unknown(&lost), "{format:?}");
        let calls = tenant.stats().total;
        let many: Vec<Write> = (0..2_500).map(|n| new(&format!("PFZ{n}"))).collect();
        let unsent = service.write_together(&many).await.unwrap_err();
        assert_eq!((unsent.kind(), unsent.outcome()), (ErrorKind::Config, Outcome::NotProcessed));
        let broken = Write::delete("Orders", &Key::of("1"), Some("W/\"1\"\r\nX: y"));
        assert_eq!(service.write_together(&[new("PFY8"), broken]).await.unwrap_err().kind(), ErrorKind::Config);
        assert_eq!(tenant.stats().total, calls, "nothing was sent");
    }
}

#[tokio::test]
async fn a_service_without_batches_of_the_format_refuses_no_write_but_shows_a_wrong_setting() {
    let (tenant, odata) = company(BatchFormat::Multipart).await;
    let results = odata.batch_format(BatchFormat::Json).purchase_orders().create(&[order(1), order(2)]).await;
    assert_eq!(judged(&results), [(ErrorKind::Config, Outcome::NotProcessed); 2]);
    assert!(results[0].as_ref().unwrap_err().message().contains("batch format"), "{results:?}");
    assert!(tenant.documents().is_empty());
    for status in [404, 405, 415, 501] {
        let (_server, odata) = answering(ResponseTemplate::new(status)).await;
        let results = odata.purchase_orders().create(&[order(1), order(2)]).await;
        assert_eq!(judged(&results), [(ErrorKind::Config, Outcome::NotProcessed); 2], "{status}");
    }
}

#[tokio::test]
async fn no_status_of_a_whole_batch_refuses_the_writes_in_it() {
    for (status, outcome) in [
        (400, Outcome::Unknown),
        (409, Outcome::Unknown),
        (411, Outcome::Unknown),
        (412, Outcome::Unknown),
        (414, Outcome::Unknown),
        (422, Outcome::Unknown),
        (426, Outcome::Unknown),
        (431, Outcome::Unknown),
        (500, Outcome::Unknown),
        (401, Outcome::NotProcessed),
        (403, Outcome::NotProcessed),
        (429, Outcome::NotProcessed),
    ] {
        let said = serde_json::json!({"error": {"code": "x", "message": "no"}});
        let (_server, odata) = answering(ResponseTemplate::new(status).set_body_json(said)).await;
        let results = odata.purchase_orders().create(&[order(1), order(2)]).await;
        assert!(judged(&results).iter().all(|(_, judged)| *judged == outcome), "{status}: {results:?}");
    }
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_halved_until_it_passes() {
    for format in FORMATS {
        let (tenant, odata) = company_with(format, |config| config.max_parts = 3).await;
        let orders: Vec<NewPurchaseOrder> = (0..10).map(order).collect();
        let results = odata.purchase_orders().create(&orders).await;
        assert!(results.iter().all(Result::is_ok), "{format:?}: {results:?}");
        assert_eq!(tenant.documents().len(), 10);
        // 10, 5, and then 2 at a time.
        assert_eq!(tenant.stats().requests["POST $batch"], 7, "{format:?}");
    }
    let (_server, odata) = answering(ResponseTemplate::new(413)).await;
    let results = odata.purchase_orders().create(&[order(1), order(2)]).await;
    assert_eq!(judged(&results), [(ErrorKind::TooLarge, Outcome::Rejected); 2], "each of them alone");
}

#[tokio::test]
async fn what_is_refused_as_a_whole_goes_one_by_one_until_the_culprit_shows() {
    for format in FORMATS {
        let (tenant, odata) = company_with(format, |config| config.whole_refusals = true).await;
        let orders = odata.purchase_orders();
        let nobody = || NewPurchaseOrder::new("NOBODY", "PFY2");
        let results = orders.create(&[order(1), nobody(), order(3)]).await;
        assert!(results.iter().all(unknown), "{format:?}: {results:?}");
        assert_eq!(tenant.documents().len(), 1, "one of them was made all the same");
        // The caller has looked them up.
        let results = orders.create(&[order(3), nobody(), order(4), order(5)]).await;
        let made: Vec<_> =
            results.iter().map(|one| one.as_ref().err().map(cloudsuite_client::Error::outcome)).collect();
        assert_eq!(made, [None, Some(Outcome::Rejected), None, None], "{format:?}");
        assert_eq!(tenant.documents().len(), 4);
        let calls = &tenant.stats().requests;
        assert_eq!((calls["POST $batch"], calls["POST Orders"]), (2, 2), "{format:?}: full again after it");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_multipart_leaves_its_writes_unknown() {
    for answer in [
        ResponseTemplate::new(200).set_body_raw("{\"responses\": []}", "application/json"),
        ResponseTemplate::new(200).set_body_raw("--x\r\n", "multipart/mixed"),
        ResponseTemplate::new(202).set_body_raw("", "multipart/mixed; boundary=x"),
        ResponseTemplate::new(200).set_body_raw(
            "--x\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 201 Created\r\n\r\n{}\r\n--x--",
            "multipart/mixed; boundary=x",
        ),
    ] {
        let server = MockServer::start().await;
        issue_tokens(&server).await;
        Mock::given(path_regex("/lnapi/")).respond_with(answer).mount(&server).await;
        let odata = builder(&server).build().unwrap().odata("100").batch_format(BatchFormat::Multipart);
        let results = odata.purchase_orders().create(&[order(1), order(2)]).await;
        assert!(results.iter().all(unknown), "{results:?}");
        let sent = server.received_requests().await.unwrap().pop().unwrap();
        assert_eq!(sent.headers["accept"], "multipart/mixed");
        assert!(sent.headers["content-type"].to_str().unwrap().starts_with("multipart/mixed; boundary="));
    }
}

#[tokio::test]
async fn suppliers_are_created_and_changed_at_the_state_in_which_they_were_read() {
    for format in FORMATS {
        let (_tenant, odata) = company(format).await;
        let suppliers = odata.suppliers();
        let bolt = NewSupplier::new("Bolt & Co").number("PF0017").currency("CAD").payment_terms("N30");
        let twice = suppliers.create(&[bolt.clone(), bolt, NewSupplier::new("Nut")]).await;
        assert_eq!(suppliers.number_of(twice[0].as_ref().unwrap()).as_deref(), Some("PF0017"));
        assert_eq!(twice[1].as_ref().unwrap_err().kind(), ErrorKind::Conflict, "a number is taken once");
        assert!(suppliers.number_of(twice[2].as_ref().unwrap()).is_some(), "numbered by the server");

        let read = suppliers.get(&["PF0017", "NONE"]).await.unwrap();
        let supplier = read[0].clone().unwrap();
        assert!(read[1].is_none());
        assert_eq!((supplier.name.as_deref(), supplier.currency.as_deref()), (Some("Bolt & Co"), Some("CAD")));
        let rename = SupplierChanges::new().name("Bolt and Nut");
        let changed = suppliers.change("PF0017", supplier.etag.as_deref(), &rename).await.unwrap();
        assert!(changed.etag().is_some() && changed.etag() != supplier.etag);
        let stale =
            suppliers.change("PF0017", supplier.etag.as_deref(), &SupplierChanges::new().status("Blocked")).await;
        let stale = stale.unwrap_err();
        assert_eq!((stale.kind(), stale.outcome()), (ErrorKind::Conflict, Outcome::Rejected));
        assert_eq!(suppliers.change("NONE", None, &rename).await.unwrap_err().kind(), ErrorKind::NotFound);
        let found = suppliers.list().filter(Filter::property("Name").eq("Bolt and Nut")).all().await.unwrap();
        assert_eq!((found.len(), found[0].status.as_deref()), (1, supplier.status.as_deref()));
        let since = suppliers.changed_since(found[0].changed.unwrap()).all().await.unwrap();
        assert!(since.iter().any(|one| one.number == "PF0017"));
    }
}
