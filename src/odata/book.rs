//! Suppliers, GL accounts and cost centres of a company, made under numbers of ours.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloudsuite_client::odata::{Accounts, Filter, NewAccount, NewSupplier, OData};
use futures_util::future::join_all;
use sync_core::{Failure, FailureKind};
use tenant_http::{Error, Outcome};

use crate::failure::of_call;
use crate::reference::{Kept, MasterBook, MasterDraft, NameDraft};

/// Renamings that are under way at a time.
const AT_A_TIME: usize = 4;

/// What a book holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Suppliers,
    Accounts,
    CostCenters,
}

/// The records of one kind of a company.
#[derive(Debug, Clone)]
pub(super) struct ODataBook {
    pub odata: OData,
    pub held: Held,
    /// What new ones have besides number, name and currency.
    pub properties: BTreeMap<String, String>,
}

impl ODataBook {
    fn accounts(&self) -> Accounts {
        if self.held == Held::Accounts { self.odata.accounts() } else { self.odata.cost_centers() }
    }

    /// The records of these numbers, and the states in which they were read.
    async fn shown(&self, numbers: &[&str]) -> Result<Vec<Option<(Kept, Option<String>)>>, Error> {
        let kept = |number, name: Option<String>, etag| (Kept { number, name: name.unwrap_or_default() }, etag);
        if self.held == Held::Suppliers {
            let found = self.odata.suppliers().get(numbers).await?.into_iter();
            return Ok(found.map(|one| one.map(|one| kept(one.number, one.name, one.etag))).collect());
        }
        let found = self.accounts().get(numbers).await?.into_iter();
        Ok(found.map(|one| one.map(|one| kept(one.code, one.description, one.etag))).collect())
    }

    /// The suppliers of these names: the service may have given them other numbers than it was told.
    async fn suppliers_named(&self, names: &[&str]) -> Result<Vec<Kept>, Error> {
        let mut found = Vec::new();
        // Short enough for any server's limit on addresses.
        for some in names.chunks(10) {
            let wanted = Filter::property(self.odata.suppliers().name_property()).one_of(some.iter().copied());
            let suppliers = self.odata.suppliers().list().filter(wanted).all().await?.into_iter();
            found.extend(suppliers.map(|one| Kept { number: one.number, name: one.name.unwrap_or_default() }));
        }
        Ok(found)
    }

    async fn lookup(&self, drafts: &[MasterDraft]) -> Result<Vec<Option<Kept>>, Error> {
        let numbers: Vec<&str> = drafts.iter().map(|draft| draft.number.as_str()).collect();
        let mut found: Vec<Option<Kept>> =
            self.shown(&numbers).await?.into_iter().map(|one| one.map(|(kept, _)| kept)).collect();
        if self.held == Held::Suppliers {
            let open = found.iter().zip(drafts).filter(|(found, _)| found.is_none());
            let names: Vec<&str> = open.map(|(_, draft)| draft.name.as_str()).collect();
            let there = self.suppliers_named(&names).await?;
            for (found, draft) in found.iter_mut().zip(drafts).filter(|(found, _)| found.is_none()) {
                *found = there.iter().find(|one| one.name.trim() == draft.name).cloned();
            }
        }
        Ok(found)
    }

    /// Creates records, and answers the number that each has got.
    async fn create(&self, drafts: &[MasterDraft]) -> Vec<Result<Option<String>, Error>> {
        let properties = || self.properties.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        if self.held == Held::Suppliers {
            let new = |draft: &MasterDraft| {
                let new = NewSupplier::new(&draft.name).number(&draft.number);
                let new = draft.currency.iter().fold(new, |new, currency| new.currency(currency));
                properties().fold(new, |new, (name, value)| new.property(name, value))
            };
            let new: Vec<NewSupplier> = drafts.iter().map(new).collect();
            let suppliers = self.odata.suppliers();
            let created = suppliers.create(&new).await.into_iter();
            return created.map(|created| created.map(|entity| suppliers.number_of(&entity))).collect();
        }
        let new = |draft: &MasterDraft| {
            let new = NewAccount::new(&draft.number, &draft.name);
            properties().fold(new, |new, (name, value)| new.property(name, value))
        };
        let new: Vec<NewAccount> = drafts.iter().map(new).collect();
        self.accounts().create(&new).await.into_iter().map(|created| created.map(|_| None)).collect()
    }

    async fn renamed(&self, name: &NameDraft, etag: Option<&str>) -> Result<(), Error> {
        if self.held == Held::Suppliers {
            let changes = cloudsuite_client::odata::SupplierChanges::new().name(&name.to);
            return self.odata.suppliers().change(&name.of, etag, &changes).await.map(drop);
        }
        self.accounts().rename(&name.of, etag, &name.to).await.map(drop)
    }
}

#[async_trait]
impl MasterBook for ODataBook {
    fn what(&self) -> &'static str {
        match self.held {
            Held::Suppliers => "supplier",
            Held::Accounts => "GL account",
            Held::CostCenters => "cost centre",
        }
    }

    /// None is published.
    fn longest_name(&self) -> usize {
        usize::MAX
    }

    /// The code of an account is its key. A supplier may have got another number, and reading may lag.
    fn settles_at_once(&self) -> bool {
        self.held != Held::Suppliers
    }

    fn check(&self, number: &str) -> Result<(), Failure> {
        if number.trim().is_empty() {
            return Err(Failure::new(FailureKind::Invalid, format!("a {} needs a number", self.what())));
        }
        Ok(())
    }

    async fn find(&self, drafts: &[MasterDraft]) -> Result<Vec<Option<Kept>>, Failure> {
        self.lookup(drafts).await.map_err(|error| of_call(&error))
    }

    async fn make(&self, drafts: &[MasterDraft]) -> Result<Vec<Result<Kept, Error>>, Failure> {
        let created = self.create(drafts).await;
        let refused =
            |created: &Result<_, Error>| created.as_ref().is_err_and(|error| error.outcome() == Outcome::Rejected);
        let again: Vec<MasterDraft> = drafts
            .iter()
            .zip(&created)
            .filter(|(_, created)| refused(created))
            .map(|(draft, _)| draft.clone())
            .collect();
        // What is refused may be an earlier one of ours, or somebody else's.
        let there = if again.is_empty() { Ok(Vec::new()) } else { self.lookup(&again).await };
        let mut there = there.unwrap_or_else(|_| vec![None; again.len()]).into_iter();
        let kept = |(draft, created): (&MasterDraft, Result<Option<String>, Error>)| match created {
            Ok(number) => Ok(Kept { number: number.unwrap_or_else(|| draft.number.clone()), name: draft.name.clone() }),
            Err(error) if error.outcome() == Outcome::Rejected => there.next().flatten().ok_or(error),
            Err(error) => Err(error),
        };
        Ok(drafts.iter().zip(created).map(kept).collect())
    }

    /// At the state that was read: what somebody has changed since is not overwritten.
    async fn rename(&self, names: &[NameDraft]) -> Result<Vec<Option<Result<(), Error>>>, Error> {
        let numbers: Vec<&str> = names.iter().map(|name| name.of.as_str()).collect();
        let shown = self.shown(&numbers).await?;
        let pairs: Vec<_> = names.iter().zip(&shown).collect();
        let mut renamed = Vec::with_capacity(names.len());
        for some in pairs.chunks(AT_A_TIME) {
            let calls = some.iter().map(async |(name, shown)| match shown {
                Some((_, etag)) => Some(self.renamed(name, etag.as_deref()).await),
                None => None,
            });
            renamed.extend(join_all(calls).await);
        }
        Ok(renamed)
    }
}
