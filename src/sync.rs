//! One pass: reference data first, then what has changed, then whatever is due.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sync_core::ledger::list_all;
use sync_core::{
    EngineError, Failure, Head, Kind, Label, Moved, Planned, Polled, Progress, Query, RecordKey, References, StateName,
};

use crate::bill;
use crate::connection::Connection;
use crate::failure::of_pass;
use crate::purchase_order;
use crate::reference::AlignError;

/// What can stop a pass. It may be started again at any time, and goes on where it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The reference data could not be aligned, so no order was moved.
    #[error(transparent)]
    Align(#[from] AlignError),
    /// One of the systems did not show what it holds, so the two could not be compared.
    #[error("the two systems cannot be compared: {0}")]
    Compare(Failure),
    /// A step of the engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A kind of document that is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlowKind {
    /// Approved purchase orders into ERP purchase orders.
    PurchaseOrders,
    /// Approved bills into ERP invoices. Those for purchase orders wait until the orders are posted.
    Bills,
}

impl FlowKind {
    /// The kind of its records in the ledger.
    pub fn kind(self) -> Kind {
        match self {
            Self::PurchaseOrders => purchase_order::KIND.into(),
            Self::Bills => bill::KIND.into(),
        }
    }
}

/// A record that needs a person, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// Which record.
    pub key: RecordKey,
    /// What it is to people.
    pub label: Label,
    /// Its state.
    pub state: StateName,
    /// Why, and what to do.
    pub reason: String,
}

/// What a pass did, and where all records of the flow stand after it.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Records read from Procurify in this pass.
    pub read: u64,
    /// Of these, known as they were.
    pub unchanged: u64,
    /// Records posted in this pass.
    pub posted: Vec<RecordKey>,
    /// Records whose documents were changed or cancelled in this pass, as they were.
    pub amended: Vec<RecordKey>,
    /// Records that need a person: held, rejected, parked, or changed after they were posted.
    pub concerns: Vec<Concern>,
    /// How many records are in each state now.
    pub counts: BTreeMap<StateName, u64>,
}

impl Report {
    /// How many records are in a state now.
    pub fn count(&self, state: StateName) -> u64 {
        self.counts.get(&state).copied().unwrap_or(0)
    }

    /// Whether every record is where it should be: posted, cancelled, or skipped for good reason.
    pub fn is_all_done(&self) -> bool {
        self.concerns.is_empty()
            && self.counts.iter().all(|(state, count)| {
                *count == 0 || matches!(state, StateName::Posted | StateName::Cancelled | StateName::Skipped)
            })
    }
}

/// What is told while a pass is under way.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The reference data of both systems was read and compared.
    Aligned,
    /// A batch of records was read.
    Polled(&'a Polled),
    /// Records were carried on.
    Moved(&'a [Moved]),
}

impl Connection {
    /// One pass of a flow: aligns the reference data if it is too old, reads what has changed, lets
    /// go what was held for what is there now, and carries on whatever is due.
    ///
    /// May be dropped or killed at any point. That passes keep failing is told to people, and that they do no more
    /// ([`sync_core::trouble`]).
    ///
    /// # Errors
    /// The ledger failed. Or reference data or changes could not be read: then what is in the ledger was carried on as
    /// far as it goes without them.
    pub async fn sync(&self, flow: FlowKind) -> Result<Report, SyncError> {
        self.sync_with(flow, |_| ()).await
    }

    /// As [`sync`](Self::sync), telling of each step.
    pub async fn sync_with(&self, flow: FlowKind, told: impl FnMut(Event<'_>)) -> Result<Report, SyncError> {
        self.sync_while(flow, told, || true).await
    }

    /// As [`sync_with`](Self::sync_with), ending between two steps once `go_on` says no: the next pass goes on there.
    pub async fn sync_while(
        &self,
        flow: FlowKind,
        told: impl FnMut(Event<'_>),
        go_on: impl Fn() -> bool,
    ) -> Result<Report, SyncError> {
        self.sync_on(flow, None, told, go_on).await
    }

    /// As [`sync_while`](Self::sync_while), for one of several flows in one pass: reference data that was read since the
    /// pass began is not read again.
    pub async fn sync_in_pass(
        &self,
        flow: FlowKind,
        began: DateTime<Utc>,
        told: impl FnMut(Event<'_>),
        go_on: impl Fn() -> bool,
    ) -> Result<Report, SyncError> {
        self.sync_on(flow, Some(began), told, go_on).await
    }

    async fn sync_on(
        &self,
        flow: FlowKind,
        began: Option<DateTime<Utc>>,
        told: impl FnMut(Event<'_>),
        go_on: impl Fn() -> bool,
    ) -> Result<Report, SyncError> {
        let done = self.carry(flow, began, told, go_on).await;
        self.noted(&flow.kind(), done).await
    }

    /// Notes how a pass ended, so that people are told of what stops all of them.
    pub(crate) async fn noted<T>(&self, flow: &Kind, done: Result<T, SyncError>) -> Result<T, SyncError> {
        match &done {
            Ok(_) => self.engine.pass_succeeded(flow).await?,
            Err(error) => {
                let (system, failure) = of_pass(error);
                if let Err(error) = self.engine.pass_failed(flow, &system, &failure).await {
                    tracing::error!(%error, "that a pass has failed could not be noted");
                }
            }
        }
        done
    }

    async fn carry(
        &self,
        flow: FlowKind,
        began: Option<DateTime<Utc>>,
        mut told: impl FnMut(Event<'_>),
        go_on: impl Fn() -> bool,
    ) -> Result<Report, SyncError> {
        let kind = flow.kind();
        // While the source, or what is aligned, cannot be read, what was sent is still settled, and what is ready posted.
        let mut trouble = self.align_if_old(&kind, began).await.err();
        if trouble.is_none() {
            told(Event::Aligned);
        }
        let mut report = Report::default();
        loop {
            let polled = match self.engine.poll(&kind).await {
                Ok(polled) => polled,
                Err(error) => {
                    trouble.get_or_insert(error.into());
                    break;
                }
            };
            told(Event::Polled(&polled));
            report.read += polled.read;
            report.unchanged += polled.unchanged;
            if !polled.more || !go_on() {
                break;
            }
        }
        self.engine.resume_held(&kind).await?;
        let engine = self.engine.only(&kind);
        loop {
            let moved = |progress: &Progress| {
                told(Event::Moved(&progress.moved));
                for moved in &progress.moved {
                    match (moved.from, moved.to) {
                        (StateName::Amending, StateName::Posted | StateName::Cancelled) => {
                            report.amended.push(moved.key.clone());
                        }
                        (_, StateName::Posted) => report.posted.push(moved.key.clone()),
                        _ => {}
                    }
                }
            };
            match engine.run_until_idle_while(self.patience, moved, &go_on).await {
                // A pass may take longer than reference data stays fresh.
                Err(EngineError::StaleReferences { .. }) if trouble.is_none() => {
                    trouble = self.align_reference_data().await.err().map(SyncError::from);
                }
                Err(EngineError::StaleReferences { .. }) => break,
                done => break done?,
            }
        }
        if let Some(error) = trouble {
            return Err(error);
        }
        self.stand(&kind, &mut report).await?;
        Ok(report)
    }

    /// Where all records of a flow stand, without doing anything.
    pub async fn status(&self, flow: FlowKind) -> Result<Report, SyncError> {
        let mut report = Report::default();
        self.stand(&flow.kind(), &mut report).await?;
        Ok(report)
    }

    /// What a pass would do, on the reference data that it would find or make. Reads both systems and the ledger,
    /// writes nothing anywhere. Bills are planned as they would go after a pass of orders.
    pub async fn plan(&self, flow: FlowKind) -> Result<Vec<Planned>, SyncError> {
        let (references, _) = self.plan_reference_data().await?;
        let flows = match flow {
            FlowKind::PurchaseOrders => &[FlowKind::PurchaseOrders][..],
            FlowKind::Bills => &[FlowKind::PurchaseOrders, FlowKind::Bills],
        };
        let mut plan = self.plan_on(flows, references).await?;
        plan.retain(|planned| *planned.key.kind() == flow.kind());
        Ok(plan)
    }

    /// As [`plan`](Self::plan), for a pass of these flows one after the other, on reference data as
    /// [`plan_reference_data`](Self::plan_reference_data) gave it: bills go as their orders would stand by then.
    pub async fn plan_on(&self, flows: &[FlowKind], mut references: References) -> Result<Vec<Planned>, SyncError> {
        let mut plan = Vec::new();
        for flow in flows {
            let ahead = self.engine.look_ahead(&flow.kind(), &references).await?;
            references = references.with_records(ahead.heads);
            plan.extend(ahead.plan);
        }
        Ok(plan)
    }

    /// Reads the reference data anew if it is too old, or if records wait for what may have changed in it since.
    async fn align_if_old(&self, kind: &Kind, began: Option<DateTime<Utc>>) -> Result<(), SyncError> {
        let references =
            self.engine.references().snapshot(self.engine.connection()).await.map_err(EngineError::from)?;
        // Half the age that orders may be mapped on: it must not run out in the middle of a pass.
        let limit = self.reference_max_age / 2;
        let now = self.engine.time().now();
        let fresh = |at: DateTime<Utc>| (now - at).to_std().unwrap_or(Duration::ZERO) <= limit;
        let counts = self.engine.store().counts(self.engine.connection(), kind).await;
        let counts = counts.map_err(EngineError::from)?;
        // What is held waits for reference data, and so does what a person wants tried again.
        let waiting = [StateName::Held, StateName::Discovered].iter().any(|state| counts.contains_key(state));
        let just_read = began.is_some_and(|began| references.aligned_at().is_some_and(|at| at >= began));
        if (waiting && !just_read) || !references.aligned_at().is_some_and(fresh) {
            self.carry_reference_data().await?;
        }
        Ok(())
    }

    /// A record for people.
    pub(crate) fn concern(&self, head: &Head, reason: String) -> Concern {
        Concern { key: head.key.clone(), label: self.engine.label(head), state: head.state.name(), reason }
    }

    async fn stand(&self, kind: &Kind, report: &mut Report) -> Result<(), SyncError> {
        let (store, connection) = (self.engine.store(), self.engine.connection());
        report.counts = store.counts(connection, kind).await.map_err(EngineError::from)?;
        let concerning = Query::of(connection, kind).concerning();
        for head in list_all(store.as_ref(), concerning).await.map_err(EngineError::from)? {
            if let Some(reason) = head.concern() {
                // What was compared and refused went the same way as what was changed.
                report.amended.retain(|amended| *amended != head.key);
                report.concerns.push(self.concern(&head, reason));
            }
        }
        Ok(())
    }
}
