//! The `[fiscal_periods]` section: which periods are closed in the ERP, and what becomes of what falls into one.

use procurify_cloudsuite::periods::{OnClosed, PeriodList, PeriodSettings};
use serde::Deserialize;

use super::{Problem, first_day};

#[derive(Debug, Default, Deserialize)]
pub(super) struct FiscalPeriods {
    /// All days up to this one are closed.
    closed_until: Option<String>,
    /// Where the ERP lists its periods.
    list: Option<List>,
    #[serde(default)]
    orders: Closed,
    #[serde(default)]
    bills: Closed,
}

#[derive(Debug, Deserialize)]
struct List {
    /// M3's table, SyteLine's IDO, or OData's `SERVICE/ENTITY_SET`.
    name: String,
    start: String,
    end: String,
    status: String,
    closed: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Closed {
    #[default]
    Hold,
    Move,
    Ignore,
}

impl From<Closed> for OnClosed {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Hold => Self::Hold,
            Closed::Move => Self::Move,
            Closed::Ignore => Self::Ignore,
        }
    }
}

impl FiscalPeriods {
    pub(super) fn settings(&self) -> Result<PeriodSettings, Problem> {
        let list = self.list.as_ref().map(|list| PeriodList {
            name: list.name.clone(),
            start: list.start.clone(),
            end: list.end.clone(),
            status: list.status.clone(),
            closed: list.closed.clone(),
        });
        Ok(PeriodSettings {
            closed_until: first_day("fiscal_periods.closed_until", self.closed_until.as_deref())?,
            list,
            orders: self.orders.into(),
            bills: self.bills.into(),
        })
    }
}
