//! Two records of one document, such as a bill that was entered twice: only one of them is made at a time, so that the
//! other finds what has become of it.

use std::collections::{HashMap, HashSet};

use super::journal::{Entry, Work};
use super::outcome::Retries;
use super::{Engine, Flow};
use crate::error::EngineError;
use crate::failure::{Failure, FailureKind};
use crate::ledger::{Query, list_all};
use crate::record::RecordKey;
use crate::sink::Handle;
use crate::state::{Head, StateName};

/// The states in which a document may be there and not be found yet.
const UNDER_WAY: [StateName; 3] = [StateName::Committing, StateName::InDoubt, StateName::Accepted];

/// What is being made, by what people know it, and for which records.
pub(super) struct UnderWay(HashMap<String, RecordKey>);

impl UnderWay {
    /// Of these records, those whose documents may be there and not be found yet.
    pub fn of<'a>(flow: &Flow, heads: impl IntoIterator<Item = &'a Head>) -> Self {
        let named = |head: &Head| Some((flow.sink.known_by(head.state.handle()?)?, head.key.clone()));
        Self(heads.into_iter().filter(|head| UNDER_WAY.contains(&head.state.name())).filter_map(named).collect())
    }

    /// Takes up another document.
    ///
    /// # Errors
    /// It is being made for another record.
    pub fn take_up(&mut self, flow: &Flow, key: &RecordKey, handle: &Handle) -> Result<(), Failure> {
        let Some(name) = flow.sink.known_by(handle) else { return Ok(()) };
        match self.0.get(&name) {
            Some(other) if other != key => {
                let why = format!(
                    "{name} is being made for {other}: if that succeeds, one of the two records is a duplicate"
                );
                // It waits as long as the other, which only trouble of the whole target holds up: that parks neither.
                Err(Failure::new(FailureKind::Unavailable, why))
            }
            _ => {
                self.0.insert(name, key.clone());
                Ok(())
            }
        }
    }
}

impl Engine {
    /// What may be committed now, and what becomes of the rest. All of it is recorded as being committed by now, so that
    /// of two processes one at least sees the other's.
    pub(super) async fn one_at_a_time(
        &self,
        flow: &Flow,
        ready: Vec<(Work, Handle)>,
    ) -> Result<(Vec<(Work, Handle)>, Vec<Entry<()>>), EngineError> {
        if ready.iter().all(|(_, handle)| flow.sink.known_by(handle).is_none()) {
            return Ok((ready, Vec::new()));
        }
        let query = Query::of(&self.connection, &flow.kind).in_states(&UNDER_WAY);
        let mut others = list_all(self.store.as_ref(), query).await?;
        let ours: HashSet<&RecordKey> = ready.iter().map(|(work, _)| &work.head.key).collect();
        others.retain(|head| !ours.contains(&head.key));
        let mut under_way = UnderWay::of(flow, &others);
        let mut retries = Retries::of(self);
        let (mut alone, mut put_off) = (Vec::new(), Vec::new());
        for (work, handle) in ready {
            match under_way.take_up(flow, &work.head.key, &handle) {
                Ok(()) => alone.push((work, handle)),
                Err(failure) => {
                    let change = retries.commit(flow, &work, failure);
                    put_off.push(Entry::last(work, change, ()));
                }
            }
        }
        Ok((alone, put_off))
    }
}
