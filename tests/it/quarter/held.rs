//! Whether each record that is held is held for something that the quarter has planted.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use procurify_cloudsuite::reference::{GL_ACCOUNT, VENDOR};
use procurify_cloudsuite::{Connection, Report};
use rust_decimal::Decimal;
use sandbox::{Account, Scenario, Supplier};
use sync_core::{Missing, State};

use super::script::FIRST_BILL;
use crate::world::key;

/// What is wrong at present.
#[derive(Debug, Default)]
pub struct Planted {
    /// Numbers of suppliers that the ERP does not have yet.
    suppliers: BTreeSet<String>,
    accounts: BTreeSet<String>,
    /// Bills that do not add up.
    bills: BTreeSet<u64>,
}

impl Planted {
    pub fn of(scenario: &Scenario) -> Self {
        Self {
            suppliers: scenario.missing_suppliers().into_iter().map(|supplier| supplier.number).collect(),
            accounts: scenario.missing_accounts().into_iter().map(|account| account.code).collect(),
            bills: BTreeSet::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.suppliers.is_empty() && self.accounts.is_empty() && self.bills.is_empty()
    }

    pub fn supplier(&mut self, there: &Supplier) {
        self.suppliers.remove(&there.number);
    }

    pub fn account(&mut self, there: &Account) {
        self.accounts.remove(&there.code);
    }

    pub fn bill(&mut self, bill: u64, off_by: Decimal) {
        assert!(bill >= FIRST_BILL);
        if off_by.is_zero() {
            self.bills.remove(&bill);
        } else {
            self.bills.insert(bill);
        }
    }

    /// Checks what people are told after a run: records are held and nothing else, each for what is planted.
    pub async fn explain(&self, connection: &Connection, report: &Report, now: DateTime<Utc>) {
        let store = connection.engine().store();
        for concern in &report.concerns {
            let head = store.get(std::slice::from_ref(&concern.key)).await.unwrap().remove(0).unwrap();
            let State::Held { missing } = &head.state else {
                panic!("{now}: {} is {}: {}", concern.key, concern.state, concern.reason);
            };
            for one in missing {
                let known = self.is_planted(one, head.key.id())
                    // A bill waits for its order, which is held itself.
                    || one.kind == "purchase_order" && waits_for_what_is_held(connection, one).await;
                assert!(known, "{now}: {} is held for what nobody has planted: {one}", concern.key);
            }
        }
    }

    fn is_planted(&self, missing: &Missing, record: &str) -> bool {
        let value = missing.value.split(' ').next().unwrap_or_default();
        match missing.kind.as_str() {
            // Its external id is the supplier's number.
            VENDOR => self.suppliers.iter().any(|number| missing.hint.contains(&format!("external id {number} "))),
            GL_ACCOUNT => self.accounts.contains(value),
            "total" => record.parse().is_ok_and(|bill| self.bills.contains(&bill)),
            _ => false,
        }
    }
}

async fn waits_for_what_is_held(connection: &Connection, missing: &Missing) -> bool {
    let Some(number) = missing.value.strip_prefix("PO-").and_then(|number| number.parse().ok()) else { return false };
    let head = connection.engine().store().get(&[key(number)]).await.unwrap().remove(0);
    missing.hint.starts_with("it is held itself") && head.is_some_and(|head| matches!(head.state, State::Held { .. }))
}
