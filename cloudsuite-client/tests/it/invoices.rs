//! M3's AP invoices, customers, places and supplier writes, over a simulated company.

use chrono::NaiveDate;
use cloudsuite_client::m3::{
    AccountId, Company, CustomerNumber, InvoiceKey, M3, NewInvoice, NewInvoiceLine, OrderSearch, SupplierNumber,
    SupplierWrite, may_be_taken,
};
use cloudsuite_client::{CloudSuiteClient, Ionapi, Outcome};
use sandbox::{M3Config, Scenario};

async fn company() -> (sandbox::M3, M3) {
    let scenario = Scenario { orders: 1, ..Scenario::default() };
    let tenant = sandbox::M3::start(M3Config { scenario, ..M3Config::default() }).await.unwrap();
    let ionapi = Ionapi::parse(tenant.ionapi_json().as_bytes()).unwrap();
    let client = CloudSuiteClient::builder(ionapi).requests_per_minute(60_000).build().unwrap();
    (tenant, client.m3(Company(100)).division("AAA"))
}

fn supplier() -> SupplierNumber {
    SupplierNumber::new("S10001").unwrap()
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
}

fn key(number: &str) -> InvoiceKey {
    InvoiceKey { supplier: supplier(), payee: None, supplier_invoice: number.to_owned() }
}

#[tokio::test]
async fn invoices_are_entered_line_by_line_and_booked_by_validation() {
    let (tenant, m3) = company().await;
    let invoices = m3.invoices();
    assert!(invoices.has_recode().await.unwrap());
    let new =
        |number: &str| NewInvoice::new(&supplier(), number, day(), "110.00".parse().unwrap(), "PFYB1").tax(10.into());
    let added = invoices.add(&[new("INV-1"), new("INV-2")]).await;
    let numbers: Vec<_> = added.into_iter().map(|number| number.unwrap().value).collect();
    let account = AccountId::new("60100").unwrap();
    let center = AccountId::new("CC100").unwrap();
    let line =
        |amount: i64| NewInvoiceLine::recode(&numbers[0], amount.into(), &account).dimension(2, &center).text("Bolts");
    assert!(invoices.add_lines(&[line(60), line(40)]).await.iter().all(Result::is_ok));
    assert_eq!(invoices.lines(&numbers[0]).await.unwrap()[1].amount, Some(40.into()));

    assert!(invoices.validate(&numbers).await.iter().all(Result::is_ok));
    let heads: Vec<_> = invoices.get(&numbers).await.into_iter().map(|head| head.unwrap().unwrap()).collect();
    assert!(heads[0].voucher.is_some() && !heads[0].head_error);
    assert!(heads[1].voucher.is_none() && heads[1].head_error, "its lines do not make its amount");
    assert_eq!((heads[0].reference.as_deref(), heads[0].amount), (Some("PFYB1"), Some("110.00".parse().unwrap())));
    assert_eq!(invoices.search_posted(&key("INV-1")).await.unwrap().len(), 1);
    let document = &tenant.documents()[0];
    assert_eq!(
        (document.kind.as_str(), document.lines.len(), document.lines[0].account.as_str()),
        ("invoice", 2, "60100")
    );
}

#[tokio::test]
async fn an_invoice_is_found_by_supplier_and_number_and_by_our_reference() {
    let (_tenant, m3) = company().await;
    let invoices = m3.invoices();
    let new = NewInvoice::new(&supplier(), "INV-1", day(), 5.into(), "PFYB1");
    let number = invoices.add(std::slice::from_ref(&new)).await.remove(0).unwrap();
    let again = invoices.add(&[new]).await.remove(0).unwrap_err();
    assert!(again.outcome() == Outcome::Rejected && may_be_taken(&again), "{again}");
    let found = invoices.find(&[key("INV-1"), key("INV-9")]).await;
    assert_eq!((found[0].as_ref().unwrap().len(), found[1].as_ref().unwrap().len()), (1, 0));
    assert_eq!(invoices.find_by_reference(&key("INV-1"), "PFYB1").await.unwrap().unwrap().number, number.value);
    assert!(invoices.find_by_reference(&key("INV-1"), "PFYB2").await.unwrap().is_none());
    let absent = cloudsuite_client::m3::InvoiceBatchNumber::new("9").unwrap();
    assert!(invoices.get(&[absent]).await.remove(0).unwrap().is_none());
}

#[tokio::test]
async fn customers_places_and_changed_items_are_listed() {
    let (_tenant, m3) = company().await;
    let customers = m3.customers();
    assert_eq!(customers.list().page_size(2).all().await.unwrap().len(), 3);
    let wanted = ["C1001", "C9"].map(|number| CustomerNumber::new(number).unwrap());
    let found = customers.get(&wanted).await;
    assert_eq!(found[0].as_ref().unwrap().as_ref().unwrap().name.as_deref(), Some("Alder Retail"));
    assert!(found[1].as_ref().unwrap().is_none());
    assert_eq!(m3.facilities().all().await.unwrap()[1].code.as_str(), "A02");
    assert_eq!(m3.warehouses().all().await.unwrap()[0].facility.as_deref(), Some("A01"));
    let changed = |year| m3.items().changed_since(NaiveDate::from_ymd_opt(year, 1, 5).unwrap()).all();
    assert!(!changed(2026).await.unwrap().is_empty() && changed(2027).await.unwrap().is_empty());
    let search = OrderSearch::default().supplier(&supplier()).lowest_status(15);
    assert!(m3.purchase_orders().search(&search).await.unwrap().is_empty());
}

#[tokio::test]
async fn suppliers_are_made_from_a_template_and_changed() {
    let (_tenant, m3) = company().await;
    let suppliers = m3.suppliers();
    let new = SupplierNumber::new("N1").unwrap();
    suppliers.copy_template("S10001", &new).await.unwrap();
    let change = SupplierWrite::change(&new).field("SUNM", "Oak & Co").field("TEPY", "N45");
    let results = suppliers.write(&[change, SupplierWrite::change(&SupplierNumber::new("N9").unwrap())]).await;
    assert!(results[0].is_ok());
    assert_eq!(results[1].as_ref().unwrap_err().outcome(), Outcome::Rejected);
    let read = suppliers.get(&[new]).await.remove(0).unwrap().unwrap();
    assert_eq!((read.name.as_deref(), read.payment_terms.as_deref()), (Some("Oak & Co"), Some("N45")));
}

#[tokio::test]
async fn a_number_that_cannot_stand_in_a_search_is_found_among_the_payees_unless_their_list_is_cut() {
    let (tenant, m3) = company().await;
    let invoices = m3.invoices();
    let book = |number: &str| tenant.book_invoice("S10001", number, "20261124", "CAD", 5.into());
    for n in 1..100 {
        book(&format!("X_{n}"));
    }
    let found = |list: &Result<Vec<_>, _>| list.as_ref().map(Vec::len).map_err(ToString::to_string);
    let wanted = ["x_7", "X 7", "Y_7"].map(key);
    let lists: Vec<_> = invoices.find_posted(&wanted).await.iter().map(found).collect();
    assert_eq!(lists, [Ok(1), Ok(0), Ok(0)]);
    book("Z-1");
    let lists: Vec<_> = invoices.find_posted(&["Y_7", "z-1"].map(key)).await.iter().map(found).collect();
    assert!(lists[0].as_ref().is_err_and(|why| why.contains("look for it in APS200")), "{lists:?}");
    assert_eq!(lists[1], Ok(1), "a list of a number that can be searched is not cut");
}
