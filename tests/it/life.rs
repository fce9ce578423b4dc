//! Orders that change, are cancelled, closed and reopened in Procurify after they were posted, on each product.

use procurify_cloudsuite::purchase_order::DefaultOrderMapper;
use procurify_cloudsuite::reconcile::{Comparison, Period};
use procurify_cloudsuite::{Connection, FlowKind, Report};
use rust_decimal::Decimal;
use sandbox::{DeepUpdates, Document, Edit, FaultKind, Faults, M3, OData, ODataConfig, SyteLine, Touch};
use sync_core::{Actor, Assurance, Change, StateName, Step};

use crate::erp::Erp;
use crate::faults::one_in_five;
use crate::world::{World, connector, key, run, scenario};

const CHANGED: u64 = 10_002;
const SHORTENED: u64 = 10_003;
const LENGTHENED: u64 = 10_004;
const CANCELLED: u64 = 10_006;
const CLOSED: u64 = 10_007;

fn number(order: u64) -> usize {
    usize::try_from(order).unwrap()
}

async fn sync(connection: &Connection) -> Report {
    connection.sync(FlowKind::PurchaseOrders).await.unwrap()
}

async fn compared(connection: &Connection) -> Comparison {
    connection.reconcile(FlowKind::PurchaseOrders, Period::default()).await.unwrap()
}

fn document<E: Erp>(world: &World<E>, order: u64) -> Document {
    let reference = sync_core::ExternalRef::of(&key(number(order))).to_string();
    let mut copies: Vec<Document> =
        world.erp.all_documents().into_iter().filter(|one| one.external_ref == reference).collect();
    assert_eq!(copies.len(), 1, "{order} is in the ERP {} times", copies.len());
    copies.remove(0)
}

async fn trail(connection: &Connection, order: u64) -> String {
    connection.trail(&key(number(order))).await.unwrap().to_string()
}

/// Posted orders, of which some then change.
async fn changed<E: Erp>() -> (World<E>, Connection) {
    let world: World<E> = World::of(scenario(30)).await;
    let connection = world.connect_amending_with_lines().await;
    assert!(sync(&connection).await.is_all_done());
    let quantity = document(&world, CHANGED).lines[1].quantity + Decimal::TEN;
    assert!(world.procurify.edit(CHANGED, Edit::Quantity { line: 2, quantity }));
    assert!(world.procurify.edit(SHORTENED, Edit::RemoveLine { line: 2 }));
    assert!(world.procurify.edit(LENGTHENED, Edit::AddLine));
    assert!(world.procurify.edit(CANCELLED, Edit::Cancel));
    assert!(world.procurify.edit(CLOSED, Edit::Close));
    (world, connection)
}

async fn follows_changes<E: Erp>() {
    let (world, connection) = changed::<E>().await;
    let before: Vec<Document> = [CHANGED, SHORTENED, LENGTHENED, CLOSED].map(|order| document(&world, order)).to_vec();
    let plan = connection.plan(FlowKind::PurchaseOrders).await.unwrap();
    let steps = |wanted: fn(&Step) -> bool| plan.iter().filter(|planned| wanted(&planned.step)).count();
    assert_eq!(
        (steps(|step| matches!(step, Step::Amend { .. })), steps(|step| matches!(step, Step::Cancel(_)))),
        (3, 1)
    );
    let report = sync(&connection).await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let mut amended: Vec<String> = report.amended.iter().map(|key| key.id().to_owned()).collect();
    amended.sort();
    assert_eq!(amended, [CHANGED, SHORTENED, LENGTHENED, CANCELLED].map(|order| order.to_string()));
    assert!(report.posted.is_empty());
    assert_eq!(report.count(StateName::Cancelled), 1);

    let now = document(&world, CHANGED);
    assert_eq!(now.number, before[0].number, "the same order, not another");
    assert_eq!(now.lines[1].quantity, before[0].lines[1].quantity + Decimal::TEN);
    assert_eq!((&now.lines[0], &now.lines[2]), (&before[0].lines[0], &before[0].lines[2]), "the others are untouched");
    let kept: Vec<_> = before[1].lines.iter().enumerate().filter(|(at, _)| *at != 1).map(|(_, line)| line).collect();
    assert_eq!(document(&world, SHORTENED).lines.iter().collect::<Vec<_>>(), kept);
    let longer = document(&world, LENGTHENED);
    assert_eq!(longer.lines.len(), before[2].lines.len() + 1);
    assert_eq!(longer.lines[..before[2].lines.len()], before[2].lines);
    assert_eq!(document(&world, CLOSED), before[3], "closing an order changes nothing of what was ordered");

    let told = trail(&connection, CHANGED).await;
    let (old, new) = (before[0].lines[1].quantity.normalize(), now.lines[1].quantity.normalize());
    assert!(told.contains(&format!("line 2 quantity {old} -> {new}")), "{told}");
    let told = trail(&connection, SHORTENED).await;
    assert!(told.contains("line 2 removed: "), "{told}");
    let told = trail(&connection, LENGTHENED).await;
    assert!(told.contains("line 4 added: "), "{told}");
    let told = trail(&connection, CANCELLED).await;
    assert!(told.contains("cancelling the document: order ") && told.contains("the document is cancelled"), "{told}");

    let comparison = compared(&connection).await;
    assert!(comparison.is_clean(), "{comparison:?}");
    assert_eq!(comparison.matched, 29);
    assert_eq!(comparison.source_total, comparison.target_total);
    let writes = world.erp.writes();
    assert!(sync(&connection).await.is_all_done());
    assert_eq!(world.erp.writes(), writes, "nothing is left to be written");

    assert!(world.procurify.edit(CANCELLED, Edit::Reopen));
    assert_eq!(sync(&connection).await.amended, [key(number(CANCELLED))]);
    let comparison = compared(&connection).await;
    assert!(comparison.is_clean() && comparison.matched == 30, "{comparison:?}");
    world.exactly_once(&world.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_m3_follows_its_changes_its_cancellation_and_its_return() {
    follows_changes::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_syteline_follows_its_changes_its_cancellation_and_its_return() {
    follows_changes::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_odata_services_follows_its_changes_its_cancellation_and_its_return() {
    follows_changes::<OData>().await;
}

/// Quantity and price are of a unit: what is ordered in another one is another order.
async fn follows_units_prices_and_names<E: Erp>() {
    let world: World<E> = World::of(scenario(4)).await;
    let units = [("box", "BX"), ("each", "EA")].map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()));
    let mapper = DefaultOrderMapper { units: units.into(), ..DefaultOrderMapper::default() };
    let connection = world.build_amending(|connection| connection.mapper(mapper)).await;
    let unit = |line, unit: &str| world.procurify.edit(CHANGED, Edit::Unit { line, unit: unit.to_owned() });
    assert!(unit(1, "box") && unit(2, "piece"));
    assert!(sync(&connection).await.is_all_done());
    let before = document(&world, CHANGED).lines;
    assert_eq!(before[0].unit, "BX");

    assert!(unit(1, "each") && unit(2, "box"));
    let told = compared(&connection).await.differing;
    assert!(told.iter().any(|one| one.field == "line 1 unit" && one.source == "EA" && one.target == "BX"), "{told:?}");
    assert_eq!(sync(&connection).await.amended, [key(number(CHANGED))]);
    let now = document(&world, CHANGED).lines;
    assert_eq!([&now[0].unit, &now[1].unit], ["EA", "BX"]);
    assert_eq!((now[0].quantity, now[0].price), (before[0].quantity, before[0].price));
    let told = trail(&connection, CHANGED).await;
    assert!(told.contains("line 1 unit BX -> EA") && told.contains("line 2 unit "), "{told}");

    let (quantity, price) = (Decimal::from(60), Decimal::ONE);
    assert!(unit(1, "box"));
    assert!(world.procurify.edit(CHANGED, Edit::Quantity { line: 1, quantity }));
    assert!(world.procurify.edit(CHANGED, Edit::Price { line: 1, price }));
    assert!(world.procurify.edit(CHANGED, Edit::Rename { line: 3, name: "Anchor bolts".to_owned() }));
    assert!(sync(&connection).await.is_all_done());
    let now = document(&world, CHANGED).lines;
    assert_eq!((now[0].quantity, now[0].price, now[0].unit.as_str()), (quantity, price, "BX"));
    assert_eq!(now[2].name, "Anchor bolts");
    let told = trail(&connection, CHANGED).await;
    for words in ["line 1 unit EA -> BX", " -> 60", "line 1 price ", "line 3 name ", " -> Anchor bolts"] {
        assert!(told.contains(words), "`{words}` is not in {told}");
    }
    let comparison = compared(&connection).await;
    assert!(comparison.is_clean(), "{comparison:?}");

    assert!(unit(1, "piece"));
    let report = sync(&connection).await;
    let reasons: Vec<&str> = report.concerns.iter().map(|concern| concern.reason.as_str()).collect();
    assert!(reasons[0].contains("line 1 unit: BX -> the ERP's own") && reasons[0].contains("by hand"), "{reasons:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_follows_the_units_prices_and_names_of_its_lines_on_each_product() {
    follows_units_prices_and_names::<M3>().await;
    follows_units_prices_and_names::<SyteLine>().await;
    follows_units_prices_and_names::<OData>().await;
}

/// What has come stays as it was ordered: people are told, and may say that they have seen to it.
async fn leaves_alone_what_has_come<E: Erp>() {
    let world: World<E> = World::of(scenario(10)).await;
    let connection = world.connect_amending().await;
    assert!(sync(&connection).await.is_all_done());
    let before = document(&world, CHANGED);
    let cancelled = document(&world, CANCELLED);
    for (number, line) in [(&before.number, 2), (&cancelled.number, 1)] {
        world.erp.change(number, Touch { line, received: Some(Decimal::ONE), ..Touch::default() });
    }
    let writes = world.erp.writes();
    let quantity = before.lines[1].quantity + Decimal::ONE;
    world.procurify.edit(CHANGED, Edit::Quantity { line: 2, quantity });
    world.procurify.edit(CANCELLED, Edit::Cancel);
    let report = sync(&connection).await;
    let reasons: Vec<&String> = report.concerns.iter().map(|concern| &concern.reason).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons.iter().all(|reason| reason.contains("received")), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("changed at the source")), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("cancelled at the source")), "{reasons:?}");
    assert_eq!(document(&world, CHANGED).lines, before.lines);
    assert_eq!(document(&world, CANCELLED).lines, cancelled.lines);
    // A refusal is not met again with each pass.
    let writes_then = world.erp.writes();
    assert!(writes_then <= writes + 2);
    sync(&connection).await;
    assert_eq!(world.erp.writes(), writes_then);
    assert_eq!(compared(&connection).await.differing.len(), 3, "the total and the quantity of one, the other's status");
    let writes_then = world.erp.writes();

    let jo = Actor::new("jo");
    for order in [CHANGED, CANCELLED] {
        connection.engine().replay(&key(number(order)), &jo, Assurance::DoneByHand).await.unwrap();
    }
    let report = sync(&connection).await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert_eq!(world.erp.writes(), writes_then);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_come_is_left_alone_and_told_on_each_product() {
    leaves_alone_what_has_come::<M3>().await;
    leaves_alone_what_has_come::<SyteLine>().await;
    leaves_alone_what_has_come::<OData>().await;
}

/// Of an order that is closed before all of it came people are told: what is missing stays ordered in the ERP.
async fn tells_of_what_is_closed_short<E: Erp>() {
    let world: World<E> = World::of(scenario(10)).await;
    let connection = world.connect_amending().await;
    assert!(sync(&connection).await.is_all_done());
    let before = document(&world, CLOSED);
    assert!(world.procurify.edit(CLOSED, Edit::Receive { line: 1, quantity: Decimal::ONE }));
    assert!(sync(&connection).await.is_all_done(), "goods that come are no change");
    assert!(world.procurify.edit(CLOSED, Edit::CloseShort));
    let planned = connection.plan(FlowKind::PurchaseOrders).await.unwrap();
    assert!(matches!(&planned[0].step, Step::Tell(why) if why.contains("closed before all of it came")), "{planned:?}");
    let told = |report: &Report, change: &str| {
        let reasons: Vec<&String> = report.concerns.iter().map(|concern| &concern.reason).collect();
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert!(reasons[0].contains(&format!("status: {change}")), "{reasons:?}");
    };
    told(&sync(&connection).await, "open -> closed before all of it came");
    told(&sync(&connection).await, "open -> closed before all of it came");
    assert_eq!(document(&world, CLOSED), before, "nothing is changed by itself");
    let replay = async |assurance| connection.engine().replay(&key(number(CLOSED)), &Actor::new("jo"), assurance).await;
    replay(Assurance::DoneByHand).await.unwrap();
    let report = sync(&connection).await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert!(world.procurify.edit(CLOSED, Edit::Reopen));
    told(&sync(&connection).await, "closed before all of it came -> open");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_order_that_is_closed_before_all_of_it_came_people_are_told_on_each_product() {
    tells_of_what_is_closed_short::<M3>().await;
    tells_of_what_is_closed_short::<SyteLine>().await;
    tells_of_what_is_closed_short::<OData>().await;
}

/// Whatever becomes of the call that changes an order, the order ends as it is wanted, and nothing is done twice.
async fn survives_lost_answers<E: Erp>() {
    use FaultKind::{
        BareBadRequestAfter, BareBadRequestBefore, GatewayTimeoutAfter, ResetAfter, ResetBefore, ServerErrorAfter,
        ServerErrorBefore, TooManyRequests, TruncatedBody,
    };
    for kind in [
        ResetBefore,
        ResetAfter,
        ServerErrorBefore,
        ServerErrorAfter,
        GatewayTimeoutAfter,
        BareBadRequestBefore,
        BareBadRequestAfter,
        TruncatedBody,
        TooManyRequests,
    ] {
        let world: World<E> = World::of(scenario(4)).await;
        let connection = world.connect_amending_with_lines().await;
        assert!(sync(&connection).await.is_all_done());
        let quantity = document(&world, CHANGED).lines[0].quantity + Decimal::ONE;
        world.procurify.edit(CHANGED, Edit::Quantity { line: 1, quantity });
        world.procurify.edit(CHANGED, Edit::AddLine);
        world.procurify.edit(CHANGED, Edit::RemoveLine { line: 2 });
        world.erp.fault_next_change(kind);
        let report = sync(&connection).await;
        assert!(report.is_all_done(), "{kind:?}: {:?}", report.concerns);
        let comparison = compared(&connection).await;
        assert!(comparison.is_clean(), "{kind:?}: {comparison:?}");
        let faulty = world.erp.seen();
        assert!(format!("{faulty:?}").contains(&format!("{kind:?}")), "{kind:?} never happened: {faulty:?}");
        assert_eq!(document(&world, CHANGED).lines.len(), 3, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_answer_is_lost_is_compared_and_never_made_twice_in_m3() {
    survives_lost_answers::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_answer_is_lost_is_compared_and_never_made_twice_in_syteline() {
    survives_lost_answers::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_answer_is_lost_is_compared_and_never_made_twice_in_odata_services() {
    survives_lost_answers::<OData>().await;
}

/// A service that says yes to lines inside a change of their head, and leaves them as they are, is not believed.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_an_odata_service_only_says_it_has_made_is_told() {
    for (deep_updates, deep, carried) in [
        (DeepUpdates::Ignored, true, false),
        (DeepUpdates::Refused, true, false),
        (DeepUpdates::Accepted, true, true),
        (DeepUpdates::Ignored, false, true),
    ] {
        let config = ODataConfig { scenario: scenario(4), deep_updates, ..ODataConfig::default() };
        let world = World::around(scenario(4), |_| (), OData::start(config).await.unwrap()).await;
        let odata = world.cloudsuite().odata("100").deep_updates(deep);
        let connection = world.build_amending(move |connection| connection.cloudsuite(odata)).await;
        assert!(sync(&connection).await.is_all_done());
        let before = document(&world, CHANGED);
        let quantity = before.lines[0].quantity + Decimal::ONE;
        world.procurify.edit(CHANGED, Edit::Quantity { line: 1, quantity });
        let report = sync(&connection).await;
        assert_eq!(report.is_all_done(), carried, "{deep_updates:?}: {:?}", report.concerns);
        let now = document(&world, CHANGED).lines[0].quantity;
        assert_eq!(now, if carried { quantity } else { before.lines[0].quantity });
        if !carried {
            let told: Vec<String> = report.concerns.iter().map(|concern| concern.reason.clone()).collect();
            let words = if deep_updates == DeepUpdates::Ignored { "deep_updates" } else { "takes no related entities" };
            assert!(told.iter().any(|reason| reason.contains(words)), "{told:?}");
        }
    }
}

/// With one call in five failing, every order ends as it is wanted.
async fn follows_changes_under_faults<E: Erp>() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(3);
    println!("seed {seed}");
    let world: World<E> = World::of(scenario(60)).await;
    assert!(sync(&world.connect_amending_with_lines().await).await.is_all_done());
    for order in 10_001..10_061_u64 {
        let edited = match order % 6 {
            0 => world.procurify.edit(order, Edit::Quantity { line: 1, quantity: Decimal::ONE_HUNDRED }),
            1 => world.procurify.edit(order, Edit::AddLine),
            2 => world.procurify.edit(order, Edit::RemoveLine { line: 2 }),
            3 => world.procurify.edit(order, Edit::Cancel),
            4 => {
                world.procurify.edit(order, Edit::Quantity { line: 3, quantity: Decimal::TEN })
                    && world.procurify.edit(order, Edit::AddLine)
                    && world.procurify.edit(order, Edit::RemoveLine { line: 1 })
            }
            _ => true,
        };
        assert!(edited, "{order}");
    }
    world.erp.fail(one_in_five(seed, E::fault_kinds()));
    let mut passes = 0;
    loop {
        passes += 1;
        assert!(passes <= 50, "no end in sight after 50 passes");
        let connection = world.connect_amending_in_calls_of(3).await;
        match connection.sync(FlowKind::PurchaseOrders).await {
            Ok(report) if report.is_all_done() => break,
            Ok(report) => println!("pass {passes}: {:?} {:?}", report.counts, report.concerns.first()),
            Err(error) => println!("pass {passes}: {error}"),
        }
    }
    println!("{passes} passes; {:?}", world.erp.seen().faults);
    assert!(world.erp.seen().faults.len() > 5, "too few faults to prove anything");
    world.erp.fail(Faults::default());
    let connection = world.connect_amending_with_lines().await;
    let comparison = compared(&connection).await;
    assert!(comparison.is_clean() && comparison.matched == 50, "{comparison:?}");
    assert_eq!(comparison.source_total, comparison.target_total);
    world.exactly_once(&world.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_failing_every_order_ends_as_it_is_wanted_on_each_product() {
    follows_changes_under_faults::<M3>().await;
    follows_changes_under_faults::<SyteLine>().await;
    follows_changes_under_faults::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_m3_could_not_put_on_its_account_is_left_to_people_by_default() {
    let world: World = World::new(scenario(5)).await;
    let connection = world.connect_amending().await;
    assert!(sync(&connection).await.is_all_done());
    let before = document(&world, LENGTHENED);
    world.procurify.edit(LENGTHENED, Edit::AddLine);
    world.procurify.edit(LENGTHENED, Edit::Quantity { line: 1, quantity: 77.into() });
    let report = sync(&connection).await;
    assert_eq!(report.concerns.len(), 1);
    let reason = &report.concerns[0].reason;
    assert!(reason.contains("puts an accounting string on a line") && reason.contains("by hand"), "{reason}");
    assert!(reason.contains("line 1 quantity ") && reason.contains(" -> 77; "), "{reason}");
    assert!(reason.contains("line 4 added: ") && reason.contains("/CC"), "{reason}");
    assert_eq!(document(&world, LENGTHENED).lines, before.lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_deleted_in_the_erp_is_not_made_again_by_a_change() {
    let world: World<OData> = World::of(scenario(5)).await;
    let connection = world.connect_amending().await;
    assert!(sync(&connection).await.is_all_done());
    world.erp.delete(&document(&world, CHANGED).number);
    world.procurify.edit(CHANGED, Edit::RemoveLine { line: 1 });
    let report = sync(&connection).await;
    assert!(report.concerns[0].reason.contains("is not in the ERP any more"), "{:?}", report.concerns);
    assert_eq!(world.erp.all_documents().len(), 4);
    assert_eq!(compared(&connection).await.missing.len(), 1);
}

/// An order is ours by its number and the reference in it. Where people have written over that one, they are told, and
/// nothing is taken for done.
async fn leaves_alone_what_bears_another_reference<E: Erp>() {
    let world: World<E> = World::of(scenario(10)).await;
    let connection = world.connect_amending().await;
    assert!(sync(&connection).await.is_all_done());
    let before = world.exactly_once(&world.keys());
    let order = |order: u64| &before[&key(number(order))];
    world.erp.set_reference(&order(CANCELLED).number, "as agreed with Ann");
    world.erp.set_reference(&order(CHANGED).number, "");
    let told = compared(&connection).await;
    assert!(told.missing.is_empty() && told.extra.is_empty(), "{told:?}");
    let told: Vec<_> =
        told.differing.iter().map(|one| (one.number.as_str(), one.field.as_str(), one.target.as_str())).collect();
    assert_eq!(
        told,
        [
            (order(CHANGED).number.as_str(), "reference", "none"),
            (order(CANCELLED).number.as_str(), "reference", "as agreed with Ann")
        ]
    );
    world.procurify.edit(CANCELLED, Edit::Cancel);
    world.procurify.edit(CHANGED, Edit::RemoveLine { line: 1 });
    let there = world.erp.all_documents();
    let report = sync(&connection).await;
    let reasons: Vec<&str> = report.concerns.iter().map(|concern| concern.reason.as_str()).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    for (number, bears) in [(CANCELLED, "bears the reference as agreed with Ann"), (CHANGED, "bears no reference")] {
        let words = format!("order {} is there and {bears}", order(number).number);
        assert!(reasons.iter().any(|reason| reason.contains(&words)), "{reasons:?}");
    }
    assert_eq!((world.erp.all_documents(), report.count(StateName::Cancelled)), (there, 0));
    let told = compared(&connection).await;
    assert!(told.missing.is_empty() && told.extra.is_empty(), "{told:?}");
    assert!(told.differing.iter().any(|one| one.field == "status" && one.key == key(number(CANCELLED))), "{told:?}");

    // Put back, it is cancelled at a person's word.
    world.erp.set_reference(&order(CANCELLED).number, &order(CANCELLED).external_ref);
    connection.engine().replay(&key(number(CANCELLED)), &Actor::new("jo"), Assurance::None).await.unwrap();
    assert_eq!(sync(&connection).await.count(StateName::Cancelled), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_reference_people_wrote_over_is_left_alone_and_told_on_each_product() {
    leaves_alone_what_bears_another_reference::<M3>().await;
    leaves_alone_what_bears_another_reference::<SyteLine>().await;
    leaves_alone_what_bears_another_reference::<OData>().await;
}

/// People close a line of which nothing will come: no change of the order orders it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_people_closed_in_syteline_is_not_ordered_again() {
    let world: World<SyteLine> = World::of(scenario(10)).await;
    let connection = world.connect_amending().await;
    assert!(sync(&connection).await.is_all_done());
    let order = document(&world, CHANGED).number;
    assert!(world.erp.close_line(&order, 2));
    let statuses = || -> Vec<String> {
        let lines = world.erp.rows("SLPoItems").into_iter().filter(|line| line["PoNum"].trim() == order);
        lines.map(|line| line["Stat"].clone()).collect()
    };
    let closed = statuses();
    assert_eq!(closed[1], "C", "{closed:?}");

    assert!(world.procurify.edit(CHANGED, Edit::Unit { line: 3, unit: "crate".to_owned() }));
    assert!(sync(&connection).await.is_all_done());
    assert_eq!(statuses(), closed, "what changes nothing in the ERP");
    let told = trail(&connection, CHANGED).await;
    assert!(!told.contains("changing the document"), "{told}");

    assert!(world.procurify.edit(CHANGED, Edit::Quantity { line: 1, quantity: 77.into() }));
    assert!(world.procurify.edit(CHANGED, Edit::Promise { days: 30 }));
    assert!(sync(&connection).await.is_all_done());
    assert_eq!((document(&world, CHANGED).lines[0].quantity, statuses()), (77.into(), closed.clone()));
    let told = trail(&connection, CHANGED).await;
    assert!(told.contains("line 3 delivery date ") && !told.contains("line 2 delivery date "), "{told}");

    assert!(world.procurify.edit(CHANGED, Edit::Quantity { line: 2, quantity: 78.into() }));
    let report = sync(&connection).await;
    let reasons: Vec<&str> = report.concerns.iter().map(|concern| concern.reason.as_str()).collect();
    assert!(reasons.len() == 1 && reasons[0].contains("line 2 was closed in SyteLine"), "{reasons:?}");
    assert_eq!(statuses(), closed);

    // What we cancelled is ordered again, and each line of it told.
    for edit in [Edit::Cancel, Edit::Reopen] {
        assert!(world.procurify.edit(CANCELLED, edit));
        assert_eq!(sync(&connection).await.amended, [key(number(CANCELLED))]);
    }
    let told = trail(&connection, CANCELLED).await;
    let order = document(&world, CANCELLED).number;
    for what in [format!("order {order}"), "line 1".to_owned(), "line 3".to_owned()] {
        assert!(told.contains(&format!("{what} status complete -> ordered")), "{what}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connector_changes_orders_where_its_configuration_allows_it() {
    let world: World<SyteLine> = World::of(scenario(5)).await;
    let command = async |config: &std::path::Path, arguments: &[&str]| {
        let mut command = connector(config);
        command.args(arguments).arg("--json");
        let output = run(command).await;
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), document)
    };
    let config = world.configure("");
    assert_eq!(command(&config, &["sync"]).await.0, Some(0));
    world.procurify.edit(CHANGED, Edit::RemoveLine { line: 1 });
    let (code, report) = command(&config, &["sync"]).await;
    assert_eq!(code, Some(3), "people are told by default: {report}");
    let config = world.configure("on_revision = \"amend\"\non_cancel = \"cancel\"");
    let key = key(number(CHANGED)).to_string();
    let (code, _) = command(&config, &["replay", &key]).await;
    assert_eq!(code, Some(0), "what was told before is changed at a person's word");
    world.procurify.edit(10_001, Edit::Cancel);
    let (code, report) = command(&config, &["sync"]).await;
    let flow = &report["flows"]["purchase_order"];
    assert_eq!((code, &flow["amended"], &flow["cancelled"]), (Some(0), &2.into(), &1.into()), "{report}");
    assert_eq!(document(&world, CHANGED).lines.len(), 2);
    let (code, report) = command(&config, &["reconcile"]).await;
    assert_eq!((code, &report["clean"]), (Some(0), &true.into()), "{report}");
    let (_, trail) = command(&config, &["audit", &key]).await;
    let events = trail["events"].as_array().unwrap();
    let amending = events.iter().find(|event| event["change"]["what"] == "amending").unwrap();
    assert_eq!(amending["change"]["differences"][0]["what"], "line 1");
    let change: Change = serde_json::from_value(amending["change"].clone()).unwrap();
    assert!(matches!(change, Change::Amending { .. }));
}
