//! Purchase orders into SyteLine: planned with all their lines, then ordered.
//!
//! ```text
//! stage:  insert heads as planned (P), under numbers built from our keys   a second insert is refused
//!         insert their lines                                              so is a second line of a number
//! commit: set the status to ordered (O)                                   may be repeated without harm
//! settle: read the status                                                 a certain answer
//! ```
//!
//! Where only SyteLine gives numbers (`server_numbers`), an order is known by our reference, of which it takes several:
//!
//! ```text
//! stage:  look for orders of our references; insert heads for those that have none; look again: of several planned
//!         ones the first counts, the others are thrown away. Whatever comes late has a higher number.
//! settle: read the status by the reference
//! ```
//!
//! A planned order binds nobody, so half an order never counts. What an attempt leaves behind is taken up by the next
//! one if it is what is wanted, line by line, and thrown away if not.

use std::collections::HashMap;

use async_trait::async_trait;
use cloudsuite_client::syteline::{Inserted, OrderStatus, PoNumber, PurchaseOrder, SyteLine};
use serde::{Deserialize, Serialize};
use sync_core::sink::UNNAMED;
use sync_core::{
    Amended, Amendment, Committed, Compared, Doubt, Draft, ExternalRef, Failure, FailureKind, Found, Handle, Lookup,
    RequestIds, Settled, Sink, Staged, TargetRef,
};
use tenant_http::{Error, Outcome};

use super::amend;
use super::document::{Document, number_of};
use super::leftovers::{self, There};
use super::vendors::hindrance;
use crate::failure::{not_committed, of_call, stands_in_a_plan};
use crate::purchase_order::copies;

/// How purchase orders are entered in one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyteLineOrderSettings {
    /// What order numbers begin with; the rest of the ten characters is the Procurify number. Default `PF`. Two
    /// Procurify tenants that post into one site need different ones.
    pub number_prefix: String,
    /// Whether SyteLine numbers orders, in ascending order, and takes no number of ours. Default no.
    pub server_numbers: bool,
    /// The item of lines that are bought by their text alone. Default `SERVICE`.
    pub service_item: String,
    /// The unit code (1 to 4) that is the cost centre; none if there is none. Default 1.
    pub cost_center_unit: Option<u8>,
    /// The warehouse; SyteLine's default if none.
    pub warehouse: Option<String>,
    /// The most decimals that a price may have. Default 8.
    pub price_decimals: u32,
}

impl Default for SyteLineOrderSettings {
    fn default() -> Self {
        Self {
            number_prefix: "PF".to_owned(),
            server_numbers: false,
            service_item: "SERVICE".to_owned(),
            cost_center_unit: Some(1),
            warehouse: None,
            price_decimals: 8,
        }
    }
}

/// Orders that bear our references.
type ByReference = HashMap<String, Vec<PurchaseOrder>>;

/// Puts purchase orders into SyteLine.
pub struct SyteLinePurchaseOrders {
    pub(super) syteline: SyteLine,
    pub(super) settings: SyteLineOrderSettings,
}

/// What staging an order gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OrderHandle {
    order: PoNumber,
    /// It was there already, and not planned any more: there is nothing to commit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    posted: bool,
}

impl OrderHandle {
    fn read(handle: &Handle) -> Result<Self, Failure> {
        serde_json::from_value(handle.0.clone()).map_err(|error| {
            let message = format!("the ledger's handle {} is not one of SyteLine's: {error}", handle.0);
            Failure::new(FailureKind::Invalid, message)
        })
    }

    fn staged(self, by: RequestIds) -> Staged {
        match serde_json::to_value(&self) {
            Ok(value) => Staged::Staged(Handle(value), by),
            Err(error) => Staged::NotStaged(Failure::new(FailureKind::Other, error.to_string())),
        }
    }
}

/// A document on its way through staging.
struct Staging {
    document: Document,
    /// The order's; none until the server has given one.
    number: Option<PoNumber>,
    /// Numbers of the lines that are there already.
    lines: Vec<u32>,
    /// SyteLine's ids of the requests that inserted what is there.
    request_ids: RequestIds,
}

impl Staging {
    fn inserted(&mut self, inserted: &Inserted) {
        self.request_ids.extend(inserted.request_ids().iter());
    }
}

impl SyteLinePurchaseOrders {
    /// A sink for a site.
    pub fn new(syteline: SyteLine, settings: SyteLineOrderSettings) -> Self {
        Self { syteline, settings }
    }

    /// The orders as they can be inserted, or why not; inserts nothing.
    async fn fit(&self, drafts: &[Draft]) -> Vec<Result<Staging, Staged>> {
        let fit = |draft: &Draft| {
            let document = Document::new(draft, &self.settings).map_err(Staged::Rejected)?;
            let own = (!self.settings.server_numbers).then(|| number_of(&draft.key, &self.settings));
            let number = own.transpose().map_err(Staged::Rejected)?;
            Ok(Staging { document, number, lines: Vec::new(), request_ids: RequestIds::none() })
        };
        let mut staging: Vec<Result<Staging, Staged>> = drafts.iter().map(fit).collect();
        self.check_vendors(&mut staging).await;
        staging
    }

    /// Holds orders against which their vendors stand.
    async fn check_vendors(&self, staging: &mut [Result<Staging, Staged>]) {
        let vendors: Vec<_> = staging.iter().flatten().map(|one| one.document.vendor.clone()).collect();
        if vendors.is_empty() {
            return;
        }
        let found = self.syteline.vendors().get(&vendors).await;
        let mut found = match found {
            Ok(found) => found.into_iter(),
            Err(error) => return fail_all(staging, &error),
        };
        for one in staging.iter_mut().filter(|one| one.is_ok()) {
            let vendor = found.next().flatten();
            let Ok(Staging { document, .. }) = &*one else { continue };
            if let Some(missing) = hindrance("order", &document.order.currency, &document.vendor, vendor.as_ref()) {
                *one = Err(Staged::Held(vec![missing]));
            }
        }
    }

    /// Inserts heads under numbers that the server gives, unless there are some of our references already.
    async fn insert_unnumbered(&self, staging: &mut [Result<Staging, Staged>]) {
        let mut there = match self.by_reference(staging).await {
            Ok(there) => there,
            Err(error) => return fail_all(staging, &error),
        };
        let is_new = |one: &Staging, there: &ByReference| !there.contains_key(one.document.reference.as_str());
        let new: Vec<usize> =
            (0..staging.len()).filter(|&index| staging[index].as_ref().is_ok_and(|one| is_new(one, &there))).collect();
        if !new.is_empty() {
            let heads: Vec<_> =
                new.iter().filter_map(|&index| Some(staging[index].as_ref().ok()?.document.head(None))).collect();
            for (&index, inserted) in new.iter().zip(self.syteline.purchase_orders().insert(&heads).await) {
                match (inserted, &mut staging[index]) {
                    (Ok(inserted), Ok(one)) => one.inserted(&inserted),
                    (Ok(_), Err(_)) => {}
                    (Err(error), one) => *one = Err(not_staged(&error)),
                }
            }
            // An earlier attempt's may have come meanwhile.
            there = match self.by_reference(staging).await {
                Ok(there) => there,
                Err(error) => return fail_all(staging, &error),
            };
        }
        let (mut found, mut unwanted) = (Vec::new(), Vec::new());
        for (index, one) in staging.iter_mut().enumerate().filter(|(_, one)| one.is_ok()) {
            let Ok(staged) = &mut *one else { continue };
            let orders = there.remove(staged.document.reference.as_str()).unwrap_or_default();
            let counts = orders.iter().position(|order| order.status != Some(OrderStatus::Planned)).unwrap_or(0);
            if orders.is_empty() {
                *one = Err(unanswered());
                continue;
            }
            for (place, order) in orders.into_iter().enumerate() {
                if place == counts {
                    staged.number = Some(order.number);
                } else {
                    unwanted.push(order.number);
                }
            }
            found.push(index);
        }
        self.throw_away(&unwanted).await;
        self.take_up(staging, found).await;
    }

    /// The orders that bear our references, in the order of their numbers.
    async fn by_reference(&self, staging: &[Result<Staging, Staged>]) -> Result<ByReference, Error> {
        let references: Vec<&str> = staging.iter().flatten().map(|one| one.document.reference.as_str()).collect();
        let mut there = ByReference::new();
        if references.is_empty() {
            return Ok(there);
        }
        let orders = self.syteline.purchase_orders();
        for order in orders.find_by_reference(&references).await? {
            if let Some(reference) = orders.reference_of(&order) {
                there.entry(reference.to_owned()).or_default().push(order);
            }
        }
        for orders in there.values_mut() {
            orders.sort_by_key(|order| (order.number.as_str().len(), order.number.clone()));
        }
        Ok(there)
    }

    /// Inserts the heads, and finds out what is there already.
    async fn insert_heads(&self, staging: &mut [Result<Staging, Staged>]) {
        let orders = self.syteline.purchase_orders();
        let heads: Vec<_> = staging.iter().flatten().map(|one| one.document.head(one.number.as_ref())).collect();
        let mut inserted = orders.insert(&heads).await.into_iter();
        let mut found = Vec::new();
        for (index, one) in staging.iter_mut().enumerate().filter(|(_, one)| one.is_ok()) {
            match (inserted.next(), &mut *one) {
                (Some(Ok(Inserted::Found(_))), _) => found.push(index),
                (Some(Ok(inserted)), Ok(staging)) => staging.inserted(&inserted),
                (Some(Ok(_)), Err(_)) => {}
                (Some(Err(error)), _) => *one = Err(not_staged(&error)),
                (None, _) => *one = Err(unanswered()),
            }
        }
        self.take_up(staging, found).await;
    }

    /// Takes up what an earlier attempt left, or puts it in its place.
    async fn take_up(&self, staging: &mut [Result<Staging, Staged>], found: Vec<usize>) {
        if found.is_empty() {
            return;
        }
        let orders = self.syteline.purchase_orders();
        let (found, documents): (Vec<usize>, Vec<(&Document, PoNumber)>) = found
            .into_iter()
            .filter_map(|index| {
                let one = staging[index].as_ref().ok()?;
                Some((index, (&one.document, one.number.clone()?)))
            })
            .unzip();
        let there = leftovers::examine(&orders, &documents).await;
        let gone: Vec<_> = match &there {
            Ok(there) => documents
                .iter()
                .zip(there)
                .filter(|(_, there)| matches!(there, There::Nothing) && !self.settings.server_numbers)
                .map(|((document, number), _)| document.head(Some(number)))
                .collect(),
            Err(_) => Vec::new(),
        };
        let mut again = if gone.is_empty() { Vec::new() } else { orders.insert(&gone).await }.into_iter();
        let Ok(there) = there.map_err(|error| found.iter().for_each(|&index| staging[index] = Err(not_staged(&error))))
        else {
            return;
        };
        for (index, there) in found.into_iter().zip(there) {
            let Ok(one) = &mut staging[index] else { continue };
            let Some(number) = one.number.clone() else { continue };
            match there {
                There::Part(lines) => one.lines = lines,
                There::Order => {
                    let there = OrderHandle { order: number, posted: true };
                    staging[index] = Err(there.staged(RequestIds::none()));
                }
                There::Foreign => {
                    let why = format!("order number {number} is taken by another order: choose another number prefix");
                    staging[index] = Err(Staged::Rejected(Failure::new(FailureKind::Invalid, why)));
                }
                // What it left is gone by now; the next attempt gets a number of its own.
                There::Nothing if self.settings.server_numbers => staging[index] = Err(unanswered()),
                There::Nothing => match again.next() {
                    Some(Ok(inserted @ Inserted::Created(_))) => one.inserted(&inserted),
                    Some(Err(error)) => staging[index] = Err(not_staged(&error)),
                    _ => staging[index] = Err(unanswered()),
                },
            }
        }
    }

    /// Inserts the lines that are not there yet. An order of which one is refused is thrown away.
    async fn insert_lines(&self, staging: Vec<Result<Staging, Staged>>) -> Vec<Staged> {
        let orders = self.syteline.purchase_orders();
        let missing: Vec<Vec<_>> = staging
            .iter()
            .map(|one| {
                let one = one.as_ref().ok()?;
                Some(one.document.lines_beside(one.number.as_ref()?, &one.lines))
            })
            .map(Option::unwrap_or_default)
            .collect();
        let all: Vec<_> = missing.iter().flatten().map(|(_, line)| line.clone()).collect();
        let mut inserted = if all.is_empty() { Vec::new() } else { orders.insert_lines(&all).await }.into_iter();
        let mut refused = Vec::new();
        let staged: Vec<Staged> = staging
            .into_iter()
            .zip(missing)
            .map(|(one, missing)| {
                let (number, mut by) = match one.map(|one| (one.number, one.request_ids)) {
                    Ok((Some(number), by)) => (number, by),
                    Ok((None, _)) => return unanswered(),
                    Err(staged) => return staged,
                };
                let mut failures = Vec::new();
                for ((line, _), answer) in missing.iter().zip(inserted.by_ref().take(missing.len())) {
                    match answer {
                        Ok(inserted) => by.extend(inserted.request_ids().iter()),
                        Err(error) => failures.push((*line, error)),
                    }
                }
                // A refusal is final, whatever else went wrong.
                let first_failure = failures.into_iter().min_by_key(|(_, error)| error.outcome() != Outcome::Rejected);
                match first_failure {
                    None => OrderHandle { order: number, posted: false }.staged(by),
                    Some((line, error)) => {
                        let staged = at_line(line, not_staged(&error));
                        if matches!(staged, Staged::Rejected(_)) {
                            refused.push(number);
                        }
                        staged
                    }
                }
            })
            .collect();
        self.throw_away(&refused).await;
        staged
    }

    async fn throw_away(&self, numbers: &[PoNumber]) {
        if numbers.is_empty() {
            return;
        }
        if let Err(error) = leftovers::discard(&self.syteline.purchase_orders(), numbers).await {
            tracing::info!(%error, orders = numbers.len(), "planned orders stay behind; they bind nobody");
        }
    }

    /// As `find`, by our references, and by the numbers that staging was told: people may change a reference.
    async fn find_unnumbered(&self, wanted: &[Lookup]) -> Vec<Found> {
        let orders = self.syteline.purchase_orders();
        let references: Vec<&str> = wanted.iter().map(|lookup| lookup.reference.as_str()).collect();
        let staged = |lookup: &Lookup| Some(OrderHandle::read(lookup.handle.as_ref()?).ok()?.order);
        let numbers: Vec<PoNumber> = wanted.iter().filter_map(staged).collect();
        let found = async {
            let mut found = orders.find_by_reference(&references).await?;
            found.extend(orders.get(&numbers).await?.into_iter().flatten());
            Ok::<_, Error>(found)
        };
        let found = match found.await {
            Ok(found) => found,
            Err(error) => return vec![Found::Unanswered(of_call(&error)); wanted.len()],
        };
        let of = |lookup: &Lookup| {
            let made = found.iter().filter(|order| order.status != Some(OrderStatus::Planned));
            if let Some(order) = staged(lookup).and_then(|number| made.clone().find(|order| order.number == number)) {
                return Found::Found(TargetRef(order.number.to_string()));
            }
            // One that is complete may be so since all of it came.
            let bears = |order: &&PurchaseOrder| orders.reference_of(order) == Some(lookup.reference.as_str());
            let numbers = made.filter(bears).map(|order| order.number.to_string()).collect();
            copies::only(&lookup.reference, numbers, Vec::new())
        };
        wanted.iter().map(of).collect()
    }

    /// The orders of these numbers, as far as they are ours.
    async fn read(&self, wanted: &[(PoNumber, &ExternalRef)]) -> Result<Vec<Option<PurchaseOrder>>, Error> {
        let numbers: Vec<PoNumber> = wanted.iter().map(|(number, _)| number.clone()).collect();
        let orders = self.syteline.purchase_orders();
        let found = orders.get(&numbers).await?;
        Ok(found
            .into_iter()
            .zip(wanted)
            .map(|(order, (_, reference))| order.filter(|order| orders.reference_of(order) == Some(reference.as_str())))
            .collect())
    }
}

/// That none of them was staged.
fn fail_all(staging: &mut [Result<Staging, Staged>], error: &Error) {
    for one in staging.iter_mut().filter(|one| one.is_ok()) {
        *one = Err(Staged::NotStaged(of_call(error)));
    }
}

fn not_staged(error: &Error) -> Staged {
    let failure = of_call(error);
    match error.outcome() {
        Outcome::Rejected => Staged::Rejected(failure),
        Outcome::NotProcessed if failure.kind == FailureKind::Invalid => Staged::Rejected(failure),
        Outcome::NotProcessed | Outcome::Unknown => Staged::NotStaged(failure),
    }
}

fn at_line(line: u32, staged: Staged) -> Staged {
    let named = |failure: Failure| Failure { message: format!("line {line}: {}", failure.message), ..failure };
    match staged {
        Staged::Rejected(failure) => Staged::Rejected(named(failure)),
        Staged::NotStaged(failure) => Staged::NotStaged(named(failure)),
        staged @ (Staged::Staged(..) | Staged::Held(_) | Staged::Blocked(_)) => staged,
    }
}

fn unanswered() -> Staged {
    Staged::NotStaged(Failure::new(FailureKind::Other, "SyteLine gave no answer for this order"))
}

#[async_trait]
impl Sink for SyteLinePurchaseOrders {
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        if self.settings.server_numbers {
            return self.find_unnumbered(wanted).await;
        }
        let numbers: Vec<Result<PoNumber, Failure>> =
            wanted.iter().map(|lookup| number_of(&lookup.key, &self.settings)).collect();
        let askable: Vec<(PoNumber, &ExternalRef)> = numbers
            .iter()
            .zip(wanted)
            .filter_map(|(number, lookup)| Some((number.as_ref().ok()?.clone(), &lookup.reference)))
            .collect();
        let orders = match self.read(&askable).await {
            Ok(orders) => orders,
            Err(error) => return vec![Found::Unanswered(of_call(&error)); wanted.len()],
        };
        let mut orders = orders.into_iter();
        numbers
            .into_iter()
            .map(|number| match number.ok().and_then(|_| orders.next().flatten()) {
                Some(order) if order.status != Some(OrderStatus::Planned) => {
                    Found::Found(TargetRef(order.number.to_string()))
                }
                // What is planned is no order yet; staging takes it up.
                _ => Found::Absent,
            })
            .collect()
    }

    async fn check(&self, drafts: &[Draft]) -> Vec<Option<Staged>> {
        self.fit(drafts).await.into_iter().map(|fit| fit.err().filter(stands_in_a_plan)).collect()
    }

    fn keeps_staged(&self) -> bool {
        true
    }

    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        let mut staging = self.fit(drafts).await;
        if self.settings.server_numbers {
            self.insert_unnumbered(&mut staging).await;
        } else {
            self.insert_heads(&mut staging).await;
        }
        self.insert_lines(staging).await
    }

    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        let read: Vec<Result<OrderHandle, Failure>> = handles.iter().map(OrderHandle::read).collect();
        let open: Vec<PoNumber> =
            read.iter().flatten().filter(|handle| !handle.posted).map(|handle| handle.order.clone()).collect();
        let orders = self.syteline.purchase_orders();
        let set = if open.is_empty() { Vec::new() } else { orders.set_status(&open, &OrderStatus::Ordered).await };
        let mut set = set.into_iter();
        read.into_iter()
            .map(|handle| match handle {
                Err(failure) => Committed::Rejected(failure),
                Ok(handle) if handle.posted => TargetRef(handle.order.to_string()).into(),
                Ok(handle) => match set.next() {
                    Some(Ok(set)) => {
                        Committed::Created(TargetRef(handle.order.to_string()), set.request_ids.iter().collect())
                    }
                    Some(Err(error)) => not_committed(&error),
                    None => {
                        Committed::Unknown(Failure::new(FailureKind::Other, "SyteLine gave no answer for this order"))
                    }
                },
            })
            .collect()
    }

    /// The status tells: a planned order was not committed, and is taken up by the next attempt under the same
    /// number, so that not even a commit that is still under way could make a second one.
    async fn settle(&self, doubts: &[Doubt]) -> Vec<Settled> {
        let lookups: Vec<Lookup> = doubts.iter().map(|doubt| doubt.lookup.clone()).collect();
        self.find(&lookups).await.into_iter().map(Found::settles).collect()
    }

    async fn compare(&self, wanted: &[Amendment]) -> Vec<Compared> {
        amend::compare(self, wanted).await
    }

    async fn amend(&self, handles: &[Handle]) -> Vec<Amended> {
        amend::amend(self, handles).await
    }

    fn describe(&self, handle: &Handle) -> String {
        OrderHandle::read(handle)
            .map_or_else(|_| UNNAMED.to_owned(), |handle| format!("purchase order {}", handle.order))
    }

    async fn discard(&self, handles: &[Handle]) {
        let numbers: Vec<PoNumber> =
            handles.iter().filter_map(|handle| OrderHandle::read(handle).ok()).map(|handle| handle.order).collect();
        self.throw_away(&numbers).await;
    }
}
