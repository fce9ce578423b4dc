//! Tenants whose services, sets, IDOs and properties have names of their own, which the connector's settings tell.

use std::collections::BTreeMap;

use sandbox::{OData, ODataConfig, Scenario, SyteLine, SyteLineConfig};

use crate::erp::Erp;
use crate::world::{World, connector, run, scenario};

fn renamed(names: &[(&str, &str)]) -> BTreeMap<String, String> {
    names.iter().map(|(usual, theirs)| ((*usual).to_owned(), (*theirs).to_owned())).collect()
}

/// Syncs orders and bills by the connector: without the settings nothing gets there, with them everything.
async fn goes_by_its_settings<E: Erp>(world: &World<E>, settings: &str, more: &str) {
    let config = world.configure("bills = true");
    let text = std::fs::read_to_string(&config).unwrap();
    for (said, all) in
        [(false, text.clone()), (true, text.replace("settle =", &format!("{more}\nsettle =")) + settings)]
    {
        std::fs::write(&config, all).unwrap();
        let mut command = connector(&config);
        command.arg("sync");
        let output = run(command).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if said {
            assert!(matches!(output.status.code(), Some(0 | 3)), "{stderr}");
            world.exactly_once(&world.keys());
            let invoices = world.erp.all_documents().into_iter().filter(|document| document.kind == "invoice").count();
            assert!(invoices > 0, "{stderr}");
        } else {
            assert_ne!(output.status.code(), Some(0), "the names are not those that it takes by itself");
            assert!(world.erp.all_documents().is_empty(), "{stderr}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odata_services_go_by_the_names_and_headers_of_the_settings() {
    let scenario = Scenario { bills: 12, ..scenario(8) };
    let config = ODataConfig {
        scenario: scenario.clone(),
        logins_per_minute: 0,
        demanded_header: Some(("x-infor-lnidentity".to_owned(), "sync".to_owned())),
        renamed: renamed(&[
            ("tdapi.purPurchaseOrder", "acme.orders"),
            ("Orders", "PurchaseOrders"),
            ("Invoices", "Bills"),
            ("Reference", "ReferenceA"),
            ("Lines", "OrderLines"),
            ("LedgerAccounts", "Accounts"),
            ("Dimensions", "CostObjects"),
            ("Dimension", "CostObject"),
        ]),
        ..ODataConfig::default()
    };
    let world = World::around(scenario, |_| (), OData::start(config).await.unwrap()).await;
    let settings = r#"
        [cloudsuite.odata.names.purchase_orders]
        service = "acme.orders"
        set = "PurchaseOrders"
        properties = { Reference = "ReferenceA", Lines = "OrderLines" }
        [cloudsuite.odata.names.invoices]
        set = "Bills"
        properties = { Reference = "ReferenceA", Lines = "OrderLines" }
        [cloudsuite.odata.names.accounts]
        set = "Accounts"
        [cloudsuite.odata.names.cost_centers]
        set = "CostObjects"
        properties = { Dimension = "CostObject" }
    "#;
    goes_by_its_settings(&world, settings, r#"headers = { X-Infor-LnIdentity = "sync" }"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn syteline_goes_by_the_idos_and_the_path_of_the_settings() {
    let scenario = Scenario { bills: 12, ..scenario(8) };
    let config = SyteLineConfig {
        scenario: scenario.clone(),
        logins_per_minute: 0,
        service_path: "/SL/Ido".to_owned(),
        renamed: renamed(&[("SLPos", "SLPOs"), ("SLPoItems", "acmePoLines"), ("SLAptrxs", "acmeVouchers")]),
        ..SyteLineConfig::default()
    };
    let world = World::around(scenario, |_| (), SyteLine::start(config).await.unwrap()).await;
    let settings = r#"
        [cloudsuite.syteline.names]
        purchase_orders = "SLPOs"
        purchase_order_lines = "acmePoLines"
        vouchers = "acmeVouchers"
        order_reference = "Charfld1"
    "#;
    goes_by_its_settings(&world, settings, r#"service_path = "/SL/Ido""#).await;
}
