//! Purchase orders: heads are kept, lines are made on demand from the head's seed.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Masters, Scenario, names};
use crate::rng::Rng;

const A_DAY: usize = 20;
const FIRST_NUMBER: u64 = 10_001;
const FIRST_ITEM: u64 = 500_001;
const ONE_IN: u64 = 20;

/// One purchase order's head.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) number: u64,
    pub(crate) uuid: String,
    pub(crate) created: DateTime<Utc>,
    pub(crate) modified: DateTime<Utc>,
    pub(crate) vendor: usize,
    pub(crate) department: usize,
    pub(crate) purchaser: usize,
    /// 0 purchased, 1 cancelled, 3 closed.
    pub(crate) state: u8,
    pub(crate) version: u32,
    /// Tax in hundredths of the line amount.
    pub(crate) tax_rate: u32,
    /// What stands beside the lines.
    pub(crate) freight: Decimal,
    /// What is taken off the lines.
    pub(crate) discount: Decimal,
    /// It was closed before all of it came.
    pub(crate) closed_short: bool,
    /// How many days after it was made it is promised for.
    promise_days: i64,
    seed: u64,
    first_item: u64,
    line_count: usize,
    pub(crate) edited: Option<Vec<Line>>,
}

impl Order {
    pub(crate) fn line_count(&self) -> usize {
        self.edited.as_ref().map_or(self.line_count, Vec::len)
    }

    /// Whether a line of it is for a sum that is called off bit by bit.
    pub(crate) fn has_blanket_lines(&self) -> bool {
        self.edited.iter().flatten().any(|line| line.blanket)
    }

    /// Whether any line may have been changed after the head's lines were first made.
    pub(crate) fn is_edited(&self) -> bool {
        self.edited.is_some()
    }

    /// The ids of its lines, as long as none was added.
    pub(crate) fn item_ids(&self) -> std::ops::Range<u64> {
        self.first_item..self.first_item + self.line_count as u64
    }

    pub(crate) fn promised(&self) -> DateTime<Utc> {
        self.created + TimeDelta::days(self.promise_days)
    }
}

/// One line of an order.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) number: usize,
    pub(crate) name: Cow<'static, str>,
    pub(crate) sku: String,
    pub(crate) unit: Cow<'static, str>,
    pub(crate) price: Decimal,
    pub(crate) quantity: Decimal,
    pub(crate) account: usize,
    /// How many have come.
    pub(crate) received: Decimal,
    pub(crate) blanket: bool,
    pub(crate) modified: DateTime<Utc>,
}

/// What a buyer does to an order that was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Orders another quantity.
    Quantity {
        /// Of this line.
        line: usize,
        /// So many.
        quantity: Decimal,
    },
    /// Orders at another price.
    Price {
        /// This line.
        line: usize,
        /// So much for one.
        price: Decimal,
    },
    /// Orders in another unit of measure.
    Unit {
        /// This line.
        line: usize,
        /// As it is typed.
        unit: String,
    },
    /// Names a line otherwise.
    Rename {
        /// This one.
        line: usize,
        /// So.
        name: String,
    },
    /// Adds a line.
    AddLine,
    /// Removes a line.
    RemoveLine {
        /// This one.
        line: usize,
    },
    /// Makes a line a blanket one: for a sum that is called off bit by bit.
    Blanket {
        /// This one.
        line: usize,
    },
    /// Receives some of a line.
    Receive {
        /// Of this line.
        line: usize,
        /// So many in all.
        quantity: Decimal,
    },
    /// Adds freight beside its lines, in place of what there is.
    Freight {
        /// So much.
        amount: Decimal,
    },
    /// Takes a discount off, in place of what there is.
    Discount {
        /// So much.
        amount: Decimal,
    },
    /// Promises it for another day.
    Promise {
        /// So many days after it was made.
        days: i64,
    },
    /// Cancels it.
    Cancel,
    /// Closes it: all of it has come.
    Close,
    /// Closes it though not all of it has come: what is missing is wanted no more.
    CloseShort,
    /// Opens it again.
    Reopen,
}

/// Quantity times price to the currency's two decimals, as both systems round it.
pub(crate) fn line_amount(quantity: Decimal, price: Decimal) -> Decimal {
    (quantity * price).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// SKU and name of the products that the ERP keeps as items.
pub(crate) fn products() -> impl Iterator<Item = (String, &'static str, &'static str)> {
    names::PRODUCTS.iter().enumerate().filter(|(i, _)| i % 4 == 0).map(|(i, (name, unit))| (sku(i), *name, *unit))
}

fn sku(product: usize) -> String {
    // Every second product has one.
    if product.is_multiple_of(2) { format!("SKU-{:04}", 1000 + product * 13) } else { String::new() }
}

/// All orders, ascending by number.
#[derive(Debug)]
pub(crate) struct Orders {
    seed: u64,
    vendors: (usize, usize),
    accounts: (usize, usize),
    departments: usize,
    people: usize,
    lines: usize,
    next_item: u64,
    all: Vec<Order>,
}

impl Orders {
    pub(crate) fn new(scenario: &Scenario, masters: &Masters) -> Self {
        let scenario = scenario.bounded();
        let missing = scenario.missing;
        let mut orders = Self {
            seed: scenario.seed,
            vendors: (scenario.vendors - missing, missing),
            accounts: (scenario.accounts - missing, missing),
            departments: masters.departments.len(),
            people: masters.people.len(),
            lines: scenario.lines,
            next_item: FIRST_ITEM,
            all: Vec::with_capacity(scenario.orders),
        };
        let days = scenario.orders.div_ceil(A_DAY);
        for i in 0..scenario.orders {
            orders.add(moment(i, days));
        }
        orders
    }

    pub(crate) fn all(&self) -> &[Order] {
        &self.all
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Order> {
        self.all.get(self.place(number)?)
    }

    /// Where an order stands among all.
    pub(crate) fn place(&self, number: u64) -> Option<usize> {
        self.all.binary_search_by_key(&number, |order| order.number).ok()
    }

    /// Adds the next order, made at that moment and last changed a little later.
    fn add(&mut self, created: DateTime<Utc>) -> u64 {
        let mut rng = Rng::of(self.seed, self.next_item);
        let later = if rng.below(5) == 0 { rng.between(3600, 3 * 86_400) } else { rng.between(60, 900) };
        self.add_at(created, created + TimeDelta::seconds(later))
    }

    /// Adds the next order.
    pub(crate) fn add_at(&mut self, created: DateTime<Utc>, modified: DateTime<Utc>) -> u64 {
        let number = self.all.last().map_or(FIRST_NUMBER, |last| last.number + 1);
        let mut rng = Rng::of(self.seed, number);
        let uuid = rng.uuid();
        let vendor = choose(&mut rng, self.vendors);
        let state = if rng.below(30) == 0 { 3 } else { 0 };
        self.all.push(Order {
            number,
            uuid,
            created,
            modified,
            vendor,
            department: rng.index(self.departments),
            purchaser: rng.index(self.people),
            state,
            version: 1,
            tax_rate: *rng.pick(&[0, 5, 12, 13]),
            freight: Decimal::ZERO,
            discount: Decimal::ZERO,
            closed_short: false,
            promise_days: 14,
            seed: rng.next(),
            first_item: self.next_item,
            line_count: self.lines,
            edited: None,
        });
        self.next_item += self.lines as u64;
        number
    }

    pub(crate) fn lines(&self, order: &Order) -> Vec<Line> {
        if let Some(lines) = &order.edited {
            return lines.clone();
        }
        let mut rng = Rng::new(order.seed);
        // The one order in 20 that touches a missing account does so on one line.
        let odd = (self.accounts.1 > 0 && rng.below(ONE_IN) == 0).then(|| rng.index(order.line_count));
        (0..order.line_count)
            .map(|i| {
                let account = match odd {
                    Some(at) if at == i => self.accounts.0 + rng.index(self.accounts.1),
                    _ => rng.index(self.accounts.0),
                };
                line(&mut rng, order.first_item + i as u64, i + 1, account, order.modified)
            })
            .collect()
    }

    /// Changes one line of an order, or adds one: the revision of an order as a buyer makes it.
    pub(crate) fn change(&mut self, number: u64, now: DateTime<Utc>) -> bool {
        let Some(order) = self.get(number) else { return false };
        let mut lines = self.lines(order);
        let mut rng = Rng::of(order.seed, u64::from(order.version));
        if order.version.is_multiple_of(2) {
            let account = rng.index(self.accounts.0);
            let number = lines.last().map_or(1, |last| last.number + 1);
            lines.push(line(&mut rng, self.next_item, number, account, now));
            self.next_item += 1;
        } else {
            let at = rng.index(lines.len());
            lines[at].quantity += Decimal::ONE;
            lines[at].modified = now;
        }
        self.update(number, now, |order| {
            order.version += 1;
            order.edited = Some(lines);
        })
    }

    /// Edits one order, as a buyer does; answers whether there is such an order, and such a line in it.
    pub(crate) fn edit(&mut self, number: u64, edit: Edit, now: DateTime<Utc>) -> bool {
        let Some(order) = self.get(number) else { return false };
        let mut lines = self.lines(order);
        let line_at = |lines: &[Line], wanted: usize| lines.iter().position(|line| line.number == wanted);
        match edit {
            Edit::Cancel => return self.cancel(number, now),
            Edit::Close => return self.update(number, now, |order| order.state = 3),
            Edit::CloseShort => return self.update(number, now, |order| (order.state, order.closed_short) = (3, true)),
            Edit::Reopen => return self.update(number, now, |order| (order.state, order.closed_short) = (0, false)),
            Edit::Freight { amount } => {
                return self.update(number, now, |order| (order.freight, order.version) = (amount, order.version + 1));
            }
            Edit::Discount { amount } => {
                return self.update(number, now, |order| (order.discount, order.version) = (amount, order.version + 1));
            }
            Edit::Promise { days } => {
                return self
                    .update(number, now, |order| (order.promise_days, order.version) = (days, order.version + 1));
            }
            Edit::Blanket { line } => {
                let Some(at) = line_at(&lines, line) else { return false };
                (lines[at].blanket, lines[at].modified) = (true, now);
            }
            Edit::Receive { line, quantity } => {
                let Some(at) = line_at(&lines, line) else { return false };
                (lines[at].received, lines[at].modified) = (quantity, now);
            }
            Edit::Quantity { line, quantity } => {
                let Some(at) = line_at(&lines, line) else { return false };
                lines[at].quantity = quantity;
                lines[at].modified = now;
            }
            Edit::Price { line, price } => {
                let Some(at) = line_at(&lines, line) else { return false };
                (lines[at].price, lines[at].modified) = (price, now);
            }
            Edit::Unit { line, unit } => {
                let Some(at) = line_at(&lines, line) else { return false };
                (lines[at].unit, lines[at].modified) = (unit.into(), now);
            }
            Edit::Rename { line, name } => {
                let Some(at) = line_at(&lines, line) else { return false };
                (lines[at].name, lines[at].modified) = (name.into(), now);
            }
            Edit::RemoveLine { line } => {
                let Some(at) = line_at(&lines, line) else { return false };
                lines.remove(at);
            }
            Edit::AddLine => {
                let mut rng = Rng::of(order.seed, u64::from(order.version) + 1000);
                let account = rng.index(self.accounts.0);
                let next = lines.last().map_or(1, |last| last.number + 1);
                lines.push(line(&mut rng, self.next_item, next, account, now));
                self.next_item += 1;
            }
        }
        self.update(number, now, |order| {
            order.version += 1;
            order.edited = Some(lines);
        })
    }

    pub(crate) fn cancel(&mut self, number: u64, now: DateTime<Utc>) -> bool {
        self.update(number, now, |order| order.state = 1)
    }

    fn update(&mut self, number: u64, now: DateTime<Utc>, change: impl FnOnce(&mut Order)) -> bool {
        let Some(at) = self.place(number) else { return false };
        change(&mut self.all[at]);
        self.all[at].modified = now;
        true
    }
}

/// One in 20 from the missing end of a table, the rest from the known part.
fn choose(rng: &mut Rng, (known, missing): (usize, usize)) -> usize {
    if missing > 0 && rng.below(ONE_IN) == 0 { known + rng.index(missing) } else { rng.index(known) }
}

fn line(rng: &mut Rng, id: u64, number: usize, account: usize, modified: DateTime<Utc>) -> Line {
    let product = rng.index(names::PRODUCTS.len());
    let (name, unit) = names::PRODUCTS[product];
    // Mostly cents, at times finer, as for bolts by the thousand.
    let decimals = *rng.pick(&[2, 2, 2, 2, 2, 2, 3, 4, 4, 6]);
    let price = Decimal::new(
        rng.between(1, 4_000) * 10_i64.pow(decimals - 2) + rng.between(0, 10_i64.pow(decimals) - 1),
        decimals,
    );
    let quantity = match rng.below(10) {
        0 => Decimal::new(rng.between(5, 4_000), 2),
        1 => Decimal::new(rng.between(100, 5_000), 0),
        _ => Decimal::new(rng.between(1, 48), 0),
    };
    let received = Decimal::ZERO;
    let (name, sku, unit) = (name.into(), sku(product), unit.into());
    Line { id, number, name, sku, unit, price, quantity, account, received, blanket: false, modified }
}

/// When order `i` was made, if all of them fill so many working days up to the end of October 2026.
fn moment(i: usize, days: usize) -> DateTime<Utc> {
    let end = NaiveDate::from_ymd_opt(2026, 10, 30).unwrap_or_default();
    let weeks = days.div_ceil(5);
    let monday = end - Days::new(u64::from(end.weekday().num_days_from_monday()));
    let first = monday - Days::new(7 * weeks.saturating_sub(1) as u64);
    let day = i / A_DAY;
    let date = first + Days::new((day / 5 * 7 + day % 5) as u64);
    // From 8:00 to 19:00 in Vancouver, so that the late ones are on the next day in UTC.
    let minutes = i64::try_from(i % A_DAY).unwrap_or(0) * 35;
    date.and_time(NaiveTime::default()).and_utc() + TimeDelta::hours(15) + TimeDelta::minutes(minutes)
}
