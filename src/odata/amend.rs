//! Purchase orders that exist in an OData service, each changed all or nothing: its head by a `PATCH`, its lines by their
//! keys in one change set with it.
//!
//! The state in which the order was read goes along (`If-Match`): the service refuses the change once anybody has
//! changed the order since, a change of ours that comes late as well. Lines are sent whole, each under the number that
//! it has. A success is believed once the order has been read again and is what it should be.

use cloudsuite_client::odata::{DocumentChanges, PurchaseOrder, PurchaseOrderLine};
use serde::{Deserialize, Serialize};
use sync_core::{Amended, Amendment, Compared, Difference, Failure, FailureKind, Handle};
use tenant_http::{Error, ErrorKind, Outcome};

use super::purchase_orders::ODataPurchaseOrders;
use crate::failure::{naming, of_call};
use crate::purchase_order::OrderDraft;
use crate::purchase_order::revised::{self, Line, Step, Steps};

/// What is to be changed of an order.
#[derive(Debug, Serialize, Deserialize)]
struct Plan {
    number: String,
    etag: Option<String>,
    status: Option<String>,
    order: Option<Lines>,
}

/// The order that is wanted, what becomes of each of its lines under which number, and the lines that go.
#[derive(Debug, Serialize, Deserialize)]
struct Lines {
    draft: OrderDraft,
    numbers: Vec<i64>,
    becomes: Vec<Becomes>,
    gone: Vec<(i64, Option<String>)>,
}

/// What becomes of a line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Becomes {
    Kept,
    New,
    /// Other than at the state in which it was read.
    Changed(Option<String>),
}

/// An order beside the one that is wanted.
struct Beside {
    steps: Steps,
    numbers: Vec<i64>,
    reopened: bool,
    differences: Vec<Difference>,
}

impl Beside {
    fn is_same(&self) -> bool {
        self.differences.is_empty() && self.steps.steps.is_empty()
    }
}

pub(super) async fn compare(sink: &ODataPurchaseOrders, wanted: &[Amendment]) -> Vec<Compared> {
    let numbers: Vec<&str> = wanted.iter().map(|one| one.target.0.as_str()).collect();
    let found = match sink.odata.purchase_orders().get(&numbers).await {
        Ok(found) => found,
        Err(error) => return vec![Compared::Unanswered(of_call(&error)); wanted.len()],
    };
    wanted
        .iter()
        .zip(found)
        .map(|(amendment, order)| {
            let Some(order) = order else { return revised::absent(amendment) };
            let compared = match (revised::foreign(amendment, order.reference.as_deref()), &amendment.document) {
                (Some(foreign), _) => Err(foreign),
                (None, None) => cancellation(sink, &order),
                (None, Some(document)) => change(sink, amendment, document, &order),
            };
            compared.unwrap_or_else(Compared::Refused)
        })
        .collect()
}

pub(super) fn is_cancelled(sink: &ODataPurchaseOrders, order: &PurchaseOrder) -> bool {
    order.status.as_ref() == Some(&sink.settings.cancelled_status)
}

fn differs(plan: &Plan, differences: Vec<Difference>) -> Result<Compared, Failure> {
    let handle = serde_json::to_value(plan)
        .map_err(|error| Failure::new(FailureKind::Other, format!("the changes cannot be kept: {error}")))?;
    Ok(Compared::Differs { handle: Handle(handle), differences })
}

fn cancellation(sink: &ODataPurchaseOrders, order: &PurchaseOrder) -> Result<Compared, Failure> {
    if is_cancelled(sink, order) {
        return Ok(Compared::Same);
    }
    let plan = Plan {
        number: order.number.clone(),
        etag: order.etag.clone(),
        status: Some(sink.settings.cancelled_status.clone()),
        order: None,
    };
    let before = order.status.as_deref().unwrap_or("open");
    differs(&plan, vec![revised::cancelled(&order.number, before)])
}

fn standing((place, line): (i64, &PurchaseOrderLine)) -> Line {
    Line {
        number: line.number.unwrap_or(place),
        item: line.item.clone(),
        name: line.description.clone(),
        unit: line.unit.clone(),
        quantity: line.quantity.unwrap_or_default(),
        price: line.price.unwrap_or_default(),
        account: line.account.clone(),
        cost_center: line.cost_center.clone(),
        due: line.delivery_date,
        ..Line::default()
    }
}

fn change(
    sink: &ODataPurchaseOrders,
    amendment: &Amendment,
    document: &serde_json::Value,
    order: &PurchaseOrder,
) -> Result<Compared, Failure> {
    let draft: OrderDraft = serde_json::from_value(document.clone())
        .map_err(|error| Failure::new(FailureKind::Invalid, format!("the draft cannot be read: {error}")))?;
    // What a change that may not have been made was to give is not known to be there.
    let sent = amendment.sent.clone().filter(|_| !amendment.unsettled);
    let sent: Option<OrderDraft> = sent.and_then(|sent| serde_json::from_value(sent).ok());
    let beside = beside(sink, order, &draft, sent.as_ref());
    let refusal = revised::other_head(&order.number, order.supplier.as_deref(), order.currency.as_deref(), &draft)
        .or_else(|| revised::uncarried(amendment));
    if let Some(refusal) = refusal {
        return Err(naming(refusal, &beside.differences));
    }
    if beside.is_same() {
        return Ok(Compared::Same);
    }
    let (becomes, gone) = lines_of(&beside.steps, order);
    let plan = Plan {
        number: order.number.clone(),
        etag: order.etag.clone(),
        status: beside.reopened.then(|| sink.settings.open_status.clone()),
        order: Some(Lines { draft, numbers: beside.numbers, becomes, gone }),
    };
    differs(&plan, beside.differences)
}

fn beside(sink: &ODataPurchaseOrders, order: &PurchaseOrder, draft: &OrderDraft, sent: Option<&OrderDraft>) -> Beside {
    let mut there: Vec<Line> = (1..).zip(&order.lines).map(standing).collect();
    let lines = |order: &OrderDraft| Line::wanted(order, &sink.settings.service_item, |name| Some(name.to_owned()));
    if let Some(sent) = sent {
        // A service may take a unit and not show it.
        let unit = |line: &mut Line, sent: &Line| line.unit = line.unit.take().or_else(|| sent.unit.clone());
        revised::recall(&mut there, &lines(sent), unit);
    }
    let wanted = lines(draft);
    let steps = Steps::between(&there, &wanted);
    let mut differences = Vec::new();
    let reopened = is_cancelled(sink, order);
    if reopened {
        differences.push(Difference {
            what: format!("order {} status", order.number),
            before: order.status.clone(),
            after: Some(sink.settings.open_status.clone()),
        });
    }
    if let Some(date) = order.order_date.filter(|date| *date != draft.order_date) {
        differences.push(Difference {
            what: "order date".to_owned(),
            before: Some(date.to_string()),
            after: Some(draft.order_date.to_string()),
        });
    }
    let numbers = numbers(&there, &steps);
    differences.extend(steps.differences(&there, &wanted, |place| numbers.get(place).copied().unwrap_or_default()));
    Beside { steps, numbers, reopened, differences }
}

/// What becomes of each wanted line, and which lines go.
fn lines_of(steps: &Steps, order: &PurchaseOrder) -> (Vec<Becomes>, Vec<(i64, Option<String>)>) {
    let mut becomes = vec![Becomes::Kept; steps.pairs.len()];
    let mut gone = Vec::new();
    for step in &steps.steps {
        match *step {
            Step::Change { there, wanted } => becomes[wanted] = Becomes::Changed(order.lines[there].etag.clone()),
            Step::Add { wanted } => becomes[wanted] = Becomes::New,
            Step::Remove { there } => {
                let (place, line) = ((1..).nth(there).unwrap_or_default(), &order.lines[there]);
                gone.push((line.number.unwrap_or(place), line.etag.clone()));
            }
        }
    }
    (becomes, gone)
}

/// The number of each wanted line: the one it has, or one after all others.
fn numbers(there: &[Line], steps: &Steps) -> Vec<i64> {
    let mut next = there.iter().map(|line| line.number).max().unwrap_or(0);
    let number = |pair: &Option<usize>| {
        pair.map_or_else(
            || {
                next += 1;
                next
            },
            |index| there[index].number,
        )
    };
    steps.pairs.iter().map(number).collect()
}

pub(super) async fn amend(sink: &ODataPurchaseOrders, handles: &[Handle]) -> Vec<Amended> {
    let mut amended = Vec::with_capacity(handles.len());
    let mut made: Vec<(usize, Plan)> = Vec::new();
    for (place, handle) in handles.iter().enumerate() {
        amended.push(match serde_json::from_value::<Plan>(handle.0.clone()) {
            Ok(plan) => {
                let answer = carry_out(sink, &plan).await;
                if matches!(answer, Amended::Done(_)) {
                    made.push((place, plan));
                }
                answer
            }
            Err(error) => Amended::NotDone(Failure::new(FailureKind::Other, format!("the changes are lost: {error}"))),
        });
    }
    let plans: Vec<&Plan> = made.iter().map(|(_, plan)| plan).collect();
    let proven = read_again(sink, &plans).await;
    for ((place, _), proven) in made.iter().zip(proven) {
        if let Err(otherwise) = proven {
            amended[*place] = otherwise;
        }
    }
    amended
}

async fn carry_out(sink: &ODataPurchaseOrders, plan: &Plan) -> Amended {
    let mut changes = DocumentChanges::new();
    if let Some(status) = &plan.status {
        changes = changes.property("Status", status);
    }
    if let Some(Lines { draft, numbers, becomes, gone }) = &plan.order {
        changes = changes.property("OrderDate", draft.order_date);
        changes = gone.iter().fold(changes, |changes, (number, etag)| changes.remove_line(*number, etag.as_deref()));
        for ((number, line), becomes) in numbers.iter().zip(&draft.lines).zip(becomes) {
            let line = sink.line(*number, line, draft);
            changes = match becomes {
                Becomes::Kept => changes.keep_line(line),
                Becomes::New => changes.add_line(line),
                Becomes::Changed(etag) => changes.change_line(line, etag.as_deref()),
            };
        }
    }
    match sink.odata.purchase_orders().change(&plan.number, plan.etag.as_deref(), &changes).await {
        Ok(by) => Amended::Done(by.iter().collect()),
        Err(error) => failed(&error),
    }
}

/// Whether orders that the service says it has changed are what they should be, or what else became of them.
async fn read_again(sink: &ODataPurchaseOrders, plans: &[&Plan]) -> Vec<Result<(), Amended>> {
    let numbers: Vec<&str> = plans.iter().map(|plan| plan.number.as_str()).collect();
    let found = match sink.odata.purchase_orders().get(&numbers).await {
        Ok(found) => found,
        Err(error) => return vec![Err(Amended::Unknown(of_call(&error))); plans.len()],
    };
    let judge = |(plan, order): (&&Plan, Option<PurchaseOrder>)| {
        let left = match (order, &plan.order) {
            (None, _) => vec!["it is not there".to_owned()],
            (Some(order), Some(lines)) => {
                let beside = beside(sink, &order, &lines.draft, Some(&lines.draft));
                if beside.is_same() {
                    return Ok(());
                }
                beside.differences.iter().map(ToString::to_string).collect()
            }
            (Some(order), None) if is_cancelled(sink, &order) => return Ok(()),
            (Some(order), None) => vec![format!("its status is {}", order.status.as_deref().unwrap_or("not shown"))],
        };
        Err(Amended::NotDone(not_as_said("order", &plan.number, &left)))
    };
    plans.iter().zip(found).map(judge).collect()
}

/// A success that the document does not bear out. It is compared anew; somebody else may have changed it since.
pub(super) fn not_as_said(what: &str, number: &str, left: &[String]) -> Failure {
    let why = format!(
        "the service says that {what} {number} was changed, but it is not what it should be ({}): see which way it lets \
         lines be changed (deep_updates)",
        left.join("; ")
    );
    Failure::new(FailureKind::Invalid, why)
}

fn failed(error: &Error) -> Amended {
    match error.outcome() {
        // Somebody else was quicker: what is there now is compared anew.
        Outcome::Rejected if error.kind() == ErrorKind::Conflict => {
            Amended::NotDone(Failure { kind: FailureKind::Unavailable, ..of_call(error) })
        }
        Outcome::Rejected => Amended::Refused(of_call(error)),
        Outcome::NotProcessed => Amended::NotDone(of_call(error)),
        Outcome::Unknown => Amended::Unknown(of_call(error)),
    }
}
