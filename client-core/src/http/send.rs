//! Sending: a token, a turn, one HTTP exchange, and again where that is safe.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::ExposeSecret;
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;

use super::classify::{self, Verdict};
use super::download::Download;
use super::observe::Watch;
use super::redirect::{self, Redirect};
use super::request::{Replay, Request};
use super::response::{RateLimit, Response, request_id, retry_after, text};
use crate::task::{on_its_own, shut_down};
use crate::{AccessToken, Error, ErrorKind, Outcome, Permit};

/// A failed attempt.
pub(super) struct Failure {
    pub(super) error: Error,
    transient: bool,
}

/// How much of an answer is read before it is handed on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// All of it, and a check that it is not half an answer.
    Whole,
    /// All of it; whoever decodes it finds out whether it ends in the middle.
    Unchecked,
    /// None of it.
    Open,
}

enum Answer {
    Whole(Response),
    Open(Download),
}

pub(super) async fn send(request: Request) -> Result<Response, Error> {
    whole(&Arc::new(request), Reading::Whole).await
}

async fn whole(request: &Arc<Request>, reading: Reading) -> Result<Response, Error> {
    match attempts(request, reading).await? {
        Answer::Whole(response) => Ok(response),
        Answer::Open(_) => Err(Error::config(request.operation.as_str(), "the answer was not read")),
    }
}

pub(super) async fn open(request: Request) -> Result<Download, Error> {
    let request = Arc::new(request);
    match attempts(&request, Reading::Open).await? {
        Answer::Open(download) => Ok(download),
        Answer::Whole(_) => Err(Error::config(request.operation.as_str(), "the answer was read")),
    }
}

/// An answer that has come and is not decoded yet.
pub struct Undecoded {
    request: Arc<Request>,
    response: Response,
}

impl fmt::Debug for Undecoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.response.fmt(f)
    }
}

pub(super) async fn undecoded(request: Request) -> Result<Undecoded, Error> {
    let request = Arc::new(request);
    let response = whole(&request, Reading::Unchecked).await?;
    Ok(Undecoded { request, response })
}

impl Undecoded {
    /// Decodes it. Half an answer, which a proxy may frame as if it were whole, is asked for again once where that
    /// is safe: checking each answer for its end apart from decoding it would read it twice.
    pub async fn decode<T>(self, decode: impl Fn(&Response) -> Result<T, Error>) -> Result<T, Error> {
        let Self { request, response } = self;
        let decoded = decode(&response);
        request.http.inner.buffers.give_back(response.body);
        match decoded {
            Err(error) if request.replay == Replay::Safe && ends_in_the_middle(&error) => {
                tracing::debug!(operation = request.operation, "the answer ends in the middle, asking again");
                decode(&whole(&request, Reading::Whole).await?)
            }
            result => result,
        }
    }
}

fn ends_in_the_middle(error: &Error) -> bool {
    let source = std::error::Error::source(error);
    source.and_then(|source| source.downcast_ref::<serde_json::Error>()).is_some_and(serde_json::Error::is_eof)
}

/// A call waits for its turn, holds a place and logs in for others: it goes on whether or not it is polled, or a caller
/// that makes another call meanwhile, for each row of a list that is read ahead, would wait for itself.
async fn attempts(request: &Arc<Request>, reading: Reading) -> Result<Answer, Error> {
    let call = Arc::clone(request);
    let call = on_its_own(async move { attempt_until_done(&call, reading).await });
    call.await.unwrap_or_else(|| Err(shut_down(&request.operation)))
}

async fn attempt_until_done(request: &Request, reading: Reading) -> Result<Answer, Error> {
    let url = request.url.clone()?;
    let inner = &request.http.inner;
    let mut renewed = false;
    let mut attempt = 1;
    loop {
        let token = token(request).await?;
        let failure = match attempt_once(request, &url, token.as_ref(), attempt, reading).await {
            Ok(response) => {
                inner.retry.budget.refund();
                return Ok(response);
            }
            Err(failure) => failure,
        };
        if failure.error.status() == Some(401)
            && !renewed
            && let (Some(token), Some(tokens)) = (&token, &inner.tokens)
        {
            tokens.invalidate(token).await;
            renewed = true;
            continue;
        }
        let Some(wait) = next_try(request, attempt, &failure) else {
            return Err(failure.error);
        };
        tracing::info!(
            system = inner.system,
            operation = request.operation,
            attempt,
            tries_left = inner.retry.max_attempts.saturating_sub(attempt),
            kind = ?failure.error.kind(),
            reason = failure.error.message(),
            wait_ms = wait.as_millis(),
            "trying again"
        );
        tokio::time::sleep(wait).await;
        attempt += 1;
    }
}

async fn token(request: &Request) -> Result<Option<AccessToken>, Error> {
    match &request.http.inner.tokens {
        Some(tokens) if !request.anonymous => tokens.token().await.map(Some),
        _ => Ok(None),
    }
}

/// The wait before the next try, or `None` if there is to be none.
fn next_try(request: &Request, attempt: u32, failure: &Failure) -> Option<Duration> {
    let safe = match request.replay {
        Replay::Safe => true,
        Replay::OnlyIfUnprocessed => failure.error.outcome() == Outcome::NotProcessed,
        Replay::Never => false,
    };
    if !(failure.transient && safe) {
        return None;
    }
    let retry = &request.http.inner.retry;
    let wait = retry.delay(attempt, failure.error.retry_after())?;
    // A 429 is no outage: the server is well and the limiter paces us. It costs nothing.
    let paid = failure.error.kind() == ErrorKind::RateLimited || retry.budget.spend();
    paid.then_some(wait)
}

/// One attempt, redirects included.
async fn attempt_once(
    request: &Request,
    url: &Url,
    token: Option<&AccessToken>,
    attempt: u32,
    reading: Reading,
) -> Result<Answer, Failure> {
    let mut url = url.clone();
    let mut hops = 0;
    loop {
        let asked = Instant::now();
        let permit = request.http.inner.limiter.acquire().await;
        let started = Instant::now();
        let watch = Watch::new(request, attempt, started - asked);
        let result = exchange(request, &url, token, reading).instrument(watch.span.clone()).await;
        watch.done(&result, started.elapsed());
        let (status, headers, body) = match result {
            Ok(answer) => answer,
            Err(failure) => {
                if failure.error.kind() == ErrorKind::Timeout {
                    permit.overloaded();
                }
                return Err(failure);
            }
        };
        feed_back(&permit, status, &headers, started.elapsed());
        let told = RateLimit::read(&headers);
        if told != RateLimit::default() {
            *request.http.inner.told_limit.lock().unwrap_or_else(PoisonError::into_inner) = told;
        }
        match redirect::judge(&request.method, &url, status, &headers, hops) {
            Redirect::No => {
                return match body {
                    Body::Whole(body) => judge(request, token, status, headers, body, reading).map(Answer::Whole),
                    Body::Open(response) => Ok(Answer::Open(Download::new(request, status, headers, response, permit))),
                };
            }
            Redirect::Follow(target) => url = target,
            Redirect::Refuse(why) => {
                return Err(failure(request, classify::refused_redirect(), &why, Some((status, &headers))));
            }
        }
        hops += 1;
    }
}

fn feed_back(permit: &Permit, status: StatusCode, headers: &HeaderMap, latency: Duration) {
    match status.as_u16() {
        429 => permit.throttled(retry_after(headers)),
        503 if retry_after(headers).is_some() => permit.throttled(retry_after(headers)),
        408 | 504 => permit.overloaded(),
        500.. => {}
        _ => permit.answered(latency),
    }
}

/// The body of an answer: what is no data, such as an error, is always read.
pub(super) enum Body {
    Whole(Bytes),
    Open(reqwest::Response),
}

/// One HTTP exchange, body included unless it is to be streamed.
async fn exchange(
    request: &Request,
    url: &Url,
    token: Option<&AccessToken>,
    reading: Reading,
) -> Result<(StatusCode, HeaderMap, Body), Failure> {
    let inner = &request.http.inner;
    let mut headers = inner.headers.clone();
    headers.extend(request.headers.clone());
    if let Some(token) = token {
        headers.insert(AUTHORIZATION, authorization(request, token)?);
    }
    let mut builder =
        inner.client.request(request.method.clone(), url.clone()).headers(headers).timeout(request.timeout);
    if let Some(body) = &request.body {
        builder = builder.body(body.clone());
    }
    inner.counter.sent();
    let mut response = builder.send().await.map_err(|error| {
        if error.is_connect() {
            inner.counter.not_sent();
        }
        broken(request, error, None)
    })?;
    let status = response.status();
    let length = response.content_length();
    let headers = std::mem::take(response.headers_mut());
    if reading == Reading::Open && status.is_success() && !is_html(&headers) {
        return Ok((status, headers, Body::Open(response)));
    }
    let room = room(request, length);
    let buffer = if reading == Reading::Unchecked { inner.buffers.take(room) } else { BytesMut::with_capacity(room) };
    let body = read_body(request, &mut response, buffer, status, &headers).await?;
    Ok((status, headers, Body::Whole(body)))
}

/// The room for a body of which this length is announced.
fn room(request: &Request, length: Option<u64>) -> usize {
    /// What a server announces is believed up to here before it has come.
    const BELIEVED: usize = 4 * 1024 * 1024;
    let expected = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    expected.min(request.http.inner.max_body).min(BELIEVED)
}

async fn read_body(
    request: &Request,
    response: &mut reqwest::Response,
    mut body: BytesMut,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Bytes, Failure> {
    let largest = request.http.inner.max_body;
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(chunk)) if body.len() + chunk.len() > largest => {
                let words = format!("{} ({largest} bytes)", classify::too_large().words);
                return Err(failure(request, classify::too_large(), &words, Some((status, headers))));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) => return Err(broken(request, error, Some((status, headers)))),
        }
    }
}

fn is_html(headers: &HeaderMap) -> bool {
    text(headers, CONTENT_TYPE.as_str()).is_some_and(|kind| kind.trim_start().starts_with("text/html"))
}

fn authorization(request: &Request, token: &AccessToken) -> Result<HeaderValue, Failure> {
    let scheme = if request.http.inner.bare_tokens { "" } else { "Bearer " };
    let value = HeaderValue::from_str(&format!("{scheme}{}", token.secret().expose_secret()));
    let mut value = value.map_err(|_| Failure {
        error: Error::new(
            ErrorKind::Auth,
            Outcome::NotProcessed,
            request.operation.as_str(),
            "the token holds characters that a header cannot carry",
        ),
        transient: false,
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// JSON that ends in the middle, which a proxy may frame as if it were whole.
fn is_cut_short(response: &Response) -> bool {
    let json = response.content_type.as_deref().is_some_and(|kind| kind.contains("json"));
    json && !response.body.is_empty()
        && serde_json::from_slice::<serde::de::IgnoredAny>(&response.body).is_err_and(|e| e.is_eof())
}

/// Whether an answer is one.
fn judge(
    request: &Request,
    token: Option<&AccessToken>,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    reading: Reading,
) -> Result<Response, Failure> {
    let inner = &request.http.inner;
    let accepted = status.is_success() || request.accepted.contains(&status.as_u16());
    let secret = token.map(AccessToken::secret);
    let response = Response::new(status.as_u16(), headers, body).guarded(&inner.scrubber, secret);
    let html = is_html(&response.headers);
    let cut = accepted && !html && reading == Reading::Whole && is_cut_short(&response);
    if accepted && !html && !cut {
        return Ok(response);
    }
    let verdict = if cut {
        classify::cut_short()
    } else if status.is_success() {
        classify::html()
    } else {
        let verdict = classify::status(status.as_u16());
        // A page was written by a proxy on the way: it refuses nothing in the API's name.
        if html && verdict.outcome == Outcome::Rejected {
            Verdict { outcome: Outcome::Unknown, ..verdict }
        } else {
            verdict
        }
    };
    let said = inner
        .explain
        .filter(|_| !html && !cut)
        .and_then(|explain| explain(response.status, &String::from_utf8_lossy(&response.body)))
        .map_or_else(
            || inner.scrubber.quote(&response.body, secret),
            |words| inner.scrubber.quote(words.as_bytes(), secret),
        );
    let words =
        if said.is_empty() { verdict.words.to_owned() } else { format!("{}; the server says: {said}", verdict.words) };
    let answer = Some((status, &response.headers));
    Err(failure(request, verdict, &words, answer))
}

pub(super) fn broken_off(request: &Request, error: reqwest::Error, status: StatusCode, headers: &HeaderMap) -> Error {
    broken(request, error, Some((status, headers))).error
}

fn broken(request: &Request, error: reqwest::Error, answer: Option<(StatusCode, &HeaderMap)>) -> Failure {
    let verdict = classify::transport(&error);
    // Of the URL the host alone is told: its query may carry secrets, and the operation names the path.
    let host = error.url().filter(|_| error.is_connect()).and_then(|url| url.host_str());
    let words = match host {
        Some(host) => format!("{host}: {}", verdict.words),
        None => verdict.words.to_owned(),
    };
    let mut failure = failure(request, verdict, &words, answer);
    failure.error = failure.error.with_source(error.without_url());
    failure
}

fn failure(request: &Request, verdict: Verdict, words: &str, answer: Option<(StatusCode, &HeaderMap)>) -> Failure {
    let words = request.http.inner.scrubber.clean(words, None);
    let operation = request.operation.as_str();
    let mut error = Error::new(verdict.kind, verdict.outcome, operation, words);
    if let Some((status, headers)) = answer {
        error = error
            .with_status(status.as_u16())
            .with_request_id(request_id(headers))
            .with_retry_after(retry_after(headers));
    }
    Failure { error, transient: verdict.transient }
}
