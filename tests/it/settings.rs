//! Settings that name what the ERP does not have: `ping` says so, and nothing is written half.

use procurify_cloudsuite::FlowKind;
use procurify_cloudsuite::bill::{CostPlace, DefaultBillMapper};
use procurify_cloudsuite::syteline::{SyteLineInvoiceSettings, SyteLineProduct};
use sandbox::{Account, M3, OData, Scenario, SyteLine};
use sync_core::{StateName, Step};

use crate::erp::Erp;
use crate::world::{World, connector, run, scenario};

/// Asks a product whether all is there, with a piece of the configuration replaced by another.
async fn ping<E: Erp>(replaced: &str, by: &str) -> (Option<i32>, serde_json::Value, String) {
    let world = World::<E>::of(scenario(3)).await;
    let config = world.configure("");
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(text.contains(replaced), "`{replaced}` is not in the configuration");
    std::fs::write(&config, text.replace(replaced, by)).unwrap();
    let mut command = connector(&config);
    command.args(["ping", "--json"]);
    let output = run(command).await;
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
    (output.status.code(), document["cloudsuite"]["lacking"].clone(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn ping_names_what_settings_name_and_the_tenant_does_not_have() {
    let m3 = ping::<M3>("division", "service_item = \"NOITEM\"\ndivision").await;
    let cases = [
        (m3, "item NOITEM (service_item)"),
        (ping::<SyteLine>("\"DALS\"", "\"NOWHERE\"").await, "site NOWHERE (site)"),
        (ping::<SyteLine>("\"60100\"", "\"99999\"").await, "account 99999 (tax_account)"),
        (
            ping::<SyteLine>("tax_account", "tax_cost_center = \"CC9\"\ntax_account").await,
            "unit code 1 CC9 (tax_cost_center)",
        ),
        (ping::<SyteLine>("tax_account", "warehouse = \"ZZ\"\ntax_account").await, "warehouse ZZ (warehouse)"),
        (ping::<OData>("settle", "service_item = \"NOITEM\"\nsettle").await, "item NOITEM (service_item)"),
    ];
    for ((code, lacking, said), what) in cases {
        assert_eq!((code, lacking), (Some(1), serde_json::json!([what])), "{said}");
        assert!(said.contains(&format!("does not offer {what}: correct the setting")), "{said}");
    }
    for (code, lacking, said) in [ping::<M3>("", "").await, ping::<SyteLine>("", "").await, ping::<OData>("", "").await]
    {
        assert_eq!((code, lacking), (Some(0), serde_json::json!([])), "{said}");
    }
}

/// The account that the tax goes on, and one for freight, none of which SyteLine has yet.
const LATE: &str = "64990";

#[tokio::test(flavor = "multi_thread")]
async fn bills_on_an_account_of_the_settings_that_syteline_does_not_have_are_held_and_no_voucher_is_begun() {
    let world = World::<SyteLine>::of(Scenario { bills: 40, ..scenario(20) }).await;
    let client = world.cloudsuite();
    let place = || CostPlace { account: LATE.to_owned(), cost_center: None };
    let invoices = || SyteLineInvoiceSettings { tax: Some(place()), ..SyteLineInvoiceSettings::default() };
    let product = SyteLineProduct::new(client.syteline("ACME_DALS").site("DALS")).invoices(invoices());
    let mapper = DefaultBillMapper { freight: Some(place()), ..DefaultBillMapper::default() };
    let connection = world.build(100, |connection| connection.cloudsuite(product).bill_mapper(mapper)).await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();

    let planned = connection.plan(FlowKind::Bills).await.unwrap();
    let holds = planned.iter().filter(|planned| matches!(planned.step, Step::Hold(_))).count() as u64;
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    let (held, skipped) = (report.count(StateName::Held), report.count(StateName::Skipped));
    let posted = report.posted.len() as u64;
    assert!(held > 5 && held == holds && posted + held + skipped == report.read, "{:?}", report.counts);
    for concern in &report.concerns {
        let said = [LATE, "the settings name it", "is not in the ERP", "_account"];
        assert!(said.iter().all(|words| concern.reason.contains(words)), "{}", concern.reason);
    }
    let told = |setting: &str| report.concerns.iter().any(|concern| concern.reason.contains(setting));
    assert!(told("tax_account"));
    let vouchers = |world: &World<SyteLine>| world.erp.rows("SLAptrxs").len();
    assert_eq!(vouchers(&world), report.posted.len(), "a voucher was begun that cannot be finished");
    // The account is made; what waited for it goes on by itself.
    world.erp.add_account(&Account::new(LATE, "Tax and freight"));
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let documents = world.exactly_once(&world.bill_keys());
    assert!(documents.values().any(|document| document.lines.iter().any(|line| line.account == LATE)));
}
