//! Bills from Procurify, those touched since a cursor; those that are moved with their lines.

use async_trait::async_trait;
use chrono::NaiveDate;
use chrono_tz::Tz;
use futures_util::{StreamExt, stream};
use procurify_client::{BillStatus, BillSummary, BillType, ErrorKind, Reader};
use sync_core::{Batch, ConnectionId, Cursor, Failure, FailureKind, Known, Record, RecordKey, Source, SourceError};

use super::KIND;
use super::approved::{ApprovedBill, stamp};
use super::wanted::Wanted;
use crate::failure::of_call;
use crate::reading::{Position, changed, pages};

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
    /// Only bills invoiced on this day or later; all by default. Set to an earlier day later on, everything is read
    /// once more.
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
        Wanted { statuses: self.statuses.clone(), types: self.types.clone(), invoiced_from: self.invoiced_from }
    }
}

/// Gives bills as [`ApprovedBill`]s. Those that are not moved are given as lists show them, so that the ledger can say
/// why; the others cost a call each, for only a bill's detail shows its lines.
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

    fn is_recent(&self, bill: &BillSummary) -> bool {
        let day = bill.invoice_date.as_ref().map(|date| date.day_in(&Tz::UTC));
        self.settings.invoiced_from.is_none_or(|first| day.is_none_or(|day| day >= first))
    }

    fn key(&self, bill: &BillSummary) -> RecordKey {
        RecordKey::new(self.connection.clone(), KIND.into(), bill.id.to_string())
    }

    /// Bills as they are to be kept. What fails now and then is asked for again, for one bill that was not read would
    /// make all others be read again; what fails time after time is the whole reading's failure.
    async fn records(&self, bills: Vec<BillSummary>) -> Result<Vec<Record>, Failure> {
        let (mut records, mut open) = (Vec::new(), bills);
        while !open.is_empty() {
            let (before, mut failed) = (open.len(), Vec::new());
            let mut reading =
                stream::iter(open).map(|bill| async { (self.record(&bill).await, bill) }).buffer_unordered(AT_A_TIME);
            let mut in_a_row = 0;
            while let Some((record, bill)) = reading.next().await {
                match record {
                    Ok(record) => {
                        in_a_row = 0;
                        records.extend(record);
                    }
                    Err(failure) => {
                        in_a_row += 1;
                        failed.push(bill);
                        if in_a_row >= GIVE_UP || failed.len() == before {
                            return Err(failure);
                        }
                    }
                }
            }
            drop(reading);
            open = failed;
        }
        Ok(records)
    }

    /// A bill as it is to be kept; none if it was deleted meanwhile.
    async fn record(&self, summary: &BillSummary) -> Result<Option<Record>, Failure> {
        let (key, stamp) = (self.key(summary), stamp(summary, &self.wanted));
        let moved = self.wanted.refusal(summary.kind, summary.status).is_none();
        let bill = match &summary.uuid {
            Some(uuid) if moved => match self.procurify.bills().get(uuid).await {
                Ok(detail) => ApprovedBill::of_detail(detail),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    tracing::warn!(%key, "a bill was listed and is gone; it is left out");
                    return Ok(None);
                }
                Err(error) => return Err(of_call(&error)),
            },
            _ => ApprovedBill::of_summary(summary)?,
        };
        let (revision, lifecycle) = (bill.revision(&self.wanted), bill.lifecycle(&self.wanted));
        let payload = serde_json::to_value(&bill)
            .map_err(|error| Failure::new(FailureKind::Other, format!("{key} cannot be kept: {error}")))?;
        Ok(Some(Record { key, revision, stamp, lifecycle, payload }))
    }
}

#[async_trait]
impl Source for BillSource {
    async fn poll(&self, after: Option<&Cursor>, known: &dyn Known) -> Result<Batch, SourceError> {
        let settings = &self.settings;
        let position = Position::read(after, &self.wanted)?;
        let changes = self.procurify.bills().changes_since(&position.place);
        let (mut bills, place, more) = pages(changes, settings.page_size, 1, &position.place).await?;
        bills.retain(|bill| self.is_recent(bill));
        let mark = |bill: &BillSummary| (self.key(bill), stamp(bill, &self.wanted));
        let (touched, unchanged) = changed(bills, known, mark).await?;
        let records = self.records(touched).await?;
        let next = Position { place, ..position }.write()?;
        Ok(Batch { records, unchanged, next, more })
    }
}
