//! What reaches M3 is what was approved.

use std::collections::BTreeMap;
use std::time::Duration;

use procurify_client::{PoNumber, ProcurifyClient};
use procurify_cloudsuite::{Connection, FlowKind};
use rust_decimal::Decimal;
use sandbox::{M3, M3Config, OData, ODataConfig, Scenario, SyteLine, SyteLineConfig, TypedLine, TypedOrder};
use sync_core::{Actor, Assurance, Change, RecordKey, StateName};
use sync_core::{ExternalRef, Step};

use crate::erp::Erp;
use crate::world::{World, connector, key, m3_config, run, scenario};

fn procurify(world: &World) -> ProcurifyClient {
    let url = world.procurify.base_url().parse().unwrap();
    ProcurifyClient::builder("acme").base_url(url).credentials("sandbox", "sandbox").build().unwrap()
}

/// The number that Procurify gave an order, from its key.
fn number(key: &RecordKey) -> PoNumber {
    PoNumber(key.id().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_order_is_on_its_supplier_accounts_cost_centres_currency_dates_and_exact_amounts() {
    let world = World::new(Scenario { orders: 60, lines: 8, missing: 0, ..Scenario::default() }).await;
    world.sync().await;
    let client = procurify(&world);
    let departments = client.departments().list().all().await.unwrap();
    let mut checked = 0;
    for (key, document) in world.exactly_once(&world.keys()) {
        // Read independently of the sync: the detail, not the lists.
        let order = client.purchase_orders().get(number(&key)).await.unwrap();
        let vendor = order.pref_vendor.unwrap();
        if let Some(supplier) = &vendor.external_id {
            assert_eq!(&document.supplier, supplier, "{key}");
        }
        assert_eq!(Some(document.currency.as_str()), order.purchased_currency.unwrap().name.as_deref(), "{key}");
        assert_eq!(document.ordered, order.date.unwrap().format("%Y%m%d").to_string(), "{key}");
        assert_eq!(document.requested, order.promise_date.unwrap().format("%Y%m%d").to_string(), "{key}");
        assert_eq!(document.total, order.subtotal.unwrap(), "{key}");
        let mut lines = order.order_items;
        lines.sort_by_key(|line| line.po_line_num);
        assert_eq!(document.lines.len(), lines.len(), "{key}");
        for (theirs, ours) in document.lines.iter().zip(lines) {
            assert_eq!(theirs.quantity.normalize(), ours.quantity.unwrap().normalize(), "{key}");
            assert_eq!(theirs.price.normalize(), ours.price.unwrap().normalize(), "{key}");
            let account = ours.account.unwrap();
            assert_eq!(Some(theirs.account.as_str()), account.account_code.unwrap().code.as_deref(), "{key}");
            let department = departments.iter().find(|one| Some(one.id) == account.department.as_ref().map(|d| d.id));
            if let Some(cost_center) = &department.unwrap().external_id {
                assert_eq!(&theirs.cost_center, cost_center, "{key}");
            }
            assert!(!theirs.cost_center.is_empty(), "{key}");
            checked += 1;
        }
    }
    assert_eq!(checked, 480);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_whose_vendor_or_account_is_missing_are_held_and_resume_when_it_is_there() {
    let world = World::new(Scenario { missing: 1, ..scenario(100) }).await;
    let report = world.sync().await;
    let held = report.count(StateName::Held);
    assert!(held > 0 && held < 50, "{held} held");
    assert_eq!(world.erp.documents().len() as u64, 100 - held);
    for concern in &report.concerns {
        let named =
            concern.reason.contains("is not in the ERP") || concern.reason.contains("no GL account in the ERP matches");
        assert!(named, "{}", concern.reason);
    }
    world.scenario.missing_suppliers().iter().for_each(|supplier| world.erp.add_supplier(supplier));
    let report = world.sync().await;
    assert!(report.count(StateName::Held) < held, "the supplier freed nobody");
    world.scenario.missing_accounts().iter().for_each(|account| world.erp.add_account(account));
    let report = world.sync().await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&world.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_writes_nothing_and_names_what_a_sync_then_does() {
    let world = World::new(Scenario { missing: 1, ..scenario(40) }).await;
    let config = world.configure("");
    let mut command = connector(&config);
    command.args(["plan", "--json"]);
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!world.ledger().exists() && world.erp.messages().is_empty());
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let planned: BTreeMap<String, String> = plan["plan"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["key"].as_str().unwrap().to_owned(), one["step"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(planned.len(), 40);

    let connection = world.connect().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    for (key, step) in planned {
        let key: RecordKey = key.parse().unwrap();
        let head = connection.engine().store().get(std::slice::from_ref(&key)).await.unwrap().remove(0).unwrap();
        let expected = if step == "post" { StateName::Posted } else { StateName::Held };
        assert_eq!(head.state.name(), expected, "{key} was planned to {step}");
    }
    let again = connection.plan(FlowKind::PurchaseOrders).await.unwrap();
    assert!(!again.iter().any(|planned| matches!(planned.step, Step::Post(_))), "a second plan posts nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connector_answers_for_every_record_it_read() {
    let world = World::new(Scenario { missing: 1, ..scenario(40) }).await;
    let config = world.configure("");
    let run_json = async |arguments: &[&str]| {
        let mut command = connector(&config);
        command.args(arguments).arg("--json");
        let output = run(command).await;
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), document)
    };
    let (code, ping) = run_json(&["ping"]).await;
    assert_eq!((code, &ping["cloudsuite"]["lacking"]), (Some(0), &serde_json::json!([])));
    assert_eq!(ping["cloudsuite"]["token_minutes"], 120, "{ping}");
    assert_eq!(ping["cloudsuite"]["rate_limit_seen"], serde_json::Value::Null, "this gateway tells of none");
    let (code, report) = run_json(&["sync"]).await;
    let flow = &report["flows"]["purchase_order"];
    assert_eq!((code, &flow["read"]), (Some(3), &serde_json::json!(40)), "some are held: {report}");
    let held = flow["held"].as_u64().unwrap();
    let (_, list) = run_json(&["held"]).await;
    assert_eq!(list["records"].as_array().unwrap().len() as u64, held);
    let (_, all) = run_json(&["audit"]).await;
    assert_eq!(all["records"].as_array().unwrap().len(), 40);
    for record in all["records"].as_array().unwrap() {
        let (code, trail) = run_json(&["audit", record["key"].as_str().unwrap()]).await;
        assert_eq!(code, Some(0));
        assert_eq!(trail["events"][0]["change"]["what"], "discovered", "the payload it was read with is kept");
    }
    let key = list["records"][0]["key"].as_str().unwrap();
    let (code, _) = run_json(&["replay", key]).await;
    assert_eq!(code, Some(0));
    let (_, trail) = run_json(&["audit", key]).await;
    let newest = trail["events"].as_array().unwrap().last().unwrap();
    assert_eq!(newest["change"]["what"], "replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_were_in_m3_before_the_ledger_was_lost_are_linked() {
    let world = World::new(scenario(50)).await;
    world.sync().await;
    std::fs::remove_file(world.ledger()).unwrap();
    world.erp.advance(std::time::Duration::from_secs(60));
    let connection = world.connect().await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done());
    world.exactly_once(&world.keys());
    let trail = connection.trail(&key(10_001)).await.unwrap();
    assert!(matches!(trail.events.last().unwrap().change, Change::Posted { .. }));
    assert!(trail.to_string().contains("which was there already"), "{trail}");
    assert!(world.erp.documents().iter().all(|document| document.external_ref.len() <= ExternalRef::MAX_LENGTH));
    assert!(world.erp.documents().iter().map(|document| document.total).sum::<Decimal>() > Decimal::ZERO);
}

/// People copy an order with the reference in it: which of the two it is they are asked, and neither is touched.
async fn asks_which_of_two_is_the_order<E: Erp>(world: World<E>, connect: impl AsyncFn(&World<E>) -> Connection) {
    let sync = async |connection: &Connection| connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(sync(&connect(&world).await).await.is_all_done());
    let orders = world.exactly_once(&world.keys());
    let order = &orders[&key(10_002)];
    let copy = world.erp.type_in(&TypedOrder {
        supplier: order.supplier.clone(),
        currency: order.currency.clone(),
        date: "2026-10-01".parse().unwrap(),
        external_ref: order.external_ref.clone(),
        lines: vec![TypedLine { quantity: 1.into(), price: 10.into(), account: order.lines[0].account.clone() }],
    });
    std::fs::remove_file(world.ledger()).unwrap();
    world.erp.move_clock(std::time::Duration::from_secs(60));
    let there = world.erp.all_documents();
    let connection = connect(&world).await;
    let report = sync(&connection).await;
    let told: Vec<_> = report.concerns.iter().map(|concern| (&concern.key, concern.reason.as_str())).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, &key(10_002));
    for words in [order.number.as_str(), &copy, " bear the reference ", "a copy"] {
        assert!(told[0].1.contains(words), "`{words}` is not in {told:?}");
    }
    assert_eq!(world.erp.all_documents(), there);
    world.erp.set_reference(&copy, "copied");
    connection.engine().replay(&key(10_002), &Actor::new("jane"), Assurance::None).await.unwrap();
    assert!(sync(&connection).await.is_all_done());
    let trail = connection.trail(&key(10_002)).await.unwrap().to_string();
    assert!(trail.contains(&order.number) && trail.contains("which was there already"), "{trail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_orders_that_bear_one_reference_neither_is_taken_on_each_product() {
    asks_which_of_two_is_the_order(World::<M3>::of(scenario(4)).await, World::connect_amending).await;
    asks_which_of_two_is_the_order(World::<OData>::of(scenario(4)).await, World::connect_amending).await;
    asks_which_of_two_is_the_order(crate::numbered::world(4, false).await, crate::numbered::connect).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_replayed_is_mapped_on_what_the_erp_has_by_then() {
    let world = World::new(Scenario { missing: 1, ..scenario(40) }).await;
    let connection = world.connect().await;
    let held: Vec<_> = connection.sync(FlowKind::PurchaseOrders).await.unwrap().concerns;
    assert!(!held.is_empty());
    world.scenario.missing_suppliers().iter().for_each(|supplier| world.erp.add_supplier(supplier));
    world.scenario.missing_accounts().iter().for_each(|account| world.erp.add_account(account));
    // All of them, so that none is left whose being held would have the reference data read.
    for concern in &held {
        connection.engine().replay(&concern.key, &Actor::new("jane"), Assurance::None).await.unwrap();
    }
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&world.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_or_warehouse_that_m3_does_not_have_is_told_before_orders_go_there() {
    let world = World::new(scenario(1)).await;
    let config = world.configure("");
    let text = std::fs::read_to_string(&config).unwrap();
    for (right, wrong, named) in [
        ("facility = \"A01\"", "facility = \"ZZ9\"", "facility ZZ9"),
        ("warehouse = \"001\"", "warehouse = \"XXX\"", "warehouse XXX"),
        ("division = \"AAA\"", "division = \"QQQ\"", "facility A01 in division QQQ (it belongs to AAA)"),
    ] {
        assert!(text.contains(right), "{text}");
        std::fs::write(&config, text.replace(right, wrong)).unwrap();
        let mut command = connector(&config);
        command.arg("ping");
        let output = run(command).await;
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(named), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_tells_how_long_tokens_live_and_what_limit_the_gateway_tells_of() {
    let scenario = scenario(1);
    let m3 = M3Config { per_minute: 90_000, token_lifetime: Duration::from_secs(1800), ..m3_config(&scenario) };
    let world = World::with(scenario, |_| (), m3).await;
    let there = world.connect().await.cloudsuite().ping().await.unwrap();
    assert_eq!((there.token_life, there.rate_limit), (Some(chrono::TimeDelta::minutes(30)), Some(90_000)));
    let config = world.configure("");
    let mut command = connector(&config);
    command.arg("ping");
    let output = run(command).await;
    let text = String::from_utf8(output.stdout).unwrap();
    for words in ["tokens live 30 minutes", "allows 90000 calls"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let told = |company: &str| (company.to_owned(), Some(90_000), Some(chrono::TimeDelta::minutes(30)));
    let (per_minute, token_lifetime) = (90_000, Duration::from_secs(1800));
    let config = SyteLineConfig { per_minute, token_lifetime, ..SyteLineConfig::default() };
    assert_eq!(ping_of(SyteLine::start(config).await.unwrap()).await, told("ACME_DALS"));
    let config = ODataConfig { per_minute, token_lifetime, ..ODataConfig::default() };
    assert_eq!(ping_of(OData::start(config).await.unwrap()).await, told("100"));
}

/// The company or site, the limit of calls and the life of tokens that a product's ping tells.
async fn ping_of<E: Erp>(erp: E) -> (String, Option<u64>, Option<chrono::TimeDelta>) {
    let world = World::around(scenario(1), |_| (), erp).await;
    let there = world.connect().await.cloudsuite().ping().await.unwrap();
    (there.company, there.rate_limit, there.token_life)
}
