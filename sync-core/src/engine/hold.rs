//! Letting records go on when what they waited for is there: a vendor, an account, the end of a freeze.

use super::Engine;
use crate::error::EngineError;
use crate::ledger::{Appended, Change, Lease, Query, list_all};
use crate::mapper::Mapping;
use crate::record::{Kind, RecordKey};
use crate::state::{State, StateName};

impl Engine {
    /// Maps the held records of a flow again on the present references: those that can go on are
    /// free to, those whose reason has changed show the new one. Frees what was postponed if posting is
    /// allowed earlier than it was said to be. Answers which can go on.
    ///
    /// To be called after the reference data was aligned. Costs no call to either system.
    pub async fn resume_held(&self, kind: &Kind) -> Result<Vec<RecordKey>, EngineError> {
        let flow = self.flow_of(kind)?;
        let references = self.references.snapshot(&self.connection).await?;
        let held = Query::of(&self.connection, kind).in_states(&[StateName::Held, StateName::Postponed]);
        let at = self.clock.now();
        let frozen = self.schedule.frozen(at).is_some();
        let mut appends = Vec::new();
        let held = list_all(self.store.as_ref(), held).await?;
        let references =
            self.with_needed(flow, held.iter().map(|head| (&head.key, &head.payload)), &references).await?;
        for head in held {
            let change = match &head.state {
                State::Postponed { .. } if frozen => continue,
                State::Postponed { .. } => Change::Resumed { because: "posting is allowed again".to_owned() },
                State::Held { missing } => match flow.mapper.map(&head.record(), &references) {
                    Mapping::Hold(still) if still == *missing => continue,
                    Mapping::Hold(other) => Change::Held { missing: other },
                    Mapping::Skip(_) | Mapping::Draft { .. } => {
                        let because = match head.attempt {
                            0 => "the references it waited for are there",
                            // Only the target knows whether it can go on.
                            _ => "the target is asked again",
                        };
                        Change::Resumed { because: because.to_owned() }
                    }
                },
                _ => continue,
            };
            appends.push(self.append_of(&head, None, &[change], Lease::Keep, at));
        }
        // A conflict means that the record was read anew meanwhile, which maps it again anyway.
        let answers = self.append(&appends).await?;
        Ok(appends
            .into_iter()
            .zip(answers)
            .filter(|(append, answer)| *answer == Appended::Done && append.head.state == State::Discovered)
            .map(|(append, _)| append.key)
            .collect())
    }
}
