//! Purchase orders and invoices as the service holds them, whoever entered them.

use std::collections::HashSet;

use cloudsuite_client::odata::{Invoice, InvoiceLine, OData, PurchaseOrder, PurchaseOrderLine};
use sync_core::Failure;
use tenant_http::Error;

use super::{ODataInvoiceSettings, ODataOrderSettings};
use crate::failure::of_call;
use crate::reconcile::{Document, DocumentLine, Named, Wanted};

pub(super) async fn orders(
    odata: &OData,
    settings: &ODataOrderSettings,
    wanted: &Wanted<'_>,
) -> Result<Vec<Document>, Failure> {
    let orders = odata.purchase_orders();
    let found = match wanted {
        Wanted::Dated { first, last } => orders.dated(*first, *last).all().await,
        Wanted::Named(named) => named_orders(odata, named).await,
    };
    let found = found.map_err(|error| of_call(&error))?;
    Ok(found.into_iter().map(|order| document(order, settings)).collect())
}

/// Orders by our reference, and those of which none bears it by the numbers that we know.
async fn named_orders(odata: &OData, named: &[Named]) -> Result<Vec<PurchaseOrder>, Error> {
    let orders = odata.purchase_orders();
    let references: Vec<&str> = named.iter().map(|one| one.reference.as_str()).collect();
    let mut found = orders.find_by_reference(&references).await?;
    let bear: HashSet<&str> = found.iter().filter_map(|order| order.reference.as_deref()).collect();
    let numbers: Vec<&str> = Named::known_beside(named, &bear).collect();
    if !numbers.is_empty() {
        found.extend(orders.get(&numbers).await?.into_iter().flatten());
    }
    Ok(found)
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
        ..Document::default()
    }
}

fn line(line: PurchaseOrderLine) -> DocumentLine {
    DocumentLine {
        quantity: line.quantity.unwrap_or_default(),
        price: line.price.unwrap_or_default(),
        unit: line.unit,
        amount: line.amount,
        account: line.account,
        cost_center: line.cost_center,
    }
}

/// Invoices dated (`InvoiceDate`) within days; or those that bear a reference, and if none does, those of the supplier's
/// number.
pub(super) async fn invoices(
    odata: &OData,
    settings: &ODataInvoiceSettings,
    wanted: &Wanted<'_>,
) -> Result<Vec<Document>, Failure> {
    let invoices = odata.invoices();
    let found = match wanted {
        Wanted::Dated { first, last } => invoices.dated(*first, *last).all().await,
        Wanted::Named(named) => self::named(odata, named).await,
    };
    let found = found.map_err(|error| of_call(&error))?;
    Ok(found.into_iter().map(|invoice| invoice_document(invoice, settings)).collect())
}

async fn named(odata: &OData, named: &[Named]) -> Result<Vec<Invoice>, Error> {
    let invoices = odata.invoices();
    let references: Vec<&str> = named.iter().map(|one| one.reference.as_str()).collect();
    let mut found = invoices.find_by_reference(&references).await?;
    let is_found = |one: &&Named| !found.iter().any(|other| other.reference.as_deref() == Some(one.reference.as_str()));
    let mut keys: Vec<(&str, &str)> = named.iter().filter(is_found).filter_map(Named::invoice).collect();
    // Two bills may be of one number.
    let mut asked = HashSet::new();
    keys.retain(|(supplier, number)| asked.insert((*supplier, number.trim().to_lowercase())));
    found.extend(invoices.find_by_invoice(&keys).await?.into_iter().flatten());
    Ok(found)
}

fn invoice_document(invoice: Invoice, settings: &ODataInvoiceSettings) -> Document {
    let mut lines = invoice.lines;
    lines.sort_by_key(|line| line.number);
    Document {
        number: invoice.number,
        reference: invoice.reference,
        supplier: invoice.supplier,
        supplier_invoice: invoice.supplier_invoice,
        source_number: None,
        currency: invoice.currency,
        date: invoice.invoice_date,
        void: invoice.status.is_some_and(|status| status == settings.cancelled_status),
        lines: lines.into_iter().map(invoice_line).collect(),
        lines_hidden: false,
        total: invoice.amount,
    }
}

fn invoice_line(line: InvoiceLine) -> DocumentLine {
    DocumentLine {
        amount: Some(line.amount.unwrap_or_default()),
        account: line.account,
        cost_center: line.cost_center,
        ..DocumentLine::default()
    }
}
