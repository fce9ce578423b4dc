//! Vendors, accounts and unit codes of a site, made under numbers of ours, of which the database takes only one.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloudsuite_client::syteline::{
    AccountNumber, Change, Inserted, NewAccount, NewVendor, SyteLine, UnitCode, Update, VendorNumber,
};
use sync_core::Failure;
use tenant_http::Error;

use super::invoices::invalid;
use crate::failure::of_call;
use crate::reference::{Kept, MasterBook, MasterDraft, NameDraft};

/// Characters of a vendor's number (`VendNum`).
pub(super) const LONGEST_VENDOR: usize = 7;

/// What a book holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Held {
    Vendors,
    Accounts,
    /// One of the four kinds of unit codes.
    UnitCodes(u8),
}

/// The records of one kind of a site.
#[derive(Debug, Clone)]
pub(super) struct SyteLineBook {
    pub syteline: SyteLine,
    pub held: Held,
    /// What new ones have besides number, name and currency.
    pub properties: BTreeMap<String, String>,
}

/// A record as the site shows it: its number, its name, and what an update names it by.
struct Shown {
    number: String,
    name: Option<String>,
    item_id: Option<String>,
}

/// The codes among these texts; what is none cannot be there.
fn codes<T>(texts: &[&str], read: impl Fn(&str) -> Option<T>) -> Vec<T> {
    texts.iter().filter_map(|text| read(text)).collect()
}

impl SyteLineBook {
    async fn shown(&self, numbers: &[&str]) -> Result<Vec<Shown>, Error> {
        Ok(match self.held {
            Held::Vendors => {
                let found = self.syteline.vendors().get(&codes(numbers, |text| VendorNumber::new(text).ok())).await?;
                let shown = found.into_iter().flatten();
                shown
                    .map(|one| Shown { number: one.number.to_string(), name: one.name, item_id: one.item_id })
                    .collect()
            }
            Held::Accounts => {
                let found = self
                    .syteline
                    .accounts()
                    .get(&codes(numbers, |text| AccountNumber::new(text).ok()))
                    .await?
                    .into_iter();
                found
                    .map(|one| Shown { number: one.number.to_string(), name: one.description, item_id: one.item_id })
                    .collect()
            }
            Held::UnitCodes(unit) => {
                let found = self
                    .syteline
                    .unit_codes()
                    .get(unit, &codes(numbers, |text| UnitCode::new(text).ok()))
                    .await?
                    .into_iter();
                found
                    .map(|one| Shown { number: one.code.to_string(), name: one.description, item_id: one.item_id })
                    .collect()
            }
        })
    }

    async fn insert(&self, drafts: &[MasterDraft]) -> Result<Vec<Result<Inserted, Error>>, Failure> {
        let properties = || self.properties.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(match self.held {
            Held::Vendors => {
                let new = |draft: &MasterDraft| {
                    let new =
                        NewVendor::new(VendorNumber::new(&draft.number).map_err(|why| invalid(&why))?, &draft.name);
                    let new = draft.currency.iter().fold(new, |new, currency| new.currency(currency));
                    Ok(properties().fold(new, |new, (name, value)| new.property(name, value)))
                };
                let new: Vec<NewVendor> = drafts.iter().map(new).collect::<Result<_, Failure>>()?;
                self.syteline.vendors().insert(&new).await
            }
            Held::Accounts => {
                let new = |draft: &MasterDraft| {
                    let number = AccountNumber::new(&draft.number).map_err(|why| invalid(&why))?;
                    let new = NewAccount::new(number, &draft.name);
                    Ok(properties().fold(new, |new, (name, value)| new.property(name, value)))
                };
                let new: Vec<NewAccount> = drafts.iter().map(new).collect::<Result<_, Failure>>()?;
                self.syteline.accounts().insert(&new).await
            }
            Held::UnitCodes(unit) => {
                let new = |draft: &MasterDraft| UnitCode::new(&draft.number).map_err(|why| invalid(&why));
                let codes: Vec<UnitCode> = drafts.iter().map(new).collect::<Result<_, Failure>>()?;
                let new = codes.into_iter().zip(drafts).map(|(code, draft)| (code, draft.name.as_str()));
                let new: Vec<(UnitCode, &str)> = new.collect();
                self.syteline.unit_codes().insert(unit, &new).await
            }
        })
    }

    fn update(&self) -> Update {
        match self.held {
            Held::Vendors => self.syteline.vendors().update(),
            Held::Accounts => self.syteline.accounts().update(),
            Held::UnitCodes(unit) => self.syteline.unit_codes().update(unit),
        }
    }

    fn name_property(&self) -> &'static str {
        match self.held {
            Held::Vendors => "Name",
            Held::Accounts | Held::UnitCodes(_) => "Description",
        }
    }
}

#[async_trait]
impl MasterBook for SyteLineBook {
    fn what(&self) -> &'static str {
        match self.held {
            Held::Vendors => "vendor",
            Held::Accounts => "account",
            Held::UnitCodes(_) => "unit code",
        }
    }

    fn longest_name(&self) -> usize {
        match self.held {
            Held::Vendors => 60,
            Held::Accounts | Held::UnitCodes(_) => 40,
        }
    }

    fn check(&self, number: &str) -> Result<(), Failure> {
        let checked = match self.held {
            Held::Vendors => VendorNumber::new(number).map(drop),
            Held::Accounts => AccountNumber::new(number).map(drop),
            Held::UnitCodes(_) => UnitCode::new(number).map(drop),
        };
        checked.map_err(|error| invalid(&error))
    }

    async fn find(&self, drafts: &[MasterDraft]) -> Result<Vec<Option<Kept>>, Failure> {
        let shown = self.shown(&drafts.iter().map(|draft| draft.number.as_str()).collect::<Vec<_>>()).await;
        let shown = shown.map_err(|error| of_call(&error))?;
        let kept = |draft: &MasterDraft| {
            let shown = shown.iter().find(|shown| shown.number == draft.number)?;
            Some(Kept { number: shown.number.clone(), name: shown.name.clone().unwrap_or_default() })
        };
        Ok(drafts.iter().map(kept).collect())
    }

    async fn make(&self, drafts: &[MasterDraft]) -> Result<Vec<Result<Kept, Error>>, Failure> {
        let kept = |(answer, draft): (Result<Inserted, Error>, &MasterDraft)| {
            let name = match answer? {
                Inserted::Found(row) => row.owned(self.name_property()).unwrap_or_default(),
                _ => draft.name.clone(),
            };
            Ok(Kept { number: draft.number.clone(), name })
        };
        Ok(self.insert(drafts).await?.into_iter().zip(drafts).map(kept).collect())
    }

    /// At the state that was read: what somebody has changed since is not overwritten.
    async fn rename(&self, names: &[NameDraft]) -> Result<Vec<Option<Result<(), Error>>>, Error> {
        let shown = self.shown(&names.iter().map(|name| name.of.as_str()).collect::<Vec<_>>()).await?;
        let change = |name: &NameDraft| {
            let item = shown.iter().find(|shown| shown.number == name.of)?.item_id.as_deref()?;
            Some(Change::update(item).set(self.name_property(), name.to.as_str()))
        };
        let changes: Vec<Option<Change>> = names.iter().map(change).collect();
        let sent: Vec<Change> = changes.iter().flatten().cloned().collect();
        let answers = if sent.is_empty() { Vec::new() } else { self.update().extend(sent).send().await };
        let mut answers = answers.into_iter().map(|answer| answer.map(drop));
        Ok(changes.iter().map(|change| change.as_ref().and_then(|_| answers.next())).collect())
    }
}
