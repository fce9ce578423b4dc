//! Bills from Procurify, those touched since a cursor; those that are moved with their lines.

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use procurify_client::{BillStatus, BillSummary, BillType, ErrorKind, OrderBy, Reader, Uuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync_core::{
    Batch, ConnectionId, Cursor, Failure, FailureKind, Known, Record, RecordKey, Revision, Source, SourceError,
};
use tenant_http::{RequestIds, Traced};

use super::KIND;
use super::approved::{ApprovedBill, stamp};
use super::wanted::Wanted;
use crate::details::{Unread, known_whole, read_each};
use crate::failure::of_call;
use crate::reading::{Position, Scope, changed, pages};
use crate::reconcile::Period;

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
        let bills = bills.into_iter().map(|bill| Traced::new(bill, RequestIds::none())).collect();
        Box::pin(self.records(bills, &HashSet::new(), &mut BTreeSet::new())).await
    }

    /// A bill of the ledger as Procurify has it now; none if it is gone. As it is kept where it has no UUID.
    pub(crate) async fn reread(&self, kept: &Record) -> Result<Option<Record>, Unread> {
        let Some(uuid) = kept.payload["bill"]["uuid"].as_str() else { return Ok(Some(kept.clone())) };
        let read = self.detail(&Uuid(uuid.to_owned())).await?;
        Ok(read.map(|bill| self.record(&bill)).transpose()?)
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

    /// Bills as they are to be kept. Of bills that were read `whole` before and cannot be read now, what is known stands
    /// until they can be read again.
    async fn records(
        &self,
        bills: Vec<Traced<BillSummary>>,
        whole: &HashSet<RecordKey>,
        unread: &mut BTreeSet<String>,
    ) -> Result<Vec<Record>, Failure> {
        let (mut records, mut detailed) = (Vec::new(), Vec::new());
        for bill in bills {
            if let Some(uuid) = bill.uuid.clone().filter(|_| self.is_moved(&bill)) {
                detailed.push((uuid, bill));
            } else {
                let listed = ApprovedBill::of_summary(&bill)?;
                records.push(self.record(&Traced::new(listed, bill.request_ids))?);
            }
        }
        let read = |(uuid, _): (Uuid, Traced<BillSummary>)| async move { self.detail(&uuid).await };
        let details = Box::pin(read_each(detailed, read)).await?;
        for read in details.read.iter().flatten() {
            records.push(self.record(read)?);
        }
        for ((uuid, bill), why) in details.unread {
            unread.insert(uuid.0);
            if !whole.contains(&self.key(bill.id)) {
                let listed = as_listed(&bill, why.reason)?;
                records.push(self.record(&Traced::new(listed, bill.request_ids))?);
            }
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

    fn is_moved(&self, bill: &BillSummary) -> bool {
        self.wanted.refusal(bill.kind, bill.status).is_none()
    }

    async fn detail(&self, uuid: &Uuid) -> Result<Option<Traced<ApprovedBill>>, Unread> {
        match self.procurify.bills().get_traced(uuid).await {
            Ok(detail) => Ok(Some(detail.map(ApprovedBill::of_detail))),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                tracing::warn!(%uuid, "a bill was listed and is gone; it is left out");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn record(&self, bill: &Traced<ApprovedBill>) -> Result<Record, Failure> {
        let (key, stamp) = (self.key(bill.bill.id), bill.stamp(&self.wanted));
        let (revision, lifecycle) = (bill.revision(&self.wanted), bill.lifecycle(&self.wanted));
        let payload = serde_json::to_value(&bill.value)
            .map_err(|error| Failure::new(FailureKind::Other, format!("{key} cannot be kept: {error}")))?;
        Ok(Record { key, revision, stamp, lifecycle, payload, request_ids: bill.request_ids.iter().collect() })
    }
}

/// A bill as lists show it, with why there is no more of it.
fn as_listed(bill: &BillSummary, reason: String) -> Result<ApprovedBill, Failure> {
    Ok(ApprovedBill { unread: Some(reason), ..ApprovedBill::of_summary(bill)? })
}

#[async_trait]
impl Source for BillSource {
    fn revision_of(&self, payload: &Value) -> Option<Revision> {
        ApprovedBill::deserialize(payload).ok().map(|bill| bill.revision(&self.wanted))
    }

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
        let whole = known_whole(touched.iter().map(|bill| self.key(bill.id)).collect(), known).await?;
        let mut records = self.records(touched, &whole, &mut scope.unread).await?;
        records.extend(again);
        let next = Position { place, scope }.write()?;
        Ok(Batch { records, unchanged, next, more })
    }
}
