//! Purchase orders into M3: staged by batch entry, finished, and found again.
//!
//! ```text
//! stage:  StartEntry x n        -> message numbers         one bulk call of up to 100
//!         AddHead, AddLine, AddAccString of all orders     -> order numbers
//! commit: FinishEntry x n       the only ambiguous step; M3's batch job makes the orders later
//! settle: DeleteEntry x n       taken only while a message was never finished: a certain answer
//! find:   GetHead by number, or SearchHead by our reference
//! ```

use std::collections::BTreeSet;

use async_trait::async_trait;
use cloudsuite_client::m3::{
    BatchOrigin, EntryError, EntryLine, Facility, ItemNumber, M3, MessageNumber, OrderNumber, PurchaseOrderEntry,
    PurchaseOrderEntryProgram, SupplierNumber, TransactionError, Warehouse,
};
use serde::{Deserialize, Serialize};
use sync_core::sink::UNNAMED;
use sync_core::{
    Amended, Amendment, Committed, Compared, Doubt, Draft, ExternalRef, Failure, FailureKind, Found, Handle, Lookup,
    Settled, Sink, Staged, TargetRef,
};
use tenant_http::Outcome;

use super::price::{M3Price, fit_price};
use super::{amend, settle};
use crate::connection::BuildError;
use crate::dimensions::Dimensions;
use crate::failure::of_transaction;
use crate::purchase_order::{LineDraft, OrderDraft, copies, revised};

/// How purchase orders are entered in one M3 tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct M3OrderSettings {
    /// The batch origin (PPS090) under which orders are entered. Default `PFY`.
    pub batch_origin: String,
    /// The item of lines that are bought by their text alone. Default `SERVICE`.
    pub service_item: String,
    /// The order type; M3's default for the supplier if none.
    pub order_type: Option<String>,
    /// The buyer; M3's default for the supplier if none.
    pub buyer: Option<String>,
    /// The accounting dimension of the cost centre, 2 to 7; none if the tenant has none. Default 2.
    pub cost_center_dimension: Option<u8>,
    /// The most decimals a price may have (`PUPR`). A longer price is written for 10, 100, 1,000 or
    /// 10,000 units (`PUCD`). Default 4.
    pub price_decimals: u32,
    /// Whether `DeleteEntry` tells with certainty if a message was finished, by M3's rule that it is
    /// taken only in status 10. If not, lookups decide. Default yes.
    pub settle_by_delete: bool,
    /// Whether our reference is looked up by `EXPORTMI`, which is exact, instead of `SearchHead`,
    /// whose index lags. Many tenants restrict it. Default no.
    pub export_mi: bool,
    /// Whether a line that is added in Procurify after posting is added in M3 as well. No transaction puts an accounting
    /// string on it: M3's own accounting rules decide about its account. Default no: people are told to add it.
    pub add_lines: bool,
}

impl Default for M3OrderSettings {
    fn default() -> Self {
        Self {
            batch_origin: "PFY".to_owned(),
            service_item: "SERVICE".to_owned(),
            order_type: None,
            buyer: None,
            cost_center_dimension: Some(2),
            price_decimals: 4,
            settle_by_delete: true,
            export_mi: false,
            add_lines: false,
        }
    }
}

/// Puts purchase orders into M3.
pub struct M3PurchaseOrders {
    pub(super) m3: M3,
    pub(super) entry: PurchaseOrderEntryProgram,
    service_item: ItemNumber,
    dimensions: Dimensions,
    pub(super) settings: M3OrderSettings,
}

/// What staging an order gave: the batch message, and the number that the order will have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EntryHandle {
    pub message: MessageNumber,
    pub order: OrderNumber,
}

impl EntryHandle {
    pub fn read(handle: &Handle) -> Result<Self, Failure> {
        serde_json::from_value(handle.0.clone()).map_err(|error| {
            Failure::new(FailureKind::Invalid, format!("the ledger's handle {} is not one of M3's: {error}", handle.0))
        })
    }

    fn write(&self) -> Result<Handle, Failure> {
        serde_json::to_value(self)
            .map(Handle)
            .map_err(|error| Failure::new(FailureKind::Other, format!("the handle cannot be written: {error}")))
    }
}

impl M3PurchaseOrders {
    /// A sink for a tenant.
    ///
    /// # Errors
    /// A setting that is no code of M3's.
    pub fn new(m3: M3, settings: M3OrderSettings) -> Result<Self, BuildError> {
        let dimensions = Dimensions::m3(settings.cost_center_dimension);
        dimensions.check(&BTreeSet::new())?;
        let m3 = m3.export_mi(settings.export_mi);
        m3.check()?;
        let origin = BatchOrigin::new(&settings.batch_origin)?;
        let service_item = ItemNumber::new(&settings.service_item)?;
        Ok(Self { entry: m3.purchase_order_entry(origin), m3, service_item, dimensions, settings })
    }

    /// The order as M3 takes it, or why it cannot be sent.
    fn fit(&self, draft: &Draft) -> Result<PurchaseOrderEntry, Staged> {
        let entry = self.entry_of(draft).map_err(Staged::Rejected)?;
        self.entry.check(&entry).map_err(|error| staging_failed(&error))?;
        Ok(entry)
    }

    fn entry_of(&self, draft: &Draft) -> Result<PurchaseOrderEntry, Failure> {
        let invalid = |what: &dyn std::fmt::Display| Failure::new(FailureKind::Invalid, what.to_string());
        let order: OrderDraft = serde_json::from_value(draft.document.clone())
            .map_err(|error| invalid(&format!("the draft cannot be read: {error}")))?;
        let supplier = SupplierNumber::new(&order.supplier).map_err(|error| invalid(&error))?;
        let mut entry =
            PurchaseOrderEntry::new(draft.reference.as_str(), supplier, order.order_date, order.delivery_date);
        entry.currency = Some(order.currency);
        entry.order_type.clone_from(&self.settings.order_type);
        entry.buyer.clone_from(&self.settings.buyer);
        entry.payment_terms = order.payment_terms;
        if let Some(place) = &order.warehouse {
            let (facility, warehouse) = place
                .split_once('/')
                .map_or((None, place.as_str()), |(facility, warehouse)| (Some(facility), warehouse));
            entry.facility = facility.map(Facility::new).transpose().map_err(|error| invalid(&error))?;
            entry.warehouse = Some(Warehouse::new(warehouse).map_err(|error| invalid(&error))?);
        }
        for (index, line) in order.lines.iter().enumerate() {
            let line = self.line_of(line).map_err(|why| invalid(&format!("line {}: {why}", index + 1)))?;
            entry.lines.push(line);
        }
        Ok(entry)
    }

    fn line_of(&self, line: &LineDraft) -> Result<EntryLine, String> {
        let item = match &line.item {
            Some(item) => ItemNumber::new(item).map_err(|error| error.to_string())?,
            None => self.service_item.clone(),
        };
        let M3Price { price, units } = fit_price(line.price, self.settings.price_decimals)?;
        let mut entry = EntryLine::new(item, line.quantity, price);
        entry.price_quantity = (units > 1).then_some(units);
        entry.unit.clone_from(&line.unit);
        entry.vat_code.clone_from(&line.tax_code);
        entry.supplier_item.clone_from(&line.supplier_item);
        entry.name = Some(line.name.clone());
        // The first 30 characters stand in the name; only what they leave out is said again.
        entry.description = (line.name.chars().count() > 30).then(|| line.name.clone());
        entry.accounting[0] = Some(line.account.clone());
        let dimensions = self.dimensions.of(line.cost_center.as_ref(), &line.dimensions);
        for (number, value) in dimensions.map_err(|failure| failure.message)? {
            entry.accounting[usize::from(number) - 1] = Some(value.to_owned());
        }
        Ok(entry)
    }

    /// Looks for orders by the numbers they were given.
    pub(super) async fn by_number(&self, wanted: &[(OrderNumber, &ExternalRef)]) -> Vec<Found> {
        let numbers: Vec<OrderNumber> = wanted.iter().map(|(number, _)| number.clone()).collect();
        let heads = self.m3.purchase_orders().get_heads(&numbers).await;
        wanted
            .iter()
            .zip(heads)
            .map(|((number, reference), head)| match head {
                Ok(None) => Found::Absent,
                // Where another reference stands, only a person can tell whose the order is.
                Ok(Some(head)) => match revised::bears_another(number.as_str(), reference, head.reference.as_deref()) {
                    None => Found::Found(TargetRef(number.to_string())),
                    Some(why) => Found::Differs(Failure::new(FailureKind::Invalid, why)),
                },
                Err(error) => Found::Unanswered(of_transaction(&error)),
            })
            .collect()
    }

    /// Looks for orders by our reference, and takes a hit only if the order itself bears it.
    async fn by_reference(&self, references: &[&ExternalRef]) -> Vec<Found> {
        let texts: Vec<&str> = references.iter().map(|reference| reference.as_str()).collect();
        let orders = self.m3.purchase_orders();
        let hits: Vec<Result<Vec<OrderNumber>, TransactionError>> = if self.settings.export_mi {
            let heads = orders.export_by_reference(&texts).await;
            heads.into_iter().map(|found| Ok(found?.into_iter().map(|head| head.number).collect())).collect()
        } else {
            orders.search_by_reference(&texts).await
        };
        let candidates: Vec<(OrderNumber, &ExternalRef)> = references
            .iter()
            .zip(&hits)
            .flat_map(|(reference, hit)| hit.iter().flatten().map(|number| (number.clone(), *reference)))
            .collect();
        let mut checked =
            if candidates.is_empty() { Vec::new() } else { self.by_number(&candidates).await }.into_iter();
        let mut found = Vec::with_capacity(hits.len());
        for (hit, reference) in hits.into_iter().zip(references) {
            found.push(match hit {
                Err(error) => Found::Unanswered(of_transaction(&error)),
                Ok(numbers) => {
                    let checked: Vec<Found> = numbers.iter().filter_map(|_| checked.next()).collect();
                    self.only(reference, &numbers, checked).await
                }
            });
        }
        found
    }

    /// Which of the candidates of a search is the order, by what was found under their numbers. An order whose lines
    /// were all deleted is void.
    async fn only(&self, reference: &ExternalRef, numbers: &[OrderNumber], checked: Vec<Found>) -> Found {
        let mut bearing = Vec::new();
        for (number, found) in numbers.iter().zip(checked) {
            match found {
                Found::Found(_) => bearing.push(number.clone()),
                Found::Unanswered(failure) => return Found::Unanswered(failure),
                // The index lags: it knows the reference that the order bore before.
                Found::Absent | Found::InPart | Found::Pending | Found::Differs(_) => {}
            }
        }
        let (mut live, mut void) = (Vec::new(), Vec::new());
        if bearing.len() > 1 {
            let lines = self.m3.purchase_orders().lines_of_many(&bearing).await;
            for (number, lines) in bearing.iter().zip(lines) {
                match lines {
                    Ok(lines) if lines.is_empty() => void.push(number.to_string()),
                    Ok(_) => live.push(number.to_string()),
                    Err(error) => return Found::Unanswered(of_transaction(&error)),
                }
            }
        } else {
            live.extend(bearing.iter().map(ToString::to_string));
        }
        copies::only(reference, live, void)
    }
}

/// Refused is what M3 itself, or our own check before sending, refuses. Whatever the gateway says may pass.
fn staging_failed(error: &EntryError) -> Staged {
    let failure = of_transaction(error.transaction_error());
    let by_gateway = error.transaction_error().call_error().is_some();
    match error.outcome() {
        _ if by_gateway => Staged::NotStaged(failure),
        Outcome::Rejected => Staged::Rejected(Failure { message: error.to_string(), ..failure }),
        Outcome::NotProcessed if error.fault().is_some() || failure.kind == FailureKind::Invalid => {
            Staged::Rejected(Failure { message: error.to_string(), ..failure })
        }
        Outcome::NotProcessed | Outcome::Unknown => Staged::NotStaged(failure),
    }
}

#[async_trait]
impl Sink for M3PurchaseOrders {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        let handles: Vec<Option<Result<EntryHandle, Failure>>> =
            wanted.iter().map(|lookup| lookup.handle.as_ref().map(EntryHandle::read)).collect();
        let numbered: Vec<(OrderNumber, &ExternalRef)> = wanted
            .iter()
            .zip(&handles)
            .filter_map(|(lookup, handle)| Some((handle.as_ref()?.as_ref().ok()?.order.clone(), &lookup.reference)))
            .collect();
        let nameless: Vec<&ExternalRef> = wanted
            .iter()
            .zip(&handles)
            .filter(|(_, handle)| handle.is_none())
            .map(|(lookup, _)| &lookup.reference)
            .collect();
        let mut by_number = if numbered.is_empty() { Vec::new() } else { self.by_number(&numbered).await }.into_iter();
        let mut by_reference =
            if nameless.is_empty() { Vec::new() } else { self.by_reference(&nameless).await }.into_iter();
        let no_answer = || Found::Unanswered(Failure::new(FailureKind::Other, "M3 gave no answer for this order"));
        handles
            .into_iter()
            .map(|handle| match handle {
                None => by_reference.next().unwrap_or_else(no_answer),
                Some(Err(failure)) => Found::Unanswered(failure),
                Some(Ok(_)) => match by_number.next().unwrap_or_else(no_answer) {
                    // A message that was committed may wait for its batch job, or for a person, for any time.
                    Found::Absent => Found::Pending,
                    found => found,
                },
            })
            .collect()
    }

    async fn check(&self, drafts: &[Draft]) -> Vec<Option<Staged>> {
        drafts.iter().map(|draft| self.fit(draft).err()).collect()
    }

    fn keeps_staged(&self) -> bool {
        true
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        let entries: Vec<Result<PurchaseOrderEntry, Staged>> = drafts.iter().map(|draft| self.fit(draft)).collect();
        let fit: Vec<&PurchaseOrderEntry> = entries.iter().flatten().collect();
        let messages = if fit.is_empty() { Vec::new() } else { self.entry.start(fit.len()).await };
        let started: Vec<(MessageNumber, &PurchaseOrderEntry)> = messages
            .iter()
            .zip(&fit)
            .filter_map(|(message, entry)| Some((message.as_ref().ok()?.value.clone(), *entry)))
            .collect();
        let mut numbers = if started.is_empty() { Vec::new() } else { self.entry.enter(&started).await }.into_iter();
        let mut abandoned = Vec::new();
        let mut messages = messages.into_iter();
        let staged = entries
            .iter()
            .map(|entry| {
                if let Err(staged) = entry {
                    return staged.clone();
                }
                let message = match messages.next() {
                    Some(Ok(message)) => message,
                    Some(Err(error)) => return Staged::NotStaged(of_transaction(&error)),
                    None => return Staged::NotStaged(Failure::new(FailureKind::Other, "M3 gave no message number")),
                };
                match numbers.next() {
                    Some(Ok(order)) => {
                        let by = message.request_ids.iter().chain(order.request_ids.iter()).collect();
                        match (EntryHandle { message: message.value, order: order.value }).write() {
                            Ok(handle) => Staged::Staged(handle, by),
                            Err(failure) => Staged::NotStaged(failure),
                        }
                    }
                    Some(Err(error)) => {
                        abandoned.push(message.value);
                        staging_failed(&error)
                    }
                    None => Staged::NotStaged(Failure::new(FailureKind::Other, "M3 gave no order number")),
                }
            })
            .collect();
        self.delete(&abandoned).await;
        staged
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let entries: Vec<Result<EntryHandle, Failure>> = handles.iter().map(EntryHandle::read).collect();
        let messages: Vec<MessageNumber> = entries.iter().flatten().map(|entry| entry.message.clone()).collect();
        let mut finished = self.entry.finish(&messages).await.into_iter();
        let mut refused = Vec::new();
        let mut committed: Vec<Committed> = entries
            .into_iter()
            .enumerate()
            .map(|(place, entry)| {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(failure) => return Committed::NotProcessed(failure),
                };
                match finished.next() {
                    Some(Ok(by)) => Committed::Accepted(by.iter().collect()),
                    Some(Err(error)) => {
                        if error.outcome() == Outcome::Rejected {
                            refused.push((place, entry.message));
                        }
                        match error.outcome() {
                            Outcome::NotProcessed => Committed::NotProcessed(of_transaction(&error)),
                            Outcome::Rejected | Outcome::Unknown => Committed::Unknown(of_transaction(&error)),
                        }
                    }
                    None => Committed::Unknown(Failure::new(FailureKind::Other, "M3 gave no answer for this message")),
                }
            })
            .collect();
        self.confirm_refusals(&refused, &mut committed).await;
        committed
    }

    async fn settle(&self, doubts: &[Doubt]) -> Vec<Settled> {
        if self.settings.settle_by_delete {
            settle::by_deletion(self, doubts).await
        } else {
            vec![Settled::Undecided; doubts.len()]
        }
    }

    async fn compare(&self, wanted: &[Amendment]) -> Vec<Compared> {
        amend::compare(self, wanted).await
    }

    async fn amend(&self, handles: &[Handle]) -> Vec<Amended> {
        amend::amend(self, handles).await
    }

    fn describe(&self, handle: &Handle) -> String {
        match EntryHandle::read(handle) {
            Ok(entry) => format!("purchase order {}, or batch message {} in PPS370", entry.order, entry.message),
            Err(_) => UNNAMED.to_owned(),
        }
    }

    async fn discard(&self, handles: &[Handle]) {
        let messages: Vec<MessageNumber> =
            handles.iter().filter_map(|handle| EntryHandle::read(handle).ok()).map(|entry| entry.message).collect();
        self.delete(&messages).await;
    }
}

impl M3PurchaseOrders {
    /// A refused message is rejected only once it is gone: M3 takes the deletion of one that was never finished.
    async fn confirm_refusals(&self, refused: &[(usize, MessageNumber)], committed: &mut [Committed]) {
        if refused.is_empty() {
            return;
        }
        let messages: Vec<MessageNumber> = refused.iter().map(|(_, message)| message.clone()).collect();
        for ((place, _), deleted) in refused.iter().zip(self.entry.delete(&messages).await) {
            if let (Ok(_), Committed::Unknown(failure)) = (deleted, &committed[*place]) {
                committed[*place] = Committed::Rejected(failure.clone());
            }
        }
    }

    /// Removes messages that will not be finished. What stays behind counts for nothing.
    async fn delete(&self, messages: &[MessageNumber]) {
        if messages.is_empty() {
            return;
        }
        for (message, answer) in messages.iter().zip(self.entry.delete(messages).await) {
            if let Err(error) = answer {
                tracing::info!(%message, %error, "an unfinished batch message stays behind in PPS370");
            }
        }
    }
}
