//! What tests and people may do to the tenant from outside: `/_sandbox/bump`.

use chrono::{DateTime, TimeDelta, Utc};
use hyper::{Method, StatusCode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bills::BillEdit;
use super::orders::Totals;
use super::tenant::{Data, ProcurifyTenant};
use crate::http::{Call, Reply};
use crate::scenario::{CURRENCIES, Order};

/// How many orders to create, change and cancel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bump {
    /// New orders.
    pub create: usize,
    /// Orders of which a line is changed or added: `version` and `last_modified` move.
    pub change: usize,
    /// Orders that are cancelled: `last_modified` moves.
    pub cancel: usize,
}

/// How many bills to create, change and withdraw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BillBump {
    /// New bills, approved.
    pub create: usize,
    /// Bills to which freight is added.
    pub change: usize,
    /// Bills that are withdrawn.
    pub cancel: usize,
}

/// The numbers of the orders, or the ids of the bills, that were touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Bumped {
    /// New orders.
    pub created: Vec<u64>,
    /// Changed orders.
    pub changed: Vec<u64>,
    /// Cancelled orders.
    pub cancelled: Vec<u64>,
}

impl Data {
    pub(super) fn bump(&mut self, bump: Bump, now: DateTime<Utc>) -> Bumped {
        let mut bumped = Bumped::default();
        for _ in 0..bump.change {
            if let Some(number) = self.any_open(&[]) {
                self.orders.change(number, now);
                bumped.changed.push(number);
            }
        }
        for _ in 0..bump.cancel {
            if let Some(number) = self.any_open(&bumped.changed) {
                self.orders.cancel(number, now);
                bumped.cancelled.push(number);
            }
        }
        for _ in 0..bump.create {
            // An order's last change comes some minutes after its creation; keep both in the past.
            bumped.created.push(self.orders.add_at(now - TimeDelta::minutes(1), now));
        }
        bumped
    }

    pub(super) fn bump_bills(&mut self, bump: BillBump, now: DateTime<Utc>) -> Bumped {
        let mut bumped = Bumped::default();
        for _ in 0..bump.change {
            if let Some(id) = self.any_bill(&bumped.changed) {
                self.edit_bill(id, |edit| edit.freight += Decimal::TEN, now);
                bumped.changed.push(id);
            }
        }
        for _ in 0..bump.cancel {
            if let Some(id) = self.any_bill(&bumped.changed) {
                self.edit_bill(id, |edit| edit.status = Some(5), now);
                bumped.cancelled.push(id);
            }
        }
        bumped.created = self.add_bills(bump.create, now);
        bumped
    }

    /// Some approved bill that is not one of these.
    fn any_bill(&mut self, but: &[u64]) -> Option<u64> {
        let open: Vec<u64> = self.approved_bills().into_iter().filter(|id| !but.contains(id)).collect();
        if open.is_empty() { None } else { Some(*self.rng.pick(&open)) }
    }

    /// Some order that is not cancelled and not one of these.
    fn any_open(&mut self, but: &[u64]) -> Option<u64> {
        let open: Vec<u64> = self
            .orders
            .all()
            .iter()
            .filter(|order| order.state != 1 && !but.contains(&order.number))
            .map(|order| order.number)
            .collect();
        if open.is_empty() { None } else { Some(*self.rng.pick(&open)) }
    }
}

/// What an order or a bill comes to, as this tenant itself adds it up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Amount {
    /// The order's number, or the bill's id.
    pub id: u64,
    /// ISO 4217 code.
    pub currency: String,
    /// Of an order without tax; of a bill with it.
    pub total: Decimal,
    /// Whether it stands: the order is not cancelled, the bill is for an order and approved or further.
    pub is_wanted: bool,
}

impl ProcurifyTenant {
    pub(super) fn order_amounts(&self) -> Vec<Amount> {
        let data = self.data();
        let amount = |order: &Order| Amount {
            id: order.number,
            currency: CURRENCIES[data.masters.vendors[order.vendor].currency].0.to_owned(),
            total: Totals::of(&data, order).subtotal,
            is_wanted: order.state != 1,
        };
        data.orders.all().iter().map(amount).collect()
    }

    pub(super) fn add_order(&self, created: DateTime<Utc>) -> u64 {
        let now = self.clock.now();
        self.data().orders.add_at(created, now)
    }

    pub(super) fn add_bill(&self, order: u64, change: impl FnOnce(&mut BillEdit)) -> Option<u64> {
        self.data().add_bill(order, change, self.clock.now())
    }

    pub(super) fn bump(&self, bump: Bump) -> Bumped {
        self.data().bump(bump, self.clock.now())
    }

    pub(super) fn bump_bills(&self, bump: BillBump) -> Bumped {
        self.data().bump_bills(bump, self.clock.now())
    }

    pub(super) fn edit_bill(&self, id: u64, change: impl FnOnce(&mut BillEdit)) -> bool {
        self.data().edit_bill(id, change, self.clock.now())
    }

    pub(super) fn approved_bills(&self) -> Vec<u64> {
        self.data().approved_bills()
    }

    pub(super) fn control_call(&self, call: &Call) -> Reply {
        if let Some(reply) = self.edit_call(call) {
            return reply;
        }
        if call.path.trim_end_matches('/') != "/_sandbox/bump" {
            let detail = "there are GET /_sandbox/stats, POST /_sandbox/bump and /_sandbox/orders/{number}";
            return Reply::json(StatusCode::NOT_FOUND, &json!({ "detail": detail }));
        }
        if call.method != Method::POST {
            return Reply::empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        let bumped = serde_json::from_slice::<Value>(&call.body).and_then(|mut body| {
            let bills = body.as_object_mut().and_then(|body| body.remove("bills"));
            let bump = serde_json::from_value(body)?;
            Ok((bump, bills.map(serde_json::from_value).transpose()?))
        });
        match bumped {
            Ok((bump, bills)) => {
                let mut answer = json!(self.bump(bump));
                if let Some(bills) = bills {
                    answer["bills"] = json!(self.bump_bills(bills));
                }
                Reply::ok(&answer)
            }
            Err(error) => Reply::json(
                StatusCode::BAD_REQUEST,
                &json!({ "detail": format!(
                    "send {{\"create\": n, \"change\": n, \"cancel\": n}}, the same for bills under \"bills\": {error}"
                ) }),
            ),
        }
    }
}
