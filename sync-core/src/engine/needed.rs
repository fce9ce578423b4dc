//! Records that others need: a bill can be posted once the orders it is for are.

use std::borrow::Cow;

use serde_json::Value;

use super::{Engine, Flow};
use crate::error::EngineError;
use crate::record::RecordKey;
use crate::reference::References;

impl Engine {
    /// The references, with where the records stand that the mapping of these needs.
    pub(super) async fn with_needed<'a>(
        &self,
        flow: &Flow,
        records: impl Iterator<Item = (&RecordKey, &Value)>,
        references: &'a References,
    ) -> Result<Cow<'a, References>, EngineError> {
        let mut keys: Vec<RecordKey> = records.flat_map(|(key, payload)| flow.mapper.needs(key, payload)).collect();
        keys.sort();
        keys.dedup();
        keys.retain(|key| references.record(key.kind().as_str(), key.id()).is_none());
        if keys.is_empty() {
            return Ok(Cow::Borrowed(references));
        }
        let heads = self.store.get(&keys).await?;
        Ok(Cow::Owned(references.clone().with_records(heads.into_iter().flatten())))
    }
}
