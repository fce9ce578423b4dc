//! The clients' errors in the engine's words.

use std::error::Error as _;

use cloudsuite_client::m3::TransactionError;
use sync_core::error::sentence;
use sync_core::{Committed, Difference, EngineError, Failure, FailureKind, SourceError, Staged};
use tenant_http::{Error, ErrorKind, Outcome};

use crate::reference::{AlignError, System};
use crate::sync::SyncError;
use crate::{bill, purchase_order};

/// What a supplier is called that a document waits for.
pub(crate) const SUPPLIER: &str = "supplier";

/// A call's error as a failure for the ledger. The server's id of the call stands beside its words, not in them: people
/// are told once for each reason, and it is the same one each time that another call meets it.
pub(crate) fn of_call(error: &Error) -> Failure {
    let mut message = error.clone().with_request_id(None).to_string();
    if let Some(cause) = error.source() {
        message = format!("{message}: {cause}");
    }
    // What is not proven to be a refusal may pass, whatever it looks like; and what the server shows to be a wrong
    // setting, once somebody mends that.
    let kind = match kind(error.kind()) {
        _ if error.kind() == ErrorKind::Config && error.status().is_some() => FailureKind::Denied,
        FailureKind::Invalid if error.outcome() == Outcome::Unknown => FailureKind::Unavailable,
        kind => kind,
    };
    Failure { kind, message, retry_after: error.retry_after(), request_id: error.request_id().map(str::to_owned) }
}

/// Where a pass that failed as a whole met its trouble, and what it was.
pub(crate) fn of_pass(error: &SyncError) -> (String, Failure) {
    let told = sentence(error);
    let (place, failure) = match error {
        SyncError::Align(AlignError::Read { system, failure }) => (system.to_string(), Some(failure)),
        SyncError::Engine(EngineError::Source { kind, source: SourceError::Failed(failure) }) => {
            let documents = [purchase_order::KIND, bill::KIND].contains(&kind.as_str());
            let system = if documents { System::Procurify.to_string() } else { "reference data".to_owned() };
            (system, Some(failure))
        }
        SyncError::Compare(failure) => ("reconciliation".to_owned(), Some(failure)),
        SyncError::Align(AlignError::Store(_)) | SyncError::Engine(_) => ("the ledger".to_owned(), None),
    };
    let kind = failure.map_or(FailureKind::Other, |failure| failure.kind);
    (place, Failure::new(kind, told))
}

/// Why a document cannot follow its record, with all in which the two differ: whoever corrects it by hand needs that.
pub(crate) fn naming(why: Failure, differences: &[Difference]) -> Failure {
    if differences.is_empty() {
        return why;
    }
    let all: Vec<String> = differences.iter().map(ToString::to_string).collect();
    Failure { message: format!("{} ({})", why.message, all.join("; ")), ..why }
}

/// Whether a document would be answered so in a pass too: a supplier that the ERP does not have may be one that the pass
/// makes first, and whether it may be used the reference data have told.
pub(crate) fn stands_in_a_plan(answer: &Staged) -> bool {
    !matches!(answer, Staged::Held(missing) if missing.iter().all(|one| one.kind == SUPPLIER))
}

/// What became of a commit whose call failed.
pub(crate) fn not_committed(error: &Error) -> Committed {
    match error.outcome() {
        Outcome::Rejected => Committed::Rejected(of_call(error)),
        Outcome::NotProcessed => Committed::NotProcessed(of_call(error)),
        Outcome::Unknown => Committed::Unknown(of_call(error)),
    }
}

/// Whether a call failed for what it was about, and not for the state of the server, the network or our credentials.
pub(crate) fn is_of_the_record(error: &Error) -> bool {
    use ErrorKind::{Conflict, Decode, TooLarge, Validation};
    matches!(error.kind(), Validation | Conflict | TooLarge | Decode)
}

/// A transaction's error as a failure for the ledger.
pub(crate) fn of_transaction(error: &TransactionError) -> Failure {
    match error.call_error() {
        Some(call) => of_call(call),
        None => Failure {
            request_id: error.request_id().map(str::to_owned),
            ..Failure::new(kind(error.kind()), error.to_string())
        },
    }
}

pub(crate) fn kind(kind: ErrorKind) -> FailureKind {
    match kind {
        ErrorKind::RateLimited => FailureKind::RateLimited,
        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Connect | ErrorKind::Protocol | ErrorKind::Decode => {
            FailureKind::Unavailable
        }
        ErrorKind::Auth | ErrorKind::Permission => FailureKind::Denied,
        ErrorKind::Validation | ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::TooLarge => FailureKind::Invalid,
        _ => FailureKind::Other,
    }
}
