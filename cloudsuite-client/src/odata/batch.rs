//! Many writes in one call (`$batch`), each with an outcome of its own.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tenant_http::{Error, ErrorKind, Outcome};

use super::Service;
use super::entity::{Entity, NewEntity};
use super::fault::{EXPLAINED, accepted, judge};
use super::key::Key;
use super::value::check_name;

/// A write, by itself or as a part of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    method: &'static str,
    /// Below the service, percent-encoded.
    target: String,
    etag: Option<String>,
    body: Option<NewEntity>,
    refused: Option<String>,
}

impl Write {
    /// A new entity of a set, with those inside it.
    pub fn create(set: &str, entity: NewEntity) -> Self {
        let refused = check_name(set).err();
        Self { method: "POST", target: set.to_owned(), etag: None, body: Some(entity), refused }
    }

    /// A change of the properties given, at the state in which the entity was read (`None`: whatever it has become).
    pub fn patch(set: &str, key: &Key, etag: Option<&str>, changes: NewEntity) -> Self {
        Self { body: Some(changes), ..Self::of_key("PATCH", set, key, etag) }
    }

    /// The end of an entity, at the state in which it was read (`None`: whatever it has become).
    pub fn delete(set: &str, key: &Key, etag: Option<&str>) -> Self {
        Self::of_key("DELETE", set, key, etag)
    }

    fn of_key(method: &'static str, set: &str, key: &Key, etag: Option<&str>) -> Self {
        let (target, refused) = match check_name(set).and_then(|()| key.target(set)) {
            Ok(target) => (target, None),
            Err(reason) => (String::new(), Some(reason)),
        };
        Self { method, target, etag: Some(etag.unwrap_or("*").to_owned()), body: None, refused }
    }

    fn operation(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

#[derive(Serialize)]
struct Part<'a> {
    id: String,
    method: &'a str,
    url: &'a str,
    headers: Headers<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a NewEntity>,
}

#[derive(Serialize)]
struct Headers<'a> {
    #[serde(rename = "content-type")]
    content_type: &'a str,
    #[serde(rename = "if-match", skip_serializing_if = "Option::is_none")]
    if_match: Option<&'a str>,
}

#[derive(Deserialize)]
struct Answers {
    responses: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    status: u16,
    #[serde(default)]
    headers: Option<Entity>,
    #[serde(default)]
    body: Option<Box<RawValue>>,
}

impl Service {
    /// Makes writes that do not depend on each other, in as few calls as their number and bytes allow, and returns one
    /// result for each, in their order: the entity as far as the server shows it, or an error whose outcome says
    /// whether the write may have been made.
    ///
    /// After a call that failed as a whole no further one is sent. Dropping the future gives up: the call under way may
    /// still be processed.
    pub async fn write_many(&self, writes: &[Write]) -> Vec<Result<Entity, Error>> {
        let mut results = Vec::with_capacity(writes.len());
        let mut rest = writes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(self.next_call(rest));
            let (answers, failed) = match now {
                [one] => {
                    let answer = self.write(one).await;
                    // The call itself failed, rather than the write in it.
                    let failed = answer.as_ref().is_err_and(is_of_the_call);
                    (vec![answer], failed)
                }
                _ => self.batch(now).await,
            };
            results.extend(answers);
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

    /// Makes one write.
    ///
    /// # Errors
    /// What failed or was refused. A write is sent again only if it was proven unprocessed.
    pub async fn write(&self, write: &Write) -> Result<Entity, Error> {
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
        let request = self.dressed(request).operation(&operation).accept_status(&EXPLAINED);
        let response = accepted(&operation, request.send().await?)?;
        if response.body.is_empty() {
            return Ok(Entity::default().at_state(response.header("etag")));
        }
        let entity: Entity = response.json(&operation)?;
        Ok(entity.at_state(response.header("etag")))
    }

    fn next_call(&self, writes: &[Write]) -> usize {
        let limits = self.limits();
        let mut bytes = 64;
        let fits = |write: &&Write| {
            bytes += serde_json::to_string(&write.body).map_or(0, |body| body.len()) + write.target.len() + 128;
            bytes <= limits.bytes
        };
        writes.iter().take(limits.parts).take_while(fits).count().max(1)
    }

    /// One `$batch`: its results, and whether it failed as a whole.
    async fn batch(&self, writes: &[Write]) -> (Vec<Result<Entity, Error>>, bool) {
        let operation = "POST $batch";
        let all = |error: Error| (writes.iter().map(|_| Err(error.clone())).collect(), true);
        if let Some(reason) = self.refused() {
            return all(Error::config(operation, reason));
        }
        let fit = writes.iter().enumerate().filter(|(_, write)| write.refused.is_none());
        let parts = fit.map(|(place, write)| Part {
            id: place.to_string(),
            method: write.method,
            url: &write.target,
            headers: Headers { content_type: "application/json", if_match: write.etag.as_deref() },
            body: write.body.as_ref(),
        });
        let parts = parts.collect();
        let body = Parts { requests: parts };
        let request = self
            .http()
            .post(&self.path_of("$batch"))
            .json(&body)
            // Without it a server may stop at the first refusal.
            .header("prefer", "odata.continue-on-error");
        let request = self.dressed(request).operation(operation).accept_status(&EXPLAINED);
        let answers: Answers = match request.send().await.and_then(|response| accepted(operation, response)) {
            Ok(response) => match response.json(operation) {
                Ok(answers) => answers,
                Err(error) => return all(error),
            },
            Err(error) => return all(error),
        };
        let result = |(place, write): (usize, &Write)| {
            if let Some(reason) = &write.refused {
                return Err(Error::config(write.operation(), reason));
            }
            let mut own = answers.responses.iter().filter(|answer| answer.id == place.to_string());
            if let (Some(answer), None) = (own.next(), own.next()) {
                return answer.read(&write.operation());
            }
            let message = "the answer of the batch has not one response to it: it may have been made";
            Err(Error::new(ErrorKind::Decode, Outcome::Unknown, write.operation(), message))
        };
        (writes.iter().enumerate().map(result).collect(), false)
    }
}

/// Whether the next call would most likely fail like this one.
fn is_of_the_call(error: &Error) -> bool {
    let kind = matches!(error.kind(), ErrorKind::Auth | ErrorKind::RateLimited | ErrorKind::Connect);
    kind || error.outcome() == Outcome::Unknown
}

#[derive(Serialize)]
struct Parts<'a> {
    requests: Vec<Part<'a>>,
}

impl Answer {
    fn read(&self, operation: &str) -> Result<Entity, Error> {
        let body = self.body.as_deref().map_or("null", RawValue::get);
        if let Some(error) = judge(operation, self.status, body.as_bytes()) {
            return Err(error);
        }
        let etag = self.headers.as_ref().and_then(|headers| headers.text("etag").or_else(|| headers.text("ETag")));
        // It was a success; how the entity looks now is not known if its text is of another shape.
        let entity = serde_json::from_str::<Option<Entity>>(body).ok().flatten().unwrap_or_default();
        Ok(entity.at_state(etag.as_deref()))
    }
}
