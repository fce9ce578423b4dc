//! What became of a commit whose answer was lost: M3's certain answer, as far as there is one (I2).
//!
//! `DeleteEntry` is taken only while a message was never finished. So:
//!
//! | deletion | asked for the first time | may have been carried out before |
//! | --- | --- | --- |
//! | taken | nothing will come of it | nothing will come of it |
//! | refused by M3 | it was finished | finished, or gone: the code may tell |
//! | anything else | not answered | not answered |
//!
//! A refusal's code tells the two apart only if it is M3's "does not exist" (it ends in 03) and the very code that this
//! tenant gives for a message known to be gone. Where codes are missing or general, a person decides.

use cloudsuite_client::m3::{MessageNumber, OrderNumber, TransactionError};
use sync_core::{Doubt, ExternalRef, Failure, FailureKind, Found, Settled};
use tenant_http::{ErrorKind, Outcome};

use super::purchase_orders::{EntryHandle, M3PurchaseOrders};
use crate::failure::of_transaction;

/// A refused deletion that an earlier one may have brought about.
struct Repeated {
    place: usize,
    handle: EntryHandle,
    reference: ExternalRef,
    refusal: TransactionError,
}

/// Settles doubts by deleting their messages.
pub(super) async fn by_deletion(sink: &M3PurchaseOrders, doubts: &[Doubt]) -> Vec<Settled> {
    let handles: Vec<Result<EntryHandle, Failure>> = doubts.iter().map(handle_of).collect();
    let messages: Vec<MessageNumber> = handles.iter().flatten().map(|handle| handle.message.clone()).collect();
    let mut deleted = sink.entry.delete(&messages).await.into_iter();
    let mut repeated = Vec::new();
    let mut settled = Vec::with_capacity(doubts.len());
    for (place, (doubt, handle)) in doubts.iter().zip(handles).enumerate() {
        let handle = match handle {
            Ok(handle) => handle,
            Err(failure) => {
                settled.push(Settled::NeedsPerson(failure));
                continue;
            }
        };
        settled.push(match deleted.next() {
            Some(Ok(_)) => Settled::Void,
            Some(Err(error)) if !is_refusal(&error) => Settled::Unanswered(of_transaction(&error)),
            Some(Err(_)) if !doubt.asked_before => Settled::Accepted,
            Some(Err(refusal)) => {
                let reference = doubt.lookup.reference.clone();
                let failure = of_transaction(&refusal);
                repeated.push(Repeated { place, handle, reference, refusal });
                Settled::Unanswered(failure)
            }
            None => Settled::Unanswered(Failure::new(FailureKind::Other, "M3 gave no answer for this message")),
        });
    }
    tell_apart(sink, &repeated, &mut settled).await;
    settled
}

fn handle_of(doubt: &Doubt) -> Result<EntryHandle, Failure> {
    match &doubt.lookup.handle {
        Some(handle) => EntryHandle::read(handle),
        None => Err(Failure::new(FailureKind::Other, "the ledger has no batch message of this order: look in PPS370")),
    }
}

/// Whether M3 itself refused, and not for want of a right.
fn is_refusal(error: &TransactionError) -> bool {
    error.outcome() == Outcome::Rejected && error.fault().is_some() && error.kind() != ErrorKind::Permission
}

/// Tells messages that were finished from those that an earlier deletion has removed.
async fn tell_apart(sink: &M3PurchaseOrders, repeated: &[Repeated], settled: &mut [Settled]) {
    if repeated.is_empty() {
        return;
    }
    let gone = refusal_of_a_deleted_message(sink).await;
    let wanted: Vec<(OrderNumber, &ExternalRef)> =
        repeated.iter().map(|one| (one.handle.order.clone(), &one.reference)).collect();
    // Asked after the deletion was refused: a message that M3 itself removed has made its order by now.
    for (one, found) in repeated.iter().zip(sink.by_number(&wanted).await) {
        settled[one.place] = match (found, &gone) {
            (Found::Found(target), _) => Settled::Created(target),
            (Found::Unanswered(failure), _) => Settled::Unanswered(failure),
            (Found::Differs(failure), _) => Settled::NeedsPerson(failure),
            (_, Err(failure)) => Settled::Unanswered(failure.clone()),
            (Found::Absent | Found::InPart, Ok(gone)) => judge(one, gone),
            (Found::Pending, Ok(_)) => unclear(one),
        };
    }
}

fn judge(one: &Repeated, gone: &TransactionError) -> Settled {
    let (Some(said), Some(gone)) = (one.refusal.fault(), gone.fault()) else { return unclear(one) };
    let both_coded = said.code.is_some() && gone.code.is_some();
    match (said.code == gone.code, said.says_absent("MSGN"), gone.says_absent("MSGN")) {
        (true, true, true) if both_coded => Settled::Void,
        (false, false, true) if both_coded => Settled::Accepted,
        _ => unclear(one),
    }
}

fn unclear(one: &Repeated) -> Settled {
    Settled::NeedsPerson(Failure::new(
        FailureKind::Other,
        format!(
            "it cannot be told whether batch message {message} was finished or deleted: look for it in PPS370, and for order \
             {order}; only where neither is there may it be sent again, and once the order is, a replay links it",
            message = one.handle.message,
            order = one.handle.order
        ),
    ))
}

/// What this tenant says of a message that is gone, found out on one of our own.
async fn refusal_of_a_deleted_message(sink: &M3PurchaseOrders) -> Result<TransactionError, Failure> {
    let unclear = || Failure::new(FailureKind::Other, "M3 did not answer a trial deletion");
    let failed = |error: TransactionError| of_transaction(&error);
    let message = sink.entry.start(1).await.pop().ok_or_else(unclear)?.map_err(failed)?;
    let messages = [message.value];
    sink.entry.delete(&messages).await.pop().ok_or_else(unclear)?.map_err(failed)?;
    match sink.entry.delete(&messages).await.pop() {
        Some(Err(error)) if is_refusal(&error) => Ok(error),
        Some(Err(error)) => Err(of_transaction(&error)),
        Some(Ok(_)) | None => Err(unclear()),
    }
}
