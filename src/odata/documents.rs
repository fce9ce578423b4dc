//! Purchase orders as the service holds them, whoever entered them.

use cloudsuite_client::odata::{OData, PurchaseOrder, PurchaseOrderLine};
use sync_core::Failure;

use super::ODataOrderSettings;
use crate::failure::of_call;
use crate::reconcile::{Document, DocumentLine, Wanted};

pub(super) async fn orders(
    odata: &OData,
    settings: &ODataOrderSettings,
    wanted: &Wanted<'_>,
) -> Result<Vec<Document>, Failure> {
    let orders = odata.purchase_orders();
    let found = match wanted {
        Wanted::Dated { first, last } => orders.dated(*first, *last).all().await,
        Wanted::Named(named) => {
            let references: Vec<&str> = named.iter().map(|one| one.reference.as_str()).collect();
            orders.find_by_reference(&references).await
        }
    };
    let found = found.map_err(|error| of_call(&error))?;
    Ok(found.into_iter().map(|order| document(order, settings)).collect())
}

fn document(order: PurchaseOrder, settings: &ODataOrderSettings) -> Document {
    let mut lines = order.lines;
    lines.sort_by_key(|line| line.number);
    Document {
        number: order.number,
        reference: order.reference,
        supplier: order.supplier,
        currency: order.currency,
        date: order.order_date,
        void: lines.is_empty() || order.status.is_some_and(|status| status == settings.cancelled_status),
        lines: lines.into_iter().map(line).collect(),
        total: order.total,
    }
}

fn line(line: PurchaseOrderLine) -> DocumentLine {
    DocumentLine {
        quantity: line.quantity.unwrap_or_default(),
        price: line.price.unwrap_or_default(),
        amount: line.amount,
        account: line.account,
        cost_center: line.cost_center,
    }
}
