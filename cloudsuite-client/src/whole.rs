//! What the failure of a call as a whole proves of the writes in it: a refusal of all is no refusal of each.

use tenant_http::{Error, ErrorKind, Outcome};

use crate::batch_size::BatchSize;

/// The error of each of so many writes. `hint` says which setting to look at if the server has no such way in.
///
/// What was refused as a whole is to go one by one from then on, so that what it was about shows.
pub(crate) fn of_each(error: Error, writes: usize, size: &BatchSize, hint: &str) -> Error {
    match error.status() {
        // Answered before anything in the call was looked at.
        Some(404 | 405 | 415 | 501) => {
            let message = format!("{}: {hint}", error.message());
            error.with_kind(ErrorKind::Config).with_outcome(Outcome::NotProcessed).with_message(message)
        }
        // One of them may be the reason; what was done to those before it, nobody says.
        _ if error.outcome() == Outcome::Rejected && writes > 1 => {
            size.fall_to_one();
            let message = format!("a call of {writes} writes was refused as a whole: {}", error.message());
            error.with_outcome(Outcome::Unknown).with_message(message)
        }
        _ => error,
    }
}

/// Whether nothing was processed because the call was too large: the same writes may pass in smaller ones.
pub(crate) fn too_large(error: &Error) -> bool {
    error.status() == Some(413)
}
