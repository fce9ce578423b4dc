//! Records that only one of the systems has, as the last reading showed them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::NaiveDate;
use procurify_client::{CurrencyId, LocationId, ProcurifyClient};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync_core::ledger::list_all;
use sync_core::{
    Batch, ConnectionId, Cursor, DedupStore, Failure, FailureKind, Kind, Known, Lifecycle, Query, Record, RecordKey,
    References, RequestIds, Revision, Source, SourceError, StateName,
};

use super::align::Reading;
use super::resolve::code;
use super::{
    ACCOUNT_CODE, COST_CENTER, DEPARTMENT, GL_ACCOUNT, Master, NewSuppliers, SUPPLIER, Subject, VENDOR, normalised,
};
use crate::failure::of_call;
use crate::product::Product;

/// The last reading of both systems, and the table that was made of it.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Option<Arc<(Reading, References)>>>);

impl Shelf {
    pub fn put(&self, reading: Reading, table: References) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new((reading, table)));
    }

    pub fn get(&self) -> Option<Arc<(Reading, References)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A record that has no counterpart: all that a mapper needs of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OneSided {
    /// Its id or code in its own system.
    pub id: String,
    pub name: String,
    /// The id that it names in the other system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Its currency's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The currency's id in Procurify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency_id: Option<CurrencyId>,
    /// Where in Procurify a department of it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationId>,
    /// Why none is made of it in the other system, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfit: Option<String>,
    /// Others of its own system with the same name, one-sided as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub twins: Vec<String>,
    /// Records of the other system with the same name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namesakes: Vec<String>,
}

/// The kind of the table's lines that records of a kind are matched by.
pub(crate) fn table_kind(kind: &str) -> &str {
    match kind {
        SUPPLIER => VENDOR,
        ACCOUNT_CODE => GL_ACCOUNT,
        DEPARTMENT => COST_CENTER,
        other => other,
    }
}

/// The records of one kind that have no counterpart. Those that could be one of several are among them.
pub(crate) fn one_sided(kind: &str, reading: &Reading, table: &References) -> Vec<OneSided> {
    let mut records = match kind {
        VENDOR | ACCOUNT_CODE | DEPARTMENT => of_procurify(table_kind(kind), reading, table),
        SUPPLIER => of_erp(VENDOR, &reading.masters.suppliers, &reading.subjects.vendors, table, reading.day),
        GL_ACCOUNT => {
            of_erp(GL_ACCOUNT, &reading.masters.accounts, &reading.subjects.account_codes, table, reading.day)
        }
        COST_CENTER => {
            of_erp(COST_CENTER, &reading.masters.cost_centers, &reading.subjects.departments, table, reading.day)
        }
        _ => Vec::new(),
    };
    let names: Vec<(String, String)> =
        records.iter().map(|record| (record.id.clone(), normalised(&record.name))).collect();
    for record in &mut records {
        let name = normalised(&record.name);
        let twins = names.iter().filter(|(id, other)| *id != record.id && !name.is_empty() && *other == name);
        record.twins = twins.map(|(id, _)| id.clone()).collect();
    }
    records
}

fn of_procurify(kind: &str, reading: &Reading, table: &References) -> Vec<OneSided> {
    let pair = reading.pairs().into_iter().find(|(of, ..)| *of == kind);
    let Some((_, subjects, masters)) = pair else { return Vec::new() };
    let one_sided = subjects.iter().filter(|subject| !table.get(kind, &subject.source).is_some_and(is_sure));
    let unsuitable = |subject: &Subject| kind == VENDOR && reading.subjects.unsuitable.contains(&subject.source);
    let unfit = |subject: &Subject| {
        let kind = reading.subjects.other_accounts.get(&subject.source).filter(|_| kind == GL_ACCOUNT)?;
        Some(match kind {
            Some(kind) => format!("it is an account of type {kind} in Procurify"),
            None => "Procurify does not say of which type it is".to_owned(),
        })
    };
    let currency = |subject: &Subject| reading.subjects.currencies.get(&subject.source).filter(|_| kind == VENDOR);
    one_sided
        .filter(|subject| !unsuitable(subject))
        .map(|subject| OneSided {
            id: subject.source.clone(),
            name: subject.label.clone(),
            external_id: subject.external_id.clone(),
            currency: None,
            currency_id: currency(subject).copied(),
            location: None,
            unfit: unfit(subject),
            twins: Vec::new(),
            namesakes: namesakes(&subject.label, masters.iter().map(|one| (&one.id, &one.name))),
        })
        .collect()
}

/// The ids of those that have this name.
fn namesakes<'a>(name: &str, others: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<String> {
    let name = normalised(name);
    let same = others.filter(|(_, other)| !name.is_empty() && normalised(other) == name);
    same.map(|(id, _)| id.clone()).collect()
}

fn of_erp(kind: &str, masters: &[Master], subjects: &[Subject], table: &References, today: NaiveDate) -> Vec<OneSided> {
    // Whatever the table says of them, two records with the same code are not both to be.
    let taken: HashSet<String> = subjects.iter().filter_map(|subject| subject.code.as_deref()).map(code).collect();
    let matched = |master: &Master| {
        taken.contains(&code(&master.id))
            || table.of_target(kind, &master.id).iter().any(|line| line.found.targets().len() == 1 && is_sure(line))
    };
    let is_usable = |master: &&Master| master.blocked.is_none() && master.valid.holds(today);
    let usable = masters.iter().filter(is_usable).filter(|master| !matched(master));
    usable
        .map(|master| OneSided {
            id: master.id.clone(),
            name: master.name.clone(),
            external_id: None,
            currency: None,
            currency_id: None,
            location: None,
            unfit: None,
            twins: Vec::new(),
            namesakes: namesakes(&master.name, subjects.iter().map(|subject| (&subject.source, &subject.label))),
        })
        .collect()
}

fn is_sure(line: &sync_core::Reference) -> bool {
    matches!(line.found, sync_core::Match::Matched { .. } | sync_core::Match::Blocked { .. })
}

/// Gives the one-sided records of a kind.
pub(crate) struct OneSidedSource {
    pub connection: ConnectionId,
    pub kind: Kind,
    pub shelf: Arc<Shelf>,
    pub store: Arc<dyn DedupStore>,
    pub product: Arc<dyn Product>,
    pub procurify: ProcurifyClient,
    /// Where departments are made; the headquarters if none.
    pub location: Option<LocationId>,
}

impl OneSidedSource {
    fn key(&self, id: &str) -> RecordKey {
        RecordKey::new(self.connection.clone(), self.kind.clone(), id)
    }

    /// Reads what lists do not show of new records: the currencies of suppliers, and in Procurify those of both.
    async fn complete(&self, records: &mut [OneSided]) -> Result<(), Failure> {
        if records.is_empty() {
            return Ok(());
        }
        if self.kind.as_str() == COST_CENTER {
            let location = self.location().await?;
            for record in records.iter_mut() {
                record.location = location;
            }
        }
        if !matches!(self.kind.as_str(), VENDOR | SUPPLIER) {
            return Ok(());
        }
        if self.kind.as_str() == SUPPLIER {
            let numbers: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
            let currencies = self.product.supplier_currencies(&numbers).await?;
            for (record, currency) in records.iter_mut().zip(currencies) {
                record.currency = currency;
            }
        }
        // Procurify shows and takes currencies by id.
        let all = self.procurify.currencies().list().all().await.map_err(|error| of_call(&error))?;
        for record in records {
            let found = all.iter().find(|currency| match &record.currency {
                Some(code) => currency.name.as_deref() == Some(code.as_str()),
                None => currency.id.is_some() && currency.id == record.currency_id,
            });
            record.currency_id = found.and_then(|currency| currency.id);
            record.currency = record.currency.take().or_else(|| found?.name.clone().map(Into::into));
        }
        Ok(())
    }

    /// The location that departments are made in: that of the settings, the headquarters, or the only one there is.
    async fn location(&self) -> Result<Option<LocationId>, Failure> {
        if self.location.is_some() {
            return Ok(self.location);
        }
        let all = self.procurify.locations().list().all().await.map_err(|error| of_call(&error))?;
        let headquarters = all.iter().find(|location| location.headquarter == Some(true));
        let only = if all.len() == 1 { all.first() } else { None };
        Ok(headquarters.or(only).map(|location| location.id))
    }

    /// The ids of records that are held: they are read whole each time, for what they wait for may be there.
    async fn held(&self) -> Result<HashSet<String>, SourceError> {
        let query = Query::of(&self.connection, &self.kind).in_states(&[StateName::Held]);
        let heads = list_all(self.store.as_ref(), query).await?;
        Ok(heads.into_iter().map(|head| head.key.id().to_owned()).collect())
    }

    fn record(&self, one: &OneSided, stamp: String) -> Result<Record, Failure> {
        let key = self.key(&one.id);
        let payload = serde_json::to_value(one)
            .map_err(|error| Failure::new(FailureKind::Other, format!("{key} cannot be kept: {error}")))?;
        let (revision, request_ids) = (Revision::of(&payload), RequestIds::none());
        Ok(Record { key, revision, stamp, lifecycle: Lifecycle::Active, payload, request_ids })
    }
}

/// Records that wait for a person or for a counterpart, and are not among the current ones any more: done with.
pub(super) async fn done_with(
    store: &dyn DedupStore,
    connection: &ConnectionId,
    kind: &Kind,
    current: &HashSet<String>,
    is_matched: impl Fn(&str) -> bool,
) -> Result<Vec<Record>, SourceError> {
    let open = [StateName::Held, StateName::Rejected, StateName::Parked];
    let heads = list_all(store, Query::of(connection, kind).in_states(&open)).await?;
    let gone = heads.into_iter().filter(|head| !current.contains(head.key.id()));
    let record = |head: sync_core::Head| {
        let stamp = "not one-sided any more".to_owned();
        let revision = Revision::of(&serde_json::json!([head.payload, stamp]));
        // What is matched is mapped once more, to say to what; the rest is gone, or not to be used.
        let lifecycle = if is_matched(head.key.id()) { Lifecycle::Active } else { Lifecycle::Cancelled };
        Record { stamp, revision, lifecycle, ..head.record() }
    };
    Ok(gone.map(record).collect())
}

#[async_trait]
impl Source for OneSidedSource {
    async fn poll(&self, _after: Option<&Cursor>, known: &dyn Known) -> Result<Batch, SourceError> {
        let next = Cursor("read".to_owned());
        let Some(read) = self.shelf.get() else {
            return Ok(Batch { records: Vec::new(), unchanged: 0, next, more: false });
        };
        let (reading, table) = read.as_ref();
        let current = one_sided(self.kind.as_str(), reading, table);
        let keys: Vec<RecordKey> = current.iter().map(|one| self.key(&one.id)).collect();
        let stamps: Vec<String> = current
            .iter()
            .map(|one| {
                serde_json::to_value(one).map(|value: Value| Revision::of(&value).to_string()).unwrap_or_default()
            })
            .collect();
        let (seen, held) = (known.stamps(&keys).await?, self.held().await?);
        let (mut changed, mut marks) = (Vec::new(), Vec::new());
        for ((one, stamp), seen) in current.iter().zip(stamps).zip(seen) {
            if seen.as_ref() != Some(&stamp) || held.contains(&one.id) {
                changed.push(one.clone());
                marks.push(stamp);
            }
        }
        let unchanged = u64::try_from(current.len() - changed.len()).unwrap_or(u64::MAX);
        self.complete(&mut changed).await?;
        let records: Result<Vec<Record>, Failure> =
            changed.iter().zip(marks).map(|(one, stamp)| self.record(one, stamp)).collect();
        let mut records = records?;
        let is_matched = |id: &str| match self.kind.as_str() {
            kind @ (VENDOR | ACCOUNT_CODE | DEPARTMENT) => table.get(table_kind(kind), id).is_some_and(is_sure),
            kind => table.of_target(table_kind(kind), id).into_iter().any(is_sure),
        };
        let ids: HashSet<String> = current.iter().map(|one| one.id.clone()).collect();
        records.extend(done_with(self.store.as_ref(), &self.connection, &self.kind, &ids, is_matched).await?);
        Ok(Batch { records, unchanged, next, more: false })
    }
}

impl NewSuppliers {
    /// The number of the supplier that is made for a vendor: built from the vendor's id, so that it is the same
    /// whenever it is built. None if it would be too long.
    pub fn number_of(&self, vendor: &str) -> Option<String> {
        let width = self.longest_number.checked_sub(self.prefix.len())?;
        let fits = !vendor.is_empty() && vendor.len() <= width && vendor.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| format!("{}{vendor:0>width$}", self.prefix))
    }
}
