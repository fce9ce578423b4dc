//! Records of an ERP that have a number and a name: made under a number of ours, and renamed.

use async_trait::async_trait;
use sync_core::sink::UNNAMED;
use sync_core::{
    Committed, Doubt, Draft, Failure, FailureKind, Found, Handle, Lookup, Settled, Sink, Staged, TargetRef,
};
use tenant_http::{Error, ErrorKind};

use super::draft::MasterDraft;
use super::names::{NameDraft, fit};
use super::renaming::Renames;
use crate::failure::{not_committed, of_call};

/// A record that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub number: String,
    pub name: String,
}

/// Where an ERP keeps its records of one kind.
#[async_trait]
pub(crate) trait MasterBook: Send + Sync {
    /// What a record is called: `GL account`.
    fn what(&self) -> &'static str;

    /// The most characters of a name.
    fn longest_name(&self) -> usize;

    /// Whether looking once shows that none was made: the ERP takes a number once, and we choose it.
    fn settles_at_once(&self) -> bool {
        true
    }

    /// Why the ERP could not take this number.
    fn check(&self, number: &str) -> Result<(), Failure>;

    /// The records that these are already, one answer for each: by the number, or where the ERP may have given another,
    /// by the name.
    async fn find(&self, drafts: &[MasterDraft]) -> Result<Vec<Option<Kept>>, Failure>;

    /// Makes records, one answer for each: what is there now, which may be another that had the number before. A
    /// failure of them all means that nothing was sent.
    async fn make(&self, drafts: &[MasterDraft]) -> Result<Vec<Result<Kept, Error>>, Failure>;

    /// Renames records at the state they are read in, one answer for each; none for those that are not there.
    async fn rename(&self, names: &[NameDraft]) -> Result<Vec<Option<Result<(), Error>>>, Error>;
}

fn invalid(why: String) -> Failure {
    Failure::new(FailureKind::Invalid, why)
}

fn no_answer() -> Committed {
    Committed::Unknown(Failure::new(FailureKind::Other, "the ERP gave no answer for this record"))
}

/// Makes the records of a book. The handle is the draft itself, its name as long as the ERP takes it.
pub(crate) struct BookSink<B>(pub B);

impl<B: MasterBook> BookSink<B> {
    fn draft(&self, draft: &Draft) -> Result<MasterDraft, Failure> {
        let draft: MasterDraft = serde_json::from_value(draft.document.clone())
            .map_err(|error| invalid(format!("the draft cannot be read: {error}")))?;
        self.0.check(&draft.number)?;
        Ok(MasterDraft { name: fit(&draft.name, self.0.longest_name()), ..draft })
    }

    fn read(handle: &Handle) -> Result<MasterDraft, Failure> {
        serde_json::from_value(handle.0.clone()).map_err(|error| invalid(format!("the handle cannot be read: {error}")))
    }

    fn taken(&self, draft: &MasterDraft, kept: &Kept) -> Failure {
        let (what, number, name) = (self.0.what(), &draft.number, &kept.name);
        invalid(format!("{what} {number} is taken by {name}: let it have another number, or give both the same name"))
    }

    fn staged(&self, draft: &MasterDraft, kept: Option<&Kept>) -> Staged {
        match kept {
            Some(kept) if kept.number != draft.number => {
                let (what, number) = (self.0.what(), &kept.number);
                let why = format!("{what} {number} in the ERP has the same name: the next alignment compares them");
                Staged::NotStaged(Failure::new(FailureKind::Other, why))
            }
            Some(kept) if kept.name.trim() != draft.name => Staged::Rejected(self.taken(draft, kept)),
            _ => match serde_json::to_value(draft) {
                Ok(value) => Handle(value).into(),
                Err(error) => Staged::NotStaged(Failure::new(FailureKind::Other, error.to_string())),
            },
        }
    }

    fn made(&self, draft: &MasterDraft, made: Result<Kept, Error>) -> Committed {
        match made {
            Ok(kept) if kept.name.trim() == draft.name => TargetRef(kept.number).into(),
            Ok(kept) => Committed::Rejected(self.taken(draft, &kept)),
            Err(error) => not_committed(&error),
        }
    }
}

#[async_trait]
impl<B: MasterBook> Sink for BookSink<B> {
    /// The number stands in the handle only: before there is one, staging looks.
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let drafts: Vec<Option<MasterDraft>> =
            wanted.iter().map(|lookup| Self::read(lookup.handle.as_ref()?).ok()).collect();
        let known: Vec<MasterDraft> = drafts.iter().flatten().cloned().collect();
        let found = if known.is_empty() { Ok(Vec::new()) } else { self.0.find(&known).await };
        let mut found = match found {
            Ok(found) => found.into_iter(),
            Err(failure) => return vec![Found::Unanswered(failure); wanted.len()],
        };
        let target = |draft: &Option<MasterDraft>| {
            let draft = draft.as_ref()?;
            let kept = found.next().flatten()?;
            (kept.name.trim() == draft.name).then_some(TargetRef(kept.number))
        };
        drafts.iter().map(target).map(|target| target.map_or(Found::Absent, Found::Found)).collect()
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        let read: Vec<Result<MasterDraft, Failure>> = drafts.iter().map(|draft| self.draft(draft)).collect();
        let fit: Vec<MasterDraft> = read.iter().flatten().cloned().collect();
        let there = if fit.is_empty() { Ok(Vec::new()) } else { self.0.find(&fit).await };
        let mut there = match there {
            Ok(there) => there.into_iter(),
            Err(failure) => return vec![Staged::NotStaged(failure); drafts.len()],
        };
        read.into_iter()
            .map(|draft| match draft {
                Ok(draft) => self.staged(&draft, there.next().flatten().as_ref()),
                Err(failure) => Staged::Rejected(failure),
            })
            .collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let read: Vec<Result<MasterDraft, Failure>> = handles.iter().map(Self::read).collect();
        let fit: Vec<MasterDraft> = read.iter().flatten().cloned().collect();
        let made = if fit.is_empty() { Ok(Vec::new()) } else { self.0.make(&fit).await };
        let mut made = match made {
            Ok(made) => made.into_iter(),
            Err(failure) => return vec![Committed::Rejected(failure); handles.len()],
        };
        read.into_iter()
            .map(|draft| match draft {
                Ok(draft) => made.next().map_or_else(no_answer, |made| self.made(&draft, made)),
                Err(failure) => Committed::Rejected(failure),
            })
            .collect()
    }

    async fn settle(&self, doubts: &[Doubt]) -> Vec<Settled> {
        let lookups: Vec<Lookup> = doubts.iter().map(|doubt| doubt.lookup.clone()).collect();
        let settled = |found: Found| match found.settles() {
            Settled::Void if !self.0.settles_at_once() => Settled::Undecided,
            settled => settled,
        };
        self.find(&lookups).await.into_iter().map(settled).collect()
    }

    fn describe(&self, handle: &Handle) -> String {
        Self::read(handle).map_or_else(|_| UNNAMED.to_owned(), |draft| format!("{} {}", self.0.what(), draft.number))
    }
}

/// Renames the records of a book.
pub(crate) struct BookNames<B>(pub B);

impl<B: MasterBook> BookNames<B> {
    fn renamed(&self, name: NameDraft, renamed: Option<Result<(), Error>>) -> Committed {
        match renamed {
            Some(Ok(())) => TargetRef(name.of).into(),
            // Somebody was quicker: it is read and written again.
            Some(Err(error)) if error.kind() == ErrorKind::Conflict => Committed::NotProcessed(of_call(&error)),
            Some(Err(error)) => not_committed(&error),
            None => Committed::Rejected(invalid(format!("{} {} is not in the ERP any more", self.0.what(), name.of))),
        }
    }
}

#[async_trait]
impl<B: MasterBook> Renames for BookNames<B> {
    fn what(&self) -> &'static str {
        self.0.what()
    }

    async fn rename(&self, names: &[NameDraft]) -> Vec<Committed> {
        let fit_in = |name: &NameDraft| {
            self.0.check(&name.of)?;
            Ok(NameDraft { to: fit(&name.to, self.0.longest_name()), ..name.clone() })
        };
        let checked: Vec<Result<NameDraft, Failure>> = names.iter().map(fit_in).collect();
        let good: Vec<NameDraft> = checked.iter().flatten().cloned().collect();
        let renamed = if good.is_empty() { Ok(Vec::new()) } else { self.0.rename(&good).await };
        let mut renamed = match renamed {
            Ok(renamed) => renamed.into_iter(),
            Err(error) => return vec![Committed::NotProcessed(of_call(&error)); names.len()],
        };
        checked
            .into_iter()
            .map(|name| match name {
                Ok(name) => renamed.next().map_or_else(no_answer, |renamed| self.renamed(name, renamed)),
                Err(failure) => Committed::Rejected(failure),
            })
            .collect()
    }
}
