//! The ids of the requests that a record's events came from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use async_trait::async_trait;
use serde_json::json;
use sync_core::memory::MemoryStore;
use sync_core::*;

use crate::world::block_on;

const KIND: &str = "order";

/// Two orders with their content, each read by a request of its own; none is read by the same twice.
#[derive(Default)]
struct Orders {
    content: AtomicU32,
    stamp: AtomicU32,
    asked: AtomicU32,
}

#[async_trait]
impl Source for Orders {
    async fn poll(&self, _: Option<&Cursor>, _: &dyn Known) -> Result<Batch, SourceError> {
        let asked = self.asked.fetch_add(1, Relaxed);
        let record = |id: u32| {
            let payload = json!({ "id": id, "content": self.content.load(Relaxed) });
            Record {
                key: RecordKey::new("acme".into(), KIND.into(), id.to_string()),
                revision: Revision::of(&payload),
                stamp: self.stamp.load(Relaxed).to_string(),
                lifecycle: Lifecycle::Active,
                payload,
                request_ids: [format!("read-{asked}-{id}")].into_iter().collect(),
            }
        };
        let records = vec![record(1), record(2)];
        Ok(Batch { records, unchanged: 0, next: Cursor(String::new()), more: false })
    }
}

struct Plain;

impl Mapper for Plain {
    fn map(&self, record: &Record, _: &References) -> Mapping {
        Mapping::Draft { document: record.payload.clone(), decisions: Vec::new() }
    }
}

/// Answers each document by requests of its own; the second one is made later.
struct Telling;

fn by(step: &str, content: &serde_json::Value) -> RequestIds {
    [format!("{step}-{}", content["id"])].into_iter().collect()
}

#[async_trait]
impl Sink for Telling {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        vec![Found::Absent; wanted.len()]
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        let staged = |draft: &Draft| Staged::Staged(Handle(draft.document.clone()), by("stage", &draft.document));
        drafts.iter().map(staged).collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let commit = |handle: &Handle| match handle.0["id"].as_u64() {
            Some(1) => Committed::Created(TargetRef("P1".into()), by("commit", &handle.0)),
            _ => Committed::Accepted(by("commit", &handle.0)),
        };
        handles.iter().map(commit).collect()
    }

    async fn compare(&self, wanted: &[Amendment]) -> Vec<Compared> {
        let differs =
            |one: &Amendment| Compared::Differs { handle: Handle(one.document.clone().unwrap()), differences: vec![] };
        wanted.iter().map(differs).collect()
    }

    async fn amend(&self, handles: &[Handle]) -> Vec<Amended> {
        handles.iter().map(|handle| Amended::Done(by("amend", &handle.0))).collect()
    }
}

fn engine(source: &Arc<Orders>) -> Engine {
    let store = Arc::new(MemoryStore::default());
    let clock = Arc::new(VirtualClock::at(chrono::DateTime::UNIX_EPOCH));
    let flow = Flow {
        on_revision: Revisions::Amend,
        ..Flow::new(KIND, Arc::clone(source) as Arc<dyn Source>, Plain, Arc::new(Telling))
    };
    Engine::new("acme", store.clone(), store.clone(), store).clock(clock).flow(flow)
}

fn sync(engine: &Engine) {
    block_on(engine.poll(&KIND.into())).unwrap();
    block_on(engine.advance(10)).unwrap();
}

fn trail(engine: &Engine, id: u32) -> Trail {
    block_on(engine.trail(&RecordKey::new("acme".into(), KIND.into(), id.to_string()))).unwrap()
}

fn told(trail: &Trail) -> Vec<(String, Vec<String>)> {
    let what = |entry: &AuditEntry| serde_json::to_value(&entry.change).unwrap()["what"].as_str().unwrap().to_owned();
    let entries = trail.entries();
    let named = entries.iter().filter(|entry| !entry.request_ids.is_empty());
    named.map(|entry| (what(entry), entry.request_ids.clone())).collect()
}

fn expected(events: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
    events.iter().map(|(what, id)| ((*what).to_owned(), vec![(*id).to_owned()])).collect()
}

#[test]
fn each_event_names_the_requests_that_it_came_from_and_no_other_records() {
    let source = Arc::new(Orders::default());
    let engine = engine(&source);
    sync(&engine);
    let first = [("discovered", "read-0-1"), ("committing", "stage-1"), ("posted", "commit-1")];
    assert_eq!(told(&trail(&engine, 1)), expected(&first));
    let second = [("discovered", "read-0-2"), ("committing", "stage-2"), ("accepted", "commit-2")];
    assert_eq!(told(&trail(&engine, 2)), expected(&second));
    source.content.store(1, Relaxed);
    sync(&engine);
    let later = [("revised", "read-1-1"), ("amended", "amend-1")];
    let trail = trail(&engine, 1);
    assert_eq!(told(&trail), expected(&[&first[..], &later[..]].concat()));
    let lines = trail.to_string();
    assert!(lines.contains("the document is as the record is now (request amend-1)"), "{lines}");
}

#[test]
fn a_reading_of_the_same_content_by_another_request_writes_nothing() {
    let source = Arc::new(Orders::default());
    let engine = engine(&source);
    sync(&engine);
    let events = trail(&engine, 1).events.len();
    sync(&engine);
    assert_eq!(source.asked.load(Relaxed), 2);
    assert_eq!(trail(&engine, 1).events.len(), events);
    source.stamp.store(1, Relaxed);
    sync(&engine);
    assert_eq!(told(&trail(&engine, 1)).last(), expected(&[("reread", "read-2-1")]).last());
}

#[test]
fn events_that_were_written_before_there_were_ids_are_read() {
    let old = json!({ "version": 3, "at": "2026-11-02T08:00:00Z", "actor": "w", "change": { "what": "accepted" } });
    let event: Event = serde_json::from_value(old.clone()).unwrap();
    assert_eq!((&event.change, event.request_ids.is_empty()), (&Change::Accepted, true));
    assert_eq!(serde_json::to_value(&event).unwrap(), old, "and written as they were");
    let named = Event { request_ids: ["a", "b", "a"].into_iter().collect(), ..event };
    let text = serde_json::to_string(&named).unwrap();
    assert!(text.contains(r#""request_ids":["a","b"]"#), "{text}");
    assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), named);
}

#[test]
fn several_requests_are_named_together() {
    let event = Event {
        version: 1,
        at: chrono::DateTime::UNIX_EPOCH,
        actor: Actor::new("w"),
        change: Change::Discovered {
            revision: Revision::new("1"),
            stamp: String::new(),
            lifecycle: Lifecycle::Active,
            payload: json!({}),
        },
        request_ids: ["a", "b"].into_iter().collect(),
    };
    let trail = Trail { key: "acme/order/7".parse().unwrap(), events: vec![event] };
    let entry = trail.entries().remove(0);
    assert_eq!(entry.request_ids, ["a", "b"]);
    assert!(entry.to_string().ends_with("read for the first time (requests a, b)"), "{entry}");
}

#[test]
fn the_same_trouble_by_another_request_is_no_other_reason() {
    let key: RecordKey = "acme/order/7".parse().unwrap();
    let refused = |id: &str| Failure {
        request_id: Some(id.to_owned()),
        ..Failure::new(FailureKind::Invalid, "item BAD does not exist")
    };
    let (revision, lifecycle) = (Revision::new("1"), Lifecycle::Active);
    let changes = [
        Change::Discovered { revision, stamp: String::new(), lifecycle, payload: json!({}) },
        Change::Rejected { failure: refused("req-1"), there: false },
        Change::Alerted { reason: "item BAD does not exist".to_owned() },
        Change::Replayed,
        Change::Rejected { failure: refused("req-2"), there: false },
    ];
    let events: Vec<Event> = (1..)
        .zip(changes)
        .map(|(version, change)| Event {
            version,
            at: chrono::DateTime::UNIX_EPOCH,
            actor: Actor::new("w"),
            change,
            request_ids: RequestIds::none(),
        })
        .collect();
    let head = Head::fold(&key, &events).unwrap();
    assert_eq!((head.concern().as_deref(), head.untold()), (Some("item BAD does not exist"), None));
    assert_eq!(Trail { key, events }.entries()[4].request_ids, ["req-2"]);
}
