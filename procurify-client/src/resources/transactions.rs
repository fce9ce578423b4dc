//! Card transactions.

use chrono::{DateTime, Utc};

use crate::query::filters;
use crate::{List, ProcurifyClient, ReconciliationStatus, Transaction};

/// Card transactions of a tenant. They can only be read.
#[derive(Debug, Clone, Copy)]
pub struct Transactions<'a>(pub(crate) &'a ProcurifyClient);

impl Transactions<'_> {
    /// Fully captured transactions of all cards.
    pub fn list(&self) -> List<Transaction> {
        List::new(self.0, "/api/public/v1/pay/transactions/")
    }
}

filters! { Transaction {
    since: DateTime<Utc> = "start_date", "At this time or later.";
    until: DateTime<Utc> = "end_date", "At this time or earlier.";
    reconciliation_status: ReconciliationStatus = "reconciliation_status", "Reconciled or not.";
} }
