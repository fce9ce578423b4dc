//! Bills from Procurify, those touched since a cursor; those that are moved with their lines.

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use futures_util::{StreamExt, stream};
use procurify_client::{BillStatus, BillSummary, BillType, Error, ErrorKind, OrderBy, Reader, Uuid};
use serde::{Deserialize, Serialize};
use sync_core::{Batch, ConnectionId, Cursor, Failure, FailureKind, Known, Record, RecordKey, Source, SourceError};

use super::KIND;
use super::approved::{ApprovedBill, is_of_the_whole, stamp};
use super::wanted::Wanted;
use crate::failure::{is_of_the_record, of_call};
use crate::reading::{Position, Scope, changed, pages};
use crate::reconcile::Period;

/// Details that are read at a time.
const AT_A_TIME: usize = 4;
/// Details that fail one after the other before the reading is given up.
const GIVE_UP: usize = 5;

/// Which bills are read, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillSettings {
    /// Records a page, which one poll takes into the ledger. Default 100, which Procurify is known to take.
    pub page_size: u64,
    /// The statuses of bills that are moved. Default: approved, and what follows it.
    pub statuses: Vec<BillStatus>,
    /// The types of bills that are moved. Default: those for orders. Expenses and credit card statements are left
    /// out, as Procurify's own connectors do.
    pub types: Vec<BillType>,
    /// Only bills invoiced on this day, where the tenant is, or later; all by default. Set to an earlier day later on,
    /// everything is read once more.
    pub invoiced_from: Option<NaiveDate>,
}

impl Default for BillSettings {
    fn default() -> Self {
        use BillStatus::{Approved, Paid, PaymentApproved, PaymentConfirmed, PaymentLimbo};
        Self {
            page_size: 100,
            statuses: vec![Approved, PaymentConfirmed, PaymentApproved, PaymentLimbo, Paid],
            types: vec![BillType::Order],
            invoiced_from: None,
        }
    }
}

impl BillSettings {
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            statuses: self.statuses.clone(),
            types: self.types.clone(),
            invoiced_from: self.invoiced_from,
            attachments: false,
        }
    }
}

/// What is read, and what could not be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Reading {
    #[serde(flatten)]
    wanted: Wanted,
    /// UUIDs of bills whose detail could not be read. Procurify need not list them again, so they are asked for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unread: BTreeSet<String>,
}

impl Scope for Reading {
    fn is_within(&self, kept: &Self) -> bool {
        self.wanted.is_within(&kept.wanted)
    }

    fn going_on(self, kept: Self) -> Self {
        Self { unread: kept.unread, ..self }
    }
}

/// Why a bill was not read.
struct Unread {
    failure: Failure,
    /// In words that are the same time after time.
    reason: String,
    whose: Whose,
}

/// Whose fault it is that a bill was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// That of the bill itself.
    Bill,
    /// That of the whole reading.
    Reading,
    /// The service failed: at this bill, or altogether.
    Unclear,
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        let whose = match error.kind() {
            _ if is_of_the_record(&error) => Whose::Bill,
            ErrorKind::Unavailable | ErrorKind::Permission | ErrorKind::Timeout => Whose::Unclear,
            _ => Whose::Reading,
        };
        let status = error.status().map(|status| format!(" (HTTP {status})")).unwrap_or_default();
        Self { failure: of_call(&error), reason: format!("{}{status}", error.message()), whose }
    }
}

/// Gives bills as [`ApprovedBill`]s. Those that are not moved are given as lists show them, so that the ledger can say
/// why; the others cost a call each, for only a bill's detail shows its lines.
///
/// A bill whose detail Procurify refuses, or shows in a way that cannot be read, is given as lists show it too, with
/// the reason; it is asked for again with each later scan.
pub struct BillSource {
    connection: ConnectionId,
    procurify: Reader,
    settings: BillSettings,
    wanted: Wanted,
}

impl BillSource {
    /// A source of a tenant's bills, whose records bear this connection's name.
    pub fn new(connection: ConnectionId, procurify: Reader, settings: BillSettings) -> Self {
        let wanted = settings.wanted();
        Self { connection, procurify, settings, wanted }
    }

    /// Whether the addresses of attachments are carried: then other ones make another bill. Default no.
    pub fn attachments(mut self, carried: bool) -> Self {
        self.wanted.attachments = carried;
        self
    }

    /// The bills invoiced within these days, widened by one each way for the tenant's time zone, as lists show them.
    pub(crate) async fn invoiced(&self, period: Period) -> Result<Vec<BillSummary>, Failure> {
        let mut list = self.procurify.bills().list();
        if let Some(first) = period.first.or(self.settings.invoiced_from) {
            list = list.invoiced_since(first - TimeDelta::days(1));
        }
        if let Some(last) = period.last {
            list = list.invoiced_until(last + TimeDelta::days(1));
        }
        let list = list.order_by(OrderBy::ascending("id")).page_size(self.settings.page_size);
        let mut bills = list.all().await.map_err(|error| of_call(&error))?;
        bills.retain(|bill| self.is_recent(bill));
        Ok(bills)
    }

    /// Bills with their lines, as [`poll`](Source::poll) would give them.
    pub(crate) async fn details(&self, bills: Vec<BillSummary>) -> Result<Vec<Record>, Failure> {
        Box::pin(self.records(bills, &HashSet::new(), &mut BTreeSet::new())).await
    }

    /// Whose record a bill is, and the mark of it as it is listed.
    pub(crate) fn mark(&self, bill: &BillSummary) -> (RecordKey, String) {
        (self.key(bill.id), stamp(bill, &self.wanted))
    }

    /// Whether it may be of the first day or later: that day begins up to a day earlier somewhere, and which bills are
    /// of it exactly is for those to say who know the tenant's time zone.
    fn is_recent(&self, bill: &BillSummary) -> bool {
        let day = bill.invoice_date.as_ref().map(|date| date.day_in(&Tz::UTC));
        let first = self.settings.invoiced_from.map(|first| first.pred_opt().unwrap_or(first));
        first.is_none_or(|first| day.is_none_or(|day| day >= first))
    }

    fn key(&self, id: impl std::fmt::Display) -> RecordKey {
        RecordKey::new(self.connection.clone(), KIND.into(), id.to_string())
    }

    /// Bills as they are to be kept. What fails now and then is asked for again, for one bill that was not read would
    /// make all others be read again. What fails time after time is the bill's own failure, unless many fail in a row
    /// and none that was read before can be read any more. Of bills that were read `whole` before, what is known stands
    /// until they can be read again.
    async fn records(
        &self,
        bills: Vec<BillSummary>,
        whole: &HashSet<RecordKey>,
        unread: &mut BTreeSet<String>,
    ) -> Result<Vec<Record>, Failure> {
        let (mut records, mut open, mut readable) = (Vec::new(), bills, None);
        while !open.is_empty() {
            let (before, mut failed) = (open.len(), Vec::new());
            let mut reading =
                stream::iter(open).map(|bill| async { (self.bill(&bill).await, bill) }).buffer_unordered(AT_A_TIME);
            let mut in_a_row = 0;
            while let Some((read, bill)) = reading.next().await {
                match read {
                    Ok(read) => {
                        in_a_row = 0;
                        if let Some(read) = read {
                            if !read.listed_only {
                                readable = bill.uuid;
                            }
                            records.push(self.record(&read)?);
                        }
                    }
                    Err(why) => {
                        in_a_row = if why.whose == Whose::Unclear { in_a_row + 1 } else { 0 };
                        let over = in_a_row >= GIVE_UP && !Box::pin(self.still_reads(readable.as_ref())).await;
                        if over || why.whose == Whose::Reading {
                            return Err(why.failure);
                        }
                        failed.push((bill, why));
                    }
                }
            }
            drop(reading);
            if failed.len() < before {
                open = failed.into_iter().map(|(bill, _)| bill).collect();
                continue;
            }
            for (bill, why) in failed {
                unread.extend(bill.uuid.as_ref().map(|uuid| uuid.0.clone()));
                if !whole.contains(&self.key(bill.id)) {
                    records.push(self.record(&as_listed(&bill, why.reason)?)?);
                }
            }
            break;
        }
        Ok(records)
    }

    /// Those that could not be read before and can be now.
    async fn again(&self, unread: &mut BTreeSet<String>) -> Result<Vec<Record>, Failure> {
        let mut records = Vec::new();
        for uuid in unread.clone() {
            match self.detail(&Uuid(uuid.clone())).await {
                Ok(read) => {
                    unread.remove(&uuid);
                    if let Some(bill) = read {
                        records.push(self.record(&bill)?);
                    }
                }
                Err(why) => tracing::warn!(uuid, why = why.failure.message, "a bill can still not be read"),
            }
        }
        Ok(records)
    }

    /// Those of these bills that were read whole before.
    async fn known_whole(&self, bills: &[BillSummary], known: &dyn Known) -> Result<HashSet<RecordKey>, SourceError> {
        let keys: Vec<RecordKey> = bills.iter().map(|bill| self.key(bill.id)).collect();
        let stamps = known.stamps(&keys).await?;
        let whole = keys.into_iter().zip(stamps).filter(|(_, stamp)| stamp.as_deref().is_some_and(is_of_the_whole));
        Ok(whole.map(|(key, _)| key).collect())
    }

    fn is_moved(&self, bill: &BillSummary) -> bool {
        self.wanted.refusal(bill.kind, bill.status).is_none()
    }

    /// A bill as far as it is needed; none if it was deleted meanwhile.
    async fn bill(&self, summary: &BillSummary) -> Result<Option<ApprovedBill>, Unread> {
        match &summary.uuid {
            Some(uuid) if self.is_moved(summary) => self.detail(uuid).await,
            _ => ApprovedBill::of_summary(summary).map(Some).map_err(|failure| {
                let reason = failure.message.clone();
                Unread { failure, reason, whose: Whose::Reading }
            }),
        }
    }

    async fn detail(&self, uuid: &Uuid) -> Result<Option<ApprovedBill>, Unread> {
        match self.procurify.bills().get(uuid).await {
            Ok(detail) => Ok(Some(ApprovedBill::of_detail(detail))),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                tracing::warn!(%uuid, "a bill was listed and is gone; it is left out");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the detail of a bill that was read can be read again.
    async fn still_reads(&self, bill: Option<&Uuid>) -> bool {
        match bill {
            Some(uuid) => self.detail(uuid).await.is_ok(),
            None => false,
        }
    }

    fn record(&self, bill: &ApprovedBill) -> Result<Record, Failure> {
        let (key, stamp) = (self.key(bill.bill.id), bill.stamp(&self.wanted));
        let (revision, lifecycle) = (bill.revision(&self.wanted), bill.lifecycle(&self.wanted));
        let payload = serde_json::to_value(bill)
            .map_err(|error| Failure::new(FailureKind::Other, format!("{key} cannot be kept: {error}")))?;
        Ok(Record { key, revision, stamp, lifecycle, payload })
    }
}

/// A bill as lists show it, with why there is no more of it.
fn as_listed(bill: &BillSummary, reason: String) -> Result<ApprovedBill, Failure> {
    Ok(ApprovedBill { unread: Some(reason), ..ApprovedBill::of_summary(bill)? })
}

#[async_trait]
impl Source for BillSource {
    async fn poll(&self, after: Option<&Cursor>, known: &dyn Known) -> Result<Batch, SourceError> {
        let settings = &self.settings;
        let scope = Reading { wanted: self.wanted.clone(), unread: BTreeSet::new() };
        let Position { place: from, mut scope } = Position::read(after, &scope)?;
        let changes = self.procurify.bills().changes_since(&from);
        let (mut bills, place, more) = pages(changes, settings.page_size, 1, &from).await?;
        bills.retain(|bill| self.is_recent(bill));
        let (touched, unchanged) = changed(bills, known, |bill| self.mark(bill)).await?;
        for uuid in touched.iter().filter_map(|bill| bill.uuid.as_ref()) {
            scope.unread.remove(&uuid.0);
        }
        let again = if from.is_within_a_scan() { Vec::new() } else { self.again(&mut scope.unread).await? };
        let whole = self.known_whole(&touched, known).await?;
        let mut records = self.records(touched, &whole, &mut scope.unread).await?;
        records.extend(again);
        let next = Position { place, scope }.write()?;
        Ok(Batch { records, unchanged, next, more })
    }
}
