//! Purchase orders as M3 holds them, whoever entered them.
//!
//! There is no list of order heads by date: the search index gives their numbers, and the heads and lines are then read
//! from the tables. What the index does not know yet is asked for by the number that the ledger has.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use cloudsuite_client::m3::{M3, OrderNumber, OrderSearch, PurchaseOrderHead, PurchaseOrderLine, TransactionError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rust_decimal::Decimal;
use sync_core::Failure;
use tenant_http::ErrorKind;

use crate::failure::of_transaction;
use crate::reconcile::{Document, DocumentLine, Named, Wanted};

/// Days of orders asked for at a time.
const DAYS: i64 = 31;

pub(super) async fn orders(m3: &M3, wanted: &Wanted<'_>) -> Result<Vec<Document>, Failure> {
    let found = match wanted {
        Wanted::Dated { first, last } => dated(m3, *first, *last).await,
        Wanted::Named(named) => self::named(m3, named).await,
    };
    found.map_err(|error| of_transaction(&error))
}

/// Orders dated within these days.
async fn dated(m3: &M3, first: NaiveDate, last: NaiveDate) -> Result<Vec<Document>, TransactionError> {
    let ask = |first, last| {
        let orders = m3.purchase_orders();
        async move { orders.search(&OrderSearch::default().ordered_between(first, last)).await }.boxed()
    };
    let numbers: BTreeSet<OrderNumber> =
        by_days(first, last, ask).await?.into_iter().map(|head: PurchaseOrderHead| head.number).collect();
    let numbers: Vec<OrderNumber> = numbers.into_iter().collect();
    read(m3, &numbers, |_| true).await
}

/// What a search gives of these days, asked for a month at a time, and for fewer days where the server's ceiling may
/// have cut a list.
pub(super) async fn by_days<T>(
    first: NaiveDate,
    last: NaiveDate,
    ask: impl Fn(NaiveDate, NaiveDate) -> BoxFuture<'static, Result<Vec<T>, TransactionError>>,
) -> Result<Vec<T>, TransactionError> {
    let mut found = Vec::new();
    let mut open = vec![(first, last)];
    while let Some((first, last)) = open.pop() {
        let days = (last - first).num_days();
        if days >= DAYS {
            let middle = first + TimeDelta::days(DAYS - 1);
            open.extend([(middle + TimeDelta::days(1), last), (first, middle)]);
            continue;
        }
        match ask(first, last).await {
            Ok(some) => found.extend(some),
            Err(error) if error.kind() == ErrorKind::Decode && days > 0 => {
                let middle = first + TimeDelta::days(days / 2);
                open.extend([(middle + TimeDelta::days(1), last), (first, middle)]);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Orders by the numbers that we know, whatever reference they bear, and those of which none bears ours by that.
async fn named(m3: &M3, named: &[Named]) -> Result<Vec<Document>, TransactionError> {
    let numbers: Vec<OrderNumber> =
        named.iter().filter_map(|one| OrderNumber::new(&one.number.as_ref()?.0).ok()).collect();
    let ours =
        |head: &PurchaseOrderHead| named.iter().any(|one| head.reference.as_deref() == Some(one.reference.as_str()));
    let mut documents = read(m3, &numbers, |_| true).await?;
    let absent = Named::not_among(named, &documents);
    let mut numbers = BTreeSet::new();
    for hits in m3.purchase_orders().search_by_reference(&absent).await {
        numbers.extend(hits?);
    }
    let found: Vec<OrderNumber> =
        numbers.into_iter().filter(|number| documents.iter().all(|one| one.number != number.as_str())).collect();
    documents.extend(read(m3, &found, ours).await?);
    Ok(documents)
}

/// The heads and lines of these orders; what the index still knows and the table does not is left out.
async fn read(
    m3: &M3,
    numbers: &[OrderNumber],
    wanted: impl Fn(&PurchaseOrderHead) -> bool,
) -> Result<Vec<Document>, TransactionError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let orders = m3.purchase_orders();
    let heads: Result<Vec<_>, _> = orders.get_heads(numbers).await.into_iter().collect();
    let heads: Vec<PurchaseOrderHead> = heads?.into_iter().flatten().filter(wanted).collect();
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<OrderNumber> = heads.iter().map(|head| head.number.clone()).collect();
    let lines = orders.lines_of_many(&numbers).await;
    heads.into_iter().zip(lines).map(|(head, lines)| Ok(document(head, lines?))).collect()
}

fn document(head: PurchaseOrderHead, mut lines: Vec<PurchaseOrderLine>) -> Document {
    lines.sort_by_key(|line| (line.number, line.sub_number));
    Document {
        number: head.number.to_string(),
        reference: head.reference,
        supplier: head.supplier.map(|supplier| supplier.to_string()),
        currency: head.currency,
        date: head.order_date,
        void: lines.is_empty(),
        lines: lines.iter().map(line).collect(),
        total: None,
        ..Document::default()
    }
}

fn line(line: &PurchaseOrderLine) -> DocumentLine {
    DocumentLine {
        quantity: line.quantity.unwrap_or_default(),
        price: unit_price(line),
        unit: line.unit.clone(),
        amount: line.amount,
        // Accounting strings are shown by no transaction of purchase orders.
        account: None,
        cost_center: None,
    }
}

/// The price of one unit.
pub(super) fn unit_price(line: &PurchaseOrderLine) -> Decimal {
    let units = line.price_quantity.filter(|units| *units > 1).unwrap_or(1);
    line.price.unwrap_or_default() / Decimal::from(units)
}
