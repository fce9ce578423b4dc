//! Vendors, account codes, departments, locations and people.

use super::{Scenario, names};
use crate::m3::{Account, Supplier};
use crate::rng::Rng;

/// A vendor, and what it is called in the ERP.
#[derive(Debug, Clone)]
pub(crate) struct Vendor {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) erp_name: String,
    /// The supplier number in the ERP.
    pub(crate) number: String,
    /// The supplier number where Procurify knows it; the others are matched by name.
    pub(crate) external_id: Option<String>,
    pub(crate) currency: usize,
    pub(crate) city: (&'static str, &'static str, &'static str, &'static str),
    pub(crate) missing: bool,
    pub(crate) active: bool,
}

impl Vendor {
    pub(crate) fn supplier(&self) -> Supplier {
        Supplier::new(&self.number, &self.erp_name, CURRENCIES[self.currency].0)
    }
}

/// An account code.
#[derive(Debug, Clone)]
pub(crate) struct AccountCode {
    pub(crate) id: u64,
    pub(crate) code: String,
    pub(crate) description: String,
    /// In Procurify's numbers; 2 is an expense.
    pub(crate) kind: Option<i64>,
    pub(crate) missing: bool,
}

impl AccountCode {
    pub(crate) fn identity(&self) -> Account {
        Account::new(&self.code, &self.description)
    }
}

/// A department, which the ERP knows as a cost centre.
#[derive(Debug, Clone)]
pub(crate) struct Department {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) cost_center: String,
    /// The cost centre where Procurify knows it; the others are matched by name.
    pub(crate) external_id: Option<String>,
    pub(crate) location: usize,
}

/// A location.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) city: (&'static str, &'static str, &'static str, &'static str),
}

/// A user of Procurify.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) first: &'static str,
    pub(crate) last: &'static str,
}

/// Name, description, rate to the base currency, and whether it is the base.
pub(crate) const CURRENCIES: [(&str, &str, &str, bool); 2] =
    [("CAD", "Canadian Dollar", "1.000000", true), ("USD", "US Dollar", "1.372500", false)];

/// All master data of a scenario.
#[derive(Debug, Clone)]
pub(crate) struct Masters {
    pub(crate) vendors: Vec<Vendor>,
    pub(crate) accounts: Vec<AccountCode>,
    pub(crate) departments: Vec<Department>,
    pub(crate) locations: Vec<Location>,
    pub(crate) people: Vec<Person>,
    /// How many of the departments, and of the account codes, are joined by budget accounts.
    pub(crate) budgeted: (usize, usize),
}

impl Masters {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let scenario = scenario.bounded();
        let mut rng = Rng::of(scenario.seed, 1);
        Self {
            budgeted: (scenario.departments, scenario.accounts),
            vendors: vendors(&scenario, &mut rng),
            accounts: accounts(&scenario),
            departments: departments(&scenario),
            locations: ["Head Office", "Plant East", "Distribution Centre"]
                .into_iter()
                .zip(names::CITIES)
                .zip(1..)
                .map(|((name, city), id)| Location { id, name, city })
                .collect(),
            people: names::PEOPLE
                .into_iter()
                .zip(201..)
                .map(|((first, last), id)| Person { id, first, last })
                .collect(),
        }
    }

    /// The id of the budget account that joins a department and an account code.
    pub(crate) fn budget_id(&self, department: usize, account: usize) -> u64 {
        (department * self.budgeted.1 + account + 1) as u64
    }
}

fn vendors(scenario: &Scenario, rng: &mut Rng) -> Vec<Vendor> {
    let offset = rng.index(names::FIRST.len());
    let form_offset = rng.index(names::FORMS.len());
    (0..scenario.vendors)
        .map(|i| {
            // Distinct pairs of words, so that a name is unique whatever its case and legal form.
            let first = names::FIRST[(i + offset) % names::FIRST.len()];
            let second = names::SECOND[(i / names::FIRST.len() + i * 7) % names::SECOND.len()];
            let round = i / (names::FIRST.len() * names::SECOND.len());
            let stem = if round == 0 { format!("{first} {second}") } else { format!("{first} {second} {}", round + 1) };
            let (typed, keyed) = names::FORMS[(i + form_offset) % names::FORMS.len()];
            let number = format!("S{}", 10_001 + i);
            let missing = i + scenario.missing >= scenario.vendors;
            Vendor {
                id: 101 + i as u64,
                name: format!("{stem} {typed}"),
                erp_name: if i % 3 == 0 {
                    format!("{} {keyed}", stem.to_uppercase())
                } else {
                    format!("{stem} {typed}")
                },
                external_id: (i % 5 < 3 || missing).then(|| number.clone()),
                number,
                currency: usize::from(i % 4 == 3),
                city: names::CITIES[i % names::CITIES.len()],
                missing,
                active: true,
            }
        })
        .collect()
}

fn accounts(scenario: &Scenario) -> Vec<AccountCode> {
    (0..scenario.accounts)
        .map(|i| {
            let round = i / names::ACCOUNTS.len();
            let name = names::ACCOUNTS[i % names::ACCOUNTS.len()];
            AccountCode {
                id: 301 + i as u64,
                code: (60_100 + i * 10).to_string(),
                description: if round == 0 { name.to_owned() } else { format!("{name} {}", round + 1) },
                kind: Some(2),
                missing: i + scenario.missing >= scenario.accounts,
            }
        })
        .collect()
}

fn departments(scenario: &Scenario) -> Vec<Department> {
    (0..scenario.departments)
        .map(|i| {
            let round = i / names::DEPARTMENTS.len();
            let name = names::DEPARTMENTS[i % names::DEPARTMENTS.len()];
            let cost_center = format!("CC{}", 100 + i * 5);
            Department {
                id: 11 + i as u64,
                name: if round == 0 { name.to_owned() } else { format!("{name} {}", round + 1) },
                external_id: (i % 4 != 3).then(|| cost_center.clone()),
                cost_center,
                location: i % 3,
            }
        })
        .collect()
}
