//! Both systems compared, on each product: what was deleted, typed in or changed by hand is found.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::NaiveDate;
use procurify_cloudsuite::purchase_order::DefaultOrderMapper;
use procurify_cloudsuite::reconcile::{Comparison, Period};
use procurify_cloudsuite::{FlowKind, Report};
use rust_decimal::Decimal;
use sandbox::{Detail, Edit, M3, OData, Scenario, SyteLine, Touch, TypedLine, TypedOrder};
use serde_json::{Value, json};
use sync_core::ExternalRef;

use crate::erp::Erp;
use crate::world::{World, connector, key, run, scenario};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn typed(supplier: &str, external_ref: &str) -> TypedOrder {
    let line = TypedLine { quantity: Decimal::TWO, price: "9.95".parse().unwrap(), account: String::new() };
    TypedOrder {
        supplier: supplier.to_owned(),
        currency: "CAD".to_owned(),
        date: day("2026-10-29"),
        external_ref: external_ref.to_owned(),
        lines: vec![line],
    }
}

/// What the ERP holds, by currency, as the sandbox itself adds it up.
fn totals(erp: &impl Erp) -> BTreeMap<String, Decimal> {
    let mut totals = BTreeMap::new();
    for document in erp.all_documents() {
        *totals.entry(document.currency).or_insert(Decimal::ZERO) += document.total;
    }
    totals
}

async fn compared<E: Erp>(world: &World<E>, period: Period) -> Comparison {
    // M3's search index lags behind what was posted a moment ago.
    world.erp.move_clock(Duration::from_secs(1));
    world.connect().await.reconcile(FlowKind::PurchaseOrders, period).await.unwrap()
}

async fn finds_what_differs<E: Erp>() {
    let world: World<E> = World::of(scenario(60)).await;
    let report: Report = world.sync().await;
    assert!(report.is_all_done());
    let writes = |world: &World<E>| world.erp.seen().documents.clone();
    let clean = compared(&world, Period::default()).await;
    assert!(clean.is_clean(), "{clean:?}");
    assert_eq!(clean.matched, 60);
    assert_eq!(clean.source_total, clean.target_total);
    assert_eq!(clean.target_total, totals(&world.erp));

    let documents = world.exactly_once(&world.keys());
    let before = writes(&world);
    // Deleted in the ERP, changed there, a second one under a reference of ours, and one that nobody approved.
    world.erp.delete(&documents[&key(10_003)].number);
    let changed = &documents[&key(10_011)];
    let quantity = changed.lines[1].quantity + Decimal::ONE;
    world.erp.change(&changed.number, Touch { line: 2, quantity: Some(quantity), ..Touch::default() });
    let copied = &documents[&key(10_012)];
    let copy = world.erp.type_in(&typed(&copied.supplier, &copied.external_ref));
    let outside = world.erp.type_in(&typed(&copied.supplier, ""));
    let found = compared(&world, Period::default()).await;
    assert!(!found.is_clean());
    let missing: Vec<_> = found.missing.iter().map(|one| one.key.clone()).collect();
    assert_eq!(missing, [key(10_003)]);
    let extra: Vec<&String> = found.extra.iter().map(|one| &one.number).collect();
    let mut by_hand = [&copy, &outside];
    by_hand.sort();
    assert_eq!(extra, by_hand);
    let fields: Vec<(&str, &str)> = found
        .differing
        .iter()
        .filter(|one| one.key == key(10_011))
        .map(|one| (one.field.as_str(), one.target.as_str()))
        .collect();
    assert_eq!(fields[0].0, "total", "{fields:?}");
    assert_eq!(fields[1], ("line 2 quantity", quantity.normalize().to_string().as_str()));
    assert_eq!(found.target_total, totals(&world.erp));
    assert_eq!(found.source_total, clean.source_total);
    let after = writes(&world);
    assert_eq!(after["purchase_order"], before["purchase_order"] + 1, "one deleted and two typed in, by us alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_changed_or_typed_in_by_hand_is_found_in_m3() {
    finds_what_differs::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_changed_or_typed_in_by_hand_is_found_in_syteline() {
    finds_what_differs::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_changed_or_typed_in_by_hand_is_found_in_odata_services() {
    finds_what_differs::<OData>().await;
}

async fn keeps_to_the_period<E: Erp>() {
    let world: World<E> = World::of(scenario(100)).await;
    world.sync().await;
    let documents = world.exactly_once(&world.keys());
    let days: Vec<NaiveDate> =
        documents.values().map(|one| NaiveDate::parse_from_str(&one.ordered, "%Y%m%d").unwrap()).collect();
    let (first, last) = (*days.iter().min().unwrap(), *days.iter().max().unwrap());
    assert!(first + chrono::TimeDelta::days(2) < last, "{first} to {last}");
    let (from, to) = (first + chrono::TimeDelta::days(1), last - chrono::TimeDelta::days(1));
    let inside = days.iter().filter(|day| **day >= from && **day <= to).count() as u64;
    let comparison = compared(&world, Period::between(from, to)).await;
    assert!(comparison.is_clean(), "{comparison:?}");
    assert_eq!(comparison.matched, inside);
    assert!(inside < 100);
    // What happens outside the period is not told.
    let outside = documents.values().find(|one| one.ordered == first.format("%Y%m%d").to_string()).unwrap();
    world.erp.delete(&outside.number);
    assert!(compared(&world, Period::between(from, to)).await.is_clean());
    assert_eq!(compared(&world, Period::between(first, last)).await.missing.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_is_compared_by_itself_on_each_product() {
    keeps_to_the_period::<M3>().await;
    keeps_to_the_period::<SyteLine>().await;
    keeps_to_the_period::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_held_is_missing_and_the_reason_is_told() {
    let world = World::new(Scenario { missing: 1, ..scenario(60) }).await;
    let report = world.sync().await;
    let comparison = compared(&world, Period::default()).await;
    assert_eq!(comparison.missing.len(), report.concerns.len());
    assert!(!comparison.missing.is_empty());
    for missing in &comparison.missing {
        let reason = missing.reason.as_ref().unwrap();
        assert!(reason.starts_with("held: ") && reason.contains("ERP"), "{reason}");
        let number = missing.number.as_deref().unwrap();
        assert!(number.ends_with(&missing.key.id()[1..]), "Procurify's number of {}: {number}", missing.key);
    }
    assert!(comparison.differing.is_empty() && comparison.extra.is_empty());
    assert!(comparison.source_total.values().sum::<Decimal>() > comparison.target_total.values().sum::<Decimal>());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_the_last_evening_of_a_month_is_missing_in_that_month_with_all_that_it_comes_to() {
    let tenant = |config: &mut sandbox::ProcurifyConfig| config.utc_offset_hours = -7;
    let scenario = scenario(2);
    let erp = M3::start(crate::world::m3_config(&scenario)).await.unwrap();
    let world = World::around(scenario, tenant, erp).await;
    // Ten in the evening of the 31st in Vancouver.
    let number = world.procurify.add_order("2026-09-01T05:00:00Z".parse().unwrap());
    // What holds it is freight that nobody has named an account of.
    assert!(world.procurify.edit(number, Edit::Freight { amount: Decimal::new(1250, 2) }));
    assert!(world.procurify.edit(number, Edit::Discount { amount: Decimal::new(325, 2) }));
    let time_zone = "America/Vancouver".parse().unwrap();
    let mapper = DefaultOrderMapper { time_zone, ..DefaultOrderMapper::default() };
    let connection = world.build(100, |connection| connection.mapper(mapper)).await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let compared = async |first, last| {
        let period = Period::between(day(first), day(last));
        connection.reconcile(FlowKind::PurchaseOrders, period).await.unwrap().missing
    };
    let missing = compared("2026-08-01", "2026-08-31").await;
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!((missing[0].key.id(), missing[0].date), (number.to_string().as_str(), Some(day("2026-08-31"))));
    let lines = world.procurify.order_amounts().iter().find(|one| one.id == number).unwrap().total;
    assert_eq!(missing[0].total, lines + Decimal::new(1250 - 325, 2), "with freight and discount");
    assert_eq!(compared("2026-09-01", "2026-09-30").await, []);
}

async fn tells_what_is_gone<E: Erp>() {
    let world: World<E> = World::of(scenario(20)).await;
    world.sync().await;
    let document = world.exactly_once(&world.keys())[&key(10_005)].clone();
    assert!(world.procurify.show_order(10_005, Detail::Gone));
    let dated = NaiveDate::parse_from_str(&document.ordered, "%Y%m%d").unwrap();
    for period in [Period::default(), Period::between(dated, dated)] {
        let found = compared(&world, period).await;
        let told: Vec<_> =
            found.differing.iter().map(|one| (&one.key, one.field.as_str(), one.source.as_str())).collect();
        assert_eq!(told, [(&key(10_005), "status", "it is not in Procurify any more")], "{found:?}");
        assert_eq!(found.differing[0].target, format!("{} is there", document.number));
        assert!(found.missing.is_empty() && found.extra.is_empty(), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_posted_and_deleted_in_procurify_is_told_whatever_the_ledger_says() {
    tells_what_is_gone::<M3>().await;
    tells_what_is_gone::<SyteLine>().await;
    tells_what_is_gone::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_posted_is_compared_with_what_was_sent_though_its_supplier_is_gone() {
    let world = World::new(scenario(40)).await;
    world.sync().await;
    let supplier = world.erp.documents()[0].supplier.clone();
    world.erp.remove_supplier(&supplier);
    let connection = world.connect().await;
    connection.align_reference_data().await.unwrap();
    let comparison = connection.reconcile(FlowKind::PurchaseOrders, Period::default()).await.unwrap();
    assert!(comparison.is_clean(), "{comparison:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_search_index_does_not_know_yet_is_found_by_its_number() {
    let scenario = scenario(30);
    let m3 =
        sandbox::M3Config { index_lag: std::time::Duration::from_secs(3600), ..crate::world::m3_config(&scenario) };
    let world = World::with(scenario, |_| (), m3).await;
    world.sync().await;
    let comparison = compared(&world, Period::default()).await;
    assert!(comparison.is_clean(), "{comparison:?}");
    assert_eq!(comparison.matched, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connector_compares_and_exits_by_what_it_finds() {
    let world: World<SyteLine> = World::of(scenario(30)).await;
    let config = world.configure("");
    let command = async |arguments: &[&str]| {
        let mut command = connector(&config);
        command.args(arguments);
        let output = run(command).await;
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(command(&["sync"]).await.0, Some(0));
    let (code, printed) = command(&["reconcile", "--json"]).await;
    let document: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &document["clean"]), (Some(0), &json!(true)), "{document}");
    let orders = &document["documents"]["purchase_order"];
    assert_eq!((&orders["matched"], &orders["missing"]), (&json!(30), &json!([])));
    assert_eq!(orders["source_total"], orders["target_total"]);

    let documents = world.exactly_once(&world.keys());
    let gone = key(10_005);
    assert_eq!(documents[&gone].external_ref, ExternalRef::of(&gone).as_str());
    world.erp.delete(&documents[&gone].number);
    let outside = world.erp.type_in(&typed(&documents[&gone].supplier, ""));
    let (code, printed) = command(&["reconcile", "--format", "json"]).await;
    let document: Value = serde_json::from_str(&printed).unwrap();
    let orders = &document["documents"]["purchase_order"];
    assert_eq!(code, Some(3));
    assert_eq!((&document["clean"], &orders["missing"]), (&json!(false), &json!([gone])));
    assert_eq!(orders["extra"], json!([outside]));
    let (missing, extra) = (&orders["missing_documents"], &orders["extra_documents"]);
    assert_eq!((&missing[0]["key"], &extra[0]["number"]), (&json!(gone), &json!(outside)));
    for one in [&missing[0], &extra[0]] {
        assert!(["day", "amount", "currency"].iter().all(|part| one[part].is_string()), "{one}");
    }
    assert!(extra[0]["supplier"].is_string(), "{extra}");
    let (_, table) = command(&["reconcile", "--format", "csv"]).await;
    assert!(table.starts_with("kind,what,key,number,field,source,target\n"), "{table}");
    let number = &documents[&gone].number;
    assert!(table.contains(&format!("purchase_order,missing,{gone},{number},,")), "{table}");
    assert!(table.contains(&format!("purchase_order,extra,,{outside},")), "{table}");
    let (_, text) = command(&["reconcile", "--from", "2026-10-01", "--to", "2026-10-31"]).await;
    assert!(text.contains("1 missing, 1 extra, 0 differences") && text.contains("The two sides differ."), "{text}");
    for wrong in
        [&["--from", "yesterday"][..], &["--from", "2026-10-31", "--to", "2026-10-01"], &["--json", "--format", "csv"]]
    {
        assert_eq!(command(&[&["reconcile"], wrong].concat()).await.0, Some(1), "{wrong:?}");
    }
    let (_, text) = command(&["reconcile", "--from", "2031-01-01"]).await;
    assert!(text.contains("Neither side has anything in these days."), "{text}");
}
