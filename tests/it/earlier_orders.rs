//! Bills for orders from before the first day of orders: they say so, and a person settles what they refer to.

use std::time::Duration;

use chrono::NaiveDate;
use procurify_cloudsuite::bill::{DefaultBillMapper, InvoiceDraft};
use procurify_cloudsuite::m3::{M3InvoiceSettings, M3Product};
use procurify_cloudsuite::purchase_order::SourceSettings;
use procurify_cloudsuite::reconcile::Period;
use procurify_cloudsuite::reference::{Link, LinkError};
use procurify_cloudsuite::{Company, Connection, ConnectionBuilder, FlowKind};
use sandbox::{Bump, FaultKind, M3, Matcher, OData, Scenario, SyteLine, TypedLine, TypedOrder};
use sync_core::{Actor, Change, StateName};

use crate::erp::Erp;
use crate::world::{World, connector, key, run, scenario};

fn with_bills() -> Scenario {
    Scenario { bills: 12, ..scenario(12) }
}

/// Reads no order of the scenario: all are earlier.
async fn connect<E: Erp>(world: &World<E>) -> Connection {
    reading_none(world, |connection| connection).await
}

async fn reading_none<E: Erp>(
    world: &World<E>,
    amend: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
) -> Connection {
    let first = NaiveDate::from_ymd_opt(2030, 1, 1);
    let source = SourceSettings { page_size: 500, created_from: first, ..SourceSettings::default() };
    let mapper = DefaultBillMapper { orders_from: first, ..DefaultBillMapper::default() };
    world.build(100, |connection| amend(connection.source(source).bill_mapper(mapper))).await
}

fn link(source: &str, target: &str) -> Link {
    Link { kind: "purchase_order".into(), source: source.into(), target: target.into() }
}

/// What a link is refused for.
async fn refusal(connection: &Connection, wrong: Link) -> String {
    match connection.link(&[wrong], &Actor::new("jo")).await {
        Err(LinkError::Wrong(wrong)) => wrong[0].why.clone(),
        other => panic!("{other:?}"),
    }
}

async fn settled_by_a_person<E: Erp>() {
    let world: World<E> = World::of(with_bills()).await;
    let connection = connect(&world).await;
    settles(&world, connection).await;
}

async fn settles<E: Erp>(world: &World<E>, connection: Connection) {
    assert_eq!(connection.sync(FlowKind::PurchaseOrders).await.unwrap().posted, []);
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert_eq!(report.count(StateName::Held), world.bill_keys().len() as u64, "{:?}", report.counts);
    let mut orders = Vec::new();
    for concern in &report.concerns {
        let reason = &concern.reason;
        assert!(reason.contains("as none is that was created before 2030-01-01 (purchase_orders_from)"), "{reason}");
        orders.push(reason.split("`link purchase_order ").nth(1).unwrap().split(' ').next().unwrap().to_owned());
        assert!(reason.contains(&format!("`link purchase_order {} none`", orders.last().unwrap())), "{reason}");
    }
    // Of two suppliers one at least is another than the order's, which the refusal names.
    let wrong = ["S10001", "S10002"].map(|supplier| link(&orders[0], &typed_order(world, supplier)));
    let why = connection.link(&wrong, &Actor::new("jo")).await.unwrap_err().to_string();
    assert!(why.contains(" of the ERP is to supplier S1000"), "{why}");
    let supplier = why.split(&format!(", and {} is to ", orders[0])).nth(1).unwrap().split(':').next().unwrap();
    let number = typed_order(world, supplier);
    let why = refusal(&connection, link(&orders[0], "1999999")).await;
    assert!(why.contains("the ERP has no purchase order `1999999`"), "{why}");
    let why = refusal(&connection, link("4711", &number)).await;
    assert!(why.contains("Procurify has no purchase order `4711`"), "{why}");
    let is_extra = async || {
        let always = Period { first: NaiveDate::from_ymd_opt(2000, 1, 1), last: None };
        let compared = connection.reconcile(FlowKind::PurchaseOrders, always).await.unwrap();
        compared.extra.iter().any(|extra| extra.number == number)
    };
    assert!(is_extra().await, "people ordered it beside Procurify");
    let mut links = vec![link(&orders[0], &number)];
    links.extend(orders[1..].iter().map(|order| link(order, "None")));
    connection.link(&links, &Actor::new("jo")).await.unwrap();
    assert!(!is_extra().await, "a person has said whose it is");
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&world.bill_keys());
    let mut linked = 0;
    for key in &report.posted {
        let trail = connection.trail(key).await.unwrap().to_string();
        let history = connection.engine().store().history(key).await.unwrap();
        let draft = history.iter().find_map(|event| match &event.change {
            Change::Intended { document, .. } => Some(document.clone()),
            _ => None,
        });
        let draft: InvoiceDraft = serde_json::from_value(draft.unwrap()).unwrap();
        if draft.orders().is_empty() {
            assert!(trail.contains(" is none, by hand") && trail.contains("refers to no order"), "{trail}");
        } else {
            assert_eq!(draft.orders(), [number.as_str()]);
            assert!(trail.contains(&format!("refers to {number} as a whole")), "{trail}");
            linked += 1;
        }
    }
    assert_eq!(linked, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_for_an_order_of_before_the_first_day_goes_on_once_it_is_linked_to_the_order_in_m3_or_to_none() {
    settled_by_a_person::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_for_an_order_of_before_the_first_day_goes_on_once_it_is_linked_to_the_order_in_syteline_or_to_none() {
    settled_by_a_person::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_for_an_order_of_before_the_first_day_goes_on_once_it_is_linked_to_the_order_in_odata_or_to_none() {
    settled_by_a_person::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_m3_that_matches_invoices_with_orders_takes_one_for_an_order_that_is_linked_on_accounts_alone() {
    let world: World<M3> = World::of(with_bills()).await;
    let settings = M3InvoiceSettings { match_orders: true, ..M3InvoiceSettings::default() };
    let company = world.cloudsuite().m3(Company(100)).division("AAA").facility("A01").warehouse("001");
    let product = M3Product::new(company).invoices(settings);
    let connection = reading_none(&world, |connection| connection.cloudsuite(product)).await;
    settles(&world, connection).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_posted_is_not_linked_to_another() {
    let world: World<OData> = World::of(with_bills()).await;
    let connection = world.connect().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let posted = world.exactly_once(&world.keys());
    for target in [posted[&key(10_002)].number.as_str(), "none"] {
        let why = refusal(&connection, link("10001", target)).await;
        assert!(why.contains(&format!("was posted as {}", posted[&key(10_001)].number)), "{why}");
    }
    // Nor is another linked to it.
    let created = world.procurify.bump(Bump { create: 1, ..Bump::default() }).created[0];
    let why = refusal(&connection, link(&created.to_string(), &posted[&key(10_001)].number)).await;
    assert!(why.contains("is the one that was posted for acme/purchase_order/10001"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connector_says_so_and_links_the_order_on_its_command_line() {
    let world: World<SyteLine> = World::of(with_bills()).await;
    let config = world.configure("bills = true\npurchase_orders_from = \"2030-01-01\"");
    let command = async |arguments: &[&str]| {
        let mut command = connector(&config);
        command.args(arguments);
        let output = run(command).await;
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(command(&["sync"]).await.0, Some(3));
    let (_, held) = command(&["held"]).await;
    assert!(held.contains("created before 2030-01-01 (purchase_orders_from)"), "{held}");
    let order = held.split("`link purchase_order ").nth(1).unwrap().split(' ').next().unwrap();
    let (code, said) = command(&["link", "purchase_order", order, "none"]).await;
    assert_eq!(code, Some(0), "{said}");
    command(&["sync"]).await;
    assert_eq!(world.erp.all_documents().len(), 1, "its bill is posted, and refers to no order");
}

fn typed_order<E: Erp>(world: &World<E>, supplier: &str) -> String {
    world.erp.type_in(&TypedOrder {
        supplier: supplier.to_owned(),
        currency: "CAD".to_owned(),
        date: NaiveDate::from_ymd_opt(2026, 9, 1).unwrap(),
        external_ref: String::new(),
        lines: vec![TypedLine { quantity: 1.into(), price: 10.into(), account: String::new() }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_linked_by_mistake_is_posted_once_the_link_is_taken_back() {
    let world = World::new(scenario(3)).await;
    let number = typed_order(&world, "S10001");
    let connection = world.connect().await;
    let jo = Actor::new("jo");
    connection.link(&[link("10001", &number)], &jo).await.unwrap();
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!((report.posted.len(), report.count(StateName::Skipped)), (2, 1), "{:?}", report.counts);
    connection.unlink("purchase_order", "10001", &jo).await.unwrap();
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.posted, [key(10_001)], "{:?}", report.counts);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_may_be_in_the_erp_is_not_linked_to_another() {
    let world = World::new(scenario(1)).await;
    let number = typed_order(&world, "S10001");
    let finish = Matcher::operation("POST PPS370MI").containing("FinishEntry");
    world.erp.fault_next(finish, FaultKind::ResetAfter);
    let connection = world.connect_waiting(Duration::ZERO).await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.count(StateName::InDoubt), 1, "{:?}", report.counts);
    let why = refusal(&connection, link("10001", &number)).await;
    assert!(why.contains("it was sent, and what became of it is being found out"), "{why}");
}
