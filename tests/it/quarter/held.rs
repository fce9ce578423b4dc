//! Whether each record that is held is held for something that the quarter has planted.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use procurify_cloudsuite::reference::{GL_ACCOUNT, VENDOR};
use procurify_cloudsuite::{Concern, Connection, Report};
use rust_decimal::Decimal;
use sandbox::{Account, Scenario, Supplier};
use sync_core::{Missing, State};

use super::script::FIRST_BILL;
use crate::world::key;

/// What is wrong at present.
#[derive(Debug, Default)]
pub struct Planted {
    /// Numbers of suppliers that may not be used yet.
    suppliers: BTreeSet<String>,
    accounts: BTreeSet<String>,
    /// Bills that do not add up.
    bills: BTreeSet<u64>,
    /// Bills that were corrected, and whose invoices people may have to correct themselves.
    corrected: BTreeSet<u64>,
}

impl Planted {
    pub fn of(scenario: &Scenario) -> Self {
        Self {
            suppliers: scenario.missing_suppliers().into_iter().map(|supplier| supplier.number).collect(),
            accounts: scenario.missing_accounts().into_iter().map(|account| account.code).collect(),
            bills: BTreeSet::new(),
            corrected: BTreeSet::new(),
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

    pub fn corrected(&mut self, bill: u64) {
        self.corrected.insert(bill);
    }

    /// Checks what people are told after a run: records are held, each for what is planted; of others, that they keep
    /// failing and go on by themselves. Answers the bills whose invoices people are to correct.
    pub async fn explain<'a>(
        &self,
        connection: &Connection,
        report: &'a Report,
        now: DateTime<Utc>,
    ) -> Vec<&'a Concern> {
        let mut by_hand = Vec::new();
        let store = connection.engine().store();
        for concern in &report.concerns {
            let head = store.get(std::slice::from_ref(&concern.key)).await.unwrap().remove(0).unwrap();
            if matches!(head.state, State::Posted { .. }) {
                let corrected = head.key.id().parse().is_ok_and(|bill| self.corrected.contains(&bill));
                assert!(corrected && concern.reason.contains("by hand"), "{now}: {}: {}", concern.key, concern.reason);
                by_hand.push(concern);
                continue;
            }
            let State::Held { missing } = &head.state else {
                let goes_on = head.due().is_some() && concern.reason.contains("is tried again by itself");
                assert!(goes_on, "{now}: {} is {}: {}", concern.key, concern.state, concern.reason);
                continue;
            };
            for one in missing {
                let known = self.is_planted(one, head.key.id())
                    // A bill waits for its order, which is held itself, or under way.
                    || one.kind == "purchase_order" && waits_for_an_order(connection, one).await;
                assert!(known, "{now}: {} is held for what nobody has planted: {one}", concern.key);
            }
        }
        by_hand
    }

    fn is_planted(&self, missing: &Missing, record: &str) -> bool {
        let value = missing.value.split(' ').next().unwrap_or_default();
        match missing.kind.as_str() {
            VENDOR => {
                let blocked = |number| format!("{number} in the ERP may not be used");
                self.suppliers.iter().any(|number| missing.hint.contains(&blocked(number)))
            }
            GL_ACCOUNT => self.accounts.contains(value),
            "total" => record.parse().is_ok_and(|bill| self.bills.contains(&bill)),
            _ => false,
        }
    }
}

async fn waits_for_an_order(connection: &Connection, missing: &Missing) -> bool {
    let Some(number) = missing.value.strip_prefix("PO-").and_then(|number| number.parse().ok()) else { return false };
    let head = connection.engine().store().get(&[key(number)]).await.unwrap().remove(0);
    match head.map(|head| head.state) {
        Some(State::Held { .. }) => missing.hint.starts_with("it is held itself"),
        Some(state) => state.target().is_none(),
        None => missing.hint.starts_with("it was not read yet"),
    }
}
