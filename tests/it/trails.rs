//! Every record that was ever read has a trail that explains where it stands, in words alone: what its state is, why,
//! and what is to be done.

mod request_ids;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use procurify_cloudsuite::bill::{DefaultBillMapper, InvoiceDraft};
use procurify_cloudsuite::{Connection, FlowKind};
use rust_decimal::Decimal;
use sandbox::{Account, Edit, FaultKind, M3, OData, Scenario, Supplier, SyteLine};
use sync_core::ledger::list_all;
use sync_core::{
    Actor, Assurance, Change, Evidence, Frozen, Head, Lifecycle, Query, Schedule, State, StateName, Trail,
};

use crate::erp::{Erp, TEMPLATE};
use crate::world::{World, connector, key, reference_both_ways, run, scenario};

/// What was met on the way: kind and outcome.
type Seen = BTreeSet<(String, String)>;

/// Nothing is posted for a day.
struct Shut;

impl Schedule for Shut {
    fn next_run(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(after + TimeDelta::hours(1))
    }

    fn frozen(&self, at: DateTime<Utc>) -> Option<Frozen> {
        Some(Frozen { until: at + TimeDelta::days(1), reason: "month-end close".to_owned() })
    }
}

/// Reads every trail of the ledger as a person would, and notes what it tells of.
async fn all_explained(connection: &Connection, seen: &mut Seen) {
    let engine = connection.engine();
    let every = Query { kind: None, ..Query::of(engine.connection(), &FlowKind::Bills.kind()) };
    let heads = list_all(engine.store().as_ref(), every).await.unwrap();
    assert!(!heads.is_empty());
    for head in heads {
        let trail = connection.trail(&head.key).await.unwrap();
        explained(&head, &trail);
        let mut note = |outcome: &str| seen.insert((head.key.kind().to_string(), outcome.to_owned()));
        note(head.state.name().as_str());
        for entry in trail.entries().iter().filter(|entry| !entry.request_ids.is_empty()) {
            let change = serde_json::to_value(&entry.change).unwrap();
            note(&format!("with the id of a request: {}", change["what"].as_str().unwrap()));
        }
        for event in &trail.events {
            match &event.change {
                Change::Posted { evidence: Evidence::Existing, .. } => note("linked"),
                Change::Replayed => note("replayed"),
                Change::Amended { lifecycle: Lifecycle::Active, .. } => note("amended"),
                Change::InDoubt { .. } => note("was in doubt"),
                Change::Held { missing } => {
                    missing.iter().map(|one| note(&format!("held for {}", one.kind))).fold(false, |_, _| true)
                }
                Change::Skipped { reason } => {
                    note(&format!("skipped: {}", reason.split(' ').take(4).collect::<Vec<_>>().join(" ")))
                }
                _ => true,
            };
        }
    }
}

/// That the last lines say what the state is, why, and what to do, and that nothing in it is for machines.
fn explained(head: &Head, trail: &Trail) {
    let text = trail.to_string();
    let standing = trail.standing().unwrap();
    let last = text.trim_end().lines().last().unwrap();
    assert_eq!(last.trim_start(), format!("now  {standing}"), "{text}");
    assert!(standing.next.ends_with('.'), "{text}");
    let reason = standing.reason.clone().unwrap_or_default();
    match &head.state {
        State::Held { missing } => {
            assert!(!missing.is_empty() && missing.iter().all(|one| reason.contains(&one.hint)), "{text}");
            assert!(last.contains("it is held since"), "{text}");
        }
        State::Skipped { reason: why } => assert!(last.contains("is not to be posted") && reason == *why, "{text}"),
        State::Postponed { .. } | State::AmendPostponed { .. } => {
            assert!(last.contains("waits for posting") && last.contains("month-end"), "{text}");
        }
        State::InDoubt { .. } => assert!(last.contains("in doubt") && !reason.is_empty(), "{text}"),
        State::RetryAt { .. } | State::CommitAt { .. } | State::AmendAt { .. } | State::Parked { .. } => {
            assert!(!reason.is_empty(), "{text}");
        }
        State::Rejected { .. } => {
            let left = ["stays in M3", "left invoice"].iter().any(|words| reason.contains(words));
            assert!(!reason.is_empty() && last.contains("nothing of it is there") != left, "{text}");
        }
        State::Posted { target } | State::Cancelled { target } => {
            assert!(last.contains(&target.0), "{text}");
            assert_eq!(head.is_behind(), !reason.is_empty(), "{text}");
        }
        _ => {}
    }
    let entries = trail.entries();
    assert_eq!(entries.len(), trail.events.len());
    assert_eq!(entries.last().unwrap().after, head.state.name());
    for entry in &entries {
        let line = entry.to_string();
        assert!(line.contains(entry.actor.as_str()) && line.contains(entry.after.words()), "{line}");
        assert!(entry.attempt == 0 || line.contains(&format!("attempt {}", entry.attempt)), "{line}");
        let kept = &serde_json::to_value(&entry.change).unwrap()["failure"]["request_id"];
        assert!(kept.as_str().is_none_or(|id| entry.request_ids.iter().any(|told| told == id)), "{line}");
        assert!(entry.request_ids.iter().all(|id| line.contains(id.as_str())), "{line}");
        let what = match entry.evidence {
            None => "",
            Some(Evidence::Answer) => "own answer",
            Some(Evidence::Lookup) => "looked up",
            Some(Evidence::Existing) => "there already",
        };
        assert!(line.contains(what), "{line}");
        let told: Vec<String> = entry.differences.iter().map(ToString::to_string).collect();
        assert!(told.iter().all(|one| line.contains(one.as_str())), "{line}");
        for_people(&line.replacen(entry.actor.as_str(), "", 1).replace(&head.key.to_string(), ""), head);
    }
    for_people(&last.replace(&head.key.to_string(), ""), head);
}

/// That a text has no JSON, no form of the program's own, and no internal code. Commands and settings that people type
/// are theirs: they stand in backticks or parentheses, or are the connector's.
fn for_people(text: &str, head: &Head) {
    let mut plain = String::new();
    let (mut ticks, mut depth) = (false, 0_i32);
    for letter in text.chars() {
        match letter {
            '`' => ticks = !ticks,
            '(' => depth += 1,
            ')' => depth -= 1,
            letter if !ticks && depth <= 0 => plain.push(letter),
            _ => {}
        }
    }
    for code in ["{", "}", "[", "]", "\":", "Some(", "None", "::", "\\n", head.revision.as_str()] {
        assert!(!text.contains(code), "`{code}` is in `{text}`");
    }
    let is_code = |word: &&str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
    };
    let codes: Vec<&str> = plain.split_whitespace().filter(is_code).collect();
    assert!(codes.is_empty(), "{codes:?} in `{text}`");
}

fn seen_of(seen: &Seen, kind: &str, outcomes: &[&str]) {
    for outcome in outcomes {
        assert!(
            seen.iter().any(|(of, what)| of == kind && what.starts_with(outcome)),
            "no {kind} was {outcome}: {seen:?}"
        );
    }
}

/// Orders and bills that lack something, are not to be moved, wait for a freeze's end, and then go on.
async fn held_skipped_postponed<E: Erp>(seen: &mut Seen) {
    let world = World::<E>::of(Scenario { missing: 2, bills: 60, ..scenario(40) }).await;
    assert!(world.procurify.edit(10_039, Edit::Cancel));
    let wrong = world.procurify.approved_bills()[0];
    assert!(world.procurify.edit_bill(wrong, |edit| edit.off_by = Decimal::ONE));
    // Bills that do not wait for their orders are ready as well.
    let at_once = DefaultBillMapper { wait_for_orders: false, ..DefaultBillMapper::default() };
    let shut = world.build(100, |connection| connection.bill_mapper(at_once).schedule(Arc::new(Shut))).await;
    shut.sync(FlowKind::PurchaseOrders).await.unwrap();
    shut.sync(FlowKind::Bills).await.unwrap();
    all_explained(&shut, seen).await;
    drop(shut);
    let open = world.connect().await;
    open.sync(FlowKind::PurchaseOrders).await.unwrap();
    open.sync(FlowKind::Bills).await.unwrap();
    let held = Query::of(open.engine().connection(), &FlowKind::PurchaseOrders.kind()).in_states(&[StateName::Held]);
    let one = list_all(open.engine().store().as_ref(), held).await.unwrap().remove(0);
    open.engine().replay(&one.key, &Actor::new("jane"), Assurance::None).await.unwrap();
    open.sync(FlowKind::PurchaseOrders).await.unwrap();
    all_explained(&open, seen).await;
}

/// Orders that change and are cancelled after they were posted, with and without leave to carry that over.
async fn changed<E: Erp>(seen: &mut Seen) {
    let world = World::<E>::of(scenario(12)).await;
    let connection = world.connect_amending_with_lines().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    for order in [10_002, 10_003] {
        world.procurify.edit(order, Edit::Quantity { line: 1, quantity: Decimal::ONE_HUNDRED });
    }
    world.procurify.edit(10_004, Edit::Cancel);
    world.procurify.edit(10_005, Edit::Cancel);
    drop(connection);
    let telling = world.connect().await;
    telling.sync(FlowKind::PurchaseOrders).await.unwrap();
    all_explained(&telling, seen).await;
    let behind = telling.trail(&key(10_002)).await.unwrap().to_string();
    assert!(behind.contains("read again, changed: ") && behind.contains("--done-by-hand"), "{behind}");
    assert!(behind.contains("quantity ") && behind.contains("-> 100"), "what changed is told: {behind}");
    drop(telling);
    let connection = world.connect_amending_with_lines().await;
    for order in [10_002, 10_004] {
        connection.engine().replay(&key(order), &Actor::new("jane"), Assurance::None).await.unwrap();
    }
    world.erp.fault_next_change(FaultKind::ServerErrorAfter);
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    all_explained(&connection, seen).await;
}

/// Orders whose calls go wrong in every way, seen while nothing of that is settled yet; and again when it is.
async fn unclear<E: Erp>(seen: &mut Seen) {
    for kind in E::fault_kinds() {
        let world = World::<E>::of(scenario(3)).await;
        (0..4).for_each(|_| world.erp.fault_next_order(kind));
        let connection = world.connect_waiting(Duration::from_millis(1)).await;
        // Some faults end a pass, which the ledger tells all the same.
        let _ = connection.sync(FlowKind::PurchaseOrders).await;
        all_explained(&connection, seen).await;
        drop(connection);
        let connection = world.connect().await;
        let _ = connection.sync(FlowKind::PurchaseOrders).await;
        all_explained(&connection, seen).await;
    }
}

/// Documents that are there already when the ledger is lost, and an invoice typed by hand that is another.
async fn found_there<E: Erp>(seen: &mut Seen) {
    let world = World::<E>::of(Scenario { bills: 8, ..scenario(8) }).await;
    world.sync_bills().await;
    std::fs::remove_file(world.ledger()).unwrap();
    for rest in ["ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(world.folder.path().join(rest));
    }
    world.sync_bills().await;
    all_explained(&world.connect().await, seen).await;
}

/// Reference data that is made in the other system, renamed, or cannot be.
async fn reference_data<E: Erp>(seen: &mut Seen) {
    let world = World::<E>::of(Scenario { missing: 2, ..scenario(10) }).await;
    world.erp.put_supplier(&Supplier::new(TEMPLATE, "Template for new suppliers", "CAD"));
    for (number, name, currency) in [
        ("S77001", "Quill Stationers", "USD"),
        ("S77002", "Raven Optics Ltd", "CAD"),
        ("S77003", "Raven Optics Ltd", "CAD"),
    ] {
        world.erp.put_supplier(&Supplier::new(number, name, currency));
    }
    world.erp.put_account(&Account::new("70100", "Leases"));
    world.erp.put_account(&Account::cost_center("CC777", "Museum"));
    world.procurify.add_vendor("Raven Optics Ltd", None);
    world.erp.put_supplier(&Supplier::new("S10001", "Another name altogether", "CAD"));
    let connection = world.build(10, |connection| connection.reference(reference_both_ways())).await;
    connection.sync_reference_data().await.unwrap();
    all_explained(&connection, seen).await;
}

/// `unprocessed` is what follows on a commit that was not processed.
async fn every_trail_explains_its_record<E: Erp>(unprocessed: &str) {
    let mut seen = Seen::new();
    held_skipped_postponed::<E>(&mut seen).await;
    changed::<E>(&mut seen).await;
    unclear::<E>(&mut seen).await;
    found_there::<E>(&mut seen).await;
    reference_data::<E>(&mut seen).await;
    let order =
        ["posted", "linked", "held for vendor", "held for gl_account", "skipped: it was cancelled", "postponed"];
    seen_of(&seen, "purchase_order", &order);
    let requests = [unprocessed, "in_doubt", "amend_planned"].map(|what| format!("with the id of a request: {what}"));
    seen_of(&seen, "purchase_order", &requests.each_ref().map(String::as_str));
    let later = ["cancelled", "amended", "replayed", "was in doubt"];
    seen_of(&seen, "purchase_order", &later);
    let bill = [
        "posted",
        "linked",
        "held for total",
        "held for purchase_order",
        "skipped: its status",
        "skipped: it is",
        "postponed",
    ];
    seen_of(&seen, "bill", &bill);
    for kind in ["supplier", "gl_account", "cost_center", "vendor_name"] {
        seen_of(&seen, kind, &["posted"]);
    }
    seen_of(&seen, "vendor", &["held"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_has_a_trail_that_explains_where_it_stands_with_m3() {
    every_trail_explains_its_record::<M3>("commit_planned").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_has_a_trail_that_explains_where_it_stands_with_syteline() {
    every_trail_explains_its_record::<SyteLine>("commit_planned").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_has_a_trail_that_explains_where_it_stands_with_odata_services() {
    every_trail_explains_its_record::<OData>("retry_planned").await;
}

/// What M3's or a person's work has undone between alignment and posting is refused, and what stays unclear is parked.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_bill_and_a_parked_one_say_what_a_person_has_to_do() {
    let mut seen = Seen::new();
    let world = World::new(Scenario { missing: 1, bills: 60, ..scenario(60) }).await;
    world.scenario.missing_suppliers().iter().for_each(|supplier| world.erp.add_supplier(supplier));
    world.scenario.missing_accounts().iter().for_each(|account| world.erp.add_account(account));
    let connection = world.connect().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    connection.align_reference_data().await.unwrap();
    world.scenario.missing_accounts().iter().for_each(|account| {
        world.erp.remove_account(&account.code);
    });
    connection.sync(FlowKind::Bills).await.unwrap();
    all_explained(&connection, &mut seen).await;
    seen_of(&seen, "bill", &["rejected"]);
    let standing = |trail: Trail| trail.standing().unwrap().to_string();
    let rejected =
        Query::of(connection.engine().connection(), &FlowKind::Bills.kind()).in_states(&[StateName::Rejected]);
    let rejected = list_all(connection.engine().store().as_ref(), rejected).await.unwrap();
    for head in &rejected {
        let told = standing(connection.trail(&head.key).await.unwrap());
        assert!(told.contains("something of it or in its place is there") && told.contains("stays in M3"), "{told}");
        let renumbered = |edit: &mut sandbox::BillEdit| edit.invoice_number = Some(format!("FIX-{}", head.key.id()));
        assert!(world.procurify.edit_bill(head.key.id().parse().unwrap(), renumbered));
    }
    world.scenario.missing_accounts().iter().for_each(|account| world.erp.add_account(account));
    connection.sync(FlowKind::Bills).await.unwrap();
    all_explained(&connection, &mut seen).await;
    for head in &rejected {
        let told = standing(connection.trail(&head.key).await.unwrap());
        assert!(told.contains("until a person has looked at it") && told.contains("left invoice"), "{told}");
    }

    let world = World::new(Scenario { bills: 4, ..scenario(4) }).await;
    let connection = world.connect().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let plan = connection.plan(FlowKind::Bills).await.unwrap();
    let draft = plan.into_iter().find_map(|planned| match planned.step {
        sync_core::Step::Post(document) => serde_json::from_value::<InvoiceDraft>(document).ok(),
        _ => None,
    });
    let draft = draft.unwrap();
    world.erp.enter_invoice(&world.cloudsuite(), &draft, draft.total + Decimal::ONE).await;
    connection.sync(FlowKind::Bills).await.unwrap();
    all_explained(&connection, &mut seen).await;
    seen_of(&seen, "bill", &["parked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connector_shows_the_trail_and_where_the_record_stands_as_text_and_as_json() {
    let world = World::new(Scenario { missing: 1, ..scenario(40) }).await;
    let config = world.configure("");
    let ask = async |arguments: &[&str]| {
        let mut command = connector(&config);
        command.args(arguments);
        let output = run(command).await;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    assert_eq!(ask(&["sync"]).await.0, Some(3));
    let (_, held, _) = ask(&["held"]).await;
    let key = held.split_whitespace().next().unwrap();
    let (_, text, _) = ask(&["audit", key]).await;
    let last = text.trim_end().lines().last().unwrap();
    assert!(last.trim_start().starts_with("now  it is held since 20"), "{text}");
    assert!(last.ends_with("it goes on by itself in the first pass after that is done."), "{text}");
    let (_, json, _) = ask(&["audit", key, "--json"]).await;
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["standing"]["state"], "it is held");
    assert!(last.contains(document["standing"]["reason"].as_str().unwrap()), "{document}");
    assert_eq!(document["events"][0]["change"]["what"], "discovered");

    for (arguments, told) in [
        (&["audit", "--kind", "purchase_orders"][..], "purchase_order, bill, vendor"),
        (&["audit", "--state", "lost"], "discovered, held"),
        (&["replay"], "it is not said which records: give a key"),
        (&["replay", "--kind", "bill"], "or the state that they are in now"),
    ] {
        let (code, stdout, stderr) = ask(arguments).await;
        assert!(code == Some(1) && stdout.is_empty() && stderr.contains(told), "{arguments:?}: {stderr}");
    }
    for (setting, told) in [
        (
            r#"reference = { gl_accounts = "to-cloudsuite" }"#,
            "reference.gl_accounts would make GL accounts in CloudSuite",
        ),
        (r#"reference = { departments = "both" }"#, "reference.departments would make cost centres in CloudSuite"),
    ] {
        let config = world.configure(setting);
        let mut command = connector(&config);
        command.arg("plan");
        let output = run(command).await;
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && stderr.contains(told), "{stderr}");
        assert!(stderr.contains("set it to \"to-procurify\" or \"off\""), "{stderr}");
    }
}
