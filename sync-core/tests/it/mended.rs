//! Documents that the target took and then found wrong: people mend them there, and ask for another look.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};
use sync_core::*;

use crate::world::{Target, World, block_on};

const BILL: &str = "bill";

fn bill() -> RecordKey {
    RecordKey::new("acme".into(), BILL.into(), "1".to_owned())
}

/// One bill, in an edition.
#[derive(Default)]
struct OneBill(AtomicU32);

#[async_trait]
impl Source for OneBill {
    async fn poll(&self, _: Option<&Cursor>, _: &dyn Known) -> Result<Batch, SourceError> {
        let payload = json!({ "edition": self.0.load(Relaxed) });
        let (revision, lifecycle) = (Revision::of(&payload), Lifecycle::Active);
        let request_ids = RequestIds::none();
        let records = vec![Record { key: bill(), revision, stamp: String::new(), lifecycle, payload, request_ids }];
        Ok(Batch { records, unchanged: 0, next: Cursor(String::new()), more: false })
    }
}

struct AsItIs;

impl Mapper for AsItIs {
    fn map(&self, record: &Record, _: &References) -> Mapping {
        Mapping::Draft { document: record.payload.clone(), decisions: Vec::new() }
    }
}

/// Takes documents, or keeps its answer to itself; what it has may be wrong.
#[derive(Default)]
struct Checked {
    made: Mutex<Vec<Value>>,
    wrong: AtomicBool,
    silent: bool,
}

#[async_trait]
impl Sink for Checked {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let there = !self.made.lock().unwrap().is_empty();
        let found = match (there, self.wrong.load(Relaxed)) {
            (false, _) => Found::Absent,
            (true, true) => Found::Differs(Failure::new(FailureKind::Other, "a line is wrong: mend it there")),
            (true, false) => Found::Found(TargetRef("A1".into())),
        };
        vec![found; wanted.len()]
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        drafts.iter().map(|draft| Handle(draft.document.clone()).into()).collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        self.made.lock().unwrap().extend(handles.iter().map(|handle| handle.0.clone()));
        let lost = Committed::Unknown(Failure::new(FailureKind::Other, "no answer"));
        vec![if self.silent { lost } else { Committed::Accepted(RequestIds::none()) }; handles.len()]
    }
}

#[test]
fn what_the_target_found_wrong_is_not_sent_again_when_it_is_edited_and_is_looked_at_again_once_it_is_mended() {
    for silent in [false, true] {
        let world = World::new(Target::Staged, 0);
        let (source, sink) = (Arc::new(OneBill::default()), Arc::new(Checked { silent, ..Checked::default() }));
        sink.wrong.store(true, Relaxed);
        let engine = world.engine().flow(Flow::new(BILL, source.clone(), AsItIs, sink.clone()));
        let sync = || block_on(world.sync_by(engine.only(&BILL.into()), BILL));
        let name = || world.head(&bill()).state.name();
        sync();
        assert_eq!(name(), StateName::Parked, "silent: {silent}");
        source.0.store(1, Relaxed);
        sync();
        assert_eq!(name(), StateName::Parked, "an edit alone sends nothing");
        let replay = || block_on(engine.replay(&bill(), &Actor::new("jo"), Assurance::None));
        replay().unwrap();
        sync();
        assert_eq!(name(), StateName::Parked, "it was not mended");
        sink.wrong.store(false, Relaxed);
        replay().unwrap();
        sync();
        let history = block_on(world.store.history(&bill())).unwrap();
        let evidence = history.iter().find_map(|event| match &event.change {
            Change::Posted { evidence, .. } => Some(*evidence),
            _ => None,
        });
        assert_eq!((name(), evidence), (StateName::Posted, Some(Evidence::Lookup)), "silent: {silent}");
        assert_eq!(sink.made.lock().unwrap().len(), 1, "it was made again");
    }
}
