//! Lists that change while they are read: what is not touched meanwhile comes exactly once.

use std::collections::BTreeSet;

use cloudsuite_client::m3::Company;
use cloudsuite_client::{CloudSuiteClient, Ionapi};
use futures_util::{StreamExt, stream::BoxStream};
use sandbox::{M3, M3Config, OData, ODataConfig, Scenario, Supplier, SyteLine, SyteLineConfig};

/// Chance, repeatable by the printed seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }
}

fn client(ionapi: &str) -> CloudSuiteClient {
    let ionapi = Ionapi::parse(ionapi.as_bytes()).unwrap();
    CloudSuiteClient::builder(ionapi).requests_per_minute(60_000).build().unwrap()
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

#[tokio::test]
async fn rows_untouched_during_the_scan_are_read_exactly_once() {
    let first: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    for seed in first..first + 12 {
        println!("SEED={seed}");
        let mut dice = Dice(seed);
        let scenario = Scenario { orders: 1, seed, ..Scenario::default() };
        let page = 2 + dice.below(9);

        let exclude_start_key = dice.below(2) == 0;
        let config = M3Config { scenario: scenario.clone(), exclude_start_key, ..M3Config::default() };
        let tenant = M3::start(config).await.unwrap();
        let suppliers = client(&tenant.ionapi_json()).m3(Company(100)).suppliers();
        let numbers = suppliers.list().all().await.unwrap();
        let start: Vec<String> = numbers.iter().map(|one| one.number.to_string()).collect();
        let list = suppliers.list().page_size(page).stream().map(|one| one.unwrap().number.to_string()).boxed();
        let (add, remove) = (|one: &Supplier| tenant.add_supplier(one), |one: &str| tenant.remove_supplier(one));
        let (read, untouched) = read_among_changes(list, &mut dice, &start, add, remove).await;
        check("keyset", seed, &read, &untouched);

        let tenant = SyteLine::start(SyteLineConfig { scenario: scenario.clone(), ..SyteLineConfig::default() }).await;
        let tenant = tenant.unwrap();
        let vendors = client(&tenant.ionapi_json()).syteline("ACME_DALS").vendors();
        let list = vendors.list().record_cap(u32::try_from(page).unwrap());
        let list = list.stream().map(|one| one.unwrap().number.to_string()).boxed();
        let (add, remove) = (|one: &Supplier| tenant.add_supplier(one), |one: &str| tenant.remove_supplier(one));
        let (read, untouched) = read_among_changes(list, &mut dice, &start, add, remove).await;
        check("bookmark", seed, &read, &untouched);

        let tenant = OData::start(ODataConfig { scenario, page_size: page, ..ODataConfig::default() }).await.unwrap();
        let list = client(&tenant.ionapi_json()).odata("100").suppliers().list().stream();
        let list = list.map(|one| one.unwrap().number).boxed();
        let (add, remove) = (|one: &Supplier| tenant.add_supplier(one), |one: &str| tenant.remove_supplier(one));
        let (read, untouched) = read_among_changes(list, &mut dice, &start, add, remove).await;
        check("nextLink", seed, &read, &untouched);
    }
}
