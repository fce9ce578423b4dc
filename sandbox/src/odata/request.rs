//! One request to a service, by itself or as a part of a batch.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::filter::{Condition, compare, literal};
use super::model::Set;
use super::store::{Refusal, Store, Stored, line_etag};

/// What a request asks for.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) service: &'a str,
    /// Set and key, percent-decoded.
    pub(super) target: &'a str,
    pub(super) query: BTreeMap<String, String>,
    pub(super) if_match: Option<&'a str>,
    pub(super) body: Option<&'a Value>,
}

/// An answer: HTTP status, state, body.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    pub(super) body: Value,
}

impl Request<'_> {
    /// `page`: entities a page has at most; `link` makes a link from a query.
    pub(super) fn run(&self, store: &mut Store, page: usize, link: &dyn Fn(&str) -> String) -> Answer {
        let refused = |refusal: Refusal| Answer { status: refusal.status, etag: None, body: refusal.body() };
        if store.renamed.0.is_empty() {
            return self.try_run(store, page, link).unwrap_or_else(refused);
        }
        let renamed = store.renamed.clone();
        let body = self.body.map(|body| renamed.body(body));
        let query = self.query.iter().map(|(name, text)| {
            let text = if name == "$skiptoken" { text.clone() } else { renamed.text(text) };
            (name.clone(), text)
        });
        let usual = Request {
            method: self.method,
            service: &renamed.text(self.service),
            target: &renamed.text(self.target),
            query: query.collect(),
            if_match: self.if_match,
            body: body.as_ref(),
        };
        let answer = usual.try_run(store, page, link).unwrap_or_else(refused);
        Answer { body: renamed.answer(&answer.body), ..answer }
    }

    fn try_run(&self, store: &mut Store, page: usize, link: &dyn Fn(&str) -> String) -> Result<Answer, Refusal> {
        let Target { set: name, key, inner } = target(self.target)?;
        let set =
            Set::find(self.service, name).ok_or_else(|| Refusal::new(404, name, format!("there is no set {name}")))?;
        let nothing = Value::Null;
        let body = self.body.unwrap_or(&nothing);
        if let Some(inner) = inner {
            let key = key.ok_or_else(|| Refusal::new(400, name, "a key is expected"))?;
            return self.lines(store, set, (&key, inner), page, link);
        }
        match (self.method, key) {
            ("GET", None) => self.list(store, set, page, link),
            ("GET", Some(key)) => {
                let stored = store.get(set.name, &key);
                let stored = stored.ok_or_else(|| Refusal::new(404, set.key, format!("{key} does not exist")))?;
                Ok(shown(200, stored, self.expands()))
            }
            ("POST", None) => store.create(set, body).map(|stored| shown(201, &stored, true)),
            ("PATCH", Some(key)) => store.patch(set, &key, self.if_match, body).map(|stored| shown(200, &stored, true)),
            ("DELETE", Some(key)) => {
                store.delete(set, &key, self.if_match).map(|()| Answer { status: 204, etag: None, body: Value::Null })
            }
            _ => Err(Refusal::new(405, "", "the method is not allowed here")),
        }
    }

    /// The lines of an entity, or one of them.
    fn lines(
        &self,
        store: &mut Store,
        set: &Set,
        (key, inner): (&str, &str),
        page: usize,
        link: &dyn Fn(&str) -> String,
    ) -> Result<Answer, Refusal> {
        let number = match inner.strip_prefix("Lines") {
            Some("") => None,
            Some(number) => number.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')?.parse::<u64>().ok()),
            None => return Err(Refusal::new(404, inner, format!("there is no property {inner}"))),
        };
        if number.is_none() && inner != "Lines" {
            return Err(Refusal::new(400, inner, "the key cannot be read"));
        }
        let body = self.body.cloned().unwrap_or_default();
        let stored = match (self.method, number) {
            ("GET", None) => {
                let stored = store.get(set.name, key);
                let stored = stored.ok_or_else(|| Refusal::new(404, set.key, format!("{key} does not exist")))?;
                let skipped = self.query.get("$skip").and_then(|skip| skip.parse().ok()).unwrap_or(0);
                let lines = shown_lines(&stored.entity);
                let shown: Vec<&Value> = lines.iter().skip(skipped).take(page).collect();
                let mut body = json!({ "value": shown });
                if skipped + page < lines.len() {
                    body["@odata.nextLink"] = json!(link(&format!("$skip={}", skipped + page)));
                }
                return Ok(Answer { status: 200, etag: None, body });
            }
            ("POST", None) => store.change_lines(set, key, |lines| {
                if lines.iter().any(|line| line["Line"] == body["Line"]) {
                    return Err(Refusal::new(409, "Line", format!("line {} exists already", body["Line"])));
                }
                lines.push(body);
                Ok(())
            }),
            ("PATCH" | "DELETE", Some(number)) => store.change_lines(set, key, |lines| {
                let place = lines.iter().position(|line| line["Line"] == json!(number));
                let place = place.ok_or_else(|| Refusal::new(404, "Line", format!("line {number} does not exist")))?;
                match self.if_match {
                    None => return Err(Refusal::new(428, "", "If-Match is required")),
                    Some(etag) if etag != "*" && etag != line_etag(&lines[place]) => {
                        return Err(Refusal::new(412, "", "the line has changed"));
                    }
                    Some(_) => {}
                }
                if self.method == "DELETE" {
                    lines.remove(place);
                } else if let (Some(line), Value::Object(changes)) = (lines[place].as_object_mut(), body) {
                    line.extend(changes);
                }
                Ok(())
            }),
            _ => return Err(Refusal::new(405, "", "the method is not allowed here")),
        };
        stored.map(|_| Answer { status: 204, etag: None, body: Value::Null })
    }

    fn expands(&self) -> bool {
        self.query.get("$expand").is_some_and(|expand| expand.split(',').any(|name| name.trim() == "Lines"))
    }

    fn list(&self, store: &Store, set: &Set, page: usize, link: &dyn Fn(&str) -> String) -> Result<Answer, Refusal> {
        let bad = |why: String| Refusal::new(400, "", why);
        let condition = self.query.get("$filter").map(|filter| Condition::read(set.properties, filter));
        let condition = condition.transpose().map_err(bad)?;
        let mut order = Vec::new();
        for part in self.query.get("$orderby").into_iter().flat_map(|order| order.split(',')) {
            let mut words = part.split_whitespace();
            let name = words.next().unwrap_or_default();
            if !set.properties.contains(&name) {
                return Err(bad(format!("there is no property {name}")));
            }
            order.push((name, words.next() == Some("desc")));
        }
        // The key last: no two entities are equal, and a link to the next page holds a place, not a number.
        order.push((set.key, false));
        let holds = |stored: &&Stored| condition.as_ref().is_none_or(|condition| condition.holds(&stored.entity));
        let mut found: Vec<&Stored> = store.all(set.name).map(|(_, stored)| stored).filter(holds).collect();
        let place = |stored: &Stored| -> Vec<Value> {
            order.iter().map(|(name, _)| stored.entity.get(*name).cloned().unwrap_or_default()).collect()
        };
        let stand = |a: &[Value], b: &[Value]| {
            let each = order.iter().zip(a.iter().zip(b)).map(|((_, descending), (a, b))| {
                let order = compare(a, b).unwrap_or_else(|| b.is_null().cmp(&a.is_null()));
                if *descending { order.reverse() } else { order }
            });
            each.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        };
        found.sort_by(|a, b| stand(&place(a), &place(b)));
        let count = found.len();
        if let Some(token) = self.query.get("$skiptoken") {
            let last: Vec<Value> = serde_json::from_str(token).map_err(|error| bad(error.to_string()))?;
            found.retain(|stored| stand(&place(stored), &last).is_gt());
        }
        let number = |name: &str| {
            self.query.get(name).map(|text| text.parse::<usize>().map_err(|e| bad(e.to_string()))).transpose()
        };
        found.drain(..number("$skip")?.unwrap_or(0).min(found.len()));
        let top = number("$top")?;
        found.truncate(top.unwrap_or(usize::MAX));
        let more = found.len() > page;
        found.truncate(page);
        let mut body = json!({ "value": found.iter().map(|stored| self.item(stored)).collect::<Vec<_>>() });
        if self.query.get("$count").is_some_and(|count| count == "true") {
            body["@odata.count"] = json!(count);
        }
        if more && let Some(last) = found.last() {
            let mut query = self.query.clone();
            query.remove("$skip");
            if let Some(top) = top {
                query.insert("$top".to_owned(), (top - page).to_string());
            }
            query.insert("$skiptoken".to_owned(), json!(place(last)).to_string());
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&query).finish();
            body["@odata.nextLink"] = json!(link(&query));
        }
        Ok(Answer { status: 200, etag: None, body })
    }

    fn item(&self, stored: &Stored) -> Value {
        let mut item = entity(stored, self.expands());
        if let (Some(select), Some(entity)) = (self.query.get("$select"), item.as_object_mut()) {
            let wanted: Vec<&str> = select.split(',').map(str::trim).collect();
            entity.retain(|name, _| wanted.contains(&name.as_str()) || name.starts_with('@') || name == "Lines");
        }
        item
    }
}

fn entity(stored: &Stored, lines: bool) -> Value {
    let mut entity: Map<String, Value> = stored.entity.clone();
    if !lines {
        entity.remove("Lines");
    } else if entity.contains_key("Lines") {
        entity.insert("Lines".to_owned(), shown_lines(&entity).into());
    }
    entity.insert("@odata.etag".to_owned(), json!(stored.etag()));
    Value::Object(entity)
}

fn shown(status: u16, stored: &Stored, lines: bool) -> Answer {
    Answer { status, etag: Some(stored.etag()), body: entity(stored, lines) }
}

/// The lines of an entity, each with its state.
fn shown_lines(entity: &Map<String, Value>) -> Vec<Value> {
    let lines = entity.get("Lines").and_then(Value::as_array).cloned().unwrap_or_default();
    let shown = |mut line: Value| {
        line["@odata.etag"] = json!(line_etag(&line));
        line
    };
    lines.into_iter().map(shown).collect()
}

/// What an address names.
struct Target<'a> {
    set: &'a str,
    key: Option<String>,
    /// What of the entity.
    inner: Option<&'a str>,
}

/// `Set`, `Set('key')`, or `Set('key')/Inner`.
fn target(text: &str) -> Result<Target<'_>, Refusal> {
    let Some((set, rest)) = text.split_once('(') else { return Ok(Target { set: text, key: None, inner: None }) };
    let bad = || Refusal::new(400, set, "the key cannot be read");
    let rest = rest
        .split_once('=')
        .filter(|(name, _)| !name.is_empty() && name.chars().all(char::is_alphanumeric))
        .map_or(rest, |(_, value)| value);
    let (key, rest) = if rest.starts_with('\'') {
        let mut after = rest.chars().peekable();
        let key = literal(&mut after).map_err(|_| bad())?;
        let left = after.map(char::len_utf8).sum::<usize>();
        (key, rest.get(rest.len() - left..).ok_or_else(bad)?)
    } else {
        let end = rest.find(')').ok_or_else(bad)?;
        (rest[..end].to_owned(), &rest[end..])
    };
    let inner = rest.strip_prefix(')').ok_or_else(bad)?;
    let inner = if inner.is_empty() { None } else { Some(inner.strip_prefix('/').ok_or_else(bad)?) };
    Ok(Target { set, key: Some(key), inner })
}
