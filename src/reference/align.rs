//! Reading both systems' reference data, and making the table of it.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use procurify_client::ProcurifyClient;
use sync_core::memory::keep_hand_made;
use sync_core::{ConnectionId, CrossReferences, Match, MatchedBy, Reference, References};

use super::resolve::code;
use super::source::Shelf;
use super::subjects::Subjects;
use super::{
    AlignError, CLOSED_PERIOD, COST_CENTER, CURRENCY, GL_ACCOUNT, ITEM, Master, NewSuppliers, SERVICE_ITEM, Subject,
    VENDOR, align, dimension_kind, erp_kind, matching, normalised, validity,
};
use crate::periods::{ClosedPeriod, PeriodList};
use crate::product::{Masters, Product};

/// The reference data of both systems as it was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    pub subjects: Subjects,
    pub masters: Masters,
    pub dimensions: Vec<(u8, Vec<Master>)>,
    /// The day on which they were read.
    pub day: NaiveDate,
}

impl Reading {
    /// The kinds that are matched by themselves: Procurify's records and the ERP's.
    pub fn pairs(&self) -> [(&'static str, &[Subject], &[Master]); 3] {
        [
            (VENDOR, &self.subjects.vendors, &self.masters.suppliers),
            (GL_ACCOUNT, &self.subjects.account_codes, &self.masters.accounts),
            (COST_CENTER, &self.subjects.departments, &self.masters.cost_centers),
        ]
    }
}

/// A supplier of the number that we would give a vendor is that vendor's if it was before, or bears its name, which may
/// have been cut; else another may have numbered it so.
fn doubt_number(line: &mut Reference, masters: &[Master], known: &References) {
    let Match::Matched { target, by: MatchedBy::Code } = &line.found else { return };
    let known_before =
        known.get(&line.kind, &line.source).is_some_and(|before| before.found.targets().contains(target));
    let name = masters.iter().find(|master| master.id == *target).map(|master| normalised(&master.name));
    let is_named_so = name.is_some_and(|name| !name.is_empty() && normalised(&line.label).starts_with(&name));
    if !known_before && !is_named_so {
        line.found = Match::Ambiguous { candidates: vec![target.clone()] };
    }
}

/// Reads both systems' reference data and compares it.
pub(crate) struct Aligner {
    pub procurify: ProcurifyClient,
    pub product: Arc<dyn Product>,
    pub page_size: u64,
    /// Further accounting dimensions that are booked on.
    pub dimensions: BTreeSet<u8>,
    /// How suppliers are numbered that are made for vendors: by these numbers they are known again.
    pub new_suppliers: Option<NewSuppliers>,
    /// Where the ERP lists its fiscal periods.
    pub periods: Option<PeriodList>,
    /// Where each reading is left for those that go on with it.
    pub shelf: Arc<Shelf>,
}

/// All lines of some kinds.
type Tables = Vec<(String, Vec<Reference>)>;

impl Aligner {
    /// Both systems as they are now.
    pub async fn read(&self, now: DateTime<Utc>) -> Result<Reading, AlignError> {
        let (subjects, masters) =
            futures_util::future::join(Subjects::read(&self.procurify, self.page_size), self.product.masters()).await;
        let mut subjects = subjects.map_err(|error| AlignError::procurify(&error))?;
        if let Some(rule) = &self.new_suppliers {
            for vendor in subjects.vendors.iter_mut().filter(|vendor| vendor.external_id.is_none()) {
                vendor.code = rule.number_of(&vendor.source);
            }
        }
        let masters = masters.map_err(AlignError::cloudsuite)?;
        let mut dimensions = Vec::new();
        for number in &self.dimensions {
            let values = self.product.dimension(*number).await.map_err(AlignError::cloudsuite)?;
            dimensions.push((*number, values));
        }
        Ok(Reading { subjects, masters, dimensions, day: now.date_naive() })
    }

    /// The table's lines as a reading makes them.
    async fn tables(&self, reading: &Reading, known: &References) -> Result<Tables, AlignError> {
        let lines = reading.pairs().into_iter().flat_map(|(kind, subjects, masters)| {
            let mut ours = align(kind, subjects, masters);
            ours.extend(align(kind, &no_longer_listed(kind, subjects, masters, known), masters));
            if kind == VENDOR {
                for line in &mut ours {
                    doubt_number(line, masters, known);
                }
            }
            [
                (kind.to_owned(), ours),
                (erp_kind(kind), matching::of_erp(kind, masters)),
                (validity::validity_kind(kind), validity::lines(kind, masters)),
            ]
        });
        let mut tables: Tables = lines.collect();
        tables.extend(self.items(known).await?);
        tables.extend(self.currencies(reading, known).await?);
        tables.push((CLOSED_PERIOD.to_owned(), self.closed_periods().await?));
        for (number, values) in &reading.dimensions {
            let kind = dimension_kind(*number);
            let mut lines = matching::of_erp(&kind, values);
            if lines.is_empty() {
                lines.push(none_there(&erp_kind(&kind)));
            }
            tables.push((erp_kind(&kind), lines));
            tables.push((validity::validity_kind(&kind), validity::lines(&kind, values)));
        }
        Ok(tables)
    }

    async fn closed_periods(&self) -> Result<Vec<Reference>, AlignError> {
        let Some(list) = &self.periods else { return Ok(Vec::new()) };
        let closed = self.product.closed_periods(list).await.map_err(AlignError::cloudsuite)?;
        Ok(closed.iter().map(ClosedPeriod::line).collect())
    }

    /// The currencies that are in use: those of Procurify, and those linked to.
    async fn currencies(&self, reading: &Reading, known: &References) -> Result<Tables, AlignError> {
        let linked = known.iter().filter(|line| line.kind == CURRENCY).flat_map(|line| line.found.targets());
        let mut codes: Vec<String> = reading.subjects.currency_codes.iter().chain(linked).cloned().collect();
        codes.sort();
        codes.dedup();
        let there = self.product.currencies(&codes).await.map_err(AlignError::cloudsuite)?;
        let line = |there: &[String], currency: &String| Reference {
            kind: erp_kind(CURRENCY),
            source: code(currency),
            label: String::new(),
            found: if there.contains(currency) {
                Match::Matched { target: currency.clone(), by: MatchedBy::Code }
            } else {
                Match::Unknown { named: currency.clone() }
            },
        };
        let lines = there.map(|there| codes.iter().map(|currency| line(&there, currency)).collect());
        Ok(vec![(erp_kind(CURRENCY), lines.unwrap_or_default())])
    }

    /// The items that are in use: those linked to, and that of lines bought by their text.
    async fn items(&self, known: &References) -> Result<Tables, AlignError> {
        let service = self.product.service_item();
        let linked = known.iter().filter(|line| line.kind == ITEM).flat_map(|line| line.found.targets());
        let mut wanted: Vec<String> = linked.chain(&service).cloned().collect();
        wanted.sort();
        wanted.dedup();
        let there = if wanted.is_empty() {
            Vec::new()
        } else {
            self.product.items(&wanted).await.map_err(AlignError::cloudsuite)?
        };
        let mut lines = matching::of_erp(ITEM, &there);
        for number in wanted.iter().filter(|number| there.iter().all(|item| code(&item.id) != code(number))) {
            let found = Match::Unknown { named: number.clone() };
            lines.push(Reference { kind: erp_kind(ITEM), source: code(number), label: String::new(), found });
        }
        let of_service = lines.iter().find(|line| service.as_ref().is_some_and(|item| code(item) == line.source));
        let of_service = of_service.map(|line| Reference {
            kind: SERVICE_ITEM.to_owned(),
            source: String::new(),
            label: line.label.clone(),
            found: line.found.clone(),
        });
        Ok(vec![(SERVICE_ITEM.to_owned(), of_service.into_iter().collect()), (erp_kind(ITEM), lines)])
    }

    /// The whole table as an alignment now would make it. Writes nothing.
    pub async fn preview(&self, known: &References, now: DateTime<Utc>) -> Result<References, AlignError> {
        let reading = self.read(now).await?;
        let table = self.table(&reading, known, now).await?;
        self.shelf.put(reading, table.clone());
        Ok(table)
    }

    /// The whole table as a reading makes it of what is known.
    pub async fn table(
        &self,
        reading: &Reading,
        known: &References,
        now: DateTime<Utc>,
    ) -> Result<References, AlignError> {
        let tables = self.tables(reading, known).await?;
        let mut lines: Vec<Reference> = Vec::new();
        let aligned = |kind: &str| tables.iter().any(|(aligned, _)| aligned == kind);
        lines.extend(known.iter().filter(|line| !aligned(&line.kind)).cloned());
        for (kind, new) in &tables {
            lines.extend(keep_hand_made(known.iter().filter(|line| line.kind == *kind).cloned().collect(), new));
        }
        Ok(References::new(lines, Some(now)))
    }

    /// Reads, compares and saves.
    pub async fn align(
        &self,
        store: &dyn CrossReferences,
        connection: &ConnectionId,
        now: DateTime<Utc>,
    ) -> Result<(), AlignError> {
        let reading = self.read(now).await?;
        let known = store.snapshot(connection).await?;
        store.replace(connection, &self.tables(&reading, &known).await?, now).await?;
        self.shelf.put(reading, store.snapshot(connection).await?);
        Ok(())
    }
}

/// How a line came about, in a word; none if it leads nowhere.
pub(super) fn how(found: &Match) -> Option<&'static str> {
    match found {
        Match::Matched { by: MatchedBy::Hand, .. } => Some("hand"),
        Match::Matched { by: MatchedBy::ExternalId, .. } => Some("external_id"),
        Match::Matched { by: MatchedBy::Code, .. } => Some("code"),
        Match::Matched { by: MatchedBy::UniqueName, .. } => Some("name"),
        Match::Matched { .. } => Some("other"),
        Match::Blocked { .. } => Some("blocked"),
        Match::Ambiguous { .. } | Match::Unknown { .. } => None,
    }
}

/// What was matched, and Procurify does not list any more: it lists active vendors only. What such a record stands for in
/// the ERP stays its own, so that orders of it go on, and nothing new is made in Procurify in its place.
fn no_longer_listed(kind: &str, subjects: &[Subject], masters: &[Master], known: &References) -> Vec<Subject> {
    let listed: HashSet<&str> = subjects.iter().map(|subject| subject.source.as_str()).collect();
    let there: HashSet<String> = masters.iter().map(|master| code(&master.id)).collect();
    let gone = known.iter().filter(|line| line.kind == kind && !listed.contains(line.source.as_str()));
    let subject = |line: &Reference| match &line.found {
        Match::Matched { target, .. } | Match::Blocked { target, .. } if there.contains(&code(target)) => {
            Some(Subject {
                source: line.source.clone(),
                label: line.label.clone(),
                external_id: Some(target.clone()),
                code: None,
            })
        }
        _ => None,
    };
    gone.filter_map(subject).collect()
}

/// Marks a kind as read although the ERP has no value of it: of a kind that was not read, any value is taken.
fn none_there(kind: &str) -> Reference {
    let found = Match::Unknown { named: String::new() };
    Reference { kind: kind.to_owned(), source: String::new(), label: String::new(), found }
}
