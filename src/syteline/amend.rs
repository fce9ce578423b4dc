//! Purchase orders that exist in SyteLine, changed line by line, and cancelled by the status "complete".
//!
//! Each change names the state in which its record was read, so that SyteLine refuses it once anybody has changed the
//! record since: a change of ours that comes late as well. Changes are sent one a call, since of several in a call it
//! would not be told which one was refused.

use std::collections::HashMap;

use chrono::NaiveDate;
use cloudsuite_client::m3::value::fit_text;
use cloudsuite_client::syteline::{Change, OrderStatus, PoNumber, PurchaseOrder, PurchaseOrderLine};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sync_core::{
    Amended, Amendment, Compared, Difference, Draft, ExternalRef, Failure, FailureKind, Handle, RequestIds,
};
use tenant_http::{Error, ErrorKind, Outcome, decimal};

use super::document::Document;
use super::documents::taken;
use super::purchase_orders::SyteLinePurchaseOrders;
use crate::failure::{naming, of_call};
use crate::purchase_order::OrderDraft;
use crate::purchase_order::revised::{self, Line, Step, Steps};

/// The length of a line's description.
const NAME: usize = 40;

/// What is to be changed of an order, in this order.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Plan {
    /// The key, by which the document is put together again.
    key: String,
    /// Its number.
    order: Option<PoNumber>,
    reference: Option<ExternalRef>,
    /// The order that is wanted, of which lines are added.
    document: Option<serde_json::Value>,
    head: Vec<HeadChange>,
    lines: Vec<LineChange>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HeadChange {
    item_id: String,
    status: Option<String>,
    order_date: Option<NaiveDate>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineChange {
    Set { item_id: String, values: Values },
    Delete { item_id: String },
    Add { place: usize, number: u32 },
}

/// A line's values; what is `None` stays.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Values {
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    quantity: Option<Decimal>,
    #[serde(default, with = "decimal::option", skip_serializing_if = "Option::is_none")]
    cost: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit_code: Option<(u8, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

pub(super) async fn compare(sink: &SyteLinePurchaseOrders, wanted: &[Amendment]) -> Vec<Compared> {
    let (heads, lines) = match read(sink, wanted).await {
        Ok(read) => read,
        Err(error) => return vec![Compared::Unanswered(of_call(&error)); wanted.len()],
    };
    let orders = sink.syteline.purchase_orders();
    wanted
        .iter()
        .zip(heads)
        .map(|(amendment, head)| {
            let Some(head) = head else { return revised::absent(amendment) };
            let mine = lines.get(&head.number).map(Vec::as_slice).unwrap_or_default();
            let compared = match (revised::foreign(amendment, orders.reference_of(&head)), &amendment.document) {
                (Some(foreign), _) => Err(foreign),
                (None, None) => cancellation(&head, mine),
                (None, Some(document)) => change(sink, amendment, document, &head, mine),
            };
            compared.unwrap_or_else(Compared::Refused)
        })
        .collect()
}

type Read = (Vec<Option<PurchaseOrder>>, HashMap<PoNumber, Vec<PurchaseOrderLine>>);

async fn read(sink: &SyteLinePurchaseOrders, wanted: &[Amendment]) -> Result<Read, Error> {
    let numbers: Vec<Option<PoNumber>> = wanted.iter().map(|one| PoNumber::new(&one.target.0).ok()).collect();
    let known: Vec<PoNumber> = numbers.iter().flatten().cloned().collect();
    let orders = sink.syteline.purchase_orders();
    let mut found = orders.get(&known).await?.into_iter();
    let heads: Vec<Option<PurchaseOrder>> =
        numbers.iter().map(|number| number.as_ref().and_then(|_| found.next().flatten())).collect();
    let mut lines: HashMap<PoNumber, Vec<PurchaseOrderLine>> = HashMap::new();
    for line in orders.lines(&known).await? {
        lines.entry(line.key.order.clone()).or_default().push(line);
    }
    Ok((heads, lines))
}

fn standing(line: &PurchaseOrderLine, cost_center_unit: Option<u8>) -> Line {
    let unit = cost_center_unit.map(|unit| usize::from(unit).saturating_sub(1));
    Line {
        number: i64::from(line.key.line),
        free_text: false,
        item: line.item.as_ref().map(ToString::to_string),
        name: line.description.clone(),
        unit: line.unit.clone(),
        quantity: line.quantity.unwrap_or_default(),
        price: line.cost.unwrap_or_default(),
        account: line.account.as_ref().map(ToString::to_string),
        cost_center: unit.and_then(|unit| line.unit_codes.get(unit)?.as_ref()).map(ToString::to_string),
        due: line.due_date,
        taken: taken(line),
    }
}

fn id(item_id: Option<&String>, what: &str) -> Result<String, Failure> {
    let missing =
        || Failure::new(FailureKind::Other, format!("SyteLine shows no state of {what}, so it cannot be changed"));
    item_id.cloned().ok_or_else(missing)
}

fn differs(plan: &Plan, differences: Vec<Difference>) -> Result<Compared, Failure> {
    if plan.head.is_empty() && plan.lines.is_empty() {
        return Ok(Compared::Same);
    }
    let handle = serde_json::to_value(plan)
        .map_err(|error| Failure::new(FailureKind::Other, format!("the changes cannot be kept: {error}")))?;
    Ok(Compared::Differs { handle: Handle(handle), differences })
}

/// Lines, then the head are set to complete. Nothing is deleted: an order that comes back is ordered again.
fn cancellation(head: &PurchaseOrder, lines: &[PurchaseOrderLine]) -> Result<Compared, Failure> {
    let complete = OrderStatus::Complete.code().to_owned();
    if let Some(line) = lines.iter().find(|line| !taken(line).is_zero()) {
        let why = format!("{} of line {} have been received or invoiced", taken(line).normalize(), line.key.line);
        return Err(Failure::new(FailureKind::Invalid, why));
    }
    let mut plan = Plan::default();
    for line in lines.iter().filter(|line| line.status.as_deref() != Some(complete.as_str())) {
        let values = Values { status: Some(complete.clone()), ..Values::default() };
        plan.lines.push(LineChange::Set { item_id: id(line.item_id.as_ref(), "a line")?, values });
    }
    if head.status != Some(OrderStatus::Complete) {
        let item_id = id(head.item_id.as_ref(), "the order")?;
        plan.head.push(HeadChange { item_id, status: Some(complete), order_date: None });
    }
    let before = head.status.as_ref().map_or("open", words);
    differs(&plan, vec![revised::cancelled(head.number.as_str(), &format!("status {before}"))])
}

/// A status as SyteLine's forms name it.
fn words(status: &OrderStatus) -> &str {
    match status {
        OrderStatus::Planned => "planned",
        OrderStatus::Ordered => "ordered",
        OrderStatus::Complete => "complete",
        other => other.code(),
    }
}

fn change(
    sink: &SyteLinePurchaseOrders,
    amendment: &Amendment,
    document: &serde_json::Value,
    head: &PurchaseOrder,
    lines: &[PurchaseOrderLine],
) -> Result<Compared, Failure> {
    let settings = &sink.settings;
    let draft = Draft {
        key: amendment.key.clone(),
        reference: amendment.reference.clone(),
        document: document.clone(),
        earlier: None,
        absent: false,
    };
    // Checks all codes of the order that is wanted.
    let whole = Document::new(&draft, settings)?;
    let order = &whole.order;
    // What people closed stays closed, whenever it was due: only our own cancellation, carried out or begun, is taken back.
    let takes_back = head.status == Some(OrderStatus::Complete) || amendment.unsettled;
    let there = |line: &PurchaseOrderLine| {
        let there = standing(line, settings.cost_center_unit);
        Line { due: there.due.filter(|_| takes_back || !is_closed(line)), ..there }
    };
    let there: Vec<Line> = lines.iter().map(there).collect();
    let wanted = Line::wanted(order, &settings.service_item, |name| fit_text(name, NAME));
    let steps = Steps::between(&there, &wanted);
    let mut plan = Plan {
        key: amendment.key.to_string(),
        order: Some(head.number.clone()),
        reference: Some(amendment.reference.clone()),
        document: Some(document.clone()),
        ..Plan::default()
    };
    // What is complete since it came, or was closed in both systems, stays so, unless there is more to come.
    let came = order.closed_short || lines.iter().any(|line| !taken(line).is_zero());
    let stays = steps.steps.is_empty() && came;
    let reopens = !stays && takes_back;
    let mut differences = head_changes(head, order, stays, &mut plan)?;
    let removed =
        |place: usize| steps.steps.iter().any(|step| matches!(step, Step::Remove { there } if *there == place));
    let mut reopened_lines = Vec::new();
    for (place, line) in lines.iter().enumerate().filter(|(place, _)| !removed(*place)) {
        let pair = steps.pairs.iter().position(|pair| *pair == Some(place));
        let changed = steps.steps.iter().any(|step| matches!(step, Step::Change { there, .. } if *there == place));
        let mut values = match pair.filter(|_| changed) {
            Some(new) => values(&there[place], &wanted[new], order, settings.cost_center_unit),
            None => Values::default(),
        };
        if reopens && is_closed(line) {
            values.status = Some(OrderStatus::Ordered.code().to_owned());
            reopened_lines.push(reopened(&format!("line {}", line.key.line)));
        }
        if changed || values.status.is_some() {
            plan.lines.push(LineChange::Set { item_id: id(line.item_id.as_ref(), "a line")?, values });
        }
    }
    let first_new = lines.iter().map(|line| line.key.line).max().unwrap_or(0) + 1;
    let added: Vec<usize> = steps
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Add { wanted } => Some(*wanted),
            _ => None,
        })
        .collect();
    let number = |place: usize| {
        let after = added.iter().position(|other| *other == place).unwrap_or(0);
        i64::from(first_new) + i64::try_from(after).unwrap_or(0)
    };
    differences.extend(steps.differences(&there, &wanted, number));
    differences.append(&mut reopened_lines);
    let supplier = head.vendor.as_ref().map(ToString::to_string);
    let refusal = revised::other_head(head.number.as_str(), supplier.as_deref(), head.currency.as_deref(), order)
        .or_else(|| revised::uncarried(amendment))
        .or_else(|| steps.refusal(&there))
        .or_else(|| closed(&steps, lines).filter(|_| !takes_back));
    if let Some(refusal) = refusal {
        return Err(naming(refusal, &differences));
    }
    let additions = added.iter().zip(first_new..).map(|(place, number)| LineChange::Add { place: *place, number });
    plan.lines.extend(additions);
    for (_, line) in lines.iter().enumerate().filter(|(place, _)| removed(*place)) {
        plan.lines.push(LineChange::Delete { item_id: id(line.item_id.as_ref(), "a line")? });
    }
    differs(&plan, differences)
}

/// Whether a line was closed before any of it came.
fn is_closed(line: &PurchaseOrderLine) -> bool {
    line.status.as_deref() == Some(OrderStatus::Complete.code()) && taken(line).is_zero()
}

/// That a line is to change which people have closed, if one is: nothing more is to come of it.
fn closed(steps: &Steps, lines: &[PurchaseOrderLine]) -> Option<Failure> {
    let line = steps.steps.iter().find_map(|step| match *step {
        Step::Change { there, .. } => lines.get(there).filter(|line| is_closed(line)),
        Step::Remove { .. } | Step::Add { .. } => None,
    })?;
    let number = line.key.line;
    let why = format!("line {number} was closed in SyteLine: open it there for it to be changed, or change it by hand");
    Some(Failure::new(FailureKind::Invalid, why))
}

fn reopened(what: &str) -> Difference {
    let words = |status| Some(words(&status).to_owned());
    Difference {
        what: format!("{what} status"),
        before: words(OrderStatus::Complete),
        after: words(OrderStatus::Ordered),
    }
}

fn head_changes(
    head: &PurchaseOrder,
    order: &OrderDraft,
    came: bool,
    plan: &mut Plan,
) -> Result<Vec<Difference>, Failure> {
    let mut differences = Vec::new();
    let reopens = head.status == Some(OrderStatus::Complete) && !came;
    let order_date = head.order_date.filter(|there| *there != order.order_date);
    if reopens {
        differences.push(reopened(&format!("order {}", head.number)));
    }
    if let Some(there) = order_date {
        differences.push(Difference {
            what: "order date".to_owned(),
            before: Some(there.to_string()),
            after: Some(order.order_date.to_string()),
        });
    }
    if reopens || order_date.is_some() {
        plan.head.push(HeadChange {
            item_id: id(head.item_id.as_ref(), "the order")?,
            status: reopens.then(|| OrderStatus::Ordered.code().to_owned()),
            order_date: order_date.map(|_| order.order_date),
        });
    }
    Ok(differences)
}

fn values(there: &Line, wanted: &Line, order: &OrderDraft, cost_center_unit: Option<u8>) -> Values {
    let new = |there: &Option<String>, wanted: &Option<String>| wanted.clone().filter(|_| there != wanted);
    // In another unit, quantity and cost are said again: they are of it.
    let other_unit = !revised::is_in_unit(there, wanted);
    Values {
        quantity: (other_unit || there.quantity != wanted.quantity).then_some(wanted.quantity),
        cost: (other_unit || there.price != wanted.price).then_some(wanted.price),
        unit: wanted.unit.clone().filter(|_| other_unit),
        description: new(&there.name, &wanted.name),
        account: new(&there.account, &wanted.account),
        unit_code: cost_center_unit.zip(new(&there.cost_center, &wanted.cost_center)),
        due: (there.due != wanted.due).then_some(order.delivery_date),
        status: None,
    }
}

pub(super) async fn amend(sink: &SyteLinePurchaseOrders, handles: &[Handle]) -> Vec<Amended> {
    let mut amended = Vec::with_capacity(handles.len());
    for handle in handles {
        amended.push(match serde_json::from_value::<Plan>(handle.0.clone()) {
            Ok(plan) => carry_out(sink, &plan).await,
            Err(error) => Amended::NotDone(Failure::new(FailureKind::Other, format!("the changes are lost: {error}"))),
        });
    }
    amended
}

/// One change after the other, up to the first that is not made.
async fn carry_out(sink: &SyteLinePurchaseOrders, plan: &Plan) -> Amended {
    let orders = sink.syteline.purchase_orders();
    let mut request_ids = RequestIds::none();
    // An order that comes back is opened before its lines; one that goes is closed after them.
    let opens = |head: &&HeadChange| head.status.as_deref() != Some(OrderStatus::Complete.code());
    let (first, last): (Vec<&HeadChange>, Vec<&HeadChange>) = plan.head.iter().partition(opens);
    for head in first {
        match alone(orders.update().push(head_change(head)).send().await) {
            Ok(by) => request_ids.extend(by.iter()),
            Err(error) => return failed(&error),
        }
    }
    for line in &plan.lines {
        let made = match line {
            LineChange::Set { item_id, values } => {
                let change = line_change(item_id, values, orders.line_cost_property());
                alone(orders.update_lines().push(change).send().await)
            }
            LineChange::Delete { item_id } => alone(orders.update_lines().push(Change::delete(item_id)).send().await),
            LineChange::Add { place, number } => match added(sink, plan, *place, *number) {
                Ok(line) => alone(orders.insert_lines(&[line]).await),
                Err(failure) => return Amended::Refused(failure),
            },
        };
        match made {
            Ok(by) => request_ids.extend(by.iter()),
            Err(error) => return failed(&error),
        }
    }
    for head in last {
        match alone(orders.update().push(head_change(head)).send().await) {
            Ok(by) => request_ids.extend(by.iter()),
            Err(error) => return failed(&error),
        }
    }
    Amended::Done(request_ids)
}

fn added(
    sink: &SyteLinePurchaseOrders,
    plan: &Plan,
    place: usize,
    number: u32,
) -> Result<cloudsuite_client::syteline::NewPurchaseOrderLine, Failure> {
    let lost = |what: &str| Failure::new(FailureKind::Other, format!("the ledger's changes have no {what}"));
    let draft = Draft {
        key: plan.key.parse().map_err(|_| lost("key"))?,
        reference: plan.reference.clone().ok_or_else(|| lost("reference"))?,
        document: plan.document.clone().ok_or_else(|| lost("document"))?,
        earlier: None,
        absent: false,
    };
    let order = plan.order.as_ref().ok_or_else(|| lost("order"))?;
    Document::new(&draft, &sink.settings)?.added(order, place, number).ok_or_else(|| lost("such line"))
}

fn head_change(head: &HeadChange) -> Change {
    Change::update(&head.item_id).maybe("Stat", head.status.as_deref()).maybe("OrderDate", head.order_date)
}

fn line_change(item_id: &str, values: &Values, cost: &str) -> Change {
    let change = Change::update(item_id)
        .maybe("UM", values.unit.as_deref())
        .maybe("QtyOrderedConv", values.quantity)
        .maybe(cost, values.cost)
        .maybe("Description", values.description.as_deref())
        .maybe("NonInvAcct", values.account.as_deref())
        .maybe("DueDate", values.due)
        .maybe("Stat", values.status.as_deref());
    match &values.unit_code {
        Some((unit, code)) => change.set(&format!("NonInvAcctUnit{unit}"), code.as_str()),
        None => change,
    }
}

/// The answer to a change that was sent alone: the call that made it.
pub(super) fn alone<T: Into<tenant_http::RequestIds>>(
    mut answers: Vec<Result<T, Error>>,
) -> Result<tenant_http::RequestIds, Error> {
    match answers.pop() {
        Some(answer) => answer.map(Into::into),
        None => Err(Error::new(
            ErrorKind::Decode,
            Outcome::Unknown,
            "POST update",
            "SyteLine gave no answer for this change",
        )),
    }
}

fn failed(error: &Error) -> Amended {
    match error.outcome() {
        // Somebody else was quicker: what is there now is compared anew.
        Outcome::Rejected if error.message().contains("another user") => {
            Amended::NotDone(Failure { kind: FailureKind::Unavailable, ..of_call(error) })
        }
        Outcome::Rejected => Amended::Refused(of_call(error)),
        Outcome::NotProcessed => Amended::NotDone(of_call(error)),
        Outcome::Unknown => Amended::Unknown(of_call(error)),
    }
}
