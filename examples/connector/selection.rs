//! Which records a command is about: by kind, state, time and document.

use chrono::{DateTime, NaiveDate, Utc};
use clap::builder::PossibleValuesParser;
use procurify_cloudsuite::{bill, purchase_order, reference};
use sync_core::ledger::DedupStore;
use sync_core::{Calendar, ConnectionId, Head, Kind, Query, StateName};

use crate::config::Problem;

#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Selection {
    /// Only of this kind, such as `purchase_order`.
    #[arg(long, value_parser = kinds())]
    kind: Option<String>,
    /// Only records that are in this state now, such as `held` or `rejected`; may be given several times.
    #[arg(long = "state")]
    pub states: Vec<StateName>,
    /// Only from this day (in the calendar's time zone) or moment on.
    #[arg(long)]
    since: Option<String>,
    /// Only up to the end of this day, or to this moment.
    #[arg(long)]
    until: Option<String>,
    /// Only the document of this number, in the ERP or in Procurify.
    #[arg(long, value_name = "NUMBER")]
    document: Option<String>,
}

/// The kinds of the ledger's records.
fn kinds() -> PossibleValuesParser {
    [purchase_order::KIND, bill::KIND].into_iter().chain(reference::FLOWS).into()
}

/// From when, and to before when.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

impl Period {
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

impl Selection {
    /// Whether it leaves nothing out.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    pub fn period(&self, calendar: &Calendar) -> Result<Period, Problem> {
        let read = |what: &str, text: &Option<String>, days: u64| -> Result<Option<DateTime<Utc>>, Problem> {
            let Some(text) = text else { return Ok(None) };
            if let Ok(moment) = text.parse::<DateTime<Utc>>() {
                return Ok(Some(moment));
            }
            let day = text.parse::<NaiveDate>().ok().and_then(|day| day.checked_add_days(chrono::Days::new(days)));
            let day = day.ok_or_else(|| {
                format!("{what} `{text}` is no day and no moment: write 2026-11-24 or 2026-11-24T08:00:00Z")
            })?;
            Ok(Some(calendar.start_of(day)))
        };
        Ok(Period { from: read("--since", &self.since, 0)?, to: read("--until", &self.until, 1)? })
    }

    /// Tells of each record that is meant, in the order of the keys, a page of them in memory at a time.
    pub async fn each(
        &self,
        store: &dyn DedupStore,
        connection: &ConnectionId,
        mut told: impl AsyncFnMut(Head) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut query = Query {
            connection: connection.clone(),
            kind: self.kind.as_deref().map(Kind::from),
            states: self.states.clone(),
            concerning: false,
            after: None,
            limit: 200,
        };
        loop {
            let page = store.list(&query).await?;
            let last = page.len() < query.limit;
            query.after = page.last().map(|head| head.key.clone());
            for head in page {
                if self.document.as_deref().is_none_or(|number| is_document(&head, number)) {
                    told(head).await?;
                }
            }
            if last {
                return Ok(());
            }
        }
    }
}

fn is_document(head: &Head, number: &str) -> bool {
    let posted = head.state.target().is_some_and(|target| target.0 == number);
    // M3 gives the number with the handle, before the order is there.
    let staged = head.state.handle().and_then(|handle| handle.0.as_object());
    // What Procurify shows: an order's own number, an invoice's number of the supplier.
    let shown = [("order", "number"), ("bill", "invoice_number")];
    posted
        || head.key.id() == number
        || shown.iter().any(|(part, field)| head.payload[part][field] == number)
        || staged.is_some_and(|parts| parts.values().any(|part| part == number))
}
