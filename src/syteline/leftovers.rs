//! Planned orders that an earlier attempt left behind: kept if they are what is wanted, thrown away if not.

use std::collections::HashMap;

use cloudsuite_client::syteline::{Change, OrderStatus, PoNumber, PurchaseOrder, PurchaseOrderLine, PurchaseOrders};
use tenant_http::{Error, Outcome};

use super::document::Document;

/// What is there under an order's number.
pub(super) enum There {
    /// Nothing any more; the whole order is to be inserted.
    Nothing,
    /// The planned head, and these of its lines.
    Part(Vec<u32>),
    /// The order itself, no longer planned.
    Order,
    /// Another order than ours.
    Foreign,
}

/// Looks at the orders that are there under these documents' numbers, and throws away planned ones that are not what
/// is wanted now.
pub(super) async fn examine(orders: &PurchaseOrders, documents: &[(&Document, PoNumber)]) -> Result<Vec<There>, Error> {
    let numbers: Vec<PoNumber> = documents.iter().map(|(_, number)| number.clone()).collect();
    let heads = orders.get(&numbers).await?;
    let mut lines = lines_by_order(orders, &numbers).await?;
    let mut there = Vec::with_capacity(documents.len());
    let mut unwanted = Vec::new();
    for ((document, number), head) in documents.iter().zip(heads) {
        let Some(head) = head else {
            there.push(There::Nothing);
            continue;
        };
        let mine = lines.remove(number).unwrap_or_default();
        there.push(if orders.reference_of(&head) != Some(document.reference.as_str()) {
            There::Foreign
        } else if head.status != Some(OrderStatus::Planned) {
            There::Order
        } else if document.is_head(&head) && mine.iter().all(|line| document.has_line(line)) {
            There::Part(mine.iter().map(|line| line.key.line).collect())
        } else {
            unwanted.push((head, mine));
            There::Nothing
        });
    }
    remove(orders, unwanted).await?;
    Ok(there)
}

/// Throws away what is planned under these numbers. What is no longer planned stays.
pub(super) async fn discard(orders: &PurchaseOrders, numbers: &[PoNumber]) -> Result<(), Error> {
    let heads = orders.get(numbers).await?;
    let mut lines = lines_by_order(orders, numbers).await?;
    let planned = heads.into_iter().flatten().filter(|head| head.status == Some(OrderStatus::Planned));
    let unwanted = planned.map(|head| {
        let mine = lines.remove(&head.number).unwrap_or_default();
        (head, mine)
    });
    remove(orders, unwanted.collect()).await
}

async fn lines_by_order(
    orders: &PurchaseOrders,
    numbers: &[PoNumber],
) -> Result<HashMap<PoNumber, Vec<PurchaseOrderLine>>, Error> {
    let mut by_order: HashMap<PoNumber, Vec<PurchaseOrderLine>> = HashMap::new();
    for line in orders.lines(numbers).await? {
        by_order.entry(line.key.order.clone()).or_default().push(line);
    }
    Ok(by_order)
}

/// Deletes lines, then their heads.
async fn remove(orders: &PurchaseOrders, unwanted: Vec<(PurchaseOrder, Vec<PurchaseOrderLine>)>) -> Result<(), Error> {
    let lines = unwanted.iter().flat_map(|(_, lines)| lines).filter_map(|line| line.item_id.as_deref());
    let lines: Vec<Change> = lines.map(Change::delete).collect();
    let heads: Vec<Change> =
        unwanted.iter().filter_map(|(head, _)| head.item_id.as_deref()).map(Change::delete).collect();
    for (update, changes) in [(orders.update_lines(), lines), (orders.update(), heads)] {
        if changes.is_empty() {
            continue;
        }
        for deleted in update.extend(changes).send().await {
            match deleted {
                // A server may show nothing of a deleted record: whether it is gone shows when it is inserted anew.
                Err(error) if error.outcome() != Outcome::Unknown => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}
