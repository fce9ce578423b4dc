//! Records that others need: a bill can be posted once the orders it is for are.

use std::borrow::Cow;

use serde_json::Value;

use super::{Engine, Flow};
use crate::error::EngineError;
use crate::record::RecordKey;
use crate::reference::References;
use crate::schedule::Frozen;
use crate::sink::TargetRef;
use crate::state::{Head, State};

impl Engine {
    /// The references, with where the records stand that the mapping of these needs.
    ///
    /// In a freeze those that only wait for its end are shown as if they had been posted: what needs them waits for the
    /// same, is postponed with them, and nobody has to be told. Nothing that is mapped so may be sent.
    pub(super) async fn with_needed<'a>(
        &self,
        flow: &Flow,
        records: impl Iterator<Item = (&RecordKey, &Value)>,
        references: &'a References,
        frozen: Option<&Frozen>,
    ) -> Result<Cow<'a, References>, EngineError> {
        let mut keys: Vec<RecordKey> = records.flat_map(|(key, payload)| flow.mapper.needs(key, payload)).collect();
        keys.sort();
        keys.dedup();
        keys.retain(|key| references.record(key.kind().as_str(), key.id()).is_none());
        if keys.is_empty() {
            return Ok(Cow::Borrowed(references));
        }
        let heads = self.store.get(&keys).await?;
        let seen = heads.into_iter().flatten().map(|head| match (&head.state, frozen) {
            (State::Postponed { .. }, Some(frozen)) => Head::foreseen(head.key, TargetRef::unposted(), frozen.until),
            _ => head,
        });
        Ok(Cow::Owned(references.clone().with_records(seen)))
    }
}
