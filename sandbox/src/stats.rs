//! What a tenant has been asked: the figures behind `GET /_sandbox/stats`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// A snapshot of what one tenant has answered so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Calls by operation: `GET /api/v3/vendors/{id}/`, `GET CRS620MI/LstSuppliers`, `POST PPS370MI`.
    pub requests: BTreeMap<String, u64>,
    /// All calls, tokens included, `_sandbox` calls not.
    pub total: u64,
    /// Calls refused by a rate limit, real or injected.
    pub throttled: u64,
    /// Injected faults by kind.
    pub faults: BTreeMap<String, u64>,
    /// Calls that write, or would if the tenant took them, by resource (Procurify), program (M3), IDO or entity set.
    pub writes: BTreeMap<String, u64>,
    /// Documents the tenant holds: `purchase_order`, `invoice`.
    pub documents: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Stats>);

impl Counters {
    fn lock(&self) -> MutexGuard<'_, Stats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call, and answers the how manieth it is.
    pub(crate) fn request(&self, operation: &str) -> u64 {
        let mut stats = self.lock();
        stats.total += 1;
        *stats.requests.entry(operation.to_owned()).or_default() += 1;
        stats.total
    }

    pub(crate) fn throttled(&self) {
        self.lock().throttled += 1;
    }

    pub(crate) fn fault(&self, kind: &str) {
        *self.lock().faults.entry(kind.to_owned()).or_default() += 1;
    }

    pub(crate) fn write(&self, resource: &str) {
        *self.lock().writes.entry(resource.to_owned()).or_default() += 1;
    }

    /// A copy, with the documents and writes that the tenant itself has counted.
    pub(crate) fn snapshot(&self, documents: BTreeMap<String, u64>, writes: BTreeMap<String, u64>) -> Stats {
        let mut stats = Stats { documents, ..self.lock().clone() };
        stats.writes.extend(writes);
        stats
    }
}
