//! Vendors into SyteLine: inserted under a number of ours, of which the database takes only one.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloudsuite_client::syteline::{Change, Inserted, NewVendor, SyteLine, Vendor, VendorNumber};
use serde::{Deserialize, Serialize};
use sync_core::sink::UNNAMED;
use sync_core::{
    Committed, Doubt, Draft, Failure, FailureKind, Found, Handle, Lookup, Settled, Sink, Staged, TargetRef,
};
use tenant_http::{Error, Outcome};

use crate::failure::of_call;
use crate::reference::{NameDraft, SupplierDraft, fit_name};

/// Characters of a vendor's name.
pub(super) const LONGEST_NAME: usize = 60;
/// Characters of a vendor's number (`VendNum`).
pub(super) const LONGEST_NUMBER: usize = 7;

/// Makes vendors.
pub(super) struct SyteLineVendors {
    pub syteline: SyteLine,
    /// What new vendors have besides number, name and currency.
    pub properties: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct VendorHandle {
    number: VendorNumber,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
}

impl VendorHandle {
    fn new(draft: &Draft) -> Result<Self, Failure> {
        let invalid = |why: String| Failure::new(FailureKind::Invalid, why);
        let draft: SupplierDraft = serde_json::from_value(draft.document.clone())
            .map_err(|error| invalid(format!("the draft cannot be read: {error}")))?;
        let number = VendorNumber::new(&draft.number).map_err(|error| invalid(error.to_string()))?;
        Ok(Self { number, name: fit_name(&draft.name, LONGEST_NAME), currency: draft.currency })
    }

    fn read(handle: &Handle) -> Result<Self, Failure> {
        serde_json::from_value(handle.0.clone())
            .map_err(|error| Failure::new(FailureKind::Invalid, format!("the handle cannot be read: {error}")))
    }

    fn is(&self, name: Option<&str>) -> bool {
        name.map(str::trim) == Some(self.name.as_str())
    }

    fn taken(&self, name: Option<&str>) -> Failure {
        let why = format!("vendor number {} is taken by {}: set another prefix", self.number, name.unwrap_or_default());
        Failure::new(FailureKind::Invalid, why)
    }

    fn target(&self) -> TargetRef {
        TargetRef(self.number.to_string())
    }
}

impl SyteLineVendors {
    async fn there(&self, handles: &[&VendorHandle]) -> Result<Vec<Option<Vendor>>, Error> {
        let numbers: Vec<VendorNumber> = handles.iter().map(|handle| handle.number.clone()).collect();
        if numbers.is_empty() { Ok(Vec::new()) } else { self.syteline.vendors().get(&numbers).await }
    }

    fn vendor(&self, handle: &VendorHandle) -> NewVendor {
        let new = NewVendor::new(handle.number.clone(), &handle.name);
        let new = match &handle.currency {
            Some(currency) => new.currency(currency),
            None => new,
        };
        self.properties.iter().fold(new, |new, (name, value)| new.property(name, value.as_str()))
    }
}

fn not_made(error: &Error) -> Committed {
    match error.outcome() {
        Outcome::Rejected => Committed::Rejected(of_call(error)),
        Outcome::NotProcessed => Committed::NotProcessed(of_call(error)),
        Outcome::Unknown => Committed::Unknown(of_call(error)),
    }
}

#[async_trait]
impl Sink for SyteLineVendors {
    /// The number stands in the handle only: before there is one, staging looks.
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let handles: Vec<Option<VendorHandle>> =
            wanted.iter().map(|lookup| VendorHandle::read(lookup.handle.as_ref()?).ok()).collect();
        let known: Vec<&VendorHandle> = handles.iter().flatten().collect();
        let mut there = match self.there(&known).await {
            Ok(there) => there.into_iter(),
            Err(error) => return vec![Found::Unanswered(of_call(&error)); wanted.len()],
        };
        let found = |handle: &Option<VendorHandle>| {
            let handle = handle.as_ref()?;
            let vendor = there.next().flatten()?;
            handle.is(vendor.name.as_deref()).then(|| handle.target())
        };
        handles.iter().map(found).map(|target| target.map_or(Found::Absent, Found::Found)).collect()
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        let handles: Vec<Result<VendorHandle, Failure>> = drafts.iter().map(VendorHandle::new).collect();
        let fit: Vec<&VendorHandle> = handles.iter().flatten().collect();
        let mut there = match self.there(&fit).await {
            Ok(there) => there.into_iter(),
            Err(error) => return vec![Staged::NotStaged(of_call(&error)); drafts.len()],
        };
        handles
            .into_iter()
            .map(|handle| {
                let handle = match handle {
                    Ok(handle) => handle,
                    Err(failure) => return Staged::Rejected(failure),
                };
                match there.next().flatten() {
                    Some(vendor) if !handle.is(vendor.name.as_deref()) => {
                        Staged::Rejected(handle.taken(vendor.name.as_deref()))
                    }
                    _ => match serde_json::to_value(&handle) {
                        Ok(value) => Staged::Staged(Handle(value)),
                        Err(error) => Staged::NotStaged(Failure::new(FailureKind::Other, error.to_string())),
                    },
                }
            })
            .collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let read: Vec<Result<VendorHandle, Failure>> = handles.iter().map(VendorHandle::read).collect();
        let new: Vec<NewVendor> = read.iter().flatten().map(|handle| self.vendor(handle)).collect();
        let inserted = if new.is_empty() { Vec::new() } else { self.syteline.vendors().insert(&new).await };
        let mut inserted = inserted.into_iter();
        read.into_iter()
            .map(|handle| match handle {
                Err(failure) => Committed::Rejected(failure),
                Ok(handle) => match inserted.next() {
                    Some(Ok(Inserted::Found(row))) if !handle.is(row.text("Name")) => {
                        Committed::Rejected(handle.taken(row.text("Name")))
                    }
                    Some(Ok(_)) => Committed::Created(handle.target()),
                    Some(Err(error)) => not_made(&error),
                    None => {
                        Committed::Unknown(Failure::new(FailureKind::Other, "SyteLine gave no answer for this vendor"))
                    }
                },
            })
            .collect()
    }

    /// The number tells: what is not there is inserted again, and cannot be there twice.
    async fn settle(&self, doubts: &[Doubt]) -> Vec<Settled> {
        let lookups: Vec<Lookup> = doubts.iter().map(|doubt| doubt.lookup.clone()).collect();
        let settled = |found| match found {
            Found::Found(target) => Settled::Created(target),
            Found::Differs(failure) => Settled::NeedsPerson(failure),
            Found::Unanswered(failure) => Settled::Unanswered(failure),
            Found::Absent | Found::Pending => Settled::Void,
        };
        self.find(&lookups).await.into_iter().map(settled).collect()
    }

    fn describe(&self, handle: &Handle) -> String {
        VendorHandle::read(handle).map_or_else(|_| UNNAMED.to_owned(), |handle| format!("vendor {}", handle.number))
    }
}

/// Renames vendors: to be repeated without harm.
pub(super) struct SyteLineVendorNames(pub SyteLine);

fn named(handle: &Handle) -> Result<VendorHandle, Failure> {
    let invalid = |why: String| Failure::new(FailureKind::Invalid, why);
    let draft: NameDraft =
        serde_json::from_value(handle.0.clone()).map_err(|error| invalid(format!("it cannot be read: {error}")))?;
    let number = VendorNumber::new(&draft.of).map_err(|error| invalid(error.to_string()))?;
    Ok(VendorHandle { number, name: fit_name(&draft.to, LONGEST_NAME), currency: None })
}

impl SyteLineVendorNames {
    async fn rename(&self, handles: &[&VendorHandle]) -> Result<Vec<Committed>, Error> {
        let numbers: Vec<VendorNumber> = handles.iter().map(|handle| handle.number.clone()).collect();
        let there = self.0.vendors().get(&numbers).await?;
        // At the state that was read: what somebody has changed since is not overwritten.
        let change = |(handle, vendor): (&&VendorHandle, &Option<Vendor>)| {
            let item = vendor.as_ref()?.item_id.as_deref()?;
            Some(Change::update(item).set("Name", handle.name.as_str()))
        };
        let changes: Vec<Option<Change>> = handles.iter().zip(&there).map(change).collect();
        let sent: Vec<Change> = changes.iter().flatten().cloned().collect();
        let answers = if sent.is_empty() { Vec::new() } else { self.0.vendors().update().extend(sent).send().await };
        let mut answers = answers.into_iter();
        let gone = || Failure::new(FailureKind::Invalid, "the vendor is not in SyteLine any more");
        Ok(handles
            .iter()
            .zip(changes)
            .map(|(handle, change)| match change {
                None => Committed::Rejected(gone()),
                Some(_) => match answers.next() {
                    Some(Ok(_)) => Committed::Created(handle.target()),
                    Some(Err(error)) => not_made(&error),
                    None => Committed::Unknown(Failure::new(FailureKind::Other, "SyteLine gave no answer")),
                },
            })
            .collect())
    }
}

#[async_trait]
impl Sink for SyteLineVendorNames {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        vec![Found::Absent; wanted.len()]
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        drafts.iter().map(|draft| Staged::Staged(Handle(draft.document.clone()))).collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let read: Vec<Result<VendorHandle, Failure>> = handles.iter().map(named).collect();
        let fit: Vec<&VendorHandle> = read.iter().flatten().collect();
        let mut renamed = match self.rename(&fit).await {
            Ok(renamed) => renamed.into_iter(),
            Err(error) => return vec![Committed::NotProcessed(of_call(&error)); handles.len()],
        };
        let unanswered = || Committed::Unknown(Failure::new(FailureKind::Other, "SyteLine gave no answer"));
        read.iter()
            .map(|handle| match handle {
                Err(failure) => Committed::Rejected(failure.clone()),
                Ok(_) => renamed.next().unwrap_or_else(unanswered),
            })
            .collect()
    }

    /// A name that may or may not have been written is written again.
    async fn settle(&self, doubts: &[Doubt]) -> Vec<Settled> {
        vec![Settled::Void; doubts.len()]
    }

    fn describe(&self, handle: &Handle) -> String {
        named(handle).map_or_else(|_| UNNAMED.to_owned(), |handle| format!("the name of vendor {}", handle.number))
    }
}
