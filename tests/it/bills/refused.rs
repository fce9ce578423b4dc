//! What people typed in while a bill's own invoice was refused, or nobody knew what had become of it, is theirs.

use std::time::Duration;

use procurify_cloudsuite::bill::{ApprovedBill, BillMapper, CostPlace, DefaultBillMapper, InvoiceDraft, Mapped};
use procurify_cloudsuite::m3::M3InvoiceSettings;
use procurify_cloudsuite::syteline::{SyteLineInvoiceSettings, SyteLineProduct};
use procurify_cloudsuite::{Connection, FlowKind};
use rust_decimal::Decimal;
use sandbox::{FaultKind, M3, OData, Supplier, SyteLine, TypedInvoice, TypedLine};
use sync_core::{Actor, Assurance, DedupStore, ExternalRef, RecordKey, References, StateName};

use super::by_hand::{WITHDRAWN, drafts};
use super::with_bills;
use crate::erp::Erp;
use crate::world::World;

/// Ways in which a product refuses an invoice whole.
trait Refuses: Erp {
    /// Whether what is posted shows the reference that it was entered with.
    const SHOWS_REFERENCES: bool = true;

    fn remove_supplier(&self, number: &str);

    /// A pass in which the invoice of this bill is refused.
    async fn pass(world: &World<Self>, _key: &RecordKey, draft: &InvoiceDraft) {
        let connection = world.connect().await;
        connection.align_reference_data().await.unwrap();
        let mut lines = connection.mapping().await.unwrap().into_iter().filter(|line| line.kind == "vendor");
        let vendor = lines.find(|line| line.target.as_ref() == Some(&draft.supplier)).unwrap();
        world.erp.remove_supplier(&draft.supplier);
        connection.sync(FlowKind::Bills).await.unwrap();
        world.erp.put_supplier(&Supplier::new(&draft.supplier, vendor.name, &draft.currency));
    }
}

impl Refuses for M3 {
    fn remove_supplier(&self, number: &str) {
        self.remove_supplier(number);
    }
}

impl Refuses for OData {
    fn remove_supplier(&self, number: &str) {
        self.remove_supplier(number);
    }
}

impl Refuses for SyteLine {
    const SHOWS_REFERENCES: bool = false;

    fn remove_supplier(&self, number: &str) {
        self.remove_supplier(number);
    }

    /// A bill whose vendor is not there waits: what is refused is an address that the property has no room for.
    async fn pass(world: &World<Self>, key: &RecordKey, _draft: &InvoiceDraft) {
        let tax = Some(CostPlace { account: "60100".to_owned(), cost_center: None });
        let attachments = Some("TaxCode1".to_owned());
        let settings = SyteLineInvoiceSettings { attachments, tax, ..SyteLineInvoiceSettings::default() };
        let product = SyteLineProduct::new(world.cloudsuite().syteline("ACME_DALS").site("DALS")).invoices(settings);
        let attach = |files: &[&str]| {
            let files = files.iter().map(|file| (*file).to_owned()).collect();
            assert!(world.procurify.edit_bill(key.id().parse().unwrap(), |edit| edit.attachments = files));
        };
        attach(&["https://files.example/invoice.pdf"]);
        let connection = world.build(100, |connection| connection.cloudsuite(product)).await;
        connection.sync(FlowKind::Bills).await.unwrap();
        attach(&[]);
    }
}

/// A bill whose invoice was refused whole, and that finance has typed in since; answers the ERP's number of that.
async fn typed_in_after_a_refusal<E: Refuses>(world: &World<E>) -> (RecordKey, String) {
    let (key, draft) = drafts(world).await.remove(0);
    E::pass(world, &key, &draft).await;
    let head = world.store().await.get(std::slice::from_ref(&key)).await.unwrap().remove(0).unwrap();
    assert_eq!(head.state.name(), StateName::Rejected, "{:?}", head.state);
    let typed = type_in(world, &draft);
    (key, typed)
}

/// Finance types in the invoice of a bill; answers the ERP's number.
pub fn type_in<E: Erp>(world: &World<E>, draft: &InvoiceDraft) -> String {
    world.erp.type_invoice(&TypedInvoice {
        supplier: draft.supplier.clone(),
        number: draft.number.clone(),
        currency: draft.currency.clone(),
        date: draft.invoice_date,
        external_ref: String::new(),
        lines: vec![TypedLine { quantity: Decimal::ONE, price: draft.total, account: "60100".to_owned() }],
    })
}

fn is_made<E: Erp>(world: &World<E>, key: &RecordKey) -> bool {
    let reference = ExternalRef::of(key);
    world.erp.all_documents().iter().any(|document| document.external_ref == reference.as_str())
}

async fn corrected_then<E: Refuses>() {
    let world = World::<E>::of(with_bills(6, 6)).await;
    let (key, typed) = typed_in_after_a_refusal(&world).await;
    world.procurify.edit_bill(key.id().parse().unwrap(), |edit| edit.posted_in = Some(9));
    let connection = world.connect().await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    if let Some(concern) = report.concerns.iter().find(|concern| concern.key == key) {
        assert!(concern.reason.contains("replay the bill to link it"), "{}", concern.reason);
        connection.engine().replay(&key, &Actor::new("jane"), Assurance::None).await.unwrap();
        connection.sync(FlowKind::Bills).await.unwrap();
    }
    let trail = connection.trail(&key).await.unwrap().to_string();
    assert!(trail.contains(&format!("linked to {typed}, which was there already")), "{trail}");
    assert!(!is_made(&world, &key), "doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_is_corrected_after_finance_typed_in_what_was_refused_is_linked_on_each_product() {
    corrected_then::<M3>().await;
    corrected_then::<SyteLine>().await;
    corrected_then::<OData>().await;
}

async fn withdrawn_then<E: Refuses>() {
    let world = World::<E>::of(with_bills(6, 6)).await;
    let (key, typed) = typed_in_after_a_refusal(&world).await;
    if E::SHOWS_REFERENCES {
        world.erp.post_invoice(&typed);
    }
    world.procurify.edit_bill(key.id().parse().unwrap(), |edit| edit.status = Some(WITHDRAWN));
    let report = world.connect().await.sync(FlowKind::Bills).await.unwrap();
    assert!(report.concerns.iter().all(|concern| concern.key != key), "{:?}", report.concerns);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_is_withdrawn_after_finance_typed_in_what_was_refused_has_left_nothing_on_each_product() {
    withdrawn_then::<M3>().await;
    withdrawn_then::<SyteLine>().await;
    withdrawn_then::<OData>().await;
}

/// An invoice of ours may still come as long as it is not known that none was made.
async fn typed_in_while_in_doubt<E: Refuses>() {
    let world = World::<E>::of(with_bills(6, 6)).await;
    let (key, draft) = drafts(&world).await.remove(0);
    world.erp.fault_next_of(E::new_invoices(), FaultKind::ResetBefore);
    let report = world.connect_waiting(Duration::ZERO).await.sync(FlowKind::Bills).await.unwrap();
    assert!(report.count(StateName::InDoubt) > 0, "{:?}", report.counts);
    let typed = type_in(&world, &draft);
    if E::SHOWS_REFERENCES {
        world.erp.post_invoice(&typed);
    }
    let connection = world.connect().await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let trail = connection.trail(&key).await.unwrap().to_string();
    let linked = format!("linked to {typed}, which was there already");
    assert!(trail.contains(&linked) && !trail.contains("found as"), "{trail}");
    assert!(!is_made(&world, &key), "doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_in_while_a_bill_is_in_doubt_is_linked_once_nothing_of_ours_can_come_on_each_product() {
    typed_in_while_in_doubt::<M3>().await;
    typed_in_while_in_doubt::<SyteLine>().await;
    typed_in_while_in_doubt::<OData>().await;
}

/// Books on a dimension that no product has.
struct Misbooked(DefaultBillMapper);

impl BillMapper for Misbooked {
    fn map(&self, bill: &ApprovedBill, references: &References) -> Mapped<InvoiceDraft> {
        let mut mapped = self.0.map(bill, references);
        if let Mapped::Draft { draft, .. } = &mut mapped {
            draft.lines.iter_mut().for_each(|line| drop(line.dimensions.insert(9, "X".to_owned())));
        }
        mapped
    }
}

async fn entered_where_ours_cannot_be<E: Erp>() {
    let world = World::<E>::of(with_bills(6, 6)).await;
    let drafts = drafts(&world).await;
    let mapper = Misbooked(DefaultBillMapper::default());
    let connection = world.build(100, |connection| connection.bill_mapper(mapper)).await;
    linked_once_entered(&world, &connection, &drafts, "9 cannot be booked on").await;
}

/// Of a pass that refuses some of these bills for this reason, one is typed in by hand.
async fn linked_once_entered<E: Erp>(
    world: &World<E>,
    connection: &Connection,
    drafts: &[(RecordKey, InvoiceDraft)],
    why: &str,
) {
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let concern = report.concerns.iter().find(|concern| concern.reason.contains(why));
    let key = &concern.unwrap_or_else(|| panic!("{:?}", report.concerns)).key;
    let (_, draft) = drafts.iter().find(|(other, _)| other == key).unwrap();
    let typed = type_in(world, draft);
    connection.engine().replay(key, &Actor::new("jane"), Assurance::None).await.unwrap();
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let trail = connection.trail(key).await.unwrap().to_string();
    assert!(trail.contains(&format!("linked to {typed}, which was there already")), "{trail}");
    assert!(report.concerns.iter().all(|concern| concern.key != *key), "{:?}", report.concerns);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finance_enters_of_a_bill_that_can_never_be_made_is_linked_without_a_complaint_on_each_product() {
    entered_where_ours_cannot_be::<M3>().await;
    entered_where_ours_cannot_be::<SyteLine>().await;
    entered_where_ours_cannot_be::<OData>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_whose_cost_m3_cannot_match_with_its_order_is_linked_once_it_was_entered_by_hand() {
    let world = World::<M3>::of(with_bills(30, 30)).await;
    let drafts = drafts(&world).await;
    let settings = M3InvoiceSettings { match_orders: true, ..M3InvoiceSettings::default() };
    let connection = world.connect_invoicing(settings).await;
    linked_once_entered(&world, &connection, &drafts, "enter the invoice by hand, then replay the bill").await;
}
