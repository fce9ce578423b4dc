//! One seeded world, from which both tenants are built so that they match.
//!
//! Everything here is a pure function of the [`Scenario`]: the same seed gives the same vendors,
//! accounts and orders on every machine.

mod masters;
mod names;
mod orders;

pub(crate) use masters::{AccountCode, CURRENCIES, Department, Location, Masters, Person, Vendor};
pub use orders::Edit;
pub(crate) use orders::{Line, Order, Orders, line_amount, products};

use crate::m3::{Account, Supplier};

/// What the two tenants hold, and where they disagree.
///
/// Orders are numbered and dated ascending, about 20 a working day, the last ones at the end of
/// October 2026. About one order in 20 is on a missing vendor, and one in 20 touches a missing account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Purchase orders in Procurify.
    pub orders: usize,
    /// Lines of each order, 1 to 999.
    pub lines: usize,
    /// Bills in Procurify.
    pub bills: usize,
    /// Vendors, at least one more than [`Self::missing`].
    pub vendors: usize,
    /// Account codes, at least one more than [`Self::missing`].
    pub accounts: usize,
    /// Departments, which are cost centres in M3.
    pub departments: usize,
    /// Seed of all of it.
    pub seed: u64,
    /// Vendors, and account codes, that M3 does not know.
    pub missing: usize,
}

impl Default for Scenario {
    fn default() -> Self {
        Self { orders: 1000, lines: 10, bills: 0, vendors: 60, accounts: 40, departments: 12, seed: 7, missing: 1 }
    }
}

impl Scenario {
    /// The suppliers M3 lacks, as they would be added to it.
    pub fn missing_suppliers(&self) -> Vec<Supplier> {
        Masters::new(self).vendors.iter().filter(|vendor| vendor.missing).map(Vendor::supplier).collect()
    }

    /// The accounts M3 lacks, as they would be added to it.
    pub fn missing_accounts(&self) -> Vec<Account> {
        Masters::new(self).accounts.iter().filter(|account| account.missing).map(AccountCode::identity).collect()
    }

    /// The same scenario within the bounds that make sense.
    pub(crate) fn bounded(&self) -> Self {
        Self {
            lines: self.lines.clamp(1, 999),
            vendors: self.vendors.max(self.missing + 1),
            accounts: self.accounts.max(self.missing + 1),
            departments: self.departments.max(1),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_world_and_another_seed_another() {
        let scenario = Scenario { orders: 50, ..Scenario::default() };
        let other = Scenario { seed: 8, ..scenario.clone() };
        let print = |scenario: &Scenario| {
            let masters = Masters::new(scenario);
            let orders = Orders::new(scenario, &masters);
            let lines: Vec<_> = orders.all().iter().map(|order| orders.lines(order)).collect();
            format!("{masters:?}{lines:?}")
        };
        assert_eq!(print(&scenario), print(&scenario));
        assert_ne!(print(&scenario), print(&other));
    }

    #[test]
    fn about_one_order_in_twenty_is_on_the_missing_vendor() {
        let scenario = Scenario::default();
        let masters = Masters::new(&scenario);
        let orders = Orders::new(&scenario, &masters);
        let missing = orders.all().iter().filter(|order| masters.vendors[order.vendor].missing).count();
        assert!((20..=90).contains(&missing), "{missing} of 1000");
        let touched = orders
            .all()
            .iter()
            .filter(|order| orders.lines(order).iter().any(|line| masters.accounts[line.account].missing))
            .count();
        assert!((20..=90).contains(&touched), "{touched} of 1000");
    }

    #[test]
    fn numbers_and_dates_ascend_together() {
        let scenario = Scenario::default();
        let orders = Orders::new(&scenario, &Masters::new(&scenario));
        assert!(
            orders.all().windows(2).all(|pair| pair[0].number < pair[1].number && pair[0].created < pair[1].created)
        );
    }
}
