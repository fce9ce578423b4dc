//! The ledger: for each record an append-only history, and where it stands.
//!
//! Nothing happens to a record that does not stand in its history, and its present state is nothing
//! but that history folded together ([`Head::fold`]). A [`DedupStore`] keeps it; the rules of the
//! append (compare-and-swap, leases, fencing) are in [`Slot`], for stores to use as they are.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::StoreError;
use crate::failure::Failure;
use crate::mapper::Missing;
use crate::record::{Actor, ConnectionId, Kind, Lifecycle, RecordKey, Revision};
use crate::request::RequestIds;
use crate::sink::{Difference, Handle, TargetRef};
use crate::state::{Head, StateName};

/// How a document that exists came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The target answered the commit with it.
    Answer,
    /// It was looked up.
    Lookup,
    /// It was there before the first attempt.
    Existing,
}

/// One thing that happened to a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Change {
    /// It was read for the first time.
    Discovered {
        /// Its content's revision.
        revision: Revision,
        /// The reading's mark.
        stamp: String,
        /// Whether it is wanted.
        lifecycle: Lifecycle,
        /// The content.
        payload: Value,
    },
    /// It was read again with other content, or was cancelled or reopened.
    Revised {
        /// The new content's revision.
        revision: Revision,
        /// The reading's mark.
        stamp: String,
        /// Whether it is wanted.
        lifecycle: Lifecycle,
        /// The new content.
        payload: Value,
    },
    /// It was read again; only the reading's mark had changed.
    Reread {
        /// The new mark.
        stamp: String,
    },
    /// It waits for something that is missing.
    Held {
        /// What is missing.
        missing: Vec<Missing>,
    },
    /// It is not to be posted.
    Skipped {
        /// Why.
        reason: String,
    },
    /// It is mapped and ready, and nothing may be posted before then.
    Postponed {
        /// When it goes on.
        until: DateTime<Utc>,
        /// Which rule of the schedule says so.
        reason: String,
    },
    /// It is free to go on.
    Resumed {
        /// Why.
        because: String,
    },
    /// An attempt begins; from here on something may be sent (I1).
    Intended {
        /// The attempt's number, from 1.
        attempt: u32,
        /// The document that is sent (I6).
        document: Value,
        /// How its references were resolved.
        decisions: Vec<String>,
    },
    /// The target was asked for the document before the first attempt, and has none.
    NotYetThere,
    /// An attempt ended with nothing left behind; the next one is due then.
    RetryPlanned {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        failure: Failure,
    },
    /// It is staged under this handle and about to be committed (I1).
    Committing {
        /// What staging gave.
        handle: Handle,
        /// What people would look for in the target.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        called: Option<String>,
    },
    /// The commit was proven unprocessed; the same handle is committed again then.
    CommitPlanned {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        failure: Failure,
    },
    /// The target took it and makes the document later.
    Accepted,
    /// The document exists.
    Posted {
        /// Its number.
        target: TargetRef,
        /// How we know.
        evidence: Evidence,
    },
    /// The document that it was linked to is not what it is.
    Unlike {
        /// What of it differs, or why it could not become what the record is.
        why: String,
    },
    /// The target refused it.
    Rejected {
        /// Why.
        failure: Failure,
        /// Whether something of it, or in its place, is in the target all the same.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        there: bool,
    },
    /// It was given up until a person asks for a replay.
    Parked {
        /// Why.
        failure: Failure,
    },
    /// It is not known whether the commit happened.
    InDoubt {
        /// Why not.
        failure: Failure,
    },
    /// The target is about to be asked what became of the commit (I2).
    Settling,
    /// The commit never happened and never will; a new attempt is safe (I2).
    Voided,
    /// The posted document is about to be changed, or cancelled if there is no content (I1).
    Amending {
        /// The content it is to have (I6).
        document: Option<Value>,
        /// How its references were resolved.
        decisions: Vec<String>,
        /// What is changed, before and after.
        differences: Vec<Difference>,
    },
    /// The posted document is what the record was at this reading; or is cancelled, if that was.
    Amended {
        /// The record's content.
        revision: Revision,
        /// Whether it was wanted.
        lifecycle: Lifecycle,
        /// Whether a person has said so.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_hand: bool,
    },
    /// It is to be changed, and nothing may be changed before then.
    AmendPostponed {
        /// When it goes on.
        until: DateTime<Utc>,
        /// Which rule of the schedule says so.
        reason: String,
    },
    /// It was not changed, or not certainly; it is compared anew then.
    AmendPlanned {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        failure: Failure,
    },
    /// It cannot be changed to what the record was at this reading.
    AmendRefused {
        /// The record's content.
        revision: Revision,
        /// Whether it was wanted.
        lifecycle: Lifecycle,
        /// Why not.
        failure: Failure,
    },
    /// What the record is at this reading cannot be carried over yet.
    AmendHeld {
        /// The record's content.
        revision: Revision,
        /// What is missing.
        missing: Vec<Missing>,
    },
    /// A lookup did not find the document.
    LookedUp {
        /// Whether the target knows of it all the same.
        pending: bool,
        /// When to look again.
        next: DateTime<Utc>,
    },
    /// A question about it was not answered.
    Unanswered {
        /// Why not.
        failure: Failure,
        /// When to ask again.
        next: DateTime<Utc>,
    },
    /// People were told.
    Alerted {
        /// What they were told.
        reason: String,
    },
    /// People could not be told.
    AlertFailed {
        /// Why not.
        why: String,
        /// When it is tried again.
        next: DateTime<Utc>,
    },
    /// A person asked for another attempt.
    Replayed,
    /// A person asked that the target be looked at again, after it was not clear what it has.
    AskedAgain,
}

/// One entry of a record's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the history, from 1.
    pub version: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// What.
    pub change: Change,
    /// What the other systems call the requests that it came from; of one that failed, the failure has the id.
    #[serde(default, skip_serializing_if = "RequestIds::is_empty")]
    pub request_ids: RequestIds,
}

/// Proves which of several claims of a key is the latest: grows with each claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub u64);

/// What an append does to the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It stays as it is.
    Keep,
    /// It is extended.
    Until(DateTime<Utc>),
    /// It is given back.
    Release,
}

/// Events to append to one record's history. Without events only the lease is changed.
#[derive(Debug, Clone)]
pub struct Append {
    /// Which record.
    pub key: RecordKey,
    /// The version the history must have; 0 for a record not yet there.
    pub expected: u64,
    /// The claim this is done under, if any.
    pub fence: Option<Fence>,
    /// What to do with the lease.
    pub lease: Lease,
    /// The events, numbered from `expected + 1`.
    pub events: Vec<Event>,
    /// Where the record stands after them.
    pub head: Head,
}

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is durable.
    Done,
    /// The history has another version by now; nothing was appended.
    VersionConflict,
    /// Another worker has claimed the key since; nothing was appended (I4).
    LeaseLost,
}

/// Asks for records that are due.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// Of which connection.
    pub connection: ConnectionId,
    /// Of which kinds.
    pub kinds: Vec<Kind>,
    /// The time now: due at or before, and not leased beyond it.
    pub now: DateTime<Utc>,
    /// Until when the claims hold.
    pub until: DateTime<Utc>,
    /// Who claims.
    pub worker: Actor,
    /// How many at most.
    pub limit: usize,
}

/// A record that this worker alone may carry on, until the lease ends.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Where it stands.
    pub head: Head,
    /// What appends must show.
    pub fence: Fence,
}

/// Asks for records by state, in the order of their ids, page by page.
#[derive(Debug, Clone)]
pub struct Query {
    /// Of which connection.
    pub connection: ConnectionId,
    /// Of which kind; of all kinds if none.
    pub kind: Option<Kind>,
    /// In which states; in all if empty.
    pub states: Vec<StateName>,
    /// Only those of which a person should know ([`Head::concern`]).
    pub concerning: bool,
    /// After this key.
    pub after: Option<RecordKey>,
    /// How many at most.
    pub limit: usize,
}

/// Keeps the ledger.
///
/// What the engine relies on, whatever happens to the process or the machine:
///
/// * [`append`](Self::append) is one durable transaction: when it returns, all events of the items
///   that answered [`Appended::Done`] survive; when it fails, none of the batch does.
/// * An item is appended only if its version matches and, if it shows a fence, no later claim of the
///   key exists ([`Slot::append`] holds the rule).
/// * [`claim`](Self::claim) never gives one key to two workers while the first one's lease runs.
///
/// [`conformance`](crate::conformance) checks an implementation; [`Slot`] does the thinking for one
/// record, [`Table`](crate::memory::Table) for a whole ledger that is kept as one piece:
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use sync_core::memory::Table;
/// use sync_core::{Append, Appended, Claim, ClaimRequest, DedupStore, Event, Head, Query, RecordKey, StoreError};
///
/// #[derive(Default)]
/// struct Ledger(Mutex<Table>);
///
/// #[async_trait::async_trait]
/// impl DedupStore for Ledger {
///     async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Head>>, StoreError> {
///         Ok(self.0.lock().unwrap().get(keys))
///     }
///     async fn history(&self, key: &RecordKey) -> Result<Vec<Event>, StoreError> {
///         Ok(self.0.lock().unwrap().history(key))
///     }
///     async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
///         Ok(self.0.lock().unwrap().append(batch)) // a real one saves the table before it answers
///     }
///     async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> {
///         Ok(self.0.lock().unwrap().claim(request))
///     }
///     async fn list(&self, query: &Query) -> Result<Vec<Head>, StoreError> {
///         Ok(self.0.lock().unwrap().list(query))
///     }
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// sync_core::conformance::dedup_store(|| async { Arc::new(Ledger::default()) }).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[async_trait]
pub trait DedupStore: Send + Sync {
    /// Where each of these records stands, in the order asked.
    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Head>>, StoreError>;

    /// All that happened to a record, oldest first.
    async fn history(&self, key: &RecordKey) -> Result<Vec<Event>, StoreError>;

    /// Appends to several histories in one transaction, and answers each.
    async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>, StoreError>;

    /// Claims records that are due, the longest due first.
    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError>;

    /// Records by state, ordered by key.
    async fn list(&self, query: &Query) -> Result<Vec<Head>, StoreError>;

    /// How many records of a kind are in each state.
    async fn counts(&self, connection: &ConnectionId, kind: &Kind) -> Result<BTreeMap<StateName, u64>, StoreError> {
        let mut counts = BTreeMap::new();
        for head in list_all(self, Query::of(connection, kind)).await? {
            *counts.entry(head.state.name()).or_default() += 1;
        }
        Ok(counts)
    }

    /// Whose document each of these is, in the order asked, among the records of a kind that are wanted and have one
    /// ([`Head::holds`]).
    async fn holders(
        &self,
        connection: &ConnectionId,
        kind: &Kind,
        targets: &[TargetRef],
    ) -> Result<Vec<Option<RecordKey>>, StoreError> {
        let posted = Query::of(connection, kind).in_states(&StateName::HOLDING);
        let heads = list_all(self, posted).await?;
        let holder = |target: &TargetRef| heads.iter().find(|head| head.holds(target));
        Ok(targets.iter().map(|target| holder(target).map(|head| head.key.clone())).collect())
    }

    /// When the next record of these kinds is due; none when nothing waits for time. Leases are not
    /// looked at.
    async fn next_due(&self, connection: &ConnectionId, kinds: &[Kind]) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut due = None;
        for kind in kinds {
            let heads = list_all(self, Query::of(connection, kind)).await?;
            due = heads.iter().filter_map(Head::due).chain(due).min();
        }
        Ok(due)
    }
}

impl Query {
    /// All records of a kind.
    pub fn of(connection: &ConnectionId, kind: &Kind) -> Self {
        Self {
            connection: connection.clone(),
            kind: Some(kind.clone()),
            states: Vec::new(),
            concerning: false,
            after: None,
            limit: 500,
        }
    }

    /// Only those in these states.
    pub fn in_states(mut self, states: &[StateName]) -> Self {
        self.states = states.to_vec();
        self
    }

    /// Only those of which a person should know.
    pub fn concerning(mut self) -> Self {
        self.concerning = true;
        self
    }
}

/// All records that a query asks for, however many pages that takes.
pub async fn list_all<S: DedupStore + ?Sized>(store: &S, mut query: Query) -> Result<Vec<Head>, StoreError> {
    let mut all = Vec::new();
    loop {
        let page = store.list(&query).await?;
        query.after = page.last().map(|head| head.key.clone());
        let last = page.len() < query.limit;
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

/// One record as a store keeps it, with the rules of claim and append.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Slot {
    /// Where the record stands; none before its first event.
    pub head: Option<Head>,
    /// The latest claim's fence.
    pub fence: u64,
    /// Until when the latest claim holds.
    pub leased_until: Option<DateTime<Utc>>,
}

impl Slot {
    /// Whether an append may be done, and if so what it does to the slot.
    ///
    /// A lease that has run out but was taken by nobody still counts: what happened under it is
    /// better known than not.
    pub fn append(&mut self, append: &Append) -> Appended {
        if append.fence.is_some_and(|fence| fence.0 != self.fence) {
            return Appended::LeaseLost;
        }
        if append.expected != self.head.as_ref().map_or(0, |head| head.version) {
            return Appended::VersionConflict;
        }
        match append.lease {
            Lease::Keep => {}
            Lease::Until(until) => self.leased_until = Some(until),
            Lease::Release => self.leased_until = None,
        }
        if !append.events.is_empty() {
            self.head = Some(append.head.clone());
        }
        Appended::Done
    }

    /// Claims the record if it is due and free.
    pub fn claim(&mut self, request: &ClaimRequest) -> Option<Claim> {
        let head = self.head.as_ref()?;
        let due = head.due().is_some_and(|due| due <= request.now);
        let free = self.leased_until.is_none_or(|until| until <= request.now);
        let wanted = head.key.connection() == &request.connection && request.kinds.contains(head.key.kind());
        if !due || !free || !wanted {
            return None;
        }
        self.fence += 1;
        self.leased_until = Some(request.until);
        Some(Claim { head: head.clone(), fence: Fence(self.fence) })
    }

    /// Whether the record is one of those asked for, the page's start and size apart.
    pub fn matches(&self, query: &Query) -> bool {
        self.head.as_ref().is_some_and(|head| {
            head.key.connection() == &query.connection
                && query.kind.as_ref().is_none_or(|kind| kind == head.key.kind())
                && (query.states.is_empty() || query.states.contains(&head.state.name()))
                && (!query.concerning || head.concern().is_some())
        })
    }
}
