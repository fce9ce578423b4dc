//! Purchase orders as SyteLine holds them, whoever entered them. What is only planned is no order.

use std::collections::{HashMap, HashSet};

use cloudsuite_client::syteline::{Filter, OrderStatus, PoNumber, PurchaseOrder, PurchaseOrderLine, SyteLine};
use rust_decimal::Decimal;
use sync_core::Failure;
use tenant_http::Error;

use super::SyteLineOrderSettings;
use crate::failure::of_call;
use crate::reconcile::{Document, DocumentLine, Named, Wanted};

pub(super) async fn orders(
    syteline: &SyteLine,
    settings: &SyteLineOrderSettings,
    wanted: &Wanted<'_>,
) -> Result<Vec<Document>, Failure> {
    let heads = match wanted {
        Wanted::Dated { first, last } => {
            let day = || Filter::property("OrderDate");
            let list = syteline.purchase_orders().list();
            list.filter(day().ge(*first).and(day().le(*last))).all().await
        }
        Wanted::Named(named) => self::named(syteline, named).await,
    };
    let read = async { read(syteline, settings, heads?).await };
    read.await.map_err(|error| of_call(&error))
}

/// Orders by our reference, and those of which none bears it by the numbers that we know.
async fn named(syteline: &SyteLine, named: &[Named]) -> Result<Vec<PurchaseOrder>, Error> {
    let orders = syteline.purchase_orders();
    let references: Vec<&str> = named.iter().map(|one| one.reference.as_str()).collect();
    let mut found = orders.find_by_reference(&references).await?;
    let bear: HashSet<&str> = found.iter().filter_map(|order| orders.reference_of(order)).collect();
    let numbers: Vec<PoNumber> =
        Named::known_beside(named, &bear).filter_map(|number| PoNumber::new(number).ok()).collect();
    if !numbers.is_empty() {
        found.extend(orders.get(&numbers).await?.into_iter().flatten());
    }
    Ok(found)
}

async fn read(
    syteline: &SyteLine,
    settings: &SyteLineOrderSettings,
    heads: Vec<PurchaseOrder>,
) -> Result<Vec<Document>, Error> {
    let heads: Vec<PurchaseOrder> =
        heads.into_iter().filter(|head| head.status != Some(OrderStatus::Planned)).collect();
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    let orders = syteline.purchase_orders();
    let numbers: Vec<PoNumber> = heads.iter().map(|head| head.number.clone()).collect();
    let mut lines: HashMap<PoNumber, Vec<PurchaseOrderLine>> = HashMap::new();
    for line in orders.lines(&numbers).await? {
        lines.entry(line.key.order.clone()).or_default().push(line);
    }
    Ok(heads
        .into_iter()
        .map(|head| {
            let lines = lines.remove(&head.number).unwrap_or_default();
            let idle = lines.iter().all(|line| taken(line).is_zero());
            Document {
                number: head.number.to_string(),
                reference: orders.reference_of(&head).map(str::to_owned),
                supplier: head.vendor.as_ref().map(ToString::to_string),
                currency: head.currency.clone(),
                date: head.order_date,
                // Complete, and nothing ever came: that is how an order is cancelled.
                void: lines.is_empty() || (head.status == Some(OrderStatus::Complete) && idle),
                lines: lines.iter().map(|one| line(one, settings)).collect(),
                total: None,
                ..Document::default()
            }
        })
        .collect())
}

/// How many have come or were invoiced.
pub(super) fn taken(line: &PurchaseOrderLine) -> Decimal {
    line.received.unwrap_or_default().max(line.vouchered.unwrap_or_default())
}

fn line(line: &PurchaseOrderLine, settings: &SyteLineOrderSettings) -> DocumentLine {
    let unit = settings.cost_center_unit.map(|unit| usize::from(unit).saturating_sub(1));
    let cost_center = unit.and_then(|unit| line.unit_codes.get(unit)).and_then(Option::as_ref);
    DocumentLine {
        quantity: line.quantity.unwrap_or_default(),
        price: line.cost.unwrap_or_default(),
        unit: line.unit.clone(),
        amount: None,
        account: line.account.as_ref().map(ToString::to_string),
        cost_center: cost_center.map(ToString::to_string),
    }
}
