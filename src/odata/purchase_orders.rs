//! Purchase orders into an OData service: each created whole, many in a batch.
//!
//! ```text
//! stage:  nothing is sent; the handle is the order itself
//! commit: create orders with their lines, each all or nothing, many in a $batch
//! settle: no certain answer: the order's reference is looked for, and not finding it twice, a settle time apart,
//!         shows that it is not there
//! ```
//!
//! So the settle time must be longer than a call may stay under way, and than the service's reads may lag.

use async_trait::async_trait;
use cloudsuite_client::odata::{NewPurchaseOrder, NewPurchaseOrderLine, OData, PurchaseOrder};
use serde::{Deserialize, Serialize};
use sync_core::sink::UNNAMED;
use sync_core::{
    Amended, Amendment, Committed, Compared, Draft, ExternalRef, Failure, FailureKind, Found, Handle, Lookup, Sink,
    Staged, TargetRef,
};

use super::amend;
use super::invoices::no_property;
use crate::dimensions::Dimensions;
use crate::failure::{not_committed, of_call};
use crate::purchase_order::{LineDraft, OrderDraft, copies};

/// How purchase orders are entered in one company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ODataOrderSettings {
    /// The item of lines that are bought by their text alone. Default `SERVICE`.
    pub service_item: String,
    /// Whether there are cost centres. Default yes.
    pub cost_centers: bool,
    /// The statuses of suppliers that may not be used, in the tenant's own words. Default `Blocked` and `Inactive`.
    pub blocked_statuses: Vec<String>,
    /// The status of an order that was cancelled, in the tenant's own word. Default `Cancelled`.
    pub cancelled_status: String,
    /// The status of an order that was opened again, in the tenant's own word. Default `Open`.
    pub open_status: String,
    /// The property that takes an order's payment terms; none if there is none. Default none.
    pub payment_terms: Option<String>,
    /// The property that takes a line's tax code; none if there is none. Default none.
    pub tax_code: Option<String>,
}

impl Default for ODataOrderSettings {
    fn default() -> Self {
        Self {
            service_item: "SERVICE".to_owned(),
            cost_centers: true,
            blocked_statuses: vec!["Blocked".to_owned(), "Inactive".to_owned()],
            cancelled_status: "Cancelled".to_owned(),
            open_status: "Open".to_owned(),
            payment_terms: None,
            tax_code: None,
        }
    }
}

/// Puts purchase orders into an OData service.
pub struct ODataPurchaseOrders {
    pub(super) odata: OData,
    pub(super) settings: ODataOrderSettings,
}

/// An order ready to be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OrderHandle {
    reference: ExternalRef,
    order: OrderDraft,
}

impl OrderHandle {
    fn read(handle: &Handle) -> Result<Self, Failure> {
        serde_json::from_value(handle.0.clone())
            .map_err(|error| Failure::new(FailureKind::Invalid, format!("the ledger's handle cannot be read: {error}")))
    }
}

impl ODataPurchaseOrders {
    /// A sink for a company.
    pub fn new(odata: OData, settings: ODataOrderSettings) -> Self {
        Self { odata, settings }
    }

    fn entity(&self, handle: &OrderHandle) -> NewPurchaseOrder {
        let order = &handle.order;
        let head = NewPurchaseOrder::new(&order.supplier, handle.reference.as_str())
            .currency(&order.currency)
            .order_date(order.order_date);
        let head = match (&self.settings.payment_terms, &order.payment_terms) {
            (Some(property), Some(terms)) => head.property(property, terms.as_str()),
            _ => head,
        };
        (1..).zip(&order.lines).fold(head, |head, (number, line)| head.line(self.line(number, line, order)))
    }

    /// A line under this number.
    pub(super) fn line(&self, number: i64, line: &LineDraft, order: &OrderDraft) -> NewPurchaseOrderLine {
        let item = line.item.as_deref().unwrap_or(&self.settings.service_item);
        let new = NewPurchaseOrderLine::new(number, item, line.quantity, line.price)
            .description(&line.name)
            .delivery_date(order.delivery_date)
            .account(&line.account);
        let new = match &line.unit {
            Some(unit) => new.unit(unit),
            None => new,
        };
        let new = match (&self.settings.tax_code, &line.tax_code) {
            (Some(property), Some(code)) => new.property(property, code.as_str()),
            _ => new,
        };
        match &line.cost_center {
            Some(center) => new.cost_center(center),
            None => new,
        }
    }
}

#[async_trait]
impl Sink for ODataPurchaseOrders {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let references: Vec<&str> = wanted.iter().map(|lookup| lookup.reference.as_str()).collect();
        let found = match self.odata.purchase_orders().find_by_reference(&references).await {
            Ok(found) => found,
            Err(error) => return vec![Found::Unanswered(of_call(&error)); wanted.len()],
        };
        let of = |lookup: &Lookup| {
            let mine = found.iter().filter(|order| order.reference.as_deref() == Some(lookup.reference.as_str()));
            let (void, live): (Vec<_>, Vec<_>) = mine.partition(|order| amend::is_cancelled(self, order));
            let numbers = |orders: Vec<&PurchaseOrder>| orders.into_iter().map(|order| order.number.clone()).collect();
            copies::only(&lookup.reference, numbers(live), numbers(void))
        };
        wanted.iter().map(of).collect()
    }

    /// Staging sends nothing.
    async fn check(&self, drafts: &[Draft]) -> Vec<Option<Staged>> {
        self.stage(drafts).await.into_iter().map(Some).collect()
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        let stage = |draft: &Draft| {
            let order: OrderDraft = serde_json::from_value(draft.document.clone())
                .map_err(|error| format!("the draft cannot be read: {error}"))?;
            let taxed = order.lines.iter().any(|line| line.tax_code.is_some());
            let unplaced = [
                (
                    "payment terms",
                    "payment_terms_property",
                    self.settings.payment_terms.is_none() && order.payment_terms.is_some(),
                ),
                ("tax codes", "tax_code_property", self.settings.tax_code.is_none() && taxed),
            ];
            if let Some((what, setting, _)) = unplaced.into_iter().find(|(.., unplaced)| *unplaced) {
                return Err(no_property(what, setting).message);
            }
            for line in &order.lines {
                Dimensions::none().of(None, &line.dimensions).map_err(|failure| failure.message)?;
            }
            if order.warehouse.is_some() {
                return Err("warehouses cannot be carried to this product: take them out of the mapping".to_owned());
            }
            let handle = OrderHandle { reference: draft.reference.clone(), order };
            serde_json::to_value(handle).map_err(|error| format!("the draft cannot be kept: {error}"))
        };
        drafts
            .iter()
            .map(|draft| match stage(draft) {
                Ok(handle) => Handle(handle).into(),
                Err(why) => Staged::Rejected(Failure::new(FailureKind::Invalid, why)),
            })
            .collect()
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let read: Vec<Result<OrderHandle, Failure>> = handles.iter().map(OrderHandle::read).collect();
        let orders: Vec<NewPurchaseOrder> = read.iter().flatten().map(|handle| self.entity(handle)).collect();
        let client = self.odata.purchase_orders();
        let mut created = if orders.is_empty() { Vec::new() } else { client.create(&orders).await }.into_iter();
        let unnumbered = || Failure::new(FailureKind::Other, "the order was created, but its number is not shown");
        read.into_iter()
            .map(|handle| match handle {
                Err(failure) => Committed::NotProcessed(failure),
                Ok(_) => match created.next() {
                    Some(Ok(entity)) => match client.number_of(&entity) {
                        Some(number) => Committed::Created(TargetRef(number), entity.request_ids.iter().collect()),
                        None => Committed::Unknown(unnumbered()),
                    },
                    Some(Err(error)) => not_committed(&error),
                    None => Committed::Unknown(Failure::new(FailureKind::Other, "there is no answer for this order")),
                },
            })
            .collect()
    }

    async fn compare(&self, wanted: &[Amendment]) -> Vec<Compared> {
        amend::compare(self, wanted).await
    }

    async fn amend(&self, handles: &[Handle]) -> Vec<Amended> {
        amend::amend(self, handles).await
    }

    fn describe(&self, handle: &Handle) -> String {
        OrderHandle::read(handle)
            .map_or_else(|_| UNNAMED.to_owned(), |handle| format!("an order with the reference {}", handle.reference))
    }
}
