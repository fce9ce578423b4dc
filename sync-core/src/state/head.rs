//! A record's head: its history folded together, and how each event moves it from one state to the next.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{State, StateName};
use crate::amendment::Unamended;
use crate::ledger::{Change, Event};
use crate::record::{ExternalRef, Lifecycle, Record, RecordKey, Revision};
use crate::request::RequestIds;
use crate::sink::{Draft, Handle, TargetRef};

/// A record's history folded together: where it stands.
#[allow(clippy::struct_excessive_bools)] // Independent things that are known of a record or its document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Which record.
    pub key: RecordKey,
    /// How many events its history has.
    pub version: u64,
    /// Its state.
    pub state: State,
    /// When it came into this state.
    pub since: DateTime<Utc>,
    /// The revision last read.
    pub revision: Revision,
    /// The mark of the last reading.
    pub stamp: String,
    /// Whether it is wanted, as last read.
    pub lifecycle: Lifecycle,
    /// The content last read.
    pub payload: Value,
    /// The number of the last attempt; 0 before the first.
    pub attempt: u32,
    /// The revision that the last attempt sent, or the last amendment carried over.
    pub sent: Option<Revision>,
    /// Whether an amendment was begun, so that the document may be neither what it was nor what it was to become.
    #[serde(default)]
    pub unsettled: bool,
    /// Whether the document was cancelled in the target.
    #[serde(default)]
    pub void: bool,
    /// Whether something was added to the document or taken out of it after it was made, or may have been, by hand: its
    /// parts may stand under other numbers than they were sent.
    #[serde(default)]
    pub renumbered: bool,
    /// What of its document was not as the record is, if that was there before anything was sent: what it was sent as,
    /// nobody knows then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlike: Option<String>,
    /// How often in a row an amendment was not done.
    #[serde(default)]
    pub amend_attempts: u32,
    /// Why the posted document cannot become what the record is.
    #[serde(default)]
    pub unamended: Option<Unamended>,
    /// What the last commit sent, if it did not end with a document: a part of that may be in the target still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Handle>,
    /// Whether the target is known not to have had the document before anything of it was sent, since when people have had
    /// no time to make it.
    #[serde(default)]
    pub looked: bool,
    /// Since when attempts keep failing, one after the other.
    #[serde(default)]
    pub troubled_since: Option<DateTime<Utc>>,
    /// What people were told about it since it is under way, if it gets nowhere.
    #[serde(default)]
    pub trouble: Option<String>,
    /// What people were last told about it.
    pub alerted: Option<String>,
    /// When it is tried again to tell people, after that has failed.
    #[serde(default)]
    pub tell_at: Option<DateTime<Utc>>,
    /// Its version when it was first tried, while that is so.
    #[serde(default)]
    pub tell_version: u64,
}

impl Head {
    /// Where a record stands after its whole history; none if that does not begin with a discovery.
    pub fn fold(key: &RecordKey, history: &[Event]) -> Option<Self> {
        let mut events = history.iter();
        let mut head = Self::first(key, events.next()?)?;
        for event in events {
            head.apply(event);
        }
        Some(head)
    }

    /// Where a record stands after its first event, which must be its discovery.
    pub fn first(key: &RecordKey, event: &Event) -> Option<Self> {
        let Change::Discovered { revision, stamp, lifecycle, payload } = &event.change else {
            return None;
        };
        Some(Self {
            key: key.clone(),
            version: event.version,
            state: State::Discovered,
            since: event.at,
            revision: revision.clone(),
            stamp: stamp.clone(),
            lifecycle: *lifecycle,
            payload: payload.clone(),
            attempt: 0,
            sent: None,
            unsettled: false,
            void: false,
            renumbered: false,
            unlike: None,
            amend_attempts: 0,
            unamended: None,
            earlier: None,
            looked: false,
            troubled_since: None,
            trouble: None,
            alerted: None,
            tell_at: None,
            tell_version: 0,
        })
    }

    /// Where a record would stand that a plan sees posted: in no ledger, and with no content.
    pub fn foreseen(key: RecordKey, target: TargetRef, at: DateTime<Utc>) -> Self {
        Self {
            key,
            version: 0,
            state: State::Posted { target },
            since: at,
            revision: Revision::new(""),
            stamp: String::new(),
            lifecycle: Lifecycle::Active,
            payload: Value::Null,
            attempt: 0,
            sent: None,
            unsettled: false,
            void: false,
            renumbered: false,
            unlike: None,
            amend_attempts: 0,
            unamended: None,
            earlier: None,
            looked: false,
            troubled_since: None,
            trouble: None,
            alerted: None,
            tell_at: None,
            tell_version: 0,
        }
    }

    /// The number of its document in the target, once that exists and as long as it is not cancelled.
    pub fn target(&self) -> Option<&TargetRef> {
        self.state.target().filter(|_| !matches!(self.state, State::Cancelled { .. }))
    }

    /// Whether this document is its, and it is still wanted: nobody else's may be the same.
    pub fn holds(&self, target: &TargetRef) -> bool {
        self.lifecycle == Lifecycle::Active && self.target() == Some(target)
    }

    /// The record as it was last read.
    pub fn record(&self) -> Record {
        Record {
            key: self.key.clone(),
            revision: self.revision.clone(),
            stamp: self.stamp.clone(),
            lifecycle: self.lifecycle,
            payload: self.payload.clone(),
            request_ids: RequestIds::none(),
        }
    }

    /// Its document as an attempt would send it.
    pub(crate) fn draft(&self, document: Value) -> Draft {
        let (key, reference) = (self.key.clone(), ExternalRef::of(&self.key));
        Draft { key, reference, document, earlier: self.earlier.clone(), absent: false }
    }

    /// Moves on by one event.
    pub fn apply(&mut self, event: &Event) {
        self.version = event.version;
        self.note_reading(&event.change);
        if let Change::Intended { attempt, .. } = &event.change {
            self.attempt = *attempt;
            self.sent = Some(self.revision.clone());
        }
        match &event.change {
            Change::NotYetThere => self.looked = true,
            // Whoever waits for something may make it by hand meanwhile, as may those who were told of a refusal, and a lost
            // request may come late.
            Change::Replayed | Change::Revised { .. } | Change::Held { .. } | Change::RetryPlanned { .. } => {
                self.looked = false;
            }
            _ => {}
        }
        self.note_trouble(&event.change, event.at);
        self.note_amendment(&event.change);
        if let Some(state) = self.next_state(&event.change, event.at) {
            if state.name() != self.state.name() {
                self.since = event.at;
            }
            match self.state.handle() {
                _ if state.target().is_some() => self.earlier = None,
                // Of a commit that was not processed there is nothing.
                Some(_) if matches!(event.change, Change::RetryPlanned { .. }) => {}
                Some(handle) if state.handle().is_none() => self.earlier = Some(handle.clone()),
                _ => {}
            }
            self.state = state;
        }
    }

    fn note_trouble(&mut self, change: &Change, at: DateTime<Utc>) {
        match change {
            Change::RetryPlanned { .. } | Change::CommitPlanned { .. } | Change::AmendPlanned { .. } => {
                self.troubled_since.get_or_insert(at);
            }
            Change::Posted { .. }
            | Change::Accepted
            | Change::Amended { .. }
            | Change::AmendPostponed { .. }
            | Change::AmendRefused { .. }
            | Change::AmendHeld { .. }
            | Change::Held { .. }
            | Change::Skipped { .. }
            | Change::Postponed { .. }
            | Change::Rejected { .. }
            | Change::Parked { .. }
            | Change::Replayed
            | Change::AskedAgain => {
                self.troubled_since = None;
                self.trouble = None;
                self.tell_at = None;
            }
            // What comes now is another matter than what could not be told.
            Change::Resumed { .. } => self.tell_at = None,
            Change::Revised { .. } => {
                self.tell_at = None;
                // People are to know of each change of a document that is there.
                if self.state.target().is_some() {
                    self.alerted = None;
                }
            }
            Change::Alerted { reason } => {
                self.alerted = Some(reason.clone());
                self.tell_at = None;
                self.trouble = self.is_under_way().then(|| reason.clone());
            }
            Change::AlertFailed { next, .. } => {
                if self.tell_at.is_none() {
                    self.tell_version = self.version.saturating_sub(1);
                }
                self.tell_at = Some(*next);
            }
            _ => {}
        }
    }

    fn note_reading(&mut self, change: &Change) {
        match change {
            Change::Revised { revision, stamp, lifecycle, payload }
            | Change::Discovered { revision, stamp, lifecycle, payload } => {
                self.revision = revision.clone();
                self.stamp.clone_from(stamp);
                self.lifecycle = *lifecycle;
                self.payload = payload.clone();
            }
            Change::Reread { stamp } => self.stamp.clone_from(stamp),
            _ => {}
        }
    }

    fn next_state(&self, change: &Change, at: DateTime<Utc>) -> Option<State> {
        Some(match change {
            Change::Resumed { .. } if matches!(self.state, State::AmendPostponed { .. }) => self.before_the_change()?,
            // A document that exists is never made again.
            Change::Resumed { .. } | Change::Replayed if self.state.target().is_some() => return None,
            // New content reopens what has not been sent; what was sent goes on and is compared later.
            Change::Revised { .. } if self.reopens() => State::Discovered,
            Change::Discovered { .. } | Change::Resumed { .. } | Change::Replayed | Change::Voided => State::Discovered,
            Change::Held { missing } => State::Held { missing: missing.clone() },
            Change::Skipped { reason } => State::Skipped { reason: reason.clone() },
            Change::Postponed { until, reason } => State::Postponed { until: *until, reason: reason.clone() },
            Change::Intended { .. } => State::Intent,
            Change::RetryPlanned { at, failure } => State::RetryAt { at: *at, failure: failure.clone() },
            Change::Committing { handle, .. } => State::Committing { handle: handle.clone() },
            Change::CommitPlanned { at, .. } => State::CommitAt { at: *at, handle: self.state.handle()?.clone() },
            Change::Accepted => {
                State::Accepted { handle: self.state.handle()?.clone(), since: at, looked: 0, next: at }
            }
            Change::Posted { target, .. } => State::Posted { target: target.clone() },
            Change::Amending { .. } => State::Amending { target: self.state.target()?.clone() },
            Change::Amended { lifecycle: Lifecycle::Active, .. } => {
                State::Posted { target: self.state.target()?.clone() }
            }
            Change::Amended { lifecycle: Lifecycle::Cancelled, .. } => {
                State::Cancelled { target: self.state.target()?.clone() }
            }
            Change::AmendPlanned { at, failure } => {
                State::AmendAt { target: self.state.target()?.clone(), at: *at, failure: failure.clone() }
            }
            Change::AmendPostponed { until, reason } => {
                State::AmendPostponed { target: self.state.target()?.clone(), until: *until, reason: reason.clone() }
            }
            Change::AmendRefused { .. } | Change::AmendHeld { .. } => self.as_it_is()?,
            Change::Rejected { failure, there } => State::Rejected { failure: failure.clone(), there: *there },
            Change::Parked { failure } => {
                let sent = matches!(self.state, State::InDoubt { .. } | State::Accepted { .. });
                let doubt = self.state.handle().filter(|_| sent).cloned();
                let again = doubt.is_some().then(|| self.state.name());
                State::Parked { failure: failure.clone(), doubt, again }
            }
            Change::AskedAgain => self.asked_again(at)?,
            Change::InDoubt { .. } => State::InDoubt {
                handle: self.state.handle()?.clone(),
                since: at,
                settled: 0,
                absent_since: None,
                next: at,
            },
            Change::Settling => self.settling()?,
            Change::LookedUp { pending, next } => self.looked_up(*pending, *next, at)?,
            Change::Unanswered { next, .. } => self.asked_again_at(*next)?,
            Change::Revised { .. }
            | Change::Reread { .. }
            | Change::Alerted { .. }
            | Change::AlertFailed { .. }
            | Change::NotYetThere
            | Change::Unlike { .. } => {
                return None;
            }
        })
    }

    /// A document that is left as it is.
    fn as_it_is(&self) -> Option<State> {
        let target = self.state.target()?.clone();
        Some(if self.void { State::Cancelled { target } } else { State::Posted { target } })
    }

    /// Where a document stood before its change had to wait.
    fn before_the_change(&self) -> Option<State> {
        if self.unsettled { Some(State::Amending { target: self.state.target()?.clone() }) } else { self.as_it_is() }
    }

    /// Whether new content starts the record afresh.
    fn reopens(&self) -> bool {
        match &self.state {
            State::Discovered
            | State::Held { .. }
            | State::Skipped { .. }
            | State::Postponed { .. }
            | State::Intent
            | State::RetryAt { .. }
            | State::Rejected { .. } => true,
            State::Parked { doubt, .. } => doubt.is_none(),
            _ => false,
        }
    }

    fn asked_again(&self, at: DateTime<Utc>) -> Option<State> {
        let State::Parked { doubt: Some(handle), again, .. } = &self.state else { return None };
        let handle = handle.clone();
        Some(match again {
            Some(StateName::Accepted) => State::Accepted { handle, since: at, looked: 0, next: at },
            // As if it was asked before, which it was.
            _ => State::InDoubt { handle, since: at, settled: 1, absent_since: None, next: at },
        })
    }

    fn settling(&self) -> Option<State> {
        let mut state = self.state.clone();
        match &mut state {
            State::InDoubt { settled, .. } => *settled += 1,
            _ => return None,
        }
        Some(state)
    }

    fn looked_up(&self, pending: bool, again: DateTime<Utc>, at: DateTime<Utc>) -> Option<State> {
        let mut state = self.state.clone();
        match &mut state {
            State::InDoubt { absent_since, next, .. } => {
                *next = again;
                *absent_since = if pending { None } else { absent_since.or(Some(at)) };
            }
            State::Accepted { looked, next, .. } => {
                *looked += 1;
                *next = again;
            }
            _ => return None,
        }
        Some(state)
    }

    fn asked_again_at(&self, again: DateTime<Utc>) -> Option<State> {
        let mut state = self.state.clone();
        match &mut state {
            State::InDoubt { next, .. } | State::Accepted { next, .. } => *next = again,
            _ => return None,
        }
        Some(state)
    }

    /// When its next step is due; none while it waits for something other than time.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        match &self.state {
            State::Discovered | State::Intent | State::Committing { .. } | State::Amending { .. } => Some(self.since),
            State::RetryAt { at, .. } | State::CommitAt { at, .. } | State::AmendAt { at, .. } => Some(*at),
            State::Postponed { until, .. } | State::AmendPostponed { until, .. } => Some(*until),
            State::InDoubt { next, .. } | State::Accepted { next, .. } => Some(*next),
            State::Held { .. }
            | State::Skipped { .. }
            | State::Posted { .. }
            | State::Cancelled { .. }
            | State::Rejected { .. }
            | State::Parked { .. } => self.untold().map(|_| self.tell_at.unwrap_or(self.since)),
        }
    }

    fn is_under_way(&self) -> bool {
        use State::{Accepted, AmendAt, Amending, CommitAt, Committing, InDoubt, Intent, RetryAt};
        matches!(
            self.state,
            Intent
                | RetryAt { .. }
                | Committing { .. }
                | CommitAt { .. }
                | InDoubt { .. }
                | Accepted { .. }
                | Amending { .. }
                | AmendAt { .. }
        )
    }

    /// What a person should know of it, if anything.
    pub fn concern(&self) -> Option<String> {
        match &self.state {
            State::Held { missing } => Some(join(missing)),
            // Without the id of a request, by which the same trouble would be another each time.
            State::Rejected { failure, .. } | State::Parked { failure, .. } => Some(failure.message.clone()),
            // Trouble that lasts is told by the step that meets it, for only time shows that it does.
            _ if self.is_under_way() => self.trouble.clone(),
            State::Posted { target } | State::Cancelled { target } => self.behind(target),
            _ => None,
        }
    }

    /// What people are still to be told (I7).
    pub fn untold(&self) -> Option<String> {
        self.concern().filter(|concern| self.alerted.as_ref() != Some(concern))
    }
}

/// Several things in words.
pub(crate) fn join(things: &[impl ToString]) -> String {
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
