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

/// A call that was answered, and the id that its answer bears.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnsweredCall {
    /// `x-request-id` of the answer.
    pub request_id: String,
    /// `GET`.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query as sent.
    pub query: String,
    /// What was sent.
    pub body: String,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    stats: Mutex<Stats>,
    /// None unless they are asked for: they take memory.
    kept: Mutex<Option<Vec<AnsweredCall>>>,
}

impl Counters {
    fn lock(&self) -> MutexGuard<'_, Stats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a call, if calls are kept.
    pub(crate) fn keep(&self, call: impl FnOnce() -> AnsweredCall) {
        if let Some(kept) = &mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner) {
            kept.push(call());
        }
    }

    /// Keeps calls from now on.
    pub(crate) fn keep_calls(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// The calls that were kept.
    pub(crate) fn kept_calls(&self) -> Vec<AnsweredCall> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
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
