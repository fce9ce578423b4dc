//! The lines of many orders in few calls.
//!
//! Procurify lists order items of all orders, hundreds a page, but cannot be asked for those of given
//! orders. It can be asked for those of orders created within some days: orders that were read
//! together were mostly created together. What does not add up to its order's `item_count`, and what
//! lies too scattered for pages to be worth it, is read by the order's detail, one call each.
//!
//! Pages of items name budget accounts by their ids only, and a tenant has one for each account code of
//! each department: ten thousand, say. Where all of them fill more pages than there are orders, the
//! details, which show accounts in full, are fewer calls.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures_util::TryStreamExt;
use procurify_client::{AccountId, Error, ErrorKind, List, OrderBy, OrderItem, PoNumber, PurchaseOrder, Reader};
use serde::de::DeserializeOwned;
use sync_core::Failure;
use tenant_http::{Page, Traced};

use super::order::{BudgetAccount, OrderLine, ReadOrder, split};
use crate::details::{Details, Unread, Whose, read_each};

/// Pages that are read at a time.
const AT_A_TIME: usize = 4;

/// Lines by their order, and the requests that showed them.
type PagedLines = HashMap<PoNumber, Traced<Vec<OrderLine>>>;

/// Reads lines, and remembers budget accounts, which tell each line's department.
pub(crate) struct LineReader {
    procurify: Reader,
    page_size: u64,
    custom_fields: bool,
    accounts: Mutex<HashMap<AccountId, BudgetAccount>>,
    /// How many pages the budget accounts filled when they were asked for last.
    account_pages: AtomicUsize,
}

impl LineReader {
    /// With custom fields, which only details show, each order costs a call.
    pub fn new(procurify: Reader, page_size: u64, custom_fields: bool) -> Self {
        Self { procurify, page_size, custom_fields, accounts: Mutex::default(), account_pages: AtomicUsize::new(0) }
    }

    /// Forgets the budget accounts: they are read anew when they are needed next.
    pub fn forget(&self) {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// These orders with their lines, and those that cannot be read, with the requests that showed them. Where the detail
    /// had to be read, the order is as the detail shows it, so that head and lines are of one revision. An order that was
    /// deleted meanwhile is left out.
    pub async fn lines(
        &self,
        orders: Vec<Traced<PurchaseOrder>>,
    ) -> Result<Details<Traced<PurchaseOrder>, Traced<ReadOrder>>, Failure> {
        let mut found = if self.custom_fields { HashMap::new() } else { self.paged_if_possible(&orders).await? };
        let (mut read, mut missing) = (Vec::new(), Vec::new());
        for order in orders {
            match found.remove(&order.procurify_po) {
                Some(lines) => {
                    let Traced { value: order, mut request_ids } = order;
                    request_ids.extend(lines.request_ids);
                    let whole = ReadOrder { order, lines: lines.value, custom_fields: BTreeMap::new() };
                    read.push(Traced::new(whole, request_ids));
                }
                None => missing.push(order),
            }
        }
        let details = read_each(missing, |order| self.detail(order.value.procurify_po)).await?;
        read.extend(details.read.into_iter().flatten());
        read.sort_by_key(|read| read.order.procurify_po);
        Ok(Details { read, unread: details.unread })
    }

    /// As [`paged`](Self::paged), none if one order's items keep a page from being read: details are read without it.
    async fn paged_if_possible(&self, orders: &[Traced<PurchaseOrder>]) -> Result<PagedLines, Failure> {
        let why = match self.paged(orders).await {
            Ok(found) => return Ok(found),
            Err(error) => Unread::from(error),
        };
        if why.whose == Whose::Reading {
            return Err(why.failure);
        }
        tracing::warn!(why = why.reason, "order items cannot be read by pages; orders are read one by one");
        Ok(HashMap::new())
    }

    /// The lines of those orders that pages of order items show completely.
    async fn paged(&self, orders: &[Traced<PurchaseOrder>]) -> Result<PagedLines, Error> {
        let Some((from, until)) = created_between(orders).filter(|_| !self.accounts_cost_more(orders.len())) else {
            return Ok(HashMap::new());
        };
        let list = self
            .procurify
            .order_items()
            .list()
            .po_created_since(from)
            .po_created_until(until)
            .order_by(OrderBy::ascending("id"))
            .page_size(self.page_size);
        let first_page = list.send_page(1).await?;
        let others = first_page.num_pages.saturating_sub(1);
        if usize::try_from(others).map_or(true, |others| others > orders.len()) {
            return Ok(HashMap::new());
        }
        let mut pages = vec![first_page];
        if others > 0 {
            pages.extend(rest(list).await?);
        }
        self.complete(orders, pages).await
    }

    async fn complete(
        &self,
        orders: &[Traced<PurchaseOrder>],
        pages: Vec<Page<OrderItem>>,
    ) -> Result<PagedLines, Error> {
        let mut by_order: HashMap<PoNumber, Traced<HashMap<_, OrderItem>>> = HashMap::new();
        for Page { items, request_ids, .. } in pages {
            for item in items {
                if let Some(number) = item.purchase_order {
                    let order = by_order.entry(number).or_default();
                    order.request_ids.extend(request_ids.clone());
                    // An item may come twice, on pages that shifted while they were read.
                    order.insert(item.id, item);
                }
            }
        }
        let mut complete = Vec::new();
        for order in orders {
            let Some(items) = by_order.remove(&order.procurify_po) else {
                continue;
            };
            let counted = order.item_count.and_then(|count| usize::try_from(count).ok()) == Some(items.len());
            let newer = items.values().any(|item| item.po_version > order.version);
            if counted && !newer {
                complete.push((order.procurify_po, items));
            }
        }
        let accounts: Vec<AccountId> =
            complete.iter().flat_map(|(_, items)| items.values()).filter_map(|item| item.account).collect();
        if !self.learn(&accounts, orders.len()).await? {
            return Ok(HashMap::new());
        }
        let known = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |item: OrderItem| {
            let account = item.account.and_then(|id| known.get(&id));
            OrderLine::of_item(item, account)
        };
        let lines = |items: HashMap<_, OrderItem>| items.into_values().map(line).collect();
        Ok(complete.into_iter().map(|(number, items)| (number, items.map(lines))).collect())
    }

    /// Whether the budget accounts are still to be read, and fill more pages than so many orders have details.
    fn accounts_cost_more(&self, orders: usize) -> bool {
        let known = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        known.is_empty() && self.account_pages.load(Ordering::Relaxed) > orders
    }

    /// Reads the budget accounts if one of these is not known yet; answers whether they are known now. They are not if
    /// reading them all costs more than the details of so many orders.
    async fn learn(&self, wanted: &[AccountId], orders: usize) -> Result<bool, Error> {
        let all_known = {
            let known = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            wanted.iter().all(|id| known.contains_key(id))
        };
        if all_known {
            return Ok(true);
        }
        let list = self.procurify.accounts().list().with_expired_budgets(true).page_size(self.page_size);
        let first_page = list.send_page(1).await?;
        let pages = usize::try_from(first_page.num_pages).unwrap_or(usize::MAX);
        self.account_pages.store(pages, Ordering::Relaxed);
        if pages > orders {
            return Ok(false);
        }
        let mut accounts = first_page.items;
        if pages > 1 {
            accounts.extend(rest(list).await?.into_iter().flat_map(|page| page.items));
        }
        let mut known = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(accounts.into_iter().map(BudgetAccount::new));
        Ok(true)
    }

    /// An order by its detail; none if it is not there any more.
    pub async fn detail(&self, number: PoNumber) -> Result<Option<Traced<ReadOrder>>, Unread> {
        match self.procurify.purchase_orders().get_traced(number).await {
            Ok(Traced { value: detail, request_ids }) => {
                let read = split(detail)?;
                let read = if self.custom_fields { read } else { as_pages_show(read) };
                Ok(Some(Traced::new(read, request_ids)))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                tracing::warn!(%number, "a purchase order was listed and is gone; it is left out");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// An order without what details alone show: else it would have changed whenever it is read the other way.
fn as_pages_show(mut read: ReadOrder) -> ReadOrder {
    read.custom_fields.clear();
    for line in &mut read.lines {
        line.custom_fields.clear();
        line.tax_name = None;
    }
    read
}

async fn rest<T: DeserializeOwned + Send + 'static>(list: List<T>) -> Result<Vec<Page<T>>, Error> {
    list.from_page(2).prefetch(AT_A_TIME).pages().try_collect().await
}

/// The days within which these orders were created, widened by one each way for the tenant's time
/// zone; none if so few that their details are as cheap, or if one has no date.
fn created_between(orders: &[Traced<PurchaseOrder>]) -> Option<(NaiveDate, NaiveDate)> {
    if orders.len() <= 2 {
        return None;
    }
    let dates: Option<Vec<DateTime<Utc>>> = orders.iter().map(|order| order.date).collect();
    let dates = dates?;
    let (first, last) = (dates.iter().min()?, dates.iter().max()?);
    Some((first.date_naive() - TimeDelta::days(1), last.date_naive() + TimeDelta::days(1)))
}
