//! Approved bills become the ERP's invoices, each once, with what they were approved with.

mod attachments;
mod by_hand;
mod lost;
mod refused;
mod routes;
mod taken;
mod waiting;

use std::collections::HashMap;

use procurify_client::{BillSummary, CostAllocation, ProcurifyClient};
use procurify_cloudsuite::FlowKind;
use procurify_cloudsuite::bill::{BillSettings, DefaultBillMapper, InvoiceDraft};
use procurify_cloudsuite::m3::M3InvoiceSettings;
use procurify_cloudsuite::syteline::SyteLineProduct;
use rust_decimal::Decimal;
use sandbox::{Amount, BillBump, Detail, Document, FaultKind, M3, Matcher, OData, Scenario, SyteLine};
use sync_core::{Actor, Assurance, Change, Event, RecordKey, StateName};

use crate::erp::Erp;
use crate::world::{World, bill_key, connector, run, scenario};

fn with_bills(orders: usize, bills: usize) -> Scenario {
    Scenario { bills, ..scenario(orders) }
}

pub fn procurify<E>(world: &World<E>) -> ProcurifyClient {
    let url = world.procurify.base_url().parse().unwrap();
    ProcurifyClient::builder("acme").base_url(url).credentials("sandbox", "sandbox").build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bill_is_in_m3_on_its_supplier_accounts_and_cost_centres_to_the_cent() {
    each_bill_is_there_to_the_cent::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bill_is_in_syteline_on_its_supplier_accounts_and_cost_centres_to_the_cent() {
    each_bill_is_there_to_the_cent::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bill_is_in_odata_on_its_supplier_accounts_and_cost_centres_to_the_cent() {
    each_bill_is_there_to_the_cent::<OData>().await;
}

async fn each_bill_is_there_to_the_cent<E: Erp>() {
    let world = World::<E>::of(with_bills(60, 90)).await;
    let report = world.sync_bills().await;
    assert!(report.is_all_done(), "{:?} {:?}", report.counts, report.concerns);
    let documents = world.exactly_once(&world.bill_keys());
    let orders: Vec<String> = world.exactly_once(&world.keys()).into_values().map(|order| order.number).collect();
    let client = procurify(&world);
    let departments = client.departments().list().all().await.unwrap();
    let bills: Vec<BillSummary> = client.bills().list().page_size(500).all().await.unwrap();
    let connection = world.connect().await;
    let (mut credit_notes, mut with_freight, mut split, mut tax_included) = (0, 0, 0, 0);
    for (key, document) in &documents {
        let summary = bills.iter().find(|bill| bill.id.to_string() == key.id()).unwrap();
        // Read independently of the sync: the detail.
        let bill = client.bills().get(summary.uuid.as_ref().unwrap()).await.unwrap();
        if let Some(supplier) = &bill.vendor.as_ref().unwrap().external_id {
            assert_eq!(&document.supplier, supplier, "{key}");
        }
        assert_eq!(Some(document.currency.as_str()), bill.currency.as_ref().unwrap().name.as_deref(), "{key}");
        assert_eq!(document.total, bill.total_cost_with_tax.unwrap(), "{key}");
        let allocations: Vec<&CostAllocation> = bill.items.iter().flat_map(|item| &item.cost_allocations).collect();
        let of_lines = allocations.iter().map(|part| (part.amount.unwrap(), part.budget.as_ref().unwrap()));
        let costs = bill
            .costs
            .iter()
            .map(|cost| (cost.amount.unwrap(), cost.cost_allocation.as_ref().unwrap().budget.as_ref().unwrap()));
        let expected: Vec<(Decimal, _)> = of_lines.chain(costs).filter(|(amount, _)| !amount.is_zero()).collect();
        let lines = cost_lines::<E>(document, bill.tax_amount.unwrap());
        assert_eq!(lines.len(), expected.len(), "{key}");
        for (line, (amount, account)) in lines.iter().zip(expected) {
            assert_eq!((line.quantity * line.price).normalize(), amount.normalize(), "{key}");
            assert_eq!(Some(line.account.as_str()), account.account_code.as_ref().unwrap().code.as_deref(), "{key}");
            let department = account.department.as_ref().unwrap();
            let known = departments.iter().find(|one| one.id == department.id).unwrap();
            if let Some(cost_center) = &known.external_id {
                assert_eq!(&line.cost_center, cost_center, "{key}");
            }
            assert!(!line.cost_center.is_empty(), "{key}");
        }
        let lines: Decimal = lines.iter().map(|line| line.quantity * line.price).sum();
        assert_eq!(lines + bill.tax_amount.unwrap(), document.total, "{key}: lines and tax");
        credit_notes += usize::from(document.total < Decimal::ZERO);
        with_freight += usize::from(!bill.costs.is_empty());
        split += usize::from(bill.items.iter().any(|item| item.cost_allocations.len() > 1));
        tax_included += usize::from(bill.inclusive_tax_amount.is_some_and(|tax| !tax.is_zero()));
        let trail = connection.trail(key).await.unwrap().to_string();
        assert!(orders.iter().any(|order| trail.contains(&format!(" is {order}"))), "no order in {trail}");
    }
    assert!(documents.len() > 50 && documents.len() < 90, "{} bills", documents.len());
    let kinds = [credit_notes, with_freight, split, tax_included];
    assert!(kinds.iter().all(|count| *count > 1), "the scenario shows too little: {kinds:?}");
}

/// An invoice's lines without the one that its tax stands on, where there is one.
pub fn cost_lines<E: Erp>(document: &Document, tax: Decimal) -> &[sandbox::DocumentLine] {
    let lines = document.lines.as_slice();
    match E::TAX_ACCOUNT.filter(|_| !tax.is_zero()) {
        Some(account) => {
            let (last, costs) = lines.split_last().unwrap();
            assert_eq!((last.account.as_str(), last.quantity * last.price), (account, tax), "{document:?}");
            costs
        }
        None => lines,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_with_tax_is_held_until_syteline_has_an_account_for_it() {
    let world = World::<SyteLine>::of(with_bills(8, 8)).await;
    let client = world.cloudsuite();
    let untaxed = || SyteLineProduct::new(client.syteline("ACME_DALS").site("DALS"));
    let connection = world.build(100, |connection| connection.cloudsuite(untaxed())).await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let held = report.count(StateName::Held);
    assert!(held > 0, "{:?}", report.counts);
    for concern in &report.concerns {
        assert!(concern.reason.contains("tax_account"), "{}", concern.reason);
    }
    drop(connection);
    let connection = world.connect().await;
    for concern in &report.concerns {
        connection.engine().replay(&concern.key, &Actor::new("jane"), Assurance::None).await.unwrap();
    }
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    for (key, document) in world.exactly_once(&world.bill_keys()) {
        let distributed: Decimal = document.lines.iter().map(|line| line.quantity * line.price).sum();
        assert_eq!(distributed, document.total, "{key} is a voucher that SyteLine would not post");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_cannot_be_read_is_held_while_the_others_are_posted_and_goes_on_once_it_can_be() {
    let world = World::new(with_bills(20, 20)).await;
    let [refused, garbled, ref broken @ ..] = world.procurify.approved_bills()[..] else { panic!("too few bills") };
    // More than are given up after when nothing can be read.
    let broken = broken[..6].to_vec();
    assert!(world.procurify.show_bill(refused, Detail::Refused));
    assert!(world.procurify.show_bill(garbled, Detail::Garbled));
    assert!(broken.iter().all(|id| world.procurify.show_bill(*id, Detail::Broken)));
    let report = world.sync_bills().await;
    let bills = world.bill_keys();
    assert_eq!(report.posted.len(), bills.len() - 8, "{:?}", report.concerns);
    let mut concerned: Vec<RecordKey> = report.concerns.iter().map(|concern| concern.key.clone()).collect();
    concerned.sort();
    let mut unreadable = [&[refused, garbled], broken.as_slice()].concat();
    unreadable.sort_unstable();
    assert_eq!(concerned, unreadable.into_iter().map(bill_key).collect::<Vec<_>>(), "{:?}", report.concerns);
    for concern in &report.concerns {
        assert!(concern.reason.contains("its lines cannot be read"), "{}", concern.reason);
    }
    assert!(report.concerns.iter().any(|concern| concern.reason.contains("400")), "{:?}", report.concerns);
    // Nothing of them moves in Procurify, so that no list shows them again.
    assert!(world.procurify.show_bill(refused, Detail::Shown));
    let report = world.sync_bills().await;
    assert_eq!(report.posted, [bill_key(refused)], "{:?}", report.concerns);
    for id in [&[garbled], broken.as_slice()].concat() {
        assert!(world.procurify.show_bill(id, Detail::Shown));
    }
    let report = world.sync_bills().await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&bills);
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_of_the_first_day_are_moved_by_the_days_of_the_tenant_and_earlier_ones_say_why_not() {
    let world = World::new(with_bills(30, 30)).await;
    let zone: chrono_tz::Tz = "Pacific/Auckland".parse().unwrap();
    let bills = procurify(&world).bills().list().page_size(500).all().await.unwrap();
    let approved = world.bill_keys();
    let keyed =
        bills.iter().map(|bill| (bill_key(u64::try_from(bill.id.0).unwrap()), bill.invoice_date.as_ref().unwrap()));
    let days: Vec<(RecordKey, chrono::NaiveDate, chrono::NaiveDate)> = keyed
        .filter(|(key, _)| approved.contains(key))
        .map(|(key, moment)| (key, moment.day_in(&zone), moment.day_in(&chrono_tz::Tz::UTC)))
        .collect();
    // Bills of the day before a first day there, that are of no earlier day in Greenwich.
    let early = |first: chrono::NaiveDate| {
        let near = days.iter().filter(move |(_, there, utc)| *there < first && *utc >= first.pred_opt().unwrap());
        near.map(|day| day.0.clone()).collect::<Vec<_>>()
    };
    // A first day that has begun there, and not in Greenwich.
    let mut firsts = days.iter().filter(|(_, there, utc)| there > utc).map(|day| day.1);
    let first = firsts.find(|first| !early(*first).is_empty()).unwrap();
    let connection = world
        .build(100, |connection| {
            let settings = BillSettings { page_size: 500, invoiced_from: Some(first), ..BillSettings::default() };
            let mapper = DefaultBillMapper { time_zone: zone, ..DefaultBillMapper::default() };
            connection.bills(settings).bill_mapper(mapper)
        })
        .await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let wanted: Vec<RecordKey> = days.iter().filter(|(_, there, _)| *there >= first).map(|day| day.0.clone()).collect();
    world.exactly_once(&wanted);
    for key in early(first) {
        let trail = connection.trail(&key).await.unwrap().to_string();
        assert!(trail.contains("bills are moved from"), "{trail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_that_are_not_moved_say_why_in_their_trail() {
    let world = World::new(with_bills(40, 60)).await;
    let report = world.sync_bills().await;
    let approved = world.bill_keys();
    assert_eq!(report.count(StateName::Posted), approved.len() as u64);
    assert_eq!(report.count(StateName::Skipped), 60 - approved.len() as u64);
    let connection = world.connect().await;
    let mut reasons = std::collections::BTreeSet::new();
    for bill in procurify(&world).bills().list().page_size(500).all().await.unwrap() {
        let key = bill_key(u64::try_from(bill.id.0).unwrap());
        if !approved.contains(&key) {
            let trail = connection.trail(&key).await.unwrap().to_string();
            let reason = trail.split("skipped: ").nth(1).unwrap_or_else(|| panic!("{trail}")).trim().to_owned();
            reasons.insert(reason);
        }
    }
    let reasons: Vec<String> = reasons.into_iter().collect();
    for words in ["an expense", "a credit card statement", "its status is draft", "cancelled at the source"] {
        assert!(reasons.iter().any(|reason| reason.contains(words)), "`{words}` is not in {reasons:?}");
    }
    let again = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(again.is_all_done() && again.posted.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_wait_until_their_orders_are_posted_and_then_go_on_by_themselves() {
    let world = World::new(with_bills(20, 20)).await;
    let connection = world.connect().await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let bills = world.bill_keys();
    assert_eq!(report.count(StateName::Held), bills.len() as u64, "{:?}", report.counts);
    assert!(report.concerns.iter().all(|concern| concern.reason.contains("purchase order PO-1")), "{report:?}");
    assert!(world.erp.documents().is_empty());
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(
        world.erp.documents().iter().all(|document| document.kind == "purchase_order"),
        "only orders were asked for"
    );
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&bills);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_does_not_add_up_is_held_with_the_difference_and_goes_on_once_it_is_corrected() {
    let world = World::new(with_bills(10, 10)).await;
    let id = world.procurify.approved_bills()[0];
    world.procurify.edit_bill(id, |edit| edit.off_by = Decimal::new(-105, 2));
    let report = world.sync_bills().await;
    assert_eq!(report.concerns.len(), 1, "{:?}", report.concerns);
    let concern = &report.concerns[0];
    assert_eq!(concern.key, bill_key(id));
    assert!(concern.reason.contains("a difference of 1.05"), "{}", concern.reason);
    world.procurify.edit_bill(id, |edit| edit.off_by = Decimal::ZERO);
    assert!(world.sync_bills().await.is_all_done());
    world.exactly_once(&world.bill_keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cent_that_nothing_explains_holds_a_bill_whatever_its_tax_on_each_product() {
    a_cent_too_much::<M3>().await;
    a_cent_too_much::<SyteLine>().await;
    a_cent_too_much::<OData>().await;
}

async fn a_cent_too_much<E: Erp>() {
    let world = World::<E>::of(with_bills(12, 12)).await;
    for id in world.procurify.approved_bills() {
        world.procurify.edit_bill(id, |edit| edit.off_by = Decimal::new(1, 2));
    }
    let report = world.sync_bills().await;
    assert_eq!(report.count(StateName::Held), world.bill_keys().len() as u64, "{:?}", report.counts);
    for concern in &report.concerns {
        assert!(concern.reason.contains("a difference of -0.01"), "{}", concern.reason);
    }
}

/// The bills that a pass would post, as they would be posted.
#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_was_changed_or_withdrawn_after_it_was_posted_is_told_and_not_posted_again() {
    let world = World::new(with_bills(20, 20)).await;
    assert!(world.sync_bills().await.is_all_done());
    let posted = world.bill_keys();
    let bumped = world.procurify.bump_bills(BillBump { create: 2, change: 2, cancel: 1 });
    let report = world.sync_bills().await;
    assert_eq!(report.posted.len(), 2, "the new ones");
    let concerned: Vec<RecordKey> = report.concerns.iter().map(|concern| concern.key.clone()).collect();
    let touched: Vec<RecordKey> = bumped.changed.iter().chain(&bumped.cancelled).copied().map(bill_key).collect();
    assert_eq!(concerned.len(), 3, "{:?}", report.concerns);
    assert!(touched.iter().all(|key| concerned.contains(key)), "{touched:?} {concerned:?}");
    world.exactly_once(&[posted, bumped.created.into_iter().map(bill_key).collect()].concat());
}

fn lines() -> Matcher {
    Matcher::operation("POST APS450MI").containing("AddLineRecode")
}

fn heads() -> Matcher {
    Matcher::operation("POST APS450MI").containing("AddHead")
}

/// An invoice in M3 may be there with some of its lines only: it is completed from where it stopped.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_whose_lines_are_missing_is_completed_and_none_is_made_twice() {
    for (matcher, kind, attempts) in [
        (heads(), FaultKind::ResetBefore, 2),
        (heads(), FaultKind::ResetAfter, 2),
        (heads(), FaultKind::BulkTerminated, 2),
        (heads(), FaultKind::ShortResults, 2),
        (lines(), FaultKind::ResetBefore, 2),
        (lines(), FaultKind::ResetAfter, 1),
        (lines(), FaultKind::BulkTerminated, 2),
        (lines(), FaultKind::ShortResults, 2),
        (lines(), FaultKind::BareBadRequestAfter, 1),
    ] {
        let world = World::new(with_bills(6, 6)).await;
        world.erp.fault_next(matcher.clone(), kind);
        let report = world.sync_bills().await;
        assert!(report.is_all_done(), "{matcher:?} {kind:?}: {:?}", report.concerns);
        let most = most_attempts(&world).await;
        assert_eq!(most, attempts, "{matcher:?} {kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_whose_distributions_are_missing_is_completed_and_none_is_made_twice() {
    for (ido, kind, attempts) in [
        ("SLAptrxs", FaultKind::ResetBefore, 2),
        ("SLAptrxs", FaultKind::ResetAfter, 2),
        ("SLAptrxds", FaultKind::ResetBefore, 2),
        ("SLAptrxds", FaultKind::ResetAfter, 1),
        ("SLAptrxds", FaultKind::ServerErrorAfter, 1),
    ] {
        let world = World::<SyteLine>::of(with_bills(6, 6)).await;
        world.erp.fault_next(Matcher::operation(format!("POST update/{ido}")), kind);
        let report = world.sync_bills().await;
        assert!(report.is_all_done(), "{ido} {kind:?}: {:?}", report.concerns);
        assert_eq!(most_attempts(&world).await, attempts, "{ido} {kind:?}");
    }
}

/// The most attempts that a bill took. Each is there once, with all its lines.
async fn most_attempts<E: Erp>(world: &World<E>) -> usize {
    let connection = world.connect().await;
    let mut most = 0;
    for (key, document) in world.exactly_once(&world.bill_keys()) {
        let trail = connection.trail(&key).await.unwrap();
        let drafts: Vec<InvoiceDraft> = trail
            .events
            .iter()
            .filter_map(|event| match &event.change {
                Change::Intended { document, .. } => Some(serde_json::from_value(document.clone()).unwrap()),
                _ => None,
            })
            .collect();
        most = most.max(drafts.len());
        let amounts: Vec<Decimal> = cost_lines::<E>(&document, drafts[0].tax).iter().map(|line| line.price).collect();
        let expected: Vec<Decimal> = drafts[0].lines.iter().map(|line| line.amount).collect();
        assert_eq!(amounts, expected, "{trail}");
        let again = |event: &Event| matches!(event.change, Change::InDoubt { .. } | Change::RetryPlanned { .. });
        assert!(drafts.len() == 1 || trail.events.iter().any(again), "a second attempt for no reason: {trail}");
    }
    most
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_m3_refuses_rejects_its_bill_which_is_completed_once_that_is_mended() {
    let world = World::new(Scenario { missing: 1, ..with_bills(60, 60) }).await;
    world.scenario.missing_suppliers().iter().for_each(|supplier| world.erp.add_supplier(supplier));
    world.scenario.missing_accounts().iter().for_each(|account| world.erp.add_account(account));
    let connection = world.connect().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    // Gone between the alignment and the posting.
    connection.align_reference_data().await.unwrap();
    for account in world.scenario.missing_accounts() {
        world.erp.remove_account(&account.code);
    }
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let rejected = report.count(StateName::Rejected);
    assert!(rejected > 0, "{:?}", report.counts);
    assert!(report.concerns[0].reason.contains("without all its lines"), "{}", report.concerns[0].reason);
    world.scenario.missing_accounts().iter().for_each(|account| world.erp.add_account(account));
    for concern in &report.concerns {
        connection.engine().replay(&concern.key, &Actor::new("jane"), Assurance::None).await.unwrap();
    }
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    for (key, document) in world.exactly_once(&world.bill_keys()) {
        let bill = procurify(&world).bills().list().page_size(500).all().await.unwrap();
        let bill = bill.into_iter().find(|bill| bill.id.to_string() == key.id()).unwrap();
        assert_eq!(Some(document.total), bill.total_cost_with_tax, "{key}");
    }
}

/// M3 matches a line with the order's by number, line and quantity, and takes the account from there.
#[tokio::test(flavor = "multi_thread")]
async fn where_m3_matches_orders_a_line_names_the_orders_line_and_a_split_one_is_left_to_a_person() {
    let world = World::new(with_bills(30, 30)).await;
    assert!(world.sync().await.is_all_done());
    let settings = M3InvoiceSettings { match_orders: true, ..M3InvoiceSettings::default() };
    let connection = world.connect_invoicing(settings).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let rejected = report.count(StateName::Rejected);
    assert!(rejected > 0 && report.count(StateName::Posted) > rejected, "{:?}", report.counts);
    assert!(
        report.concerns.iter().all(|concern| concern.reason.contains("its cost is split")),
        "{:?}",
        report.concerns
    );
    let m3 = world.cloudsuite().m3(procurify_cloudsuite::Company(100)).division("AAA");
    for key in &report.posted {
        let events = connection.trail(key).await.unwrap().events;
        let draft = events.iter().find_map(|event| match &event.change {
            Change::Intended { document, .. } => serde_json::from_value::<InvoiceDraft>(document.clone()).ok(),
            _ => None,
        });
        let reference = sync_core::ExternalRef::of(key);
        let document = world.erp.documents().into_iter().find(|one| one.external_ref == reference.as_str()).unwrap();
        let number = cloudsuite_client::m3::InvoiceBatchNumber::new(&document.number).unwrap();
        let lines = m3.invoices().lines(&number).await.unwrap();
        for ((line, shown), wanted) in lines.iter().zip(&document.lines).zip(draft.unwrap().lines) {
            assert_eq!(
                (&shown.account, &Some(&shown.cost_center)),
                (&wanted.account, &wanted.cost_center.as_ref()),
                "{key}"
            );
            assert_eq!(line.amount, Some(wanted.amount), "{key}");
            if let Some(order) = wanted.order {
                assert_eq!(line.order.as_ref().map(ToString::to_string), Some(order.number), "{key}");
                assert_eq!(line.order_line, order.line.map(i64::from), "{key}");
                assert_eq!(line.quantity, order.quantity, "{key}");
            }
        }
    }
}

/// Validation books an invoice some time after it was asked for, or finds errors that a person must mend.
#[tokio::test(flavor = "multi_thread")]
async fn where_validation_is_ours_an_invoice_counts_once_it_is_booked() {
    let world = World::new(with_bills(10, 10)).await;
    assert!(world.sync().await.is_all_done());
    let settings = M3InvoiceSettings { validate: true, ..M3InvoiceSettings::default() };
    let connection = world.connect_invoicing(settings).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    world.exactly_once(&world.bill_keys());
    let numbers: Vec<_> = world.erp.documents().into_iter().filter(|document| document.kind == "invoice").collect();
    let m3 = world.cloudsuite().m3(procurify_cloudsuite::Company(100)).division("AAA");
    for document in numbers {
        let number = cloudsuite_client::m3::InvoiceBatchNumber::new(&document.number).unwrap();
        let head = m3.invoices().get(&[number]).await.remove(0).unwrap().unwrap();
        assert!(head.voucher.is_some() && !head.head_error, "{head:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_of_ten_lines_are_written_into_m3_in_four_tenths_of_a_call_each() {
    written_in_few_calls::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_of_ten_lines_are_written_into_syteline_in_four_tenths_of_a_call_each() {
    written_in_few_calls::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_of_ten_lines_are_written_into_odata_in_four_tenths_of_a_call_each() {
    written_in_few_calls::<OData>().await;
}

async fn written_in_few_calls<E: Erp>() {
    let scenario = Scenario { orders: 150, lines: 10, bills: 150, missing: 0, ..Scenario::default() };
    let world = World::<E>::of(scenario).await;
    let connection = world.connect().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let (read, written) = (world.procurify.stats().total, world.erp.seen().total);
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done());
    let (read, written) = (world.procurify.stats().total - read, world.erp.seen().total - written);
    let bills = world.bill_keys().len() as u64;
    println!("{bills} bills: {read} calls to Procurify, {written} to the ERP: {:?}", world.erp.seen().requests);
    assert!(written * 10 <= bills * 4, "{written} calls to the ERP for {bills} bills");
    // A detail each, and a few pages: only the detail shows a bill's lines.
    assert!(read <= bills + 10, "{read} calls to Procurify for {bills} bills");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connector_moves_orders_and_then_the_bills_that_are_for_them() {
    let world = World::new(Scenario { missing: 1, ..with_bills(40, 40) }).await;
    let config = world.configure("bills = true");
    let run_json = async |arguments: &[&str]| {
        let mut command = connector(&config);
        command.args(arguments).arg("--json");
        let output = run(command).await;
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), document)
    };
    let (code, ping) = run_json(&["ping"]).await;
    assert_eq!((code, &ping["cloudsuite"]["lacking"]), (Some(0), &serde_json::json!([])));
    let (_, plan) = run_json(&["plan"]).await;
    let (code, report) = run_json(&["sync"]).await;
    assert_eq!(code, Some(3), "some wait for a supplier: {report}");
    let flows = &report["flows"];
    assert_eq!((&flows["purchase_order"]["read"], &flows["bill"]["read"]), (&40.into(), &40.into()));
    let (_, audit) = run_json(&["audit"]).await;
    let state = |key: &serde_json::Value| {
        let records = audit["records"].as_array().unwrap();
        records.iter().find(|record| record["key"] == *key).unwrap()["state"].as_str().unwrap().to_owned()
    };
    let planned = plan["plan"].as_array().unwrap();
    assert_eq!(planned.len(), 80);
    for one in planned {
        let expected = match one["step"].as_str().unwrap() {
            "post" => "posted",
            "hold" => "held",
            "skip" => "skipped",
            other => panic!("{other}: {one}"),
        };
        assert_eq!(state(&one["key"]), expected, "{one}");
    }
    let (_, held) = run_json(&["held"]).await;
    let held = held["records"].as_array().unwrap();
    let bills = held.iter().filter(|record| record["key"].as_str().unwrap().starts_with("acme/bill/")).count() as u64;
    assert_eq!(flows["bill"]["held"], bills);
    assert!(bills > 0, "no bill was held");
    let mut accruals = connector(&config);
    accruals.args(["held", "--format", "csv"]);
    let csv = run(accruals).await.stdout;
    let mut rows = csv::Reader::from_reader(csv.as_slice());
    let amounts: HashMap<String, Amount> =
        world.procurify.bill_amounts().into_iter().map(|amount| (format!("acme/bill/{}", amount.id), amount)).collect();
    let mut listed = 0;
    for row in rows.deserialize::<HashMap<String, String>>().map(Result::unwrap).filter(|row| row["kind"] == "bill") {
        let amount = &amounts[&row["key"]];
        assert_eq!((row["total"].parse(), &row["currency"]), (Ok(amount.total), &amount.currency), "{row:?}");
        assert!(!row["vendor"].is_empty() && !row["number"].is_empty() && !row["reason"].is_empty(), "{row:?}");
        assert_eq!(row["total"].rsplit('.').next().map(str::len), Some(2), "with all its decimals: {row:?}");
        listed += 1;
    }
    assert_eq!(listed, bills);
    let told = held.iter().find(|record| record["key"].as_str().unwrap().contains("/bill/")).unwrap();
    assert_eq!(told["label"]["currency"], amounts[told["key"].as_str().unwrap()].currency);
    let key = held.iter().find(|record| record["key"].as_str().unwrap().contains("/bill/")).unwrap()["key"].clone();
    assert_eq!(run_json(&["replay", key.as_str().unwrap()]).await.0, Some(0));
}
