//! Checks of a store of your own: what the engine relies on, one check a promise.
//!
//! Call [`dedup_store`], [`checkpoints`] and [`cross_references`] from a test, each with a function
//! that opens an empty store:
//!
//! ```
//! use std::sync::Arc;
//! use sync_core::{conformance, memory::MemoryStore};
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! conformance::dedup_store(|| async { Arc::new(MemoryStore::default()) }).await;
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Panics
//! Each check panics with the promise that was broken: that is its purpose.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::checkpoint::CheckpointStore;
use crate::ledger::{Append, Appended, Change, Claim, ClaimRequest, DedupStore, Event, Evidence, Fence, Lease, Query};
use crate::mapper::Missing;
use crate::record::{Actor, ConnectionId, Kind, Lifecycle, Record, RecordKey, Revision};
use crate::reference::{CrossReferences, Match, MatchedBy, Reference, ReferenceChange};
use crate::request::RequestIds;
use crate::sink::TargetRef;
use crate::source::Cursor;
use crate::state::{Head, StateName};

/// Checks a [`DedupStore`].
pub async fn dedup_store<S, F, O>(open: O)
where
    S: DedupStore + 'static,
    F: Future<Output = Arc<S>>,
    O: Fn() -> F,
{
    what_was_appended_is_read_back(open().await.as_ref()).await;
    an_append_on_another_version_changes_nothing(open().await.as_ref()).await;
    a_batch_answers_each_item_by_itself(open().await.as_ref()).await;
    a_claimed_key_is_not_given_out_again_before_its_lease_ends(open().await.as_ref()).await;
    a_worker_that_lost_its_lease_appends_nothing(open().await.as_ref()).await;
    a_released_key_is_free_at_once(open().await.as_ref()).await;
    an_append_extends_a_lease(open().await.as_ref()).await;
    a_reading_may_be_appended_while_a_worker_holds_the_key(open().await.as_ref()).await;
    only_what_is_due_is_claimed_the_longest_due_first(open().await.as_ref()).await;
    a_claim_sees_only_its_connection_and_kinds(open().await.as_ref()).await;
    records_are_listed_by_state_page_by_page(open().await.as_ref()).await;
    a_document_is_found_with_the_wanted_record_that_has_it(open().await.as_ref()).await;
    concurrent_claims_share_no_key(open().await).await;
    concurrent_appends_on_one_version_succeed_once(open().await).await;
}

/// Checks a [`CheckpointStore`].
pub async fn checkpoints(store: &dyn CheckpointStore) {
    let (acme, orders) = (ConnectionId::new("acme"), Kind::new("purchase_order"));
    assert_eq!(store.load(&acme, &orders).await.unwrap(), None, "a cursor before one was saved");
    for text in ["one", "two"] {
        store.save(&acme, &orders, &Cursor(text.into())).await.unwrap();
        let loaded = store.load(&acme, &orders).await.unwrap();
        assert_eq!(loaded, Some(Cursor(text.into())), "the cursor last saved");
    }
    assert_eq!(store.load(&acme, &"bill".into()).await.unwrap(), None, "another kind's cursor");
    assert_eq!(store.load(&"globex".into(), &orders).await.unwrap(), None, "another connection's cursor");
}

/// Checks a [`CrossReferences`].
pub async fn cross_references(store: &dyn CrossReferences) {
    let acme = ConnectionId::new("acme");
    let line = |source: &str, target: &str, by| Reference {
        kind: "vendor".into(),
        source: source.into(),
        label: format!("Vendor {source}"),
        found: Match::Matched { target: target.into(), by },
    };
    assert!(store.snapshot(&acme).await.unwrap().aligned_at().is_none(), "never aligned");
    let first = [line("1", "S1", MatchedBy::Code), line("2", "S2", MatchedBy::Hand)];
    store.replace(&acme, &[("vendor".into(), first.to_vec())], start()).await.unwrap();
    let second = [line("2", "S9", MatchedBy::Code), line("3", "S3", MatchedBy::UniqueName)];
    let later = start() + TimeDelta::hours(1);
    let kinds = [("vendor".into(), second.to_vec()), ("gl_account".into(), Vec::new())];
    store.replace(&acme, &kinds, later).await.unwrap();
    let table = store.snapshot(&acme).await.unwrap();
    assert_eq!(table.aligned_at(), Some(later));
    assert_eq!(table.get("vendor", "1"), None, "a line that was replaced is gone");
    assert_eq!(table.get("vendor", "2"), Some(&first[1]), "a line made by hand is kept");
    assert_eq!(table.get("vendor", "3"), Some(&second[1]));
    let by_hand = [line("3", "S8", MatchedBy::Hand), line("4", "S4", MatchedBy::Hand)];
    let remove = [("vendor".into(), "2".into()), ("item".into(), "none".into())];
    assert!(store.changes(&acme).await.unwrap().is_empty(), "an alignment is nobody's change");
    let (jane, joe) = (Actor::new("jane"), Actor::new("joe"));
    store.amend(&acme, &by_hand, &remove, &jane, later).await.unwrap();
    store.amend(&acme, &by_hand[1..], &[], &joe, later).await.unwrap();
    let changes = store.changes(&acme).await.unwrap();
    let change = |before: Option<&Reference>, after: Option<&Reference>| ReferenceChange {
        at: later,
        by: jane.clone(),
        kind: "vendor".into(),
        source: before.or(after).unwrap().source.clone(),
        label: before.or(after).unwrap().label.clone(),
        before: before.map(|line| line.found.clone()),
        after: after.map(|line| line.found.clone()),
    };
    let expected =
        [change(Some(&first[1]), None), change(Some(&second[1]), Some(&by_hand[0])), change(None, Some(&by_hand[1]))];
    assert_eq!(changes, expected, "who changed what, from what, to what; what changes nothing is none");
    store.amend(&acme, &[line("4", "S5", MatchedBy::Hand)], &[], &joe, later).await.unwrap();
    store.amend(&acme, &by_hand[1..], &[], &joe, later).await.unwrap();
    let changes = store.changes(&acme).await.unwrap();
    assert!(
        changes[..3] == expected && changes.len() == 5,
        "nothing is taken out, what is new comes last: {changes:?}"
    );
    assert!(store.changes(&"globex".into()).await.unwrap().is_empty(), "another connection's changes");
    let table = store.snapshot(&acme).await.unwrap();
    assert_eq!(table.aligned_at(), Some(later), "an amendment is no alignment");
    assert_eq!((table.get("vendor", "2"), table.get("vendor", "3")), (None, Some(&by_hand[0])));
    store.replace(&acme, &[("vendor".into(), second.to_vec())], later).await.unwrap();
    let table = store.snapshot(&acme).await.unwrap();
    assert_eq!(table.get("vendor", "3"), Some(&by_hand[0]), "what a person set survives an alignment");
    assert_eq!(table.get("vendor", "4"), Some(&by_hand[1]), "also where the alignment has no such line");
    assert_eq!(table.get("vendor", "2"), Some(&second[0]), "what a person removed is aligned again");
    assert!(store.snapshot(&"globex".into()).await.unwrap().iter().next().is_none(), "another connection's lines");
}

async fn what_was_appended_is_read_back(store: &dyn DedupStore) {
    assert_eq!(store.get(&[key(1)]).await.unwrap(), vec![None]);
    assert!(store.history(&key(1)).await.unwrap().is_empty());
    let discovered = discovery(&key(1), start());
    append_one(store, &discovered).await;
    let held = next(&discovered.head, held("vendor"), start());
    append_one(store, &held).await;
    let history = store.history(&key(1)).await.unwrap();
    assert_eq!(history, [discovered.events, held.events].concat());
    let heads = store.get(&[key(2), key(1)]).await.unwrap();
    assert_eq!(heads, vec![None, Some(held.head)], "heads come in the order asked");
    assert_eq!(Head::fold(&key(1), &history), heads[1].clone(), "a head is its history folded");
}

async fn an_append_on_another_version_changes_nothing(store: &dyn DedupStore) {
    let discovered = discovery(&key(1), start());
    append_one(store, &discovered).await;
    let again = store.append(std::slice::from_ref(&discovered)).await.unwrap();
    assert_eq!(again, vec![Appended::VersionConflict], "a second discovery");
    let mut ahead = next(&discovered.head, held("vendor"), start());
    ahead.expected = 7;
    assert_eq!(store.append(&[ahead]).await.unwrap(), vec![Appended::VersionConflict], "a version not reached");
    assert_eq!(store.history(&key(1)).await.unwrap().len(), 1);
}

async fn a_batch_answers_each_item_by_itself(store: &dyn DedupStore) {
    let one = discovery(&key(1), start());
    append_one(store, &one).await;
    let answers = store.append(&[discovery(&key(2), start()), one, discovery(&key(3), start())]).await.unwrap();
    assert_eq!(answers, vec![Appended::Done, Appended::VersionConflict, Appended::Done]);
    assert!(store.get(&[key(3)]).await.unwrap()[0].is_some());
}

async fn a_claimed_key_is_not_given_out_again_before_its_lease_ends(store: &dyn DedupStore) {
    append_one(store, &discovery(&key(1), start())).await;
    let first = claim(store, start(), 10).await;
    assert_eq!(first.len(), 1);
    assert!(claim(store, start() + TimeDelta::seconds(59), 10).await.is_empty(), "claimed twice");
    let second = claim(store, start() + TimeDelta::seconds(60), 10).await;
    assert_eq!(second.len(), 1, "a lease that ran out");
    assert!(second[0].fence > first[0].fence, "fences grow");
}

async fn a_worker_that_lost_its_lease_appends_nothing(store: &dyn DedupStore) {
    append_one(store, &discovery(&key(1), start())).await;
    let first = claim(store, start(), 10).await.remove(0);
    let second = claim(store, start() + TimeDelta::seconds(60), 10).await.remove(0);
    let change = || next(&first.head, held("vendor"), start());
    let under = |fence: Fence| Append { fence: Some(fence), ..change() };
    assert_eq!(store.append(&[under(first.fence)]).await.unwrap(), vec![Appended::LeaseLost]);
    assert_eq!(store.history(&key(1)).await.unwrap().len(), 1);
    assert_eq!(store.append(&[under(second.fence)]).await.unwrap(), vec![Appended::Done]);
}

async fn a_released_key_is_free_at_once(store: &dyn DedupStore) {
    let discovered = discovery(&key(1), start());
    append_one(store, &discovered).await;
    let first = claim(store, start(), 10).await.remove(0);
    let give_back = Append {
        fence: Some(first.fence),
        lease: Lease::Release,
        events: Vec::new(),
        ..next(&discovered.head, held("x"), start())
    };
    assert_eq!(store.append(&[give_back]).await.unwrap(), vec![Appended::Done]);
    assert_eq!(store.get(&[key(1)]).await.unwrap()[0], Some(discovered.head), "no event, no change");
    assert_eq!(claim(store, start(), 10).await.len(), 1);
}

async fn an_append_extends_a_lease(store: &dyn DedupStore) {
    append_one(store, &discovery(&key(1), start())).await;
    let mine = claim(store, start(), 10).await.remove(0);
    let until = start() + TimeDelta::seconds(600);
    let intended = Change::Intended { attempt: 1, document: json!({}), decisions: Vec::new() };
    let longer = Append { fence: Some(mine.fence), lease: Lease::Until(until), ..next(&mine.head, intended, start()) };
    assert_eq!(store.append(&[longer]).await.unwrap(), vec![Appended::Done]);
    assert!(claim(store, start() + TimeDelta::seconds(599), 10).await.is_empty(), "the lease was not extended");
    assert_eq!(claim(store, until, 10).await.len(), 1, "the lease never ends");
}

async fn a_reading_may_be_appended_while_a_worker_holds_the_key(store: &dyn DedupStore) {
    append_one(store, &discovery(&key(1), start())).await;
    let mine = claim(store, start(), 10).await.remove(0);
    append_one(store, &next(&mine.head, Change::Reread { stamp: "later".into() }, start())).await;
    let late = Append { fence: Some(mine.fence), ..next(&mine.head, held("vendor"), start()) };
    assert_eq!(store.append(&[late]).await.unwrap(), vec![Appended::VersionConflict]);
    let reread = store.get(&[key(1)]).await.unwrap().remove(0).unwrap();
    let fresh = Append { fence: Some(mine.fence), ..next(&reread, held("vendor"), start()) };
    assert_eq!(store.append(&[fresh]).await.unwrap(), vec![Appended::Done], "the lease is still held");
}

async fn only_what_is_due_is_claimed_the_longest_due_first(store: &dyn DedupStore) {
    for (id, minutes) in [(1, 5), (2, 0), (3, 90), (4, 2)] {
        append_one(store, &discovery(&key(id), start() + TimeDelta::minutes(minutes))).await;
    }
    let told = discovery(&key(5), start());
    append_one(store, &told).await;
    let held = next(&told.head, held("vendor"), start());
    append_one(store, &held).await;
    let alerted = Change::Alerted { reason: held.head.concern().unwrap() };
    append_one(store, &next(&held.head, alerted, start())).await;
    let due = store.next_due(&"acme".into(), &["purchase_order".into()]).await.unwrap();
    assert_eq!(due, Some(start()), "the earliest due");
    let ids: Vec<String> = claim(store, start() + TimeDelta::minutes(10), 2)
        .await
        .iter()
        .map(|claim| claim.head.key.id().to_owned())
        .collect();
    assert_eq!(ids, ["000002", "000004"]);
}

async fn a_claim_sees_only_its_connection_and_kinds(store: &dyn DedupStore) {
    let elsewhere = RecordKey::new("globex".into(), "purchase_order".into(), "1");
    let bill = RecordKey::new("acme".into(), "bill".into(), "1");
    for key in [&elsewhere, &bill, &key(1)] {
        append_one(store, &discovery(key, start())).await;
    }
    let claims = claim(store, start(), 10).await;
    assert_eq!(claims.iter().map(|claim| claim.head.key.clone()).collect::<Vec<_>>(), vec![key(1)]);
}

async fn records_are_listed_by_state_page_by_page(store: &dyn DedupStore) {
    for id in 1..=5 {
        let discovered = discovery(&key(id), start());
        append_one(store, &discovered).await;
        if id % 2 == 1 {
            append_one(store, &next(&discovered.head, held("vendor"), start())).await;
        }
    }
    let mut query = Query {
        connection: "acme".into(),
        kind: Some("purchase_order".into()),
        states: vec![StateName::Held],
        concerning: false,
        after: None,
        limit: 2,
    };
    let page = store.list(&query).await.unwrap();
    assert_eq!(page.iter().map(|head| head.key.clone()).collect::<Vec<_>>(), vec![key(1), key(3)]);
    query.after = Some(key(3));
    let page = store.list(&query).await.unwrap();
    assert_eq!(page.iter().map(|head| head.key.clone()).collect::<Vec<_>>(), vec![key(5)]);
    query = Query { states: Vec::new(), after: None, concerning: true, limit: 9, ..query };
    assert_eq!(store.list(&query).await.unwrap().len(), 3, "held records concern a person");
    let counts = store.counts(&"acme".into(), &"purchase_order".into()).await.unwrap();
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(StateName::Discovered, 2), (StateName::Held, 3)]);
}

async fn a_document_is_found_with_the_wanted_record_that_has_it(store: &dyn DedupStore) {
    let target = |id: u32| TargetRef(format!("PO '{id}'"));
    for id in 1..=4 {
        let posted = Change::Posted { target: target(id), evidence: Evidence::Answer };
        let discovered = discovery(&key(id), start());
        let posted = next(&discovered.head, posted, start());
        append_one(store, &discovered).await;
        append_one(store, &posted).await;
        if id == 2 {
            let Record { revision, stamp, payload, .. } = posted.head.record();
            let withdrawn = Change::Revised { revision, stamp, lifecycle: Lifecycle::Cancelled, payload };
            append_one(store, &next(&posted.head, withdrawn, start())).await;
        }
        if id == 4 {
            let postponed = Change::AmendPostponed { until: start(), reason: "month-end".into() };
            append_one(store, &next(&posted.head, postponed, start())).await;
        }
    }
    let targets = [target(3), target(2), target(9), target(1), target(4)];
    let holders = store.holders(&"acme".into(), &"purchase_order".into(), &targets).await.unwrap();
    let expected = [Some(key(3)), None, None, Some(key(1)), Some(key(4))];
    assert_eq!(holders, expected, "one was withdrawn, one never posted, one is to be changed later");
    let of_others = store.holders(&"acme".into(), &"bill".into(), &targets).await.unwrap();
    assert_eq!(of_others, vec![None; 5]);
}

async fn concurrent_claims_share_no_key<S: DedupStore + 'static>(store: Arc<S>) {
    for id in 1..=40 {
        append_one(store.as_ref(), &discovery(&key(id), start())).await;
    }
    let claims = |_| {
        let store = Arc::clone(&store);
        async move { claim(store.as_ref(), start(), 20).await }
    };
    let (a, b, c) = tokio::join!(claims(1), claims(2), claims(3));
    let mut ids: Vec<RecordKey> = [a, b, c].concat().into_iter().map(|claim| claim.head.key).collect();
    assert_eq!(ids.len(), 40, "each key once");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 40, "no key twice");
}

async fn concurrent_appends_on_one_version_succeed_once<S: DedupStore + 'static>(store: Arc<S>) {
    let discovered = discovery(&key(1), start());
    append_one(store.as_ref(), &discovered).await;
    let append = |what: &'static str| {
        let (store, append) = (Arc::clone(&store), next(&discovered.head, held(what), start()));
        async move { store.append(&[append]).await.unwrap()[0] }
    };
    let (a, b, c) = tokio::join!(append("x"), append("y"), append("z"));
    let done = [a, b, c].into_iter().filter(|answer| *answer == Appended::Done).count();
    assert_eq!(done, 1, "one of three appends on the same version");
}

fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn key(id: u32) -> RecordKey {
    RecordKey::new("acme".into(), "purchase_order".into(), format!("{id:06}"))
}

fn held(kind: &str) -> Change {
    Change::Held { missing: vec![Missing { kind: kind.into(), value: "17".into(), hint: "add it".into() }] }
}

fn discovery(key: &RecordKey, at: DateTime<Utc>) -> Append {
    let payload = json!({ "total": "12.50", "text": "line\nbreak, 'quote' and ünïcode" });
    let change = Change::Discovered {
        revision: Revision::of(&payload),
        stamp: "first".into(),
        lifecycle: Lifecycle::Active,
        payload,
    };
    let request_ids = ["req-1", "req 'two'"].into_iter().collect();
    let event = Event { version: 1, at, actor: Actor::new("test"), change, request_ids };
    let head = Head::first(key, &event).unwrap();
    Append { key: key.clone(), expected: 0, fence: None, lease: Lease::Keep, events: vec![event], head }
}

fn next(head: &Head, change: Change, at: DateTime<Utc>) -> Append {
    let event =
        Event { version: head.version + 1, at, actor: Actor::new("test"), change, request_ids: RequestIds::none() };
    let mut after = head.clone();
    after.apply(&event);
    Append {
        key: head.key.clone(),
        expected: head.version,
        fence: None,
        lease: Lease::Keep,
        events: vec![event],
        head: after,
    }
}

async fn append_one(store: &dyn DedupStore, append: &Append) {
    assert_eq!(store.append(std::slice::from_ref(append)).await.unwrap(), vec![Appended::Done]);
}

async fn claim(store: &dyn DedupStore, now: DateTime<Utc>, limit: usize) -> Vec<Claim> {
    let request = ClaimRequest {
        connection: "acme".into(),
        kinds: vec!["purchase_order".into()],
        now,
        until: now + TimeDelta::seconds(60),
        worker: Actor::new("test"),
        limit,
    };
    store.claim(&request).await.unwrap()
}
