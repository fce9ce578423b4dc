//! The staged entry of purchase orders (`PPS370MI`), many orders in each call.
//!
//! ```text
//! start ──> message number ──> enter ──> order number ──> finish ──> M3's batch job makes the order, later
//!                                └── anything wrong ──> delete: the message leaves nothing behind
//! ```
//!
//! Nothing counts before `finish`; it alone is ambiguous when its answer is lost, and can be settled: `delete` is
//! accepted only while a message is unfinished. M3 checks little on entry and the rest in its batch job: an order
//! number is a promise, kept when `PPS200MI GetHead` finds it.

mod entry;
mod error;
mod message;

use std::collections::HashMap;

use tenant_http::{ErrorKind, Outcome, RequestIds, Traced};

use super::M3;
use super::bulk::Bulk;
use super::codes::{BatchOrigin, MessageNumber, OrderNumber};
use super::error::TransactionError;
use super::pairing::{Results, ids_of};
use super::record::MiRecord;
use super::transaction::Transaction;
use message::Place;

pub use entry::{EntryLine, PurchaseOrderEntry};
pub use error::EntryError;

const PROGRAM: &str = "PPS370MI";

/// The steps of the entry, each for many messages at once.
#[derive(Debug, Clone)]
pub struct PurchaseOrderEntryProgram {
    m3: M3,
    origin: BatchOrigin,
}

impl PurchaseOrderEntryProgram {
    pub(crate) fn new(m3: M3, origin: BatchOrigin) -> Self {
        Self { m3, origin }
    }

    /// Opens messages (bulk `StartEntry`), one for each order.
    pub async fn start(&self, messages: usize) -> Vec<Result<Traced<MessageNumber>, TransactionError>> {
        let name = "StartEntry";
        let starts = (0..messages).map(|_| Transaction::new(name).field("BAOR", &self.origin));
        let number = |rows: Traced<Vec<MiRecord>>| match rows.first().cloned().unwrap_or_default().code("MSGN") {
            Ok(number) => Ok(rows.map(|_| number)),
            Err(error) => Err(error.of(PROGRAM, name).of_request(&rows.request_ids)),
        };
        self.m3.bulk(PROGRAM).extend(starts).carry_on().send().await.into_iter().map(|rows| number(rows?)).collect()
    }

    /// Puts orders into opened messages (bulk `AddHead`, `AddLine`, `AddAccString` of all orders in one stream), one
    /// answer for each order.
    ///
    /// An order is `Ok`, with the number that M3 gave it and the calls that it took, only if every one of its
    /// transactions succeeded. Of any other, whatever its outcome, the message may hold a part: delete it, or leave it
    /// unfinished. An order that cannot be right (an overlong code, no lines) is refused before anything of it is sent.
    pub async fn enter(
        &self,
        orders: &[(MessageNumber, &PurchaseOrderEntry)],
    ) -> Vec<Result<Traced<OrderNumber>, EntryError>> {
        let written = self.write(orders);
        let mut answers = self.bulk_of(&written).send().await.into_iter();
        let read = |order: Result<Vec<(Place, Transaction)>, EntryError>| {
            let order = order?;
            let results: Results = answers.by_ref().take(order.len()).collect();
            let places: Vec<Place> = order.into_iter().map(|(place, _)| place).collect();
            judge(&places, results)
        };
        written.into_iter().map(read).collect()
    }

    /// Whether an order can be sent at all. Sends nothing.
    ///
    /// # Errors
    /// What [`enter`](Self::enter) would refuse unsent: a code that does not fit its field, no lines, no warehouse.
    pub fn check(&self, order: &PurchaseOrderEntry) -> Result<(), EntryError> {
        message::check(self.m3.scope(), order)
    }

    /// How many calls [`enter`](Self::enter) makes for these orders if none fails.
    pub fn enter_calls(&self, orders: &[(MessageNumber, &PurchaseOrderEntry)]) -> usize {
        self.bulk_of(&self.write(orders)).calls()
    }

    /// Hands messages to M3's batch job (bulk `FinishEntry`), one answer for each. The step that cannot be taken back.
    pub async fn finish(&self, messages: &[MessageNumber]) -> Vec<Result<RequestIds, TransactionError>> {
        self.each("FinishEntry", messages).await
    }

    /// Throws messages away (bulk `DeleteEntry`), one answer for each. M3 refuses it for a message that was finished:
    /// success proves that nothing will come of the message.
    pub async fn delete(&self, messages: &[MessageNumber]) -> Vec<Result<RequestIds, TransactionError>> {
        self.each("DeleteEntry", messages).await
    }

    async fn each(&self, name: &'static str, messages: &[MessageNumber]) -> Vec<Result<RequestIds, TransactionError>> {
        let transactions = messages.iter().map(|message| Transaction::new(name).field("MSGN", message));
        let answers = self.m3.bulk(PROGRAM).extend(transactions).carry_on().send().await;
        ids_of(answers)
    }

    /// Each order's transactions, or why it cannot be sent.
    fn write(
        &self,
        orders: &[(MessageNumber, &PurchaseOrderEntry)],
    ) -> Vec<Result<Vec<(Place, Transaction)>, EntryError>> {
        // A message may hold several orders: their heads need references of their own.
        let mut heads: HashMap<&MessageNumber, usize> = HashMap::new();
        orders
            .iter()
            .map(|(message, entry)| {
                let head = heads.entry(message).or_default();
                *head += 1;
                message::write(self.m3.scope(), message.as_str(), *head, entry)
            })
            .collect()
    }

    fn bulk_of(&self, written: &[Result<Vec<(Place, Transaction)>, EntryError>]) -> Bulk {
        let transactions = written.iter().flatten().flatten().map(|(_, transaction)| transaction.clone());
        // A line whose head failed is refused, which harms nobody: the message is thrown away anyway.
        self.m3.bulk(PROGRAM).extend(transactions).carry_on()
    }
}

/// An order's answer from those of its transactions: its number, or its first failure, of which later ones follow.
fn judge(places: &[Place], results: Results) -> Result<Traced<OrderNumber>, EntryError> {
    let mut number = None;
    let mut request_ids = RequestIds::none();
    let mut first: Option<EntryError> = None;
    for (place, result) in places.iter().zip(results) {
        match result {
            Ok(rows) => {
                number = number.or_else(|| rows.first().and_then(|row| row.code("PUNO").ok()));
                request_ids.extend(rows.request_ids);
            }
            Err(error) => first = first.or_else(|| Some(EntryError::new(place.line, error))),
        }
    }
    match (first, number) {
        (Some(first), number) => Err(first.with_number(number)),
        (None, Some(number)) => Ok(Traced::new(number, request_ids)),
        (None, None) => {
            let message = "M3 took the order, but gave it no number";
            let (kind, outcome) = (ErrorKind::Decode, Outcome::Unknown);
            Err(EntryError::new(None, TransactionError::other(PROGRAM, "AddHead", kind, outcome, message)))
        }
    }
}

#[cfg(test)]
mod tests;
