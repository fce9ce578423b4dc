//! One HTTP call to the IDO service, and its body read as an answer wherever it can be.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tenant_http::{Error, ErrorKind, Outcome, Replay, Request, Response};

use super::SyteLine;
use super::row::IdoRow;
use super::wire::Answer;

/// The header that names the site's configuration.
pub(crate) const CONFIGURATION: &str = "x-infor-mongooseconfig";

/// Sends `request`, which only reads if `read`; the answer may still say that it was refused.
pub(crate) async fn call(syteline: &SyteLine, operation: &str, read: bool, request: Request) -> Result<Answer, Error> {
    let replay = if read { Replay::Safe } else { Replay::OnlyIfUnprocessed };
    let response = dressed(syteline, operation, request).replay(replay).send().await?;
    read_answer(operation, &response)
}

/// Sends a load, and reads its records as they come.
pub(crate) async fn load(syteline: &SyteLine, operation: &str, request: Request) -> Result<Answer<Vec<IdoRow>>, Error> {
    let answer = dressed(syteline, operation, request).replay(Replay::Safe).send_undecoded().await?;
    answer.decode(|response| read_answer(operation, response)).await
}

fn dressed(syteline: &SyteLine, operation: &str, request: Request) -> Request {
    request.operation(operation).header(CONFIGURATION, syteline.configuration()).accept_status(&[400])
}

/// An answer that is one, and a success.
pub(crate) fn accepted<I>(syteline: &SyteLine, operation: &str, answer: Answer<I>) -> Result<Answer<I>, Error> {
    if answer.success == Some(true) { Ok(answer) } else { Err(syteline.refusals().judge(operation, &answer)) }
}

/// An answer whose records cannot be read.
pub(crate) fn garbled(operation: &str, error: serde_json::Error) -> Error {
    let message = "the answer's records are not of the shape the IDO service gives";
    Error::new(ErrorKind::Decode, Outcome::Unknown, operation, message).with_source(error)
}

fn read_answer<I: DeserializeOwned>(operation: &str, response: &Response) -> Result<Answer<I>, Error> {
    let unreadable = match read_body::<I>(&response.body) {
        Ok(answer) if answer.success.is_some() => {
            return Ok(Answer { status: response.status, request_ids: response.request_ids(), ..answer });
        }
        Ok(_) => None,
        Err(error) if is_answer(&response.body) => return Err(garbled(operation, error)),
        Err(error) => Some(error),
    };
    let (kind, outcome, message) = if response.status == 400 {
        let words = "refused without the IDO service's words: check the names of the IDO, its properties and methods";
        (ErrorKind::Validation, Outcome::Unknown, words)
    } else {
        let words = "the answer is not one of the IDO service (no Success in it): check its path and the configuration";
        (ErrorKind::Decode, Outcome::Unknown, words)
    };
    let error = Error::new(kind, outcome, operation, message)
        .with_status(response.status)
        .with_request_id(response.request_id.clone());
    Err(match unreadable {
        Some(cause) => error.with_source(cause),
        None => error,
    })
}

fn read_body<I: DeserializeOwned>(body: &[u8]) -> Result<Answer<I>, serde_json::Error> {
    // To look at the encoding of all at once is quicker than to look at each text's.
    match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body),
    }
}

/// Whether it is an answer, whatever its records are.
fn is_answer(body: &[u8]) -> bool {
    read_body::<Box<RawValue>>(body).is_ok_and(|answer| answer.success.is_some())
}
