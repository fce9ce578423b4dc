//! Suppliers into M3: copied from a template supplier under a number of ours, then named.
//!
//! ```text
//! stage:  read the numbers                          what is taken by another supplier is refused
//! commit: CopyTemplate x n, UpdSupplier x n         M3 refuses a second supplier of a number
//! settle: read the numbers                          a certain answer: the name is written last
//! ```
//!
//! Both steps may be repeated without harm, so that what was cut off is simply taken up again.

use async_trait::async_trait;
use cloudsuite_client::m3::{M3, Supplier, SupplierNumber, SupplierWrite, TransactionError};
use serde::{Deserialize, Serialize};
use sync_core::sink::UNNAMED;
use sync_core::{
    Committed, Doubt, Draft, Failure, FailureKind, Found, Handle, Lookup, Missing, Settled, Sink, Staged, TargetRef,
};
use tenant_http::Outcome;

use crate::failure::of_transaction;
use crate::reference::{MasterDraft, NameDraft, Renames, fit_name};

/// Characters of a supplier's name (`SUNM`).
pub(super) const LONGEST_NAME: usize = 36;
/// Characters of a supplier's number (`SUNO`).
pub(super) const LONGEST_NUMBER: usize = 10;

/// Makes suppliers.
pub(super) struct M3Suppliers {
    pub m3: M3,
    /// The supplier whose settings new ones begin with.
    pub template: SupplierNumber,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SupplierHandle {
    number: SupplierNumber,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// What the template is called: so is a copy that was not named yet.
    #[serde(default)]
    template: String,
}

impl SupplierHandle {
    fn new(draft: &Draft, template: &str) -> Result<Self, Failure> {
        let invalid = |why: String| Failure::new(FailureKind::Invalid, why);
        let draft: MasterDraft = serde_json::from_value(draft.document.clone())
            .map_err(|error| invalid(format!("the draft cannot be read: {error}")))?;
        let number = SupplierNumber::new(&draft.number).map_err(|error| invalid(error.to_string()))?;
        let (name, template) = (fit_name(&draft.name, LONGEST_NAME), template.to_owned());
        Ok(Self { number, name, currency: draft.currency, template })
    }

    fn read(handle: &Handle) -> Result<Self, Failure> {
        serde_json::from_value(handle.0.clone())
            .map_err(|error| Failure::new(FailureKind::Invalid, format!("the handle cannot be read: {error}")))
    }

    fn staged(&self) -> Staged {
        match serde_json::to_value(self) {
            Ok(value) => Handle(value).into(),
            Err(error) => Staged::NotStaged(Failure::new(FailureKind::Other, error.to_string())),
        }
    }

    fn target(&self) -> TargetRef {
        TargetRef(self.number.to_string())
    }

    fn is(&self, there: &Supplier) -> bool {
        there.name.as_deref().map(str::trim) == Some(self.name.as_str())
    }

    /// Whether a supplier of this number is another one, and why it cannot be ours.
    fn taken(&self, there: &Supplier) -> Option<Failure> {
        let name = there.name.as_deref().unwrap_or_default().trim();
        let unfinished = name.is_empty() || name == self.template;
        (!unfinished && name != self.name).then(|| {
            let why = format!("supplier number {} is taken by {name}: set another prefix", self.number);
            Failure::new(FailureKind::Invalid, why)
        })
    }

    /// The change that makes a copy of the template this supplier.
    fn change(&self) -> SupplierWrite {
        let write = SupplierWrite::change(&self.number).field("SUNM", &self.name);
        match &self.currency {
            Some(currency) => write.field("CUCD", currency),
            None => write,
        }
    }
}

impl M3Suppliers {
    async fn there(&self, handles: &[SupplierHandle]) -> Vec<Result<Option<Supplier>, Failure>> {
        let numbers: Vec<SupplierNumber> = handles.iter().map(|handle| handle.number.clone()).collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        let answers = self.m3.suppliers().get(&numbers).await;
        answers.into_iter().map(|answer| answer.map_err(|error| of_transaction(&error))).collect()
    }

    /// What the template is called: so is a copy that was not named yet.
    async fn template_name(&self) -> Result<String, Staged> {
        let there = self.m3.suppliers().get(std::slice::from_ref(&self.template)).await.pop();
        match there {
            Some(Ok(Some(template))) => Ok(template.name.unwrap_or_default().trim().to_owned()),
            Some(Err(error)) => Err(Staged::NotStaged(of_transaction(&error))),
            Some(Ok(None)) | None => {
                let hint = "new suppliers are copies of it, and it is not in CRS620: make it there, or set another";
                let value = self.template.to_string();
                Err(Staged::Held(vec![Missing { kind: "template_supplier".to_owned(), value, hint: hint.to_owned() }]))
            }
        }
    }

    /// Copies the template, and tells for each whether it is there to be named.
    async fn copy(&self, handles: &[SupplierHandle]) -> Vec<Result<(), Committed>> {
        let wanted: Vec<SupplierWrite> =
            handles.iter().map(|handle| SupplierWrite::copy(&self.template, &handle.number)).collect();
        let mut copied =
            if wanted.is_empty() { Vec::new() } else { self.m3.suppliers().write(&wanted).await }.into_iter();
        let mut ready: Vec<Result<(), Committed>> = handles
            .iter()
            .map(|_| match copied.next() {
                Some(Ok(())) => Ok(()),
                Some(Err(error)) => Err(failed(&error, false)),
                None => Err(unanswered()),
            })
            .collect();
        // What is refused may be an earlier copy of ours.
        let refused: Vec<usize> =
            (0..handles.len()).filter(|&place| matches!(ready[place], Err(Committed::Rejected(_)))).collect();
        let again: Vec<SupplierHandle> = refused.iter().map(|&place| handles[place].clone()).collect();
        for (place, there) in refused.into_iter().zip(self.there(&again).await) {
            match there {
                Ok(Some(there)) => {
                    ready[place] = handles[place].taken(&there).map_or(Ok(()), |why| Err(Committed::Rejected(why)));
                }
                Ok(None) => {}
                Err(failure) => ready[place] = Err(Committed::Unknown(failure)),
            }
        }
        ready
    }
}

fn failed(error: &TransactionError, earlier: bool) -> Committed {
    match error.outcome() {
        // After a copy was made, a refused name leaves it: a person must see to it.
        Outcome::Rejected if earlier => Committed::RejectedInPart(of_transaction(error)),
        Outcome::Rejected => Committed::Rejected(of_transaction(error)),
        Outcome::NotProcessed if !earlier => Committed::NotProcessed(of_transaction(error)),
        Outcome::NotProcessed | Outcome::Unknown => Committed::Unknown(of_transaction(error)),
    }
}

fn unanswered() -> Committed {
    Committed::Unknown(Failure::new(FailureKind::Other, "M3 gave no answer for this supplier"))
}

#[async_trait]
impl Sink for M3Suppliers {
    /// The number stands in the handle only: before there is one, staging looks.
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let handles: Vec<Option<SupplierHandle>> =
            wanted.iter().map(|lookup| SupplierHandle::read(lookup.handle.as_ref()?).ok()).collect();
        let known: Vec<SupplierHandle> = handles.iter().flatten().cloned().collect();
        let mut there = self.there(&known).await.into_iter();
        handles
            .into_iter()
            .map(|handle| match handle {
                None => Found::Absent,
                Some(handle) => match there.next() {
                    Some(Ok(Some(supplier))) if handle.is(&supplier) => Found::Found(handle.target()),
                    Some(Ok(_)) => Found::Absent,
                    Some(Err(failure)) => Found::Unanswered(failure),
                    None => Found::Unanswered(Failure::new(FailureKind::Other, "M3 gave no answer")),
                },
            })
            .collect()
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        let template = match self.template_name().await {
            Ok(name) => name,
            Err(staged) => return vec![staged; drafts.len()],
        };
        let handles: Vec<Result<SupplierHandle, Failure>> =
            drafts.iter().map(|draft| SupplierHandle::new(draft, &template)).collect();
        let fit: Vec<SupplierHandle> = handles.iter().flatten().cloned().collect();
        let mut there = self.there(&fit).await.into_iter();
        handles
            .into_iter()
            .map(|handle| match handle {
                Err(failure) => Staged::Rejected(failure),
                Ok(handle) => match there.next() {
                    Some(Ok(there)) => match there.as_ref().and_then(|there| handle.taken(there)) {
                        Some(taken) => Staged::Rejected(taken),
                        None => handle.staged(),
                    },
                    Some(Err(failure)) => Staged::NotStaged(failure),
                    None => Staged::NotStaged(Failure::new(FailureKind::Other, "M3 gave no answer")),
                },
            })
            .collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let read: Vec<Result<SupplierHandle, Failure>> = handles.iter().map(SupplierHandle::read).collect();
        let fit: Vec<SupplierHandle> = read.iter().flatten().cloned().collect();
        let copied = self.copy(&fit).await;
        let ready = fit.iter().zip(&copied).filter(|(_, copied)| copied.is_ok());
        let renamings: Vec<SupplierWrite> = ready.map(|(handle, _)| handle.change()).collect();
        let changed = if renamings.is_empty() { Vec::new() } else { self.m3.suppliers().write(&renamings).await };
        let (mut copied, mut changed) = (copied.into_iter(), changed.into_iter());
        read.into_iter()
            .map(|handle| {
                let handle = match handle {
                    Ok(handle) => handle,
                    Err(failure) => return Committed::Rejected(failure),
                };
                match copied.next() {
                    Some(Err(committed)) => committed,
                    None => unanswered(),
                    Some(Ok(())) => match changed.next() {
                        Some(Ok(())) => handle.target().into(),
                        Some(Err(error)) => failed(&error, true),
                        None => unanswered(),
                    },
                }
            })
            .collect()
    }

    /// What does not bear its name yet is simply made again: both steps may be repeated under the same number.
    async fn settle(&self, doubts: &[Doubt]) -> Vec<Settled> {
        let lookups: Vec<Lookup> = doubts.iter().map(|doubt| doubt.lookup.clone()).collect();
        self.find(&lookups).await.into_iter().map(Found::settles).collect()
    }

    fn describe(&self, handle: &Handle) -> String {
        SupplierHandle::read(handle).map_or_else(|_| UNNAMED.to_owned(), |handle| format!("supplier {}", handle.number))
    }
}

/// Renames suppliers.
pub(super) struct M3SupplierNames(pub M3);

fn named(name: &NameDraft) -> Result<SupplierHandle, Failure> {
    let number =
        SupplierNumber::new(&name.of).map_err(|error| Failure::new(FailureKind::Invalid, error.to_string()))?;
    Ok(SupplierHandle { number, name: fit_name(&name.to, LONGEST_NAME), currency: None, template: String::new() })
}

#[async_trait]
impl Renames for M3SupplierNames {
    fn what(&self) -> &'static str {
        "supplier"
    }

    async fn rename(&self, names: &[NameDraft]) -> Vec<Committed> {
        let read: Vec<Result<SupplierHandle, Failure>> = names.iter().map(named).collect();
        let renamings: Vec<SupplierWrite> = read.iter().flatten().map(SupplierHandle::change).collect();
        let changed = if renamings.is_empty() { Vec::new() } else { self.0.suppliers().write(&renamings).await };
        let mut changed = changed.into_iter();
        read.into_iter()
            .map(|handle| match handle {
                Err(failure) => Committed::Rejected(failure),
                Ok(handle) => match changed.next() {
                    Some(Ok(())) => handle.target().into(),
                    Some(Err(error)) => failed(&error, false),
                    None => unanswered(),
                },
            })
            .collect()
    }
}
