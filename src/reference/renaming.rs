//! Names written into the system that they do not belong to: to be repeated without harm.

use async_trait::async_trait;
use sync_core::sink::UNNAMED;
use sync_core::{Committed, Doubt, Draft, Failure, FailureKind, Found, Handle, Lookup, Settled, Sink, Staged};

use super::names::NameDraft;

/// Where records are renamed.
#[async_trait]
pub(crate) trait Renames: Send + Sync {
    /// What a record is called: `GL account`.
    fn what(&self) -> &'static str;

    /// Renames records, one answer for each.
    async fn rename(&self, names: &[NameDraft]) -> Vec<Committed>;
}

/// Renames what [`NameDraft`]s name.
pub(crate) struct Renaming<R>(pub R);

fn read(handle: &Handle) -> Result<NameDraft, Failure> {
    serde_json::from_value(handle.0.clone())
        .map_err(|error| Failure::new(FailureKind::Invalid, format!("it cannot be read: {error}")))
}

#[async_trait]
impl<R: Renames> Sink for Renaming<R> {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        vec![Found::Absent; wanted.len()]
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        drafts.iter().map(|draft| Handle(draft.document.clone()).into()).collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let read: Vec<Result<NameDraft, Failure>> = handles.iter().map(read).collect();
        let names: Vec<NameDraft> = read.iter().flatten().cloned().collect();
        let mut renamed = if names.is_empty() { Vec::new() } else { self.0.rename(&names).await }.into_iter();
        let unanswered = || {
            Committed::Unknown(Failure::new(
                FailureKind::Other,
                format!("there is no answer for this {}", self.0.what()),
            ))
        };
        read.into_iter()
            .map(|name| match name {
                Ok(_) => renamed.next().unwrap_or_else(unanswered),
                Err(failure) => Committed::Rejected(failure),
            })
            .collect()
    }

    /// A name that may or may not have been written is written again.
    async fn settle(&self, doubts: &[Doubt]) -> Vec<Settled> {
        vec![Settled::Void; doubts.len()]
    }

    fn describe(&self, handle: &Handle) -> String {
        read(handle).map_or_else(|_| UNNAMED.to_owned(), |name| format!("the name of {} {}", self.0.what(), name.of))
    }
}
