//! One HTTP call to the IDO service, and its body read as an answer wherever it can be.

use tenant_http::{Error, ErrorKind, Outcome, Replay, Request, Response};

use super::SyteLine;
use super::wire::Answer;

/// The header that names the site's configuration.
const CONFIGURATION: &str = "x-infor-mongooseconfig";

/// Sends `request`, which only reads if `read`; the answer may still say that it was refused.
pub(crate) async fn call(syteline: &SyteLine, operation: &str, read: bool, request: Request) -> Result<Answer, Error> {
    let replay = if read { Replay::Safe } else { Replay::OnlyIfUnprocessed };
    let response = request
        .operation(operation)
        .header(CONFIGURATION, syteline.configuration())
        .replay(replay)
        .accept_status(&[400])
        .send()
        .await?;
    read_answer(operation, &response)
}

/// What a refusal means where nothing else was in the call.
pub(crate) fn refused(operation: &str, answer: &Answer) -> Error {
    Error::new(ErrorKind::Validation, Outcome::Rejected, operation, answer.complaint())
}

/// An answer that is one, and a success.
pub(crate) fn accepted(operation: &str, answer: Answer) -> Result<Answer, Error> {
    if answer.success == Some(true) { Ok(answer) } else { Err(refused(operation, &answer)) }
}

/// An answer whose records cannot be read.
pub(crate) fn garbled(operation: &str, error: serde_json::Error) -> Error {
    let message = "the answer's records are not of the shape the IDO service gives";
    Error::new(ErrorKind::Decode, Outcome::Unknown, operation, message).with_source(error)
}

fn read_answer(operation: &str, response: &Response) -> Result<Answer, Error> {
    let read = serde_json::from_slice::<Answer>(&response.body).ok().filter(|answer| answer.success.is_some());
    if let Some(answer) = read {
        return Ok(answer);
    }
    let (kind, outcome, message) = if response.status == 400 {
        let words = "refused without the IDO service's words: check the names of the IDO, its properties and methods";
        (ErrorKind::Validation, Outcome::Unknown, words)
    } else {
        let words = "the answer is not one of the IDO service (no Success in it): check its path and the configuration";
        (ErrorKind::Decode, Outcome::Unknown, words)
    };
    Err(Error::new(kind, outcome, operation, message)
        .with_status(response.status)
        .with_request_id(response.request_id.clone()))
}
