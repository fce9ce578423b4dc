//! Vendors, account codes and departments into Procurify: each looked for, made by one call, and looked for again where
//! the answer was lost.
//!
//! Procurify refuses no double, so nothing is made while an earlier call could still be under way: what is not found
//! twice, a settle time apart, was not made.

use std::collections::HashMap;

use async_trait::async_trait;
use futures_util::future::join_all;
use procurify_client::{
    AccountCode, AccountCodeCreate, AccountCodeUpdate, Department, DepartmentUpsert, ProcurifyClient, VendorId,
    VendorPatch, VendorType, VendorUpsert,
};
use serde::de::DeserializeOwned;
use sync_core::{Committed, Draft, Failure, FailureKind, Found, Handle, Lookup, Sink, Staged, TargetRef};
use tenant_http::Error;

use super::draft::{AccountCodeDraft, DepartmentDraft, VendorDraft};
use super::names::NameDraft;
use super::normalised;
use super::renaming::Renames;
use super::resolve::code;
use crate::failure::{not_committed, of_call};

/// Calls that are under way at a time.
const AT_A_TIME: usize = 4;

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Vendors,
    AccountCodes,
    Departments,
}

/// Makes records in Procurify, and finds them by the ERP's number or code, which is their key.
pub(crate) struct IntoProcurify {
    pub procurify: ProcurifyClient,
    pub page_size: u64,
    pub made: Made,
}

/// A record that is there.
struct There {
    id: String,
    /// The ERP's number or code that it bears.
    number: Option<String>,
    name: String,
}

impl There {
    fn has_no_number(&self) -> bool {
        self.number.as_deref().is_none_or(|number| number.trim().is_empty())
    }
}

impl IntoProcurify {
    async fn there(&self) -> Result<Vec<There>, Error> {
        let (procurify, size) = (&self.procurify, self.page_size);
        Ok(match self.made {
            Made::Vendors => {
                let vendors = procurify.vendors().list().page_size(size).all().await?.into_iter();
                let there = |vendor: procurify_client::Vendor| There {
                    id: vendor.id.to_string(),
                    number: vendor.external_id.map(Into::into),
                    name: vendor.name.unwrap_or_default().into(),
                };
                vendors.map(there).collect()
            }
            Made::AccountCodes => {
                let codes = procurify.account_codes();
                let mut all = codes.list().page_size(size).all().await?;
                // One that is not used any more is there all the same.
                all.extend(codes.list().active(false).page_size(size).all().await?);
                let there = |account: procurify_client::AccountCode| There {
                    id: account.id.to_string(),
                    number: account.code.map(Into::into),
                    name: String::new(),
                };
                all.into_iter().map(there).collect()
            }
            Made::Departments => {
                let departments = procurify.departments().list().page_size(size).all().await?.into_iter();
                let there = |department: procurify_client::Department| There {
                    id: department.id.to_string(),
                    number: department.external_id.map(Into::into),
                    name: department.name.unwrap_or_default().into(),
                };
                departments.map(there).collect()
            }
        })
    }

    async fn make(&self, handle: &Handle) -> Committed {
        let created = match self.made {
            Made::Vendors => match read::<VendorDraft>(handle) {
                Ok(draft) => self.vendor(draft).await.map(|vendor| vendor.id.to_string()),
                Err(failure) => return Committed::Rejected(failure),
            },
            Made::AccountCodes => match read::<AccountCodeDraft>(handle) {
                Ok(draft) => {
                    let body = AccountCodeCreate::new(draft.code, draft.description);
                    self.procurify.account_codes().create(&body).await.map(|account| account.id.to_string())
                }
                Err(failure) => return Committed::Rejected(failure),
            },
            Made::Departments => match read::<DepartmentDraft>(handle) {
                Ok(draft) => {
                    let body = DepartmentUpsert::new(draft.location, draft.name).external_id(draft.external_id);
                    self.procurify.departments().create(&body).await.map(|department| department.id.to_string())
                }
                Err(failure) => return Committed::Rejected(failure),
            },
        };
        committed(created.map(TargetRef))
    }

    async fn vendor(&self, draft: VendorDraft) -> Result<procurify_client::Vendor, Error> {
        let body = VendorUpsert::new(draft.name, Vec::<String>::new(), VendorType::Preferred, None)
            .external_id(draft.external_id)
            .active(true);
        let body = match draft.currency {
            Some(currency) => body.currency(currency),
            None => body,
        };
        self.procurify.vendors().create(&body).await
    }
}

fn read<T: DeserializeOwned>(handle: &Handle) -> Result<T, Failure> {
    serde_json::from_value(handle.0.clone())
        .map_err(|error| Failure::new(FailureKind::Invalid, format!("the draft cannot be read: {error}")))
}

fn committed(created: Result<TargetRef, Error>) -> Committed {
    match created {
        Ok(target) => target.into(),
        Err(error) => not_committed(&error),
    }
}

#[async_trait]
impl Sink for IntoProcurify {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let there = match self.there().await {
            Ok(there) => there,
            Err(error) => return vec![Found::Unanswered(of_call(&error)); wanted.len()],
        };
        let by_number: HashMap<String, &There> =
            there.iter().filter_map(|one| Some((code(one.number.as_deref()?), one))).collect();
        let found = |lookup: &Lookup| match by_number.get(&code(lookup.key.id())) {
            Some(there) => Found::Found(TargetRef(there.id.clone())),
            None => Found::Absent,
        };
        wanted.iter().map(found).collect()
    }

    /// Nothing is sent but a last look for records of the same name, which a person may have made meanwhile.
    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        let there = match self.made {
            Made::AccountCodes => Ok(Vec::new()),
            Made::Vendors | Made::Departments => self.there().await,
        };
        let there = match there {
            Ok(there) => there,
            Err(error) => return vec![Staged::NotStaged(of_call(&error)); drafts.len()],
        };
        let stage = |draft: &Draft| {
            let name = normalised(draft.document["name"].as_str().unwrap_or_default());
            match there.iter().find(|one| !name.is_empty() && normalised(&one.name) == name && one.has_no_number()) {
                Some(one) => {
                    let why = format!("{} in Procurify has the same name: the next alignment compares them", one.id);
                    Staged::NotStaged(Failure::new(FailureKind::Other, why))
                }
                None => Handle(draft.document.clone()).into(),
            }
        };
        drafts.iter().map(stage).collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let mut committed = Vec::with_capacity(handles.len());
        for some in handles.chunks(AT_A_TIME) {
            committed.extend(join_all(some.iter().map(|handle| self.make(handle))).await);
        }
        committed
    }

    fn describe(&self, handle: &Handle) -> String {
        format!("{} in Procurify", handle.0["name"].as_str().or(handle.0["code"].as_str()).unwrap_or("a new record"))
    }
}

/// Renames records in Procurify.
pub(crate) struct ProcurifyNames(pub IntoProcurify);

fn gone(name: &NameDraft) -> Failure {
    Failure::new(FailureKind::Invalid, format!("{} is not in Procurify any more", name.of))
}

fn id(text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|_| Failure::new(FailureKind::Invalid, format!("{text} is no id of Procurify's")))
}

impl ProcurifyNames {
    async fn vendor(&self, name: &NameDraft) -> Committed {
        let vendor = match id(&name.of) {
            Ok(id) => VendorId(id),
            Err(failure) => return Committed::Rejected(failure),
        };
        let patched = self.0.procurify.vendors().patch(vendor, &VendorPatch::new().name(name.to.as_str())).await;
        committed(patched.map(|vendor| TargetRef(vendor.id.to_string())))
    }

    /// An account code is replaced whole: what it has besides is sent as it is.
    async fn account_code(&self, name: &NameDraft, there: &[AccountCode]) -> Committed {
        let Some(there) = there.iter().find(|one| one.code.as_deref() == Some(name.of.as_str())) else {
            return Committed::Rejected(gone(name));
        };
        let body = AccountCodeUpdate::new(name.of.as_str(), name.to.as_str());
        let body = there.account_type.into_iter().fold(body, AccountCodeUpdate::account_type);
        let body = there.parent.into_iter().fold(body, AccountCodeUpdate::parent);
        let updated = self.0.procurify.account_codes().update(there.id, &body).await;
        committed(updated.map(|one| TargetRef(one.id.to_string())))
    }

    /// So is a department.
    async fn department(&self, name: &NameDraft, there: &[Department]) -> Committed {
        let Some(there) = there.iter().find(|one| one.id.to_string() == name.of) else {
            return Committed::Rejected(gone(name));
        };
        let Some(location) = there.branch.as_ref().or(there.location.as_ref()) else {
            let why = format!("Procurify does not show the location of department {}: rename it there", there.id);
            return Committed::Rejected(Failure::new(FailureKind::Invalid, why));
        };
        let body = DepartmentUpsert::new(location.id, name.to.as_str());
        let body = there.external_id.iter().fold(body, |body, id| body.external_id(id.to_string()));
        let body = there.active.into_iter().fold(body, DepartmentUpsert::active);
        let body = there.punchout_email.iter().fold(body, |body, email| body.punchout_email(email.to_string()));
        let updated = self.0.procurify.departments().update(there.id, &body).await;
        committed(updated.map(|one| TargetRef(one.id.to_string())))
    }
}

/// Some calls at a time, one for each name.
async fn each<'a, F: Future<Output = Committed>>(
    names: &'a [NameDraft],
    rename: impl Fn(&'a NameDraft) -> F,
) -> Vec<Committed> {
    let mut committed = Vec::with_capacity(names.len());
    for some in names.chunks(AT_A_TIME) {
        committed.extend(join_all(some.iter().map(&rename)).await);
    }
    committed
}

#[async_trait]
impl Renames for ProcurifyNames {
    fn what(&self) -> &'static str {
        match self.0.made {
            Made::Vendors => "vendor",
            Made::AccountCodes => "account code",
            Made::Departments => "department",
        }
    }

    async fn rename(&self, names: &[NameDraft]) -> Vec<Committed> {
        let (procurify, size) = (&self.0.procurify, self.0.page_size);
        let unread = |error: Error| vec![Committed::NotProcessed(of_call(&error)); names.len()];
        match self.0.made {
            Made::Vendors => each(names, |name| self.vendor(name)).await,
            Made::AccountCodes => match procurify.account_codes().list().page_size(size).all().await {
                Ok(there) => each(names, |name| self.account_code(name, &there)).await,
                Err(error) => unread(error),
            },
            Made::Departments => match procurify.departments().list().page_size(size).all().await {
                Ok(there) => each(names, |name| self.department(name, &there)).await,
                Err(error) => unread(error),
            },
        }
    }
}
