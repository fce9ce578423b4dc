//! Lists that change while they are read: what is not touched meanwhile comes exactly once.

use std::collections::BTreeSet;
use std::time::Duration;

use cloudsuite_client::m3::Company;
use cloudsuite_client::{CloudSuiteClient, Ionapi};
use futures_util::{StreamExt, stream::BoxStream};
use sandbox::{M3, M3Config, OData, ODataConfig, Scenario, Supplier, SyteLine, SyteLineConfig};

use crate::testing::Dice;

/// So many histories of each way to page.
const SEEDS: u64 = 200;

fn client(ionapi: &str) -> CloudSuiteClient {
    let ionapi = Ionapi::parse(ionapi.as_bytes()).unwrap();
    CloudSuiteClient::builder(ionapi).requests_per_minute(600_000).build().unwrap()
}

/// Reads while suppliers come and go; gives what it read.
async fn read_among_changes(
    mut list: BoxStream<'_, String>,
    dice: &mut Dice,
    start: &[String],
    add: impl Fn(&Supplier),
    remove: impl Fn(&str),
) -> (Vec<String>, BTreeSet<String>) {
    let mut untouched: BTreeSet<String> = start.iter().cloned().collect();
    let mut read = Vec::new();
    while let Some(number) = list.next().await {
        read.push(number);
        for _ in 0..dice.below(3) {
            let number = format!("S{}", 10_000 + dice.below(80));
            untouched.remove(&number);
            if dice.below(2) == 0 {
                remove(&number);
            } else {
                add(&Supplier::new(number, "Changed", "CAD"));
            }
        }
    }
    (read, untouched)
}

fn check(product: &str, seed: u64, read: &[String], untouched: &BTreeSet<String>) {
    let once = |number: &String| read.iter().filter(|other| *other == number).count() == 1;
    let wrong: Vec<&String> = untouched.iter().filter(|number| !once(number)).collect();
    assert!(
        !untouched.is_empty() && wrong.is_empty(),
        "{product}, SEED={seed}: {wrong:?} not exactly once in {read:?}"
    );
}

/// The seeds of the histories of one product, and what each begins with: its dice, its scenario, its page size.
fn histories() -> impl Iterator<Item = (u64, Dice, Scenario, usize)> {
    let first: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("SEED={first} and the {} after it", SEEDS - 1);
    (first..first + SEEDS).map(|seed| {
        let mut dice = Dice::of(seed);
        let page = 2 + dice.below(9);
        (seed, dice, Scenario { orders: 1, seed, ..Scenario::default() }, page)
    })
}

#[tokio::test]
async fn rows_untouched_during_the_scan_are_read_exactly_once_by_key() {
    for (seed, mut dice, scenario, page) in histories() {
        let exclude_start_key = dice.below(2) == 0;
        let tenant = M3::start(M3Config { scenario, exclude_start_key, ..M3Config::default() }).await.unwrap();
        let suppliers = client(&tenant.ionapi_json()).m3(Company(100)).suppliers();
        let start = suppliers.list().all().await.unwrap().iter().map(|one| one.number.to_string()).collect::<Vec<_>>();
        let list = suppliers.list().page_size(page).stream().map(|one| one.unwrap().number.to_string()).boxed();
        let (add, remove) = (|one: &Supplier| tenant.add_supplier(one), |one: &str| tenant.remove_supplier(one));
        let (read, untouched) = read_among_changes(list, &mut dice, &start, add, remove).await;
        check("keyset", seed, &read, &untouched);
    }
}

#[tokio::test]
async fn rows_untouched_during_the_scan_are_read_exactly_once_by_bookmark() {
    for (seed, mut dice, scenario, page) in histories() {
        let tenant = SyteLine::start(SyteLineConfig { scenario, ..SyteLineConfig::default() }).await.unwrap();
        let vendors = client(&tenant.ionapi_json()).syteline("ACME_DALS").vendors();
        let start = vendors.list().all().await.unwrap().iter().map(|one| one.number.to_string()).collect::<Vec<_>>();
        let list = vendors.list().record_cap(u32::try_from(page).unwrap());
        let list = list.stream().map(|one| one.unwrap().number.to_string()).boxed();
        let (add, remove) = (|one: &Supplier| tenant.add_supplier(one), |one: &str| tenant.remove_supplier(one));
        let (read, untouched) = read_among_changes(list, &mut dice, &start, add, remove).await;
        check("bookmark", seed, &read, &untouched);
    }
}

#[tokio::test]
async fn rows_untouched_during_the_scan_are_read_exactly_once_by_next_link() {
    for (seed, mut dice, scenario, page_size) in histories() {
        let tenant = OData::start(ODataConfig { scenario, page_size, ..ODataConfig::default() }).await.unwrap();
        let suppliers = client(&tenant.ionapi_json()).odata("100").suppliers();
        let start = suppliers.list().all().await.unwrap().iter().map(|one| one.number.clone()).collect::<Vec<_>>();
        let list = suppliers.list().stream().map(|one| one.unwrap().number).boxed();
        let (add, remove) = (|one: &Supplier| tenant.add_supplier(one), |one: &str| tenant.remove_supplier(one));
        let (read, untouched) = read_among_changes(list, &mut dice, &start, add, remove).await;
        check("nextLink", seed, &read, &untouched);
    }
}

/// Looks each row up while the list is read, with the only call at a time that there may be.
async fn with_a_call_for_each<N, F>(mut list: BoxStream<'_, N>, look: impl Fn(N) -> F)
where
    F: Future<Output = bool>,
{
    let mut rows = 0;
    while let Some(number) = list.next().await {
        let looked = tokio::time::timeout(Duration::from_secs(60), look(number)).await;
        assert!(looked.expect("the call waits for the page that is asked for ahead of it"));
        rows += 1;
    }
    assert!(rows > 14, "{rows} rows are no three pages");
}

#[tokio::test]
async fn each_row_of_a_list_can_be_asked_for_while_the_list_is_read() {
    let scenario = Scenario { orders: 0, vendors: 30, ..Scenario::default() };
    let one_at_a_time = |ionapi: &str| {
        let builder = CloudSuiteClient::builder(Ionapi::parse(ionapi.as_bytes()).unwrap());
        builder.requests_per_minute(60_000).concurrency(1).build().unwrap()
    };

    let tenant = M3::start(M3Config { scenario: scenario.clone(), ..M3Config::default() }).await.unwrap();
    let m3 = one_at_a_time(&tenant.ionapi_json()).m3(Company(100));
    let list = m3.suppliers().list().page_size(7).stream().map(|supplier| supplier.unwrap().number).boxed();
    let look = |number| async { matches!(m3.suppliers().get(&[number]).await[..], [Ok(Some(_))]) };
    with_a_call_for_each(list, look).await;

    let tenant =
        SyteLine::start(SyteLineConfig { scenario: scenario.clone(), ..SyteLineConfig::default() }).await.unwrap();
    let syteline = one_at_a_time(&tenant.ionapi_json()).syteline("ACME_DALS");
    let list = syteline.vendors().list().record_cap(7).stream().map(|vendor| vendor.unwrap().number).boxed();
    let look = |number| async { syteline.vendors().get(&[number]).await.unwrap()[0].is_some() };
    with_a_call_for_each(list, look).await;

    let tenant = OData::start(ODataConfig { scenario, page_size: 7, ..ODataConfig::default() }).await.unwrap();
    let odata = one_at_a_time(&tenant.ionapi_json()).odata("100");
    let list = odata.suppliers().list().stream().map(|supplier| supplier.unwrap().number).boxed();
    let look = |number| async { odata.suppliers().get(&[number]).await.unwrap()[0].is_some() };
    with_a_call_for_each(list, look).await;
}
