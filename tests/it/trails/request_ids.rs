//! What a trail calls the requests that a document came from is what the tenants called them: those that carried it,
//! and no others.

use std::collections::BTreeSet;

use procurify_cloudsuite::purchase_order::{ApprovedOrder, DefaultOrderMapper, Mapped, OrderMapper};
use procurify_cloudsuite::{Connection, FlowKind};
use rust_decimal::Decimal;
use sandbox::{AnsweredCall, Edit, M3, OData, Scenario, SyteLine};
use sync_core::{Assurance, AuditEntry, Change, ExternalRef, RecordKey, References, StateName};

use crate::erp::Erp;
use crate::world::{World, bill_key, key, scenario};

type Ids = BTreeSet<String>;

/// A record's trail beside what the tenants were asked.
struct Told {
    key: RecordKey,
    entries: Vec<AuditEntry>,
    /// What is written of it in calls: our reference, the numbers that it has on its way and in the end.
    words: Vec<String>,
}

impl Told {
    async fn of(connection: &Connection, key: RecordKey) -> Self {
        let entries = connection.trail(&key).await.unwrap().entries();
        let mut words = vec![ExternalRef::of(&key).to_string()];
        for entry in &entries {
            let number = entry.document.as_ref().map(|number| number.0.clone());
            // A number that short is many another's too.
            let named =
                |number: String| if number.len() < 6 { format!(r#"Voucher","Value":"{number}"#) } else { number };
            words.extend(number.map(named));
            if let Change::Committing { handle, .. } = &entry.change {
                words.extend(handle.0["message"].as_str().map(str::to_owned));
            }
        }
        assert_eq!(entries.last().unwrap().after, StateName::Posted, "{key}");
        Self { key, entries, words }
    }

    /// What the events of these kinds name.
    fn ids(&self, kinds: &[&str]) -> Ids {
        let what = |entry: &&AuditEntry| {
            let change = serde_json::to_value(&entry.change).unwrap();
            kinds.contains(&change["what"].as_str().unwrap())
        };
        self.entries.iter().filter(what).flat_map(|entry| entry.request_ids.clone()).collect()
    }

    fn uuid(&self) -> String {
        let discovered = serde_json::to_value(&self.entries[0].change).unwrap();
        discovered["payload"]["bill"]["uuid"].as_str().unwrap().to_owned()
    }
}

/// Whether a text has this word, and not only within another.
fn has_word(text: &str, word: &str) -> bool {
    let is_end = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    text.match_indices(word)
        .any(|(at, _)| is_end(text[..at].chars().last()) && is_end(text[at + word.len()..].chars().next()))
}

/// The calls that wrote something with one of these words in it.
fn writes_of(calls: &[AnsweredCall], words: &[String]) -> Ids {
    let opens = |call: &&AnsweredCall| call.body.contains("StartEntry");
    let m3_writes = |body: &str| ["\"Add", "\"Upd", "\"FinishEntry"].iter().any(|verb| body.contains(verb));
    let writes = |call: &&AnsweredCall| {
        call.method != "GET"
            && !call.path.contains("token")
            && (!call.path.ends_with("/execute") || m3_writes(&call.body))
    };
    let of_it =
        |call: &&AnsweredCall| words.iter().any(|word| has_word(&call.body, word) || has_word(&call.path, word));
    let calls = calls.iter().filter(|call| !opens(call)).filter(writes).filter(of_it);
    calls.map(|call| call.request_id.clone()).collect()
}

fn paths(calls: &[AnsweredCall], ids: &Ids) -> Vec<String> {
    let path = |id: &String| {
        let call = calls.iter().find(|call| call.request_id == *id);
        call.unwrap_or_else(|| panic!("no call was answered as {id}")).path.clone()
    };
    ids.iter().map(path).collect()
}

async fn each_document_names_the_calls_that_carried_it<E: Erp>() {
    let world = World::<E>::of(Scenario { bills: 8, ..scenario(12) }).await;
    world.procurify.keep_calls();
    world.erp.keep_calls();
    let connection = world.connect_amending_in_calls_of(E::SMALL_CALL).await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let orders = world.erp.kept_calls();
    for key in world.keys() {
        let told = Told::of(&connection, key).await;
        let read_at = paths(&world.procurify.kept_calls(), &told.ids(&["discovered"]));
        assert!(read_at.iter().any(|path| path.contains("/purchase_orders/")), "{}: {read_at:?}", told.key);
        assert!(read_at.iter().any(|path| path.contains("/order-items/")), "{}: {read_at:?}", told.key);
    }
    each_is_told(&connection, world.keys(), &orders).await;

    connection.sync(FlowKind::Bills).await.unwrap();
    let bills = world.erp.kept_calls().split_off(orders.len());
    let mut read: BTreeSet<Ids> = BTreeSet::new();
    for key in world.bill_keys() {
        let told = Told::of(&connection, key).await;
        let ids = told.ids(&["discovered"]);
        let plain = |text: &str| text.replace('-', "");
        let read_at = paths(&world.procurify.kept_calls(), &ids);
        assert!(!ids.is_empty() && read_at.iter().all(|path| plain(path).contains(&plain(&told.uuid()))));
        assert!(read.insert(ids), "{}: two bills were read by one call", told.key);
    }
    each_is_told(&connection, world.bill_keys(), &bills).await;
    every_change_names_its_calls(&world, &connection).await;
}

/// That the calls that made these documents are named by those that they carried, and by no others.
async fn each_is_told(connection: &Connection, keys: Vec<RecordKey>, sent: &[AnsweredCall]) {
    let mut made: BTreeSet<Ids> = BTreeSet::new();
    for key in keys {
        let told = Told::of(connection, key).await;
        let ids = told.ids(&["committing", "accepted", "posted"]);
        paths(sent, &ids);
        let opened = |id: &&String| sent.iter().any(|call| call.request_id == **id && call.body.contains("StartEntry"));
        let written: Ids = ids.iter().filter(|id| !opened(id)).cloned().collect();
        assert!(!written.is_empty(), "{}", told.key);
        assert_eq!(written, writes_of(sent, &told.words), "{}", told.key);
        made.insert(ids);
    }
    assert!(made.len() > 1, "not all came in the same calls: {made:?}");
}

async fn every_change_names_its_calls<E: Erp>(world: &World<E>, connection: &Connection) {
    for (order, quantity) in [(10_002, 7_771), (10_003, 7_772)] {
        assert!(world.procurify.edit(order, Edit::Quantity { line: 1, quantity: Decimal::from(quantity) }));
    }
    assert!(world.procurify.edit(10_004, Edit::Cancel));
    let bill = world.procurify.approved_bills()[0];
    assert!(world.procurify.edit_bill(bill, |edit| edit.invoice_number = Some("RENAMED77".to_owned())));
    let before = world.erp.kept_calls().len();
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    connection.sync(FlowKind::Bills).await.unwrap();
    let (asked, sent) = (world.procurify.kept_calls(), world.erp.kept_calls().split_off(before));
    for (key, word) in [(key(10_002), "7771"), (key(10_003), "7772"), (bill_key(bill), "RENAMED77")] {
        let told = Told::of(connection, key).await;
        let changed = told.ids(&["amended"]);
        assert!(!changed.is_empty(), "{}: {:?}", told.key, told.entries);
        assert_eq!(changed, writes_of(&sent, &[word.to_owned()]), "{}", told.key);
        let read = told.ids(&["revised"]);
        assert!(!read.is_empty() && read.is_disjoint(&told.ids(&["discovered"])));
        paths(&asked, &read);
    }
    let cancelled = connection.trail(&key(10_004)).await.unwrap();
    let last = cancelled.entries().pop().unwrap();
    assert_eq!(last.after, StateName::Cancelled, "{cancelled}");
    assert!(!last.request_ids.is_empty(), "{cancelled}");
    paths(&sent, &last.request_ids.iter().cloned().collect());
    let line = cancelled.to_string();
    assert!(last.request_ids.iter().all(|id| line.contains(id.as_str())), "{line}");
    let unchanged = Told::of(connection, key(10_005)).await;
    assert!(unchanged.ids(&["revised", "reread", "amended"]).is_empty(), "{:?}", unchanged.entries);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_document_names_the_calls_that_carried_it_with_m3() {
    each_document_names_the_calls_that_carried_it::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_document_names_the_calls_that_carried_it_with_syteline() {
    each_document_names_the_calls_that_carried_it::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_document_names_the_calls_that_carried_it_with_odata_services() {
    each_document_names_the_calls_that_carried_it::<OData>().await;
}

/// On a cost centre that no ERP has.
struct Misplaced;

impl OrderMapper for Misplaced {
    fn map(&self, order: &ApprovedOrder, references: &References) -> Mapped {
        let mut mapped = DefaultOrderMapper::default().map(order, references);
        if let Mapped::Draft { draft, .. } = &mut mapped {
            draft.lines[0].cost_center = Some("NOWHERE".to_owned());
        }
        mapped
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_again_for_the_same_reason_is_told_once_whatever_its_calls_are_called() {
    let world = World::<OData>::of(scenario(3)).await;
    // Of an order that is sent alone the refusal is the call's, with the call's id.
    let connection = world.build(1, |connection| connection.mapper(Misplaced)).await;
    let key = key(10_001);
    for again in [false, true] {
        if again {
            connection.engine().replay(&key, &"jo".into(), Assurance::NotInTarget).await.unwrap();
        }
        let report = connection.sync(FlowKind::PurchaseOrders).await.unwrap();
        assert_eq!(report.count(StateName::Rejected), 3, "{:?}", report.concerns);
    }
    let entries = connection.trail(&key).await.unwrap().entries();
    let told = entries.iter().filter(|entry| matches!(entry.change, Change::Alerted { .. })).count();
    let met: Vec<&AuditEntry> =
        entries.iter().filter(|entry| matches!(entry.change, Change::Rejected { .. })).collect();
    assert_eq!((met.len(), told), (2, 1), "{entries:?}");
    let ids: Ids = met.iter().flat_map(|entry| entry.request_ids.iter().cloned()).collect();
    assert_eq!(ids.len(), 2, "each by its own call: {met:?}");
    for (entry, id) in met.iter().flat_map(|entry| entry.request_ids.iter().map(move |id| (entry, id))) {
        assert!(entry.to_string().ends_with(&format!("(request {id})")), "{entry}");
    }
}
