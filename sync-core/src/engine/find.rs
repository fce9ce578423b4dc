//! Asking a target for documents, each of which is one record's.

use std::collections::HashMap;

use super::advance::no_answer;
use super::outcome::pad;
use super::{Engine, Flow};
use crate::error::EngineError;
use crate::failure::{Failure, FailureKind};
use crate::record::RecordKey;
use crate::sink::{Found, Lookup, TargetRef};

impl Engine {
    /// What the sink finds of these. A document that another record has already, or that an earlier one of these has
    /// just got, is no other's: of two such records one is a duplicate, and a person decides which.
    pub(super) async fn find(&self, flow: &Flow, lookups: &[Lookup]) -> Result<Vec<Found>, EngineError> {
        let mut answers = pad(flow.sink.find(lookups).await, lookups.len(), || Found::Unanswered(no_answer()));
        let target = |answer: &Found| match answer {
            Found::Found(target) => Some(target.clone()),
            _ => None,
        };
        let targets: Vec<TargetRef> = answers.iter().filter_map(target).collect();
        if targets.is_empty() || !flow.exclusive {
            return Ok(answers);
        }
        let mut holders = self.store.holders(&self.connection, &flow.kind, &targets).await?.into_iter();
        let mut given: HashMap<String, RecordKey> = HashMap::new();
        for (lookup, answer) in lookups.iter().zip(&mut answers) {
            let Found::Found(target) = answer else { continue };
            let held = holders.next().flatten().filter(|holder| *holder != lookup.key);
            match held.or_else(|| given.get(&target.0).cloned()) {
                Some(holder) => *answer = Found::Differs(duplicate(target, &holder)),
                None => drop(given.insert(target.0.clone(), lookup.key.clone())),
            }
        }
        Ok(answers)
    }
}

fn duplicate(target: &TargetRef, holder: &RecordKey) -> Failure {
    let why = format!(
        "{target} is the document of {holder} already: one of the two records is a duplicate; withdraw that one at its \
         source, and replay the other if it was this"
    );
    Failure::new(FailureKind::Other, why)
}
