//! Sending: a token, a turn, one HTTP exchange, and again where that is safe.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::ExposeSecret;
use tokio::time::Instant;
use url::Url;

use super::classify::{self, Verdict};
use super::redirect::{self, Redirect};
use super::request::{Replay, Request};
use super::response::{Response, request_id, retry_after};
use crate::{AccessToken, Error, ErrorKind, Outcome, Permit};

/// A failed attempt.
struct Failure {
    error: Error,
    transient: bool,
}

pub(super) async fn send(request: Request) -> Result<Response, Error> {
    let url = request.url.clone()?;
    let inner = &request.http.inner;
    let mut renewed = false;
    let mut attempt = 1;
    loop {
        let token = token(&request).await?;
        let failure = match attempt_once(&request, &url, token.as_ref(), attempt).await {
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
        let Some(wait) = next_try(&request, attempt, &failure) else {
            return Err(failure.error);
        };
        tracing::debug!(
            operation = request.operation,
            attempt,
            kind = ?failure.error.kind(),
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
) -> Result<Response, Failure> {
    let mut url = url.clone();
    let mut hops = 0;
    loop {
        let asked = Instant::now();
        let permit = request.http.inner.limiter.acquire().await;
        let started = Instant::now();
        let result = exchange(request, &url, token).await;
        let latency = started.elapsed();
        tracing::debug!(
            operation = request.operation,
            method = %request.method,
            status = result.as_ref().ok().map(|(status, ..)| status.as_u16()),
            attempt,
            waited_ms = (started - asked).as_millis(),
            took_ms = latency.as_millis(),
            "request"
        );
        let (status, headers, body) = match result {
            Ok(answer) => answer,
            Err(failure) => {
                if failure.error.kind() == ErrorKind::Timeout {
                    permit.overloaded();
                }
                return Err(failure);
            }
        };
        feed_back(&permit, status, &headers, latency);
        drop(permit);
        match redirect::judge(&request.method, &url, status, &headers, hops) {
            Redirect::No => return judge(request, token, status, headers, body),
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

/// One HTTP exchange, body included.
async fn exchange(
    request: &Request,
    url: &Url,
    token: Option<&AccessToken>,
) -> Result<(StatusCode, HeaderMap, Bytes), Failure> {
    let inner = &request.http.inner;
    let mut headers = inner.headers.clone();
    headers.extend(request.headers.clone());
    if let Some(token) = token {
        headers.insert(AUTHORIZATION, bearer(request, token)?);
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
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok((status, headers, body.freeze())),
            Ok(Some(chunk)) if body.len() + chunk.len() > inner.max_body => {
                let words = format!("{} ({} bytes)", classify::too_large().words, inner.max_body);
                return Err(failure(request, classify::too_large(), &words, Some((status, &headers))));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) => return Err(broken(request, error, Some((status, &headers)))),
        }
    }
}

fn bearer(request: &Request, token: &AccessToken) -> Result<HeaderValue, Failure> {
    let value = HeaderValue::from_str(&format!("Bearer {}", token.secret().expose_secret()));
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
) -> Result<Response, Failure> {
    let inner = &request.http.inner;
    let accepted = status.is_success() || request.accepted.contains(&status.as_u16());
    let secret = token.map(AccessToken::secret);
    let response = Response::new(status.as_u16(), headers, body).guarded(&inner.scrubber, secret);
    let html = response.content_type.as_deref().is_some_and(|kind| kind.trim_start().starts_with("text/html"));
    let cut = accepted && !html && is_cut_short(&response);
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

fn broken(request: &Request, error: reqwest::Error, answer: Option<(StatusCode, &HeaderMap)>) -> Failure {
    let verdict = classify::transport(&error);
    let mut failure = failure(request, verdict, verdict.words, answer);
    // The URL may carry secrets in its query, and the operation names the place already.
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
