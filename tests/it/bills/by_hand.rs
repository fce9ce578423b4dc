//! What finance entered by hand is linked, and what is there twice is told.

use chrono::{Datelike, NaiveDate, TimeDelta};
use cloudsuite_client::m3::InvoiceBatchNumber;
use cloudsuite_client::odata::DocumentChanges;
use procurify_cloudsuite::bill::InvoiceDraft;
use procurify_cloudsuite::reference::Link;
use procurify_cloudsuite::{Company, FlowKind};
use rust_decimal::Decimal;
use sandbox::{BillEdit, FaultKind, M3, OData, Scenario, SyteLine, TypedInvoice, TypedLine};
use sync_core::{Actor, Assurance, ExternalRef, RecordKey, StateName, Step};

use super::{heads, with_bills};
use crate::erp::Erp;
use crate::world::{World, bill_key};

pub const APPROVED: u8 = 2;
pub const WITHDRAWN: u8 = 5;

pub async fn drafts<E: Erp>(world: &World<E>) -> Vec<(RecordKey, InvoiceDraft)> {
    let connection = world.connect().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let plan = connection.plan(FlowKind::Bills).await.unwrap();
    let draft = |step| match step {
        Step::Post(document) => Some(serde_json::from_value(document).unwrap()),
        _ => None,
    };
    plan.into_iter().filter_map(|planned| Some((planned.key, draft(planned.step)?))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_finance_entered_by_hand_is_linked_if_it_is_the_same_and_left_to_a_person_if_not() {
    entered_by_hand::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_that_finance_entered_by_hand_is_linked_if_it_is_the_same_and_left_to_a_person_if_not() {
    entered_by_hand::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odata_invoice_that_finance_entered_by_hand_is_linked_if_it_is_the_same_and_left_to_a_person_if_not() {
    entered_by_hand::<OData>().await;
}

async fn entered_by_hand<E: Erp>() {
    let world = World::<E>::of(with_bills(12, 12)).await;
    let drafts = drafts(&world).await;
    let [(same, one), (other, two), rest @ ..] = drafts.as_slice() else { panic!("{drafts:?}") };
    let typed = world.erp.enter_invoice(&world.cloudsuite(), one, one.total).await;
    world.erp.enter_invoice(&world.cloudsuite(), two, two.total + Decimal::ONE).await;
    let report = world.sync_bills().await;
    assert_eq!(report.count(StateName::Parked), 1, "{:?}", report.counts);
    assert_eq!(report.concerns[0].key, *other);
    assert!(report.concerns[0].reason.contains("by hand"), "{}", report.concerns[0].reason);
    let connection = world.connect().await;
    let trail = connection.trail(same).await.unwrap();
    let linked = format!("linked to {typed}, which was there already");
    assert!(trail.to_string().contains(&linked), "{trail}");
    let invoices = world.erp.all_documents().into_iter().filter(|document| document.kind == "invoice").count();
    assert_eq!(invoices, rest.len() + 2, "one was doubled");
    // What was corrected in Procurify is recognised.
    world.procurify.edit_bill(other.id().parse().unwrap(), |edit| {
        edit.freight += if two.total > Decimal::ZERO { Decimal::ONE } else { -Decimal::ONE }
    });
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert!(connection.trail(other).await.unwrap().to_string().contains("which was there already"));
    let invoices = world.erp.all_documents().into_iter().filter(|document| document.kind == "invoice").count();
    assert_eq!(invoices, rest.len() + 2, "one was doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_in_syteline_is_no_invoice_of_the_number_that_it_pays() {
    let world = World::<SyteLine>::of(with_bills(8, 8)).await;
    let drafts = drafts(&world).await;
    for (_, draft) in &drafts {
        world.erp.pay(&draft.supplier, &draft.number, draft.invoice_date, draft.total - Decimal::ONE);
    }
    let report = world.sync_bills().await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert_eq!(report.posted.len(), drafts.len());
    world.exactly_once(&world.bill_keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_finance_booked_in_the_ledger_of_m3_is_linked() {
    let world = World::new(with_bills(8, 8)).await;
    let drafts = drafts(&world).await;
    let (key, draft) = &drafts[0];
    let day = draft.invoice_date.format("%Y%m%d").to_string();
    let voucher = world.erp.book_invoice(&draft.supplier, &draft.number, &day, &draft.currency, draft.total);
    let report = world.sync_bills().await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let trail = world.connect().await.trail(key).await.unwrap().to_string();
    assert!(trail.contains(&format!("linked to voucher {voucher} of {}", &day[..4])), "{trail}");
    let bills = world.erp.documents().into_iter().filter(|document| document.external_ref.starts_with("PFYB")).count();
    assert_eq!(bills, drafts.len() - 1);
}

/// The supplier that is paid through another one: M3 keeps its invoices under that payee.
const PAID_THROUGH_ANOTHER: &str = "S10003";

fn invoices(world: &World) -> Vec<sandbox::Document> {
    world.erp.documents().into_iter().filter(|document| document.kind == "invoice").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_of_a_supplier_with_another_payee_is_found_again_after_a_lost_answer() {
    for kind in [FaultKind::ResetAfter, FaultKind::GatewayTimeoutAfter] {
        let world = World::new(Scenario { vendors: 6, ..with_bills(40, 40) }).await;
        world.erp.fault_next(heads(), kind);
        let report = world.sync_bills().await;
        assert!(report.is_all_done(), "{:?}", report.concerns);
        let documents = world.exactly_once(&world.bill_keys());
        assert!(documents.values().any(|document| document.supplier == PAID_THROUGH_ANOTHER), "no bill of it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_that_finance_entered_for_a_supplier_with_another_payee_are_linked() {
    let world = World::new(Scenario { vendors: 6, ..with_bills(60, 60) }).await;
    let drafts = drafts(&world).await;
    let mut of_it = drafts.iter().filter(|(_, draft)| draft.supplier == PAID_THROUGH_ANOTHER);
    let ((typed_key, typed), (booked_key, booked)) = (of_it.next().unwrap(), of_it.next().unwrap());
    let number = world.erp.enter_invoice(&world.cloudsuite(), typed, typed.total).await;
    let day = booked.invoice_date.format("%Y%m%d").to_string();
    let voucher = world.erp.book_invoice(&booked.supplier, &booked.number, &day, &booked.currency, booked.total);
    let report = world.sync_bills().await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let connection = world.connect().await;
    for (key, words) in
        [(typed_key, format!("linked to {number}")), (booked_key, format!("linked to voucher {voucher}"))]
    {
        let trail = connection.trail(key).await.unwrap().to_string();
        assert!(trail.contains(&words), "{words}: {trail}");
    }
    let ours = invoices(&world).into_iter().filter(|document| document.external_ref.starts_with("PFYB")).count();
    assert_eq!(ours, drafts.len() - 2, "one was doubled");
}

/// Ways in which finance books an invoice.
trait Books: Erp {
    /// Books one of this number and amount; answers how it is called.
    fn book(&self, draft: &InvoiceDraft, number: &str, amount: Decimal) -> String {
        let line = TypedLine { quantity: Decimal::ONE, price: amount, account: "60100".to_owned() };
        let typed = self.type_invoice(&TypedInvoice {
            supplier: draft.supplier.clone(),
            number: number.to_owned(),
            currency: draft.currency.clone(),
            date: draft.invoice_date,
            external_ref: String::new(),
            lines: vec![line],
        });
        self.post_invoice(&typed);
        typed
    }
}

impl Books for M3 {
    fn book(&self, draft: &InvoiceDraft, number: &str, amount: Decimal) -> String {
        let day = draft.invoice_date.format("%Y%m%d").to_string();
        format!("voucher {}", self.book_invoice(&draft.supplier, number, &day, &draft.currency, amount))
    }
}

impl Books for SyteLine {}

impl Books for OData {}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_found_in_the_ledger_whatever_characters_and_case_its_number_has_on_each_product() {
    booked_in_other_letters::<M3>().await;
    booked_in_other_letters::<SyteLine>().await;
    booked_in_other_letters::<OData>().await;
}

async fn booked_in_other_letters<E: Books>() {
    let world = World::<E>::of(with_bills(12, 12)).await;
    let bills = world.procurify.approved_bills();
    let numbers = ["Inv 2026 77", "Inv#78", "Inv_79", "Inv-80a", "Inv 81 ä"];
    for (id, number) in bills.iter().zip(numbers) {
        world.procurify.edit_bill(*id, |edit| edit.invoice_number = Some(number.to_owned()));
    }
    let drafts = drafts(&world).await;
    let mut booked = Vec::new();
    for number in &numbers[..4] {
        let (key, draft) = drafts.iter().find(|(_, draft)| draft.number == *number).unwrap();
        booked.push((key, world.erp.book(draft, &number.to_uppercase(), draft.total)));
    }
    let (other_key, other) = drafts.iter().find(|(_, draft)| draft.number == numbers[4]).unwrap();
    world.erp.book(other, numbers[4], other.total + Decimal::ONE);
    let report = world.sync_bills().await;
    assert_eq!(report.concerns.len(), 1, "only the one that differs: {:?}", report.concerns);
    assert_eq!(report.concerns[0].key, *other_key);
    assert!(report.concerns[0].reason.contains("by hand"), "{}", report.concerns[0].reason);
    let connection = world.connect().await;
    for (key, called) in booked {
        let trail = connection.trail(key).await.unwrap().to_string();
        assert!(trail.contains(&format!("linked to {called}")), "{trail}");
    }
    assert_eq!(made_by_us(&world), drafts.len() - 5);
}

/// How many invoices bear a reference of ours.
pub fn made_by_us<E: Erp>(world: &World<E>) -> usize {
    world.erp.all_documents().into_iter().filter(|document| document.external_ref.starts_with("PFYB")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_was_typed_in_other_letters_is_linked_on_each_product() {
    typed_in_other_letters::<M3>().await;
    typed_in_other_letters::<SyteLine>().await;
    typed_in_other_letters::<OData>().await;
}

async fn typed_in_other_letters<E: Erp>() {
    let world = World::<E>::of(with_bills(8, 8)).await;
    let drafts = drafts(&world).await;
    let (key, draft) = &drafts[0];
    let lower = InvoiceDraft { number: draft.number.to_lowercase(), ..draft.clone() };
    assert_ne!(lower.number, draft.number);
    let number = world.erp.enter_invoice(&world.cloudsuite(), &lower, lower.total).await;
    let report = world.sync_bills().await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let trail = world.connect().await.trail(key).await.unwrap().to_string();
    assert!(trail.contains(&format!("linked to {number}")), "{trail}");
    assert_eq!(made_by_us(&world), drafts.len() - 1, "one was doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_counts_as_used_again_only_by_an_invoice_of_another_year_and_season_on_each_product() {
    of_another_year::<M3>().await;
    of_another_year::<SyteLine>().await;
    of_another_year::<OData>().await;
}

/// Finance entered two invoices with other amounts than their bills: one across the turn of the year, one a year before.
async fn of_another_year<E: Erp>() {
    let world = World::<E>::of(with_bills(8, 8)).await;
    let drafts = drafts(&world).await;
    let [(near, one), (far, two), ..] = drafts.as_slice() else { panic!("{drafts:?}") };
    let year = one.invoice_date.year();
    let turn = [(year - 1, 12, 31), (year + 1, 1, 2)].map(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d).unwrap());
    let turn = turn.into_iter().min_by_key(|day| (*day - one.invoice_date).abs()).unwrap();
    assert!((turn - one.invoice_date).abs() < TimeDelta::days(180), "{turn}");
    let typed = InvoiceDraft { invoice_date: turn, ..one.clone() };
    let amount = one.total - Decimal::ONE;
    world.erp.enter_invoice(&world.cloudsuite(), &typed, amount).await;
    let last_year = InvoiceDraft { invoice_date: two.invoice_date - TimeDelta::days(365), ..two.clone() };
    world.erp.enter_invoice(&world.cloudsuite(), &last_year, two.total - Decimal::ONE).await;
    let report = world.sync_bills().await;
    assert!(report.posted.contains(far), "it is another invoice: {:?}", report.concerns);
    let [concern] = report.concerns.as_slice() else { panic!("{:?}", report.concerns) };
    assert_eq!(concern.key, *near);
    for words in ["by hand", &amount.to_string(), &turn.to_string(), &one.total.to_string()] {
        assert!(concern.reason.contains(words), "`{words}` is not in `{}`", concern.reason);
    }
    assert_eq!(made_by_us(&world), drafts.len() - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_and_amount_of_the_year_before_is_another_invoice_by_a_persons_word_on_each_product() {
    the_same_each_year::<M3>().await;
    the_same_each_year::<SyteLine>().await;
    the_same_each_year::<OData>().await;
}

/// An invoice of this number of the year before; answers its number in the ERP.
fn type_last_years<E: Erp>(world: &World<E>, draft: &InvoiceDraft, amount: Decimal, external_ref: &str) -> String {
    let line = TypedLine { quantity: Decimal::ONE, price: amount, account: "60100".to_owned() };
    world.erp.type_invoice(&TypedInvoice {
        supplier: draft.supplier.clone(),
        number: draft.number.clone(),
        currency: draft.currency.clone(),
        date: draft.invoice_date - TimeDelta::days(365),
        external_ref: external_ref.to_owned(),
        lines: vec![line],
    })
}

/// That this invoice in the ERP is another one than the bill's.
fn other_invoice(bill: &str, number: &str) -> Link {
    Link { kind: "other_invoice".into(), source: bill.into(), target: number.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finance_booked_in_the_ledger_of_m3_is_linked_though_last_years_of_its_number_is_in_batch_entry() {
    let world = World::new(with_bills(8, 8)).await;
    let drafts = drafts(&world).await;
    let [(dearer, one), (same, two), (absent, three), ..] = drafts.as_slice() else { panic!("{drafts:?}") };
    let cheap = type_last_years(&world, one, one.total - Decimal::ONE, "");
    let [of_two, of_three] = [two, three].map(|draft| type_last_years(&world, draft, draft.total, ""));
    for number in [&cheap, &of_two, &of_three] {
        world.erp.post_invoice(number);
    }
    let booked = [one, two].map(|draft| world.erp.book(draft, &draft.number, draft.total));
    let report = world.sync_bills().await;
    let connection = world.connect().await;
    for (key, called) in [dearer, same].into_iter().zip(&booked) {
        let trail = connection.trail(key).await.unwrap().to_string();
        assert!(trail.contains(&format!("linked to {called} of ")), "{trail}");
    }
    let [concern] = report.concerns.as_slice() else { panic!("{:?}", report.concerns) };
    assert_eq!(concern.key, *absent);
    // In batch entry and in the ledger it is one invoice still: a word on the one is enough.
    let jo = Actor::new("jo");
    connection.link(&[other_invoice(absent.id(), &of_three)], &jo).await.unwrap();
    connection.engine().replay(absent, &jo, Assurance::None).await.unwrap();
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done() && report.posted == [absent.clone()], "{report:?}");
    assert_eq!(made_by_us(&world), drafts.len() - 2, "one was doubled");
}

/// Of a yearly invoice of one number and amount, last year's was made for a bill, and one that people typed in.
async fn the_same_each_year<E: Erp>() {
    let world = World::<E>::of(with_bills(8, 8)).await;
    let drafts = drafts(&world).await;
    let [(made, one), (typed, two), ..] = drafts.as_slice() else { panic!("{drafts:?}") };
    let numbers = [
        type_last_years(&world, one, one.total, ExternalRef::of(&bill_key(1)).as_str()),
        type_last_years(&world, two, two.total, ""),
    ];
    let report = world.sync_bills().await;
    let connection = world.connect().await;
    let jo = Actor::new("jo");
    let link = other_invoice;
    let wrong = connection.link(&[link("999999", &numbers[0])], &jo).await.unwrap_err().to_string();
    assert!(wrong.contains("no bill `999999`"), "{wrong}");
    for (key, number) in [made, typed].into_iter().zip(&numbers) {
        let concern = report.concerns.iter().find(|concern| concern.key == *key).unwrap();
        let command = format!("link other_invoice BILL \"{number}\"");
        assert!(concern.reason.contains(&command), "{}", concern.reason);
        connection.link(&[link(key.id(), number)], &jo).await.unwrap();
        connection.engine().replay(key, &jo, Assurance::None).await.unwrap();
    }
    assert_eq!(report.concerns.len(), 2, "{:?}", report.concerns);
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.posted.len() == 2 && report.is_all_done(), "{report:?}");
    for (key, number) in [made, typed].into_iter().zip(&numbers) {
        let trail = connection.trail(key).await.unwrap().to_string();
        assert!(trail.contains(&format!("{number} in the ERP is another invoice of this number")), "{trail}");
    }
    assert_eq!(made_by_us(&world), drafts.len() + 1);
    let late = connection.link(&[link(made.id(), &numbers[0])], &jo).await.unwrap_err().to_string();
    assert!(late.contains(&format!("bill {} was posted as ", made.id())), "{late}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bills_of_one_invoice_are_posted_once_and_the_other_is_told_as_a_duplicate() {
    two_bills_of_one_invoice::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bills_of_one_invoice_are_one_voucher_and_the_other_is_told_as_a_duplicate() {
    two_bills_of_one_invoice::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bills_of_one_invoice_are_one_odata_invoice_and_the_other_is_told_as_a_duplicate() {
    two_bills_of_one_invoice::<OData>().await;
}

/// Two bills of one order, of the same vendor and amount, where there are ten orders and twice as many bills.
pub fn twins<E: Erp>(world: &World<E>) -> (u64, u64) {
    let bills = world.procurify.approved_bills();
    bills.iter().find_map(|id| Some((*id, *bills.iter().find(|other| **other == id + 10)?))).unwrap()
}

async fn two_bills_of_one_invoice<E: Erp>() {
    let world = World::<E>::of(with_bills(10, 20)).await;
    let bills = world.procurify.approved_bills();
    let (one, two) = twins(&world);
    world.procurify.edit_bill(two, |edit| edit.invoice_number = Some(format!("INV-{one}")));
    let mut report = world.sync_bills().await;
    // The one that came second waits for the first, and learns in its next attempt that it is a duplicate.
    while report.concerns.is_empty() {
        report = world.sync_bills().await;
    }
    assert_eq!(report.count(StateName::Posted), bills.len() as u64 - 1, "{:?}", report.counts);
    assert!([bill_key(one), bill_key(two)].contains(&report.concerns[0].key));
    assert!(report.concerns[0].reason.contains("duplicate"), "{}", report.concerns[0].reason);
}

/// Products in which an invoice can be rejected or cancelled, and stays to be seen.
trait Rejects: Erp {
    /// Finance rejects an invoice.
    async fn reject(world: &World<Self>, number: &str);
}

impl Rejects for M3 {
    async fn reject(world: &World<Self>, number: &str) {
        let m3 = world.cloudsuite().m3(Company(100)).division("AAA");
        let number = InvoiceBatchNumber::new(number).unwrap();
        m3.invoices().reject(&[number], "BC").await.remove(0).unwrap();
    }
}

impl Rejects for OData {
    async fn reject(world: &World<Self>, number: &str) {
        let changes = DocumentChanges::new().property("Status", "Cancelled");
        world.cloudsuite().odata("100").invoices().change(number, None, &changes).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_was_rejected_in_m3_is_nobodys_and_the_bill_is_posted() {
    rejected_by_hand::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_was_cancelled_in_odata_is_nobodys_and_the_bill_is_posted() {
    rejected_by_hand::<OData>().await;
}

async fn rejected_by_hand<E: Rejects>() {
    let world = World::<E>::of(with_bills(8, 8)).await;
    let drafts = drafts(&world).await;
    let (key, draft) = &drafts[0];
    let typed = world.erp.enter_invoice(&world.cloudsuite(), draft, draft.total).await;
    E::reject(&world, &typed).await;
    let report = world.sync_bills().await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert!(report.posted.contains(key));
    let ours = world.erp.all_documents();
    let ours = ours.iter().find(|one| one.external_ref == ExternalRef::of(key).as_str()).unwrap();
    assert_ne!(ours.number, typed, "the bill's own");
    // What was made for the bill is rejected too, and the ledger is lost: it is not made a second time.
    E::reject(&world, &ours.number).await;
    std::fs::remove_file(world.ledger()).unwrap();
    let report = world.sync_bills().await;
    let reason = &report.concerns.iter().find(|concern| concern.key == *key).unwrap().reason;
    assert!(reason.contains("rejected or cancelled there") && reason.contains(&ours.number), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_m3_rejected_and_finance_booked_after_all_is_linked() {
    let world = World::new(with_bills(8, 8)).await;
    let drafts = drafts(&world).await;
    let (key, draft) = &drafts[0];
    let typed = world.erp.enter_invoice(&world.cloudsuite(), draft, draft.total).await;
    M3::reject(&world, &typed).await;
    let day = draft.invoice_date.format("%Y%m%d").to_string();
    let voucher = world.erp.book_invoice(&draft.supplier, &draft.number, &day, &draft.currency, draft.total);
    let report = world.sync_bills().await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let trail = world.connect().await.trail(key).await.unwrap().to_string();
    assert!(trail.contains(&format!("linked to voucher {voucher} of")), "{trail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_entered_again_after_its_invoice_in_m3_was_rejected_is_posted() {
    entered_again::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_entered_again_after_its_invoice_in_odata_was_cancelled_is_posted() {
    entered_again::<OData>().await;
}

async fn entered_again<E: Erp>() {
    let world = World::<E>::of(with_bills(10, 20)).await;
    let (one, two) = twins(&world);
    world.procurify.edit_bill(two, |edit| edit.status = Some(WITHDRAWN));
    let connection = world.connect_amending().await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(connection.sync(FlowKind::Bills).await.unwrap().is_all_done());
    world.procurify.edit_bill(one, |edit| edit.status = Some(WITHDRAWN));
    assert_eq!(connection.sync(FlowKind::Bills).await.unwrap().amended, [bill_key(one)]);
    world.procurify.edit_bill(two, |edit| {
        (edit.status, edit.invoice_number) = (Some(APPROVED), Some(format!("INV-{one}")));
    });
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert_eq!(report.posted, [bill_key(two)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_bills_of_an_invoice_that_finance_entered_one_is_linked_and_the_other_told_on_each_product() {
    for at_once in [true, false] {
        two_bills_of_one_that_was_entered::<M3>(at_once).await;
        two_bills_of_one_that_was_entered::<SyteLine>(at_once).await;
        two_bills_of_one_that_was_entered::<OData>(at_once).await;
    }
}

/// Bills of one vendor, day, amount and number; approved at once or one after the other.
async fn two_bills_of_one_that_was_entered<E: Erp>(at_once: bool) {
    let world = World::<E>::of(with_bills(10, 20)).await;
    let (one, two) = twins(&world);
    let same = |edit: &mut BillEdit| (edit.invoiced_in, edit.invoice_number) = (Some(3), Some("TWICE".to_owned()));
    world.procurify.edit_bill(one, same);
    world.procurify.edit_bill(two, |edit| edit.status = Some(if at_once { APPROVED } else { WITHDRAWN }));
    let drafts = drafts(&world).await;
    let (_, draft) = drafts.iter().find(|(key, _)| *key == bill_key(one)).unwrap();
    let typed = world.erp.enter_invoice(&world.cloudsuite(), draft, draft.total).await;
    if !at_once {
        assert!(world.sync_bills().await.is_all_done());
    }
    world.procurify.edit_bill(two, |edit| {
        same(edit);
        edit.status = Some(APPROVED);
    });
    let connection = world.connect().await;
    let steps: Vec<Step> = connection.plan(FlowKind::Bills).await.unwrap().into_iter().map(|one| one.step).collect();
    let duplicates = steps.iter().filter(|step| matches!(step, Step::Tell(why) if why.contains("duplicate")));
    assert_eq!(duplicates.count(), 1, "{steps:?}");
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let [concern] = report.concerns.as_slice() else { panic!("{:?}", report.concerns) };
    let (first, second) = if concern.key == bill_key(one) { (two, one) } else { (one, two) };
    assert!(at_once || second == two, "{concern:?}");
    let reason = &concern.reason;
    assert!(reason.contains(&format!("{typed} is the document of acme/bill/{first} already")), "{reason}");
    let trail = connection.trail(&bill_key(first)).await.unwrap().to_string();
    assert!(trail.contains(&format!("linked to {typed}")), "{trail}");
    // Withdrawn, the first one stands in the second one's way no more.
    world.procurify.edit_bill(first, |edit| edit.status = Some(WITHDRAWN));
    connection.sync(FlowKind::Bills).await.unwrap();
    let jane = Actor::new("jane");
    connection.engine().replay(&bill_key(second), &jane, Assurance::None).await.unwrap();
    connection.sync(FlowKind::Bills).await.unwrap();
    let trail = connection.trail(&bill_key(second)).await.unwrap().to_string();
    assert!(trail.contains(&format!("linked to {typed}")), "{trail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_bill_of_a_voucher_of_ours_that_finance_has_posted_is_told_as_a_duplicate() {
    let world = World::<SyteLine>::of(with_bills(10, 20)).await;
    let (one, two) = twins(&world);
    let same = |edit: &mut BillEdit| (edit.invoiced_in, edit.invoice_number) = (Some(3), Some("TWICE".to_owned()));
    world.procurify.edit_bill(one, same);
    world.procurify.edit_bill(two, |edit| edit.status = Some(WITHDRAWN));
    assert!(world.sync_bills().await.is_all_done());
    let reference = ExternalRef::of(&bill_key(one));
    let ours = world.erp.documents().into_iter().find(|document| document.external_ref == reference.as_str()).unwrap();
    assert!(world.erp.post_voucher(&ours.number));
    world.procurify.edit_bill(two, |edit| {
        same(edit);
        edit.status = Some(APPROVED);
    });
    let report = world.sync_bills().await;
    assert!(report.posted.is_empty(), "{report:?}");
    let reason = &report.concerns[0].reason;
    assert!(reason.contains(&format!("{} is the document of acme/bill/{one} already", ours.number)), "{reason}");
}
