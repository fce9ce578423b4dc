//! A bill's attachments, as links.

use procurify_cloudsuite::FlowKind;
use procurify_cloudsuite::bill::CostPlace;
use procurify_cloudsuite::odata::{ODataInvoiceSettings, ODataProduct};
use procurify_cloudsuite::syteline::{SyteLineInvoiceSettings, SyteLineProduct};
use sandbox::{OData, Procurify, SyteLine};

use super::with_bills;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_addresses_of_a_bills_attachments_go_into_the_property_that_is_set_for_them() {
    let files = ["https://files.example/a.pdf", "https://files.example/b.pdf"];
    let attach = |procurify: &Procurify| {
        let id = procurify.approved_bills()[0];
        let keyed = files.map(|file| format!("{file}?signature=secret"));
        assert!(procurify.edit_bill(id, |edit| edit.attachments = keyed.to_vec()));
        format!("INV-{id}")
    };
    let both = files.join(" ");

    let world = World::<SyteLine>::of(with_bills(6, 6)).await;
    let number = attach(&world.procurify);
    let attachments = Some("Uf_Attachments".to_owned());
    let tax = Some(CostPlace { account: "60100".to_owned(), cost_center: None });
    let settings = SyteLineInvoiceSettings { attachments, tax, ..SyteLineInvoiceSettings::default() };
    let product = SyteLineProduct::new(world.cloudsuite().syteline("ACME_DALS").site("DALS")).invoices(settings);
    let connection = world.build(100, |connection| connection.cloudsuite(product)).await;
    for flow in [FlowKind::PurchaseOrders, FlowKind::Bills] {
        assert!(connection.sync(flow).await.unwrap().is_all_done());
    }
    let vouchers = world.erp.rows("SLAptrxs");
    let with: Vec<_> = vouchers.iter().filter(|voucher| voucher.contains_key("Uf_Attachments")).collect();
    assert_eq!(with.len(), 1);
    assert_eq!((with[0]["InvNum"].as_str(), with[0]["Uf_Attachments"].as_str()), (number.as_str(), both.as_str()));

    let world = World::<OData>::of(with_bills(6, 6)).await;
    let number = attach(&world.procurify);
    let settings =
        ODataInvoiceSettings { attachments: Some("Attachments".to_owned()), ..ODataInvoiceSettings::default() };
    let product = ODataProduct::new(world.cloudsuite().odata("100")).invoices(settings);
    let connection = world.build(100, |connection| connection.cloudsuite(product)).await;
    for flow in [FlowKind::PurchaseOrders, FlowKind::Bills] {
        assert!(connection.sync(flow).await.unwrap().is_all_done());
    }
    let service = world.cloudsuite().odata("100").service("tfapi.acpPurchaseInvoice");
    let invoices = service.query("Invoices").all().await.unwrap();
    let with: Vec<_> = invoices.iter().filter(|invoice| invoice.text("Attachments").is_some()).collect();
    assert_eq!(with.len(), 1);
    let told = (with[0].text("SupplierInvoice"), with[0].text("Attachments"));
    assert_eq!(told, (Some(number), Some(both)));
}
