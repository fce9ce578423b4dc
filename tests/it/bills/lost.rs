//! Bills whose ledger was lost: what bears their references is theirs, whatever was corrected meanwhile.

use cloudsuite_client::odata::DocumentChanges;
use cloudsuite_client::syteline::Change;
use procurify_cloudsuite::reference::Link;
use procurify_cloudsuite::{Connection, FlowKind};
use sandbox::{OData, SyteLine};
use sync_core::{ExternalRef, RecordKey};

use super::with_bills;
use crate::erp::Erp;
use crate::world::World;

/// Products that can be asked for our reference of an invoice.
trait Renumbers: Erp {
    /// Finance corrects the supplier's number of an invoice that is not posted.
    async fn renumber(world: &World<Self>, reference: &str, number: &str);
}

impl Renumbers for SyteLine {
    async fn renumber(world: &World<Self>, reference: &str, number: &str) {
        let vouchers = world.cloudsuite().syteline("ACME_DALS").site("DALS").vouchers();
        let voucher = vouchers.find_by_reference(&[reference]).await.unwrap().remove(0);
        let change = Change::update(&voucher.item_id.unwrap()).set("InvNum", number);
        assert!(vouchers.update().push(change).send().await.remove(0).is_ok());
    }
}

impl Renumbers for OData {
    async fn renumber(world: &World<Self>, reference: &str, number: &str) {
        let invoices = world.cloudsuite().odata("100").invoices();
        let invoice = invoices.find_by_reference(&[reference]).await.unwrap().remove(0);
        let changes = DocumentChanges::new().property("SupplierInvoice", number);
        invoices.change(&invoice.number, None, &changes).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_corrected_on_either_side_is_not_posted_again_after_the_ledger_was_lost() {
    for amends in [false, true] {
        corrected_meanwhile::<SyteLine>(amends).await;
        corrected_meanwhile::<OData>(amends).await;
    }
}

/// One bill got another number in Procurify, one another supplier, and of one finance corrected the number in the ERP.
async fn corrected_meanwhile<E: Renumbers>(amends: bool) {
    let world = World::<E>::of(with_bills(8, 8)).await;
    assert!(world.sync_bills().await.is_all_done());
    let keys = world.bill_keys();
    let before = world.exactly_once(&keys);
    let [numbered, corrected, moved, ..] = &keys[..] else { panic!("{keys:?}") };
    world.procurify.edit_bill(numbered.id().parse().unwrap(), |edit| edit.invoice_number = Some("CORRECTED-1".into()));
    E::renumber(&world, ExternalRef::of(corrected).as_str(), "CORRECTED-2").await;
    std::fs::remove_file(world.ledger()).unwrap();
    let connection = if amends { world.connect_amending().await } else { world.connect().await };
    let other = link_to_another(&world, &connection, &before[moved].supplier).await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let report = connection.sync(FlowKind::Bills).await.unwrap();

    let after = world.exactly_once(&keys);
    let told = |key: &RecordKey| report.concerns.iter().find(|concern| concern.key == *key).map(|one| &one.reason);
    for (key, difference) in [
        (numbered, format!("invoice number INV-{} -> CORRECTED-1", numbered.id())),
        (corrected, format!("invoice number CORRECTED-2 -> INV-{}", corrected.id())),
    ] {
        assert_eq!(after[key].number, before[key].number, "{key}");
        let trail = connection.trail(key).await.unwrap().to_string();
        assert!(trail.contains(&format!("linked to {}", before[key].number)) && trail.contains(&difference), "{trail}");
        assert_eq!(report.amended.contains(key), amends, "{key}: {:?}", report.concerns);
        assert_eq!(told(key).is_some_and(|told| told.contains(&difference)), !amends, "{key}: {:?}", report.concerns);
    }
    let reason = told(moved).unwrap();
    assert!(reason.contains(&format!("of supplier {}", before[moved].supplier)) && reason.contains(&other), "{reason}");
}

/// Links the vendor that is this supplier to another one, which no bill is of.
async fn link_to_another<E: Erp>(world: &World<E>, connection: &Connection, supplier: &str) -> String {
    connection.align_reference_data().await.unwrap();
    let lines = connection.mapping().await.unwrap();
    let vendors = || lines.iter().filter(|line| line.kind == "vendor");
    let vendor = vendors().find(|line| line.target.as_deref() == Some(supplier)).unwrap();
    let bills = world.erp.all_documents();
    let unused = |target: &String| bills.iter().all(|one| one.supplier != *target);
    let other = vendors().find_map(|line| line.target.clone().filter(unused)).unwrap();
    let link = Link { kind: "vendor".to_owned(), source: vendor.source.clone(), target: other.clone() };
    connection.link(&[link], &"jo".into()).await.unwrap();
    other
}
