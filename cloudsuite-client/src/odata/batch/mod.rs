//! Many writes in one call (`$batch`), each with an outcome of its own, or all together as one change set.

mod json;
mod multipart;

use std::collections::HashMap;

use tenant_http::{Bytes, Error, ErrorKind, Outcome, Traced};

use super::Service;
use super::entity::{Entity, NewEntity};
use super::fault::{EXPLAINED, accepted, judge};
use super::key::Key;
use super::value::check_name;
use crate::whole::{of_each, too_large};

/// What to look at if a service takes no `$batch`.
const BATCH_HINT: &str = "it takes no $batch of this format: check the name of the service, then whether its batch \
    format is JSON or multipart, or write one by one";

/// The version of `OData` that is spoken.
const VERSION: &str = "4.0";

/// How a batch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BatchFormat {
    /// As a JSON document of requests (`OData` 4.01, and 4.0 services that have taken it up). The default.
    #[default]
    Json,
    /// As `multipart/mixed` with change sets, the only way that older services know.
    Multipart,
}

/// A write, by itself or as a part of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    method: &'static str,
    /// Below the service, percent-encoded.
    target: String,
    etag: Option<String>,
    body: Option<NewEntity>,
    /// The version of `OData` that has such a write.
    version: &'static str,
    refused: Option<String>,
}

impl Write {
    /// A new entity of a set, with those inside it.
    pub fn create(set: &str, entity: NewEntity) -> Self {
        let refused = check_name(set).err();
        Self { method: "POST", target: set.to_owned(), etag: None, body: Some(entity), version: VERSION, refused }
    }

    /// A change of the properties given, at the state in which the entity was read (`None`: whatever it has become).
    pub fn patch(set: &str, key: &Key, etag: Option<&str>, changes: NewEntity) -> Self {
        Self { body: Some(changes), ..Self::of_key("PATCH", set, key, etag) }
    }

    /// The end of an entity, at the state in which it was read (`None`: whatever it has become).
    pub fn delete(set: &str, key: &Key, etag: Option<&str>) -> Self {
        Self::of_key("DELETE", set, key, etag)
    }

    /// The same write of an entity inside this one.
    pub fn inside(mut self, set: &str, key: &Key) -> Self {
        match check_name(set).and_then(|()| key.target(set)) {
            Ok(outer) => self.target = format!("{outer}/{}", self.target),
            Err(reason) => {
                self.refused.get_or_insert(reason);
            }
        }
        self
    }

    /// With entities inside it, though it is a change.
    pub(super) fn deep(mut self) -> Self {
        self.version = "4.01";
        self
    }

    fn of_key(method: &'static str, set: &str, key: &Key, etag: Option<&str>) -> Self {
        let (target, refused) = match check_name(set).and_then(|()| key.target(set)) {
            Ok(target) => (target, None),
            Err(reason) => (String::new(), Some(reason)),
        };
        let etag = etag.unwrap_or("*");
        // In a batch it is a line of text among others.
        let broken = etag.chars().any(char::is_control).then(|| "the ETag has control characters".to_owned());
        Self { method, target, etag: Some(etag.to_owned()), body: None, version: VERSION, refused: refused.or(broken) }
    }

    fn operation(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// What a batch answered to one write.
#[derive(Debug, Clone)]
struct Answered {
    status: u16,
    etag: Option<String>,
    body: Vec<u8>,
}

impl Service {
    /// Makes writes that do not depend on each other, in as few calls as their number and bytes allow, and returns one
    /// result for each, in their order: the entity as far as the server shows it, with its id of the call, or an error
    /// whose outcome says whether the write may have been made.
    ///
    /// What the service says to be too large goes in smaller calls. After another failure of a call as a whole no
    /// further one is sent: it is `NotProcessed` only if the status proves that, and a refusal of the whole is none of
    /// each, but `Unknown`. Dropping the future gives up: the call under way may still be processed.
    pub async fn write_many(&self, writes: &[Write]) -> Vec<Result<Traced<Entity>, Error>> {
        let mut results = Vec::with_capacity(writes.len());
        let (mut rest, mut most) = (writes, usize::MAX);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(self.next_call(rest, self.limits().parts.of_next_call().min(most)));
            let failed = match now {
                [one] => {
                    let answer = self.write_alone(one).await;
                    // The call itself failed, rather than the write in it.
                    let failed = answer.as_ref().is_err_and(is_of_the_call);
                    results.push(answer);
                    failed
                }
                _ => match self.batch(now, false).await {
                    Ok(answers) => {
                        results.extend(answers);
                        false
                    }
                    Err(error) if too_large(&error) => {
                        tracing::info!(writes = now.len(), "the service takes no batch as large as that");
                        most = now.len() / 2;
                        continue;
                    }
                    Err(error) => {
                        let error = of_each(error, now.len(), &self.limits().parts, BATCH_HINT);
                        results.extend(now.iter().map(|_| Err(error.clone())));
                        true
                    }
                },
            };
            rest = later;
            if failed {
                break;
            }
        }
        let unsent = |write: &Write| {
            let message = "not sent, because the call before it failed";
            Err(Error::new(ErrorKind::Unavailable, Outcome::NotProcessed, write.operation(), message))
        };
        results.extend(rest.iter().map(unsent));
        results
    }

    /// Makes one write of many by itself.
    async fn write_alone(&self, write: &Write) -> Result<Traced<Entity>, Error> {
        let answer = self.write(write).await;
        if answer.as_ref().is_err_and(|error| error.outcome() == Outcome::Rejected) {
            // It may be the one for which a whole batch was refused before.
            self.limits().parts.rise_again();
        }
        answer
    }

    /// Makes one write.
    ///
    /// # Errors
    /// What failed or was refused. A write is sent again only if it was proven unprocessed.
    pub async fn write(&self, write: &Write) -> Result<Traced<Entity>, Error> {
        let operation = write.operation();
        if let Some(reason) = write.refused.clone().or_else(|| self.refused()) {
            return Err(Error::config(operation, reason));
        }
        let method = tenant_http::Method::from_bytes(write.method.as_bytes())
            .map_err(|error| Error::config(operation.as_str(), "no method of HTTP").with_source(error))?;
        let mut request = self.http().request(method, &self.path_of(&write.target));
        if let Some(etag) = &write.etag {
            request = request.header("if-match", etag);
        }
        if let Some(body) = &write.body {
            request = request.json(body);
        }
        let request = self.dressed_as(write.version, request).operation(&operation).accept_status(&EXPLAINED);
        let response = accepted(&operation, request.send().await?)?;
        let entity = if response.body.is_empty() { Entity::default() } else { response.json(&operation)? };
        Ok(Traced::new(entity.at_state(response.header("etag")), response.request_ids()))
    }

    /// Makes writes as one change set, in one call: all of them, or none. Returns the entities as far as the server
    /// shows them.
    ///
    /// # Errors
    /// Why none was made; of outcome `Unknown` if that is not certain. More bytes than a batch may have are not sent.
    pub async fn write_together(&self, writes: &[Write]) -> Result<Vec<Traced<Entity>>, Error> {
        let operation = "POST $batch";
        match writes {
            [] => return Ok(Vec::new()),
            [one] => return Ok(vec![self.write(one).await?]),
            _ => {}
        }
        if let Some(reason) = writes.iter().find_map(|write| write.refused.clone()) {
            return Err(Error::config(operation, reason));
        }
        // What belongs together goes together, however many writes a batch otherwise has.
        if self.next_call(writes, usize::MAX) < writes.len() {
            let message =
                format!("{} writes have more bytes than a batch may: raise that, or make fewer", writes.len());
            return Err(Error::config(operation, message));
        }
        // Together they are one write: refused as a whole, it is refused.
        let whole = |error| of_each(error, 1, &self.limits().parts, BATCH_HINT);
        let results = self.batch(writes, true).await.map_err(whole)?;
        let made = results.iter().filter(|result| result.is_ok()).count();
        // Why it failed: what is unclear first, and last what failed only because another did.
        let weight = |error: &Error| (error.outcome() == Outcome::Unknown, error.status() != Some(424));
        match results.iter().filter_map(|result| result.as_ref().err()).max_by_key(|error| weight(error)) {
            None => Ok(results.into_iter().flatten().collect()),
            Some(error) if made == 0 => Err(error.clone()),
            Some(error) => {
                let message =
                    format!("{made} of {} writes of one change set were made: {}", writes.len(), error.message());
                Err(error.clone().with_outcome(Outcome::Unknown).with_message(message))
            }
        }
    }

    /// How many of the writes fit into one call of at most so many.
    fn next_call(&self, writes: &[Write], most: usize) -> usize {
        let limits = self.limits();
        let around = match limits.format {
            BatchFormat::Json => 128,
            BatchFormat::Multipart => 384,
        };
        let mut bytes = 64;
        let fits = |write: &&Write| {
            bytes += serde_json::to_string(&write.body).map_or(0, |body| body.len()) + write.target.len() + around;
            bytes <= limits.bytes
        };
        writes.iter().take(most).take_while(fits).count().max(1)
    }

    /// One `$batch`, as one change set if `together`: its results, or why it failed as a whole.
    async fn batch(&self, writes: &[Write], together: bool) -> Result<Vec<Result<Traced<Entity>, Error>>, Error> {
        let Traced { value: answers, request_ids } = self.exchange(writes, together).await?;
        let mut by_place: HashMap<usize, Vec<Answered>> = HashMap::new();
        for (place, answered) in answers {
            by_place.entry(place).or_default().push(answered);
        }
        let result = |(place, write): (usize, &Write)| {
            if let Some(reason) = &write.refused {
                return Err(Error::config(write.operation(), reason));
            }
            if let Some([answered]) = by_place.get(&place).map(Vec::as_slice) {
                let entity = answered.read(&write.operation())?;
                return Ok(Traced::new(entity, request_ids.clone()));
            }
            let message = "the answer of the batch has not one response to it: it may have been made";
            Err(Error::new(ErrorKind::Decode, Outcome::Unknown, write.operation(), message))
        };
        Ok(writes.iter().enumerate().map(result).collect())
    }

    /// Sends those writes that can be sent, and reads what is answered to each.
    async fn exchange(&self, writes: &[Write], together: bool) -> Result<Traced<Vec<(usize, Answered)>>, Error> {
        let operation = "POST $batch";
        if let Some(reason) = self.refused() {
            return Err(Error::config(operation, reason));
        }
        let fit: Vec<(usize, &Write)> =
            writes.iter().enumerate().filter(|(_, write)| write.refused.is_none()).collect();
        let (body, content_type) = match self.limits().format {
            BatchFormat::Json => (json::encode(&fit, together), json::CONTENT_TYPE),
            BatchFormat::Multipart => (multipart::encode(&fit, together), multipart::CONTENT_TYPE),
        };
        let unwritten = |error| Error::config(operation, "the writes could not be written as JSON").with_source(error);
        let mut request = self
            .http()
            .post(&self.path_of("$batch"))
            .body(Bytes::from(body.map_err(unwritten)?), content_type)
            // Without it a server may stop at the first refusal.
            .header("prefer", "odata.continue-on-error");
        if self.limits().format == BatchFormat::Multipart {
            request = request.header("accept", "multipart/mixed");
        }
        let request = self.dressed(request).operation(operation).accept_status(&EXPLAINED);
        let response = accepted(operation, request.send().await?)?;
        let answers = match self.limits().format {
            BatchFormat::Json => json::decode(&response.body),
            BatchFormat::Multipart => {
                let sent: Vec<usize> = fit.iter().map(|(place, _)| *place).collect();
                multipart::decode(response.header("content-type"), &response.body, &sent, together)
            }
        };
        answers.map(|answers| Traced::new(answers, response.request_ids())).map_err(|why| {
            let message = format!("the answer of the batch cannot be read ({why}): its writes may have been made");
            Error::new(ErrorKind::Decode, Outcome::Unknown, operation, message)
                .with_status(response.status)
                .with_request_id(response.request_id.clone())
        })
    }
}

/// Whether the next call would most likely fail like this one.
fn is_of_the_call(error: &Error) -> bool {
    let kind = matches!(error.kind(), ErrorKind::Auth | ErrorKind::RateLimited | ErrorKind::Connect);
    kind || error.outcome() == Outcome::Unknown
}

impl Answered {
    fn read(&self, operation: &str) -> Result<Entity, Error> {
        if let Some(error) = judge(operation, self.status, &self.body) {
            return Err(error);
        }
        // It was a success; how the entity looks now is not known if its text is of another shape.
        let entity = serde_json::from_slice::<Option<Entity>>(&self.body).ok().flatten().unwrap_or_default();
        Ok(entity.at_state(self.etag.as_deref()))
    }
}
