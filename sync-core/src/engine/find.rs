//! Asking a target for documents, each of which is one record's.

use std::collections::HashMap;

use super::advance::no_answer;
use super::outcome::pad;
use super::{Engine, Flow};
use crate::error::EngineError;
use crate::failure::{Failure, FailureKind};
use crate::ledger::{Change, Evidence};
use crate::record::RecordKey;
use crate::sink::{Amendment, Compared, Found, Lookup, TargetRef};
use crate::state::join;

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

/// What of documents that were found before anything was sent is not as it is wanted, in words; nothing of those in
/// which all is, as far as the target shows it.
pub(super) async fn differences(flow: &Flow, found: &[Amendment]) -> Vec<Result<Option<String>, Failure>> {
    if found.is_empty() {
        return Vec::new();
    }
    let answers = pad(flow.sink.compare(found).await, found.len(), || Compared::Unanswered(no_answer()));
    let difference = |answer| match answer {
        Compared::Same => Ok(None),
        Compared::Differs { differences, .. } => Ok(Some(join(&differences))),
        Compared::Refused(failure) => Ok(Some(failure.message)),
        Compared::Unanswered(failure) => Err(failure),
    };
    answers.into_iter().map(difference).collect()
}

/// That a document was there before anything was sent, and what of it is not as its record is.
pub(super) fn linked(target: TargetRef, difference: Option<String>) -> Vec<Change> {
    let posted = Change::Posted { target, evidence: Evidence::Existing };
    std::iter::once(posted).chain(difference.map(|why| Change::Unlike { why })).collect()
}

fn duplicate(target: &TargetRef, holder: &RecordKey) -> Failure {
    let why = format!(
        "{target} is the document of {holder} already: one of the two records is a duplicate; withdraw that one at its \
         source, and replay the other if it was this"
    );
    Failure::new(FailureKind::Other, why)
}
