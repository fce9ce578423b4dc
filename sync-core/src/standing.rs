//! Where a record stands, in sentences: what its state means, why it is so, and what is to be done about it.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::state::{Head, State, StateName, join};

/// Where a record stands, for people. Displays as two or three sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// What its state means: `it is held`.
    pub state: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why, if there is more to say.
    pub reason: Option<String>,
    /// What happens next, by itself or by a person.
    pub next: String,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} since {}", self.state, minute(self.since))?;
        if let Some(reason) = &self.reason {
            write!(f, ": {reason}")?;
        }
        write!(f, ". {}", self.next)
    }
}

impl StateName {
    /// The state in a word or two, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Discovered => "waiting",
            Self::Held => "held",
            Self::Skipped => "skipped",
            Self::Postponed => "postponed",
            Self::Intent => "under way",
            Self::RetryAt => "to be tried again",
            Self::Committing => "being committed",
            Self::CommitAt => "to be committed again",
            Self::InDoubt => "in doubt",
            Self::Accepted => "accepted",
            Self::Posted => "posted",
            Self::Amending => "being changed",
            Self::AmendAt => "to be changed again",
            Self::AmendPostponed => "to be changed later",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Parked => "parked",
        }
    }
}

impl Head {
    /// Where it stands, in sentences.
    ///
    /// Why a commit is in doubt or is to be repeated stands in the history alone:
    /// [`Trail::standing`](crate::Trail::standing) tells that too.
    pub fn standing(&self) -> Standing {
        let key = &self.key;
        let (state, reason, next) = match &self.state {
            State::Discovered if self.attempt == 0 => {
                ("it was read and waits for its first attempt".to_owned(), None, goes_on())
            }
            State::Discovered => ("it is free for another attempt".to_owned(), None, goes_on()),
            State::Held { missing } => (
                "it is held".to_owned(),
                Some(join(missing)),
                "Nothing of it was posted; it goes on by itself in the first pass after that is done.".to_owned(),
            ),
            State::Skipped { reason } => (
                "it is not to be posted".to_owned(),
                Some(reason.clone()),
                "Nothing is to be done; it is looked at again when it changes at the source.".to_owned(),
            ),
            State::Postponed { until, reason } => (
                "it is ready and waits for posting to be allowed".to_owned(),
                Some(reason.clone()),
                format!("It is posted by itself in the first pass after {}.", minute(*until)),
            ),
            State::Intent => (format!("attempt {} has begun", self.attempt), None, goes_on()),
            State::RetryAt { at, failure } => (
                format!("attempt {} failed and left nothing behind", self.attempt),
                Some(failure.to_string()),
                format!("It is tried again by itself at {}.", minute(*at)),
            ),
            State::Committing { .. } => (
                "it is being committed".to_owned(),
                None,
                "If that was cut off, the next pass finds out what became of it before anything is sent again."
                    .to_owned(),
            ),
            State::CommitAt { at, .. } => (
                "it is staged, and its commit was not processed".to_owned(),
                None,
                format!("It is committed again by itself at {}.", minute(*at)),
            ),
            State::InDoubt { next, .. } => (
                "it is in doubt whether it was committed".to_owned(),
                None,
                format!(
                    "The target is asked about it by itself, next at {}; nothing is sent again before that is known.",
                    minute(*next)
                ),
            ),
            State::Accepted { next, .. } => (
                "the target took it and has not made the document yet".to_owned(),
                self.trouble.clone(),
                format!(
                    "It is looked up by itself, next at {}, and never sent again unless a person says that it is not \
                     there (`replay {key} --not-in-target`).",
                    minute(*next)
                ),
            ),
            State::Posted { target } => self.at_rest(format!("it is posted as {target}")),
            State::Cancelled { target } => self.at_rest(format!("it was cancelled, and its document {target} with it")),
            State::Amending { target } => (
                format!("its document {target} is being changed"),
                None,
                "If that was cut off, the next pass compares the two anew and changes what still differs.".to_owned(),
            ),
            State::AmendAt { target, at, failure } => (
                format!("its document {target} is still to be changed"),
                Some(failure.to_string()),
                format!("The two are compared anew by itself at {}.", minute(*at)),
            ),
            State::AmendPostponed { target, until, reason } => (
                format!("its document {target} is to be changed, and waits for posting to be allowed"),
                Some(reason.clone()),
                format!("It is changed by itself in the first pass after {}.", minute(*until)),
            ),
            State::Rejected { failure, there } => (
                if *there {
                    "it was refused by the target, and something of it or in its place is there"
                } else {
                    "it was refused by the target, and nothing of it is there"
                }
                .to_owned(),
                Some(failure.to_string()),
                format!("Mend what was refused; it goes on once it changes at the source, or with `replay {key}`."),
            ),
            State::Parked { failure, doubt, .. } => (
                "it was given up until a person has looked at it".to_owned(),
                Some(failure.to_string()),
                match doubt {
                    Some(_) => format!(
                        "Look for it in the target: once it is there as it should be, `replay {key}` looks again and links \
                         it; if it is not there, nor will be, `replay {key} --not-in-target` sends it again."
                    ),
                    None => format!("Mend that; then `replay {key}` gives it another attempt."),
                },
            ),
        };
        Standing { state, since: self.since, reason, next }
    }

    /// A document that is there, and may not be what its record is.
    fn at_rest(&self, state: String) -> (String, Option<String>, String) {
        let next = match self.refusal() {
            _ if !self.is_behind() => "Nothing is to be done.".to_owned(),
            Some(refusal) if !refusal.missing.is_empty() => {
                "The change goes on by itself in the first pass after that is done.".to_owned()
            }
            _ => format!(
                "Make it so by hand, then `replay {key} --done-by-hand`; or `replay {key}`, where changes are carried \
                 over, to have it tried again.",
                key = self.key
            ),
        };
        (state, self.concern(), next)
    }
}

fn goes_on() -> String {
    "The next pass goes on with it.".to_owned()
}

/// A moment as people read it, to the minute.
pub(crate) fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::failure::{Failure, FailureKind};
    use crate::ledger::{Change, Event};
    use crate::mapper::Missing;
    use crate::record::{Actor, Lifecycle, RecordKey, Revision};
    use crate::request::RequestIds;
    use crate::sink::{Handle, TargetRef};

    fn head(state: State) -> Head {
        let key: RecordKey = "acme/order/7".parse().unwrap();
        let revision = Revision::new("3f9ac2");
        let change =
            Change::Discovered { revision, stamp: "1".into(), lifecycle: Lifecycle::Active, payload: json!({"id": 7}) };
        let event = Event {
            version: 1,
            at: DateTime::UNIX_EPOCH,
            actor: Actor::new("w"),
            change,
            request_ids: RequestIds::none(),
        };
        Head { state, ..Head::first(&key, &event).unwrap() }
    }

    fn states() -> Vec<State> {
        let at = DateTime::UNIX_EPOCH;
        let target = || TargetRef("4500".into());
        let failure = || Failure::new(FailureKind::Invalid, "the line has no item");
        let handle = || Handle(json!({"message": "M1"}));
        let missing = vec![Missing { kind: "vendor".into(), value: "9".into(), hint: "add it".into() }];
        vec![
            State::Discovered,
            State::Held { missing },
            State::Skipped { reason: "it is a draft".into() },
            State::Postponed { until: at, reason: "month-end".into() },
            State::Intent,
            State::RetryAt { at, failure: failure() },
            State::Committing { handle: handle() },
            State::CommitAt { at, handle: handle() },
            State::InDoubt { handle: handle(), since: at, settled: 0, absent_since: None, next: at },
            State::Accepted { handle: handle(), since: at, looked: 0, next: at },
            State::Posted { target: target() },
            State::Amending { target: target() },
            State::AmendAt { target: target(), at, failure: failure() },
            State::AmendPostponed { target: target(), until: at, reason: "month-end".into() },
            State::Cancelled { target: target() },
            State::Rejected { failure: failure(), there: false },
            State::Rejected { failure: failure(), there: true },
            State::Parked { failure: failure(), doubt: None, again: None },
            State::Parked { failure: failure(), doubt: Some(handle()), again: Some(StateName::InDoubt) },
        ]
    }

    #[test]
    fn every_state_says_what_it_is_why_and_what_to_do_without_codes() {
        let mut seen: Vec<StateName> = Vec::new();
        let mut told: Vec<String> = Vec::new();
        for state in states() {
            seen.push(state.name());
            let standing = head(state).standing();
            let text = standing.to_string();
            assert!(standing.next.ends_with('.') && standing.next.len() > 20, "{text}");
            for code in ["{", "}", "\"", "Some(", "_at", "in_doubt", "M1", "3f9ac2"] {
                assert!(!text.contains(code), "`{code}` is in `{text}`");
            }
            assert!(!told.contains(&text), "two states are told alike: {text}");
            told.push(text);
        }
        assert!(StateName::ALL.iter().all(|state| seen.contains(state)), "a state is not told of");
        let words: std::collections::BTreeSet<&str> = StateName::ALL.into_iter().map(StateName::words).collect();
        assert_eq!(words.len(), StateName::ALL.len());
    }

    #[test]
    fn a_posted_record_that_changed_says_how_people_bring_the_two_together() {
        let mut posted = head(State::Posted { target: TargetRef("4500".into()) });
        assert_eq!(posted.standing().next, "Nothing is to be done.");
        posted.sent = Some(Revision::new("older"));
        let standing = posted.standing();
        assert!(standing.reason.unwrap().contains("changed at the source"));
        assert!(standing.next.contains("`replay acme/order/7 --done-by-hand`"), "{}", standing.next);
    }
}
