//! Many requests in one call: groups of them, each made by itself, and a change set all or nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::multipart;
use super::request::{Answer, Request};
use super::store::Store;
use crate::faults::{Fault, FaultKind};

/// A request of a batch.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) id: Option<String>,
    pub(super) method: String,
    /// Below the service, percent-decoded, with its query.
    pub(super) url: String,
    pub(super) if_match: Option<String>,
    pub(super) body: Option<Value>,
}

/// What is made by itself: one request, or a change set.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) is_change_set: bool,
    pub(super) parts: Vec<Part>,
}

/// What became of a group.
pub(super) struct Outcome {
    pub(super) is_change_set: bool,
    /// One for each request. Of a change set that was refused, the others say 424.
    pub(super) answers: Vec<(Option<String>, Answer)>,
    pub(super) failed: bool,
}

/// The requests of a JSON document.
pub(super) fn read_json(body: &[u8]) -> Option<Vec<Group>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let mut groups: Vec<Group> = Vec::new();
    let mut last = Value::Null;
    for part in body["requests"].as_array()? {
        let group = &part["atomicityGroup"];
        if group.is_null() || *group != last {
            groups.push(Group { is_change_set: !group.is_null(), parts: Vec::new() });
        }
        last = group.clone();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let part = Part {
            id: text(&part["id"]),
            method: text(&part["method"]).unwrap_or_default(),
            url: text(&part["url"]).unwrap_or_default(),
            if_match: text(&part["headers"]["if-match"]),
            body: part.get("body").cloned(),
        };
        if let Some(group) = groups.last_mut() {
            group.parts.push(part);
        }
    }
    Some(groups)
}

/// How many groups are run, how many of those are answered, and whether the others are said not to have been.
fn cut(fault: Option<Fault>, count: usize) -> (usize, usize, bool) {
    let Some(fault) = fault else { return (count, count, false) };
    let below = |dice: u64, end: usize| usize::try_from(dice % (end.max(1) as u64)).unwrap_or(0);
    let some = below(fault.dice, count);
    match fault.kind {
        FaultKind::BulkTerminated | FaultKind::BulkBadRequest => (some, some, true),
        FaultKind::ShortResults => (some + below(fault.dice >> 32, count - some + 1), some, false),
        _ => (count, count, false),
    }
}

/// Runs the groups in order, up to the first failure unless it is to go on.
pub(super) fn run(
    groups: Vec<Group>,
    service: &str,
    store: &mut Store,
    page: usize,
    go_on: bool,
    fault: Option<Fault>,
) -> Vec<Outcome> {
    let (made, shown, stopped) = cut(fault, groups.len());
    let mut outcomes = Vec::new();
    let mut failed = false;
    for (place, group) in groups.into_iter().enumerate() {
        if place >= made || (failed && !go_on) {
            if stopped || failed {
                outcomes.push(not_run(group));
            }
            continue;
        }
        let outcome = run_group(group, service, store, page);
        failed |= outcome.failed;
        if place < shown {
            outcomes.push(outcome);
        }
    }
    outcomes
}

fn not_run(group: Group) -> Outcome {
    let answer = |part: Part| (part.id, Answer { status: 424, etag: None, body: Value::Null });
    let answers = group.parts.into_iter().map(answer).collect();
    Outcome { is_change_set: group.is_change_set, answers, failed: true }
}

fn run_group(group: Group, service: &str, store: &mut Store, page: usize) -> Outcome {
    let before = (group.is_change_set && group.parts.len() > 1).then(|| store.clone());
    let ids: Vec<Option<String>> = group.parts.iter().map(|part| part.id.clone()).collect();
    let (is_change_set, mut answers) = (group.is_change_set, Vec::new());
    for (place, part) in group.parts.into_iter().enumerate() {
        let answer = part.request(service).run(store, page, &|_| String::new());
        if answer.status < 400 {
            answers.push((part.id, answer));
            continue;
        }
        if let Some(before) = before {
            let tried = std::mem::take(&mut store.writes);
            *store = before;
            store.writes = tried;
        }
        let others = || Answer { status: 424, etag: None, body: Value::Null };
        let mut answers: Vec<_> = ids.into_iter().map(|id| (id, others())).collect();
        answers[place].1 = answer;
        return Outcome { is_change_set, answers, failed: true };
    }
    Outcome { is_change_set, answers, failed: false }
}

impl Part {
    fn request<'a>(&'a self, service: &'a str) -> Request<'a> {
        let (target, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        Request {
            method: &self.method,
            service,
            target,
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect::<BTreeMap<_, _>>(),
            if_match: self.if_match.as_deref(),
            body: self.body.as_ref(),
        }
    }
}

/// The outcomes as a JSON document.
pub(super) fn write_json(outcomes: &[Outcome]) -> Value {
    let response = |(id, answer): &(Option<String>, Answer)| {
        let mut response = json!({ "id": id, "status": answer.status, "headers": {} });
        if let Some(etag) = &answer.etag {
            response["headers"]["etag"] = json!(etag);
        }
        if !answer.body.is_null() {
            response["body"] = answer.body.clone();
        }
        response
    };
    let responses: Vec<Value> = outcomes.iter().flat_map(|outcome| &outcome.answers).map(response).collect();
    json!({ "responses": responses })
}

/// The outcomes as `multipart/mixed`.
pub(super) fn write_multipart(outcomes: &[Outcome]) -> String {
    let sets = outcomes.iter().map(|outcome| {
        if !outcome.is_change_set || outcome.failed {
            // One response stands for a change set that was refused.
            let worst = outcome.answers.iter().find(|(_, answer)| answer.status != 424);
            let one = worst.or(outcome.answers.first());
            return one.map(|(_, answer)| multipart::response(None, answer)).unwrap_or_default();
        }
        let inner = outcome.answers.iter().map(|(id, answer)| multipart::response(id.as_deref(), answer));
        multipart::of("changesetresponse", inner)
    });
    multipart::closed("batchresponse", sets)
}
