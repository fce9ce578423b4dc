//! What stops a connection as a whole: its passes fail, whichever record they are about.
//!
//! Refused credentials or a system that is down leave no record in need of a person, since none is read or tried. Passes
//! that fail are therefore noted for each flow, beside the cursors, so that a restarted process or a cron job counts on;
//! people are told once it has lasted for [`Settings::patience`](crate::Settings::patience), or at once where access is
//! denied, which no waiting mends; of each system and kind of trouble once, whatever its words; and once when every flow
//! goes through again. What cannot be noted there, for the disk is full, say, the engine itself keeps in mind.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::checkpoint::CheckpointStore;
use crate::engine::Engine;
use crate::error::{EngineError, StoreError};
use crate::failure::{Failure, FailureKind};
use crate::record::{ConnectionId, Kind};
use crate::source::Cursor;

/// Under this name what fails is kept among the checkpoints.
const CHECKPOINT: &str = "trouble";

/// Trouble of a connection as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Of which connection.
    pub connection: ConnectionId,
    /// Tells this ledger apart from others of the same connection, as in a [`Digest`](crate::Digest).
    pub ledger: String,
    /// Where it lies, for people: the name of a system.
    pub system: String,
    /// What kind of trouble.
    pub kind: FailureKind,
    /// The flows that do not get through.
    pub flows: Vec<Kind>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why, in words, and what to do.
    pub reason: String,
    /// When it was over; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<DateTime<Utc>>,
    /// Whether it was tried before to tell this, and some have been told.
    #[serde(skip)]
    pub again: bool,
}

/// All that is noted of failing passes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Notes {
    /// The flows whose last pass failed.
    failing: BTreeMap<Kind, Failing>,
    /// What people were told since all went well, or were to be told.
    telling: Vec<Telling>,
}

/// What could not be saved of it last time.
#[derive(Debug, Default)]
pub(crate) struct Unsaved(Mutex<Option<Newer>>);

/// Notes that are newer than those that are saved.
#[derive(Debug, Clone, Default)]
struct Newer {
    notes: Notes,
    /// Whether what is saved is known and stands in them.
    complete: bool,
}

impl Unsaved {
    fn get(&self) -> Option<Newer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, newer: Option<Newer>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = newer;
    }
}

/// A flow that has not failed for so long does not run any more, once others get through.
const FORGOTTEN: TimeDelta = TimeDelta::days(2);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Failing {
    since: DateTime<Utc>,
    /// When it failed last.
    last: DateTime<Utc>,
    system: String,
    kind: FailureKind,
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Telling {
    trouble: Trouble,
    /// Whether everybody knows that it lasts.
    told: bool,
    /// Whether the last try to tell, that it lasts or that it is over, has failed.
    failed: bool,
}

impl Telling {
    fn is_of(&self, trouble: &Trouble) -> bool {
        self.trouble.system == trouble.system && self.trouble.kind == trouble.kind
    }
}

/// A gateway in trouble answers with either.
fn alike(kind: FailureKind) -> FailureKind {
    if kind == FailureKind::RateLimited { FailureKind::Unavailable } else { kind }
}

impl Notes {
    async fn load(store: &dyn CheckpointStore, connection: &ConnectionId) -> Result<Self, StoreError> {
        let Some(text) = store.load(connection, &Kind::new(CHECKPOINT)).await? else { return Ok(Self::default()) };
        // Kept, they would end every pass; without them people are told once more at most.
        Ok(serde_json::from_str(&text.0).unwrap_or_else(|error| {
            tracing::warn!(%error, "what was noted of failing passes cannot be understood: it is begun anew");
            Self::default()
        }))
    }

    async fn save(&self, store: &dyn CheckpointStore, connection: &ConnectionId) -> Result<(), StoreError> {
        let text = serde_json::to_string(self);
        let text = text.map_err(|error| StoreError::new("note that a pass has failed", error))?;
        store.save(connection, &Kind::new(CHECKPOINT), &Cursor(text)).await
    }

    /// With what was noted later, when these could not be read.
    fn with(mut self, newer: Self) -> Self {
        for (flow, failing) in newer.failing {
            let since = self.failing.get(&flow).map_or(failing.since, |before| before.since);
            self.failing.insert(flow, Failing { since, ..failing });
        }
        for one in newer.telling {
            match self.telling.iter_mut().find(|before| before.is_of(&one.trouble)) {
                Some(before) => before.told |= one.told,
                None => self.telling.push(one),
            }
        }
        self
    }

    fn note(&mut self, flow: &Kind, system: &str, failure: &Failure, now: DateTime<Utc>) -> Failing {
        let (system, kind, reason) = (system.to_owned(), alike(failure.kind), failure.to_string());
        let since = self.failing.get(flow).map_or(now, |failing| failing.since);
        let failing = Failing { since, last: now, system, kind, reason };
        self.failing.insert(flow.clone(), failing.clone());
        failing
    }

    /// What lasts now, each system and kind once.
    fn troubles(&self, connection: &ConnectionId, ledger: &str) -> Vec<Trouble> {
        let mut troubles: Vec<Trouble> = Vec::new();
        for (flow, failing) in &self.failing {
            match troubles.iter_mut().find(|one| one.system == failing.system && one.kind == failing.kind) {
                Some(one) => {
                    one.flows.push(flow.clone());
                    one.since = one.since.min(failing.since);
                }
                None => troubles.push(Trouble {
                    connection: connection.clone(),
                    ledger: ledger.to_owned(),
                    system: failing.system.clone(),
                    kind: failing.kind,
                    flows: vec![flow.clone()],
                    since: failing.since,
                    reason: failing.reason.clone(),
                    over: None,
                    again: false,
                }),
            }
        }
        troubles
    }
}

/// What stops a connection as a whole at present, as its ledger's last passes have found it.
pub async fn troubles(store: &dyn CheckpointStore, connection: &ConnectionId) -> Result<Vec<Trouble>, StoreError> {
    Ok(Notes::load(store, connection).await?.troubles(connection, ""))
}

impl Engine {
    /// Notes that a pass of a flow has failed as a whole, and tells people if it has lasted long enough and they do not
    /// know. `system` is where the trouble lies, for people. If nobody can be told, the next failing pass tries again.
    pub async fn pass_failed(&self, flow: &Kind, system: &str, failure: &Failure) -> Result<(), EngineError> {
        let now = self.time().now();
        // People are told also where the ledger is what fails; that it does the saving tells.
        let (mut notes, unread) = match self.notes().await {
            Ok(notes) => (notes, None),
            Err(error) => (self.unsaved.get().unwrap_or_default().notes, Some(error)),
        };
        let Failing { since, system, kind, .. } = notes.note(flow, system, failure, now);
        let patience = TimeDelta::from_std(self.patience()).unwrap_or(TimeDelta::MAX);
        if kind == FailureKind::Denied || now - since >= patience {
            let ledger = self.ledger_name().await.unwrap_or_default();
            let lasting = notes.troubles(self.connection(), &ledger);
            let alike = |one: &Trouble| one.system == system && one.kind == kind;
            if let Some(trouble) = lasting.into_iter().find(alike) {
                self.tell_of(&mut notes.telling, trouble).await;
            }
        }
        let Some(error) = unread else { return self.keep(notes).await };
        // Saved, they would stand in the place of what could not be read.
        self.unsaved.set(Some(Newer { notes, complete: false }));
        Err(error.into())
    }

    async fn notes(&self) -> Result<Notes, StoreError> {
        let newer = match self.unsaved.get() {
            Some(Newer { notes, complete: true }) => return Ok(notes),
            newer => newer.unwrap_or_default().notes,
        };
        Ok(Notes::load(self.checkpoints().as_ref(), self.connection()).await?.with(newer))
    }

    async fn keep(&self, notes: Notes) -> Result<(), EngineError> {
        let saved = notes.save(self.checkpoints().as_ref(), self.connection()).await;
        self.unsaved.set(saved.is_err().then_some(Newer { notes, complete: true }));
        Ok(saved?)
    }

    async fn tell_of(&self, telling: &mut Vec<Telling>, trouble: Trouble) {
        let place = telling.iter().position(|one| one.is_of(&trouble)).unwrap_or_else(|| {
            telling.push(Telling { trouble: trouble.clone(), told: false, failed: false });
            telling.len() - 1
        });
        let one = &mut telling[place];
        if one.trouble.over.is_some() {
            // People could not be told that the last one was over: this is another.
            *one = Telling { trouble: trouble.clone(), told: false, failed: false };
        }
        if !one.told {
            // Told again, it is known by when it began.
            one.trouble = Trouble { since: one.trouble.since, again: one.failed, ..trouble };
            one.told = self.carry(&one.trouble).await;
            one.failed = !one.told;
        }
    }

    /// Notes that a pass of a flow went through. Once all do, people who were told of trouble are told that it is over.
    pub async fn pass_succeeded(&self, flow: &Kind) -> Result<(), EngineError> {
        let now = self.time().now();
        let mut notes = self.notes().await?;
        if notes == Notes::default() && self.unsaved.get().is_none() {
            return Ok(());
        }
        notes.failing.remove(flow);
        notes.failing.retain(|_, failing| now - failing.last < FORGOTTEN);
        if notes.failing.is_empty() {
            let mut untold = Vec::new();
            for mut one in notes.telling.into_iter().filter(|one| one.told) {
                one.trouble = Trouble { over: Some(one.trouble.over.unwrap_or(now)), again: one.failed, ..one.trouble };
                if !self.carry(&one.trouble).await {
                    one.failed = true;
                    untold.push(one);
                }
            }
            notes.telling = untold;
        }
        self.keep(notes).await
    }

    /// What stops this connection as a whole at present.
    pub async fn troubles(&self) -> Result<Vec<Trouble>, EngineError> {
        let notes = self.notes().await?;
        if notes.failing.is_empty() {
            return Ok(Vec::new());
        }
        Ok(notes.troubles(self.connection(), &self.ledger_name().await?))
    }

    async fn carry(&self, trouble: &Trouble) -> bool {
        let carried = self.alerting().trouble(trouble).await;
        if let Err(error) = &carried {
            tracing::warn!(error, "trouble could not be told; it will be tried again with the next pass");
        }
        carried.is_ok()
    }
}
