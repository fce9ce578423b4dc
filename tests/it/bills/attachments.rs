//! A bill's attachments, as links.

use std::time::Duration;

use procurify_cloudsuite::bill::CostPlace;
use procurify_cloudsuite::odata::{ODataInvoiceSettings, ODataProduct};
use procurify_cloudsuite::product::Product;
use procurify_cloudsuite::syteline::{SyteLineInvoiceSettings, SyteLineProduct};
use procurify_cloudsuite::{Connection, ConnectionBuilder, FlowKind};
use sandbox::{FaultKind, Matcher, OData, SyteLine};
use sync_core::{Actor, Assurance, Cancellations, ExternalRef, Revisions, StateName};

use super::with_bills;
use crate::erp::Erp;
use crate::world::{World, bill_key};

/// The status of a bill that is paid.
const PAID: u8 = 4;

/// Products whose invoices have a property for them.
trait Carries: Erp {
    /// The product, told of that property.
    fn carrying(world: &World<Self>) -> Box<dyn Product>;
    /// What stands in it, by the supplier's number of the invoice.
    fn links(world: &World<Self>) -> impl Future<Output = Vec<(String, String)>>;
}

impl Carries for SyteLine {
    fn carrying(world: &World<Self>) -> Box<dyn Product> {
        let attachments = Some("Uf_Attachments".to_owned());
        let tax = Some(CostPlace { account: "60100".to_owned(), cost_center: None });
        let settings = SyteLineInvoiceSettings { attachments, tax, ..SyteLineInvoiceSettings::default() };
        SyteLineProduct::new(world.cloudsuite().syteline("ACME_DALS").site("DALS")).invoices(settings).into()
    }

    async fn links(world: &World<Self>) -> Vec<(String, String)> {
        let vouchers = world.erp.rows("SLAptrxs").into_iter();
        vouchers.filter_map(|one| Some((one.get("InvNum")?.clone(), one.get("Uf_Attachments")?.clone()))).collect()
    }
}

impl Carries for OData {
    fn carrying(world: &World<Self>) -> Box<dyn Product> {
        let attachments = Some("Attachments".to_owned());
        let settings = ODataInvoiceSettings { attachments, ..ODataInvoiceSettings::default() };
        ODataProduct::new(world.cloudsuite().odata("100")).invoices(settings).into()
    }

    async fn links(world: &World<Self>) -> Vec<(String, String)> {
        let service = world.cloudsuite().odata("100").service("tfapi.acpPurchaseInvoice");
        let invoices = service.query("Invoices").all().await.unwrap().into_iter();
        invoices.filter_map(|one| Some((one.text("SupplierInvoice")?, one.text("Attachments")?))).collect()
    }
}

async fn connect<E: Carries>(
    world: &World<E>,
    amend: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
) -> Connection {
    world.build(100, |connection| amend(connection.cloudsuite(E::carrying(world)))).await
}

/// Gives a bill these files, at addresses with a key that is another each time.
fn attach<E>(world: &World<E>, id: u64, files: &[&str], key: &str) {
    let keyed = files.iter().map(|file| format!("https://files.example/{file}?signature={key}")).collect();
    assert!(world.procurify.edit_bill(id, |edit| edit.attachments = keyed));
}

fn addresses(files: &[&str]) -> String {
    files.iter().map(|file| format!("https://files.example/{file}")).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_addresses_of_a_bills_attachments_go_into_the_property_that_is_set_for_them() {
    attached_before_posting::<SyteLine>().await;
    attached_before_posting::<OData>().await;
}

/// One file is there at the first reading, another comes while the bill waits for its order.
async fn attached_before_posting<E: Carries>() {
    let world = World::<E>::of(with_bills(6, 6)).await;
    let id = world.procurify.approved_bills()[0];
    attach(&world, id, &["a.pdf"], "monday");
    let connection = connect(&world, |connection| connection).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.count(StateName::Held) > 0 && report.posted.is_empty(), "{report:?}");
    attach(&world, id, &["a.pdf", "b.pdf"], "tuesday");
    for flow in [FlowKind::PurchaseOrders, FlowKind::Bills] {
        assert!(connection.sync(flow).await.unwrap().is_all_done());
    }
    let wanted = [(format!("INV-{id}"), addresses(&["a.pdf", "b.pdf"]))];
    assert_eq!(E::links(&world).await, wanted);
    // Only the key to a file is another.
    attach(&world, id, &["a.pdf", "b.pdf"], "wednesday");
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done() && report.read > 0 && report.unchanged == report.read, "{report:?}");
    // People are told of a file that comes when the invoice is there.
    attach(&world, id, &["a.pdf", "b.pdf", "c.pdf"], "thursday");
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let [concern] = report.concerns.as_slice() else { panic!("{report:?}") };
    assert_eq!(concern.key, bill_key(id));
    assert_eq!(E::links(&world).await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_added_later_is_carried_where_changes_are_and_told_once_the_invoice_is_booked() {
    attached_after_posting::<SyteLine>().await;
    attached_after_posting::<OData>().await;
}

async fn attached_after_posting<E: Carries>() {
    let world = World::<E>::of(with_bills(6, 6)).await;
    let id = world.procurify.approved_bills()[0];
    let amending =
        |connection: ConnectionBuilder| connection.on_revision(Revisions::Amend).on_cancel(Cancellations::Cancel);
    let connection = connect(&world, amending).await;
    for flow in [FlowKind::PurchaseOrders, FlowKind::Bills] {
        assert!(connection.sync(flow).await.unwrap().is_all_done());
    }
    assert_eq!(E::links(&world).await, []);
    attach(&world, id, &["a.pdf"], "monday");
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let wanted = [(format!("INV-{id}"), addresses(&["a.pdf"]))];
    assert_eq!((report.amended.as_slice(), E::links(&world).await.as_slice()), (&[bill_key(id)][..], &wanted[..]));
    let invoice = world.exactly_once(&world.bill_keys()).remove(&bill_key(id)).unwrap();
    world.erp.post_invoice(&invoice.number);
    attach(&world, id, &["a.pdf", "b.pdf"], "tuesday");
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let [concern] = report.concerns.as_slice() else { panic!("{report:?}") };
    assert!(concern.reason.contains(&addresses(&["a.pdf", "b.pdf"])), "{}", concern.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_property_is_set_only_later_no_bill_counts_as_changed_for_its_old_files() {
    set_later::<SyteLine>().await;
    set_later::<OData>().await;
}

async fn set_later<E: Carries>() {
    let world = World::<E>::of(with_bills(6, 6)).await;
    let id = world.procurify.approved_bills()[0];
    attach(&world, id, &["a.pdf"], "monday");
    let connection = world.connect().await;
    for flow in [FlowKind::PurchaseOrders, FlowKind::Bills] {
        assert!(connection.sync(flow).await.unwrap().is_all_done());
    }
    drop(connection);
    let connection = connect(&world, |connection| connection).await;
    world.procurify.edit_bill(id, |edit| edit.status = Some(PAID));
    let planned = connection.plan(FlowKind::Bills).await.unwrap();
    assert_eq!(planned, []);
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done() && report.read > 0, "{:?}", report.concerns);
    // What is new is a change.
    attach(&world, id, &["a.pdf", "b.pdf"], "tuesday");
    assert_eq!(connection.sync(FlowKind::Bills).await.unwrap().concerns.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_comes_while_a_voucher_is_there_in_part_is_told_and_not_left_out() {
    let world = World::<SyteLine>::of(with_bills(6, 6)).await;
    let id = world.procurify.approved_bills()[0];
    attach(&world, id, &["a.pdf"], "monday");
    let connection = connect(&world, |connection| connection.patience(Duration::ZERO)).await;
    assert!(connection.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done());
    world.erp.fault_next(Matcher::operation("POST update/SLAptrxds"), FaultKind::ResetBefore);
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.count(StateName::InDoubt) > 0, "{:?}", report.counts);
    drop(connection);
    attach(&world, id, &["a.pdf", "b.pdf"], "tuesday");
    let connection = connect(&world, |connection| connection).await;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let [concern] = report.concerns.as_slice() else { panic!("{report:?}") };
    assert_eq!(concern.key, bill_key(id));
    assert!(concern.reason.contains(&addresses(&["a.pdf", "b.pdf"])), "{}", concern.reason);
    // As the reason says: the voucher is deleted, and the bill replayed.
    let reference = ExternalRef::of(&bill_key(id));
    let left = world.erp.all_documents().into_iter().find(|document| document.external_ref == reference.as_str());
    assert!(world.erp.delete_invoice(&left.unwrap().number));
    connection.engine().replay(&bill_key(id), &Actor::new("jane"), Assurance::None).await.unwrap();
    assert!(connection.sync(FlowKind::Bills).await.unwrap().is_all_done());
    let wanted = (format!("INV-{id}"), addresses(&["a.pdf", "b.pdf"]));
    assert!(SyteLine::links(&world).await.contains(&wanted));
    world.exactly_once(&world.bill_keys());
}
