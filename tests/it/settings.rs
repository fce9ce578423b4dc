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
    let template = ping::<M3>("division", "supplier_template = \"NONE\"\ndivision").await;
    let order_type = ping::<M3>("division", "order_type = \"1\"\ndivision").await;
    let freight = "freight_account = \"99999\"\n[cloudsuite.syteline]";
    let discount = "discount_account = \"60100\"\ndiscount_cost_center = \"CC999\"\n[cloudsuite.syteline]";
    let links = |property: &str| format!("attachments_property = \"{property}\"\ntax_account");
    let cases = [
        (template, "supplier NONE (supplier_template)"),
        (order_type, "order type 1 (order_type)"),
        (ping::<SyteLine>("[cloudsuite.syteline]", freight).await, "account 99999 (freight_account)"),
        (ping::<SyteLine>("[cloudsuite.syteline]", discount).await, "cost centre CC999 (discount_cost_center)"),
        (
            ping::<SyteLine>("tax_account", &links("Uf_None")).await,
            "property Uf_None of vouchers (attachments_property)",
        ),
        (
            ping::<SyteLine>("tax_account", &links("VenCurrCode")).await,
            "property VenCurrCode of vouchers (attachments_property)",
        ),
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
    let known = "supplier_template = \"TEMPLATE\"\norder_type = \"200\"\ndivision";
    for (code, lacking, said) in [
        ping::<M3>("", "").await,
        ping::<SyteLine>("", "").await,
        ping::<OData>("", "").await,
        ping::<M3>("division", known).await,
        ping::<SyteLine>("tax_account", &links("Uf_Attachments")).await,
        ping::<SyteLine>("tax_account", &links(" ")).await,
        ping::<SyteLine>("[cloudsuite.syteline]", &freight.replace("99999", "60100")).await,
    ] {
        assert_eq!((code, lacking), (Some(0), serde_json::json!([])), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_erp_refuses_what_is_asked_the_setting_to_mend_is_named() {
    let cases = [
        (ping::<SyteLine>("\"ACME_DALS\"", "\"ACME\"").await, "the server has no `configuration` ACME, but ACME_DALS"),
        (ping::<OData>("\"100\"", "\"200\"").await, "check `root` (/LN/lnapi/odata) and `company` (200)"),
        (ping::<OData>("settle", "root = \"LN/odata\"\nsettle").await, "check `root` (/LN/odata) and `company` (100)"),
    ];
    for ((code, _, said), words) in cases {
        assert!(code == Some(1) && said.contains(words), "{words}: {said}");
    }
    let prefixes = [
        ("number_prefix = \"PROCURE\"", "", "number_prefix = \"PROCURE\" is too long"),
        ("vendor_prefix = \"PROC\"", "reference = { vendors = \"to-cloudsuite\" }", "use at most 3"),
    ];
    for (prefix, flows, words) in prefixes {
        let world = World::<SyteLine>::of(scenario(1)).await;
        let config = world.configure(flows);
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, text.replace("tax_account", &format!("{prefix}\ntax_account"))).unwrap();
        let mut command = connector(&config);
        command.arg("sync");
        let said = String::from_utf8(run(command).await.stderr).unwrap();
        assert!(said.lines().last().unwrap_or_default().contains(words), "{words}: {said}");
        assert_eq!(world.erp.stats().total + world.procurify.stats().total, 0, "something was sent");
    }
}

/// A configuration that we show, for the tenants of a world.
fn shown<E: Erp>(world: &World<E>, text: &str) -> String {
    std::fs::write(world.folder.path().join("acme.ionapi"), world.erp.ionapi()).unwrap();
    let sandbox = format!("base_url = \"{}\"", world.procurify.base_url());
    let text = text.replace("base_url = \"http://127.0.0.1:8101\"", &sandbox);
    text.replace("client_id = \"...\"", &format!("{sandbox}\nclient_id = \"sandbox\""))
}

/// The same with all that is commented out in a section, or everywhere.
fn uncommented(text: &str, section: &str) -> String {
    let is_setting = |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| is_key(key));
    let mut inside = section.is_empty();
    let lines = text.lines().map(|line| {
        inside = section.is_empty() || line == section || (inside && !line.is_empty());
        line.strip_prefix("# ").filter(|line| inside && is_setting(line)).unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn is_key(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
}

/// Runs on the sandbox what we show, and with it every setting of the product that is commented out.
async fn shown_runs<E: Erp>(product: &str, text: &str) {
    let world = World::<E>::of(scenario(3)).await;
    let config = world.folder.path().join("connector.toml");
    let text = shown(&world, text);
    let section = format!("[cloudsuite.{product}]");
    let says = async |text: &str, command: &str| {
        std::fs::write(&config, text).unwrap();
        let mut connector = connector(&config);
        connector.arg(command);
        let output = run(connector).await;
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (text, command) in [(text.as_str(), "ping"), (&uncommented(&text, &section), "ping"), (&text, "sync")] {
        let (code, said) = says(text, command).await;
        assert_eq!(code, Some(0), "{product} {command}: {said}");
    }
    // What is commented out elsewhere cannot all be at once, but is known.
    let all = uncommented(&text, "");
    assert!(all.len() < text.len(), "nothing is commented out");
    let (code, said) = says(&all, "held").await;
    assert_eq!(code, Some(0), "{product}: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_configuration_that_we_show_runs_on_the_sandbox() {
    shown_runs::<M3>("m3", include_str!("../../examples/connector/m3.toml")).await;
    shown_runs::<SyteLine>("syteline", include_str!("../../examples/connector/syteline.toml")).await;
    shown_runs::<OData>("odata", include_str!("../../examples/connector/odata.toml")).await;
    let readme = include_str!("../../README.md");
    let least = readme.split("```").find_map(|block| block.strip_prefix("toml\n[procurify]")).unwrap();
    let world = World::new(scenario(1)).await;
    let config = world.folder.path().join("connector.toml");
    std::fs::write(&config, shown(&world, &format!("[procurify]{least}"))).unwrap();
    let mut command = connector(&config);
    command.arg("ping");
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
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
