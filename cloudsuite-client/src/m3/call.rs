//! One HTTP call to M3, and its body read as an answer wherever it can be.

use tenant_http::{Error, ErrorKind, Outcome, Replay, Request, Response};

use super::M3;
use super::wire::{self, Answer, Unreadable};

/// The options that every call sends, beside those of its own.
pub(crate) fn options(m3: &M3) -> Vec<(String, String)> {
    let mut options = vec![("cono".to_owned(), m3.scope.company.to_string())];
    if let Some(division) = &m3.scope.division {
        options.push(("divi".to_owned(), division.to_string()));
    }
    for (name, value) in [("dateformat", "YMD8"), ("excludeempty", "true"), ("righttrim", "true")] {
        options.push((name.to_owned(), value.to_owned()));
    }
    options
}

/// Sends what `request` builds. M3's answers come with 200, and at times with 400.
///
/// A read whose answer is garbled is asked once more; a write never is.
pub(crate) async fn call(operation: &str, read: bool, request: impl Fn() -> Request) -> Result<Answer, Error> {
    let replay = if read { Replay::Safe } else { Replay::OnlyIfUnprocessed };
    let ask = async || {
        let request = request().operation(operation).replay(replay).accept_status(&[400]);
        if !read {
            return Ok(read_answer(operation, &request.send().await?));
        }
        request.send_undecoded().await?.decode(|response| Ok(read_answer(operation, response))).await
    };
    match ask().await? {
        Err(Unread { garbled: true, .. }) if read => ask().await?.map_err(|unread| unread.error),
        answer => answer.map_err(|unread| unread.error),
    }
}

/// A body that is no answer.
struct Unread {
    /// Whether it is a part of one.
    garbled: bool,
    error: Error,
}

fn read_answer(operation: &str, response: &Response) -> Result<Answer, Unread> {
    match wire::read(&response.body) {
        Ok(answer) => Ok(Answer { request_ids: response.request_ids(), ..answer }),
        Err(why) => {
            Err(Unread { garbled: matches!(why, Unreadable::Broken(_)), error: unreadable(operation, response, why) })
        }
    }
}

fn unreadable(operation: &str, response: &Response, why: Unreadable) -> Error {
    let refused = response.status == 400;
    let (kind, outcome, message) = match why {
        // The way the gateway answers what M3 does not know. But M3 did not say so, and others answer so too.
        Unreadable::Foreign | Unreadable::OtherJson if refused => (
            ErrorKind::Validation,
            Outcome::Unknown,
            "refused without M3's words: check that the program and the transaction exist (MRS001MI LstTransactions)"
                .to_owned(),
        ),
        Unreadable::Foreign => (ErrorKind::Protocol, Outcome::Unknown, "the answer is no JSON".to_owned()),
        Unreadable::OtherJson => {
            (ErrorKind::Decode, Outcome::Unknown, "the answer is JSON, but not M3's: check the path of M3".to_owned())
        }
        Unreadable::Broken(reason) => {
            (ErrorKind::Decode, Outcome::Unknown, format!("the answer breaks off or is garbled: {reason}"))
        }
        Unreadable::VersionOne => (
            ErrorKind::Decode,
            Outcome::Unknown,
            "the answer is that of M3's older service (v1): set the M3 path to the v2 service, usually /M3/m3api-rest/v2"
                .to_owned(),
        ),
    };
    Error::new(kind, outcome, operation, message)
        .with_status(response.status)
        .with_request_id(response.request_id.clone())
}
