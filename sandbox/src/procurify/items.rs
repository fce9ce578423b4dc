//! Order items: the list across orders.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::detail::{Detail, broken};
use super::lines::{row, status_of};
use super::query::{Days, Query};
use super::render::currency_id;
use super::tenant::{Data, List};
use crate::http::Reply;
use crate::scenario::{Line, Order};

/// The list's filters: those an order's head decides, and those that need each line.
struct Filter {
    modified: Days,
    po_created: Days,
    purchased: Days,
    ordered: Days,
    vendor: Option<u64>,
    currency: Option<u64>,
    purchaser: Option<u64>,
    department: Option<Vec<u64>>,
    status: Option<u64>,
    account: Option<u64>,
    account_code: Option<u64>,
    sku: Option<String>,
    search: Option<String>,
    impossible: bool,
}

impl Filter {
    fn new(query: &mut Query) -> Self {
        let vendor = query.int("po_vendor");
        Self {
            modified: query.days("last_modified"),
            po_created: query.days("po_created_date"),
            purchased: query.days("purchased_date"),
            ordered: query.days("order_created_date"),
            vendor: vendor.or(query.int("pref_vendor")),
            currency: query.int("currency"),
            purchaser: query.int("purchaser").or(query.int("requester")),
            department: query.int("department").map(|id| vec![id]).or(query.ids("departments")),
            status: query.int("status"),
            account: query.int("account"),
            account_code: query.int("account_code"),
            sku: query.text("sku").map(str::to_owned),
            search: query.text("name").or(query.text("search")).map(str::to_lowercase),
            impossible: query.flag("is_purchased") == Some(false)
                || query.flag("active") == Some(false)
                || query.flag("is_recurring") == Some(true)
                || query.int("type").is_some_and(|kind| kind != 0),
        }
    }

    fn holds_order(&self, data: &Data, order: &Order) -> bool {
        let vendor = &data.masters.vendors[order.vendor];
        let day = data.day(order.created);
        !self.impossible
            && !matches!(data.order_detail(order.number), Detail::Refused | Detail::Gone)
            && self.vendor.is_none_or(|id| id == vendor.id)
            && self.currency.is_none_or(|id| id == currency_id(vendor.currency))
            && self.purchaser.is_none_or(|id| id == data.masters.people[order.purchaser].id)
            && self.department.as_ref().is_none_or(|ids| ids.contains(&data.masters.departments[order.department].id))
            && [self.po_created, self.purchased, self.ordered].iter().all(|days| days.holds(day))
            && (order.is_edited() || self.modified.holds(data.day(order.modified)))
    }

    fn needs_lines(&self) -> bool {
        [self.account, self.account_code, self.status].iter().any(Option::is_some)
            || self.sku.is_some()
            || self.search.is_some()
    }

    fn holds_line(&self, data: &Data, order: &Order, line: &Line) -> bool {
        let masters = &data.masters;
        self.account.is_none_or(|id| id == masters.budget_id(order.department, line.account))
            && self.account_code.is_none_or(|id| id == masters.accounts[line.account].id)
            && self.status.is_none_or(|status| status == u64::from(status_of(order, line)))
            && self.sku.as_ref().is_none_or(|sku| *sku == line.sku)
            && self.search.as_ref().is_none_or(|text| line.name.to_lowercase().contains(text))
            && self.modified.holds(data.day(line.modified))
    }

    /// The matching lines of an order that matches.
    fn lines(&self, data: &Data, order: &Order) -> Vec<Line> {
        let mut lines = data.orders.lines(order);
        lines.retain(|line| self.holds_line(data, order, line));
        lines
    }

    /// How many they are, without making them where the head decides.
    fn count(&self, data: &Data, order: &Order) -> usize {
        if self.needs_lines() || order.is_edited() { self.lines(data, order).len() } else { order.line_count() }
    }
}

pub(super) fn list(data: &Data, query: &mut Query, list: List<'_>) -> Result<Reply, Reply> {
    let filter = Filter::new(query);
    query.check()?;
    let (field, descending) = query.order_by().unwrap_or(("id", true));
    let known = matches!(field, "id" | "last_modified" | "po_created_date" | "num" | "purchase_order");
    let backwards = descending || !known;
    let mut orders: Vec<(&Order, usize)> = data
        .orders
        .all()
        .iter()
        .filter(|order| filter.holds_order(data, order))
        .map(|order| (order, filter.count(data, order)))
        .collect();
    if orders.iter().any(|(order, _)| data.order_detail(order.number) == Detail::Broken) {
        return Err(broken());
    }
    if backwards {
        orders.reverse();
    }
    // Ids ascend with the orders' numbers until an order is changed; only then lines are sorted.
    if field == "last_modified" || orders.iter().any(|(order, _)| order.is_edited()) {
        return Ok(sorted(data, &filter, &orders, list, (field == "last_modified", backwards)));
    }
    let count = orders.iter().map(|(_, lines)| lines).sum();
    Ok(list.page.reply_lazily(list.call, count, |range| {
        let mut rows = Vec::with_capacity(range.len());
        let mut at = 0;
        for (order, lines) in &orders {
            let end = at + lines;
            if end > range.start && at < range.end {
                let mut these = filter.lines(data, order);
                if backwards {
                    these.reverse();
                }
                let from = range.start.saturating_sub(at);
                let to = these.len().min(range.end - at);
                rows.extend(these[from..to].iter().map(|line| row(data, order, line)));
            }
            at = end;
        }
        rows
    }))
}

/// Where a line stands in a list, without the line itself.
struct Place<'a> {
    order: &'a Order,
    id: u64,
    modified: DateTime<Utc>,
}

fn sorted(
    data: &Data,
    filter: &Filter,
    orders: &[(&Order, usize)],
    list: List<'_>,
    (by_time, backwards): (bool, bool),
) -> Reply {
    let mut places: Vec<Place<'_>> = Vec::new();
    for (order, _) in orders {
        if order.is_edited() || filter.needs_lines() {
            let lines = filter.lines(data, order);
            places.extend(lines.iter().map(|line| Place { order, id: line.id, modified: line.modified }));
        } else {
            places.extend(order.item_ids().map(|id| Place { order, id, modified: order.modified }));
        }
    }
    places.sort_unstable_by_key(|place| (by_time.then_some(place.modified), place.id));
    if backwards {
        places.reverse();
    }
    list.page.reply(list.call, &places, |place| {
        let lines = data.orders.lines(place.order);
        lines.iter().find(|line| line.id == place.id).map_or(Value::Null, |line| row(data, place.order, line))
    })
}
