//! Reference data both ways: what only one system has is made in the other, once, and nothing comes back.

mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use procurify_client::{AccountCodeCreate, AccountType, Vendor};
use procurify_cloudsuite::accounts::{Segment, Segments};
use procurify_cloudsuite::odata::ODataProduct;
use procurify_cloudsuite::product::Masters;
use procurify_cloudsuite::purchase_order::DefaultOrderMapper;
use procurify_cloudsuite::reference::{Direction, Master, ReferenceReport, ReferenceSettings, System};
use procurify_cloudsuite::{Connection, FlowKind};
use sandbox::{Account, FaultKind, Faults, M3, OData, Scenario, Supplier, SyteLine};

use crate::erp::{Erp, TEMPLATE};
use crate::world::{World, scenario};

/// All that a product can do.
fn both<E: Erp>() -> ReferenceSettings {
    let accounts = if E::MAKES_ACCOUNTS { Direction::Both } else { Direction::ToProcurify };
    ReferenceSettings {
        vendors: Direction::Both,
        gl_accounts: accounts,
        departments: accounts,
        ..ReferenceSettings::default()
    }
}

async fn connect<E: Erp>(world: &World<E>, settings: ReferenceSettings) -> Connection {
    world.build(10, |connection| connection.reference(settings)).await
}

/// All that was written to either system so far.
fn writes<E: Erp>(world: &World<E>) -> [BTreeMap<String, u64>; 2] {
    [world.procurify.stats().writes, world.erp.seen().writes]
}

async fn vendors(connection: &Connection) -> Vec<Vendor> {
    connection.procurify().vendors().list().all().await.unwrap()
}

async fn masters(connection: &Connection) -> Masters {
    connection.cloudsuite().masters().await.unwrap()
}

/// Records of the ERP by number, and their names.
fn named(masters: Vec<Master>) -> BTreeMap<String, String> {
    masters.into_iter().map(|master| (master.id, master.name)).collect()
}

async fn suppliers(connection: &Connection) -> BTreeMap<String, String> {
    named(masters(connection).await.suppliers)
}

/// A world of which each side has what the other lacks.
async fn apart<E: Erp>(bills: usize) -> World<E> {
    let world = World::<E>::of(Scenario { missing: 2, bills, ..scenario(40) }).await;
    world.erp.put_supplier(&Supplier::new(TEMPLATE, "Template for new suppliers", "CAD"));
    for (number, name, currency) in [("S77001", "Quill Stationers", "USD"), ("S77002", "Raven Optics Ltd", "CAD")] {
        world.erp.put_supplier(&Supplier::new(number, name, currency));
    }
    world.erp.put_account(&Account::new("70100", "Leases"));
    world.erp.put_account(&Account::cost_center("CC777", "Museum"));
    world.procurify.add_vendor("Tern Boatbuilders", None);
    world.procurify.add_department("Lighthouse", Some("CC888"));
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_one_of_procurify_and_m3_has_is_made_in_the_other_and_a_second_pass_writes_nothing() {
    there_and_back::<M3>("PF00000161").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_one_of_procurify_and_syteline_has_is_made_in_the_other_and_a_second_pass_writes_nothing() {
    there_and_back::<SyteLine>("PF00161").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_one_of_procurify_and_an_odata_service_has_is_made_in_the_other_and_a_second_pass_writes_nothing() {
    there_and_back::<OData>("PF0000161").await;
}

async fn there_and_back<E: Erp>(number: &str) {
    let world = apart::<E>(0).await;
    let connection = connect(&world, both::<E>()).await;
    let one_sided = connection.one_sided().await.unwrap();
    let of = |kind: &str, only_in| {
        one_sided.iter().filter(|one| one.kind == kind && one.only_in == only_in).map(|one| one.id.clone()).collect()
    };
    let only_vendors: Vec<String> = of("vendor", System::Procurify);
    assert_eq!(only_vendors, ["159", "160", "161"]);
    let only_suppliers: Vec<String> = of("supplier", System::CloudSuite);
    assert!(["S77001", "S77002"].iter().all(|number| only_suppliers.contains(&(*number).to_owned())));
    assert_eq!(writes(&world), [BTreeMap::new(), BTreeMap::new()], "a report writes nothing");

    let report = connection.sync_reference_data().await.unwrap();
    assert!(report.is_all_done(), "{report:?}");
    assert!(report.concerns.is_empty(), "{:?}", report.concerns);
    let there = suppliers(&connection).await;
    for missing in world.scenario.missing_suppliers() {
        assert!(there.contains_key(&missing.number), "under the number that Procurify names: {there:?}");
    }
    assert_eq!(there.get(number).map(String::as_str), Some("Tern Boatbuilders"), "{there:?}");
    let vendors = vendors(&connection).await;
    let quill: Vec<&Vendor> = vendors.iter().filter(|one| one.external_id.as_deref() == Some("S77001")).collect();
    assert_eq!(quill.len(), 1);
    assert_eq!((quill[0].name.as_deref(), quill[0].currency.map(|id| id.0)), (Some("Quill Stationers"), Some(2)));
    let codes = connection.procurify().account_codes().list().all().await.unwrap();
    assert_eq!(codes.iter().filter(|one| one.code.as_deref() == Some("70100")).count(), 1);
    let departments = connection.procurify().departments().list().all().await.unwrap();
    assert_eq!(departments.iter().filter(|one| one.external_id.as_deref() == Some("CC777")).count(), 1);
    let there = masters(&connection).await;
    let (accounts, centers) = (named(there.accounts), named(there.cost_centers));
    for missing in world.scenario.missing_accounts() {
        assert_eq!(accounts.contains_key(&missing.code), E::MAKES_ACCOUNTS, "{} of {accounts:?}", missing.code);
    }
    assert_eq!(centers.get("CC888").map(String::as_str), E::MAKES_ACCOUNTS.then_some("Lighthouse"), "{centers:?}");
    let trail = connection.trail(&"acme/vendor/161".parse().unwrap()).await.unwrap().to_string();
    assert!(trail.contains("attempt 1 begins: the other system has none of it"), "{trail}");
    assert!(trail.contains(&format!("posted as {number}")), "{trail}");

    let before = writes(&world);
    assert!(before[0].keys().all(|kind| ["vendors", "account_codes", "departments"].contains(&kind.as_str())));
    assert!(
        connection
            .one_sided()
            .await
            .unwrap()
            .iter()
            .all(|one| !one.can_be_made && ["account_code", "department"].contains(&one.kind))
    );
    for _ in 0..2 {
        let again = connection.sync_reference_data().await.unwrap();
        assert!(again.made.is_empty(), "{:?}", again.made);
    }
    assert_eq!(writes(&world), before, "a second pass wrote something");
    // All is known again without the ledger: by numbers built from ids, by external ids, by codes.
    drop(connection);
    std::fs::remove_file(world.ledger()).unwrap();
    let connection = connect(&world, both::<E>()).await;
    connection.sync_reference_data().await.unwrap();
    assert_eq!(writes(&world), before, "a pass without the ledger wrote something");
}

/// Every direction and all names, orders and bills, and documents that follow: what is moved is moved once.
async fn a_second_pass_writes_nothing<E: Erp>() {
    let world = apart::<E>(40).await;
    if !E::MAKES_ACCOUNTS {
        world.scenario.missing_accounts().iter().for_each(|account| world.erp.put_account(account));
    }
    world.erp.put_supplier(&Supplier::new("S10001", "Seventh Wave Boats", "CAD"));
    world.erp.put_account(&Account::new("60100", "Office things"));
    world.erp.put_account(&Account::cost_center("CC100", "Head office"));
    let owner = if E::MAKES_ACCOUNTS { System::Procurify } else { System::CloudSuite };
    let settings = ReferenceSettings {
        vendor_names: Some(System::CloudSuite),
        gl_account_names: Some(owner),
        department_names: Some(owner),
        ..both::<E>()
    };
    let connection = world.build_amending(|connection| connection.reference(settings)).await;
    let pass = async || {
        let reference = connection.sync_reference_data().await.unwrap();
        let orders = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        let bills = connection.sync(FlowKind::Bills).await.unwrap();
        assert!(reference.is_all_done(), "{:?}", reference.concerns);
        assert!(orders.is_all_done() && bills.is_all_done(), "{:?} {:?}", orders.concerns, bills.concerns);
        (reference.made, [orders, bills])
    };
    let (made, reports) = pass().await;
    let kinds: BTreeSet<&str> = made.iter().map(|key| key.kind().as_str()).collect();
    let mut expected = vec!["vendor", "supplier", "gl_account", "cost_center", "vendor_name"];
    expected.extend(match owner {
        System::Procurify => ["account_code", "department", "gl_account_name", "cost_center_name"].as_slice(),
        System::CloudSuite => &["account_code_name", "department_name"],
    });
    assert_eq!(kinds, expected.into_iter().collect());
    assert!(reports.iter().all(|report| !report.posted.is_empty()));
    world.exactly_once(&world.keys());
    world.exactly_once(&world.bill_keys());
    let before = writes(&world);
    for kind in before[0].keys() {
        assert!(["vendors", "account_codes", "departments"].contains(&kind.as_str()), "{kind} are written back");
    }
    let (made, reports) = pass().await;
    assert!(made.is_empty() && reports.iter().all(|report| report.posted.is_empty() && report.amended.is_empty()));
    assert_eq!(writes(&world), before, "a second pass wrote something");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_all_went_both_ways_between_procurify_and_m3_a_second_pass_writes_nothing() {
    a_second_pass_writes_nothing::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_all_went_both_ways_between_procurify_and_syteline_a_second_pass_writes_nothing() {
    a_second_pass_writes_nothing::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_all_went_both_ways_between_procurify_and_an_odata_service_a_second_pass_writes_nothing() {
    a_second_pass_writes_nothing::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_whose_vendor_the_erp_lacks_go_on_once_it_is_made_there_and_are_never_written_back() {
    let world = World::<M3>::of(Scenario { missing: 1, ..scenario(60) }).await;
    world.erp.put_supplier(&Supplier::new(TEMPLATE, "Template for new suppliers", "CAD"));
    world.scenario.missing_accounts().iter().for_each(|account| world.erp.put_account(account));
    let connection = connect(&world, ReferenceSettings { vendors: Direction::ToCloudSuite, ..both::<M3>() }).await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let documents = world.exactly_once(&world.keys());
    let missing = world.scenario.missing_suppliers().remove(0).number;
    assert!(documents.values().any(|document| document.supplier == missing));
    assert_eq!(world.procurify.stats().writes, BTreeMap::new(), "Procurify is not written to in this direction");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_whose_vendor_and_account_syteline_lacks_are_planned_and_go_on_once_these_are_made_there() {
    let world = World::<SyteLine>::of(Scenario { missing: 1, ..scenario(60) }).await;
    let config = world.configure(r#"reference = { vendors = "to-cloudsuite", gl_accounts = "to-cloudsuite" }"#);
    let command = async |name: &str| {
        let mut command = crate::world::connector(&config);
        command.args([name, "--json"]);
        let output = crate::world::run(command).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap_or_else(|_| panic!("{said}"))
    };
    let plan = command("plan").await;
    let plan = plan["plan"].as_array().unwrap();
    assert!(plan.iter().all(|step| step["step"] == "post"), "{plan:?}");
    assert_eq!(plan.len(), 62, "a vendor, an account, and every order: {plan:?}");
    assert_eq!(writes(&world), [BTreeMap::new(), BTreeMap::new()], "a plan writes nothing");
    let report = command("sync").await;
    let posted = |flow: &str| report["flows"][flow]["posted"].as_u64();
    let flows = ["vendor", "account_code", "purchase_order"].map(posted);
    assert_eq!(flows, [Some(1), Some(1), Some(60)], "{report}");
    let documents = world.exactly_once(&world.keys());
    let account = world.scenario.missing_accounts().remove(0).code;
    assert!(documents.values().flat_map(|document| &document.lines).any(|line| line.account == account));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_failing_vendors_go_both_ways_between_procurify_and_m3_once() {
    failing_one_in_five::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_failing_vendors_go_both_ways_between_procurify_and_syteline_once() {
    failing_one_in_five::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_failing_vendors_go_both_ways_between_procurify_and_an_odata_service_once() {
    failing_one_in_five::<OData>().await;
}

async fn failing_one_in_five<E: Erp>() {
    let seed: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(5);
    println!("seed {seed}");
    let world = World::<E>::of(Scenario { missing: 20, ..scenario(1) }).await;
    world.erp.put_supplier(&Supplier::new(TEMPLATE, "Template for new suppliers", "CAD"));
    for number in 0..30 {
        world.erp.put_supplier(&Supplier::new(format!("S88{number:03}"), format!("Overseas Trader {number}"), "CAD"));
        world.procurify.add_vendor(&format!("Local Maker {number}"), None);
        world.procurify.add_department(&format!("Branch {number:02}"), Some(&format!("BR{number:02}")));
    }
    let faults = |seed, kinds| Faults {
        per_mille: 200,
        kinds,
        seed,
        pause: Duration::from_millis(2),
        hang: Duration::from_millis(1500),
        ..Faults::default()
    };
    world.erp.fail(faults(seed, E::fault_kinds()));
    world.procurify.set_faults(faults(seed + 1, FaultKind::COMMON.to_vec()));
    let settings = both::<E>();
    let mut passes = 0;
    loop {
        passes += 1;
        assert!(passes <= 50, "no end in sight after 50 passes");
        let connection = connect(&world, settings.clone()).await;
        match connection.sync_reference_data().await {
            Ok(report) if report.is_all_done() => break,
            Ok(report) => println!("pass {passes}: {:?} {:?}", report.counts, report.concerns.first()),
            Err(error) => println!("pass {passes}: {error}"),
        }
    }
    println!(
        "{passes} passes; at the ERP {:?}; at Procurify {:?}",
        world.erp.seen().faults,
        world.procurify.stats().faults
    );
    world.erp.fail(Faults::default());
    world.procurify.set_faults(Faults::default());
    let connection = connect(&world, settings).await;
    let (vendors, suppliers) = (vendors(&connection).await, suppliers(&connection).await);
    for number in 0..30 {
        let external = format!("S88{number:03}");
        let made = vendors.iter().filter(|one| one.external_id.as_deref() == Some(external.as_str())).count();
        assert_eq!(made, 1, "{external} is in Procurify {made} times");
        let name = format!("Local Maker {number}");
        let made = suppliers.values().filter(|other| **other == name).count();
        assert_eq!(made, 1, "{name} is in the ERP {made} times");
    }
    let there = masters(&connection).await;
    let (accounts, centers) = (named(there.accounts), named(there.cost_centers));
    for missing in world.scenario.missing_accounts() {
        assert_eq!(accounts.contains_key(&missing.code), E::MAKES_ACCOUNTS, "{}: {accounts:?}", missing.code);
    }
    let branches = centers.iter().filter(|(code, name)| name.replace("Branch ", "") == code.replace("BR", ""));
    assert_eq!(branches.count(), if E::MAKES_ACCOUNTS { 30 } else { 0 }, "{centers:?}");
    let unfinished = suppliers.iter().filter(|(number, name)| name.starts_with("Template") && *number != TEMPLATE);
    assert_eq!(unfinished.collect::<Vec<_>>(), [], "copies without a name");
    let before = writes(&world);
    connection.sync_reference_data().await.unwrap();
    assert_eq!(writes(&world), before, "nothing was left to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_be_one_of_several_is_held_with_its_candidates_until_a_person_links_it() {
    let world = World::<M3>::of(scenario(1)).await;
    world.erp.put_supplier(&Supplier::new(TEMPLATE, "Template for new suppliers", "CAD"));
    world.erp.put_supplier(&Supplier::new("S90001", "Gull Ropes Ltd", "CAD"));
    world.erp.put_supplier(&Supplier::new("S90002", "GULL ROPES INC", "CAD"));
    let gull = world.procurify.add_vendor("Gull Ropes", None);
    let twin = world.procurify.add_vendor("Heron Dredging", None);
    world.procurify.add_vendor("Heron Dredging Ltd.", None);
    let settings = ReferenceSettings { vendors: Direction::Both, ..ReferenceSettings::default() };
    let connection = connect(&world, settings).await;
    let report = connection.sync_reference_data().await.unwrap();
    let reasons: BTreeMap<String, &str> =
        report.concerns.iter().map(|concern| (concern.key.to_string(), concern.reason.as_str())).collect();
    let reason = reasons[&format!("acme/vendor/{gull}")];
    assert!(reason.contains("it could be S90001 or S90002 in the ERP"), "{reason}");
    assert!(reason.contains(&format!("`link vendor {gull} S90001`")), "{reason}");
    let reason = reasons["acme/supplier/S90002"];
    assert!(reason.contains(&format!("it could be {gull} (Gull Ropes) in Procurify")), "{reason}");
    assert!(reasons[&format!("acme/vendor/{twin}")].contains("has the same name and no counterpart either"));
    assert_eq!(report.made, []);

    let link = procurify_cloudsuite::reference::Link {
        kind: "vendor".into(),
        source: gull.to_string(),
        target: "S90001".into(),
    };
    connection.link(&[link], &"jane".into()).await.unwrap();
    let report = connection.sync_reference_data().await.unwrap();
    let reason = &report.concerns.iter().find(|concern| concern.key.id() == "S90002").unwrap().reason;
    assert!(reason.contains("has the same name, and is another one in the ERP"), "{reason}");
    assert_eq!(report.made, [], "what may be a double is not made");
    let trail = connection.trail(&format!("acme/vendor/{gull}").parse().unwrap()).await.unwrap().to_string();
    assert!(trail.contains("skipped: it is supplier S90001"), "{trail}");
    assert!(!report.concerns.iter().any(|concern| concern.key.id() == gull.to_string()), "{:?}", report.concerns);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_product_cannot_make_suppliers_vendors_are_held_and_the_other_direction_works() {
    let world = World::<OData>::of(scenario(1)).await;
    world.erp.put_supplier(&Supplier::new("S77001", "Quill Stationers", "USD"));
    let added = world.procurify.add_vendor("Tern Boatbuilders", None);
    // Without a prefix for their numbers no suppliers are made.
    let product = || ODataProduct::new(world.cloudsuite().odata("100"));
    let names = ReferenceSettings { vendor_names: Some(System::Procurify), ..ReferenceSettings::default() };
    let refused = world.try_build(|connection| connection.cloudsuite(product()).reference(names)).await;
    assert!(refused.err().unwrap().to_string().contains("would rename suppliers, which odata does not allow"));
    let connection = world.build(10, |connection| connection.cloudsuite(product()).reference(both::<OData>())).await;
    let report = connection.sync_reference_data().await.unwrap();
    assert_eq!(report.made.iter().map(ToString::to_string).collect::<Vec<_>>(), ["acme/supplier/S77001"]);
    let held: Vec<String> = report.concerns.iter().map(|one| format!("{}: {}", one.key, one.reason)).collect();
    let reason = format!(
        "acme/vendor/{added}: vendor {added} (Tern Boatbuilders): suppliers are not made in odata from here: add it there"
    );
    assert_eq!(held, [reason]);
    world.erp.put_supplier(&Supplier::new("S77003", "Tern Boatbuilders", "CAD"));
    assert!(connection.sync_reference_data().await.unwrap().is_all_done(), "it goes on by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_m3_cannot_make_or_rename_is_refused_when_the_connection_is_built() {
    let world = World::<M3>::of(scenario(1)).await;
    let none = ReferenceSettings::default;
    for (settings, why) in [
        (ReferenceSettings { gl_accounts: Direction::Both, ..none() }, "reference.gl_accounts would make GL accounts"),
        (ReferenceSettings { departments: Direction::ToCloudSuite, ..none() }, "would make cost centres in CloudSuite"),
        (
            ReferenceSettings { gl_account_names: Some(System::Procurify), ..none() },
            "would rename GL accounts, which m3",
        ),
        (ReferenceSettings { department_names: Some(System::Procurify), ..none() }, "would rename cost centres"),
    ] {
        let refused = world.try_build(|connection| connection.reference(settings)).await;
        let refused = refused.err().unwrap().to_string();
        assert!(refused.contains(why), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_accounts_are_made_of_codes_that_are_none_or_of_another_type_than_expenses() {
    let world = World::<SyteLine>::of(scenario(1)).await;
    let settings = || ReferenceSettings { gl_accounts: Direction::ToCloudSuite, ..ReferenceSettings::default() };
    let segments = Segments::new("-", [Segment::Account, Segment::CostCenter]);
    let mapper = DefaultOrderMapper { accounts: Arc::new(segments), ..DefaultOrderMapper::default() };
    let refused = world.try_build(|connection| connection.reference(settings()).mapper(mapper)).await;
    assert!(refused.err().unwrap().to_string().contains("the account mapping makes something else of codes"));

    let connection = connect(&world, settings()).await;
    for (code, kind) in [("15000", AccountType::Assets), ("75000", AccountType::Expense)] {
        let body = AccountCodeCreate::new(code, "New").account_type(kind);
        connection.procurify().account_codes().create(&body).await.unwrap();
    }
    let report = connection.sync_reference_data().await.unwrap();
    assert_eq!(report.made.iter().map(ToString::to_string).collect::<Vec<_>>(), ["acme/account_code/75000"]);
    let reasons: Vec<&str> = report.concerns.iter().map(|concern| concern.reason.as_str()).collect();
    assert!(reasons.len() == 1 && reasons[0].contains("an account of type assets in Procurify"), "{reasons:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_template_of_new_suppliers_vendors_are_held_until_it_is_there() {
    let world = World::<M3>::of(scenario(1)).await;
    let added = world.procurify.add_vendor("Tern Boatbuilders", None);
    let settings = ReferenceSettings { vendors: Direction::ToCloudSuite, ..ReferenceSettings::default() };
    let connection = connect(&world, settings).await;
    for _ in 0..2 {
        let report = connection.sync_reference_data().await.unwrap();
        assert_eq!(report.concerns.len(), 1);
        let reason = &report.concerns[0].reason;
        assert!(reason.contains("template supplier TMPL: new suppliers are copies of it"), "{reason}");
    }
    world.erp.put_supplier(&Supplier::new(TEMPLATE, "Template for new suppliers", "CAD"));
    assert!(connection.sync_reference_data().await.unwrap().is_all_done());
    assert!(suppliers(&connection).await.values().any(|name| name == "Tern Boatbuilders"));
    let trail = connection.trail(&format!("acme/vendor/{added}").parse().unwrap()).await.unwrap().to_string();
    assert!(trail.contains("free to go on: the target is asked again"), "{trail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_supplier_is_made_for_a_vendor_that_is_no_longer_active() {
    let world = World::<M3>::of(scenario(4)).await;
    world.erp.put_supplier(&Supplier::new(TEMPLATE, "Template for new suppliers", "CAD"));
    let closed = world.procurify.add_vendor("Closed Foundry", None);
    let open = world.procurify.add_vendor("Open Foundry", None);
    assert!(world.procurify.deactivate_vendor(closed));
    let connection = connect(&world, both::<M3>()).await;
    let report = connection.sync_reference_data().await.unwrap();
    assert!(report.is_all_done(), "{report:?}");
    let there: Vec<String> = suppliers(&connection).await.into_values().collect();
    let count = |name: &str| there.iter().filter(|one| *one == name).count();
    assert_eq!((count("Open Foundry"), count("Closed Foundry")), (1, 0), "{there:?}");
    let one_sided = connection.one_sided().await.unwrap();
    assert!(!one_sided.iter().any(|one| [open, closed].iter().any(|id| one.id == id.to_string())), "{one_sided:?}");
}

async fn a_vendor_that_is_deactivated_keeps_its_supplier<E: Erp>() {
    let world = World::<E>::of(scenario(4)).await;
    world.erp.put_supplier(&Supplier::new(TEMPLATE, "Template for new suppliers", "CAD"));
    let connection = connect(&world, both::<E>()).await;
    assert!(connection.sync_reference_data().await.unwrap().is_all_done());
    let written = writes(&world);
    assert!(world.procurify.deactivate_vendor(101));
    for _ in 0..2 {
        let report = connection.sync_reference_data().await.unwrap();
        assert!(report.made.is_empty() && report.is_all_done(), "{report:?}");
    }
    assert_eq!(writes(&world), written, "the supplier of vendor 101 is nobody else's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_deactivated_keeps_its_supplier_in_m3() {
    a_vendor_that_is_deactivated_keeps_its_supplier::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_deactivated_keeps_its_supplier_in_syteline() {
    a_vendor_that_is_deactivated_keeps_its_supplier::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_deactivated_keeps_its_supplier_in_odata_services() {
    a_vendor_that_is_deactivated_keeps_its_supplier::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connector_makes_and_reports_what_only_one_system_has() {
    let world = World::<M3>::of(Scenario { missing: 1, ..scenario(40) }).await;
    let config =
        world.configure(r#"reference = { vendors = "both", gl_accounts = "to-procurify", departments = "off" }"#);
    let command = async |name: &str| {
        let mut command = crate::world::connector(&config);
        command.args([name, "--json"]);
        let output = crate::world::run(command).await;
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), document, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let missing = world.scenario.missing_suppliers().remove(0);
    let (code, report, said) = command("reference").await;
    assert_eq!(code, Some(0), "{said}");
    let one = &report["one_sided"][0];
    assert_eq!((one["kind"].as_str(), one["only_in"].as_str()), (Some("vendor"), Some("procurify")), "{report}");
    let account = world.scenario.missing_accounts().remove(0);
    let listed = report["one_sided"].as_array().unwrap().iter().find(|one| one["id"] == account.code.as_str());
    let listed = listed.unwrap_or_else(|| panic!("what cannot be made is listed too: {report}"));
    assert_eq!((&listed["kind"], &listed["can_be_made"]), (&"account_code".into(), &false.into()), "{report}");
    assert_eq!(writes(&world), [BTreeMap::new(), BTreeMap::new()]);
    world.scenario.missing_accounts().iter().for_each(|account| world.erp.put_account(account));
    let (_, plan, said) = command("plan").await;
    let plan = plan["plan"].as_array().unwrap_or_else(|| panic!("{said}")).clone();
    let made: Vec<&serde_json::Value> = plan.iter().filter(|step| step["detail"].get("supplier").is_none()).collect();
    assert_eq!(made.len(), 1, "one supplier, and nothing else: {made:?}");
    assert!(plan.iter().all(|step| step["step"] == "post"), "orders of the vendor go on in the same pass: {plan:?}");
    assert_eq!(writes(&world), [BTreeMap::new(), BTreeMap::new()], "a plan writes nothing");
    let (code, report, said) = command("sync").await;
    assert_eq!(code, Some(0), "{report} {said}");
    assert_eq!(report["flows"]["vendor"]["posted"], 1, "{report}");
    let documents = world.exactly_once(&world.keys());
    assert!(documents.values().any(|document| document.supplier == missing.number));
    let (_, report, _) = command("reference").await;
    assert_eq!(report["one_sided"], serde_json::json!([]));
    std::fs::write(&config, std::fs::read_to_string(&config).unwrap().replace("\"both\"", "\"sideways\"")).unwrap();
    let (code, _, said) = command("sync").await;
    assert_eq!(code, Some(1));
    assert!(said.contains("flows.reference.vendors `sideways` is no direction"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supplier_that_bears_the_number_that_a_vendor_would_get_is_not_taken_for_it_unless_named_so() {
    let world = apart::<M3>(0).await;
    world.erp.put_supplier(&Supplier::new("PF00000161", "Zeta Steel", "CAD"));
    let connection = connect(&world, both::<M3>()).await;
    let report = connection.sync_reference_data().await.unwrap();
    let of_vendor = |report: &ReferenceReport| {
        let concern = report.concerns.iter().find(|concern| concern.key.to_string() == "acme/vendor/161");
        concern.map(|concern| concern.reason.clone())
    };
    let reason = of_vendor(&report).unwrap();
    assert!(reason.contains("it could be PF00000161 in the ERP"), "{reason}");
    world.erp.put_supplier(&Supplier::new("PF00000161", "TERN BOATBUILDERS", "CAD"));
    let report = connection.sync_reference_data().await.unwrap();
    assert_eq!(of_vendor(&report), None, "{:?}", report.concerns);
    // Known once, it stays so under another name.
    world.erp.put_supplier(&Supplier::new("PF00000161", "Tern Yachts", "CAD"));
    let report = connection.sync_reference_data().await.unwrap();
    assert_eq!(of_vendor(&report), None, "{:?}", report.concerns);
}
