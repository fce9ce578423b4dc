//! Purchase orders that exist in M3, changed and cancelled line by line (`PPS200MI`).
//!
//! Neither all or nothing, nor guarded against changes in between: each change names the value that a line is to have,
//! so that carrying it out again changes nothing, and a line is added under a number that M3 takes once. M3 itself
//! refuses what its statuses do not allow; what has been received or invoiced is not even tried.
//!
//! Accounting strings can be neither read nor changed: whether one would have to change is told from what was sent.

use std::collections::HashMap;

use cloudsuite_client::m3::value::fit_text;
use cloudsuite_client::m3::{
    ItemNumber, LineValues, OrderChange, OrderNumber, PurchaseOrderHead, PurchaseOrderLine, TransactionError,
};
use serde::{Deserialize, Serialize};
use sync_core::{Amended, Amendment, Compared, Difference, Failure, FailureKind, Handle, RequestIds};
use tenant_http::Outcome;

use super::documents::unit_price;
use super::price::{M3Price, fit_price};
use super::purchase_orders::M3PurchaseOrders;
use crate::failure::{naming, of_transaction};
use crate::purchase_order::OrderDraft;
use crate::purchase_order::revised::{self, Line, Step, Steps};

/// The length of a line's name (`PITD`).
const NAME: usize = 30;

/// What is to be changed of an order.
#[derive(Debug, Serialize, Deserialize)]
struct Plan {
    changes: Vec<OrderChange>,
}

/// Heads and lines of the orders asked for; `None` for what is not there.
type Read = Result<Option<(PurchaseOrderHead, Vec<PurchaseOrderLine>)>, TransactionError>;

pub(super) async fn compare(sink: &M3PurchaseOrders, wanted: &[Amendment]) -> Vec<Compared> {
    let there = read(sink, wanted).await;
    wanted
        .iter()
        .zip(there)
        .map(|(amendment, there)| match there {
            Err(error) => Compared::Unanswered(of_transaction(&error)),
            Ok(None) => revised::absent(amendment),
            Ok(Some((head, lines))) => {
                let compared = match (revised::foreign(amendment, head.reference.as_deref()), &amendment.document) {
                    (Some(foreign), _) => Err(foreign),
                    (None, None) => cancellation(&head, &lines),
                    (None, Some(document)) => change(sink, amendment, document, &head, &lines),
                };
                compared.unwrap_or_else(Compared::Refused)
            }
        })
        .collect()
}

async fn read(sink: &M3PurchaseOrders, wanted: &[Amendment]) -> Vec<Read> {
    let numbers: Vec<Option<OrderNumber>> = wanted.iter().map(|one| OrderNumber::new(&one.target.0).ok()).collect();
    let known: Vec<OrderNumber> = numbers.iter().flatten().cloned().collect();
    let orders = sink.m3.purchase_orders();
    let mut heads = orders.get_heads(&known).await.into_iter();
    let heads: Vec<Result<Option<PurchaseOrderHead>, TransactionError>> = numbers
        .iter()
        .map(|number| if number.is_some() { Ok(heads.next().transpose()?.flatten()) } else { Ok(None) })
        .collect();
    let there: Vec<OrderNumber> = heads.iter().flatten().flatten().map(|head| head.number.clone()).collect();
    let lines = if there.is_empty() { Vec::new() } else { orders.lines_of_many(&there).await };
    let mut lines: HashMap<OrderNumber, Result<Vec<PurchaseOrderLine>, TransactionError>> =
        there.into_iter().zip(lines).collect();
    heads
        .into_iter()
        .map(|head| {
            let Some(head) = head? else { return Ok(None) };
            let lines = lines.remove(&head.number).transpose()?.unwrap_or_default();
            Ok(Some((head, lines)))
        })
        .collect()
}

fn standing(line: &PurchaseOrderLine) -> Line {
    Line {
        number: line.number,
        item: line.item.as_ref().map(ToString::to_string),
        name: line.name.clone(),
        unit: line.unit.clone(),
        quantity: line.quantity.unwrap_or_default(),
        price: unit_price(line),
        due: line.delivery_date,
        taken: line.received.unwrap_or_default().max(line.invoiced.unwrap_or_default()),
        ..Line::default()
    }
}

fn differs(changes: Vec<OrderChange>, differences: Vec<Difference>) -> Result<Compared, Failure> {
    if changes.is_empty() {
        return Ok(Compared::Same);
    }
    let handle = serde_json::to_value(Plan { changes })
        .map_err(|error| Failure::new(FailureKind::Other, format!("the changes cannot be kept: {error}")))?;
    Ok(Compared::Differs { handle: Handle(handle), differences })
}

/// All lines are deleted; a head without lines binds nobody.
fn cancellation(head: &PurchaseOrderHead, lines: &[PurchaseOrderLine]) -> Result<Compared, Failure> {
    let there: Vec<Line> = lines.iter().map(standing).collect();
    let steps = Steps::between(&there, &[]);
    if let Some(refusal) = steps.refusal(&there) {
        return Err(refusal);
    }
    let deletion = |line: &PurchaseOrderLine| delete(&head.number, line);
    let mut differences = steps.differences(&there, &[], |_| 0);
    differences.insert(0, revised::cancelled(head.number.as_str(), "ordered"));
    differs(lines.iter().map(deletion).collect(), differences)
}

fn delete(order: &OrderNumber, line: &PurchaseOrderLine) -> OrderChange {
    OrderChange::DeleteLine { order: order.clone(), line: line.number, sub_line: line.sub_number }
}

fn change(
    sink: &M3PurchaseOrders,
    amendment: &Amendment,
    document: &serde_json::Value,
    head: &PurchaseOrderHead,
    lines: &[PurchaseOrderLine],
) -> Result<Compared, Failure> {
    let draft = draft_of(document)?;
    let settings = &sink.settings;
    let name = |name: &str| fit_text(name, NAME);
    let mut there: Vec<Line> = lines.iter().map(standing).collect();
    if let Some(sent) = &amendment.sent {
        let sent = Line::wanted(&draft_of(sent)?, &settings.service_item, name);
        // M3 shows no accounts.
        revised::recall(&mut there, &sent, |line, sent| {
            line.account.clone_from(&sent.account);
            line.cost_center.clone_from(&sent.cost_center);
        });
    }
    let wanted = Line::wanted(&draft, &settings.service_item, name);
    let steps = Steps::between(&there, &wanted);
    let first_new = lines.iter().map(|line| line.number).max().unwrap_or(0) + 1;
    let added: Vec<usize> = steps.steps.iter().filter_map(added_place).collect();
    let number = |place: usize| {
        let after = added.iter().position(|other| *other == place).unwrap_or(0);
        first_new + i64::try_from(after).unwrap_or(0)
    };
    let mut changes = Vec::new();
    let mut differences = head_dates(head, &draft, &mut changes);
    differences.extend(steps.differences(&there, &wanted, number));
    let supplier = head.supplier.as_ref().map(ToString::to_string);
    let refusal = revised::other_head(head.number.as_str(), supplier.as_deref(), head.currency.as_deref(), &draft)
        .or_else(|| revised::uncarried(amendment))
        .or_else(|| steps.refusal(&there))
        .or_else(|| accounts_move(&steps, &there, &wanted))
        .or_else(|| unaccounted(added.len()).filter(|_| !settings.add_lines));
    if let Some(refusal) = refusal {
        return Err(naming(refusal, &differences));
    }
    for step in &steps.steps {
        changes.push(match *step {
            Step::Change { there: old, wanted: new } => OrderChange::Line {
                order: head.number.clone(),
                line: lines[old].number,
                sub_line: lines[old].sub_number,
                values: sink.values(&draft, new, Some((&there[old], &wanted[new])))?,
            },
            Step::Remove { there: old } => delete(&head.number, &lines[old]),
            Step::Add { wanted: new } => OrderChange::AddLine {
                order: head.number.clone(),
                line: number(new),
                item: ItemNumber::new(wanted[new].item.as_deref().unwrap_or_default())
                    .map_err(|error| Failure::new(FailureKind::Invalid, error.to_string()))?,
                values: sink.values(&draft, new, None)?,
            },
        });
    }
    differs(changes, differences)
}

fn added_place(step: &Step) -> Option<usize> {
    match step {
        Step::Add { wanted } => Some(*wanted),
        Step::Change { .. } | Step::Remove { .. } => None,
    }
}

fn draft_of(document: &serde_json::Value) -> Result<OrderDraft, Failure> {
    serde_json::from_value(document.clone())
        .map_err(|error| Failure::new(FailureKind::Invalid, format!("the draft cannot be read: {error}")))
}

/// That a line is to be on another account or cost centre, if one is.
fn accounts_move(steps: &Steps, there: &[Line], wanted: &[Line]) -> Option<Failure> {
    let moved = steps.steps.iter().find_map(|step| match *step {
        Step::Change { there: old, wanted: new } => {
            (!revised::is_booked_alike(&there[old], &wanted[new])).then_some(&there[old])
        }
        Step::Remove { .. } | Step::Add { .. } => None,
    })?;
    let why =
        format!("no transaction of M3 changes the accounting string of a line: change line {} by hand", moved.number);
    Some(Failure::new(FailureKind::Invalid, why))
}

/// That lines are added, if any are, whose accounts nothing could say.
fn unaccounted(added: usize) -> Option<Failure> {
    let why =
        "no transaction of M3 puts an accounting string on a line of an order that exists: add the new line by hand";
    (added > 0).then(|| Failure::new(FailureKind::Invalid, why))
}

fn head_dates(head: &PurchaseOrderHead, draft: &OrderDraft, changes: &mut Vec<OrderChange>) -> Vec<Difference> {
    let new = |there: Option<chrono::NaiveDate>, wanted| (there.is_some() && there != Some(wanted)).then_some(wanted);
    let (order_date, delivery_date) =
        (new(head.order_date, draft.order_date), new(head.delivery_date, draft.delivery_date));
    let difference = |what: &str, before: Option<chrono::NaiveDate>, after: Option<chrono::NaiveDate>| {
        let after = after?.to_string();
        Some(Difference { what: what.to_owned(), before: before.map(|day| day.to_string()), after: Some(after) })
    };
    let differences = [
        difference("order date", head.order_date, order_date),
        difference("delivery date", head.delivery_date, delivery_date),
    ];
    if order_date.is_some() || delivery_date.is_some() {
        changes.push(OrderChange::Head { order: head.number.clone(), order_date, delivery_date });
    }
    differences.into_iter().flatten().collect()
}

impl M3PurchaseOrders {
    /// The values of a line: all of a new one, what differs of one that is there.
    fn values(&self, draft: &OrderDraft, place: usize, pair: Option<(&Line, &Line)>) -> Result<LineValues, Failure> {
        let line = &draft.lines[place];
        let number = place + 1;
        let M3Price { price, units } = fit_price(line.price, self.settings.price_decimals)
            .map_err(|why| Failure::new(FailureKind::Invalid, format!("line {number}: {why}")))?;
        let changes = |differs: fn(&Line, &Line) -> bool| pair.is_none_or(|(there, wanted)| differs(there, wanted));
        // In another unit, quantity and price are said again: they are of it.
        let other_unit = changes(|there, wanted| !revised::is_in_unit(there, wanted));
        let counted = other_unit || changes(|there, wanted| there.quantity != wanted.quantity);
        let repriced = other_unit || changes(|there, wanted| there.price != wanted.price);
        let renamed = changes(|there, wanted| there.name != wanted.name);
        let moved = changes(|there, wanted| there.due != wanted.due);
        Ok(LineValues {
            quantity: counted.then_some(line.quantity),
            price: repriced.then_some(price),
            price_quantity: repriced.then_some(units),
            name: renamed.then(|| line.name.clone()),
            description: (renamed && line.name.chars().count() > NAME).then(|| line.name.clone()),
            supplier_item: if pair.is_none() { line.supplier_item.clone() } else { None },
            delivery_date: moved.then_some(draft.delivery_date),
            unit: if other_unit { line.unit.clone() } else { None },
            cost_center: if pair.is_none() { line.cost_center.clone() } else { None },
            vat_code: if pair.is_none() { line.tax_code.clone() } else { None },
        })
    }
}

pub(super) async fn amend(sink: &M3PurchaseOrders, handles: &[Handle]) -> Vec<Amended> {
    let plans: Vec<Result<Plan, serde_json::Error>> =
        handles.iter().map(|handle| serde_json::from_value(handle.0.clone())).collect();
    let changes: Vec<OrderChange> = plans.iter().flatten().flat_map(|plan| plan.changes.clone()).collect();
    let mut answers = sink.m3.purchase_orders().change(&changes).await.into_iter();
    plans
        .into_iter()
        .map(|plan| match plan {
            Err(error) => Amended::NotDone(Failure::new(FailureKind::Other, format!("the changes are lost: {error}"))),
            Ok(plan) => {
                let answers: Vec<_> = answers.by_ref().take(plan.changes.len()).collect();
                judge(&plan.changes, answers)
            }
        })
        .collect()
}

/// The worst of what became of an order's changes.
fn judge(changes: &[OrderChange], answers: Vec<Result<tenant_http::RequestIds, TransactionError>>) -> Amended {
    let short = answers.len() < changes.len();
    let by: RequestIds = answers.iter().flatten().flat_map(tenant_http::RequestIds::iter).collect();
    let errors: Vec<TransactionError> = answers.into_iter().filter_map(Result::err).collect();
    let of = |outcome: Outcome| errors.iter().find(|error| error.outcome() == outcome).map(of_transaction);
    if let Some(failure) = of(Outcome::Unknown) {
        return Amended::Unknown(failure);
    }
    if short {
        return Amended::Unknown(Failure::new(FailureKind::Other, "M3 gave no answer for a change of this order"));
    }
    match (of(Outcome::Rejected), of(Outcome::NotProcessed)) {
        (Some(failure), _) => Amended::Refused(failure),
        (None, Some(failure)) => Amended::NotDone(failure),
        (None, None) => Amended::Done(by),
    }
}
