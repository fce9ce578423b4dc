//! Bills that are corrected, withdrawn and approved again in Procurify after they were posted, on each product.

use std::collections::BTreeMap;

use procurify_cloudsuite::bill::{DefaultBillMapper, InvoiceDraft};
use procurify_cloudsuite::codes::CodeTable;
use procurify_cloudsuite::odata::{ODataInvoiceSettings, ODataProduct};
use procurify_cloudsuite::periods::{OnClosed, PeriodSettings};
use procurify_cloudsuite::reconcile::{Comparison, Period};
use procurify_cloudsuite::{Connection, FlowKind, Report};
use rust_decimal::Decimal;
use sandbox::{BillEdit, Document, Edit, FaultKind, Faults, M3, OData, Scenario, SyteLine, TypedInvoice, TypedLine};
use sync_core::{Actor, Assurance, Change, RecordKey, StateName, Step};

use crate::bills::procurify;
use crate::erp::Erp;
use crate::faults::one_in_five;
use crate::kill::{Random, kill_after};
use crate::world::{World, bill_key, connector, run, scenario};

const WITHDRAWN: u8 = 5;
const APPROVED: u8 = 2;

fn with_bills(bills: usize) -> Scenario {
    Scenario { bills, ..scenario(bills) }
}

async fn sync(connection: &Connection) -> Report {
    connection.sync(FlowKind::Bills).await.unwrap()
}

async fn compared(connection: &Connection) -> Comparison {
    connection.reconcile(FlowKind::Bills, Period::default()).await.unwrap()
}

fn writes<E: Erp>(world: &World<E>) -> u64 {
    world.erp.seen().writes.values().sum()
}

fn edit<E: Erp>(world: &World<E>, key: &RecordKey, change: impl FnOnce(&mut BillEdit)) {
    assert!(world.procurify.edit_bill(key.id().parse().unwrap(), change), "{key}");
}

/// Orders and bills posted, the connection that follows changes, and the invoices as they were made. Only bills of
/// three lines, one for each of the order's, are given: those whose freight or parts are on lines of their own are not.
async fn posted<E: Erp>(bills: usize) -> (World<E>, Connection, Vec<(RecordKey, Document)>) {
    let world = World::<E>::of(with_bills(bills)).await;
    let connection = world.connect_amending().await;
    assert!(connection.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done());
    let report = sync(&connection).await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let documents = world.exactly_once(&world.bill_keys());
    let plain = documents.into_iter().filter(|(_, document)| costs::<E>(document).len() == 3).collect();
    (world, connection, plain)
}

/// The lines that are no tax.
fn costs<E: Erp>(document: &Document) -> &[sandbox::DocumentLine] {
    let tax = E::TAX_ACCOUNT.is_some_and(|tax| {
        document.lines.last().is_some_and(|last| last.account == tax && last.cost_center.is_empty())
    });
    &document.lines[..document.lines.len() - usize::from(tax)]
}

fn now<E: Erp>(world: &World<E>, key: &RecordKey) -> Option<Document> {
    let reference = sync_core::ExternalRef::of(key).to_string();
    let mut copies: Vec<Document> =
        world.erp.all_documents().into_iter().filter(|one| one.external_ref == reference).collect();
    assert!(copies.len() <= 1, "{key} is in the ERP {} times", copies.len());
    copies.pop()
}

async fn trail(connection: &Connection, key: &RecordKey) -> String {
    connection.trail(key).await.unwrap().to_string()
}

async fn follows_corrections<E: Erp>() {
    let (world, connection, bills) = posted::<E>(40).await;
    let [added, dated, numbered, dearer, moved, withdrawn, ..] = &bills[..] else { panic!("{} bills", bills.len()) };
    edit(&world, &added.0, |edit| edit.freight = Decimal::TEN);
    edit(&world, &dated.0, |edit| edit.due_in = Some(45));
    edit(&world, &numbered.0, |edit| edit.invoice_number = Some("CORRECTED-1".to_owned()));
    edit(&world, &dearer.0, |edit| edit.more = Decimal::TEN);
    edit(&world, &moved.0, |edit| edit.moved = true);
    edit(&world, &withdrawn.0, |edit| edit.status = Some(WITHDRAWN));
    let plan = connection.plan(FlowKind::Bills).await.unwrap();
    let steps = |wanted: fn(&Step) -> bool| plan.iter().filter(|planned| wanted(&planned.step)).count();
    let amended = if E::CHANGES_INVOICE_LINES { 5 } else { 3 };
    assert_eq!(steps(|step| matches!(step, Step::Amend { .. })), amended);
    assert_eq!(steps(|step| matches!(step, Step::Tell(why) if why.contains("cannot be carried over"))), 5 - amended);
    assert_eq!(steps(|step| matches!(step, Step::Cancel(_))), 1);
    let report = sync(&connection).await;
    assert!(report.posted.is_empty());

    let longer = now(&world, &added.0).unwrap();
    assert_eq!(longer.number, added.1.number, "the same invoice, not another");
    let freight = if added.1.total < Decimal::ZERO { -Decimal::TEN } else { Decimal::TEN };
    assert_eq!(longer.total, added.1.total + freight);
    let (before, after) = (costs::<E>(&added.1).len(), sorted(&longer));
    assert_eq!(after.len(), sorted(&added.1).len() + 1, "{longer:?}");
    assert_eq!(before, 3);
    assert_eq!(now(&world, &dated.0).unwrap().lines, dated.1.lines);
    assert_ne!(now(&world, &dated.0).unwrap().requested, dated.1.requested, "another due date");
    let told = trail(&connection, &added.0).await;
    assert!(told.contains(" added: ") && told.contains("total "), "{told}");
    let told = trail(&connection, &dated.0).await;
    assert!(told.contains("due date ") && told.contains(" -> "), "{told}");
    let told = trail(&connection, &numbered.0).await;
    assert!(told.contains(&format!("invoice number INV-{} -> CORRECTED-1", numbered.0.id())), "{told}");
    let told = trail(&connection, &withdrawn.0).await;
    assert!(told.contains("cancelling the document: invoice ") && told.contains("the document is cancelled"), "{told}");

    let concerned: Vec<&RecordKey> = report.concerns.iter().map(|concern| &concern.key).collect();
    let comparison = compared(&connection).await;
    assert!(comparison.missing.is_empty() && comparison.extra.is_empty(), "{comparison:?}");
    if E::CHANGES_INVOICE_LINES {
        assert!(report.is_all_done(), "{:?}", report.concerns);
        assert!(comparison.is_clean(), "{comparison:?}");
        assert_eq!(comparison.source_total, comparison.target_total);
        let told = trail(&connection, &dearer.0).await;
        assert!(told.contains("line 1 amount "), "{told}");
        let told = trail(&connection, &moved.0).await;
        assert!(told.contains("line 1 account ") && told.contains("line 3 account "), "{told}");
        assert_ne!(now(&world, &moved.0).unwrap().lines[0].cost_center, moved.1.lines[0].cost_center);
    } else {
        assert_eq!(concerned, [&dearer.0, &moved.0]);
        for concern in &report.concerns {
            assert!(
                concern.reason.contains("no transaction of M3 changes") && concern.reason.contains("line 1 a"),
                "{}",
                concern.reason
            );
        }
        assert_eq!(now(&world, &dearer.0).unwrap(), dearer.1);
        assert!(comparison.differing.iter().all(|one| one.key == dearer.0), "{:?}", comparison.differing);
    }
    let before = writes(&world);
    sync(&connection).await;
    assert_eq!(writes(&world), before, "nothing is left to be written, and no refusal is met again");

    edit(&world, &withdrawn.0, |edit| edit.status = Some(APPROVED));
    let report = sync(&connection).await;
    let concern = report.concerns.iter().find(|concern| concern.key == withdrawn.0);
    if E::REOPENS_INVOICES {
        assert_eq!((concern, report.amended.as_slice()), (None, [withdrawn.0.clone()].as_slice()));
        assert!(compared(&connection).await.is_clean());
    } else {
        let reason = &concern.unwrap().reason;
        assert!(reason.contains("reopened at the source") && reason.contains("enter it by hand"), "{reason}");
    }
}

/// The amounts and accounts of an invoice's lines, in no order.
fn sorted(document: &Document) -> Vec<(Decimal, String, String)> {
    let mut lines: Vec<_> =
        document.lines.iter().map(|line| (line.price, line.account.clone(), line.cost_center.clone())).collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_in_m3_follows_its_bill_as_far_as_m3_allows_and_the_rest_is_told() {
    follows_corrections::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_in_syteline_follows_its_bill() {
    follows_corrections::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_in_odata_services_follows_its_bill_and_its_return() {
    follows_corrections::<OData>().await;
}

/// A posting date that a bill gets after it was posted is entered in the ERP, which is read before it is changed again.
async fn takes_a_posting_date<E: Erp>() {
    let (world, connection, _) = posted::<E>(12).await;
    let key = undated(&world).await;
    for days in [4, 6] {
        edit(&world, &key, |edit| edit.posted_in = Some(days));
        let report = sync(&connection).await;
        assert!(report.is_all_done(), "{:?}", report.concerns);
        assert_eq!(report.amended, std::slice::from_ref(&key));
    }
    let told = trail(&connection, &key).await;
    let added = told.split("posting date added: ").nth(1).unwrap_or_else(|| panic!("{told}"));
    assert!(told.contains(&format!("posting date {} -> ", &added[..10])), "{told}");
}

/// A bill without a GL post date.
async fn undated<E: Erp>(world: &World<E>) -> RecordKey {
    let bills = procurify(world).bills().list().page_size(500).all().await.unwrap();
    let undated =
        bills.iter().filter(|bill| bill.gl_post_date.is_none()).map(|bill| bill_key(bill.id.0.try_into().unwrap()));
    let moved = world.bill_keys();
    undated.into_iter().find(|key| moved.contains(key)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posting_date_that_is_entered_after_posting_is_carried_over_on_each_product() {
    takes_a_posting_date::<M3>().await;
    takes_a_posting_date::<SyteLine>().await;
    takes_a_posting_date::<OData>().await;
}

/// Where the day goes into a property of the tenant's own, it is not read back, and what changes of it is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_posting_date_that_odata_does_not_show_is_told_when_it_changes() {
    let world = World::<OData>::of(with_bills(12)).await;
    let settings = ODataInvoiceSettings { posting_date: Some("Attachments".to_owned()), ..Default::default() };
    let product = ODataProduct::new(world.cloudsuite().odata("100")).invoices(settings);
    let connection = world.build_amending(|connection| connection.cloudsuite(product)).await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(sync(&connection).await.is_all_done());
    let (key, before) = (undated(&world).await, writes(&world));
    edit(&world, &key, |edit| edit.posted_in = Some(4));
    let report = sync(&connection).await;
    let [concern] = report.concerns.as_slice() else { panic!("{:?}", report.concerns) };
    assert_eq!((&concern.key, writes(&world)), (&key, before));
    assert!(concern.reason.contains("posting date none, now 20"), "{}", concern.reason);
}

/// A bill names the line that the ERP's order has for what it bills, as long as that is known.
async fn names_the_orders_line<E: Erp>() {
    let world = World::<E>::of(with_bills(24)).await;
    let connection = world.connect_amending_with_lines().await;
    assert!(connection.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done());
    let bills = world.procurify.approved_bills();
    let [same, more, other, ..] = bills[..] else { panic!("{} bills", bills.len()) };
    // Each bill bills the order of its place.
    let order = |bill: u64| bill - 7_001 + 10_001;
    assert!(world.procurify.edit(order(more), Edit::Quantity { line: 2, quantity: Decimal::ONE_HUNDRED }));
    assert!(world.procurify.edit(order(other), Edit::RemoveLine { line: 2 }));
    assert!(world.procurify.edit(order(other), Edit::AddLine));
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done() && report.amended.len() == 2, "{:?} {:?}", report.amended, report.concerns);
    let report = sync(&connection).await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    for (bill, expected) in
        [(same, vec![Some(1), Some(2), Some(3)]), (more, vec![Some(1), Some(2), Some(3)]), (other, vec![None])]
    {
        let events = connection.trail(&bill_key(bill)).await.unwrap().events;
        let sent = events.iter().find_map(|event| match &event.change {
            Change::Intended { document, .. } => serde_json::from_value::<InvoiceDraft>(document.clone()).ok(),
            _ => None,
        });
        let orders = sent.unwrap().lines.into_iter().filter_map(|line| line.order);
        let mut lines: Vec<Option<u32>> = orders.map(|order| order.line).collect();
        lines.dedup();
        assert_eq!(lines, expected, "{bill}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_names_no_line_of_an_order_whose_lines_came_and_went_on_each_product() {
    names_the_orders_line::<M3>().await;
    names_the_orders_line::<SyteLine>().await;
    names_the_orders_line::<OData>().await;
}

/// What is in the ledger is never touched.
async fn leaves_alone_what_is_posted<E: Erp>() {
    let (world, connection, bills) = posted::<E>(12).await;
    let [changed, withdrawn, ..] = &bills[..] else { panic!("{} bills", bills.len()) };
    for (_, document) in [changed, withdrawn] {
        world.erp.post_invoice(&document.number);
    }
    let there: BTreeMap<RecordKey, Option<Document>> =
        [changed, withdrawn].map(|(key, _)| (key.clone(), now(&world, key))).into();
    let before = writes(&world);
    edit(&world, &changed.0, |edit| (edit.freight, edit.due_in) = (Decimal::TEN, Some(45)));
    edit(&world, &withdrawn.0, |edit| edit.status = Some(WITHDRAWN));
    let report = sync(&connection).await;
    let reasons: BTreeMap<&RecordKey, &String> =
        report.concerns.iter().map(|concern| (&concern.key, &concern.reason)).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    let told = reasons[&changed.0];
    assert!(told.contains("is never touched: correct it by hand") && told.contains("due date "), "{told}");
    assert!(told.contains("line 4 ") && told.contains("total "), "{told}");
    let told = reasons[&withdrawn.0];
    assert!(told.contains("is never touched: enter a credit note by hand"), "{told}");
    assert_eq!(writes(&world), before);
    for (key, document) in &there {
        assert_eq!(&now(&world, key), document);
    }
    let jo = Actor::new("jo");
    for (key, _) in [changed, withdrawn] {
        connection.engine().replay(key, &jo, Assurance::DoneByHand).await.unwrap();
    }
    let report = sync(&connection).await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert_eq!(writes(&world), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_in_the_ledger_is_never_touched_and_the_correction_is_told_on_each_product() {
    leaves_alone_what_is_posted::<M3>().await;
    leaves_alone_what_is_posted::<SyteLine>().await;
    leaves_alone_what_is_posted::<OData>().await;
}

/// A bill that was moved out of a closed period, and is in the ledger on the day to which it was moved.
async fn keeps_the_day_to_which_it_was_moved<E: Erp>() {
    let world = World::<E>::of(with_bills(6)).await;
    let connect = async |closed_until: &str| {
        let periods = PeriodSettings {
            closed_until: Some(closed_until.parse().unwrap()),
            bills: OnClosed::Move,
            orders: OnClosed::Ignore,
            ..PeriodSettings::default()
        };
        world.build_amending(|connection| connection.fiscal_periods(periods)).await
    };
    let connection = connect("2098-12-31").await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(sync(&connection).await.is_all_done());
    drop(connection);
    let (key, document) = world.exactly_once(&world.bill_keys()).pop_first().unwrap();
    world.erp.post_invoice(&document.number);
    edit(&world, &key, |edit| edit.due_in = Some(45));
    let report = sync(&connect("2099-01-31").await).await;
    let [concern] = report.concerns.as_slice() else { panic!("{:?}", report.concerns) };
    let told = &concern.reason;
    assert!(told.contains("due date ") && !told.contains("posting date"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_to_which_a_bill_was_moved_is_no_correction_of_it_once_that_is_closed_too_on_each_product() {
    keeps_the_day_to_which_it_was_moved::<M3>().await;
    keeps_the_day_to_which_it_was_moved::<SyteLine>().await;
    keeps_the_day_to_which_it_was_moved::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_terms_that_a_voucher_does_not_have_keep_no_correction_from_it_and_are_not_told() {
    let world = World::<SyteLine>::of(with_bills(6)).await;
    let connect = async |terms: &str| {
        let payment_terms = CodeTable::new([("Net 30", terms)]);
        let mapper = DefaultBillMapper { payment_terms, ..DefaultBillMapper::default() };
        world.build_amending(|connection| connection.bill_mapper(mapper)).await
    };
    let connection = connect("N30").await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(sync(&connection).await.is_all_done());
    drop(connection);
    let mut bills = world.exactly_once(&world.bill_keys()).into_iter();
    let ((dearer, _), (posted, document)) = (bills.next().unwrap(), bills.next().unwrap());
    world.erp.post_invoice(&document.number);
    edit(&world, &dearer, |edit| edit.more = Decimal::TEN);
    edit(&world, &posted, |edit| edit.due_in = Some(45));
    let report = sync(&connect("N45").await).await;
    assert_eq!(report.amended, [dearer], "{:?}", report.concerns);
    let [concern] = report.concerns.as_slice() else { panic!("{:?}", report.concerns) };
    let told = &concern.reason;
    assert!(concern.key == posted && told.contains("due date ") && !told.contains("payment terms"), "{told}");
}

/// What people typed in themselves is theirs to correct; and no invoice takes a number that another has.
async fn leaves_alone_what_is_not_ours<E: Erp>() {
    let world = World::<E>::of(with_bills(16)).await;
    let connection = world.connect_amending().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let plan = connection.plan(FlowKind::Bills).await.unwrap();
    let mut drafts = plan.into_iter().filter_map(|planned| match planned.step {
        Step::Post(document) => {
            Some((planned.key, serde_json::from_value::<procurify_cloudsuite::bill::InvoiceDraft>(document).unwrap()))
        }
        _ => None,
    });
    let ((linked, typed), (renamed, ours)) = (drafts.next().unwrap(), drafts.next().unwrap());
    let by_hand = |draft: &procurify_cloudsuite::bill::InvoiceDraft, number: &str| TypedInvoice {
        supplier: draft.supplier.clone(),
        number: number.to_owned(),
        currency: draft.currency.clone(),
        date: draft.invoice_date,
        external_ref: String::new(),
        lines: vec![TypedLine { quantity: Decimal::ONE, price: draft.total, account: "60100".to_owned() }],
    };
    world.erp.type_invoice(&by_hand(&typed, &typed.number));
    assert!(sync(&connection).await.is_all_done());
    world.erp.type_invoice(&by_hand(&ours, "TAKEN-1"));
    let (before, invoice) = (writes(&world), now(&world, &renamed));
    edit(&world, &linked, |edit| edit.due_in = Some(45));
    edit(&world, &renamed, |edit| (edit.invoice_number, edit.due_in) = (Some("TAKEN-1".to_owned()), Some(45)));
    let report = sync(&connection).await;
    let reasons: BTreeMap<&RecordKey, &String> =
        report.concerns.iter().map(|concern| (&concern.key, &concern.reason)).collect();
    let told = reasons[&linked];
    assert!(told.contains("by hand, and is never touched") && told.contains("due date "), "{told}");
    let told = reasons[&renamed];
    assert!(told.contains("TAKEN-1") && told.contains("already") && told.contains("due date "), "{told}");
    assert_eq!((writes(&world), now(&world, &renamed)), (before, invoice));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_typed_in_and_numbers_that_are_taken_are_left_alone_on_each_product() {
    leaves_alone_what_is_not_ours::<M3>().await;
    leaves_alone_what_is_not_ours::<SyteLine>().await;
    leaves_alone_what_is_not_ours::<OData>().await;
}

/// Corrections of this bill that its product can carry out.
fn correct<E: Erp>(world: &World<E>, key: &RecordKey) {
    edit(world, key, |edit| {
        (edit.freight, edit.due_in) = (edit.freight + Decimal::TEN, Some(45));
        if E::CHANGES_INVOICE_LINES {
            (edit.more, edit.moved) = (Decimal::TEN, true);
        }
    });
}

async fn survives_lost_answers<E: Erp>() {
    use FaultKind::{
        BareBadRequestAfter, BareBadRequestBefore, GatewayTimeoutAfter, ResetAfter, ResetBefore, ServerErrorAfter,
        ServerErrorBefore, TooManyRequests, TruncatedBody,
    };
    let kinds = [
        ResetBefore,
        ResetAfter,
        ServerErrorBefore,
        ServerErrorAfter,
        GatewayTimeoutAfter,
        BareBadRequestBefore,
        BareBadRequestAfter,
        TruncatedBody,
        TooManyRequests,
    ];
    for (calls, kind) in E::invoice_changes().into_iter().flat_map(|calls| kinds.map(|kind| (calls.clone(), kind))) {
        let (world, connection, bills) = posted::<E>(6).await;
        let (key, before) = &bills[0];
        correct(&world, key);
        world.erp.fault_next_of(calls, kind);
        let report = sync(&connection).await;
        assert!(report.is_all_done(), "{kind:?}: {:?}", report.concerns);
        let faults = world.erp.seen().faults;
        assert!(format!("{faults:?}").contains(&format!("{kind:?}")), "{kind:?} never happened: {faults:?}");
        let comparison = compared(&connection).await;
        assert!(comparison.is_clean(), "{kind:?}: {comparison:?}");
        assert_eq!(now(&world, key).unwrap().lines.len(), before.lines.len() + 1, "{kind:?}");
        assert_eq!(now(&world, key).unwrap().number, before.number, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_whose_answer_is_lost_is_compared_and_never_made_twice_in_m3() {
    survives_lost_answers::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_whose_answer_is_lost_is_compared_and_never_made_twice_in_syteline() {
    survives_lost_answers::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_whose_answer_is_lost_is_compared_and_never_made_twice_in_odata_services() {
    survives_lost_answers::<OData>().await;
}

/// Corrects, renumbers and withdraws; answers how many are withdrawn.
fn correct_all<E: Erp>(world: &World<E>, bills: &[(RecordKey, Document)]) -> u64 {
    let mut withdrawn = 0;
    for (place, (key, _)) in bills.iter().enumerate() {
        match place % 4 {
            0 => edit(world, key, |edit| edit.invoice_number = Some(format!("NEW-{place}"))),
            1 => {
                edit(world, key, |edit| edit.status = Some(WITHDRAWN));
                withdrawn += 1;
            }
            _ => correct(world, key),
        }
    }
    withdrawn
}

async fn ends_as_wanted<E: Erp>(world: &World<E>, withdrawn: u64) {
    let connection = world.connect_amending().await;
    let report = sync(&connection).await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert_eq!(report.count(StateName::Cancelled), withdrawn);
    let comparison = compared(&connection).await;
    assert!(comparison.is_clean(), "{comparison:?}");
    assert_eq!(comparison.source_total, comparison.target_total);
    assert_eq!(comparison.matched, world.bill_keys().len() as u64);
}

async fn follows_corrections_under_faults<E: Erp>() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(5);
    println!("seed {seed}");
    let (world, connection, bills) = posted::<E>(120).await;
    drop(connection);
    let withdrawn = correct_all(&world, &bills);
    world.erp.fail(one_in_five(seed, E::fault_kinds()));
    let mut passes = 0;
    loop {
        passes += 1;
        assert!(passes <= 50, "no end in sight after 50 passes");
        let connection = world.connect_amending_in_calls_of(3).await;
        match connection.sync(FlowKind::Bills).await {
            Ok(report) if report.is_all_done() => break,
            Ok(report) => println!("pass {passes}: {:?} {:?}", report.counts, report.concerns.first()),
            Err(error) => println!("pass {passes}: {error}"),
        }
    }
    let faults = world.erp.seen().faults;
    println!("{passes} passes; {faults:?}");
    assert!(faults.values().sum::<u64>() > 6, "too few faults to prove anything");
    world.erp.fail(Faults::default());
    ends_as_wanted(&world, withdrawn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_failing_every_invoice_ends_as_its_bill_on_each_product() {
    follows_corrections_under_faults::<M3>().await;
    follows_corrections_under_faults::<SyteLine>().await;
    follows_corrections_under_faults::<OData>().await;
}

async fn survives_kills<E: Erp>() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(11);
    println!("seed {seed}");
    let (world, connection, bills) = posted::<E>(60).await;
    drop(connection);
    let withdrawn = correct_all(&world, &bills);
    let flows = "purchase_orders = false\nbills = true\nbills_wait_for_orders = true\non_revision = \"amend\"\non_cancel = \"cancel\"\nbatch = 5";
    let config = world.configure_in_calls_of(E::SMALL_CALL, flows);
    let text = std::fs::read_to_string(&config).unwrap();
    // M3 rejects by a reason code.
    std::fs::write(&config, text.replace("company = 100", "company = 100\nrejection_reason = \"BC\"")).unwrap();
    let (mut random, mut kills, before) = (Random(seed), 0, writes(&world));
    // The first kills come before all is read; then one at each few calls.
    while kills < 12 && kill_after(&world, connector(&config).arg("sync"), 4 + random.up_to(50)).await {
        kills += 1;
    }
    println!("{kills} kills, {} writes", writes(&world) - before);
    assert!(kills >= 3, "{kills} kills come too late to prove anything");
    let mut command = connector(&config);
    command.args(["sync", "--json"]);
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    ends_as_wanted(&world, withdrawn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_corrects_invoices_the_connector_goes_on_and_changes_nothing_twice_on_each_product() {
    survives_kills::<M3>().await;
    survives_kills::<SyteLine>().await;
    survives_kills::<OData>().await;
}
