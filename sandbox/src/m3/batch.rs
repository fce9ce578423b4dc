//! Batch entry messages, and the job that turns finished ones into purchase orders.
//!
//! ```text
//! 10 open -- FinishEntry --> 20 finished -- job --> 90 transferred
//!    |                          |  ^                (orders exist)
//!  DeleteEntry                  v  | release
//!  (gone)                    23 failed: seen in PPS370 only
//! ```
//!
//! Nothing is checked before the job runs. A message of which one order fails makes none.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::M3Config;
use super::company::{Company, Row, Table};
use super::documents::{OrderLine, PurchaseOrder};
use crate::clock::delta;
use crate::rng::Rng;

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageStatus {
    /// 10: entry in progress.
    Open,
    /// 20: finished; waits for the job, or for a person.
    Finished,
    /// 23: the job found errors.
    Failed,
    /// 90: its orders exist.
    Transferred,
}

/// A message as a person sees it in PPS370.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// `MSGN`.
    pub number: String,
    /// How far it has come.
    pub status: MessageStatus,
    /// The numbers its orders were given.
    pub orders: Vec<String>,
    /// What the job found, if it failed.
    pub error: Option<String>,
}

/// The settings the job goes by.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    delay: Duration,
    index_lag: Duration,
    by_itself: bool,
    waiting: u32,
    failing: u32,
    seed: u64,
    pub(super) refuse_duplicates: bool,
    pub(super) accounting_lines: bool,
}

impl Rules {
    pub(super) fn new(config: &M3Config) -> Self {
        Self {
            delay: config.batch_delay,
            index_lag: config.index_lag,
            by_itself: config.auto_level != 1,
            waiting: config.waiting_per_mille,
            failing: config.failing_per_mille,
            seed: config.scenario.seed,
            refuse_duplicates: config.refuse_duplicates,
            accounting_lines: config.accounting_lines,
        }
    }
}

/// A message in the making.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) status: MessageStatus,
    pub(super) heads: Vec<Head>,
    error: Option<String>,
    /// Fails in the job for reasons of its own, once.
    doomed: bool,
}

/// An order's head in a message.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) fields: Row,
    pub(super) lines: Vec<Line>,
}

/// An order's line in a message.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: u32,
    pub(super) fields: Row,
}

impl Entry {
    pub(super) fn open() -> Self {
        Self { status: MessageStatus::Open, heads: Vec::new(), error: None, doomed: false }
    }
}

/// A field's value; a lone question mark means blank.
pub(super) fn field<'a>(fields: &'a Row, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str).trim_start_matches('?')
}

impl Company {
    /// Finishes an open message: from now on only the job decides.
    pub(super) fn finish(&mut self, number: &str) {
        let now = self.now;
        let mut rng = Rng::of(self.rules.seed, number.parse().unwrap_or_default());
        let waits = rng.per_mille(self.rules.waiting) || !self.rules.by_itself;
        let Some(entry) = self.messages.get_mut(number) else {
            return;
        };
        entry.status = MessageStatus::Finished;
        entry.doomed = rng.per_mille(self.rules.failing);
        if !waits {
            self.due.insert((now + delta(self.rules.delay), number.to_owned()));
        }
    }

    /// Runs the job for every message whose time has come.
    pub(super) fn run_due(&mut self, now: DateTime<Utc>) {
        self.now = now;
        while self.due.first().is_some_and(|(at, _)| *at <= now)
            && let Some((at, number)) = self.due.pop_first()
        {
            self.process(&number, at);
        }
    }

    /// Processes a message that waits or has failed, as a person does by hand.
    pub(super) fn release(&mut self, number: &str) -> bool {
        let released = matches!(
            self.messages.get(number).map(|entry| entry.status),
            Some(MessageStatus::Finished | MessageStatus::Failed)
        );
        if !released {
            return false;
        }
        self.due.retain(|(_, waiting)| waiting != number);
        self.process(number, self.now);
        self.messages.get(number).is_some_and(|entry| entry.status == MessageStatus::Transferred)
    }

    fn process(&mut self, number: &str, at: DateTime<Utc>) {
        let Some(entry) = self.messages.get(number) else { return };
        let made = if entry.doomed {
            Err("The log has no more to say.".to_owned())
        } else {
            entry.heads.iter().map(|head| self.build(head, at)).collect::<Result<Vec<_>, _>>()
        };
        let Some(entry) = self.messages.get_mut(number) else {
            return;
        };
        entry.doomed = false;
        match made {
            Ok(orders) => {
                entry.status = MessageStatus::Transferred;
                entry.error = None;
                for order in orders {
                    self.keep(order);
                }
            }
            Err(error) => {
                entry.status = MessageStatus::Failed;
                entry.error = Some(error);
            }
        }
    }

    pub(super) fn keep(&mut self, order: PurchaseOrder) {
        let number = field(&order.head, "PUNO").to_owned();
        let reference = field(&order.head, "YRE1").to_owned();
        self.by_reference.entry(reference).or_default().push(number.clone());
        self.orders.insert(number.clone(), order);
        self.mark_changed(&number);
    }

    /// Notes that an order is changed today.
    pub(super) fn mark_changed(&mut self, number: &str) {
        let today = self.today();
        if let Some(order) = self.orders.get_mut(number) {
            order.head.insert("LMDT".to_owned(), today);
        }
    }

    /// The order of a head, or the first error in it.
    fn build(&self, head: &Head, at: DateTime<Utc>) -> Result<PurchaseOrder, String> {
        let supplier = active(&self.suppliers, "Supplier", field(&head.fields, "SUNO"))?;
        if !self.facilities.contains_key(field(&head.fields, "FACI")) {
            return Err(format!("Facility {} does not exist", field(&head.fields, "FACI")));
        }
        if !self.warehouses.contains_key(field(&head.fields, "WHLO")) {
            return Err(format!("Warehouse {} does not exist", field(&head.fields, "WHLO")));
        }
        if head.lines.is_empty() {
            return Err(format!("Order {} has no lines", field(&head.fields, "PUNO")));
        }
        let mut fields = head.fields.clone();
        let mut default = |name: &str, value: &str| {
            if field(&fields, name).is_empty() {
                fields.insert(name.to_owned(), value.to_owned());
            }
        };
        default("CUCD", field(supplier, "CUCD"));
        default("ORTY", "P10");
        default("TEPY", field(supplier, "TEPY"));
        default("PUDT", &self.today());
        let mut lines = head.lines.iter().map(|line| self.build_line(line)).collect::<Result<Vec<_>, _>>()?;
        lines.sort_by_key(|line| line.number);
        Ok(PurchaseOrder { head: fields, lines, searchable: at + delta(self.rules.index_lag) })
    }

    pub(super) fn build_line(&self, line: &Line) -> Result<OrderLine, String> {
        let item = active(&self.items, "Item", field(&line.fields, "ITNO"))?;
        let amount = |name: &str| field(&line.fields, name).trim().parse::<Decimal>().ok();
        let quantity =
            amount("ORQA").filter(|quantity| !quantity.is_zero()).ok_or("Ordered quantity must be entered")?;
        for dimension in 1..=7 {
            self.identity(dimension, field(&line.fields, &format!("AIT{dimension}")))?;
        }
        self.identity(2, field(&line.fields, "COCE"))?;
        let mut fields = line.fields.clone();
        if field(&fields, "PUUN").is_empty() {
            fields.insert("PUUN".to_owned(), field(item, "PUUN").to_owned());
        }
        // A price is that of so many units, of one if nothing is said.
        let units = amount("PUCD").filter(|units| !units.is_zero()).unwrap_or(Decimal::ONE);
        let price = amount("PUPR").unwrap_or_default() / units;
        Ok(OrderLine { number: line.number, quantity, price, received: Decimal::ZERO, fields })
    }

    fn identity(&self, dimension: u8, code: &str) -> Result<(), String> {
        if code.is_empty() {
            return Ok(());
        }
        match self.identities.get(&(dimension, code.to_owned())) {
            None => Err(format!("Identity {code} does not exist in dimension {dimension}")),
            Some(found) if field(found, "LCCD") == "1" => Err(format!("Identity {code} is blocked")),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn messages(&self) -> Vec<Message> {
        self.messages
            .iter()
            .map(|(number, entry)| Message {
                number: number.clone(),
                status: entry.status,
                orders: entry.heads.iter().map(|head| field(&head.fields, "PUNO").to_owned()).collect(),
                error: entry.error.clone(),
            })
            .collect()
    }
}

/// The record of that key, if it may be used.
fn active<'a>(table: &'a Table, what: &str, key: &str) -> Result<&'a Row, String> {
    match table.get(key) {
        None => Err(format!("{what} {key} does not exist")),
        Some(found) if field(found, "STAT") != "20" => Err(format!("{what} {key} is not active")),
        Some(found) => Ok(found),
    }
}
