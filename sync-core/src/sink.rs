//! Where documents go: staged, committed, and found again.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::{Failure, FailureKind};
use crate::mapper::Missing;
use crate::record::{ExternalRef, RecordKey};
use crate::request::RequestIds;

/// A document ready to be posted.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Whose document it is.
    pub key: RecordKey,
    /// What must be written into it, so that it can be found again.
    pub reference: ExternalRef,
    /// The mapped content.
    pub document: Value,
    /// What the last commit of it sent, if there was one that did not end with a document: where a commit is not all or
    /// nothing, a part of that may be in the target still.
    pub earlier: Option<Handle>,
    /// Whether [`Sink::find`] has just answered [`Found::Absent`] for it: staging need not ask the same again.
    pub absent: bool,
}

impl Draft {
    /// The question whether it is there, before anything of it is sent.
    pub(crate) fn lookup(&self) -> Lookup {
        Lookup {
            key: self.key.clone(),
            reference: self.reference.clone(),
            handle: None,
            document: Some(self.document.clone()),
            earlier: self.earlier.clone(),
        }
    }
}

/// What staging gave: all a sink needs to commit, settle, look up or discard it later, in any process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Handle(pub Value);

/// What a document is called of which no more is known in words.
pub const UNNAMED: &str = "a document with our reference";

/// The target's own number of a posted document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TargetRef(pub String);

/// What stands for the number of a document that has none yet.
const UNPOSTED: &str = "(still to be posted)";

impl TargetRef {
    /// What stands for the number of a document that is still to be posted, in a plan of others that refer to it.
    pub fn unposted() -> Self {
        Self(UNPOSTED.to_owned())
    }

    /// Whether a mapped document refers to one that is still to be posted: it cannot be written so.
    pub(crate) fn is_awaited_by(document: &Value) -> bool {
        match document {
            Value::String(text) => text == UNPOSTED,
            Value::Array(values) => values.iter().any(Self::is_awaited_by),
            Value::Object(fields) => fields.values().any(Self::is_awaited_by),
            _ => false,
        }
    }
}

impl fmt::Display for TargetRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A question for a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// Whose document.
    pub key: RecordKey,
    /// The reference written into it.
    pub reference: ExternalRef,
    /// What its staging gave, when it was staged.
    pub handle: Option<Handle>,
    /// Its mapped content, when it is asked for before anything of it is sent: a sink may recognise by it a document
    /// that people made themselves.
    pub document: Option<Value>,
    /// As in [`Draft::earlier`].
    pub earlier: Option<Handle>,
}

/// The answer to a [`Lookup`].
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// It exists.
    Found(TargetRef),
    /// It is known to the target and not there yet.
    Pending,
    /// Nothing was found. Where the target's search lags, that proves nothing by itself.
    Absent,
    /// No document yet, but what an attempt left of it, which [staging](Sink::stage) looks at once more. For all else it
    /// is as absent.
    InPart,
    /// A document stands in its place that may not be the same: only a person can tell. The record is parked.
    Differs(Failure),
    /// The question was not answered.
    Unanswered(Failure),
}

impl Found {
    /// What this tells of a commit in doubt, where a document that is not found was certainly not made.
    pub fn settles(self) -> Settled {
        match self {
            Self::Found(target) => Settled::Created(target),
            Self::Differs(failure) => Settled::NeedsPerson(failure),
            Self::Unanswered(failure) => Settled::Unanswered(failure),
            Self::Absent | Self::InPart | Self::Pending => Settled::Void,
        }
    }
}

/// What became of one draft in `stage`.
#[derive(Debug, Clone, PartialEq)]
pub enum Staged {
    /// It is ready to commit; by these requests.
    Staged(Handle, RequestIds),
    /// The target refused the content.
    Rejected(Failure),
    /// Something of it, or in its place, is in the target already, which a person must see to first: the failure says
    /// what. Nothing was staged.
    Blocked(Failure),
    /// It waits for something in the target, which people understand and can see to. Nothing was staged; it is tried
    /// again whenever held records are.
    Held(Vec<Missing>),
    /// Nothing was staged, or what was staged counts for nothing: safe to stage anew.
    NotStaged(Failure),
}

impl From<Handle> for Staged {
    fn from(handle: Handle) -> Self {
        Self::Staged(handle, RequestIds::none())
    }
}

/// What became of one handle in `commit`.
#[derive(Debug, Clone, PartialEq)]
pub enum Committed {
    /// The document exists; by these requests.
    Created(TargetRef, RequestIds),
    /// The target took it, by these requests, and will make the document later.
    Accepted(RequestIds),
    /// The target refused it and nothing will come of it: what was staged has been thrown away.
    Rejected(Failure),
    /// The target refused it, and a part of it stays there: the failure says which, and what is to be done about it.
    RejectedInPart(Failure),
    /// Proven not to have been processed: it is tried again, with the same handle where the sink [keeps what is
    /// staged](Sink::keeps_staged).
    NotProcessed(Failure),
    /// It may have happened.
    Unknown(Failure),
}

impl From<TargetRef> for Committed {
    fn from(target: TargetRef) -> Self {
        Self::Created(target, RequestIds::none())
    }
}

/// What `settle` found out about a commit whose outcome is unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// The document exists.
    Created(TargetRef),
    /// The commit was taken; the document exists or will appear.
    Accepted,
    /// The commit has not happened and now never can: it is safe to stage anew.
    Void,
    /// The target has no certain answer; a lookup, repeated after the settle time, must decide.
    Undecided,
    /// It could be neither settled nor safely looked up: only a person can decide.
    NeedsPerson(Failure),
    /// The question was not answered; ask again later.
    Unanswered(Failure),
}

/// A commit of unknown outcome that is to be settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubt {
    /// Whose commit.
    pub lookup: Lookup,
    /// Whether an earlier `settle` of the same handle may have been processed without its answer
    /// having reached us. Recorded before each attempt, so it is never falsely `false`.
    pub asked_before: bool,
}

/// What a posted document is to become.
#[derive(Debug, Clone, PartialEq)]
pub struct Amendment {
    /// Whose document.
    pub key: RecordKey,
    /// The reference written into it.
    pub reference: ExternalRef,
    /// Its number.
    pub target: TargetRef,
    /// The content that was sent last, as far as the ledger has it: what the target does not show of its own
    /// documents can be told from it.
    pub sent: Option<Value>,
    /// The content that is wanted now; none if the document is to be cancelled.
    pub document: Option<Value>,
    /// Whether a change was begun and its end is not known: then the document may be a part of what was sent last and
    /// a part of what it was before.
    pub unsettled: bool,
}

impl Amendment {
    /// Of a document that was found before anything was sent of it: what the target does not show is taken to be as it
    /// is wanted.
    pub(crate) fn of_found(key: RecordKey, target: TargetRef, document: Option<Value>) -> Self {
        let reference = ExternalRef::of(&key);
        Self { key, reference, target, sent: document.clone(), document, unsettled: false }
    }
}

/// A field of a posted document that is to change, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which, such as `line 2 quantity`.
    pub what: String,
    /// What the target has; none if nothing.
    pub before: Option<String>,
    /// What it is to have; none if nothing.
    pub after: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "{} {before} -> {after}", self.what),
            (None, Some(after)) => write!(f, "{} added: {after}", self.what),
            (Some(before), None) => write!(f, "{} removed: {before}", self.what),
            (None, None) => f.write_str(&self.what),
        }
    }
}

/// How a posted document compares with what it is to become.
#[derive(Debug, Clone, PartialEq)]
pub enum Compared {
    /// It is so already.
    Same,
    /// It differs in these.
    Differs {
        /// All that `amend` needs to change exactly them.
        handle: Handle,
        /// What differs.
        differences: Vec<Difference>,
    },
    /// It cannot be changed to it: part of it has been received, for example. Nothing was changed.
    Refused(Failure),
    /// The question was not answered.
    Unanswered(Failure),
}

/// What became of an amendment.
#[derive(Debug, Clone, PartialEq)]
pub enum Amended {
    /// All of it was carried out, by these requests.
    Done(RequestIds),
    /// The target refused it. What came before the refused part may have been carried out.
    Refused(Failure),
    /// Not all of it was carried out, and nothing more will come of it: compare anew.
    NotDone(Failure),
    /// Some of it may have been carried out, or may be yet.
    Unknown(Failure),
}

/// Puts documents into the target.
///
/// Each method takes a batch and answers each item, in order; an answer that is missing is taken as
/// "unknown". A sink never retries what may have been processed: that is the engine's decision.
/// A sink keeps no state of its own: whatever it must remember stands in the [`Handle`].
///
/// What the target calls the requests of a success can be told with it, for the trail; a handle or a number alone
/// stands for a success of which that is not known.
///
/// Staging leaves nothing behind that counts. A sink of a target without staging returns the draft
/// itself as the handle in `stage`, without a call, and creates the document in `commit`:
///
/// ```
/// use std::sync::Mutex;
/// use sync_core::{Committed, Draft, Found, Handle, Lookup, Sink, Staged, TargetRef};
///
/// /// A target that is a list: the place is the number, the reference stands beside the document.
/// #[derive(Default)]
/// struct List(Mutex<Vec<(String, serde_json::Value)>>);
///
/// #[async_trait::async_trait]
/// impl Sink for List {
///     async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
///         let list = self.0.lock().unwrap();
///         let place = |lookup: &Lookup| list.iter().position(|(reference, _)| *reference == lookup.reference.as_str());
///         wanted.iter().map(|lookup| match place(lookup) {
///             Some(place) => Found::Found(TargetRef(place.to_string())),
///             None => Found::Absent,
///         }).collect()
///     }
///
///     async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
///         drafts.iter().map(|draft| Handle(serde_json::json!([draft.reference, draft.document])).into()).collect()
///     }
///
///     async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
///         let mut list = self.0.lock().unwrap();
///         handles.iter().map(|handle| {
///             list.push((handle.0[0].as_str().unwrap_or_default().to_owned(), handle.0[1].clone()));
///             TargetRef((list.len() - 1).to_string()).into()
///         }).collect()
///     }
/// }
/// ```
#[async_trait]
pub trait Sink: Send + Sync {
    /// Looks for documents.
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found>;

    /// What [`stage`](Self::stage) would answer to these; none where that cannot be told without sending anything. A plan
    /// shows it, so the target may be read.
    ///
    /// By default that cannot be told of any.
    async fn check(&self, drafts: &[Draft]) -> Vec<Option<Staged>> {
        vec![None; drafts.len()]
    }

    /// Whether [`stage`](Self::stage) leaves something in the target on which a commit that was not processed is repeated.
    /// Where it does not, all is staged anew, however soon: so what people have made or closed there meanwhile is seen.
    ///
    /// By default it does not.
    fn keeps_staged(&self) -> bool {
        false
    }

    /// By what people know the document that a handle is to become, in words, where two records may be of one: such as the
    /// supplier and number of an invoice, of which two bills were entered. As long as it is not certain what became of the
    /// one, the other is not committed.
    ///
    /// By default each record has a document of its own.
    fn known_by(&self, handle: &Handle) -> Option<String> {
        let _ = handle;
        None
    }

    /// Prepares documents.
    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged>;

    /// Makes prepared documents count. The handle is durable before this is called (I1).
    async fn commit(&self, handles: &[Handle]) -> Vec<Committed>;

    /// Finds out with certainty what became of commits (I2). By default the target has no such
    /// answer and lookups decide.
    async fn settle(&self, doubts: &[Doubt]) -> Vec<Settled> {
        vec![Settled::Undecided; doubts.len()]
    }

    /// Reads posted documents and tells what must change for them to be what is wanted. Changes nothing.
    ///
    /// Asked too of documents that [`find`](Self::find) has found before anything was sent, with what is wanted in the
    /// place of what was sent, which nobody knows.
    ///
    /// By default the target's documents cannot be changed, and are what was sent.
    async fn compare(&self, wanted: &[Amendment]) -> Vec<Compared> {
        let refused =
            || Failure::new(FailureKind::Invalid, "documents cannot be changed in this target: do it by hand");
        let is_as_sent = |one: &Amendment| !one.unsettled && one.document.is_some() && one.sent == one.document;
        let compared = |one| if is_as_sent(one) { Compared::Same } else { Compared::Refused(refused()) };
        wanted.iter().map(compared).collect()
    }

    /// Carries out what [`compare`](Self::compare) found, and nothing else; what has changed since is not overwritten
    /// where the target can tell. The handle and its differences are durable before this is called (I1). It is never
    /// called twice with one handle: what is unknown is compared anew, a settle time later.
    async fn amend(&self, handles: &[Handle]) -> Vec<Amended> {
        let refused =
            || Failure::new(FailureKind::Invalid, "documents cannot be changed in this target: do it by hand");
        handles.iter().map(|_| Amended::Refused(refused())).collect()
    }

    /// What stands in the target of records that are not to be posted any more, by the handles that were sent of them
    /// last and have been [thrown away](Self::discard) as far as they counted for nothing: what it is, and what a person
    /// is to do about it. Nothing is removed by this.
    ///
    /// By default a commit makes the whole document or nothing.
    async fn left_behind(&self, handles: &[Handle]) -> Vec<Result<Option<Failure>, Failure>> {
        vec![Ok(None); handles.len()]
    }

    /// A handle in words, for people who must look it up in the target themselves: a number, a name, the place.
    fn describe(&self, handle: &Handle) -> String {
        let _ = handle;
        UNNAMED.to_owned()
    }

    /// Throws away what was staged and will not be committed. Best effort: what stays behind counts
    /// for nothing.
    async fn discard(&self, handles: &[Handle]) {
        let _ = handles;
    }
}
