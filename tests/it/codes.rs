//! Payment terms and taxes of Procurify as the ERP's codes, on its orders and invoices.

use std::collections::BTreeSet;

use cloudsuite_client::m3::OrderNumber;
use procurify_cloudsuite::bill::{DefaultBillMapper, InvoiceDraft};
use procurify_cloudsuite::codes::CodeTable;
use procurify_cloudsuite::odata::{ODataInvoiceSettings, ODataOrderSettings, ODataProduct};
use procurify_cloudsuite::purchase_order::{ApprovedOrder, DefaultOrderMapper, Mapped, OrderDraft, OrderMapper};
use procurify_cloudsuite::reference::Link;
use procurify_cloudsuite::{Company, Connection, FlowKind, Report};
use sandbox::{Edit, M3, OData, Scenario, SyteLine};
use serde_json::Value;
use sync_core::{Actor, References, StateName, Step};

use crate::erp::Erp;
use crate::world::{World, connector, run, scenario};

fn with_bills() -> Scenario {
    Scenario { bills: 12, ..scenario(12) }
}

fn terms() -> CodeTable {
    CodeTable::new([("Net 30", "N45")])
}

/// Every tax that the scenario has, by its rate.
fn taxes() -> CodeTable {
    CodeTable::new((1..30).map(|rate| (format!("Sales tax {rate}%"), format!("{rate}"))))
}

async fn connect<E: Erp>(world: &World<E>, terms: CodeTable, taxes: CodeTable) -> Connection {
    let orders =
        DefaultOrderMapper { payment_terms: terms.clone(), tax_codes: taxes.clone(), ..DefaultOrderMapper::default() };
    let bills = DefaultBillMapper { payment_terms: terms, tax_codes: taxes, ..DefaultBillMapper::default() };
    world.build(100, |connection| connection.mapper(orders).bill_mapper(bills)).await
}

/// What orders and then bills were drafted as, all of them posted.
async fn posted(connection: &Connection) -> (Vec<OrderDraft>, Vec<InvoiceDraft>) {
    let drafts = async |flow: FlowKind| {
        let plan = connection.plan(flow).await.unwrap().into_iter();
        let posts: Vec<Value> = plan
            .filter_map(|planned| match planned.step {
                Step::Post(document) => Some(document),
                _ => None,
            })
            .collect();
        let report = connection.sync(flow).await.unwrap();
        assert!(report.is_all_done(), "{:?}", report.concerns);
        posts
    };
    let orders = drafts(FlowKind::PurchaseOrders).await.into_iter().map(|one| serde_json::from_value(one).unwrap());
    let orders: Vec<OrderDraft> = orders.collect();
    let bills = drafts(FlowKind::Bills).await.into_iter().map(|one| serde_json::from_value(one).unwrap());
    (orders, bills.collect())
}

/// The codes of all lines, those without one left out; there must be some.
fn codes<'a>(codes: impl Iterator<Item = Option<&'a String>>) -> BTreeSet<String> {
    let codes: BTreeSet<String> = codes.flatten().cloned().collect();
    assert!(!codes.is_empty());
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn m3_takes_terms_and_vat_codes_on_its_orders_and_invoices() {
    let world = World::<M3>::of(with_bills()).await;
    let connection = connect(&world, terms(), taxes()).await;
    let (orders, bills) = posted(&connection).await;
    assert!(orders.iter().all(|order| order.payment_terms.as_deref() == Some("N45")));
    assert!(bills.iter().all(|bill| bill.payment_terms.as_deref() == Some("N45")));
    let wanted = codes(orders.iter().flat_map(|order| &order.lines).map(|line| line.tax_code.as_ref()));
    let billed = codes(bills.iter().flat_map(|bill| &bill.lines).map(|line| line.tax_code.as_ref()));
    let mut booked = BTreeSet::new();
    let m3 = world.cloudsuite().m3(Company(100)).division("AAA");
    let documents = world.erp.documents();
    let numbers = documents.iter().filter(|document| document.kind == "purchase_order");
    let numbers: Vec<OrderNumber> = numbers.map(|document| OrderNumber::new(&document.number).unwrap()).collect();
    let mut there = BTreeSet::new();
    for head in m3.purchase_orders().get_heads(&numbers).await {
        let head = head.unwrap().unwrap();
        assert_eq!(head.payment_terms.as_deref(), Some("N45"));
        let lines = m3.execute("PPS200MI", "LstLine").field("PUNO", &head.number).send().await.unwrap();
        there.extend(lines.iter().filter_map(|line| line.owned("VTCD")));
    }
    assert_eq!(there, wanted, "the lines' VAT codes");
    for document in documents.iter().filter(|document| document.kind == "invoice") {
        let head = m3.execute("APS450MI", "GetHead").field("INBN", &document.number).send().await.unwrap();
        assert_eq!(head[0].text("TEPY"), Some("N45"), "{head:?}");
        let lines = m3.execute("APS450MI", "LstLines").field("INBN", &document.number).send().await.unwrap();
        booked.extend(lines.iter().filter_map(|line| line.owned("VTCD")));
    }
    assert_eq!(booked, billed, "the VAT codes of invoices' lines");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_terms_of_an_order_in_m3_are_told_and_nothing_of_it_is_changed() {
    other_terms_of_a_posted_order::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_terms_of_an_order_in_syteline_are_told_and_nothing_of_it_is_changed() {
    other_terms_of_a_posted_order::<SyteLine>().await;
}

async fn other_terms_of_a_posted_order<E: Erp>() {
    let world = World::<E>::of(scenario(6)).await;
    let connect = async |code: &str| {
        let payment_terms = CodeTable::new([("Net 30", code)]);
        let orders = DefaultOrderMapper { payment_terms, ..DefaultOrderMapper::default() };
        world.build_amending(|connection| connection.mapper(orders)).await
    };
    assert!(connect("N45").await.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done());
    let before = world.exactly_once(&world.keys());
    for number in 10_001..=10_006 {
        assert!(world.procurify.edit(number, Edit::Quantity { line: 1, quantity: 77.into() }));
    }
    let report = connect("N60").await.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!((report.amended.len(), report.concerns.len()), (0, 6), "{report:?}");
    for concern in &report.concerns {
        assert!(concern.reason.contains("payment terms: N45 -> N60"), "{}", concern.reason);
        assert!(concern.reason.contains("by hand"), "{}", concern.reason);
        assert!(concern.reason.contains("line 1 quantity ") && concern.reason.contains(" -> 77"), "{}", concern.reason);
    }
    let after = world.exactly_once(&world.keys());
    assert!(before.iter().all(|(key, order)| after[key].total == order.total), "an order was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn syteline_takes_terms_on_orders_and_tax_codes_on_lines_and_vouchers() {
    let world = World::<SyteLine>::of(with_bills()).await;
    let connection = connect(&world, terms(), taxes()).await;
    let (orders, bills) = posted(&connection).await;
    let rows = |ido: &str, property: &str| -> BTreeSet<String> {
        world.erp.rows(ido).into_iter().filter_map(|row| row.get(property).cloned()).collect()
    };
    assert_eq!(rows("SLPos", "TermsCode"), BTreeSet::from(["N45".to_owned()]));
    let wanted = codes(orders.iter().flat_map(|order| &order.lines).map(|line| line.tax_code.as_ref()));
    assert_eq!(rows("SLPoItems", "TaxCode1"), wanted);
    let wanted = codes(bills.iter().flat_map(|bill| &bill.lines).map(|line| line.tax_code.as_ref()));
    assert_eq!(rows("SLAptrxs", "TaxCode1"), wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn odata_services_take_them_where_the_tenant_has_properties_for_them_and_refuse_them_else() {
    let world = World::<OData>::of(with_bills()).await;
    let client = world.cloudsuite();
    let (terms_property, tax_property) = (Some("PaymentTerms".to_owned()), Some("TaxCode".to_owned()));
    let orders = DefaultOrderMapper { payment_terms: terms(), tax_codes: taxes(), ..DefaultOrderMapper::default() };
    let bills = DefaultBillMapper { payment_terms: terms(), tax_codes: taxes(), ..DefaultBillMapper::default() };
    let product = ODataProduct::new(client.odata("100"))
        .orders(ODataOrderSettings {
            payment_terms: terms_property.clone(),
            tax_code: tax_property.clone(),
            ..ODataOrderSettings::default()
        })
        .invoices(ODataInvoiceSettings {
            payment_terms: terms_property,
            tax_code: tax_property,
            ..ODataInvoiceSettings::default()
        });
    let connection =
        world.build(100, |connection| connection.cloudsuite(product).mapper(orders).bill_mapper(bills)).await;
    posted(&connection).await;
    for (service, set) in [("tdapi.purPurchaseOrder", "Orders"), ("tfapi.acpPurchaseInvoice", "Invoices")] {
        let all = client.odata("100").service(service).query(set).expand(&["Lines"]).all().await.unwrap();
        assert!(all.iter().all(|one| one.text("PaymentTerms").as_deref() == Some("N45")), "{set}");
        let taxed = |line: &cloudsuite_client::odata::Entity| line.text("TaxCode").is_some();
        assert!(all.iter().any(|one| one.children("Lines").unwrap().iter().any(taxed)), "{set}");
    }
    drop(connection);

    let world = World::<OData>::of(scenario(3)).await;
    let connection = connect(&world, terms(), CodeTable::default()).await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.count(StateName::Rejected), 3);
    assert!(report.concerns[0].reason.contains("payment_terms_property"), "{:?}", report.concerns);
}

fn held(report: &Report, words: &str) -> bool {
    !report.concerns.is_empty() && report.concerns.iter().all(|concern| concern.reason.contains(words))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_listed_is_the_suppliers_own_or_held_until_it_is_linked() {
    let world = World::<SyteLine>::of(with_bills()).await;
    let connection = connect(&world, CodeTable::new([("Net 60", "N60")]).or_hold(), CodeTable::default()).await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert_eq!(report.count(StateName::Held), 12, "{:?}", report.counts);
    assert!(held(&report, "payment terms Net 30: nobody has said what it is in the ERP: link it"), "{report:?}");
    assert!(held(&report, "`link payment_terms 'Net 30' CODE`"), "{report:?}");
    let link = Link { kind: "payment_terms".into(), source: "Net 30".into(), target: "COD".into() };
    connection.link(&[link], &"jane".into()).await.unwrap();
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert!(world.erp.rows("SLPos").iter().all(|order| order["TermsCode"] == "COD"));
    let trail = connection.trail(&report.posted[0]).await.unwrap().to_string();
    assert!(trail.contains("payment terms net 30 is COD, by hand"), "{trail}");
    drop(connection);

    let world = World::<SyteLine>::of(scenario(3)).await;
    let report = connect(&world, CodeTable::default(), CodeTable::default()).await;
    let report = report.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert!(world.erp.rows("SLPos").iter().all(|order| !order.contains_key("TermsCode")), "the vendor's own");
}

/// Maps every line as one that bears two taxes.
struct TwoTaxes(DefaultOrderMapper);

impl OrderMapper for TwoTaxes {
    fn map(&self, order: &ApprovedOrder, references: &References) -> Mapped {
        let mut order = order.clone();
        order.lines.iter_mut().for_each(|line| line.tax_name = Some("GST + PST".into()));
        self.0.map(&order, references)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_taxes_of_a_line_are_linked_in_whatever_order_they_are_named_and_taken_back_so() {
    let world = World::<SyteLine>::of(scenario(3)).await;
    let tax_codes = CodeTable::default().or_hold();
    let mapper = TwoTaxes(DefaultOrderMapper { tax_codes, ..DefaultOrderMapper::default() });
    let connection = world.build(100, |connection| connection.mapper(mapper)).await;
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(held(&report, "tax GST + PST: nobody has said what it is in the ERP"), "{report:?}");
    let link = Link { kind: "tax".into(), source: "PST + GST".into(), target: "12".into() };
    let jo = Actor::new("jo");
    connection.link(std::slice::from_ref(&link), &jo).await.unwrap();
    connection.unlink("tax", "gst + PST", &jo).await.unwrap();
    connection.link(&[link], &jo).await.unwrap();
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert!(world.erp.rows("SLPoItems").iter().all(|line| line["TaxCode1"] == "12"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connector_takes_them_from_its_file_and_from_a_mapping_file() {
    let world = World::<SyteLine>::of(scenario(4)).await;
    let config = world
        .configure("[mapping.payment_terms]\ncodes = { \"net 30\" = \"N30\" }\n[mapping.tax]\nunlisted = \"hold\"");
    let ask = async |arguments: &[&str]| {
        let mut command = connector(&config);
        command.args(arguments);
        let output = run(command).await;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, ..) = ask(&["sync"]).await;
    assert_eq!(code, Some(3));
    let (_, waiting, _) = ask(&["held"]).await;
    assert!(waiting.contains("`link tax 'Sales tax "), "{waiting}");
    let file = world.folder.path().join("codes.csv");
    let lines: Vec<String> = (1..30).map(|rate| format!("tax,Sales tax {rate}%,T{rate}")).collect();
    std::fs::write(&file, format!("kind,source,target\n{}\n", lines.join("\n"))).unwrap();
    let (code, _, stderr) = ask(&["mapping", "import", file.to_str().unwrap()]).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(ask(&["sync"]).await.0, Some(0));
    world.exactly_once(&world.keys());
    assert!(world.erp.rows("SLPos").iter().all(|order| order["TermsCode"] == "N30"));
    assert!(
        world.erp.rows("SLPoItems").iter().any(|line| line.get("TaxCode1").is_some_and(|code| code.starts_with('T')))
    );
    let out = world.folder.path().join("all.csv");
    assert_eq!(ask(&["mapping", "export", out.to_str().unwrap()]).await.0, Some(0));
    assert!(std::fs::read_to_string(out).unwrap().contains("tax,sales tax 12%,Sales tax 12%,T12,hand"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_added_later_has_its_tax_code_too() {
    let world = World::<M3>::of(scenario(8)).await;
    let orders = DefaultOrderMapper { tax_codes: taxes(), ..DefaultOrderMapper::default() };
    let connection = world.build_amending(|connection| connection.mapper(orders)).await;
    assert!(connection.sync(FlowKind::PurchaseOrders).await.unwrap().is_all_done());
    for number in 10_001..=10_008 {
        world.procurify.edit(number, Edit::AddLine);
    }
    let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    assert!(report.is_all_done() && report.amended.len() > 3, "{report:?}");
    let m3 = world.cloudsuite().m3(Company(100)).division("AAA");
    let mut taxed = 0;
    for document in world.erp.documents() {
        let lines = m3.execute("PPS200MI", "LstLine").field("PUNO", &document.number).send().await.unwrap();
        let codes: BTreeSet<Option<String>> = lines.iter().map(|line| line.owned("VTCD")).collect();
        assert_eq!(codes.len(), 1, "{} is taxed in several ways: {codes:?}", document.number);
        taxed += usize::from(codes.iter().any(Option::is_some));
    }
    assert!(taxed > 0);
}
