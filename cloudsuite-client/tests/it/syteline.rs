//! SyteLine over a simulated site: pages, keys, and changes that are not believed until they are confirmed.

use chrono::NaiveDate;
use cloudsuite_client::syteline::{
    AccountNumber, Change, Filter, Inserted, ItemCode, NewDistribution, NewPurchaseOrder, NewPurchaseOrderLine,
    NewVendor, NewVoucher, OrderStatus, PoNumber, SyteLine, UnitCode, VendorNumber, VoucherNumber,
};
use cloudsuite_client::{CloudSuiteClient, ErrorKind, Ionapi, Outcome, RetryPolicy};
use futures_util::TryStreamExt;
use sandbox::{FaultKind, Matcher, NestedChanges, Scenario, SyteLineConfig};

async fn site(config: SyteLineConfig) -> (sandbox::SyteLine, SyteLine) {
    let scenario = Scenario { orders: 1, ..Scenario::default() };
    let tenant = sandbox::SyteLine::start(SyteLineConfig { scenario, ..config }).await.unwrap();
    let ionapi = Ionapi::parse(tenant.ionapi_json().as_bytes()).unwrap();
    let retry = RetryPolicy { base: std::time::Duration::ZERO, ..RetryPolicy::default() };
    let client = CloudSuiteClient::builder(ionapi).requests_per_minute(60_000).retry(retry).build().unwrap();
    (tenant, client.syteline("ACME_DALS").site("DALS"))
}

fn po(n: usize) -> PoNumber {
    PoNumber::new(format!("PF{n:08}")).unwrap()
}

fn vendor() -> VendorNumber {
    VendorNumber::new("12").unwrap()
}

fn orders(count: usize) -> Vec<NewPurchaseOrder> {
    let order = |n| NewPurchaseOrder::new(po(n), vendor()).reference(&format!("PFY{n}")).status(&OrderStatus::Planned);
    (0..count).map(order).collect()
}

fn lines(orders: usize, each: u32) -> Vec<NewPurchaseOrderLine> {
    let line = |n, line| {
        NewPurchaseOrderLine::new(po(n), line, ItemCode::new("FREE TEXT").unwrap(), 2.into(), "10.25".parse().unwrap())
            .description("Bolts, hex")
            .unit("EA")
            .account(&AccountNumber::new("60100").unwrap())
            .unit_code(1, &UnitCode::new("CC100").unwrap())
    };
    (0..orders).flat_map(|n| (1..=each).map(move |l| line(n, l))).collect()
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
}

#[tokio::test]
async fn orders_go_in_with_their_lines_and_come_out_the_same() {
    let (tenant, syteline) = site(SyteLineConfig::default()).await;
    let purchase_orders = syteline.purchase_orders();
    assert!(purchase_orders.insert(&orders(3)).await.iter().all(|one| matches!(one, Ok(Inserted::Created(_)))));
    assert!(purchase_orders.insert_lines(&lines(3, 4)).await.iter().all(Result::is_ok));
    assert!(purchase_orders.set_status(&[po(1)], &OrderStatus::Ordered).await.iter().all(Result::is_ok));

    let found = purchase_orders.get(&[po(1), po(9), po(0)]).await.unwrap();
    let order = found[0].clone().unwrap();
    assert!(found[1].is_none() && found[2].is_some());
    assert_eq!((order.number.as_str(), order.vendor.clone().unwrap().as_str()), ("PF00000001", "12"));
    assert_eq!((order.status.clone(), order.currency.as_deref()), (Some(OrderStatus::Ordered), Some("CAD")));
    assert_eq!((purchase_orders.reference_of(&order), order.cost), (Some("PFY1"), Some("82.00".parse().unwrap())));
    let read = purchase_orders.lines(&[po(1)]).await.unwrap();
    assert_eq!((read.len(), read[3].key.line, read[3].cost), (4, 4, Some("10.25".parse().unwrap())));
    assert_eq!(read[0].unit_codes[0].as_ref().unwrap().as_str(), "CC100");
    assert_eq!(purchase_orders.find_by_reference(&["PFY2"]).await.unwrap()[0].number, po(2));
    assert_eq!(tenant.documents()[1].total, "82.00".parse().unwrap());
}

#[tokio::test]
async fn what_is_there_already_is_found_and_not_made_twice() {
    let (tenant, syteline) = site(SyteLineConfig::default()).await;
    let purchase_orders = syteline.purchase_orders();
    purchase_orders.insert(&orders(2)).await;
    let again = purchase_orders.insert(&orders(4)).await;
    let found = |one: &Result<Inserted, _>| matches!(one, Ok(Inserted::Found(_)));
    assert_eq!(again.iter().map(found).collect::<Vec<_>>()[..2], [true, true]);
    assert!(again.iter().all(Result::is_ok));
    assert_eq!(tenant.documents().len(), 4);
}

#[tokio::test]
async fn a_server_that_processes_the_first_change_only_costs_not_one_request_more_than_one_by_one() {
    for max_changes in [1, 100] {
        let (tenant, syteline) = site(SyteLineConfig { first_change_only: true, ..SyteLineConfig::default() }).await;
        let syteline = syteline.max_changes_per_request(max_changes);
        let purchase_orders = syteline.purchase_orders();
        assert!(purchase_orders.insert(&orders(20)).await.iter().all(Result::is_ok));
        assert!(purchase_orders.insert_lines(&lines(20, 3)).await.iter().all(Result::is_ok));
        let updates: u64 =
            tenant.stats().requests.iter().filter(|(name, _)| !name.contains("token")).map(|(_, n)| n).sum();
        assert_eq!(updates, 20 + 60, "{max_changes} changes a call");
        assert_eq!(syteline.changes_per_request(), 1);
        let documents = tenant.documents();
        assert!(documents.len() == 20 && documents.iter().all(|document| document.lines.len() == 3));
    }
}

#[tokio::test]
async fn a_server_is_found_out_at_the_last_step_as_cheaply_as_at_the_first() {
    let (tenant, syteline) = site(SyteLineConfig { first_change_only: true, ..SyteLineConfig::default() }).await;
    let one_by_one = syteline.clone().max_changes_per_request(1).purchase_orders();
    assert!(one_by_one.insert(&orders(20)).await.iter().all(Result::is_ok));
    let numbers: Vec<PoNumber> = (0..20).map(po).collect();
    // A process that begins here does not know the server yet.
    let statuses = syteline.purchase_orders().set_status(&numbers, &OrderStatus::Ordered).await;
    assert!(statuses.iter().all(Result::is_ok), "{statuses:?}");
    assert_eq!(tenant.stats().requests["POST update/SLPos"], 20 + 20);
    let read = one_by_one.get(&numbers).await.unwrap();
    assert!(read.iter().flatten().filter(|order| order.status == Some(OrderStatus::Ordered)).count() == 20);
}

#[tokio::test]
async fn a_thousand_orders_of_ten_lines_need_at_most_400_requests_where_calls_may_be_full() {
    let (tenant, syteline) = site(SyteLineConfig::default()).await;
    let purchase_orders = syteline.purchase_orders();
    assert!(purchase_orders.insert(&orders(1_000)).await.iter().all(Result::is_ok));
    assert!(purchase_orders.insert_lines(&lines(1_000, 10)).await.iter().all(Result::is_ok));
    let numbers: Vec<PoNumber> = (0..1_000).map(po).collect();
    assert!(purchase_orders.set_status(&numbers, &OrderStatus::Ordered).await.iter().all(Result::is_ok));
    let total = tenant.stats().total;
    println!("{total} requests for 1,000 orders of 10 lines; one by one 12,000");
    assert!(total <= 400, "{total}");
    // More than a page for each list of numbers that an address has room for.
    let mut there = purchase_orders.lines(&numbers).await.unwrap();
    there.sort_by(|a, b| (&a.key.order, a.key.line).cmp(&(&b.key.order, b.key.line)));
    there.dedup_by(|a, b| a.key == b.key);
    assert_eq!(there.len(), 10_000);
}

#[tokio::test]
async fn what_an_answer_leaves_open_is_looked_up_and_completed() {
    for (kind, atomic_updates) in [
        (FaultKind::ShortResults, false),
        (FaultKind::BulkTerminated, false),
        (FaultKind::BulkTerminated, true),
        (FaultKind::BulkBadRequest, false),
        (FaultKind::TokenExpired, false),
    ] {
        let (tenant, syteline) = site(SyteLineConfig { atomic_updates, ..SyteLineConfig::default() }).await;
        tenant.fault_next(Matcher::operation("POST update/SLPos"), kind);
        tenant.fault_next(Matcher::operation("POST update/SLPoItems"), kind);
        let purchase_orders = syteline.purchase_orders();
        let inserted = purchase_orders.insert(&orders(8)).await;
        assert!(inserted.iter().all(Result::is_ok), "{kind:?}: {inserted:?}");
        let inserted = purchase_orders.insert_lines(&lines(8, 2)).await;
        assert!(inserted.iter().all(Result::is_ok), "{kind:?}: {inserted:?}");
        let documents = tenant.documents();
        assert!(documents.len() == 8 && documents.iter().all(|document| document.lines.len() == 2), "{kind:?}");
    }
}

#[tokio::test]
async fn a_call_that_may_have_happened_is_unknown_and_not_sent_again() {
    let (tenant, syteline) = site(SyteLineConfig::default()).await;
    tenant.fault_next(Matcher::operation("POST update/SLPos"), FaultKind::ServerErrorAfter);
    let results = syteline.purchase_orders().insert(&orders(3)).await;
    assert!(results.iter().all(|one| one.as_ref().is_err_and(|error| error.outcome() == Outcome::Unknown)));
    assert_eq!((tenant.documents().len(), tenant.stats().requests["POST update/SLPos"]), (3, 1));
}

#[tokio::test]
async fn one_wrong_change_among_many_is_told_apart() {
    let (tenant, syteline) = site(SyteLineConfig::default()).await;
    let mut new = orders(3);
    new[1] = NewPurchaseOrder::new(po(1), VendorNumber::new("999").unwrap());
    let results = syteline.purchase_orders().insert(&new).await;
    assert!(results[0].is_ok() && results[2].is_ok());
    let error = results[1].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Validation, Outcome::Rejected));
    assert!(error.message().contains("999"), "{error}");
    assert_eq!(tenant.documents().len(), 2);
}

#[tokio::test]
async fn vouchers_are_numbered_by_the_server_and_found_by_their_invoice() {
    let (tenant, syteline) = site(SyteLineConfig::default()).await;
    let vouchers = syteline.vouchers();
    let new = |number: &str| NewVoucher::new(vendor(), number, day(), "50.00".parse().unwrap()).reference("PFYB1");
    // The answer is cut short: nothing in the database would refuse a double.
    tenant.fault_next(Matcher::operation("POST update/SLAptrxs"), FaultKind::ShortResults);
    let inserted = vouchers.insert(&[new("INV-1"), new("INV-2"), new("O'Neil's 3")]).await;
    let number = VoucherNumber::new(inserted[2].as_ref().unwrap().row().text("Voucher").unwrap()).unwrap();
    assert_eq!(tenant.documents().len(), 3);

    let account = AccountNumber::new("60100").unwrap();
    let half = |sequence| NewDistribution::new(&vendor(), &number, sequence, &account, 25.into());
    assert!(vouchers.insert_distributions(&[half(5), half(10)]).await.iter().all(Result::is_ok));
    assert!(matches!(vouchers.insert_distributions(&[half(5)]).await[0], Ok(Inserted::Found(_))));
    let wanted = [(vendor(), "o'NEIL's 3".to_owned()), (vendor(), "none".to_owned())];
    let found = vouchers.find_by_invoice(&wanted).await.unwrap();
    assert_eq!((found[0].len(), found[1].len(), found[0][0].number.as_ref()), (1, 0, Some(&number)));
    assert_eq!(vouchers.find_by_reference(&["PFYB1"]).await.unwrap().len(), 3);
    let parts = vouchers.distributions(&[number]).await.unwrap();
    assert_eq!((parts.len(), parts[1].sequence, parts[1].amount), (2, 10, Some(25.into())));
}

#[tokio::test]
async fn masters_are_listed_page_by_page() {
    let (_tenant, syteline) = site(SyteLineConfig::default()).await;
    let all = syteline.vendors().list().record_cap(7).all().await.unwrap();
    assert_eq!((all.len(), all[0].number.as_str(), all[1].number.as_str()), (61, "7", "12"));
    assert!(all.iter().all(|vendor| vendor.is_active() == Some(true)));
    let oneil = NewVendor::new(VendorNumber::new("77").unwrap(), "O'Neil").currency("CAD");
    let added = syteline.vendors().insert(&[oneil]).await;
    assert!(matches!(added[0], Ok(Inserted::Created(_))));
    assert_eq!(syteline.vendors().find_by_name("O'NEIL").await.unwrap()[0].number.as_str(), "77");
    assert_eq!(syteline.accounts().list().record_cap(9).all().await.unwrap().len(), 40);
    assert_eq!(syteline.unit_codes().list(1).all().await.unwrap()[0].code.as_str(), "CC100");
    assert!(syteline.items().list().record_cap(3).stream().try_next().await.unwrap().is_some());
    assert_eq!(syteline.customers().list().all().await.unwrap()[0].number.as_str(), "1001");
    let changed =
        syteline.vendors().changed_since(day().and_hms_opt(0, 0, 0).unwrap() - chrono::TimeDelta::days(40_000));
    assert_eq!(changed.all().await.unwrap().len(), 62);
    assert!(syteline.ping().await.unwrap().missing.is_empty());
}

#[tokio::test]
async fn records_are_amended_at_the_state_in_which_they_were_loaded() {
    let (_tenant, syteline) = site(SyteLineConfig::default()).await;
    syteline.purchase_orders().insert(&orders(1)).await;
    let order = syteline.purchase_orders().get(&[po(0)]).await.unwrap()[0].clone().unwrap();
    let change = |buyer: &str| Change::update(order.item_id.as_deref().unwrap()).set("Buyer", buyer);
    let row = syteline.purchase_orders().update().push(change("ann")).send().await.remove(0).unwrap();
    assert_eq!(row.text("Buyer"), Some("ann"));
    let stale = syteline.purchase_orders().update().push(change("bob")).send().await.remove(0).unwrap_err();
    assert_eq!(stale.outcome(), Outcome::Rejected);
}

/// An order with its lines in one change.
fn nested(n: usize, lines: &[&str]) -> Change {
    let line = |number: &&str| {
        Change::insert()
            .set("PoLine", *number)
            .set("Item", "FREE TEXT")
            .set("QtyOrderedConv", "2")
            .set("NonInvAcct", "60100")
    };
    let order = Change::insert().set("PoNum", po(n).as_str()).set("VendNum", &vendor());
    order.nest("PoItems", "SLPoItems", lines.iter().map(line))
}

#[tokio::test]
async fn changes_inside_a_change_are_believed_only_where_the_answer_shows_each() {
    for (nested_changes, made, shown) in
        [(NestedChanges::Shown, 2, true), (NestedChanges::Hidden, 2, false), (NestedChanges::Ignored, 0, false)]
    {
        let (_tenant, syteline) = site(SyteLineConfig { nested_changes, ..SyteLineConfig::default() }).await;
        assert_eq!(syteline.info("SLPos").await.unwrap().sub_collections, ["PoItems"]);
        let results = syteline.update("SLPos").push(nested(0, &["1", "2"])).push(nested(1, &["1"])).send().await;
        for result in results {
            match result {
                Ok(row) => assert!(shown && row.text("PoNum").is_some()),
                Err(error) => {
                    assert!(!shown, "{error}");
                    assert_eq!(error.outcome(), Outcome::Unknown);
                    assert!(error.message().contains("inside it"), "{error}");
                }
            }
        }
        let lines = syteline.purchase_orders().lines(&[po(0)]).await.unwrap();
        assert_eq!(lines.len(), made, "{nested_changes:?}");
    }
}

#[tokio::test]
async fn a_refused_change_inside_a_change_refuses_it() {
    let (_tenant, syteline) = site(SyteLineConfig { atomic_updates: true, ..SyteLineConfig::default() }).await;
    let wrong = Change::insert().set("PoNum", po(3).as_str()).set("VendNum", &vendor()).nest(
        "PoItems",
        "SLPoItems",
        [Change::insert().set("PoLine", "1").set("Item", "FREE TEXT").set("QtyOrderedConv", "0")],
    );
    let error = syteline.update("SLPos").push(wrong).send().await.remove(0).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert!(error.message().contains("QtyOrderedConv"), "{error}");
    assert!(syteline.purchase_orders().get(&[po(3)]).await.unwrap()[0].is_none());
}

#[tokio::test]
async fn methods_are_invoked_and_their_complaints_are_errors() {
    let (_tenant, syteline) = site(SyteLineConfig::default()).await;
    let ask =
        || syteline.invoke("SLAptrxs", "AptrxVerifyInvNumSp").parameter(&vendor()).parameter("INV-1").output().read();
    assert_eq!(ask().send().await.unwrap().return_value.as_deref(), Some("0"));
    syteline.vouchers().insert(&[NewVoucher::new(vendor(), "INV-1", day(), 5.into())]).await;
    let error = ask().send().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert!(error.message().contains("Invoice INV-1 exists"), "{error}");
}

#[tokio::test]
async fn a_filter_that_cannot_be_asked_is_refused_unsent() {
    let (tenant, syteline) = site(SyteLineConfig::default()).await;
    let load = syteline.load("SLVendors").filter(Filter::property("Name").eq("a\u{0}"));
    assert_eq!(load.all().await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(tenant.stats().total, 0);
}
