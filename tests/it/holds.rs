//! What holds an order or a bill, in words that say what to do, and that it goes on by itself once that is done.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use procurify_cloudsuite::{Connection, FlowKind};
use sandbox::{Account, M3, OData, Scenario, Supplier, SyteLine};
use serde_json::Value;
use sync_core::{RecordKey, StateName, Step};

use crate::erp::Erp;
use crate::world::{World, scenario};

/// Syncs, and checks that what is held says these words; mends it, and checks that all is posted by the next sync.
async fn held_until_mended<E: Erp>(world: &World<E>, words: &str, mend: impl FnOnce(&World<E>)) {
    of_flow_held_until_mended(world, FlowKind::PurchaseOrders, words, mend).await;
    world.exactly_once(&world.keys());
}

/// As [`held_until_mended`] for bills: their orders are posted before it is spoiled.
async fn bills_held_until_mended<E: Erp>(spoil: impl FnOnce(&World<E>), words: &str, mend: impl FnOnce(&World<E>)) {
    let world = World::<E>::of(Scenario { bills: 40, ..few_vendors() }).await;
    assert!(world.sync().await.is_all_done());
    spoil(&world);
    world.connect().await.align_reference_data().await.unwrap();
    of_flow_held_until_mended(&world, FlowKind::Bills, words, mend).await;
    world.exactly_once(&world.bill_keys());
}

async fn of_flow_held_until_mended<E: Erp>(
    world: &World<E>,
    flow: FlowKind,
    words: &str,
    mend: impl FnOnce(&World<E>),
) {
    let connection = world.connect().await;
    let report = connection.sync(flow).await.unwrap();
    assert!(report.count(StateName::Held) > 0, "nothing is held for `{words}`: {:?}", report.counts);
    assert_eq!(report.count(StateName::Rejected) + report.count(StateName::Accepted), 0, "{:?}", report.counts);
    for concern in &report.concerns {
        assert!(concern.reason.contains(words), "`{words}` is not in `{}`", concern.reason);
    }
    let key = report.concerns[0].key.clone();
    let events = connection.trail(&key).await.unwrap().events.len();
    let again = connection.sync(flow).await.unwrap();
    assert_eq!(connection.trail(&key).await.unwrap().events.len(), events, "a pass that finds the same writes nothing");
    assert_eq!(again.count(StateName::Held), report.count(StateName::Held), "nothing was mended yet");
    let trail = connection.trail(&key).await.unwrap().to_string();
    assert_eq!(trail.matches("people were told").count(), 1, "told once: {trail}");
    mend(world);
    let report = connection.sync(flow).await.unwrap();
    assert!(report.is_all_done(), "{words}: {:?}", report.concerns);
}

fn status(supplier: &Supplier, status: &str) -> Supplier {
    let mut changed = supplier.clone();
    status.clone_into(&mut changed.status);
    changed
}

/// A supplier of the scenario that orders are on.
fn supplier_of(index: usize, currency: &str) -> Supplier {
    Supplier::new(format!("S{}", 10_001 + index), format!("Supplier {index}"), currency)
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_wait_for_what_m3_lacks_or_has_blocked_and_go_on_by_themselves() {
    for case in 0..5 {
        let world = World::<M3>::of(few_vendors()).await;
        match case {
            0 => {
                world.erp.add_supplier(&status(&supplier_of(0, "CAD"), "90"));
                let mend = |world: &World<M3>| world.erp.add_supplier(&supplier_of(0, "CAD"));
                held_until_mended(&world, "may not be used: its status in CRS620 is 90, not 20", mend).await;
            }
            1 => {
                let mut account = Account::new("60120", "Freight in");
                account.blocked = true;
                world.erp.add_account(&account);
                account.blocked = false;
                let mend = |world: &World<M3>| world.erp.add_account(&account);
                held_until_mended(&world, "60120 in the ERP may not be used: it is blocked in CRS630", mend).await;
            }
            2 => {
                let mut center = Account::cost_center("CC105", "Engineering");
                center.blocked = true;
                world.erp.add_account(&center);
                center.blocked = false;
                let mend = |world: &World<M3>| world.erp.add_account(&center);
                held_until_mended(&world, "CC105 in the ERP may not be used: it is blocked in CRS630", mend).await;
            }
            3 => {
                world.erp.set_item_status("SERVICE", "90");
                let mend = |world: &World<M3>| world.erp.set_item_status("SERVICE", "20");
                held_until_mended(&world, "may not be used in the ERP (its status in MMS001 is 90, not 20)", mend)
                    .await;
            }
            _ => {
                world.erp.set_currency("USD", false);
                let mend = |world: &World<M3>| world.erp.set_currency("USD", true);
                held_until_mended(&world, "currency USD: it is not in the ERP: add it there", mend).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_wait_for_what_syteline_lacks_or_has_blocked_and_go_on_by_themselves() {
    let world = World::<SyteLine>::of(few_vendors()).await;
    world.erp.add_supplier(&status(&supplier_of(0, "CAD"), "90"));
    let mend = |world: &World<SyteLine>| world.erp.add_supplier(&supplier_of(0, "CAD"));
    held_until_mended(&world, "may not be used: its status in SyteLine is", mend).await;

    let world = World::<SyteLine>::of(few_vendors()).await;
    world.erp.add_supplier(&supplier_of(0, "EUR"));
    let mend = |world: &World<SyteLine>| world.erp.add_supplier(&supplier_of(0, "CAD"));
    held_until_mended(&world, "currency CAD: the order is in it, but vendor S10001 sells in EUR", mend).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_another_code_and_a_company_of_another_legal_form_are_candidates_and_no_match() {
    let world = World::<M3>::of(Scenario { missing: 1, ..few_vendors() }).await;
    let account = world.scenario.missing_accounts().remove(0);
    world.scenario.missing_suppliers().iter().for_each(|supplier| world.erp.add_supplier(supplier));
    world.erp.add_account(&Account::new("70900", &account.name));
    let words = format!(
        "its code is not in the ERP, and by its name it could be 70900: add it there, correct the code in \
                         Procurify, or link it by hand (`link gl_account {} 70900`)",
        account.code
    );
    held_until_mended(&world, &words, |world| world.erp.add_account(&account)).await;

    // A vendor without an external id, of whose name the ERP has another company.
    let world = World::<M3>::of(few_vendors()).await;
    let connection = world.connect().await;
    let vendors = connection.procurify().vendors().list().all().await.unwrap();
    drop(connection);
    let vendor = vendors.iter().rfind(|vendor| vendor.external_id.is_none()).unwrap();
    let name = vendor.name.as_deref().unwrap();
    let supplier = supplier_of(usize::try_from(vendor.id.0).unwrap() - 101, "CAD");
    let called = |name: String| {
        let mut called = supplier.clone();
        called.name = name;
        called
    };
    let (stem, _) = name.rsplit_once(' ').unwrap();
    world.erp.add_supplier(&called(format!("{stem} GmbH")));
    let words = format!("it could be {} in the ERP: put the right one into its external id", supplier.number);
    held_until_mended(&world, &words, |world| world.erp.add_supplier(&called(name.to_uppercase()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_wait_for_a_supplier_that_may_not_be_used_and_go_on_by_themselves_on_each_product() {
    fn bad<E: Erp>(status_there: &str) -> impl FnOnce(&World<E>) {
        let supplier = status(&supplier_of(0, "CAD"), status_there);
        move |world| world.erp.put_supplier(&supplier)
    }
    fn good<E: Erp>(world: &World<E>) {
        world.erp.put_supplier(&supplier_of(0, "CAD"));
    }
    bills_held_until_mended::<M3>(bad("90"), "may not be used: its status in CRS620 is 90, not 20", good).await;
    bills_held_until_mended::<SyteLine>(bad("90"), "may not be used: its status in SyteLine is", good).await;
    bills_held_until_mended::<OData>(bad("90"), "may not be used", good).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_in_another_currency_than_their_vendors_wait_until_one_of_the_two_is_corrected() {
    let spoil = |world: &World<SyteLine>| world.erp.add_supplier(&supplier_of(0, "EUR"));
    let mend = |world: &World<SyteLine>| world.erp.add_supplier(&supplier_of(0, "CAD"));
    let words = "currency CAD: the bill is in it, but vendor S10001 sells in EUR";
    bills_held_until_mended(spoil, words, mend).await;
}

/// So few vendors that each has orders.
fn few_vendors() -> Scenario {
    Scenario { vendors: 6, ..scenario(40) }
}

/// What a pass would book on an account, with its day.
async fn booked_on(connection: &Connection, flow: FlowKind, account: &str) -> BTreeMap<RecordKey, NaiveDate> {
    let plan = connection.plan(flow).await.unwrap();
    let posted = plan.into_iter().filter_map(|planned| match planned.step {
        Step::Post(document) => Some((planned.key, document)),
        _ => None,
    });
    let is_on = |document: &Value| {
        let lines = document["lines"].as_array().unwrap();
        lines.iter().any(|line| line["account"] == account)
    };
    let day = |document: &Value| {
        let days = ["order_date", "posting_date", "invoice_date"].map(|name| document[name].as_str());
        days.into_iter().flatten().next().unwrap().parse().unwrap()
    };
    posted.filter(|(_, document)| is_on(document)).map(|(key, document)| (key, day(&document))).collect()
}

/// By a plan and by the sync after it, exactly these are held, and the rest is posted.
async fn holds_exactly(connection: &Connection, flow: FlowKind, days: &BTreeMap<RecordKey, NaiveDate>, words: &str) {
    let plan = connection.plan(flow).await.unwrap();
    let holding = plan.into_iter().filter(|planned| matches!(planned.step, Step::Hold(_))).map(|planned| planned.key);
    assert_eq!(holding.collect::<Vec<_>>(), days.keys().cloned().collect::<Vec<_>>(), "by the plan");
    let report = connection.sync(flow).await.unwrap();
    let mut held: Vec<&RecordKey> = report.concerns.iter().map(|concern| &concern.key).collect();
    held.sort();
    assert_eq!(held, days.keys().collect::<Vec<_>>(), "{:?}", report.concerns);
    for concern in &report.concerns {
        let words = format!("{words} {}: have its validity changed there", days[&concern.key]);
        assert!(concern.reason.contains(&words), "`{words}` is not in `{}`", concern.reason);
    }
    assert_eq!(report.count(StateName::Held), days.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_held_against_a_document_s_day_and_not_against_today() {
    const ACCOUNT: &str = "60120";
    let account = |from: NaiveDate, to: Option<NaiveDate>| {
        let mut account = Account::new(ACCOUNT, "Freight in");
        account.valid = (from, to);
        account
    };
    let always = account(NaiveDate::from_ymd_opt(2000, 1, 1).unwrap(), None);
    for ended in [true, false] {
        let world = World::<M3>::of(Scenario { bills: 60, ..scenario(60) }).await;
        let connection = world.connect().await;
        for (flow, words) in
            [(FlowKind::PurchaseOrders, "the order is of"), (FlowKind::Bills, "the bill is to be booked on")]
        {
            let days = booked_on(&connection, flow, ACCOUNT).await;
            let mut sorted: Vec<NaiveDate> = days.values().copied().collect();
            sorted.sort();
            let last = sorted[sorted.len() / 2];
            let first = last.succ_opt().unwrap();
            // It has ended long before today, or has begun since the day of some documents.
            let (valid, span) = if ended {
                (account(always.valid.0, Some(last)), format!("from 2000-01-01 to {last}"))
            } else {
                (account(first, None), format!("from {first} on"))
            };
            let held: BTreeMap<_, _> = days.into_iter().filter(|(_, day)| (*day > last) == ended).collect();
            assert!(!held.is_empty() && held.len() < sorted.len(), "{sorted:?}");
            world.erp.add_account(&valid);
            connection.align_reference_data().await.unwrap();
            let words = format!("GL account {ACCOUNT}: it is valid {span} in the ERP, and {words}");
            holds_exactly(&connection, flow, &held, &words).await;
            world.erp.add_account(&always);
            let report = connection.sync(flow).await.unwrap();
            assert!(report.is_all_done(), "{:?}", report.concerns);
        }
    }
}
