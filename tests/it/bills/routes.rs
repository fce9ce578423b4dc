//! Where the cost of a bill goes in an M3 that has no accounting lines, and how its head is matched.

use procurify_cloudsuite::m3::{CostRoute, M3InvoiceSettings};
use procurify_cloudsuite::{Company, FlowKind};
use sandbox::{M3, M3Config};
use serde_json::json;
use sync_core::{ExternalRef, StateName};

use super::with_bills;
use crate::world::{World, connector, m3_config, run};

/// A tenant of a release that knows no `AddLineRecode`.
async fn without_accounting_lines() -> World<M3> {
    let scenario = with_bills(30, 30);
    let config = M3Config { accounting_lines: false, ..m3_config(&scenario) };
    let world = World::with(scenario, |_| (), config).await;
    assert!(world.sync().await.is_all_done());
    world
}

/// What `ping` finds lacking with more settings of bills.
async fn lacking(world: &World<M3>, settings: &str) -> serde_json::Value {
    let config = world.configure("bills = true");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("company = 100", &format!("company = 100\n{settings}"))).unwrap();
    let mut command = connector(&config);
    command.args(["ping", "--json"]);
    let output = run(command).await;
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    document["cloudsuite"]["lacking"].clone()
}

/// `IMCD` of each invoice in M3.
async fn matching_codes(world: &World<M3>) -> Vec<Option<String>> {
    let m3 = world.cloudsuite().m3(Company(100)).division("AAA");
    let mut codes = Vec::new();
    for document in world.erp.documents().into_iter().filter(|document| document.kind == "invoice") {
        let head = m3.execute("APS450MI", "GetHead").field("INBN", &document.number).send().await.unwrap();
        codes.push(head[0].owned("IMCD"));
    }
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_whose_cost_no_line_can_name_is_told_what_to_set_and_nothing_is_begun() {
    let world = without_accounting_lines().await;
    assert_eq!(lacking(&world, "").await, json!(["APS450MI AddLineRecode"]));
    let connection = world.connect_invoicing(M3InvoiceSettings::default()).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.posted.is_empty(), "{:?}", report.posted);
    assert_eq!(world.erp.stats().documents["invoice"], 0);
    let key = &world.bill_keys()[0];
    let trail = connection.trail(key).await.unwrap().to_string();
    assert!(trail.contains("AddLineRecode") && trail.contains("cost_route"), "{trail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_m3_matches_with_its_order_needs_no_accounting_line() {
    let world = without_accounting_lines().await;
    assert_eq!(lacking(&world, "match_orders = true").await, json!([]));
    let settings = M3InvoiceSettings { match_orders: true, ..M3InvoiceSettings::default() };
    let connection = world.connect_invoicing(settings).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.posted.len() > 5, "{:?} {:?}", report.counts, report.concerns);
    let documents = world.erp.documents();
    for key in world.bill_keys() {
        let made = documents.iter().find(|document| document.external_ref == ExternalRef::of(&key).as_str());
        assert_eq!(made.is_some(), report.posted.contains(&key), "{key}");
        assert!(made.is_none_or(|invoice| !invoice.lines.is_empty()), "{key}");
        if made.is_none() {
            // Freight, and lines of no order.
            let trail = connection.trail(&key).await.unwrap().to_string();
            assert!(trail.contains("AddLineRecode") || trail.contains("its cost is split"), "{trail}");
        }
    }
    assert!(matching_codes(&world).await.iter().all(|code| code.as_deref() == Some("1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn cost_can_stand_in_the_head_alone_for_m3_to_find_its_accounts() {
    let world = without_accounting_lines().await;
    assert_eq!(lacking(&world, "cost_route = \"head\"").await, json!([]));
    let settings = M3InvoiceSettings { cost_route: CostRoute::Head, validate: true, ..M3InvoiceSettings::default() };
    let connection = world.connect_invoicing(settings).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let documents = world.exactly_once(&world.bill_keys());
    assert!(documents.values().all(|invoice| invoice.lines.is_empty()), "{documents:?}");
    let again = connection.sync(FlowKind::Bills).await.unwrap();
    assert_eq!((again.count(StateName::Posted), again.posted.len()), (documents.len() as u64, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_of_an_invoice_that_is_matched_with_no_order_is_the_tenants_or_none() {
    for (code, expected) in [("0", Some("0")), ("3", Some("3")), ("", None)] {
        let world = World::new(with_bills(4, 4)).await;
        assert!(world.sync().await.is_all_done());
        let settings = M3InvoiceSettings { unmatched_code: code.to_owned(), ..M3InvoiceSettings::default() };
        let report = world.connect_invoicing(settings).await.sync(FlowKind::Bills).await.unwrap();
        assert!(report.is_all_done(), "{:?}", report.concerns);
        let codes = matching_codes(&world).await;
        assert!(!codes.is_empty() && codes.iter().all(|found| found.as_deref() == expected), "`{code}`: {codes:?}");
    }
}
