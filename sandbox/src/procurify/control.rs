//! What tests and people may do to the tenant from outside: `/_sandbox/bump`.

use chrono::{DateTime, TimeDelta, Utc};
use hyper::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::tenant::{Data, ProcurifyTenant};
use crate::http::{Call, Reply};

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

/// The numbers of the orders that were touched.
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

impl ProcurifyTenant {
    pub(super) fn bump(&self, bump: Bump) -> Bumped {
        self.data().bump(bump, self.clock.now())
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
        match serde_json::from_slice(&call.body) {
            Ok(bump) => Reply::ok(&json!(self.bump(bump))),
            Err(error) => Reply::json(
                StatusCode::BAD_REQUEST,
                &json!({ "detail": format!("send {{\"create\": n, \"change\": n, \"cancel\": n}}: {error}") }),
            ),
        }
    }
}
