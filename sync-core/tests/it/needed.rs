//! Records that need others, and documents that stand in their place.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sync_core::*;

use crate::freeze::Until;
use crate::world::{KIND, Target, World, block_on, key};

const BILL: &str = "bill";

fn bill(id: u32) -> RecordKey {
    RecordKey::new("acme".into(), BILL.into(), id.to_string())
}

/// Bills of orders of the same number.
struct Bills(Vec<u32>);

#[async_trait]
impl Source for Bills {
    async fn poll(&self, _: Option<&Cursor>, _: &dyn Known) -> Result<Batch, SourceError> {
        let record = |id: &u32| {
            let payload = json!({ "order": id });
            let (key, revision) = (bill(*id), Revision::of(&payload));
            let request_ids = RequestIds::none();
            Record { key, revision, stamp: String::new(), lifecycle: Lifecycle::Active, payload, request_ids }
        };
        let records = self.0.iter().map(record).collect();
        Ok(Batch { records, unchanged: 0, next: Cursor(String::new()), more: false })
    }
}

/// A bill is drafted on what its order has become.
struct ByOrder;

impl Mapper for ByOrder {
    fn map(&self, record: &Record, references: &References) -> Mapping {
        let order = record.payload["order"].to_string();
        match references.record(KIND, &order).and_then(Head::target) {
            Some(target) => Mapping::Draft { document: json!({ "order": target }), decisions: Vec::new() },
            None => {
                Mapping::Hold(vec![Missing { kind: "order".into(), value: order, hint: "it is not posted".into() }])
            }
        }
    }

    fn needs(&self, _: &RecordKey, payload: &Value) -> Vec<RecordKey> {
        payload["order"].as_u64().map(|id| key(u32::try_from(id).unwrap())).into_iter().collect()
    }
}

/// Made at once. What people typed in the place of a document is not the same.
#[derive(Default)]
struct Book {
    made: Mutex<Vec<Value>>,
    typed: Mutex<Vec<Value>>,
}

#[async_trait]
impl Sink for Book {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let typed = self.typed.lock().unwrap();
        let find = |lookup: &Lookup| match &lookup.document {
            Some(document) if typed.contains(document) => {
                Found::Differs(Failure::new(FailureKind::Other, "typed by hand, with another amount"))
            }
            Some(_) => Found::Absent,
            None => Found::Unanswered(Failure::new(FailureKind::Other, "asked without the document")),
        };
        wanted.iter().map(find).collect()
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        drafts.iter().map(|draft| Handle(draft.document.clone()).into()).collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let mut made = self.made.lock().unwrap();
        made.extend(handles.iter().map(|handle| handle.0.clone()));
        handles.iter().map(|_| TargetRef(made.len().to_string()).into()).collect()
    }
}

struct Ledger {
    world: Arc<World>,
    book: Arc<Book>,
    engine: Engine,
}

impl Ledger {
    fn new(orders: u32, bills: Vec<u32>) -> Self {
        let world = World::new(Target::Staged, orders);
        let book = Arc::new(Book::default());
        let flow = Flow::new(BILL, Arc::new(Bills(bills)), ByOrder, book.clone());
        Self { engine: world.engine().flow(flow), world, book }
    }

    fn sync(&self, kind: &str) {
        block_on(self.world.sync_by(self.engine.only(&kind.into()), kind));
    }

    fn state(&self, id: u32) -> State {
        self.world.head(&bill(id)).state
    }
}

#[test]
fn a_record_is_held_until_the_one_that_it_needs_is_posted() {
    let ledger = Ledger::new(2, vec![1, 2, 9]);
    ledger.sync(BILL);
    assert_eq!(ledger.state(1).name(), StateName::Held);
    assert!(ledger.world.tables.lock().unwrap().documents.is_empty(), "orders were not to be moved yet");
    ledger.sync(KIND);
    ledger.sync(BILL);
    let made = ledger.book.made.lock().unwrap().clone();
    let target = |id: u32| json!({ "order": ledger.world.head(&key(id)).target() });
    assert_eq!(made.len(), 2);
    assert!(made.contains(&target(1)) && made.contains(&target(2)), "{made:?}");
    assert_eq!(ledger.state(9).name(), StateName::Held, "an order that was never read");
}

#[test]
fn in_a_freeze_a_record_is_postponed_with_the_one_that_it_needs_and_nobody_is_told() {
    let mut ledger = Ledger::new(2, vec![1, 2, 9]);
    ledger.world.write(2, "S9", "on a supplier that is not there");
    let until = ledger.world.clock.now() + TimeDelta::hours(48);
    ledger.engine = ledger.engine.schedule(Arc::new(Until(until)));
    ledger.sync(KIND);
    let plan = block_on(ledger.engine.plan(&BILL.into(), &References::default())).unwrap();
    assert!(matches!(plan[0].step, Step::Postpone(_)) && matches!(plan[1].step, Step::Hold(_)), "{plan:?}");
    ledger.sync(BILL);
    let names = [1, 2, 9].map(|id| ledger.state(id).name());
    assert_eq!(names, [StateName::Postponed, StateName::Held, StateName::Held], "only what waits for the freeze alone");
    let told = ledger.world.alerts.raised();
    assert!(told.iter().all(|alert| alert.key != bill(1)), "{told:?}");
    ledger.world.suppliers.lock().unwrap().push("S9".into());
    ledger.sync(KIND);
    ledger.sync(BILL);
    assert_eq!(ledger.state(2).name(), StateName::Postponed, "its order waits for nothing else any more");
    assert!(ledger.book.made.lock().unwrap().is_empty(), "posted in a freeze");
    ledger.world.clock.advance(std::time::Duration::from_secs(48 * 3600));
    ledger.sync(KIND);
    ledger.sync(BILL);
    let made = ledger.book.made.lock().unwrap().clone();
    let target = |id: u32| json!({ "order": ledger.world.head(&key(id)).target() });
    assert_eq!(made.len(), 2);
    assert!(made.contains(&target(1)) && made.contains(&target(2)), "on what the orders became: {made:?}");
}

#[test]
fn a_plan_sees_what_is_needed_as_the_ledger_has_it_or_as_it_is_told() {
    let ledger = Ledger::new(1, vec![1]);
    let step = |references: &References| {
        let plan = block_on(ledger.engine.plan(&BILL.into(), references)).unwrap();
        plan.into_iter().next().unwrap().step
    };
    assert!(matches!(step(&References::default()), Step::Hold(_)));
    let foreseen = Head::foreseen(key(1), TargetRef("new".into()), ledger.engine.time().now());
    let told = References::default().with_records([foreseen]);
    assert_eq!(step(&told), Step::Post(json!({ "order": "new" })));
    ledger.sync(KIND);
    let posted = json!({ "order": ledger.world.head(&key(1)).target() });
    assert_eq!(step(&References::default()), Step::Post(posted));
}

#[test]
fn a_document_that_stands_in_place_of_another_is_left_to_a_person() {
    let ledger = Ledger::new(1, vec![1]);
    ledger.sync(KIND);
    let draft = json!({ "order": ledger.world.head(&key(1)).target() });
    ledger.book.typed.lock().unwrap().push(draft);
    let plan = block_on(ledger.engine.plan(&BILL.into(), &References::default())).unwrap();
    assert!(matches!(&plan[0].step, Step::Tell(reason) if reason.contains("typed by hand")), "{plan:?}");
    ledger.sync(BILL);
    let State::Parked { failure, doubt: None, .. } = ledger.state(1) else { panic!("{:?}", ledger.state(1)) };
    assert!(failure.message.contains("typed by hand"));
    assert!(ledger.book.made.lock().unwrap().is_empty());
    ledger.book.typed.lock().unwrap().clear();
    block_on(ledger.engine.replay(&bill(1), &Actor::new("jo"), Assurance::None)).unwrap();
    ledger.sync(BILL);
    assert_eq!(ledger.state(1).name(), StateName::Posted);
}
